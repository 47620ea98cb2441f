//! Who watches what: a change makes a controller look again, after a watch latency (MOD-1, 2).

use crate::cluster::api::Kind;
use crate::cluster::pod::PodId;
use crate::cluster::state::ReplicaSet;
use crate::cluster::{Cluster, ClusterEvent, Controller};
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// Who watches objects, each with a latency stream of its own (MOD-2); the number is its entity.
#[derive(Clone, Copy, Debug)]
pub(super) enum Watcher {
    Deployment,
    ReplicaSet,
    Scheduler,
    EndpointSlice,
    Kubelet,
    Istiod,
    Job,
    KubeProxy,
}

impl Cluster {
    /// How long it takes this time until `watcher` sees a change.
    pub(super) fn latency(&mut self, watcher: Watcher) -> SimDuration {
        self.watchers[watcher as usize].between(self.watch.0, self.watch.1)
    }

    pub(super) fn wake_deployment(
        &mut self,
        name: &str,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let delay = self.latency(Watcher::Deployment);
        self.wake_deployment_in(name, delay, cause, scope);
    }

    /// Wakes the Deployment of a ReplicaSet; a Rollout looks by itself.
    pub(super) fn wake_controller_of(
        &mut self,
        set: &ReplicaSet,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        if set.controller == Kind::Deployment {
            self.wake_deployment(&set.deployment, cause, scope);
        }
    }

    pub(super) fn wake_deployment_in(
        &mut self,
        name: &str,
        delay: SimDuration,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        if self.deployments.add(name.to_owned(), scope.now() + delay, cause) {
            scope.after(delay, ClusterEvent::Reconcile(Controller::Deployment));
        }
    }

    pub(super) fn wake_replica_set(
        &mut self,
        name: &str,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let due = scope.now() + self.latency(Watcher::ReplicaSet);
        self.wake_replica_set_at(name, due, cause, scope);
    }

    pub(super) fn wake_replica_set_at(
        &mut self,
        name: &str,
        due: SimTime,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        if self.replica_sets.add(name.to_owned(), due, cause) {
            scope.after(due - scope.now(), ClusterEvent::Reconcile(Controller::ReplicaSet));
        }
    }

    pub(super) fn wake_job(&mut self, name: &str, cause: EventId, scope: &mut Scope<'_, '_>) {
        let due = scope.now() + self.latency(Watcher::Job);
        self.wake_job_at(name, due, cause, scope);
    }

    pub(super) fn wake_job_at(
        &mut self,
        name: &str,
        due: SimTime,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        if self.jobs.add(name.to_owned(), due, cause) {
            scope.after(due - scope.now(), ClusterEvent::Reconcile(Controller::Job));
        }
    }

    pub(super) fn wake_scheduler(
        &mut self,
        pods: &[PodId],
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let delay = self.latency(Watcher::Scheduler);
        for &pod in pods {
            if self.unscheduled.add(pod, scope.now() + delay, cause) {
                scope.after(delay, ClusterEvent::Reconcile(Controller::Scheduler));
            }
        }
    }

    pub(super) fn wake_service(&mut self, name: &str, cause: EventId, scope: &mut Scope<'_, '_>) {
        let delay = self.latency(Watcher::EndpointSlice);
        if self.services.add(name.to_owned(), scope.now() + delay, cause) {
            scope.after(delay, ClusterEvent::Reconcile(Controller::EndpointSlice));
        }
    }

    /// A pod has changed: every Service may have to list it differently.
    pub(super) fn wake_services(&mut self, cause: EventId, scope: &mut Scope<'_, '_>) {
        let services: Vec<String> = self.state.endpoints.keys().cloned().collect();
        for service in services {
            self.wake_service(&service, cause, scope);
        }
    }
}
