//! Alertmanager: alerts that fire are grouped, wait for others of their group, and are told (PROM-08).
//!
//! What is simplified:
//!
//! - Prometheus sends an alert once when it fires and once when it is resolved, and Alertmanager has it at
//!   once; nothing is lost on the way, and nobody's pager is out of order.
//! - There are no silences, inhibitions or times of the day, and the file is read once.
//! - What a receiver's integration would send, and where to, is not read.

mod config;
mod group;
mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use self::config::Config;
use self::group::Group;
use crate::diagnostic::Diagnostic;
use crate::telemetry::labels::Labels;
use crate::telemetry::rules::Change;
use crate::telemetry::tsdb::{SeriesId, Tsdb};
use crate::time::{SimDuration, SimTime};

/// What Alertmanager itself counts.
const SENT: &str = "alertmanager_notifications_total";

/// Most notifications that are kept for people.
const KEPT: usize = 1_000;

/// Routes and receivers, ready to be used.
#[derive(Clone, Debug)]
pub struct Routing(Arc<Config>);

impl Default for Routing {
    /// What counts if a scenario has no `alertmanager.yml`: one receiver, one group, the usual times.
    fn default() -> Self {
        Self(Arc::new(Config::default()))
    }
}

impl Routing {
    /// What a file says, and notes on what has no effect.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (config, notes) = read::parse(file, text)?;
        Ok((Self(Arc::new(config)), notes))
    }
}

/// An alert, as somebody is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its labels, the name too.
    pub labels: Labels,
    /// Text of its annotation `summary`.
    pub summary: String,
    /// Whether it fires; else it is resolved.
    pub fires: bool,
    /// Since when its expression holds.
    pub active_at: SimTime,
    /// When it fired, or was resolved.
    pub changed_at: SimTime,
}

/// A message to somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// When it was sent.
    pub at: SimTime,
    /// To whom.
    pub receiver: String,
    /// How: `pagerduty`, `email`.
    pub integration: &'static str,
    /// What it is about.
    pub alerts: Vec<Told>,
}

impl Notification {
    /// The alert that had fired first, of those that fire: what the message was waited for.
    pub fn first(&self) -> Option<&Told> {
        let firing = self.alerts.iter().filter(|alert| alert.fires);
        firing.min_by_key(|alert| (alert.changed_at, &alert.labels))
    }
}

/// `pagerduty: ErrorBudgetBurn fires: 2 % of the budget (held after 0 s, for 60 s, group 30 s)`.
impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "told by {}", self.integration)?;
        let mut before = ": ";
        for alert in &self.alerts {
            let word = if alert.fires { "fires" } else { "is resolved" };
            write!(f, "{before}{} {word}", alert.labels.get("alertname"))?;
            before = ", ";
        }
        let Some(first) = self.first() else { return Ok(()) };
        if !first.summary.is_empty() {
            write!(f, ": {}", first.summary)?;
        }
        let held = first.changed_at.since(first.active_at).as_secs_f64();
        let grouped = self.at.since(first.changed_at).as_secs_f64();
        write!(f, " (pending {held:.0} s, then {grouped:.0} s in its group)")
    }
}

/// Alerts in their groups, and what has been told.
#[derive(Clone, Debug, Default)]
pub struct Alertmanager {
    routing: Routing,
    groups: Vec<Group>,
    notifications: Vec<Notification>,
    /// By integration: how often, and its series.
    sent: BTreeMap<&'static str, (u64, Option<SeriesId>)>,
}

impl Alertmanager {
    /// One that has heard of nothing.
    pub fn new(routing: &Routing) -> Self {
        let integrations = routing.0.receivers.iter().flat_map(|one| &one.integrations);
        let sent = integrations.map(|one| (one.kind, (0, None))).collect();
        Self { routing: routing.clone(), sent, ..Self::default() }
    }

