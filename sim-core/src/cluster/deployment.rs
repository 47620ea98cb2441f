//! The Deployment controller: makes ReplicaSets and moves pods between them (K8S-01..16).

use crate::cluster::api::{Kind, Object};
use crate::cluster::names::template_hash;
use crate::cluster::rollout::{self, Share, Size, fenceposts};
use crate::cluster::spec::{DeploymentSpec, Strategy};
use crate::cluster::state::{Condition, ReplicaCounts, ReplicaSet};
use crate::cluster::{Cluster, status};
use crate::queue::EventId;
use crate::trace::Topic;
use crate::world::Scope;

/// Annotation that says why a revision was made.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// The Deployment that is being reconciled.
struct Target<'a> {
    object: &'a Object,
    spec: &'a DeploymentSpec,
    name: &'a str,
    cause: EventId,
}

/// Names of its ReplicaSets.
struct Sets {
    /// The one whose template is the Deployment's (K8S-02).
    new: Option<String>,
    /// All others, oldest first.
    old: Vec<String>,
}

impl Cluster {
    /// Looks at one Deployment and does at most one step (K8S-03).
    pub(super) fn reconcile_deployment(
        &mut self,
        object: &Object,
        spec: &DeploymentSpec,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let target = Target { object, spec, name: &object.manifest.name, cause };
        let status = self.state.deployments.entry(target.name.to_owned()).or_default();
        status::judge_pause(spec, status, scope.now());
        let mut sets = self.sets_of(&target);
        if let Some(new) = sets.new.clone() {
            self.mark_as_new(&target, &new, &sets, scope);
        }
        if spec.paused || self.is_being_scaled(&target, &sets) {
            self.scale(&target, &sets, scope);
        } else {
            match spec.strategy {
                Strategy::Recreate => self.recreate(&target, &mut sets, scope),
                Strategy::RollingUpdate { .. } => self.roll(&target, &mut sets, scope),
            }
        }
        self.sync_status(&target, &sets, scope);
    }

    /// All ReplicaSets of a deleted Deployment go, and their pods with them.
    pub(super) fn delete_dependents(&mut self, deployment: &str, scope: &mut Scope<'_, '_>) {
        self.state.deployments.remove(deployment);
        self.state.version += 1;
        let sets: Vec<String> =
            self.state.replica_sets_of(deployment).map(|set| set.name.clone()).collect();
        for set in sets {
            self.remove_replica_set(&set, scope.id(), scope);
        }
    }

    pub(super) fn remove_replica_set(
        &mut self,
        set: &str,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let pods: Vec<_> = self
            .state
            .pods
            .values()
            .filter(|pod| pod.replica_set() == set)
            .map(|pod| pod.id)
            .collect();
        for pod in pods {
            self.terminate_pod(pod, None, cause, "its owner is deleted", scope);
        }
        self.state.replica_sets.remove(set);
        self.replica_sets.forget(set);
        self.state.version += 1;
        let subject = format!("replicaset/{set}");
        scope.note_because(cause, Topic::Object, subject, "deleted", &["K8S-13"]);
    }

    fn sets_of(&self, target: &Target<'_>) -> Sets {
        let same = |set: &&ReplicaSet| set.template == target.spec.template;
        let new = self.state.replica_sets_of(target.name).find(same).map(|set| set.name.clone());
        let all = self.state.replica_sets_of(target.name).map(|set| set.name.clone());
        let old = all.filter(|name| Some(name) != new.as_ref()).collect();
        Sets { new, old }
    }

    fn set(&self, name: &str) -> &ReplicaSet {
        &self.state.replica_sets[name]
    }

    fn next_revision(&self, sets: &Sets) -> u64 {
        1 + sets.old.iter().map(|name| self.set(name).revision).max().unwrap_or(0)
    }

