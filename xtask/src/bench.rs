//! `bench`: how fast the simulator is. Every case runs beside the others, several times. Ratios are taken
//! in each round, between runs that lie seconds apart, and their median counts: what else a machine has to
//! do slows both. Ratios hold on any machine, absolute figures only on this one.

mod browser;
mod table;
mod variants;
mod weight;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bundle::Bundle;
use crate::setup::{CHROMIUM, NODE, WasmToolchain};
use crate::steps::{Steps, seconds};
use crate::{build, repository};

/// The cases as WebAssembly.
const MODULE: Bundle = Bundle { package: "bench", feature: None, name: "bench" };

/// Times that every case is run; odd, so that the median is one of them.
const ROUNDS: usize = 5;

/// What is measured.
struct Case {
    name: &'static str,
    /// Arguments of the native program.
    native: &'static [&'static str],
    /// The same for a WebAssembly engine, in the syntax of `run` below; empty if it does not run there.
    module: &'static str,
}

const fn case(name: &'static str, native: &'static [&'static str], module: &'static str) -> Case {
    Case { name, native, module }
}

/// In this order in every round: what is compared lies beside each other. The yardstick's model B gets as
/// many requests as the scenario sends in its 20 minutes and the one before.
const CASES: [Case; 12] = [
    case("A limit", &["limit-a", "3000000"], ""),
    case("A engine", &["engine-a", "3000000"], "[null, 3000000]"),
    case("B world, all on", &["scenario", "model-b-full.json"], ""),
    case("B limit", &["limit-b", "1134000"], ""),
    case("B world", &["scenario", "model-b.json"], r#"["model-b", ""]"#),
    case("12 pods, 30 min", &["scenario", "twelve.json"], ""),
    case(
        "first-cutover, 120/s",
        &["scenario", "first-cutover.json", "reference"],
        r#"["first-cutover", "reference"]"#,
    ),
    case(
        "first-cutover, 1000/s",
        &["scenario", "first-cutover-1000.json", "reference"],
        r#"["first-cutover-1000", "reference"]"#,
    ),
    case("compare, 500/s, 30 min", &["compare", "first-cutover.json"], ""),
    case("compat, 50 x 4", &["compat"], ""),
    case("rate, 10 000 x 1 h", &["rate"], ""),
    case(
        "dashboard, 30 min",
        &["dashboard", "half-hour.json", "reference"],
        r#"["half-hour", "reference", "dashboard"]"#,
    ),
];

/// Runs one case in chunks of a few milliseconds, as a page does, and counts only the chunks. Every case is
/// repeated for four seconds, as natively, and eight times at least, for an engine compiles better what has
/// run for a while; the fastest run counts. The first run is told too. Of a dashboard only the panels count,
/// not the run that they show.
const RUNNER: &str = r"
export async function run(Run, one, text, pause) {
  const end = performance.now() + 4000;
  const first = await once(Run, one, text, pause);
  let fastest = first;
  for (let runs = 1; runs < 8 || performance.now() < end; runs++) {
    const next = await once(Run, one, text, pause);
    if (next.secs < fastest.secs) fastest = next;
  }
  return { ...fastest, first: first.secs };
}

async function once(Run, [bundle, rest, what], text, pause) {
  let spent = performance.now();
  const run = bundle === null ? Run.queueing(rest) : Run.scenario(await text(bundle), rest);
  spent = performance.now() - spent;
  for (let done = false; !done;) {
    const began = performance.now();
    done = run.advance(20000);
    spent += performance.now() - began;
    await pause();
  }
  let requests = run.requests();
  if (what === 'dashboard') {
    const began = performance.now();
    requests = run.dashboard();
    spent = performance.now() - began;
  }
  run.free();
  return { requests, secs: spent / 1000 };
}
";

const NODE_SCRIPT: &str = r"
import { readFileSync } from 'node:fs';
import init, { Run } from './bench.js';
import { run } from './runner.js';
await init({ module_or_path: readFileSync('bench_bg.wasm') });
const text = (name) => readFileSync(`${name}.json`, 'utf8');
console.log(JSON.stringify(await run(Run, JSON.parse(process.argv.at(-1)), text, () => {})));
";

/// Seconds and requests of every case, by engine and name, a figure a round.
type Figures = BTreeMap<(&'static str, String), Vec<Figure>>;

/// The fastest run of one case in one round.
#[derive(Clone, Copy, Debug)]
struct Figure {
    secs: f64,
    /// Seconds of the first run, while the engine still compiled it; WebAssembly only.
    first: f64,
    requests: f64,
    allocations: f64,
}

impl Figure {
    /// Requests per second.
    fn speed(&self) -> f64 {
        self.requests / self.secs
    }
}

/// Builds everything, measures, prints the tables.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new(3 + build::STEPS + 2 + 3);
    steps.step("WebAssembly target", WasmToolchain::ensure)?;
    for program in [CHROMIUM, NODE] {
        steps.step(program.name, |step| program.ensure(step))?;
    }
    build::all(&mut steps)?;
    let folder = repository::root().join("dist/bench");
    steps.step("Cases, native", |step| {
        step.interrupt();
        let mut cargo = repository::cargo();
        repository::run(cargo.args(["build", "--release", "--package", "bench"]))?;
        Ok("built".into())
    })?;
    steps.step("Cases, WebAssembly", |step| {
        step.interrupt();
        lay_out(&folder)?;
        Ok("built".into())
    })?;
    let mut figures = Figures::new();
    steps.step("Rounds", |step| {
        step.interrupt();
        for round in 1..=ROUNDS {
            eprintln!("  round {round} of {ROUNDS}");
            for case in &CASES {
                measure(case, &folder, &mut figures)?;
            }
        }
        Ok("measured".into())
    })?;
    let (mut memory, mut live) = (Value::Null, Value::Null);
    steps.step("Memory", |_| {
        memory = native(&folder, &["memory", "day.json"])?;
        live = native(&folder, &["live", "model-b.json", "overload.json"])?;
        Ok("measured".into())
    })?;
    println!("\n{}", table::speeds(&figures));
    println!("{}", table::memory(&memory, &live));
    steps.step("Page", |step| {
        step.interrupt();
        print!("{}", weight::table(&repository::dist())?);
        Ok("weighed".into())
    })?;
    println!("Total time: {}", seconds(steps.elapsed()));
    Ok(())
}

/// Puts the module and the scenarios' bundles into a folder of their own.
fn lay_out(folder: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    repository::copy_folder(&MODULE.build()?, folder)?;
    fs::write(folder.join("runner.js"), RUNNER)?;
    fs::write(folder.join("index.html"), browser::PAGE)?;
    // Node takes a file for a module when the folder says so.
    fs::write(folder.join("package.json"), r#"{ "type": "module" }"#)?;
    variants::write(folder)
}

/// Runs the native program in the folder of the bundles; its answer.
fn native(folder: &Path, arguments: &[&str]) -> Result<Value> {
    let program: PathBuf = repository::root().join("target/release/bench");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stderr(Stdio::inherit());
    let shown = repository::show(&command);
    let output = command.output().with_context(|| format!("cannot run `{shown}`"))?;
    ensure!(output.status.success(), "`{shown}` failed");
    serde_json::from_slice(&output.stdout).with_context(|| format!("`{shown}` printed no JSON"))
}

/// Measures a case once wherever it runs.
fn measure(case: &Case, folder: &Path, figures: &mut Figures) -> Result<()> {
    add(figures, "native", case.name, &native(folder, case.native)?);
    if !case.module.is_empty() {
        add(figures, "Node", case.name, &node(folder, case.module)?);
        add(figures, "Chromium", case.name, &browser::measure(folder, case.module)?);
    }
    Ok(())
}

/// Runs a case in Node; its answer.
fn node(folder: &Path, module: &str) -> Result<Value> {
    let mut command = Command::new(NODE.find().context("Node is missing")?);
    command.args(["--input-type=module", "--eval", NODE_SCRIPT, "--", module]);
    let output = command.current_dir(folder).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "node failed");
    serde_json::from_slice(&output.stdout).context("node printed no JSON")
}

fn add(figures: &mut Figures, engine: &'static str, name: &str, answer: &Value) {
    let number = |key: &str| answer[key].as_f64().unwrap_or(f64::NAN);
    let figure = Figure {
        secs: number("secs"),
        first: number("first"),
        requests: number("requests"),
        allocations: number("allocations"),
    };
    figures.entry((engine, name.to_owned())).or_default().push(figure);
}
