//! `kubectl patch`.

use serde_json::Value;

use crate::cluster::api::Applied;
use crate::console::files;
use crate::console::kubectl::apply::lists_of;
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, document, write};
use crate::console::merge::{Lists, json_patch, merge};
use crate::console::session::Session;
use crate::manifest::yaml;

/// `--type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Strategic,
    Merge,
    Json,
}

/// `kubectl patch`.
pub(crate) fn patch(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let style = match arguments.text("type").unwrap_or("strategic") {
        "strategic" => Style::Strategic,
        "merge" => Style::Merge,
        "json" => Style::Json,
        other => {
            return Err(Failure::error(format!(
                "--type must be one of [json merge strategic], not \"{other}\""
            )));
        }
    };
    let patch = read_patch(session, arguments)?;
    let query = Query::parse(arguments, "patch", session.world)?;
    if query.kinds.is_empty() || !query.named {
        return Err(Failure::error("resource(s) were provided, but no name was specified"));
    }
    let found = query.find(session.world);
    for object in &found.objects {
        match patch_one(session, object, &patch, style, dry_run) {
            Ok(applied) => {
                let what =
                    if applied == Applied::Unchanged { "patched (no change)" } else { "patched" };
                session.out.print(format!("{} {what}{}", object.display(), dry_run.suffix()));
            }
            Err(problem) => session.out.fail(problem),
        }
    }
    for problem in found.problems {
        session.out.fail(problem);
    }
    Ok(())
}

/// A patch is not checked strictly: what nobody knows is dropped, with a warning (`fieldValidation=Warn`).
fn put(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    mut document: Value,
    dry_run: DryRun,
) -> Result<Applied, String> {
    loop {
        let denied = match write::put(session, object, document.clone(), dry_run) {
            Ok(applied) => return Ok(applied),
            Err(denied) => denied,
        };
        let unknown: Vec<String> = denied.unknown_fields().map(str::to_owned).collect();
        let dropped = unknown.iter().filter(|field| remove(&mut document, field)).count();
        if dropped == 0 {
            return Err(denied.message(object, ""));
        }
        for field in unknown {
            session.out.warn(format!("Warning: unknown field {field:?}"));
        }
    }
}

/// Takes the field at a path such as `spec.http[0].foo` out; whether it was there.
fn remove(document: &mut Value, path: &str) -> bool {
    let (above, field) = path.rsplit_once('.').unwrap_or(("", path));
    let steps = above.split(['.', '[', ']']).filter(|step| !step.is_empty());
    let pointer: String = steps.map(|step| format!("/{step}")).collect();
    let owner = document.pointer_mut(&pointer).and_then(Value::as_object_mut);
    owner.is_some_and(|fields| fields.remove(field).is_some())
}

fn read_patch(session: &Session<'_, '_>, arguments: &Arguments) -> Result<Value, Failure> {
    let text = match (arguments.text("patch"), arguments.text("patch-file")) {
        (Some(_), Some(_)) => {
            return Err(Failure::error("cannot specify --patch and --patch-file together"));
        }
        (Some(text), None) => text,
        (None, Some(path)) => files::read(session.workspace, path).map_err(|problem| {
            Failure::error(format!("unable to read patch file: open {path}: {problem}"))
        })?,
        (None, None) => {
            return Err(Failure::error(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
    };
    let documents = yaml::parse("patch", text).map_err(|problem| {
        Failure::error(format!("unable to parse \"{text}\": yaml: {}", problem.message))
    })?;
    match &documents[..] {
        [document] => Ok(document.to_json()),
        _ => Err(Failure::error(format!("unable to parse \"{text}\": one document is needed"))),
    }
}

fn patch_one(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    patch: &Value,
    style: Style,
    dry_run: DryRun,
) -> Result<Applied, String> {
    let mut document = document::live(object, session.world);
    let before = document.clone();
    let custom = lists_of(object.resource) == Lists::Replaced;
    match style {
        Style::Strategic if custom => {
            return Err(
                "Error from server (UnsupportedMediaType): the body of the request was in an \
                 unknown format - accepted media types include: application/json-patch+json, \
                 application/merge-patch+json, application/apply-patch+yaml\n  kinds of Istio \
                 cannot be patched strategically: add --type=merge"
                    .to_owned(),
            );
        }
        // kubectl drops what the server says of it.
        Style::Json => json_patch(&mut document, patch).map_err(|_| {
            "The request is invalid: the server rejected our request due to an error in our request"
                .to_owned()
        })?,
        Style::Strategic | Style::Merge if !patch.is_object() => {
            return Err(
                "Error from server (BadRequest): json: cannot unmarshal the patch into an object"
                    .to_owned(),
            );
        }
        Style::Strategic => merge(&mut document, patch, Lists::Keyed),
        Style::Merge => merge(&mut document, patch, Lists::Replaced),
    }
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    if text("/metadata/name") != Some(&object.name) || document["kind"] != before["kind"] {
        return Err(format!(
            "Error from server (BadRequest): the name and the kind of {} cannot be changed",
            object.display()
        ));
    }
    match object.resource {
        Resource::Object(_) => put(session, object, document, dry_run),
        Resource::Pod => patch_pod(session, object, &before, &document, dry_run),
        _ => Err(format!(
            "error: changing {} is not modelled; the control plane owns them",
            object.resource.info().plural
        )),
    }
}

/// Of a pod, labels and annotations can be changed here.
fn patch_pod(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    before: &Value,
    after: &Value,
    dry_run: DryRun,
) -> Result<Applied, String> {
    if before["spec"] != after["spec"] {
        return Err(format!(
            "The Pod \"{}\" is invalid: spec: Forbidden: pod updates may not change fields other \
             than the image; change the Deployment's template instead",
            object.name
        ));
    }
    let map = |document: &Value, key: &str| {
        let entries = document["metadata"][key].as_object().into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    };
    if dry_run != DryRun::No {
        let same = before["metadata"] == after["metadata"];
        return Ok(if same { Applied::Unchanged } else { Applied::Configured });
    }
    write::change_pod(session, &object.name, |labels, annotations| {
        *labels = map(after, "labels");
        *annotations = map(after, "annotations");
    })
    .ok_or_else(|| object.not_found())
}
