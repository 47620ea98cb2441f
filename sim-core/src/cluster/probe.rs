//! Probe workers: when they ask, and what they make of the answers (K8S-40..49).

use crate::application::ApplicationEvent;
use crate::cluster::kubelet::APPLICATION;
use crate::cluster::pod::{ContainerState, Pod, PodId};
use crate::cluster::spec::{Container, Probe, ProbeHandler, ProbeKind};
use crate::cluster::wake::Watcher;
use crate::cluster::{Cluster, ClusterEvent};
use crate::mesh::injection::AGENT_PORT;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::Scope;

/// What the application says to a probe; silence is known by its timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeAnswer {
    /// The check passes.
    Passed,
    /// Nobody listens on the port.
    Refused,
    /// 404: the application has another health endpoint; every status from 400 on fails (K8S-48).
    NotFound,
    /// Nobody listens at the sidecar's agent, which should ask the application (IST-83).
    NoAgent,
}

impl ProbeKind {
    /// As events and people name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Readiness => "readiness",
            Self::Liveness => "liveness",
        }
    }

    /// As Kubernetes' events begin with it.
    fn title(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Readiness => "Readiness",
            Self::Liveness => "Liveness",
        }
    }
}

/// The worker of one probe of one container.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    /// Which probe.
    pub(super) kind: ProbeKind,
    probe: Probe,
    /// Path at the sidecar's agent, which asks in its place (IST-83).
    relay: Option<String>,
    /// The published result; None is unknown.
    result: Option<bool>,
    /// After a liveness or startup failure nothing is asked until the next run (K8S-44).
    on_hold: bool,
    last_answer: Option<bool>,
    /// How many times in a row the last answer was given.
    run_length: u32,
    /// The question that waits for an answer.
    asking: Option<u8>,
    next_ask: u8,
    /// Asked to ask while a question was open: one more follows.
    again: bool,
}

impl Worker {
    pub(super) fn new(kind: ProbeKind, probe: &Probe, relay: Option<String>) -> Self {
        Self {
            kind,
            probe: probe.clone(),
            relay,
            result: initial(kind),
            on_hold: false,
            last_answer: None,
            run_length: 0,
            asking: None,
            next_ask: 0,
            again: false,
        }
    }

    /// Whether the published result is success.
    pub(super) fn passes(&self) -> bool {
        self.result == Some(true)
    }

    /// A new run of the container: back to the initial result (K8S-41, 42). The length of the run
    /// of equal answers goes on, as in the real worker.
    pub(super) fn begin_run(&mut self) {
        self.result = initial(self.kind);
        self.on_hold = false;
        self.forget_question();
    }

    /// The answer to an open question will not count.
    pub(super) fn forget_question(&mut self) {
        self.asking = None;
        self.again = false;
    }

    /// Counts an answer; gives the result if it is published and differs (K8S-43, 44).
    fn observe(&mut self, passed: bool) -> Option<bool> {
        if self.last_answer == Some(passed) {
            self.run_length += 1;
        } else {
            self.last_answer = Some(passed);
            self.run_length = 1;
        }
        let threshold = self.threshold(passed);
        if self.run_length < threshold {
            return None;
        }
        if !passed && self.kind != ProbeKind::Readiness {
            self.on_hold = true;
            self.run_length = 0;
        }
        let before = self.result.replace(passed);
        (before != Some(passed)).then_some(passed)
    }

    fn threshold(&self, passed: bool) -> u32 {
        if passed { self.probe.success_threshold } else { self.probe.failure_threshold }
    }

    /// Whether the worker may ask now (K8S-41). The first gates, whether the container exists at
    /// all, are passed.
    fn may_ask(&self, pod: &Pod, started: bool, since: SimTime, now: SimTime) -> bool {
        let is_readiness = self.kind == ProbeKind::Readiness;
        let age = now.since(since).as_micros() / 1_000_000;
        !self.on_hold
            && (is_readiness || !pod.is_terminating())
            && u64::from(self.probe.initial_delay_seconds) <= age
            && started != (self.kind == ProbeKind::Startup)
    }
}

/// What an HTTP client of Go says of a server that has not answered in time.
const NO_HEADERS: &str =
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

fn initial(kind: ProbeKind) -> Option<bool> {
    match kind {
        ProbeKind::Startup => None,
        ProbeKind::Readiness => Some(false),
        ProbeKind::Liveness => Some(true),
    }
}

