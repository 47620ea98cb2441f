//! Canary and `MetricTemplate` of Flagger: from a checked tree to a specification (FLG-01).

use serde_json::{Map, Value};

use crate::flagger::spec::{
    Analysis, Bounds, CanaryService, CanarySpec, Check, Door, Hook, LOAD_TESTER, Metric,
    MetricTemplateSpec, Webhook, render,
};
use crate::manifest::findings::Findings;
use crate::manifest::istio;
use crate::manifest::read::Cursor;
use crate::telemetry::promql::Query;
use crate::time::SimDuration;

/// Reads `spec` of a Canary.
pub(super) fn canary(spec: &Cursor<'_>, findings: &mut Findings) -> CanarySpec {
    only(spec, "provider", "istio", findings);
    if let Some(target) = spec.get("targetRef") {
        only(&target, "kind", "Deployment", findings);
    }
    let autoscaler = spec.get("autoscalerRef");
    if let Some(autoscaler) = &autoscaler {
        only(autoscaler, "kind", "HorizontalPodAutoscaler", findings);
    }
    let name = |cursor: &Cursor<'_>| cursor.text("name").unwrap_or_default().to_owned();
    let seconds = spec.count("progressDeadlineSeconds").unwrap_or(600);
    if spec.get("service").is_none() {
        let message = "spec.service: Required value: Flagger makes Services with its port";
        findings.fix(spec.position(), message, "write service: {port: 80, targetPort: 8080}");
    }
    CanarySpec {
        target: spec.get("targetRef").as_ref().map(name).unwrap_or_default(),
        autoscaler: autoscaler.as_ref().map(name),
        service: spec.get("service").map(|one| service(&one, findings)).unwrap_or_default(),
        analysis: analysis(spec.get("analysis").as_ref(), findings),
        progress_deadline: SimDuration::from_secs(u64::from(seconds)),
        skip_analysis: spec.flag("skipAnalysis"),
        suspend: spec.flag("suspend"),
    }
}

/// Refuses what a field may say but is not modelled.
fn only(parent: &Cursor<'_>, field: &str, known: &str, findings: &mut Findings) {
    if let (Some(cursor), Some(text)) = (parent.get(field), parent.text(field))
        && text != known
    {
        let message = format!("not modelled: {}: {text}", cursor.path);
        findings.fix(cursor.position(), message, format!("write {known}"));
    }
}

fn service(cursor: &Cursor<'_>, findings: &mut Findings) -> CanaryService {
    for entry in cursor.list("match") {
        istio::http_match(&entry, findings);
    }
    if let Some(retries) = cursor.get("retries") {
        istio::read_retries(&retries, findings);
    }
    if let Some(timeout) = cursor.get("timeout") {
        istio::positive(&timeout, cursor.duration("timeout"), findings);
    }
    istio::policy::read(cursor, findings);
    let json = |field: &str| cursor.get(field).map(|value| value.node.to_json());
    let rest = ["rewrite", "timeout", "retries", "corsPolicy", "headers"];
    let route: Map<String, Value> =
        rest.into_iter().filter_map(|field| Some((field.to_owned(), json(field)?))).collect();
    if let Some(target) = cursor.get("targetPort") {
        let number = target.number();
        if number.is_some_and(|number| !(1..=65_535).contains(&number)) {
            let message = format!(
                "{}: Invalid value: {}: must be between 1 and 65535, inclusive",
                target.path,
                number.unwrap_or_default()
            );
            findings.error(target.position(), message);
        }
    }
    CanaryService {
        name: cursor.text("name").map(str::to_owned),
        port: cursor.port("port").unwrap_or_default(),
        port_name: cursor.text("portName").unwrap_or("http").to_owned(),
        target_port: json("targetPort"),
        port_discovery: cursor.flag("portDiscovery"),
        gateways: cursor.texts("gateways"),
        hosts: cursor.texts("hosts"),
        matches: json("match").unwrap_or(Value::Null),
        route,
        traffic_policy: json("trafficPolicy"),
    }
}

fn analysis(cursor: Option<&Cursor<'_>>, findings: &mut Findings) -> Analysis {
    let count = |field: &str| cursor.and_then(|cursor| cursor.count(field));
    let flag = |field: &str| cursor.is_some_and(|cursor| cursor.flag(field));
    let list = |field: &str| cursor.map(|cursor| cursor.list(field)).unwrap_or_default();
    if let Some(cursor) = cursor {
        one_strategy(cursor, findings);
    }
    for entry in list("match") {
        istio::http_match(&entry, findings);
    }
    let matches = cursor.and_then(|cursor| cursor.get("match")).map(|all| all.node.to_json());
    let steps = list("stepWeights");
    let steps = steps.iter().filter_map(|step| u32::try_from(step.number()?).ok());
    Analysis {
        interval: cursor
            .and_then(|cursor| cursor.duration("interval"))
            .unwrap_or(SimDuration::from_secs(60)),
        threshold: count("threshold").unwrap_or(1),
        max_weight: count("maxWeight").unwrap_or(0),
        step_weight: count("stepWeight").unwrap_or(0),
        step_weights: steps.collect(),
        step_weight_promotion: count("stepWeightPromotion").unwrap_or(0),
        iterations: count("iterations").unwrap_or(0),
        mirror: flag("mirror"),
        mirror_weight: count("mirrorWeight").unwrap_or(0),
        primary_ready: count("primaryReadyThreshold").unwrap_or(100),
        canary_ready: count("canaryReadyThreshold").unwrap_or(100),
        matches: matches.unwrap_or(Value::Null),
        metrics: list("metrics").iter().map(|one| metric(one, findings)).collect(),
        webhooks: list("webhooks").iter().filter_map(|one| webhook(one, findings)).collect(),
    }
}

