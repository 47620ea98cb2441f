//! What a commit wants: the manifests of a folder; for Argo CD with its own annotations read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::cluster::api::Kind;
use crate::console::kubectl::input::{self, Items};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::delivery::Addons;
use crate::delivery::git::Commit;
use crate::delivery::spec::Source;
use crate::delivery::task::{Cleaning, Hook};

/// Annotation by which Argo CD knows the objects of an application.
const TRACKING: &str = "argocd.argoproj.io/tracking-id";
const WAVE: &str = "argocd.argoproj.io/sync-wave";
const HOOK: &str = "argocd.argoproj.io/hook";
const CLEANING: &str = "argocd.argoproj.io/hook-delete-policy";
const OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// One manifest.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Kind.
    pub(crate) kind: Kind,
    /// Name.
    pub(crate) name: String,
    /// The document as it would be applied.
    pub(crate) document: Value,
    /// When it runs, if it is a hook (CD-04).
    pub(super) hooks: Vec<Hook>,
    /// When a hook is deleted.
    pub(super) cleaning: Vec<Cleaning>,
    /// `sync-wave`.
    pub(super) wave: i64,
}

impl Target {
    /// Kind and name.
    pub(super) fn key(&self) -> (Kind, String) {
        (self.kind, self.name.clone())
    }

    /// The object.
    pub(crate) fn object(&self) -> ObjectRef {
        ObjectRef::new(Resource::Object(self.kind), &self.name)
    }
}

/// Everything that a commit wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desired {
    /// Objects that should be there.
    pub(crate) objects: Vec<Target>,
    /// Objects that are made while a sync runs.
    pub(super) hooks: Vec<Target>,
    /// Objects that are described twice.
    pub(super) repeated: Vec<String>,
}

/// An object of a folder, not yet marked as anybody's: kind, name, document.
pub(super) type Manifest = (Kind, String, Value);

/// The manifests of a folder of a commit, in the order of its files, or why they cannot be read; nothing
/// if there is no such folder.
pub(super) fn manifests(
    commit: &Commit,
    path: &str,
    recurse: bool,
    addons: &Addons,
) -> Option<Result<Vec<Manifest>, String>> {
    let folder = match path {
        "" | "." => String::new(),
        path => format!("{}/", path.trim_start_matches("./")),
    };
    let inside: Vec<(&String, &str)> = commit
        .tree
        .iter()
        .filter_map(|(path, text)| path.starts_with(&folder).then_some((path, &**text)))
        .collect();
    if inside.is_empty() {
        return None;
    }
    let mut items = Items::none(addons);
    for (path, text) in inside {
        let rest = &path[folder.len()..];
        let known = [".yaml", ".yml", ".json"].iter().any(|end| rest.ends_with(end));
        if known && (recurse || !rest.contains('/')) {
            input::read_file(path, text, &mut items);
        }
    }
    if let Some(problem) = items.problems.first() {
        return Some(Err(problem.clone()));
    }
    let objects = items.items.into_iter().filter_map(|item| match item.object.resource {
        Resource::Object(kind) => Some((kind, item.object.name, item.document)),
        _ => None,
    });
    Some(Ok(objects.collect()))
}

/// Reads the folder of a source; or says why it cannot be.
pub(super) fn read(
    name: &str,
    commit: &Commit,
    source: &Source,
    addons: &Addons,
) -> Result<Desired, String> {
    let all = manifests(commit, &source.path, source.recurse, addons)
        .ok_or_else(|| format!("{}: app path does not exist", source.path))??;
    let mut found: BTreeMap<(Kind, String), Target> = BTreeMap::new();
    let mut desired = Desired::default();
    for (kind, object, document) in all {
        let target = target(name, kind, &object, document);
        if skipped(&target.document) {
            continue;
        }
        if let Some(earlier) = found.insert(target.key(), target) {
            desired.repeated.push(format!(
                "Resource {}/{}/default/{} appeared 2 times among application resources.",
                kind.group(),
                kind.name(),
                earlier.name
            ));
        }
    }
    let (hooks, objects) = found.into_values().partition(|target| !target.hooks.is_empty());
    Ok(Desired { hooks, objects, ..desired })
}

fn target(application: &str, kind: Kind, name: &str, mut document: Value) -> Target {
    let hooks = listed(&document, HOOK).filter_map(|word| Hook::named(&word)).collect::<Vec<_>>();
    let cleaning = listed(&document, CLEANING).filter_map(|word| Cleaning::named(&word)).collect();
    let wave = annotation(&document, WAVE).and_then(|wave| wave.trim().parse().ok()).unwrap_or(0);
    if hooks.is_empty() {
        track(&mut document, application, kind, name);
    }
    Target { kind, name: name.to_owned(), document, hooks, cleaning, wave }
}

fn skipped(document: &Value) -> bool {
    listed(document, HOOK).any(|word| word == "Skip")
}

fn annotation<'d>(document: &'d Value, name: &str) -> Option<&'d str> {
    document["metadata"]["annotations"][name].as_str()
}

fn listed<'d>(document: &'d Value, name: &str) -> impl Iterator<Item = String> + 'd {
    let words = annotation(document, name).unwrap_or_default().split(',');
    words.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty())
}

fn tracking_id(application: &str, kind: Kind, name: &str) -> String {
    format!("{application}:{}/{}:default/{name}", kind.group(), kind.name())
}

fn track(document: &mut Value, application: &str, kind: Kind, name: &str) {
    let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let annotations = metadata.entry("annotations").or_insert(Value::Null);
    if !annotations.is_object() {
        *annotations = Value::Object(Map::new());
    }
    annotations[TRACKING] = tracking_id(application, kind, name).into();
}

/// Whether a live object is marked as the application's.
pub(super) fn is_tracked(document: &Value, application: &str, kind: Kind, name: &str) -> bool {
    annotation(document, TRACKING) == Some(tracking_id(application, kind, name).as_str())
}

/// Whether an object may never be pruned: it says so itself.
pub(super) fn is_kept(document: &Value) -> bool {
    listed(document, OPTIONS).any(|option| option == "Prune=false")
}

/// The wave of a live object.
pub(super) fn wave_of(document: &Value) -> i64 {
    annotation(document, WAVE).and_then(|wave| wave.trim().parse().ok()).unwrap_or(0)
}
