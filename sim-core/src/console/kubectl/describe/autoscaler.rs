//! A `HorizontalPodAutoscaler` (K8S-80..88).

use serde_json::Value;

use super::{annotations, field, labels, names, number};
use crate::console::age;

/// An autoscaler.
pub(crate) fn autoscaler(document: &Value) -> String {
    let created = age::parse_timestamp(field(document, "/metadata/creationTimestamp"));
    let mut out = names(document) + &labels(document) + &annotations(document);
    out += &format!(
        "CreationTimestamp:\t{}\nReference:\t{}/{}\nMetrics:\t( current / target )\n",
        created.map_or_else(|| "<unknown>".to_owned(), age::rfc1123),
        field(document, "/spec/scaleTargetRef/kind"),
        field(document, "/spec/scaleTargetRef/name"),
    );
    for (place, metric) in list(&document["spec"]["metrics"]).enumerate() {
        let current = document.pointer(&format!("/status/currentMetrics/{place}/resource/current"));
        let current = current.map_or_else(
            || "<unknown>".to_owned(),
            |current| {
                let percent = number(current, "/averageUtilization");
                format!("{percent}% ({})", field(current, "/averageValue"))
            },
        );
        out += &format!(
            "  resource {} on pods  (as a percentage of request):\t{current} / {}%\n",
            field(metric, "/resource/name"),
            number(metric, "/resource/target/averageUtilization"),
        );
    }
    out += &format!(
        "Min replicas:\t{}\nMax replicas:\t{}\n",
        number(document, "/spec/minReplicas"),
        number(document, "/spec/maxReplicas"),
    );
    if let Some(behavior) = document["spec"].get("behavior") {
        out += "Behavior:\n";
        out += &rules("Scale Up", &behavior["scaleUp"]);
        out += &rules("Scale Down", &behavior["scaleDown"]);
    }
    out += &format!(
        "{} pods:\t{} current / {} desired\n",
        field(document, "/spec/scaleTargetRef/kind"),
        number(document, "/status/currentReplicas"),
        number(document, "/status/desiredReplicas"),
    );
    let conditions: Vec<&Value> = list(&document["status"]["conditions"]).collect();
    if !conditions.is_empty() {
        out += "Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------\n";
    }
    for condition in conditions {
        let [kind, status, reason, message] =
            ["/type", "/status", "/reason", "/message"].map(|path| field(condition, path));
        out += &format!("  {kind}\t{status}\t{reason}\t{message}\n");
    }
    out
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn rules(title: &str, rules: &Value) -> String {
    let mut out = format!("  {title}:\n");
    if let Some(window) = rules["stabilizationWindowSeconds"].as_i64() {
        out += &format!("    Stabilization Window: {window} seconds\n");
    }
    out += &format!("    Select Policy: {}\n    Policies:\n", field(rules, "/selectPolicy"));
    for policy in list(&rules["policies"]) {
        out += &format!(
            "      - Type: {}\tValue: {}\tPeriod: {} seconds\n",
            field(policy, "/type"),
            number(policy, "/value"),
            number(policy, "/periodSeconds"),
        );
    }
    out
}
