//! What a manifest of the Kubernetes kinds says, with defaults filled in.
//!
//! Defaults are those of `k8s.io/api` as listed in the model reference, A.1, A.4 and A.6.

mod autoscaler;
mod config;
mod job;
mod proxy;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::time::SimDuration;

pub use autoscaler::{
    AutoscalerSpec, ScaleTarget, ScalingBehavior, ScalingPolicy, ScalingRules, SelectPolicy,
};
pub use config::{ConfigData, ConfigRef, ConfigVolume};
pub use job::JobSpec;
pub use proxy::ProxyConfig;

/// Labels, or the equality terms of a selector.
pub type Labels = BTreeMap<String, String>;

/// Whether an object with `labels` is selected. An empty selector selects nothing here, as in a
/// Service.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// `spec` of a Deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentSpec {
    /// Wanted pods; default 1.
    pub replicas: u32,
    /// `selector.matchLabels`.
    pub selector: Labels,
    /// The pods to make.
    pub template: PodTemplate,
    /// How to replace pods.
    pub strategy: Strategy,
    /// Seconds a pod must be ready before it counts as available; default 0 (K8S-08).
    pub min_ready_seconds: u32,
    /// Old ReplicaSets kept for rollback; default 10 (K8S-13).
    pub revision_history_limit: u32,
    /// Seconds without progress before the condition turns; default 600 (K8S-10).
    pub progress_deadline_seconds: u32,
    /// Whether rollouts are held.
    pub paused: bool,
}

/// `spec.strategy` of a Deployment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    /// All old pods go before new ones come (K8S-14).
    Recreate,
    /// Pods are exchanged a few at a time (K8S-01).
    RollingUpdate {
        /// `maxSurge`; default 25 %.
        surge: IntOrPercent,
        /// `maxUnavailable`; default 25 %.
        unavailable: IntOrPercent,
    },
}

/// A count, or a share of the replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrPercent {
    /// That many.
    Int(u32),
    /// That many of a hundred.
    Percent(u32),
}

/// `spec.template` of a Deployment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodTemplate {
    /// Labels of the pods.
    pub labels: Labels,
    /// Annotations of the pods.
    pub annotations: Labels,
    /// What runs in them.
    pub spec: PodSpec,
    /// The template as it is stored. Any change of it makes other pods, whether it is modelled or not
    /// (K8S-02).
    pub document: Value,
}

/// `spec` of a pod.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSpec {
    /// The containers, at least one.
    pub containers: Vec<Container>,
    /// What runs before them, one after the other, and sidecars (K8S-33).
    pub init_containers: Vec<Container>,
    /// When a container that has ended is started again.
    pub restart: RestartPolicy,
    /// Volumes that hold ConfigMaps and Secrets.
    pub volumes: Vec<ConfigVolume>,
    /// `terminationGracePeriodSeconds`; default 30 (K8S-61).
    pub termination_grace: SimDuration,
}

impl Default for PodSpec {
    fn default() -> Self {
        Self {
            containers: Vec::new(),
            init_containers: Vec::new(),
            restart: RestartPolicy::Always,
            volumes: Vec::new(),
            termination_grace: SimDuration::from_secs(30),
        }
    }
}

impl PodSpec {
    /// All containers by their place: those of the pod first, then the init containers.
    pub fn all(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().chain(&self.init_containers)
    }

    /// The container at a place.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn at(&self, place: usize) -> &Container {
        let init = place.checked_sub(self.containers.len());
        init.map_or_else(|| &self.containers[place], |place| &self.init_containers[place])
    }

    /// What the container at a place is for.
    pub fn role(&self, place: usize) -> Role {
        match place.checked_sub(self.containers.len()) {
            None => Role::Main,
            Some(init) if self.init_containers[init].sidecar => Role::Sidecar,
            Some(_) => Role::Init,
        }
    }
}

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What the pod is there for.
    Main,
    /// It runs to its end before the next one starts.
    Init,
    /// An init container with `restartPolicy: Always`: it starts before the next one and stays.
    Sidecar,
}

/// `restartPolicy` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestartPolicy {
    /// However it has ended; the default.
    #[default]
    Always,
    /// If it has failed.
    OnFailure,
    /// Never.
    Never,
}

/// `imagePullPolicy` of a container (K8S-55).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullPolicy {
    /// The registry is asked each time; the default for `:latest` and images without a tag.
    Always,
    /// An image that the node has is used; the default otherwise.
    #[default]
    IfNotPresent,
    /// The node must have the image.
    Never,
}

