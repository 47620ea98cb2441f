//! The world: all parts, and which part answers for which event.

use crate::application::server::{Server, ServerState};
use crate::application::task::Image;
use crate::application::{Application, ApplicationEvent, KILLED, TERMINATED};
use crate::cluster::api::{ApiServer, Kind};
use crate::cluster::pod::PodId;
use crate::cluster::{Cluster, ClusterEvent};
use crate::database::Database;
use crate::database::event::DatabaseEvent;
use crate::delivery::{Addon, Delivery};
use crate::engine::{Context, Model};
use crate::event::Event;
use crate::fault::Faults;
use crate::flagger::Flagger;
use crate::kruise::Kruise;
use crate::mesh::flag::Flags;
use crate::mesh::{Mesh, MeshEvent, injection};
use crate::queue::{EventId, Lane};
use crate::random::Seed;
use crate::request::{Ended, RequestId, Requests};
use crate::rollouts::Rollouts;
use crate::scenario::Scenario;
use crate::session::Session;
use crate::telemetry::Telemetry;
use crate::telemetry::failure::{Failures, Sign};
use crate::telemetry::registry::{DestinationId, Registry};
use crate::time::{SimDuration, SimTime};
use crate::trace::{Entry, Topic, Trace};
use crate::workload::{Workload, WorkloadEvent};

/// Exit status of a process that cannot start.
pub(crate) const START_FAILED: u8 = 1;

/// What a part may do besides changing itself: know the time, schedule events, note what happened.
#[derive(Debug)]
pub struct Scope<'a, 'q> {
    /// The engine's context.
    pub ctx: &'a mut Context<'q, Event>,
    /// The trace.
    pub trace: &'a mut Trace,
}

impl Scope<'_, '_> {
    /// The present.
    pub fn now(&self) -> SimTime {
        self.ctx.now
    }

    /// The event that is happening.
    pub fn id(&self) -> EventId {
        self.ctx.id
    }

    /// Schedules an event of any part `delay` from now.
    pub fn after(&mut self, delay: SimDuration, event: impl Into<Event>) -> EventId {
        self.ctx.after(delay, event.into())
    }

    /// Writes a line of the trace, caused by what caused the present event.
    pub fn note(
        &mut self,
        topic: Topic,
        subject: impl Into<String>,
        text: impl Into<String>,
        rules: &'static [&'static str],
    ) {
        self.note_because(self.ctx.cause, topic, subject, text, rules);
    }

    /// Writes a line of the trace with a cause of its own.
    pub fn note_because(
        &mut self,
        cause: EventId,
        topic: Topic,
        subject: impl Into<String>,
        text: impl Into<String>,
        rules: &'static [&'static str],
    ) {
        let (at, id) = (self.ctx.now, self.ctx.id);
        let (subject, text) = (subject.into(), text.into());
        self.trace.push(Entry { at, id, cause, topic, subject, text, rules });
    }
}

/// The state of everything.
#[derive(Clone, Debug)]
pub struct World {
    /// Objects that users wrote.
    pub api: ApiServer,
    /// Kubernetes.
    pub cluster: Cluster,
    /// Istio.
    pub mesh: Mesh,
    /// The releases and their servers.
    pub application: Application,
    /// The shared database.
    pub database: Database,
    /// The repository's remote, and Argo CD.
    pub delivery: Delivery,
    /// Flagger.
    pub flagger: Flagger,
    /// Argo Rollouts.
    pub rollouts: Rollouts,
    /// OpenKruise Rollouts.
    pub kruise: Kruise,
    /// What is broken on purpose.
    pub faults: Faults,
    /// Whether a fault lies on the way to some pod.
    pub network_troubled: bool,
    /// The users.
    pub workload: Workload,
    /// Live requests.
    pub requests: Requests,
    /// Counters that requests raise.
    pub registry: Registry,
    /// Failed requests, for people.
    pub failures: Failures,
    /// Series, objectives and hints.
    pub telemetry: Telemetry,
    /// Who types what, and what is printed.
    pub session: Session,
    /// What people care about.
    pub trace: Trace,
    /// Lane of everything that takes one hop between gateway and pod.
    pub hops: Lane,
    /// Length of that hop.
    pub hop: SimDuration,
}

