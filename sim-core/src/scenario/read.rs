//! From the checked tree of `scenario.yaml` to the world it describes, with defaults and limits.

use std::collections::BTreeMap;

use crate::application::memory::Memory;
use crate::application::release::{Release, ReleaseRoute, Statement};
use crate::application::task::Task;
use crate::cluster::version::Version;
use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::amount;
use crate::manifest::check::{shorten, shown};
use crate::manifest::findings::Findings;
use crate::manifest::pod::quantity;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::Value;
use crate::random::Lognormal;
use crate::scenario::keys::METHODS;
use crate::scenario::{
    ClusterShape, Hint, MeshShape, Objective, ObjectiveMode, Scripted, Timing, Trigger,
};
use crate::scenario::{database, values};
use crate::telemetry::promql::{Query, QueryError};
use crate::time::{SimDuration, SimTime};

/// Longest run.
pub(super) const MAX_DURATION: SimDuration = SimDuration::from_secs(24 * 3_600);

/// A length of time that must be positive and at most a day; `default` if it is not given.
pub(super) fn duration(
    owner: &Cursor<'_>,
    name: &str,
    default: SimDuration,
    findings: &mut Findings,
) -> SimDuration {
    let (Some(cursor), Some(length)) = (owner.get(name), owner.duration(name)) else {
        return default;
    };
    if length == SimDuration::ZERO || MAX_DURATION < length {
        out_of_range(&cursor, "above 0s, at most 24h", findings);
    }
    length
}

pub(super) fn range(
    owner: &Cursor<'_>,
    name: &str,
    default: (SimDuration, SimDuration),
    findings: &mut Findings,
) -> (SimDuration, SimDuration) {
    let range = owner.text(name).and_then(amount::duration_range);
    let (Some(cursor), Some(range)) = (owner.get(name), range) else { return default };
    if MAX_DURATION < range.1 {
        out_of_range(&cursor, "at most 24h", findings);
    }
    range
}

pub(super) fn number(
    owner: &Cursor<'_>,
    name: &str,
    default: f64,
    (least, most): (f64, f64),
    findings: &mut Findings,
) -> f64 {
    let Some(cursor) = owner.get(name) else { return default };
    let number = match cursor.node.value {
        Value::Int(number) => number as f64,
        Value::Float(number) => number,
        _ => return default,
    };
    if !(least..=most).contains(&number) {
        out_of_range(&cursor, &format!("between {least} and {most}"), findings);
    }
    number
}

pub(super) fn out_of_range(cursor: &Cursor<'_>, limits: &str, findings: &mut Findings) {
    let message = format!("{}: {} is out of range", cursor.path, shown(cursor.node));
    findings.fix(cursor.position(), message, format!("write a value {limits}"));
}

/// Whether a text is lower case, digits and inner hyphens; a problem if not.
pub(super) fn slug(cursor: &Cursor<'_>, findings: &mut Findings) -> bool {
    let Some(text) = cursor.node.as_str() else { return false };
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = text.starts_with('-') || text.ends_with('-');
    let good = (1..=63).contains(&text.len()) && text.chars().all(inner) && !ends;
    if !good {
        let message = format!("{}: {:?} is no name", cursor.path, shorten(text));
        findings.fix(cursor.position(), message, "use lower case, digits and inner hyphens");
    }
    good
}

/// A text that must say something.
pub(super) fn said<'n>(owner: &Cursor<'n>, name: &str, findings: &mut Findings) -> &'n str {
    let text = owner.text(name).unwrap_or_default();
    if let (Some(cursor), true) = (owner.get(name), text.trim().is_empty()) {
        findings.error(cursor.position(), format!("{} is empty", cursor.path));
    }
    text
}

pub(super) fn cluster(root: &Cursor<'_>, findings: &mut Findings) -> ClusterShape {
    let default = ClusterShape::default();
    let Some(cluster) = root.get("cluster") else { return default };
    let mut milli = |name: &str, default: u64| {
        let Some(cursor) = cluster.get(name) else { return default };
        let milli = match &cursor.node.value {
            Value::String(text) => amount::quantity_milli(text),
            other => crate::manifest::read::whole(other).map(|n| i128::from(n) * 1_000),
        };
        let milli = milli.unwrap_or(1);
        if !(1..=1_i128 << 60).contains(&milli) {
            out_of_range(&cursor, "above 0, such as 4 or 16Gi", findings);
        }
        milli.clamp(0, 1 << 60) as u64
    };
    ClusterShape {
        cpu_milli: milli("cpu", default.cpu_milli),
        memory_bytes: milli("memory", default.memory_bytes * 1_000) / 1_000,
        nodes: cluster.count("nodes").unwrap_or(default.nodes),
        version: version(&cluster, findings),
    }
}

