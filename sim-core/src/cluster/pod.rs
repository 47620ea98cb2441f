//! Pods and their containers, as the API shows them.

use crate::cluster::spec::{Container, Labels, PodTemplate, ProxyConfig};
use crate::cluster::usage::Usage;
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};

/// Names one pod for the whole run; never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodId(pub u32);

/// `status.phase` (K8S-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not scheduled, pulling images, or not yet started.
    Pending,
    /// All containers were created and at least one runs, starts or restarts.
    Running,
    /// All containers ended with success.
    Succeeded,
    /// All containers ended, one with failure.
    Failed,
}

/// `state` of a container (K8S-32).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Not running, with the reason shown in the STATUS column.
    Waiting {
        /// `ContainerCreating`, `CrashLoopBackOff`, `ErrImagePull`, ...
        reason: &'static str,
    },
    /// Running.
    Running {
        /// Since when.
        started: SimTime,
    },
    /// Ended.
    Terminated {
        /// Exit status.
        exit_code: i32,
        /// `Completed`, `Error`, `OOMKilled`.
        reason: &'static str,
        /// When it began.
        started: SimTime,
        /// When it ended.
        finished: SimTime,
    },
}

/// One container of a pod.
#[derive(Clone, Debug)]
pub struct ContainerStatus {
    /// What it is doing.
    pub state: ContainerState,
    /// How the previous run ended, if there was one.
    pub last_state: Option<ContainerState>,
    /// How often it was restarted.
    pub restarts: u32,
    /// `started`: the startup probe has passed, or there is none and it runs.
    pub started: bool,
    /// `ready`: the readiness probe passes, or there is none and it runs.
    pub ready: bool,
}

/// Who looks after a pod: the owner in `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// Nobody: its labels were changed, so that its ReplicaSet has let go of it.
    #[default]
    Nobody,
    /// The ReplicaSet of this name.
    ReplicaSet(String),
    /// A Job. A later one of the same name has another UID, and so does not own the pod.
    Job {
        /// Its `metadata.name`.
        name: String,
        /// Its `metadata.uid`.
        uid: String,
    },
}

/// A pod.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its id.
    pub id: PodId,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
    /// What made it and looks after it.
    pub owner: Owner,
    /// Its labels now; the template's, `pod-template-hash`, and what users changed.
    pub labels: Labels,
    /// Its annotations now.
    pub annotations: Labels,
    /// What it was made from, with what the injector has put in.
    pub template: PodTemplate,
    /// How its sidecar behaves, if Istio has injected one (IST-80).
    pub proxy: Option<ProxyConfig>,
    /// `metadata.creationTimestamp`.
    pub created: SimTime,
    /// `metadata.deletionTimestamp` is set since then.
    pub deleting_since: Option<SimTime>,
    /// `metadata.deletionGracePeriodSeconds`; means something once it is being deleted.
    pub deletion_grace: SimDuration,
    /// The node it runs on, once scheduled.
    pub node: Option<String>,
    /// Its address, once it has one.
    pub ip: Option<String>,
    /// Why it cannot be scheduled, in the scheduler's words (K8S-102).
    pub unschedulable: Option<String>,
    /// Phase.
    pub phase: Phase,
    /// Condition `Initialized`: its init containers are done, and its sidecars have started (K8S-33).
    pub initialized: bool,
    /// Containers by place: those of the pod first, then the init containers.
    pub containers: Vec<ContainerStatus>,
    /// `status.startTime`: when the kubelet took it on.
    pub started: Option<SimTime>,
    /// What it uses, as the metrics server last measured it; None if it has no measure.
    pub usage: Option<Usage>,
    /// Condition `Ready`, and since when it has this value.
    pub ready: Option<SimTime>,
    /// When condition `Ready` last changed.
    pub ready_changed: SimTime,
    /// The event that last changed it: the cause of what follows.
    pub changed_by: EventId,
}

impl Pod {
    /// The ReplicaSet that owns it; empty if none does.
    pub fn replica_set(&self) -> &str {
        match &self.owner {
            Owner::ReplicaSet(name) => name,
            Owner::Nobody | Owner::Job { .. } => "",
        }
    }

    /// Whether the Job with this UID owns it.
    pub fn is_of_job(&self, job: &str) -> bool {
        matches!(&self.owner, Owner::Job { uid, .. } if uid == job)
    }

    /// Whether all containers are ready (K8S-31).
    pub fn is_ready(&self) -> bool {
        self.ready.is_some()
    }

    /// Whether it is being deleted.
    pub fn is_terminating(&self) -> bool {
        self.deleting_since.is_some()
    }

