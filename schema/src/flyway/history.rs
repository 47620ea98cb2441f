//! The table `flyway_schema_history` (FW-02).

use crate::flyway::name::Version;

/// What a baseline is called if nothing is said (FW-04).
pub(super) const BASELINE: &str = "<< Flyway Baseline >>";

/// What an entry of the history stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A migration that was run.
    Sql,
    /// A migration that took another one back.
    Undo,
    /// The version that a database had before Flyway came.
    Baseline,
    /// A migration whose file is gone, as `repair` notes it.
    Delete,
}

impl Kind {
    /// As the column `type` has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Sql => "SQL",
            Self::Undo => "UNDO_SQL",
            Self::Baseline => "BASELINE",
            Self::Delete => "DELETE",
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `installed_rank`.
    pub rank: u32,
    /// The version; none if it is repeatable.
    pub version: Option<Version>,
    /// What it is called.
    pub description: String,
    /// What it stands for.
    pub kind: Kind,
    /// The file.
    pub script: String,
    /// The file's checksum when it was run.
    pub checksum: Option<i32>,
    /// The user of the database.
    pub installed_by: String,
    /// When, as the table shows it.
    pub installed_on: String,
    /// `execution_time`: how long it took, in milliseconds.
    pub millis: u64,
    /// Whether it was run to its end (FW-08).
    pub success: bool,
}

/// The whole table, in the order of ranks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Its rows.
    pub entries: Vec<Entry>,
}

impl History {
    /// The rank of the next entry.
    pub fn next_rank(&self) -> u32 {
        self.entries.iter().map(|entry| entry.rank).max().unwrap_or(0) + 1
    }

    /// Whether a later entry has marked this one as deleted. Each such entry marks the newest one before it
    /// that it fits.
    pub(super) fn is_deleted(&self, entry: &Entry) -> bool {
        self.is_ended(entry, Kind::Delete)
    }

    /// Whether a later entry has taken this one back.
    pub(super) fn is_undone(&self, entry: &Entry) -> bool {
        entry.version.is_some() && self.is_ended(entry, Kind::Undo)
    }

    fn is_ended(&self, entry: &Entry, by: Kind) -> bool {
        let same = |other: &&Entry| match (&entry.version, &other.version) {
            (None, None) => entry.description == other.description,
            (one, other) => one == other,
        };
        let later = self.entries.iter().filter(|other| entry.rank < other.rank).filter(same);
        let first = later
            .take_while(|other| other.kind != Kind::Sql)
            .find(|other| other.kind == by && other.success);
        entry.kind == Kind::Sql && first.is_some()
    }
}
