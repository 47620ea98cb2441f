//! What `kubectl get events` lists, and how the control plane writes to the trace.

use crate::cluster::Cluster;
use crate::cluster::pod::{Owner, PodId};
use crate::cluster::state::{ClusterNote, NOTES_MAX};
use crate::queue::EventId;
use crate::trace::Topic;
use crate::world::Scope;

impl Cluster {
    /// Records an event of Kubernetes' own kind. The same one again only raises its count.
    pub(crate) fn record(
        &mut self,
        level: &'static str,
        reason: &'static str,
        object: String,
        message: String,
        scope: &Scope<'_, '_>,
    ) {
        let at = scope.now().truncated();
        let notes = &mut self.state.notes;
        let same = |note: &ClusterNote| {
            note.reason == reason && note.object == object && note.message == message
        };
        let note = match notes.iter().rposition(same) {
            Some(place) => {
                let note = notes.remove(place);
                ClusterNote { at, count: note.count + 1, ..note }
            }
            None => ClusterNote { at, first: at, count: 1, level, reason, object, message },
        };
        notes.push(note);
        if NOTES_MAX < notes.len() {
            notes.remove(0);
        }
        self.state.version += 1;
    }

    /// Records an event about a pod.
    pub(super) fn record_pod(
        &mut self,
        level: &'static str,
        reason: &'static str,
        pod: PodId,
        message: String,
        scope: &Scope<'_, '_>,
    ) {
        if let Some(pod) = self.state.pods.get(&pod) {
            let object = format!("pod/{}", pod.name);
            self.record(level, reason, object, message, scope);
        }
    }

    /// A pod has changed in a way that others watch: writes a line of the trace and wakes its owner
    /// and the Services.
    pub(super) fn pod_changed(
        &mut self,
        id: PodId,
        cause: EventId,
        text: impl Into<String>,
        rules: &'static [&'static str],
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        scope.note_because(cause, Topic::Pod, format!("pod/{}", pod.name), text, rules);
        pod.changed_by = scope.id();
        self.state.version += 1;
        let owner = pod.owner.clone();
        self.wake_owner(&owner, scope);
        self.wake_services(scope.id(), scope);
    }

    fn wake_owner(&mut self, owner: &Owner, scope: &mut Scope<'_, '_>) {
        match owner {
            Owner::Nobody => {}
            Owner::ReplicaSet(set) => self.wake_replica_set(set, scope.id(), scope),
            Owner::Job { name, .. } => self.wake_job(name, scope.id(), scope),
        }
    }

    /// What made a pod as it is: the cause of what the kubelet does with it next.
    pub(super) fn because_of(&self, pod: PodId, scope: &Scope<'_, '_>) -> EventId {
        match self.state.pods.get(&pod) {
            Some(pod) if pod.changed_by != scope.id() => pod.changed_by,
            _ => scope.ctx.cause,
        }
    }
}
