//! `ResourceQuota`: what all pods together may ask for, checked when a pod is created (K8S-104).
//!
//! Simpler than the real thing: use is counted from the pods at the moment of the check, so it is
//! never out of date, whereas a real quota's `status.used` is raised at admission and lowered later
//! by a controller. Counted are pods, CPU and memory; other resources are noted when read.

use std::collections::BTreeMap;

use crate::cluster::Cluster;
use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::scheduler::{limits, requests};
use crate::cluster::spec::{Container, PodSpec, QuotaSpec, Resource};
use crate::cluster::state::ClusterState;
use crate::manifest::amount;

/// How much of each resource.
pub type Amounts = BTreeMap<Resource, u64>;

impl Resource {
    /// Every resource that a quota can limit here, by the key in `spec.hard`.
    pub const ALL: &[(&str, Self)] = &[
        ("cpu", Self::Cpu),
        ("limits.cpu", Self::LimitsCpu),
        ("limits.memory", Self::LimitsMemory),
        ("memory", Self::Memory),
        ("pods", Self::Pods),
        ("requests.cpu", Self::RequestsCpu),
        ("requests.memory", Self::RequestsMemory),
    ];

    /// The key in `spec.hard`.
    pub fn key(self) -> &'static str {
        Self::ALL.iter().find(|(_, resource)| *resource == self).map_or("", |(key, _)| key)
    }

    /// An amount as the API writes it.
    pub fn shown(self, amount: u64) -> String {
        match self {
            Self::Pods => amount.to_string(),
            Self::Cpu | Self::RequestsCpu | Self::LimitsCpu => amount::cpu(amount),
            Self::Memory | Self::RequestsMemory | Self::LimitsMemory => amount::memory(amount),
        }
    }

    /// How much of it a pod takes.
    fn of(self, pod: &PodSpec) -> u64 {
        match self {
            Self::Pods => 1,
            Self::Cpu | Self::RequestsCpu => requests(pod).cpu_milli,
            Self::Memory | Self::RequestsMemory => requests(pod).memory_bytes,
            Self::LimitsCpu => limits(pod).cpu_milli,
            Self::LimitsMemory => limits(pod).memory_bytes,
        }
    }

    /// Whether a container leaves it open. A quota on it then turns the pod away.
    fn is_missing(self, container: &Container) -> bool {
        let (requests, limits) = (container.requests, container.limits);
        0 == match self {
            Self::Pods => 1,
            Self::Cpu | Self::RequestsCpu => requests.cpu_milli,
            Self::Memory | Self::RequestsMemory => requests.memory_bytes,
            Self::LimitsCpu => limits.cpu_milli,
            Self::LimitsMemory => limits.memory_bytes,
        }
    }
}

/// What all pods take of the resources that a quota limits. Terminating pods count until they are
/// gone; pods that have ended do not.
pub fn used(quota: &QuotaSpec, state: &ClusterState) -> Amounts {
    let pods = || state.pods.values().filter(|pod| !pod.has_ended());
    let sum = |resource: Resource| {
        pods().map(|pod| resource.of(&pod.template.spec)).fold(0, u64::saturating_add)
    };
    quota.hard.keys().map(|resource| (*resource, sum(*resource))).collect()
}

/// Why a quota turns a pod away; None if it does not.
fn objection(name: &str, quota: &QuotaSpec, pod: &PodSpec, state: &ClusterState) -> Option<String> {
    let missing: Vec<String> = quota
        .hard
        .keys()
        .filter_map(|resource| {
            let open = pod.all().filter(|container| resource.is_missing(container));
            let names: Vec<&str> = open.map(|container| container.name.as_str()).collect();
            (!names.is_empty()).then(|| format!("{} for: {}", resource.key(), names.join(",")))
        })
        .collect();
    if !missing.is_empty() {
        return Some(format!("failed quota: {name}: must specify {}", missing.join("; ")));
    }
    let used = used(quota, state);
    let exceeded: Vec<Resource> = quota
        .hard
        .iter()
        .filter(|(resource, hard)| **hard < used[*resource].saturating_add(resource.of(pod)))
        .map(|(resource, _)| *resource)
        .collect();
    let list = |amount: &dyn Fn(Resource) -> u64| {
        let pairs = exceeded.iter().map(|r| format!("{}={}", r.key(), r.shown(amount(*r))));
        pairs.collect::<Vec<_>>().join(",")
    };
    (!exceeded.is_empty()).then(|| {
        format!(
            "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
            list(&|resource| resource.of(pod)),
            list(&|resource| used[&resource]),
            list(&|resource| quota.hard[&resource])
        )
    })
}

impl Cluster {
    /// Lets the quotas judge a new pod. `Err` is the API server's answer, with status 403.
    pub(super) fn admit(&self, name: &str, pod: &PodSpec, api: &ApiServer) -> Result<(), String> {
        for (quota, object) in api.list(Kind::ResourceQuota) {
            if let Spec::ResourceQuota(spec) = &object.manifest.spec
                && let Some(objection) = objection(quota, spec, pod, &self.state)
            {
                return Err(format!("pods {name:?} is forbidden: {objection}"));
            }
        }
        Ok(())
    }
}
