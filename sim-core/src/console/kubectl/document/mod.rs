//! Objects as documents: what `-o yaml`, `-o json`, `-o jsonpath` and `describe` read.

mod application;
mod endpoints;
mod flux;
mod job;
mod pod;
mod rollout;

pub(crate) use endpoints::endpoint_ports;
pub(crate) use job::strip as strip_job;

use serde_json::{Map, Value, json};

use crate::cluster::api::{Kind, Object, Spec};
use crate::cluster::disruption;
use crate::cluster::quota::{self, Amounts};
use crate::cluster::spec::{AutoscalerSpec, Labels};
use crate::cluster::state::{
    AutoscalerStatus, ClusterNote, Condition, DeploymentStatus, Node, ReplicaSet,
};
use crate::console::age::timestamp;
use crate::console::kubectl::resource::{self, ObjectRef, Resource};
use crate::flagger::Status;
use crate::manifest::amount::{cpu, memory};
use crate::time::SimTime;
use crate::world::World;

/// The object as the API server gives it out; null if it does not exist.
pub(crate) fn live(object: &ObjectRef, world: &World) -> Value {
    let state = &world.cluster.state;
    let name = object.name.as_str();
    let document = match object.resource {
        Resource::Object(kind) => world.api.get(kind, name).map(|o| written(kind, o, world)),
        Resource::Pod => state.pod_named(name).map(|found| pod::pod(found, world)),
        Resource::ReplicaSet => state.replica_sets.get(name).map(|set| replica_set(set, world)),
        Resource::Endpoints => endpoints::endpoints(object, world),
        Resource::EndpointSlice => endpoints::endpoint_slice(object, world),
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
        if has_generation(kind) {
            metadata.insert("generation".to_owned(), object.generation.into());
        }
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
        Spec::Job(_) => job::complete(&mut document, object, world),
        Spec::Service(_) => {
            let address = cluster_ip(name);
            document["spec"]["clusterIP"] = address.clone().into();
            document["spec"]["clusterIPs"] = json!([address]);
            document["status"] = json!({"loadBalancer": {}});
        }
        Spec::ResourceQuota(spec) => {
            let shown = |amounts: &Amounts| {
                let pairs = amounts.iter().map(|(of, amount)| (of.key(), of.shown(*amount)));
                json!(pairs.collect::<std::collections::BTreeMap<_, _>>())
            };
            let used = shown(&quota::used(spec, &world.cluster.state));
            document["status"] = json!({"hard": shown(&spec.hard), "used": used});
        }
        Spec::HorizontalPodAutoscaler(spec) => {
            let status = world.cluster.state.autoscalers.get(name).cloned().unwrap_or_default();
            document["status"] = autoscaler_status(&status, spec);
        }
        Spec::PodDisruptionBudget(spec) => {
            let status = disruption::status(spec, &world.cluster.state, &world.api);
            document["status"] = json!({
                "currentHealthy": status.healthy,
                "desiredHealthy": status.desired,
                "disruptionsAllowed": status.allowed,
                "expectedPods": status.expected,
                "observedGeneration": object.generation,
            });
        }
        Spec::Application(_) => document["status"] = application::status(name, world),
        Spec::Canary(_) => document["status"] = canary(name, world),
        Spec::Rollout(_) => rollout::complete(&mut document, name, world),
        Spec::KruiseRollout(_) => document["status"] = kruise(name, world),
        Spec::AnalysisRun(_) => rollout::complete_run(&mut document, name, world),
        Spec::GitRepository(_) => document["status"] = flux::source(name, world),
        Spec::Kustomization(_) => document["status"] = flux::kustomization(name, world),
        _ => {}
    }
    document
}

/// What Flagger reports of a Canary.
fn canary(name: &str, world: &World) -> Value {
    world.flagger.status(name).map_or_else(|| json!({}), Status::document)
}

/// What OpenKruise reports of a Rollout.
fn kruise(name: &str, world: &World) -> Value {
    world.kruise.status(name).map_or_else(|| json!({}), |status| status.document())
}

/// Whether the API server counts the changes of the content of a kind.
fn has_generation(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Service
            | Kind::ConfigMap
            | Kind::Secret
            | Kind::ResourceQuota
            | Kind::HorizontalPodAutoscaler
    )
}

/// The virtual address of a Service: it depends on the name alone, in the usual range.
pub(crate) fn cluster_ip(service: &str) -> String {
    let hash = service
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
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
    let conditions = [
        ("Available", &status.available),
        ("Progressing", &status.progressing),
        ("ReplicaFailure", &status.failure),
    ];
    let conditions: Vec<Value> = conditions
        .into_iter()
        .filter(|(_, condition)| condition.is_present())
        .map(|(kind, condition)| condition_document(kind, condition))
        .collect();
    if !conditions.is_empty() {
        fields.insert("conditions".to_owned(), conditions.into());
    }
    Value::Object(fields)
}

