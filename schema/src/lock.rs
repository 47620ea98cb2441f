//! PostgreSQL's table locks (PG-01, PG-02).

use std::fmt;

use serde::Serialize;

/// A mode of a lock on a table, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LockMode {
    /// Taken by `SELECT`.
    AccessShare,
    /// Taken by `SELECT ... FOR UPDATE`.
    RowShare,
    /// Taken by `INSERT`, `UPDATE`, `DELETE`.
    RowExclusive,
    /// Taken by what runs beside reading and writing: `CREATE INDEX CONCURRENTLY`, `VALIDATE`.
    ShareUpdateExclusive,
    /// Taken by `CREATE INDEX`: writers wait.
    Share,
    /// Taken by `ADD FOREIGN KEY` on both tables.
    ShareRowExclusive,
    /// Taken by few commands: only readers go on.
    Exclusive,
    /// Taken by most of `ALTER TABLE`: nobody goes on.
    AccessExclusive,
}

impl LockMode {
    /// All modes, weakest first.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// Whether two sessions cannot hold these two at once (PG-01).
    pub const fn conflicts(self, other: Self) -> bool {
        self.conflicting() & other.bit() != 0
    }

    /// Its bit in a set of modes; the lowest is that of ACCESS SHARE.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The set of modes that others cannot hold beside it (PG-01).
    pub const fn conflicting(self) -> u8 {
        // A row a mode.
        const CONFLICTS: [u8; 8] = [
            0b1000_0000,
            0b1100_0000,
            0b1111_0000,
            0b1111_1000,
            0b1110_1100,
            0b1111_1100,
            0b1111_1110,
            0b1111_1111,
        ];
        CONFLICTS[self as usize]
    }

    /// Its name in `pg_locks`.
    pub fn pg_name(self) -> &'static str {
        match self {
            Self::AccessShare => "AccessShareLock",
            Self::RowShare => "RowShareLock",
            Self::RowExclusive => "RowExclusiveLock",
            Self::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Self::Share => "ShareLock",
            Self::ShareRowExclusive => "ShareRowExclusiveLock",
            Self::Exclusive => "ExclusiveLock",
            Self::AccessExclusive => "AccessExclusiveLock",
        }
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    }
}

/// A lock on a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lock {
    /// The table.
    pub table: String,
    /// How it is locked.
    pub mode: LockMode,
}

impl Lock {
    pub(crate) fn new(table: &str, mode: LockMode) -> Self {
        Self { table: table.to_owned(), mode }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conflicts_are_those_of_the_manual_pg_01() {
        // Rows and columns from ACCESS SHARE to ACCESS EXCLUSIVE.
        let manual = [
            ".......x", "......xx", "....xxxx", "...xxxxx", "..xx.xxx", "..xxxxxx", ".xxxxxxx",
            "xxxxxxxx",
        ];
        for (held, row) in LockMode::ALL.into_iter().zip(manual) {
            for (wanted, cell) in LockMode::ALL.into_iter().zip(row.chars()) {
                assert_eq!(held.conflicts(wanted), cell == 'x', "{held} and {wanted}");
                assert_eq!(held.conflicts(wanted), wanted.conflicts(held));
            }
        }
    }
}
