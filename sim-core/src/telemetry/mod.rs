//! Series, their collection, and PromQL over them.

pub mod labels;
pub mod promql;
pub mod tsdb;

/// Prometheus does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TelemetryEvent {
    /// All targets are scraped, then rules and objectives are evaluated.
    Scrape,
}
