//! Fields of a `HorizontalPodAutoscaler`.

use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::{Object, Shape, field, refused};
use Shape::{Any, Choice, List, Quantity, String as Text};

pub(super) static AUTOSCALER: Object = Object {
    name: "HorizontalPodAutoscaler",
    fields: &[API_VERSION, KIND, METADATA, spec(&AUTOSCALER_SPEC), STATUS],
};

static AUTOSCALER_SPEC: Object = Object {
    name: "HorizontalPodAutoscalerSpec",
    fields: &[
        field("scaleTargetRef", Shape::Object(&TARGET_REFERENCE), "What is scaled.").required(),
        field("minReplicas", Shape::INT32, "Fewest pods; 1 if not given."),
        field("maxReplicas", Shape::INT32, "Most pods."),
        field(
            "metrics",
            List(&Shape::Object(&METRIC)),
            "What decides the number of pods; the one that asks for most counts. CPU at 80 % if not \
             given.",
        ),
        field("behavior", Shape::Object(&BEHAVIOR), "How fast it may scale up and down."),
    ],
};

static TARGET_REFERENCE: Object = Object {
    name: "CrossVersionObjectReference",
    fields: &[
        field(
            "apiVersion",
            Text,
            "Version of the object that is scaled: apps/v1, argoproj.io/v1alpha1.",
        ),
        field("kind", Text, "Its kind: Deployment, Rollout.").required(),
        field("name", Text, "Its name.").required(),
    ],
};

static METRIC: Object = Object {
    name: "MetricSpec",
    fields: &[
        field(
            "type",
            Choice(&["ContainerResource", "External", "Object", "Pods", "Resource"]),
            "Where the metric comes from; Resource is modelled.",
        )
        .required(),
        field("resource", Shape::Object(&RESOURCE_METRIC), "What the pods use of a resource."),
        refused("containerResource", Any, "What one container of each pod uses."),
        refused("external", Any, "A metric from outside the cluster."),
        refused("object", Any, "A metric of one object."),
        refused("pods", Any, "A metric of the pods other than CPU and memory."),
    ],
};

static RESOURCE_METRIC: Object = Object {
    name: "ResourceMetricSource",
    fields: &[
        field("name", Text, "The resource: cpu.").required(),
        field("target", Shape::Object(&METRIC_TARGET), "How much of it is wanted.").required(),
    ],
};

static METRIC_TARGET: Object = Object {
    name: "MetricTarget",
    fields: &[
        field("type", Choice(&["AverageValue", "Utilization", "Value"]), "Utilization.").required(),
        field(
            "averageUtilization",
            Shape::INT32,
            "Mean use of the pods, in per cent of what they request.",
        ),
        refused("averageValue", Quantity, "Mean use of the pods, as an amount."),
        refused("value", Quantity, "Use of all together."),
    ],
};

static BEHAVIOR: Object = Object {
    name: "HorizontalPodAutoscalerBehavior",
    fields: &[
        field("scaleUp", Shape::Object(&SCALING_RULES), "How pods may be added."),
        field("scaleDown", Shape::Object(&SCALING_RULES), "How pods may be taken away."),
    ],
};

static SCALING_RULES: Object = Object {
    name: "HPAScalingRules",
    fields: &[
        field(
            "stabilizationWindowSeconds",
            Shape::INT32,
            "Seconds of past recommendations that are heeded; 0 up and 300 down if not given.",
        ),
        field(
            "selectPolicy",
            Choice(&["Disabled", "Max", "Min"]),
            "Whether the policy with the biggest change counts, or the smallest, or none may be made.",
        ),
        field("policies", List(&Shape::Object(&SCALING_POLICY)), "The largest steps."),
        field(
            "tolerance",
            Quantity,
            "How far from the target nothing is done, as a share; 0.1 if not given.",
        ),
    ],
};

static SCALING_POLICY: Object = Object {
    name: "HPAScalingPolicy",
    fields: &[
        field("type", Choice(&["Percent", "Pods"]), "Whether value counts pods or per cent.")
            .required(),
        field("value", Shape::INT32, "The largest change in a period.").required(),
        field("periodSeconds", Shape::INT32, "Length of the period, 1 to 1800 s.").required(),
    ],
};
