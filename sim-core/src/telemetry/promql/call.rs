//! Calls of functions: what becomes of their arguments.

use std::cmp::Ordering;

use regex::Regex;

use super::evaluator::{Evaluator, Vector, distinct};
use super::functions::{Function, larger, smaller};
use super::selector::Window;
use super::statistics::order;
use super::{Expr, Kind, QueryError, histogram, trend};
use crate::telemetry::labels::{Labels, MADE_MAX};

/// A function with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) column: u32,
    /// Which part of the query, so that its groups are found once.
    pub(super) index: usize,
    pub(super) name: &'static str,
    pub(super) function: Function,
    pub(super) result: Kind,
    pub(super) arguments: Vec<Expr>,
    /// The regular expression of `label_replace`.
    pub(super) pattern: Option<Regex>,
}

impl Call {
    /// The string that an argument is; the parser checked that it is one.
    fn text(&self, index: usize) -> &str {
        match self.arguments.get(index) {
            Some(Expr::Text(_, text)) => text,
            _ => "",
        }
    }

    fn label_replace(&self, labels: &Labels) -> Result<Labels, QueryError> {
        let source = labels.get(self.text(3));
        match self.pattern.as_ref().and_then(|pattern| pattern.captures(source)) {
            None => Ok(labels.clone()),
            Some(captures) => {
                let mut value = String::new();
                captures.expand(self.text(2), &mut value);
                self.made(labels, &value)
            }
        }
    }

    fn label_join(&self, labels: &Labels) -> Result<Labels, QueryError> {
        let sources = 3..self.arguments.len();
        let values: Vec<&str> = sources.map(|index| labels.get(self.text(index))).collect();
        self.made(labels, &values.join(self.text(2)))
    }

    /// The labels with the one that the call makes.
    fn made(&self, labels: &Labels, value: &str) -> Result<Labels, QueryError> {
        if MADE_MAX < value.len() {
            let message = format!("a label value would be longer than {MADE_MAX} bytes");
            return Err(QueryError::new(self.column, message));
        }
        Ok(labels.with(self.text(1), value))
    }

    /// Sorted by the values of labels, in the order in which they are named; numbers in them count as
    /// numbers.
    fn sorted_by_label(&self, mut vector: Vector, descending: bool) -> Vector {
        let names: Vec<&str> = (1..self.arguments.len()).map(|index| self.text(index)).collect();
        vector.sort_by(|(one, _), (other, _)| {
            let by_label = |name: &&str| natural(one.get(name), other.get(name));
            let order = names.iter().map(by_label).find(|order| order.is_ne());
            let order = order.unwrap_or_else(|| one.cmp(other));
            if descending { order.reverse() } else { order }
        });
        vector
    }

    /// Labels that `absent` gives its one sample.
    fn absent_labels(&self) -> Labels {
        match self.arguments.first() {
            Some(Expr::Instant(selector) | Expr::Range(selector, _)) => selector.fixed_labels(),
            _ => Labels::default(),
        }
    }
}

fn each(vector: Vector, function: impl Fn(f64) -> f64) -> Vector {
    vector.into_iter().map(|(labels, value)| (labels.without_name(), function(value))).collect()
}

/// Digits at the beginning of a text, or what comes before the next digits; and the rest.
fn chunk(text: &str) -> (&str, &str) {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(text.len());
    text.split_at(end)
}

/// The order of texts with numbers in them: `pod-9` comes before `pod-10`.
fn natural(mut one: &str, mut other: &str) -> Ordering {
    while !one.is_empty() && !other.is_empty() {
        let ((left, left_rest), (right, right_rest)) = (chunk(one), chunk(other));
        let order = match (left.parse::<u64>(), right.parse::<u64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(right),
        };
        if order.is_ne() {
            return order;
        }
        (one, other) = (left_rest, right_rest);
    }
    one.len().cmp(&other.len())
}

fn relabelled(
    vector: Vector,
    labels: impl Fn(&Labels) -> Result<Labels, QueryError>,
) -> Result<Vector, QueryError> {
    vector.into_iter().map(|(old, value)| Ok((labels(&old)?, value))).collect()
}

/// Sorted by value, NaN last.
fn sorted(mut vector: Vector, descending: bool) -> Vector {
    vector.sort_by(|(_, one), (_, other)| order(*one, *other, descending));
    vector
}

