//! How far a release is: `status` of a Rollout of OpenKruise (KRU-04).

use serde_json::{Map, Value, json};

use crate::console::timestamp;
use crate::kruise::spec::Step;
use crate::time::SimTime;

/// `status.phase`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Its Deployment has not been seen.
    #[default]
    Initial,
    /// Nothing is being released.
    Healthy,
    /// A release is under way.
    Progressing,
    /// It gives its Deployment back in the middle of a release.
    Disabling,
    /// It does nothing.
    Disabled,
}

impl Phase {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initial => "Initial",
            Self::Healthy => "Healthy",
            Self::Progressing => "Progressing",
            Self::Disabling => "Disabling",
            Self::Disabled => "Disabled",
        }
    }
}

/// `currentStepState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepState {
    /// The stable Service is narrowed to the old pods.
    #[default]
    BeforeUpgrade,
    /// New pods come up.
    Upgrade,
    /// Routes change.
    TrafficRouting,
    /// Metrics would be asked; nothing is, in this version.
    MetricsAnalysis,
    /// It waits for time or for a person.
    Paused,
    /// The step is over.
    Ready,
    /// So is the last one.
    Completed,
}

impl StepState {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeUpgrade => "BeforeStepUpgrade",
            Self::Upgrade => "StepUpgrade",
            Self::TrafficRouting => "StepTrafficRouting",
            Self::MetricsAnalysis => "StepMetricsAnalysis",
            Self::Paused => "StepPaused",
            Self::Ready => "StepReady",
            Self::Completed => "Completed",
        }
    }
}

/// Reason of the condition `Progressing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A change has been found.
    Initializing,
    /// Steps are taken.
    InRolling,
    /// `strategy.paused` holds it.
    Paused,
    /// The last step is over; things are tidied up.
    Finalising,
    /// The Deployment went back; things are tidied up.
    Cancelling,
    /// It is over.
    Completed,
}

impl Reason {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initializing => "Initializing",
            Self::InRolling => "InRolling",
            Self::Paused => "Paused",
            Self::Finalising => "Finalising",
            Self::Cancelling => "Cancelling",
            Self::Completed => "Completed",
        }
    }
}

/// Something to do at the end of a release: `finalisingStep` (KRU-06..08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Everything to the new pods.
    RouteToNew,
    /// The routes become what they were before the release.
    RouteToStable,
    /// The stable Service selects pods of every version again.
    RestoreService,
    /// The Deployment gets its own settings back, and its autoscaler.
    ResumeWorkload,
    /// The canary's Service goes.
    RemoveCanaryService,
    /// The `BatchRelease` goes.
    ReleaseControl,
    /// All is done.
    End,
}

impl Task {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RouteToNew => "FinalisingStepRouteTrafficToNew",
            Self::RouteToStable => "FinalisingStepRouteTrafficToStable",
            Self::RestoreService => "RestoreStableService",
            Self::ResumeWorkload => "ResumeWorkload",
            Self::RemoveCanaryService => "RemoveCanaryService",
            Self::ReleaseControl => "ReleaseWorkloadControl",
            Self::End => "END",
        }
    }
}

/// A condition of the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Whether it is so.
    pub holds: bool,
    /// Why; the condition `Succeeded` gives no reason.
    pub reason: Option<Reason>,
    /// Why, for people.
    pub message: String,
    /// `lastUpdateTime`.
    pub updated: SimTime,
    /// `lastTransitionTime`.
    pub changed: SimTime,
}

/// `blueGreenStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// `currentStepIndex`, from 1.
    pub step: usize,
    /// `nextStepIndex`; none behind the last step.
    pub next: Option<usize>,
    /// `currentStepState`.
    pub state: StepState,
    /// `stableRevision`: `pod-template-hash` of the old pods.
    pub stable: String,
    /// `podTemplateHash`: that of the new pods.
    pub hash: String,
    /// `updatedRevision`: stands for the template that is being released.
    pub revision: String,
    /// `rolloutHash`: the steps without their pauses, as they were.
    pub plan: Vec<Step>,
    /// `finalisingStep`.
    pub task: Option<Task>,
    /// `updatedReplicas` and `updatedReadyReplicas`.
    pub pods: (u32, u32),
    /// `lastUpdateTime`: pauses and grace periods count from it.
    pub updated: SimTime,
    /// `message`: what the `BatchRelease` does.
    pub message: String,
}

