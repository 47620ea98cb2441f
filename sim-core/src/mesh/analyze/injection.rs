//! IST0102 and IST0103: who has no sidecar.

use crate::cluster::spec::Labels;
use crate::manifest::read::Cursor;
use crate::mesh::analyze::resource::{FullName, Resource, Resources, SYSTEM};
use crate::mesh::analyze::{Code, Message, Report};

/// Label of a namespace.
const INJECTION: &str = "istio-injection";
/// Label of a namespace, for one revision of the control plane.
const REVISION: &str = "istio.io/rev";
/// Label or annotation of a pod.
const INJECT: &str = "sidecar.istio.io/inject";
/// Name of the sidecar.
const PROXY: &str = "istio-proxy";

pub(super) fn analyze(resources: &Resources, report: &mut Report) {
    for namespace in resources.of("Namespace") {
        let name = &namespace.name.name;
        let undecided = [INJECTION, REVISION].iter().all(|label| {
            // An empty value of the first label counts as none, one of the second does not.
            namespace.labels.get(*label).is_none_or(|v| *label == INJECTION && v.is_empty())
        });
        if undecided && !SYSTEM.contains(&name.as_str()) {
            let text = format!(
                "The namespace is not enabled for Istio injection. Run 'kubectl label namespace \
                 {name} istio-injection=enabled' to enable it, or 'kubectl label namespace {name} \
                 istio-injection=disabled' to explicitly mark it as not needing injection."
            );
            let place = namespace.at(&["metadata", "name"]).map(|name| name.position());
            report.add(Message::new(Code::NamespaceNotInjected, namespace, text).at(place));
        }
    }
    for pod in resources.of("Pod").filter(|pod| !pod.implied) {
        if misses_proxy(pod, resources) {
            let text = format!(
                "The pod {} is missing the Istio proxy. This can often be resolved by restarting \
                 or redeploying the workload.",
                pod.name
            );
            report.add(Message::new(Code::PodMissingProxy, pod, text));
        }
    }
}

/// Whether new pods of a namespace get a sidecar.
fn is_injected(namespace: &Resource) -> bool {
    let labels = &namespace.labels;
    match (labels.get(INJECTION).filter(|value| !value.is_empty()), labels.get(REVISION)) {
        (Some(value), None) => value == "enabled",
        // Both labels contradict each other (IST0123): istioctl then passes over the pods.
        (Some(_), Some(_)) | (None, None) => false,
        (None, Some(_)) => true,
    }
}

fn namespace<'r>(resources: &'r Resources, name: &str) -> Option<&'r Resource> {
    resources.get("Namespace", &FullName::new("", name))
}

fn misses_proxy(pod: &Resource, resources: &Resources) -> bool {
    let injected = namespace(resources, pod.namespace()).is_some_and(is_injected);
    let asked = pod.labels.get(INJECT).or_else(|| pod.annotations.get(INJECT));
    let declined = asked.is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let spec = pod.spec();
    let of_host = spec.as_ref().is_some_and(|spec| spec.flag("hostNetwork"));
    injected && !declined && !of_host && !spec.is_some_and(|spec| has_proxy(&spec))
}

/// The sidecar is a container, or an init container that goes on (IST-81).
fn has_proxy(spec: &Cursor<'_>) -> bool {
    let lists = ["containers", "initContainers"].into_iter().flat_map(|name| spec.list(name));
    lists.into_iter().any(|container| container.text("name") == Some(PROXY))
}

/// Whether the pods of a template have sidecars.
pub(super) fn is_in_mesh(template: &Cursor<'_>, home: &str, resources: &Resources) -> bool {
    if template.get("spec").is_some_and(|spec| has_proxy(&spec)) {
        return true;
    }
    let part = |name: &str| -> Labels {
        template.get("metadata").map(|metadata| metadata.labels(name)).unwrap_or_default()
    };
    let (labels, annotations) = (part("labels"), part("annotations"));
    match labels.get(INJECT).or_else(|| annotations.get(INJECT)) {
        Some(value) => value == "true",
        None => namespace(resources, home).is_some_and(is_injected),
    }
}