/// What a failed check says about itself; no answer is a timeout.
fn failure(worker: &Worker, ip: &str, answer: Option<ProbeAnswer>) -> String {
    let probe = &worker.probe;
    if answer == Some(ProbeAnswer::NotFound) {
        return "HTTP probe failed with statuscode: 404".to_owned();
    }
    let refused = answer.is_some();
    let no_connection = |port: u16| format!("dial tcp {ip}:{port}: connect: connection refused");
    if let Some(path) = &worker.relay {
        // Whatever keeps the agent from an answer of the application, it says 500.
        let url = format!("Get \"http://{ip}:{AGENT_PORT}{path}\"");
        return match answer {
            None => format!("{url}: {NO_HEADERS}"),
            Some(ProbeAnswer::NoAgent) => format!("{url}: {}", no_connection(AGENT_PORT)),
            Some(_) => "HTTP probe failed with statuscode: 500".to_owned(),
        };
    }
    match &probe.handler {
        ProbeHandler::HttpGet { path, port } if refused => {
            format!("Get \"http://{ip}:{port}{path}\": {}", no_connection(*port))
        }
        ProbeHandler::HttpGet { path, port } => {
            format!("Get \"http://{ip}:{port}{path}\": {NO_HEADERS}")
        }
        ProbeHandler::TcpSocket { port } if refused => no_connection(*port),
        ProbeHandler::TcpSocket { port } => format!("dial tcp {ip}:{port}: i/o timeout"),
        ProbeHandler::Grpc { port } if refused => format!(
            "timeout: failed to connect service \"{ip}:{port}\" within {}s: connection error: desc = \
             \"transport: Error while dialing: {}\"",
            probe.timeout_seconds,
            no_connection(*port)
        ),
        ProbeHandler::Grpc { .. } => {
            format!("timeout: health rpc did not complete within {}s", probe.timeout_seconds)
        }
        ProbeHandler::Exec if refused => "command failed".to_owned(),
        ProbeHandler::Exec => {
            format!("command timed out after {} s", probe.timeout_seconds)
        }
    }
}

impl Cluster {
    /// Starts the workers of a container: they tick from now on (K8S-40).
    pub(super) fn start_probe_workers(
        &mut self,
        pod: PodId,
        place: usize,
        container: &Container,
        scope: &mut Scope<'_, '_>,
    ) {
        let probes = [
            (ProbeKind::Startup, &container.startup),
            (ProbeKind::Readiness, &container.readiness),
            (ProbeKind::Liveness, &container.liveness),
        ];
        for (kind, probe) in probes {
            if probe.is_some() {
                let event = ClusterEvent::ProbeDue { pod, container: place as u8, kind };
                scope.after(SimDuration::ZERO, event);
            }
        }
    }

    /// A tick of a worker: asks if it may, and ticks again after the period.
    pub(super) fn probe_due(
        &mut self,
        pod: PodId,
        container: u8,
        kind: ProbeKind,
        scope: &mut Scope<'_, '_>,
    ) {
        if self.state.pods.get(&pod).is_none_or(Pod::has_ended) {
            return;
        }
        let Some(worker) = self.worker(pod, container.into(), kind) else { return };
        let period = SimDuration::from_secs(u64::from(worker.probe.period_seconds.max(1)));
        scope.after(period, ClusterEvent::ProbeDue { pod, container, kind });
        self.ask(pod, container.into(), kind, scope);
    }

