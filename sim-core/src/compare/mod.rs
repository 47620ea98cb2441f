//! The strategies side by side: the same users, arrivals and pods, another way to bring the new version in.
//!
//! Every strategy is two runs of its own. In the first, green is as the scenario has it; in the second it
//! answers a share of its requests with 500, an alert on its error rate notices, and the way back is taken at
//! once. The same seed gives the same arrivals in all of them.

mod lane;
mod parts;
mod strategy;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use serde::Serialize;

use crate::compare::lane::Lane;
use crate::compare::parts::Parts;
use crate::random::Seed;
use crate::scenario::Scenario;
use crate::time::{SimDuration, SimTime};

pub use strategy::Strategy;

/// Share of requests that a bad version answers with 500.
pub const BAD_SHARE: f64 = 0.3;
/// Dollars for a virtual CPU and for a GiB of memory, for an hour: the list price of AWS Fargate, Linux on
/// x86, in us-east-1.
pub const PRICE: (f64, f64) = (0.04048, 0.004_445);
/// The shortest comparison: the longest strategy, a canary, and the time in which blue is kept.
pub const SHORTEST: SimDuration = SimDuration::from_secs(18 * 60);

/// How to compare.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which strategies.
    pub strategies: Vec<Strategy>,
    /// Length of each run.
    pub duration: SimDuration,
    /// Requests a second of all users; the scenario's own if not given.
    pub rate: Option<f64>,
}

/// Counts from the beginning to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The moment.
    pub at: SimTime,
    /// Requests.
    pub all: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that green served.
    pub green: u64,
}

/// What the rollout of a good version came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Good {
    /// Tries of users that ended badly.
    pub failed: u64,
    /// 99 of 100 requests were faster, in milliseconds.
    pub p99_ms: Option<f64>,
    /// From the first command until green served everybody; none if it did not at the end.
    pub full: Option<SimDuration>,
    /// Pods times seconds beyond those of blue alone.
    pub extra_pod_seconds: f64,
    /// How it went.
    pub moments: Vec<Moment>,
}

/// What the rollout of a bad version came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bad {
    /// Tries of users that ended badly.
    pub failed: u64,
    /// When the alert called; none if it did not.
    pub called: Option<SimTime>,
    /// From green's first request, or copy of one, until the alert.
    pub detected: Option<SimDuration>,
    /// From the alert until green served nobody any more.
    pub back: Option<SimDuration>,
    /// How it went.
    pub moments: Vec<Moment>,
}

/// One strategy's results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Its name.
    pub strategy: &'static str,
    /// With a good version.
    pub good: Good,
    /// With a bad version.
    pub bad: Bad,
    /// Dollars for the extra pods of the good one.
    pub money: f64,
}

/// One strategy, being run.
#[derive(Debug)]
pub struct Making {
    strategy: Strategy,
    good: Lane,
    bad: Lane,
    bad_begun: bool,
    replicas: f64,
    /// Dollars for a pod and an hour.
    price: f64,
}

impl Options {
    /// All strategies, over the scenario's time or the shortest that shows them.
    pub fn of(scenario: &Scenario) -> Self {
        let duration = scenario.duration.max(SHORTEST);
        Self { strategies: Strategy::ALL.to_vec(), duration, rate: None }
    }

    /// Whether a scenario has something to compare.
    pub fn fits(scenario: &Scenario) -> bool {
        Parts::find(scenario).is_ok()
    }

    /// The runs of all strategies, each to be made by itself.
    ///
    /// # Errors
    ///
    /// If the scenario has nothing to compare: what is missing.
    pub fn begin(&self, scenario: &Scenario, seed: Seed) -> Result<Vec<Making>, String> {
        let parts = Parts::find(scenario)?;
        let making = |&strategy: &Strategy| {
            let lane = |bad| Lane::new(scenario, &parts, strategy.plan(&parts), (seed, self), bad);
            let (replicas, price) = parts.size(PRICE);
            let (good, bad) = (lane(None)?, lane(Some(BAD_SHARE))?);
            Ok(Making { strategy, good, bad, bad_begun: false, replicas, price })
        };
        self.strategies.iter().map(making).collect()
    }
}

impl Making {
    /// Goes on for about so many events; breaks off when both runs are over.
    pub fn advance(&mut self, events: u32) -> ControlFlow<()> {
        if self.bad_begun {
            return self.bad.advance(events);
        }
        self.bad_begun = self.good.advance(events).is_break();
        ControlFlow::Continue(())
    }

    /// What it came to.
    pub fn outcome(&self) -> Outcome {
        let good = self.good.good(self.replicas);
        let money = good.extra_pod_seconds / 3_600.0 * self.price;
        Outcome { strategy: self.strategy.name(), good, bad: self.bad.bad(), money }
    }
}
