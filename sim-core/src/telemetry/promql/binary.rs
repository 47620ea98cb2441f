//! Operators between two expressions, and how the series of two vectors find each other.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluator::{Evaluator, Vector, distinct};
use super::{Expr, Kind, QueryError};
use crate::telemetry::labels::{Labels, METRIC_NAME};

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Unless,
    Equal,
    NotEqual,
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Atan2,
    Power,
}

impl Operator {
    /// The operator that a symbol or word stands for.
    pub(super) fn spelled(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "or" => Self::Or,
            "and" => Self::And,
            "unless" => Self::Unless,
            "==" => Self::Equal,
            "!=" => Self::NotEqual,
            "<=" => Self::LessOrEqual,
            "<" => Self::Less,
            ">=" => Self::GreaterOrEqual,
            ">" => Self::Greater,
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Modulo,
            "atan2" => Self::Atan2,
            "^" => Self::Power,
            _ => return None,
        })
    }

    /// How tightly it binds; more is tighter.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            Self::Add | Self::Subtract => 4,
            Self::Multiply | Self::Divide | Self::Modulo | Self::Atan2 => 5,
            Self::Power => 6,
            _ => 3,
        }
    }

    /// How a set operator is written.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Unless => "unless",
            _ => "or",
        }
    }

    pub(super) fn is_comparison(self) -> bool {
        self.precedence() == 3
    }

    pub(super) fn is_set(self) -> bool {
        self.precedence() < 3
    }

    /// The value of an arithmetic operator, or whether a comparison holds.
    fn apply(self, left: f64, right: f64) -> Outcome {
        match self {
            Self::Equal => Outcome::Truth(left == right),
            Self::NotEqual => Outcome::Truth(left != right),
            Self::LessOrEqual => Outcome::Truth(left <= right),
            Self::Less => Outcome::Truth(left < right),
            Self::GreaterOrEqual => Outcome::Truth(left >= right),
            Self::Greater => Outcome::Truth(left > right),
            Self::Add => Outcome::Value(left + right),
            Self::Subtract => Outcome::Value(left - right),
            Self::Multiply => Outcome::Value(left * right),
            Self::Divide => Outcome::Value(left / right),
            Self::Modulo => Outcome::Value(libm::fmod(left, right)),
            Self::Atan2 => Outcome::Value(libm::atan2(left, right)),
            Self::Power => Outcome::Value(libm::pow(left, right)),
            Self::Or | Self::And | Self::Unless => Outcome::Truth(false),
        }
    }
}

enum Outcome {
    Value(f64),
    Truth(bool),
}

/// Which side of a vector match may have several series for one of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Many {
    Neither,
    /// `group_left`.
    Left,
    /// `group_right`.
    Right,
}

/// `on`, `ignoring`, `group_left`, `group_right`.
#[derive(Clone, Debug)]
pub(super) struct Matching {
    pub(super) on: bool,
    pub(super) labels: Vec<String>,
    pub(super) many: Many,
    /// Labels that the many side takes over from the one side.
    pub(super) include: Vec<String>,
}

impl Matching {
    fn concerns(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label) == self.on
    }

    /// What two series must share to match.
    fn key(&self, labels: &Labels) -> Labels {
        labels.filtered(|name| self.concerns(name) && (self.on || name != METRIC_NAME))
    }
}

/// An operator and what it joins.
#[derive(Clone, Debug)]
pub(super) struct Binary {
    pub(super) column: u32,
    pub(super) kind: Kind,
    pub(super) operator: Operator,
    /// `bool`: a comparison gives 0 or 1 instead of leaving out.
    pub(super) returns_bool: bool,
    pub(super) matching: Matching,
    pub(super) left: Expr,
    pub(super) right: Expr,
}

impl Binary {
    /// The value for one pair, if the pair stays. A comparison keeps the value of `kept`.
    fn pair(&self, left: f64, right: f64, kept: f64) -> Option<f64> {
        match self.operator.apply(left, right) {
            Outcome::Value(value) => Some(value),
            Outcome::Truth(truth) if self.returns_bool => Some(f64::from(u8::from(truth))),
            Outcome::Truth(truth) => truth.then_some(kept),
        }
    }

