//! What pods need of ConfigMaps and Secrets. It is looked at when a container is created or a volume
//! mounted, so a change reaches no process that runs already.

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::pod::{ContainerState, PodId};
use crate::cluster::spec::{ConfigData, ConfigRef, PodSpec};
use crate::cluster::{Cluster, ClusterEvent};
use crate::time::SimDuration;
use crate::world::Scope;

/// Time between two attempts to create a container (MOD).
const NEXT_LOOK: SimDuration = SimDuration::from_secs(10);

/// First and longest wait between two attempts to mount a volume.
const MOUNT_WAIT: (SimDuration, SimDuration) =
    (SimDuration::from_millis(500), SimDuration::from_secs(122));

impl ConfigRef {
    fn data<'a>(&self, api: &'a ApiServer) -> Option<&'a ConfigData> {
        match &api.get(self.kind, &self.name)?.manifest.spec {
            Spec::ConfigMap(data) | Spec::Secret(data) => Some(data),
            _ => None,
        }
    }

    /// What is missing, in the kubelet's words. `key` says what it says of a key that is not there.
    fn missing(&self, api: &ApiServer, key: impl Fn(&str) -> String) -> Option<String> {
        if self.optional {
            return None;
        }
        let Some(data) = self.data(api) else {
            return Some(format!("{} {:?} not found", self.kind.name().to_lowercase(), self.name));
        };
        self.keys.iter().find(|wanted| !data.sizes.contains_key(*wanted)).map(|wanted| key(wanted))
    }

    /// Why no environment can be made from it.
    pub(super) fn missing_in_env(&self, api: &ApiServer) -> Option<String> {
        self.missing(api, |key| {
            format!("couldn't find key {key} in {} default/{}", self.kind.name(), self.name)
        })
    }

    /// Why no volume can be made from it.
    fn missing_in_volume(&self, api: &ApiServer) -> Option<String> {
        let what = if self.kind == Kind::Secret { "secret" } else { "configmap" };
        self.missing(api, |key| {
            format!(
                "{what} references non-existent {what_key}: {key}",
                what_key = if self.kind == Kind::Secret { "secret key" } else { "config key" }
            )
        })
    }
}

/// Why the volumes of a pod cannot be mounted.
fn unmountable(spec: &PodSpec, api: &ApiServer) -> Option<String> {
    spec.volumes.iter().find_map(|volume| {
        let missing = volume.source.missing_in_volume(api)?;
        Some(format!("MountVolume.SetUp failed for volume {:?} : {missing}", volume.name))
    })
}

impl Cluster {
    /// The kubelet mounts the volumes of a pod; before that, nothing of it is created.
    pub(super) fn mount(&mut self, id: PodId, api: &ApiServer, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| pod.is_active()) else { return };
        let Some(message) = unmountable(&pod.template.spec, api) else {
            return self.create_sandbox(id, scope);
        };
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let wait = work.mount_wait.unwrap_or(MOUNT_WAIT.0);
        work.mount_wait = Some(wait.times(2).min(MOUNT_WAIT.1));
        self.record_pod("Warning", "FailedMount", id, message.clone(), scope);
        let cause = self.because_of(id, scope);
        self.pod_changed(id, cause, message, &["K8S-30"], scope);
        scope.after(wait, ClusterEvent::MountDue(id));
    }

    /// Creates a container and starts it, for the first time or again, if its environment can be made.
    pub(super) fn create_container(
        &mut self,
        id: PodId,
        place: usize,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| pod.is_active()) else { return };
        let container = pod.template.spec.at(place);
        let missing = container.config.iter().find_map(|source| source.missing_in_env(api));
        let Some(missing) = missing else { return self.start_container(id, place, scope) };
        self.record_container("Warning", "Failed", id, place, format!("Error: {missing}"), scope);
        let reason = "CreateContainerConfigError";
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        let waiting = ContainerState::Waiting { reason };
        if pod.containers[place].state != waiting {
            pod.containers[place].change(waiting);
            self.pod_changed(id, cause, format!("{reason}: {missing}"), &["K8S-32"], scope);
        }
        let container = place as u8;
        scope.after(NEXT_LOOK, ClusterEvent::CreateDue { pod: id, container });
    }
}
