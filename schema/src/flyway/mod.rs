//! Flyway: names of migration files, its history table, and what it makes of both (FW-01..10).
//!
//! Everything here is computed from the files and the history; who runs the statements, and when, is
//! the caller's business. The version that is modelled is [`VERSION`].

mod baseline;
mod checksum;
mod history;
mod name;
mod plan;
pub mod print;
mod state;
#[cfg(test)]
mod tests;
mod validate;

pub use baseline::{Baseline, baseline};
pub use checksum::checksum;
pub use history::{Entry, History, Kind};
pub use name::{Name, Version};
pub use plan::{Next, Refusal, Repaired, current, next, repair, undo};
pub use state::{Info, Migration, Settings, State, info};
pub use validate::{Mismatch, validate};

/// The version of Flyway that this behaves like.
pub const VERSION: &str = "10.20.1";
