//! One strategy's run, and what is measured in it.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::compare::parts::{Parts, pod_labels};
use crate::compare::strategy::{HEADER, Plan};
use crate::compare::{Bad, Good, Moment, Options};
use crate::random::Seed;
use crate::report::{self, Buckets, Summary, quantile};
use crate::scenario::Scenario;
use crate::simulation::Simulation;
use crate::telemetry::promql::Query;
use crate::telemetry::registry::BUCKETS;
use crate::time::{SimDuration, SimTime};

/// When the rollout begins.
pub(super) const BEGIN: SimTime = SimTime::from_secs(60);
/// How often it is looked who serves.
const LOOK: SimDuration = SimDuration::from_secs(1);
/// How often an alert is evaluated.
const EVALUATION: SimDuration = SimDuration::from_secs(15);
/// Between two points of a curve.
const POINT: SimDuration = SimDuration::from_secs(5);
/// Users who send the header.
const EARLY: f64 = 0.1;
/// Share of green's answers that are errors when somebody is called.
const ALERT: f64 = 0.05;

/// A run that is being made.
#[derive(Debug)]
pub(super) struct Lane {
    simulation: Simulation,
    forward: VecDeque<(SimTime, String)>,
    back: Vec<String>,
    /// What calls for the way back; none if green is well.
    alert: Option<Query>,
    versions: (String, String),
    look: SimTime,
    /// What each version has served so far, and what has failed.
    seen: Seen,
    moments: Vec<Moment>,
    /// First and last time at which blue and green served somebody.
    blue_last: SimTime,
    green_first: Option<SimTime>,
    green_served: Option<SimTime>,
    green_last: Option<SimTime>,
    detected: Option<SimTime>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    all: u64,
    failed: u64,
    blue: u64,
    green: u64,
    /// Of those of green, the ones that did not fail.
    served: u64,
    /// What green was asked, copies among it.
    tried: u64,
}

impl Lane {
    /// A run at its beginning; `bad` is the share of requests that green answers with 500.
    pub(super) fn new(
        base: &Scenario,
        parts: &Parts,
        plan: Plan,
        (seed, options): (Seed, &Options),
        bad: Option<f64>,
    ) -> Result<Self, String> {
        let version = |of| {
            let version = pod_labels(of).remove("version");
            version.ok_or("pods without the label version cannot be told apart in the metrics")
        };
        let versions = (version(&parts.blue)?, version(&parts.green)?);
        let green = format!("reporter=\"destination\",destination_version=\"{}\"", versions.1);
        let alert = format!(
            "sum(rate(istio_requests_total{{{green},response_code=~\"5..\"}}[1m])) \
             / sum(rate(istio_requests_total{{{green}}}[1m])) > {ALERT}"
        );
        let alert = Query::parse(&alert).map_err(|problem| problem.message)?;
        let forward = plan.forward.iter();
        let forward = forward.map(|(after, command)| (BEGIN + *after, command.clone())).collect();
        let back = plan.back.clone();
        let scenario = Arc::new(scenario(base, parts, plan, options, bad));
        Ok(Self {
            simulation: Simulation::new(scenario, seed),
            forward,
            back,
            alert: bad.is_some().then_some(alert),
            versions,
            look: SimTime::ZERO,
            seen: Seen::default(),
            moments: Vec::new(),
            blue_last: SimTime::ZERO,
            green_first: None,
            green_served: None,
            green_last: None,
            detected: None,
        })
    }

