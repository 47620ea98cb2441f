//! `database:` of a scenario: what it is, and what it holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::{Engine, Fault, Problem, Schema, Script};

use crate::database::session;
use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::suggest;
use crate::scenario::migrate;
use crate::scenario::read::{duration, said};
use crate::scenario::{DatabaseShape, ScriptedSession, values};
use crate::time::{SimDuration, SimTime};

/// Rows of a table of which nothing is said.
const ROWS: u64 = 1_000;

/// The database; PostgreSQL without a schema if it is not described.
pub(super) fn read(
    root: &Cursor<'_>,
    workspace: &BTreeMap<String, String>,
    findings: &mut Findings,
    all: &mut Vec<Diagnostic>,
) -> DatabaseShape {
    let default = DatabaseShape::default();
    let Some(cursor) = root.get("database") else { return default };
    let text = |name: &str, default: String| cursor.text(name).map_or(default, str::to_owned);
    let default = match engine_of(root) {
        Engine::Postgresql => default,
        // `max_connections` is 151, and administrators have one more (MY-06).
        Engine::Mysql => {
            DatabaseShape { engine: Engine::Mysql, connections: 151, reserved: 1, ..default }
        }
    };
    let mut shape = DatabaseShape {
        given: true,
        name: text("name", default.name.clone()),
        cores: cursor.count("cores"),
        connections: cursor.count("connections").unwrap_or(default.connections),
        schema_version: text("schema-version", default.schema_version.clone()),
        ..default
    };
    let engine = shape.engine;
    let Some(place) = cursor.get("schema") else {
        for key in ["rows", "sessions", "values"] {
            if let Some(useless) = cursor.get(key) {
                let message = format!("database.{key}: there is no schema, so it has no effect");
                findings.fix(useless.position(), message, "name the schema: schema: schema.sql");
            }
        }
        return shape;
    };
    if let Some(mut schema) = schema(engine, &place, workspace, findings, all) {
        count_rows(&cursor, &mut schema, findings);
        check_statements(root, &schema, findings);
        shape.sessions = sessions(engine, &cursor, findings);
        shape.values = values::of_database(&cursor, findings);
        shape.at_start = migrate::at_start(root, &shape.name, workspace, (findings, all));
        shape.schema = Some(Arc::new(schema));
    }
    shape
}

/// The schema that the scenario writes down, or the file that it names.
fn schema(
    engine: Engine,
    place: &Cursor<'_>,
    workspace: &BTreeMap<String, String>,
    findings: &mut Findings,
    all: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    let text = place.node.as_str()?;
    let is_sql = text.contains(|c: char| c.is_whitespace() || c == ';');
    let (file, text) = match workspace.get(text) {
        _ if is_sql => (None, text),
        Some(content) => (Some(format!("workspace/{text}")), content.as_str()),
        None => {
            let message = format!("{}: there is no file workspace/{}", place.path, shorten(text));
            let names = workspace.keys().map(String::as_str);
            let help = suggest::did_you_mean(text, names)
                .unwrap_or_else(|| "add it to the folder workspace".to_owned());
            findings.fix(place.position(), message, help);
            return None;
        }
    };
    let made = engine.parse(text).and_then(|script| build(&script));
    let problems = match made {
        Ok(schema) => return Some(schema),
        Err(problems) => problems,
    };
    for problem in problems {
        match &file {
            Some(file) => all.push(placed(file, problem)),
            None => {
                let Problem { line, column, message, .. } = problem;
                let message = format!("{}: line {line}, column {column}: {message}", place.path);
                findings.error(place.position(), message);
            }
        }
    }
    None
}

fn build(script: &Script) -> Result<Schema, Vec<Problem>> {
    schema::compat::schema(script, &BTreeMap::new()).map_err(|failure| {
        let (line, column) = failure.place;
        let code = failure.code.map_or_else(String::new, |code| format!("{code}: "));
        let message = format!("{code}{}", failure.reason);
        vec![Problem { line, column, message, syntax_of: None }]
    })
}

/// Tells every table how many rows it has.
fn count_rows(database: &Cursor<'_>, schema: &mut Schema, findings: &mut Findings) {
    for table in schema.tables.values_mut() {
        table.rows = Some(ROWS);
    }
    let entries = database.get("rows").map(|rows| rows.entries()).unwrap_or_default();
    for (key, rows) in entries {
        let number = rows.number().and_then(|number| u64::try_from(number).ok());
        match schema.tables.get_mut(&key.text) {
            Some(table) => table.rows = number.or(table.rows),
            None => {
                let message = format!("{}: the schema has no such table", rows.path);
                let names = schema.tables.keys().map(String::as_str);
                let help = suggest::did_you_mean(&key.text, names)
                    .unwrap_or_else(|| "name a table of the schema".to_owned());
                findings.fix(key.position, message, help);
            }
        }
    }
}

