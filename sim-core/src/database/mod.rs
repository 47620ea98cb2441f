//! The shared database: as many queries at once as it has cores, the rest in line.
//!
//! A statement takes its time. If the scenario says what the database holds, it is a PostgreSQL or a MySQL
//! ([`instance`], and in [`dialect`] and `mysql` where they part): whether a statement works is then decided by the schema as it is at that moment
//! ([`verdict`]), it locks its tables ([`lock`]), and other people have sessions of their own
//! ([`session`], [`run`]) in which they change the schema.

pub mod connection;
mod describe;
pub mod dialect;
pub mod event;
mod execute;
pub(crate) mod history;
pub mod instance;
pub mod lock;
mod mysql;
pub mod run;
pub mod session;
mod setting;
mod system;
mod task;
#[cfg(test)]
pub(crate) mod tests;
pub mod tool;
mod transaction;
pub mod values;
pub mod verdict;
mod wait;

use std::collections::BTreeMap;

pub(crate) use crate::database::setting::set_limit;

use crate::application::Application;
use crate::application::release::Release;
use crate::database::instance::{Instance, Running};
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
    pub instance: Option<Running>,
    /// How chance falls for what is not a request.
    pub seed: Seed,
    random: Random,
    error_chance: Random,
}

impl Database {
    /// An idle database.
    pub fn new(shape: &DatabaseShape, releases: &BTreeMap<String, Release>, seed: Seed) -> Self {
        let start =
            |schema| Running::start(|| Instance::new(schema, shape, releases.values(), seed));
        Self {
            shape: shape.clone(),
            running: 0,
            waiting: Line::default(),
            pace: 1.0,
            errors: 0.0,
            instance: shape.schema.as_ref().and_then(start),
            seed,
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

    /// Connections by state: active, idle, idle in transaction, and that after an error.
    pub fn activity(&self, application: &Application) -> [u32; 4] {
        let Some(instance) = &self.instance else { return [0; 4] };
        let mut counts = [0; 4];
        for session in instance.open_sessions() {
            let place = match session.state() {
                "active" => 0,
                "idle" => 1,
                "idle in transaction" => 2,
                _ => 3,
            };
            counts[place] += 1;
        }
        let active: u32 = application.servers().map(|server| server.connections).sum();
        counts[0] += active;
        let others: u32 = counts[1..].iter().sum();
        counts[1] += instance.connections.open.saturating_sub(counts[0] + others);
        counts
    }

    /// Version of the schema, for people: the newest migration, or what the scenario says.
    pub fn version(&self) -> &str {
        let changes = self.instance.as_ref().map(|instance| &instance.changes);
        let newest = changes.and_then(|changes| changes.last());
        newest.map_or(&self.shape.schema_version, |change| &change.from)
    }

    /// A statement takes a core, but is refused.
    pub fn refuse(&mut self, takes: SimDuration) -> SimDuration {
        self.running += 1;
        takes
    }

    /// Whether the statement that is done has failed.
    #[inline]
    pub fn fails(&mut self) -> bool {
        0.0 < self.errors && self.error_chance.chance(self.errors)
    }
}
