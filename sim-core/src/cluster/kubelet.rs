//! The kubelet: starts containers in their order, restarts them, and keeps the status of pods
//! (K8S-30..34, 50..53).
//!
//! The first container of a pod is the application, if its image is a release; how it behaves is the
//! release's business. An image that is described as a task runs and ends. A proxy is Istio's business.
//! Every other container is taken for a helper that starts at once, passes its probes and ends when asked. Simpler than the
//! real thing: containers of one stage are begun at the same moment, and a restart takes no time.

use crate::application::ApplicationEvent;
use crate::application::task::Image;
use crate::cluster::api::ApiServer;
use crate::cluster::container::{ContainerWork, Exit, Process};
use crate::cluster::image::already_present;
use crate::cluster::pod::{ContainerState, ContainerStatus, Phase, PodId};
use crate::cluster::spec::{PullPolicy, RestartPolicy, Role};
use crate::cluster::wake::Watcher;
use crate::cluster::{Cluster, ClusterEvent, proxy};
use crate::database::event::DatabaseEvent;
use crate::manifest::amount;
use crate::mesh::injection;
use crate::random::{Random, Stream};
use crate::time::SimDuration;
use crate::world::Scope;

/// Place of the application's container in the template.
pub(super) const APPLICATION: usize = 0;

/// What the kubelet does for one pod.
#[derive(Clone, Debug)]
pub(super) struct PodWork {
    /// By place in the template.
    pub(super) containers: Vec<ContainerWork>,
    /// How long pulling and creating take.
    pub(super) chance: Random,
    /// How long tasks take, and how they end.
    tasks: Random,
    /// Wait before the next attempt to mount the volumes, once one has failed.
    pub(super) mount_wait: Option<SimDuration>,
    /// The pod has done what it is for: its sidecars are asked to end.
    finishing: bool,
}

impl Cluster {
    /// The kubelet admits a pod: starts its probe workers, and mounts its volumes.
    pub(super) fn pod_seen(&mut self, id: PodId, api: &ApiServer, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get_mut(&id).filter(|pod| pod.is_active()) else {
            return;
        };
        pod.started = Some(scope.now().truncated());
        let spec = pod.template.spec.clone();
        let reason =
            if spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" };
        let waiting = ContainerStatus {
            state: ContainerState::Waiting { reason },
            last_state: None,
            restarts: 0,
            started: false,
            ready: false,
        };
        pod.containers = vec![waiting; spec.all().count()];
        let cap = self.crash_back_off_max;
        let proxy = pod.proxy;
        let work = |(place, container): (usize, &crate::cluster::spec::Container)| {
            let config = proxy.filter(|_| container.name == injection::PROXY);
            let process = match (config, self.images.get(&container.image)) {
                (Some(config), _) => Process::Proxy { config, up: false },
                (None, Some(Image::Task(task))) => Process::Task(task.clone()),
                _ if place == APPLICATION => Process::Server,
                _ => Process::Helper,
            };
            let asked = spec.role(place) == Role::Main && config.is_none();
            let relayed = asked && proxy.is_some_and(|proxy| proxy.relays_probes);
            ContainerWork::new(container, process, cap, relayed)
        };
        let work = PodWork {
            containers: spec.all().enumerate().map(work).collect(),
            chance: self.seed.stream(Stream::Create, id.0),
            tasks: self.seed.stream(Stream::Tasks, id.0),
            mount_wait: None,
            finishing: false,
        };
        self.kubelets.insert(id, work);
        for (place, container) in spec.all().enumerate() {
            self.start_probe_workers(id, place, container, scope);
        }
        self.mount(id, api, scope);
    }

    /// The pod gets an address, and its first containers are begun.
    pub(super) fn create_sandbox(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let node = self.state.pods.get(&id).and_then(|pod| pod.node.clone()).unwrap_or_default();
        let address = self.take_address(&node);
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        pod.ip = address;
        pod.initialized = pod.template.spec.init_containers.is_empty();
        self.pod_changed(id, cause, "has an address", &["K8S-30", "K8S-40"], scope);
        self.sync_pod(id, scope);
    }

    /// Begins the containers whose turn has come (K8S-33).
    pub(super) fn sync_pod(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get_mut(&id).filter(|pod| pod.is_active()) else { return };
        let Some(work) = self.kubelets.get(&id) else { return };
        let mains = pod.template.spec.containers.len();
        let mut due = Vec::new();
        if !pod.initialized {
            let is_over = |place: &usize| match pod.template.spec.role(*place) {
                Role::Sidecar => pod.containers[*place].started,
                Role::Main | Role::Init => pod.containers[*place].has_succeeded(),
            };
            match (mains..work.containers.len()).find(|place| !is_over(place)) {
                Some(place) => due.push(place),
                None => pod.initialized = true,
            }
        }
        if pod.initialized {
            let held = work.containers[..mains].iter().any(ContainerWork::holds_others);
            due.extend((0..mains).filter(|place| !held || work.containers[*place].is_proxy()));
        }
        due.retain(|place| !work.containers[*place].begun);
        for place in due {
            self.begin_container(id, place, scope);
        }
    }

