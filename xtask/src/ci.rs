//! `ci`: everything that must hold before a change is merged.

use std::fs::{self, File};
use std::process::{Child, Command};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

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
    let mut steps = Steps::new(CHECKS.len() + 3);
    steps.step("WebAssembly target", WasmToolchain::ensure)?;
    let page = Page::begin()?;
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
    steps.step("Page, built meanwhile", |_| page.end())?;
    test::run(&test::Options::with_page())?;
    println!("All checks passed in {}.", seconds(began.elapsed()));
    Ok(())
}

/// The page, built while the checks run: its bundles keep one core busy for minutes and leave the others idle.
struct Page {
    child: Child,
}

impl Page {
    /// What the build says goes here.
    const LOG: &str = "target/page.log";

    fn begin() -> Result<Self> {
        let log = repository::root().join(Self::LOG);
        let log = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut build = Command::new(std::env::current_exe()?);
        build.arg("build").current_dir(repository::root());
        build.stderr(log.try_clone()?).stdout(log);
        Ok(Self { child: build.spawn().context("cannot build the page")? })
    }

    fn end(mut self) -> Result<String> {
        let status = self.child.wait()?;
        let log = fs::read_to_string(repository::root().join(Self::LOG)).unwrap_or_default();
        ensure!(status.success(), "the page cannot be built:\n{log}");
        Ok("built".into())
    }
}

impl Drop for Page {
    /// A check has failed: nobody waits for the page any more.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