/// `status` of a Rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `observedGeneration`.
    pub observed: u64,
    /// `phase`.
    pub phase: Phase,
    /// `message`.
    pub message: String,
    /// Condition `Progressing`.
    pub progressing: Option<Condition>,
    /// Condition `Succeeded`.
    pub succeeded: Option<Condition>,
    /// `blueGreenStatus`.
    pub release: Option<Release>,
}

impl Status {
    /// Sets the condition `Progressing` and the message; an empty message leaves both as they are.
    pub(super) fn progress(&mut self, holds: bool, reason: Reason, message: &str, now: SimTime) {
        let before = self.progressing.take();
        let kept = before.as_ref().map(|before| before.message.clone()).unwrap_or_default();
        let message = if message.is_empty() { kept } else { message.to_owned() };
        self.message.clone_from(&message);
        self.progressing = Some(condition(before, (holds, Some(reason)), message, now));
    }

    /// Sets what the condition says, and the message.
    pub(super) fn say(&mut self, message: String) {
        if let Some(condition) = &mut self.progressing {
            condition.message.clone_from(&message);
        }
        self.message = message;
    }

    /// Sets the condition `Succeeded`.
    pub(super) fn succeed(&mut self, holds: bool, now: SimTime) {
        let before = self.succeeded.take();
        self.succeeded = Some(condition(before, (holds, None), String::new(), now));
    }

    /// Why it progresses, if it does.
    pub fn reason(&self) -> Option<Reason> {
        self.progressing.as_ref().and_then(|condition| condition.reason)
    }

    /// As the API gives it out.
    pub(crate) fn document(&self) -> Value {
        let mut fields = Map::new();
        if let Some(release) = &self.release {
            fields.insert("blueGreenStatus".to_owned(), release.document());
        }
        let conditions = [("Progressing", &self.progressing), ("Succeeded", &self.succeeded)];
        let conditions: Vec<Value> = conditions
            .into_iter()
            .filter_map(|(name, condition)| Some(condition.as_ref()?.document(name)))
            .collect();
        if !conditions.is_empty() {
            fields.insert("conditions".to_owned(), conditions.into());
        }
        let (step, state) =
            self.release.as_ref().map_or((0, ""), |release| (release.step, release.state.name()));
        fields.insert("currentStepIndex".to_owned(), step.into());
        fields.insert("currentStepState".to_owned(), state.into());
        if !self.message.is_empty() {
            fields.insert("message".to_owned(), self.message.clone().into());
        }
        fields.insert("observedGeneration".to_owned(), self.observed.into());
        fields.insert("phase".to_owned(), self.phase.name().into());
        Value::Object(fields)
    }
}

fn condition(
    before: Option<Condition>,
    (holds, reason): (bool, Option<Reason>),
    message: String,
    now: SimTime,
) -> Condition {
    let now = now.truncated();
    let same = before.filter(|before| before.holds == holds);
    if let Some(before) = same.as_ref().filter(|before| before.reason == reason) {
        return Condition { message, ..before.clone() };
    }
    let changed = same.map_or(now, |before| before.changed);
    Condition { holds, reason, message, updated: now, changed }
}

impl Condition {
    fn document(&self, name: &str) -> Value {
        json!({
            "lastTransitionTime": timestamp(self.changed),
            "lastUpdateTime": timestamp(self.updated),
            "message": self.message,
            "reason": self.reason.map_or("", Reason::name),
            "status": if self.holds { "True" } else { "False" },
            "type": name,
        })
    }
}

impl Release {
    fn document(&self) -> Value {
        json!({
            "currentStepIndex": self.step,
            "currentStepState": self.state.name(),
            "finalisingStep": self.task.map_or("", Task::name),
            "lastUpdateTime": timestamp(self.updated.truncated()),
            "message": self.message,
            "nextStepIndex": self.next.map_or(json!(-1), Value::from),
            "podTemplateHash": self.hash,
            "stableRevision": self.stable,
            "updatedReadyReplicas": self.pods.1,
            "updatedReplicas": self.pods.0,
            "updatedRevision": self.revision,
        })
    }
}
