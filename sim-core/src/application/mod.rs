//! What a release does to a request: workers, queue, service time, start-up, errors (E.2), and what
//! limits do to a release (K8S-56, 57).
//!
//! One server a pod. When its start-up is over, a release that sends statements must reach the
//! database, or it ends: a sidecar that is not up yet stands in its way (IST-82). A server that starts or drains refuses connections; a graceful one finishes what
//! it has begun after SIGTERM, another drops it. The health endpoint has a thread of its own, so a
//! busy pod still answers its probes: an application with one pool of threads for both would not.

pub mod journal;
pub mod memory;
pub mod pool;
pub mod quota;
pub mod release;
pub mod server;
pub mod task;

use std::collections::BTreeMap;

use crate::application::journal::Journal;
use crate::application::pool::WaitingProbe;
use crate::application::quota::CpuQuota;
use crate::application::release::{Release, ReleaseRoute};
use crate::application::server::Server;
use crate::cluster::ClusterEvent;
use crate::cluster::pod::{Pod, PodId};
use crate::cluster::probe::ProbeAnswer;
use crate::cluster::spec::{Container, ProbeHandler, ProbeKind};
use crate::database::session::Client;
use crate::database::verdict::StatementId;
use crate::engine::Context;
use crate::event::Event;
use crate::fault::Trouble;
use crate::random::{Seed, Stream};
use crate::time::{SimDuration, SimTime};
use crate::workload::{Class, ClassId};
use crate::world::Scope;

