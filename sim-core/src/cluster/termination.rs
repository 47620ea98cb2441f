//! How pods and containers end: preStop, SIGTERM, grace period, SIGKILL (K8S-60..64).

use crate::application::{ApplicationEvent, TERMINATED};
use crate::cluster::container::{Exit, Process};
use crate::cluster::pod::{ContainerStatus, Owner, Phase, PodId};
use crate::cluster::spec::Role;
use crate::cluster::wake::Watcher;
use crate::cluster::{Cluster, ClusterEvent, proxy};
use crate::queue::EventId;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::Scope;

/// Least time between SIGTERM and SIGKILL (K8S-61).
const LEAST_GRACE: SimDuration = SimDuration::from_secs(2);

impl Cluster {
    /// `kubectl delete pod`: starts the termination of a pod. `grace` overrides the pod's own;
    /// zero removes the object at once (`--grace-period=0 --force`).
    pub fn delete_pod(
        &mut self,
        pod: PodId,
        grace: Option<SimDuration>,
        scope: &mut Scope<'_, '_>,
    ) {
        self.terminate_pod(pod, grace, scope.id(), "a user asked for it", scope);
    }

    /// Sets the deletion mark: from now on the pod is no replica, and kubelet and endpoints act on
    /// it independently of each other (K8S-22, 60).
    pub(super) fn terminate_pod(
        &mut self,
        id: PodId,
        grace: Option<SimDuration>,
        cause: EventId,
        why: &str,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        // A pod that has ended needs no time to end.
        let grace = if pod.has_ended() { Some(SimDuration::ZERO) } else { grace };
        let full = pod.template.spec.termination_grace;
        let was_terminating = pod.is_terminating();
        let before = if was_terminating { pod.deletion_grace } else { full };
        let grace = grace.unwrap_or(before);
        if was_terminating && before <= grace {
            return;
        }
        pod.deletion_grace = grace;
        pod.deleting_since.get_or_insert(scope.now().truncated());
        let is_bound = pod.node.is_some();
        let text = format!("is being deleted: {why}");
        self.pod_changed(id, cause, text, &["K8S-22", "K8S-60"], scope);
        if is_bound {
            let delay = self.latency(Watcher::Kubelet);
            scope.after(delay, ClusterEvent::DeletionSeen(id));
        }
        if !is_bound || grace == SimDuration::ZERO {
            self.remove_pod(id, scope);
        }
    }

    /// The kubelet begins to stop the containers.
    pub(super) fn deletion_seen(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        // An object that is gone already was removed by force: no grace.
        let grace = self.state.pods.get(&id).map_or(SimDuration::ZERO, |pod| pod.deletion_grace);
        let alive: Vec<usize> = match self.kubelets.get(&id) {
            Some(work) => {
                (0..work.containers.len()).filter(|place| work.containers[*place].alive).collect()
            }
            None => Vec::new(),
        };
        for place in alive {
            if let Some(pod) = self.state.pods.get(&id) {
                let name = &pod.template.spec.at(place).name;
                let message = format!("Stopping container {name}");
                self.record_container("Normal", "Killing", id, place, message, scope);
            }
            self.stop_container(id, place, grace, scope);
        }
        self.finish_if_ended(id, scope);
    }

    /// preStop, then SIGTERM, then SIGKILL when the grace period is over (K8S-61).
    pub(super) fn stop_container(
        &mut self,
        id: PodId,
        place: usize,
        grace: SimDuration,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let work = &mut work.containers[place];
        let (pod, container, run) = (id, place as u8, work.run);
        if std::mem::replace(&mut work.stopping, true) {
            // It is being stopped already; a shorter grace period may end it sooner.
            let left = grace.max(LEAST_GRACE);
            scope.after(left, ClusterEvent::GraceOver { pod, container, run });
            return;
        }
        let hook = self.state.pods.get(&id).and_then(|pod| {
            let hook = pod.template.spec.at(place).pre_stop;
            hook.filter(|_| grace != SimDuration::ZERO)
        });
        let hook = hook.map(|hook| hook.min(grace)).unwrap_or_default();
        let left = SimDuration::from_micros(grace.as_micros() - hook.as_micros());
        let over = hook + left.max(LEAST_GRACE);
        scope.after(over, ClusterEvent::GraceOver { pod, container, run });
        if hook == SimDuration::ZERO {
            self.terminate_container(id, place, run, scope);
        } else {
            self.note_pod(id, format!("preStop runs for {hook}"), &["K8S-61"], scope);
            scope.after(hook, ClusterEvent::PreStopOver { pod, container, run });
        }
    }

    /// SIGTERM (K8S-62).
    pub(super) fn terminate_container(
        &mut self,
        id: PodId,
        place: usize,
        run: u16,
        scope: &mut Scope<'_, '_>,
    ) {
        if !self.is_alive(id, place, run) {
            return;
        }
        if self.goes_before(id, place) {
            self.await_turn(id, place, true);
            return;
        }
        self.send_term(id, place, run, scope);
    }

    fn send_term(&mut self, id: PodId, place: usize, run: u16, scope: &mut Scope<'_, '_>) {
        self.await_turn(id, place, false);
        self.note_pod(id, "SIGTERM".to_owned(), &["K8S-61", "K8S-62"], scope);
        let Some(work) = self.kubelets.get(&id) else { return };
        match &work.containers[place].process {
            Process::Server => {
                scope.after(SimDuration::ZERO, ApplicationEvent::Terminated { pod: id, run });
            }
            Process::Task(_) => {
                self.container_exited(id, place, run, Exit::with(TERMINATED), scope);
            }
            Process::Proxy { .. } => {
                scope.after(SimDuration::ZERO, proxy::terminated(id, run));
            }
            Process::Helper => self.container_exited(id, place, run, Exit::with(0), scope),
        }
    }

