//! What has become of every migration: `flyway info` (FW-05..07).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::flyway::history::{BASELINE, Entry, History, Kind};
use crate::flyway::name::{Name, Version};

/// A migration that lies in one of the folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What its name says.
    pub name: Name,
    /// The file.
    pub script: String,
    /// Its checksum.
    pub checksum: i32,
}

/// What can be set; the defaults are Flyway's (FW-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `outOfOrder`: versions below the newest are run all the same (FW-06).
    pub out_of_order: bool,
    /// `validateOnMigrate`.
    pub validate_on_migrate: bool,
    /// `mixed`: statements that must run outside a transaction may stand beside others.
    pub mixed: bool,
    /// `ignoreMigrationPatterns`: kind and state, each perhaps `*`.
    pub ignore: Vec<(String, String)>,
    /// `target`: versions above it are left alone.
    pub target: Option<Version>,
    /// `baselineOnMigrate`: a schema that holds something is taken to have the baseline's version.
    pub baseline_on_migrate: bool,
    /// `baselineVersion`.
    pub baseline_version: Version,
    /// `baselineDescription`.
    pub baseline_description: String,
    /// The schema with its database's quotes, as messages show it: `"public"`.
    pub schema: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            out_of_order: false,
            validate_on_migrate: true,
            mixed: false,
            ignore: vec![("*".to_owned(), "future".to_owned())],
            target: None,
            baseline_on_migrate: false,
            baseline_version: Version::first(),
            baseline_description: BASELINE.to_owned(),
            schema: Engine::Postgresql.quoted("public"),
        }
    }
}

impl Settings {
    /// The history table with its schema, as messages show it.
    pub fn table(&self) -> String {
        let quote = &self.schema[..1];
        format!("{}.{quote}flyway_schema_history{quote}", self.schema)
    }
}

/// What has become of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not run yet.
    Pending,
    /// Above the target.
    AboveTarget,
    /// Below the baseline: the database had it before.
    BelowBaseline,
    /// The baseline itself.
    Baseline,
    /// Not run, and below what has been run (FW-06).
    Ignored,
    /// Run, and its file is gone (FW-07).
    Missing,
    /// Its run has failed, and its file is gone.
    MissingFailed,
    /// Run.
    Success,
    /// Run and taken back.
    Undone,
    /// Can be taken back with this.
    Available,
    /// Its run has failed (FW-08).
    Failed,
    /// Run after a higher version.
    OutOfOrder,
    /// Run by somebody who has newer files (FW-07).
    Future,
    /// Its run by somebody who has newer files has failed.
    FutureFailed,
    /// Repeatable, and its file has changed since.
    Outdated,
    /// Repeatable, and run again since.
    Superseded,
    /// Its file is gone, and `repair` has noted that.
    Deleted,
}

impl State {
    /// As `flyway info` shows it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::AboveTarget => "Above Target",
            Self::BelowBaseline => "Below Baseline",
            Self::Baseline => "Baseline",
            Self::Ignored => "Ignored",
            Self::Missing => "Missing",
            Self::MissingFailed => "Failed (Missing)",
            Self::Success => "Success",
            Self::Undone => "Undone",
            Self::Available => "Available",
            Self::Failed => "Failed",
            Self::OutOfOrder => "Out of Order",
            Self::Future => "Future",
            Self::FutureFailed => "Failed (Future)",
            Self::Outdated => "Outdated",
            Self::Superseded => "Superseded",
            Self::Deleted => "Deleted",
        }
    }

    /// Whether a run of it has failed.
    pub fn is_failed(self) -> bool {
        matches!(self, Self::Failed | Self::MissingFailed | Self::FutureFailed)
    }

    /// What `ignoreMigrationPatterns` calls it.
    fn pattern(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ignored => "ignored",
            Self::Missing | Self::MissingFailed => "missing",
            Self::Future | Self::FutureFailed => "future",
            _ => "",
        }
    }
}

