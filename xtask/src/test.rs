//! `test`: every test, native and as WebAssembly, with a table at the end.

use std::io::{BufRead, BufReader, Write};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::arguments::Arguments;
use crate::bundle::Bundle;
use crate::setup::{
    CHROMIUM, NODE, PYTHON, WasmToolchain, actionlint, envoy, grafana, helm, jactionlint,
    liquibase, mariadb, postgres, prometheus,
};
use crate::steps::{Step, Steps, seconds};
use crate::summary::Summary;
use crate::{build, repository};

/// A program beside which the simulator is tested.
#[derive(Clone, Copy)]
struct Peer {
    /// What `--without` calls it.
    module: &'static str,
    /// The module of the tests that need it.
    tests: &'static str,
    /// Name for people.
    name: &'static str,
    /// Makes sure that it can be run; says in a word how.
    ensure: fn(&mut Step) -> Result<String>,
}

const PEERS: [Peer; 12] = [
    Peer {
        module: "browser",
        tests: "browser",
        name: "Chromium",
        ensure: |step| CHROMIUM.ensure(step),
    },
    Peer { module: "node", tests: "node", name: "Node", ensure: |step| NODE.ensure(step) },
    Peer { module: "envoy", tests: "envoy", name: "Envoy", ensure: envoy::ensure },
    Peer { module: "postgres", tests: "postgres", name: "PostgreSQL", ensure: postgres::ensure },
    Peer { module: "mariadb", tests: "mariadb", name: "MariaDB", ensure: mariadb::ensure },
    Peer {
        module: "liquibase",
        tests: "liquibase_judge",
        name: "Liquibase",
        ensure: liquibase::ensure,
    },
    Peer {
        module: "prometheus",
        tests: "prometheus",
        name: "Prometheus",
        ensure: prometheus::ensure,
    },
    Peer { module: "python", tests: "python", name: "Python", ensure: |step| PYTHON.ensure(step) },
    Peer { module: "helm", tests: "helm", name: "Helm", ensure: helm::ensure },
    Peer { module: "grafana", tests: "grafana", name: "Grafana's types", ensure: grafana::ensure },
    Peer {
        module: "actionlint",
        tests: "examples::actionlint",
        name: "actionlint",
        ensure: actionlint::ensure,
    },
    Peer {
        module: "jactionlint",
        tests: "jactionlint",
        name: "jactionlint",
        ensure: jactionlint::ensure,
    },
];

/// The simulator alone, to compare runs in Node and Chromium with native ones.
const DIGEST: Bundle = Bundle { package: "wasm-digest", feature: None, name: "digest" };

/// What the caller asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Peers that are left out.
    without: Vec<String>,
    /// Part of the names of the tests to run.
    filter: Option<String>,
    /// Whether the page has just been built.
    page_is_built: bool,
}

impl Options {
    /// Every test, with the page as it has just been built.
    pub(crate) fn with_page() -> Self {
        Self { page_is_built: true, ..Self::default() }
    }

    /// Reads the command line.
    pub(crate) fn parse(arguments: &mut Arguments) -> Result<Self> {
        let mut without = Vec::new();
        while let Some(list) = arguments.value("--without")? {
            without.extend(list.split(',').map(str::to_owned));
        }
        for peer in &without {
            let known = PEERS.map(|peer| peer.module);
            ensure!(known.contains(&peer.as_str()), "--without: `{peer}` is none of {known:?}");
        }
        let filter = arguments.next();
        arguments.finish()?;
        Ok(Self { without, filter, page_is_built: false })
    }

    fn leaves_out(&self, peer: &str) -> bool {
        self.without.iter().any(|name| name == peer)
    }
}

/// Sets up what is missing, builds, and runs the tests.
pub(crate) fn run(options: &Options) -> Result<()> {
    let wanted = |peer: &Peer| !options.leaves_out(peer.module);
    let peers: Vec<_> = PEERS.into_iter().filter(wanted).collect();
    let page = if options.page_is_built { 0 } else { build::STEPS };
    let mut steps = Steps::new(1 + peers.len() + page + 2);
    steps.step("WebAssembly target", WasmToolchain::ensure)?;
    for Peer { module, name, ensure, .. } in peers {
        steps.step(name, |step| {
            ensure(step).with_context(|| format!("or leave it out: --without {module}"))
        })?;
    }
    if !options.page_is_built {
        build::all(&mut steps)?;
    }
    steps.step("Simulator as WebAssembly", |step| {
        step.interrupt();
        let folder = DIGEST.build()?;
        let target = repository::root().join("dist/digest");
        let _ = std::fs::remove_dir_all(&target);
        repository::copy_folder(&folder, &target)?;
        Ok("built".into())
    })?;
    let mut summary = Summary::default();
    let mut passed = false;
    steps.step("Tests", |step| {
        step.interrupt();
        passed = cargo_test(options, &mut summary)?;
        Ok(if passed { "passed" } else { "failed" }.into())
    })?;
    print!("\n{summary}");
    for peer in &options.without {
        println!("Left out: tests with {peer} (--without {peer}).");
    }
    println!("Total time: {}", seconds(steps.elapsed()));
    if !passed {
        bail!("a test failed");
    }
    Ok(())
}

/// Runs `cargo test` over the workspace, shows what it prints and gathers it in the summary.
fn cargo_test(options: &Options, summary: &mut Summary) -> Result<bool> {
    let mut cargo = repository::cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast", "--"]);
    cargo.args(options.filter.iter());
    for peer in PEERS.iter().filter(|peer| options.leaves_out(peer.module)) {
        cargo.args(["--skip", &format!("{}::", peer.tests)]);
    }
    // One pipe for both streams keeps the order of their lines.
    let (lines, sender) = std::io::pipe()?;
    let mut child = spawn(&mut cargo, sender)?;
    let mut terminal = std::io::stdout();
    for line in BufReader::new(lines).lines() {
        let line = line?;
        writeln!(terminal, "{line}")?;
        summary.read(&line);
    }
    Ok(child.wait()?.success())
}

/// Starts a program; our copies of the pipe's writing end are closed when this returns.
fn spawn(command: &mut Command, output: std::io::PipeWriter) -> Result<std::process::Child> {
    let shown = repository::show(command);
    command.stderr(output.try_clone()?).stdout(output);
    let child = command.spawn().with_context(|| format!("cannot run `{shown}`"));
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    child
}
