//! Endpoints and `EndpointSlices` as documents (K8S-70).

use serde_json::{Value, json};

use crate::cluster::api::{Kind, Spec};
use crate::cluster::spec::{ServicePort, TargetPort};
use crate::cluster::state::Endpoint;
use crate::console::kubectl::resource::{self, ObjectRef};
use crate::world::World;

/// The ports of a Service's endpoints, as numbers; a named port is looked up in the pod.
pub(crate) fn endpoint_ports(service: &str, world: &World) -> Vec<(String, u16, String)> {
    let Some(object) = world.api.get(Kind::Service, service) else { return Vec::new() };
    let Spec::Service(spec) = &object.manifest.spec else { return Vec::new() };
    let pods = world.cluster.state.endpoints.get(service);
    let pod = pods.and_then(|endpoints| endpoints.pods.first());
    let pod = pod.and_then(|endpoint| world.cluster.state.pods.get(&endpoint.pod));
    let number = |port: &ServicePort| match &port.target {
        TargetPort::Number(number) => Some(*number),
        TargetPort::Name(name) => {
            let ports = pod?.template.spec.containers.iter().flat_map(|c| &c.ports);
            ports.into_iter().find(|port| port.name == *name).map(|port| port.port)
        }
    };
    let ports = spec.ports.iter();
    ports.filter_map(|p| Some((p.name.clone(), number(p)?, p.protocol.clone()))).collect()
}

fn target(endpoint: &Endpoint, world: &World) -> Value {
    let pod = world.cluster.state.pods.get(&endpoint.pod);
    let (name, uid) = pod.map_or(("", ""), |pod| (pod.name.as_str(), pod.uid.as_str()));
    json!({"kind": "Pod", "name": name, "namespace": "default", "uid": uid})
}

fn port_documents(service: &str, world: &World) -> Vec<Value> {
    let document = |(name, port, protocol): (String, u16, String)| json!({"name": name, "port": port, "protocol": protocol});
    endpoint_ports(service, world).into_iter().map(document).collect()
}

/// The Endpoints of a Service. Unlike slices, they list addresses in the order of their letters.
pub(super) fn endpoints(object: &ObjectRef, world: &World) -> Option<Value> {
    let listed = world.cluster.state.endpoints.get(&object.name)?;
    let addresses = |ready: bool| -> Vec<Value> {
        let wanted = listed.pods.iter().filter(|e| !e.terminating && e.is_ready() == ready);
        let mut wanted: Vec<&Endpoint> = wanted.collect();
        wanted.sort_by_key(|e| &e.ip);
        wanted.into_iter().map(|e| json!({"ip": e.ip, "targetRef": target(e, world)})).collect()
    };
    let mut subset = json!({"ports": port_documents(&object.name, world)});
    let (ready, not_ready) = (addresses(true), addresses(false));
    let any = !ready.is_empty() || !not_ready.is_empty();
    for (key, list) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        if !list.is_empty() {
            subset[key] = list.into();
        }
    }
    let metadata = json!({"name": object.name, "namespace": "default",
        "labels": object.labels(world)});
    let subsets = if any { json!([subset]) } else { json!([]) };
    Some(json!({"metadata": metadata, "subsets": subsets}))
}

/// An EndpointSlice (K8S-73).
pub(super) fn endpoint_slice(object: &ObjectRef, world: &World) -> Option<Value> {
    let slice = resource::slice(world, &object.name)?;
    let endpoint = |e: &Endpoint| {
        json!({
            "addresses": [e.ip],
            "conditions": {"ready": e.is_ready(), "serving": e.serving,
                "terminating": e.terminating},
            "targetRef": target(e, world),
        })
    };
    let metadata = json!({"name": object.name, "namespace": "default",
        "labels": object.labels(world)});
    Some(json!({
        "metadata": metadata,
        "addressType": "IPv4",
        "endpoints": slice.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "ports": port_documents(slice.service, world),
    }))
}
