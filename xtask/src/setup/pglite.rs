//! PGlite: PostgreSQL as WebAssembly, for the Database lab. The page takes it from the book's own origin.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::fetch::Package;
use crate::repository;
use crate::steps::Step;

/// The one whose answers the tests compare with the model's.
const PACKAGE: Package = Package {
    name: "@electric-sql/pglite",
    version: "0.5.16",
    sha256: "04e3a275aa4f7663d94ec06fcf1288379c23845a3cd09decf474b424b1ee5c7c",
};

/// Makes sure that its files lie in [`folder`]; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    if is_here() {
        return Ok("present".into());
    }
    step.interrupt();
    let folder = folder();
    PACKAGE.unpack(step, &folder, &[])?;
    let unpacked = folder.join("package");
    take(&unpacked.join("dist"), &folder)?;
    fs::copy(unpacked.join("LICENSE"), folder.join("LICENSE")).context("it has no licence")?;
    fs::remove_dir_all(unpacked)?;
    // Written last: without it the folder is half a package.
    fs::write(folder.join("version"), PACKAGE.version)?;
    ensure!(is_here(), "the package brought no PGlite");
    Ok("fetched".into())
}

/// Takes what a browser needs out of the package.
fn take(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).context("the package has another shape")? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_file() && matches!(extension, Some("js" | "wasm" | "data")) {
            fs::copy(&path, to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// Where its files lie.
pub(crate) fn folder() -> PathBuf {
    repository::root().join("target/pglite")
}

fn is_here() -> bool {
    fs::read_to_string(folder().join("version")).is_ok_and(|version| version == PACKAGE.version)
}
