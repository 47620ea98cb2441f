//! The `BatchRelease`: it brings up new pods in one Deployment and keeps the old ones (KRU-02, KRU-03).
//!
//! `pkg/controller/batchrelease/batchrelease_executor.go` and `control/bluegreenstyle/deployment/control.go`.

use serde_json::{Value, json};

use crate::cluster::api::{Kind, Spec};
use crate::cluster::spec::{IntOrPercent, Strategy};
use crate::kruise::pass::Pass;
use crate::kruise::spec::{scaled, written};
use crate::kruise::workload::{CONTROL, Found, ORIGINAL, STABLE_LABEL, Workload, remove};
use crate::time::SimDuration;
use crate::world::Scope;

/// How soon it goes on after each thing it does.
const STEP: SimDuration = SimDuration::from_secs(2);
/// `minReadySeconds` under which no pod is ever available.
const MAX_READY_SECONDS: u32 = i32::MAX as u32 - 1;
/// `progressDeadlineSeconds` that never passes.
const MAX_PROGRESS_SECONDS: u32 = i32::MAX as u32;

/// `status.phase` of a `BatchRelease`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchPhase {
    Preparing,
    Progressing,
    Finalizing,
    Completed,
}

/// `currentBatchState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchState {
    Upgrading,
    Verifying,
    Ready,
}

impl BatchState {
    /// As the API writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Upgrading => "Upgrading",
            Self::Verifying => "Verifying",
            Self::Ready => "Ready",
        }
    }
}

/// A `BatchRelease`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) phase: BatchPhase,
    pub(super) state: BatchState,
    /// `currentBatch`, from 0.
    pub(super) current: usize,
    /// `batchPartition`: how far it may go; none when it shall give the Deployment back.
    pub(super) partition: Option<usize>,
    /// `batches`: how many new pods each wants.
    pub(super) plan: Vec<IntOrPercent>,
    /// What it releases, and of how many pods, as it was when it looked.
    seen: (String, u32),
}

impl Batch {
    /// One that may go so far.
    pub(super) fn new(partition: usize, plan: Vec<IntOrPercent>) -> Self {
        let (phase, state) = (BatchPhase::Preparing, BatchState::Upgrading);
        let (partition, seen) = (Some(partition), (String::new(), 0));
        Self { phase, state, current: 0, partition, plan, seen }
    }

    /// Tells it how far it may go; a new plan is begun at that batch.
    pub(super) fn go_to(&mut self, partition: usize, plan: Vec<IntOrPercent>) {
        if self.plan != plan {
            (self.current, self.state) = (partition, BatchState::Upgrading);
        }
        (self.partition, self.plan) = (Some(partition), plan);
    }

    /// Whether the pods of this batch are ready.
    pub(super) fn is_ready(&self, index: usize) -> bool {
        self.state == BatchState::Ready && index <= self.current
    }
}

