//! Objects as documents: what `-o yaml`, `-o json`, `-o jsonpath` and `describe` read.

use serde_json::{Map, Value, json};

use crate::cluster::api::{Kind, Object, Spec};
use crate::cluster::pod::{ContainerState, ContainerStatus, Phase, Pod};
use crate::cluster::spec::{
    Container, Labels, PodTemplate, Probe, ProbeHandler, Resources, ServicePort, TargetPort,
};
use crate::cluster::state::{ClusterNote, Condition, DeploymentStatus, Endpoint, Node, ReplicaSet};
use crate::console::age::timestamp;
use crate::console::kubectl::resource::{self, ObjectRef, Resource};
use crate::time::SimTime;
use crate::world::World;

/// The object as the API server gives it out; null if it does not exist.
pub(crate) fn live(object: &ObjectRef, world: &World) -> Value {
    let state = &world.cluster.state;
    let name = object.name.as_str();
    let document = match object.resource {
        Resource::Object(kind) => world.api.get(kind, name).map(|o| written(kind, o, world)),
        Resource::Pod => state.pod_named(name).map(|found| pod(found, world)),
        Resource::ReplicaSet => state.replica_sets.get(name).map(|set| replica_set(set, world)),
        Resource::Endpoints => endpoints(object, world),
        Resource::EndpointSlice => endpoint_slice(object, world),
        Resource::Node => resource::node(world, name).map(|found| node(found, object, world)),
        Resource::Event => resource::event(world, name).map(event),
        Resource::Namespace => object.exists(world).then(|| {
            let metadata = json!({"name": name, "labels": object.labels(world)});
            json!({"metadata": metadata, "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"}})
        }),
    };
    let Some(Value::Object(mut fields)) = document else { return Value::Null };
    let info = object.resource.info();
    fields.entry("apiVersion").or_insert_with(|| info.version.into());
    fields.entry("kind").or_insert_with(|| info.kind.into());
    Value::Object(fields)
}

/// An object that users write, with what the server adds.
fn written(kind: Kind, object: &Object, world: &World) -> Value {
    let mut document = object.manifest.document.clone();
    let name = &object.manifest.name;
    if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("creationTimestamp".to_owned(), timestamp(object.created).into());
        metadata.insert("generation".to_owned(), object.generation.into());
        metadata.insert("namespace".to_owned(), "default".into());
        metadata.insert("resourceVersion".to_owned(), object.resource_version.to_string().into());
        metadata.insert("uid".to_owned(), object.uid.clone().into());
    }
    match &object.manifest.spec {
        Spec::Deployment(spec) => {
            let status = world.cluster.state.deployments.get(name);
            let status = status.cloned().unwrap_or_default();
            if 0 < status.revision {
                let annotations = &mut document["metadata"]["annotations"];
                if !annotations.is_object() {
                    *annotations = json!({});
                }
                annotations["deployment.kubernetes.io/revision"] =
                    status.revision.to_string().into();
            }
            document["status"] = deployment_status(&status, spec.replicas);
        }
        Spec::Service(_) => {
            let address = cluster_ip(name);
            document["spec"]["clusterIP"] = address.clone().into();
            document["spec"]["clusterIPs"] = json!([address]);
            document["status"] = json!({"loadBalancer": {}});
        }
        Spec::Gateway(_) | Spec::VirtualService(_) | Spec::DestinationRule(_) => {
            debug_assert!(kind.group() == "networking.istio.io");
        }
    }
    document
}

/// The virtual address of a Service: it depends on the name alone, in the usual range.
pub(crate) fn cluster_ip(service: &str) -> String {
    let hash = service.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("10.96.{}.{}", (hash >> 8) & 0xff, 1 + hash % 254)
}

/// Fields whose value is 0 are left out, as Go leaves them out.
fn counts<const N: usize>(pairs: [(&str, u64); N]) -> Map<String, Value> {
    let pairs = pairs.into_iter().filter(|(_, count)| 0 < *count);
    pairs.map(|(key, count)| (key.to_owned(), count.into())).collect()
}

