//! The ReplicaSet controller: makes and deletes pods until there are as many as wanted
//! (K8S-20..22).
//!
//! Creation fails when a quota objects (K8S-104); the whole ReplicaSet is then looked at again after
//! a wait that doubles.

use crate::cluster::api::ApiServer;
use crate::cluster::creation::slowly;
use crate::cluster::pod::{Owner, Pod, PodId};
use crate::cluster::spec::selects;
use crate::cluster::state::{Condition, ReplicaCounts, ReplicaSet};
use crate::cluster::{Cluster, victim};
use crate::queue::EventId;
use crate::time::SimTime;
use crate::trace::Topic;
use crate::world::Scope;

/// Most pods that are created or deleted at once (K8S-20).
const BURST: usize = 500;

impl Cluster {
    /// Looks at one ReplicaSet: ownership, number of pods, status.
    pub(super) fn reconcile_replica_set(
        &mut self,
        name: &str,
        cause: EventId,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(set) = self.state.replica_sets.get(name).cloned() else { return };
        self.claim_pods(&set, cause, scope);
        let have = self.state.active_pods_of(name).count();
        let want = set.replicas as usize;
        let mut created = Ok(());
        if have < want {
            let missing = (want - have).min(BURST);
            created = slowly(missing, || self.create_pod(&set, cause, api, scope));
        } else if want < have {
            for pod in self.victims(&set, (have - want).min(BURST), scope.now()) {
                self.delete_surplus(&set, pod, cause, scope);
            }
        }
        self.judge_failure(&set, created, cause, scope);
        self.sync_replica_set_status(&set, cause, scope);
    }

    /// Gives a ReplicaSet another `minReadySeconds`; OpenKruise does so to keep its pods (KRU-03).
    pub(crate) fn set_min_ready_seconds(
        &mut self,
        set: &str,
        seconds: u32,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(found) = self.state.replica_sets.get_mut(set) else { return };
        if std::mem::replace(&mut found.min_ready_seconds, seconds) != seconds {
            self.state.version += 1;
            self.wake_replica_set(set, scope.id(), scope);
        }
    }

    /// Keeps condition `ReplicaFailure` and, after a failure, looks again later (K8S-20).
    fn judge_failure(
        &mut self,
        set: &ReplicaSet,
        created: Result<(), String>,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let stored = self.state.replica_sets.get_mut(&set.name).expect("it was just read");
        match created {
            Ok(()) => {
                stored.failure = Condition::default();
                self.replica_sets.forget(&set.name);
            }
            Err(message) => {
                stored.failure.set("True", "FailedCreate", message, scope.now());
                let retry = self.replica_sets.retry_after(&set.name);
                self.wake_replica_set_at(&set.name, scope.now() + retry, cause, scope);
            }
        }
        if self.state.replica_sets[&set.name].failure != set.failure {
            self.state.version += 1;
            self.wake_controller_of(set, cause, scope);
        }
    }

    /// Lets go of pods whose labels no longer fit, adopts ownerless ones whose labels do.
    fn claim_pods(&mut self, set: &ReplicaSet, cause: EventId, scope: &mut Scope<'_, '_>) {
        let claimable = |pod: &&mut Pod| match &pod.owner {
            Owner::Nobody => true,
            Owner::ReplicaSet(owner) => *owner == set.name,
            Owner::Job { .. } => false,
        };
        for pod in self.state.pods.values_mut().filter(claimable).filter(|pod| pod.is_active()) {
            let fits = selects(&set.selector, &pod.labels);
            let text = match (fits, pod.owner == Owner::Nobody) {
                (true, true) => "adopted",
                (false, false) => "released: its labels no longer fit the selector",
                (true, false) | (false, true) => continue,
            };
            pod.owner = if fits { Owner::ReplicaSet(set.name.clone()) } else { Owner::Nobody };
            pod.changed_by = scope.id();
            self.state.version += 1;
            let (subject, text) = (format!("pod/{}", pod.name), format!("{text} ({})", set.name));
            scope.note_because(cause, Topic::Pod, subject, text, &["K8S-22"]);
        }
    }

    fn create_pod(
        &mut self,
        set: &ReplicaSet,
        cause: EventId,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) -> Result<(), String> {
        let mut labels = set.template.labels.clone();
        labels.insert(set.hash_label().to_owned(), set.hash.clone());
        let owner = Owner::ReplicaSet(set.name.clone());
        self.make_pod(owner, &set.template, labels, cause, api, scope)
    }

    fn victims(&self, set: &ReplicaSet, count: usize, now: SimTime) -> Vec<PodId> {
        let related = |pod: &Pod| {
            let owner = self.state.replica_sets.get(pod.replica_set());
            pod.is_active()
                && owner.is_some_and(|owner| owner.is_owned_by(set.controller, &set.deployment))
        };
        let related: Vec<&Pod> = self.state.pods.values().filter(|pod| related(pod)).collect();
        let candidates = self.state.active_pods_of(&set.name).map(|pod| {
            let crowd = related.iter().filter(|other| other.node == pod.node).count();
            victim::Candidate { pod, crowd }
        });
        victim::choose(candidates.collect(), count, now)
    }

    fn delete_surplus(
        &mut self,
        set: &ReplicaSet,
        pod: PodId,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let name = self.state.pods[&pod].name.clone();
        self.record(
            "Normal",
            "SuccessfulDelete",
            format!("replicaset/{}", set.name),
            format!("Deleted pod: {name}"),
            scope,
        );
        self.terminate_pod(pod, None, cause, "the replica set is scaled down", scope);
    }

    fn sync_replica_set_status(
        &mut self,
        set: &ReplicaSet,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let (status, next) = self.count(set, scope.now());
        if let Some(next) = next {
            self.wake_replica_set_at(&set.name, next, cause, scope);
        }
        if status != set.status {
            let stored = self.state.replica_sets.get_mut(&set.name).expect("it was just read");
            stored.status = status;
            self.state.version += 1;
            self.wake_controller_of(set, cause, scope);
        }
    }

    /// What the status of a ReplicaSet should say now, and when the next ready pod becomes
    /// available (K8S-08).
    pub(super) fn count(&self, set: &ReplicaSet, now: SimTime) -> (ReplicaCounts, Option<SimTime>) {
        let mut counts = ReplicaCounts::default();
        let mut next: Option<SimTime> = None;
        for pod in self.state.active_pods_of(&set.name) {
            counts.replicas += 1;
            counts.ready += u32::from(pod.is_ready());
            match pod.available_from(set.min_ready_seconds) {
                Some(from) if from <= now => counts.available += 1,
                Some(from) => next = Some(next.map_or(from, |next| next.min(from))),
                None => {}
            }
        }
        (counts, next)
    }
}
