//! What Flyway does next: `migrate`, `undo`, `repair` (FW-05, 06, 08).

use crate::flyway::history::{Entry, History, Kind};
use crate::flyway::name::{Name, Version};
use crate::flyway::state::{Info, Migration, Settings, State, info};

/// Why nothing is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// The migration that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// Whether a higher version has been run before.
    pub out_of_order: bool,
}

/// The migration that `migrate` runs next, if any is left. It refuses as long as a failed one stands in
/// the history (FW-08).
pub fn next<'a>(
    migrations: &'a [Migration],
    history: &'a History,
    settings: &Settings,
) -> Result<Option<Next<'a>>, Refusal> {
    let infos = info(migrations, history, settings);
    let failed = infos.iter().find(|info| {
        info.state.is_failed()
            && !(info.state == State::FutureFailed && info.is_ignored_by(settings))
    });
    if let Some(failed) = failed {
        let which = match failed.version() {
            Some(version) => format!("migration to version {version}"),
            None => format!("repeatable migration (\"{}\")", failed.description()),
        };
        return Err(Refusal(format!("Schema {} contains a failed {which} !", settings.schema)));
    }
    let pending = infos.iter().filter(|info| info.state == State::Pending);
    let Some(migration) = pending.filter_map(|info| info.migration).next() else {
        return Ok(None);
    };
    let late = migration.name.version().zip(current(&infos)).is_some_and(|(own, top)| own < top);
    Ok(Some(Next { migration, out_of_order: late }))
}

/// The version of the schema: the highest that has been run and stands.
pub fn current<'i>(infos: &'i [Info<'_>]) -> Option<&'i Version> {
    let stands = |info: &&Info<'_>| {
        let entry = info.entry.is_some_and(|entry| entry.kind != Kind::Undo);
        entry && !matches!(info.state, State::Undone | State::Deleted)
    };
    infos.iter().filter(stands).filter_map(Info::version).max()
}

/// The file that takes back the newest version.
pub fn undo<'a>(
    migrations: &'a [Migration],
    history: &'a History,
    settings: &Settings,
) -> Result<Option<&'a Migration>, Refusal> {
    let infos = info(migrations, history, settings);
    let Some(version) = current(&infos) else { return Ok(None) };
    let undoes =
        |migration: &&Migration| matches!(&migration.name, Name::Undo(of, _) if of == version);
    match migrations.iter().find(undoes) {
        Some(migration) => Ok(Some(migration)),
        None => Err(Refusal(format!(
            "Unable to undo migration to version {version} as no undo migration for this version is \
             available"
        ))),
    }
}

/// What `repair` has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Whether failed entries are gone.
    pub removed: bool,
    /// Entries that are marked as deleted.
    pub deleted: Vec<Entry>,
    /// Files whose checksum and description an entry has taken over.
    pub aligned: Vec<Migration>,
}

/// Mends the history: failed entries go, entries without a file are marked as deleted, the others
/// take over checksum and description of their file.
pub fn repair(
    migrations: &[Migration],
    history: &mut History,
    settings: &Settings,
    (by, on): (&str, &str),
) -> Repaired {
    let before = history.entries.len();
    history.entries.retain(|entry| entry.success);
    let removed = history.entries.len() < before;
    let infos = info(migrations, history, settings);
    let gone = infos.iter().filter(|info| {
        matches!(info.state, State::Missing | State::Future) && !info.is_ignored_by(settings)
    });
    let deleted: Vec<Entry> = gone.filter_map(|info| info.entry).cloned().collect();
    let changed: Vec<(u32, Migration)> = infos.iter().filter_map(realigned).collect();
    for entry in &deleted {
        let rank = history.next_rank();
        history.entries.push(Entry {
            rank,
            kind: Kind::Delete,
            installed_by: by.to_owned(),
            installed_on: on.to_owned(),
            millis: 0,
            ..entry.clone()
        });
    }
    for (rank, migration) in &changed {
        if let Some(entry) = history.entries.iter_mut().find(|entry| entry.rank == *rank) {
            entry.checksum = Some(migration.checksum);
            migration.name.description().clone_into(&mut entry.description);
        }
    }
    let aligned = changed.into_iter().map(|(_, migration)| migration).collect();
    Repaired { removed, deleted, aligned }
}

/// The entry of a versioned migration whose file is another one by now.
fn realigned(info: &Info<'_>) -> Option<(u32, Migration)> {
    let (entry, migration) = (info.entry?, info.migration?);
    let same = entry.checksum == Some(migration.checksum)
        && entry.description == migration.name.description();
    let counts = entry.kind == Kind::Sql && entry.version.is_some() && info.state != State::Undone;
    (counts && !same).then(|| (entry.rank, migration.clone()))
}
