//! Analysis runs at work: each measurement asks Prometheus or begins a Job, and is judged (ROLL-40..46).

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::state::{ClusterState, JobStatus};
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::rollouts::analysis::assess::{Measurement, MetricResult, Phase, judge, overall};
use crate::rollouts::analysis::condition::Value;
use crate::rollouts::analysis::spec::{
    AnalysisRunSpec, AnalysisSpec, Arguments, Limits, Metric, Provider, fill, fill_all,
};
use crate::rollouts::{RolloutEvent, Rollouts};
use crate::telemetry::promql::{self, Query, print};
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::{Scope, World};

/// What is known of an analysis run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number, by which events name it.
    number: u16,
    /// Where it stands.
    pub phase: Phase,
    /// Why, if it is not good.
    pub message: String,
    /// What was measured, metric by metric.
    pub results: Vec<MetricResult>,
    /// When it began.
    pub started: SimTime,
    /// When it ended.
    pub finished: Option<SimTime>,
    /// What began it.
    cause: EventId,
    /// When it measures next.
    due: Option<SimTime>,
    /// Whether it will look anyway, since a Job has ended.
    waking: bool,
}

impl Run {
    /// Sum over all metrics: good, bad, neither, errors.
    pub fn totals(&self) -> [i64; 4] {
        let sum = |of: fn(&MetricResult) -> i64| self.results.iter().map(of).sum();
        [
            sum(|one| one.successful),
            sum(|one| one.failed),
            sum(|one| one.inconclusive),
            sum(|one| one.error),
        ]
    }
}

impl Rollouts {
    /// A run was written or deleted.
    pub(in crate::rollouts) fn run_changed(
        &mut self,
        name: &str,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        if api.get(Kind::AnalysisRun, name).is_none() {
            self.runs.remove(name);
            scope.after(SimDuration::ZERO, RolloutEvent::Collect);
            self.wake_users(name, scope);
            return;
        }
        let next = self.next_run;
        let run = self.runs.entry(name.to_owned()).or_insert_with(|| Run {
            number: next,
            phase: Phase::Pending,
            message: String::new(),
            results: Vec::new(),
            started: scope.now(),
            finished: None,
            cause: scope.id(),
            due: None,
            waking: false,
        });
        if run.number == next {
            self.next_run = next.wrapping_add(1);
        }
        let number = run.number;
        scope.after(self.watch.0, RolloutEvent::Measure { run: number });
    }

    /// The Rollouts that a run counts for look again.
    fn wake_users(&mut self, run: &str, scope: &mut Scope<'_, '_>) {
        let users =
            self.known.iter().filter(|(_, known)| known.status.runs.iter().any(|r| r == run));
        let users: Vec<String> = users.map(|(name, _)| name.clone()).collect();
        for rollout in users {
            self.wake(&rollout, scope.id(), scope);
        }
    }

    /// Runs look at the Jobs that have ended.
    pub(in crate::rollouts) fn look_at_jobs(
        &mut self,
        api: &ApiServer,
        state: &ClusterState,
        scope: &mut Scope<'_, '_>,
    ) {
        let ended = |job: &str| {
            let finished = state.jobs.get(job).is_some_and(JobStatus::is_finished);
            finished || api.get(Kind::Job, job).is_none()
        };
        let waiting = self.runs.values_mut().filter(|run| !run.waking && !run.phase.is_over());
        for run in waiting {
            if run.results.iter().filter_map(MetricResult::measuring).any(ended) {
                run.waking = true;
                scope.after(self.watch.0, RolloutEvent::Measure { run: run.number });
            }
        }
    }
}

fn spec_of(api: &ApiServer, name: &str) -> Option<AnalysisRunSpec> {
    match &api.get(Kind::AnalysisRun, name)?.manifest.spec {
        Spec::AnalysisRun(spec) => Some(spec.clone()),
        _ => None,
    }
}

