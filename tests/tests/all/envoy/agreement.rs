//! When two observations agree.

use std::collections::BTreeMap;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    /// Version of the pod that was tried last, or `unknown`.
    pub(super) version: String,
    pub(super) code: u16,
    /// Envoy's response flags.
    pub(super) flags: String,
}

/// Shorter to write in tables of expectations.
pub(super) fn outcome(version: &str, code: u16, flags: &str) -> Outcome {
    Outcome { version: version.to_owned(), code, flags: flags.to_owned() }
}

/// How many requests ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    counts: BTreeMap<Outcome, u64>,
}

/// Standard deviations that a difference may have.
const SIGMAS: f64 = 5.0;

impl Outcomes {
    pub(super) fn add(&mut self, outcome: Outcome, requests: u64) {
        *self.counts.entry(outcome).or_default() += requests;
    }

    /// The outcomes that occurred at all.
    pub(super) fn kinds(&self) -> Vec<Outcome> {
        self.counts.keys().cloned().collect()
    }

    pub(super) fn count(&self, outcome: &Outcome) -> u64 {
        self.counts.get(outcome).copied().unwrap_or(0)
    }

    /// Requests that ended somehow.
    pub(super) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Asserts that every outcome has the same share here, in Envoy, and in the simulator.
    pub(super) fn assert_like(&self, simulator: &Self, case: &str) {
        let mut kinds = self.kinds();
        kinds.extend(simulator.kinds().into_iter().filter(|kind| self.count(kind) == 0));
        for kind in kinds {
            let Outcome { version, code, flags } = &kind;
            let what = format!("{case}: {code} {flags} from {version}");
            let ours = (self.count(&kind), self.total());
            assert_same_share(&what, ours, (simulator.count(&kind), simulator.total()));
        }
    }
}

/// Asserts that two counts of so many are draws of one probability: both are binomial, and the bound
/// is a number of standard deviations of their shares' difference.
pub(super) fn assert_same_share(what: &str, envoy: (u64, u64), simulator: (u64, u64)) {
    let [(hits, of), (other_hits, other_of)] =
        [envoy, simulator].map(|(hits, of)| (hits as f64, of.max(1) as f64));
    let together = (hits + other_hits) / (of + other_of);
    let variance = together * (1.0 - together) * (1.0 / of + 1.0 / other_of);
    assert_close(what, hits / of, other_hits / other_of, SIGMAS * variance.sqrt());
}

/// Asserts that two figures differ by no more than the bound, and prints a row of the table.
pub(super) fn assert_close(what: &str, envoy: f64, simulator: f64, bound: f64) {
    println!("{what:<64} Envoy {envoy:>9.4}  simulator {simulator:>9.4}  bound {bound:.4}");
    let difference = (envoy - simulator).abs();
    assert!(difference <= bound, "{what}: Envoy {envoy}, simulator {simulator}, bound {bound}");
}

/// Bound for the mean of `count` draws that are uniform between 0 and `longest`.
pub(super) fn uniform_mean_bound(longest: f64, count: usize) -> f64 {
    SIGMAS * longest / 12f64.sqrt() / (count as f64).sqrt()
}
