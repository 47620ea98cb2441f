//! Whether files and history fit each other: `flyway validate` (FW-05).

use crate::flyway::history::{History, Kind};
use crate::flyway::state::{Info, Migration, Settings, State, info};

/// What does not fit, as Flyway says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Flyway's name for it, such as `CHECKSUM_MISMATCH`.
    pub code: &'static str,
    /// What it says, on one line or more.
    pub message: String,
}

/// Everything that does not fit. `migrating` tells whether what is pending is about to be run, which
/// makes it no mistake.
pub fn validate(
    migrations: &[Migration],
    history: &History,
    settings: &Settings,
    migrating: bool,
) -> Vec<Mismatch> {
    let infos = info(migrations, history, settings);
    infos.iter().filter_map(|info| mismatch(info, settings, migrating)).collect()
}

fn mismatch(info: &Info<'_>, settings: &Settings, migrating: bool) -> Option<Mismatch> {
    let (state, description) = (info.state, info.description());
    if info.is_ignored_by(settings) || state == State::AboveTarget {
        return None;
    }
    if state.is_failed() {
        return Some(failed(info));
    }
    let found = |code, message| Some(Mismatch { code, message });
    let not_applied = "Detected resolved migration not applied to database";
    let run = "To fix this error, either run migrate, or set -ignoreMigrationPatterns='*:pending'.";
    match (state, info.version()) {
        (State::Missing | State::Future, Some(version)) => {
            found("APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED", unresolved(&version.to_string()))
        }
        (State::Missing, None) => {
            found("APPLIED_REPEATABLE_MIGRATION_NOT_RESOLVED", unresolved(description))
        }
        (State::Ignored, Some(version)) => found(
            "RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED",
            format!(
                "{not_applied}: {version}.\nTo ignore this migration, set \
                 -ignoreMigrationPatterns='*:ignored'. To allow executing this migration, set \
                 -outOfOrder=true."
            ),
        ),
        (State::Pending | State::Outdated, _) if migrating => None,
        (State::Pending, Some(version)) => found(
            "RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED",
            format!("{not_applied}: {version}.\n{run}"),
        ),
        (State::Pending, None) => found(
            "RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED",
            format!(
                "Detected resolved repeatable migration not applied to database: \
                 {description}.\n{run}"
            ),
        ),
        (State::Outdated, None) => found(
            "OUTDATED_REPEATABLE_MIGRATION",
            format!(
                "Detected outdated resolved repeatable migration that should be re-applied to \
                 database: {description}.\nRun migrate to execute this migration."
            ),
        ),
        _ => changed(info),
    }
}

fn failed(info: &Info<'_>) -> Mismatch {
    let (code, what) = match info.version() {
        Some(version) => (
            "FAILED_VERSIONED_MIGRATION",
            format!("migration to version {version} ({})", info.description()),
        ),
        None => {
            ("FAILED_REPEATABLE_MIGRATION", format!("repeatable migration: {}", info.description()))
        }
    };
    let help =
        "Please remove any half-completed changes then run repair to fix the schema history.";
    Mismatch { code, message: format!("Detected failed {what}.\n{help}") }
}

fn unresolved(which: &str) -> String {
    format!(
        "Detected applied migration not resolved locally: {which}.\nIf you removed this migration \
         intentionally, run repair to mark the migration as deleted."
    )
}

/// What of a versioned migration is not as it was when it was run.
fn changed(info: &Info<'_>) -> Option<Mismatch> {
    let (entry, migration) = (info.entry?, info.migration?);
    if entry.kind != Kind::Sql || info.state == State::Undone {
        return None;
    }
    let version = entry.version.as_ref()?;
    let mismatch = |code, what: &str, applied: String, resolved: String| {
        let message = format!(
            "Migration {what} mismatch for migration version {version}\n-> Applied to database : \
             {applied}\n-> Resolved locally    : {resolved}\nEither revert the changes to the \
             migration, or run repair to update the schema history."
        );
        Some(Mismatch { code, message })
    };
    if entry.checksum != Some(migration.checksum) {
        let applied = entry.checksum.map_or_else(|| "null".to_owned(), |sum| sum.to_string());
        return mismatch("CHECKSUM_MISMATCH", "checksum", applied, migration.checksum.to_string());
    }
    let description = migration.name.description();
    if entry.description != description {
        let (applied, resolved) = (entry.description.clone(), description.to_owned());
        return mismatch("DESCRIPTION_MISMATCH", "description", applied, resolved);
    }
    None
}
