//! PromQL: queries over the series of a run, in Prometheus's own language and with its answers.
//!
//! A query is parsed once and evaluated as often as wanted. What is not supported is refused when it
//! is parsed, with its place; there is no construct that parses and then means something else:
//!
//! - selectors with all four matchers, `offset`, `@`, ranges that are open on the left (PROM-02),
//!   subqueries;
//! - all operators, `bool`, `on`, `ignoring`, `group_left`, `group_right`;
//! - all aggregators;
//! - the functions of `functions::FUNCTIONS`; not native histograms. Those of the calendar want a time as
//!   their argument, since a run has no date here.
//!
//! Where Prometheus differs between versions, the rules are those of version 3. Times count from the
//! beginning of the scenario, so `time()` is 0 there.
//!
//! Reading order: `lexer`, `parser`; `evaluator` hands each kind of expression to the file of its
//! name, and `remembered` is what it keeps from step to step; `counter`, `over_time`, `trend`, `histogram`, `calendar` and `statistics` hold the arithmetic. `print` writes answers.

mod aggregate;
mod binary;
mod calendar;
mod call;
mod counter;
mod evaluator;
#[cfg(test)]
mod fixture;
mod functions;
mod histogram;
mod lexer;
mod over_time;
mod parser;
pub mod print;
mod remembered;
mod selector;
mod series;
mod statistics;
#[cfg(test)]
mod tests;
mod trend;

use std::fmt;
use std::sync::Arc;

use crate::telemetry::labels::Labels;
use crate::telemetry::tsdb::{Point, Tsdb, millis};
use crate::time::{SimDuration, SimTime};

use aggregate::Aggregate;
use binary::{Binary, Operator};
use call::Call;
use evaluator::{Evaluator, SAMPLES_MAX};
use selector::{Matcher, MatrixBuilder, Selector, Subquery};

pub use functions::is_label_name;
pub use remembered::Memory;
pub use series::{Step, metric, steps};

/// A length of time as PromQL writes it: `5m`, `1h30m`, `0`.
pub fn duration(text: &str) -> Option<SimDuration> {
    if text == "0" {
        return Some(SimDuration::ZERO);
    }
    let millis = lexer::duration(text).filter(|_| !text.is_empty())??;
    Some(SimDuration::from_millis(millis.unsigned_abs()))
}

/// Whether metrics may have this name.
pub fn is_metric_name(name: &str) -> bool {
    is_label_name(&name.replace(':', "_"))
}

/// Points a series that one range evaluation may give: Prometheus's own limit.
const STEPS_MAX: i64 = 11_000;

/// Why a query cannot be used, or gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong.
    pub message: String,
    /// Where: characters before it in the text, plus one; a line break counts as one.
    pub column: u32,
}

impl QueryError {
    fn new(column: u32, message: impl Into<String>) -> Self {
        Self { message: message.into(), column }
    }
}

/// `column: message`.
impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.column, self.message)
    }
}

impl std::error::Error for QueryError {}

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Scalar,
    /// A value a series.
    Vector,
    /// The samples of a range a series.
    Matrix,
    /// A text.
    String,
}

/// As Prometheus names it in messages.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        })
    }
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Scalar(f64),
    /// A value a series, in the order of the series' age unless the query sorts.
    Vector(Vec<(Labels, f64)>),
    /// Many values a series.
    Matrix(Vec<(Labels, Vec<Point>)>),
    /// A text.
    String(String),
}

impl Value {
    /// Whether a condition holds: a vector that is not empty, or a scalar other than 0. A scalar that
    /// is not a number does not hold, nor does a range or a text.
    pub fn holds(&self) -> bool {
        match self {
            Self::Scalar(value) => *value != 0.0 && !value.is_nan(),
            Self::Vector(vector) => !vector.is_empty(),
            Self::Matrix(_) | Self::String(_) => false,
        }
    }
}

/// A part of a parsed query. The first field of the small ones is the column.
#[derive(Clone, Debug)]
enum Expr {
    Number(u32, f64),
    Text(u32, String),
    Instant(Selector),
    /// A selector and the milliseconds of its range.
    Range(Selector, i64),
    Subquery(Box<Subquery>),
    Negate(u32, Box<Expr>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregate>),
    Call(Call),
}

impl Expr {
    fn column(&self) -> u32 {
        match self {
            Self::Number(column, _) | Self::Text(column, _) | Self::Negate(column, _) => *column,
            Self::Instant(selector) | Self::Range(selector, _) => selector.column,
            Self::Subquery(subquery) => subquery.column,
            Self::Binary(binary) => binary.column,
            Self::Aggregate(aggregate) => aggregate.column,
            Self::Call(call) => call.column,
        }
    }

    /// Whether it says how much counters grow, summed or not.
    fn grows(&self) -> bool {
        match self {
            Self::Call(call) if ["increase", "rate", "irate"].contains(&call.name) => true,
            Self::Call(call) => call.arguments.iter().any(Self::grows),
            Self::Aggregate(aggregate) => aggregate.inner.grows(),
            Self::Negate(_, inner) => inner.grows(),
            Self::Binary(binary) => binary.left.grows() || binary.right.grows(),
            _ => false,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Number(..) => Kind::Scalar,
            Self::Text(..) => Kind::String,
            Self::Range(..) | Self::Subquery(_) => Kind::Matrix,
            Self::Instant(_) | Self::Aggregate(_) => Kind::Vector,
            Self::Negate(_, inner) => inner.kind(),
            Self::Binary(binary) => binary.kind,
            Self::Call(call) => call.result,
        }
    }
}

