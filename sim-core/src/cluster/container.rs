//! What the kubelet keeps in mind about one container.

use crate::application::task::Task;
use crate::cluster::back_off::{BackOff, CAP};
use crate::cluster::probe::Worker;
use crate::cluster::spec::{Container, ProbeKind, ProxyConfig};
use crate::mesh::injection;
use crate::time::{SimDuration, SimTime};

/// How a process has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exit {
    /// Exit status.
    pub(super) code: u8,
    /// `Completed`, `Error`, `OOMKilled`.
    pub(super) reason: &'static str,
}

impl Exit {
    /// SIGKILL from the kubelet.
    pub(super) const KILLED: Self = Self { code: 137, reason: "Error" };
    /// SIGKILL from the kernel, which knows why (K8S-56).
    pub(super) const OUT_OF_MEMORY: Self = Self { code: 137, reason: "OOMKilled" };

    /// An exit status of its own.
    pub(super) fn with(code: u8) -> Self {
        Self { code, reason: if code == 0 { "Completed" } else { "Error" } }
    }
}

/// What runs in a container.
#[derive(Clone, Debug)]
pub(super) enum Process {
    /// The application.
    Server,
    /// Something that ends by itself.
    Task(Task),
    /// Istio's proxy.
    Proxy {
        /// How it behaves.
        config: ProxyConfig,
        /// Whether it takes connections, so that its checks pass.
        up: bool,
    },
    /// Something that does as it is told.
    Helper,
}

/// One container, seen by its kubelet.
#[derive(Clone, Debug)]
pub(super) struct ContainerWork {
    /// Its newest run, counted from 0.
    pub(super) run: u16,
    /// Whether it was begun: its image is pulled, or it has run.
    pub(super) begun: bool,
    /// What runs in it.
    pub(super) process: Process,
    /// How the task that runs in it will end.
    pub(super) task_exit: u8,
    /// Since when its image was pulled, and how long that took without waiting.
    pub(super) pull: (SimTime, SimDuration),
    /// It is a sidecar that waits for its turn to be asked to end (K8S-62).
    pub(super) awaits_turn: bool,
    /// Whether its process exists.
    pub(super) alive: bool,
    /// Whether it is on its way to SIGTERM and SIGKILL.
    pub(super) stopping: bool,
    /// Waits between pulls of its image.
    pub(super) image_back_off: BackOff,
    /// Workers of its probes.
    pub(super) workers: Vec<Worker>,
    restart_back_off: BackOff,
    ended: SimTime,
}

impl ContainerWork {
    /// A container that has not run; after crashes it waits up to `crash_cap` (K8S-52).
    /// If `relayed`, the agent of the pod's sidecar asks in the kubelet's place.
    pub(super) fn new(
        container: &Container,
        process: Process,
        crash_cap: SimDuration,
        relayed: bool,
    ) -> Self {
        let probes = [
            (ProbeKind::Startup, &container.startup),
            (ProbeKind::Readiness, &container.readiness),
            (ProbeKind::Liveness, &container.liveness),
        ];
        let workers = probes
            .into_iter()
            .filter_map(|(kind, probe)| Some((kind, probe.as_ref()?)))
            .map(|(kind, probe)| {
                let relay = relayed.then(|| injection::relay(&container.name, kind, probe));
                Worker::new(kind, probe, relay.flatten())
            })
            .collect();
        Self {
            run: 0,
            begun: false,
            process,
            task_exit: 0,
            pull: (SimTime::ZERO, SimDuration::ZERO),
            awaits_turn: false,
            alive: false,
            stopping: false,
            image_back_off: BackOff::new(CAP),
            workers,
            restart_back_off: BackOff::new(crash_cap),
            ended: SimTime::ZERO,
        }
    }

    /// The process of the newest run begins; gives its number.
    pub(super) fn start(&mut self) -> u16 {
        self.alive = true;
        if let Process::Proxy { up, .. } = &mut self.process {
            *up = false;
        }
        self.workers.iter_mut().for_each(Worker::begin_run);
        self.run
    }

    /// The process ends. True if it was asked to.
    pub(super) fn end(&mut self, now: SimTime) -> bool {
        self.alive = false;
        self.awaits_turn = false;
        self.ended = now;
        self.workers.iter_mut().for_each(Worker::forget_question);
        std::mem::take(&mut self.stopping)
    }

    /// Whether this run's process exists.
    pub(super) fn is_alive(&self, run: u16) -> bool {
        self.alive && self.run == run
    }

    /// Until when a restart waits (K8S-50).
    pub(super) fn waits_until(&self) -> Option<SimTime> {
        self.restart_back_off.wait_until(self.ended)
    }

    /// Counts a restart.
    pub(super) fn restart(&mut self, now: SimTime) {
        self.restart_back_off.attempt(self.ended, now);
        self.run = self.run.wrapping_add(1);
    }

    /// Whether the startup probe has passed, or there is none.
    pub(super) fn has_started(&self) -> bool {
        self.passes(ProbeKind::Startup)
    }

    /// Whether the readiness probe passes, or there is none (K8S-42).
    pub(super) fn is_ready(&self) -> bool {
        self.passes(ProbeKind::Readiness)
    }

    /// Whether the application answers for it.
    pub(super) fn is_server(&self) -> bool {
        matches!(self.process, Process::Server)
    }

    /// Whether it is the sidecar of Istio.
    pub(super) fn is_proxy(&self) -> bool {
        matches!(self.process, Process::Proxy { .. })
    }

    /// Whether the containers after it have to wait until it is up (IST-82).
    pub(super) fn holds_others(&self) -> bool {
        matches!(&self.process, Process::Proxy { config, up } if config.holds_application && !up)
    }

    /// Whether what runs in it passes its checks, as far as nobody else has to be asked.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.process, Process::Helper | Process::Task(_) | Process::Proxy { up: true, .. })
    }

    /// The worker of a probe.
    pub(super) fn worker(&mut self, kind: ProbeKind) -> Option<&mut Worker> {
        self.workers.iter_mut().find(|worker| worker.kind == kind)
    }

    fn passes(&self, kind: ProbeKind) -> bool {
        self.workers.iter().filter(|worker| worker.kind == kind).all(Worker::passes)
    }
}
