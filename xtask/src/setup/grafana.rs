//! The types that Grafana publishes of its dashboards, and the compiler that judges by them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::NODE;
use super::fetch::Package;
use crate::repository;
use crate::steps::Step;

const PACKAGES: [Package; 2] = [
    Package {
        name: "@grafana/schema",
        version: "13.2.3",
        sha256: "f492f0ec5b0212cbf7f098d5d54b4a540371c262c6b78e9016ee2d26add9e559",
    },
    Package {
        name: "typescript",
        version: "5.9.3",
        sha256: "10e108c9cf7d5f2879053dff18515fb405abf2ccef63eaaf017d9c571687a1d3",
    },
];

/// Makes sure that they lie where the tests look for them; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    NODE.ensure(step)?;
    if PACKAGES.iter().all(is_here) {
        return Ok("present".into());
    }
    step.interrupt();
    for package in &PACKAGES {
        let folder = folder(package);
        package.unpack(step, &folder, &["--strip-components=1".to_owned()])?;
        ensure!(is_here(package), "the package of {} brought another version", package.name);
    }
    Ok("fetched".into())
}

/// Where Node looks for a package that `target/grafana` needs.
fn folder(package: &Package) -> PathBuf {
    repository::root().join("target/grafana/node_modules").join(package.name)
}

fn is_here(package: &Package) -> bool {
    let manifest = fs::read_to_string(folder(package).join("package.json")).unwrap_or_default();
    manifest.contains(&format!("\"version\": \"{}\"", package.version))
}