    /// Whether it counts as a replica: it neither ends nor has ended (K8S-22).
    pub fn is_active(&self) -> bool {
        !self.is_terminating() && !self.has_ended()
    }

    /// Whether all its containers have ended for good.
    pub fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// When it becomes available: it has been ready for longer than `min_ready_seconds`
    /// (K8S-08). None while it is not ready.
    pub fn available_from(&self, min_ready_seconds: u32) -> Option<SimTime> {
        let ready = self.ready?;
        Some(match min_ready_seconds {
            0 => ready,
            // The rule is "less than now", in times of whole seconds.
            wait => ready + SimDuration::from_secs(u64::from(wait)) + SimDuration::from_micros(1),
        })
    }

    /// Label `version`; empty if it has none.
    pub fn version(&self) -> &str {
        self.labels.get("version").map_or("", String::as_str)
    }

    /// How long it has existed, not counting the time before the scenario began.
    pub fn lifetime(&self, now: SimTime) -> SimDuration {
        now.since(self.created.max(SimTime::ZERO))
    }

    /// The containers of the pod, with their status once the kubelet has seen it.
    pub fn mains(&self) -> impl DoubleEndedIterator<Item = (&Container, &ContainerStatus)> {
        self.template.spec.containers.iter().zip(&self.containers)
    }

    /// The init containers, sidecars among them.
    pub fn inits(&self) -> impl ExactSizeIterator<Item = (&Container, &ContainerStatus)> {
        let mains = self.template.spec.containers.len().min(self.containers.len());
        self.template.spec.init_containers.iter().zip(&self.containers[mains..])
    }

    /// The sidecars.
    pub fn sidecars(&self) -> impl Iterator<Item = (&Container, &ContainerStatus)> {
        self.inits().filter(|(container, _)| container.sidecar)
    }

    /// The containers that decide whether it is ready: its own and the sidecars.
    pub fn lasting(&self) -> impl Iterator<Item = (&Container, &ContainerStatus)> {
        self.mains().chain(self.sidecars())
    }

    /// The STATUS column of `kubectl get pods`.
    pub fn display_status(&self) -> String {
        if self.is_terminating() && !self.has_ended() {
            return "Terminating".to_owned();
        }
        if self.node.is_none() {
            return "Pending".to_owned();
        }
        if let Some(status) = self.init_status().filter(|_| !self.initialized) {
            return status;
        }
        let shown = self.mains().find_map(|(_, container)| match &container.state {
            ContainerState::Waiting { reason } => Some(*reason),
            ContainerState::Terminated { reason, .. } => Some(*reason),
            ContainerState::Running { .. } => None,
        });
        let runs = self.mains().any(|(_, container)| container.is_running() && container.ready);
        match (self.phase, shown) {
            // Some containers are done, others go on.
            (_, Some("Completed")) if runs && self.is_ready() => "Running",
            (_, Some("Completed")) if runs => "NotReady",
            (_, Some(reason)) => reason,
            (Phase::Pending, None) => "Pending",
            (Phase::Running, None) => "Running",
            (Phase::Succeeded, None) => "Succeeded",
            (Phase::Failed, None) => "Failed",
        }
        .to_owned()
    }

    /// What it waits for while it is being initialized: `Init:0/2`, `Init:CrashLoopBackOff`.
    fn init_status(&self) -> Option<String> {
        let all = self.inits().len();
        let is_over = |(container, status): &(&Container, &ContainerStatus)| {
            status.has_succeeded() || (container.sidecar && status.started)
        };
        let (place, (_, status)) = self.inits().enumerate().find(|(_, one)| !is_over(one))?;
        Some(match &status.state {
            ContainerState::Terminated { reason, .. } => format!("Init:{reason}"),
            ContainerState::Waiting { reason: "PodInitializing" }
            | ContainerState::Running { .. } => {
                format!("Init:{place}/{all}")
            }
            ContainerState::Waiting { reason } => format!("Init:{reason}"),
        })
    }
}

impl ContainerStatus {
    /// Goes into another state. How a run ended is remembered.
    pub(super) fn change(&mut self, state: ContainerState) {
        let before = std::mem::replace(&mut self.state, state);
        if matches!(before, ContainerState::Terminated { .. }) {
            self.last_state = Some(before);
        }
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        matches!(self.state, ContainerState::Running { .. })
    }

    /// Whether it has ended well.
    pub fn has_succeeded(&self) -> bool {
        matches!(self.state, ContainerState::Terminated { exit_code: 0, .. })
    }
}
