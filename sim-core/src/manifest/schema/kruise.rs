//! Fields of a Rollout of OpenKruise (`rollouts.kruise.io`).

use super::kubernetes::{API_VERSION, KIND, METADATA, STATUS, spec};
use super::{Object, Shape, field, inert, refused};
use Shape::{Any, Bool, Choice, IntOrString, List, String as Text};

pub(super) static ROLLOUT: Object =
    Object { name: "KruiseRollout", fields: &[API_VERSION, KIND, METADATA, spec(&SPEC), STATUS] };

static SPEC: Object = Object {
    name: "KruiseRolloutSpec",
    fields: &[
        field("workloadRef", Shape::Object(&WORKLOAD), "The Deployment to release.").required(),
        field("strategy", Shape::Object(&STRATEGY), "How it is released.").required(),
        field("disabled", Bool, "Whether the Deployment is left alone; false if not given."),
    ],
};

static WORKLOAD: Object = Object {
    name: "KruiseObjectRef",
    fields: &[
        field("apiVersion", Text, "Its version.").required(),
        field("kind", Text, "Its kind.").required(),
        field("name", Text, "Its name.").required(),
    ],
};

static STRATEGY: Object = Object {
    name: "KruiseRolloutStrategy",
    fields: &[
        field("blueGreen", Shape::Object(&BLUE_GREEN), "New pods beside the old ones."),
        field("paused", Bool, "Whether a person holds it; false if not given."),
        refused("canary", Any, "New pods in place of old ones."),
    ],
};

static BLUE_GREEN: Object = Object {
    name: "KruiseBlueGreenStrategy",
    fields: &[
        field("steps", List(&Shape::Object(&STEP)), "What is done, one after the other."),
        field(
            "trafficRoutings",
            List(&Shape::Object(&ROUTING)),
            "What leads the traffic; one at most.",
        ),
        inert(
            "failureThreshold",
            IntOrString,
            "How many new pods may be unready; OpenKruise Rollouts 0.6 does not hand it on for a Deployment.",
        ),
        refused("disableGenerateCanaryService", Bool, "Lead by subsets, without a second Service."),
        refused("trafficRoutingRef", Text, "An object of its own that leads the traffic."),
    ],
};

static STEP: Object = Object {
    name: "KruiseStep",
    fields: &[
        field("replicas", IntOrString, "How many new pods, a number or a share."),
        field("traffic", Text, "How much traffic goes to them: 20%."),
        field("matches", List(&Shape::Object(&MATCH)), "Which requests go to them; one must fit."),
        field("pause", Shape::Object(&PAUSE), "What it waits for; a person if it says nothing."),
        inert("requestHeaderModifier", Any, "Headers that requests get."),
    ],
};

static PAUSE: Object = Object {
    name: "KruisePause",
    fields: &[field("duration", Shape::COUNT, "Seconds; without them a person approves.")],
};

static MATCH: Object = Object {
    name: "KruiseMatch",
    fields: &[
        field("headers", List(&Shape::Object(&HEADER)), "Headers of a request; all must fit."),
        refused("path", Any, "Its path."),
        refused("queryParams", Any, "Parameters of its query."),
    ],
};

static HEADER: Object = Object {
    name: "KruiseHeader",
    fields: &[
        field("name", Text, "Its name.").required(),
        field("value", Text, "Its value.").required(),
        field("type", Choice(&["Exact", "RegularExpression"]), "Exact if not given."),
    ],
};

static ROUTING: Object = Object {
    name: "KruiseTrafficRouting",
    fields: &[
        field("service", Text, "The Service that users reach.").required(),
        field(
            "gracePeriodSeconds",
            Shape::COUNT,
            "Seconds that a change is given to be obeyed; 3 if not given.",
        ),
        field("customNetworkRefs", List(&Shape::Object(&REFERENCE)), "VirtualServices to rewrite."),
        refused("ingress", Any, "An Ingress."),
        refused("gateway", Any, "A route of the Gateway API."),
        refused("additionalParams", Shape::LABELS, "Names of subsets."),
    ],
};

static REFERENCE: Object = Object {
    name: "KruiseNetworkRef",
    fields: &[
        field("apiVersion", Text, "networking.istio.io/v1.").required(),
        field("kind", Text, "VirtualService.").required(),
        field("name", Text, "Its name.").required(),
    ],
};
