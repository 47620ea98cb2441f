//! Evaluation of a parsed query at a moment.

use std::cell::Cell;

use super::remembered::Remembered;
use super::{Expr, QueryError};
use crate::telemetry::labels::Labels;
use crate::telemetry::tsdb::{Point, Tsdb};

/// One value a series.
pub(super) type Vector = Vec<(Labels, f64)>;

/// Many values a series.
pub(super) type Matrix = Vec<(Labels, Vec<Point>)>;

/// Samples that one query may touch: Prometheus's own default.
pub(super) const SAMPLES_MAX: u64 = 50_000_000;

/// One query over one store.
pub(super) struct Evaluator<'a> {
    pub(super) tsdb: &'a Tsdb,
    /// What `@ start()` and `@ end()` mean, in milliseconds.
    pub(super) start: i64,
    pub(super) end: i64,
    /// By the number of the part that remembers.
    pub(super) remembered: Vec<Remembered>,
    budget: Cell<u64>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        tsdb: &'a Tsdb,
        remembered: Vec<Remembered>,
        (start, end): (i64, i64),
        budget: u64,
    ) -> Self {
        Self { tsdb, start, end, remembered, budget: Cell::new(budget) }
    }

    /// Counts samples that are touched, so that no query runs for ever.
    pub(super) fn charge(&self, samples: u64, column: u32) -> Result<(), QueryError> {
        match self.budget.get().checked_sub(samples) {
            Some(rest) => {
                self.budget.set(rest);
                Ok(())
            }
            None => Err(QueryError::new(
                column,
                "query processing would load too many samples into memory in query execution",
            )),
        }
    }

    /// The parser checks kinds, so that an expression of another kind cannot reach the evaluator.
    pub(super) fn misplaced(&self, wanted: &str, expr: &Expr) -> QueryError {
        QueryError::new(expr.column(), format!("expected {wanted}, got {}", expr.kind()))
    }

    pub(super) fn scalar(&self, expr: &Expr, at: i64) -> Result<f64, QueryError> {
        match expr {
            Expr::Number(_, value) => Ok(*value),
            Expr::Negate(_, inner) => Ok(-self.scalar(inner, at)?),
            Expr::Binary(binary) => self.scalar_binary(binary, at),
            Expr::Call(call) => self.scalar_call(call, at),
            _ => Err(self.misplaced("scalar", expr)),
        }
    }

    /// Label sets of the result differ: every part sees to that itself.
    pub(super) fn vector(&self, expr: &Expr, at: i64) -> Result<Vector, QueryError> {
        self.charge(1, expr.column())?;
        match expr {
            Expr::Instant(selector) => {
                let newest = self.newest(selector, at)?.into_iter();
                Ok(newest.map(|(labels, point)| (labels.clone(), point.value)).collect())
            }
            Expr::Negate(column, inner) => {
                let inner = self.vector(inner, at)?.into_iter();
                distinct(inner.map(|(l, value)| (l.without_name(), -value)).collect(), *column)
            }
            Expr::Binary(binary) => self.vector_binary(binary, at),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, at),
            Expr::Call(call) => self.vector_call(call, at),
            _ => Err(self.misplaced("instant vector", expr)),
        }
    }
}

/// A vector whose label sets differ; one with equal ones is an error, as in Prometheus.
pub(super) fn distinct(vector: Vector, column: u32) -> Result<Vector, QueryError> {
    if are_distinct(vector.iter().map(|(labels, _)| labels)) {
        return Ok(vector);
    }
    Err(QueryError::new(column, "vector cannot contain metrics with the same labelset"))
}

/// Whether no two label sets are equal.
pub(super) fn are_distinct<'l>(labels: impl IntoIterator<Item = &'l Labels>) -> bool {
    let mut labels: Vec<(u64, &Labels)> =
        labels.into_iter().map(|labels| (labels.fingerprint(), labels)).collect();
    labels.sort_unstable();
    labels.windows(2).all(|pair| pair[0] != pair[1])
}
