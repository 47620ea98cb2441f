//! What the API server fills in before it stores an object (model reference A.1, A.4, A.6, A.8).
//!
//! Objects are stored with these defaults, so that reading, patching and `kubectl apply` see what a
//! real cluster shows. Custom resources, Istio's included, are stored as written.

use serde_json::{Map, Value, json};

use crate::cluster::api::Kind;

/// Fills in the defaults of a document of this kind.
pub(crate) fn fill(kind: Kind, document: &mut Value) {
    match kind {
        Kind::Deployment => deployment(document),
        Kind::Job => job(document),
        Kind::Service => service(document),
        Kind::HorizontalPodAutoscaler => autoscaler(document),
        _ => {}
    }
}

/// The value under a key, if it is an object; made if there is none.
fn object<'v>(parent: &'v mut Value, key: &str) -> Option<&'v mut Map<String, Value>> {
    let fields = parent.as_object_mut()?;
    let value = fields.entry(key).or_insert_with(|| json!({}));
    if value.is_null() {
        *value = json!({});
    }
    value.as_object_mut()
}

fn set(fields: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    let field = fields.entry(key).or_insert(Value::Null);
    if field.is_null() {
        *field = value.into();
    }
}

fn items<'v>(parent: &'v mut Value, key: &str) -> impl Iterator<Item = &'v mut Value> {
    parent.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn deployment(document: &mut Value) {
    let Some(spec) = object(document, "spec") else { return };
    set(spec, "progressDeadlineSeconds", 600);
    set(spec, "replicas", 1);
    set(spec, "revisionHistoryLimit", 10);
    let strategy = spec.entry("strategy").or_insert_with(|| json!({}));
    if let Some(strategy) = strategy.as_object_mut() {
        set(strategy, "type", "RollingUpdate");
        if strategy["type"] == "RollingUpdate" {
            set(strategy, "rollingUpdate", json!({}));
            if let Some(rolling) = strategy["rollingUpdate"].as_object_mut() {
                set(rolling, "maxSurge", "25%");
                set(rolling, "maxUnavailable", "25%");
            }
        }
    }
    if let Some(template) = spec.get_mut("template") {
        pod(template);
    }
}

fn job(document: &mut Value) {
    let Some(spec) = object(document, "spec") else { return };
    let given = |spec: &Map<String, Value>, key: &str| spec.get(key).is_some_and(|v| !v.is_null());
    if !given(spec, "completions") && !given(spec, "parallelism") {
        set(spec, "completions", 1);
    }
    set(spec, "parallelism", 1);
    set(spec, "backoffLimit", 6);
    set(spec, "completionMode", "NonIndexed");
    set(spec, "suspend", false);
    if let Some(template) = spec.get_mut("template") {
        pod(template);
    }
}

fn pod(template: &mut Value) {
    let Some(spec) = template.get_mut("spec") else { return };
    for list in ["containers", "initContainers"] {
        items(spec, list).for_each(container);
    }
    if let Some(spec) = spec.as_object_mut() {
        set(spec, "restartPolicy", "Always");
        set(spec, "terminationGracePeriodSeconds", 30);
    }
}

fn container(container: &mut Value) {
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).and_then(Value::as_object_mut) {
            fill_probe(probe);
        }
    }
    for port in items(container, "ports").filter_map(Value::as_object_mut) {
        set(port, "protocol", "TCP");
    }
    if let Some(container) = container.as_object_mut() {
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or_default();
        let moves = !name.contains(':') || name.ends_with(":latest");
        let policy = if moves { "Always" } else { "IfNotPresent" };
        set(container, "imagePullPolicy", policy);
    }
}

fn fill_probe(probe: &mut Map<String, Value>) {
    if let Some(get) = probe.get_mut("httpGet").and_then(Value::as_object_mut) {
        set(get, "path", "/");
        set(get, "scheme", "HTTP");
    }
    set(probe, "failureThreshold", 3);
    set(probe, "periodSeconds", 10);
    set(probe, "successThreshold", 1);
    set(probe, "timeoutSeconds", 1);
}

fn autoscaler(document: &mut Value) {
    let Some(spec) = object(document, "spec") else { return };
    set(spec, "minReplicas", 1);
    if spec.get("metrics").is_none_or(|metrics| metrics.is_null() || *metrics == json!([])) {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
        spec.insert("metrics".to_owned(), json!([metric]));
    }
    let Some(behavior) = spec.get_mut("behavior").filter(|behavior| behavior.is_object()) else {
        return;
    };
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    if let Some(up) = object(behavior, "scaleUp") {
        set(up, "stabilizationWindowSeconds", 0);
        set(up, "selectPolicy", "Max");
        set(up, "policies", json!([pods, percent]));
    }
    if let Some(down) = object(behavior, "scaleDown") {
        set(down, "selectPolicy", "Max");
        set(down, "policies", json!([percent]));
    }
}

fn service(document: &mut Value) {
    let Some(spec) = object(document, "spec") else { return };
    set(spec, "sessionAffinity", "None");
    set(spec, "type", "ClusterIP");
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
        set(port, "protocol", "TCP");
        if let Some(number) = port.get("port").cloned() {
            set(port, "targetPort", number);
        }
    }
}
