//! jactionlint, which judges the workflow files in `examples/github`: a linter that began as a fork of
//! actionlint. Of actionlint itself no registry has a program: its packages fetch it from elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::wheel::Wheel;
use crate::steps::Step;

const WHEEL: Wheel = Wheel {
    package: "jactionlint",
    version: "2.3.0",
    sha256: "4293053b50800cf5899fca39c2e10a84c4b2926aa68fc2a7610114e37825836f",
    folder: "jactionlint",
};

/// Makes sure that it lies where the tests look for it; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    if is_here() {
        return Ok("present".into());
    }
    WHEEL.install(step)?;
    // The package makes it a program when it is first called through Python.
    let program = program();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .with_context(|| program.display().to_string())?;
    let version = WHEEL.version;
    ensure!(is_here(), "the package brought no jactionlint that runs as version {version}");
    Ok("installed".into())
}

fn program() -> PathBuf {
    WHEEL.folder().join("jactionlint/bin/jactionlint")
}

/// Whether the program is there, runs, and is the version we want.
fn is_here() -> bool {
    let mut program = Command::new(program());
    let output = program.arg("--version").stderr(Stdio::null()).output();
    output.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).starts_with(WHEEL.version))
}