impl World {
    /// The world of a scenario with nothing deployed, no users and nothing measured yet.
    pub fn new(scenario: &Scenario, seed: Seed, ctx: &mut Context<'_, Event>) -> Self {
        let mut registry = Registry::new(scenario.traffic.len());
        let workload =
            Workload::new(&scenario.traffic, scenario.mesh.gateways, seed, &mut registry, ctx);
        let servers = scenario.releases.keys().map(|image| (image.clone(), Image::Server));
        let tasks = scenario.tasks.iter();
        let tasks = tasks.map(|(image, task)| (image.clone(), Image::Task(task.clone())));
        let proxy = (injection::image(), Image::Task(injection::init_task()));
        let images = servers.chain(tasks).chain([proxy]).collect();
        Cluster::begin(ctx);
        let mut cluster = Cluster::new(&scenario.cluster, &scenario.timing, images, seed);
        if workload.calls_directly() {
            cluster.start_kube_proxy();
        }
        for (index, session) in (0..).zip(&scenario.database.sessions) {
            ctx.after(session.at.since(ctx.now), DatabaseEvent::Scripted(index).into());
        }
        let (gateways, classes) = (scenario.mesh.gateways, workload.classes.len());
        let mut mesh = Mesh::new(&scenario.timing, gateways, classes, seed);
        mesh.join(&workload, &mut registry, seed);
        let session = Session::new(scenario);
        Self {
            api: ApiServer::default(),
            cluster,
            mesh,
            application: Application::new(
                &scenario.releases,
                &workload.classes,
                scenario.database.schema.is_some(),
                seed,
            ),
            database: Database::new(&scenario.database, &scenario.releases, seed),
            delivery: Delivery::new(
                scenario.addons.clone(),
                &session.workspace.repository,
                scenario.timing.watch,
                seed,
            ),
            flagger: Flagger::default(),
            rollouts: Rollouts::new(scenario.timing.watch, seed),
            kruise: Kruise::new(scenario.timing.watch, seed),
            faults: Faults::new(seed),
            network_troubled: false,
            requests: Requests::default(),
            registry,
            failures: Failures::default(),
            telemetry: Telemetry::new(scenario),
            session,
            trace: Trace::default(),
            hops: ctx.open_lane(),
            hop: scenario.timing.hop,
            workload,
        }
    }

    /// Tells every part that an object was written or deleted through the API.
    pub fn object_changed(&mut self, kind: Kind, name: &str, ctx: &mut Context<'_, Event>) {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        self.cluster.object_changed(kind, name, &self.api, scope);
        self.mesh.object_changed(kind, scope);
        self.delivery.object_changed(kind, name, &self.api, scope);
        if self.delivery.addons().has(Addon::Flagger) {
            self.flagger.object_changed(kind, name, &self.api, scope);
        }
        if self.delivery.addons().has(Addon::ArgoRollouts) {
            self.rollouts.object_changed((kind, name), &self.api, &mut self.cluster, scope);
        }
        if self.delivery.addons().has(Addon::OpenKruise) {
            self.kruise.object_changed((kind, name), &self.api, scope);
        }
    }

    /// Database connections that are open: a pool of fixed size opens all at start (POOL-01).
    pub fn connections(&self) -> u32 {
        if let Some(instance) = &self.database.instance {
            return instance.connections.open;
        }
        let of = |server: &crate::application::server::Server| {
            let pool = self.application.releases[server.release as usize].release.pool;
            let open = !server.is_starting() && !server.cut_off;
            pool.filter(|_| open).unwrap_or(server.connections)
        };
        self.application.servers().map(of).sum()
    }

    /// The users begin to arrive, and Prometheus to scrape.
    pub fn open_doors(&mut self, ctx: &mut Context<'_, Event>) {
        self.let_users_in(ctx);
        self.telemetry.begin(ctx);
    }

    /// The users begin to arrive.
    pub(crate) fn let_users_in(&mut self, ctx: &mut Context<'_, Event>) {
        for (index, users) in (0u16..).zip(&mut self.workload.users) {
            if !users.population.on_demand {
                users.expect_next(index, ctx);
            }
        }
    }