impl AnalysisSpec {
    fn arguments(&self) -> Arguments {
        let given = |(name, value): &(String, Option<String>)| Some((name.clone(), value.clone()?));
        self.args.iter().filter_map(given).collect()
    }

    fn is_dry(&self, metric: &str) -> bool {
        self.dry_run.iter().any(|name| name == "*" || name == metric)
    }
}

impl World {
    /// Takes the measurements of a run that are due.
    pub(in crate::rollouts) fn measure(&mut self, number: u16, ctx: &mut Context<'_, Event>) {
        let runs = self.rollouts.runs.iter();
        let mut found = runs.filter(|(_, run)| run.number == number);
        let Some((name, run)) = found.next().map(|(name, run)| (name.clone(), run.clone())) else {
            return;
        };
        let Some(spec) = spec_of(&self.api, &name) else { return };
        if run.phase.is_over() {
            return;
        }
        let mut run = run;
        run.due = run.due.filter(|due| ctx.now < *due);
        run.waking = false;
        if run.phase == Phase::Pending {
            (run.phase, run.started) = (Phase::Running, ctx.now);
        }
        let arguments = spec.analysis.arguments();
        let limits = spec.analysis.metrics.iter().map(|metric| metric.limits(&arguments));
        match limits.collect::<Result<Vec<Limits>, String>>() {
            Err(problem) => {
                run.phase = Phase::Error;
                run.message = format!("unable to resolve metric arguments: {problem}");
            }
            Ok(limits) => self.measure_all(&name, &mut run, (&spec, &limits), ctx),
        }
        if run.phase.is_over() {
            self.end_analysis(&name, &mut run, ctx);
        }
        if let Some(at) = run.due.filter(|_| !run.phase.is_over()) {
            ctx.after(at.since(ctx.now), RolloutEvent::Measure { run: number }.into());
        }
        self.cluster.state.version += 1;
        self.rollouts.runs.insert(name, run);
    }

    fn measure_all(
        &mut self,
        name: &str,
        run: &mut Run,
        (spec, limits): (&AnalysisRunSpec, &[Limits]),
        ctx: &mut Context<'_, Event>,
    ) {
        let arguments = spec.analysis.arguments();
        if run.results.is_empty() {
            run.results = spec
                .analysis
                .metrics
                .iter()
                .map(|metric| MetricResult {
                    name: metric.name.clone(),
                    dry_run: spec.analysis.is_dry(&metric.name),
                    ..MetricResult::default()
                })
                .collect();
        }
        let started = run.started;
        let metrics = spec.analysis.metrics.iter().zip(limits);
        for ((metric, limits), result) in metrics.zip(&mut run.results) {
            let due = result.due(limits, started).is_some_and(|due| due <= ctx.now);
            let cause = if let Some(job) = result.measuring() {
                let Some((phase, message)) = self.job_result(job) else { continue };
                result.end(phase, message, ctx.now);
                ctx.cause
            } else if due && !spec.terminate {
                let measured = self.take_measurement(name, metric, &arguments, result, ctx);
                result.add(measured);
                run.cause
            } else {
                continue;
            };
            let text = result.measurements.last().map(|last| last.told(&metric.name));
            let (subject, rules) = (format!("analysisrun/{name}"), &["ROLL-40", "ROLL-41"]);
            let scope = &mut Scope { ctx, trace: &mut self.trace };
            scope.note_because(cause, Topic::Delivery, subject, text.unwrap_or_default(), rules);
        }
        // A metric that has failed ends all others, the second time round.
        for _ in 0..2 {
            let bad = |one: &MetricResult| {
                let bad = matches!(one.phase, Phase::Failed | Phase::Error | Phase::Inconclusive);
                bad && !one.dry_run
            };
            let stops = spec.terminate || run.results.iter().any(bad);
            for result in run.results.iter_mut().filter(|_| stops) {
                self.end_job(result, ctx);
            }
            for (result, limits) in run.results.iter_mut().zip(limits) {
                (result.phase, result.message) = result.assess(limits, stops);
            }
        }
        (run.phase, run.message) = overall(&run.results);
        let due = run.results.iter().zip(limits);
        let due = due.filter_map(|(result, limits)| result.due(limits, started)).min();
        run.due = due.map(|due| due.max(ctx.now));
    }

