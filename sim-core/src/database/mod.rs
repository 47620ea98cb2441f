//! The shared database: as many queries at once as it has cores, the rest in line.
//!
//! A statement takes its time. If the scenario says what the database holds, it is a PostgreSQL
//! ([`postgres`]): whether a statement works is then decided by the schema as it is at that moment
//! ([`verdict`]).

pub mod postgres;
#[cfg(test)]
pub(crate) mod tests;
pub mod verdict;

use std::collections::BTreeMap;

use crate::application::release::Release;
use crate::database::postgres::Postgres;
use crate::random::{Random, Seed, Stream};
use crate::request::Line;
use crate::scenario::DatabaseShape;
use crate::time::SimDuration;

/// The database both colours share.
#[derive(Clone, Debug)]
pub struct Database {
    /// What the scenario says of it.
    pub shape: DatabaseShape,
    /// Queries that run.
    pub running: u32,
    /// Queries that wait for a core.
    pub waiting: Line,
    /// A fault makes statements take this many times as long.
    pub pace: f64,
    /// Share of statements that a fault makes fail.
    pub errors: f64,
    /// What the server knows, if the scenario says what it holds.
    pub postgres: Option<Box<Postgres>>,
    random: Random,
    error_chance: Random,
}

impl Database {
    /// An idle database.
    pub fn new(shape: &DatabaseShape, releases: &BTreeMap<String, Release>, seed: Seed) -> Self {
        let postgres = |schema| Box::new(Postgres::new(schema, releases.values()));
        Self {
            shape: shape.clone(),
            running: 0,
            waiting: Line::default(),
            pace: 1.0,
            errors: 0.0,
            postgres: shape.schema.as_ref().map(postgres),
            random: seed.stream(Stream::Database, 0),
            error_chance: seed.stream(Stream::BrokenDatabase, 0),
        }
    }

    /// Whether a query can run at once.
    #[inline]
    pub fn has_core(&self) -> bool {
        self.shape.cores.is_none_or(|cores| self.running < cores)
    }

    /// A statement with this mean takes a core; how long it runs.
    #[inline]
    pub fn execute(&mut self, mean: SimDuration) -> SimDuration {
        self.running += 1;
        let micros = self.random.exponential() * mean.as_micros() as f64 * self.pace;
        SimDuration::from_micros((micros + 0.5) as u64)
    }

    /// Whether the statement that is done has failed.
    #[inline]
    pub fn fails(&mut self) -> bool {
        0.0 < self.errors && self.error_chance.chance(self.errors)
    }
}
