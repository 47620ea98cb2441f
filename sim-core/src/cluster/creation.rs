//! How controllers make pods: slowly at first, with a sidecar if the namespace wants one (IST-80), and
//! only if the quotas allow it (K8S-20, 104).

use crate::cluster::api::ApiServer;
use crate::cluster::pod::{Owner, Phase, Pod, PodId};
use crate::cluster::spec::{Labels, PodTemplate, ProxyConfig};
use crate::cluster::{Cluster, NAMESPACE};
use crate::mesh::injection;
use crate::queue::EventId;
use crate::trace::Topic;
use crate::world::Scope;

/// Slow start (K8S-20): makes 1, 2, 4, 8... of `count` at a time, until a batch has a failure. `Err`
/// says what failed first in it.
pub(super) fn slowly(
    count: usize,
    mut make: impl FnMut() -> Result<(), String>,
) -> Result<(), String> {
    let (mut left, mut batch) = (count, 1);
    while 0 < left {
        batch = left.min(batch);
        let mut outcome = Ok(());
        for _ in 0..batch {
            outcome = outcome.and(make());
        }
        outcome?;
        left -= batch;
        batch *= 2;
    }
    Ok(())
}

impl Owner {
    /// Kind and name, as events name an object: `replicaset/NAME`. Empty for nobody.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Nobody => String::new(),
            Self::ReplicaSet(name) => format!("replicaset/{name}"),
            Self::Job { name, .. } => format!("job/{name}"),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Nobody => "",
            Self::ReplicaSet(name) | Self::Job { name, .. } => name,
        }
    }
}

impl Cluster {
    /// Makes a pod, unless a quota objects.
    pub(super) fn make_pod(
        &mut self,
        owner: Owner,
        template: &PodTemplate,
        labels: Labels,
        cause: EventId,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) -> Result<(), String> {
        let name = loop {
            let name = format!("{}-{}", owner.name(), self.names.suffix());
            if self.state.pod_named(&name).is_none() {
                break name;
            }
        };
        let subject = owner.subject();
        let (mut template, mut labels) = (template.clone(), labels);
        let admitted = self.inject_sidecar(&mut template, &mut labels).and_then(|proxy| {
            self.admit(&name, &template.spec, api)?;
            Ok(proxy)
        });
        let proxy = match admitted {
            Ok(proxy) => proxy,
            Err(why) => {
                let text = format!("no pod: {why}");
                let rules = &["K8S-20", "K8S-104"];
                scope.note_because(cause, Topic::Object, &subject, text, rules);
                let message = format!("Error creating: {why}");
                self.record("Warning", "FailedCreate", subject, message, scope);
                return Err(why);
            }
        };
        let id = PodId(self.next_pod);
        self.next_pod += 1;
        let now = scope.now().truncated();
        let pod = Pod {
            id,
            name: name.clone(),
            uid: self.names.uid(),
            owner,
            labels,
            annotations: template.annotations.clone(),
            deletion_grace: template.spec.termination_grace,
            template,
            proxy,
            created: now,
            deleting_since: None,
            node: None,
            ip: None,
            unschedulable: None,
            phase: Phase::Pending,
            initialized: false,
            containers: Vec::new(),
            started: None,
            usage: None,
            ready: None,
            ready_changed: now,
            changed_by: scope.id(),
        };
        self.state.pods.insert(id, pod);
        self.record("Normal", "SuccessfulCreate", subject, format!("Created pod: {name}"), scope);
        self.pod_changed(id, cause, "created", &["K8S-20"], scope);
        self.wake_scheduler(&[id], scope.id(), scope);
        Ok(())
    }

    /// Istio's webhook is asked before the quotas: what it adds counts too (IST-80, 84).
    fn inject_sidecar(
        &self,
        pod: &mut PodTemplate,
        labels: &mut Labels,
    ) -> Result<Option<ProxyConfig>, String> {
        let none = Labels::new();
        let namespace = self.state.namespace_labels.get(NAMESPACE).unwrap_or(&none);
        injection::inject(pod, labels, namespace, self.version.has_native_sidecars())
    }
}
