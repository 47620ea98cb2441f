//! Analysis runs at work: each measurement asks Prometheus and is judged (ROLL-40..46).

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::rollouts::analysis::assess::{Measurement, MetricResult, Phase, judge, overall};
use crate::rollouts::analysis::condition::Value;
use crate::rollouts::analysis::spec::{AnalysisRunSpec, AnalysisSpec, Arguments, Limits, Metric};
use crate::rollouts::{RolloutEvent, Rollouts};
use crate::telemetry::promql::{self, Query, print};
use crate::telemetry::tsdb::Tsdb;
use crate::time::SimTime;
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
        });
        if run.number == next {
            self.next_run = next.wrapping_add(1);
        }
        let number = run.number;
        scope.after(self.watch.0, RolloutEvent::Measure { run: number });
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
            if due && !spec.terminate {
                let measured = measurement(metric, &arguments, &self.telemetry.tsdb, ctx.now);
                let mut text = format!("measures {}: {}", metric.name, measured.phase.name());
                if !measured.value.is_empty() {
                    text += &format!(", value {}", measured.value);
                }
                if !measured.message.is_empty() {
                    text += &format!(" ({})", measured.message);
                }
                result.add(measured);
                let scope = &mut Scope { ctx, trace: &mut self.trace };
                let subject = format!("analysisrun/{name}");
                scope.note_because(
                    run.cause,
                    Topic::Delivery,
                    subject,
                    text,
                    &["ROLL-40", "ROLL-41"],
                );
            }
        }
        // A metric that has failed ends all others, the second time round.
        for _ in 0..2 {
            let bad = |one: &MetricResult| {
                let bad = matches!(one.phase, Phase::Failed | Phase::Error | Phase::Inconclusive);
                bad && !one.dry_run
            };
            let stops = spec.terminate || run.results.iter().any(bad);
            for (result, limits) in run.results.iter_mut().zip(limits) {
                (result.phase, result.message) = result.assess(limits, stops);
            }
        }
        (run.phase, run.message) = overall(&run.results);
        let due = run.results.iter().zip(limits);
        let due = due.filter_map(|(result, limits)| result.due(limits, started)).min();
        run.due = due.map(|due| due.max(ctx.now));
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
        let known = self.rollouts.known.iter();
        let waiting = known.filter(|(_, one)| one.status.runs.iter().any(|run| run == name));
        let waiting: Vec<String> = waiting.map(|(name, _)| name.clone()).collect();
        let by = scope.id();
        for rollout in waiting {
            self.rollouts.wake(&rollout, by, scope);
        }
    }
}

/// Asks Prometheus once, and judges the answer (ROLL-41).
fn measurement(metric: &Metric, arguments: &Arguments, tsdb: &Tsdb, at: SimTime) -> Measurement {
    let mut measured =
        Measurement { phase: Phase::Error, value: String::new(), message: String::new(), at };
    let judged = metric.resolve(arguments).and_then(|resolved| {
        let query = Query::parse(&resolved.query).map_err(|problem| problem.to_string())?;
        let answer = query.evaluate(tsdb, at).map_err(|problem| problem.to_string())?;
        let (value, text) = value_of(answer)?;
        measured.value = text;
        judge(&value, resolved.success.as_ref(), resolved.failure.as_ref())
    });
    match judged {
        Ok(phase) => measured.phase = phase,
        Err(problem) => measured.message = problem,
    }
    measured
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
