//! Fields of the analysis kinds of Argo Rollouts.

use super::job::JOB_SPEC;
use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::rollout::METRIC_NAME;
use super::{Field, Object, Shape, field, inert, refused};
use Shape::{Any, Bool, IntOrString, List, String as Text};

pub(super) static TEMPLATE: Object = Object {
    name: "AnalysisTemplate",
    fields: &[API_VERSION, KIND, METADATA, spec(&TEMPLATE_SPEC), STATUS],
};

pub(super) static CLUSTER_TEMPLATE: Object = Object {
    name: "ClusterAnalysisTemplate",
    fields: &[API_VERSION, KIND, METADATA, spec(&TEMPLATE_SPEC), STATUS],
};

pub(super) static RUN: Object =
    Object { name: "AnalysisRun", fields: &[API_VERSION, KIND, METADATA, spec(&RUN_SPEC), STATUS] };

static METRIC_SHAPE: Shape = Shape::Object(&METRIC);
static ARGUMENT_SHAPE: Shape = Shape::Object(&ARGUMENT);
static METRIC_NAME_SHAPE: Shape = Shape::Object(&METRIC_NAME);
const METRICS: Field = field("metrics", List(&METRIC_SHAPE), "What is measured.");
const ARGS: Field = field("args", List(&ARGUMENT_SHAPE), "What may be filled in.");
const DRY_RUN: Field = field("dryRun", List(&METRIC_NAME_SHAPE), "Metrics that never count.");
const RETENTION: Field = inert("measurementRetention", Any, "How many measurements are kept.");

static TEMPLATE_SPEC: Object = Object {
    name: "AnalysisTemplateSpec",
    fields: &[
        METRICS,
        ARGS,
        DRY_RUN,
        RETENTION,
        refused("templates", Any, "Other templates that this one includes."),
    ],
};

static RUN_SPEC: Object = Object {
    name: "AnalysisRunSpec",
    fields: &[
        METRICS,
        ARGS,
        DRY_RUN,
        RETENTION,
        field("terminate", Bool, "Whether no more is measured; false if not given."),
        inert("ttlStrategy", Any, "When it is deleted."),
    ],
};

static ARGUMENT: Object = Object {
    name: "Argument",
    fields: &[
        field("name", Text, "Its name, for {{args.NAME}}.").required(),
        field("value", Text, "Its value, if nobody gives another."),
        refused("valueFrom", Any, "A Secret with its value."),
    ],
};

static METRIC: Object = Object {
    name: "Metric",
    fields: &[
        field("name", Text, "Its name.").required(),
        field("interval", Text, "Time between two measurements: 30s, 5m. Once if not given."),
        field("initialDelay", Text, "Time before the first measurement."),
        field(
            "count",
            IntOrString,
            "Number of measurements; without end if only interval is given.",
        ),
        field("successCondition", Text, "When a measurement is good: result[0] >= 0.95."),
        field("failureCondition", Text, "When a measurement is bad."),
        field("failureLimit", IntOrString, "Bad ones that are allowed; 0 if not given."),
        field("inconclusiveLimit", IntOrString, "Ones that are neither; 0 if not given."),
        field("consecutiveErrorLimit", IntOrString, "Errors in a row; 4 if not given."),
        field("consecutiveSuccessLimit", IntOrString, "Good ones in a row that are enough."),
        field("provider", Shape::Object(&PROVIDER), "Who is asked.").required(),
    ],
};

static PROVIDER: Object = Object {
    name: "MetricProvider",
    fields: &[
        field("prometheus", Shape::Object(&PROMETHEUS), "Prometheus."),
        field("job", Shape::Object(&JOB), "A Job that must succeed."),
        refused("cloudWatch", Any, "Amazon CloudWatch."),
        refused("datadog", Any, "Datadog."),
        refused("graphite", Any, "Graphite."),
        refused("influxdb", Any, "InfluxDB."),
        refused("kayenta", Any, "Kayenta."),
        refused("newRelic", Any, "New Relic."),
        refused("plugin", Any, "A plugin."),
        refused("skywalking", Any, "SkyWalking."),
        refused("wavefront", Any, "Wavefront."),
        refused("web", Any, "Any HTTP server: bodies of answers are not part of the simulation."),
    ],
};

static JOB: Object = Object {
    name: "JobMetric",
    fields: &[
        field("metadata", Shape::Object(&JOB_METADATA), "Labels and annotations of the Job."),
        field("spec", Shape::Object(&JOB_SPEC), "The Job to make.").required(),
    ],
};

static JOB_METADATA: Object = Object {
    name: "ObjectMeta",
    fields: &[
        field("labels", Shape::LABELS, "Labels of the Job."),
        field("annotations", Shape::LABELS, "Annotations of the Job."),
    ],
};

static PROMETHEUS: Object = Object {
    name: "PrometheusMetric",
    fields: &[
        field("query", Text, "What is asked, in PromQL.").required(),
        field("address", Text, "Where it is; here there is one Prometheus, whatever the address."),
        inert("authentication", Any, "How it is asked."),
        inert("headers", Any, "What is sent with the question."),
        inert("insecure", Bool, "Whether its certificate is trusted blindly."),
        refused("rangeQuery", Any, "Several values of a length of time."),
        inert("timeout", Any, "Time for an answer."),
    ],
};
