//! `kubectl diff -f`: what apply would change.

use serde_json::Value;

use crate::console::diff::unified;
use crate::console::kubectl::apply::{lists_of, merged, with_last_applied};
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::input::{self, Item};
use crate::console::kubectl::resource::Resource;
use crate::console::kubectl::{Failure, Outcome, defaults, document, write};
use crate::console::session::Session;
use crate::manifest;

/// `kubectl diff -f FILE`: status 1 if something differs, more than 1 if it cannot be told.
pub(crate) fn diff(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    if arguments.text("filename").is_none() && arguments.text("kustomize").is_none() {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    let read = input::read(arguments, session)?;
    let mut problems = read.problems;
    let mut differs = false;
    for item in &read.items {
        match compare(session, item) {
            Ok(text) => {
                differs |= !text.is_empty();
                session.out.stdout.push_str(&text);
            }
            Err(problem) => problems.push(problem),
        }
    }
    input::report(&problems, session);
    // kubectl tells differences from failures by the status.
    session.out.status = match (problems.is_empty(), differs) {
        (false, _) => 2,
        (true, differs) => i32::from(differs),
    };
    Ok(())
}

fn compare(session: &mut Session<'_, '_>, item: &Item) -> Result<String, String> {
    let Resource::Object(kind) = item.object.resource else {
        return Err(format!("error: {} cannot be applied", item.object.resource.info().plural));
    };
    let doing = "";
    if let Some(denied) = &item.denied {
        return Err(denied.message(&item.object, doing));
    }
    let wanted = with_last_applied(&item.document);
    let stored = session.world.api.get(kind, &item.object.name);
    let stored = stored.map(|object| object.manifest.document.clone());
    let mut after = match &stored {
        Some(live) => merged(live, &item.document, &wanted, lists_of(item.object.resource)),
        None => wanted,
    };
    write::put(session, &item.object, after.clone(), DryRun::Server)
        .map_err(|denied| denied.message(&item.object, doing))?;
    defaults::fill(kind, &mut after);
    let before = stored.map(|_| document::live(&item.object, session.world));
    if let Some(live) = &before {
        for key in ["creationTimestamp", "generation", "resourceVersion", "uid"] {
            if let Some(value) = live["metadata"].get(key) {
                after["metadata"][key] = value.clone();
            }
        }
        // The server counts the change that it would make.
        if let Some(generation) = live["metadata"]["generation"].as_u64()
            && after["spec"] != live["spec"]
        {
            after["metadata"]["generation"] = (generation + 1).into();
        }
        after["status"] = live["status"].clone();
    }
    let text = |document: &Value| manifest::to_yaml(&shown(document));
    let old = before.as_ref().map(text).unwrap_or_default();
    let new = text(&after);
    let info = item.object.resource.info();
    let version = info.version.replace('/', ".");
    let file = format!("{version}.{}.default.{}", info.kind, item.object.name);
    let (left, right) = (format!("/tmp/LIVE/{file}"), format!("/tmp/MERGED/{file}"));
    let text = unified(&left, &right, &old, &new);
    Ok(if text.is_empty() { text } else { format!("diff -u -N {left} {right}\n{text}") })
}

/// A document without what only the server writes.
fn shown(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("status");
    }
    if let Some(annotations) =
        document.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.remove("deployment.kubernetes.io/revision");
        annotations.remove(crate::console::kubectl::apply::LAST_APPLIED);
    }
    if let Some(spec) = document.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    let metadata = document.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata
        && metadata.get("annotations").and_then(Value::as_object).is_some_and(|map| map.is_empty())
    {
        metadata.remove("annotations");
    }
    document
}
