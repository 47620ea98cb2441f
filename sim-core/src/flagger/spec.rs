//! What a Canary and a `MetricTemplate` ask for (FLG-01).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::time::SimDuration;

/// `spec` of a Canary.
#[derive(Clone, Debug, PartialEq)]
pub struct CanarySpec {
    /// `targetRef.name`: the Deployment that is the canary (FLG-02).
    pub target: String,
    /// `autoscalerRef.name`.
    pub autoscaler: Option<String>,
    /// `service`.
    pub service: CanaryService,
    /// `analysis`.
    pub analysis: Analysis,
    /// `progressDeadlineSeconds`; default 600.
    pub progress_deadline: SimDuration,
    /// `skipAnalysis`: a new version is promoted as soon as it is ready.
    pub skip_analysis: bool,
    /// `suspend`: nothing is done.
    pub suspend: bool,
}

impl CanarySpec {
    /// Name of the Service and the VirtualService that clients use.
    pub fn apex(&self) -> &str {
        self.service.name.as_deref().unwrap_or(&self.target)
    }

    /// Name of the Service of the pods that serve in steady state, and of its DestinationRule.
    pub fn primary_service(&self) -> String {
        format!("{}-primary", self.apex())
    }

    /// Name of the Service of the version under test, and of its DestinationRule.
    pub fn canary_service(&self) -> String {
        format!("{}-canary", self.apex())
    }

    /// Name of the Deployment that serves in steady state.
    pub fn primary(&self) -> String {
        format!("{}-primary", self.target)
    }
}

/// `service` of a Canary: the Services and routes to make.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CanaryService {
    /// `name`; the target's if not given.
    pub name: Option<String>,
    /// `port`.
    pub port: u16,
    /// `portName`; default `http`.
    pub port_name: String,
    /// `targetPort` as written; the port if not given.
    pub target_port: Option<Value>,
    /// `portDiscovery`: the container's other ports are added.
    pub port_discovery: bool,
    /// `gateways`; `mesh` if not given.
    pub gateways: Vec<String>,
    /// `hosts`; the Service's name is added unless it is there or `*` is.
    pub hosts: Vec<String>,
    /// `match` as written; null if not given.
    pub matches: Value,
    /// What every rule of the route says besides, as written: `timeout`, `retries`, `rewrite`, `headers`,
    /// `corsPolicy`.
    pub route: Map<String, Value>,
    /// `trafficPolicy` of each DestinationRule, as written.
    pub traffic_policy: Option<Value>,
}

/// `analysis` of a Canary (FLG-01).
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// `interval`: time between two looks, at least 10 s; default 60 s.
    pub interval: SimDuration,
    /// `threshold`: failed checks until the canary is given up; default 1.
    pub threshold: u32,
    /// `maxWeight`; 0 stands for 100.
    pub max_weight: u32,
    /// `stepWeight`.
    pub step_weight: u32,
    /// `stepWeights`.
    pub step_weights: Vec<u32>,
    /// `stepWeightPromotion`; 0: all at once (FLG-07).
    pub step_weight_promotion: u32,
    /// `iterations`: blue-green, or A/B with `match` (FLG-06).
    pub iterations: u32,
    /// `mirror` (FLG-05).
    pub mirror: bool,
    /// `mirrorWeight`; 0 stands for all.
    pub mirror_weight: u32,
    /// `primaryReadyThreshold` in per cent; default 100.
    pub primary_ready: u32,
    /// `canaryReadyThreshold` in per cent; default 100.
    pub canary_ready: u32,
    /// `match` as written; null if not given.
    pub matches: Value,
    /// `metrics`.
    pub metrics: Vec<Metric>,
    /// `webhooks`.
    pub webhooks: Vec<Webhook>,
}

/// The weight of everything.
pub const TOTAL: u32 = 100;

impl Analysis {
    /// The weight at which the canary is promoted (FLG-01).
    pub fn max_weight(&self) -> u32 {
        match (self.step_weights.last(), self.max_weight) {
            (Some(last), _) => TOTAL.min(*last),
            (None, 0) => TOTAL,
            (None, most) => most,
        }
    }