/// A release does something, or something is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApplicationEvent {
    /// The kubelet has started the container for the `run`-th time, counted from 0.
    Started {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// Its start-up is over: it listens.
    Listening {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// The kubelet asks its health endpoint; it answers with `ClusterEvent::ProbeAnswered`.
    Probed {
        /// The pod.
        pod: PodId,
        /// Which probe.
        kind: ProbeKind,
        /// Which question of this probe, so that a late answer is known as such.
        ask: u8,
    },
    /// The kubelet asks what it uses; the answer goes to `Cluster::measured`.
    Measured {
        /// The pod.
        pod: PodId,
    },
    /// A request may have got all of its CPU time, or a period of the CPU limit begins (K8S-57).
    CpuDue {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// It outgrows its memory limit if it has not done so before (K8S-56).
    MemoryDue {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// It comes to the end that a fault has set for it.
    Crashed {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// It is asked to end (SIGTERM); it answers with `ClusterEvent::ContainerExited`.
    Terminated {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// It is killed (SIGKILL): requests in flight are cut.
    Killed {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
}

/// Exit status of a process that SIGKILL ended.
pub const KILLED: u8 = 137;
/// Exit status of a process that SIGTERM ended because it does not handle it.
pub const TERMINATED: u8 = 143;

/// Time between a probe's question and its answer; 1 ms (MOD).
const PROBE_TIME: SimDuration = SimDuration::from_millis(1);

/// A release, prepared for the requests of this scenario.
#[derive(Clone, Debug)]
pub struct Running {
    /// What the scenario says of it.
    pub release: Release,
    /// Route by class of request.
    routes: Vec<u16>,
    /// Number of each route's first statement among those of all releases.
    first_statements: Vec<u32>,
}

impl Running {
    fn new(release: &Release, classes: &[Class], statements: &mut u32) -> Self {
        let serves = |class: &Class| {
            let longest = (0u16..).zip(&release.routes).filter(|(_, route)| {
                route.method == class.method && class.path.starts_with(&route.path)
            });
            longest.max_by_key(|(_, route)| route.path.len()).map_or(NO_ROUTE, |(index, _)| index)
        };
        let first = |route: &ReleaseRoute| {
            let first = *statements;
            *statements += route.sql.len() as u32;
            first
        };
        Self {
            release: release.clone(),
            routes: classes.iter().map(serves).collect(),
            first_statements: release.routes.iter().map(first).collect(),
        }
    }

    /// The statement that a request of this route sends after `sent` others.
    #[inline]
    pub fn statement(&self, route: u16, sent: u8) -> StatementId {
        StatementId(self.first_statements[usize::from(route)] + u32::from(sent))
    }

    /// Index of the route that serves a class: the longest matching path; out of range if none.
    #[inline]
    pub fn route_of(&self, class: ClassId) -> u16 {
        self.routes[class.0 as usize]
    }
}

/// The release has no route for a class of requests.
const NO_ROUTE: u16 = u16::MAX;

/// Lines about requests that are answered with an error.
const ERROR_LINE: u32 = u32::MAX - 4;

/// All releases and the servers that run them.
#[derive(Clone, Debug)]
pub struct Application {
    /// What each image does.
    pub releases: Vec<Running>,
    names: BTreeMap<String, u16>,
    servers: Vec<Option<Box<Server>>>,
    /// By pod and place of the container.
    journals: BTreeMap<(PodId, u8), Journal>,
    /// Whether the database counts connections, so that each has to be opened first.
    counts_connections: bool,
    seed: Seed,
}

impl Application {
    /// The releases of a scenario; nothing runs.
    pub fn new(
        releases: &BTreeMap<String, Release>,
        classes: &[Class],
        counts_connections: bool,
        seed: Seed,
    ) -> Self {
        let names = releases.keys().cloned().zip(0..).collect();
        let mut statements = 0;
        let running = |release| Running::new(release, classes, &mut statements);
        let releases = releases.values().map(running).collect();
        let (servers, journals) = (Vec::new(), BTreeMap::new());
        Self { releases, names, servers, journals, counts_connections, seed }
    }

    /// The server of a pod that is known to run, with its release.
    ///
    /// # Panics
    ///
    /// If nothing runs there: a request that holds a worker or a connection has a server.
    #[inline]
    pub fn running(&mut self, pod: PodId) -> (&mut Server, &Running) {
        let server = self.servers[pod.0 as usize].as_deref_mut().expect("its server runs");
        let release = &self.releases[server.release as usize];
        (server, release)
    }

    /// The server of a pod, if its container has been started.
    #[inline]
    pub fn server(&self, pod: PodId) -> Option<&Server> {
        self.servers.get(pod.0 as usize)?.as_deref()
    }

    /// The server of a pod, if its container has been started.
    #[inline]
    pub fn server_mut(&mut self, pod: PodId) -> Option<&mut Server> {
        self.servers.get_mut(pod.0 as usize)?.as_deref_mut()
    }

    /// Writes a line of a pod's log, unless lines of this kind are frequent.
    pub fn log(&mut self, pod: PodId, key: u32, now: SimTime, text: impl FnOnce() -> String) {
        let Some(run) = self.server(pod).map(|server| server.run) else { return };
        self.journals.entry((pod, 0)).or_default().note(key, run, now, text);
    }

    /// Writes into a pod's log that it answers a request with an error, unless that is frequent.
    pub fn log_error(&mut self, pod: PodId, route: u16, request: u32, now: SimTime) {
        let Some(server) = self.server(pod) else { return };
        let (run, release) = (server.run, usize::from(server.release));
        let route = &self.releases[release].release.routes[usize::from(route)];
        let text = || format!("ERROR {} {}: 500, request/{request}", route.method, route.path);
        self.journals.entry((pod, 0)).or_default().note(ERROR_LINE, run, now, text);
    }

    /// A container that executes SQL writes a line.
    pub fn write(&mut self, of: Client, now: SimTime, text: String) {
        self.journals.entry((of.pod, of.container)).or_default().write(of.run, now, text);
    }

    /// What a container of a pod has written beside that it lives.
    pub fn journal(&self, pod: PodId, container: u8) -> Option<&Journal> {
        self.journals.get(&(pod, container))
    }

    /// The CPU quota of a run of a pod's process, if it has one and still runs.
    pub fn quota(&mut self, pod: PodId, run: u16) -> Option<&mut CpuQuota> {
        self.server_mut(pod).filter(|server| server.run == run)?.quota.as_mut()
    }

    /// All servers that run.
    pub fn servers(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().flatten().map(|server| &**server)
    }

    /// The container of a pod was started: its start-up begins.
    pub fn start(&mut self, pod: &Pod, run: u16, trouble: Trouble, scope: &mut Scope<'_, '_>) {
        let image = pod.template.spec.containers.first().map_or("", |container| &container.image);
        let Some(&release) = self.names.get(image) else {
            // The kubelet cannot pull an image that no release describes.
            debug_assert!(false, "image {image} has no release");
            return;
        };
        let running = &self.releases[release as usize].release;
        let (least, most) = running.startup;
        let mut chance = self.seed.stream(Stream::StartUp, pod.id.0 << 8 | u32::from(run & 0xff));
        let event = ApplicationEvent::Listening { pod: pod.id, run };
        let startup = chance.between(least, most).as_micros() as f64 * trouble.startup;
        scope.after(SimDuration::from_micros((startup + 0.5) as u64), event);
        if let Some(after) = trouble.crash_after {
            scope.after(after, ApplicationEvent::Crashed { pod: pod.id, run });
        }
        let limits = pod.template.spec.containers[0].limits;
        let index = (run, release);
        let mut server = Server::new(pod.id, index, running, limits, scope.now(), self.seed);
        if self.counts_connections {
            server.opened = 0;
        }
        server.trouble = trouble;
        let index = pod.id.0 as usize;
        if self.servers.len() <= index {
            self.servers.resize_with(index + 1, || None);
        }
        self.servers[index] = Some(Box::new(server));
    }

    /// Removes the server of a pod whose process has ended, and tells the kubelet how.
    pub fn end(&mut self, pod: PodId, how: ClusterEvent, ctx: &mut Context<'_, Event>) {
        if let Some(server) = self.servers.get_mut(pod.0 as usize) {
            *server = None;
        }
        ctx.after(SimDuration::ZERO, Event::Cluster(how));
    }

    /// Answers a probe (K8S-48). No process, no answer.
    pub fn probe(&mut self, pod: &Pod, kind: ProbeKind, ask: u8, scope: &mut Scope<'_, '_>) {
        let counts = self.counts_connections;
        let Some(server) = self.servers.get_mut(pod.id.0 as usize).and_then(Option::as_deref_mut)
        else {
            return;
        };
        let Some(container) = pod.template.spec.containers.first() else { return };
        let probe = match kind {
            ProbeKind::Startup => &container.startup,
            ProbeKind::Readiness => &container.readiness,
            ProbeKind::Liveness => &container.liveness,
        };
        let Some(probe) = probe else { return };
        let release = &self.releases[server.release as usize].release;
        let open = server.is_listening()
            && match &probe.handler {
                ProbeHandler::HttpGet { port, .. } | ProbeHandler::TcpSocket { port } => {
                    serves(container, *port)
                }
                ProbeHandler::Grpc { .. } | ProbeHandler::Exec => true,
            };
        let answer = match &probe.handler {
            _ if kind == ProbeKind::Readiness && server.trouble.readiness == Some(true) => {
                ProbeAnswer::Passed
            }
            _ if kind == ProbeKind::Readiness && server.trouble.readiness == Some(false) => {
                ProbeAnswer::Refused
            }
            _ if !open => ProbeAnswer::Refused,
            ProbeHandler::HttpGet { path, .. } if *path != release.health => ProbeAnswer::NotFound,
            ProbeHandler::HttpGet { .. }
                if counts
                    && release.health_database
                    && release.pool.is_some()
                    && !server.has_connection() =>
            {
                // It stands in line like a request; if that takes too long, the kubelet has no answer.
                let ahead = server.pool_queue.len();
                return server.probes.push(WaitingProbe { kind, ask, ahead });
            }
            _ => ProbeAnswer::Passed,
        };
        scope.after(PROBE_TIME, ClusterEvent::ProbeAnswered { pod: pod.id, kind, ask, answer });
    }
}

/// The answer of a health check that has got its connection.
pub(crate) fn healthy(pod: PodId, probe: WaitingProbe) -> (SimDuration, ClusterEvent) {
    let WaitingProbe { kind, ask, .. } = probe;
    (PROBE_TIME, ClusterEvent::ProbeAnswered { pod, kind, ask, answer: ProbeAnswer::Passed })
}

/// Whether the application listens on this port: the first one its container declares, or any if it
/// declares none.
fn serves(container: &Container, port: u16) -> bool {
    container.ports.first().is_none_or(|declared| declared.port == port)
}
