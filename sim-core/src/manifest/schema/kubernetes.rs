//! Fields of Deployment and Service, and of the metadata that all kinds share.

use super::pod::POD_SPEC;
use super::{Field, Object, Shape, field, inert, refused};
use Shape::{Any, Bool, Choice, IntOrString, List, String as Text};

pub(super) const API_VERSION: Field = field(
    "apiVersion",
    Text,
    "Group and version of the schema that the manifest follows, such as apps/v1.",
)
.required();
pub(super) const KIND: Field =
    field("kind", Text, "What sort of object the manifest describes.").required();
pub(super) const METADATA: Field =
    field("metadata", Shape::Object(&OBJECT_META), "Name, labels and annotations of the object.")
        .required();
pub(super) const STATUS: Field =
    field("status", Any, "What the controllers report; never written by hand.");

/// `spec` of a kind.
pub(super) const fn spec(object: &'static Object) -> Field {
    field("spec", Shape::Object(object), "What is wanted of the object.").required()
}

pub(super) static DEPLOYMENT: Object = Object {
    name: "Deployment",
    fields: &[API_VERSION, KIND, METADATA, spec(&DEPLOYMENT_SPEC), STATUS],
};

pub(super) static SERVICE: Object =
    Object { name: "Service", fields: &[API_VERSION, KIND, METADATA, spec(&SERVICE_SPEC), STATUS] };

pub(super) static OBJECT_META: Object = Object {
    name: "ObjectMeta",
    fields: &[
        field("name", Text, "Name, unique among the objects of its kind."),
        field("namespace", Text, "Namespace; everything here lives in `default`."),
        field("labels", Shape::LABELS, "Words by which selectors find the object."),
        field("annotations", Shape::LABELS, "Words for people and tools; nothing selects by them."),
        field("creationTimestamp", Any, "When it was created; set by the API server."),
        field("deletionGracePeriodSeconds", Any, "Time left to end; set by the API server."),
        field("deletionTimestamp", Any, "When it was asked to go; set by the API server."),
        inert("finalizers", Shape::STRINGS, "What must be done before the object may go."),
        refused("generateName", Text, "Beginning of a name that the server completes."),
        field("generation", Any, "Raised by each change of spec; set by the API server."),
        field("managedFields", Any, "Who set which field; set by the API server."),
        inert("ownerReferences", Any, "Objects that this one goes with."),
        field("resourceVersion", Any, "Raised by each write; set by the API server."),
        field("selfLink", Any, "No longer used."),
        field("uid", Any, "Never used twice; set by the API server."),
    ],
};

static DEPLOYMENT_SPEC: Object = Object {
    name: "DeploymentSpec",
    fields: &[
        field("replicas", Shape::COUNT, "Number of pods wanted; 1 if not given."),
        field(
            "selector",
            Shape::Object(&LABEL_SELECTOR),
            "Which pods belong to it; must match the labels of the template, and never changes.",
        )
        .required(),
        field("template", Shape::Object(&POD_TEMPLATE), "The pods to make.").required(),
        field("strategy", Shape::Object(&STRATEGY), "How old pods are exchanged for new ones."),
        field(
            "minReadySeconds",
            Shape::COUNT,
            "Seconds that a new pod must stay ready before it counts as available; 0 if not given.",
        ),
        field(
            "revisionHistoryLimit",
            Shape::COUNT,
            "Old ReplicaSets kept for `rollout undo`; 10 if not given.",
        ),
        field(
            "progressDeadlineSeconds",
            Shape::COUNT,
            "Seconds without progress before the rollout is reported as failed; 600 if not given.",
        ),
        field("paused", Bool, "Whether changes of the template wait."),
    ],
};

pub(super) static LABEL_SELECTOR: Object = Object {
    name: "LabelSelector",
    fields: &[
        field("matchLabels", Shape::LABELS, "Labels that a pod must have, each with this value."),
        refused(
            "matchExpressions",
            List(&Shape::Object(&LABEL_SELECTOR_REQUIREMENT)),
            "Conditions on labels with operators; all must hold.",
        ),
    ],
};

