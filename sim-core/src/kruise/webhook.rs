//! The webhooks: one holds a Deployment whose template changes (KRU-01), one judges Rollouts (KRU-10).
//!
//! `pkg/webhook/workload/mutating` and `pkg/webhook/rollout/validating`.

use serde_json::{Value, json};

use crate::cluster::api::{Kind, Manifest, Spec};
use crate::cluster::state::ReplicaSet;
use crate::kruise::spec::KruiseSpec;
use crate::kruise::spec_of;
use crate::kruise::status::Phase;
use crate::kruise::workload::{IN_PROGRESS, ORIGINAL, STABLE_LABEL, TYPE_LABEL};
use crate::world::World;

/// The Rollout that a Deployment is released by.
fn rollout<'w>(world: &'w World, deployment: &str) -> Option<(&'w str, &'w KruiseSpec)> {
    let all = world.api.list(Kind::KruiseRollout);
    let mut all = all.filter_map(|(name, _)| Some((name, spec_of(&world.api, name)?)));
    all.find(|(name, spec)| {
        let phase = world.kruise.status(name).map(|status| status.phase);
        spec.deployment == deployment && phase != Some(Phase::Disabled)
    })
}

/// Holds a Deployment that is about to be stored, if a release of it is to begin or is under way.
pub(crate) fn hold(world: &World, name: &str, document: &mut Value) {
    let Some(before) = world.api.get(Kind::Deployment, name) else { return };
    let (before, metadata) = (&before.manifest.document, &document["metadata"]);
    let Some((rollout, spec)) = rollout(world, name) else { return };
    // What is no Deployment is refused by the check that follows.
    let is_map = |value: &Value| value.is_null() || value.is_object();
    let maps = [&metadata["labels"], &metadata["annotations"]];
    if metadata["labels"][TYPE_LABEL].is_null()
        || !maps.into_iter().all(is_map)
        || !document["spec"].is_object()
    {
        return;
    }
    let changed = before["spec"]["template"] != document["spec"]["template"];
    if !metadata["annotations"][IN_PROGRESS].is_null() {
        let taken_over = !metadata["annotations"][ORIGINAL].is_null();
        if document["spec"]["strategy"]["type"] == "Recreate" {
            document["spec"]["strategy"] = before["spec"]["strategy"].clone();
        }
        if changed || !taken_over {
            document["spec"]["paused"] = true.into();
        }
        return;
    }
    let sets = world.cluster.state.replica_sets_of(name).filter(|set| 0 < set.replicas);
    let active: Vec<&ReplicaSet> = sets.collect();
    let ready = match spec.routing {
        // With traffic to lead there may be one version only.
        Some(_) => active.len() == 1,
        None => !active.is_empty(),
    };
    if !changed || !ready || document["spec"]["replicas"] == 0 {
        return;
    }
    if let Some(stable) = active.iter().min_by_key(|set| set.revision) {
        document["metadata"]["labels"][STABLE_LABEL] = stable.hash.clone().into();
    }
    document["spec"]["paused"] = true.into();
    let mark = json!({"rolloutName": rollout});
    document["metadata"]["annotations"][IN_PROGRESS] = mark.to_string().into();
}

/// Why a Rollout is not taken: what its own document does not show.
pub(crate) fn refusal(world: &World, manifest: &Manifest) -> Option<String> {
    let Spec::KruiseRollout(spec) = &manifest.spec else { return None };
    let name = manifest.name.as_str();
    let others = world.api.list(Kind::KruiseRollout).filter(|(other, _)| *other != name);
    let mut others = others.filter_map(|(other, _)| Some((other, spec_of(&world.api, other)?)));
    if let Some((other, _)) = others.find(|(_, other)| other.deployment == spec.deployment) {
        return Some(format!(
            "Conflict Checker: Invalid value: {name:?}: This rollout conflict with Rollout(default/{other}), \
             one workload only have less than one Rollout"
        ));
    }
    let before = spec_of(&world.api, name)?;
    if world.kruise.status(name)?.phase != Phase::Progressing {
        return None;
    }
    let strategy = "Spec.Strategy.Canary|BlueGreen";
    if before.deployment != spec.deployment {
        Some("Spec.ObjectRef: Forbidden: Rollout 'ObjectRef' field is immutable".to_owned())
    } else if before.routing != spec.routing {
        Some(format!(
            "{strategy}.TrafficRoutings: Forbidden: Rollout 'Strategy.Canary|BlueGreen.TrafficRoutings' \
             field is immutable"
        ))
    } else if before.steps.len() != spec.steps.len() {
        Some(format!("{strategy}: Forbidden: Amount of Rollout steps are immutable"))
    } else {
        None
    }
}