/// A migration with its file, its entry, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info<'a> {
    /// The file.
    pub migration: Option<&'a Migration>,
    /// The entry.
    pub entry: Option<&'a Entry>,
    /// What has become of it.
    pub state: State,
}

impl Info<'_> {
    /// The version; none if it is repeatable.
    pub fn version(&self) -> Option<&Version> {
        match self.entry {
            Some(entry) => entry.version.as_ref(),
            None => self.migration?.name.version(),
        }
    }

    /// What it is called.
    pub fn description(&self) -> &str {
        let of_file = || self.migration.map_or("", |migration| migration.name.description());
        self.entry.map_or_else(of_file, |entry| &entry.description)
    }

    /// Whether a pattern of the settings covers it.
    pub(super) fn is_ignored_by(&self, settings: &Settings) -> bool {
        let kind = if self.version().is_some() { "versioned" } else { "repeatable" };
        let state = self.state.pattern();
        settings.ignore.iter().any(|(of, wanted)| {
            (of == "*" || of == kind) && !state.is_empty() && (wanted == "*" || wanted == state)
        })
    }

    fn order(&self, other: &Self) -> Ordering {
        use Ordering::{Greater, Less};
        if let (Some(one), Some(two)) = (self.entry, other.entry) {
            return one.rank.cmp(&two.rank);
        }
        let between = |info: &Self| matches!(info.state, State::Ignored | State::BelowBaseline);
        match (self.version(), other.version()) {
            // What was passed over stands where its version would have been.
            (Some(one), Some(two)) if between(self) || between(other) => one.cmp(two),
            _ if self.entry.is_some() => Less,
            _ if other.entry.is_some() => Greater,
            (Some(one), Some(two)) => one.cmp(two),
            (Some(_), None) => Less,
            (None, Some(_)) => Greater,
            (None, None) => self.description().cmp(other.description()),
        }
    }
}

/// Everything that has been run or could be, in the order of `flyway info`.
pub fn info<'a>(
    migrations: &'a [Migration],
    history: &'a History,
    settings: &Settings,
) -> Vec<Info<'a>> {
    let context = Context::new(migrations, history, settings);
    let applied = history.entries.iter().filter(|entry| {
        // A note that a versioned migration is gone only changes the state of that migration.
        entry.kind != Kind::Delete || entry.version.is_none()
    });
    let applied = applied.map(|entry| {
        let migration = migrations.iter().find(|migration| is_of(migration, entry));
        Info { migration, entry: Some(entry), state: context.of_entry(entry, migration) }
    });
    let mut infos: Vec<_> = applied.collect();
    for migration in migrations {
        if let Some(state) = context.of_file(migration) {
            infos.push(Info { migration: Some(migration), entry: None, state });
        }
    }
    infos.sort_by(Info::order);
    infos
}

/// Whether an entry is a run of this file.
fn is_of(migration: &Migration, entry: &Entry) -> bool {
    match (&migration.name, entry.kind) {
        (Name::Versioned(version, _), Kind::Sql) | (Name::Undo(version, _), Kind::Undo) => {
            entry.version.as_ref() == Some(version)
        }
        (Name::Repeatable(description), Kind::Sql) => {
            entry.version.is_none() && entry.description == *description
        }
        _ => false,
    }
}

/// What decides about more than one migration.
struct Context<'a> {
    history: &'a History,
    settings: &'a Settings,
    /// The highest version among the files.
    last_resolved: Option<&'a Version>,
    /// The highest version that has been run and not been taken back.
    last_applied: Option<&'a Version>,
    baseline: Option<&'a Version>,
    /// Ranks of entries that were run after a higher version.
    late: BTreeSet<u32>,
}