impl Evaluator<'_> {
    pub(super) fn scalar_call(&self, call: &Call, at: i64) -> Result<f64, QueryError> {
        match call.function {
            Function::Time => Ok(at as f64 / 1000.0),
            Function::Pi => Ok(std::f64::consts::PI),
            _ => match self.vector(&call.arguments[0], at)?[..] {
                [(_, value)] => Ok(value),
                _ => Ok(f64::NAN),
            },
        }
    }

    pub(super) fn vector_call(&self, call: &Call, at: i64) -> Result<Vector, QueryError> {
        let vector = |index: usize| self.vector(&call.arguments[index], at);
        let scalar = |index: usize| self.scalar(&call.arguments[index], at);
        let groups = &self.remembered[call.index].groups;
        let result = match call.function {
            Function::Range(function) | Function::Pick(function) => {
                return self.range_call(call, function, at);
            }
            Function::Smoothing => return self.range_call(call, trend::smoothed, at),
            Function::Date(function) => each(vector(0)?, function),
            Function::Map(function) => {
                let scalars: Result<Vec<f64>, _> = (1..call.arguments.len()).map(scalar).collect();
                let scalars = scalars?;
                each(vector(0)?, |value| function(value, &scalars))
            }
            Function::Clamp => {
                let (min, max) = (scalar(1)?, scalar(2)?);
                if max < min {
                    return Ok(Vector::new());
                }
                each(vector(0)?, |value| larger(min, smaller(max, value)))
            }
            Function::Absent => match vector(0)?.is_empty() {
                true => vec![(call.absent_labels(), 1.0)],
                false => Vector::new(),
            },
            Function::AbsentOverTime => {
                let mut is_empty = true;
                let mut visit = |_: &Labels, _: &Window<'_>| is_empty = false;
                self.each_window((&call.arguments[0], true), at, &[], &mut visit)?;
                if is_empty { vec![(call.absent_labels(), 1.0)] } else { Vector::new() }
            }
            Function::Vector => vec![(Labels::default(), scalar(0)?)],
            Function::Timestamp => self.timestamp(&call.arguments[0], at)?,
            Function::Sort => sorted(vector(0)?, false),
            Function::SortDesc => sorted(vector(0)?, true),
            Function::SortByLabel => call.sorted_by_label(vector(0)?, false),
            Function::SortByLabelDesc => call.sorted_by_label(vector(0)?, true),
            Function::LabelReplace => relabelled(vector(0)?, |labels| call.label_replace(labels))?,
            Function::LabelJoin => relabelled(vector(0)?, |labels| call.label_join(labels))?,
            Function::HistogramQuantile => {
                let (q, buckets) = (scalar(0)?, vector(1)?);
                histogram::quantiles(q, &buckets, &mut groups.borrow_mut())
            }
            Function::HistogramFraction => {
                let (bounds, buckets) = ((scalar(0)?, scalar(1)?), vector(2)?);
                histogram::fractions(bounds, &buckets, &mut groups.borrow_mut())
            }
            Function::Scalar | Function::Time | Function::Pi => {
                vec![(Labels::default(), self.scalar_call(call, at)?)]
            }
        };
        distinct(result, call.column)
    }

    fn range_call(
        &self,
        call: &Call,
        function: fn(&Window<'_>) -> Option<f64>,
        at: i64,
    ) -> Result<Vector, QueryError> {
        let is_range = |argument: &&Expr| argument.kind() == Kind::Matrix;
        let Some(range) = call.arguments.iter().find(is_range) else { return Ok(Vector::new()) };
        let others = call.arguments.iter().filter(|argument| !is_range(argument));
        let parameters: Result<Vec<f64>, _> = others.map(|other| self.scalar(other, at)).collect();
        let parameters = parameters?;
        let keeps_name = matches!(call.function, Function::Pick(_));
        let (mut result, mut is_empty) = (Vector::new(), true);
        let visit = &mut |labels: &Labels, window: &Window<'_>| {
            is_empty = false;
            result.extend(function(window).map(|value| (labels.clone(), value)));
        };
        let are_distinct = self.each_window((range, keeps_name), at, &parameters, visit)?;
        if matches!(call.function, Function::Smoothing) && !is_empty {
            let wrong = |message| QueryError::new(call.column, message);
            trend::check_factors(&parameters).map_err(wrong)?;
        }
        if are_distinct { Ok(result) } else { distinct(result, call.column) }
    }

    /// When the samples of a selector were taken; of anything else, the present.
    fn timestamp(&self, inner: &Expr, at: i64) -> Result<Vector, QueryError> {
        if let Expr::Instant(selector) = inner {
            let newest = self.newest(selector, at)?.into_iter();
            let times = newest.map(|(labels, point)| (labels.clone(), point.millis as f64));
            return Ok(each(times.collect(), |millis| millis / 1000.0));
        }
        Ok(each(self.vector(inner, at)?, |_| at as f64 / 1000.0))
    }
}
