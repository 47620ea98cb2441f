//! `bench`: how fast the simulator is. Every case runs beside the others, several times, and medians
//! are compared: ratios hold on any machine, absolute figures only on this one.

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

/// Native cases: name, arguments. The yardstick's model B gets as many requests as the scenario sends
/// in its 20 minutes and the one before.
const NATIVE: [(&str, &[&str]); 12] = [
    ("A limit", &["limit-a", "3000000"]),
    ("A engine", &["engine-a", "3000000"]),
    ("B limit", &["limit-b", "1134000"]),
    ("B world", &["scenario", "model-b.json"]),
    ("B world, all on", &["scenario", "model-b-full.json"]),
    ("12 pods, 30 min", &["scenario", "twelve.json"]),
    ("first-cutover, 120/s", &["scenario", "first-cutover.json", "reference"]),
    ("first-cutover, 1000/s", &["scenario", "first-cutover-1000.json", "reference"]),
    ("compare, 500/s, 30 min", &["compare", "first-cutover.json"]),
    ("compat, 50 x 4", &["compat"]),
    ("rate, 10 000 x 1 h", &["rate"]),
    ("dashboard, 30 min", &["dashboard", "half-hour.json", "reference"]),
];

/// The same cases for a WebAssembly engine, in the syntax of `run` below.
const MODULE_CASES: &str = r#"[
  ["A engine", null, 3000000],
  ["B world", "model-b", ""],
  ["first-cutover, 120/s", "first-cutover", "reference"],
  ["first-cutover, 1000/s", "first-cutover-1000", "reference"],
  ["dashboard, 30 min", "half-hour", "reference", "dashboard"]
]"#;

/// Runs one case in chunks of a few milliseconds, as a page does, and counts only the chunks. An engine
/// compiles better what has run for a while, so every case is repeated for two seconds; the first run and the
/// last one count. Of a dashboard only the panels count, not the run that they show.
const RUNNER: &str = r"
export async function run(Run, [name, ...one], text, pause) {
  const end = performance.now() + 2000;
  const first = await once(Run, one, text, pause);
  let last = await once(Run, one, text, pause);
  while (performance.now() < end) last = await once(Run, one, text, pause);
  return { name, ...last, first: first.secs };
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
for (const one of JSON.parse(process.argv.at(-1))) {
  console.log(JSON.stringify(await run(Run, one, text, () => {})));
}
";

/// Seconds and requests of every case, by engine and name.
type Figures = BTreeMap<(&'static str, String), Vec<Figure>>;

/// One run of one case.
#[derive(Clone, Copy, Debug)]
struct Figure {
    secs: f64,
    /// Of the same case just before, while the engine still compiled it; WebAssembly only.
    first: f64,
    requests: f64,
    allocations: f64,
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
            native(&folder, &mut figures)?;
            node(&folder, &mut figures)?;
            browser::measure(&folder, &mut figures)?;
        }
        Ok("measured".into())
    })?;
    let (mut memory, mut live) = (Value::Null, Value::Null);
    steps.step("Memory", |_| {
        memory = case(&folder, &["memory", "day.json"])?;
        live = case(&folder, &["live", "model-b.json", "overload.json"])?;
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
fn case(folder: &Path, arguments: &[&str]) -> Result<Value> {
    let program: PathBuf = repository::root().join("target/release/bench");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stderr(Stdio::inherit());
    let shown = repository::show(&command);
    let output = command.output().with_context(|| format!("cannot run `{shown}`"))?;
    ensure!(output.status.success(), "`{shown}` failed");
    serde_json::from_slice(&output.stdout).with_context(|| format!("`{shown}` printed no JSON"))
}

fn native(folder: &Path, figures: &mut Figures) -> Result<()> {
    for (name, arguments) in NATIVE {
        let answer = case(folder, arguments)?;
        add(figures, "native", name, &answer);
    }
    Ok(())
}

fn node(folder: &Path, figures: &mut Figures) -> Result<()> {
    let mut command = Command::new(NODE.find().context("Node is missing")?);
    command.args(["--input-type=module", "--eval", NODE_SCRIPT, "--", MODULE_CASES]);
    let output = command.current_dir(folder).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "node failed");
    for line in String::from_utf8(output.stdout)?.lines() {
        let answer: Value = serde_json::from_str(line)?;
        add(figures, "Node", answer["name"].as_str().unwrap_or_default(), &answer);
    }
    Ok(())
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