    /// A ReplicaSet that already exists becomes, or is, the new one: a rollback only raises its
    /// revision (K8S-02).
    fn mark_as_new(
        &mut self,
        target: &Target<'_>,
        new: &str,
        sets: &Sets,
        scope: &mut Scope<'_, '_>,
    ) {
        let revision = self.next_revision(sets);
        let set = self.state.replica_sets.get_mut(new).expect("the set was just found");
        let waits = target.spec.min_ready_seconds;
        let recount = std::mem::replace(&mut set.min_ready_seconds, waits) != waits;
        let change_cause = target.object.manifest.annotations.get(CHANGE_CAUSE);
        if set.change_cause.as_ref() != change_cause {
            set.change_cause = change_cause.cloned();
            self.state.version += 1;
        }
        let reused = set.revision < revision;
        if reused {
            set.revision = revision;
            self.state.version += 1;
            let subject = format!("deployment/{}", target.name);
            let text = format!("replica set {new} is taken up again as revision {revision}");
            scope.note_because(target.cause, Topic::Object, subject, text, &["K8S-02"]);
        }
        let revision = set.revision;
        if recount {
            self.wake_replica_set(new, target.cause, scope);
        }
        let status = self.state.deployments.entry(target.name.to_owned()).or_default();
        status.revision = revision;
        if !status.progressing.is_present() {
            let message = format!("Found new replica set \"{new}\"");
            status.progressing.set("True", status::NEW_SET_FOUND, message, scope.now());
        }
    }

    /// Makes the ReplicaSet of the Deployment's template, with as many pods as there is room for.
    fn create_new(&mut self, target: &Target<'_>, sets: &mut Sets, scope: &mut Scope<'_, '_>) {
        let spec = target.spec;
        let surge = fenceposts(spec).surge;
        let replicas = match spec.strategy {
            Strategy::Recreate => spec.replicas,
            Strategy::RollingUpdate { .. } => {
                rollout::scale_up(spec.replicas, surge, self.wanted(&sets.old), 0)
            }
        };
        let (hash, name) = (0..)
            .map(|collisions| template_hash(&spec.template, collisions))
            .map(|hash| (hash.clone(), format!("{}-{hash}", target.name)))
            .find(|(_, name)| !self.state.replica_sets.contains_key(name))
            .expect("there are more hashes than replica sets");
        let revision = self.next_revision(sets);
        let mut selector = spec.selector.clone();
        selector.insert("pod-template-hash".to_owned(), hash.clone());
        let set = ReplicaSet {
            name: name.clone(),
            uid: self.names.uid(),
            deployment: target.name.to_owned(),
            controller: Kind::Deployment,
            hash,
            selector,
            template: spec.template.clone(),
            document: target.object.manifest.document["spec"]["template"].clone(),
            revision,
            change_cause: target.object.manifest.annotations.get(CHANGE_CAUSE).cloned(),
            replicas,
            min_ready_seconds: spec.min_ready_seconds,
            desired_replicas: spec.replicas,
            max_replicas: spec.replicas + surge,
            created: scope.now().truncated(),
            status: ReplicaCounts::default(),
            failure: Condition::default(),
        };
        self.state.replica_sets.insert(name.clone(), set);
        let status = self.state.deployments.entry(target.name.to_owned()).or_default();
        status.revision = revision;
        let message = format!("Created new replica set \"{name}\"");
        status.progressing.set("True", status::NEW_SET_CREATED, message, scope.now());
        let text = format!("replica set {name} is created as revision {revision}");
        let subject = format!("deployment/{}", target.name);
        scope.note_because(target.cause, Topic::Object, subject, text, &["K8S-02", "K8S-04"]);
        if 0 < replicas {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            self.record(
                "Normal",
                "ScalingReplicaSet",
                format!("deployment/{}", target.name),
                message,
                scope,
            );
        }
        self.state.version += 1;
        self.wake_replica_set(&name, scope.id(), scope);
        self.wake_deployment(target.name, scope.id(), scope);
        sets.new = Some(name);
    }

    /// Sum of `spec.replicas`.
    fn wanted(&self, sets: &[String]) -> u32 {
        sets.iter().map(|name| self.set(name).replicas).sum()
    }

