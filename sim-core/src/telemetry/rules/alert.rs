//! Alerts and their states (PROM-07).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::template::Template;
use super::{Change, Samples};
use crate::telemetry::labels::{Labels, MADE_MAX, METRIC_NAME};
use crate::time::{SimDuration, SimTime};

/// How long a resolved alert is kept.
const RESOLVED_KEPT: SimDuration = SimDuration::from_secs(15 * 60);

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Its expression holds, not yet for long enough.
    Pending,
    /// It is told.
    Firing,
    /// It is over.
    Inactive,
}

/// One series for which a rule's expression holds or held.
#[derive(Clone, Debug)]
pub struct ActiveAlert {
    /// Where it stands.
    pub state: AlertState,
    /// Since when the expression holds.
    pub active_at: SimTime,
    /// What the templates of the annotations gave last.
    pub annotations: Vec<(String, String)>,
    /// When it fired, if it did.
    pub fired_at: Option<SimTime>,
    resolved_at: Option<SimTime>,
    kept_since: Option<SimTime>,
}

/// What a rule file says of an alert.
#[derive(Debug, Default)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) hold: SimDuration,
    pub(super) keep_firing: SimDuration,
    pub(super) labels: Vec<(String, Template)>,
    pub(super) annotations: Vec<(String, Template)>,
    /// What tells it from others of its name: its labels as they are written.
    pub(super) written_labels: String,
}

/// An alerting rule and its alerts.
#[derive(Clone, Debug)]
pub struct Alerting {
    definition: Arc<Definition>,
    alerts: BTreeMap<Labels, ActiveAlert>,
}

impl Alerting {
    pub(super) fn new(definition: Definition) -> Self {
        Self { definition: Arc::new(definition), alerts: BTreeMap::new() }
    }

    /// Name of the alert.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Its labels as they are written.
    pub(super) fn written_labels(&self) -> &str {
        &self.definition.written_labels
    }

    /// All alerts with their labels, those too that are over.
    pub fn alerts(&self) -> impl Iterator<Item = (&Labels, &ActiveAlert)> {
        self.alerts.iter()
    }

    /// Goes on where a rule of the same name has stopped.
    pub(super) fn take_over(&mut self, old: Self) {
        self.alerts = old.alerts;
    }

    /// There is no such rule any more: what has fired is over.
    pub(super) fn leave(self) -> Vec<Change> {
        let firing = self.alerts.iter().filter(|(_, alert)| alert.state == AlertState::Firing);
        let over = |(labels, alert)| Change {
            fires: false,
            ..ActiveAlert::change(alert, labels, &self.definition)
        };
        firing.map(over).collect()
    }

    /// Moves the alerts on; gives the samples of `ALERTS` and `ALERTS_FOR_STATE`.
    pub(super) fn evaluate(
        &mut self,
        vector: Samples,
        at: SimTime,
        changes: &mut Vec<Change>,
    ) -> Result<Samples, String> {
        let definition = Arc::clone(&self.definition);
        let mut found: BTreeMap<Labels, Vec<(String, String)>> = BTreeMap::new();
        for (labels, value) in vector {
            let expand = |(name, template): &(String, Template)| {
                (name.clone(), template.expand(&labels, value))
            };
            let mut own = labels.without_name();
            for (name, value) in definition.labels.iter().map(expand) {
                if MADE_MAX < value.len() {
                    return Err(format!("label {name} would be longer than {MADE_MAX} bytes"));
                }
                own = own.with(&name, &value);
            }
            let own = own.with("alertname", &definition.name);
            let annotations = definition.annotations.iter().map(expand).collect();
            if found.insert(own, annotations).is_some() {
                return Err("vector contains metrics with the same labelset after applying alert \
                            labels"
                    .to_owned());
            }
        }
        for (labels, annotations) in &found {
            let annotations = annotations.clone();
            match self.alerts.get_mut(labels).filter(|known| known.state != AlertState::Inactive) {
                Some(known) => known.annotations = annotations,
                None => {
                    let (state, active_at) = (AlertState::Pending, at);
                    let (fired_at, resolved_at, kept_since) = (None, None, None);
                    let new = ActiveAlert {
                        state,
                        active_at,
                        annotations,
                        fired_at,
                        resolved_at,
                        kept_since,
                    };
                    self.alerts.insert(labels.clone(), new);
                }
            }
        }
        let mut samples = Samples::new();
        self.alerts.retain(|labels, alert| {
            let before = alert.state;
            let stays = alert.step(found.contains_key(labels), at, &definition);
            if (before == AlertState::Firing) != (alert.state == AlertState::Firing) {
                changes.push(alert.change(labels, &definition));
            }
            if stays && alert.state != AlertState::Inactive {
                alert.write(labels, &mut samples);
            }
            stays
        });
        Ok(samples)
    }
}

impl ActiveAlert {
    /// One evaluation later; whether the alert is kept.
    fn step(&mut self, holds: bool, at: SimTime, definition: &Definition) -> bool {
        let mut is_kept_firing = false;
        if holds {
            self.kept_since = None;
        } else {
            if self.state == AlertState::Firing && SimDuration::ZERO < definition.keep_firing {
                let since = *self.kept_since.get_or_insert(at);
                is_kept_firing = at.since(since) < definition.keep_firing;
            }
            let is_forgotten =
                self.resolved_at.is_some_and(|resolved| RESOLVED_KEPT < at.since(resolved));
            if self.state == AlertState::Pending || is_forgotten {
                self.state = AlertState::Inactive;
                return false;
            }
            if self.state != AlertState::Inactive && !is_kept_firing {
                self.state = AlertState::Inactive;
                self.resolved_at = Some(at);
            }
        }
        if self.state == AlertState::Pending && definition.hold <= at.since(self.active_at) {
            self.state = AlertState::Firing;
            self.fired_at = Some(at);
        }
        true
    }

    fn change(&self, labels: &Labels, definition: &Definition) -> Change {
        let summary = self.annotations.iter().find(|(name, _)| name == "summary");
        Change {
            alert: definition.name.clone(),
            labels: labels.clone(),
            summary: summary.map(|(_, text)| text.clone()).unwrap_or_default(),
            fires: self.state == AlertState::Firing,
            active_at: self.active_at,
        }
    }

    fn write(&self, labels: &Labels, samples: &mut Samples) {
        let state = if self.state == AlertState::Firing { "firing" } else { "pending" };
        let alerts = labels.with(METRIC_NAME, "ALERTS").with("alertstate", state);
        samples.push((alerts, 1.0));
        let since = labels.with(METRIC_NAME, "ALERTS_FOR_STATE");
        samples.push((since, self.active_at.as_whole_secs() as f64));
    }
}