    /// The name stays only where the value does.
    fn drops_name(&self) -> bool {
        self.returns_bool || !self.operator.is_comparison()
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, QueryError> {
        Err(QueryError::new(self.column, message))
    }

    /// Labels of the result of a match.
    fn result_labels(&self, many: &Labels, one: &Labels) -> Labels {
        let matching = &self.matching;
        let own = many.filtered(|name| {
            (matching.many != Many::Neither || matching.concerns(name))
                && !(self.drops_name() && name == METRIC_NAME)
        });
        matching.include.iter().fold(own, |labels, name| labels.with(name, one.get(name)))
    }

    fn set(&self, left: Vector, right: Vector) -> Vector {
        let keys = |vector: &Vector| -> BTreeSet<Labels> {
            vector.iter().map(|(labels, _)| self.matching.key(labels)).collect()
        };
        let (mut left, mut right) = (left, right);
        match self.operator {
            Operator::Or => {
                let known = keys(&left);
                right.retain(|(labels, _)| !known.contains(&self.matching.key(labels)));
                left.append(&mut right);
            }
            Operator::And => {
                let known = keys(&right);
                left.retain(|(labels, _)| known.contains(&self.matching.key(labels)));
            }
            _ => {
                let known = keys(&right);
                left.retain(|(labels, _)| !known.contains(&self.matching.key(labels)));
            }
        }
        left
    }

    /// The one side by its key; a key with two series is an error.
    fn one_side<'v>(
        &self,
        one: &'v Vector,
        side: &str,
    ) -> Result<BTreeMap<Labels, &'v (Labels, f64)>, QueryError> {
        let mut by_key = BTreeMap::new();
        for sample in one {
            let key = self.matching.key(&sample.0);
            let group = key.clone();
            if let Some((former, _)) = by_key.insert(key, sample) {
                let labels = &sample.0;
                return self.error(format!(
                    "found duplicate series for the match group {group} on the {side} hand-side of \
                     the operation: [{labels}, {former}];many-to-many matching not allowed: \
                     matching labels must be unique on one side"
                ));
            }
        }
        Ok(by_key)
    }

    fn matched(&self, left: &Vector, right: &Vector) -> Result<Vector, QueryError> {
        if left.is_empty() || right.is_empty() {
            return Ok(Vector::new());
        }
        let swapped = self.matching.many == Many::Right;
        let (many, one, side) =
            if swapped { (right, left, "left") } else { (left, right, "right") };
        let one = self.one_side(one, side)?;
        let mut seen = BTreeSet::new();
        let mut result = Vector::new();
        for (labels, value) in many {
            let key = self.matching.key(labels);
            let Some((one_labels, one_value)) = one.get(&key) else { continue };
            let (left, right) = if swapped { (*one_value, *value) } else { (*value, *one_value) };
            let Some(value) = self.pair(left, right, left) else { continue };
            let labels = self.result_labels(labels, one_labels);
            let is_one_to_one = self.matching.many == Many::Neither;
            let identity = if is_one_to_one { (key, None) } else { (key, Some(labels.clone())) };
            if !seen.insert(identity) {
                return self.error(if is_one_to_one {
                    "multiple matches for labels: many-to-one matching must be explicit \
                     (group_left/group_right)"
                } else {
                    "multiple matches for labels: grouping labels must ensure unique matches"
                });
            }
            result.push((labels, value));
        }
        Ok(result)
    }
}

impl Evaluator<'_> {
    pub(super) fn scalar_binary(&self, binary: &Binary, at: i64) -> Result<f64, QueryError> {
        let (left, right) = (self.scalar(&binary.left, at)?, self.scalar(&binary.right, at)?);
        // Between scalars a comparison always has `bool`: the parser sees to it.
        Ok(binary.pair(left, right, left).unwrap_or(0.0))
    }

    pub(super) fn vector_binary(&self, binary: &Binary, at: i64) -> Result<Vector, QueryError> {
        let (left, right) = (&binary.left, &binary.right);
        let result = match (left.kind(), right.kind()) {
            (Kind::Scalar, _) => {
                let left = self.scalar(left, at)?;
                self.each_value(binary, self.vector(right, at)?, |value| (left, value))
            }
            (_, Kind::Scalar) => {
                let right = self.scalar(right, at)?;
                self.each_value(binary, self.vector(left, at)?, |value| (value, right))
            }
            _ => {
                let (left, right) = (self.vector(left, at)?, self.vector(right, at)?);
                if binary.operator.is_set() {
                    binary.set(left, right)
                } else {
                    binary.matched(&left, &right)?
                }
            }
        };
        distinct(result, binary.column)
    }

    /// Between a vector and a scalar: a comparison keeps the vector's value, on whichever side it is.
    fn each_value(
        &self,
        binary: &Binary,
        vector: Vector,
        sides: impl Fn(f64) -> (f64, f64),
    ) -> Vector {
        let name =
            |labels: Labels| if binary.drops_name() { labels.without_name() } else { labels };
        let outcome = |(labels, value): (Labels, f64)| {
            let (left, right) = sides(value);
            Some((name(labels), binary.pair(left, right, value)?))
        };
        vector.into_iter().filter_map(outcome).collect()
    }
}
