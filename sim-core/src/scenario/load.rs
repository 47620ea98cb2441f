//! A folder's files become a scenario, or a list of everything that is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Position, Severity};
use crate::manifest::check::{Wording, check};
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::{self, MAX_BYTES, Node};
use crate::scenario::files::{self, Logs};
use crate::scenario::{Bundle, Scenario, database, direct, installed, keys, read, rules, traffic};
use crate::time::SimDuration;

/// The file that says what the world is.
const FILE: &str = "scenario.yaml";
/// What the learner is told.
const BRIEF: &str = "brief.md";
/// What the learner is told afterwards.
const DEBRIEF: &str = "debrief.md";

impl Scenario {
    /// Checks a scenario's files. All problems are reported at once; notes accompany success.
    pub fn load(bundle: &Bundle) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut all = Vec::new();
        let scenario = root(bundle, &mut all).map(|root| {
            let mut findings = Findings::new(FILE);
            check(&root, &keys::SCENARIO, Wording::Scenario, &mut findings);
            let cursor = Cursor::root(&root);
            let scenario = assemble(bundle, &cursor, &mut findings, &mut all);
            let (errors, notes) = findings.split();
            all.splice(0..0, errors.into_iter().chain(notes));
            scenario
        });
        let usable = all.iter().all(|finding| finding.severity == Severity::Note);
        match scenario {
            Some(scenario) if usable => Ok((scenario, all)),
            _ => Err(all),
        }
    }
}

fn root(bundle: &Bundle, all: &mut Vec<Diagnostic>) -> Option<Node> {
    let Some(text) = bundle.files.get(FILE) else {
        let known: Vec<&str> = bundle.files.keys().map(String::as_str).collect();
        let help = match crate::manifest::suggest::nearest(FILE, known) {
            Some(near) => format!("rename {near:?} to {FILE}"),
            None => "add it to the scenario's folder".to_owned(),
        };
        let missing = Diagnostic::error(FILE, Position::default(), "the file is missing");
        all.push(missing.with_help(help));
        return None;
    };
    let start = Position { line: 1, column: 1 };
    match yaml::parse(FILE, text) {
        Err(fault) => {
            all.push(fault);
            None
        }
        Ok(mut documents) if documents.len() == 1 => documents.pop().filter(|root| {
            let is_map = matches!(root.value, yaml::Value::Map(_));
            if !is_map {
                let problem = Diagnostic::error(FILE, root.position, "a scenario is a map of keys");
                all.push(problem.with_help("begin with `scenario:`"));
            }
            is_map
        }),
        Ok(documents) => {
            let place = documents.get(1).map_or(start, |second| second.position);
            let message = match documents.len() {
                0 => "the file is empty".to_owned(),
                count => format!("the file holds {count} documents"),
            };
            let help = "write one scenario, beginning with `scenario:`";
            all.push(Diagnostic::error(FILE, place, message).with_help(help));
            None
        }
    }
}

fn assemble(
    bundle: &Bundle,
    root: &Cursor<'_>,
    findings: &mut Findings,
    all: &mut Vec<Diagnostic>,
) -> Scenario {
    let name = root.text("scenario").unwrap_or_default().to_owned();
    if let Some(cursor) = root.get("scenario") {
        let is_slug = read::slug(&cursor, findings);
        if is_slug && name != bundle.name && !bundle.name.is_empty() {
            let message = format!("scenario: {name:?} is not the name of the folder");
            findings.fix(cursor.position(), message, format!("write scenario: {}", bundle.name));
        }
    }
    let duration = read::duration(root, "duration", SimDuration::from_secs(60), findings);
    let workspace = files::workspace(bundle);
    let releases = read::releases(root, findings);
    let tasks = read::tasks(root, &releases, &workspace, (findings, all));
    let images: BTreeSet<String> = releases.keys().chain(tasks.keys()).cloned().collect();
    let described = root.get("applications").map(|_| &images);
    files::check_manifests(&workspace, described, all);
    files::check_start(&root.list("start"), &workspace, findings);
    direct::check_services(&root.list("traffic"), &workspace, findings);
    let objectives = read::objectives(root, findings);
    let Logs { solutions, naive } = files::logs(bundle, &objectives, duration, all);
    Scenario {
        name,
        title: read::said(root, "title", findings).to_owned(),
        level: root.text("level").unwrap_or("beginner").to_owned(),
        teaches: root.texts("teaches"),
        brief: brief(bundle, all),
        debrief: debrief(bundle, !solutions.is_empty(), all),
        duration,
        cluster: read::cluster(root, findings),
        addons: installed::addons(root, findings),
        start: root.texts("start"),
        releases,
        tasks,
        database: database::read(root, &workspace, findings, all),
        mesh: read::mesh(root),
        traffic: traffic::traffic(root, findings),
        timing: read::timing(root, findings),
        events: read::events(root, duration, findings),
        hints: read::hints(root, &objectives, findings),
        rules: rules::read(root, &workspace, (findings, all)),
        rule_files: root.texts("rules"),
        routing: rules::routing(root, &workspace, (findings, all)),
        objectives,
        workspace: workspace.into_iter().collect::<BTreeMap<_, _>>(),
        solutions,
        naive,
    }
}

fn brief(bundle: &Bundle, all: &mut Vec<Diagnostic>) -> String {
    let brief = prose(bundle, BRIEF, all);
    if brief.is_empty() {
        let missing = Diagnostic::error(BRIEF, Position::default(), "the file is missing or empty");
        all.push(missing.with_help("tell the learner what to do"));
    }
    brief
}

/// A scenario that knows a way to its goal also says afterwards what there was to learn.
fn debrief(bundle: &Bundle, has_solutions: bool, all: &mut Vec<Diagnostic>) -> String {
    let debrief = prose(bundle, DEBRIEF, all);
    if debrief.is_empty() && has_solutions {
        let message = "the file is missing or empty, and there are solutions";
        let missing = Diagnostic::error(DEBRIEF, Position::default(), message);
        all.push(missing.with_help("tell the learner what happened and why"));
    }
    debrief
}

/// A file in Markdown; empty if it is not there or says nothing.
fn prose(bundle: &Bundle, path: &str, all: &mut Vec<Diagnostic>) -> String {
    let text = bundle.files.get(path).filter(|text| !text.trim().is_empty());
    if let Some(text) = text.filter(|text| MAX_BYTES < text.len()) {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are kept", text.len());
        all.push(Diagnostic::error(path, Position { line: 1, column: 1 }, message));
    }
    text.cloned().unwrap_or_default()
}
