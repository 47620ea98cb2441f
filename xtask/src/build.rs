//! `build`: everything the page needs, in `dist/book`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use book_preprocessor::Inputs;

use crate::bundle::Bundle;
use crate::setup::{WasmToolchain, pglite};
use crate::steps::Steps;
use crate::{book, repository, scenarios};

/// Number of steps of [`all`].
pub(crate) const STEPS: usize = 4;

/// The small bundle of every page, and those of pages with a lab: with SQL it weighs half as much again.
const BUNDLES: [Bundle; 4] = [
    Bundle { package: "web-app", feature: Some("reader"), name: "reader" },
    Bundle { package: "web-app", feature: Some("database"), name: "database" },
    Bundle { package: "web-app", feature: Some("lab"), name: "lab" },
    Bundle { package: "web-app", feature: Some("lab-full"), name: "lab-full" },
];

/// Builds the guide.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new(1 + STEPS);
    steps.step("WebAssembly target", WasmToolchain::ensure)?;
    all(&mut steps)?;
    println!("The guide is in {}", repository::dist().display());
    Ok(())
}

/// Builds the guide beside the old one and swaps them at the end, so that a failure, or a reader of
/// the old one, sees nothing half-made.
pub(crate) fn all(steps: &mut Steps) -> Result<()> {
    let dist = repository::dist();
    let staging = dist.with_file_name("staging");
    let _ = fs::remove_dir_all(&staging);
    let inputs = Inputs::read(repository::root())?;
    let scenarios = inputs.scenarios.clone();
    steps.step("Guide", |_| {
        book::build(inputs, &staging)?;
        Ok("built".into())
    })?;
    steps.step("Scenarios", |_| {
        scenarios::build(&scenarios, &staging.join("scenarios"))?;
        Ok(format!("{} bundled", scenarios.len()))
    })?;
    steps.step("PGlite", |step| {
        let how = pglite::ensure(step)?;
        repository::copy_folder(&pglite::folder(), &staging.join("pglite"))?;
        Ok(how)
    })?;
    steps.step("WebAssembly", |step| {
        step.interrupt();
        for bundle in BUNDLES {
            let folder = bundle.build()?;
            repository::copy_folder(&folder, &staging.join("wasm"))?;
        }
        Ok("built".into())
    })?;
    swap(&staging, &dist)
}

fn swap(staging: &Path, dist: &Path) -> Result<()> {
    let old = dist.with_file_name("old");
    let _ = fs::remove_dir_all(&old);
    if dist.exists() {
        fs::rename(dist, &old).context("cannot move the old guide away")?;
    }
    fs::rename(staging, dist).context("cannot move the new guide to its place")?;
    let _ = fs::remove_dir_all(&old);
    Ok(())
}
