//! A `PodDisruptionBudget` (K8S-90).

use serde_json::Value;

use super::{field, names, number, selector};

/// A budget.
pub(crate) fn budget(document: &Value) -> String {
    let mut out = names(document);
    for (key, title) in [("minAvailable", "Min available"), ("maxUnavailable", "Max unavailable")] {
        match &document["spec"][key] {
            Value::Null => {}
            Value::String(share) => out += &format!("{title}:\t{share}\n"),
            count => out += &format!("{title}:\t{count}\n"),
        }
    }
    out += &format!("Selector:\t{}\n", selector(document.pointer("/spec/selector/matchLabels")));
    if let Some(policy) = document.pointer("/spec/unhealthyPodEvictionPolicy") {
        out += &format!("Unhealthy Pod Eviction Policy:\t{}\n", field(policy, ""));
    }
    out += "Status:\n";
    for (key, title) in [
        ("disruptionsAllowed", "Allowed disruptions"),
        ("currentHealthy", "Current"),
        ("desiredHealthy", "Desired"),
        ("expectedPods", "Total"),
    ] {
        out += &format!("    {title}:\t{}\n", number(document, &format!("/status/{key}")));
    }
    out
}
