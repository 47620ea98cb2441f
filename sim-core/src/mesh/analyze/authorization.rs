//! IST0127: an `AuthorizationPolicy` that no pod is selected by.
//!
//! The kind has no effect in the simulator; files that hold it are analyzed all the same.

use crate::mesh::ISTIO_NAMESPACE;
use crate::mesh::analyze::resource::{Resources, holds, selector_text};
use crate::mesh::analyze::{Code, Message, Report};

pub(super) fn analyze(resources: &Resources, report: &mut Report) {
    for policy in resources.of("AuthorizationPolicy") {
        let selector = policy.at(&["spec", "selector"]);
        let selector = selector.map(|selector| selector.labels("matchLabels"));
        // A policy in the root namespace is for the whole mesh.
        let mesh_wide = policy.namespace() == ISTIO_NAMESPACE;
        if mesh_wide && selector.is_none() {
            continue;
        }
        let selector = selector.unwrap_or_default();
        let found = resources.of("Pod").any(|pod| {
            (mesh_wide || pod.namespace() == policy.namespace()) && holds(&selector, &pod.labels)
        });
        if !found {
            let text = format!(
                "No matching workloads for this resource with the following labels: {}",
                selector_text(&selector)
            );
            report.add(Message::new(Code::NoMatchingWorkloadsFound, policy, text));
        }
    }
}
