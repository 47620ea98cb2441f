//! Values of a chart, evaluated once: the past of a run does not change.

use std::collections::BTreeMap;

use sim_core::simulation::{RangeSeries, Simulation};
use sim_core::time::{SimDuration, SimTime};

/// Most steps evaluated at once, so that a frame stays short.
const STEPS_AT_ONCE: u64 = 16;
/// Most steps of a chart.
const STEPS: u64 = 300;

/// One query over the run so far, one line a value of `label`.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// PromQL.
    pub query: String,
    label: String,
    step: SimDuration,
    next: SimTime,
    lines: BTreeMap<String, Vec<(SimTime, Option<f64>)>>,
    /// Why it cannot be evaluated.
    pub problem: Option<String>,
}

impl Series {
    /// Nothing evaluated yet; `scrape` is how often there are new values, `end` where the run ends.
    pub fn new(query: &str, label: &str, scrape: SimDuration, end: SimTime) -> Self {
        let whole = end.since(SimTime::ZERO).as_micros().div_ceil(STEPS);
        let scrape = scrape.as_micros().max(1);
        let step = SimDuration::from_micros(whole.div_ceil(scrape).max(1) * scrape);
        Self {
            query: query.into(),
            label: label.into(),
            step,
            next: SimTime::ZERO + step,
            lines: BTreeMap::new(),
            problem: None,
        }
    }

    /// Evaluates a few of the steps that are due; false if none is.
    pub fn evaluate(&mut self, simulation: &Simulation) -> bool {
        let now = simulation.now();
        if !self.is_behind(now) {
            return false;
        }
        let last = self.next + self.step.times(STEPS_AT_ONCE - 1);
        let due = now.since(self.next).as_micros() / self.step.as_micros();
        let last = last.min(self.next + self.step.times(due));
        match simulation.query_range(&self.query, self.next, last, self.step) {
            Ok(found) => self.extend(last, found),
            Err(problem) => self.problem = Some(problem),
        }
        true
    }

    /// Whether there are steps at or before this moment that have not been evaluated.
    pub fn is_behind(&self, now: SimTime) -> bool {
        self.next <= now && self.problem.is_none()
    }

    /// The lines so far, by the label's value.
    pub fn lines(&self) -> &BTreeMap<String, Vec<(SimTime, Option<f64>)>> {
        &self.lines
    }

    /// Forgets what lies after `time`: another run begins there.
    pub fn truncate(&mut self, time: SimTime) {
        for line in self.lines.values_mut() {
            line.retain(|&(at, _)| at <= time);
        }
        self.lines.retain(|_, line| !line.is_empty());
        while time < self.next && SimTime::ZERO + self.step < self.next {
            self.next = SimTime::ZERO + self.next.since(SimTime::ZERO + self.step);
        }
        if self.next <= time {
            self.next = self.next + self.step;
        }
    }

    fn extend(&mut self, last: SimTime, found: Vec<RangeSeries>) {
        let from = self.next;
        self.next = last + self.step;
        for series in found {
            let name = series.labels.get(&self.label).cloned().unwrap_or_default();
            let fresh = series.values.into_iter().filter(|&(at, _)| from <= at && at <= last);
            self.lines.entry(name).or_default().extend(fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(version: &str, secs: &[i64]) -> RangeSeries {
        let labels = BTreeMap::from([("version".to_owned(), version.to_owned())]);
        let values = secs.iter().map(|&secs| (SimTime::from_secs(secs), Some(1.0))).collect();
        RangeSeries { labels, values }
    }

    fn secs(series: &Series, version: &str) -> Vec<i64> {
        let line = series.lines.get(version).into_iter().flatten();
        line.map(|(at, _)| at.as_whole_secs()).collect()
    }

    fn series() -> Series {
        let scrape = SimDuration::from_secs(5);
        let mut series = Series::new("up", "version", scrape, SimTime::from_secs(1200));
        series.extend(SimTime::from_secs(20), vec![found("blue", &[5, 10, 15, 20])]);
        series
    }

    #[test]
    fn steps_are_whole_scrapes_and_few() {
        let step = |secs| {
            let end = SimTime::from_secs(secs);
            Series::new("up", "", SimDuration::from_secs(5), end).step
        };
        assert_eq!(step(1200), SimDuration::from_secs(5));
        assert_eq!(step(7200), SimDuration::from_secs(25));
    }

    #[test]
    fn values_are_appended_once() {
        let mut series = series();
        series.extend(SimTime::from_secs(25), vec![found("blue", &[20, 25])]);
        assert_eq!(secs(&series, "blue"), [5, 10, 15, 20, 25]);
    }

    #[test]
    fn a_fork_forgets_the_values_after_it_and_evaluates_them_anew() {
        for (fork, kept, next) in [(12, vec![5, 10], 15), (10, vec![5, 10], 15), (0, vec![], 5)] {
            let mut series = series();
            series.truncate(SimTime::from_secs(fork));
            assert_eq!(secs(&series, "blue"), kept);
            assert_eq!(series.next, SimTime::from_secs(next), "fork at {fork}");
        }
    }
}