/// The CRD wants an interval, a threshold, and exactly one way to go on.
fn one_strategy(cursor: &Cursor<'_>, findings: &mut Findings) {
    let ways = ["iterations", "stepWeight", "stepWeights"];
    let given = ways.iter().filter(|way| cursor.get(way).is_some()).count();
    let whole = ["interval", "threshold"].iter().all(|field| cursor.get(field).is_some());
    if whole && given == 1 {
        return;
    }
    let found = if whole && 1 < given { "more than one valid" } else { "none valid" };
    let message = format!(
        "spec.analysis: Invalid value: \"object\": spec.analysis in body must validate one and only \
         one schema (oneOf). Found {found}"
    );
    let help = "write interval, threshold, and one of iterations, stepWeight and stepWeights";
    findings.fix(cursor.position(), message, help);
}

fn metric(cursor: &Cursor<'_>, findings: &mut Findings) -> Metric {
    let name = cursor.text("name").unwrap_or_default().to_owned();
    let number = |parent: &Cursor<'_>, field: &str, findings: &mut Findings| {
        let cursor = parent.get(field)?;
        let value = cursor.node.to_json().as_f64()?;
        if value < 0.0 {
            let message = format!(
                "{}: Invalid value: {value}: must be greater than or equal to 0 here",
                cursor.path
            );
            findings.error(cursor.position(), message);
        }
        Some(value)
    };
    let range = cursor.get("thresholdRange");
    let old = number(cursor, "threshold", findings);
    let bounds = match &range {
        Some(range) => Bounds::Range {
            least: number(range, "min", findings),
            most: number(range, "max", findings),
        },
        None => Bounds::Threshold(old.unwrap_or(0.0)),
    };
    let template = cursor.get("templateRef");
    if let Some(template) = &template {
        only(template, "namespace", "default", findings);
    }
    let check = match (name.as_str(), cursor.text("query"), template) {
        ("request-success-rate", ..) => Check::SuccessRate,
        ("request-duration", ..) => Check::Duration,
        (_, _, Some(template)) => Check::Template {
            name: template.text("name").unwrap_or_default().to_owned(),
            variables: cursor.labels("templateVariables"),
        },
        (_, Some(query), None) => Check::Query(query.to_owned()),
        (_, None, None) => {
            let message = format!(
                "{}: {name:?} is none of Flagger's own metrics and has no templateRef: nothing is \
                 checked",
                cursor.path
            );
            findings.note(cursor.position(), message);
            Check::Nothing
        }
    };
    if let (Check::Query(query), Some(place)) = (&check, cursor.get("query")) {
        check_promql(&place, query, findings);
    }
    let interval = cursor.text("interval").unwrap_or("1m").to_owned();
    Metric { name, interval, check, bounds }
}

/// A query that Prometheus would refuse is taken, as in a real cluster, and fails at each check.
fn check_promql(place: &Cursor<'_>, query: &str, findings: &mut Findings) {
    if let Err(problem) = Query::parse(query) {
        let message = format!("{}: every check will fail: PromQL: {problem}", place.path);
        findings.note(place.position(), message);
    }
}

fn webhook(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Webhook> {
    let hook = match cursor.text("type").unwrap_or_default() {
        "confirm-rollout" => Hook::ConfirmRollout,
        "pre-rollout" => Hook::PreRollout,
        "confirm-traffic-increase" => Hook::ConfirmTrafficIncrease,
        "confirm-promotion" => Hook::ConfirmPromotion,
        "post-rollout" => Hook::PostRollout,
        "rollback" => Hook::Rollback,
        "event" => {
            findings.note(cursor.position(), format!("not modelled: {}: type event", cursor.path));
            return None;
        }
        _ => Hook::Rollout,
    };
    let url = cursor.get("url")?;
    let text = url.node.as_str().unwrap_or_default();
    let door = Door::at(text);
    if door.is_none() {
        let message = format!(
            "not modelled: {}: nobody answers at {:?}",
            url.path,
            super::check::shorten(text)
        );
        let help = format!(
            "ask a gate of the load tester: http://{LOAD_TESTER}.test/ and gate/check, gate/approve, \
             gate/halt or rollback/check"
        );
        findings.fix(url.position(), message, help);
    }
    let name = cursor.text("name").unwrap_or_default().to_owned();
    Some(Webhook { name, hook, door: door? })
}

/// Reads `spec` of a `MetricTemplate`.
pub(super) fn metric_template(spec: &Cursor<'_>, findings: &mut Findings) -> MetricTemplateSpec {
    let provider = spec.get("provider");
    if let Some(provider) = &provider {
        only(provider, "type", "prometheus", findings);
    }
    let query = spec.text("query").unwrap_or_default().to_owned();
    if let Some(place) = spec.get("query") {
        let sample = |gap: &str| match gap {
            "interval" => Some("1m".to_owned()),
            "name" | "namespace" | "target" | "service" | "ingress" => Some("x".to_owned()),
            gap => gap.strip_prefix("variables.").map(|_| "x".to_owned()),
        };
        match render(&query, sample) {
            Ok(query) => check_promql(&place, &query, findings),
            Err(problem) => {
                let message = format!("{}: every check will fail: {problem}", place.path);
                findings.note(place.position(), message);
            }
        }
    }
    let provider = provider.and_then(|one| one.text("type").map(str::to_owned));
    MetricTemplateSpec { provider: provider.unwrap_or_default(), query }
}
