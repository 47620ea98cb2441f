//! The migrations that lie in the workspace.

use schema::Statement;
use schema::flyway::{Migration, Name, checksum};

use crate::console::{Workspace, files};

/// Where migrations are looked for if nothing is said: the program's own default, and Spring's.
const PLACES: [&str; 2] = ["sql", "db/migration"];

/// Migrations with their files' texts, in the order in which they run; and names that are none.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) migrations: Vec<Migration>,
    pub(super) strangers: Vec<String>,
}

/// Finds the migrations of some folders.
pub(super) fn find(workspace: &Workspace, locations: &[String]) -> Result<Found, String> {
    let mut folders: Vec<String> = locations.iter().map(|written| folder(written)).collect();
    if folders.is_empty() {
        let there = PLACES.into_iter().filter(|place| files::is_folder(workspace, place));
        folders.extend(there.map(str::to_owned));
    }
    let mut found = Found::default();
    for folder in &folders {
        for path in files::below(workspace, folder) {
            if path.ends_with(".sql") {
                found.add(workspace, path);
            }
        }
    }
    found.migrations.sort_by(|one, other| one.name.order(&other.name));
    for pair in found.migrations.windows(2) {
        if pair[0].name.order(&pair[1].name).is_eq() {
            return Err(twice(&pair[0], &pair[1]));
        }
    }
    Ok(found)
}

/// `filesystem:db/migration` is a folder of the workspace.
fn folder(written: &str) -> String {
    let path = written.split_once(':').map_or(written, |(_, path)| path);
    path.trim_start_matches("./").trim_matches('/').to_owned()
}

fn twice(one: &Migration, other: &Migration) -> String {
    let which = match one.name.version() {
        Some(version) => format!("version {version}"),
        None => format!("description \"{}\"", one.name.description()),
    };
    format!(
        "ERROR: Found more than one migration with {which}\nOffenders:\n-> {} (SQL)\n-> {} (SQL)",
        one.script, other.script
    )
}

impl Found {
    fn add(&mut self, workspace: &Workspace, path: String) {
        let file = path.rsplit('/').next().unwrap_or(&path);
        match (Name::parse(file), files::read(workspace, &path)) {
            (Ok(name), Ok(text)) => {
                let checksum = checksum(text);
                self.migrations.push(Migration { name, script: path, checksum });
            }
            _ => self.strangers.push(path),
        }
    }
}

/// The statements of a migration's file; why there are none.
pub(super) fn statements(
    workspace: &Workspace,
    migration: &Migration,
) -> Result<Vec<Statement>, String> {
    let text = files::read(workspace, &migration.script).unwrap_or_default();
    let parsed = schema::parse(text).map_err(|problems| {
        let lines = problems.iter().map(|problem| {
            let schema::Problem { line, column, message, .. } = problem;
            format!("ERROR: {}:{line}:{column}: syntax error: {message}", migration.script)
        });
        lines.collect::<Vec<_>>().join("\n")
    })?;
    Ok(parsed.statements)
}
