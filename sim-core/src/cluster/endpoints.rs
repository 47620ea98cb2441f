//! The EndpointSlice controller: which pods stand behind a Service (K8S-70..72).

use crate::cluster::Cluster;
use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::spec::{Labels, selects};
use crate::cluster::state::Endpoint;
use crate::cluster::wake::Watcher;
use crate::mesh::MeshEvent;
use crate::queue::EventId;
use crate::trace::Topic;
use crate::world::Scope;

impl Cluster {
    /// Looks at one Service and lists its pods anew.
    pub(super) fn reconcile_endpoints(
        &mut self,
        service: &str,
        cause: EventId,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let spec = api.get(Kind::Service, service).map(|object| &object.manifest.spec);
        let Some(Spec::Service(spec)) = spec else {
            if self.state.endpoints.remove(service).is_some() {
                self.endpoints_changed(service, cause, "removed with the Service", scope);
            }
            return;
        };
        let listed = self.members(&spec.selector);
        let is_new = !self.state.endpoints.contains_key(service);
        let known = self.state.endpoints.entry(service.to_owned()).or_default();
        if known.pods == listed && !is_new {
            return;
        }
        known.pods = listed;
        known.changed_by = scope.id();
        let count = |holds: fn(&Endpoint) -> bool| known.pods.iter().filter(|e| holds(e)).count();
        let text = format!(
            "{} ready, {} not ready, {} terminating",
            count(Endpoint::is_ready),
            count(|endpoint| !endpoint.serving && !endpoint.terminating),
            count(|endpoint| endpoint.terminating)
        );
        self.endpoints_changed(service, cause, &text, scope);
    }

    /// Pods with an address that have not ended, whatever colour they are (K8S-71).
    fn members(&self, selector: &Labels) -> Vec<Endpoint> {
        let selected =
            |pod: &&crate::cluster::pod::Pod| !pod.has_ended() && selects(selector, &pod.labels);
        let pods = self.state.pods.values().filter(selected);
        pods.filter_map(|pod| {
            Some(Endpoint {
                pod: pod.id,
                ip: pod.ip.clone()?,
                serving: pod.is_ready(),
                terminating: pod.is_terminating(),
            })
        })
        .collect()
    }

    fn endpoints_changed(
        &mut self,
        service: &str,
        cause: EventId,
        text: &str,
        scope: &mut Scope<'_, '_>,
    ) {
        self.state.version += 1;
        let subject = format!("endpoints/{service}");
        scope.note_because(cause, Topic::Endpoints, subject, text, &["K8S-70", "K8S-71"]);
        let delay = self.latency(Watcher::Istiod);
        scope.after(delay, MeshEvent::Changed);
        self.wake_kube_proxy(scope);
    }
}
