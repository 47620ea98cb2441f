//! What a run came to: objectives, requests, latency, cost, and its name.
//!
//! Page, command line and printed report show the same [`Summary`].

pub(crate) mod quantile;
pub mod service_level;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cluster::state::ClusterState;
use crate::digest::Digest;
use crate::mesh::flag::Flags;
use crate::random::Seed;
use crate::simulation::{ObjectiveState, ObjectiveStatus, Simulation};
use crate::telemetry::failure::CallError;
use crate::telemetry::registry::{
    BUCKETS, Destination, Registry, Reporter, RequestSeries, UserCounts,
};
use crate::time::{SimDuration, SimTime};

/// A run in numbers, at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Name of the scenario's folder.
    pub scenario: String,
    /// Title for people.
    pub title: String,
    /// The seed.
    pub seed: Seed,
    /// What names the run: equal digests, equal runs.
    pub digest: Digest,
    /// The moment.
    pub now: SimTime,
    /// End of the scenario.
    pub end: SimTime,
    /// Objectives, in the scenario's order.
    pub objectives: Vec<ObjectiveStatus>,
    /// Tries that reached the gateway, by version, code and flag.
    pub requests: Vec<RequestCount>,
    /// Latency of these tries, by version.
    pub latency: Vec<Latency>,
    /// Calls of a Service that no proxy saw, by version and outcome.
    pub direct: Vec<DirectCount>,
    /// What the users experienced, in the scenario's order.
    pub users: Vec<UserSummary>,
    /// What the pods cost, by version.
    pub cost: Vec<PodCost>,
}

/// Requests of one version with one outcome, as the gateway saw them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestCount {
    /// Label `version` of the pods; `unknown` if no pod was chosen (IST-93).
    pub version: String,
    /// Status code; 0 if the user was given none.
    pub code: u16,
    /// Envoy's response flag, `-` if none.
    pub flag: String,
    /// What the flag means, in a few words.
    pub meaning: String,
    /// How many.
    pub count: u64,
}

impl RequestCount {
    /// Whether the user did not get what was asked for because something was broken.
    pub fn failed(&self) -> bool {
        is_failure(self.code, &self.flag)
    }
}

/// Calls that no proxy saw, of one version with one outcome, as the callers know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectCount {
    /// Label `version` of the pod at the other end; `unknown` if there was no connection.
    pub version: String,
    /// Status code, or `refused`, `reset`, `timeout`, `unknown host`.
    pub outcome: String,
    /// What it means, in a few words.
    pub meaning: String,
    /// Whether the caller did not get what it asked for because something was broken.
    pub failed: bool,
    /// How many.
    pub count: u64,
}

/// Whether an outcome is a failure: no answer, a server's error, or a flag of the proxy.
pub fn is_failure(code: u16, flag: &str) -> bool {
    code == 0 || 500 <= code || flag != "-"
}

/// How long the requests of one version took, as the gateway saw them. Quantiles are Prometheus'
/// estimates from the histogram (PROM-05, PROM-06), over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Label `version` of the pods.
    pub version: String,
    /// Number of requests.
    pub count: u64,
    /// Half were faster, in milliseconds.
    pub p50_ms: f64,
    /// 95 of 100 were faster, in milliseconds.
    pub p95_ms: f64,
    /// 99 of 100 were faster, in milliseconds.
    pub p99_ms: f64,
}

/// What one population of users experienced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserSummary {
    /// Name of the population.
    pub name: String,
    /// Tries sent, repeated ones included.
    pub sent: u64,
    /// Tries answered with a code below 500.
    pub answered: u64,
    /// Tries answered with 500 or above.
    pub errors: u64,
    /// Tries given up for lack of an answer.
    pub timeouts: u64,
    /// Tries that found nobody listening.
    pub refused: u64,
    /// Tries of direct callers whose connection was closed before the answer.
    pub resets: u64,
    /// Tries that repeat an earlier one.
    pub retries: u64,
}

/// What the pods of one version cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PodCost {
    /// Label `version` of the pods; empty if they have none.
    pub version: String,
    /// Pods times seconds, from creation to removal, within the scenario's time.
    pub pod_seconds: f64,
}

impl Summary {
    /// The run as it stands.
    pub fn of(simulation: &Simulation) -> Self {
        let (scenario, registry) = (simulation.scenario(), &simulation.world().registry);
        let names = scenario.traffic.iter().map(|population| population.name.as_str());
        let counts = registry.users.iter().zip(&simulation.opening().users);
        let outcomes = outcomes(registry, simulation.opening());
        Self {
            scenario: scenario.name.clone(),
            title: scenario.title.clone(),
            seed: simulation.seed(),
            digest: simulation.digest(),
            now: simulation.now(),
            end: simulation.end(),
            objectives: simulation.objectives(),
            requests: requests(&outcomes),
            latency: latency(&outcomes),
            direct: direct(registry, simulation.opening()),
            users: names.zip(counts).map(|(name, (now, then))| users(name, now, then)).collect(),
            cost: cost(&simulation.world().cluster.state, simulation.now()),
        }
    }