fn deployment_status(status: &DeploymentStatus, wanted: u32) -> Value {
    let counted = status.counts;
    let total = counted.replicas.max(wanted);
    let mut fields = counts([
        ("availableReplicas", u64::from(counted.available)),
        ("observedGeneration", status.observed_generation),
        ("readyReplicas", u64::from(counted.ready)),
        ("replicas", u64::from(counted.replicas)),
        ("unavailableReplicas", u64::from(total.saturating_sub(counted.available))),
        ("updatedReplicas", u64::from(status.updated)),
    ]);
    let conditions: Vec<Value> =
        [("Available", &status.available), ("Progressing", &status.progressing)]
            .into_iter()
            .filter(|(_, condition)| !condition.status.is_empty())
            .map(|(kind, condition)| condition_document(kind, condition))
            .collect();
    if !conditions.is_empty() {
        fields.insert("conditions".to_owned(), conditions.into());
    }
    Value::Object(fields)
}

fn condition_document(kind: &str, condition: &Condition) -> Value {
    json!({
        "type": kind,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "lastUpdateTime": timestamp(condition.updated),
        "lastTransitionTime": timestamp(condition.changed),
    })
}

fn metadata(name: &str, uid: &str, created: SimTime, labels: &Labels) -> Value {
    let mut metadata = json!({
        "name": name,
        "namespace": "default",
        "uid": uid,
        "creationTimestamp": timestamp(created),
    });
    if !labels.is_empty() {
        metadata["labels"] = json!(labels);
    }
    metadata
}

fn owner(version: &str, kind: &str, name: &str, uid: &str) -> Value {
    json!([{"apiVersion": version, "kind": kind, "name": name, "uid": uid,
        "controller": true, "blockOwnerDeletion": true}])
}

fn replica_set(set: &ReplicaSet, world: &World) -> Value {
    let labels = ObjectRef::new(Resource::ReplicaSet, &set.name).labels(world);
    let mut metadata = metadata(&set.name, &set.uid, set.created, &labels);
    let mut annotations = json!({
        "deployment.kubernetes.io/desired-replicas": set.desired_replicas.to_string(),
        "deployment.kubernetes.io/max-replicas": set.max_replicas.to_string(),
        "deployment.kubernetes.io/revision": set.revision.to_string(),
    });
    if let Some(cause) = &set.change_cause {
        annotations["kubernetes.io/change-cause"] = cause.clone().into();
    }
    metadata["annotations"] = annotations;
    let deployment = world.api.get(Kind::Deployment, &set.deployment);
    let uid = deployment.map_or("", |deployment| deployment.uid.as_str());
    metadata["ownerReferences"] = owner("apps/v1", "Deployment", &set.deployment, uid);
    let mut status = counts([
        ("availableReplicas", u64::from(set.status.available)),
        ("readyReplicas", u64::from(set.status.ready)),
    ]);
    status.insert("replicas".to_owned(), set.status.replicas.into());
    json!({
        "metadata": metadata,
        "spec": {"replicas": set.replicas, "selector": {"matchLabels": set.selector},
            "template": hashed_template(set)},
        "status": status,
    })
}

/// The template of a ReplicaSet as it was written, with the label that tells its pods apart.
pub(crate) fn hashed_template(set: &ReplicaSet) -> Value {
    let mut template = set.document.clone();
    template["metadata"]["labels"]["pod-template-hash"] = set.hash.clone().into();
    template
}

/// A pod template, as far as it is modelled.
fn template(template: &PodTemplate) -> Value {
    let mut metadata = json!({"labels": template.labels});
    if !template.annotations.is_empty() {
        metadata["annotations"] = json!(template.annotations);
    }
    let spec = &template.spec;
    json!({
        "metadata": metadata,
        "spec": {
            "containers": spec.containers.iter().map(container).collect::<Vec<_>>(),
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": spec.termination_grace.as_micros() / 1_000_000,
        },
    })
}

fn container(container: &Container) -> Value {
    let mut fields = json!({"name": container.name, "image": container.image});
    if !container.ports.is_empty() {
        let port = |port: &crate::cluster::spec::ContainerPort| {
            let mut fields = json!({"containerPort": port.port, "protocol": port.protocol});
            if !port.name.is_empty() {
                fields["name"] = port.name.clone().into();
            }
            fields
        };
        fields["ports"] = container.ports.iter().map(port).collect();
    }
    if !container.env.is_empty() {
        let env = |(name, value): &(String, String)| json!({"name": name, "value": value});
        fields["env"] = container.env.iter().map(env).collect();
    }
    let probes = [
        ("livenessProbe", &container.liveness),
        ("readinessProbe", &container.readiness),
        ("startupProbe", &container.startup),
    ];
    for (key, probe) in probes {
        if let Some(found) = probe {
            fields[key] = probe_document(found);
        }
    }
    let mut resources = json!({});
    for (key, amount) in [("limits", container.limits), ("requests", container.requests)] {
        let amounts = amounts(amount);
        if !amounts.is_empty() {
            resources[key] = Value::Object(amounts);
        }
    }
    if resources != json!({}) {
        fields["resources"] = resources;
    }
    if let Some(pause) = container.pre_stop {
        let seconds = pause.as_micros() / 1_000_000;
        fields["lifecycle"] = json!({"preStop": {"sleep": {"seconds": seconds}}});
    }
    fields
}

