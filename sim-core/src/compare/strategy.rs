//! The ways to bring a new version in, each as files and commands that anybody could type.

use serde_json::{Value, json};

use crate::compare::parts::{Parts, pod_labels};
use crate::manifest::to_yaml;
use crate::time::SimDuration;

/// A way to bring a new version in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strategy {
    /// All old pods go, then the new ones come (K8S-14).
    Recreate,
    /// Pods are exchanged a few at a time (K8S-03).
    Rolling,
    /// Both colours stand; the Service's selector moves everybody.
    BlueGreenService,
    /// Both colours stand; the route's weights move everybody.
    BlueGreenRoute,
    /// A tenth, a quarter, half, all.
    Canary,
    /// Green gets copies first (IST-38), then everybody.
    Mirror,
    /// Users with a header first (IST-02), then everybody.
    Header,
}

/// The header that some users send.
pub(super) const HEADER: (&str, &str) = ("x-early-access", "yes");
/// How long green has to become ready before anybody is moved.
const READY: u64 = 120;
/// How long a step of a canary, copies, or early users are watched.
const WATCH: u64 = 180;
/// How long blue stays when nobody is sent to it any more.
const KEPT: u64 = 300;

/// What is done, and when.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Files, by name.
    pub(super) files: Vec<(String, String)>,
    /// Files that are applied before time zero.
    pub(super) start: Vec<String>,
    /// Commands, by the time since the rollout began.
    pub(super) forward: Vec<(SimDuration, String)>,
    /// What goes back.
    pub(super) back: Vec<String>,
}

impl Strategy {
    /// All of them, from the simplest.
    pub const ALL: [Self; 7] = [
        Self::Recreate,
        Self::Rolling,
        Self::BlueGreenService,
        Self::BlueGreenRoute,
        Self::Canary,
        Self::Mirror,
        Self::Header,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recreate => "recreate",
            Self::Rolling => "rolling",
            Self::BlueGreenService => "blue-green-service",
            Self::BlueGreenRoute => "blue-green-route",
            Self::Canary => "canary",
            Self::Mirror => "mirror",
            Self::Header => "header",
        }
    }

    /// What it does, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Recreate => "all old pods go, then the new ones come",
            Self::Rolling => "pods are exchanged a few at a time",
            Self::BlueGreenService => "both stand; the Service's selector moves everybody",
            Self::BlueGreenRoute => "both stand; the route moves everybody",
            Self::Canary => "10, 25, 50, 100 % by weights of the route",
            Self::Mirror => "green gets copies of all requests, then everybody",
            Self::Header => "users with a header first, then everybody",
        }
    }

    pub(super) fn plan(self, parts: &Parts) -> Plan {
        match self {
            Self::Recreate => single(parts, Some(json!({ "type": "Recreate" }))),
            Self::Rolling => single(parts, None),
            Self::BlueGreenService => by_service(parts),
            Self::BlueGreenRoute => by_route(parts, &[(0, "green", weights(parts, 100))]),
            Self::Canary => by_route(
                parts,
                &[
                    (0, "canary-10", weights(parts, 10)),
                    (WATCH, "canary-25", weights(parts, 25)),
                    (2 * WATCH, "canary-50", weights(parts, 50)),
                    (3 * WATCH, "green", weights(parts, 100)),
                ],
            ),
            Self::Mirror => by_route(
                parts,
                &[(0, "mirror", mirrored(parts)), (WATCH, "green", weights(parts, 100))],
            ),
            Self::Header => by_route(
                parts,
                &[(0, "early-access", early(parts)), (WATCH, "green", weights(parts, 100))],
            ),
        }
    }
}

impl Plan {
    /// Writes a file; its name.
    fn write(&mut self, name: &str, document: &Value) -> String {
        let file = format!("{name}.yaml");
        self.files.push((file.clone(), to_yaml(document)));
        file
    }

    fn begin(&mut self, name: &str, document: &Value) {
        let file = self.write(name, document);
        self.start.push(file);
    }

    fn then(&mut self, after: u64, command: String) {
        self.forward.push((SimDuration::from_secs(after), command));
    }
}

fn apply(file: &str) -> String {
    format!("kubectl apply -f {file}")
}

/// One Deployment, whose template changes.
fn single(parts: &Parts, strategy: Option<Value>) -> Plan {
    let mut plan = Plan::default();
    plan.begin("deployment", &parts.single(&parts.blue, strategy.clone()));
    plan.begin("service", &parts.service(&parts.common()));
    plan.begin(
        "route",
        &parts.route(&json!([{ "route": [{ "destination": parts.destination(None) }] }])),
    );
    let file = plan.write("deployment-green", &parts.single(&parts.green, strategy));
    plan.then(0, apply(&file));
    plan.back.push(format!("kubectl rollout undo deployment/{}", parts.blue.name));
    plan
}

/// Two Deployments, and a Service whose selector names one.
fn by_service(parts: &Parts) -> Plan {
    let mut plan = Plan::default();
    plan.begin("blue", &parts.blue.document);
    plan.begin("service", &parts.service(&pod_labels(&parts.blue)));
    plan.begin(
        "route",
        &parts.route(&json!([{ "route": [{ "destination": parts.destination(None) }] }])),
    );
    let green = plan.write("green", &parts.green.document);
    plan.then(0, apply(&green));
    let switched = plan.write("service-green", &parts.service(&pod_labels(&parts.green)));
    plan.then(READY, apply(&switched));
    plan.then(READY + KEPT, format!("kubectl scale deployment/{} --replicas=0", parts.blue.name));
    plan.back.push(apply("service.yaml"));
    plan
}

/// Two Deployments, and routes that follow each other.
fn by_route(parts: &Parts, routes: &[(u64, &str, Value)]) -> Plan {
    let mut plan = Plan::default();
    plan.begin("blue", &parts.blue.document);
    plan.begin("service", &parts.service(&parts.common()));
    plan.begin("subsets", &parts.subsets());
    plan.begin("route", &parts.route(&weights(parts, 0)));
    let green = plan.write("green", &parts.green.document);
    plan.then(0, apply(&green));
    for (after, name, http) in routes {
        let file = plan.write(&format!("route-{name}"), &parts.route(http));
        plan.then(READY + after, apply(&file));
    }
    let last = routes.last().map_or(0, |(after, ..)| *after);
    let retire = format!("kubectl scale deployment/{} --replicas=0", parts.blue.name);
    plan.then(READY + last + KEPT, retire);
    plan.back.push(apply("route.yaml"));
    plan
}

/// So many per cent to green.
fn weights(parts: &Parts, green: u32) -> Value {
    let to = |subset, weight: u32| json!({ "destination": parts.destination(Some(subset)), "weight": weight });
    let all = [to("blue", 100 - green), to("green", green)];
    let some: Vec<Value> = all.into_iter().filter(|one| one["weight"] != 0).collect();
    json!([{ "route": some }])
}

fn mirrored(parts: &Parts) -> Value {
    json!([{
        "route": [{ "destination": parts.destination(Some("blue")) }],
        "mirror": parts.destination(Some("green")),
        "mirrorPercentage": { "value": 100 },
    }])
}

fn early(parts: &Parts) -> Value {
    let (name, value) = HEADER;
    json!([
        {
            "match": [{ "headers": { name: { "exact": value } } }],
            "route": [{ "destination": parts.destination(Some("green")) }],
        },
        { "route": [{ "destination": parts.destination(Some("blue")) }] },
    ])
}
