//! Fields of a `PodDisruptionBudget`.

use super::kubernetes::{API_VERSION, KIND, LABEL_SELECTOR, METADATA, STATUS, spec};
use super::{Object, Shape, field};
use Shape::{Choice, IntOrString};

pub(super) static BUDGET: Object = Object {
    name: "PodDisruptionBudget",
    fields: &[API_VERSION, KIND, METADATA, spec(&BUDGET_SPEC), STATUS],
};

static BUDGET_SPEC: Object = Object {
    name: "PodDisruptionBudgetSpec",
    fields: &[
        field(
            "minAvailable",
            IntOrString,
            "Pods that must stay healthy when one is evicted; a percentage is rounded up.",
        ),
        field(
            "maxUnavailable",
            IntOrString,
            "Pods that may be missing when one is evicted; a percentage is rounded up.",
        ),
        field(
            "selector",
            Shape::Object(&LABEL_SELECTOR),
            "Which pods it is about; {} is all of them.",
        ),
        field(
            "unhealthyPodEvictionPolicy",
            Choice(&["AlwaysAllow", "IfHealthyBudget"]),
            "Whether pods that are not ready may always go; IfHealthyBudget if not given.",
        ),
    ],
};
