//! Counts of the last seconds, for what the page shows as "per second".

use std::collections::{BTreeMap, VecDeque};

use crate::telemetry::failure::{FailureKind, Failures};
use crate::telemetry::registry::{Destination, Registry, Reporter, RequestSeries, SourceId};
use crate::time::SimTime;

/// Length of the rate window in seconds.
pub const WINDOW_SECS: usize = 5;

/// All counts at one second. Names stay in the registry: a second costs few allocations.
#[derive(Clone, Debug, Default)]
struct Counts {
    at: SimTime,
    sent: Vec<u64>,
    /// By destination.
    to: Vec<u64>,
    /// Calls of others than the gateway, by destination.
    direct: Vec<u64>,
    failed: BTreeMap<FailureKind, u64>,
}

impl Counts {
    fn now(at: SimTime, registry: &Registry, failures: &Failures) -> Self {
        let sum = |all: &[RequestSeries], gateway: bool| -> u64 {
            let counted = all.iter().filter(|series| {
                series.reporter == Reporter::Source && (series.from == SourceId::GATEWAY) == gateway
            });
            counted.map(|series| series.requests).sum()
        };
        let mut direct: Vec<u64> =
            registry.destinations().map(|(_, all)| sum(all, false)).collect();
        for (_, series) in registry.direct() {
            direct[usize::from(series.to.0)] += series.calls;
        }
        Self {
            at,
            sent: registry.users.iter().map(|users| users.sent).collect(),
            to: registry.destinations().map(|(_, all)| sum(all, true)).collect(),
            direct,
            failed: failures.iter().map(|(kind, count)| (kind.clone(), count.total)).collect(),
        }
    }
}

/// The counts at the last whole seconds, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    seconds: VecDeque<Counts>,
}

/// What happened in the rate window.
#[derive(Clone, Debug)]
pub struct Rates<'a> {
    registry: &'a Registry,
    secs: f64,
    old: Counts,
    new: Counts,
}

impl Recent {
    /// Keeps the counts of this second.
    pub fn keep(&mut self, now: SimTime, registry: &Registry, failures: &Failures) {
        if self.seconds.len() == WINDOW_SECS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(Counts::now(now, registry, failures));
    }

    /// What happened since the oldest second kept.
    pub fn rates<'a>(
        &self,
        now: SimTime,
        registry: &'a Registry,
        failures: &Failures,
    ) -> Rates<'a> {
        let new = Counts::now(now, registry, failures);
        let old = self.seconds.front().cloned().unwrap_or_default();
        let secs = new.at.since(old.at).as_secs_f64();
        Rates { registry, secs, old, new }
    }
}

impl Rates<'_> {
    fn per_second(&self, new: u64, old: u64) -> f64 {
        if self.secs == 0.0 { 0.0 } else { (new - old) as f64 / self.secs }
    }

    /// Sum of the counts of the destinations that are wanted.
    fn sum(&self, counts: &[u64], wanted: impl Fn(&Destination) -> bool) -> u64 {
        let named = self.registry.destinations().zip(counts);
        named.filter(|((to, _), _)| wanted(to)).map(|(_, count)| count).sum()
    }

    /// Tries of a population per second.
    pub fn sent(&self, population: usize) -> f64 {
        let old = self.old.sent.get(population).copied().unwrap_or(0);
        self.per_second(self.new.sent[population], old)
    }

    /// Requests per second, as the gateway counted them, to the destinations that `wanted` names.
    pub fn to(&self, wanted: impl Fn(&Destination) -> bool) -> f64 {
        self.per_second(self.sum(&self.new.to, &wanted), self.sum(&self.old.to, &wanted))
    }

    /// Calls past the gateway per second, as their callers counted them, to the destinations that `wanted` names.
    pub fn direct_to(&self, wanted: impl Fn(&Destination) -> bool) -> f64 {
        self.per_second(self.sum(&self.new.direct, &wanted), self.sum(&self.old.direct, &wanted))
    }

    /// Failures of a kind in the window.
    pub fn failed(&self, kind: &FailureKind) -> u64 {
        let of = |counts: &Counts| counts.failed.get(kind).copied().unwrap_or(0);
        of(&self.new) - of(&self.old)
    }
}
