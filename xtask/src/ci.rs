//! `ci`: everything that must hold before a change is merged.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::setup::{self, WasmToolchain};
use crate::steps::{Steps, seconds};
use crate::{repository, test};

/// Name, arguments to cargo.
const CHECKS: [(&str, &[&str]); 3] = [
    ("Format", &["fmt", "--all", "--check"]),
    ("Lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    ("Documentation", &["doc", "--workspace", "--no-deps", "--document-private-items"]),
];

/// Parts that the page runs as WebAssembly.
const ON_THE_PAGE: [&str; 3] = ["sim-core", "quizzes", "web-app"];

/// Runs all checks, cheap ones first, and the tests, which build the guide.
pub(crate) fn run() -> Result<()> {
    let began = Instant::now();
    let mut steps = Steps::new(CHECKS.len() + 2);
    steps.step("WebAssembly target", WasmToolchain::ensure)?;
    for (name, arguments) in CHECKS {
        steps.step(name, |step| {
            step.interrupt();
            let mut cargo = repository::cargo();
            repository::run(cargo.args(arguments).env("RUSTDOCFLAGS", "-D warnings"))?;
            Ok("passed".into())
        })?;
    }
    steps.step("Lints of the page", |step| {
        step.interrupt();
        let toolchain = WasmToolchain::find().context("no toolchain compiles WebAssembly")?;
        let mut cargo = toolchain.cargo();
        cargo.args(["clippy", "--target", setup::WASM]);
        cargo.args(ON_THE_PAGE.iter().flat_map(|package| ["--package", package]));
        repository::run(cargo.args(["--", "-D", "warnings"]))?;
        Ok("passed".into())
    })?;
    test::run(&test::Options::default())?;
    println!("All checks passed in {}.", seconds(began.elapsed()));
    Ok(())
}
