//! What must be on the machine besides Rust and a C compiler, and how it gets there.

pub(crate) mod actionlint;
pub(crate) mod envoy;
mod fetch;
pub(crate) mod grafana;
pub(crate) mod helm;
pub(crate) mod jactionlint;
pub(crate) mod liquibase;
pub(crate) mod mariadb;
pub(crate) mod pglite;
pub(crate) mod postgres;
pub(crate) mod prometheus;
mod wheel;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::repository;
use crate::steps::Step;

/// The compilation target of the page.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A program that a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Name for people.
    pub(crate) name: &'static str,
    /// Names it may have on the `PATH`.
    pub(crate) commands: &'static [&'static str],
    /// Debian package that brings it.
    pub(crate) package: &'static str,
}

/// Runs the page in tests.
pub(crate) const CHROMIUM: Program =
    Program { name: "Chromium", commands: &["chromium", "chromium-browser"], package: "chromium" };

/// Runs the scripts of the examples in tests.
pub(crate) const PYTHON: Program =
    Program { name: "Python", commands: &["python3"], package: "python3" };

/// Runs WebAssembly in tests.
pub(crate) const NODE: Program =
    Program { name: "Node", commands: &["node", "nodejs"], package: "nodejs" };

impl Program {
    /// Makes sure that the program can be run; says in a word how.
    pub(crate) fn ensure(self, step: &mut Step) -> Result<String> {
        if self.find().is_some() {
            return Ok("present".into());
        }
        step.interrupt();
        install(&[self.package]).with_context(|| {
            let Self { name, package, .. } = self;
            format!("{name} is missing; install the package `{package}`")
        })?;
        match self.find() {
            Some(_) => Ok("installed".into()),
            None => bail!("package `{}` brought none of {:?}", self.package, self.commands),
        }
    }

    /// Where it lies, if it is there.
    pub(crate) fn find(self) -> Option<PathBuf> {
        self.commands.iter().find_map(|command| on_path(command))
    }
}

/// How WebAssembly is compiled on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The toolchain in use has the target's standard library.
    Ours,
    /// Debian's compiler builds the standard library from source.
    Debian {
        /// Links modules.
        linker: PathBuf,
    },
}

impl WasmToolchain {
    /// The toolchain that can compile for [`WASM`] as things stand.
    pub(crate) fn find() -> Option<Self> {
        let sysroot = sysroot().ok()?;
        if sysroot.join("lib/rustlib").join(WASM).join("lib").is_dir() {
            return Some(Self::Ours);
        }
        let linker = on_path("wasm-ld").or_else(|| rust_lld(&sysroot))?;
        let debian = Path::new(DEBIAN_CARGO).is_file() && debian_library().is_some();
        debian.then_some(Self::Debian { linker })
    }

    /// Makes sure that there is one; says in a word how.
    pub(crate) fn ensure(step: &mut Step) -> Result<String> {
        if Self::find().is_some() {
            return Ok("present".into());
        }
        step.interrupt();
        let rustup = repository::run(Command::new("rustup").args(["target", "add", WASM]));
        if rustup.is_ok() && Self::find().is_some() {
            return Ok("installed".into());
        }
        install(&["cargo-web", "rustc-web", "rust-web-src", "lld"]).with_context(|| {
            format!(
                "the standard library for {WASM} is missing; `rustup target add {WASM}` brings it, \
                 or on Debian the packages cargo-web, rustc-web, rust-web-src and lld"
            )
        })?;
        match Self::find() {
            Some(_) => Ok("installed from Debian".into()),
            None => bail!("Debian's packages brought no standard library source for {WASM}"),
        }
    }

    /// The cargo that compiles for [`WASM`].
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = repository::cargo();
        if let Self::Debian { linker } = self {
            cargo = Command::new(DEBIAN_CARGO);
            cargo.current_dir(repository::root());
            cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            cargo.env("CARGO_TARGET_DIR", repository::root().join("target/debian"));
            cargo.args(["-Z", "build-std=std,panic_abort"]);
        }
        cargo
    }
}

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Where Debian's compiler keeps the source of its standard library.
fn debian_library() -> Option<PathBuf> {
    let sysroot = Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"]).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout).ok()?.trim());
    let library = sysroot.join("lib/rustlib/src/rust/library");
    library.join("Cargo.lock").is_file().then_some(library)
}

fn sysroot() -> Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().context("no rustc")?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
    hosts.flatten().map(|host| host.path().join("bin/rust-lld")).find(|path| path.is_file())
}

fn on_path(command: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(command)).find(|file| file.is_file())
}

/// Installs Debian packages.
fn install(packages: &[&str]) -> Result<()> {
    if on_path("apt-get").is_none() {
        bail!("this machine has no apt-get");
    }
    if !is_root()? {
        bail!("only root may install packages: `sudo apt-get install {}`", packages.join(" "));
    }
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        apt
    };
    repository::run(apt().arg("update"))?;
    repository::run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("cannot run `id -u`")?;
    Ok(output.stdout.trim_ascii() == b"0")
}
