//! `migrate:` of a task or an application: the tool that it runs, and with which files.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::Engine;
use schema::flyway::Settings;
use schema::liquibase::Filter;

use crate::database::dialect::Dialect;
use crate::database::session::Script;
use crate::database::tool::changelog::Changelog;
use crate::database::tool::flyway::{self, Files};
use crate::database::tool::liquibase::{self, Command, POLL, WAIT};
use crate::database::tool::{DRIVER, FLYWAY, Tool};
use crate::diagnostic::Diagnostic;
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::suggest;
use crate::scenario::database::{engine_of, placed};

/// What releases migrate before they listen, by image; `name` is that of the database.
pub(super) fn at_start(
    root: &Cursor<'_>,
    name: &str,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> BTreeMap<String, Script> {
    let applications = root.get("applications").map(|map| map.entries()).unwrap_or_default();
    let mut scripts = BTreeMap::new();
    for (image, application) in applications {
        let read = read(root, &application, (name, true), workspace, (findings, all));
        scripts.extend(read.map(|script| (image.text.clone(), script)));
    }
    scripts
}

/// The tool that something runs; `talks` is whether it logs what it waits for, as a library does.
pub(super) fn read(
    root: &Cursor<'_>,
    owner: &Cursor<'_>,
    (name, talks): (&str, bool),
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> Option<Script> {
    let migrate = owner.get("migrate")?;
    if root.get("database").and_then(|database| database.get("schema")).is_none() {
        let message = format!("{}: the database has no schema that it could change", migrate.path);
        findings.fix(migrate.position(), message, "name it: database: {schema: schema.sql}");
        return None;
    }
    match (migrate.get("flyway"), migrate.get("liquibase")) {
        (Some(folder), None) => {
            let engine = engine_of(root);
            let files = migrations(engine, &folder, workspace, (findings, all))?;
            let dialect = Dialect::of(engine);
            let settings = Settings { schema: dialect.schema(name), ..Settings::default() };
            let job =
                flyway::Job { files, settings, user: "app".to_owned(), undoes: false, dialect };
            Some(Script::of_tool(FLYWAY, Some("app"), Tool::Flyway(Arc::new(job))))
        }
        (None, Some(place)) if engine_of(root) != Engine::Postgresql => {
            let message = format!("{}: Liquibase with MySQL is not modelled", place.path);
            findings.fix(place.position(), message, "write flyway: db/migration");
            None
        }
        (None, Some(place)) => {
            let changelog = changelog(&place, workspace, (findings, all))?;
            let job = liquibase::Job {
                changelog,
                filter: Filter::default(),
                command: Command::Update,
                verb: "update".to_owned(),
                address: format!("app@jdbc:postgresql://database:5432/{name}"),
                wait: WAIT,
                poll: POLL,
                talks,
            };
            Some(Script::of_tool(DRIVER, Some("app"), Tool::Liquibase(Arc::new(job))))
        }
        _ => {
            let message = format!("{}: there must be exactly one tool", migrate.path);
            let help = "write flyway: db/migration, or liquibase: changelog.yaml";
            findings.fix(migrate.position(), message, help);
            None
        }
    }
}

fn migrations(
    engine: Engine,
    folder: &Cursor<'_>,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> Option<Files> {
    let name = folder.node.as_str()?.trim_end_matches('/');
    let found = match Files::find(engine, workspace, &[name.to_owned()]) {
        Ok(found) => found,
        Err(problem) => {
            findings.error(folder.position(), format!("{}: {problem}", folder.path));
            return None;
        }
    };
    if found.migrations.is_empty() {
        missing(folder, "there is no migration in", workspace, findings);
    }
    let faults = found.faults.iter().cloned();
    all.extend(faults.map(|(file, problem)| placed(&format!("workspace/{file}"), problem)));
    Some(found)
}

fn changelog(
    place: &Cursor<'_>,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> Option<Changelog> {
    let name = place.node.as_str()?;
    if !workspace.contains_key(name) {
        missing(place, "there is no changelog", workspace, findings);
        return None;
    }
    let read = Changelog::load(workspace, name).map_err(|problems| {
        let inside = |problem: Diagnostic| Diagnostic {
            file: format!("workspace/{}", problem.file),
            ..problem
        };
        all.extend(problems.into_iter().map(inside));
    });
    read.ok()
}

fn missing(
    place: &Cursor<'_>,
    what: &str,
    workspace: &BTreeMap<String, String>,
    findings: &mut Findings,
) {
    let name = place.node.as_str().unwrap_or_default();
    let message = format!("{}: {what} workspace/{}", place.path, shorten(name));
    let help = suggest::did_you_mean(name, workspace.keys().map(String::as_str))
        .unwrap_or_else(|| "add it to the folder workspace".to_owned());
    findings.fix(place.position(), message, help);
}
