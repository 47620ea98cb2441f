//! A terminal before a small cluster without users.

use std::ops::{Deref, DerefMut};

use expect_test::Expect;
use regex::Regex;

use crate::scenario::{Scenario, Scripted, Trigger};
use crate::simulation::Reply;
use crate::terminal::{Terminal, bundle};
use crate::time::{SimDuration, SimTime};

/// Delays are fixed, so that ages in the expectations do not depend on chance.
const SCENARIO: &str = "\
scenario: bench
title: A terminal
level: beginner
teaches: [console]
duration: 2h
cluster: {nodes: 2, cpu: 4, memory: 16Gi}
installed: [argo-cd, argo-rollouts, flagger, flux, git]
applications:
  myorg/myapp:v1: &release
    startup: 2s
    workers: 4
    queue: 8
    health: /health
    routes: [{get: /, cpu: {mean: 1ms, cv: 0.5}}]
  myorg/myapp:v2: *release
tasks:
  myorg/migrate:v2: {takes: 4s, log: [Migrating schema to version 2, 1 migration applied]}
  myorg/smoke:v1: {takes: 2s, fails: 1, exit: 3, log: ['GET /health: 503']}
database: {engine: postgresql, name: shop, connections: 97}
traffic:
  - name: nobody
    arrivals: {poisson: 0.001/s}
    host: shop.example.com
    requests: [{get: /, share: 1}]
    client: {timeout: 1s, retries: 0}
timing: {watch: 10ms..10ms, pull: 800ms..800ms, create: 200ms..200ms}
objectives: [{id: none, title: Nothing, at-end: vector(1)}]
";

pub(super) const BLUE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-app-blue
  labels: {app: my-app, version: blue}
spec:
  replicas: 2
  selector:
    matchLabels: {app: my-app, version: blue}
  template:
    metadata:
      labels: {app: my-app, version: blue}
    spec:
      containers:
        - name: app
          image: myorg/myapp:v1
          ports: [{containerPort: 8080}]
          env: [{name: GREETING, value: hello}]
          readinessProbe:
            httpGet: {path: /health, port: 8080}
            periodSeconds: 5
          resources:
            requests: {cpu: 250m, memory: 512Mi}
            limits: {cpu: 500m, memory: 1Gi}
";

pub(super) const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: my-app-service
spec:
  selector: {app: my-app}
  ports: [{port: 80, targetPort: 8080}]
";

pub(super) const MESH: &str = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: my-gateway
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 80, name: http, protocol: HTTP}
      hosts: ['*']
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: my-app-vs
spec:
  hosts: ['*']
  gateways: [my-gateway]
  http:
    - route:
        - destination: {host: my-app-service, subset: blue}
          weight: 90
        - destination: {host: my-app-service, subset: green}
          weight: 10
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: my-app-dr
spec:
  host: my-app-service
  subsets:
    - {name: blue, labels: {version: blue}}
    - {name: green, labels: {version: green}}
";

