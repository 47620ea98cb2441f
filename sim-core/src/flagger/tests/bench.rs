//! A shop that Flagger rolls out.

use std::sync::Arc;

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::flagger::Phase;
use crate::random::Seed;
use crate::scenario::{Bundle, Scenario};
use crate::simulation::{Reply, Simulation};
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;

/// Version 2 is as good as version 1, two in five requests fail in version 3, version 4 never listens,
/// and version 5 takes its time.
const SCENARIO: &str = "\
scenario: shop
title: A shop
level: beginner
teaches: [flagger]
duration: 2h
installed: [flagger]
start: START
applications:
  shop/order:v1: &release
    startup: 2s
    routes: [{get: /, cpu: {mean: 2ms, cv: 0.5}}]
  shop/order:v2: *release
  shop/order:v3:
    startup: 2s
    routes: [{get: /, cpu: {mean: 2ms}, errors: 0.4}]
  shop/order:v4:
    startup: 2h
    routes: [{get: /, cpu: {mean: 2ms}}]
  shop/order:v5:
    startup: 2s
    routes: [{get: /, cpu: {mean: 2ms}, sql: [{statement: SELECT 1, mean: 300ms}]}]
database: {name: shop}
traffic:
  - name: shoppers
    arrivals: {poisson: 20/s}
    host: shop.example.com
    requests: [{get: /, share: 1}]
    client: {timeout: 1s, retries: 0}
timing: {watch: 10ms..10ms, pull: 800ms..800ms, create: 200ms..200ms}
objectives: [{id: none, title: Nothing, at-end: vector(1)}]
";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: order, labels: {app: order}}
spec:
  replicas: 2
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
          lifecycle: {preStop: {sleep: {seconds: 5}}}
";

const GATEWAY: &str = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 80, name: http, protocol: HTTP}
      hosts: ['*']
";

/// A Canary of the shop with this `analysis`, in flow style, and these fields more.
pub(super) fn canary(analysis: &str, more: &str) -> String {
    format!(
        "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {{name: order}}\nspec:\n  targetRef: \
         {{apiVersion: apps/v1, kind: Deployment, name: order}}\n  service: {{port: 80, targetPort: \
         8080, gateways: [shop], hosts: [shop.example.com]{more}}}\n  analysis: {{{analysis}}}\n"
    )
}

/// Metrics that every good version keeps.
pub(super) const METRICS: &str = "metrics: [{name: request-success-rate, thresholdRange: {min: 99}}, \
     {name: request-duration, thresholdRange: {max: 500}}]";

/// A cluster with users and a terminal.
pub(super) struct Bench {
    pub(super) simulation: Simulation,
}

impl Bench {
    /// The shop under this Canary, initialised before time zero; with more files, which have been applied.
    pub(super) fn of(canary: &str, files: &[(&str, &str)]) -> Self {
        let own = [("order.yaml", DEPLOYMENT), ("gateway.yaml", GATEWAY), ("canary.yaml", canary)];
        let all: Vec<(&str, &str)> = files.iter().chain(&own).copied().collect();
        let start: Vec<String> =
            all.iter().map(|(name, _)| format!("kubectl apply -f {name}")).collect();
        let scenario = SCENARIO.replace("START", &format!("{start:?}"));
        let own = [("scenario.yaml", scenario.as_str()), ("brief.md", "A shop.")];
        let own = own.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let inside =
            |(path, text): &(&str, &str)| (format!("workspace/{path}"), (*text).to_owned());
        let files = own.into_iter().chain(all.iter().map(inside)).collect();
        let bundle = Bundle { name: "shop".to_owned(), files };
        let (scenario, _) = Scenario::load(&bundle).expect("the scenario is right");
        Self { simulation: Simulation::new(Arc::new(scenario), Seed(7)) }
    }

    /// The same with an analysis alone.
    pub(super) fn with(analysis: &str) -> Self {
        Self::of(&canary(analysis, ""), &[])
    }

    /// Runs a line that must succeed.
    #[track_caller]
    pub(super) fn run(&mut self, line: &str) -> Reply {
        let reply = self.simulation.execute(line);
        assert_eq!(reply.status, Some(0), "{line}: {}", reply.stderr);
        reply
    }

    /// Gives the target another image.
    pub(super) fn release(&mut self, version: &str) {
        self.run(&format!("kubectl set image deployment/order app=shop/order:{version}"));
    }

    /// Lets seconds pass.
    pub(super) fn wait(&mut self, seconds: u64) {
        let until = self.simulation.now() + SimDuration::from_secs(seconds);
        self.simulation.run_until(until);
    }

    /// Lets time pass until the canary has come to a phase.
    #[track_caller]
    pub(super) fn wait_for(&mut self, phase: Phase) {
        for _ in 0..3_000 {
            if self.phase() == phase {
                return;
            }
            self.wait(1);
        }
        panic!("it does not become {phase:?}: {:#?}", self.said());
    }

    pub(super) fn phase(&self) -> Phase {
        self.simulation.world().flagger.status("order").expect("the canary is there").phase
    }

    /// What Flagger has said of rollouts since time zero, with the time, but for what it waits for.
    pub(super) fn timed(&self) -> Vec<(SimTime, String)> {
        let entries = self.simulation.world().trace.iter();
        let about = |entry: &&crate::trace::Entry| {
            entry.topic == Topic::Delivery
                && SimTime::ZERO <= entry.at
                && entry.subject == "canary/order"
        };
        let texts = entries.filter(about).filter_map(|entry| {
            let text = entry.text.strip_prefix("Flagger: ")?;
            let writes = [
                "Deployment ",
                "VirtualService ",
                "Service ",
                "DestinationRule ",
                "HorizontalPodAutoscaler ",
            ];
            let waits = text.contains("not ready") || writes.iter().any(|w| text.starts_with(w));
            (!waits).then(|| (entry.at, text.to_owned()))
        });
        texts.collect()
    }

    /// The same without times.
    pub(super) fn said(&self) -> Vec<String> {
        self.timed().into_iter().map(|(_, text)| text).collect()
    }

    /// The same by ticks of `interval` seconds, from the first thing said.
    pub(super) fn ticks(&self, interval: i64) -> Vec<(i64, String)> {
        let timed = self.timed();
        let Some((first, _)) = timed.first().cloned() else { return Vec::new() };
        let tick = |at: SimTime| at.since(first).as_micros() as i64 / 1_000_000 / interval;
        timed.into_iter().map(|(at, text)| (tick(at), text)).collect()
    }

    /// A document as it is stored.
    #[track_caller]
    pub(super) fn document(&self, kind: Kind, name: &str) -> &Value {
        let object = self.simulation.world().api.get(kind, name);
        &object.unwrap_or_else(|| panic!("{kind} {name} is not there")).manifest.document
    }

    /// Available pods of a Deployment.
    pub(super) fn available(&self, deployment: &str) -> u32 {
        let state = &self.simulation.world().cluster.state;
        state.deployments.get(deployment).map_or(0, |status| status.counts.available)
    }

    /// The first value of a query now.
    pub(super) fn value(&self, promql: &str) -> f64 {
        let answer = self.simulation.query(promql, self.simulation.now()).expect("PromQL");
        answer.first().map_or(0.0, |sample| sample.value)
    }
}

/// `Advance order.default canary weight N` for each.
pub(super) fn weights(said: &[String]) -> Vec<&str> {
    let weight = |text: &'_ String| text.contains(" weight ");
    said.iter().filter(|text| weight(text)).filter_map(|text| text.rsplit(' ').next()).collect()
}
