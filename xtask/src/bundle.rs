//! WebAssembly bundles: a crate compiled for the page, with the JavaScript that loads it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::repository;
use crate::setup::{self, WasmToolchain};

/// What is compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bundle {
    /// Name of the package, a `cdylib`.
    pub(crate) package: &'static str,
    /// The one feature that is on.
    pub(crate) feature: Option<&'static str>,
    /// Name of the files: `NAME.js`, `NAME_bg.wasm`.
    pub(crate) name: &'static str,
}

/// The compiler's answer about the package itself.
struct Artifact {
    wasm: PathBuf,
    fresh: bool,
}

impl Bundle {
    /// Builds the bundle and returns the folder that holds it and nothing else.
    pub(crate) fn build(self) -> Result<PathBuf> {
        let artifact = self.compile()?;
        let folder = artifact.wasm.with_file_name("bundles").join(self.name);
        let module = folder.join(format!("{}_bg.wasm", self.name));
        if artifact.fresh && module.is_file() {
            return Ok(folder);
        }
        // Bundles of one package share the compiler's output file: when it is fresh it may be that
        // of another bundle.
        let artifact = if artifact.fresh {
            fs::remove_file(&artifact.wasm).context("cannot remove a stale module")?;
            let deps = artifact.wasm.with_file_name("deps");
            let name = artifact.wasm.file_name().expect("a file has a name");
            fs::remove_file(deps.join(name)).context("cannot remove a stale module")?;
            self.compile()?
        } else {
            artifact
        };
        let _ = fs::remove_dir_all(&folder);
        bind(&artifact.wasm, self.name, &folder)?;
        Ok(folder)
    }

    fn compile(self) -> Result<Artifact> {
        let toolchain = WasmToolchain::find().context("no toolchain compiles WebAssembly")?;
        let mut cargo = toolchain.cargo();
        cargo.args(["build", "--lib", "--package", self.package, "--no-default-features"]);
        if let Some(feature) = self.feature {
            cargo.args(["--features", feature]);
        }
        cargo.args(["--target", setup::WASM, "--profile", "wasm"]);
        cargo.args(["--message-format", "json-render-diagnostics"]).stdout(Stdio::piped());
        let shown = repository::show(&cargo);
        let mut child = cargo.spawn().with_context(|| format!("cannot run `{shown}`"))?;
        let messages = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut found = None;
        for line in messages.lines() {
            let message: Value = serde_json::from_str(&line?).context("cargo printed no JSON")?;
            found = self.artifact(&message).or(found);
        }
        let status = child.wait()?;
        ensure!(status.success(), "`{shown}` failed ({status})");
        found.with_context(|| format!("package `{}` makes no WebAssembly module", self.package))
    }

    fn artifact(self, message: &Value) -> Option<Artifact> {
        let target = &message["target"];
        let ours = message["reason"] == "compiler-artifact"
            && target["name"].as_str()?.replace('-', "_") == self.package.replace('-', "_");
        let files = message["filenames"].as_array().filter(|_| ours)?;
        let paths = files.iter().filter_map(Value::as_str).map(Path::new);
        let wasm = paths.into_iter().find(|path| path.extension().is_some_and(|e| e == "wasm"))?;
        Some(Artifact { wasm: wasm.to_owned(), fresh: message["fresh"] == true })
    }
}

fn bind(wasm: &Path, name: &str, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(name).typescript(false).web(true)?;
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(folder).with_context(|| format!("cannot bind {}", wasm.display()))
}
