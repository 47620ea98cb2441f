//! What pods use: the metrics server, which autoscalers and `kubectl top` ask (A.8).
//!
//! Each application container that has run for a while is measured every 15 s. Simpler than the real
//! thing: all nodes are asked at one moment, helpers use nothing, and without a CPU limit the CPU time
//! of a request counts from the moment its worker begins with it.

use crate::application::ApplicationEvent;
use crate::cluster::pod::{ContainerState, Pod, PodId};
use crate::cluster::state::ClusterState;
use crate::cluster::{Cluster, ClusterEvent};
use crate::engine::Context;
use crate::event::Event;
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// Time between two measures.
const INTERVAL: SimDuration = SimDuration::from_secs(15);
/// A container younger than this is not measured.
const FRESH: SimDuration = SimDuration::from_secs(10);

/// What a pod has used lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// `timestamp`: the end of the time that it is about.
    pub at: SimTime,
    /// `window`: the length of that time.
    pub window: SimDuration,
    /// Thousandths of a core, mean over the window.
    pub cpu_milli: u64,
    /// Memory in bytes, at the end of that time.
    pub memory_bytes: u64,
}

impl Cluster {
    /// The metrics server begins its work.
    pub fn begin(ctx: &mut Context<'_, Event>) {
        ctx.after(INTERVAL, ClusterEvent::MetricsDue.into());
    }

    /// Asks every application that has run for long enough; the others have no measure.
    pub(super) fn measure(&mut self, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let ClusterState { pods, nodes, .. } = &mut self.state;
        let is_lost = |name: &String| nodes.iter().any(|node| node.lost && node.name == *name);
        for pod in pods.values_mut() {
            if pod.node.as_ref().is_some_and(is_lost) {
                pod.usage = None;
            } else if running_since(pod).is_some_and(|since| since + FRESH <= now) {
                scope.after(SimDuration::ZERO, ApplicationEvent::Measured { pod: pod.id });
            } else {
                pod.usage = None;
            }
        }
        scope.after(INTERVAL, ClusterEvent::MetricsDue);
    }

    /// An application has told what CPU time it has used since it was asked before, or since it
    /// began, and what memory it takes.
    pub fn measured(&mut self, id: PodId, micros: u64, memory_bytes: u64, now: SimTime) {
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        let Some(since) = running_since(pod) else { return };
        let since = pod.usage.map_or(since, |last| last.at.max(since));
        let window = now.since(since);
        let measured = (micros * 1_000).checked_div(window.as_micros());
        pod.usage = measured.map(|cpu_milli| Usage { at: now, window, cpu_milli, memory_bytes });
    }
}

/// Since when the application's container runs.
fn running_since(pod: &Pod) -> Option<SimTime> {
    match pod.containers.first()?.state {
        ContainerState::Running { started } => Some(started),
        ContainerState::Waiting { .. } | ContainerState::Terminated { .. } => None,
    }
}