fn version(cluster: &Cursor<'_>, findings: &mut Findings) -> Version {
    let (Some(cursor), Some(text)) = (cluster.get("version"), cluster.text("version")) else {
        return Version::default();
    };
    Version::parse(text).unwrap_or_else(|| {
        let message = format!("{}: {:?} is no known version", cursor.path, shorten(text));
        findings.fix(cursor.position(), message, "write v1.29 to v1.35");
        Version::default()
    })
}

pub(super) fn mesh(root: &Cursor<'_>) -> MeshShape {
    let gateways = root.get("mesh").and_then(|mesh| mesh.count("gateways"));
    let gateways = gateways.and_then(|count| u8::try_from(count).ok());
    gateways.map_or_else(MeshShape::default, |count| MeshShape { gateways: count.max(1) })
}

pub(super) fn timing(root: &Cursor<'_>, findings: &mut Findings) -> Timing {
    let default = Timing::default();
    let Some(timing) = root.get("timing") else { return default };
    Timing {
        hop: duration(&timing, "hop", default.hop, findings),
        watch: range(&timing, "watch", default.watch, findings),
        debounce: duration(&timing, "debounce", default.debounce, findings),
        debounce_max: duration(&timing, "debounce-max", default.debounce_max, findings),
        push: range(&timing, "push", default.push, findings),
        pull: range(&timing, "pull", default.pull, findings),
        create: range(&timing, "create", default.create, findings),
        sidecar: range(&timing, "sidecar", default.sidecar, findings),
        crash_back_off_max: crash_back_off_max(&timing, default.crash_back_off_max, findings),
        scrape: scrape(&timing, default.scrape, findings),
        scrape_phases: timing.flag("scrape-phases"),
    }
}

/// What a kubelet accepts as `crashLoopBackOff.maxContainerRestartPeriod` (K8S-52).
fn crash_back_off_max(
    timing: &Cursor<'_>,
    default: SimDuration,
    findings: &mut Findings,
) -> SimDuration {
    let name = "crash-back-off-max";
    let max = duration(timing, name, default, findings);
    if let (Some(cursor), false) =
        (timing.get(name), (SimDuration::from_secs(1)..=default).contains(&max))
    {
        out_of_range(&cursor, "between 1s and 300s", findings);
    }
    max
}

/// Every interval makes samples of every series: below a second a run would be all scraping.
fn scrape(timing: &Cursor<'_>, default: SimDuration, findings: &mut Findings) -> SimDuration {
    let scrape = duration(timing, "scrape", default, findings);
    if let (Some(cursor), true) = (timing.get("scrape"), scrape < SimDuration::from_secs(1)) {
        out_of_range(&cursor, "of at least 1s", findings);
    }
    scrape
}

pub(super) fn releases(root: &Cursor<'_>, findings: &mut Findings) -> BTreeMap<String, Release> {
    let applications = root.get("applications").map(|map| map.entries()).unwrap_or_default();
    let has_schema = root.get("database").is_some_and(|database| database.get("schema").is_some());
    let mut release = |application: &Cursor<'_>| {
        let startup = SimDuration::from_secs(5);
        let cold = application.get("cold");
        let mut cold_number = |name: &str, limits| {
            cold.as_ref().map_or(1.0, |cold| number(cold, name, 1.0, limits, findings))
        };
        let cold_factor = cold_number("factor", (1.0, 1_000.0));
        let cold_requests = cold_number("requests", (1.0, 1e6));
        let checks = application.get("health").filter(|health| health.node.as_str().is_none());
        let path = checks.as_ref().map_or(application.text("health"), |health| health.text("path"));
        let routes = application.list("routes");
        if let (Some(list), true) = (application.get("routes"), routes.is_empty()) {
            findings.fix(list.position(), format!("{} is empty", list.path), "add - get: /path");
        }
        Release {
            startup: range(application, "startup", (startup, startup), findings),
            workers: application.count("workers").unwrap_or(16),
            queue: application.count("queue").unwrap_or(64),
            pool: application.count("pool"),
            cold_factor,
            cold_requests,
            connection_timeout: connection_timeout(application, findings),
            health: path.unwrap_or("/health").to_owned(),
            health_database: checks.as_ref().is_some_and(|health| health.flag("database")),
            graceful: application.get("graceful").is_none() || application.flag("graceful"),
            memory: memory(application, findings),
            values: values::of_release(application, has_schema, findings),
            routes: routes.iter().map(|cursor| route(cursor, findings)).collect(),
        }
    };
    applications.into_iter().map(|(key, cursor)| (key.text.clone(), release(&cursor))).collect()
}

