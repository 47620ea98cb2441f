//! `HorizontalPodAutoscaler`: from a checked tree to a specification with defaults (A.8).

use crate::cluster::api::Kind;
use crate::cluster::spec::{
    AutoscalerSpec, IntOrPercent, ScaleTarget, ScalingBehavior, ScalingPolicy, ScalingRules,
    SelectPolicy,
};
use crate::manifest::findings::Findings;
use crate::manifest::kubernetes::MAX_REPLICAS;
use crate::manifest::pod::quantity;
use crate::manifest::read::Cursor;
use crate::time::SimDuration;

/// Longest `stabilizationWindowSeconds`.
const LONGEST_WINDOW: i64 = 3_600;
/// Longest `periodSeconds`.
const LONGEST_PERIOD: i64 = 1_800;
/// `averageUtilization` if there are no metrics.
const UTILIZATION: u32 = 80;

/// Reads `spec` of a `HorizontalPodAutoscaler`.
pub(super) fn read(spec: &Cursor<'_>, findings: &mut Findings) -> AutoscalerSpec {
    let min_replicas = match spec.get("minReplicas") {
        Some(cursor) => number(&cursor, 1.., "must be greater than or equal to 1", findings),
        None => 1,
    };
    let max_replicas = match spec.get("maxReplicas") {
        Some(cursor) => number(&cursor, 1.., "must be greater than 0", findings),
        None => {
            let message = "spec.maxReplicas: Invalid value: 0: must be greater than 0";
            findings.error(spec.position(), message);
            0
        }
    };
    let place = spec.get("maxReplicas").map_or(spec.position(), |cursor| cursor.position());
    if (1..min_replicas).contains(&max_replicas) {
        let message = format!(
            "spec.maxReplicas: Invalid value: {max_replicas}: must be greater than or equal to \
             `minReplicas`"
        );
        findings.error(place, message);
    }
    if MAX_REPLICAS < max_replicas {
        let message =
            format!("spec.maxReplicas: {max_replicas} pods are more than can be simulated");
        findings.fix(place, message, format!("write at most {MAX_REPLICAS}"));
    }
    let mut utilizations: Vec<u32> =
        spec.list("metrics").iter().filter_map(|metric| utilization(metric, findings)).collect();
    if spec.list("metrics").is_empty() {
        utilizations.push(UTILIZATION);
    }
    let behavior = spec.get("behavior").map(|behavior| ScalingBehavior {
        up: rules(&behavior, "scaleUp", findings),
        down: rules(&behavior, "scaleDown", findings),
    });
    AutoscalerSpec {
        target: target(spec, findings),
        min_replicas,
        max_replicas,
        utilizations,
        behavior,
    }
}

/// A number within limits, or what the API server says of it.
fn number(
    cursor: &Cursor<'_>,
    allowed: impl std::ops::RangeBounds<i64>,
    rule: &str,
    findings: &mut Findings,
) -> u32 {
    let Some(number) = cursor.number() else { return 1 };
    if !allowed.contains(&number) {
        let message = format!("{}: Invalid value: {number}: {rule}", cursor.path);
        findings.error(cursor.position(), message);
    }
    number.clamp(0, i64::from(i32::MAX)) as u32
}

fn target(spec: &Cursor<'_>, findings: &mut Findings) -> ScaleTarget {
    let mut kind = Kind::Deployment;
    let Some(target) = spec.get("scaleTargetRef") else {
        return ScaleTarget { kind, name: String::new() };
    };
    match (target.get("kind"), target.text("kind")) {
        (Some(_), Some("Rollout")) => kind = Kind::Rollout,
        (Some(cursor), Some(other)) if other != "Deployment" => {
            let message = format!("not modelled: {}: {other:?}", cursor.path);
            findings.fix(cursor.position(), message, "scale a Deployment or a Rollout");
        }
        _ => {}
    }
    let version = kind.versions()[0];
    if let (Some(cursor), Some(given)) = (target.get("apiVersion"), target.text("apiVersion"))
        && given != version
    {
        let message = format!("{}: no matches for kind \"{kind}\" in {given:?}", cursor.path);
        findings.fix(cursor.position(), message, format!("write apiVersion: {version}"));
    }
    for name in ["kind", "name"] {
        if let (Some(cursor), Some("")) = (target.get(name), target.text(name)) {
            findings.error(cursor.position(), format!("{}: Required value", cursor.path));
        }
    }
    ScaleTarget { kind, name: target.text("name").unwrap_or_default().to_owned() }
}

