//! Alerts that are told together, and what has been told of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Told;
use super::config::Route;
use crate::telemetry::labels::Labels;
use crate::time::{SimDuration, SimTime};

/// The alerts of one route that have their grouping labels in common.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) route: usize,
    pub(super) labels: Labels,
    alerts: BTreeMap<Labels, Told>,
    /// What was told last, by integration of the receiver.
    log: BTreeMap<usize, Entry>,
    /// Whether a flush is under way.
    is_waiting: bool,
}

/// What an integration was told last, and when.
#[derive(Clone, Debug)]
struct Entry {
    at: SimTime,
    firing: BTreeSet<Labels>,
    resolved: BTreeSet<Labels>,
}

impl Group {
    pub(super) fn new(route: usize, labels: Labels) -> Self {
        let (alerts, log) = (BTreeMap::new(), BTreeMap::new());
        Self { route, labels, alerts, log, is_waiting: false }
    }

    /// An alert comes in. Gives when the group is to be flushed, if that is not settled yet: alerts that come
    /// soon after the first are told with it.
    pub(super) fn take(&mut self, alert: Told, route: &Route) -> Option<SimDuration> {
        // What nobody was ever told of need not be told when it is over.
        if alert.fires || self.alerts.contains_key(&alert.labels) {
            self.alerts.insert(alert.labels.clone(), alert);
        }
        let begins = !self.is_waiting && !self.alerts.is_empty();
        self.is_waiting |= begins;
        begins.then_some(route.group_wait)
    }

    /// The alerts that this integration is to be told of now; none if it knows all.
    pub(super) fn news(
        &mut self,
        (integration, tells_resolved): (usize, bool),
        route: &Route,
        now: SimTime,
    ) -> Vec<Told> {
        let labels = |fires: bool| -> BTreeSet<Labels> {
            let all = self.alerts.values().filter(|alert| alert.fires == fires);
            all.map(|alert| alert.labels.clone()).collect()
        };
        let (firing, resolved) = (labels(true), labels(false));
        let is_new = match self.log.get(&integration) {
            None => !firing.is_empty(),
            Some(told) if !firing.is_subset(&told.firing) => true,
            // Even one who is not told of it is known to be told no more.
            Some(told) if firing.is_empty() => !told.firing.is_empty(),
            Some(told) if tells_resolved && !resolved.is_subset(&told.resolved) => true,
            Some(told) => route.repeat_interval < now.since(told.at),
        };
        if !is_new {
            return Vec::new();
        }
        self.log.insert(integration, Entry { at: now, firing, resolved });
        let told = |alert: &&Told| alert.fires || tells_resolved;
        self.alerts.values().filter(told).cloned().collect()
    }

    /// A flush is over: what is resolved is forgotten. Whether there will be another one.
    pub(super) fn rest(&mut self) -> bool {
        self.alerts.retain(|_, alert| alert.fires);
        self.is_waiting = !self.alerts.is_empty();
        self.is_waiting
    }
}