/// How long a request waits for a connection of the pool: what HikariCP takes (POOL-01).
fn connection_timeout(application: &Cursor<'_>, findings: &mut Findings) -> SimDuration {
    let name = "connection-timeout";
    let timeout = duration(application, name, SimDuration::from_secs(30), findings);
    if let (Some(cursor), true) = (application.get(name), timeout < SimDuration::from_millis(250)) {
        out_of_range(&cursor, "of at least 250ms", findings);
    }
    timeout
}

pub(super) fn tasks(
    root: &Cursor<'_>,
    releases: &BTreeMap<String, Release>,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> BTreeMap<String, Task> {
    let tasks = root.get("tasks").map(|map| map.entries()).unwrap_or_default();
    let mut read = BTreeMap::new();
    for (key, task) in tasks {
        if releases.contains_key(&key.text) {
            let message = format!("tasks: {:?} is an application already", shorten(&key.text));
            findings.fix(key.position, message, "describe each image once");
        }
        let takes = SimDuration::from_secs(5);
        let exit = task.count("exit").unwrap_or(1).clamp(1, 255) as u8;
        let sql = database::task(root, &task, &key.text, workspace, (findings, all));
        let task = Task {
            sql,
            takes: range(&task, "takes", (takes, takes), findings),
            fails: number(&task, "fails", 0.0, (0.0, 1.0), findings),
            exit,
            log: task.texts("log"),
        };
        read.insert(key.text.clone(), task);
    }
    read
}

/// Memory of a process; 64Mi of base and nothing else if it is not described.
fn memory(application: &Cursor<'_>, findings: &mut Findings) -> Memory {
    let memory = application.get("memory");
    let leak = memory.as_ref().and_then(|memory| memory.get("leak"));
    let mut bytes = |owner: &Option<Cursor<'_>>, name: &str, default: u64| {
        let cursor = owner.as_ref().and_then(|owner| owner.get(name));
        let Some(cursor) = cursor else { return default };
        let bytes = quantity(cursor.node).unwrap_or(0).div_euclid(1_000);
        if !(0..=1_i128 << 50).contains(&bytes) {
            out_of_range(&cursor, "from 0 to 1Pi, such as 64Mi", findings);
        }
        bytes.clamp(0, 1 << 50) as u64
    };
    Memory {
        base: bytes(&memory, "base", 64 << 20),
        request: bytes(&memory, "request", 0),
        leak_request: bytes(&leak, "request", 0),
        leak_second: bytes(&leak, "second", 0),
    }
}

fn route(cursor: &Cursor<'_>, findings: &mut Findings) -> ReleaseRoute {
    let (method, path) = method_and_path(cursor, findings);
    let millis = SimDuration::from_millis;
    let (mut cpu_mean, mut cv) = (millis(1), 0.5);
    if let Some(cpu) = cursor.get("cpu") {
        cpu_mean = duration(&cpu, "mean", cpu_mean, findings);
        cv = number(&cpu, "cv", cv, (0.0, 10.0), findings);
    }
    let mut statement = |cursor: &Cursor<'_>| match cursor.node.as_str() {
        Some(text) => Statement { text: text.to_owned(), mean: millis(2) },
        None => Statement {
            text: said(cursor, "statement", findings).to_owned(),
            mean: duration(cursor, "mean", millis(2), findings),
        },
    };
    let sql = cursor.list("sql").iter().map(&mut statement).collect();
    let errors = number(cursor, "errors", 0.0, (0.0, 1.0), findings);
    let transaction = cursor.flag("transaction");
    let cpu = Lognormal::new(cpu_mean, cv);
    ReleaseRoute { method, path, cpu, cpu_mean, sql, transaction, errors }
}

/// `get: /orders`: exactly one method, and a path.
pub(super) fn method_and_path(cursor: &Cursor<'_>, findings: &mut Findings) -> (String, String) {
    let given = METHODS.iter().filter_map(|method| Some((method.name, cursor.get(method.name)?)));
    let given: Vec<_> = given.collect();
    let [(method, path)] = given.as_slice() else {
        let message = format!("{}: there must be exactly one method", cursor.path);
        findings.fix(cursor.position(), message, "write - get: /orders");
        return ("GET".to_owned(), "/".to_owned());
    };
    let text = path.node.as_str().unwrap_or("/");
    if !text.starts_with('/') || text.contains(char::is_whitespace) {
        let message = format!("{}: {:?} is no path", path.path, shorten(text));
        findings.fix(path.position(), message, "begin it with / and leave out spaces");
    }
    (method.to_uppercase(), text.to_owned())
}

