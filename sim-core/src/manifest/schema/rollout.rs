//! Fields of a Rollout of Argo Rollouts.

use super::kubernetes::{API_VERSION, KIND, LABEL_SELECTOR, METADATA, POD_TEMPLATE, STATUS, spec};
use super::{Field, Object, Shape, field, inert, refused};
use Shape::{Any, Bool, IntOrString, List, String as Text};

pub(super) static ROLLOUT: Object =
    Object { name: "Rollout", fields: &[API_VERSION, KIND, METADATA, spec(&ROLLOUT_SPEC), STATUS] };

static ROLLOUT_SPEC: Object = Object {
    name: "RolloutSpec",
    fields: &[
        field("replicas", Shape::COUNT, "Number of pods wanted; 1 if not given."),
        field(
            "selector",
            Shape::Object(&LABEL_SELECTOR),
            "Which pods belong to it; must match the labels of the template.",
        )
        .required(),
        field("template", Shape::Object(&POD_TEMPLATE), "The pods to make.").required(),
        field("strategy", Shape::Object(&STRATEGY), "blueGreen or canary.").required(),
        field(
            "minReadySeconds",
            Shape::COUNT,
            "Seconds that a new pod must stay ready before it counts as available; 0 if not given.",
        ),
        field(
            "revisionHistoryLimit",
            Shape::COUNT,
            "Old ReplicaSets kept for `undo`; 10 if not given.",
        ),
        field(
            "progressDeadlineSeconds",
            Shape::COUNT,
            "Seconds without progress before it is Degraded; 600 if not given.",
        ),
        field(
            "progressDeadlineAbort",
            Bool,
            "Whether it is aborted when that time has passed; false if not given.",
        ),
        field(
            "rollbackWindow",
            Shape::Object(&ROLLBACK_WINDOW),
            "How far back neither step nor analysis is asked for.",
        ),
        field("paused", Bool, "Whether a person holds it."),
        inert("restartAt", Text, "When its pods are to be replaced."),
        inert("analysis", Any, "How many analysis runs are kept."),
        refused("workloadRef", Any, "A Deployment that has the template."),
    ],
};

static ROLLBACK_WINDOW: Object = Object {
    name: "RollbackWindowSpec",
    fields: &[field("revisions", Shape::COUNT, "Number of revisions.")],
};

static STRATEGY: Object = Object {
    name: "RolloutStrategy",
    fields: &[
        field(
            "blueGreen",
            Shape::Object(&BLUE_GREEN),
            "A second set of pods, and a switch of the Service.",
        ),
        field("canary", Shape::Object(&CANARY), "Step by step."),
    ],
};

const SCALE_DOWN_DELAY: Field = field(
    "scaleDownDelaySeconds",
    Shape::COUNT,
    "Seconds that old pods stay after the switch; 30 if not given.",
);
const SCALE_DOWN_LIMIT: Field = field(
    "scaleDownDelayRevisionLimit",
    Shape::COUNT,
    "How many old ReplicaSets may stay so; all if not given.",
);
const ABORT_DELAY: Field = field(
    "abortScaleDownDelaySeconds",
    Shape::COUNT,
    "Seconds that new pods stay after an abort; 30 if not given, for ever if 0.",
);

static BLUE_GREEN: Object = Object {
    name: "BlueGreenStrategy",
    fields: &[
        field("activeService", Text, "The Service that users reach.").required(),
        field("previewService", Text, "A Service that leads to the newest revision."),
        field(
            "autoPromotionEnabled",
            Bool,
            "Whether it switches by itself; if false it waits for promote. True if not given.",
        ),
        field(
            "autoPromotionSeconds",
            Shape::COUNT,
            "Seconds it waits before it switches by itself; 0 if not given.",
        ),
        field(
            "previewReplicaCount",
            Shape::COUNT,
            "Pods of the newest revision before the switch; all if not given.",
        ),
        field(
            "prePromotionAnalysis",
            Shape::Object(&ROLLOUT_ANALYSIS),
            "What must be good before the switch.",
        ),
        field(
            "postPromotionAnalysis",
            Shape::Object(&ROLLOUT_ANALYSIS),
            "What must be good after it; if not, it switches back.",
        ),
        SCALE_DOWN_DELAY,
        SCALE_DOWN_LIMIT,
        ABORT_DELAY,
        inert("activeMetadata", Any, "Labels of the active pods."),
        inert("antiAffinity", Any, "Whether old and new pods keep apart."),
        inert("maxUnavailable", IntOrString, "Pods that may be missing during a restart."),
        inert("previewMetadata", Any, "Labels of the preview pods."),
    ],
};