/// `averageUtilization` of a metric.
fn utilization(metric: &Cursor<'_>, findings: &mut Findings) -> Option<u32> {
    let kind = metric.text("type")?;
    if kind != "Resource" {
        if !["ContainerResource", "External", "Object", "Pods"].contains(&kind) {
            return None;
        }
        let path = metric.path_to("type");
        let place = metric.get("type").map_or(metric.position(), |cursor| cursor.position());
        findings.fix(place, format!("not modelled: {path}: {kind:?}"), "write type: Resource");
        return None;
    }
    let Some(resource) = metric.get("resource") else {
        let message = format!(
            "{}: Required value: must populate information for the given metric source",
            metric.path_to("resource")
        );
        findings.error(metric.position(), message);
        return None;
    };
    if let (Some(cursor), Some(name)) = (resource.get("name"), resource.text("name"))
        && name != "cpu"
    {
        let message = format!("not modelled: {}: {name:?}", cursor.path);
        findings.fix(cursor.position(), message, "scale by cpu");
        return None;
    }
    let target = resource.get("target")?;
    if let (Some(cursor), Some(kind @ ("AverageValue" | "Value"))) =
        (target.get("type"), target.text("type"))
    {
        let message = format!("not modelled: {}: {kind:?}", cursor.path);
        findings.fix(cursor.position(), message, "write type: Utilization");
        return None;
    }
    match target.get("averageUtilization") {
        Some(cursor) => Some(number(&cursor, 1.., "must be greater than 0", findings)),
        None => {
            let message = format!(
                "{}: Required value: must set either a target raw value or a target utilization",
                target.path_to("averageUtilization")
            );
            findings.error(target.position(), message);
            None
        }
    }
}

/// The rules of one direction with their defaults.
fn rules(behavior: &Cursor<'_>, direction: &str, findings: &mut Findings) -> ScalingRules {
    let percent = policy(IntOrPercent::Percent(100), 15);
    let mut rules = match direction {
        "scaleUp" => defaults(0, vec![policy(IntOrPercent::Int(4), 15), percent]),
        _ => defaults(300, vec![percent]),
    };
    let Some(given) = behavior.get(direction) else { return rules };
    if let Some(cursor) = given.get("stabilizationWindowSeconds") {
        let rule = match cursor.number() {
            Some(..0) => "must be greater than or equal to zero",
            _ => "must be less than or equal to 3600",
        };
        let secs = number(&cursor, 0..=LONGEST_WINDOW, rule, findings);
        rules.window = SimDuration::from_secs(u64::from(secs));
    }
    match given.text("selectPolicy") {
        Some("Min") => rules.select = SelectPolicy::Min,
        Some("Disabled") => rules.select = SelectPolicy::Disabled,
        _ => {}
    }
    if let Some(cursor) = given.get("tolerance")
        && let Some(milli) = quantity(cursor.node)
    {
        if milli < 0 {
            let message = format!(
                "{}: Invalid value: {}: must be greater or equal to 0",
                cursor.path,
                crate::manifest::check::shown(cursor.node)
            );
            findings.error(cursor.position(), message);
        }
        rules.tolerance = milli.clamp(0, 1_000_000_000) as f64 / 1e3;
    }
    let policies = given.list("policies");
    if given.is_empty_list("policies") {
        let path = given.path_to("policies");
        let message = format!("{path}: Required value: must specify at least one Policy");
        findings.error(given.position(), message);
    } else if !policies.is_empty() {
        rules.policies = policies.iter().map(|cursor| read_policy(cursor, findings)).collect();
    }
    rules
}

fn defaults(window: u64, policies: Vec<ScalingPolicy>) -> ScalingRules {
    let window = SimDuration::from_secs(window);
    ScalingRules { window, tolerance: 0.1, select: SelectPolicy::Max, policies }
}

fn policy(step: IntOrPercent, secs: u32) -> ScalingPolicy {
    ScalingPolicy { step, period: SimDuration::from_secs(u64::from(secs)) }
}

fn read_policy(cursor: &Cursor<'_>, findings: &mut Findings) -> ScalingPolicy {
    let value = cursor.get("value");
    let value = value.map(|value| number(&value, 1.., "must be greater than zero", findings));
    let secs = cursor.get("periodSeconds").map(|cursor| {
        let rule = match cursor.number() {
            Some(..=0) => "must be greater than zero",
            _ => "must be less than or equal to 1800",
        };
        number(&cursor, 1..=LONGEST_PERIOD, rule, findings)
    });
    let value = value.unwrap_or(1);
    let step = match cursor.text("type") {
        Some("Percent") => IntOrPercent::Percent(value),
        _ => IntOrPercent::Int(value),
    };
    policy(step, secs.unwrap_or(1))
}