fn amounts(amount: Resources) -> Map<String, Value> {
    let mut fields = Map::new();
    if 0 < amount.cpu_milli {
        fields.insert("cpu".to_owned(), cpu(amount.cpu_milli).into());
    }
    if 0 < amount.memory_bytes {
        fields.insert("memory".to_owned(), memory(amount.memory_bytes).into());
    }
    fields
}

/// An amount of CPU: `250m`, `2`.
pub(crate) fn cpu(milli: u64) -> String {
    if milli.is_multiple_of(1000) { (milli / 1000).to_string() } else { format!("{milli}m") }
}

/// An amount of memory in the largest unit that divides it: `512Mi`, `1Gi`.
pub(crate) fn memory(bytes: u64) -> String {
    let units = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let unit = units.iter().find(|(_, shift)| 0 < bytes && bytes.is_multiple_of(1 << shift));
    unit.map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

fn probe_document(probe: &Probe) -> Value {
    let mut fields = json!({
        "periodSeconds": probe.period_seconds,
        "timeoutSeconds": probe.timeout_seconds,
        "successThreshold": probe.success_threshold,
        "failureThreshold": probe.failure_threshold,
    });
    if 0 < probe.initial_delay_seconds {
        fields["initialDelaySeconds"] = probe.initial_delay_seconds.into();
    }
    match &probe.handler {
        ProbeHandler::HttpGet { path, port } => {
            fields["httpGet"] = json!({"path": path, "port": port, "scheme": "HTTP"});
        }
        ProbeHandler::TcpSocket { port } => fields["tcpSocket"] = json!({"port": port}),
        ProbeHandler::Process => fields["exec"] = json!({"command": ["true"]}),
    }
    fields
}

fn pod(pod: &Pod, world: &World) -> Value {
    let mut metadata = metadata(&pod.name, &pod.uid, pod.created, &pod.labels);
    if !pod.annotations.is_empty() {
        metadata["annotations"] = json!(pod.annotations);
    }
    let set = world.cluster.state.replica_sets.get(&pod.replica_set);
    let uid = set.map_or("", |set| set.uid.as_str());
    if !pod.replica_set.is_empty() {
        metadata["ownerReferences"] = owner("apps/v1", "ReplicaSet", &pod.replica_set, uid);
    }
    if let Some(since) = pod.deleting_since {
        let grace = pod.deletion_grace;
        metadata["deletionTimestamp"] = timestamp(since + grace).into();
        metadata["deletionGracePeriodSeconds"] = (grace.as_micros() / 1_000_000).into();
    }
    let mut spec = template(&pod.template)["spec"].take();
    if let Some(node) = &pod.node {
        spec["nodeName"] = node.clone().into();
    }
    json!({"metadata": metadata, "spec": spec, "status": pod_status(pod)})
}

fn pod_status(pod: &Pod) -> Value {
    let phase = match pod.phase {
        Phase::Pending => "Pending",
        Phase::Running => "Running",
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
    };
    let containers = pod.template.spec.containers.iter().zip(&pod.containers);
    let statuses: Vec<Value> =
        containers.map(|(spec, status)| container_status(spec, status)).collect();
    let mut status = json!({
        "phase": phase,
        "conditions": pod_conditions(pod),
        "containerStatuses": statuses,
        "qosClass": qos(pod),
    });
    if let Some(ip) = &pod.ip {
        status["podIP"] = ip.clone().into();
        status["podIPs"] = json!([{"ip": ip}]);
    }
    if pod.node.is_some() {
        status["startTime"] = timestamp(pod.created).into();
    }
    status
}

/// Guaranteed, Burstable or BestEffort (K8S-103).
pub(crate) fn qos(pod: &Pod) -> &'static str {
    let none = Resources::default();
    let containers = &pod.template.spec.containers;
    if containers.iter().all(|c| c.requests == none && c.limits == none) {
        return "BestEffort";
    }
    let full = |c: &Container| {
        let limits = c.limits;
        0 < limits.cpu_milli && 0 < limits.memory_bytes && (c.requests == none || c.requests == limits)
    };
    if containers.iter().all(full) { "Guaranteed" } else { "Burstable" }
}