static CANARY: Object = Object {
    name: "CanaryStrategy",
    fields: &[
        field("canaryService", Text, "A Service that leads to the newest revision."),
        field("stableService", Text, "A Service that leads to the stable revision."),
        field("steps", List(&Shape::Object(&STEP)), "What is done one after the other."),
        field("trafficRouting", Shape::Object(&TRAFFIC), "Who splits the traffic."),
        field(
            "maxSurge",
            IntOrString,
            "Pods allowed beyond the wanted number, rounded up from a percentage; 25% if not given.",
        ),
        field(
            "maxUnavailable",
            IntOrString,
            "Pods allowed to be missing, rounded down from a percentage; 25% if not given.",
        ),
        field("analysis", Shape::Object(&BACKGROUND), "What must be good all the time."),
        field(
            "dynamicStableScale",
            Bool,
            "Whether the stable pods grow fewer as their weight does; false if not given.",
        ),
        field("minPodsPerReplicaSet", Shape::COUNT, "Fewest pods of a ReplicaSet with traffic."),
        SCALE_DOWN_DELAY,
        SCALE_DOWN_LIMIT,
        ABORT_DELAY,
        inert("antiAffinity", Any, "Whether old and new pods keep apart."),
        inert("canaryMetadata", Any, "Labels of the canary pods."),
        refused("pingPong", Any, "Two Services that take turns."),
        inert("replicaProgressThreshold", Any, "When enough pods are available."),
        inert("stableMetadata", Any, "Labels of the stable pods."),
    ],
};

static STEP: Object = Object {
    name: "CanaryStep",
    fields: &[
        field(
            "setWeight",
            Shape::Int { name: "int32", least: 0, most: 100 },
            "Per cent of the traffic for the canary.",
        ),
        field("pause", Shape::Object(&PAUSE), "Waits; {} until somebody promotes."),
        field("setCanaryScale", Shape::Object(&SCALE), "Number of canary pods."),
        field("analysis", Shape::Object(&ROLLOUT_ANALYSIS), "What must be good before it goes on."),
        refused("experiment", Any, "Pods that are compared."),
        refused("plugin", Any, "A step of one's own."),
        refused("replicaProgressThreshold", Any, "When enough pods are available."),
        field(
            "setHeaderRoute",
            Shape::Object(&HEADER_ROUTE),
            "Requests with a header go to the canary.",
        ),
        field("setMirrorRoute", Shape::Object(&MIRROR_ROUTE), "Requests are copied to the canary."),
    ],
};

static HEADER_ROUTE: Object = Object {
    name: "SetHeaderRoute",
    fields: &[
        field("name", Text, "One of managedRoutes.").required(),
        field("match", List(&Shape::Object(&HEADER_MATCH)), "Which requests; none takes it away."),
    ],
};

static HEADER_MATCH: Object = Object {
    name: "HeaderRoutingMatch",
    fields: &[
        field("headerName", Text, "The header.").required(),
        field("headerValue", Shape::Object(&STRING_MATCH), "Its value.").required(),
    ],
};

static MIRROR_ROUTE: Object = Object {
    name: "SetMirrorRoute",
    fields: &[
        field("name", Text, "One of managedRoutes.").required(),
        field("match", List(&Shape::Object(&ROUTE_MATCH)), "Which requests; none takes it away."),
        field(
            "percentage",
            Shape::Int { name: "int32", least: 0, most: 100 },
            "Per cent of them that are copied; 100 if not given.",
        ),
    ],
};

static ROUTE_MATCH: Object = Object {
    name: "RouteMatch",
    fields: &[
        field("method", Shape::Object(&STRING_MATCH), "The method."),
        field("path", Shape::Object(&STRING_MATCH), "The path."),
        field("headers", Shape::Map(&Shape::Object(&STRING_MATCH)), "The headers, by name."),
    ],
};

static STRING_MATCH: Object = Object {
    name: "StringMatch",
    fields: &[
        field("exact", Text, "All of it."),
        field("prefix", Text, "How it begins."),
        field("regex", Text, "A regular expression."),
    ],
};

static MANAGED_ROUTE: Object = Object {
    name: "MangedRoutes",
    fields: &[field("name", Text, "Name of an HTTP route of the VirtualService.").required()],
};

static PAUSE: Object = Object {
    name: "RolloutPause",
    fields: &[field("duration", IntOrString, "How long: 30s, 10m, or a number of seconds.")],
};

static SCALE: Object = Object {
    name: "SetCanaryScale",
    fields: &[
        field("replicas", Shape::COUNT, "Number of pods."),
        field(
            "weight",
            Shape::Int { name: "int32", least: 0, most: 100 },
            "Per cent of the wanted number.",
        ),
        field("matchTrafficWeight", Bool, "As many as the weight asks for again."),
    ],
};

