//! What the controllers read of a Deployment, and the marks that they leave on it.

use crate::cluster::api::{Kind, Spec};
use crate::cluster::names::template_hash;
use crate::cluster::spec::DeploymentSpec;
use crate::cluster::state::ReplicaSet;
use crate::kruise::pass::Pass;

/// Label that the webhooks look for; without it a Deployment is not theirs.
pub(super) const TYPE_LABEL: &str = "rollouts.kruise.io/workload-type";
/// Label: `pod-template-hash` of the pods that are kept.
pub(super) const STABLE_LABEL: &str = "rollouts.kruise.io/stable-revision";
/// Annotation: a release is under way.
pub(super) const IN_PROGRESS: &str = "rollouts.kruise.io/in-progressing";
/// Annotation: the settings that the Deployment gets back.
pub(super) const ORIGINAL: &str = "rollouts.kruise.io/original-deployment-strategy";
/// Annotation: the `BatchRelease` that holds it.
pub(super) const CONTROL: &str = "batchrelease.rollouts.kruise.io/control-info";
/// Label by which a Deployment tells its revisions apart.
pub(super) const HASH: &str = "pod-template-hash";

/// A Deployment as the controllers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Workload {
    pub(super) replicas: u32,
    /// `pod-template-hash` of the pods that are kept.
    pub(super) stable: String,
    /// That of the pods of the Deployment's template; empty if they have no ReplicaSet yet.
    pub(super) hash: String,
    /// Stands for the Deployment's template.
    pub(super) revision: String,
    /// Whether the webhook has marked it.
    pub(super) in_progress: bool,
    /// Whether its template is the one of the pods that are kept.
    pub(super) in_rollback: bool,
    /// Pods of its template, and how many of them are ready.
    pub(super) updated: (u32, u32),
}

/// What is found of it.
pub(super) enum Found {
    Missing,
    /// The Deployment controller has not seen the newest change.
    Unsettled,
    Settled(Workload),
}

impl Pass<'_, '_, '_> {
    /// The Deployment as it stands.
    pub(super) fn workload(&self) -> Found {
        let name = self.spec.deployment.as_str();
        let Some(object) = self.world.api.get(Kind::Deployment, name) else {
            return Found::Missing;
        };
        let Spec::Deployment(spec) = &object.manifest.spec else { return Found::Missing };
        let state = &self.world.cluster.state;
        let seen = state.deployments.get(name).map_or(0, |status| status.observed_generation);
        if seen != object.generation {
            return Found::Unsettled;
        }
        let sets: Vec<&ReplicaSet> = state.replica_sets_of(name).collect();
        let new = sets.iter().find(|set| set.template == spec.template);
        let in_progress = object.manifest.annotations.contains_key(IN_PROGRESS);
        let marked = object.manifest.labels.get(STABLE_LABEL).cloned();
        let stable = marked.or_else(|| {
            let oldest = stable_set(&sets, spec).or_else(|| new.copied());
            oldest.map(|set| set.hash.clone())
        });
        let Some(stable) = stable else { return Found::Unsettled };
        let hash = new.filter(|_| in_progress).map_or_else(String::new, |set| set.hash.clone());
        Found::Settled(Workload {
            replicas: spec.replicas,
            in_rollback: in_progress && stable == hash,
            stable,
            hash,
            revision: template_hash(&spec.template, 0),
            in_progress,
            updated: new.map_or((0, 0), |set| (set.status.replicas, set.status.ready)),
        })
    }

    /// The webhooks shall look at the Deployment from now on.
    pub(super) fn label_workload(&mut self) {
        let name = self.spec.deployment.clone();
        let text = format!("deployment {name} is watched from now on");
        self.change((Kind::Deployment, &name), (&text, &["KRU-01"]), |document| {
            document["metadata"]["labels"][TYPE_LABEL] = "deployment".into();
        });
    }

    /// The release is no longer under way.
    pub(super) fn unmark_workload(&mut self) {
        let name = self.spec.deployment.clone();
        let text = format!("deployment {name} is no longer in a release");
        self.change((Kind::Deployment, &name), (&text, &["KRU-01"]), |document| {
            remove(document, "annotations", IN_PROGRESS);
        });
    }
}

/// The oldest ReplicaSet with pods whose template is not the Deployment's.
pub(super) fn stable_set<'s>(
    sets: &[&'s ReplicaSet],
    spec: &DeploymentSpec,
) -> Option<&'s ReplicaSet> {
    let active = sets.iter().copied().filter(|set| 0 < set.replicas);
    active.filter(|set| set.template != spec.template).min_by_key(|set| set.revision)
}

/// Takes a key out of the labels or annotations of a document.
pub(super) fn remove(document: &mut serde_json::Value, map: &str, key: &str) {
    if let Some(entries) = document["metadata"][map].as_object_mut() {
        entries.remove(key);
    }
}