/// Who else uses the database.
fn sessions(
    engine: Engine,
    database: &Cursor<'_>,
    findings: &mut Findings,
) -> Vec<ScriptedSession> {
    let mut sessions = Vec::new();
    for cursor in database.list("sessions") {
        let name = said(&cursor, "name", findings);
        let at = SimTime::ZERO + duration(&cursor, "at", SimDuration::ZERO, findings);
        let mut length = |key: &str| {
            cursor.get(key).map(|_| duration(&cursor, key, SimDuration::ZERO, findings))
        };
        let (runs, idle) = (length("runs"), length("idle"));
        let Some((place, text)) = cursor.get("sql").zip(cursor.text("sql")) else { continue };
        match engine.parse(text) {
            Ok(parsed) => {
                let mut script = session::Script::new(name, name, parsed.statements);
                script.lasts(runs, idle);
                sessions.push(ScriptedSession { at, script });
            }
            Err(problems) => {
                for Problem { line, column, message, .. } in problems {
                    let message =
                        format!("{}: line {line}, column {column}: {message}", place.path);
                    findings.error(place.position(), message);
                }
            }
        }
    }
    sessions
}

/// Every statement of a release must be one statement of SQL. What it does may be unknown: then it works
/// in a run, and a note says that nobody has checked it. Whether it works on the schema is the business
/// of the run, whose migrations change the schema.
fn check_statements(root: &Cursor<'_>, schema: &Schema, findings: &mut Findings) {
    let applications = root.get("applications").map(|map| map.entries()).unwrap_or_default();
    let routes = applications.iter().flat_map(|(_, application)| application.list("routes"));
    for cursor in routes.flat_map(|route| route.list("sql")) {
        let Some(text) = cursor.node.as_str().or(cursor.text("statement")) else { continue };
        let script = match schema.engine.parse(text) {
            Ok(script) => script,
            Err(problems) => {
                for Problem { line, column, message, .. } in problems {
                    let message = format!(
                        "{}: line {line}, column {column} of the statement: {message}",
                        cursor.path
                    );
                    findings.error(cursor.position(), message);
                }
                continue;
            }
        };
        let [statement] = &script.statements[..] else {
            let message = format!("{}: {} statements", cursor.path, script.statements.len());
            findings.fix(cursor.position(), message, "write one statement an item");
            continue;
        };
        if let Err(fault @ Fault::NotModelled(_)) = schema::check(schema, &statement.ast) {
            let message = format!("{}: {fault}; in a run it works and locks nothing", cursor.path);
            findings.note(cursor.position(), message);
        }
    }
}

/// What a task executes: files of the workspace, in the order of their names within a folder.
pub(super) fn task(
    root: &Cursor<'_>,
    task: &Cursor<'_>,
    image: &str,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> Option<session::Script> {
    let Some(list) = task.get("sql") else {
        let name = root.get("database").and_then(|database| database.text("name"));
        let name = name.unwrap_or("database");
        return migrate::read(root, task, (name, false), workspace, (findings, all));
    };
    if let Some(second) = task.get("migrate") {
        let message = format!("{}: the task has sql already", second.path);
        findings.fix(second.position(), message, "write one of sql and migrate");
    }
    if root.get("database").and_then(|database| database.get("schema")).is_none() {
        let message = format!("{}: the database has no schema that it could change", list.path);
        findings.fix(list.position(), message, "name it: database: {schema: schema.sql}");
        return None;
    }
    let engine = engine_of(root);
    let mut files = Vec::new();
    for item in task.list("sql") {
        let name = item.node.as_str().unwrap_or_default().trim_end_matches('/');
        let folder = format!("{name}/");
        let below = |(path, _): &(&String, &String)| {
            *path == name || path.starts_with(&folder) && path.ends_with(".sql")
        };
        let before = files.len();
        for (path, text) in workspace.iter().filter(below) {
            match engine.parse(text) {
                Ok(script) => files.push((path.clone(), script.statements)),
                Err(problems) => all.extend(
                    problems
                        .into_iter()
                        .map(|problem| placed(&format!("workspace/{path}"), problem)),
                ),
            }
        }
        if files.len() == before {
            let message = format!("{}: there is no SQL in workspace/{}", item.path, shorten(name));
            let help = suggest::did_you_mean(name, workspace.keys().map(String::as_str))
                .unwrap_or_else(|| "add it to the folder workspace".to_owned());
            findings.fix(item.position(), message, help);
        }
    }
    let application = image.rsplit('/').next().unwrap_or(image);
    Some(session::Script::migrations(application, files))
}

/// The engine that a scenario names.
pub(super) fn engine_of(root: &Cursor<'_>) -> Engine {
    match root.get("database").and_then(|database| database.text("engine")) {
        Some("mysql") => Engine::Mysql,
        _ => Engine::Postgresql,
    }
}

pub(super) fn placed(file: &str, problem: Problem) -> Diagnostic {
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let position = Position { line: number(problem.line), column: number(problem.column) };
    Diagnostic::error(file, position, problem.message)
}
