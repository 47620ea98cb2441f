//! Kubernetes: objects, controllers, kubelets and endpoints.
//!
//! Rules K8S-01..17, 20..22 (rollouts), 30..57 (pods and probes), 60..64 (termination), 70..74
//! (endpoints), 80..88 (autoscaling), 90..94 (eviction and lost nodes), 100..104 (scheduling and quota).
//!
//! Each controller is a reconciler with a work queue: a change makes it look again after a watch
//! latency, it compares what is with what should be, and does one step (MOD-1). Simpler than the real
//! thing: objects owned by a deleted Deployment or Job get their deletion mark at once, without a
//! garbage collector that first has to notice.

pub mod api;
mod autoscaler;
mod back_off;
mod config;
mod container;
mod creation;
mod deployment;
pub mod disruption;
mod endpoints;
mod image;
pub mod invariant;
mod job;
pub mod kube_proxy;
mod kubelet;
pub(crate) mod names;
mod node;
mod node_loss;
mod notes;
pub mod pod;
pub mod probe;
mod proxy;
pub mod quota;
mod recommendation;
mod replica_set;
pub(crate) mod revision;
pub mod rollout;
pub mod rollout_status;
mod scaling;
mod scheduler;
pub mod spec;
pub mod state;
mod status;
mod termination;
#[cfg(test)]
mod tests;
pub mod usage;
pub mod version;
mod victim;
mod wake;
mod work_queue;

use std::collections::{BTreeMap, BTreeSet};

use crate::application::task::{Image, Task};
use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::container::Exit;
use crate::cluster::kube_proxy::KubeProxy;
use crate::cluster::kubelet::PodWork;
use crate::cluster::names::Names;
use crate::cluster::pod::PodId;
use crate::cluster::probe::ProbeAnswer;
use crate::cluster::scaling::History;
use crate::cluster::spec::ProbeKind;
use crate::cluster::state::{ClusterState, Node};
use crate::cluster::version::Version;
use crate::cluster::work_queue::WorkQueue;
use crate::random::{Random, Seed, Stream};
use crate::scenario::{ClusterShape, Timing};
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// The namespace in which everything lives that users write.
pub const NAMESPACE: &str = "default";

/// Kubernetes does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClusterEvent {
    /// The application has answered a probe.
    ProbeAnswered {
        /// The pod.
        pod: PodId,
        /// Which probe.
        kind: ProbeKind,
        /// Which question, as in `ApplicationEvent::Probed`; an answer that comes after the
        /// timeout is known by it.
        ask: u8,
        /// What it says.
        answer: ProbeAnswer,
    },
    /// The process of the application's container, the pod's first, has ended.
    ContainerExited {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
        /// Exit status, 0 to 255.
        code: u8,
    },
    /// The kernel has killed the application's process: it took more memory than its limit (K8S-56).
    OutOfMemory {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// A controller takes what is due from its work queue.
    Reconcile(Controller),
    /// The kubelet sees a pod that was bound to its node.
    PodSeen(PodId),
    /// A node stops, with all that runs there (K8S-92); the number is its place in the list.
    NodeLost(u16),
    /// The loss of a node is noticed (K8S-92).
    NodeUnreachable(u16),
    /// Pods of an unreachable node must tolerate that from now on (K8S-94).
    NodeTainted(u16),
    /// Pods no longer tolerate that their node is unreachable (K8S-93).
    NodeIntolerable(u16),
    /// kube-proxy writes its rules anew.
    RulesDue,
    /// The metrics server measures all pods.
    MetricsDue,
    /// The kubelet tries again to mount the volumes of a pod.
    MountDue(PodId),
    /// The pull of an image is over.
    ImagePulled {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
    },
    /// The kubelet creates a container, or tries it again.
    CreateDue {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
    },
    /// The task that runs in a container ends.
    TaskOver {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
        /// Which run of the container.
        run: u16,
    },
    /// The kubelet looks at a container whose image could not be pulled (K8S-54).
    ImageBackOff {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
        /// Whether the back-off is over and the pull is tried again.
        retry: bool,
    },
    /// The period of a probe begins (K8S-40).
    ProbeDue {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
        /// Which probe.
        kind: ProbeKind,
    },
    /// A probe has got no answer for `timeoutSeconds`.
    ProbeTimedOut {
        /// The pod.
        pod: PodId,
        /// Which probe.
        kind: ProbeKind,
        /// Which question.
        ask: u8,
    },
    /// The kubelet refreshes the status of a pod, which may probe readiness early (K8S-45).
    PodRefreshed(PodId),
    /// The kubelet looks at a container that has ended: it starts it, or lets it wait (K8S-50).
    RestartDue {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
        /// The run that has ended.
        run: u16,
    },
    /// The kubelet sees that a pod is being deleted (K8S-60).
    DeletionSeen(PodId),
    /// `preStop` is over: SIGTERM (K8S-61).
    PreStopOver {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
        /// Which run of the container.
        run: u16,
    },
    /// The grace period is over: SIGKILL (K8S-61).
    GraceOver {
        /// The pod.
        pod: PodId,
        /// Place of the container in the template.
        container: u8,
        /// Which run of the container.
        run: u16,
    },
    /// The kubelet reports that all containers have ended: the pod's object is removed (K8S-63).
    PodGone(PodId),
    /// The proxy of a pod, its sidecar, is up: it has its configuration and takes connections.
    ProxyUp {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
    /// The proxy of a pod has ended.
    ProxyExited {
        /// The pod.
        pod: PodId,
        /// Which run of the container.
        run: u16,
    },
}

/// The controllers that work off a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Controller {
    /// Makes ReplicaSets.
    Deployment,
    /// Makes pods.
    ReplicaSet,
    /// Makes pods that end.
    Job,
    /// Chooses nodes.
    Scheduler,
    /// Lists the pods of Services.
    EndpointSlice,
    /// Scales Deployments by what their pods use.
    Autoscaler,
}

