//! Fetches packages from the npm registry whose digests are known.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Program;
use crate::repository;
use crate::steps::Step;

const CURL: Program = Program { name: "curl", commands: &["curl"], package: "curl" };

/// A package of the npm registry.
pub(super) struct Package {
    /// Its name, with its scope.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: &'static str,
    /// Digest of its archive.
    pub(super) sha256: &'static str,
}

impl Package {
    /// Fills a folder of its own with the package, or with what `options` of tar take out of it.
    pub(super) fn unpack(&self, step: &mut Step, folder: &Path, options: &[String]) -> Result<()> {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
        let archive = folder.join("package.tgz");
        self.fetch(step, &archive)
            .with_context(|| format!("{} cannot be fetched from the npm registry", self.name))?;
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(&archive).arg("-C").arg(folder).args(options);
        repository::run(&mut tar)?;
        fs::remove_file(archive)?;
        Ok(())
    }

    fn fetch(&self, step: &mut Step, archive: &Path) -> Result<()> {
        CURL.ensure(step)?;
        let Self { name, version, sha256 } = self;
        let file = name.rsplit('/').next().unwrap_or(name);
        let address = format!("https://registry.npmjs.org/{name}/-/{file}-{version}.tgz");
        let mut curl = Command::new(CURL.find().context("curl is missing")?);
        curl.args(["--fail", "--silent", "--show-error", "--location", "--retry", "3", "--output"]);
        repository::run(curl.arg(archive).arg(address))?;
        let output = Command::new("sha256sum").arg(archive).output();
        let output = output.context("cannot run sha256sum")?;
        let digest = String::from_utf8_lossy(&output.stdout);
        ensure!(digest.starts_with(sha256), "the package is another one: its digest is {digest}");
        Ok(())
    }
}
