//! `status` of a Deployment: counts and the conditions Available and Progressing (K8S-09..12).

use crate::cluster::rollout::fenceposts;
use crate::cluster::spec::DeploymentSpec;
use crate::cluster::state::{Condition, DeploymentStatus, ReplicaCounts, ReplicaSet};
use crate::time::{SimDuration, SimTime};

/// `progressDeadlineSeconds` at which the deadline is off (K8S-10).
const NO_DEADLINE: u32 = i32::MAX as u32;

pub(super) const NEW_SET_CREATED: &str = "NewReplicaSetCreated";
pub(super) const NEW_SET_FOUND: &str = "FoundNewReplicaSet";
const NEW_SET_AVAILABLE: &str = "NewReplicaSetAvailable";
const SET_UPDATED: &str = "ReplicaSetUpdated";
const PAUSED: &str = "DeploymentPaused";
const RESUMED: &str = "DeploymentResumed";

/// Reason of condition `Progressing` once the deadline has passed without progress.
pub(super) const DEADLINE_EXCEEDED: &str = "ProgressDeadlineExceeded";

impl Condition {
    /// Whether the object has this condition.
    pub fn is_present(&self) -> bool {
        !self.status.is_empty()
    }

    /// Sets it; nothing changes if status and reason stay. `lastTransitionTime` follows the status.
    pub(super) fn set(
        &mut self,
        status: &'static str,
        reason: &'static str,
        message: String,
        now: SimTime,
    ) {
        if self.status == status && self.reason == reason {
            return;
        }
        let changed = if self.status == status { self.changed } else { now.truncated() };
        *self = Self { status, reason, message, updated: now.truncated(), changed };
    }
}

/// The counts and condition Available that follow from the ReplicaSets; condition Progressing as it
/// was.
pub(super) fn counted<'a>(
    spec: &DeploymentSpec,
    generation: u64,
    before: &DeploymentStatus,
    sets: impl Iterator<Item = &'a ReplicaSet>,
    new: Option<&ReplicaSet>,
    now: SimTime,
) -> DeploymentStatus {
    let mut status = before.clone();
    status.observed_generation = generation;
    status.updated = new.map_or(0, |set| set.status.replicas);
    status.counts = ReplicaCounts::default();
    for set in sets {
        status.counts.replicas += set.status.replicas;
        status.counts.ready += set.status.ready;
        status.counts.available += set.status.available;
    }
    if spec.replicas - fenceposts(spec).unavailable <= status.counts.available {
        let message = "Deployment has minimum availability.".to_owned();
        status.available.set("True", "MinimumReplicasAvailable", message, now);
    } else {
        let message = "Deployment does not have minimum availability.".to_owned();
        status.available.set("False", "MinimumReplicasUnavailable", message, now);
    }
    status
}

/// Whether a rollout is complete (K8S-09). Terminating pods do not count.
pub(super) fn is_complete(
    spec: &DeploymentSpec,
    generation: u64,
    status: &DeploymentStatus,
) -> bool {
    status.updated == spec.replicas
        && status.counts.replicas == spec.replicas
        && status.counts.available == spec.replicas
        && generation <= status.observed_generation
}

/// Whether `after` is nearer to the goal than `before` (K8S-10).
fn has_progressed(before: &DeploymentStatus, after: &DeploymentStatus) -> bool {
    let old = |status: &DeploymentStatus| status.counts.replicas.saturating_sub(status.updated);
    before.updated < after.updated
        || old(after) < old(before)
        || before.counts.ready < after.counts.ready
        || before.counts.available < after.counts.available
}

/// Brings condition Progressing up to date (K8S-10). `subject` is the new ReplicaSet, or else the
/// Deployment, with its kind.
pub(super) fn judge_progress(
    spec: &DeploymentSpec,
    generation: u64,
    subject: &str,
    before: &DeploymentStatus,
    after: &mut DeploymentStatus,
    now: SimTime,
) {
    if spec.progress_deadline_seconds == NO_DEADLINE {
        after.progressing = Condition::default();
        return;
    }
    let current = &before.progressing;
    if after.counts.replicas == after.updated && current.reason == NEW_SET_AVAILABLE {
        return;
    }
    if is_complete(spec, generation, after) {
        let message = format!("{subject} has successfully progressed.");
        after.progressing.set("True", NEW_SET_AVAILABLE, message, now);
    } else if has_progressed(before, after) {
        // Every step of progress restarts the clock, also when status and reason stay.
        after.progressing.reason = "";
        after.progressing.set("True", SET_UPDATED, format!("{subject} is progressing."), now);
    } else if deadline(spec, current).is_some_and(|deadline| deadline < now) {
        let message = format!("{subject} has timed out progressing.");
        after.progressing.set("False", DEADLINE_EXCEEDED, message, now);
    }
}

/// When the lack of progress will have lasted too long; None while no rollout is timed.
fn deadline(spec: &DeploymentSpec, progressing: &Condition) -> Option<SimTime> {
    let timed = progressing.is_present()
        && progressing.reason != NEW_SET_AVAILABLE
        && progressing.reason != DEADLINE_EXCEEDED
        && spec.progress_deadline_seconds != NO_DEADLINE;
    let wait = SimDuration::from_secs(u64::from(spec.progress_deadline_seconds));
    timed.then(|| progressing.updated + wait)
}

/// When to look again whether the deadline has passed: one second after it (K8S-10).
pub(super) fn next_check(
    spec: &DeploymentSpec,
    generation: u64,
    status: &DeploymentStatus,
) -> Option<SimTime> {
    let deadline = deadline(spec, &status.progressing)?;
    (!is_complete(spec, generation, status)).then(|| deadline + SimDuration::from_secs(1))
}

/// Pausing and resuming set the condition and, on resuming, restart the clock (K8S-10). A missed
/// deadline stays on record.
pub(super) fn judge_pause(spec: &DeploymentSpec, status: &mut DeploymentStatus, now: SimTime) {
    let progressing = &mut status.progressing;
    if spec.progress_deadline_seconds == NO_DEADLINE || progressing.reason == DEADLINE_EXCEEDED {
        return;
    }
    let was_paused = progressing.reason == PAUSED;
    if spec.paused && !was_paused {
        progressing.set("Unknown", PAUSED, "Deployment is paused".to_owned(), now);
    } else if !spec.paused && was_paused {
        progressing.set("Unknown", RESUMED, "Deployment is resumed".to_owned(), now);
    }
}
