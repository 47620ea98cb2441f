//! What a Rollout of OpenKruise asks for (KRU-01..10).

use serde_json::Value;

use crate::cluster::spec::IntOrPercent;
use crate::time::SimDuration;

/// `spec` of a Rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KruiseSpec {
    /// `workloadRef.name`: the Deployment whose changes it releases.
    pub deployment: String,
    /// `disabled`: it leaves the Deployment alone.
    pub disabled: bool,
    /// `strategy.paused`: it stands still.
    pub paused: bool,
    /// `strategy.blueGreen.steps`.
    pub steps: Vec<Step>,
    /// The one of `strategy.blueGreen.trafficRoutings`, if there is one.
    pub routing: Option<Routing>,
}

/// One step of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `replicas`: how many new pods there should be, a number or a share of the Deployment's.
    pub replicas: IntOrPercent,
    /// `traffic`, in per cent.
    pub traffic: Option<u32>,
    /// `matches`: headers of requests that go to the new pods; within one match all must fit.
    pub matches: Vec<Vec<HeaderMatch>>,
    /// `pause.duration`; without one a person approves.
    pub pause: Option<SimDuration>,
}

impl Step {
    /// Whether it says anything about traffic.
    pub fn routes(&self) -> bool {
        self.traffic.is_some() || !self.matches.is_empty()
    }

    /// New pods that it wants of so many: a share short of all leaves at least one out (KRU-03).
    pub fn pods(&self, replicas: u32) -> u32 {
        let wanted = scaled(self.replicas, replicas).min(replicas);
        match self.replicas {
            IntOrPercent::Percent(share) if share != 100 && 1 < replicas => {
                wanted.min(replicas - 1)
            }
            IntOrPercent::Percent(_) | IntOrPercent::Int(_) => wanted,
        }
    }
}

/// A number, or a share rounded up.
pub fn scaled(value: IntOrPercent, of: u32) -> u32 {
    match value {
        IntOrPercent::Int(count) => count,
        IntOrPercent::Percent(share) => {
            let all = u64::from(share) * u64::from(of);
            u32::try_from(all.div_ceil(100)).unwrap_or(u32::MAX)
        }
    }
}

/// As manifests write it.
pub fn written(value: IntOrPercent) -> Value {
    match value {
        IntOrPercent::Int(count) => count.into(),
        IntOrPercent::Percent(share) => format!("{share}%").into(),
    }
}

/// A header that a request must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the value is a regular expression.
    pub is_regex: bool,
}

/// What leads the traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// `service`: the stable one; the canary's is made beside it.
    pub service: String,
    /// `gracePeriodSeconds`: how long a change is given to be obeyed; 3 s if not given.
    pub grace: SimDuration,
    /// The `VirtualService`s among `customNetworkRefs`.
    pub virtual_services: Vec<String>,
}

impl Routing {
    /// The Service of the new pods.
    pub fn canary(&self) -> String {
        format!("{}-canary", self.service)
    }
}
