//! `kubectl apply` and `kubectl create`.

use serde_json::{Value, json};

use crate::cluster::api::Applied;
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::input::{self, Item};
use crate::console::kubectl::resource::Resource;
use crate::console::kubectl::{Failure, Outcome, document, get, record, write};
use crate::console::merge::{Lists, three_way};
use crate::console::session::Session;
use crate::manifest;

/// Where client-side apply remembers what it wrote.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How lists of this kind are merged.
pub(crate) fn lists_of(resource: Resource) -> Lists {
    match resource {
        Resource::Object(kind) if kind.is_custom() => Lists::Replaced,
        _ => Lists::Keyed,
    }
}

/// `kubectl apply -f`: every document that can be applied is; the problems of the others follow.
pub(crate) fn apply(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    if !arguments.words.is_empty() {
        return Err(Failure::usage(
            format!("Unexpected args: [{}]", arguments.words.join(" ")),
            "apply",
        ));
    }
    for (flag, why) in [
        ("server-side", "server-side apply is not modelled here; leave --server-side out"),
        ("prune", "--prune is not modelled here; delete what you do not want"),
    ] {
        if arguments.has(flag) {
            return Err(Failure::error(why));
        }
    }
    run(session, arguments, "apply", apply_item)
}

/// `kubectl create -f`: like apply, but what exists is an error.
pub(crate) fn create(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    run(session, arguments, "create", create_item)
}

type Each = fn(&mut Session<'_, '_>, &Item, DryRun) -> Result<Applied, String>;

fn run(session: &mut Session<'_, '_>, arguments: &Arguments, verb: &str, each: Each) -> Outcome {
    let dry_run = arguments.dry_run()?;
    if arguments.text("filename").is_none() && arguments.text("kustomize").is_none() {
        return Err(Failure::error("must specify one of -f and -k"));
    }
    let mut read = input::read(arguments, session)?;
    if let Some(cause) = record::cause(session, arguments, verb) {
        read.items.iter_mut().for_each(|item| record::write(&mut item.document, &cause));
    }
    if read.items.is_empty() && read.problems.is_empty() {
        return Err(Failure::error(format!("no objects passed to {verb}")));
    }
    let mut problems = read.problems;
    let output = arguments.text("output").unwrap_or_default();
    let (is_shown, mut shown) = (["yaml", "json"].contains(&output), Vec::new());
    for item in &read.items {
        for note in &item.notes {
            let line = note.position.line;
            session.out.warn(format!("Warning: {} ({}:{line})", note.message, note.file));
        }
        match each(session, item, dry_run) {
            Err(problem) => problems.push(problem),
            Ok(_) if arguments.text("output") == Some("name") => {
                session.out.print(item.object.display());
            }
            Ok(_) if is_shown => shown.push(stored(session, item)),
            Ok(applied) => {
                let done = match applied {
                    Applied::Created => "created",
                    Applied::Configured => "configured",
                    // A dry run of the client compares nothing.
                    Applied::Unchanged if dry_run == DryRun::Client => "configured",
                    Applied::Unchanged => "unchanged",
                };
                session.out.print(format!("{} {done}{}", item.object.display(), dry_run.suffix()));
            }
        }
    }
    if !shown.is_empty() {
        session.out.stdout.push_str(&documents(shown, output));
    }
    input::report(&problems, session);
    Ok(())
}

/// An object as it is on the cluster; after a dry run that would make it, as it would be sent.
fn stored(session: &Session<'_, '_>, item: &Item) -> Value {
    match item.object.exists(session.world) {
        true => document::live(&item.object, session.world),
        false => with_last_applied(&item.document),
    }
}

/// One document, or several in a List.
fn documents(mut all: Vec<Value>, output: &str) -> String {
    let whole = match all.pop() {
        Some(only) if all.is_empty() => only,
        last => {
            all.extend(last);
            json!({"apiVersion": "v1", "items": all, "kind": "List", "metadata": {}})
        }
    };
    if output == "yaml" { manifest::to_yaml(&whole) } else { get::pretty(&whole) + "\n" }
}

fn apply_item(
    session: &mut Session<'_, '_>,
    item: &Item,
    dry_run: DryRun,
) -> Result<Applied, String> {
    let exists = item.object.exists(session.world);
    let doing =
        format!("error when {} \"{}\": ", if exists { "patching" } else { "creating" }, item.file);
    if let Some(denied) = &item.denied {
        return Err(denied.message(&item.object, &doing));
    }
    let wanted = with_last_applied(&item.document);
    let document = match live(session, item) {
        None => wanted,
        Some(live) => {
            if live["metadata"]["annotations"][LAST_APPLIED].is_null() {
                session.out.warn(format!(
                    "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is \
                     required by kubectl apply. kubectl apply should only be used on resources \
                     created declaratively by either kubectl create --save-config or kubectl apply. \
                     The missing annotation will be patched automatically.",
                    item.object.resource.info().plural,
                    item.object.name
                ));
            }
            merged(&live, &item.document, &wanted, lists_of(item.object.resource))
        }
    };
    write::put(session, &item.object, document, dry_run)
        .map_err(|denied| denied.message(&item.object, &doing))
}

/// What apply would store, for `kubectl diff` too.
pub(crate) fn merged(live: &Value, written: &Value, wanted: &Value, lists: Lists) -> Value {
    let last = live["metadata"]["annotations"][LAST_APPLIED].as_str();
    let last = last.and_then(|text| serde_json::from_str(text).ok());
    // Without a memory, nothing is removed: kubectl warns, and patches what is there.
    let last: Value = last.unwrap_or_else(|| written.clone());
    three_way(&last, wanted, live, lists)
}

/// The document with a memory of itself.
pub(crate) fn with_last_applied(document: &Value) -> Value {
    let mut written = document.clone();
    let Some(metadata) = written.get_mut("metadata").and_then(Value::as_object_mut) else {
        return written;
    };
    // As kubectl does it, the memory has annotations even if there are none.
    let annotations = metadata.entry("annotations").or_insert(Value::Null);
    if !annotations.is_object() {
        *annotations = Value::Object(serde_json::Map::new());
    }
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    let memory = format!("{written}\n");
    written["metadata"]["annotations"][LAST_APPLIED] = memory.into();
    written
}

fn live(session: &Session<'_, '_>, item: &Item) -> Option<Value> {
    let Resource::Object(kind) = item.object.resource else { return None };
    session.world.api.get(kind, &item.object.name).map(|object| object.manifest.document.clone())
}

fn create_item(
    session: &mut Session<'_, '_>,
    item: &Item,
    dry_run: DryRun,
) -> Result<Applied, String> {
    let doing = format!("error when creating \"{}\": ", item.file);
    if item.object.exists(session.world) {
        return Err(format!(
            "Error from server (AlreadyExists): {doing}{} \"{}\" already exists",
            item.object.resource.plural_qualified(),
            item.object.name
        ));
    }
    if let Some(denied) = &item.denied {
        return Err(denied.message(&item.object, &doing));
    }
    write::put(session, &item.object, item.document.clone(), dry_run)
        .map_err(|denied| denied.message(&item.object, &doing))
}
