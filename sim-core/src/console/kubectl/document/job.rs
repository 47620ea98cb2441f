//! Jobs as documents.

use serde_json::{Value, json};

use super::{condition_document, counts};
use crate::cluster::api::Object;
use crate::cluster::state::JobStatus;
use crate::console::age::timestamp;
use crate::world::World;

/// Adds what the server adds to a Job: the selector, its labels in the template, and the status.
pub(super) fn complete(document: &mut Value, object: &Object, world: &World) {
    let (name, uid) = (object.manifest.name.as_str(), object.uid.as_str());
    document["spec"]["selector"] = selector(uid);
    let labels = &mut document["spec"]["template"]["metadata"]["labels"];
    if !labels.is_object() {
        *labels = json!({});
    }
    for (key, value) in template_labels(name, uid) {
        labels[key] = value.into();
    }
    let reported = world.cluster.state.jobs.get(name).cloned().unwrap_or_default();
    document["status"] = status(&reported);
}

/// Takes the selector and the labels away again, so that a changed copy can be stored.
pub(crate) fn strip(document: &mut Value, object: &Object) {
    let (name, uid) = (object.manifest.name.as_str(), object.uid.as_str());
    let Some(spec) = document.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if spec.get("selector") == Some(&selector(uid)) {
        spec.remove("selector");
    }
    let Some(template) = spec.get_mut("template").and_then(Value::as_object_mut) else { return };
    let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        for (key, value) in template_labels(name, uid) {
            if labels.get(&key).is_some_and(|label| label == value) {
                labels.remove(&key);
            }
        }
        if labels.is_empty() {
            metadata.remove("labels");
        }
    }
    if metadata.is_empty() {
        template.remove("metadata");
    }
}

fn selector(uid: &str) -> Value {
    json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
}

fn template_labels<'j>(name: &'j str, uid: &'j str) -> impl Iterator<Item = (String, &'j str)> {
    let of = move |prefix| {
        [(format!("{prefix}controller-uid"), uid), (format!("{prefix}job-name"), name)]
    };
    ["", "batch.kubernetes.io/"].into_iter().flat_map(of)
}

fn status(status: &JobStatus) -> Value {
    let mut fields = counts([
        ("active", u64::from(status.active)),
        ("failed", u64::from(status.failed)),
        ("succeeded", u64::from(status.succeeded)),
    ]);
    fields.insert("ready".to_owned(), status.ready.into());
    fields.insert("terminating".to_owned(), status.terminating.into());
    fields.insert("uncountedTerminatedPods".to_owned(), json!({}));
    for (key, time) in [("startTime", status.started), ("completionTime", status.completed)] {
        if let Some(time) = time {
            fields.insert(key.to_owned(), timestamp(time).into());
        }
    }
    let conditions = [
        ("Suspended", &status.suspended),
        ("SuccessCriteriaMet", &status.success),
        ("FailureTarget", &status.failure),
        ("Complete", &status.complete),
        ("Failed", &status.has_failed),
    ];
    let present = conditions.into_iter().filter(|(_, condition)| condition.is_present());
    let conditions: Vec<Value> = present
        .map(|(kind, condition)| {
            let mut document = condition_document(kind, condition);
            // Conditions of Jobs have another name for it.
            if let Some(fields) = document.as_object_mut() {
                let updated = fields.remove("lastUpdateTime");
                fields.insert("lastProbeTime".to_owned(), updated.unwrap_or_default());
            }
            document
        })
        .collect();
    if !conditions.is_empty() {
        fields.insert("conditions".to_owned(), conditions.into());
    }
    Value::Object(fields)
}