    /// Counts a failed request for people, and writes it into the trace unless many are alike.
    pub fn note_failure(
        &mut self,
        id: RequestId,
        to: DestinationId,
        (code, sign): (u16, Sign),
        ctx: &mut Context<'_, Event>,
    ) {
        let number = self.requests[id].number;
        self.requests.ended = Ended { number, code, sign, to };
        let mut failures = std::mem::take(&mut self.failures);
        let version = &self.registry.name(to).version;
        let request = &self.requests[id];
        let from = || match self.why_unserved(request) {
            _ if self.sidecar_speaks(request.pod) => {
                "the sidecar, behind which no application listens".to_owned()
            }
            Some((why, _)) => format!("the application: {why}"),
            None => "the application".to_owned(),
        };
        let text = failures.note(version, (code, sign), from, ctx.now);
        self.failures = failures;
        let Some(text) = text else { return };
        let configured = [Flags::NO_ROUTE, Flags::NO_CLUSTER, Flags::NO_HEALTHY_UPSTREAM];
        let cause = match configured.iter().any(|&one| sign.flags().contain(one)) {
            true => self.mesh.proxy(self.requests[id].host.proxy()).config.cause,
            false => ctx.cause,
        };
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let subject = format!("request/{number}");
        scope.note_because(cause, Topic::Request, subject, text, sign.rules());
    }

    fn application_event(&mut self, event: ApplicationEvent, ctx: &mut Context<'_, Event>) {
        match event {
            ApplicationEvent::Started { pod, run } => {
                let Some(pod) = self.cluster.state.pods.get(&pod) else { return };
                let trouble = self.faults.trouble(pod);
                let (id, scope) = (pod.id, &mut Scope { ctx, trace: &mut self.trace });
                self.application.start(pod, run, trouble, scope);
                let connected = self.is_connected(id);
                if let Some(server) = self.application.server_mut(id) {
                    server.cut_off = !connected;
                }
            }
            ApplicationEvent::Listening { pod, run } => self.start_up_over(pod, run, ctx),
            ApplicationEvent::CpuDue { pod, run } => self.cpu_due(pod, run, ctx),
            ApplicationEvent::MemoryDue { pod, run } => self.memory_due(pod, run, ctx),
            ApplicationEvent::Crashed { pod, run } => self.crash_due(pod, run, ctx),
            ApplicationEvent::Probed { pod, kind, ask } => {
                let Some(pod) = self.cluster.state.pods.get(&pod) else { return };
                let scope = &mut Scope { ctx, trace: &mut self.trace };
                self.application.probe(pod, kind, ask, scope);
            }
            ApplicationEvent::Measured { pod } => {
                if self.application.server(pod).is_some() {
                    let (server, running) = self.application.running(pod);
                    let memory = server.memory(&running.release, ctx.now);
                    // An event has no room for the answer, so it is handed over at once.
                    self.cluster.measured(pod, server.take_cpu(ctx.now), memory, ctx.now);
                }
            }
            ApplicationEvent::Terminated { pod, run } => self.terminate(pod, run, ctx),
            ApplicationEvent::Killed { pod, run } => self.stop(pod, run, KILLED, ctx),
        }
    }

    /// A process has started: it opens its connections to the database, and listens. Without a sidecar
    /// that should lead there it reaches nothing, and ends (IST-82): it does not try again by itself.
    fn start_up_over(&mut self, pod: PodId, run: u16, ctx: &mut Context<'_, Event>) {
        let server = self.application.server_mut(pod);
        let starts = |server: &&mut Server| server.run == run && server.is_starting();
        let Some(server) = server.filter(starts) else { return };
        let (cut_off, migrated) = (server.cut_off, server.migrated);
        let migrates = !migrated && self.migrates_first(pod);
        let (_, running) = self.application.running(pod);
        let fails = cut_off && (migrates || running.release.needs_database());
        if migrates && !fails {
            return self.migrate_first(pod, run, ctx);
        }
        if !fails && !self.fill_pool(pod, ctx) {
            return self.stop(pod, run, START_FAILED, ctx);
        }
        let (server, _) = self.application.running(pod);
        if !fails {
            server.listen(ctx.now);
        }
        let (text, rules): (_, &[&str]) = match fails {
            true => {
                ("application ends: its sidecar is not up, so no database is reached", &["IST-82"])
            }
            false => ("application listens", &["K8S-32"]),
        };
        let name = self.cluster.state.pods.get(&pod).map_or("", |pod| &pod.name);
        let subject = format!("pod/{name}");
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note(Topic::Pod, subject, text, rules);
        if fails {
            return self.stop(pod, run, START_FAILED, ctx);
        }
        let (server, running) = self.application.running(pod);
        if let Some(at) = server.outgrows(&running.release, ctx.now) {
            let event = ApplicationEvent::MemoryDue { pod, run };
            ctx.after(at - ctx.now, event.into());
        }
    }

