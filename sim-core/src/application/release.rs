//! What the scenario says about one image.

use std::collections::BTreeMap;

use crate::application::memory::Memory;
use crate::random::Lognormal;
use crate::time::SimDuration;

/// The behaviour of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Shortest and longest time from container start until it listens.
    pub startup: (SimDuration, SimDuration),
    /// Requests served at once.
    pub workers: u32,
    /// Requests that may wait for a worker; more are refused with 503.
    pub queue: u32,
    /// Database connections of one pod (POOL-01); None: as many as needed.
    pub pool: Option<u32>,
    /// How long a request waits for a connection of the pool (POOL-02), if the database has a schema.
    pub connection_timeout: SimDuration,
    /// Cold start: the first requests take this many times longer (E.2); 1 is none.
    pub cold_factor: f64,
    /// Number of served requests after which the cold factor has fallen to 1/e of its excess.
    pub cold_requests: f64,
    /// Path of the health endpoint.
    pub health: String,
    /// Whether it needs a connection to the database to be well (POOL-03), if that has a schema.
    pub health_database: bool,
    /// Whether it finishes requests in flight after SIGTERM, or ends at once.
    pub graceful: bool,
    /// Memory it needs.
    pub memory: Memory,
    /// In which form it writes and reads the values of columns, by `table.column` (EC-6).
    pub values: BTreeMap<String, ReleaseValues>,
    /// What it serves.
    pub routes: Vec<ReleaseRoute>,
}

/// What a release makes of the values of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseValues {
    /// The form in which it writes them.
    pub writes: String,
    /// The forms that it can read; None: all.
    pub reads: Option<Vec<String>>,
}

impl Release {
    /// Whether it sends statements, or looks at the database for its health.
    pub fn needs_database(&self) -> bool {
        self.health_database || self.routes.iter().any(|route| !route.sql.is_empty())
    }
}

/// What a release does for one kind of request.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseRoute {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path prefix it answers for.
    pub path: String,
    /// CPU time.
    pub cpu: Lognormal,
    /// Mean CPU time as written, for people.
    pub cpu_mean: SimDuration,
    /// Statements it sends, in order.
    pub sql: Vec<Statement>,
    /// Whether all statements are one transaction, which keeps its locks to the end (PG-03).
    pub transaction: bool,
    /// Share of requests that it answers with 500 after the CPU part; 0 to 1.
    pub errors: f64,
}

/// One SQL statement of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The SQL.
    pub text: String,
    /// Mean execution time; exponentially distributed.
    pub mean: SimDuration,
}
