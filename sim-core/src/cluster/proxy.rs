//! What the kubelet has to do with the sidecars of Istio: it starts and ends their process, whose
//! behaviour is the mesh's business (IST-80..82).

use crate::cluster::Cluster;
use crate::cluster::container::{Exit, Process};
use crate::cluster::pod::PodId;
use crate::mesh::MeshEvent;
use crate::mesh::sidecar::Step;
use crate::world::Scope;

/// The process of a proxy begins.
pub(super) fn started(pod: PodId, run: u16) -> MeshEvent {
    MeshEvent::Sidecar { pod, run, step: Step::Started }
}

/// A proxy is asked to end; it answers with `ClusterEvent::ProxyExited`.
pub(super) fn terminated(pod: PodId, run: u16) -> MeshEvent {
    MeshEvent::Sidecar { pod, run, step: Step::Terminated }
}

/// The process of a proxy has ended.
pub(super) fn killed(pod: PodId, run: u16) -> MeshEvent {
    MeshEvent::Sidecar { pod, run, step: Step::Killed }
}

impl Cluster {
    /// A proxy takes connections from now on: its checks pass, and what it has held is started.
    pub(super) fn proxy_up(&mut self, id: PodId, run: u16, scope: &mut Scope<'_, '_>) {
        let Some(place) = self.proxy_place(id, run) else { return };
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        if let Process::Proxy { up, .. } = &mut work.containers[place].process {
            *up = true;
        }
        self.sync_pod(id, scope);
    }

    /// The process of a proxy has ended by itself.
    pub(super) fn proxy_exited(&mut self, id: PodId, run: u16, scope: &mut Scope<'_, '_>) {
        if let Some(place) = self.proxy_place(id, run) {
            self.container_exited(id, place, run, Exit::with(0), scope);
        }
    }

    /// Whether the agent of a pod's sidecar is there to ask the application (IST-83). It is the first
    /// process of its container, and there before Envoy and as long.
    pub(super) fn has_agent(&self, id: PodId) -> bool {
        let containers = self.kubelets.get(&id).map(|work| &work.containers[..]);
        containers.unwrap_or_default().iter().any(|one| one.alive && one.is_proxy())
    }

    fn proxy_place(&self, id: PodId, run: u16) -> Option<usize> {
        let containers = &self.kubelets.get(&id)?.containers;
        containers.iter().position(|one| one.is_proxy() && one.is_alive(run))
    }
}