fn autoscaler_status(status: &AutoscalerStatus, spec: &AutoscalerSpec) -> Value {
    let conditions = [
        ("AbleToScale", &status.able),
        ("ScalingActive", &status.active),
        ("ScalingLimited", &status.limited),
    ];
    let conditions = conditions.into_iter().filter(|(_, condition)| condition.is_present());
    let conditions: Vec<Value> = conditions
        .map(|(kind, condition)| {
            let mut document = condition_document(kind, condition);
            if let Some(fields) = document.as_object_mut() {
                fields.remove("lastUpdateTime");
            }
            document
        })
        .collect();
    let mut fields = counts([("currentReplicas", u64::from(status.current))]);
    fields.insert("desiredReplicas".to_owned(), status.desired.into());
    if !conditions.is_empty() {
        fields.insert("conditions".to_owned(), conditions.into());
    }
    if let Some(usage) = status.usage {
        let current = json!({"averageUtilization": usage.percent,
            "averageValue": cpu(usage.mean_milli)});
        let metric = json!({"type": "Resource", "resource": {"name": "cpu", "current": current}});
        let metrics = vec![metric; spec.utilizations.len()];
        fields.insert("currentMetrics".to_owned(), metrics.into());
    }
    if let Some(at) = status.last_scaled {
        fields.insert("lastScaleTime".to_owned(), timestamp(at).into());
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
    let mut annotations = match set.controller {
        Kind::Rollout => rollout::set_annotations(set, world),
        _ => json!({
            "deployment.kubernetes.io/desired-replicas": set.desired_replicas.to_string(),
            "deployment.kubernetes.io/max-replicas": set.max_replicas.to_string(),
            "deployment.kubernetes.io/revision": set.revision.to_string(),
        }),
    };
    if let Some(cause) = &set.change_cause {
        annotations["kubernetes.io/change-cause"] = cause.clone().into();
    }
    metadata["annotations"] = annotations;
    let controller = world.api.get(set.controller, &set.deployment);
    let uid = controller.map_or("", |controller| controller.uid.as_str());
    let (version, kind) = (set.controller.versions()[0], set.controller.name());
    metadata["ownerReferences"] = owner(version, kind, &set.deployment, uid);
    let mut status = counts([
        ("availableReplicas", u64::from(set.status.available)),
        ("readyReplicas", u64::from(set.status.ready)),
    ]);
    status.insert("replicas".to_owned(), set.status.replicas.into());
    if set.failure.is_present() {
        let condition = condition_document("ReplicaFailure", &set.failure);
        status.insert("conditions".to_owned(), json!([condition]));
    }
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
    template["metadata"]["labels"][set.hash_label()] = set.hash.clone().into();
    template
}

fn node(node: &Node, object: &ObjectRef, world: &World) -> Value {
    let amounts = json!({"cpu": cpu(node.cpu_milli), "memory": memory(node.memory_bytes),
        "pods": "110"});
    let [status, reason, message] = node.ready_condition();
    json!({
        "metadata": {"name": node.name, "labels": object.labels(world)},
        "spec": node_spec(node),
        "status": {
            "allocatable": amounts,
            "capacity": amounts,
            "conditions": [{"type": "Ready", "status": status, "reason": reason,
                "message": message}],
        },
    })
}

/// Only what is not the default, as Go leaves it out.
fn node_spec(node: &Node) -> Value {
    let mut spec = Map::new();
    let taints: Vec<Value> = node
        .taints()
        .into_iter()
        .map(|(key, effect)| json!({"key": key, "effect": effect}))
        .collect();
    if !taints.is_empty() {
        spec.insert("taints".to_owned(), taints.into());
    }
    if node.unschedulable {
        spec.insert("unschedulable".to_owned(), true.into());
    }
    Value::Object(spec)
}

fn event(note: &ClusterNote) -> Value {
    let (kind, name) = note.object.split_once('/').unwrap_or(("", &note.object));
    let kind = Resource::named(kind).map_or(kind, |resource| resource.info().kind);
    let mut involved = json!({"kind": kind, "name": name, "namespace": "default"});
    if !note.field_path.is_empty() {
        involved["fieldPath"] = note.field_path.as_str().into();
    }
    json!({
        "metadata": {"name": resource::event_name(note), "namespace": "default",
            "creationTimestamp": timestamp(note.first)},
        "involvedObject": involved,
        "type": note.level,
        "reason": note.reason,
        "message": note.message,
        "count": note.count,
        "firstTimestamp": timestamp(note.first),
        "lastTimestamp": timestamp(note.at),
    })
}
