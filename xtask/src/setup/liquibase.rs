//! A real Liquibase, which judges the simulated one. Its npm package carries the program and the driver of
//! PostgreSQL; it needs Java.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::fetch::fetch;
use super::{Program, postgres};
use crate::repository;
use crate::steps::Step;

/// The version of the package; it carries Liquibase 4.28.0.
const VERSION: &str = "4.28.1";

/// Digest of the package.
const SHA256: &str = "2ff637c6641fcc8f1c571d3cd940db802bce41c08fe2e31967a48e023ba30aa3";

/// Where the package keeps its libraries.
const INSIDE: &str = "package/dist/liquibase/internal/lib";

/// Libraries that are taken: a tenth of the package.
const LIBRARIES: [&str; 7] = [
    "liquibase-core.jar",
    "postgresql.jar",
    "snakeyaml.jar",
    "picocli.jar",
    "commons-io.jar",
    "commons-lang3.jar",
    "opencsv.jar",
];

/// Runs it.
const JAVA: Program =
    Program { name: "Java", commands: &["java"], package: "default-jre-headless" };

/// Makes sure that Java and the libraries are there, and the database that it is run against; says in a word
/// how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    JAVA.ensure(step)?;
    postgres::ensure(step)?;
    if is_here() {
        return Ok("present".into());
    }
    step.interrupt();
    let folder = folder();
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let package = folder.join("package.tgz");
    let address = format!("https://registry.npmjs.org/liquibase/-/liquibase-{VERSION}.tgz");
    fetch(step, &address, SHA256, &package)
        .context("Liquibase cannot be fetched from the npm registry")?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&package).arg("-C").arg(&folder).arg("--strip-components=5");
    tar.args(LIBRARIES.map(|library| format!("{INSIDE}/{library}")));
    repository::run(&mut tar)?;
    fs::remove_file(package)?;
    // Written last: without it the folder is half a package.
    fs::write(folder.join("version"), VERSION)?;
    ensure!(is_here(), "the package brought no Liquibase");
    Ok("fetched".into())
}

/// Where the tests look for it.
fn folder() -> PathBuf {
    repository::root().join("target/liquibase")
}

fn is_here() -> bool {
    let version = fs::read_to_string(folder().join("version"));
    let there = |library: &&str| folder().join(library).is_file();
    version.is_ok_and(|version| version == VERSION) && LIBRARIES.iter().all(there)
}
