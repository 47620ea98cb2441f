//! Selectors: which series, and which of their samples (PROM-02).

use std::sync::Arc;

use regex::Regex;

use super::evaluator::{Evaluator, Matrix, Vector};
use super::remembered::Selected;
use super::{Expr, QueryError};
use crate::telemetry::labels::{Labels, METRIC_NAME};
use crate::telemetry::tsdb::{Point, SeriesId};

/// How old a sample may be and still count as the present value (PROM-01), in milliseconds.
const LOOKBACK: i64 = 5 * 60_000;

/// Step of a subquery that names none: the default evaluation interval (PROM-01), in milliseconds.
const SUBQUERY_STEP: i64 = 60_000;

/// What a label must be.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Equal(String),
    NotEqual(String),
    Match(Regex),
    NotMatch(Regex),
}

/// A condition on one label. A label that is not there has the empty value.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) test: Test,
}

impl Matcher {
    pub(super) fn admits(&self, value: &str) -> bool {
        match &self.test {
            Test::Equal(wanted) => value == wanted,
            Test::NotEqual(unwanted) => value != unwanted,
            Test::Match(pattern) => pattern.is_match(value),
            Test::NotMatch(pattern) => !pattern.is_match(value),
        }
    }
}

/// The moment given by `@`.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Millis(i64),
    Start,
    End,
}

/// `@` and `offset`: from which moment a selector looks back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Anchor {
    pub(super) at: Option<At>,
    /// Milliseconds back; negative: forward.
    pub(super) offset: Option<i64>,
}

/// `name{label="value"}` with its anchor.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) column: u32,
    /// Which part of the query, so that its series are looked up once.
    pub(super) index: usize,
    pub(super) name: Option<Arc<str>>,
    pub(super) matchers: Vec<Matcher>,
    pub(super) anchor: Anchor,
}

impl Selector {
    fn admits(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.admits(labels.get(&matcher.label)))
    }

    /// The labels that the result of `absent` has: those that the selector fixes, each by one
    /// matcher.
    pub(super) fn fixed_labels(&self) -> Labels {
        let labels = self.matchers.iter().filter_map(|matcher| match &matcher.test {
            Test::Equal(value) if matcher.label != METRIC_NAME => {
                let same = self.matchers.iter().filter(|other| other.label == matcher.label);
                (same.count() == 1).then_some((&*matcher.label, &**value))
            }
            Test::Equal(_) | Test::NotEqual(_) | Test::Match(_) | Test::NotMatch(_) => None,
        });
        Labels::new(labels)
    }
}

/// `inner[range:step]`.
#[derive(Clone, Debug)]
pub(super) struct Subquery {
    pub(super) column: u32,
    pub(super) inner: Expr,
    pub(super) range: i64,
    pub(super) step: Option<i64>,
    pub(super) anchor: Anchor,
}

/// The samples of one series in a range (`start`, `end`], in milliseconds.
pub(super) struct Window<'a> {
    /// At least one, oldest first.
    pub(super) points: &'a [Point],
    pub(super) start: i64,
    pub(super) end: i64,
    /// The moment of the evaluation, in milliseconds.
    pub(super) at: i64,
    /// The function's scalar arguments.
    pub(super) parameters: &'a [f64],
}

