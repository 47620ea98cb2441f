//! `pipeline.yaml`: from text to a plan.
//!
//! ```yaml
//! on: push
//! stages:
//!   - stage: build
//!     takes: 60s
//!   - stage: deploy green
//!     run:
//!       - kubectl apply -f green-deployment.yaml
//!       - kubectl rollout status deployment/my-app-green --timeout=5m
//!   - stage: smoke
//!     run: [smoke smoke-green --for=30s]
//!   - stage: canary
//!     run: [kubectl apply -f virtual-service-canary.yaml]
//!     observe: { for: 3m, every: 15s, after: 1m, holds: 'sum(rate(...)) < 0.01' }
//!     rollback: [kubectl apply -f virtual-service-blue.yaml]
//!   - stage: cutover
//!     approval: 30m
//!     run: [kubectl apply -f virtual-service-green.yaml]
//!     rollback: [kubectl apply -f virtual-service-blue.yaml]
//! ```

use crate::diagnostic::Diagnostic;
use crate::manifest::check::{Wording, check, shorten};
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::schema::{Object, Shape, field};
use crate::manifest::yaml::{self, Node};
use crate::telemetry::promql::{Kind, Query};
use crate::time::SimDuration;
use Shape::{Choice, Duration, List, String as Text};

/// Most stages of a pipeline.
const STAGES_MAX: usize = 50;
/// Longest that a stage takes, waits or observes.
const LENGTH_MAX: SimDuration = SimDuration::from_secs(24 * 3_600);
/// How often a gate is asked if nothing is said.
const EVERY: SimDuration = SimDuration::from_secs(15);
/// Time between two looks that is too short to make sense.
const EVERY_MIN: SimDuration = SimDuration::from_secs(1);

static PIPELINE: Object = Object {
    name: "Pipeline",
    fields: &[
        field("on", Choice(&["push", "hand"]), "What starts it; hand if not given."),
        field("stages", List(&Shape::Object(&STAGE)), "What it does, in this order.").required(),
    ],
};

static STAGE: Object = Object {
    name: "Stage",
    fields: &[
        field("stage", Text, "Its name.").required(),
        field("approval", Duration, "How long somebody may take to approve before it begins."),
        field("takes", Duration, "How long it works at what is not simulated: building, testing."),
        field("run", Shape::STRINGS, "Commands of the console; the first that fails ends it."),
        field("observe", Shape::Object(&OBSERVE), "What must hold afterwards, and how long."),
        field("rollback", Shape::STRINGS, "Commands if this stage or a later one fails."),
    ],
};

static OBSERVE: Object = Object {
    name: "Observe",
    fields: &[
        field("for", Duration, "How long.").required(),
        field("every", Duration, "Time between two looks; 15s if not given."),
        field("after", Duration, "Time before the first look; every if not given."),
        field("holds", Text, "A condition in PromQL: what gives no sample does not hold.")
            .required(),
    ],
};

/// What a pipeline does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whether `git push` starts it.
    pub on_push: bool,
    /// Its stages, at least one.
    pub stages: Vec<Stage>,
}

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// What it does, in this order.
    pub tasks: Vec<Task>,
    /// Commands that take it back.
    pub rollback: Vec<String>,
}

/// A part of a stage.
#[derive(Clone, Debug)]
pub enum Task {
    /// Somebody has to approve, within this time.
    Approval(SimDuration),
    /// It works at something that is not simulated.
    Work(SimDuration),
    /// A command of the console.
    Command(String),
    /// A condition must hold for a while.
    Observe(Gate),
}

/// A condition that must hold for a while.
#[derive(Clone, Debug)]
pub struct Gate {
    /// How long.
    pub length: SimDuration,
    /// Time between two looks.
    pub every: SimDuration,
    /// Time before the first one: what has just been done must show in what is measured.
    pub after: SimDuration,
    /// The condition as it is written.
    pub text: String,
    /// The condition.
    pub query: Query,
}

/// Reads a pipeline; or tells everything that is wrong with it.
pub fn read(file: &str, text: &str) -> Result<Plan, Vec<Diagnostic>> {
    let mut documents = yaml::parse(file, text).map_err(|fault| vec![fault])?;
    let mut findings = Findings::new(file);
    let root = match (documents.len(), documents.pop()) {
        (1, Some(root)) => root,
        (count, _) => {
            let start = crate::diagnostic::Position { line: 1, column: 1 };
            let message = format!("a pipeline is one document, and here are {count}");
            findings.fix(start, message, "write one, with the key stages");
            return Err(findings.split().0);
        }
    };
    let plan = plan(&root, &mut findings);
    let (errors, _) = findings.split();
    if errors.is_empty() { Ok(plan) } else { Err(errors) }
}

