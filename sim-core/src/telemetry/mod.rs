//! Series, their collection, and PromQL over them.
//!
//! Requests raise the counters of [`registry`] on their way. Every scrape interval all counters, and
//! the numbers that kube-state-metrics would give, become samples of [`tsdb`]; then
//! rules are evaluated, and triggers, objectives and hints are judged. Once a second [`recent`] keeps the counts for what the
//! page shows as "per second".
//!
//! What a query sees is what was sampled, with the gaps that an operator meets too:
//!
//! - All targets are scraped at one moment, in step with time zero; with `scrape-phases` of a scenario each
//!   [`job`] has a phase of its own, as with Prometheus (PROM-01). Times are cut to whole milliseconds.
//! - Conditions are judged at the beginning of each interval, and see the samples of a scrape at that moment.
//! - A counter has no series before its first request. What it counted until its first sample is in no
//!   `rate` or `increase`: a fresh colour reads low, and a single failure reads as none (PROM-04). A
//!   condition that must not miss it compares the counter itself.
//! - A pod or Deployment that has gone ends its series at the next scrape (PROM-02).
//!   Counters of requests are kept by destination, not by pod, and do not end.
//! - A sample is forgotten after [`RETENTION`]; no range may be longer.

pub mod alertmanager;
mod containers;
pub mod control_plane;
pub mod dashboard;
mod database;
pub mod failure;
pub mod job;
pub mod judge;
pub mod labels;
pub mod logql;
pub mod openmetrics;
mod present;
pub mod promql;
mod re2;
pub mod recent;
pub mod registry;
pub mod rules;
mod scrape;
pub mod slo;
pub mod tsdb;

use std::sync::Arc;

use crate::engine::Context;
use crate::event::Event;
use crate::scenario::Scenario;
use crate::telemetry::alertmanager::Alertmanager;
use crate::telemetry::containers::ContainerScraper;
use crate::telemetry::control_plane::ControlPlaneScraper;
use crate::telemetry::database::DatabaseScraper;
use crate::telemetry::job::Job;
use crate::telemetry::judge::Judge;
use crate::telemetry::recent::Recent;
use crate::telemetry::rules::{Change, Group, Rulebook};
use crate::telemetry::scrape::Scraper;
use crate::telemetry::tsdb::Tsdb;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::World;

/// Prometheus does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TelemetryEvent {
    /// A second has passed.
    Second,
    /// An interval begins: targets without a phase are scraped, then rules, triggers, objectives and hints are
    /// evaluated.
    Scrape,
    /// Targets that have a phase are scraped.
    Phase(Job),
    /// Alertmanager tells what is new in the group of this number.
    Flush(u16),
}

const SECOND: SimDuration = SimDuration::from_secs(1);

/// Samples are kept this long, so that a run of a day takes no more memory than one of hours.
pub const RETENTION: SimDuration = SimDuration::from_secs(6 * 3600);

/// Everything that is measured.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The samples.
    pub tsdb: Tsdb,
    /// Counts of the last seconds.
    pub recent: Recent,
    /// Objectives, hints and triggers.
    pub judge: Judge,
    /// Recording and alerting rules.
    pub rules: Rulebook,
    /// Who is told of alerts.
    pub alertmanager: Alertmanager,
    scraper: Scraper,
    containers: ContainerScraper,
    database: DatabaseScraper,
    control_plane: ControlPlaneScraper,
    interval: SimDuration,
    /// Whether each job is scraped at its own moment of an interval.
    phases: bool,
    /// Files of the workspace that Prometheus reads its rules from; without any there is no Alertmanager.
    pub rule_files: Arc<[String]>,
}

impl Telemetry {
    /// Nothing measured yet.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            tsdb: Tsdb::with_retention(RETENTION),
            recent: Recent::default(),
            judge: Judge::new(scenario),
            rules: Rulebook::new(&scenario.rules, scenario.timing.scrape),
            alertmanager: Alertmanager::new(&scenario.routing),
            scraper: Scraper::default(),
            containers: ContainerScraper::default(),
            database: DatabaseScraper::default(),
            control_plane: ControlPlaneScraper::default(),
            interval: scenario.timing.scrape,
            phases: scenario.timing.scrape_phases,
            rule_files: scenario.rule_files.clone().into(),
        }
    }

    /// Prometheus begins to scrape, in step with time zero.
    pub fn begin(&self, ctx: &mut Context<'_, Event>) {
        ctx.after(SimDuration::ZERO, TelemetryEvent::Second.into());
        let interval = self.interval.as_micros() as i64;
        let into = ctx.now.as_micros().rem_euclid(interval);
        let first = if into == 0 { 0 } else { (interval - into) as u64 };
        ctx.after(SimDuration::from_micros(first), TelemetryEvent::Scrape.into());
    }
}