/// Conditions of a pod (K8S-31).
fn pod_conditions(pod: &Pod) -> Vec<Value> {
    let running = pod.ip.is_some();
    let scheduled = pod.node.is_some();
    let text = |holds: bool| if holds { "True" } else { "False" };
    let all = [
        ("PodReadyToStartContainers", running),
        ("Initialized", scheduled),
        ("Ready", pod.is_ready()),
        ("ContainersReady", pod.is_ready()),
        ("PodScheduled", scheduled),
    ];
    let shown = all.into_iter().filter(|(kind, _)| scheduled || *kind == "PodScheduled");
    shown
        .map(|(kind, holds)| {
            let since = match kind {
                "Ready" | "ContainersReady" => pod.ready_changed,
                _ => pod.created,
            };
            let mut condition = json!({
                "type": kind, "status": text(holds), "lastTransitionTime": timestamp(since)});
            if let (false, "PodScheduled", Some(why)) = (holds, kind, &pod.unschedulable) {
                condition["reason"] = "Unschedulable".into();
                condition["message"] = why.clone().into();
            }
            if !holds && matches!(kind, "Ready" | "ContainersReady") {
                let names = pod.template.spec.containers.iter().map(|c| c.name.as_str());
                let names: Vec<&str> = names.collect();
                condition["reason"] = "ContainersNotReady".into();
                condition["message"] =
                    format!("containers with unready status: [{}]", names.join(" ")).into();
            }
            condition
        })
        .collect()
}

fn container_status(spec: &Container, status: &ContainerStatus) -> Value {
    let last = status.last_state.as_ref().map_or(json!({}), container_state);
    json!({
        "name": spec.name,
        "image": spec.image,
        "ready": status.ready,
        "started": status.started,
        "restartCount": status.restarts,
        "state": container_state(&status.state),
        "lastState": last,
    })
}

fn container_state(state: &ContainerState) -> Value {
    match state {
        ContainerState::Waiting { reason } => json!({"waiting": {"reason": reason}}),
        ContainerState::Running { started } => {
            json!({"running": {"startedAt": timestamp(*started)}})
        }
        ContainerState::Terminated { exit_code, reason, finished } => json!({"terminated": {
            "exitCode": exit_code, "reason": reason, "finishedAt": timestamp(*finished)}}),
    }
}

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
    let document = |(name, port, protocol): (String, u16, String)| {
        json!({"name": name, "port": port, "protocol": protocol})
    };
    endpoint_ports(service, world).into_iter().map(document).collect()
}

fn endpoints(object: &ObjectRef, world: &World) -> Option<Value> {
    let listed = world.cluster.state.endpoints.get(&object.name)?;
    let addresses = |ready: bool| -> Vec<Value> {
        let wanted = listed.pods.iter().filter(|e| !e.terminating && e.is_ready() == ready);
        wanted.map(|e| json!({"ip": e.ip, "targetRef": target(e, world)})).collect()
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

fn endpoint_slice(object: &ObjectRef, world: &World) -> Option<Value> {
    let service = resource::slice_service(world, &object.name)?;
    let listed = world.cluster.state.endpoints.get(service)?;
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
        "endpoints": listed.pods.iter().map(endpoint).collect::<Vec<_>>(),
        "ports": port_documents(service, world),
    }))
}

fn node(node: &Node, object: &ObjectRef, world: &World) -> Value {
    let amounts = json!({"cpu": cpu(node.cpu_milli), "memory": memory(node.memory_bytes),
        "pods": "110"});
    json!({
        "metadata": {"name": node.name, "labels": object.labels(world)},
        "spec": {},
        "status": {
            "allocatable": amounts,
            "capacity": amounts,
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                "message": "kubelet is posting ready status"}],
        },
    })
}

fn event(note: &ClusterNote) -> Value {
    let (kind, name) = note.object.split_once('/').unwrap_or(("", &note.object));
    let kind = Resource::named(kind).map_or(kind, |resource| resource.info().kind);
    json!({
        "metadata": {"name": resource::event_name(note), "namespace": "default",
            "creationTimestamp": timestamp(note.first)},
        "involvedObject": {"kind": kind, "name": name, "namespace": "default"},
        "type": note.level,
        "reason": note.reason,
        "message": note.message,
        "count": note.count,
        "firstTimestamp": timestamp(note.first),
        "lastTimestamp": timestamp(note.at),
    })
}