fn plan(root: &Node, findings: &mut Findings) -> Plan {
    check(root, &PIPELINE, Wording::Scenario, findings);
    let root = Cursor::root(root);
    let all = root.list("stages");
    if let (Some(list), true) = (root.get("stages"), all.is_empty() || STAGES_MAX < all.len()) {
        let message = format!("stages: there are {}", all.len());
        findings.fix(list.position(), message, format!("write 1 to {STAGES_MAX} stages"));
    }
    let mut stages: Vec<Stage> = Vec::new();
    for cursor in &all {
        let stage = stage(cursor, findings);
        if stages.iter().any(|earlier| earlier.name == stage.name) {
            let message = format!("{}: {:?} is there already", cursor.path, shorten(&stage.name));
            findings.fix(cursor.position(), message, "give each stage a name of its own");
        }
        stages.push(stage);
    }
    Plan { on_push: root.text("on") == Some("push"), stages }
}

fn stage(cursor: &Cursor<'_>, findings: &mut Findings) -> Stage {
    let name = cursor.text("stage").unwrap_or_default().trim().to_owned();
    if let (Some(place), true) = (cursor.get("stage"), name.is_empty() || name.contains('\n')) {
        findings.fix(place.position(), format!("{} is no name", place.path), "write a few words");
    }
    let mut tasks = Vec::new();
    tasks.extend(length(cursor, "approval", findings).map(Task::Approval));
    tasks.extend(length(cursor, "takes", findings).map(Task::Work));
    tasks.extend(commands(cursor, "run", findings).into_iter().map(Task::Command));
    tasks
        .extend(cursor.get("observe").and_then(|gate| observe(&gate, findings)).map(Task::Observe));
    let rollback = commands(cursor, "rollback", findings);
    if tasks.is_empty() && findings.is_usable() {
        let message = format!("{}: the stage does nothing", cursor.path);
        findings.fix(cursor.position(), message, "write approval, takes, run or observe");
    }
    Stage { name, tasks, rollback }
}

fn length(owner: &Cursor<'_>, name: &str, findings: &mut Findings) -> Option<SimDuration> {
    let (cursor, length) = (owner.get(name)?, owner.duration(name)?);
    if length == SimDuration::ZERO || LENGTH_MAX < length {
        let message = format!("{}: {length} is out of range", cursor.path);
        findings.fix(cursor.position(), message, "write a length above 0s, at most 24h");
    }
    Some(length)
}

fn commands(owner: &Cursor<'_>, name: &str, findings: &mut Findings) -> Vec<String> {
    for cursor in owner.list(name) {
        let line = cursor.node.as_str().unwrap_or("true");
        if line.trim().is_empty() {
            findings.fix(cursor.position(), format!("{} is empty", cursor.path), "write a command");
        } else if let Err(problem) = crate::console::check_line(line) {
            findings.error(cursor.position(), format!("{}: {problem}", cursor.path));
        }
    }
    owner.texts(name)
}

fn observe(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Gate> {
    let length = length(cursor, "for", findings)?;
    let every = self::length(cursor, "every", findings).unwrap_or(EVERY);
    if every < EVERY_MIN {
        let place = cursor.get("every").map_or(cursor.position(), |every| every.position());
        let message = format!("{}.every: {every} is out of range", cursor.path);
        findings.fix(place, message, "write 1s or more: nothing is scraped more often");
    }
    let after = self::length(cursor, "after", findings).unwrap_or(every);
    let (place, text) = (cursor.get("holds")?, cursor.text("holds")?);
    match Query::parse(text) {
        Ok(query) if matches!(query.kind(), Kind::Vector | Kind::Scalar) => {
            Some(Gate { length, every, after, text: text.trim().to_owned(), query })
        }
        Ok(_) => {
            let message = format!("{}: the query gives ranges or a text", place.path);
            findings.fix(place.position(), message, "write a condition, such as sum(up) > 0");
            None
        }
        Err(problem) => {
            findings.error(place.position(), format!("{}: {problem}", place.path));
            None
        }
    }
}