    /// Whether something else has to end before a sidecar is asked to: the containers of the pod, and
    /// sidecars that were started after it (K8S-62).
    fn goes_before(&self, id: PodId, place: usize) -> bool {
        let (Some(pod), Some(work)) = (self.state.pods.get(&id), self.kubelets.get(&id)) else {
            return false;
        };
        let spec = &pod.template.spec;
        let is_earlier = |other: usize| spec.role(other) == Role::Main || place < other;
        spec.role(place) == Role::Sidecar
            && (0..work.containers.len())
                .any(|other| other != place && is_earlier(other) && work.containers[other].alive)
    }

    fn await_turn(&mut self, id: PodId, place: usize, waits: bool) {
        if let Some(work) = self.kubelets.get_mut(&id) {
            work.containers[place].awaits_turn = waits;
        }
    }

    /// A container has ended: sidecars whose turn has come are asked to end (K8S-62).
    pub(super) fn release_sidecars(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let waiting = |cluster: &Self| {
            let work = cluster.kubelets.get(&id)?;
            let place = work.containers.iter().rposition(|container| container.awaits_turn)?;
            (!cluster.goes_before(id, place)).then(|| (place, work.containers[place].run))
        };
        if let Some((place, run)) = waiting(self) {
            self.send_term(id, place, run, scope);
        }
    }

    /// SIGKILL (K8S-61).
    pub(super) fn kill_container(
        &mut self,
        id: PodId,
        place: usize,
        run: u16,
        scope: &mut Scope<'_, '_>,
    ) {
        if !self.is_alive(id, place, run) {
            return;
        }
        let Some(work) = self.kubelets.get(&id) else { return };
        if work.containers[place].awaits_turn {
            // Its turn never came: it gets the least time there is.
            let container = place as u8;
            scope.after(LEAST_GRACE, ClusterEvent::GraceOver { pod: id, container, run });
            return self.send_term(id, place, run, scope);
        }
        let is_server = work.containers[place].is_server();
        let is_proxy = work.containers[place].is_proxy();
        self.note_pod(id, "SIGKILL: the grace period is over".to_owned(), &["K8S-61"], scope);
        if is_server {
            scope.after(SimDuration::ZERO, ApplicationEvent::Killed { pod: id, run });
        }
        if is_proxy {
            scope.after(SimDuration::ZERO, proxy::killed(id, run));
        }
        self.container_exited(id, place, run, Exit::KILLED, scope);
    }

    pub(crate) fn is_alive(&self, id: PodId, place: usize, run: u16) -> bool {
        self.kubelets.get(&id).is_some_and(|work| work.containers[place].is_alive(run))
    }

    /// Writes a line about a pod and remembers it as the cause of what follows.
    fn note_pod(
        &mut self,
        id: PodId,
        text: String,
        rules: &'static [&'static str],
        scope: &mut Scope<'_, '_>,
    ) {
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        pod.changed_by = scope.id();
        scope.note_because(cause, Topic::Pod, format!("pod/{}", pod.name), text, rules);
    }

    /// A terminating pod whose containers have all ended gets its last phase; then its object goes
    /// (K8S-34).
    pub(super) fn finish_if_ended(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let alive = |id| {
            self.kubelets
                .get(&id)
                .is_some_and(|work| work.containers.iter().any(|container| container.alive))
        };
        if alive(id) {
            return;
        }
        let Some(pod) = self.state.pods.get_mut(&id).filter(|pod| !pod.has_ended()) else {
            return;
        };
        let mains = pod.template.spec.containers.len();
        let succeeded = pod.containers.iter().take(mains).all(ContainerStatus::has_succeeded);
        let has_run = !pod.containers.is_empty();
        pod.phase = if has_run && succeeded { Phase::Succeeded } else { Phase::Failed };
        let cause = self.because_of(id, scope);
        self.pod_changed(id, cause, "all containers have ended", &["K8S-34"], scope);
        let delay = self.latency(Watcher::Kubelet);
        scope.after(delay, ClusterEvent::PodGone(id));
    }

    /// The object of a pod is removed: its name, address and requests are free again.
    pub(super) fn remove_pod(&mut self, id: PodId, scope: &mut Scope<'_, '_>) {
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.remove(&id) else { return };
        let version = pod.version().to_owned();
        let lived = pod.lifetime(scope.now());
        *self.state.removed.entry(version).or_default() += lived;
        let runs_on = |work: &super::kubelet::PodWork| {
            work.containers.iter().any(|container| container.alive)
        };
        if !self.kubelets.get(&id).is_some_and(runs_on) {
            self.kubelets.remove(&id);
        }
        self.state.version += 1;
        let subject = format!("pod/{}", pod.name);
        scope.note_because(cause, Topic::Pod, subject, "removed", &["K8S-34", "K8S-63"]);
        if let Owner::Job { name, .. } = &pod.owner {
            self.count_for_job(name, &pod, scope.now());
            self.wake_job(name, scope.id(), scope);
        }
        if let Some(set) = self.state.replica_sets.get(pod.replica_set()).cloned() {
            self.wake_controller_of(&set, scope.id(), scope);
        }
        self.wake_services(scope.id(), scope);
        self.retry_unschedulable(scope.id(), scope);
    }
}