impl<'a> Context<'a> {
    fn new(migrations: &'a [Migration], history: &'a History, settings: &'a Settings) -> Self {
        let versions = migrations.iter().filter_map(|migration| migration.name.version());
        let (mut last_applied, mut late) = (None, BTreeSet::new());
        for entry in history.entries.iter().filter(|entry| entry.kind != Kind::Delete) {
            let Some(version) = &entry.version else { continue };
            if last_applied.is_some_and(|last| version <= last) {
                late.insert(entry.rank);
            } else if entry.kind != Kind::Undo
                && !history.is_deleted(entry)
                && !history.is_undone(entry)
            {
                last_applied = Some(version);
            }
        }
        let baselines = history.entries.iter().filter(|entry| entry.kind == Kind::Baseline);
        Self {
            history,
            settings,
            last_resolved: versions.max(),
            last_applied,
            baseline: baselines.filter_map(|entry| entry.version.as_ref()).max(),
            late,
        }
    }

    /// The state of what has been run.
    fn of_entry(&self, entry: &Entry, migration: Option<&Migration>) -> State {
        match entry.kind {
            Kind::Baseline => return State::Baseline,
            Kind::Delete => return State::Success,
            _ if self.history.is_deleted(entry) => return State::Deleted,
            Kind::Sql | Kind::Undo => {}
        }
        let Some(migration) = migration else {
            let known = match &entry.version {
                Some(version) => self.last_resolved.is_some_and(|last| version < last),
                None => true,
            };
            return match (known, entry.success) {
                (true, true) => State::Missing,
                (true, false) => State::MissingFailed,
                (false, true) => State::Future,
                (false, false) => State::FutureFailed,
            };
        };
        if !entry.success {
            return State::Failed;
        }
        if entry.version.is_none() {
            return match self.is_latest(entry) {
                false => State::Superseded,
                true if entry.checksum == Some(migration.checksum) => State::Success,
                true => State::Outdated,
            };
        }
        if self.history.is_undone(entry) {
            State::Undone
        } else if entry.kind == Kind::Sql && self.late.contains(&entry.rank) {
            State::OutOfOrder
        } else {
            State::Success
        }
    }

    /// Whether no later entry is of the same repeatable migration.
    fn is_latest(&self, entry: &Entry) -> bool {
        let same =
            |other: &&Entry| other.version.is_none() && other.description == entry.description;
        self.history.entries.iter().filter(same).all(|other| other.rank <= entry.rank)
    }

    /// The state of a file for which nothing has been run; none if something has.
    fn of_file(&self, migration: &Migration) -> Option<State> {
        let mut runs = self.history.entries.iter().filter(|entry| is_of(migration, entry));
        match &migration.name {
            Name::Undo(version, _) => {
                let done = self.history.entries.iter().any(|entry| {
                    entry.kind == Kind::Sql
                        && entry.version.as_ref() == Some(version)
                        && entry.success
                        && !self.history.is_undone(entry)
                });
                done.then_some(State::Available)
            }
            Name::Repeatable(_) => {
                let fresh = runs.any(|entry| {
                    self.is_latest(entry)
                        && entry.checksum == Some(migration.checksum)
                        && !self.history.is_deleted(entry)
                });
                (!fresh).then_some(State::Pending)
            }
            Name::Versioned(version, _) => {
                let stands = |entry: &Entry| {
                    !self.history.is_deleted(entry) && !self.history.is_undone(entry)
                };
                if runs.any(stands) {
                    return None;
                }
                let is_baseline = |entry: &Entry| {
                    entry.kind == Kind::Baseline && entry.version.as_ref() == Some(version)
                };
                if self.history.entries.iter().any(is_baseline)
                    || self.baseline.is_some_and(|baseline| version < baseline)
                {
                    return Some(State::BelowBaseline);
                }
                if self.settings.target.as_ref().is_some_and(|target| target < version) {
                    return Some(State::AboveTarget);
                }
                let passed = self.last_applied.is_some_and(|last| version < last);
                Some(match passed && !self.settings.out_of_order {
                    true => State::Ignored,
                    false => State::Pending,
                })
            }
        }
    }
}

/// Whether some file takes this version back.
pub(super) fn is_undoable(migrations: &[Migration], version: &Version) -> bool {
    let undoes =
        |migration: &Migration| matches!(&migration.name, Name::Undo(of, _) if of == version);
    migrations.iter().any(undoes)
}