    /// Every refresh of the status of a pod that is started but not ready asks for readiness at
    /// once (K8S-45).
    pub(super) fn probe_readiness_early(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id) else { return };
        let unready: Vec<usize> = (0..pod.containers.len())
            .filter(|place| pod.containers[*place].started && !pod.containers[*place].ready)
            .collect();
        for place in unready {
            self.ask(id, place, ProbeKind::Readiness, scope);
        }
    }

    fn worker(&mut self, pod: PodId, place: usize, kind: ProbeKind) -> Option<&mut Worker> {
        self.kubelets.get_mut(&pod)?.containers.get_mut(place)?.worker(kind)
    }

    fn ask(&mut self, id: PodId, place: usize, kind: ProbeKind, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id) else { return };
        let Some(status) = pod.containers.get(place) else { return };
        let ContainerState::Running { started: since } = status.state else { return };
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let is_server = work.containers[place].is_server();
        let is_up = work.containers[place].is_up();
        let Some(worker) = work.containers[place].worker(kind) else { return };
        if !worker.may_ask(pod, status.started, since, scope.now()) {
            return;
        }
        if worker.asking.is_some() {
            worker.again = true;
            return;
        }
        let relayed = worker.relay.is_some();
        if relayed && !self.has_agent(id) {
            return self.judge(id, place, kind, Some(ProbeAnswer::NoAgent), scope);
        }
        if !is_server {
            let answer = if is_up { ProbeAnswer::Passed } else { ProbeAnswer::Refused };
            return self.judge(id, place, kind, Some(answer), scope);
        }
        let Some(worker) = self.worker(id, place, kind) else { return };
        let ask = worker.next_ask;
        worker.next_ask = ask.wrapping_add(1);
        worker.asking = Some(ask);
        let timeout = SimDuration::from_secs(u64::from(worker.probe.timeout_seconds.max(1)));
        scope.after(SimDuration::ZERO, ApplicationEvent::Probed { pod: id, kind, ask });
        scope.after(timeout, ClusterEvent::ProbeTimedOut { pod: id, kind, ask });
    }

    /// The application has answered.
    pub(super) fn probe_answered(
        &mut self,
        pod: PodId,
        kind: ProbeKind,
        ask: u8,
        answer: ProbeAnswer,
        scope: &mut Scope<'_, '_>,
    ) {
        self.close_question(pod, kind, ask, Some(answer), scope);
    }

    /// The application has not answered in time: the check has failed.
    pub(super) fn probe_timed_out(
        &mut self,
        pod: PodId,
        kind: ProbeKind,
        ask: u8,
        scope: &mut Scope<'_, '_>,
    ) {
        self.close_question(pod, kind, ask, None, scope);
    }

    fn close_question(
        &mut self,
        pod: PodId,
        kind: ProbeKind,
        ask: u8,
        answer: Option<ProbeAnswer>,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(worker) = self.worker(pod, APPLICATION, kind) else { return };
        if worker.asking != Some(ask) {
            return;
        }
        worker.asking = None;
        let again = std::mem::take(&mut worker.again);
        self.judge(pod, APPLICATION, kind, answer, scope);
        if again {
            self.ask(pod, APPLICATION, kind, scope);
        }
    }

    /// Counts the outcome of a check and acts on a published result (K8S-43..46).
    fn judge(
        &mut self,
        id: PodId,
        place: usize,
        kind: ProbeKind,
        answer: Option<ProbeAnswer>,
        scope: &mut Scope<'_, '_>,
    ) {
        if !self.state.pods.contains_key(&id) {
            return;
        }
        let Some(worker) = self.worker(id, place, kind) else { return };
        let passed = answer == Some(ProbeAnswer::Passed);
        let result = worker.observe(passed);
        if !passed {
            self.note_failed_check(id, place, kind, answer, scope);
        }
        match (kind, result) {
            (_, None) | (ProbeKind::Liveness, Some(true)) => {}
            (ProbeKind::Readiness, Some(passed)) => {
                let why = if passed { "readiness probe passed" } else { "readiness probe failed" };
                self.sync_readiness(id, why, scope);
                self.refresh_soon(id, scope);
            }
            (ProbeKind::Startup, Some(true)) => {
                let cause = self.because_of(id, scope);
                self.pod_changed(id, cause, "startup probe passed", &["K8S-49"], scope);
                self.sync_readiness(id, "startup probe passed", scope);
                self.refresh_soon(id, scope);
            }
            (ProbeKind::Startup | ProbeKind::Liveness, Some(false)) => {
                self.kill_unhealthy(id, place, kind, scope);
            }
        }
    }

    fn refresh_soon(&mut self, pod: PodId, scope: &mut Scope<'_, '_>) {
        let delay = self.latency(Watcher::Kubelet);
        scope.after(delay, ClusterEvent::PodRefreshed(pod));
    }

    /// Records a failed check; the trace gets it only until the threshold is reached.
    fn note_failed_check(
        &mut self,
        id: PodId,
        place: usize,
        kind: ProbeKind,
        answer: Option<ProbeAnswer>,
        scope: &mut Scope<'_, '_>,
    ) {
        let cause = self.because_of(id, scope);
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let Some(worker) = work.containers[place].worker(kind) else { return };
        let Some(pod) = self.state.pods.get(&id) else { return };
        let reason = failure(worker, pod.ip.as_deref().unwrap_or_default(), answer);
        let threshold = worker.probe.failure_threshold;
        // A worker that was put on hold has begun to count anew.
        let count = if worker.on_hold { threshold } else { worker.run_length };
        let message = format!("{} probe failed: {reason}", kind.title());
        if count <= threshold {
            let text = format!("{} probe failed ({count} of {threshold}): {reason}", kind.name());
            scope.note_because(cause, Topic::Pod, format!("pod/{}", pod.name), text, &["K8S-43"]);
        }
        self.record_container("Warning", "Unhealthy", id, place, message, scope);
    }

    /// A container that fails its liveness or startup probe is stopped, then restarted (K8S-44).
    fn kill_unhealthy(
        &mut self,
        id: PodId,
        place: usize,
        kind: ProbeKind,
        scope: &mut Scope<'_, '_>,
    ) {
        let cause = self.because_of(id, scope);
        let pod = &self.state.pods[&id];
        let spec = &pod.template.spec;
        let container = spec.at(place);
        let probe = match kind {
            ProbeKind::Startup => &container.startup,
            ProbeKind::Readiness => &container.readiness,
            ProbeKind::Liveness => &container.liveness,
        };
        let own = probe.as_ref().and_then(|probe| probe.grace);
        let grace = own.unwrap_or(spec.termination_grace);
        let name = &container.name;
        let text = format!("container {name} failed its {} probe and is stopped", kind.name());
        let message = format!("Container {name} failed {} probe, will be restarted", kind.name());
        self.record_container("Normal", "Killing", id, place, message, scope);
        self.pod_changed(id, cause, text, &["K8S-44"], scope);
        self.stop_container(id, place, grace, scope);
    }
}
