//! The annotation `proxy.istio.io/config`: what a pod says of its sidecar.

use super::{Object, Shape, field, inert};
use Shape::{Any, Bool, Duration, String as Text};

/// What the annotation may hold.
pub static PROXY_CONFIG: Object = Object {
    name: "ProxyConfig",
    fields: &[
        inert("binaryPath", Text, "Where Envoy lies."),
        inert("caCertificatesPem", Shape::STRINGS, "Certificates that are trusted."),
        inert("concurrency", Shape::COUNT, "Worker threads of the proxy."),
        inert("configPath", Text, "Where Envoy's configuration lies."),
        inert("customConfigFile", Text, "A configuration of one's own."),
        inert("discoveryAddress", Text, "Where istiod listens."),
        inert("drainDuration", Duration, "How long Envoy drains listeners that it replaces."),
        inert("envoyAccessLogService", Any, "Where the access log is sent."),
        inert("envoyMetricsService", Any, "Where metrics are sent."),
        inert("extraStatTags", Shape::STRINGS, "More labels of metrics."),
        field(
            "holdApplicationUntilProxyStarts",
            Bool,
            "Whether the application is started after the proxy; false if not given.",
        ),
        inert("image", Any, "The kind of image."),
        inert("interceptionMode", Text, "How traffic is led to the proxy."),
        inert("meshId", Text, "Name of the mesh."),
        inert("privateKeyProvider", Any, "Who holds the keys."),
        field("proxyMetadata", Shape::Map(&Text), "Variables of the proxy's agent."),
        inert("proxyStatsMatcher", Any, "More metrics of Envoy."),
        inert("readinessProbe", Any, "A check of a workload outside Kubernetes."),
        inert("runtimeValues", Shape::Map(&Text), "Switches of Envoy."),
        inert("serviceCluster", Text, "Name of the workload in traces."),
        inert("statNameLength", Shape::COUNT, "Longest name of a metric."),
        inert("statsdUdpAddress", Text, "Where metrics are sent by UDP."),
        inert("statusPort", Shape::COUNT, "Port of the agent."),
        field(
            "terminationDrainDuration",
            Duration,
            "From SIGTERM to the end of the proxy; 5s if not given.",
        ),
        inert("tracing", Any, "Where traces are sent."),
    ],
};