    /// By how much the canary's weight grows from `weight` (FLG-04).
    pub fn next_step(&self, weight: u32) -> u32 {
        if 0 < self.step_weight || self.step_weights.is_empty() {
            return self.step_weight;
        }
        let most = TOTAL.saturating_sub(weight);
        if most == 0 {
            // Any step leads to the promotion.
            return 1;
        }
        if weight == 0 {
            return most.min(self.step_weights[0]);
        }
        let place = self.step_weights.iter().position(|step| *step == weight);
        let next = place.and_then(|place| self.step_weights.get(place + 1));
        next.map_or(most, |next| most.min(next.saturating_sub(weight)))
    }

    /// Whether some requests are chosen by what they say.
    pub fn has_match(&self) -> bool {
        self.matches.as_array().is_some_and(|all| !all.is_empty())
    }
}

/// One entry of `metrics`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// `name`.
    pub name: String,
    /// `interval` as written; default `1m`.
    pub interval: String,
    /// What is measured.
    pub check: Check,
    /// What is good.
    pub bounds: Bounds,
}

/// What a metric measures.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// `request-success-rate` in per cent (FLG-08).
    SuccessRate,
    /// `request-duration`: the 99th percentile in milliseconds (FLG-08).
    Duration,
    /// `query`: PromQL.
    Query(String),
    /// `templateRef`: the query of a `MetricTemplate`.
    Template {
        /// Its name.
        name: String,
        /// `templateVariables`.
        variables: BTreeMap<String, String>,
    },
    /// None of these: Flagger passes over it in silence.
    Nothing,
}

/// What values of a metric are good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// `thresholdRange`.
    Range {
        /// `min`.
        least: Option<f64>,
        /// `max`.
        most: Option<f64>,
    },
    /// `threshold`, of old: the least success rate, or the most of anything else; 0 if not given.
    Threshold(f64),
}

/// One entry of `webhooks`: a question that must be answered with yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// `name`.
    pub name: String,
    /// `type`.
    pub hook: Hook,
    /// Who answers.
    pub door: Door,
}

/// When a webhook is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Before a new version is scaled up.
    ConfirmRollout,
    /// Before it gets traffic.
    PreRollout,
    /// At each analysis, before the metrics.
    Rollout,
    /// Before the weight grows.
    ConfirmTrafficIncrease,
    /// Before the promotion.
    ConfirmPromotion,
    /// When all is over, however it has ended.
    PostRollout,
    /// At each look: a yes rolls back.
    Rollback,
}

/// What of Flagger's load tester answers a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// `/gate/approve`: always yes.
    Approve,
    /// `/gate/halt`: always no.
    Halt,
    /// `/gate/check`: yes while the canary's gate is open.
    Gate,
    /// `/rollback/check`: yes while the canary's rollback gate is open.
    Rollback,
}

impl Door {
    /// The door at this address of the load tester, in whatever namespace it runs.
    pub fn at(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let (host, path) = rest.split_once('/')?;
        let host = host.split(':').next()?;
        if host.split('.').next() != Some(LOAD_TESTER) {
            return None;
        }
        Some(match path.trim_end_matches('/') {
            "gate/approve" => Self::Approve,
            "gate/halt" => Self::Halt,
            "gate/check" => Self::Gate,
            "rollback/check" => Self::Rollback,
            _ => return None,
        })
    }
}

/// The Service behind which Flagger's load tester answers.
pub const LOAD_TESTER: &str = "flagger-loadtester";

/// `spec` of a `MetricTemplate`: a query to Prometheus with gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricTemplateSpec {
    /// `provider.type`.
    pub provider: String,
    /// `query`, with gaps such as `{{ target }}`.
    pub query: String,
}

/// Fills the gaps of a query: `{{ target }}`, `{{ variables.name }}`. `Err` names one that is unknown.
pub fn render(query: &str, value_of: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once("{{") {
        let (gap, after) = after.split_once("}}").ok_or("unclosed action")?;
        let name = gap.trim_matches('-').trim();
        let value = value_of(name).ok_or_else(|| format!("function {name:?} not defined"))?;
        out += before;
        out += &value;
        rest = after;
    }
    Ok(out + rest)
}
