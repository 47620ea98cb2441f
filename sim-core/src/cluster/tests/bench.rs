//! A cluster on its own: API server, controllers, kubelets, and an application that does as told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::application::ApplicationEvent;
use crate::application::task::{Image, Task};
use crate::cluster::api::ApiServer;
use crate::cluster::api::{Applied, Kind, Manifest, Spec};
use crate::cluster::pod::{ContainerState, Pod, PodId};
use crate::cluster::probe::ProbeAnswer;
use crate::cluster::spec::{
    Container, ContainerPort, DeploymentSpec, IntOrPercent, Labels, PodSpec, PodTemplate, Probe,
    ProbeHandler, ProbeKind, Resources, ServicePort, ServiceSpec, Strategy, TargetPort,
};
use crate::cluster::{Cluster, ClusterEvent, invariant};
use crate::engine::{Context, Engine, Model};
use crate::event::Event;
use crate::mesh::sidecar::Step;
use crate::mesh::{MeshEvent, injection};
use crate::random::Seed;
use crate::scenario::{ClusterShape, Timing};
use crate::time::{SimDuration, SimTime};
use crate::trace::Trace;
use crate::world::Scope;

pub(super) fn secs(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

/// How a version of the application behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behaviour {
    /// From start to the first passing check.
    pub(super) startup: SimDuration,
    /// From start to a crash with exit code 1.
    pub(super) crash_after: Option<SimDuration>,
    /// From SIGTERM to exit code 0; None: it does not react.
    pub(super) shutdown: Option<SimDuration>,
    /// Whether it answers at all.
    pub(super) answers: bool,
}

pub(super) const HEALTHY: Behaviour = Behaviour {
    startup: SimDuration::from_secs(2),
    crash_after: None,
    shutdown: Some(SimDuration::from_secs(1)),
    answers: true,
};

/// A cluster, and an application for it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) api: ApiServer,
    pub(super) cluster: Cluster,
    pub(super) trace: Trace,
    /// By image.
    pub(super) behaviour: BTreeMap<&'static str, Behaviour>,
    /// What images that are not listed do, and pods whose object is gone.
    pub(super) otherwise: Behaviour,
    /// CPU that every pod uses, in thousandths of a core.
    pub(super) cpu_milli: u64,
    /// Pods whose checks fail from now on.
    pub(super) sick: BTreeSet<PodId>,
    listening: BTreeMap<PodId, SimTime>,
    /// What the application was told: when, and what.
    pub(super) heard: Vec<(SimTime, ApplicationEvent)>,
    /// When sidecars were asked to end.
    pub(super) proxies_terminated: Vec<SimTime>,
    /// How often istiod was told of a change.
    pub(super) mesh_changes: u32,
}

impl World {
    fn play(&mut self, event: ApplicationEvent, ctx: &mut Context<'_, Event>) {
        self.heard.push((ctx.now, event));
        let known = |pod: PodId| {
            let pod = self.cluster.state.pods.get(&pod)?;
            self.behaviour.get(&*pod.template.spec.containers[0].image).copied()
        };
        let behaviour = |pod: PodId| known(pod).unwrap_or(self.otherwise);
        match event {
            ApplicationEvent::Started { pod, run } => {
                let behaviour = behaviour(pod);
                self.listening.insert(pod, ctx.now + behaviour.startup);
                if let Some(after) = behaviour.crash_after {
                    ctx.after(after, ClusterEvent::ContainerExited { pod, run, code: 1 }.into());
                }
            }
            ApplicationEvent::Probed { pod, kind, ask } => {
                if behaviour(pod).answers {
                    let listening = self.listening.get(&pod).is_some_and(|from| *from <= ctx.now);
                    let answer = match (listening, self.sick.contains(&pod)) {
                        (false, _) => ProbeAnswer::Refused,
                        (true, true) => ProbeAnswer::NotFound,
                        (true, false) => ProbeAnswer::Passed,
                    };
                    let answered = ClusterEvent::ProbeAnswered { pod, kind, ask, answer };
                    ctx.after(SimDuration::from_millis(2), answered.into());
                }
            }
            ApplicationEvent::Terminated { pod, run } => {
                if let Some(after) = behaviour(pod).shutdown {
                    ctx.after(after, ClusterEvent::ContainerExited { pod, run, code: 0 }.into());
                }
            }
            ApplicationEvent::Measured { pod } => {
                let Some(measured) = self.cluster.state.pods.get(&pod) else { return };
                let ContainerState::Running { started } = measured.containers[0].state else {
                    return;
                };
                let since = measured.usage.map_or(started, |last| last.at.max(started));
                let micros = self.cpu_milli * ctx.now.since(since).as_micros() / 1_000;
                self.cluster.measured(pod, micros, 0, ctx.now);
            }
            ApplicationEvent::Killed { .. }
            | ApplicationEvent::Listening { .. }
            | ApplicationEvent::CpuDue { .. }
            | ApplicationEvent::MemoryDue { .. }
            | ApplicationEvent::Crashed { .. } => {}
        }
    }
}

