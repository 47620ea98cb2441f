//! What the controllers keep: ReplicaSets, status of Deployments, nodes, endpoints, events.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::api::Kind;
use crate::cluster::pod::{Pod, PodId};
use serde_json::Value;

use crate::cluster::spec::{Labels, PodTemplate};
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};

/// A ReplicaSet: the pods of one revision of a Deployment.
#[derive(Clone, Debug)]
pub struct ReplicaSet {
    /// `NAME-HASH`.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
    /// The Deployment or Rollout that owns it.
    pub deployment: String,
    /// Which of the two that is.
    pub controller: Kind,
    /// What the label of [`Self::hash_label`] says.
    pub hash: String,
    /// `spec.selector`: the Deployment's, and `pod-template-hash`.
    pub selector: Labels,
    /// What its pods are made from; label `pod-template-hash` is added to them.
    pub template: PodTemplate,
    /// `spec.template` as the user wrote it, for `kubectl rollout undo`.
    pub document: Value,
    /// Annotation `deployment.kubernetes.io/revision`.
    pub revision: u64,
    /// Annotation `kubernetes.io/change-cause`, as it was when the revision was made.
    pub change_cause: Option<String>,
    /// `spec.replicas`.
    pub replicas: u32,
    /// `spec.minReadySeconds`.
    pub min_ready_seconds: u32,
    /// Annotation `deployment.kubernetes.io/desired-replicas`.
    pub desired_replicas: u32,
    /// Annotation `deployment.kubernetes.io/max-replicas`: wanted pods and surge together.
    pub max_replicas: u32,
    /// `metadata.creationTimestamp`.
    pub created: SimTime,
    /// `status`, as the ReplicaSet controller last wrote it.
    pub status: ReplicaCounts,
    /// Condition `ReplicaFailure`: a pod could not be created (K8S-20).
    pub failure: Condition,
}

impl ReplicaSet {
    /// The label that tells its pods from those of the other revisions (ROLL-04).
    pub fn hash_label(&self) -> &'static str {
        if self.controller == Kind::Rollout { ROLLOUT_HASH } else { "pod-template-hash" }
    }

    /// Whether this object owns it.
    pub fn is_owned_by(&self, controller: Kind, name: &str) -> bool {
        self.controller == controller && self.deployment == name
    }
}

/// The label by which a Rollout tells its revisions apart (ROLL-04).
pub const ROLLOUT_HASH: &str = "rollouts-pod-template-hash";

/// Counts of pods; terminating ones are in none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaCounts {
    /// `status.replicas`.
    pub replicas: u32,
    /// `status.readyReplicas`.
    pub ready: u32,
    /// `status.availableReplicas`.
    pub available: u32,
}

/// `status` of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// `status.observedGeneration`.
    pub observed_generation: u64,
    /// `status.replicas`, `.readyReplicas`, `.availableReplicas`, over all ReplicaSets.
    pub counts: ReplicaCounts,
    /// `status.updatedReplicas`.
    pub updated: u32,
    /// Annotation `deployment.kubernetes.io/revision`.
    pub revision: u64,
    /// Condition `Progressing`.
    pub progressing: Condition,
    /// Condition `Available`.
    pub available: Condition,
    /// Condition `ReplicaFailure`, copied from a ReplicaSet (K8S-20).
    pub failure: Condition,
}

/// One condition of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// `True`, `False`, `Unknown`; empty while the condition is not there.
    pub status: &'static str,
    /// Why, as one word.
    pub reason: &'static str,
    /// Why, for people.
    pub message: String,
    /// `lastUpdateTime`.
    pub updated: SimTime,
    /// `lastTransitionTime`.
    pub changed: SimTime,
}

/// `status` of a Job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// `metadata.uid` of the Job.
    pub uid: String,
    /// `active`: pods that have not ended and are not being deleted.
    pub active: u32,
    /// `ready`: those of them that are ready.
    pub ready: u32,
    /// `terminating`: pods that are being deleted.
    pub terminating: u32,
    /// `succeeded`.
    pub succeeded: u32,
    /// `failed`.
    pub failed: u32,
    /// `startTime`.
    pub started: Option<SimTime>,
    /// `completionTime`: only a Job that has succeeded has one.
    pub completed: Option<SimTime>,
    /// Condition `SuccessCriteriaMet`: enough pods have succeeded.
    pub success: Condition,
    /// Condition `FailureTarget`: it will fail once its pods are gone.
    pub failure: Condition,
    /// Condition `Complete`.
    pub complete: Condition,
    /// Condition `Failed`.
    pub has_failed: Condition,
    /// Condition `Suspended`.
    pub suspended: Condition,
    /// Pods that have ended and were counted.
    pub counted: BTreeSet<PodId>,
    /// Failures since the last success, and when the last one was.
    pub failures: (u32, SimTime),
}

impl JobStatus {
    /// Whether it has ended, well or not.
    pub fn is_finished(&self) -> bool {
        self.complete.status == "True" || self.has_failed.status == "True"
    }
}

/// `status` of a `HorizontalPodAutoscaler`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AutoscalerStatus {
    /// `currentReplicas`.
    pub current: u32,
    /// `desiredReplicas`.
    pub desired: u32,
    /// CPU use of the counted pods, if it is known.
    pub usage: Option<Utilization>,
    /// `lastScaleTime`.
    pub last_scaled: Option<SimTime>,
    /// Condition `AbleToScale`.
    pub able: Condition,
    /// Condition `ScalingActive`.
    pub active: Condition,
    /// Condition `ScalingLimited`.
    pub limited: Condition,
}

