//! Nodes as the API shows them: cordoned, open and lost ones (K8S-92, 102).

use crate::cluster::Cluster;
use crate::cluster::state::Node;
use crate::trace::Topic;
use crate::world::Scope;

impl Node {
    /// `spec.taints`: key and effect.
    pub fn taints(&self) -> Vec<(&'static str, &'static str)> {
        let mut taints = Vec::new();
        let unreachable = "node.kubernetes.io/unreachable";
        if self.evicting {
            taints.push((unreachable, "NoExecute"));
        }
        if self.unreachable {
            taints.push((unreachable, "NoSchedule"));
        }
        if self.unschedulable {
            taints.push(("node.kubernetes.io/unschedulable", "NoSchedule"));
        }
        taints
    }

    /// Condition `Ready`: status, reason and message.
    pub fn ready_condition(&self) -> [&'static str; 3] {
        if self.unreachable {
            return ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."];
        }
        ["True", "KubeletReady", "kubelet is posting ready status"]
    }

    /// The STATUS column of `kubectl get nodes`.
    pub fn display_status(&self) -> String {
        let ready = if self.ready_condition()[0] == "True" { "Ready" } else { "NotReady" };
        let cordoned = if self.unschedulable { ",SchedulingDisabled" } else { "" };
        format!("{ready}{cordoned}")
    }
}

impl Cluster {
    /// `kubectl cordon|uncordon`: whether a node gets new pods. Those it has stay.
    pub fn cordon(&mut self, name: &str, unschedulable: bool, scope: &mut Scope<'_, '_>) {
        let node = self.state.nodes.iter_mut().find(|node| node.name == name);
        let Some(node) = node.filter(|node| node.unschedulable != unschedulable) else { return };
        node.unschedulable = unschedulable;
        self.state.version += 1;
        let reason = if unschedulable { "NodeNotSchedulable" } else { "NodeSchedulable" };
        let subject = format!("node/{name}");
        let id = scope.id();
        scope.note_because(id, Topic::Object, subject.clone(), reason, &["K8S-102"]);
        let message = format!("Node {name} status is now: {reason}");
        self.record("Normal", reason, subject, message, scope);
        if !unschedulable {
            self.retry_unschedulable(id, scope);
        }
    }
}