static TRAFFIC: Object = Object {
    name: "RolloutTrafficRouting",
    fields: &[
        field("istio", Shape::Object(&ISTIO), "By the weights of a VirtualService."),
        refused("alb", Any, "By an AWS load balancer."),
        refused("ambassador", Any, "By Ambassador."),
        refused("apisix", Any, "By APISIX."),
        refused("appMesh", Any, "By AWS App Mesh."),
        field(
            "managedRoutes",
            List(&Shape::Object(&MANAGED_ROUTE)),
            "Routes that steps may add; the first goes in front.",
        ),
        refused("maxTrafficWeight", Shape::COUNT, "What counts as the whole, if not 100."),
        refused("nginx", Any, "By the NGINX ingress controller."),
        refused("plugins", Any, "By a plugin."),
        refused("smi", Any, "By the Service Mesh Interface."),
        refused("traefik", Any, "By Traefik."),
    ],
};

static ISTIO: Object = Object {
    name: "IstioTrafficRouting",
    fields: &[
        field("virtualService", Shape::Object(&VIRTUAL_SERVICE), "The one whose weights are set."),
        field(
            "virtualServices",
            List(&Shape::Object(&VIRTUAL_SERVICE)),
            "The ones whose weights are set.",
        ),
        field(
            "destinationRule",
            Shape::Object(&DESTINATION_RULE),
            "The one whose subsets are the two revisions.",
        ),
    ],
};

static VIRTUAL_SERVICE: Object = Object {
    name: "IstioVirtualService",
    fields: &[
        field("name", Text, "Its name.").required(),
        field("routes", Shape::STRINGS, "Names of its HTTP routes; needed if there are several."),
        refused("tcpRoutes", Any, "Its TCP routes."),
        refused("tlsRoutes", Any, "Its TLS routes."),
    ],
};

static DESTINATION_RULE: Object = Object {
    name: "IstioDestinationRule",
    fields: &[
        field("name", Text, "Its name.").required(),
        field("canarySubsetName", Text, "The subset of the newest revision.").required(),
        field("stableSubsetName", Text, "The subset of the stable revision.").required(),
        refused("additionalSubsetNames", Shape::STRINGS, "Other subsets."),
    ],
};

static ROLLOUT_ANALYSIS: Object =
    Object { name: "RolloutAnalysis", fields: &[TEMPLATES, ARGS, DRY_RUN, RETENTION] };

static BACKGROUND: Object = Object {
    name: "RolloutAnalysisBackground",
    fields: &[
        TEMPLATES,
        ARGS,
        DRY_RUN,
        RETENTION,
        field("startingStep", Shape::COUNT, "The step with which it begins; 0 if not given."),
    ],
};

static TEMPLATE_REF_SHAPE: Shape = Shape::Object(&TEMPLATE_REF);
static ARGUMENT_SHAPE: Shape = Shape::Object(&ARGUMENT);
static METRIC_NAME_SHAPE: Shape = Shape::Object(&METRIC_NAME);
const TEMPLATES: Field = field("templates", List(&TEMPLATE_REF_SHAPE), "What is measured.");
const ARGS: Field = field("args", List(&ARGUMENT_SHAPE), "Values for the templates.");
const DRY_RUN: Field = field("dryRun", List(&METRIC_NAME_SHAPE), "Metrics that never count.");
const RETENTION: Field = inert("measurementRetention", Any, "How many measurements are kept.");

static TEMPLATE_REF: Object = Object {
    name: "AnalysisTemplateRef",
    fields: &[
        field("templateName", Text, "Name of an AnalysisTemplate.").required(),
        field("clusterScope", Bool, "Whether it is a ClusterAnalysisTemplate; false if not given."),
    ],
};

pub(super) static METRIC_NAME: Object = Object {
    name: "DryRun",
    fields: &[field("metricName", Text, "Name of a metric; a * is all.").required()],
};

static ARGUMENT: Object = Object {
    name: "AnalysisRunArgument",
    fields: &[
        field("name", Text, "Its name in the template.").required(),
        field("value", Text, "Its value."),
        field("valueFrom", Shape::Object(&VALUE_FROM), "Where its value comes from."),
    ],
};

static VALUE_FROM: Object = Object {
    name: "ArgumentValueFrom",
    fields: &[
        field(
            "podTemplateHashValue",
            Shape::Choice(&["Latest", "Stable"]),
            "The hash of the newest or of the stable revision.",
        ),
        field("fieldRef", Shape::Object(&FIELD_REF), "A field of the Rollout."),
    ],
};

static FIELD_REF: Object = Object {
    name: "FieldRef",
    fields: &[field("fieldPath", Text, "Its path: metadata.name.").required()],
};