/// Kubernetes: what its controllers know, and what they will do.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What users can see of it.
    pub state: ClusterState,
    /// Images that exist.
    images: BTreeMap<String, Image>,
    /// Images that a fault keeps in the registry (K8S-54).
    pub withheld: BTreeSet<String>,
    watch: (SimDuration, SimDuration),
    pull: (SimDuration, SimDuration),
    create: (SimDuration, SimDuration),
    crash_back_off_max: SimDuration,
    /// The version of the nodes.
    pub version: Version,
    seed: Seed,
    names: Names,
    watchers: [Random; 8],
    deployments: WorkQueue<String>,
    replica_sets: WorkQueue<String>,
    jobs: WorkQueue<String>,
    unscheduled: WorkQueue<PodId>,
    services: WorkQueue<String>,
    autoscalers: WorkQueue<String>,
    /// What each autoscaler remembers.
    histories: BTreeMap<String, History>,
    /// What the kubelets do, for every pod they have seen and not finished.
    kubelets: BTreeMap<PodId, PodWork>,
    /// Where new connections of callers without a proxy go, if there are such callers.
    pub kube_proxy: Option<KubeProxy>,
    next_pod: u32,
    /// When the next lost node may be emptied (K8S-94).
    next_eviction: SimTime,
}

impl Cluster {
    /// An empty cluster with the scenario's nodes. `images` are the images that can be pulled.
    pub fn new(
        shape: &ClusterShape,
        timing: &Timing,
        images: BTreeMap<String, Image>,
        seed: Seed,
    ) -> Self {
        let node = |number| Node {
            name: format!("node-{number}"),
            cpu_milli: shape.cpu_milli,
            memory_bytes: shape.memory_bytes,
            unschedulable: false,
            lost: false,
            unreachable: false,
            evicting: false,
            images: BTreeMap::new(),
            pulls_until: SimTime::from_micros(i64::MIN / 2),
            last_address: 1,
        };
        let nodes = (1..=shape.nodes).map(node).collect();
        Self {
            state: ClusterState { nodes, ..ClusterState::default() },
            images,
            withheld: BTreeSet::new(),
            watch: timing.watch,
            pull: timing.pull,
            create: timing.create,
            crash_back_off_max: timing.crash_back_off_max,
            version: shape.version,
            seed,
            names: Names::new(seed),
            watchers: [1, 2, 3, 4, 5, 6, 7, 8].map(|entity| seed.stream(Stream::Watch, entity)),
            deployments: WorkQueue::default(),
            replica_sets: WorkQueue::default(),
            jobs: WorkQueue::default(),
            unscheduled: WorkQueue::default(),
            services: WorkQueue::default(),
            autoscalers: WorkQueue::default(),
            histories: BTreeMap::new(),
            kubelets: BTreeMap::new(),
            kube_proxy: None,
            next_pod: 0,
            next_eviction: SimTime::from_micros(i64::MIN / 2),
        }
    }

