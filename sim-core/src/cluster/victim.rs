//! Which pods go first when a ReplicaSet shrinks (K8S-21).

use std::cmp::{Ordering, Reverse};

use crate::cluster::pod::{Phase, Pod, PodId};
use crate::time::SimTime;

/// A pod that may have to go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    /// The pod.
    pub(super) pod: &'a Pod,
    /// Active pods of related ReplicaSets on its node.
    pub(super) crowd: usize,
}

/// Annotation that makes a pod cheaper or dearer to delete.
const COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The `count` pods that go, first to go first. The order is no total order (equal times skip a
/// step), so the first is searched for each time instead of sorting.
pub(super) fn choose(mut pods: Vec<Candidate<'_>>, count: usize, now: SimTime) -> Vec<PodId> {
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count && !pods.is_empty() {
        let mut first = 0;
        for place in 1..pods.len() {
            if order(&pods[place], &pods[first], now) == Ordering::Less {
                first = place;
            }
        }
        chosen.push(pods.remove(first).pod.id);
    }
    chosen
}

/// `Less` if `one` goes before `other`.
fn order(one: &Candidate<'_>, other: &Candidate<'_>, now: SimTime) -> Ordering {
    let (a, b) = (one.pod, other.pod);
    a.node
        .is_some()
        .cmp(&b.node.is_some())
        .then(phase_rank(a.phase).cmp(&phase_rank(b.phase)))
        .then(a.is_ready().cmp(&b.is_ready()))
        .then(cost(a).cmp(&cost(b)))
        .then(Reverse(one.crowd).cmp(&Reverse(other.crowd)))
        .then(a.ready.zip(b.ready).map_or(Ordering::Equal, |(x, y)| younger(x, y, a, b, now)))
        .then(Reverse(restarts(a)).cmp(&Reverse(restarts(b))))
        .then(younger(a.created, b.created, a, b, now))
}

fn phase_rank(phase: Phase) -> u8 {
    match phase {
        Phase::Pending => 0,
        Phase::Running => 1,
        Phase::Succeeded | Phase::Failed => 2,
    }
}

fn cost(pod: &Pod) -> i32 {
    pod.annotations.get(COST).and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

fn restarts(pod: &Pod) -> u32 {
    pod.containers.iter().map(|container| container.restarts).max().unwrap_or(0)
}

/// Compares ages by the magnitude of their binary logarithm; the UID decides between like ages.
fn younger(x: SimTime, y: SimTime, a: &Pod, b: &Pod, now: SimTime) -> Ordering {
    // The real controller takes the logarithm of nanoseconds; -1 stands for no age at all.
    let magnitude =
        |since: SimTime| (now - since).as_micros().saturating_mul(1_000).checked_ilog2();
    if x == y {
        return Ordering::Equal;
    }
    magnitude(x).cmp(&magnitude(y)).then_with(|| a.uid.cmp(&b.uid))
}
