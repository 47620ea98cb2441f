//! The ReplicaSet controller: makes and deletes pods until there are as many as wanted
//! (K8S-20..22).
//!
//! Creation fails when a quota objects (K8S-104); the whole ReplicaSet is then looked at again after
//! a wait that doubles.

use crate::cluster::api::ApiServer;
use crate::cluster::pod::{Phase, Pod, PodId};
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
            created = self.create_pods(&set, (want - have).min(BURST), cause, api, scope);
        } else if want < have {
            for pod in self.victims(&set, (have - want).min(BURST), scope.now()) {
                self.delete_surplus(&set, pod, cause, scope);
            }
        }
        self.judge_failure(&set, created, cause, scope);
        self.sync_replica_set_status(&set, cause, scope);
    }

    /// Slow start (K8S-20): 1, 2, 4, 8... pods at a time, until a batch has a failure. `Err` says what
    /// failed first in it.
    fn create_pods(
        &mut self,
        set: &ReplicaSet,
        count: usize,
        cause: EventId,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) -> Result<(), String> {
        let (mut left, mut batch) = (count, 1);
        while 0 < left {
            batch = left.min(batch);
            let mut outcome = Ok(());
            for _ in 0..batch {
                outcome = outcome.and(self.create_pod(set, cause, api, scope));
            }
            outcome?;
            left -= batch;
            batch *= 2;
        }
        Ok(())
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
            self.wake_deployment(&set.deployment, cause, scope);
        }
    }

    /// Lets go of pods whose labels no longer fit, adopts ownerless ones whose labels do.
    fn claim_pods(&mut self, set: &ReplicaSet, cause: EventId, scope: &mut Scope<'_, '_>) {
        let claimable = |pod: &&mut Pod| pod.replica_set.is_empty() || pod.replica_set == set.name;
        for pod in self.state.pods.values_mut().filter(claimable).filter(|pod| pod.is_active()) {
            let fits = selects(&set.selector, &pod.labels);
            let text = match (fits, pod.replica_set.is_empty()) {
                (true, true) => "adopted",
                (false, false) => "released: its labels no longer fit the selector",
                (true, false) | (false, true) => continue,
            };
            pod.replica_set = if fits { set.name.clone() } else { String::new() };
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
        let name = loop {
            let name = format!("{}-{}", set.name, self.names.suffix());
            if self.state.pod_named(&name).is_none() {
                break name;
            }
        };
        let subject = format!("replicaset/{}", set.name);
        if let Err(why) = self.admit(&name, &set.template.spec, api) {
            let rules = &["K8S-20", "K8S-104"];
            scope.note_because(cause, Topic::Object, &subject, format!("no pod: {why}"), rules);
            let message = format!("Error creating: {why}");
            self.record("Warning", "FailedCreate", subject, message, scope);
            return Err(why);
        }
        let id = PodId(self.next_pod);
        self.next_pod += 1;
        let mut labels = set.template.labels.clone();
        labels.insert("pod-template-hash".to_owned(), set.hash.clone());
        let now = scope.now().truncated();
        let pod = Pod {
            id,
            name: name.clone(),
            uid: self.names.uid(),
            replica_set: set.name.clone(),
            labels,
            annotations: set.template.annotations.clone(),
            template: set.template.clone(),
            created: now,
            deleting_since: None,
            deletion_grace: set.template.spec.termination_grace,
            node: None,
            ip: None,
            unschedulable: None,
            phase: Phase::Pending,
            initialized: false,
            containers: Vec::new(),
            started: None,
            usage: None,
            ready: None,
            ready_changed: now,
            changed_by: scope.id(),
        };
        self.state.pods.insert(id, pod);
        self.record("Normal", "SuccessfulCreate", subject, format!("Created pod: {name}"), scope);
        self.pod_changed(id, cause, "created", &["K8S-20"], scope);
        self.wake_scheduler(&[id], scope.id(), scope);
        Ok(())
    }

    fn victims(&self, set: &ReplicaSet, count: usize, now: SimTime) -> Vec<PodId> {
        let related = |pod: &Pod| {
            let owner = self.state.replica_sets.get(&pod.replica_set);
            pod.is_active() && owner.is_some_and(|owner| owner.deployment == set.deployment)
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
            self.wake_deployment(&set.deployment, cause, scope);
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
