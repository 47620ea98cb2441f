//! Istio's injector: an admission webhook that puts a sidecar into pods as they are made (IST-80..84).
//!
//! It changes the pod, never its owner, so a label of the namespace matters to new pods only. Native
//! sidecars are init containers that stay (K8S-33); they are used if all nodes run Kubernetes 1.33 or
//! newer, as Istio decides from 1.27 on, or if the pod asks for them.
//!
//! Simpler than the real thing: one revision, iptables by an init container and no CNI plugin; of the
//! injected containers only what matters here is written down, without environment and volumes; a pod
//! that brings a container `istio-proxy` of its own is left as it is, instead of being merged.

mod containers;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::application::task::Task;
use crate::cluster::spec::{Labels, PodTemplate, Probe, ProbeHandler, ProbeKind, ProxyConfig};
use crate::manifest::proxy_config;
use crate::mesh::VERSION;
use crate::time::SimDuration;

/// Name of the proxy's container.
pub const PROXY: &str = "istio-proxy";
/// Name of the init container that leads the pod's traffic to the proxy.
const INIT: &str = "istio-init";
/// Label of a namespace.
const NAMESPACE_LABEL: &str = "istio-injection";
/// Label of a namespace or pod, for one revision of the control plane.
const REVISION: &str = "istio.io/rev";
/// Label or annotation of a pod.
const INJECT: &str = "sidecar.istio.io/inject";
/// Annotation of a pod: `true` or `false` for a native sidecar or a classic one.
const NATIVE: &str = "sidecar.istio.io/nativeSidecar";
/// Annotation of a pod: `false` leaves its probes as they are.
const REWRITE: &str = "sidecar.istio.io/rewriteAppHTTPProbers";

/// Port of the proxy's agent, which asks the application in the kubelet's place (IST-83).
pub const AGENT_PORT: u16 = 15_020;

/// The image of proxy and init container.
pub fn image() -> String {
    format!("docker.io/istio/proxyv2:{VERSION}")
}

/// What the init container does: it writes a few rules, and ends (MOD).
pub fn init_task() -> Task {
    let takes = (SimDuration::from_millis(100), SimDuration::from_millis(300));
    Task { takes, fails: 0.0, exit: 1, log: Vec::new(), sql: None }
}

/// Puts a sidecar into a pod that is about to be made with these labels, if it is to have one, and
/// gives how it behaves. `native` says whether all nodes can run native sidecars.
///
/// # Errors
///
/// If the pod asks for something that the injector cannot read: then it is not made.
pub fn inject(
    template: &mut PodTemplate,
    labels: &mut Labels,
    namespace: &Labels,
    native: bool,
) -> Result<Option<ProxyConfig>, String> {
    let Some(webhook) = webhook(namespace, labels) else { return Ok(None) };
    let has_one = template.spec.all().any(|container| container.name == PROXY);
    if has_one || template.annotations.get(INJECT).is_some_and(|asked| asked == "false") {
        return Ok(None);
    }
    put_in(template, labels, native)
        .map(Some)
        .map_err(|why| format!("admission webhook {webhook:?} denied the request: {why}"))
}

/// The webhook that is asked about a pod. Labels decide: an annotation can decline where one is asked,
/// but does not make anybody ask.
fn webhook(namespace: &Labels, pod: &Labels) -> Option<&'static str> {
    let is = |labels: &Labels, key: &str, value| labels.get(key).is_some_and(|one| one == value);
    if is(pod, INJECT, "false") {
        return None;
    }
    match (namespace.get(NAMESPACE_LABEL).map(String::as_str), namespace.get(REVISION)) {
        (Some("enabled"), _) => Some("namespace.sidecar-injector.istio.io"),
        (Some(_), _) => None,
        (None, Some(revision)) => {
            (revision == "default").then_some("rev.namespace.sidecar-injector.istio.io")
        }
        (None, None) if is(pod, REVISION, "default") => {
            Some("rev.object.sidecar-injector.istio.io")
        }
        (None, None) => is(pod, INJECT, "true").then_some("object.sidecar-injector.istio.io"),
    }
}

