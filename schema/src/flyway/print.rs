//! What Flyway's command line prints.

use std::fmt::Write;

use crate::fault::SqlError;
use crate::flyway::VERSION;
use crate::flyway::history::Kind;
use crate::flyway::name::{Name, Version};
use crate::flyway::plan::{Next, Repaired, current};
use crate::flyway::state::{Info, Migration, State, is_undoable};
use crate::flyway::validate::Mismatch;
use crate::session;
use crate::sql::Statement;

/// The columns of `flyway info`.
const HEADER: [&str; 7] =
    ["Category", "Version", "Description", "Type", "Installed On", "State", "Undoable"];

/// The folder in which Flyway is called.
const FOLDER: &str = "/workspace";

/// What stands above everything else; `address` is that of the database, `server` its name and version.
pub fn banner(address: &str, server: &str) -> String {
    format!(
        "Flyway Teams Edition {VERSION} by Redgate\n\nSee release notes here: https://rd.gt/416ObMi\n\
         Database: {address} ({server})\n"
    )
}

/// The answer of `flyway info`.
pub fn info(migrations: &[Migration], infos: &[Info<'_>]) -> String {
    let version =
        current(infos).map_or_else(|| "<< Empty Schema >>".to_owned(), ToString::to_string);
    let head = format!("Schema version: {version}\n\n");
    if infos.is_empty() {
        return format!(
            "{head}+-----------------------+\n| No migrations found   |\n+-----------------------+\n"
        );
    }
    let rows: Vec<[String; 7]> = infos.iter().map(|info| row(migrations, info)).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADER[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADER.len()).map(width).collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect();
    let line = |cells: &[&str]| {
        let cells = cells.iter().zip(&widths).map(|(cell, &width)| format!("| {cell:width$} "));
        format!("{}|\n", cells.collect::<String>())
    };
    let mut text = format!("{head}{rule}+\n{}{rule}+\n", line(&HEADER));
    for row in &rows {
        text += &line(&row.each_ref().map(String::as_str));
    }
    text + &rule + "+\n"
}

fn row(migrations: &[Migration], info: &Info<'_>) -> [String; 7] {
    let undo = match (info.entry, info.migration) {
        (Some(entry), _) => entry.kind == Kind::Undo,
        (None, Some(migration)) => matches!(migration.name, Name::Undo(..)),
        (None, None) => false,
    };
    let kind = info.entry.map_or(if undo { Kind::Undo } else { Kind::Sql }, |entry| entry.kind);
    let category = match (kind, info.version()) {
        (Kind::Baseline | Kind::Delete, _) => "",
        (Kind::Undo, _) => "Undo",
        (Kind::Sql, Some(_)) => "Versioned",
        (Kind::Sql, None) => "Repeatable",
    };
    let undoable = match info.version() {
        Some(version) if kind == Kind::Sql && info.state != State::Undone => {
            if is_undoable(migrations, version) { "Yes" } else { "No" }
        }
        _ => "",
    };
    [
        category.to_owned(),
        info.version().map(ToString::to_string).unwrap_or_default(),
        info.description().to_owned(),
        kind.text().to_owned(),
        info.entry.map(|entry| entry.installed_on.clone()).unwrap_or_default(),
        info.state.text().to_owned(),
        undoable.to_owned(),
    ]
}

/// What `validate` says, or `migrate` before it does anything; `millis` is how long it took.
pub fn validated(migrations: &[Migration], mismatches: &[Mismatch], millis: u64) -> String {
    if mismatches.is_empty() {
        let count = counted(migrations.len(), "migration");
        return format!("Successfully validated {count} (execution time {})\n", clock(millis));
    }
    let mut text = "ERROR: Validate failed: Migrations have failed validation\n".to_owned();
    for mismatch in mismatches {
        text += &mismatch.message;
        text.push('\n');
    }
    text + "Need more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE\n"
}

/// What a migration of a schema is called in messages.
pub fn named(next: &Next<'_>, schema: &str, transactional: bool) -> String {
    let name = &next.migration.name;
    let description = name.description();
    let mut text = match name.version() {
        Some(version) => format!("schema {schema} to version \"{version} - {description}\""),
        None => format!("schema {schema} with repeatable migration \"{description}\""),
    };
    if next.out_of_order {
        text += " [out of order]";
    }
    if !transactional {
        text += " [non-transactional]";
    }
    text
}

/// What `migrate` says when it makes its table; `baseline` is the version that the schema is taken to have.
pub fn creates(table: &str, baseline: Option<&Version>) -> String {
    let table = format!("Creating Schema History table {table}");
    match baseline {
        None => format!("{table} ...\n"),
        Some(version) => format!(
            "{table} with baseline ...\nSuccessfully baselined schema with version: {version}\n"
        ),
    }
}

/// What `migrate` says at its end: how many migrations, up to which version, and how long it took.
pub fn migrated(count: usize, schema: &str, version: Option<String>, millis: u64) -> String {
    if count == 0 {
        return format!("Schema {schema} is up to date. No migration necessary.\n");
    }
    let (count, end) = (counted(count, "migration"), end(version, millis));
    format!("Successfully applied {count} to schema {schema}{end}\n")
}

/// What `undo` says at its end: the version that is the newest then, and how long it took.
pub fn undone(schema: &str, version: Option<String>, millis: u64) -> String {
    let end = end(version, millis);
    format!("Successfully undid 1 migration to schema {schema}{end}\n")
}

fn end(version: Option<String>, millis: u64) -> String {
    let now = version.map(|version| format!(", now at version v{version}")).unwrap_or_default();
    format!("{now} (execution time {})", clock(millis))
}

/// What `repair` says. Where the server has no transactions around DDL, a failed migration has left
/// something behind (MY-05).
pub fn repaired(done: &Repaired, table: &str, exists: bool, transactional: bool) -> String {
    let mut text = String::new();
    if !done.removed {
        let why = match exists {
            true => ". No failed migration detected.",
            false => " as table doesn't exist.",
        };
        let what = "Repair of failed migration in Schema History table";
        let _ = writeln!(text, "{what} {table} not necessary{why}");
    }
    let repairing = "Repairing Schema History table for";
    for entry in &done.deleted {
        let which = match &entry.version {
            Some(version) => format!("version \"{version}\""),
            None => format!("description \"{}\"", entry.description),
        };
        let _ = writeln!(text, "{repairing} {which} (Marking as DELETED)  ...");
    }
    for Migration { name, checksum, .. } in &done.aligned {
        let version = name.version().map(ToString::to_string).unwrap_or_default();
        let description = name.description();
        let _ = writeln!(
            text,
            "{repairing} version {version} (Description: {description}, Type: SQL, Checksum: \
             {checksum})  ..."
        );
    }
    let time = clock(15);
    let _ = writeln!(
        text,
        "Successfully repaired schema history table {table} (execution time {time})."
    );
    if !done.deleted.is_empty() {
        text += "Please ensure the previous contents of the deleted migrations are removed from the \
                 database, or moved into an existing migration.\n";
    }
    if done.removed && !transactional {
        text += "Manual cleanup of the remaining effects of the failed migration may still be \
                 required.\n";
    }
    text
}

/// What a failed migration leaves: the server's answer, and where in the file. `named` is what the migration
/// is called, `undone` whether the server has taken all of it back (FW-08).
pub fn failed(
    (script, named): (&str, &str),
    error: &SqlError,
    statement: Option<&Statement>,
    undone: bool,
) -> String {
    let file = script.rsplit('/').next().unwrap_or(script);
    let after = match undone {
        true => "Changes successfully rolled back.",
        false => "Please restore backups and roll back database and code!",
    };
    let mut text = format!("ERROR: Migration of {named} failed! {after}\n");
    let title = format!("Script {file} failed");
    // PostgreSQL's driver puts its severity before the message, and has no numbers.
    let message = match error.number {
        Some(_) => error.message.clone(),
        None => session::driver_message(error, statement),
    };
    let (line, statement) =
        statement.map_or((1, ""), |statement| (statement.line, statement.text.as_str()));
    let _ = write!(
        text,
        "ERROR: {title}\n{}\nSQL State  : {}\nError Code : {}\nMessage    : {message}\n\
         Location   : {script} ({FOLDER}/{script})\nLine       : {line}\nStatement  : {statement}\n",
        "-".repeat(title.len()),
        error.code,
        error.number.unwrap_or(0),
    );
    text
}

/// Hours, minutes, seconds and thousandths, as Flyway writes them: `00:01.234s`.
pub fn clock(millis: u64) -> String {
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let clock = format!("{:02}:{:02}.{:03}s", minutes % 60, rest / 1_000, rest % 1_000);
    match minutes / 60 {
        0 => clock,
        hours => format!("{hours:02}:{clock}"),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