/// One container of a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    /// Name, unique in the pod.
    pub name: String,
    /// Image with tag; the scenario says how it behaves.
    pub image: String,
    /// Ports it declares.
    pub ports: Vec<ContainerPort>,
    /// When the image is pulled.
    pub pull: PullPolicy,
    /// Whether it is an init container that stays: `restartPolicy: Always`.
    pub sidecar: bool,
    /// ConfigMaps and Secrets that its environment is made from, in the kubelet's order.
    pub config: Vec<ConfigRef>,
    /// `readinessProbe`.
    pub readiness: Option<Probe>,
    /// `livenessProbe`.
    pub liveness: Option<Probe>,
    /// `startupProbe`.
    pub startup: Option<Probe>,
    /// `resources.requests`.
    pub requests: Resources,
    /// `resources.limits`; 0 means none.
    pub limits: Resources,
    /// `lifecycle.preStop` as a time it takes (`sleep`, or `exec` of `sleep N`).
    pub pre_stop: Option<SimDuration>,
}

/// One entry of `ports` of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// Name; empty if none.
    pub name: String,
    /// `containerPort`.
    pub port: u16,
    /// `protocol`; default TCP.
    pub protocol: String,
}

/// An amount of CPU and memory; 0 means not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_milli: u64,
    /// Bytes.
    pub memory_bytes: u64,
}

/// A probe with its defaults filled in (model reference A.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// How it asks.
    pub handler: ProbeHandler,
    /// `initialDelaySeconds`; default 0.
    pub initial_delay_seconds: u32,
    /// `periodSeconds`; default 10.
    pub period_seconds: u32,
    /// `timeoutSeconds`; default 1.
    pub timeout_seconds: u32,
    /// `successThreshold`; default 1.
    pub success_threshold: u32,
    /// `failureThreshold`; default 3.
    pub failure_threshold: u32,
    /// `terminationGracePeriodSeconds` of a liveness or startup probe: how long a container has to
    /// end after it has failed, in place of the pod's (K8S-44).
    pub grace: Option<SimDuration>,
}

/// How a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeHandler {
    /// `httpGet`: passes for 200 ≤ code < 400 (K8S-48).
    HttpGet {
        /// Path, default `/`.
        path: String,
        /// Port number, after resolving a port name.
        port: u16,
    },
    /// `tcpSocket`: passes if the connection is accepted.
    TcpSocket {
        /// Port number.
        port: u16,
    },
    /// `grpc`: passes when the application has started.
    Grpc {
        /// Port number.
        port: u16,
    },
    /// `exec`: passes when the application has started.
    Exec,
}

/// Which of a container's probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeKind {
    /// `startupProbe`.
    Startup,
    /// `readinessProbe`.
    Readiness,
    /// `livenessProbe`.
    Liveness,
}

/// `spec` of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSpec {
    /// Labels of the pods behind it (K8S-71).
    pub selector: Labels,
    /// Its ports, at least one.
    pub ports: Vec<ServicePort>,
    /// `type`; default `ClusterIP`.
    pub service_type: String,
}

/// One port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Name; empty if none.
    pub name: String,
    /// Port of the Service.
    pub port: u16,
    /// Port of the pods; a named port is resolved per pod.
    pub target: TargetPort,
    /// `protocol`; default TCP.
    pub protocol: String,
}

/// `targetPort` of a Service port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetPort {
    /// By number.
    Number(u16),
    /// By the name of a container port.
    Name(String),
}

/// `spec` of a `PodDisruptionBudget` (K8S-90).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetSpec {
    /// `minAvailable`.
    pub min_available: Option<IntOrPercent>,
    /// `maxUnavailable`; never given together with the other.
    pub max_unavailable: Option<IntOrPercent>,
    /// `selector.matchLabels`: an empty one selects all pods, none selects no pod.
    pub selector: Option<Labels>,
    /// `unhealthyPodEvictionPolicy: AlwaysAllow`; default `IfHealthyBudget` (K8S-91).
    pub always_allow: bool,
}

/// `spec` of a `ResourceQuota` (K8S-104).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaSpec {
    /// `hard`: the most of each resource; thousandths of a core, bytes, or pods.
    pub hard: BTreeMap<Resource, u64>,
}

/// What a quota limits. In the order of their keys, as the API lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// `cpu`: the same as `requests.cpu`.
    Cpu,
    /// `limits.cpu`.
    LimitsCpu,
    /// `limits.memory`.
    LimitsMemory,
    /// `memory`: the same as `requests.memory`.
    Memory,
    /// `pods` that have not ended.
    Pods,
    /// `requests.cpu`.
    RequestsCpu,
    /// `requests.memory`.
    RequestsMemory,
}
