//! The safety map of a rollout: which releases live with which schema, at which split of the traffic.
//!
//! Columns are splits of the traffic between releases, rows the schema before and after each migration.
//! Every cell is a run of its own at the same seed: all releases are deployed and ready, the schema is in
//! place, the gateway has the weights, and some hundred requests pass ([`trial`]). A cell is
//!
//! - **errors**, if a request fails, or a statement that users cause is refused (EC-2);
//! - **data loss**, if a release reads a column that another one does not fill, though a migration says that
//!   it holds the same datum as one that it does fill, or values in a form that it cannot read (EC-3, EC-6,
//!   [`twins`]): few users see an error;
//! - **degraded**, if p99 is at least [`SLOWER`] times that of the first cell and [`SLOWER_MS`] above it,
//!   or if a release reads what is null in the rows that another one writes (EC-6);
//! - **unknown**, if something is not modelled, and **safe** otherwise.
//!
//! Beside the cells, each migration is run while traffic flows ([`Edge`]), with the sessions of other people
//! that the scenario has: a lock that stops the traffic lies between two cells, in neither. And the learner's
//! run is laid over all as a path ([`path`]), with the data that its own history has left behind.
//!
//! Simplified: pods are those of the files; objects that are changed without a file are as at the beginning.

mod axes;
mod making;
mod path;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod trial;
mod twins;

use serde::Serialize;

use crate::time::SimTime;

pub use making::Making;
pub use table::{Field, TableRow};

/// So many times the p99 of the first cell is slow.
pub const SLOWER: f64 = 2.0;
/// If it is also so many milliseconds above it.
pub const SLOWER_MS: f64 = 25.0;

/// How users and data fare somewhere, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Everything works.
    Safe,
    /// Something is not modelled.
    Unknown,
    /// Slower, or reads what others leave empty.
    Degraded,
    /// Requests fail.
    Errors,
    /// Data is lost or misread, and few are told.
    DataLoss,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Safe, Self::Unknown, Self::Degraded, Self::Errors, Self::DataLoss];

    /// Its sign: `✓`, `?`, `~`, `✗`, `!`.
    pub fn sign(self) -> char {
        match self {
            Self::Safe => '✓',
            Self::Unknown => '?',
            Self::Degraded => '~',
            Self::Errors => '✗',
            Self::DataLoss => '!',
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Errors => "errors",
            Self::DataLoss => "data loss",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Safe => "every request is served",
            Self::Unknown => "something is not modelled",
            Self::Degraded => "slower, or a release reads what another leaves empty",
            Self::Errors => "requests fail",
            Self::DataLoss => "data is misread or lost, and most requests are served",
        }
    }

    /// Whether users or data suffer.
    pub fn is_bad(self) -> bool {
        Self::Errors <= self
    }
}

/// How traffic is divided: percent by version, in the map's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Split(pub Vec<u8>);

impl Split {
    /// Versions that get traffic: place and percent.
    pub fn shares(&self) -> impl DoubleEndedIterator<Item = (usize, u8)> + '_ {
        self.0.iter().copied().enumerate().filter(|(_, percent)| 0 < *percent)
    }

    /// The version that has all of it.
    pub fn only(&self) -> Option<usize> {
        self.0.iter().position(|percent| *percent == 100)
    }
}

/// What is found at one schema and split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The verdict.
    pub class: Class,
    /// Requests that ended while it was measured.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// 99 of 100 were faster, in milliseconds.
    pub p99_ms: f64,
    /// Why it is not safe; begins in lower case, no full stop.
    pub reasons: Vec<String>,
}

/// What a migration does to the traffic while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// Nobody waits a second.
    Free,
    /// Some wait a second or longer, all are served.
    Waits,
    /// Requests fail, or stand still for as long as it was watched.
    Blocks,
}

/// A migration that is run while traffic flows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// The verdict.
    pub flow: Flow,
    /// Requests that waited a second or longer, those that still wait among them.
    pub waited: u64,
    /// Requests that failed.
    pub failed: u64,
    /// How long it took, in seconds; none if it had not ended when it was no longer watched.
    pub seconds: Option<f64>,
}

/// A schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The migration's file, or the statement that was typed; empty before any.
    pub label: String,
    /// The row that it follows.
    pub after: Option<usize>,
    /// Whether only the learner's run leads there.
    pub typed: bool,
    /// Why there is nothing behind it: the migration fails.
    pub error: Option<String>,
    /// By column; none as long as they have not been run.
    pub cells: Vec<Option<Cell>>,
    /// The way from the row before, by column.
    pub edges: Vec<Option<Edge>>,
}

