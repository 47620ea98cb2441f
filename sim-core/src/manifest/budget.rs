//! `PodDisruptionBudget`: from a checked tree to a specification (K8S-90, 91).

use crate::cluster::spec::{BudgetSpec, IntOrPercent};
use crate::manifest::findings::Findings;
use crate::manifest::kubernetes::int_or_percent;
use crate::manifest::names;
use crate::manifest::read::Cursor;

/// Reads `spec` of a `PodDisruptionBudget`.
pub(super) fn read(spec: &Cursor<'_>, findings: &mut Findings) -> BudgetSpec {
    let (min_available, max_unavailable) =
        (limit(spec, "minAvailable", findings), limit(spec, "maxUnavailable", findings));
    if min_available.is_some() && max_unavailable.is_some() {
        let message = format!(
            "spec: Invalid value: {}: minAvailable and maxUnavailable cannot be both set",
            spec.node.to_json()
        );
        findings.error(spec.position(), message);
    }
    if let Some(selector) = spec.get("selector") {
        names::check_labels(&selector, "matchLabels", findings);
    }
    BudgetSpec {
        min_available,
        max_unavailable,
        selector: spec.get("selector").map(|selector| selector.labels("matchLabels")),
        always_allow: spec.text("unhealthyPodEvictionPolicy") == Some("AlwaysAllow"),
    }
}

fn limit(spec: &Cursor<'_>, name: &str, findings: &mut Findings) -> Option<IntOrPercent> {
    let cursor = spec.get(name)?;
    let limit = int_or_percent(&cursor, findings);
    if let IntOrPercent::Percent(percent @ 101..) = limit {
        let message = format!(
            "{}: Invalid value: \"{percent}%\": must not be greater than 100%",
            cursor.path
        );
        findings.error(cursor.position(), message);
    }
    Some(limit)
}
