//! Deployment and Service: from a checked tree to a specification with defaults (A.1, A.7).

use std::collections::BTreeSet;

use crate::cluster::spec::{
    DeploymentSpec, IntOrPercent, Labels, PodTemplate, RestartPolicy, ServicePort, ServiceSpec,
    Strategy, TargetPort,
};
use crate::manifest::check::shown;
use crate::manifest::findings::Findings;
use crate::manifest::names;
use crate::manifest::pod;
use crate::manifest::proxy_config;
use crate::manifest::read::Cursor;

/// Most pods of a Deployment. Ten nodes hold no more (K8S-100), and each pod that goes gives all that have
/// no room another try.
pub(super) const MAX_REPLICAS: u32 = 1_000;

/// Reads `spec` of a Deployment.
pub(super) fn deployment(spec: &Cursor<'_>, findings: &mut Findings) -> DeploymentSpec {
    let (selector, template) = selected_template(spec, "deployment", findings);
    let min_ready_seconds = spec.count("minReadySeconds").unwrap_or(0);
    let progress_deadline_seconds = spec.count("progressDeadlineSeconds").unwrap_or(600);
    if progress_deadline_seconds <= min_ready_seconds {
        let message = format!(
            "spec.progressDeadlineSeconds: Invalid value: {progress_deadline_seconds}: must be \
             greater than minReadySeconds"
        );
        let place = spec.get("progressDeadlineSeconds").or_else(|| spec.get("minReadySeconds"));
        findings.error(place.map_or(spec.position(), |cursor| cursor.position()), message);
    }
    DeploymentSpec {
        replicas: replicas(spec, findings),
        selector,
        template,
        strategy: strategy(spec, findings),
        min_ready_seconds,
        revision_history_limit: spec.count("revisionHistoryLimit").unwrap_or(10),
        progress_deadline_seconds,
        paused: spec.flag("paused"),
    }
}

/// Reads selector and template of what makes ReplicaSets; they must fit together.
pub(super) fn selected_template(
    spec: &Cursor<'_>,
    owner: &str,
    findings: &mut Findings,
) -> (Labels, PodTemplate) {
    let selector = spec.get("selector").map(|s| s.labels("matchLabels")).unwrap_or_default();
    if let Some(cursor) = spec.get("selector") {
        names::check_labels(&cursor, "matchLabels", findings);
        if selector.is_empty() && cursor.get("matchExpressions").is_none() {
            let message = format!(
                "spec.selector: Invalid value: {{}}: empty selector is invalid for {owner}"
            );
            findings.error(cursor.position(), message);
        }
    }
    let template = template(spec, &[RestartPolicy::Always], findings);
    let matches = selector.iter().all(|(key, value)| template.labels.get(key) == Some(value));
    if let (Some(cursor), false) = (spec.get("template"), matches) {
        let labels = cursor.get("metadata").and_then(|metadata| metadata.get("labels"));
        let position = labels.map_or(cursor.position(), |labels| labels.position());
        let labels = serde_json::json!(template.labels);
        findings.fix(
            position,
            format!(
                "spec.template.metadata.labels: Invalid value: {labels}: `selector` does not match \
                 template `labels`"
            ),
            format!("give the pods the labels of the selector: {}", serde_json::json!(selector)),
        );
    }
    (selector, template)
}

/// `replicas`; 1 if not given.
pub(super) fn replicas(spec: &Cursor<'_>, findings: &mut Findings) -> u32 {
    let replicas = spec.count("replicas").unwrap_or(1);
    if let (Some(cursor), true) =
        (spec.get("replicas"), (MAX_REPLICAS + 1..=i32::MAX as u32).contains(&replicas))
    {
        let message = format!("spec.replicas: {replicas} pods are more than can be simulated");
        findings.fix(cursor.position(), message, format!("write at most {MAX_REPLICAS}"));
    }
    replicas
}

/// Reads `template` of a controller whose pods may have these restart policies.
pub(super) fn template(
    spec: &Cursor<'_>,
    policies: &[RestartPolicy],
    findings: &mut Findings,
) -> PodTemplate {
    let Some(template) = spec.get("template") else { return PodTemplate::default() };
    let metadata = template.get("metadata");
    if let Some(metadata) = &metadata {
        names::check_labels(metadata, "labels", findings);
        names::check_keys(metadata, "annotations", findings);
        proxy_config::note(metadata, findings);
    }
    let pod = template.get("spec");
    if pod.is_none() {
        findings.error(template.position(), "spec.template.spec.containers: Required value");
    }
    PodTemplate {
        labels: metadata.as_ref().map(|m| m.labels("labels")).unwrap_or_default(),
        annotations: metadata.as_ref().map(|m| m.labels("annotations")).unwrap_or_default(),
        spec: pod.map(|pod| pod::read(&pod, policies, findings)).unwrap_or_default(),
        document: template.node.to_json(),
    }
}

