//! `status` of Flux's objects.

use serde_json::{Value, json};

use crate::console::age::timestamp;
use crate::delivery::flux::Ready;
use crate::world::World;

fn condition(ready: &Ready) -> Value {
    json!([{"type": "Ready", "status": ready.word(), "reason": ready.reason,
        "message": ready.message, "lastTransitionTime": timestamp(ready.since)}])
}

/// What Flux reports of a GitRepository.
pub(super) fn source(name: &str, world: &World) -> Value {
    let Some(source) = world.delivery.flux.sources().get(name) else { return json!({}) };
    let mut status = json!({"conditions": condition(&source.ready)});
    if let Some(artifact) = &source.artifact {
        status["artifact"] = json!({"revision": artifact.revision});
    }
    status
}

/// What Flux reports of a Kustomization.
pub(super) fn kustomization(name: &str, world: &World) -> Value {
    let Some(one) = world.delivery.flux.kustomizations().get(name) else { return json!({}) };
    let mut status = json!({"conditions": condition(&one.ready)});
    if let Some(applied) = &one.applied {
        status["lastAppliedRevision"] = applied.clone().into();
    }
    let entries = one.inventory.iter().map(|(kind, object)| {
        let version = kind.versions()[0].rsplit('/').next().unwrap_or_default();
        json!({"id": format!("default_{object}_{}_{}", kind.group(), kind.name()), "v": version})
    });
    if !one.inventory.is_empty() {
        status["inventory"] = json!({"entries": entries.collect::<Vec<_>>()});
    }
    status
}