pub(super) fn events(
    root: &Cursor<'_>,
    run: SimDuration,
    findings: &mut Findings,
) -> Vec<Scripted> {
    let mut events = Vec::new();
    for cursor in root.list("events") {
        let command = said(&cursor, "run", findings).to_owned();
        let trigger = match (cursor.get("at"), cursor.get("when")) {
            (Some(at), None) => {
                let time = cursor.duration("at").unwrap_or_default();
                if run < time {
                    let message = format!("{}: the run is over by then", at.path);
                    findings.fix(at.position(), message, format!("write at most {run}"));
                }
                Trigger::At(SimTime::ZERO + time)
            }
            (None, Some(when)) => Trigger::When(query(&when, findings)),
            _ => {
                let message = format!("{}: there must be either at or when", cursor.path);
                findings.fix(
                    cursor.position(),
                    message,
                    "write at: 6m, or when: and a PromQL query",
                );
                continue;
            }
        };
        events.push(Scripted { trigger, run: command });
    }
    events
}

pub(super) fn objectives(root: &Cursor<'_>, findings: &mut Findings) -> Vec<Objective> {
    const MODES: [(&str, ObjectiveMode); 3] = [
        ("at-end", ObjectiveMode::AtEnd),
        ("always", ObjectiveMode::Always),
        ("eventually", ObjectiveMode::Eventually),
    ];
    let mut objectives: Vec<Objective> = Vec::new();
    for cursor in root.list("objectives") {
        let id = cursor.text("id").unwrap_or_default().to_owned();
        if let Some(cursor) = cursor.get("id") {
            slug(&cursor, findings);
            if objectives.iter().any(|other| other.id == id) {
                let message = format!("{}: there are two objectives {id:?}", cursor.path);
                findings.error(cursor.position(), message);
            }
        }
        let given = MODES.iter().filter_map(|(name, mode)| Some((cursor.get(name)?, *mode)));
        let given: Vec<_> = given.collect();
        let [(condition, mode)] = given.as_slice() else {
            let message = format!("{}: there must be exactly one condition", cursor.path);
            let help = "write at-end, always or eventually, with a PromQL query";
            findings.fix(cursor.position(), message, help);
            continue;
        };
        let title = said(&cursor, "title", findings).to_owned();
        let (place, path) = (condition.position(), &condition.path);
        let text = query(condition, findings);
        warn_of_first_sample(&text, place, path, findings);
        objectives.push(Objective { id, title, mode: *mode, condition: text });
    }
    objectives
}

pub(super) fn hints(
    root: &Cursor<'_>,
    objectives: &[Objective],
    findings: &mut Findings,
) -> Vec<Hint> {
    let read = |cursor: Cursor<'_>| {
        if let (Some(id), Some(place)) = (cursor.text("towards"), cursor.get("towards"))
            && objectives.iter().all(|objective| objective.id != id)
        {
            let message = format!("{}: there is no objective {id:?}", place.path);
            let ids: Vec<_> = objectives.iter().map(|objective| &*objective.id).collect();
            findings.fix(place.position(), message, format!("write one of {}", ids.join(", ")));
        }
        Hint {
            when: cursor.get("when").map(|when| query(&when, findings)).unwrap_or_default(),
            say: said(&cursor, "say", findings).to_owned(),
            towards: cursor.text("towards").map(str::to_owned),
        }
    };
    root.list("hints").into_iter().map(read).collect()
}

/// An objective that holds although it was missed is worse than none (PROM-04).
fn warn_of_first_sample(query: &str, place: Position, path: &str, findings: &mut Findings) {
    if Query::parse(query).is_ok_and(|query| query.misses_first_sample()) {
        findings.note(
            place,
            format!(
                "{path}: this holds although something was counted: what a counter counts before its \
                 first sample is in no increase or rate; compare the counter itself: \
                 (sum(...) or vector(0)) == 0"
            ),
        );
    }
}

/// A PromQL query that can be evaluated.
fn query(cursor: &Cursor<'_>, findings: &mut Findings) -> String {
    let text = cursor.node.as_str().unwrap_or_default();
    if let Err(problem) = Query::parse(text) {
        let QueryError { message, column } = problem;
        let message = format!("{}: character {column} of the query: {message}", cursor.path);
        findings.error(cursor.position(), message);
    }
    text.to_owned()
}
