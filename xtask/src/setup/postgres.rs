//! A real PostgreSQL, which judges the model of its schema, locks and errors.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::install;
use crate::steps::Step;

/// Where Debian puts each version: `15/bin/postgres`.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Makes sure that the server lies where the tests look for it; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    if is_here() {
        return Ok("present".into());
    }
    step.interrupt();
    install(&["postgresql"]).context("PostgreSQL is missing; install the package `postgresql`")?;
    ensure!(is_here(), "the package brought no server under {VERSIONS}");
    Ok("installed".into())
}

fn is_here() -> bool {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/postgres").is_file())
}
