//! How MySQL changes a table: INSTANT, INPLACE or COPY (MY-01, MY-02, MY-03).

use std::fmt;

use sqlparser::ast::{AlterTableAlgorithm, AlterTableLock};

use crate::catalog::Table;
use crate::fault::Fault;
use crate::lock::LockMode;
use crate::mysql::fault;
use crate::work::Cost;

/// Columns that can be added or dropped instantly before all rows must be written again (MY-03).
const MOST_ROW_VERSIONS: u8 = 64;

/// How a table is changed, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// The catalog only.
    Instant,
    /// Inside the engine, mostly beside writers.
    Inplace,
    /// A new table is filled row by row, and writers wait.
    Copy,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instant => "INSTANT",
            Self::Inplace => "INPLACE",
            Self::Copy => "COPY",
        })
    }
}

/// By what means an operation can be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means {
    instant: bool,
    /// Whether doing it instantly makes another version of the rows.
    versions: bool,
    /// The cost in place, and whether writers go on meanwhile; none if it cannot be done so.
    inplace: Option<(Cost, bool)>,
    /// Why it cannot be done in place.
    because: &'static str,
    /// Why it cannot be done instantly, where the server says so.
    not_instant: Option<&'static str>,
}

impl Means {
    /// Only the catalog changes.
    pub(super) const INSTANT: Self = Self {
        instant: true,
        versions: false,
        inplace: Some((Cost::Instant, true)),
        because: "",
        not_instant: None,
    };
    /// Only the catalog changes, though not by the name of INSTANT.
    pub(super) const CATALOG: Self = Self { instant: false, ..Self::INSTANT };
    /// A column comes or goes.
    pub(super) const COLUMN: Self =
        Self { versions: true, inplace: Some((Cost::Rewrite, true)), ..Self::INSTANT };
    /// An index is built.
    pub(super) const INDEX: Self = Self { inplace: Some((Cost::Index, true)), ..Self::CATALOG };
    /// An index is built and no writer may disturb it.
    pub(super) const INDEX_ALONE: Self =
        Self { inplace: Some((Cost::Index, false)), ..Self::CATALOG };
    /// Every row is written again.
    pub(super) const REBUILD: Self = Self { inplace: Some((Cost::Rewrite, true)), ..Self::CATALOG };
    /// Every row is written again and no writer may disturb that.
    pub(super) const REBUILD_ALONE: Self =
        Self { inplace: Some((Cost::Rewrite, false)), ..Self::CATALOG };

    /// Only by a copy.
    pub(super) const fn copy(because: &'static str) -> Self {
        Self { inplace: None, because, ..Self::CATALOG }
    }

    /// The same, and the server says why it is not instant.
    pub(super) const fn not_instant(self, why: &'static str) -> Self {
        Self { not_instant: Some(why), ..self }
    }

    /// Both this and another operation in one statement.
    pub(super) fn and(self, other: Self) -> Self {
        let both = self.inplace.zip(other.inplace);
        Self {
            instant: self.instant && other.instant,
            versions: self.versions || other.versions,
            inplace: both.map(|((a, m), (b, n))| (a.max(b), m && n)),
            because: if self.inplace.is_none() { self.because } else { other.because },
            not_instant: self.not_instant.or(other.not_instant),
        }
    }
}

/// What the clauses `ALGORITHM=` and `LOCK=` demand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub(super) algorithm: Option<Algorithm>,
    pub(super) lock: Option<AlterTableLock>,
}

impl Wanted {
    pub(super) fn algorithm(&mut self, algorithm: AlterTableAlgorithm) {
        self.algorithm = match algorithm {
            AlterTableAlgorithm::Default => None,
            AlterTableAlgorithm::Instant => Some(Algorithm::Instant),
            AlterTableAlgorithm::Inplace => Some(Algorithm::Inplace),
            AlterTableAlgorithm::Copy => Some(Algorithm::Copy),
        };
    }
}

/// How a statement is carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) algorithm: Algorithm,
    pub(super) cost: Cost,
    /// The lock while it works.
    pub(super) lock: LockMode,
    /// Versions of rows that the table then has.
    pub(super) row_versions: u8,
}

/// The cheapest plan that the clauses allow.
pub(super) fn plan(means: Means, wanted: Wanted, name: &str, table: &Table) -> Result<Plan, Fault> {
    let wanted_lock = wanted.lock.filter(|lock| !matches!(lock, AlterTableLock::Default));
    if wanted.algorithm == Some(Algorithm::Instant) && wanted_lock.is_some() {
        return Err(fault::wrong_usage("ALGORITHM=INSTANT", "LOCK=NONE/SHARED/EXCLUSIVE"));
    }
    let full = means.versions && MOST_ROW_VERSIONS <= table.row_versions;
    let never = means.versions && table.never_instant;
    let instant = means.instant && !full && !never;
    let best = match (instant, means.inplace) {
        (true, _) => Algorithm::Instant,
        (false, Some(_)) => Algorithm::Inplace,
        (false, None) => Algorithm::Copy,
    };
    let algorithm = wanted.algorithm.unwrap_or(best);
    let said = format!("ALGORITHM={algorithm}");
    if algorithm == Algorithm::Instant && !instant {
        let instead = "ALGORITHM=COPY/INPLACE";
        return Err(match means.not_instant {
            _ if full && means.instant => fault::too_many_versions(name),
            Some(why) => fault::unsupported_because(said, why, instead),
            None => fault::unsupported(said, instead),
        });
    }
    if algorithm == Algorithm::Inplace && means.inplace.is_none() {
        return Err(fault::unsupported_because(said, means.because, "ALGORITHM=COPY"));
    }
    let lock = lock(algorithm, means, wanted_lock)?;
    let (cost, row_versions) = match algorithm {
        Algorithm::Instant => (Cost::Instant, table.row_versions + u8::from(means.versions)),
        Algorithm::Inplace => match means.inplace {
            Some((Cost::Rewrite, _)) => (Cost::Rewrite, 0),
            Some((cost, _)) => (cost, table.row_versions),
            None => (Cost::Rewrite, 0),
        },
        Algorithm::Copy => (Cost::Rewrite, 0),
    };
    Ok(Plan { algorithm, cost, lock, row_versions })
}

/// The lock while the statement works: the weakest that is possible and asked for.
fn lock(
    algorithm: Algorithm,
    means: Means,
    wanted: Option<AlterTableLock>,
) -> Result<LockMode, Fault> {
    let alone = match algorithm {
        Algorithm::Instant => return Ok(LockMode::METADATA_EXCLUSIVE),
        Algorithm::Inplace => means.inplace.is_some_and(|(_, beside_writers)| !beside_writers),
        Algorithm::Copy => true,
    };
    match (wanted, alone) {
        (Some(AlterTableLock::None), true) => {
            Err(fault::unsupported_because("LOCK=NONE", reason(algorithm), "LOCK=SHARED"))
        }
        (Some(AlterTableLock::Exclusive), _) => Ok(LockMode::METADATA_EXCLUSIVE),
        (Some(AlterTableLock::Shared), _) | (None | Some(_), true) => Ok(LockMode::SHARED_NO_WRITE),
        (None | Some(_), false) => Ok(LockMode::SHARED_UPGRADABLE),
    }
}

fn reason(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Copy => "COPY algorithm requires a lock",
        _ => "writers would disturb it",
    }
}
