//! ReplicaSets that a Rollout of Argo makes: the ReplicaSet controller treats them like any other (K8S-20..22).

use serde_json::Value;

use crate::cluster::Cluster;
use crate::cluster::api::Kind;
use crate::cluster::names::template_hash;
use crate::cluster::spec::{Labels, PodTemplate};
use crate::cluster::state::{Condition, ROLLOUT_HASH, ReplicaCounts, ReplicaSet};
use crate::queue::EventId;
use crate::world::Scope;

/// What the ReplicaSet of a new revision is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revision<'a> {
    /// The Rollout.
    pub(crate) rollout: &'a str,
    /// Its selector.
    pub(crate) selector: &'a Labels,
    /// Its pods.
    pub(crate) template: &'a PodTemplate,
    /// Its pods as they were written.
    pub(crate) document: &'a Value,
    /// Its `minReadySeconds`.
    pub(crate) min_ready_seconds: u32,
    /// Number of the revision.
    pub(crate) number: u64,
}

impl Cluster {
    /// Makes the ReplicaSet of a revision, without pods as yet (ROLL-01). Gives its name.
    pub(crate) fn create_revision(&mut self, from: &Revision<'_>, scope: &Scope<'_, '_>) -> String {
        let (hash, name) = (0..)
            .map(|collisions| template_hash(from.template, collisions))
            .map(|hash| (hash.clone(), format!("{}-{hash}", from.rollout)))
            .find(|(_, name)| !self.state.replica_sets.contains_key(name))
            .expect("there are more hashes than replica sets");
        let mut selector = from.selector.clone();
        selector.insert(ROLLOUT_HASH.to_owned(), hash.clone());
        let set = ReplicaSet {
            name: name.clone(),
            uid: self.names.uid(),
            deployment: from.rollout.to_owned(),
            controller: Kind::Rollout,
            hash,
            selector,
            template: from.template.clone(),
            document: from.document.clone(),
            revision: from.number,
            change_cause: None,
            replicas: 0,
            min_ready_seconds: from.min_ready_seconds,
            desired_replicas: 0,
            max_replicas: 0,
            created: scope.now().truncated(),
            status: ReplicaCounts::default(),
            failure: Condition::default(),
        };
        self.state.replica_sets.insert(name.clone(), set);
        self.state.version += 1;
        name
    }

    /// An old revision becomes the newest: only its number is raised (ROLL-07).
    pub(crate) fn renumber_revision(&mut self, set: &str, number: u64) {
        if let Some(set) = self.state.replica_sets.get_mut(set) {
            set.revision = number;
            self.state.version += 1;
        }
    }

    /// Gives the ReplicaSet of a revision another size; `None` if it has that size already, else the
    /// old one.
    pub(crate) fn scale_revision(
        &mut self,
        set: &str,
        to: u32,
        scope: &mut Scope<'_, '_>,
    ) -> Option<u32> {
        let found = self.state.replica_sets.get_mut(set)?;
        let from = std::mem::replace(&mut found.replicas, to);
        found.desired_replicas = to;
        if from == to {
            return None;
        }
        self.state.version += 1;
        self.wake_replica_set(set, scope.id(), scope);
        Some(from)
    }

    /// Deletes the ReplicaSet of a revision, and its pods.
    pub(crate) fn delete_revision(&mut self, set: &str, cause: EventId, scope: &mut Scope<'_, '_>) {
        self.remove_replica_set(set, cause, scope);
    }
}