    /// Gives a ReplicaSet a new size. True if it had another one.
    fn resize(
        &mut self,
        target: &Target<'_>,
        name: &str,
        to: u32,
        rules: &'static [&'static str],
        scope: &mut Scope<'_, '_>,
    ) -> bool {
        let max_replicas = target.spec.replicas + fenceposts(target.spec).surge;
        let set = self.state.replica_sets.get_mut(name).expect("the set belongs to the target");
        set.desired_replicas = target.spec.replicas;
        set.max_replicas = max_replicas;
        let from = std::mem::replace(&mut set.replicas, to);
        if from == to {
            return false;
        }
        let direction = if from < to { "up" } else { "down" };
        let object = format!("deployment/{}", target.name);
        let text = format!("scaled {direction} replica set {name} from {from} to {to}");
        let message = format!("Scaled {direction} replica set {name} from {from} to {to}");
        scope.note_because(target.cause, Topic::Object, object.clone(), text, rules);
        self.record("Normal", "ScalingReplicaSet", object, message, scope);
        self.wake_replica_set(name, scope.id(), scope);
        self.wake_deployment(target.name, scope.id(), scope);
        true
    }

    /// One step of a rolling update (K8S-03).
    fn roll(&mut self, target: &Target<'_>, sets: &mut Sets, scope: &mut Scope<'_, '_>) {
        let Some(new) = sets.new.clone() else {
            self.create_new(target, sets, scope);
            return;
        };
        let posts = fenceposts(target.spec);
        let size = |set: &ReplicaSet| Size { spec: set.replicas, available: set.status.available };
        let new_size = size(self.set(&new));
        let all = self.wanted(&sets.old) + new_size.spec;
        let up = rollout::scale_up(target.spec.replicas, posts.surge, all, new_size.spec);
        if self.resize(target, &new, up, &["K8S-03", "K8S-04"], scope) {
            return;
        }
        let old: Vec<Size> = sets.old.iter().map(|name| size(self.set(name))).collect();
        let down = rollout::scale_down(target.spec.replicas, posts.unavailable, new_size, &old);
        for (name, to) in sets.old.iter().zip(down) {
            if to != self.set(name).replicas {
                self.resize(target, name, to, &["K8S-05", "K8S-06", "K8S-07"], scope);
            }
        }
    }

    /// One step of strategy Recreate: nothing new before everything old has ended (K8S-14).
    fn recreate(&mut self, target: &Target<'_>, sets: &mut Sets, scope: &mut Scope<'_, '_>) {
        let mut scaled = false;
        for name in &sets.old {
            scaled |= self.resize(target, name, 0, &["K8S-14"], scope);
        }
        let old_runs = sets.old.iter().any(|name| {
            0 < self.set(name).status.replicas
                || self
                    .state
                    .pods
                    .values()
                    .any(|pod| pod.replica_set() == *name && !pod.has_ended())
        });
        if scaled || old_runs {
            return;
        }
        match sets.new.clone() {
            None => self.create_new(target, sets, scope),
            Some(new) => {
                self.resize(target, &new, target.spec.replicas, &["K8S-14"], scope);
            }
        }
    }

    /// Whether `replicas` has changed since the active ReplicaSets were last scaled (K8S-16).
    fn is_being_scaled(&self, target: &Target<'_>, sets: &Sets) -> bool {
        sets.old
            .iter()
            .chain(&sets.new)
            .map(|name| self.set(name))
            .any(|set| 0 < set.replicas && set.desired_replicas != target.spec.replicas)
    }

    /// Spreads a change of `replicas` over the active ReplicaSets (K8S-16).
    fn scale(&mut self, target: &Target<'_>, sets: &Sets, scope: &mut Scope<'_, '_>) {
        const RULES: &[&str] = &["K8S-16"];
        let replicas = target.spec.replicas;
        let all = sets.old.iter().chain(&sets.new);
        let mut active: Vec<String> =
            all.filter(|name| 0 < self.set(name).replicas).cloned().collect();
        let latest = sets.new.as_ref().or(sets.old.last());
        match (active.as_slice(), latest) {
            ([], Some(only)) => {
                self.resize(target, only, replicas, RULES, scope);
                return;
            }
            ([only], _) => {
                self.resize(target, &only.clone(), replicas, RULES, scope);
                return;
            }
            _ => {}
        }
        let is_saturated = sets.new.as_ref().map(|name| self.set(name)).is_some_and(|new| {
            new.desired_replicas == replicas
                && new.replicas == replicas
                && new.status.available == replicas
        });
        if is_saturated {
            for old in &sets.old {
                self.resize(target, old, 0, RULES, scope);
            }
        } else if let Strategy::RollingUpdate { .. } = target.spec.strategy {
            let surge = fenceposts(target.spec).surge;
            self.sort_by_size(&mut active, replicas + surge);
            let shares: Vec<Share> = active
                .iter()
                .map(|name| self.set(name))
                .map(|set| Share { spec: set.replicas, max_replicas: set.max_replicas })
                .collect();
            for (name, to) in active.iter().zip(rollout::proportional(replicas, surge, &shares)) {
                self.resize(target, name, to, RULES, scope);
            }
        }
    }

    /// Largest first; of equal ones the newest first when growing, the oldest when shrinking.
    fn sort_by_size(&self, sets: &mut [String], allowed: u32) {
        let grows = self.wanted(sets) < allowed;
        sets.sort_by(|one, other| {
            let (one, other) = (self.set(one), self.set(other));
            let by_age = (one.created, &one.name).cmp(&(other.created, &other.name));
            let by_age = if grows { by_age.reverse() } else { by_age };
            other.replicas.cmp(&one.replicas).then(by_age)
        });
    }

    /// Writes `status`; prunes history once the rollout is complete (K8S-09..13).
    fn sync_status(&mut self, target: &Target<'_>, sets: &Sets, scope: &mut Scope<'_, '_>) {
        let (spec, generation, now) = (target.spec, target.object.generation, scope.now());
        let before = self.state.deployments[target.name].clone();
        let new = sets.new.as_ref().map(|name| self.set(name));
        let all = self.state.replica_sets_of(target.name);
        let mut after = status::counted(spec, generation, &before, all, new, now);
        if !spec.paused {
            let subject = match &sets.new {
                Some(new) => format!("ReplicaSet \"{new}\""),
                None => format!("Deployment \"{}\"", target.name),
            };
            status::judge_progress(spec, generation, &subject, &before, &mut after, now);
        }
        after.failure = self.replica_failure(sets);
        if after.progressing.reason != before.progressing.reason
            || after.available.reason != before.available.reason
        {
            let text = format!(
                "conditions: Progressing={} ({}), Available={} ({})",
                after.progressing.status,
                after.progressing.reason,
                after.available.status,
                after.available.reason
            );
            let subject = format!("deployment/{}", target.name);
            let rules = &["K8S-09", "K8S-10", "K8S-12"];
            scope.note_because(target.cause, Topic::Object, subject, text, rules);
        }
        if after != before {
            self.state.version += 1;
        }
        if let Some(check) = status::next_check(spec, generation, &after)
            && !spec.paused
        {
            let cause = target.cause;
            self.wake_deployment_in(target.name, check - now, cause, scope);
        }
        let complete = status::is_complete(spec, generation, &after);
        self.state.deployments.insert(target.name.to_owned(), after);
        if complete && !spec.paused {
            self.prune_history(target, sets, scope);
        }
    }

    /// Condition `ReplicaFailure` of the new ReplicaSet, else of an old one (K8S-20).
    fn replica_failure(&self, sets: &Sets) -> Condition {
        let all = sets.new.iter().chain(&sets.old);
        let mut failures = all.map(|name| &self.set(name).failure);
        failures.find(|failure| failure.is_present()).cloned().unwrap_or_default()
    }

    /// Deletes the oldest empty ReplicaSets beyond `revisionHistoryLimit` (K8S-13).
    fn prune_history(&mut self, target: &Target<'_>, sets: &Sets, scope: &mut Scope<'_, '_>) {
        let keep = target.spec.revision_history_limit as usize;
        let mut empty: Vec<&String> = sets
            .old
            .iter()
            .filter(|name| {
                let set = self.set(name);
                set.replicas == 0
                    && set.status.replicas == 0
                    && self.state.active_pods_of(name).next().is_none()
            })
            .collect();
        empty.sort_by_key(|name| self.set(name).revision);
        let surplus = sets.old.len().saturating_sub(keep);
        for name in empty.into_iter().take(surplus) {
            self.remove_replica_set(name, target.cause, scope);
        }
    }
}
