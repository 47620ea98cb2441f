//! jactionlint, which judges the workflow files in `examples/github` and the action beside them, of which
//! actionlint, from which it began as a fork, says nothing.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use super::PYTHON;
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
    PYTHON.ensure(step)?;
    if is_here() {
        return Ok("present".into());
    }
    WHEEL.install(step)?;
    let version = WHEEL.version;
    ensure!(is_here(), "the package brought no jactionlint that runs as version {version}");
    Ok("installed".into())
}

/// Whether the program is there, runs, and is the version we want.
fn is_here() -> bool {
    let Some(python) = PYTHON.find() else { return false };
    let mut program = Command::new(python);
    program.args(["-m", "jactionlint", "--version"]).env("PYTHONPATH", WHEEL.folder());
    let output = program.stderr(Stdio::null()).output();
    output.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).starts_with(WHEEL.version))
}
