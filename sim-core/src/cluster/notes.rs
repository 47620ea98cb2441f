//! What `kubectl get events` lists, and how the control plane writes to the trace.

use crate::cluster::Cluster;
use crate::cluster::pod::{Owner, PodId};
use crate::cluster::spec::Role;
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
        let (at, field_path) = (scope.now().truncated(), String::new());
        let first = at;
        self.keep(ClusterNote { at, first, count: 1, level, reason, object, field_path, message });
    }

    fn keep(&mut self, new: ClusterNote) {
        let notes = &mut self.state.notes;
        let same = |note: &ClusterNote| {
            (note.reason, &note.object, &note.field_path, &note.message)
                == (new.reason, &new.object, &new.field_path, &new.message)
        };
        let note = match notes.iter().rposition(same) {
            Some(place) => {
                let note = notes.remove(place);
                ClusterNote { at: new.at, count: note.count + 1, ..note }
            }
            None => new,
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

    /// Records an event about a container of a pod.
    pub(super) fn record_container(
        &mut self,
        level: &'static str,
        reason: &'static str,
        pod: PodId,
        place: usize,
        message: impl Into<String>,
        scope: &Scope<'_, '_>,
    ) {
        let Some(pod) = self.state.pods.get(&pod) else { return };
        let spec = &pod.template.spec;
        let list = if spec.role(place) == Role::Main { "containers" } else { "initContainers" };
        let field_path = format!("spec.{list}{{{}}}", spec.at(place).name);
        let (at, object) = (scope.now().truncated(), format!("pod/{}", pod.name));
        let (first, message) = (at, message.into());
        self.keep(ClusterNote { at, first, count: 1, level, reason, object, field_path, message });
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
