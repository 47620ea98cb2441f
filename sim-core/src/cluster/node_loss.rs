//! Lost nodes: machines that stop, with their kubelets and all that runs there (K8S-92..94).
//!
//! Simpler than the real thing: all kubelets renew their leases in step with time zero, there is one
//! zone, and a lost node never comes back. Whoever talks to its pods learns at once that the connection
//! is closed or refused; a real client learns nothing and waits for its timeout.

use crate::application::ApplicationEvent;
use crate::cluster::pod::PodId;
use crate::cluster::state::Node;
use crate::cluster::{Cluster, ClusterEvent, proxy};
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::Scope;

/// Seconds between two renewals of a lease.
const RENEWAL: i64 = 10;
/// Seconds after the last renewal after which a node is held to be unreachable.
const MONITOR_GRACE: i64 = 50;
/// Seconds between two looks at the leases.
const MONITOR_PERIOD: i64 = 5;
/// How long pods tolerate that their node is unreachable (K8S-93).
const TOLERATION: SimDuration = SimDuration::from_secs(300);

/// Time between two looks at the nodes whose pods are to be evicted.
const EVICTION_PASS: SimDuration = SimDuration::from_millis(100);
/// Time between the evictions of two nodes (K8S-94).
const EVICTION_GAP: SimDuration = SimDuration::from_secs(10);
/// The same in a large cluster of which most is lost (K8S-94).
const SLOW_EVICTION_GAP: SimDuration = SimDuration::from_secs(100);
/// A cluster with more nodes is large (K8S-94).
const LARGE: usize = 50;

impl ClusterEvent {
    /// The pod for which a kubelet does this; None if it is no work of a kubelet.
    fn kubelet_work(self) -> Option<PodId> {
        match self {
            Self::ProbeAnswered { pod, .. }
            | Self::ContainerExited { pod, .. }
            | Self::OutOfMemory { pod, .. }
            | Self::ProxyUp { pod, .. }
            | Self::ProxyExited { pod, .. }
            | Self::PodSeen(pod)
            | Self::MountDue(pod)
            | Self::ImagePulled { pod, .. }
            | Self::CreateDue { pod, .. }
            | Self::TaskOver { pod, .. }
            | Self::ImageBackOff { pod, .. }
            | Self::ProbeDue { pod, .. }
            | Self::ProbeTimedOut { pod, .. }
            | Self::PodRefreshed(pod)
            | Self::RestartDue { pod, .. }
            | Self::DeletionSeen(pod)
            | Self::PreStopOver { pod, .. }
            | Self::GraceOver { pod, .. }
            | Self::PodGone(pod) => Some(pod),
            Self::Reconcile(_)
            | Self::RulesDue
            | Self::MetricsDue
            | Self::NodeLost(_)
            | Self::NodeUnreachable(_)
            | Self::NodeTainted(_)
            | Self::NodeIntolerable(_) => None,
        }
    }
}

impl Cluster {
    /// Whether an event is the work of a kubelet that no longer runs: it does not happen.
    pub(super) fn is_lost_work(&self, event: ClusterEvent) -> bool {
        event.kubelet_work().is_some_and(|pod| self.is_on_lost_node(pod))
    }

    fn is_on_lost_node(&self, id: PodId) -> bool {
        let node = self.state.pods.get(&id).and_then(|pod| pod.node.as_ref());
        node.is_some_and(|node| {
            self.state.nodes.iter().any(|known| known.name == *node && known.lost)
        })
    }

    fn node(&mut self, number: u16) -> Option<&mut Node> {
        self.state.nodes.get_mut(usize::from(number))
    }

    fn pods_on(&self, node: &str) -> Vec<PodId> {
        let pods = self.state.pods.values();
        pods.filter(|pod| pod.node.as_deref() == Some(node)).map(|pod| pod.id).collect()
    }

    /// The machine stops. The API server knows nothing of it yet.
    pub(super) fn lose_node(&mut self, number: u16, scope: &mut Scope<'_, '_>) {
        let Some(node) = self.node(number).filter(|node| !node.lost) else { return };
        node.lost = true;
        let name = node.name.clone();
        let now = scope.now();
        for id in self.pods_on(&name) {
            let Some(work) = self.kubelets.get_mut(&id) else { continue };
            for container in &mut work.containers {
                if container.alive && container.is_server() {
                    let killed = ApplicationEvent::Killed { pod: id, run: container.run };
                    scope.after(SimDuration::ZERO, killed);
                }
                if container.alive && container.is_proxy() {
                    scope.after(SimDuration::ZERO, proxy::killed(id, container.run));
                }
                container.end(now);
            }
        }
        scope.note(Topic::Object, format!("node/{name}"), "stops", &["K8S-92"]);
        scope.after(noticed_at(now).since(now), ClusterEvent::NodeUnreachable(number));
    }

