//! Analysis kinds of Argo Rollouts: from a checked tree to a specification (ROLL-40..46).

use std::collections::BTreeSet;

use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::rollouts::analysis::condition::Condition;
use crate::rollouts::analysis::spec::{
    AnalysisRunSpec, AnalysisSpec, Arguments, Metric, Provider, has_arguments,
};
use crate::telemetry::promql::Query;

/// Reads `spec` of an `AnalysisTemplate`.
pub(super) fn template(spec: &Cursor<'_>, findings: &mut Findings) -> AnalysisSpec {
    let metrics = spec.list("metrics");
    if metrics.is_empty() {
        let message = "spec.metrics: Required value: no metrics specified";
        findings.fix(spec.position(), message, "write at least one metric");
    }
    let mut names = BTreeSet::new();
    for metric in &metrics {
        let name = metric.text("name").unwrap_or_default();
        if !names.insert(name) {
            let path = metric.path_to("name");
            findings.error(metric.position(), format!("{path}: Duplicate value: {name:?}"));
        }
    }
    let argument = |argument: &Cursor<'_>| {
        let value = argument.text("value").map(str::to_owned);
        (argument.text("name").unwrap_or_default().to_owned(), value)
    };
    let dry = spec.list("dryRun");
    let dry = dry.iter().filter_map(|one| one.text("metricName"));
    AnalysisSpec {
        metrics: metrics.iter().map(|one| read_metric(one, findings)).collect(),
        args: spec.list("args").iter().map(argument).collect(),
        dry_run: dry.map(str::to_owned).collect(),
    }
}

/// Reads `spec` of an `AnalysisRun`.
pub(super) fn run(spec: &Cursor<'_>, findings: &mut Findings) -> AnalysisRunSpec {
    AnalysisRunSpec { analysis: template(spec, findings), terminate: spec.flag("terminate") }
}

fn read_metric(metric: &Cursor<'_>, findings: &mut Findings) -> Metric {
    let text = |name: &str| {
        let value = metric.get(name)?;
        let written = value.node.as_str().map(str::to_owned);
        written.or_else(|| value.number().map(|number| number.to_string()))
    };
    let read = Metric {
        name: metric.text("name").unwrap_or_default().to_owned(),
        interval: text("interval"),
        initial_delay: text("initialDelay"),
        count: text("count"),
        success: text("successCondition"),
        failure: text("failureCondition"),
        failure_limit: text("failureLimit"),
        inconclusive_limit: text("inconclusiveLimit"),
        consecutive_error_limit: text("consecutiveErrorLimit"),
        consecutive_success_limit: text("consecutiveSuccessLimit"),
        provider: metric
            .get("provider")
            .map_or_else(Provider::default, |provider| read_provider(&provider, findings)),
    };
    check_conditions(metric, findings);
    check_numbers(metric, &read, findings);
    read
}

fn read_provider(provider: &Cursor<'_>, findings: &mut Findings) -> Provider {
    match (provider.get("prometheus"), provider.get("job")) {
        (Some(prometheus), None) => {
            let query = prometheus.text("query").unwrap_or_default();
            if let (Some(place), false) = (prometheus.get("query"), has_arguments(query))
                && let Err(problem) = Query::parse(query)
            {
                let message = format!("{}: Invalid value: {problem}", place.path);
                let help = "write PromQL: sum(rate(requests_total[1m]))";
                findings.fix(place.position(), message, help);
            }
            Provider::Prometheus(query.to_owned())
        }
        (None, Some(job)) => {
            if let Some(spec) = job.get("spec") {
                // It is read again when a Job is made of it.
                drop(super::job::read(&spec, findings));
            }
            Provider::Job(job.node.to_json())
        }
        (given, _) => {
            let what = if given.is_some() { "multiple providers" } else { "no provider" };
            let message = format!("{}: Required value: {what} specified", provider.path);
            let help = "write one provider: prometheus: {query: ...} or job: {spec: ...}";
            findings.fix(provider.position(), message, help);
            Provider::default()
        }
    }
}

/// A condition that cannot be read is refused here; Argo Rollouts would find out when it measures.
fn check_conditions(metric: &Cursor<'_>, findings: &mut Findings) {
    for name in ["successCondition", "failureCondition"] {
        let Some(place) = metric.get(name) else { continue };
        let text = place.node.as_str().unwrap_or_default();
        if text.is_empty() || has_arguments(text) {
            continue;
        }
        if let Err(problem) = Condition::parse(text) {
            let message = format!("{}: Invalid value: {text:?}: {problem}", place.path);
            let help = "write a comparison, such as result[0] >= 0.95, or len(result) == 0 || ...";
            findings.fix(place.position(), message, help);
        }
    }
}

/// Times and numbers without arguments must be times and numbers.
fn check_numbers(metric: &Cursor<'_>, read: &Metric, findings: &mut Findings) {
    const FIELDS: [&str; 7] = [
        "interval",
        "initialDelay",
        "count",
        "failureLimit",
        "inconclusiveLimit",
        "consecutiveErrorLimit",
        "consecutiveSuccessLimit",
    ];
    let texts = [
        &read.interval,
        &read.initial_delay,
        &read.count,
        &read.failure_limit,
        &read.inconclusive_limit,
        &read.consecutive_error_limit,
        &read.consecutive_success_limit,
    ];
    for (place, name) in FIELDS.into_iter().enumerate() {
        let Some(text) = texts[place].as_ref().filter(|text| !has_arguments(text)) else {
            continue;
        };
        let mut alone = Metric::default();
        let field = match place {
            0 => &mut alone.interval,
            1 => &mut alone.initial_delay,
            2 => &mut alone.count,
            3 => &mut alone.failure_limit,
            4 => &mut alone.inconclusive_limit,
            5 => &mut alone.consecutive_error_limit,
            _ => &mut alone.consecutive_success_limit,
        };
        *field = Some(text.clone());
        let negative = text.starts_with('-') && name != "failureLimit";
        let read = alone.limits(&Arguments::new()).and_then(|_| match negative {
            true => Err("must be greater than or equal to 0".to_owned()),
            false => Ok(()),
        });
        if let Err(problem) = read {
            let cursor = metric.get(name);
            let position = cursor.map_or(metric.position(), |cursor| cursor.position());
            let message = format!("{}: Invalid value: {text:?}: {problem}", metric.path_to(name));
            let help = if place < 2 { "write a time like 30s or 5m" } else { "write a number" };
            findings.fix(position, message, help);
        }
    }
    let endless = read.interval.is_none()
        && read
            .count
            .as_deref()
            .is_some_and(|count| count.parse::<i64>().is_ok_and(|count| 1 < count));
    if endless {
        let path = metric.path_to("interval");
        let message = format!("{path}: Required value: interval must be specified when count > 1");
        findings.fix(metric.position(), message, "write interval: 1m");
    }
}