    /// Starts a container, for the first time or again.
    pub(super) fn start_container(&mut self, id: PodId, place: usize, scope: &mut Scope<'_, '_>) {
        let cause = self.because_of(id, scope);
        let Some(PodWork { containers, tasks, .. }) = self.kubelets.get_mut(&id) else { return };
        let work = &mut containers[place];
        let run = work.start();
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        let spec = &pod.template.spec;
        let name = spec.at(place).name.clone();
        let (mains, role) = (spec.containers.len(), spec.role(place));
        pod.containers[place].change(ContainerState::Running { started: scope.now().truncated() });
        let waits =
            |container: &ContainerStatus| matches!(container.state, ContainerState::Waiting { .. });
        if pod.initialized && !pod.containers[..mains].iter().any(waits) {
            pod.phase = Phase::Running;
        }
        match &work.process {
            Process::Server => {
                scope.after(SimDuration::ZERO, ApplicationEvent::Started { pod: id, run });
            }
            Process::Task(task) => {
                let (takes, code) = task.draw(tasks);
                work.task_exit = code;
                let container = place as u8;
                match task.sql {
                    Some(_) if code == 0 => {
                        scope.after(takes, DatabaseEvent::Task { pod: id, container, run });
                    }
                    _ => {
                        scope.after(takes, ClusterEvent::TaskOver { pod: id, container, run });
                    }
                }
            }
            Process::Proxy { .. } => {
                scope.after(SimDuration::ZERO, proxy::started(id, run));
            }
            Process::Helper => {}
        }
        let named = self.version.names_started_containers();
        let [created, begun] = if named {
            [format!("Created container: {name}"), format!("Started container {name}")]
        } else {
            ["Container created", "Container started"].map(str::to_owned)
        };
        self.record_container("Normal", "Created", id, place, created, scope);
        self.record_container("Normal", "Started", id, place, begun, scope);
        let what = if role == Role::Main { "container" } else { "init container" };
        let text = match run {
            0 => format!("{what} {name} started"),
            _ => format!("{what} {name} started again, restart {run}"),
        };
        self.pod_changed(id, cause, text, &["K8S-30", "K8S-32", "K8S-33"], scope);
        self.sync_readiness(id, "it needs no readiness probe", scope);
        let delay = self.latency(Watcher::Kubelet);
        scope.after(delay, ClusterEvent::PodRefreshed(id));
    }

    /// With which exit status a task will end; an event has no room for it.
    pub(crate) fn task_exits(&mut self, id: PodId, place: usize, run: u16, code: u8) {
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        if work.containers[place].is_alive(run) {
            work.containers[place].task_exit = code;
        }
    }

    /// A task has done what it does.
    pub(super) fn task_over(
        &mut self,
        id: PodId,
        place: usize,
        run: u16,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(work) = self.kubelets.get(&id) else { return };
        let exit = Exit::with(work.containers[place].task_exit);
        self.container_exited(id, place, run, exit, scope);
    }

    /// A container's process has ended.
    pub(super) fn container_exited(
        &mut self,
        id: PodId,
        place: usize,
        run: u16,
        exit: Exit,
        scope: &mut Scope<'_, '_>,
    ) {
        let now = scope.now();
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let container = &mut work.containers[place];
        if !container.is_alive(run) {
            return;
        }
        let was_stopping = container.end(now);
        let all_ended = work.containers.iter().all(|container| !container.alive);
        let Some(pod) = self.state.pods.get_mut(&id) else {
            // The object was removed by force before its containers ended (K8S-63).
            if all_ended {
                self.kubelets.remove(&id);
            }
            return;
        };
        let cause = if was_stopping && pod.changed_by != scope.id() {
            pod.changed_by
        } else {
            scope.ctx.cause
        };
        let (exit_code, reason) = (i32::from(exit.code), exit.reason);
        let state = &mut pod.containers[place].state;
        let finished = now.truncated();
        let started =
            if let ContainerState::Running { started } = *state { started } else { finished };
        *state = ContainerState::Terminated { exit_code, reason, started, finished };
        let terminating = pod.is_terminating();
        let container = pod.template.spec.at(place);
        let name = &container.name;
        if exit == Exit::OUT_OF_MEMORY {
            let limit = amount::memory(container.limits.memory_bytes);
            let text =
                format!("container {name} took more memory than its limit of {limit}: killed");
            self.pod_changed(id, cause, text, &["K8S-32", "K8S-56"], scope);
        } else {
            let text = format!("container {name} ended with exit code {exit_code}");
            self.pod_changed(id, cause, text, &["K8S-32"], scope);
        }
        self.sync_readiness(id, "a container has ended", scope);
        self.release_sidecars(id, scope);
        if terminating {
            self.finish_if_ended(id, scope);
        } else if self.is_restarted(id, place, exit) {
            let delay = self.latency(Watcher::Kubelet);
            scope.after(delay, ClusterEvent::RestartDue { pod: id, container: place as u8, run });
        } else {
            self.sync_pod(id, scope);
            self.complete(id, scope);
        }
    }