    /// What has been told, oldest first.
    pub fn notifications(&self) -> &[Notification] {
        &self.notifications
    }

    /// Alerts have fired or were resolved. Gives the groups that are to be flushed, and when.
    pub(super) fn receive(&mut self, changes: &[Change], now: SimTime) -> Vec<(u16, SimDuration)> {
        let config = Arc::clone(&self.routing.0);
        let mut due = Vec::new();
        for change in changes {
            let told = Told {
                labels: change.labels.clone(),
                summary: change.summary.clone(),
                fires: change.fires,
                active_at: change.active_at,
                changed_at: now,
            };
            for route in config.routes_of(&told.labels) {
                let labels = config.routes[route].group_of(&told.labels);
                let known = |one: &Group| one.route == route && one.labels == labels;
                let place = self.groups.iter().position(known).unwrap_or_else(|| {
                    self.groups.push(Group::new(route, labels.clone()));
                    self.groups.len() - 1
                });
                let Ok(number) = u16::try_from(place) else { continue };
                let wait = self.groups[place].take(told.clone(), &config.routes[route]);
                due.extend(wait.map(|wait| (number, wait)));
            }
        }
        due
    }

    /// A group's time has come. Gives what is told now, and when it comes again.
    pub(super) fn flush(
        &mut self,
        number: u16,
        now: SimTime,
    ) -> (Vec<Notification>, Option<SimDuration>) {
        let config = Arc::clone(&self.routing.0);
        let Some(group) = self.groups.get_mut(usize::from(number)) else {
            return (Vec::new(), None);
        };
        let route = &config.routes[group.route];
        let receiver = &config.receivers[route.receiver];
        let mut told = Vec::new();
        for (place, integration) in receiver.integrations.iter().enumerate() {
            let alerts = group.news((place, integration.tells_resolved), route, now);
            if alerts.is_empty() {
                continue;
            }
            self.sent.entry(integration.kind).or_default().0 += 1;
            let (receiver, integration) = (receiver.name.clone(), integration.kind);
            told.push(Notification { at: now, receiver, integration, alerts });
        }
        let room = KEPT.saturating_sub(self.notifications.len());
        self.notifications.extend(told.iter().take(room).cloned());
        let next = group.rest().then_some(route.group_interval);
        (told, next)
    }

