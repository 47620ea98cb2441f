//! MySQL's metadata locks (MY-04): fewer modes than PostgreSQL's, which conflict as these five do.

use crate::lock::LockMode;

impl LockMode {
    /// `SELECT`.
    pub const SHARED_READ: Self = Self::AccessShare;
    /// `INSERT`, `UPDATE`, `DELETE`, `SELECT ... FOR UPDATE`.
    pub const SHARED_WRITE: Self = Self::RowExclusive;
    /// A change beside readers and writers.
    pub const SHARED_UPGRADABLE: Self = Self::ShareUpdateExclusive;
    /// A change beside readers.
    pub const SHARED_NO_WRITE: Self = Self::ShareRowExclusive;
    /// The begin and the end of every change.
    pub const METADATA_EXCLUSIVE: Self = Self::AccessExclusive;

    /// Its name in MySQL's `performance_schema.metadata_locks`, if it has one there.
    pub fn mysql_name(self) -> Option<&'static str> {
        Some(match self {
            Self::SHARED_READ => "SHARED_READ",
            Self::SHARED_WRITE => "SHARED_WRITE",
            Self::SHARED_UPGRADABLE => "SHARED_UPGRADABLE",
            Self::SHARED_NO_WRITE => "SHARED_NO_WRITE",
            Self::METADATA_EXCLUSIVE => "EXCLUSIVE",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_locks_conflict_as_the_server_s_source_says_my_04() {
        let modes = [
            LockMode::SHARED_READ,
            LockMode::SHARED_WRITE,
            LockMode::SHARED_UPGRADABLE,
            LockMode::SHARED_NO_WRITE,
            LockMode::METADATA_EXCLUSIVE,
        ];
        let rows = ["....x", "...xx", "..xxx", ".xxxx", "xxxxx"];
        for (held, row) in modes.into_iter().zip(rows) {
            for (wanted, cell) in modes.into_iter().zip(row.chars()) {
                let names = (held.mysql_name(), wanted.mysql_name());
                assert_eq!(held.conflicts(wanted), cell == 'x', "{names:?}");
            }
        }
        assert_eq!(LockMode::Share.mysql_name(), None);
    }
}
