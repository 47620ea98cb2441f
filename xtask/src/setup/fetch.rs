//! Fetches a package whose digest is known.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::Program;
use crate::repository;
use crate::steps::Step;

const CURL: Program = Program { name: "curl", commands: &["curl"], package: "curl" };

/// Writes what lies at an address into a file, if it has this digest.
pub(super) fn fetch(step: &mut Step, address: &str, sha256: &str, package: &Path) -> Result<()> {
    CURL.ensure(step)?;
    let mut curl = Command::new(CURL.find().context("curl is missing")?);
    curl.args(["--fail", "--silent", "--show-error", "--location", "--retry", "3", "--output"]);
    repository::run(curl.arg(package).arg(address))?;
    let output = Command::new("sha256sum").arg(package).output().context("cannot run sha256sum")?;
    let digest = String::from_utf8_lossy(&output.stdout);
    ensure!(digest.starts_with(sha256), "the package is another one: its digest is {digest}");
    Ok(())
}
