//! Pods and pod templates as documents.

use serde_json::{Value, json};

use super::{metadata, owner};
use crate::cluster::pod::{ContainerState, ContainerStatus, Owner, Phase, Pod};
use crate::cluster::spec::{Container, Resources, Role};
use crate::console::age::timestamp;
use crate::world::World;

/// A pod.
pub(super) fn pod(pod: &Pod, world: &World) -> Value {
    let mut metadata = metadata(&pod.name, &pod.uid, pod.created, &pod.labels);
    if !pod.annotations.is_empty() {
        metadata["annotations"] = json!(pod.annotations);
    }
    match &pod.owner {
        Owner::Nobody => {}
        Owner::ReplicaSet(name) => {
            let set = world.cluster.state.replica_sets.get(name);
            let uid = set.map_or("", |set| set.uid.as_str());
            metadata["ownerReferences"] = owner("apps/v1", "ReplicaSet", name, uid);
        }
        Owner::Job { name, uid } => {
            metadata["ownerReferences"] = owner("batch/v1", "Job", name, uid);
        }
    }
    if let Some(since) = pod.deleting_since {
        let grace = pod.deletion_grace;
        metadata["deletionTimestamp"] = timestamp(since + grace).into();
        metadata["deletionGracePeriodSeconds"] = (grace.as_micros() / 1_000_000).into();
    }
    let mut spec = pod.template.document["spec"].clone();
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
    let statuses: Vec<Value> = pod.mains().map(container_status).collect();
    let inits: Vec<Value> = pod.inits().map(init_status).collect();
    let mut status = json!({
        "phase": phase,
        "conditions": pod_conditions(pod),
        "containerStatuses": statuses,
        "qosClass": qos(pod),
    });
    if !inits.is_empty() {
        status["initContainerStatuses"] = inits.into();
    }
    if let Some(ip) = &pod.ip {
        status["podIP"] = ip.clone().into();
        status["podIPs"] = json!([{"ip": ip}]);
    }
    if let Some(started) = pod.started {
        status["startTime"] = timestamp(started).into();
    }
    status
}

/// Guaranteed, Burstable or `BestEffort` (K8S-103).
fn qos(pod: &Pod) -> &'static str {
    let none = Resources::default();
    let containers = || pod.template.spec.all();
    if containers().all(|c| c.requests == none && c.limits == none) {
        return "BestEffort";
    }
    let full = |c: &Container| {
        let limits = c.limits;
        0 < limits.cpu_milli
            && 0 < limits.memory_bytes
            && (c.requests == none || c.requests == limits)
    };
    if containers().all(full) { "Guaranteed" } else { "Burstable" }
}

/// Conditions of a pod (K8S-31).
fn pod_conditions(pod: &Pod) -> Vec<Value> {
    let running = pod.ip.is_some();
    let scheduled = pod.node.is_some();
    let text = |holds: bool| if holds { "True" } else { "False" };
    let all = [
        ("PodReadyToStartContainers", running),
        ("Initialized", pod.initialized),
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
                let names = unready(pod);
                condition["reason"] = "ContainersNotReady".into();
                condition["message"] =
                    format!("containers with unready status: [{}]", names.join(" ")).into();
            }
            condition
        })
        .collect()
}

/// Names of the containers that are not ready, sidecars first.
fn unready(pod: &Pod) -> Vec<&str> {
    let spec = &pod.template.spec;
    let places = spec.containers.len()..spec.all().count();
    let sidecars = places.filter(|place| spec.role(*place) == Role::Sidecar);
    let is_ready = |place: &usize| pod.containers.get(*place).is_some_and(|status| status.ready);
    let unready = sidecars.chain(0..spec.containers.len()).filter(|place| !is_ready(place));
    unready.map(|place| spec.at(place).name.as_str()).collect()
}

/// An init container is ready once it has done its work.
fn init_status((spec, status): (&Container, &ContainerStatus)) -> Value {
    let mut document = container_status((spec, status));
    if !spec.sidecar && status.has_succeeded() {
        document["ready"] = true.into();
    }
    document
}

fn container_status((spec, status): (&Container, &ContainerStatus)) -> Value {
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
        ContainerState::Terminated { exit_code, reason, started, finished } => {
            json!({"terminated": {"exitCode": exit_code, "reason": reason,
                "startedAt": timestamp(*started), "finishedAt": timestamp(*finished)}})
        }
    }
}
