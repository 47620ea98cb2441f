//! A small cluster that runs by itself: the real controllers, and an application that always
//! answers its probes.

use std::collections::BTreeSet;

use expect_test::Expect;

use crate::application::ApplicationEvent;
use crate::cluster::api::ApiServer;
use crate::cluster::{Cluster, ClusterEvent};
use crate::console::{Follow, Workspace, complete, execute, resume};
use crate::engine::{Context, Engine, Model};
use crate::event::Event;
use crate::random::Seed;
use crate::scenario::{ClusterShape, Timing};
use crate::simulation::Reply;
use crate::time::{SimDuration, SimTime};
use crate::trace::Trace;
use crate::world::{Scope, World};

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

struct Plain(World);

impl Model for Plain {
    type Event = Event;

    fn fingerprint(_: &Event) -> u64 {
        0
    }

    fn apply(&mut self, event: Event, ctx: &mut Context<'_, Event>) {
        let world = &mut self.0;
        let soon = SimDuration::from_millis(1);
        match event {
            Event::Cluster(event) => {
                let scope = &mut Scope { ctx, trace: &mut world.trace };
                world.cluster.apply(event, &mut world.api, scope);
            }
            Event::Application(ApplicationEvent::Probed { pod, kind, ask }) => {
                let answer = ClusterEvent::ProbeAnswered { pod, kind, ask, passed: true };
                ctx.after(soon, answer.into());
            }
            Event::Application(ApplicationEvent::Terminated { pod, run }) => {
                ctx.after(soon, ClusterEvent::ContainerExited { pod, run, code: 0 }.into());
            }
            _ => {}
        }
    }
}

/// A terminal before a cluster of two nodes.
pub(super) struct Bench {
    engine: Engine<Plain>,
    pub(super) workspace: Workspace,
    pub(super) follow: Option<Follow>,
}

impl Bench {
    /// Files `blue.yaml`, `service.yaml` and `mesh.yaml`; nothing on the cluster.
    pub(super) fn empty() -> Self {
        let shape = ClusterShape { nodes: 2, cpu_milli: 4000, memory_bytes: 16 << 30 };
        let images: BTreeSet<String> =
            ["myorg/myapp:v1", "myorg/myapp:v2"].map(str::to_owned).into();
        let cluster = Cluster::new(&shape, &Timing::default(), images, Seed(7));
        let world = World { api: ApiServer::default(), cluster, trace: Trace::default() };
        let mut workspace = Workspace::default();
        for (path, text) in [("blue.yaml", BLUE), ("service.yaml", SERVICE), ("mesh.yaml", MESH)] {
            workspace.files.insert(path.to_owned(), text.to_owned());
        }
        let engine = Engine::new(Plain(world), |_, _| {});
        Self { engine, workspace, follow: None }
    }

    /// Everything applied, and a minute passed.
    pub(super) fn settled() -> Self {
        let mut bench = Self::empty();
        let reply = bench.run("kubectl apply -f blue.yaml -f service.yaml -f mesh.yaml");
        assert_eq!((reply.status, reply.stderr.as_str()), (Some(0), ""));
        bench.wait(60);
        bench
    }

    pub(super) fn world(&self) -> &World {
        &self.engine.model.0
    }

    pub(super) fn write(&mut self, path: &str, text: &str) {
        self.workspace.files.insert(path.to_owned(), text.to_owned());
    }

    pub(super) fn run(&mut self, line: &str) -> Reply {
        let workspace = &mut self.workspace;
        let (_, (reply, follow)) =
            self.engine.intervene(|model, ctx| execute(line, workspace, &mut model.0, ctx));
        self.follow = follow;
        reply
    }

    /// Lets seconds pass.
    pub(super) fn wait(&mut self, secs: i64) {
        let until = self.engine.now() + SimDuration::from_secs(secs.unsigned_abs());
        self.engine.run_until(until);
    }

    pub(super) fn now(&self) -> SimTime {
        self.engine.now()
    }

    /// Runs a line to its end, polling as the simulation does; what it printed in all.
    pub(super) fn run_to_end(&mut self, line: &str, limit: i64) -> Reply {
        let mut whole = self.run(line);
        let end = self.engine.now() + SimDuration::from_secs(limit.unsigned_abs());
        while let Some(mut follow) = self.follow.take() {
            if end <= self.engine.now() {
                self.follow = Some(follow);
                break;
            }
            let before = self.world().cluster.state.version;
            let second = self.engine.now() + SimDuration::from_secs(1);
            while self.world().cluster.state.version == before && self.engine.step(second) {}
            if self.world().cluster.state.version == before {
                self.engine.run_until(second);
            }
            let now = self.engine.now();
            let step = follow.poll(&self.engine.model.0, now);
            whole.stdout += &step.stdout;
            whole.stderr += &step.stderr;
            let Some(status) = step.done else {
                self.follow = Some(follow);
                continue;
            };
            let workspace = &mut self.workspace;
            let (_, (reply, rest)) = self
                .engine
                .intervene(|model, ctx| resume(follow, status, workspace, &mut model.0, ctx));
            whole.stdout += &reply.stdout;
            whole.stderr += &reply.stderr;
            whole.status = reply.status;
            self.follow = rest;
        }
        whole
    }

    pub(super) fn complete(&self, line: &str) -> Vec<String> {
        complete(line, &self.workspace, self.world())
    }

    /// Runs a line and compares all it prints; pods are shown with a fixed name.
    #[track_caller]
    pub(super) fn check(&mut self, line: &str, expected: &Expect) {
        let reply = self.run(line);
        expected.assert_eq(&self.shown(&reply));
    }

    /// Standard output, then standard error with `! `, then the status if it is not 0.
    pub(super) fn shown(&self, reply: &Reply) -> String {
        let mut text = reply.stdout.clone();
        for line in reply.stderr.lines() {
            text += &format!("! {line}\n");
        }
        match reply.status {
            Some(0) => text,
            Some(status) => text + &format!("status {status}\n"),
            None => text + "goes on\n",
        }
    }
}