    /// Whether a container that has ended is started again (K8S-33, 50, 53).
    fn is_restarted(&self, id: PodId, place: usize, exit: Exit) -> bool {
        let Some(spec) = self.state.pods.get(&id).map(|pod| &pod.template.spec) else {
            return false;
        };
        let finishing = self.kubelets.get(&id).is_some_and(|work| work.finishing);
        match (spec.role(place), spec.restart) {
            (Role::Sidecar, _) => !finishing,
            (Role::Main, RestartPolicy::Always) => true,
            (Role::Main | Role::Init, RestartPolicy::Never) => false,
            (Role::Main, RestartPolicy::OnFailure)
            | (Role::Init, RestartPolicy::Always | RestartPolicy::OnFailure) => exit.code != 0,
        }
    }

    /// A pod that has done what it is for, or cannot, ends: first its sidecars, then itself (K8S-30).
    fn complete(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| pod.is_active()) else { return };
        let spec = &pod.template.spec;
        let over = |place: usize| match (&pod.containers[place].state, spec.restart) {
            (ContainerState::Terminated { exit_code, .. }, RestartPolicy::OnFailure) => {
                *exit_code == 0
            }
            (ContainerState::Terminated { .. }, RestartPolicy::Never) => true,
            _ => false,
        };
        let mains = spec.containers.len();
        let done = (0..mains).all(over);
        let failed_to_begin = (mains..pod.containers.len()).any(|place| {
            spec.role(place) == Role::Init && over(place) && !pod.containers[place].has_succeeded()
        });
        if !done && !failed_to_begin {
            return;
        }
        let succeeded = done && pod.containers[..mains].iter().all(ContainerStatus::has_succeeded);
        let grace = spec.termination_grace;
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let began = !std::mem::replace(&mut work.finishing, true);
        let alive: Vec<usize> =
            (0..work.containers.len()).filter(|place| work.containers[*place].alive).collect();
        if !alive.is_empty() {
            for place in alive.into_iter().filter(|_| began) {
                self.stop_container(id, place, grace, scope);
            }
            return;
        }
        self.kubelets.remove(&id);
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        pod.phase = if succeeded { Phase::Succeeded } else { Phase::Failed };
        pod.ready = None;
        let text = if succeeded { "has succeeded" } else { "has failed" };
        self.pod_changed(id, cause, text, &["K8S-30"], scope);
        self.retry_unschedulable(scope.id(), scope);
    }

    /// Starts an ended container again, unless its back-off still runs (K8S-50, 53).
    pub(super) fn restart_due(
        &mut self,
        id: PodId,
        place: usize,
        run: u16,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let now = scope.now();
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id).filter(|pod| pod.is_active()) else {
            return;
        };
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let container = &mut work.containers[place];
        if container.alive || container.run != run {
            return;
        }
        let spec = pod.template.spec.at(place);
        let status = &mut pod.containers[place];
        if let Some(until) = container.waits_until().filter(|until| now < *until) {
            status.change(ContainerState::Waiting { reason: "CrashLoopBackOff" });
            let text = format!("CrashLoopBackOff: {} waits {} to restart", spec.name, until - now);
            let message = format!(
                "Back-off restarting failed container {} in pod {}_default({})",
                spec.name, pod.name, pod.uid
            );
            self.record_container("Warning", "BackOff", id, place, message, scope);
            self.pod_changed(id, cause, text, &["K8S-50", "K8S-51"], scope);
            let again = ClusterEvent::RestartDue { pod: id, container: place as u8, run };
            scope.after(until - now, again);
            return;
        }
        container.restart(now);
        status.restarts += 1;
        let (image, always) = (spec.image.clone(), spec.pull == PullPolicy::Always);
        if always {
            let message = format!("Pulling image \"{image}\"");
            self.record_container("Normal", "Pulling", id, place, message, scope);
        } else {
            self.record_container("Normal", "Pulled", id, place, already_present(&image), scope);
        }
        self.create_container(id, place, api, scope);
    }

    /// Brings `started`, `ready` and the pod's condition Ready up to date with what containers and
    /// probe workers say (K8S-31, 41, 42). `why` explains a change.
    pub(super) fn sync_readiness(&mut self, id: PodId, why: &str, scope: &mut Scope<'_, '_>) {
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        let Some(work) = self.kubelets.get(&id) else { return };
        for (status, work) in pod.containers.iter_mut().zip(&work.containers) {
            status.started = work.alive && work.has_started();
            status.ready = status.started && work.is_ready();
        }
        let sidecar_started = !pod.initialized && pod.sidecars().any(|(_, status)| status.started);
        let is_ready = pod.lasting().all(|(_, container)| container.ready);
        if sidecar_started {
            self.sync_pod(id, scope);
        }
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        if is_ready == pod.is_ready() {
            return;
        }
        let now = scope.now().truncated();
        pod.ready = is_ready.then_some(now);
        pod.ready_changed = now;
        let text = if is_ready { format!("ready: {why}") } else { format!("not ready: {why}") };
        self.pod_changed(id, cause, text, &["K8S-31", "K8S-43"], scope);
    }
}