impl Model for World {
    type Event = Event;

    fn apply(&mut self, event: Event, ctx: &mut Context<'_, Event>) {
        match event {
            Event::Cluster(event) => {
                let scope = &mut Scope { ctx, trace: &mut self.trace };
                self.cluster.apply(event, &mut self.api, scope);
            }
            Event::Application(event) => self.play(event, ctx),
            Event::Mesh(MeshEvent::Changed) => self.mesh_changes += 1,
            Event::Mesh(MeshEvent::Sidecar { pod, run, step }) => {
                // It is up after three seconds, and ends a second after it is asked to.
                let (after, answer) = match step {
                    Step::Started => (3, ClusterEvent::ProxyUp { pod, run }),
                    Step::Terminated => {
                        self.proxies_terminated.push(ctx.now);
                        (1, ClusterEvent::ProxyExited { pod, run })
                    }
                    Step::Ready | Step::Drained | Step::Killed => return,
                };
                ctx.after(secs(after), answer.into());
            }
            _ => unreachable!("the cluster schedules nothing else"),
        }
    }
}

/// The world with its clock. Invariants are checked after every event.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) engine: Engine<World>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with_shape(
            ClusterShape {
                nodes: 3,
                cpu_milli: 4_000,
                memory_bytes: 16 << 30,
                ..ClusterShape::default()
            },
            1,
        )
    }

    pub(super) fn with_shape(shape: ClusterShape, seed: u64) -> Self {
        let images = ["app:v1", "app:v2", "app:v3", "helper:v1"];
        let servers = images.map(|image| (image.to_owned(), Image::Server));
        let task = |image: &str, fails| {
            let takes = (secs(3), secs(3));
            let task = Task { takes, fails, exit: 3, log: Vec::new(), sql: None };
            (image.to_owned(), Image::Task(task))
        };
        let tasks = [task("task:good", 0.0), task("task:bad", 1.0)];
        let proxy = (injection::image(), Image::Task(injection::init_task()));
        let images = servers.into_iter().chain(tasks).chain([proxy]).collect();
        let world = World {
            api: ApiServer::default(),
            cluster: Cluster::new(&shape, &Timing::default(), images, Seed(seed)),
            trace: Trace::default(),
            behaviour: BTreeMap::new(),
            otherwise: HEALTHY,
            cpu_milli: 0,
            sick: BTreeSet::new(),
            listening: BTreeMap::new(),
            heard: Vec::new(),
            proxies_terminated: Vec::new(),
            mesh_changes: 0,
        };
        let begin = |ctx: &mut Context<'_, Event>| {
            Cluster::begin(ctx);
            world
        };
        Self { engine: Engine::new(SimTime::ZERO, begin) }
    }

    pub(super) fn behaves(mut self, image: &'static str, behaviour: Behaviour) -> Self {
        self.engine.model.behaviour.insert(image, behaviour);
        self
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.engine.model.cluster
    }

    /// Does something as a user would, by a command.
    pub(super) fn command<T>(
        &mut self,
        act: impl FnOnce(&mut Cluster, &mut ApiServer, &mut Scope<'_, '_>) -> T,
    ) -> T {
        let (_, result) = self.engine.intervene(|world, ctx| {
            let scope = &mut Scope { ctx, trace: &mut world.trace };
            act(&mut world.cluster, &mut world.api, scope)
        });
        self.check();
        result
    }

    pub(super) fn apply(&mut self, name: &str, spec: Spec) {
        let document = json!({ "spec": { "template": format!("{spec:?}") } });
        let kind = spec.kind();
        let (labels, annotations) = (Labels::new(), Labels::new());
        let manifest = Manifest { name: name.to_owned(), labels, annotations, spec, document };
        self.command(|cluster, api, scope| {
            let uid = cluster.fresh_uid();
            let applied = api.put(manifest, scope.now(), scope.id(), uid);
            if applied != Applied::Unchanged {
                cluster.object_changed(kind, name, api, scope);
            }
        });
    }

    pub(super) fn deploy(&mut self, spec: &DeploymentSpec) {
        self.apply("app", Spec::Deployment(Box::new(spec.clone())));
    }

    pub(super) fn serve(&mut self, selector: Labels) {
        let port = ServicePort {
            name: String::new(),
            port: 80,
            target: TargetPort::Number(8080),
            protocol: "TCP".to_owned(),
        };
        let service_type = "ClusterIP".to_owned();
        let spec = ServiceSpec { selector, ports: vec![port], service_type };
        self.apply("app-service", Spec::Service(spec));
    }

    pub(super) fn delete(&mut self, kind: Kind, name: &str) {
        self.command(|cluster, api, scope| {
            api.delete(kind, name);
            cluster.object_changed(kind, name, api, scope);
        });
    }

    pub(super) fn delete_pod(&mut self, pod: PodId, grace: Option<SimDuration>) {
        self.command(|cluster, _, scope| cluster.delete_pod(pod, grace, scope));
    }

    /// Lets one event happen.
    pub(super) fn step(&mut self, limit: SimTime) -> bool {
        let stepped = self.engine.step(limit);
        if stepped {
            self.check();
        }
        stepped
    }

    fn check(&self) {
        invariant::check(self.cluster(), self.engine.now()).unwrap();
    }

    /// Lets `time` pass.
    pub(super) fn pass(&mut self, time: SimDuration) {
        let end = self.engine.now() + time;
        while self.step(end) {}
        self.engine.run_until(end);
    }

    /// Steps until something holds; the time it takes. Panics after an hour.
    pub(super) fn until(&mut self, holds: impl Fn(&World) -> bool) -> SimDuration {
        let begin = self.engine.now();
        while !holds(&self.engine.model) {
            assert!(self.step(begin + secs(3_600)), "it never holds");
        }
        self.engine.now() - begin
    }

    /// Every pair of wanted sizes (older revisions together, newest revision), while `time` passes.
    pub(super) fn sizes(&mut self, time: SimDuration) -> Vec<(u32, u32)> {
        let end = self.engine.now() + time;
        let mut sizes = vec![self.size()];
        while self.step(end) {
            if sizes.last() != Some(&self.size()) {
                sizes.push(self.size());
            }
        }
        self.engine.run_until(end);
        sizes
    }

    fn size(&self) -> (u32, u32) {
        let sets: Vec<_> = self.cluster().state.replica_sets_of("app").collect();
        let newest = sets.iter().max_by_key(|set| set.revision);
        let new = newest.filter(|set| 1 < set.revision).map_or(0, |set| set.replicas);
        (sets.iter().map(|set| set.replicas).sum::<u32>() - new, new)
    }

    pub(super) fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.cluster().state.pods.values()
    }

    pub(super) fn first_pod(&self) -> PodId {
        self.pods().next().unwrap().id
    }

    pub(super) fn pod(&self, pod: PodId) -> &Pod {
        &self.cluster().state.pods[&pod]
    }

    pub(super) fn ready(&self) -> usize {
        self.engine.model.ready()
    }

    /// When the application heard something.
    pub(super) fn heard(&self, what: impl Fn(&ApplicationEvent) -> bool) -> Vec<SimTime> {
        let heard = self.engine.model.heard.iter();
        heard.filter(|(_, event)| what(event)).map(|(at, _)| *at).collect()
    }

    pub(super) fn noted(&self, reason: &str) -> Vec<String> {
        let notes = self.cluster().state.notes.iter();
        notes.filter(|note| note.reason == reason).map(|note| note.message.clone()).collect()
    }
}

