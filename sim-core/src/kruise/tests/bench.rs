//! A shop that OpenKruise releases.

use std::ops::{Deref, DerefMut};

use crate::kruise::status::{Phase, StepState};
use crate::simulation::Reply;
use crate::terminal::Terminal;
use crate::time::SimTime;
use crate::world::World;

const SCENARIO: &str = "\
scenario: shop
title: A shop
level: beginner
teaches: [openkruise]
duration: 2h
installed: [openkruise-rollouts]
start: START
applications:
  shop/order:v1: &release
    startup: 2s
    routes: [{get: /, cpu: {mean: 2ms, cv: 0.5}}]
  shop/order:v2: *release
  shop/order:v3: *release
traffic:
  - name: shoppers
    arrivals: {poisson: 20/s}
    host: shop.example.com
    requests: [{get: /, share: 1}]
    client: {timeout: 1s, retries: 0}
  - name: testers
    arrivals: {poisson: 5/s}
    host: shop.example.com
    requests: [{get: /, share: 1, headers: {x-tester: 'yes'}}]
    client: {timeout: 1s, retries: 0}
timing: {watch: 10ms..10ms, pull: 800ms..800ms, create: 200ms..200ms}
objectives: [{id: none, title: Nothing, at-end: vector(1)}]
";

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: order, labels: {app: order}}
spec:
  replicas: 4
  minReadySeconds: 1
  selector:
    matchLabels: {app: order}
  template:
    metadata:
      labels: {app: order, version: v1}
    spec:
      containers:
        - name: app
          image: shop/order:v1
          ports: [{containerPort: 8080}]
          readinessProbe:
            httpGet: {path: /health, port: 8080}
            periodSeconds: 2
          resources: {requests: {cpu: 100m}}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order}
  minReplicas: 4
  maxReplicas: 8
---
apiVersion: v1
kind: Service
metadata: {name: order}
spec:
  selector: {app: order}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 80, name: http, protocol: HTTP}
      hosts: ['*']
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order}
spec:
  hosts: [shop.example.com]
  gateways: [shop]
  http: [{route: [{destination: {host: order}}]}]
";

/// Half of the pods without traffic, all with half of it, then everything; the second step ends by itself.
pub(super) const STEPS: &str = "[{replicas: 50%, traffic: 0%, pause: {}}, \
     {replicas: 100%, traffic: 50%, pause: {duration: 30}}, {replicas: 100%, traffic: 100%, pause: {}}]";

/// A Rollout of the shop with these steps, in flow style.
pub(super) fn rollout(steps: &str) -> String {
    format!(
        "apiVersion: rollouts.kruise.io/v1beta1\nkind: Rollout\nmetadata: {{name: order}}\nspec:\n  \
         workloadRef: {{apiVersion: apps/v1, kind: Deployment, name: order}}\n  strategy:\n    \
         blueGreen:\n      steps: {steps}\n      trafficRoutings:\n        - service: order\n          \
         customNetworkRefs: [{{apiVersion: networking.istio.io/v1, kind: VirtualService, name: order}}]\n"
    )
}

/// A cluster with users and a terminal.
pub(super) struct Bench(Terminal);

impl Deref for Bench {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.0
    }
}

impl DerefMut for Bench {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.0
    }
}

impl Bench {
    /// The shop with a Rollout of these steps, half a minute old.
    pub(super) fn with(steps: &str) -> Self {
        let rollout = rollout(steps);
        let all = [("shop.yaml", SHOP), ("rollout.yaml", rollout.as_str())];
        let start = all.map(|(name, _)| format!("kubectl apply -f {name}"));
        let scenario = SCENARIO.replace("START", &format!("{start:?}"));
        let mut bench = Self(Terminal::of(&scenario, &all));
        bench.wait(30);
        bench
    }

    /// The shop in the pause of the first step of version 2.
    pub(super) fn paused() -> Self {
        let mut bench = Self::with(STEPS);
        bench.release("v2");
        bench.wait_for(1, StepState::Paused);
        bench
    }

    /// Writes a file into the workspace and applies it.
    pub(super) fn apply(&mut self, text: &str) -> Reply {
        self.simulation.execute(&format!("kubectl apply -f - <<'END'\n{text}END"))
    }

    /// Gives the Deployment another version.
    #[track_caller]
    pub(super) fn release(&mut self, version: &str) {
        self.run(&format!(
            "kubectl patch deployment order -p '{{\"spec\":{{\"template\":{{\"metadata\":{{\"labels\":\
             {{\"version\":\"{version}\"}}}},\"spec\":{{\"containers\":[{{\"name\":\"app\",\"image\":\
             \"shop/order:{version}\"}}]}}}}}}}}'"
        ));
    }

    /// Approves the step that is paused.
    #[track_caller]
    pub(super) fn approve(&mut self) {
        self.run("kubectl kruise rollout approve rollout/order");
    }

    /// Lets time pass until a step is in a state.
    #[track_caller]
    pub(super) fn wait_for(&mut self, step: usize, state: StepState) {
        if !self.wait_until(300, |world| at(world) == (step, state)) {
            panic!("it is in {:?}: {:#?}", at(self.world()), self.said());
        }
    }

    /// Lets time pass until the Rollout is in a phase.
    #[track_caller]
    pub(super) fn wait_for_phase(&mut self, phase: Phase) {
        let status = |world: &World| world.kruise.status("order").expect("it is there").document();
        if !self.wait_until(300, |world| status(world)["phase"] == phase.name()) {
            panic!("it is {}: {:#?}", self.status("phase"), self.said());
        }
    }

    /// A field of the status, as text.
    pub(super) fn status(&self, field: &str) -> String {
        let status = self.world().kruise.status("order").expect("it is there");
        status.document()[field].as_str().unwrap_or_default().to_owned()
    }

    /// What the trace has of the Rollout, with the time.
    pub(super) fn said(&self) -> Vec<(SimTime, String)> {
        let entries = self.world().trace.iter();
        let about = entries.filter(|entry| entry.subject == "rollout/order");
        about.map(|entry| (entry.at, entry.text.clone())).collect()
    }

    /// Places in the trace of lines that begin with these words.
    #[track_caller]
    pub(super) fn places<const N: usize>(&self, beginnings: [&str; N]) -> [usize; N] {
        let said = self.said();
        beginnings.map(|beginning| {
            let place = said.iter().rposition(|(_, text)| text.starts_with(beginning));
            place.unwrap_or_else(|| panic!("nobody says {beginning:?}: {said:#?}"))
        })
    }

    /// Ready pods of a version.
    pub(super) fn ready(&self, version: &str) -> usize {
        let pods = self.world().cluster.state.pods.values();
        let of = pods.filter(|pod| pod.labels.get("version").is_some_and(|own| own == version));
        of.filter(|pod| pod.is_ready() && !pod.is_terminating()).count()
    }

    /// Requests that a version has answered so far.
    pub(super) fn served(&self, version: &str) -> f64 {
        self.value(&format!("sum(istio_requests_total{{destination_version=\"{version}\"}})"))
    }

    /// Requests that have failed so far.
    pub(super) fn failed(&self) -> f64 {
        self.value("sum(istio_requests_total{response_code!=\"200\"})")
    }
}

/// The step that the Rollout is at, and its state.
fn at(world: &World) -> (usize, StepState) {
    let status = world.kruise.status("order").expect("it is there");
    let release = status.release.clone().unwrap_or_default();
    (release.step, release.state)
}
