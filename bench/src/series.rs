//! PromQL over many series, and a whole dashboard over a run.

use std::time::Instant;

use anyhow::{Result, anyhow};
use bench::Run;
use serde_json::{Value, json};
use sim_core::telemetry::labels::Labels;
use sim_core::telemetry::promql::Query;
use sim_core::telemetry::tsdb::Tsdb;
use sim_core::time::{SimDuration, SimTime};

const SERIES: i64 = 10_000;
const HOUR: i64 = 3_600;
/// Seconds between two samples.
const SCRAPE: i64 = 15;

/// Ten thousand counters over an hour; the rate of each over that hour, and then minute by minute.
pub(crate) fn rate() -> Result<Value> {
    let mut tsdb = Tsdb::default();
    for number in 0..SERIES {
        let (pod, code) = (format!("pod-{}", number / 10), (number % 10).to_string());
        let id = tsdb.series(Labels::new([
            ("__name__", "requests_total"),
            ("job", "shop"),
            ("namespace", "default"),
            ("pod", &pod),
            ("code", &code),
        ]));
        for sample in 0..=HOUR / SCRAPE {
            tsdb.append(id, SimTime::from_secs(sample * SCRAPE - 1), (sample * number) as f64);
        }
    }
    let end = SimTime::from_secs(HOUR);
    let began = Instant::now();
    let whole = parse("rate(requests_total[1h])")?.evaluate_range(&tsdb, end, end, minutes(1));
    let secs = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let first = SimTime::from_secs(60);
    let each = parse("rate(requests_total[1m])")?.evaluate_range(&tsdb, first, end, minutes(1));
    let range_secs = began.elapsed().as_secs_f64();
    let (whole, each) = (whole.map_err(|e| anyhow!(e))?, each.map_err(|e| anyhow!(e))?);
    assert_eq!((whole.len(), each.len()), (SERIES as usize, SERIES as usize));
    Ok(json!({ "requests": SERIES, "secs": secs, "range_secs": range_secs, "allocations": 0 }))
}

/// All panels of the lab's dashboard over a run.
pub(crate) fn dashboard(mut run: Run) -> Result<Value> {
    while !run.advance(20_000) {}
    let began = Instant::now();
    let points = run.dashboard().map_err(|problem| anyhow!(problem))?;
    let secs = began.elapsed().as_secs_f64();
    Ok(json!({ "requests": points, "secs": secs, "allocations": 0 }))
}

fn minutes(count: u64) -> SimDuration {
    SimDuration::from_secs(60 * count)
}

fn parse(text: &str) -> Result<Query> {
    Query::parse(text).map_err(|problem| anyhow!("{text}: {problem}"))
}
