//! `status` of an Application.

use serde_json::{Map, Value, json};

use crate::console::age::timestamp;
use crate::delivery::{Application, ResourceStatus, overview};
use crate::world::World;

/// What Argo CD reports of the application of this name.
pub(super) fn status(name: &str, world: &World) -> Value {
    let (Some(application), Some(seen)) = (world.delivery.application(name), overview(world, name))
    else {
        return json!({});
    };
    let mut sync = json!({"status": seen.sync.name()});
    if let Some(revision) = &application.revision {
        sync["revision"] = revision.id.clone().into();
    }
    let mut status = json!({"health": {"status": seen.health.name()}, "sync": sync});
    if !seen.resources.is_empty() {
        status["resources"] = seen.resources.iter().map(resource).collect();
    }
    if let Some(at) = application.reconciled {
        status["reconciledAt"] = timestamp(at).into();
    }
    if !application.conditions.is_empty() {
        let conditions = application.conditions.iter().map(|condition| {
            json!({"type": condition.kind, "message": condition.message,
                "lastTransitionTime": timestamp(condition.since)})
        });
        status["conditions"] = conditions.collect();
    }
    if !application.history.is_empty() {
        let history = application.history.iter().map(|entry| {
            json!({"id": entry.id, "revision": entry.revision, "deployedAt": timestamp(entry.at)})
        });
        status["history"] = history.collect();
    }
    if let Some(state) = operation_state(application) {
        status["operationState"] = state;
    }
    status
}

fn resource(one: &ResourceStatus) -> Value {
    let version = one.kind.versions()[0];
    let mut fields = Map::new();
    if !one.kind.group().is_empty() {
        fields.insert("group".to_owned(), one.kind.group().into());
    }
    if let Some(health) = one.health {
        let mut document = json!({"status": health.name()});
        if !one.message.is_empty() {
            document["message"] = one.message.clone().into();
        }
        fields.insert("health".to_owned(), document);
    }
    fields.insert("kind".to_owned(), one.kind.name().into());
    fields.insert("name".to_owned(), one.name.clone().into());
    fields.insert("namespace".to_owned(), "default".into());
    if one.requires_pruning {
        fields.insert("requiresPruning".to_owned(), true.into());
    }
    fields.insert("status".to_owned(), one.sync.name().into());
    let version = version.rsplit('/').next().unwrap_or(version);
    fields.insert("version".to_owned(), version.into());
    Value::Object(fields)
}

fn operation_state(application: &Application) -> Option<Value> {
    if let Some(operation) = &application.operation {
        let mut state = json!({"phase": "Running", "startedAt": timestamp(operation.started),
            "syncResult": {"revision": operation.revision.id}});
        if !operation.message.is_empty() {
            state["message"] = operation.message.clone().into();
        }
        if 0 < operation.retried {
            state["retryCount"] = operation.retried.into();
        }
        return Some(state);
    }
    let finished = application.finished.as_ref()?;
    Some(json!({
        "phase": finished.phase.name(),
        "message": finished.message,
        "startedAt": timestamp(finished.started),
        "finishedAt": timestamp(finished.finished),
        "syncResult": {"revision": finished.revision},
    }))
}