/// CPU use of several pods together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utilization {
    /// In per cent of what they request, cut to a whole number (K8S-80).
    pub percent: u32,
    /// Mean of a pod, in thousandths of a core.
    pub mean_milli: u64,
}

/// A node of the cluster.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name.
    pub name: String,
    /// Allocatable CPU, in thousandths of a core.
    pub cpu_milli: u64,
    /// Allocatable memory, in bytes.
    pub memory_bytes: u64,
    /// `spec.unschedulable`: it is cordoned, and gets no new pods (K8S-102).
    pub unschedulable: bool,
    /// Whether the machine has stopped, noticed or not (K8S-92).
    pub lost: bool,
    /// Condition `Ready` is Unknown (K8S-92).
    pub unreachable: bool,
    /// Pods must tolerate that it is unreachable, or go (K8S-93, 94).
    pub evicting: bool,
    /// Images that it has, or will have, and since when (K8S-55).
    pub images: BTreeMap<String, SimTime>,
    /// When all pulls are over that it has been asked for.
    pub pulls_until: SimTime,
    /// Last part of the newest pod address on it.
    pub last_address: u8,
}

/// The endpoints of one Service, as the EndpointSlice controller last wrote them.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// Every listed pod, by id.
    pub pods: Vec<Endpoint>,
    /// The event that last changed them.
    pub changed_by: EventId,
}

/// One endpoint of a Service (K8S-70).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The pod.
    pub pod: PodId,
    /// Its address.
    pub ip: String,
    /// `conditions.serving`: the pod is ready.
    pub serving: bool,
    /// `conditions.terminating`: the pod is being deleted.
    pub terminating: bool,
}

impl Endpoint {
    /// `conditions.ready`: new traffic may go there.
    pub fn is_ready(&self) -> bool {
        self.serving && !self.terminating
    }
}

/// An entry of `kubectl get events`.
#[derive(Clone, Debug)]
pub struct ClusterNote {
    /// When it last happened.
    pub at: SimTime,
    /// When it first happened.
    pub first: SimTime,
    /// How often.
    pub count: u32,
    /// `Normal` or `Warning`.
    pub level: &'static str,
    /// `Scheduled`, `Unhealthy`, `ScalingReplicaSet`, ...
    pub reason: &'static str,
    /// `pod/NAME`, `deployment/NAME`, ...
    pub object: String,
    /// The part of the object that it is about, as `spec.containers{app}`; empty for all of it.
    pub field_path: String,
    /// For people.
    pub message: String,
}

/// Everything the controllers know besides what users wrote.
#[derive(Clone, Debug, Default)]
pub struct ClusterState {
    /// ReplicaSets by name.
    pub replica_sets: BTreeMap<String, ReplicaSet>,
    /// Pods by id, until their object is removed.
    pub pods: BTreeMap<PodId, Pod>,
    /// Status of Deployments by name.
    pub deployments: BTreeMap<String, DeploymentStatus>,
    /// Status of Jobs by name.
    pub jobs: BTreeMap<String, JobStatus>,
    /// Status of autoscalers by name.
    pub autoscalers: BTreeMap<String, AutoscalerStatus>,
    /// `status.selector` of Rollouts by name: the pods that an autoscaler asks for (ROLL-08).
    pub rollout_selectors: BTreeMap<String, Labels>,
    /// Nodes, by name.
    pub nodes: Vec<Node>,
    /// Labels that users gave to namespaces, by namespace.
    pub namespace_labels: BTreeMap<String, Labels>,
    /// Endpoints by Service.
    pub endpoints: BTreeMap<String, Endpoints>,
    /// What `kubectl get events` lists, oldest first; at most [`NOTES_MAX`].
    pub notes: Vec<ClusterNote>,
    /// How long removed pods existed, summed up by their label `version`.
    pub removed: BTreeMap<String, SimDuration>,
    /// Raised by every change that a user could see; lets waiting commands look again.
    pub version: u64,
}

/// Most entries that `kubectl get events` keeps; a real cluster drops them after an hour.
pub const NOTES_MAX: usize = 500;

impl ClusterState {
    /// The pod of this name.
    pub fn pod_named(&self, name: &str) -> Option<&Pod> {
        self.pods.values().find(|pod| pod.name == name)
    }

    /// The ReplicaSets of a Deployment, oldest first.
    pub fn replica_sets_of<'a>(
        &'a self,
        deployment: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a ReplicaSet> + 'a {
        let mut sets: Vec<_> = self
            .replica_sets
            .values()
            .filter(|set| set.is_owned_by(Kind::Deployment, deployment))
            .collect();
        sets.sort_by_key(|set| (set.created, &set.name));
        sets.into_iter()
    }

    /// The ReplicaSets of a Rollout, the lowest revision first.
    pub fn revisions_of(&self, rollout: &str) -> Vec<&ReplicaSet> {
        let owned = |set: &&ReplicaSet| set.is_owned_by(Kind::Rollout, rollout);
        let mut sets: Vec<_> = self.replica_sets.values().filter(owned).collect();
        sets.sort_by_key(|set| (set.revision, &set.name));
        sets
    }

    /// The pods that a ReplicaSet owns and that are not on their way out (K8S-22).
    pub fn active_pods_of<'a>(&'a self, set: &'a str) -> impl Iterator<Item = &'a Pod> + 'a {
        self.pods.values().filter(move |pod| pod.replica_set() == set && pod.is_active())
    }
}
