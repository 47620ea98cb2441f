//! A shop that Flagger rolls out.

use std::ops::{Deref, DerefMut};

use crate::flagger::Phase;
use crate::terminal::Terminal;
use crate::time::SimTime;
use crate::trace::Topic;
use crate::world::World;

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
    /// The shop under this Canary, initialised before time zero; with more files, which have been applied.
    pub(super) fn of(canary: &str, files: &[(&str, &str)]) -> Self {
        let own = [("order.yaml", DEPLOYMENT), ("gateway.yaml", GATEWAY), ("canary.yaml", canary)];
        let all: Vec<(&str, &str)> = files.iter().chain(&own).copied().collect();
        let start: Vec<String> =
            all.iter().map(|(name, _)| format!("kubectl apply -f {name}")).collect();
        let scenario = SCENARIO.replace("START", &format!("{start:?}"));
        Self(Terminal::of(&scenario, &all))
    }

    /// The same with an analysis alone.
    pub(super) fn with(analysis: &str) -> Self {
        Self::of(&canary(analysis, ""), &[])
    }

    /// Gives the target another image.
    pub(super) fn release(&mut self, version: &str) {
        self.run(&format!("kubectl set image deployment/order app=shop/order:{version}"));
    }

    /// Lets time pass until the canary has come to a phase.
    #[track_caller]
    pub(super) fn wait_for(&mut self, phase: Phase) {
        let is =
            |world: &World| world.flagger.status("order").is_some_and(|one| one.phase == phase);
        assert!(self.wait_until(3_000, is), "it does not become {phase:?}: {:#?}", self.said());
    }

    pub(super) fn phase(&self) -> Phase {
        self.world().flagger.status("order").expect("the canary is there").phase
    }

    /// What Flagger has said of rollouts since time zero, with the time, but for what it waits for.
    pub(super) fn timed(&self) -> Vec<(SimTime, String)> {
        let entries = self.world().trace.iter();
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

    /// Available pods of a Deployment.
    pub(super) fn available(&self, deployment: &str) -> u32 {
        let state = &self.world().cluster.state;
        state.deployments.get(deployment).map_or(0, |status| status.counts.available)
    }
}

/// `Advance order.default canary weight N` for each.
pub(super) fn weights(said: &[String]) -> Vec<&str> {
    let weight = |text: &'_ String| text.contains(" weight ");
    said.iter().filter(|text| weight(text)).filter_map(|text| text.rsplit(' ').next()).collect()
}
