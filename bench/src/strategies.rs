//! All strategies for the same users, as `cutover compare` runs them: on as many cores as there are.

use std::fs;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow};
use sim_core::compare::{Making, Options};
use sim_core::random::Seed;
use sim_core::scenario::{Bundle, Scenario};
use sim_core::time::SimDuration;

/// Requests a second of all users.
const RATE: f64 = 500.0;
/// Length of each run.
const LENGTH: SimDuration = SimDuration::from_secs(30 * 60);
/// Events between two looks at whether a run is over.
const CHUNK: u32 = 500_000;

/// Compares all strategies; about how many requests were sent, since each is run with a good version and
/// with a bad one.
pub(crate) fn compare(bundle: &str) -> Result<u64> {
    let text = fs::read_to_string(bundle).with_context(|| format!("cannot read {bundle}"))?;
    let bundle: Bundle = serde_json::from_str(&text)?;
    let (scenario, _) = Scenario::load(&bundle).map_err(|problems| anyhow!("{problems:?}"))?;
    let options = Options { rate: Some(RATE), duration: LENGTH, ..Options::of(&scenario) };
    let lanes = options.begin(&scenario, Seed(1)).map_err(|problem| anyhow!(problem))?;
    let count = lanes.len();
    let waiting = Mutex::new(lanes);
    let next = || -> Option<Making> { waiting.lock().ok()?.pop() };
    let work = || {
        while let Some(mut lane) = next() {
            while let ControlFlow::Continue(()) = lane.advance(CHUNK) {}
            std::hint::black_box(lane.outcome());
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let each = RATE * LENGTH.as_micros() as f64 / 1e6;
    Ok(each as u64 * 2 * count as u64)
}
