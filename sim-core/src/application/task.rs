//! Images whose process does something and ends: migrations, smoke tests, init containers.

use crate::database::session::Script;
use crate::random::Random;
use crate::time::SimDuration;

/// The behaviour of an image that ends by itself.
#[derive(Clone, Debug)]
pub struct Task {
    /// Shortest and longest time from start to end.
    pub takes: (SimDuration, SimDuration),
    /// Share of the runs that fail; 0 to 1.
    pub fails: f64,
    /// Exit status of a run that fails.
    pub exit: u8,
    /// Lines that it writes.
    pub log: Vec<String>,
    /// What it executes in the database before it ends; it fails with that.
    pub sql: Option<Script>,
}

impl Task {
    /// How long the next run takes, and its exit status.
    pub fn draw(&self, chance: &mut Random) -> (SimDuration, u8) {
        let takes = chance.between(self.takes.0, self.takes.1);
        let fails = chance.chance(self.fails);
        (takes, if fails { self.exit } else { 0 })
    }
}

/// What runs in a container.
#[derive(Clone, Debug)]
pub enum Image {
    /// A release that serves requests.
    Server,
    /// Something that ends.
    Task(Task),
}
