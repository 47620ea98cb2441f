//! Users: who sends requests, when, and how long they wait.

/// Users do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadEvent {
    /// The next user of this population arrives.
    Arrival(u16),
}