fn strategy(spec: &Cursor<'_>, findings: &mut Findings) -> Strategy {
    let quarter = IntOrPercent::Percent(25);
    let Some(strategy) = spec.get("strategy") else {
        return Strategy::RollingUpdate { surge: quarter, unavailable: quarter };
    };
    let rolling = strategy.get("rollingUpdate");
    if strategy.text("type") == Some("Recreate") {
        if let Some(rolling) = rolling {
            let message = "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy \
                           `type` is 'Recreate'";
            findings.error(rolling.position(), message);
        }
        return Strategy::Recreate;
    }
    let mut limit = |name| {
        let cursor = rolling.as_ref().and_then(|rolling| rolling.get(name));
        cursor.map_or(quarter, |cursor| int_or_percent(&cursor, findings))
    };
    let (surge, unavailable) = (limit("maxSurge"), limit("maxUnavailable"));
    let none = |limit| matches!(limit, IntOrPercent::Int(0) | IntOrPercent::Percent(0));
    if let (Some(rolling), true, true) = (&rolling, none(surge), none(unavailable)) {
        let path = rolling.path_to("maxUnavailable");
        let place = rolling.get("maxUnavailable").map_or(rolling.position(), |c| c.position());
        findings.fix(
            place,
            format!("{path}: Invalid value: 0: may not be 0 when `maxSurge` is 0"),
            "let one of the two be at least 1, or the rollout could not move",
        );
    }
    if let (IntOrPercent::Percent(percent @ 101..), Some(rolling)) = (unavailable, &rolling) {
        let path = rolling.path_to("maxUnavailable");
        let place = rolling.get("maxUnavailable").map_or(rolling.position(), |c| c.position());
        let message =
            format!("{path}: Invalid value: \"{percent}%\": must not be greater than 100%");
        findings.error(place, message);
    }
    Strategy::RollingUpdate { surge, unavailable }
}

/// A count or a percentage.
pub(super) fn int_or_percent(cursor: &Cursor<'_>, findings: &mut Findings) -> IntOrPercent {
    let (path, value) = (&cursor.path, shown(cursor.node));
    if let Some(number) = cursor.number() {
        if number < 0 {
            let message =
                format!("{path}: Invalid value: {number}: must be greater than or equal to 0");
            findings.error(cursor.position(), message);
        }
        return IntOrPercent::Int(number.clamp(0, i64::from(i32::MAX)) as u32);
    }
    let digits = cursor.node.as_str().and_then(|text| text.strip_suffix('%'));
    let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|text| text.parse::<u32>().ok()).filter(|percent| *percent <= 1_000_000) {
        Some(percent) => IntOrPercent::Percent(percent),
        None => {
            let message = format!(
                "{path}: Invalid value: {value}: a valid percent string must be a numeric string \
                 followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is \
                 '[0-9]+%')"
            );
            findings.error(cursor.position(), message);
            IntOrPercent::Int(1)
        }
    }
}

/// Reads `spec` of a Service.
pub(super) fn service(spec: &Cursor<'_>, findings: &mut Findings) -> ServiceSpec {
    names::check_labels(spec, "selector", findings);
    let selector = spec.labels("selector");
    if selector.is_empty() {
        let message = "spec.selector is empty: the Service has no endpoints here";
        findings.note(spec.position(), message);
    }
    let ports = spec.list("ports");
    if ports.is_empty() {
        findings.error(spec.position(), "spec.ports: Required value");
    }
    let mut read: Vec<ServicePort> = Vec::new();
    let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for cursor in &ports {
        let port = service_port(cursor, findings);
        if port.name.is_empty() && 1 < ports.len() {
            let message = format!("{}: Required value", cursor.path_to("name"));
            findings.fix(cursor.position(), message, "name each port of a Service with several");
        }
        if !port.name.is_empty() && !names.insert(port.name.clone()) {
            let message = format!("{}: Duplicate value: {:?}", cursor.path_to("name"), port.name);
            findings.error(cursor.position(), message);
        }
        if !numbers.insert((port.port, port.protocol.clone())) {
            let (path, number, protocol) = (&cursor.path, port.port, &port.protocol);
            let message =
                format!("{path}: Duplicate value: {{\"port\":{number},\"protocol\":{protocol:?}}}");
            findings.error(cursor.position(), message);
        }
        read.push(port);
    }
    let service_type = spec.text("type").unwrap_or("ClusterIP").to_owned();
    ServiceSpec { selector, ports: read, service_type }
}

fn service_port(cursor: &Cursor<'_>, findings: &mut Findings) -> ServicePort {
    let port = cursor.port("port").unwrap_or_default();
    let name = cursor.text("name").unwrap_or_default().to_owned();
    if let (Some(place), Some(problem)) = (cursor.get("name"), names::label(&name)) {
        let message = format!("{}: Invalid value: {name:?}: {problem}", place.path);
        findings.error(place.position(), message);
    }
    let target = match cursor.get("targetPort") {
        None => TargetPort::Number(port),
        Some(target) => target_port(&target, findings),
    };
    let protocol = cursor.text("protocol").unwrap_or("TCP").to_owned();
    ServicePort { name, port, target, protocol }
}

/// A port by number or name.
pub(super) fn target_port(cursor: &Cursor<'_>, findings: &mut Findings) -> TargetPort {
    let path = &cursor.path;
    if let Some(number) = cursor.number() {
        if !(1..=65_535).contains(&number) {
            let message =
                format!("{path}: Invalid value: {number}: must be between 1 and 65535, inclusive");
            findings.error(cursor.position(), message);
        }
        return TargetPort::Number(number.clamp(0, 65_535) as u16);
    }
    let name = cursor.node.as_str().unwrap_or_default();
    if let Some(problem) = names::port_name(name).filter(|_| !name.is_empty()) {
        let message = format!("{path}: Invalid value: {name:?}: {problem}");
        findings.error(cursor.position(), message);
    }
    TargetPort::Name(name.to_owned())
}
