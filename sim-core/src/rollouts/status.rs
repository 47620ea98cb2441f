//! What Argo Rollouts reports of a Rollout.

use std::collections::BTreeMap;

use crate::cluster::spec::Labels;
use crate::rollouts::spec::{RolloutSpec, Step, Strategy};
use crate::time::SimTime;

/// `status` of a Rollout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RolloutStatus {
    /// `observedGeneration`.
    pub observed: u64,
    /// `currentPodHash`: the newest revision.
    pub current: String,
    /// `stableRS`: the revision that was last rolled out to the end.
    pub stable: String,
    /// Number of the newest revision.
    pub revision: u64,
    /// `currentStepIndex`.
    pub step: usize,
    /// The steps that the index counts.
    pub steps: Vec<Step>,
    /// `pauseConditions`.
    pub pauses: Vec<Pause>,
    /// `controllerPause`: the controller has paused; without a condition a person has gone on.
    pub controller_pause: bool,
    /// `abort`.
    pub abort: bool,
    /// Why it was aborted.
    pub abort_message: String,
    /// `abortedAt`.
    pub aborted: Option<SimTime>,
    /// `promoteFull`.
    pub promote_full: bool,
    /// `blueGreen.activeSelector`.
    pub active: String,
    /// `blueGreen.previewSelector`.
    pub preview: String,
    /// `blueGreen.scaleUpPreviewCheckPoint`.
    pub checkpoint: bool,
    /// `canary.weights.canary.weight`, if there is a router.
    pub weight: Option<u32>,
    /// Analysis runs of the newest revision.
    pub runs: Runs,
    /// Annotation `scale-down-deadline` of its ReplicaSets.
    pub deadlines: BTreeMap<String, SimTime>,
    /// Numbers of pods.
    pub counts: Counts,
    /// `selector`: the pods that an autoscaler asks for (ROLL-08).
    pub selector: Labels,
    /// What is wrong with the spec, or with what it names.
    pub invalid: String,
    /// The last progress: what it was, and when.
    pub progress: (u64, SimTime),
    /// What condition `Progressing` says when it is False, since nothing has happened for
    /// `progressDeadlineSeconds`; else empty.
    pub timed_out: String,
    /// `phase`.
    pub phase: RolloutPhase,
    /// `message`.
    pub message: String,
}

/// Names of the runs that count now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// `prePromotionAnalysis`.
    pub before: Option<String>,
    /// `postPromotionAnalysis`.
    pub after: Option<String>,
    /// The analysis step.
    pub step: Option<String>,
    /// `analysis` of a canary.
    pub background: Option<String>,
}

impl Runs {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        [&self.before, &self.after, &self.step, &self.background].into_iter().flatten()
    }
}

/// Numbers of pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `replicas`.
    pub replicas: u32,
    /// `updatedReplicas`.
    pub updated: u32,
    /// `readyReplicas`.
    pub ready: u32,
    /// `availableReplicas`.
    pub available: u32,
    /// `HPAReplicas`: the pods of the scale subresource (ROLL-08).
    pub scaled: u32,
}

/// Why the controller waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The reason.
    pub reason: PauseReason,
    /// Since when.
    pub since: SimTime,
}

/// One of the reasons to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseReason {
    /// Before the switch (ROLL-03).
    BlueGreenPause,
    /// A step (ROLL-21).
    CanaryPauseStep,
    /// An analysis was neither good nor bad (ROLL-06).
    InconclusiveAnalysisRun,
}

impl PauseReason {
    /// As Argo Rollouts writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BlueGreenPause => "BlueGreenPause",
            Self::CanaryPauseStep => "CanaryPauseStep",
            Self::InconclusiveAnalysisRun => "InconclusiveAnalysisRun",
        }
    }
}

/// How a Rollout is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RolloutPhase {
    /// The newest revision is the stable one.
    Healthy,
    /// It was aborted, or is stuck.
    Degraded,
    /// It is on its way.
    #[default]
    Progressing,
    /// It waits.
    Paused,
}

impl RolloutPhase {
    /// As Argo Rollouts writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Degraded => "Degraded",
            Self::Progressing => "Progressing",
            Self::Paused => "Paused",
        }
    }

    /// The sign in front of it.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Healthy => "✔",
            Self::Degraded => "✖",
            Self::Progressing => "◌",
            Self::Paused => "॥",
        }
    }
}

impl RolloutStatus {
    /// Since when it waits for this reason.
    pub fn paused_since(&self, reason: PauseReason) -> Option<SimTime> {
        self.pauses.iter().find(|pause| pause.reason == reason).map(|pause| pause.since)
    }

    /// Whether the newest revision is the stable one.
    pub fn is_promoted(&self) -> bool {
        !self.stable.is_empty() && self.stable == self.current
    }

    /// The step that is being taken.
    pub fn current_step(&self) -> Option<&Step> {
        self.steps.get(self.step)
    }

    /// Begins to wait.
    pub(super) fn pause(&mut self, reason: PauseReason, since: SimTime) {
        if self.paused_since(reason).is_none() {
            self.pauses.push(Pause { reason, since });
            self.controller_pause = true;
        }
    }

    /// Waits for nothing, and was not aborted: whoever promotes it fully takes it up again.
    pub(super) fn take_up(&mut self) {
        self.pauses.clear();
        self.controller_pause = false;
        (self.abort, self.aborted) = (false, None);
        self.abort_message.clear();
    }

    /// Waits for this reason no longer.
    pub(super) fn unpause(&mut self, reason: PauseReason) {
        self.pauses.retain(|pause| pause.reason != reason);
    }

    /// Phase and message, as its other fields make them.
    pub(super) fn judged(&self, spec: &RolloutSpec) -> (RolloutPhase, String) {
        use RolloutPhase::{Degraded, Healthy, Paused, Progressing};
        let told = |phase, text: &str| (phase, text.to_owned());
        if !self.invalid.is_empty() {
            return (Degraded, format!("InvalidSpec: {}", self.invalid));
        }
        if self.abort {
            let mut text =
                format!("RolloutAborted: Rollout aborted update to revision {}", self.revision);
            if !self.abort_message.is_empty() {
                text += &format!(": {}", self.abort_message);
            }
            return (Degraded, text);
        }
        if !self.timed_out.is_empty() {
            return (Degraded, format!("ProgressDeadlineExceeded: {}", self.timed_out));
        }
        if spec.paused {
            return told(Paused, "manually paused");
        }
        if let Some(pause) = self.pauses.first() {
            return told(Paused, pause.reason.name());
        }
        if self.counts.updated < spec.replicas {
            return told(Progressing, "more replicas need to be updated");
        }
        if self.counts.available < self.counts.updated {
            return told(Progressing, "updated replicas are still becoming available");
        }
        match &spec.strategy {
            Strategy::BlueGreen(strategy) => {
                if self.active.is_empty() || self.active != self.current {
                    return told(Progressing, "active service cutover pending");
                }
                if !self.is_promoted() && strategy.after.is_some() {
                    return told(Progressing, "waiting for analysis to complete");
                }
                if !self.is_promoted() {
                    let text = "waiting for post-promotion verification to complete";
                    return told(Progressing, text);
                }
            }
            Strategy::Canary(canary) => {
                if canary.istio.is_none() && self.counts.updated < self.counts.replicas {
                    return told(Progressing, "old replicas are pending termination");
                }
                if !self.is_promoted() {
                    return told(Progressing, "waiting for all steps to complete");
                }
            }
        }
        (Healthy, String::new())
    }
}
