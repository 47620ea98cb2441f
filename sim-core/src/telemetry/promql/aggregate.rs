//! Aggregation: one value, or a few, of each group of series.

use std::collections::BTreeMap;

use super::evaluator::{Evaluator, Vector};
use super::remembered::{Groups, Sorted};
use super::statistics::{best, mean, order, quantile, sum, variance};
use super::{Expr, QueryError};
use crate::telemetry::labels::{Labels, METRIC_NAME};

/// What is made of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregator {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Quantile,
    Topk,
    Bottomk,
    Limitk,
    LimitRatio,
    CountValues,
}

impl Aggregator {
    /// The aggregator with this name, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "sum" => Self::Sum,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "count" => Self::Count,
            "group" => Self::Group,
            "stddev" => Self::Stddev,
            "stdvar" => Self::Stdvar,
            "quantile" => Self::Quantile,
            "topk" => Self::Topk,
            "bottomk" => Self::Bottomk,
            "limitk" => Self::Limitk,
            "limit_ratio" => Self::LimitRatio,
            "count_values" => Self::CountValues,
            _ => return None,
        })
    }

    /// Whether the result is some of the group's members, with their labels.
    pub(super) fn chooses(self) -> bool {
        matches!(self, Self::Topk | Self::Bottomk | Self::Limitk | Self::LimitRatio)
    }

    /// What the parameter before the vector must be, if there is one.
    pub(super) fn parameter(self) -> Option<super::Kind> {
        match self {
            Self::Quantile | Self::Topk | Self::Bottomk | Self::Limitk | Self::LimitRatio => {
                Some(super::Kind::Scalar)
            }
            Self::CountValues => Some(super::Kind::String),
            _ => None,
        }
    }
}

/// `by` or `without`.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    pub(super) without: bool,
    pub(super) labels: Vec<String>,
}

impl Grouping {
    fn of(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| {
            let listed = self.labels.iter().any(|label| label == name);
            if self.without { !listed && name != METRIC_NAME } else { listed }
        })
    }
}

/// An aggregation of an expression.
#[derive(Clone, Debug)]
pub(super) struct Aggregate {
    pub(super) column: u32,
    /// Which part of the query, so that its groups are found once.
    pub(super) index: usize,
    pub(super) aggregator: Aggregator,
    pub(super) grouping: Grouping,
    pub(super) parameter: Option<Expr>,
    pub(super) inner: Expr,
}

impl Aggregate {
    /// The members of each group, groups in the order of their first members.
    fn groups(&self, vector: Vector, known: &mut Groups) -> Vec<(Labels, Vector)> {
        let mut sorted = Sorted::default();
        for (place, (labels, value)) in vector.into_iter().enumerate() {
            let number = known.number(place, &labels, |labels| self.grouping.of(labels));
            sorted.add(number, known, (labels, value));
        }
        sorted.groups
    }

    fn reduce(&self, parameter: f64, members: &Vector) -> f64 {
        let values = members.iter().map(|(_, value)| *value);
        match self.aggregator {
            Aggregator::Sum => sum(values),
            Aggregator::Avg => mean(values),
            Aggregator::Min => best(values, |value, best| value < best),
            Aggregator::Max => best(values, |value, best| best < value),
            Aggregator::Count => members.len() as f64,
            Aggregator::Stdvar => variance(values),
            Aggregator::Stddev => libm::sqrt(variance(values)),
            Aggregator::Quantile => quantile(parameter, values),
            Aggregator::Group
            | Aggregator::Topk
            | Aggregator::Bottomk
            | Aggregator::Limitk
            | Aggregator::LimitRatio
            | Aggregator::CountValues => 1.0,
        }
    }

    /// The first `count` members in the order of the aggregator, NaN last; of equals the earlier. Of
    /// `limitk`, the first by their labels: the order in which Prometheus reads series.
    fn first(&self, count: f64, mut members: Vector) -> Vector {
        match self.aggregator {
            Aggregator::Limitk => members.sort_by(|(one, _), (other, _)| one.cmp(other)),
            aggregator => {
                let is_top = aggregator == Aggregator::Topk;
                members.sort_by(|(_, one), (_, other)| order(*one, *other, is_top));
            }
        }
        members.truncate(if count < 1.0 { 0 } else { count as usize });
        members
    }

    /// How many members have each value, the value as a label.
    fn count_values(&self, label: &str, vector: Vector) -> Vector {
        let labelled = vector.into_iter().map(|(labels, value)| {
            let text = match value {
                f64::INFINITY => "+Inf".to_owned(),
                f64::NEG_INFINITY => "-Inf".to_owned(),
                _ => value.to_string(),
            };
            (self.grouping.of(&labels.with(label, "")).with(label, &text), 1.0)
        });
        let mut counts: Vector = Vec::new();
        let mut places = BTreeMap::new();
        for (labels, _) in labelled {
            let place = *places.entry(labels).or_insert_with_key(|labels| {
                counts.push((labels.clone(), 0.0));
                counts.len() - 1
            });
            counts[place].1 += 1.0;
        }
        counts
    }
}

/// Whether `limit_ratio` takes a series: its labels' hash, as a share of the greatest, is below the ratio, or for
/// a ratio below 0 not below 1 more than it. So `r` and `r - 1` share out all series between them.
fn is_within(ratio: f64, labels: &Labels) -> bool {
    let share = labels.prometheus_hash() as f64 / u64::MAX as f64;
    if ratio < 0.0 { share >= 1.0 + ratio.max(-1.0) } else { share < ratio.min(1.0) }
}

impl Evaluator<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate, at: i64) -> Result<Vector, QueryError> {
        let vector = self.vector(&aggregate.inner, at)?;
        let parameter = match &aggregate.parameter {
            Some(Expr::Text(_, label)) => return Ok(aggregate.count_values(label, vector)),
            Some(parameter) => self.scalar(parameter, at)?,
            None => 0.0,
        };
        let known = &self.remembered[aggregate.index].groups;
        let groups = aggregate.groups(vector, &mut known.borrow_mut()).into_iter();
        if !aggregate.aggregator.chooses() {
            let reduced = groups.map(|(labels, members)| {
                let value = aggregate.reduce(parameter, &members);
                (labels, value)
            });
            return Ok(reduced.collect());
        }
        if aggregate.aggregator == Aggregator::LimitRatio {
            if parameter.is_nan() {
                return Err(QueryError::new(aggregate.column, "Ratio value is NaN"));
            }
            let members = groups.flat_map(|(_, members)| members);
            return Ok(members.filter(|(labels, _)| is_within(parameter, labels)).collect());
        }
        if parameter.is_nan() || parameter.abs() > i64::MAX as f64 {
            let message = format!("Scalar value {parameter} overflows int64");
            return Err(QueryError::new(aggregate.column, message));
        }
        Ok(groups.flat_map(|(_, members)| aggregate.first(parameter, members)).collect())
    }
}
