//! Rule files of Prometheus: recording and alerting rules, evaluated over the series of a run.
//!
//! A file holds groups. A group is evaluated at intervals; its rules run one after another, so that a later
//! one sees what an earlier one has recorded. What is simplified:
//!
//! - A group that names no interval takes the scenario's scrape interval. All groups are evaluated in step
//!   with time zero, right after the scrape of that moment, or the next one if there is none; Prometheus
//!   gives each group a moment of its own (PROM-08).
//! - An alert whose rule is taken away by a reload is resolved at once; Prometheus lets it time out.
//! - Templates are the simple ones of [`template`].
//!
//! `unit` runs promtool's own tests of rules.

mod alert;
mod number;
mod read;
pub mod template;
#[cfg(test)]
mod tests;
pub mod unit;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::telemetry::labels::{Labels, METRIC_NAME};
use crate::telemetry::promql::{Query, Value};
use crate::telemetry::tsdb::{SeriesId, Tsdb};
use crate::time::{SimDuration, SimTime};

pub use alert::{ActiveAlert, AlertState, Alerting};
pub use read::parse;

/// Rules that are evaluated together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The file that it is in, from the workspace on.
    pub file: String,
    /// Its name, unique in a file.
    pub name: String,
    /// How often; none if the file does not say.
    pub interval: Option<SimDuration>,
    /// In their order.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    query: Query,
    kind: RuleKind,
    /// Why the last evaluation gave nothing.
    pub problem: Option<String>,
    /// The series that the last evaluation wrote; those that the next does not write end (PROM-02).
    written: BTreeSet<SeriesId>,
}

/// What a rule does with its result.
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// Stores it under a name, with labels.
    Recording(Arc<(String, Vec<(String, String)>)>),
    /// Makes alerts of it.
    Alerting(Alerting),
}

/// An alert that fired, or was resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Name of the rule.
    pub alert: String,
    /// Its labels.
    pub labels: Labels,
    /// Text of the annotation `summary`, if there is one.
    pub summary: String,
    /// Whether it fires now.
    pub fires: bool,
    /// Since when its expression holds.
    pub active_at: SimTime,
}

impl Group {
    /// Evaluates all rules at a moment and stores what they give. Tells of alerts that changed.
    pub fn evaluate(&mut self, tsdb: &mut Tsdb, at: SimTime) -> Vec<Change> {
        let mut changes = Vec::new();
        for rule in &mut self.rules {
            match rule.evaluate(tsdb, at, &mut changes) {
                Ok(samples) => {
                    rule.problem = None;
                    rule.store(samples, tsdb, at);
                }
                Err(problem) => rule.problem = Some(problem),
            }
        }
        changes
    }
}

/// `fires: {version="green"}: many errors`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.fires { "fires" } else { "is resolved" };
        write!(f, "{word}: {}", self.labels.with("alertname", ""))?;
        if self.summary.is_empty() { Ok(()) } else { write!(f, ": {}", self.summary) }
    }
}

/// The groups of a run, each with the moment at which it is due.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    groups: Vec<(Group, SimTime)>,
    /// Series of rules that are gone; the next evaluation ends them (PROM-02).
    left: BTreeSet<SeriesId>,
}

impl Rulebook {
    /// Groups that have not been evaluated; `interval` is that of those that name none.
    pub fn new(groups: &[Group], interval: SimDuration) -> Self {
        let due = |group: &Group| {
            let interval = Some(group.interval.unwrap_or(interval));
            (Group { interval, ..group.clone() }, SimTime::from_micros(i64::MIN))
        };
        Self { groups: groups.iter().map(due).collect(), left: BTreeSet::new() }
    }