/// `{...}`: which sets of labels are meant.
#[derive(Clone, Debug)]
pub struct Selection {
    matchers: Vec<Matcher>,
}

impl Selection {
    /// Parses `{name="value", ...}`.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        Ok(Self { matchers: parser::parse_selector(text)?.matchers })
    }

    /// Whether these labels are meant.
    pub fn admits(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.admits(labels.get(&matcher.label)))
    }
}

/// A parsed query. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Query {
    root: Arc<Expr>,
    /// How many of its parts remember something from step to step.
    parts: usize,
    /// Samples that an evaluation may touch.
    budget: u64,
}

impl Query {
    /// Parses PromQL. Texts of more than 8192 bytes or 256 parts are refused.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let (root, parts) = parser::parse(text)?;
        Ok(Self { root: Arc::new(root), parts, budget: SAMPLES_MAX })
    }

    /// The same, which may touch no more samples than this each time: what is evaluated again and again.
    #[must_use]
    pub fn within(self, samples: u64) -> Self {
        Self { budget: samples, ..self }
    }

    /// What the query gives.
    pub fn kind(&self) -> Kind {
        self.root.kind()
    }

    /// Whether this is `increase(...) == 0` or the like, which holds although something was counted: the
    /// first sample of a counter is in no `rate` or `increase` (PROM-04).
    pub fn misses_first_sample(&self) -> bool {
        let Expr::Binary(root) = &*self.root else { return false };
        let is_zero = |expr: &Expr| matches!(expr, Expr::Number(_, number) if *number == 0.0);
        matches!(root.operator, Operator::Equal | Operator::LessOrEqual)
            && is_zero(&root.right)
            && root.left.grows()
    }

    /// The answer at a moment.
    pub fn evaluate(&self, tsdb: &Tsdb, at: SimTime) -> Result<Value, QueryError> {
        self.evaluate_again(tsdb, at, &mut Memory::default())
    }

    /// The answer at a moment, with the memory of earlier evaluations of this query over this store.
    pub fn evaluate_again(
        &self,
        tsdb: &Tsdb,
        at: SimTime,
        memory: &mut Memory,
    ) -> Result<Value, QueryError> {
        let at = millis(at);
        let remembered = memory.take(self.parts, tsdb);
        let evaluator = Evaluator::new(tsdb, remembered, (at, at), self.budget);
        let value = match &*self.root {
            Expr::Text(_, text) => Ok(Value::String(text.clone())),
            root => match root.kind() {
                Kind::Scalar => evaluator.scalar(root, at).map(Value::Scalar),
                Kind::Matrix => evaluator.matrix(root, at).map(Value::Matrix),
                Kind::Vector | Kind::String => evaluator.vector(root, at).map(Value::Vector),
            },
        };
        memory.keep(evaluator.remembered);
        value
    }

    /// Whether [`Self::evaluate_range`] takes these times, in Prometheus's words if not.
    ///
    /// # Errors
    ///
    /// If there are no steps, or too many, or the query gives no numbers.
    pub fn check_range(
        &self,
        from: SimTime,
        to: SimTime,
        step: SimDuration,
    ) -> Result<(), QueryError> {
        let error = |message: String| Err(QueryError::new(self.root.column(), message));
        let step = i64::try_from(step.as_micros() / 1_000).unwrap_or(i64::MAX);
        if step < 1 {
            return error(
                "invalid parameter \"step\": zero or negative query resolution step widths are not \
                 accepted. Try a positive integer"
                    .to_owned(),
            );
        }
        if STEPS_MAX < millis(to).saturating_sub(millis(from)) / step {
            return error(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the \
                 query resolution (?step=XX)"
                    .to_owned(),
            );
        }
        match self.kind() {
            Kind::Scalar | Kind::Vector => Ok(()),
            kind @ (Kind::Matrix | Kind::String) => error(format!(
                "invalid expression type \"{kind}\" for range query, must be Scalar or instant Vector"
            )),
        }
    }

    /// The answers at `from` and every `step` after it until `to`, joined into series by their labels
    /// and sorted by them; a scalar is a series without labels.
    pub fn evaluate_range(
        &self,
        tsdb: &Tsdb,
        from: SimTime,
        to: SimTime,
        step: SimDuration,
    ) -> Result<Vec<(Labels, Vec<Point>)>, QueryError> {
        self.check_range(from, to, step)?;
        let (from, to) = (millis(from), millis(to));
        let step = i64::try_from(step.as_micros() / 1_000).unwrap_or(i64::MAX);
        let (root, kind) = (&*self.root, self.kind());
        let remembered = Memory::default().take(self.parts, tsdb);
        let evaluator = Evaluator::new(tsdb, remembered, (from, to), self.budget);
        let mut matrix = MatrixBuilder::default();
        let mut at = from;
        while at <= to {
            let vector = match kind {
                Kind::Scalar => vec![(Labels::default(), evaluator.scalar(root, at)?)],
                _ => evaluator.vector(root, at)?,
            };
            matrix.add(at, vector);
            at = at.saturating_add(step);
        }
        Ok(matrix.finish())
    }
}