    /// Lets one event happen.
    pub fn apply(&mut self, event: ClusterEvent, api: &mut ApiServer, scope: &mut Scope<'_, '_>) {
        if self.is_lost_work(event) {
            return;
        }
        match event {
            ClusterEvent::Reconcile(controller) => self.reconcile(controller, api, scope),
            ClusterEvent::PodSeen(pod) => self.pod_seen(pod, api, scope),
            ClusterEvent::NodeLost(node) => self.lose_node(node, scope),
            ClusterEvent::NodeUnreachable(node) => self.node_unreachable(node, scope),
            ClusterEvent::NodeTainted(node) => self.node_tainted(node, scope),
            ClusterEvent::NodeIntolerable(node) => self.node_intolerable(node, scope),
            ClusterEvent::RulesDue => self.write_rules(api, scope),
            ClusterEvent::MetricsDue => self.measure(scope),
            ClusterEvent::MountDue(pod) => self.mount(pod, api, scope),
            ClusterEvent::ImagePulled { pod, container } => {
                self.image_pulled(pod, container.into(), scope);
            }
            ClusterEvent::CreateDue { pod, container } => {
                self.create_container(pod, container.into(), api, scope);
            }
            ClusterEvent::TaskOver { pod, container, run } => {
                self.task_over(pod, container.into(), run, scope);
            }
            ClusterEvent::ImageBackOff { pod, container, retry } => {
                self.image_back_off(pod, container.into(), retry, scope);
            }
            ClusterEvent::ProbeDue { pod, container, kind } => {
                self.probe_due(pod, container, kind, scope);
            }
            ClusterEvent::ProbeAnswered { pod, kind, ask, answer } => {
                self.probe_answered(pod, kind, ask, answer, scope);
            }
            ClusterEvent::ProbeTimedOut { pod, kind, ask } => {
                self.probe_timed_out(pod, kind, ask, scope);
            }
            ClusterEvent::PodRefreshed(pod) => self.probe_readiness_early(pod, scope),
            ClusterEvent::ContainerExited { pod, run, code } => {
                self.container_exited(pod, kubelet::APPLICATION, run, Exit::with(code), scope);
            }
            ClusterEvent::OutOfMemory { pod, run } => {
                self.container_exited(pod, kubelet::APPLICATION, run, Exit::OUT_OF_MEMORY, scope);
            }
            ClusterEvent::ProxyUp { pod, run } => self.proxy_up(pod, run, scope),
            ClusterEvent::ProxyExited { pod, run } => self.proxy_exited(pod, run, scope),
            ClusterEvent::RestartDue { pod, container, run } => {
                self.restart_due(pod, container.into(), run, api, scope);
            }
            ClusterEvent::DeletionSeen(pod) => self.deletion_seen(pod, scope),
            ClusterEvent::PreStopOver { pod, container, run } => {
                self.terminate_container(pod, container.into(), run, scope);
            }
            ClusterEvent::GraceOver { pod, container, run } => {
                self.kill_container(pod, container.into(), run, scope);
            }
            ClusterEvent::PodGone(pod) => self.remove_pod(pod, scope),
        }
    }

    /// An object was written or deleted: the controllers that watch its kind will look at it.
    pub fn object_changed(
        &mut self,
        kind: Kind,
        name: &str,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        match kind {
            Kind::Deployment if api.get(kind, name).is_none() => {
                self.delete_dependents(name, scope);
            }
            Kind::Deployment => self.wake_deployment(name, scope.id(), scope),
            Kind::Job if api.get(kind, name).is_none() => self.job_deleted(name, scope),
            Kind::Job => self.wake_job(name, scope.id(), scope),
            Kind::Service => {
                self.service_seen(name, api, scope);
                self.wake_service(name, scope.id(), scope);
            }
            Kind::HorizontalPodAutoscaler => self.autoscaler_changed(name, api, scope),
            // Quotas are asked when a pod is created, and a ReplicaSet that failed tries again in
            // time; budgets are asked when a pod is evicted. The rest is for others to see.
            _ => {}
        }
    }

    /// `kubectl label|annotate|patch` of a pod: its labels or annotations have been changed in
    /// `state`; owners and endpoints look again.
    pub fn pod_relabelled(&mut self, pod: PodId, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get_mut(&pod) else { return };
        pod.changed_by = scope.id();
        self.state.version += 1;
        // Its owner may lose it, and another ReplicaSet may adopt it.
        let sets: Vec<String> = self.state.replica_sets.keys().cloned().collect();
        for set in sets {
            self.wake_replica_set(&set, scope.id(), scope);
        }
        self.wake_services(scope.id(), scope);
    }

    /// What an image does that runs and ends; None if it is no such image.
    pub fn task(&self, image: &str) -> Option<&Task> {
        match self.images.get(image)? {
            Image::Task(task) => Some(task),
            Image::Server => None,
        }
    }

    /// A fresh `metadata.uid`.
    pub fn fresh_uid(&mut self) -> String {
        self.names.uid()
    }

    fn reconcile(
        &mut self,
        controller: Controller,
        api: &mut ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let now = scope.now();
        match controller {
            Controller::Deployment => {
                while let Some((name, cause)) = self.deployments.take(now) {
                    if let Some(object) = api.get(Kind::Deployment, &name)
                        && let Spec::Deployment(spec) = &object.manifest.spec
                    {
                        self.reconcile_deployment(object, spec, cause, scope);
                    }
                }
            }
            Controller::ReplicaSet => {
                while let Some((name, cause)) = self.replica_sets.take(now) {
                    self.reconcile_replica_set(&name, cause, api, scope);
                }
            }
            Controller::Job => {
                while let Some((name, cause)) = self.jobs.take(now) {
                    self.reconcile_job(&name, cause, api, scope);
                }
            }
            Controller::Scheduler => {
                while let Some((pod, cause)) = self.unscheduled.take(now) {
                    self.schedule(pod, cause, scope);
                }
            }
            Controller::EndpointSlice => {
                while let Some((name, cause)) = self.services.take(now) {
                    self.reconcile_endpoints(&name, cause, api, scope);
                }
            }
            Controller::Autoscaler => {
                while let Some((name, cause)) = self.autoscalers.take(now) {
                    self.reconcile_autoscaler(&name, cause, api, scope);
                }
            }
        }
    }
}
