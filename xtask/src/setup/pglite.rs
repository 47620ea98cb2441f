//! PGlite: PostgreSQL as WebAssembly, for the Database lab. The page takes it from the book's own origin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::fetch::fetch;
use crate::repository;
use crate::steps::Step;

/// The version whose answers the tests compare with the model's.
const VERSION: &str = "0.5.16";

/// Digest of the package.
const SHA256: &str = "04e3a275aa4f7663d94ec06fcf1288379c23845a3cd09decf474b424b1ee5c7c";

/// Makes sure that its files lie in [`folder`]; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    if is_here() {
        return Ok("present".into());
    }
    step.interrupt();
    let folder = folder();
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let package = folder.join("package.tgz");
    let address = format!("https://registry.npmjs.org/@electric-sql/pglite/-/pglite-{VERSION}.tgz");
    fetch(step, &address, SHA256, &package)
        .context("PGlite cannot be fetched from the npm registry")?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&package).arg("-C").arg(&folder);
    repository::run(&mut tar)?;
    let unpacked = folder.join("package");
    take(&unpacked.join("dist"), &folder)?;
    fs::copy(unpacked.join("LICENSE"), folder.join("LICENSE")).context("it has no licence")?;
    fs::remove_dir_all(unpacked)?;
    fs::remove_file(package)?;
    // Written last: without it the folder is half a package.
    fs::write(folder.join("version"), VERSION)?;
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
    fs::read_to_string(folder().join("version")).is_ok_and(|version| version == VERSION)
}
