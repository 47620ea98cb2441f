//! The scheduler: gives each pod a node with enough room for its requests (K8S-100..102).

use std::collections::BTreeMap;

use crate::cluster::pod::PodId;
use crate::cluster::spec::{Container, PodSpec, Resources};
use crate::cluster::state::Node;
use crate::cluster::wake::Watcher;
use crate::cluster::{Cluster, ClusterEvent};
use crate::queue::EventId;
use crate::world::Scope;

/// Most pods on one node (K8S-100).
const PODS_MAX: u32 = 110;

/// What a container without requests counts for in the score.
const SCORED_AS: Resources = Resources { cpu_milli: 100, memory_bytes: 200 << 20 };

/// What is taken on a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// By requests.
    pub(super) requests: Resources,
    /// By requests, or by what containers without requests count for.
    scored: Resources,
    pods: u32,
}

impl std::ops::Add for Resources {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_add(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
        }
    }
}

/// What a pod requests: its containers and sidecars together, or an init container with the sidecars
/// that are started before it, if that is more (K8S-100). `init` says which of them are sidecars.
pub(super) fn pod_request(
    containers: impl Iterator<Item = Resources>,
    init: impl Iterator<Item = (bool, Resources)>,
) -> Resources {
    let (mut sidecars, mut most) = (Resources::default(), Resources::default());
    for (is_sidecar, request) in init {
        let with = sidecars + request;
        most = most.max(with);
        if is_sidecar {
            sidecars = with;
        }
    }
    containers.fold(sidecars, |sum, one| sum + one).max(most)
}

impl Resources {
    /// The larger of each.
    fn max(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.max(other.cpu_milli),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
        }
    }
}

/// What a pod requests, where `of` says what a container does.
fn requests_by(spec: &PodSpec, of: impl Fn(&Container) -> Resources) -> Resources {
    let init = spec.init_containers.iter().map(|container| (container.sidecar, of(container)));
    pod_request(spec.containers.iter().map(&of), init)
}

/// What a pod requests.
pub(super) fn requests(spec: &PodSpec) -> Resources {
    requests_by(spec, |container| container.requests)
}

/// What a pod is limited to.
pub(super) fn limits(spec: &PodSpec) -> Resources {
    requests_by(spec, |container| container.limits)
}

fn scored_requests(spec: &PodSpec) -> Resources {
    let at_least = |given: u64, default: u64| if given == 0 { default } else { given };
    requests_by(spec, |container| Resources {
        cpu_milli: at_least(container.requests.cpu_milli, SCORED_AS.cpu_milli),
        memory_bytes: at_least(container.requests.memory_bytes, SCORED_AS.memory_bytes),
    })
}

/// Why a pod does not fit on a node; empty if it does.
fn misfits(node: &Node, taken: &Taken, wanted: Resources) -> Vec<&'static str> {
    // Such a node is looked at no further.
    if node.unschedulable {
        return vec!["node(s) were unschedulable"];
    }
    if node.unreachable {
        return vec!["node(s) had untolerated taint {node.kubernetes.io/unreachable: }"];
    }
    let mut reasons = Vec::new();
    if PODS_MAX <= taken.pods {
        reasons.push("Too many pods");
    }
    let after = taken.requests + wanted;
    if 0 < wanted.cpu_milli && node.cpu_milli < after.cpu_milli {
        reasons.push("Insufficient cpu");
    }
    if 0 < wanted.memory_bytes && node.memory_bytes < after.memory_bytes {
        reasons.push("Insufficient memory");
    }
    reasons
}

/// The free share of a node after placing a pod there, mean of CPU and memory (K8S-101).
fn score(node: &Node, taken: &Taken, wanted: Resources) -> f64 {
    let after = taken.scored + wanted;
    let free = |used: u64, all: u64| all.saturating_sub(used) as f64 / all.max(1) as f64;
    (free(after.cpu_milli, node.cpu_milli) + free(after.memory_bytes, node.memory_bytes)) / 2.0
}

/// `0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.`
fn unschedulable(nodes: usize, reasons: &BTreeMap<&'static str, u32>) -> String {
    let mut parts: Vec<String> =
        reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    match parts.as_slice() {
        [] => "no nodes available to schedule pods".to_owned(),
        _ => format!("0/{nodes} nodes are available: {}.", parts.join(", ")),
    }
}

impl Cluster {
    /// Every node with what the pods bound to it take, terminating ones included.
    pub(super) fn taken(&self) -> Vec<(&Node, Taken)> {
        let mut taken: Vec<_> =
            self.state.nodes.iter().map(|node| (node, Taken::default())).collect();
        let places = self.state.nodes.iter().enumerate().map(|(at, node)| (&node.name, at));
        let places: BTreeMap<&String, usize> = places.collect();
        for pod in self.state.pods.values().filter(|pod| !pod.has_ended()) {
            let Some(place) = pod.node.as_ref().and_then(|node| places.get(node)) else { continue };
            let (_, taken) = &mut taken[*place];
            taken.requests = taken.requests + requests(&pod.template.spec);
            taken.scored = taken.scored + scored_requests(&pod.template.spec);
            taken.pods += 1;
        }
        taken
    }