/// A terminal before a cluster of two nodes.
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
    /// Files `blue.yaml`, `service.yaml` and `mesh.yaml`; nothing on the cluster.
    pub(super) fn empty() -> Self {
        Self::with(&[])
    }

    /// The same with more files.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        Self::scripted(files, &[])
    }

    /// The same with commands that run by themselves, a second each after the one before.
    pub(super) fn scripted(files: &[(&str, &str)], lines: &[&str]) -> Self {
        Self::changed(files, |scenario| {
            scenario.events = (1..)
                .zip(lines)
                .map(|(second, line)| Scripted {
                    trigger: Trigger::At(SimTime::from_secs(second)),
                    run: (*line).to_owned(),
                })
                .collect();
        })
    }

    /// A database that holds this, with sessions of these, and the image `myorg/migrate:v3`, which
    /// executes the folder `migrations`; with more files.
    pub(super) fn migrating(schema: &str, sessions: &str, files: &[(&str, &str)]) -> Self {
        let database = format!("schema: {schema:?}, sessions: {sessions}, connections: 97}}");
        let text = SCENARIO.replace("connections: 97}", &database);
        let task = "tasks:\n  myorg/migrate:v3: {takes: 2s, sql: [migrations/]}\n";
        Self::of(&text.replace("tasks:\n", task), files, |_| {})
    }

    /// A database that holds this, and sessions of these, written in YAML; with more files.
    pub(super) fn holding(schema: &str, sessions: &str, files: &[(&str, &str)]) -> Self {
        let database = format!("schema: {schema:?}, sessions: {sessions}, connections: 97}}");
        Self::of(&SCENARIO.replace("connections: 97}", &database), files, |_| {})
    }

    /// A MySQL that holds this, and sessions of these, written in YAML; with more files.
    pub(super) fn mysql(schema: &str, sessions: &str, files: &[(&str, &str)]) -> Self {
        let database = format!("schema: {schema:?}, sessions: {sessions}}}");
        let text = SCENARIO.replace("connections: 97}", &database);
        Self::of(&text.replace("engine: postgresql", "engine: mysql"), files, |_| {})
    }

    /// A database that holds this and so many orders; all releases, and the image `myorg/migrate:v2`, run
    /// this tool; with more files.
    pub(super) fn migrating_with(
        tool: &str,
        schema: &str,
        rows: u64,
        files: &[(&str, &str)],
    ) -> Self {
        let database = format!("schema: {schema:?}, rows: {{orders: {rows}}}, connections: 97}}");
        let migrate = format!("health: /health\n    migrate: {tool}");
        let text = SCENARIO
            .replace("connections: 97}", &database)
            .replace("health: /health", &migrate)
            .replace(
                "{takes: 4s, log: [Migrating schema to version 2, 1 migration applied]}",
                &format!("{{takes: 4s, migrate: {tool}}}"),
            );
        Self::of(&text, files, |_| {})
    }

    /// So many users a second, each of whose requests takes 5 ms of CPU; with more files.
    pub(super) fn busy(users: u32, files: &[(&str, &str)]) -> Self {
        let text =
            SCENARIO.replace("0.001/s", &format!("{users}/s")).replace("mean: 1ms", "mean: 5ms");
        Self::of(&text, files, |_| {})
    }

    /// A known bug is there; with more files.
    pub(super) fn with_pitfall(name: &str, files: &[(&str, &str)]) -> Self {
        let text = SCENARIO.replace("applications:", &format!("pitfalls: [{name}]\napplications:"));
        Self::of(&text, files, |_| {})
    }

    /// With more files, in a world that differs.
    pub(super) fn changed(files: &[(&str, &str)], change: impl FnOnce(&mut Scenario)) -> Self {
        Self::of(SCENARIO, files, change)
    }

    fn of(text: &str, files: &[(&str, &str)], change: impl FnOnce(&mut Scenario)) -> Self {
        // What an image executes is part of it when the scenario is loaded.
        let part = |path: &str| path.ends_with(".sql") || path == "changelog.yaml";
        let parts: Vec<_> = files.iter().filter(|(path, _)| part(path)).copied().collect();
        let (mut scenario, _) =
            Scenario::load(&bundle(text, &parts)).expect("the bench's scenario is right");
        let own = [("blue.yaml", BLUE), ("service.yaml", SERVICE), ("mesh.yaml", MESH)];
        for (path, text) in own.iter().chain(files) {
            scenario.workspace.insert((*path).to_owned(), (*text).to_owned());
        }
        change(&mut scenario);
        Self(Terminal::before(scenario))
    }

    /// Flyway takes the schema as it is for version 0, so that everything is due (FW-04).
    pub(super) fn baselined(mut self) -> Self {
        let reply = self.run_to_end("flyway -baselineVersion=0 baseline", 5);
        assert_eq!(reply.status, Some(0), "{}", reply.stderr);
        self
    }

    /// Everything applied, and a minute passed.
    pub(super) fn settled() -> Self {
        Self::settled_with(&[])
    }

    /// The same with more files.
    pub(super) fn settled_with(files: &[(&str, &str)]) -> Self {
        Self::with(files).settle()
    }

    /// The same with this many replicas of the gateway.
    pub(super) fn settled_behind(gateways: u8) -> Self {
        Self::settled_in(|scenario| scenario.mesh.gateways = gateways)
    }

    /// The same in another world.
    pub(super) fn settled_in(change: impl FnOnce(&mut Scenario)) -> Self {
        Self::changed(&[], change).settle()
    }

    fn settle(mut self) -> Self {
        let reply = self.run("kubectl apply -f blue.yaml -f service.yaml -f mesh.yaml");
        assert_eq!((reply.status, reply.stderr.as_str()), (Some(0), ""));
        self.wait(60);
        self
    }

    pub(super) fn file(&self, path: &str) -> Option<&str> {
        self.simulation.files().get(path).map(String::as_str)
    }

    pub(super) fn run(&mut self, line: &str) -> Reply {
        self.simulation.execute(line)
    }

    /// Runs a line and lets time pass until it has ended, at most `limit` seconds.
    pub(super) fn run_to_end(&mut self, line: &str, limit: u64) -> Reply {
        let reply = self.run(line);
        if reply.status.is_some() {
            return reply;
        }
        let end = self.now() + SimDuration::from_secs(limit);
        while self.simulation.running().is_some() && self.now() < end {
            let next = self.now() + SimDuration::from_millis(100);
            self.simulation.run_until(next);
        }
        match self.simulation.running() {
            Some(printed) => printed.reply.clone(),
            None => {
                let transcript = self.simulation.transcript();
                let last = transcript.iter().next_back();
                last.expect("what has ended is in the transcript").reply.clone()
            }
        }
    }

    /// Runs a line and compares all it prints.
    #[track_caller]
    pub(super) fn check(&mut self, line: &str, expected: &Expect) {
        let reply = self.run(line);
        expected.assert_eq(&shown(&reply));
    }

    /// Runs a line that goes on and compares all it prints.
    #[track_caller]
    pub(super) fn check_to_end(&mut self, line: &str, limit: u64, expected: &Expect) {
        let reply = self.run_to_end(line, limit);
        expected.assert_eq(&shown(&reply));
    }
}

/// Standard output, then standard error with `! `, then the status if it is not 0. What chance has
/// named is shown by letters that are always the same.
pub(super) fn shown(reply: &Reply) -> String {
    let mut text = reply.stdout.clone();
    for line in reply.stderr.lines() {
        text += &format!("! {line}\n");
    }
    match reply.status {
        Some(0) => {}
        Some(status) => text += &format!("status {status}\n"),
        None => text += "goes on\n",
    }
    let uid = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let text = uid.replace_all(&text, "UID");
    let job = Regex::new("\\b(migrate|smoke)-[bcdfghjklmnpqrstvwxz2456789]{5}\\b").unwrap();
    let text = job.replace_all(&text, "$1-xxxxx");
    let pod = Regex::new(
        "(my-app-blue-[bcdfghjklmnpqrstvwxz2456789]+)-[bcdfghjklmnpqrstvwxz2456789]{5}\\b",
    )
    .unwrap();
    pod.replace_all(&text, "$1-xxxxx").into_owned()
}