impl World {
    /// Ready pods that are not being deleted.
    pub(super) fn ready(&self) -> usize {
        let pods = self.cluster.state.pods.values();
        pods.filter(|pod| pod.is_ready() && !pod.is_terminating()).count()
    }
}

pub(super) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn probe(period: u32) -> Probe {
    Probe {
        handler: ProbeHandler::HttpGet { path: "/health".to_owned(), port: 8080 },
        initial_delay_seconds: 0,
        period_seconds: period,
        timeout_seconds: 1,
        success_threshold: 1,
        failure_threshold: 3,
        grace: None,
    }
}

/// A Deployment with one container, readiness every 5 s, 25 %/25 %.
pub(super) fn deployment(image: &str, replicas: u32) -> DeploymentSpec {
    let container = Container {
        name: "app".to_owned(),
        image: image.to_owned(),
        ports: vec![ContainerPort { name: String::new(), port: 8080, protocol: "TCP".to_owned() }],
        readiness: Some(probe(5)),
        requests: Resources { cpu_milli: 250, memory_bytes: 512 << 20 },
        ..Container::default()
    };
    let spec = PodSpec { containers: vec![container], ..PodSpec::default() };
    let template =
        PodTemplate { labels: labels(&[("app", "app")]), spec, ..PodTemplate::default() };
    let percent = IntOrPercent::Percent(25);
    DeploymentSpec {
        replicas,
        selector: labels(&[("app", "app")]),
        template,
        strategy: Strategy::RollingUpdate { surge: percent, unavailable: percent },
        min_ready_seconds: 0,
        revision_history_limit: 10,
        progress_deadline_seconds: 600,
        paused: false,
    }
}

/// Changes the only container.
pub(super) fn with_container(
    mut spec: DeploymentSpec,
    change: impl FnOnce(&mut Container),
) -> DeploymentSpec {
    change(&mut spec.template.spec.containers[0]);
    spec
}

pub(super) fn is_probe(event: &ApplicationEvent, which: ProbeKind) -> bool {
    matches!(event, ApplicationEvent::Probed { kind, .. } if *kind == which)
}
