//! Measures one case and prints one line of JSON. `cargo xtask bench` runs it, case beside case.
//!
//! `bench limit-a|limit-b|engine-a REQUESTS`, `bench scenario BUNDLE.json [SOLUTION]`,
//! `bench compat`, `bench compare BUNDLE.json`, `bench rate`, `bench dashboard BUNDLE.json SOLUTION`,
//! `bench memory BUNDLE.json`, `bench live BUNDLE.json OVERLOADED.json`

#![allow(clippy::print_stdout, reason = "a program of the terminal")]

mod compat;
mod series;
mod strategies;

use std::alloc::System;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use bench::Run;
use bench_limit::{model_a, model_b};
use serde_json::{Value, json};
use sim_core::time::SimTime;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Events between two looks at the clock, as a page's frame would take.
const CHUNK: u32 = 20_000;

/// How long, and how often at least, a case is repeated, as in WebAssembly. The fastest run counts: much makes
/// a program slower than it is, nothing faster; the fastest of more runs is faster.
const REPEATED: Duration = Duration::from_secs(4);
const LEAST: usize = 8;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let answer = match words[..] {
        ["limit-a", requests] => timed(|| Ok(model_a::run(requests.parse()?, 1).cnt.iter().sum())),
        ["limit-b", requests] => timed(|| Ok(model_b::run(requests.parse()?, 900.0, 1).n)),
        ["engine-a", requests] => timed(|| finish(Run::queueing(requests.parse()?))),
        ["scenario", bundle] => timed(|| finish(open(bundle, "")?)),
        ["scenario", bundle, solution] => timed(|| finish(open(bundle, solution)?)),
        ["compat"] => timed(compat::run),
        ["compare", bundle] => timed(|| strategies::compare(bundle)),
        ["rate"] => series::rate(),
        ["dashboard", bundle, solution] => series::dashboard(open(bundle, solution)?),
        ["memory", bundle] => memory(bundle),
        ["live", calm, overloaded] => live(calm, overloaded),
        _ => bail!("unknown case {words:?}"),
    };
    println!("{}", answer?);
    Ok(())
}

fn open(bundle: &str, solution: &str) -> Result<Run> {
    let text = fs::read_to_string(bundle).with_context(|| format!("cannot read {bundle}"))?;
    Run::scenario(&text, solution).map_err(|problem| anyhow!(problem))
}

fn finish(mut run: Run) -> Result<u64> {
    while !run.advance(CHUNK) {}
    Ok(run.requests() as u64)
}

/// Repeats a case: requests, seconds and allocations of its fastest run.
fn timed(case: impl Fn() -> Result<u64>) -> Result<Value> {
    let end = Instant::now() + REPEATED;
    let mut fastest = once(&case)?;
    let mut runs = 1;
    while runs < LEAST || Instant::now() < end {
        let next = once(&case)?;
        runs += 1;
        if next.secs < fastest.secs {
            fastest = next;
        }
    }
    let Measured { requests, secs, allocations } = fastest;
    Ok(json!({ "requests": requests, "secs": secs, "allocations": allocations }))
}

/// One run of a case.
struct Measured {
    requests: u64,
    secs: f64,
    allocations: usize,
}

fn once(case: impl Fn() -> Result<u64>) -> Result<Measured> {
    let region = Region::new(ALLOCATOR);
    let began = Instant::now();
    let requests = case()?;
    let secs = began.elapsed().as_secs_f64();
    let stats = region.change();
    Ok(Measured { requests, secs, allocations: stats.allocations + stats.reallocations })
}

/// Bytes that a run holds at whole hours.
fn memory(bundle: &str) -> Result<Value> {
    let region = Region::new(ALLOCATOR);
    let mut run = open(bundle, "")?;
    let simulation = run.simulation();
    let mut held = Vec::new();
    for hour in [1, 6, 7, 12, 24] {
        simulation.run_until(SimTime::from_secs(hour * 3600));
        let stats = region.change();
        let bytes = stats.bytes_allocated - stats.bytes_deallocated;
        held.push(json!({ "hour": hour, "bytes": bytes }));
    }
    Ok(json!({ "held": held, "requests": run.requests() }))
}

/// Bytes that one more live request costs: a world where they pile up beside one where they do not.
fn live(calm: &str, overloaded: &str) -> Result<Value> {
    let [calm, overloaded] = [calm, overloaded].map(|bundle| -> Result<(f64, f64)> {
        let region = Region::new(ALLOCATOR);
        let mut run = open(bundle, "")?;
        run.simulation().run_until(SimTime::from_secs(10));
        let stats = region.change();
        let bytes = stats.bytes_allocated - stats.bytes_deallocated;
        Ok((bytes as f64, f64::from(run.simulation().world().requests.live())))
    });
    let ((bytes, requests), (more_bytes, more_requests)) = (calm?, overloaded?);
    let each = (more_bytes - bytes) / (more_requests - requests);
    Ok(json!({ "bytes": each, "live": more_requests }))
}
