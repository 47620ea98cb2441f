//! The samples of a shipped scenario's run, for both.

use anyhow::{Context, Result};
use sim_core::random::Seed;
use sim_core::simulation::Simulation;
use sim_core::telemetry::openmetrics;
use sim_core::telemetry::tsdb::Tsdb;
use sim_core::time::SimTime;
use tests::scenario;

/// When a run begins in its calendar: 2026-01-05T09:00:00Z.
pub(super) const BEGINNING: i64 = 1_767_603_600;

/// What both are asked about.
pub(super) struct Samples {
    /// For Prometheus.
    pub(super) text: String,
    /// For us: the same samples at the same times of the calendar. There are no stale markers in it, since
    /// OpenMetrics has none.
    pub(super) tsdb: Tsdb,
    /// Length of the run in seconds.
    pub(super) length: i64,
}

impl Samples {
    pub(super) fn of(name: &str, log: &str) -> Result<Self> {
        let scenario = scenario(name)?;
        let log = scenario.solutions.get(log).or(scenario.naive.get(log).map(|naive| &naive.log));
        let log = log.context("there is no such log")?.clone();
        let mut simulation = Simulation::new(scenario, Seed(1));
        simulation.replay(&log);
        simulation.run_until(simulation.end());
        let run = &simulation.world().telemetry.tsdb;
        let mut tsdb = Tsdb::default();
        let mut points = Vec::new();
        for id in run.ids() {
            run.window(id, i64::MIN, i64::MAX, &mut points);
            if points.is_empty() {
                continue;
            }
            let copy = tsdb.series(run.labels(id).clone());
            for point in &points {
                let at = BEGINNING * 1_000_000 + point.at().as_micros();
                tsdb.append(copy, SimTime::from_micros(at), point.value);
            }
        }
        let length = simulation.end().as_whole_secs();
        Ok(Self { text: openmetrics::write(run), tsdb, length })
    }
}