impl Pass<'_, '_, '_> {
    /// Looks at the `BatchRelease`.
    pub(super) fn run_batch(&mut self) {
        let Some(mut batch) = self.batch.take() else { return };
        if batch.partition.is_none() && batch.phase != BatchPhase::Completed {
            batch.phase = BatchPhase::Finalizing;
        }
        let again = match self.workload() {
            _ if batch.phase == BatchPhase::Completed => false,
            Found::Unsettled => true,
            Found::Missing => {
                batch.phase = BatchPhase::Completed;
                false
            }
            Found::Settled(workload) => self.go_on(&mut batch, &workload),
        };
        self.batch = Some(batch);
        if again {
            self.wake_batch(STEP);
        }
    }

    /// Does one thing; true if there is more to do.
    fn go_on(&mut self, batch: &mut Batch, workload: &Workload) -> bool {
        match batch.phase {
            BatchPhase::Preparing => {
                self.take_over(workload);
                batch.seen = (workload.revision.clone(), workload.replicas);
                batch.phase = BatchPhase::Progressing;
                true
            }
            // What a third version does is for the Rollout to say (KRU-09).
            BatchPhase::Progressing if batch.seen.0 != workload.revision => true,
            BatchPhase::Progressing if batch.seen.1 != workload.replicas => {
                batch.seen.1 = workload.replicas;
                batch.state = BatchState::Upgrading;
                true
            }
            BatchPhase::Progressing => {
                self.bring_up(batch, workload);
                true
            }
            BatchPhase::Finalizing => {
                // The source waits for all pods to be updated and ready, but asks an empty object when it
                // comes back; so the autoscaler returns at the second look, whatever the pods do.
                if let Some(original) = self.kept_settings() {
                    self.give_back(&original);
                    return true;
                }
                self.restore_autoscaler();
                batch.phase = BatchPhase::Completed;
                false
            }
            BatchPhase::Completed => false,
        }
    }

    fn bring_up(&mut self, batch: &mut Batch, workload: &Workload) {
        let Some(wanted) = batch.plan.get(batch.current).copied() else { return };
        match batch.state {
            BatchState::Upgrading => {
                if self.raise_surge(wanted, workload.replicas) {
                    batch.state = BatchState::Verifying;
                }
            }
            BatchState::Verifying | BatchState::Ready
                if !self.has_pods(batch.current, workload) =>
            {
                batch.state = BatchState::Upgrading;
            }
            BatchState::Verifying => batch.state = BatchState::Ready,
            BatchState::Ready if batch.partition.is_some_and(|most| batch.current < most) => {
                batch.current += 1;
                batch.state = BatchState::Upgrading;
            }
            BatchState::Ready => {}
        }
    }

    fn has_pods(&self, batch: usize, workload: &Workload) -> bool {
        let wanted = self.spec.steps.get(batch).map_or(0, |step| step.pods(workload.replicas));
        // The source hands no failureThreshold on for a Deployment: every pod must be ready.
        let (updated, ready) = workload.updated;
        wanted <= updated && wanted <= ready
    }

    /// Takes the autoscaler away, and makes every pod unavailable for ever, so that neither a step nor a
    /// rollback ends pods of either version.
    fn take_over(&mut self, workload: &Workload) {
        let name = self.spec.deployment.clone();
        self.disable_autoscaler();
        let mut sets = self.world.cluster.state.replica_sets_of(&name);
        let stable = sets.find(|set| set.hash == workload.stable).map(|set| set.name.clone());
        drop(sets);
        if let Some(set) = stable {
            let text = format!("replica set {set} is to wait {MAX_READY_SECONDS} s");
            self.note(text, &["KRU-03"]);
            let scope = &mut Scope { ctx: self.ctx, trace: &mut self.world.trace };
            self.world.cluster.set_min_ready_seconds(&set, MAX_READY_SECONDS, scope);
        }
        let Some(Spec::Deployment(spec)) = self.deployment() else { return };
        let (surge, unavailable) = match spec.strategy {
            Strategy::RollingUpdate { surge, unavailable } => (surge, unavailable),
            Strategy::Recreate => (IntOrPercent::Percent(25), IntOrPercent::Percent(25)),
        };
        let original = json!({
            "maxSurge": written(surge),
            "maxUnavailable": written(unavailable),
            "minReadySeconds": spec.min_ready_seconds,
            "progressDeadlineSeconds": spec.progress_deadline_seconds,
        });
        let control = json!({
            "apiVersion": Kind::KruiseRollout.versions()[0],
            "kind": "BatchRelease",
            "name": self.name,
            "controller": true,
        });
        let text = format!("takes deployment {name} over: nothing of it counts as available");
        self.change((Kind::Deployment, &name), (&text, &["KRU-03"]), |document| {
            let annotations = &mut document["metadata"]["annotations"];
            annotations[ORIGINAL] = original.to_string().into();
            annotations[CONTROL] = control.to_string().into();
            let spec = &mut document["spec"];
            spec["strategy"] = rolling(json!(1), json!(0));
            spec["minReadySeconds"] = MAX_READY_SECONDS.into();
            spec["progressDeadlineSeconds"] = MAX_PROGRESS_SECONDS.into();
        });
    }

    fn deployment(&self) -> Option<&Spec> {
        let object = self.world.api.get(Kind::Deployment, &self.spec.deployment);
        object.map(|object| &object.manifest.spec)
    }

    /// Makes room for the new pods of a batch. False if somebody has undone what keeps the old ones.
    fn raise_surge(&mut self, wanted: IntOrPercent, replicas: u32) -> bool {
        let Some(Spec::Deployment(spec)) = self.deployment() else { return false };
        let surge = match spec.strategy {
            Strategy::RollingUpdate { surge, .. } => surge,
            Strategy::Recreate => IntOrPercent::Int(0),
        };
        let held = [spec.min_ready_seconds, spec.progress_deadline_seconds];
        let name = self.spec.deployment.clone();
        if held != [MAX_READY_SECONDS, MAX_PROGRESS_SECONDS] {
            self.hinder(format!(
                "cannot upgrade batch, because deployment default/{name} doesn't satisfy conditions: \
                 deployment strategy minReadySeconds or progressDeadlineSeconds is not MaxReadySeconds or \
                 MaxProgressSeconds"
            ));
            return false;
        }
        // A surge of 1 is what it was given at the start.
        let current = if surge == IntOrPercent::Int(1) { 0 } else { scaled(surge, replicas) };
        if scaled(wanted, replicas) <= current {
            return true;
        }
        let surge = written(wanted);
        let shown = surge.as_str().map_or_else(|| surge.to_string(), str::to_owned);
        let text = format!("makes room in deployment {name}: maxSurge {shown}");
        self.change((Kind::Deployment, &name), (&text, &["KRU-03"]), |document| {
            let spec = &mut document["spec"];
            spec["paused"] = false.into();
            spec["strategy"] = rolling(surge, json!(0));
        })
    }

    /// What the Deployment said before it was taken over; none if it says it again.
    fn kept_settings(&self) -> Option<Value> {
        let document = self.document(Kind::Deployment, &self.spec.deployment)?;
        let kept = document["metadata"]["annotations"][ORIGINAL].as_str()?;
        serde_json::from_str(kept).ok()
    }

    /// The Deployment gets its own settings back and goes on by itself.
    fn give_back(&mut self, original: &Value) {
        let name = self.spec.deployment.clone();
        let text = format!("gives deployment {name} its own settings back");
        self.change((Kind::Deployment, &name), (&text, &["KRU-06"]), |document| {
            for annotation in [ORIGINAL, CONTROL] {
                remove(document, "annotations", annotation);
            }
            remove(document, "labels", STABLE_LABEL);
            let spec = &mut document["spec"];
            spec["paused"] = false.into();
            for field in ["minReadySeconds", "progressDeadlineSeconds"] {
                spec[field] = original[field].clone();
            }
            let [surge, unavailable] =
                ["maxSurge", "maxUnavailable"].map(|field| original[field].clone());
            spec["strategy"] = rolling(surge, unavailable);
        });
    }
}

fn rolling(surge: Value, unavailable: Value) -> Value {
    json!({
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
    })
}