    /// Begins a measurement; what asks Prometheus ends with it.
    fn take_measurement(
        &mut self,
        run: &str,
        metric: &Metric,
        arguments: &Arguments,
        result: &MetricResult,
        ctx: &mut Context<'_, Event>,
    ) -> Measurement {
        let (started, at) = (ctx.now, ctx.now);
        let mut measured =
            Measurement { phase: Phase::Error, started, at, ..Measurement::default() };
        let taken = match &metric.provider {
            Provider::Prometheus(query) => {
                let asked =
                    fill(query, arguments).and_then(|query| self.ask_prometheus(&query, at));
                asked.and_then(|(value, text)| {
                    measured.value = text;
                    let resolved = metric.resolve(arguments)?;
                    judge(&value, resolved.success.as_ref(), resolved.failure.as_ref())
                })
            }
            Provider::Job(template) => {
                let number = result.count + result.error + 1;
                let job = fill_all(template, arguments)
                    .and_then(|template| self.begin_job(run, &metric.name, number, &template, ctx));
                job.map(|job| {
                    measured.job = Some(job);
                    Phase::Running
                })
            }
        };
        match taken {
            Ok(phase) => measured.phase = phase,
            Err(problem) => measured.message = problem,
        }
        measured
    }

    /// Asks Prometheus: the answer as conditions see it, and as Argo Rollouts writes it.
    fn ask_prometheus(&self, query: &str, at: SimTime) -> Result<(Value, String), String> {
        let query = Query::parse(query).map_err(|problem| problem.to_string())?;
        let answer = query.evaluate(&self.telemetry.tsdb, at);
        value_of(answer.map_err(|problem| problem.to_string())?)
    }

    fn end_analysis(&mut self, name: &str, run: &mut Run, ctx: &mut Context<'_, Event>) {
        run.finished = Some(ctx.now);
        let bad = matches!(run.phase, Phase::Failed | Phase::Error);
        let (level, reason) = if bad {
            ("Warning", "AnalysisRunFailed")
        } else if run.phase == Phase::Inconclusive {
            ("Normal", "AnalysisRunInconclusive")
        } else {
            ("Normal", "AnalysisRunSuccessful")
        };
        let message = format!("Analysis completed {}", run.phase.name());
        let dash = if run.message.is_empty() { "" } else { ": " };
        let text = format!("{}{dash}{}", run.phase.name(), run.message);
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let subject = format!("analysisrun/{name}");
        self.cluster.record(level, reason, subject.clone(), message, scope);
        let rules = &["ROLL-43", "ROLL-44", "ROLL-45"];
        // The measurement that decided it has just been told.
        let measured = scope.trace.iter().next_back().is_some_and(|last| last.id == scope.id());
        let cause = if measured { scope.id() } else { run.cause };
        scope.note_because(cause, Topic::Delivery, subject, text, rules);
        self.rollouts.wake_users(name, scope);
    }
}

/// The answer as conditions see it, and as Argo Rollouts writes it.
fn value_of(answer: promql::Value) -> Result<(Value, String), String> {
    match answer {
        promql::Value::Scalar(number) => Ok((Value::Number(number), print::number(number))),
        promql::Value::Vector(vector) => {
            let numbers: Vec<f64> = vector.into_iter().map(|(_, number)| number).collect();
            let texts: Vec<String> = numbers.iter().map(|number| print::number(*number)).collect();
            let list = numbers.into_iter().map(Value::Number).collect();
            Ok((Value::List(list), format!("[{}]", texts.join(","))))
        }
        promql::Value::Matrix(_) | promql::Value::String(_) => {
            Err("Prometheus metric type not supported".to_owned())
        }
    }
}
