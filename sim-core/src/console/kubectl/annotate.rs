//! `kubectl label` and `kubectl annotate`.

use serde_json::{Map, Value, json};

use crate::cluster::api::Applied;
use crate::cluster::spec::Labels;
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, document, input, write};
use crate::console::selector::{is_label_key, is_label_value};
use crate::console::session::Session;

/// Which of the two maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Metadata {
    Labels,
    Annotations,
}

impl Metadata {
    fn key(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Annotations => "annotations",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Labels => "label",
            Self::Annotations => "annotation",
        }
    }
}

/// A change of a map: what to set, what to remove.
#[derive(Clone, Debug, Default)]
struct Change {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

/// `kubectl label`.
pub(crate) fn label(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    run(session, arguments, Metadata::Labels)
}

/// `kubectl annotate`.
pub(crate) fn annotate(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    run(session, arguments, Metadata::Annotations)
}

fn run(session: &mut Session<'_, '_>, arguments: &Arguments, map: Metadata) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let is_change = |word: &String| {
        word.contains('=') || (word.ends_with('-') && !word.starts_with('-') && 1 < word.len())
    };
    // The first word may be a kind; a name may end in a hyphen only before the first change.
    let at = arguments.words.iter().position(is_change).unwrap_or(arguments.words.len());
    let mut named = arguments.clone();
    let changes = named.words.split_off(at);
    let change = Change::parse(&changes, map)?;
    if changes.is_empty() && !arguments.has("list") {
        return Err(Failure::error(format!("at least one {} update is required", map.noun())));
    }
    let mut query = Query::parse(&named, map.noun(), session.world)?;
    if arguments.text("filename").is_some() {
        let items = input::read(arguments, session)?.items;
        let kinds = items.into_iter().map(|i| (i.object.resource, Some(vec![i.object.name])));
        query.kinds = kinds.collect();
        query.named = true;
    }
    let picked = arguments.text("selector").is_some()
        || arguments.text("field-selector").is_some()
        || arguments.has("all");
    if query.kinds.is_empty() {
        return Err(Failure::error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if !query.named && !picked {
        return Err(Failure::error("resource(s) were provided, but no name was specified"));
    }
    let found = query.find(session.world);
    if found.objects.is_empty() && found.problems.is_empty() {
        session.out.warn("No resources found");
    }
    for object in &found.objects {
        if arguments.has("list") {
            list(session, object, map);
            continue;
        }
        let overwrite = arguments.has("overwrite");
        match change_one(session, object, map, &change, overwrite, dry_run) {
            Ok(done) => {
                session.out.print(format!("{} {done}{}", object.display(), dry_run.suffix()));
            }
            Err(problem) => session.out.fail(problem),
        }
    }
    for problem in found.problems {
        session.out.fail(problem);
    }
    Ok(())
}

impl Change {
    fn parse(words: &[String], map: Metadata) -> Result<Self, Failure> {
        let mut change = Self::default();
        for word in words {
            let Some((key, value)) = word.split_once('=') else {
                let Some(key) = word.strip_suffix('-') else {
                    return Err(Failure::error(format!(
                        "unrecognized {} spec: {word}",
                        map.noun()
                    )));
                };
                change.remove.push(key.to_owned());
                continue;
            };
            if !is_label_key(key) {
                return Err(Failure::error(format!(
                    "invalid {} key \"{word}\": name part must consist of alphanumeric characters, \
                     '-', '_' or '.', and must start and end with an alphanumeric character",
                    map.noun()
                )));
            }
            if map == Metadata::Labels && !is_label_value(value) {
                return Err(Failure::error(format!(
                    "invalid label value: \"{word}\": a valid label must be an empty string or \
                     consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                     with an alphanumeric character"
                )));
            }
            if change.remove.contains(&key.to_owned()) {
                return Err(Failure::error(format!(
                    "can not both modify and remove {} in the same command",
                    if map == Metadata::Labels { "a label" } else { "an annotation" }
                )));
            }
            change.set.push((key.to_owned(), value.to_owned()));
        }
        Ok(change)
    }

    fn apply(&self, map: &mut Labels) {
        for key in &self.remove {
            map.remove(key);
        }
        map.extend(self.set.iter().cloned());
    }
}

fn list(session: &mut Session<'_, '_>, object: &ObjectRef, map: Metadata) {
    let document = document::live(object, session.world);
    session.out.print(format!("Listing {} for {}:", map.key(), object.display()));
    for (key, value) in document["metadata"][map.key()].as_object().into_iter().flatten() {
        session.out.print(format!(" {key}={}", value.as_str().unwrap_or_default()));
    }
}

fn change_one(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    map: Metadata,
    change: &Change,
    overwrite: bool,
    dry_run: DryRun,
) -> Result<&'static str, String> {
    let before = document::live(object, session.world);
    let before = before["metadata"][map.key()].clone();
    for (key, value) in &change.set {
        let old = before[key.as_str()].as_str();
        if let Some(old) = old.filter(|old| !overwrite && *old != value) {
            return Err(format!(
                "error: '{key}' already has a value ({old}), and --overwrite is false"
            ));
        }
    }
    for key in &change.remove {
        if before[key.as_str()].is_null() {
            session.out.warn(format!("{} \"{key}\" not found.", map.noun()));
        }
    }
    let applied = match object.resource {
        Resource::Pod if dry_run != DryRun::No => Applied::Configured,
        Resource::Pod => write::change_pod(session, &object.name, |labels, annotations| {
            change.apply(if map == Metadata::Labels { labels } else { annotations });
        })
        .ok_or_else(|| object.not_found())?,
        Resource::Namespace if map == Metadata::Labels => {
            write::label_namespace(session, object, dry_run, |labels| change.apply(labels))
        }
        Resource::Object(_) => write::modify(session, object, dry_run, |document| {
            change_document(document, map, change);
        })?,
        _ => {
            return Err(format!(
                "error: changing {} is not modelled; the control plane owns them",
                object.resource.info().plural
            ));
        }
    };
    Ok(match (map, applied, change.set.is_empty()) {
        (Metadata::Annotations, ..) => "annotated",
        (Metadata::Labels, Applied::Unchanged, _) => "not labeled",
        (Metadata::Labels, _, true) => "unlabeled",
        (Metadata::Labels, _, false) => "labeled",
    })
}

fn change_document(document: &mut Value, map: Metadata, change: &Change) {
    let entries = &mut document["metadata"][map.key()];
    if !entries.is_object() {
        *entries = json!({});
    }
    let Some(entries) = entries.as_object_mut() else { return };
    for key in &change.remove {
        entries.remove(key);
    }
    let pairs = change.set.iter().map(|(key, value)| (key.clone(), value.clone().into()));
    entries.extend(pairs.collect::<Map<_, _>>());
}
