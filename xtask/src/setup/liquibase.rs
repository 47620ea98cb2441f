//! A real Liquibase, which judges the simulated one. Its npm package carries the program and the driver of
//! PostgreSQL; it needs Java.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::fetch::Package;
use super::{Program, postgres};
use crate::repository;
use crate::steps::Step;

/// It carries Liquibase 4.28.0.
const PACKAGE: Package = Package {
    name: "liquibase",
    version: "4.28.1",
    sha256: "2ff637c6641fcc8f1c571d3cd940db802bce41c08fe2e31967a48e023ba30aa3",
};

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
    let mut options = vec!["--strip-components=5".to_owned()];
    options.extend(LIBRARIES.map(|library| format!("{INSIDE}/{library}")));
    PACKAGE.unpack(step, &folder, &options)?;
    // Written last: without it the folder is half a package.
    fs::write(folder.join("version"), PACKAGE.version)?;
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
    version.is_ok_and(|version| version == PACKAGE.version) && LIBRARIES.iter().all(there)
}
