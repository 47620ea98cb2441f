//! Kubernetes: objects, controllers, kubelets and endpoints.
//!
//! Rules K8S-01..13, 17, 20..22 (rollouts), 30..50 (pods and probes), 60..64 (termination), 70, 71
//! (endpoints), 100..102 (scheduling).

pub mod api;
pub mod pod;
pub mod spec;
pub mod state;

use crate::cluster::pod::PodId;
use crate::cluster::spec::ProbeKind;

/// Kubernetes does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterEvent {
    /// The application has answered a probe.
    ProbeAnswered {
        /// The pod.
        pod: PodId,
        /// Which probe.
        kind: ProbeKind,
        /// Whether the check passes.
        passed: bool,
    },
    /// The container's process has ended.
    ContainerExited {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
        /// Exit status, 0 to 255.
        code: u8,
    },
}

use crate::cluster::api::{ApiServer, Kind};
use crate::cluster::state::ClusterState;
use crate::random::Seed;
use crate::scenario::{ClusterShape, Timing};
use crate::world::Scope;

/// Kubernetes: what its controllers know, and what they will do.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What users can see of it.
    pub state: ClusterState,
}

#[allow(missing_docs, unused_variables, clippy::todo, reason = "skeleton")]
impl Cluster {
    /// An empty cluster with the scenario's nodes.
    pub fn new(shape: &ClusterShape, timing: &Timing, seed: Seed) -> Self {
        todo!()
    }

    /// Lets one event happen.
    pub fn apply(&mut self, event: ClusterEvent, api: &mut ApiServer, scope: &mut Scope<'_, '_>) {
        todo!()
    }

    /// An object was written or deleted: the controllers that watch its kind will look at it.
    pub fn object_changed(
        &mut self,
        kind: Kind,
        name: &str,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        todo!()
    }

    /// `kubectl delete pod`: starts the termination of a pod. `grace` overrides the pod's own.
    pub fn delete_pod(
        &mut self,
        pod: PodId,
        grace: Option<crate::time::SimDuration>,
        scope: &mut Scope<'_, '_>,
    ) {
        todo!()
    }

    /// `kubectl label|annotate|patch` of a pod: its labels or annotations have been changed in
    /// `state`; owners and endpoints look again.
    pub fn pod_relabelled(&mut self, pod: PodId, scope: &mut Scope<'_, '_>) {
        todo!()
    }

    /// A fresh `metadata.uid`.
    pub fn fresh_uid(&mut self) -> String {
        todo!()
    }
}