    /// The lease has not been renewed for too long: the node is tainted, and its pods leave the
    /// endpoints (K8S-92).
    pub(super) fn node_unreachable(&mut self, number: u16, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(node) = self.node(number) else { return };
        node.unreachable = true;
        let name = node.name.clone();
        self.state.version += 1;
        let subject = format!("node/{name}");
        let text = "is unreachable: its lease was not renewed";
        scope.note(Topic::Object, subject.clone(), text, &["K8S-92"]);
        let message = format!("Node {name} status is now: NodeNotReady");
        self.record("Normal", "NodeNotReady", subject, message, scope);
        for id in self.pods_on(&name) {
            let Some(pod) = self.state.pods.get_mut(&id).filter(|pod| pod.is_ready()) else {
                continue;
            };
            pod.ready = None;
            pod.ready_changed = now.truncated();
            self.record_pod("Warning", "NodeNotReady", id, "Node is not ready".to_owned(), scope);
            let text = "not ready: its node is unreachable";
            self.pod_changed(id, scope.id(), text, &["K8S-92"], scope);
        }
        self.queue_eviction(number, scope);
    }

    /// The node waits until its pods may be evicted: nodes are emptied one after the other (K8S-94).
    fn queue_eviction(&mut self, number: u16, scope: &mut Scope<'_, '_>) {
        let Some(gap) = self.eviction_gap() else { return self.stop_evictions(scope) };
        let at = self.next_eviction.max(scope.now() + EVICTION_PASS);
        self.next_eviction = at + gap;
        scope.after(at - scope.now(), ClusterEvent::NodeTainted(number));
    }

    /// Time between the evictions of two nodes; None while so many are lost that none is emptied
    /// (K8S-94).
    fn eviction_gap(&self) -> Option<SimDuration> {
        let all = self.state.nodes.len();
        let lost = self.state.nodes.iter().filter(|node| node.unreachable).count();
        // 55 % of the nodes, and more than two.
        let is_disrupted = 2 < lost && all * 55 <= lost * 100;
        if lost == all {
            None
        } else if !is_disrupted {
            Some(EVICTION_GAP)
        } else {
            (LARGE < all).then_some(SLOW_EVICTION_GAP)
        }
    }

    /// If no node is left, the fault is more likely on the side of the control plane: nothing is evicted
    /// any more (K8S-94).
    fn stop_evictions(&mut self, scope: &mut Scope<'_, '_>) {
        if self.state.nodes.iter().all(|node| node.unreachable) {
            self.state.nodes.iter_mut().for_each(|node| node.evicting = false);
            let text = "no node is reachable: evictions are stopped";
            scope.note(Topic::Object, "nodes", text, &["K8S-94"]);
        }
    }

    /// The pods of a node must tolerate now that it is unreachable, or go (K8S-93, 94).
    pub(super) fn node_tainted(&mut self, number: u16, scope: &mut Scope<'_, '_>) {
        if self.eviction_gap().is_none() {
            return self.stop_evictions(scope);
        }
        let Some(node) = self.node(number) else { return };
        node.evicting = true;
        let subject = format!("node/{}", node.name);
        self.state.version += 1;
        let text = "gets the taint unreachable:NoExecute";
        scope.note(Topic::Object, subject, text, &["K8S-93", "K8S-94"]);
        scope.after(TOLERATION, ClusterEvent::NodeIntolerable(number));
    }

    /// The pods have tolerated it for long enough: they are deleted, and others are made (K8S-93).
    /// Nobody is there to end them, so they stay Terminating.
    pub(super) fn node_intolerable(&mut self, number: u16, scope: &mut Scope<'_, '_>) {
        let node = self.node(number).filter(|node| node.evicting);
        let Some(name) = node.map(|node| node.name.clone()) else { return };
        for id in self.pods_on(&name) {
            let Some(pod) = self.state.pods.get(&id).filter(|pod| pod.is_active()) else {
                continue;
            };
            let message = format!("Marking for deletion Pod default/{}", pod.name);
            self.record_pod("Normal", "TaintManagerEviction", id, message, scope);
            let why = "its node has been unreachable for 300 s (K8S-93)";
            self.terminate_pod(id, None, scope.id(), why, scope);
        }
    }
}

/// When the loss of a node is noticed: at the first look at which its last lease is too old.
fn noticed_at(lost: SimTime) -> SimTime {
    let secs = lost.as_micros().div_euclid(1_000_000);
    let last_renewal = secs - secs.rem_euclid(RENEWAL);
    SimTime::from_secs(last_renewal + MONITOR_GRACE + MONITOR_PERIOD)
}
