//! Why something is as it is: answered by the run itself.
//!
//! Everything but a request is answered from the trace, whose entries know what caused them. What a
//! request went through is written down nowhere: the run is one function of scenario, seed and log, so
//! it is run again, and the request is followed.

mod chain;
mod database;
mod evidence;
mod journey;
mod print;

use std::sync::Arc;

use crate::random::Seed;
use crate::scenario::{LogEntry, Scenario};
use crate::time::SimTime;

pub use chain::chain;
pub(crate) use database::SCHEMA;
pub use evidence::Because;
pub use journey::{Journey, Step};
pub use print::{journey as print_journey, subject as print_subject};

/// Where a run comes from: all that is needed to run it again.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// How chance falls.
    pub seed: Seed,
}

/// What the request of this number went through, up to `until`.
///
/// Requests are numbered from 1 in the order in which users send them from time zero on; a user who
/// tries again sends another one, the gateway's retries are part of the same.
///
/// # Errors
///
/// If fewer requests have been sent by then.
pub fn request(
    origin: &Origin,
    log: &[LogEntry],
    number: u32,
    until: SimTime,
) -> Result<Journey, String> {
    journey::follow(origin, log, number, until)
}
