//! The files beside `scenario.yaml`: the learner's workspace, and logs that reach or miss the goal.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::suggest;
use crate::manifest::yaml::{self, MAX_BYTES, Node};
use crate::manifest::{self};
use crate::scenario::log::{self, Log};
use crate::scenario::{Bundle, LogEntry, NaiveLog, Objective};
use crate::time::{SimDuration, SimTime};

/// The learner's files, by path inside the workspace.
pub(super) fn workspace(bundle: &Bundle) -> BTreeMap<String, String> {
    let inside = |(path, text): (&String, &String)| {
        Some((path.strip_prefix("workspace/")?.to_owned(), text.clone()))
    };
    bundle.files.iter().filter_map(inside).collect()
}

/// Checks every manifest of the workspace, and that the scenario knows the images it names if it
/// describes any.
pub(super) fn check_manifests(
    workspace: &BTreeMap<String, String>,
    images: Option<&BTreeSet<String>>,
    all: &mut Vec<Diagnostic>,
) {
    for (name, text) in workspace {
        let path = format!("workspace/{name}");
        if MAX_BYTES < text.len() {
            let message =
                format!("the file has {} bytes; at most {MAX_BYTES} are kept", text.len());
            all.push(Diagnostic::error(&path, Position { line: 1, column: 1 }, message));
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            match yaml::parse(&path, text) {
                Err(fault) => all.push(fault),
                Ok(documents) => check_documents(&path, &documents, images, all),
            }
        }
    }
}

fn check_documents(
    path: &str,
    documents: &[Node],
    images: Option<&BTreeSet<String>>,
    all: &mut Vec<Diagnostic>,
) {
    // A file of another tool says neither kind nor version.
    let roots = documents.iter().filter(|d| d.get("kind").or(d.get("apiVersion")).is_some());
    let manifests: Vec<_> = roots.clone().map(|root| manifest::document(path, root)).collect();
    all.extend(manifest::written_twice(path, &manifests));
    for (root, document) in roots.zip(manifests) {
        all.extend(document.notes);
        all.extend(document.manifest.err().unwrap_or_default());
        let mut findings = Findings::new(path);
        if let Some(images) = images {
            check_images(&Cursor::root(root), images, &mut findings);
        }
        all.extend(findings.split().0);
    }
}

/// What stands there, if it is there.
fn below<'n>(at: &Cursor<'n>, path: &[&str]) -> Option<Cursor<'n>> {
    path.iter().try_fold(at.clone(), |at, key| at.get(key))
}

fn check_images(root: &Cursor<'_>, images: &BTreeSet<String>, findings: &mut Findings) {
    // An analysis of Argo Rollouts makes Jobs.
    let metrics = root.get("spec").map(|spec| spec.list("metrics")).unwrap_or_default();
    let jobs = metrics.iter().filter_map(|metric| below(metric, &["provider", "job"]));
    let pods = std::iter::once(root.clone()).chain(jobs);
    let pods = pods.filter_map(|owner| below(&owner, &["spec", "template", "spec"]));
    let containers =
        pods.flat_map(|pod| [pod.list("initContainers"), pod.list("containers")]).flatten();
    for container in containers {
        let Some((cursor, image)) = container.get("image").zip(container.text("image")) else {
            continue;
        };
        if !images.contains(image) && !image.contains("{{") {
            let message =
                format!("image {:?} is not described under applications or tasks", shorten(image));
            let names = images.iter().map(String::as_str);
            let help = suggest::did_you_mean(image, names).unwrap_or_else(|| {
                "describe it in scenario.yaml: what it serves, how fast".to_owned()
            });
            findings.fix(cursor.position(), message, help);
        }
    }
}

/// Checks that the files named by the commands of `start` exist.
pub(super) fn check_start(
    commands: &[Cursor<'_>],
    workspace: &BTreeMap<String, String>,
    findings: &mut Findings,
) {
    for command in commands {
        let line = command.node.as_str().unwrap_or_default();
        for file in files_of(line) {
            let folder = file.trim_start_matches("./").trim_end_matches('/');
            let prefix = format!("{folder}/");
            let exists = matches!(folder, "." | "" | "-")
                || workspace.keys().any(|path| path == folder || path.starts_with(&prefix));
            if !exists {
                let message =
                    format!("{}: there is no file workspace/{}", command.path, shorten(folder));
                let names = workspace.keys().map(String::as_str);
                let help = suggest::did_you_mean(folder, names)
                    .unwrap_or_else(|| "add it to the folder workspace".to_owned());
                findings.fix(command.position(), message, help);
            }
        }
    }
}

/// The files that a command line names with `-f`.
fn files_of(line: &str) -> Vec<&str> {
    let mut files = Vec::new();
    let mut words = line.split_whitespace();
    while let Some(word) = words.next() {
        let value = match word {
            "-f" | "--filename" => words.next(),
            _ => word.strip_prefix("-f=").or_else(|| word.strip_prefix("--filename=")),
        };
        files.extend(value.into_iter().flat_map(|value| value.split(',')));
    }
    files
}

/// The logs that come with a scenario, by name.
#[derive(Debug, Default)]
pub(super) struct Logs {
    pub(super) solutions: BTreeMap<String, Vec<LogEntry>>,
    pub(super) naive: BTreeMap<String, NaiveLog>,
}

pub(super) fn logs(
    bundle: &Bundle,
    objectives: &[Objective],
    duration: SimDuration,
    all: &mut Vec<Diagnostic>,
) -> Logs {
    let mut logs = Logs::default();
    for (path, text) in &bundle.files {
        let Some(stem) = path.strip_suffix(".log") else { continue };
        let log = match log::parse(path, text) {
            Ok(log) => log,
            Err(errors) => {
                all.extend(errors);
                continue;
            }
        };
        all.extend(too_late(path, &log, duration));
        if let Some(name) = stem.strip_prefix("solutions/") {
            logs.solutions.insert(name.to_owned(), log.entries);
        } else if let Some(name) = stem.strip_prefix("naive/") {
            match missed(path, &log, objectives) {
                Ok(misses) => {
                    logs.naive.insert(name.to_owned(), NaiveLog { misses, log: log.entries });
                }
                Err(error) => all.push(error),
            }
        }
    }
    logs
}

fn too_late(path: &str, log: &Log, duration: SimDuration) -> Option<Diagnostic> {
    let end = SimTime::ZERO + duration;
    let index = log.entries.iter().position(|entry| end < entry.at)?;
    let message = format!("the run is over by then: it ends at {end}");
    Some(Diagnostic::error(path, log.positions[index], message))
}

/// The objective that a naive log names.
fn missed(path: &str, log: &Log, objectives: &[Objective]) -> Result<String, Diagnostic> {
    let ids = || objectives.iter().map(|objective| objective.id.as_str());
    let Some((id, position)) = &log.misses else {
        let message = "the log does not say which objective it misses";
        let start = Position { line: 1, column: 1 };
        let id = ids().next().unwrap_or("no-lost-requests");
        return Err(
            Diagnostic::error(path, start, message).with_help(format!("write # misses: {id}"))
        );
    };
    if ids().any(|known| known == id) {
        return Ok(id.clone());
    }
    let message = format!("there is no objective {:?}", shorten(id));
    let help = suggest::did_you_mean(id, ids())
        .unwrap_or_else(|| format!("name one of {}", ids().collect::<Vec<_>>().join(", ")));
    Err(Diagnostic::error(path, *position, message).with_help(help))
}