    /// Whether every objective is reached.
    pub fn reached(&self) -> bool {
        self.objectives.iter().all(|one| matches!(one.state, ObjectiveState::Reached(_)))
    }

    /// Tries that reached the gateway.
    pub fn total(&self) -> u64 {
        self.requests.iter().map(|row| row.count).sum()
    }

    /// Tries that reached the gateway and failed.
    pub fn failed(&self) -> u64 {
        self.requests.iter().filter(|row| row.failed()).map(|row| row.count).sum()
    }

    /// Pods times seconds, of all versions.
    pub fn pod_seconds(&self) -> f64 {
        self.cost.iter().map(|row| row.pod_seconds).sum()
    }
}

/// Requests by duration bucket.
pub(crate) type Buckets = [u64; BUCKETS.len() + 1];

/// What the gateway saw since time zero, by version, code and flag.
pub(crate) fn outcomes<'a>(
    now: &'a Registry,
    opening: &'a Registry,
) -> BTreeMap<(&'a str, u16, Flags), Buckets> {
    let by_gateway = |registry: &'a Registry| {
        registry.series().filter(|(_, series)| series.reporter == Reporter::Source)
    };
    let key = |to: &'a Destination, series: &RequestSeries| {
        (to.version.as_str(), series.code, series.flag)
    };
    let mut outcomes: BTreeMap<_, Buckets> = BTreeMap::new();
    for (to, series) in by_gateway(now) {
        let buckets = outcomes.entry(key(to, series)).or_default();
        buckets.iter_mut().zip(series.buckets).for_each(|(sum, count)| *sum += count);
    }
    for (to, series) in by_gateway(opening) {
        let buckets = outcomes.entry(key(to, series)).or_default();
        buckets.iter_mut().zip(series.buckets).for_each(|(sum, count)| *sum -= count);
    }
    outcomes.retain(|_, buckets| buckets.iter().any(|count| 0 < *count));
    outcomes
}

fn requests(outcomes: &BTreeMap<(&str, u16, Flags), Buckets>) -> Vec<RequestCount> {
    let rows = outcomes.iter().map(|(&(version, code, flag), buckets)| RequestCount {
        version: version.to_owned(),
        code,
        flag: flag.to_string(),
        meaning: flag.meaning(),
        count: buckets.iter().sum(),
    });
    rows.collect()
}

/// Direct calls since time zero, by version and outcome.
fn direct(now: &Registry, opening: &Registry) -> Vec<DirectCount> {
    let mut counts: BTreeMap<_, u64> = BTreeMap::new();
    for (to, series) in now.direct() {
        *counts.entry((to.version.as_str(), series.outcome)).or_default() += series.calls;
    }
    for (to, series) in opening.direct() {
        *counts.entry((to.version.as_str(), series.outcome)).or_default() -= series.calls;
    }
    counts.retain(|_, count| 0 < *count);
    let row = |((version, (code, error)), count): ((&str, (u16, Option<CallError>)), u64)| {
        let (outcome, meaning) = match error {
            Some(error) => (error.to_string(), error.meaning()),
            None => (code.to_string(), "answered by the application"),
        };
        DirectCount {
            version: version.to_owned(),
            outcome,
            meaning: meaning.to_owned(),
            failed: error.is_some() || 500 <= code,
            count,
        }
    };
    counts.into_iter().map(row).collect()
}

fn latency(outcomes: &BTreeMap<(&str, u16, Flags), Buckets>) -> Vec<Latency> {
    let mut versions: BTreeMap<&str, Buckets> = BTreeMap::new();
    for ((version, ..), buckets) in outcomes {
        let sums = versions.entry(version).or_default();
        sums.iter_mut().zip(buckets).for_each(|(sum, count)| *sum += count);
    }
    let rows = versions.into_iter().filter_map(|(version, buckets)| {
        let quantile = |q| Some(quantile::micros(q, &BUCKETS, &buckets)? / 1e3);
        Some(Latency {
            version: version.to_owned(),
            count: buckets.iter().sum(),
            p50_ms: quantile(0.5)?,
            p95_ms: quantile(0.95)?,
            p99_ms: quantile(0.99)?,
        })
    });
    rows.collect()
}

fn users(name: &str, now: &UserCounts, then: &UserCounts) -> UserSummary {
    UserSummary {
        name: name.to_owned(),
        sent: now.sent - then.sent,
        answered: now.answered - then.answered,
        errors: now.errors - then.errors,
        timeouts: now.timeouts - then.timeouts,
        refused: now.refused - then.refused,
        resets: now.resets - then.resets,
        retries: now.retries - then.retries,
    }
}

fn cost(state: &ClusterState, now: SimTime) -> Vec<PodCost> {
    let mut lifetimes = state.removed.clone();
    for pod in state.pods.values() {
        *lifetimes.entry(pod.version().to_owned()).or_default() += pod.lifetime(now);
    }
    let rows = lifetimes.into_iter().filter(|(_, lifetime)| *lifetime != SimDuration::ZERO);
    rows.map(|(version, lifetime)| PodCost { version, pod_seconds: lifetime.as_secs_f64() })
        .collect()
}