fn put_in(
    template: &mut PodTemplate,
    labels: &mut Labels,
    native: bool,
) -> Result<ProxyConfig, String> {
    let annotations = &template.annotations;
    let config = annotations.get(proxy_config::ANNOTATION).map(|text| proxy_config::read(text));
    let mut config = config.transpose()?.unwrap_or_default();
    config.relays_probes = annotations.get(REWRITE).is_none_or(|text| text != "false");
    let native = match annotations.get(NATIVE).map(String::as_str) {
        Some("true") => true,
        Some("false") => false,
        _ => native,
    };
    if native {
        // It drains while the application ends, and then has nothing to wait for (IST-81).
        config.drain = SimDuration::ZERO;
        config.waits_for_requests = false;
        config.holds_application = false;
    }
    let init = containers::init(annotations)?;
    let proxy = containers::proxy(annotations, config.holds_application, native)?;
    if config.relays_probes {
        rewrite_probes(template);
    }
    let first = template.spec.containers.first().map(|container| container.name.clone());
    // What users see has the order of the real thing. Here the application keeps the first place.
    let spec = &mut template.document["spec"];
    let (inits, mains) = (&mut template.spec.init_containers, &mut template.spec.containers);
    if native {
        insert(spec, "initContainers", 0, &init);
        insert(spec, "initContainers", 1, &proxy);
        inits.splice(0..0, [init.container, proxy.container]);
    } else {
        insert(spec, "initContainers", inits.len(), &init);
        let place = if config.holds_application { 0 } else { mains.len() };
        insert(spec, "containers", place, &proxy);
        inits.push(init.container);
        mains.push(proxy.container);
    }
    mark(template, labels, native, &first.unwrap_or_default());
    Ok(config)
}

fn insert(spec: &mut Value, list: &str, place: usize, container: &containers::Injected) {
    let list = &mut spec[list];
    if !list.is_array() {
        *list = json!([]);
    }
    if let Some(list) = list.as_array_mut() {
        list.insert(place.min(list.len()), container.document.clone());
    }
}

/// The labels and annotations by which others know the pod.
fn mark(template: &mut PodTemplate, labels: &mut Labels, native: bool, first: &str) {
    let given = |keys: [&str; 3], default: &str| {
        let text = keys.iter().find_map(|key| labels.get(*key));
        text.map_or(default, String::as_str).to_owned()
    };
    let (name, revision) =
        ("service.istio.io/canonical-name", "service.istio.io/canonical-revision");
    let named = given([name, "app.kubernetes.io/name", "app"], first);
    let version = given([revision, "app.kubernetes.io/version", "version"], "latest");
    labels.insert("security.istio.io/tlsMode".to_owned(), "istio".to_owned());
    labels.insert(name.to_owned(), named);
    labels.insert(revision.to_owned(), version);
    let (inits, mains): (&[&str], &[&str]) =
        if native { (&[INIT, PROXY], &[]) } else { (&[INIT], &[PROXY]) };
    let status = json!({"initContainers": inits, "containers": mains, "revision": "default"});
    let status = status.to_string();
    for (key, value) in [
        (REVISION, "default"),
        ("kubectl.kubernetes.io/default-container", first),
        ("kubectl.kubernetes.io/default-logs-container", first),
        ("prometheus.io/path", "/stats/prometheus"),
        ("prometheus.io/port", "15020"),
        ("prometheus.io/scrape", "true"),
        ("sidecar.istio.io/status", &status),
    ] {
        template.annotations.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
}

/// The path under which the agent asks in the place of the kubelet (IST-83). Commands run in the
/// container anyway.
pub fn relay(container: &str, kind: ProbeKind, probe: &Probe) -> Option<String> {
    let end = match kind {
        ProbeKind::Startup => "startupz",
        ProbeKind::Readiness => "readyz",
        ProbeKind::Liveness => "livez",
    };
    (probe.handler != ProbeHandler::Exec).then(|| format!("/app-health/{container}/{end}"))
}

/// Writes down that the kubelet asks the agent.
fn rewrite_probes(template: &mut PodTemplate) {
    for (place, container) in template.spec.containers.iter().enumerate() {
        for (probe, kind, key) in [
            (&container.startup, ProbeKind::Startup, "startupProbe"),
            (&container.readiness, ProbeKind::Readiness, "readinessProbe"),
            (&container.liveness, ProbeKind::Liveness, "livenessProbe"),
        ] {
            let path = probe.as_ref().and_then(|probe| relay(&container.name, kind, probe));
            let written = template.document.pointer_mut(&format!("/spec/containers/{place}/{key}"));
            if let (Some(path), Some(Value::Object(written))) = (path, written) {
                for handler in ["httpGet", "tcpSocket", "grpc"] {
                    written.remove(handler);
                }
                written.insert("httpGet".to_owned(), json!({"path": path, "port": AGENT_PORT}));
            }
        }
    }
}
