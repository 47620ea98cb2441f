//! The kubelet: starts containers, restarts them, and keeps the status of pods (K8S-30..32, 50..54).
//!
//! The first container of a pod is the application; how it behaves is the release's business.
//! Further containers are taken for helpers that start at once, pass their probes and end when asked.

use crate::application::ApplicationEvent;
use crate::cluster::container::{ContainerWork, Exit};
use crate::cluster::pod::{ContainerState, ContainerStatus, Phase, PodId};
use crate::cluster::{Cluster, ClusterEvent, Watcher};
use crate::manifest::amount;
use crate::random::Stream;
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// Place of the application's container in the template.
pub(super) const APPLICATION: usize = 0;

/// How long `ErrImagePull` shows before the next look makes it `ImagePullBackOff` (MOD).
const NEXT_LOOK: SimDuration = SimDuration::from_secs(1);

/// What the kubelet does for one pod.
#[derive(Clone, Debug)]
pub(super) struct PodWork {
    /// In the order of the template.
    pub(super) containers: Vec<ContainerWork>,
    /// When the pulls began.
    pulling_since: SimTime,
}

impl Cluster {
    /// The kubelet admits a pod: gives it an address, starts its probe workers, pulls its images.
    pub(super) fn pod_seen(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| !pod.is_terminating()) else {
            return;
        };
        let template = pod.template.clone();
        let node = pod.node.clone().unwrap_or_default();
        let address = self.take_address(&node);
        let cause = self.because_of(id, scope);
        let pod = self.state.pods.get_mut(&id).expect("the pod was just read");
        pod.ip = address;
        pod.started = Some(scope.now().truncated());
        let waiting = ContainerStatus {
            state: ContainerState::Waiting { reason: "ContainerCreating" },
            last_state: None,
            restarts: 0,
            started: false,
            ready: false,
        };
        pod.containers = vec![waiting; template.spec.containers.len()];
        let cap = self.crash_back_off_max;
        let containers = &template.spec.containers;
        let containers = containers.iter().map(|one| ContainerWork::new(one, cap)).collect();
        self.kubelets.insert(id, PodWork { containers, pulling_since: scope.now() });
        for (place, container) in template.spec.containers.iter().enumerate() {
            self.start_probe_workers(id, place, container, scope);
            let message = format!("Pulling image \"{}\"", container.image);
            self.record_pod("Normal", "Pulling", id, message, scope);
        }
        let images: Vec<&str> =
            template.spec.containers.iter().map(|container| &*container.image).collect();
        let text = format!("pulling {}", images.join(", "));
        self.pod_changed(id, cause, text, &["K8S-30", "K8S-40"], scope);
        let delay = self.seed.stream(Stream::Create, id.0).between(self.create.0, self.create.1);
        scope.after(delay, ClusterEvent::ImagesPulled(id));
    }

    /// Starts every container whose image exists.
    pub(super) fn images_pulled(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| !pod.is_terminating()) else {
            return;
        };
        let images: Vec<String> =
            pod.template.spec.containers.iter().map(|container| container.image.clone()).collect();
        let Some(work) = self.kubelets.get(&id) else { return };
        let took = scope.now() - work.pulling_since;
        for (place, image) in images.iter().enumerate() {
            if self.images.contains(image) {
                let message = format!("Successfully pulled image \"{image}\" in {took}");
                self.start_container(id, place, message, scope);
            } else {
                self.pull_failed(id, place, image, scope);
            }
        }
    }

    /// K8S-54: the first look after a failed pull says `ErrImagePull`, later ones
    /// `ImagePullBackOff`, until the pull is tried again.
    fn pull_failed(&mut self, id: PodId, place: usize, image: &str, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let back_off = &mut work.containers[place].image_back_off;
        back_off.attempt(now, now);
        let retry = back_off.wait_until(now).unwrap_or(now) - now;
        let failed = format!("Failed to pull image \"{image}\": not found");
        self.record_pod("Warning", "Failed", id, failed, scope);
        self.record_pod("Warning", "Failed", id, "Error: ErrImagePull".to_owned(), scope);
        self.container_waits(id, place, "ErrImagePull", format!("no image {image}"), scope);
        let (pod, container) = (id, place as u8);
        scope.after(NEXT_LOOK, ClusterEvent::ImageBackOff { pod, container, retry: false });
        scope.after(retry, ClusterEvent::ImageBackOff { pod, container, retry: true });
    }

    /// The kubelet looks again at a container that has no image.
    pub(super) fn image_back_off(
        &mut self,
        id: PodId,
        place: usize,
        retry: bool,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| !pod.is_terminating()) else {
            return;
        };
        let image = pod.template.spec.containers[place].image.clone();
        if retry {
            let message = format!("Pulling image \"{image}\"");
            self.record_pod("Normal", "Pulling", id, message, scope);
            self.pull_failed(id, place, &image, scope);
        } else {
            let message = format!("Back-off pulling image \"{image}\"");
            self.record_pod("Normal", "BackOff", id, message, scope);
            let text = format!("waits before pulling {image} again");
            self.container_waits(id, place, "ImagePullBackOff", text, scope);
        }
    }

    fn container_waits(
        &mut self,
        id: PodId,
        place: usize,
        reason: &'static str,
        text: String,
        scope: &mut Scope<'_, '_>,
    ) {
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        pod.containers[place].state = ContainerState::Waiting { reason };
        self.pod_changed(id, cause, format!("{reason}: {text}"), &["K8S-32", "K8S-54"], scope);
    }

    /// Starts a container, for the first time or again. `pulled` says where the image came from.
    fn start_container(
        &mut self,
        id: PodId,
        place: usize,
        pulled: String,
        scope: &mut Scope<'_, '_>,
    ) {
        let cause = self.because_of(id, scope);
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let run = work.containers[place].start();
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        let name = pod.template.spec.containers[place].name.clone();
        pod.containers[place].state = ContainerState::Running { started: scope.now().truncated() };
        let waits =
            |container: &ContainerStatus| matches!(container.state, ContainerState::Waiting { .. });
        if pod.phase == Phase::Pending && !pod.containers.iter().any(waits) {
            pod.phase = Phase::Running;
        }
        self.record_pod("Normal", "Pulled", id, pulled, scope);
        self.record_pod("Normal", "Created", id, format!("Created container: {name}"), scope);
        self.record_pod("Normal", "Started", id, format!("Started container {name}"), scope);
        let text = match run {
            0 => format!("container {name} started"),
            _ => format!("container {name} started again, restart {run}"),
        };
        self.pod_changed(id, cause, text, &["K8S-30", "K8S-32"], scope);
        if place == APPLICATION {
            scope.after(SimDuration::ZERO, ApplicationEvent::Started { pod: id, run });
        }
        self.sync_readiness(id, "it needs no readiness probe", scope);
        let delay = self.latency(Watcher::Kubelet);
        scope.after(delay, ClusterEvent::PodRefreshed(id));
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
        pod.containers[place].state =
            ContainerState::Terminated { exit_code, reason, finished: now.truncated() };
        let terminating = pod.is_terminating();
        let name = &pod.template.spec.containers[place].name;
        if exit == Exit::OUT_OF_MEMORY {
            let limit = amount::memory(pod.template.spec.containers[place].limits.memory_bytes);
            let text =
                format!("container {name} took more memory than its limit of {limit}: killed");
            self.pod_changed(id, cause, text, &["K8S-32", "K8S-56"], scope);
        } else {
            let text = format!("container {name} ended with exit code {exit_code}");
            self.pod_changed(id, cause, text, &["K8S-32"], scope);
        }
        self.sync_readiness(id, "a container has ended", scope);
        if terminating {
            self.finish_if_ended(id, scope);
        } else {
            let delay = self.latency(Watcher::Kubelet);
            scope.after(delay, ClusterEvent::RestartDue { pod: id, container: place as u8, run });
        }
    }

    /// Starts an ended container again, unless its back-off still runs (K8S-50, 53).
    pub(super) fn restart_due(
        &mut self,
        id: PodId,
        place: usize,
        run: u16,
        scope: &mut Scope<'_, '_>,
    ) {
        let now = scope.now();
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id).filter(|pod| !pod.is_terminating()) else {
            return;
        };
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let container = &mut work.containers[place];
        if container.alive || container.run != run {
            return;
        }
        let status = &mut pod.containers[place];
        if let ContainerState::Terminated { .. } = status.state {
            status.last_state = Some(status.state.clone());
        }
        let spec = &pod.template.spec.containers[place];
        if let Some(until) = container.waits_until().filter(|until| now < *until) {
            status.state = ContainerState::Waiting { reason: "CrashLoopBackOff" };
            let text = format!("CrashLoopBackOff: {} waits {} to restart", spec.name, until - now);
            let message = format!(
                "Back-off restarting failed container {} in pod {}_default({})",
                spec.name, pod.name, pod.uid
            );
            self.record_pod("Warning", "BackOff", id, message, scope);
            self.pod_changed(id, cause, text, &["K8S-50", "K8S-51"], scope);
            let again = ClusterEvent::RestartDue { pod: id, container: place as u8, run };
            scope.after(until - now, again);
            return;
        }
        container.restart(now);
        status.restarts += 1;
        let message = format!("Container image \"{}\" already present on machine", spec.image);
        self.start_container(id, place, message, scope);
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
        let is_ready = pod.containers.iter().all(|container| container.ready);
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
