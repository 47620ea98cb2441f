//! What a statement of a migration does while it holds its locks.

use crate::fault::Fault;
use crate::lock::{Lock, LockMode};
use crate::mysql::online::Algorithm;

/// How long the work of a statement takes, by the size of the table (PG-43).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// O(1): the catalog only.
    Instant,
    /// O(n): every row is read.
    Scan,
    /// O(n log n): an index is built.
    Index,
    /// O(n): every row is written again.
    Rewrite,
}

impl Cost {
    /// Rows a second: the model's assumption, never a measurement (PG-43).
    pub fn rows_per_second(self) -> Option<f64> {
        match self {
            Self::Instant => None,
            Self::Scan => Some(1e6),
            Self::Index => Some(5e5),
            Self::Rewrite => Some(2e5),
        }
    }

    /// For people: its class and what is done.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Instant => "O(1), catalog only",
            Self::Scan => "O(n), reads every row",
            Self::Index => "O(n log n), builds an index",
            Self::Rewrite => "O(n), writes every row again",
        }
    }
}

/// Work on one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The table.
    pub table: String,
    /// What is done with it.
    pub cost: Cost,
    /// Rows that are touched, if that is known: a batch's, or all of the table.
    pub rows: Option<u64>,
}

impl Work {
    /// Whether the work takes a time that people notice: the table has rows, or may have.
    pub fn is_slow(&self) -> bool {
        self.cost != Cost::Instant && self.rows != Some(0)
    }
}

/// What a statement does beside changing the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Locks it takes and keeps to the end of its transaction (PG-03).
    pub locks: Vec<Lock>,
    /// What it does under them.
    pub work: Vec<Work>,
    /// Tables all whose rows it locks one by one, as an `UPDATE` without `WHERE` (PG-08).
    pub rows_locked: Vec<String>,
    /// Tables of which it locks few rows among many, as a batch of a backfill does (EC-5).
    pub some_rows_locked: Vec<String>,
    /// Whether it must not run in a transaction block (PG-40).
    pub outside_transaction: bool,
    /// How MySQL changes the table, if it is one of several ways (MY-01).
    pub algorithm: Option<Algorithm>,
    /// What holds only under a condition that the SQL does not show.
    pub notes: Vec<String>,
    /// What the server tells of it as `NOTICE`: what it has skipped.
    pub notices: Vec<String>,
}

impl Effect {
    pub(crate) fn lock(table: &str, mode: LockMode) -> Self {
        Self { locks: vec![Lock::new(table, mode)], ..Self::default() }
    }

    /// What cannot be done: it is skipped if the statement says so, else refused.
    pub(crate) fn skipping(mut self, skips: bool, fault: Fault) -> Result<Self, Fault> {
        match fault {
            Fault::Fails(error) if skips => {
                self.notices.push(format!("{}, skipping", error.message));
                Ok(self)
            }
            fault => Err(fault),
        }
    }

    /// Takes up what another statement of the same transaction does.
    pub fn merge(&mut self, other: Self) {
        for lock in other.locks {
            match self.locks.iter_mut().find(|own| own.table == lock.table) {
                Some(own) => own.mode = own.mode.max(lock.mode),
                None => self.locks.push(lock),
            }
        }
        self.work.extend(other.work);
        self.rows_locked.extend(other.rows_locked);
        self.some_rows_locked.extend(other.some_rows_locked);
        self.outside_transaction |= other.outside_transaction;
        self.algorithm = self.algorithm.max(other.algorithm);
        self.notes.extend(other.notes);
        self.notices.extend(other.notices);
    }
}
