//! Fields of Flagger's kinds (`flagger.app`).

use super::istio::{CORS, HEADERS, HTTP_MATCH, RETRY, REWRITE, TRAFFIC_POLICY};
use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::{Field, Object, Shape, field, inert, refused};
use Shape::{Any, Bool, Choice, Duration, IntOrString, List, Number, String as Text};

pub(super) static CANARY: Object =
    Object { name: "Canary", fields: &[API_VERSION, KIND, METADATA, spec(&CANARY_SPEC), STATUS] };

pub(super) static METRIC_TEMPLATE: Object = Object {
    name: "MetricTemplate",
    fields: &[API_VERSION, KIND, METADATA, spec(&METRIC_TEMPLATE_SPEC), STATUS],
};

const PERCENT: Shape = Shape::Int { name: "int32", least: 0, most: 100 };

static CANARY_SPEC: Object = Object {
    name: "CanarySpec",
    fields: &[
        field("targetRef", Shape::Object(&TARGET), "The Deployment to roll out.").required(),
        field("autoscalerRef", Shape::Object(&AUTOSCALER), "The target's autoscaler."),
        field("service", Shape::Object(&SERVICE), "Services and routes to make."),
        field("analysis", Shape::Object(&ANALYSIS), "How a new version is judged.").required(),
        field(
            "progressDeadlineSeconds",
            Shape::COUNT,
            "Seconds that pods may be too few before the rollout is given up; 600 if not given.",
        ),
        field(
            "provider",
            Choice(&[
                "istio",
                "apisix",
                "appmesh",
                "appmesh:v1beta2",
                "contour",
                "gatewayapi:v1",
                "gatewayapi:v1beta1",
                "gloo",
                "knative",
                "kubernetes",
                "kuma",
                "linkerd",
                "nginx",
                "osm",
                "skipper",
                "smi:v1alpha1",
                "smi:v1alpha2",
                "smi:v1alpha3",
                "traefik",
            ]),
            "Who carries the weights; istio here.",
        ),
        field("skipAnalysis", Bool, "Promote a new version as soon as its pods are ready."),
        field("suspend", Bool, "Do nothing with this canary."),
        inert("metricsServer", Text, "Address of Prometheus; there is one here."),
        refused("ingressRef", Any, "An Ingress that carries the weights."),
        refused("revertOnDeletion", Bool, "Scale the target up again when the Canary is deleted."),
        refused("routeRef", Any, "A route of APISIX."),
        refused("upstreamRef", Any, "An Upstream of Gloo."),
    ],
};

static TARGET: Object = Object {
    name: "CanaryTargetRef",
    fields: &[
        field("apiVersion", Text, "apps/v1.").required(),
        field("kind", Choice(&["DaemonSet", "Deployment", "Service"]), "Deployment.").required(),
        field("name", Text, "Its name.").required(),
    ],
};

static AUTOSCALER: Object = Object {
    name: "CanaryAutoscalerRef",
    fields: &[
        field("apiVersion", Text, "autoscaling/v2.").required(),
        field(
            "kind",
            Choice(&["HorizontalPodAutoscaler", "ScaledObject"]),
            "HorizontalPodAutoscaler.",
        )
        .required(),
        field("name", Text, "Its name.").required(),
        refused("primaryScalerQueries", Shape::LABELS, "Queries of KEDA."),
        refused("primaryScalerReplicas", Any, "Other limits for the primary."),
    ],
};

static SERVICE: Object = Object {
    name: "CanaryService",
    fields: &[
        field("name", Text, "Name of the Service; the target's if not given."),
        field("port", Shape::PORT, "Port of the Services.").required(),
        field("portName", Text, "Name of the port; http if not given."),
        field("targetPort", IntOrString, "Port of the pods; the same if not given."),
        field("portDiscovery", Bool, "Whether the container's other ports are added."),
        field("gateways", Shape::STRINGS, "Gateways of the VirtualService; mesh if not given."),
        field("hosts", Shape::STRINGS, "Its hosts; the Service's name is added."),
        field("match", List(&Shape::Object(&HTTP_MATCH)), "Which requests it is for."),
        field("timeout", Duration, "Time for the answer with all tries."),
        field("retries", Shape::Object(&RETRY), "When and how often a request is tried again."),
        field("trafficPolicy", Shape::Object(&TRAFFIC_POLICY), "Policy of both DestinationRules."),
        inert("corsPolicy", Shape::Object(&CORS), "Which other sites may call it from a page."),
        inert("headers", Shape::Object(&HEADERS), "Headers to add and remove."),
        inert("rewrite", Shape::Object(&REWRITE), "Changes path or host on the way."),
        inert("appProtocol", Text, "What is spoken on the port."),
        inert("apex", Any, "Labels and annotations of the Service."),
        inert("backendTimeout", Text, "A limit of the Gateway API."),
        inert("backends", Shape::STRINGS, "Services that it calls, for App Mesh."),
        inert("canary", Any, "Labels and annotations of the canary's Service."),
        refused("delegation", Bool, "Make a VirtualService that another one delegates to."),
        refused("gatewayRefs", Any, "Gateways of the Gateway API."),
        refused("headless", Bool, "Make Services without an address."),
        inert("meshName", Text, "Mesh of App Mesh."),
        inert("mirror", Any, "Mirrors of the Gateway API."),
        inert("primary", Any, "Labels and annotations of the primary's Service."),
        inert("trafficDistribution", Text, "Which endpoints are preferred."),
        inert("unmanagedMetadata", Any, "Labels and annotations to leave alone."),
    ],
};

