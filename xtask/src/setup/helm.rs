//! Helm 4, which renders the chart in `examples/helm`. It comes as a library for Python.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::PYTHON;
use super::wheel::Wheel;
use crate::steps::Step;

const WHEEL: Wheel = Wheel {
    package: "helm-python-sdk",
    version: "0.2.2",
    sha256: "28cc13abaf134c3a7e37f070c939be8d9cdc9825c3c8b8b2d35161073bcd4578",
    folder: "helm",
};

/// Makes sure that it lies where the tests look for it; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    PYTHON.ensure(step)?;
    if is_here() {
        return Ok("present".into());
    }
    WHEEL.install(step)?;
    // The package has its library three times, under three names; the shortest is loaded.
    for copy in ["libhelm_c.so.0", "libhelm_c.so.0.2.2"] {
        let path = WHEEL.folder().join("helm_python/lib").join(copy);
        std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
    }
    ensure!(is_here(), "the package brought no Helm that Python can load");
    Ok("installed".into())
}

/// Whether it can be loaded, and is the version we want.
fn is_here() -> bool {
    let Some(python) = PYTHON.find() else { return false };
    let mut python = Command::new(python);
    python.args(["-c", "import helm_python; print(helm_python.__version__)"]);
    python.env("PYTHONPATH", WHEEL.folder()).stderr(Stdio::null());
    let said = python.output();
    said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).trim() == WHEEL.version)
}