    /// Tries to find a node for a pod.
    pub(super) fn schedule(&mut self, id: PodId, cause: EventId, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id) else { return };
        if pod.node.is_some() || pod.is_terminating() {
            return;
        }
        let (wanted, scored) = (requests(&pod.template.spec), scored_requests(&pod.template.spec));
        let mut best: Option<(f64, &Node)> = None;
        let mut reasons: BTreeMap<&'static str, u32> = BTreeMap::new();
        for (node, taken) in self.taken() {
            let misfits = misfits(node, &taken, wanted);
            let score = score(node, &taken, scored);
            if misfits.is_empty() && best.is_none_or(|(highest, _)| highest < score) {
                best = Some((score, node));
            }
            for reason in misfits {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        match best.map(|(_, node)| node.name.clone()) {
            Some(node) => self.bind(id, node, cause, scope),
            None => {
                let message = unschedulable(self.state.nodes.len(), &reasons);
                self.note_unschedulable(id, message, cause, scope);
            }
        }
    }

    fn bind(&mut self, id: PodId, node: String, cause: EventId, scope: &mut Scope<'_, '_>) {
        let pod = self.state.pods.get_mut(&id).expect("the pod was just read");
        pod.unschedulable = None;
        let message = format!("Successfully assigned default/{} to {node}", pod.name);
        let text = format!("assigned to {node}");
        pod.node = Some(node);
        self.record_pod("Normal", "Scheduled", id, message, scope);
        self.pod_changed(id, cause, text, &["K8S-100", "K8S-101"], scope);
        let delay = self.latency(Watcher::Kubelet);
        scope.after(delay, ClusterEvent::PodSeen(id));
    }

    fn note_unschedulable(
        &mut self,
        id: PodId,
        message: String,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        self.record_pod("Warning", "FailedScheduling", id, message.clone(), scope);
        let pod = self.state.pods.get_mut(&id).expect("the pod was just read");
        if pod.unschedulable.as_ref() != Some(&message) {
            pod.unschedulable = Some(message.clone());
            self.pod_changed(id, cause, message, &["K8S-102"], scope);
        }
    }

    /// Room has become free: pods that found none are tried again, the oldest first, as the
    /// scheduler's queue has them (K8S-102).
    pub(super) fn retry_unschedulable(&mut self, cause: EventId, scope: &mut Scope<'_, '_>) {
        let stuck: Vec<PodId> = self
            .state
            .pods
            .values()
            .filter(|pod| pod.unschedulable.is_some() && !pod.is_terminating())
            .map(|pod| pod.id)
            .collect();
        self.wake_scheduler(&stuck, cause, scope);
    }

    /// A free address on a node: `10.244.N.M`.
    pub(super) fn take_address(&mut self, node: &str) -> Option<String> {
        let number = self.state.nodes.iter().position(|known| known.name == node)?;
        for _ in 0..253 {
            let last = self.state.nodes[number].last_address;
            let next = if last < 254 { last + 1 } else { 2 };
            self.state.nodes[number].last_address = next;
            let address = format!("10.244.{}.{next}", number + 1);
            if self.state.pods.values().all(|pod| pod.ip.as_ref() != Some(&address)) {
                return Some(address);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GI: u64 = 1 << 30;

    fn resources(cores: u64, memory_bytes: u64) -> Resources {
        Resources { cpu_milli: cores * 1_000, memory_bytes }
    }

    /// K8S-100, OK8S-17.
    #[test]
    fn a_pod_requests_its_containers_together_or_its_largest_init_container() {
        let init = [resources(2, GI), resources(2, 3 * GI)];
        let containers = [resources(2, GI), resources(1, GI)];
        let request = pod_request(containers.into_iter(), init.map(|one| (false, one)).into_iter());
        assert_eq!(request, resources(3, 3 * GI));
    }

    /// K8S-100: a sidecar counts beside the containers, and beside init containers after it.
    #[test]
    fn a_sidecar_is_requested_beside_what_comes_after_it() {
        let request = |init: [(bool, Resources); 2]| {
            pod_request([resources(2, GI)].into_iter(), init.into_iter())
        };
        let (task, sidecar) = ((false, resources(3, GI)), (true, resources(1, GI)));
        assert_eq!(request([task, sidecar]), resources(3, 2 * GI));
        assert_eq!(request([sidecar, task]), resources(4, 2 * GI));
    }

    /// K8S-102.
    #[test]
    fn the_reason_counts_nodes() {
        let reasons = [("Insufficient cpu", 2), ("Insufficient memory", 1)].into_iter().collect();
        assert_eq!(
            unschedulable(3, &reasons),
            "0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu."
        );
    }
}