static ANALYSIS: Object = Object {
    name: "CanaryAnalysis",
    fields: &[
        field("interval", Duration, "Time between two looks; at least 10 s."),
        field("threshold", Shape::COUNT, "Failed checks until the canary is given up."),
        field("maxWeight", PERCENT, "Weight at which it is promoted; 100 if not given."),
        field("stepWeight", PERCENT, "By how much the weight grows each time."),
        field("stepWeights", List(&PERCENT), "The weights themselves, in order."),
        field("stepWeightPromotion", PERCENT, "Steps of the way back; all at once if not given."),
        field("iterations", Shape::COUNT, "Looks without weights: blue-green, or A/B with match."),
        field("mirror", Bool, "Whether the canary gets a copy of the traffic first."),
        field("mirrorWeight", PERCENT, "Share of requests to copy; all if not given."),
        field("primaryReadyThreshold", PERCENT, "Share of pods that must be available; 100."),
        field("canaryReadyThreshold", PERCENT, "Share of pods that must be available; 100."),
        field("match", List(&Shape::Object(&HTTP_MATCH)), "Who is sent to the canary, for A/B."),
        field("metrics", List(&Shape::Object(&METRIC)), "What must be good."),
        field("webhooks", List(&Shape::Object(&WEBHOOK)), "Who must agree."),
        inert("alerts", Any, "Whom to tell."),
        refused("sessionAffinity", Any, "A cookie that keeps users on the canary."),
    ],
};

static METRIC: Object = Object {
    name: "CanaryMetric",
    fields: &[
        field("name", Text, "request-success-rate, request-duration, or any other.").required(),
        field("interval", Duration, "Window of the query; 1m if not given."),
        field("threshold", Number, "Old form of thresholdRange."),
        field("thresholdRange", Shape::Object(&RANGE), "Values that are good."),
        field("query", Text, "PromQL; templateRef is newer."),
        field("templateRef", Shape::Object(&TEMPLATE_REF), "The MetricTemplate with the query."),
        field("templateVariables", Shape::LABELS, "Values for {{ variables.NAME }} in it."),
    ],
};

static RANGE: Object = Object {
    name: "CanaryThresholdRange",
    fields: &[field("min", Number, "Least value."), field("max", Number, "Greatest value.")],
};

static TEMPLATE_REF: Object = Object {
    name: "CanaryTemplateRef",
    fields: &[
        field("name", Text, "Its name.").required(),
        field("namespace", Text, "Its namespace; everything here lives in default."),
    ],
};

static WEBHOOK: Object = Object {
    name: "CanaryWebhook",
    fields: &[
        field("name", Text, "Its name.").required(),
        field(
            "type",
            Choice(&[
                "",
                "confirm-rollout",
                "pre-rollout",
                "rollout",
                "confirm-traffic-increase",
                "confirm-promotion",
                "post-rollout",
                "event",
                "rollback",
            ]),
            "When it is asked; rollout if not given.",
        ),
        field("url", Text, "Whom to ask: a gate of flagger-loadtester.").required(),
        inert("disableTLS", Bool, "Whether certificates are not verified."),
        inert("metadata", Shape::LABELS, "What it is told besides."),
        inert("muteAlert", Bool, "Whether nobody is told."),
        inert("retries", Shape::COUNT, "How often it is asked again."),
        inert("timeout", Duration, "How long to wait for the answer."),
    ],
};

static METRIC_TEMPLATE_SPEC: Object = Object {
    name: "MetricTemplateSpec",
    fields: &[
        field("provider", Shape::Object(&PROVIDER), "Who is asked.").required(),
        field("query", Text, "The query, with gaps such as {{ target }}.").required(),
    ],
};

static PROVIDER: Object = Object {
    name: "MetricTemplateProvider",
    fields: &[
        field(
            "type",
            Choice(&[
                "prometheus",
                "influxdb",
                "datadog",
                "stackdriver",
                "cloudwatch",
                "newrelic",
                "graphite",
                "dynatrace",
                "keptn",
                "splunk",
            ]),
            "prometheus.",
        )
        .required(),
        ADDRESS,
        inert("headers", Any, "Headers of the question."),
        inert("insecureSkipVerify", Bool, "Whether certificates are not verified."),
        inert("region", Text, "Region of CloudWatch."),
        inert("secretRef", Any, "Secret with user name and password."),
    ],
};

const ADDRESS: Field = field("address", Text, "Its address; there is one Prometheus here.");
