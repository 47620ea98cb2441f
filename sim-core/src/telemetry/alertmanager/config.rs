//! Routes and receivers: whom Alertmanager tells of which alerts.

use std::collections::BTreeSet;

use regex::Regex;

use crate::telemetry::labels::Labels;
use crate::time::SimDuration;

/// Whom to tell of which alerts.
#[derive(Clone, Debug)]
pub(super) struct Config {
    /// The root first; a route comes before its children.
    pub(super) routes: Vec<Route>,
    pub(super) receivers: Vec<Receiver>,
}

/// Alerts that are told together.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) receiver: usize,
    /// None for all labels.
    pub(super) group_by: Option<BTreeSet<String>>,
    pub(super) group_wait: SimDuration,
    pub(super) group_interval: SimDuration,
    pub(super) repeat_interval: SimDuration,
    pub(super) matchers: Vec<Matcher>,
    pub(super) goes_on: bool,
    pub(super) children: Vec<usize>,
}

/// Somebody who is told.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) integrations: Vec<Integration>,
}

/// A way to tell it.
#[derive(Clone, Debug)]
pub(super) struct Integration {
    pub(super) kind: &'static str,
    pub(super) tells_resolved: bool,
}

/// A condition on one label.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) pattern: Regex,
    pub(super) wanted: bool,
}

impl Default for Config {
    /// One receiver with a webhook for everything.
    fn default() -> Self {
        let integrations = vec![Integration { kind: "webhook", tells_resolved: true }];
        let receivers = vec![Receiver { name: "on-call".to_owned(), integrations }];
        Self { routes: vec![Route::default()], receivers }
    }
}

impl Default for Route {
    /// Alertmanager's own times (PROM-08); everything in one group.
    fn default() -> Self {
        Self {
            receiver: 0,
            group_by: Some(BTreeSet::new()),
            group_wait: SimDuration::from_secs(30),
            group_interval: SimDuration::from_secs(5 * 60),
            repeat_interval: SimDuration::from_secs(4 * 3_600),
            matchers: Vec::new(),
            goes_on: false,
            children: Vec::new(),
        }
    }
}

impl Route {
    /// The labels by which an alert is grouped.
    pub(super) fn group_of(&self, alert: &Labels) -> Labels {
        alert.filtered(|name| self.group_by.as_ref().is_none_or(|by| by.contains(name)))
    }
}

impl Config {
    /// The routes that an alert takes: the deepest that match it, in the order of the file.
    pub(super) fn routes_of(&self, alert: &Labels) -> Vec<usize> {
        let mut found = Vec::new();
        self.walk(0, alert, &mut found);
        found
    }

    fn walk(&self, index: usize, alert: &Labels, found: &mut Vec<usize>) -> bool {
        let route = &self.routes[index];
        let admits = |one: &Matcher| one.pattern.is_match(alert.get(&one.label)) == one.wanted;
        if !route.matchers.iter().all(admits) {
            return false;
        }
        let before = found.len();
        for &child in &route.children {
            if self.walk(child, alert, found) && !self.routes[child].goes_on {
                break;
            }
        }
        if found.len() == before {
            found.push(index);
        }
        true
    }
}