/// A stay of the learner's run at one schema and split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Station {
    /// Since when.
    pub from: SimTime,
    /// Until when.
    pub until: SimTime,
    /// The row.
    pub row: usize,
    /// The column; none if traffic goes where no release of the map is.
    pub column: Option<usize>,
    /// The worst of the cell, of what the path has left behind, and of what users saw.
    pub class: Class,
    /// Requests that ended meanwhile.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// Why it is not safe.
    pub reasons: Vec<String>,
}

/// The map.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SafetyMap {
    /// Releases by the subsets that traffic is sent to, the one that is live at the beginning first.
    pub versions: Vec<String>,
    /// The splits.
    pub columns: Vec<Split>,
    /// The schemas; the first is that of the beginning.
    pub rows: Vec<Row>,
    /// The learner's run.
    pub path: Vec<Station>,
    /// What the map leaves out.
    pub notes: Vec<String>,
}

impl SafetyMap {
    /// A column in words: `v1`, `10 % green`, `v1 + v3`.
    pub fn column(&self, index: usize) -> String {
        let split = &self.columns[index];
        let name = |version: usize| self.versions[version].as_str();
        let shares: Vec<(usize, u8)> = split.shares().collect();
        match shares[..] {
            [(one, _)] => name(one).to_owned(),
            [_, (new, percent)] if self.versions.len() == 2 => format!("{percent} % {}", name(new)),
            [(old, 50), (new, 50)] => format!("{} + {}", name(old), name(new)),
            _ => {
                let part =
                    |&(version, percent): &(usize, u8)| format!("{percent} % {}", name(version));
                shares.iter().map(part).collect::<Vec<_>>().join(" + ")
            }
        }
    }

    /// A row in words.
    pub fn row(&self, index: usize) -> &str {
        match self.rows[index].label.as_str() {
            "" => "(before)",
            label => label,
        }
    }

    /// Cells and edges that have been run, and all there are.
    pub fn progress(&self) -> (usize, usize) {
        let done =
            |row: &Row| row.cells.iter().flatten().count() + row.edges.iter().flatten().count();
        let all = |row: &Row| match row.error {
            Some(_) => 0,
            None => row.cells.len() + row.edges.len(),
        };
        (self.rows.iter().map(done).sum(), self.rows.iter().map(all).sum())
    }

    /// The worst station of the path.
    pub fn worst(&self) -> Option<usize> {
        let worst = self.path.iter().map(|station| station.class).max()?;
        self.path.iter().position(|station| station.class == worst)
    }

    /// Rows from which on the version that is live at the beginning does not work any more, whatever follows:
    /// traffic cannot go back to it.
    pub fn points_of_no_return(&self) -> Vec<usize> {
        let bad: Vec<bool> = (0..self.rows.len()).map(|row| self.ends_the_way_back(row)).collect();
        let mut for_good = bad.clone();
        for row in (1..self.rows.len()).rev() {
            if let Some(before) = self.rows[row].after.filter(|_| self.rows[row].error.is_none()) {
                for_good[before] &= for_good[row];
            }
        }
        let first = |row: &usize| self.rows[*row].after.is_none_or(|before| !for_good[before]);
        (0..self.rows.len()).filter(|row| for_good[*row]).filter(first).collect()
    }

    /// The first station of the path from which traffic cannot go back to the version of the beginning.
    pub fn path_of_no_return(&self) -> Option<usize> {
        let last_way_back =
            self.path.iter().rposition(|station| !self.ends_the_way_back(station.row));
        let next = last_way_back.map_or(0, |station| station + 1);
        (next < self.path.len()).then_some(next)
    }

    fn ends_the_way_back(&self, row: usize) -> bool {
        let home = self.columns.iter().position(|split| split.only() == Some(0));
        let cell = home.and_then(|column| self.rows[row].cells.get(column)?.as_ref());
        cell.is_some_and(|cell| cell.class.is_bad())
    }

    /// Every reason of a row's cells once. It names the releases that it is about.
    pub fn reasons(&self, row: usize) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for reason in self.rows[row].cells.iter().flatten().flat_map(|cell| &cell.reasons) {
            if !all.contains(&reason.as_str()) {
                all.push(reason);
            }
        }
        all
    }
}