impl World {
    /// Lets Prometheus do something.
    pub fn telemetry_event(&mut self, event: TelemetryEvent, ctx: &mut Context<'_, Event>) {
        match event {
            TelemetryEvent::Second => {
                self.telemetry.recent.keep(ctx.now, &self.registry, &self.failures);
                self.follow(true, ctx);
                ctx.after(SECOND, event.into());
            }
            TelemetryEvent::Scrape => {
                for job in Job::ALL {
                    if self.telemetry.phases {
                        ctx.after(
                            job.phase(self.telemetry.interval),
                            TelemetryEvent::Phase(job).into(),
                        );
                    } else {
                        self.scrape(job, ctx.now);
                    }
                }
                self.evaluate_rules(ctx);
                self.evaluate(ctx.now, ctx);
                ctx.after(self.telemetry.interval, event.into());
            }
            TelemetryEvent::Phase(job) => self.scrape(job, ctx.now),
            TelemetryEvent::Flush(group) => self.flush_alerts(group, ctx),
        }
    }

    /// Takes the samples of this moment.
    fn scrape(&mut self, job: Job, now: SimTime) {
        let Telemetry {
            tsdb,
            scraper,
            containers,
            database,
            control_plane,
            alertmanager,
            rule_files,
            ..
        } = &mut self.telemetry;
        let (api, state) = (&self.api, &self.cluster.state);
        match job {
            Job::Proxies => scraper.scrape_requests(now, &self.registry, tsdb),
            Job::Users => scraper.scrape_users(now, &self.registry, &self.workload, tsdb),
            Job::KubeState => scraper.scrape_cluster(now, (api, state), tsdb),
            Job::Containers => containers.scrape(now, state, &self.application, tsdb),
            Job::Database => {
                database.scrape(now, (state, &self.application), &self.database, tsdb);
            }
            Job::ControlPlane => {
                let cluster = (api, state, &self.application);
                control_plane.scrape(now, cluster, (&self.mesh, &self.database), tsdb);
            }
            Job::Alertmanager if rule_files.is_empty() => {}
            Job::Alertmanager => alertmanager.scrape(now, tsdb),
        }
    }

    /// Evaluates the rules that are due, and tells of alerts that fire or are resolved (PROM-07).
    fn evaluate_rules(&mut self, ctx: &mut Context<'_, Event>) {
        let Telemetry { tsdb, rules, .. } = &mut self.telemetry;
        let changes = rules.evaluate_due(tsdb, ctx.now);
        self.alert(&changes, ctx);
    }

    /// Alerts have fired or were resolved: Alertmanager hears of it (PROM-08).
    fn alert(&mut self, changes: &[Change], ctx: &mut Context<'_, Event>) {
        let due = self.telemetry.alertmanager.receive(changes, ctx.now);
        let scope = &mut crate::world::Scope { ctx, trace: &mut self.trace };
        for change in changes {
            let subject = format!("alert/{}", change.alert);
            scope.note(Topic::Alert, subject, change.to_string(), &["PROM-07"]);
        }
        for (group, wait) in due {
            scope.after(wait, TelemetryEvent::Flush(group));
        }
    }

    /// Tells somebody what is new in a group of alerts.
    fn flush_alerts(&mut self, group: u16, ctx: &mut Context<'_, Event>) {
        let (told, next) = self.telemetry.alertmanager.flush(group, ctx.now);
        let scope = &mut crate::world::Scope { ctx, trace: &mut self.trace };
        for one in told {
            let subject = format!("receiver/{}", one.receiver);
            scope.note(Topic::Alert, subject, one.to_string(), &["PROM-08"]);
        }
        if let Some(wait) = next {
            scope.after(wait, TelemetryEvent::Flush(group));
        }
    }

    /// Prometheus reads its rule files anew.
    pub(crate) fn reload_rules(&mut self, groups: &[Group], ctx: &mut Context<'_, Event>) {
        let Telemetry { rules, interval, .. } = &mut self.telemetry;
        let changes = rules.reload(groups, *interval);
        self.alert(&changes, ctx);
    }

    /// Judges objectives and hints, and runs the commands whose trigger holds for the first time.
    fn evaluate(&mut self, now: SimTime, ctx: &mut Context<'_, Event>) {
        if now < SimTime::ZERO {
            return;
        }
        let Telemetry { tsdb, judge, .. } = &mut self.telemetry;
        let scope = &mut crate::world::Scope { ctx, trace: &mut self.trace };
        let due = judge.evaluate(tsdb, scope);
        for index in due {
            self.run_script(index, ctx);
        }
    }
}