impl Evaluator<'_> {
    fn anchored(&self, anchor: Anchor, at: i64) -> i64 {
        let at = match anchor.at {
            None => at,
            Some(At::Millis(millis)) => millis,
            Some(At::Start) => self.start,
            Some(At::End) => self.end,
        };
        at - anchor.offset.unwrap_or(0)
    }

    /// The series that a selector means.
    fn selected(&self, selector: &Selector) -> Result<&Selected, QueryError> {
        let tsdb = self.tsdb;
        let selected = self.remembered[selector.index].selected.get_or_init(|| {
            let admitted = |id: &SeriesId| selector.admits(tsdb.labels(*id));
            let ids = match &selector.name {
                Some(name) => tsdb.named(name).iter().copied().filter(admitted).collect(),
                None => tsdb.ids().filter(admitted).collect(),
            };
            Selected::new(ids, selector.name.is_some())
        });
        self.charge(selected.ids.len() as u64, selector.column)?;
        Ok(selected)
    }

    /// The present value of each selected series, with the time of its sample.
    pub(super) fn newest(
        &self,
        selector: &Selector,
        at: i64,
    ) -> Result<Vec<(&Labels, Point)>, QueryError> {
        let until = self.anchored(selector.anchor, at);
        let newest = |&id: &SeriesId| {
            Some((self.tsdb.labels(id), self.tsdb.newest(id, until - LOOKBACK, until)?))
        };
        Ok(self.selected(selector)?.ids.iter().filter_map(newest).collect())
    }

    /// Calls `visit` with every series of a range vector that has a sample in it, under its name or
    /// without. Gives whether the labels are known to differ.
    pub(super) fn each_window(
        &self,
        (expr, keeps_name): (&Expr, bool),
        at: i64,
        parameters: &[f64],
        visit: &mut dyn FnMut(&Labels, &Window<'_>),
    ) -> Result<bool, QueryError> {
        match expr {
            Expr::Range(selector, range) => {
                let end = self.anchored(selector.anchor, at);
                let start = end - range;
                let mut points = Vec::new();
                let selected = self.selected(selector)?;
                let nameless = (!keeps_name).then(|| selected.nameless(self.tsdb));
                for (place, &id) in selected.ids.iter().enumerate() {
                    self.tsdb.window(id, start, end, &mut points);
                    self.charge(points.len() as u64, selector.column)?;
                    if !points.is_empty() {
                        let window = Window { points: &points, start, end, at, parameters };
                        let named = || self.tsdb.labels(id);
                        visit(nameless.map_or_else(named, |all| &all.labels[place]), &window);
                    }
                }
                Ok(nameless.is_none_or(|all| all.are_distinct))
            }
            Expr::Subquery(subquery) => {
                let end = self.anchored(subquery.anchor, at);
                let start = end - subquery.range;
                for (labels, points) in self.steps(subquery, start, end)? {
                    let labels = if keeps_name { labels } else { labels.without_name() };
                    visit(&labels, &Window { points: &points, start, end, at, parameters });
                }
                Ok(keeps_name)
            }
            _ => Err(self.misplaced("range vector", expr)),
        }
    }

    /// A range vector as a value.
    pub(super) fn matrix(&self, expr: &Expr, at: i64) -> Result<Matrix, QueryError> {
        let mut matrix = Vec::new();
        self.each_window((expr, true), at, &[], &mut |labels, window| {
            matrix.push((labels.clone(), window.points.to_vec()));
        })?;
        Ok(matrix)
    }

    /// Evaluates a subquery at the whole multiples of its step in (`start`, `end`].
    fn steps(&self, subquery: &Subquery, start: i64, end: i64) -> Result<Matrix, QueryError> {
        let step = subquery.step.unwrap_or(SUBQUERY_STEP);
        let first = (start.div_euclid(step) + 1) * step;
        let mut matrix = MatrixBuilder::default();
        let mut at = first;
        while at <= end {
            self.charge(1, subquery.column)?;
            matrix.add(at, self.vector(&subquery.inner, at)?);
            at += step;
        }
        Ok(matrix.finish())
    }
}

/// Joins the vectors of successive times into series, sorted by labels.
#[derive(Default)]
pub(super) struct MatrixBuilder {
    places: std::collections::BTreeMap<Labels, usize>,
    series: Matrix,
    /// Where the samples of the last vector went: they rarely move.
    last: Vec<usize>,
}

impl MatrixBuilder {
    pub(super) fn add(&mut self, millis: i64, vector: Vector) {
        let last = std::mem::take(&mut self.last);
        for (index, (labels, value)) in vector.into_iter().enumerate() {
            let place = last.get(index).copied().filter(|&place| self.series[place].0 == labels);
            let place = place.unwrap_or_else(|| {
                *self.places.entry(labels.clone()).or_insert_with(|| {
                    self.series.push((labels, Vec::new()));
                    self.series.len() - 1
                })
            });
            self.series[place].1.push(Point { millis, value });
            self.last.push(place);
        }
    }

    pub(super) fn finish(mut self) -> Matrix {
        self.series.sort_by(|one, other| one.0.cmp(&other.0));
        self.series
    }
}