    /// SIGTERM: a graceful process that serves finishes first; any other ends at once (K8S-62).
    fn terminate(&mut self, pod: PodId, run: u16, ctx: &mut Context<'_, Event>) {
        let Some(server) = self.application.server(pod).filter(|server| server.run == run) else {
            return;
        };
        let graceful = self.application.releases[server.release as usize].release.graceful;
        let (server, _) = self.application.running(pod);
        if graceful && 0 < server.in_flight() {
            server.state = ServerState::Draining;
            self.hang_up_idle(pod, ctx);
        } else {
            self.stop(pod, run, if graceful { 0 } else { TERMINATED }, ctx);
        }
    }

    /// The process of a pod ends now; what it had begun is cut.
    pub(crate) fn stop(&mut self, pod: PodId, run: u16, code: u8, ctx: &mut Context<'_, Event>) {
        if self.application.server(pod).is_some_and(|server| server.run == run) {
            self.cut_requests(pod, ctx);
            self.end_process(pod, ClusterEvent::ContainerExited { pod, run, code }, ctx);
        }
    }

    /// A process that leaks may have outgrown its limit; a leak that has ended meanwhile has not.
    fn memory_due(&mut self, pod: PodId, run: u16, ctx: &mut Context<'_, Event>) {
        if self.application.server(pod).is_none() {
            return;
        }
        let (server, running) = self.application.running(pod);
        if server.is_too_big(&running.release, ctx.now) {
            self.out_of_memory(pod, run, ctx);
        }
    }

    /// The kernel kills a process that has outgrown its memory limit (K8S-56).
    pub fn out_of_memory(&mut self, pod: PodId, run: u16, ctx: &mut Context<'_, Event>) {
        if self.application.server(pod).is_some_and(|server| server.run == run) {
            self.cut_requests(pod, ctx);
            self.end_process(pod, ClusterEvent::OutOfMemory { pod, run }, ctx);
        }
    }

    fn mesh_event(&mut self, event: MeshEvent, ctx: &mut Context<'_, Event>) {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        match event {
            MeshEvent::Sidecar { pod, run, step } => self.sidecar_event(pod, run, step, ctx),
            MeshEvent::Changed => self.mesh.changed(scope),
            MeshEvent::Debounced => self.mesh.debounced(&self.api, &self.cluster.state, scope),
            MeshEvent::Delivered { proxy, version } => {
                let classes = &self.workload.classes;
                self.mesh.delivered((proxy, version), classes, &mut self.registry, scope);
            }
            MeshEvent::Swept { detector } => self.mesh.swept(detector, &self.cluster.state, scope),
            MeshEvent::Merged { detector } => {
                self.mesh.proxy_mut(detector.proxy()).merge(detector, scope.now());
            }
        }
    }
}

impl Model for World {
    type Event = Event;

    #[inline]
    fn apply(&mut self, event: Event, ctx: &mut Context<'_, Event>) {
        match event {
            Event::Request(event) => self.request_event(event, ctx),
            Event::Workload(WorkloadEvent::Arrival(population)) => self.arrive(population, ctx),
            Event::Workload(WorkloadEvent::HungUp(pod)) => self.hung_up(pod, ctx),
            Event::Cluster(event) => {
                let scope = &mut Scope { ctx, trace: &mut self.trace };
                self.cluster.apply(event, &mut self.api, scope);
                self.delivery.look(&self.api, scope);
                if self.delivery.addons().has(Addon::ArgoRollouts) {
                    self.rollouts.look(&self.api, &self.cluster.state, scope);
                }
                if self.delivery.addons().has(Addon::OpenKruise) {
                    self.kruise.look(&self.cluster.state, scope);
                }
                if self.database.instance.is_some() {
                    self.end_abandoned_sessions(ctx);
                }
                self.follow(false, ctx);
            }
            Event::Application(event) => self.application_event(event, ctx),
            Event::Mesh(event) => self.mesh_event(event, ctx),
            Event::Telemetry(event) => self.telemetry_event(event, ctx),
            Event::Fault(event) => self.fault_event(event, ctx),
            Event::Script(index) => self.run_script(index, ctx),
            Event::Database(event) => self.database_event(event, ctx),
            Event::Delivery(event) => self.delivery_event(event, ctx),
            Event::Flagger(event) => self.flagger_event(event, ctx),
            Event::Rollout(event) => self.rollout_event(event, ctx),
            Event::Kruise(event) => self.kruise_event(event, ctx),
        }
    }
}