static LABEL_SELECTOR_REQUIREMENT: Object = Object {
    name: "LabelSelectorRequirement",
    fields: &[
        field("key", Text, "The label.").required(),
        field(
            "operator",
            Choice(&["In", "NotIn", "Exists", "DoesNotExist"]),
            "How the label is compared.",
        )
        .required(),
        field("values", Shape::STRINGS, "What it is compared with."),
    ],
};

static STRATEGY: Object = Object {
    name: "DeploymentStrategy",
    fields: &[
        field(
            "type",
            Choice(&["Recreate", "RollingUpdate"]),
            "RollingUpdate exchanges pods a few at a time; Recreate ends all old pods first.",
        ),
        field("rollingUpdate", Shape::Object(&ROLLING_UPDATE), "Limits of a rolling update."),
    ],
};

static ROLLING_UPDATE: Object = Object {
    name: "RollingUpdateDeployment",
    fields: &[
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
    ],
};

pub(super) static POD_TEMPLATE: Object = Object {
    name: "PodTemplateSpec",
    fields: &[
        field("metadata", Shape::Object(&OBJECT_META), "Labels and annotations of each pod."),
        field("spec", Shape::Object(&POD_SPEC), "What runs in each pod."),
    ],
};

static SERVICE_SPEC: Object = Object {
    name: "ServiceSpec",
    fields: &[
        field(
            "selector",
            Shape::LABELS,
            "Labels of the pods behind the Service; every ready pod that has them gets traffic.",
        ),
        field("ports", List(&Shape::Object(&SERVICE_PORT)), "The ports it offers."),
        field(
            "type",
            Choice(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
            "From where it can be reached; ClusterIP if not given.",
        ),
        inert("allocateLoadBalancerNodePorts", Bool, "Whether a load balancer needs node ports."),
        inert("clusterIP", Text, "Its address in the cluster; None makes it headless."),
        inert("clusterIPs", Shape::STRINGS, "Its addresses in the cluster."),
        inert("externalIPs", Shape::STRINGS, "Addresses outside that lead to it."),
        refused("externalName", Text, "A DNS name that stands for it."),
        inert("externalTrafficPolicy", Text, "Whether outside traffic may change nodes."),
        inert("healthCheckNodePort", Shape::PORT, "Node port for a load balancer's checks."),
        inert("internalTrafficPolicy", Text, "Whether inside traffic may change nodes."),
        inert("ipFamilies", Shape::STRINGS, "IPv4 or IPv6."),
        inert("ipFamilyPolicy", Text, "How many address families it needs."),
        inert("loadBalancerClass", Text, "Which load balancer serves it."),
        inert("loadBalancerIP", Text, "Address wished for from the load balancer."),
        inert("loadBalancerSourceRanges", Shape::STRINGS, "Clients the load balancer lets in."),
        inert("publishNotReadyAddresses", Bool, "Whether pods that are not ready are listed."),
        inert("sessionAffinity", Choice(&["ClientIP", "None"]), "Whether a client keeps its pod."),
        inert("sessionAffinityConfig", Any, "How long a client keeps its pod."),
        inert("trafficDistribution", Text, "Which endpoints are preferred."),
    ],
};

static SERVICE_PORT: Object = Object {
    name: "ServicePort",
    fields: &[
        field("name", Text, "Name; needed if there are several ports."),
        field("port", Shape::PORT, "The port that clients use.").required(),
        field(
            "targetPort",
            IntOrString,
            "The port of the pods, by number or name; the same as port if not given.",
        ),
        field("protocol", Choice(&["SCTP", "TCP", "UDP"]), "TCP if not given."),
        inert("appProtocol", Text, "What is spoken: http, grpc, ..."),
        inert("nodePort", Shape::PORT, "Port of every node that leads here."),
    ],
};