    /// Takes the samples of what Alertmanager counts.
    pub(super) fn scrape(&mut self, now: SimTime, tsdb: &mut Tsdb) {
        for (integration, (count, series)) in &mut self.sent {
            let id = *series.get_or_insert_with(|| {
                let labels = [("__name__", SENT), ("integration", integration)];
                tsdb.series(Labels::new(labels))
            });
            tsdb.append(id, now, *count as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two alerts that are told together, and one that is told by itself.
    const FILE: &str = "\
route:
  receiver: on-call
  group_by: [alertname]
receivers:
  - name: on-call
    pagerduty_configs: [{}]
    email_configs: [{}]
";

    fn change(alert: &str, zone: &str, fires: bool) -> Change {
        Change {
            alert: alert.to_owned(),
            labels: Labels::new([("alertname", alert), ("zone", zone)]),
            summary: String::new(),
            fires,
            active_at: SimTime::ZERO,
        }
    }

    fn manager(file: &str) -> Alertmanager {
        Alertmanager::new(&Routing::parse("alertmanager.yml", file).expect("a configuration").0)
    }

    /// Lets alerts come at their seconds and groups be flushed at theirs; what is told, a line each.
    fn told(manager: &mut Alertmanager, mut coming: Vec<(i64, Change)>, until: i64) -> Vec<String> {
        let (mut due, mut lines): (Vec<(i64, u16)>, _) = (Vec::new(), Vec::new());
        for second in 0..=until {
            let at = SimTime::from_secs(second);
            let secs = |wait: SimDuration| second + (wait.as_micros() / 1_000_000) as i64;
            let (now, later) = coming.into_iter().partition(|(when, _)| *when == second);
            coming = later;
            let now: Vec<Change> = now.into_iter().map(|(_, change)| change).collect();
            due.extend(
                manager.receive(&now, at).into_iter().map(|(group, wait)| (secs(wait), group)),
            );
            let (flushed, rest): (Vec<_>, Vec<_>) =
                due.iter().partition(|(when, _)| *when == second);
            due = rest;
            for (_, group) in flushed {
                let (told, next) = manager.flush(group, at);
                due.extend(next.map(|wait| (secs(wait), group)));
                for one in told {
                    let alert = |alert: &Told| {
                        let sign = if alert.fires { "+" } else { "-" };
                        format!(
                            "{sign}{}{}",
                            alert.labels.get("alertname"),
                            alert.labels.get("zone")
                        )
                    };
                    let alerts: Vec<String> = one.alerts.iter().map(alert).collect();
                    lines.push(format!("{second} {} {}", one.integration, alerts.join(" ")));
                }
            }
        }
        lines
    }

    #[test]
    fn alerts_of_a_group_wait_for_each_other_prom_08() {
        let coming = vec![
            (10, change("Slow", "a", true)),
            (20, change("Slow", "b", true)),
            (25, change("Down", "a", true)),
        ];
        let told = told(&mut manager(FILE), coming, 300);
        let expected = [
            "40 pagerduty +Slowa +Slowb",
            "40 email +Slowa +Slowb",
            "55 pagerduty +Downa",
            "55 email +Downa",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_comes_later_waits_for_the_interval_of_its_group_prom_08() {
        let coming = vec![(0, change("Slow", "a", true)), (31, change("Slow", "b", true))];
        let told = told(&mut manager(FILE), coming, 700);
        assert_eq!(told[2..], ["330 pagerduty +Slowa +Slowb", "330 email +Slowa +Slowb"]);
    }

    #[test]
    fn the_end_is_told_to_those_who_want_to_know_it_and_a_new_alert_waits_again_prom_08() {
        let coming = vec![
            (0, change("Slow", "a", true)),
            (60, change("Slow", "a", false)),
            (400, change("Slow", "a", true)),
        ];
        let told = told(&mut manager(FILE), coming, 700);
        let expected = [
            "30 pagerduty +Slowa",
            "30 email +Slowa",
            "330 pagerduty -Slowa",
            "430 pagerduty +Slowa",
            "430 email +Slowa",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_over_before_it_was_told_is_told_to_nobody_prom_08() {
        let coming = vec![(0, change("Slow", "a", true)), (15, change("Slow", "a", false))];
        assert_eq!(told(&mut manager(FILE), coming, 700), [""; 0]);
    }

    #[test]
    fn what_goes_on_is_told_again_after_the_repeat_interval_prom_08() {
        let file = FILE.replace("  group_by", "  repeat_interval: 12m\n  group_by");
        let told = told(&mut manager(&file), vec![(0, change("Slow", "a", true))], 2_000);
        let pages: Vec<_> = told.iter().filter(|line| line.contains("pagerduty")).collect();
        // The first look at the group after twelve minutes.
        assert_eq!(pages, ["30 pagerduty +Slowa", "930 pagerduty +Slowa", "1830 pagerduty +Slowa"]);
    }

    #[test]
    fn notifications_are_counted_by_integration() {
        let mut manager = manager(FILE);
        let mut tsdb = Tsdb::default();
        manager.scrape(SimTime::ZERO, &mut tsdb);
        told(&mut manager, vec![(0, change("Slow", "a", true))], 60);
        manager.scrape(SimTime::from_secs(60), &mut tsdb);
        let value = |id| tsdb.newest(id, 0, 60_000).map(|point| point.value);
        let counts: Vec<_> = tsdb.named(SENT).iter().map(|id| value(*id)).collect();
        assert_eq!(counts, [Some(1.0), Some(1.0)]);
    }
}