    /// The groups.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(|(group, _)| group)
    }

    /// Takes other groups (`POST /-/reload`). Rules that stay, by their name and labels in a group of their file,
    /// keep their alerts; alerts of rules that go are resolved. A group that is evaluated at another interval
    /// begins with it at once.
    pub(super) fn reload(&mut self, groups: &[Group], interval: SimDuration) -> Vec<Change> {
        let fresh = Self::new(groups, interval);
        let old = std::mem::replace(self, fresh);
        self.left = old.left;
        let mut changes = Vec::new();
        for (old, due) in old.groups {
            let is_same = |group: &Group| (&group.file, &group.name) == (&old.file, &old.name);
            let group = self.groups.iter_mut().find(|(group, _)| is_same(group));
            let mut rules: Vec<&mut Rule> = Vec::new();
            if let Some((group, next)) = group {
                if group.interval == old.interval {
                    *next = due;
                }
                rules.extend(group.rules.iter_mut());
            }
            for rule in old.rules {
                // Of several with one name, each takes over from one.
                match rules.iter().position(|new| new.is_same(&rule)) {
                    Some(place) => rules.remove(place).take_over(rule),
                    None => {
                        self.left.extend(rule.written);
                        if let RuleKind::Alerting(alerting) = rule.kind {
                            changes.extend(alerting.leave());
                        }
                    }
                }
            }
        }
        changes
    }

    /// Evaluates the groups whose moment has come.
    pub(super) fn evaluate_due(&mut self, tsdb: &mut Tsdb, now: SimTime) -> Vec<Change> {
        let mut changes = Vec::new();
        for (group, due) in self.groups.iter_mut().filter(|(_, due)| *due <= now) {
            changes.append(&mut group.evaluate(tsdb, now));
            let interval = group.interval.unwrap_or_default().as_micros().max(1) as i64;
            let next = now.as_micros().div_euclid(interval).saturating_add(1);
            *due = SimTime::from_micros(next.saturating_mul(interval));
        }
        // A series that another rule has just gone on with does not end: it has a sample of this moment.
        for id in std::mem::take(&mut self.left) {
            tsdb.mark_stale(id, now);
        }
        changes
    }
}

/// One value a series.
type Samples = Vec<(Labels, f64)>;

impl Rule {
    /// Name of the recorded metric, or of the alert.
    pub fn name(&self) -> &str {
        match &self.kind {
            RuleKind::Recording(record) => &record.0,
            RuleKind::Alerting(alerting) => alerting.name(),
        }
    }

    /// Whether it makes the same of its result as another, under the same name and labels.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (RuleKind::Recording(one), RuleKind::Recording(other)) => one == other,
            (RuleKind::Alerting(one), RuleKind::Alerting(other)) => {
                (one.name(), one.written_labels()) == (other.name(), other.written_labels())
            }
            (RuleKind::Recording(_), RuleKind::Alerting(_))
            | (RuleKind::Alerting(_), RuleKind::Recording(_)) => false,
        }
    }

    /// What it does with its result.
    pub fn kind(&self) -> &RuleKind {
        &self.kind
    }

    fn evaluate(
        &mut self,
        tsdb: &Tsdb,
        at: SimTime,
        changes: &mut Vec<Change>,
    ) -> Result<Samples, String> {
        let value = self.query.answer(tsdb, at).map_err(|error| error.message)?;
        let vector = match value {
            Value::Vector(vector) => vector,
            Value::Scalar(value) => vec![(Labels::default(), value)],
            Value::Matrix(_) | Value::String(_) => {
                return Err("rule result is not a vector or scalar".to_owned());
            }
        };
        match &mut self.kind {
            RuleKind::Alerting(alerting) => alerting.evaluate(vector, at, changes),
            RuleKind::Recording(record) => {
                let (name, extra) = &**record;
                let named = |labels: Labels| {
                    let named = labels.with(METRIC_NAME, name);
                    extra.iter().fold(named, |labels, (name, value)| labels.with(name, value))
                };
                let samples: Samples =
                    vector.into_iter().map(|(labels, value)| (named(labels), value)).collect();
                let distinct: BTreeSet<&Labels> =
                    samples.iter().map(|(labels, _)| labels).collect();
                if distinct.len() < samples.len() {
                    return Err(
                        "vector contains metrics with the same labelset after applying rule \
                                labels"
                            .to_owned(),
                    );
                }
                Ok(samples)
            }
        }
    }

    /// Goes on where a rule of the same name has stopped.
    fn take_over(&mut self, old: Self) {
        if let (RuleKind::Alerting(new), RuleKind::Alerting(old)) = (&mut self.kind, old.kind) {
            new.take_over(old);
        }
        self.written = old.written;
    }

    fn store(&mut self, samples: Samples, tsdb: &mut Tsdb, at: SimTime) {
        let mut written = BTreeSet::new();
        for (labels, value) in samples {
            let id = tsdb.series(labels);
            tsdb.append(id, at, value);
            written.insert(id);
        }
        for &gone in self.written.difference(&written) {
            tsdb.mark_stale(gone, at);
        }
        self.written = written;
    }
}