    /// Goes on for about so many events; breaks off at the end.
    pub(super) fn advance(&mut self, events: u32) -> ControlFlow<()> {
        let due = self.forward.front().map(|(at, _)| *at);
        let until = due.map_or(self.look, |due| due.min(self.look));
        if !self.simulation.run_some(until, events) {
            return ControlFlow::Continue(());
        }
        if due == Some(until)
            && let Some((_, command)) = self.forward.pop_front()
        {
            self.simulation.execute(&command);
        }
        if until == self.look {
            self.look();
            self.look = self.look + LOOK;
        }
        match self.simulation.end() <= self.simulation.now() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Looks who serves, and whether somebody has to be called.
    fn look(&mut self) {
        let (now, before) = (self.simulation.now(), self.seen);
        self.seen = self.count();
        if before.blue < self.seen.blue {
            self.blue_last = now;
        }
        if before.green < self.seen.green {
            self.green_served = self.green_served.or(Some(now));
            self.green_last = Some(now);
        }
        if before.tried < self.seen.tried {
            self.green_first = self.green_first.or(Some(now));
        }
        if now.since(SimTime::ZERO).as_micros() % POINT.as_micros() == 0 {
            let Seen { all, failed, served, .. } = self.seen;
            self.moments.push(Moment { at: now, all, failed, green: served });
        }
        if now.since(SimTime::ZERO).as_micros() % EVALUATION.as_micros() != 0
            || self.detected.is_some()
        {
            return;
        }
        let Some(alert) = &self.alert else { return };
        let value = alert.evaluate(&self.simulation.world().telemetry.tsdb, now);
        if value.is_ok_and(|value| value.holds()) {
            self.detected = Some(now);
            self.forward.clear();
            for command in std::mem::take(&mut self.back) {
                self.simulation.execute(&command);
            }
        }
    }

    fn count(&self) -> Seen {
        let registry = &self.simulation.world().registry;
        let mut seen = Seen::default();
        for ((version, code, flag), buckets) in
            report::outcomes(registry, self.simulation.opening())
        {
            let requests: u64 = buckets.iter().sum();
            seen.all += requests;
            let is_green = version == self.versions.1;
            match report::is_failure(code, &flag.to_string()) {
                true => seen.failed += requests,
                false => seen.served += if is_green { requests } else { 0 },
            }
            seen.green += if is_green { requests } else { 0 };
            seen.blue += if version == self.versions.0 { requests } else { 0 };
        }
        let reached = registry.series().filter(|(to, _)| to.version == self.versions.1);
        seen.tried = reached.map(|(_, series)| series.requests).sum();
        seen
    }

    /// What a rollout of a good version came to.
    pub(super) fn good(&self, replicas: f64) -> Good {
        let now = self.simulation.now();
        let summary = Summary::of(&self.simulation);
        let extra = summary.pod_seconds() - replicas * now.since(SimTime::ZERO).as_secs_f64();
        let full = self.green_last.is_some_and(|green| self.blue_last < green);
        Good {
            failed: failed(&summary),
            p99_ms: self.p99_ms(),
            full: self
                .green_served
                .filter(|_| full)
                .map(|green| self.blue_last.max(green).since(BEGIN)),
            extra_pod_seconds: extra.max(0.0),
            moments: self.moments.clone(),
        }
    }

    /// What a rollout of a bad version came to.
    pub(super) fn bad(&self) -> Bad {
        let since = |from: SimTime, to: SimTime| to.max(from).since(from);
        Bad {
            failed: failed(&Summary::of(&self.simulation)),
            called: self.detected,
            detected: self.detected.zip(self.green_first).map(|(at, first)| since(first, at)),
            back: self.detected.map(|at| since(at, self.green_last.unwrap_or(at))),
            moments: self.moments.clone(),
        }
    }

    /// 99 of 100 requests were faster, as the gateway saw it (PROM-05).
    fn p99_ms(&self) -> Option<f64> {
        let registry = &self.simulation.world().registry;
        let mut all = Buckets::default();
        for buckets in report::outcomes(registry, self.simulation.opening()).values() {
            all.iter_mut().zip(buckets).for_each(|(sum, count)| *sum += count);
        }
        Some(quantile::micros(0.99, &BUCKETS, &all)? / 1e3)
    }
}

/// Tries of users that ended badly.
fn failed(summary: &Summary) -> u64 {
    summary.users.iter().map(|one| one.errors + one.timeouts + one.refused + one.resets).sum()
}

/// The same users, another rollout.
fn scenario(
    base: &Scenario,
    parts: &Parts,
    plan: Plan,
    options: &Options,
    bad: Option<f64>,
) -> Scenario {
    let mut scenario = base.clone();
    let others: Vec<String> = parts.others.iter().map(crate::manifest::to_yaml).collect();
    scenario.start.clone_from(&parts.commands);
    scenario.workspace = plan.files.into_iter().collect();
    if !others.is_empty() {
        scenario.workspace.insert("others.yaml".to_owned(), others.join("---\n"));
        scenario.start.push("kubectl apply -f others.yaml".to_owned());
    }
    scenario.start.extend(plan.start.iter().map(|file| format!("kubectl apply -f {file}")));
    scenario.duration = options.duration;
    (scenario.events, scenario.objectives, scenario.hints) = (Vec::new(), Vec::new(), Vec::new());
    let rate: f64 = scenario.traffic.iter().map(|users| users.rate).sum();
    for users in &mut scenario.traffic {
        users.rate *= options.rate.map_or(1.0, |wanted| wanted / rate);
        let early = users.requests.iter().map(|kind| {
            let mut kind = kind.clone();
            kind.share *= EARLY;
            kind.headers.insert(HEADER.0.to_owned(), HEADER.1.to_owned());
            kind
        });
        let early: Vec<_> = early.collect();
        users.requests.iter_mut().for_each(|kind| kind.share *= 1.0 - EARLY);
        users.requests.extend(early);
    }
    let green = scenario.releases.get_mut(parts.new_image());
    for route in green.into_iter().flat_map(|release| &mut release.routes) {
        route.errors = bad.map_or(route.errors, |share| share.max(route.errors));
    }
    scenario
}
