//! How far a rollout is: `status` of a Canary (FLG-03).

use serde_json::{Map, Value, json};

use crate::console::timestamp;
use crate::time::SimTime;

/// `status.phase` (FLG-03).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The primary is being made.
    #[default]
    Initializing,
    /// The primary serves; nothing is being rolled out.
    Initialized,
    /// A new version waits for its `confirm-rollout`.
    Waiting,
    /// A new version is being analysed.
    Progressing,
    /// It was good, and waits for its `confirm-promotion`.
    WaitingPromotion,
    /// The primary takes the new version.
    Promoting,
    /// All traffic is on the primary again; the canary goes next.
    Finalising,
    /// The new version is the primary's.
    Succeeded,
    /// The new version was given up.
    Failed,
}

impl Phase {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initializing => "Initializing",
            Self::Initialized => "Initialized",
            Self::Waiting => "Waiting",
            Self::Progressing => "Progressing",
            Self::WaitingPromotion => "WaitingPromotion",
            Self::Promoting => "Promoting",
            Self::Finalising => "Finalising",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }

    /// Status and message of the condition `Promoted`.
    fn promoted(self) -> (&'static str, &'static str) {
        match self {
            Self::Initializing => ("Unknown", "New Deployment detected, starting initialization."),
            Self::Initialized => ("True", "Deployment initialization completed."),
            Self::Waiting | Self::WaitingPromotion => ("Unknown", "Waiting for approval."),
            Self::Progressing => ("Unknown", "New revision detected, progressing canary analysis."),
            Self::Promoting => {
                ("Unknown", "Canary analysis completed, starting primary rolling update.")
            }
            Self::Finalising => {
                ("Unknown", "Canary analysis completed, routing all traffic to primary.")
            }
            Self::Succeeded => {
                ("True", "Canary analysis completed successfully, promotion finished.")
            }
            Self::Failed => ("False", "Canary analysis failed, Deployment scaled to zero."),
        }
    }
}

/// Condition `Promoted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Promoted {
    phase: Phase,
    updated: SimTime,
    changed: SimTime,
}

/// `status` of a Canary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `phase`.
    pub phase: Phase,
    /// `canaryWeight`.
    pub weight: u32,
    /// `failedChecks`; a check that passes does not lower it (FLG-09).
    pub failed_checks: u32,
    /// `iterations`; one less than none while a canary without iterations waits for its promotion.
    pub iterations: i64,
    /// `lastAppliedSpec`: the target's template that is, or was, under test.
    pub applied: String,
    /// `lastPromotedSpec`: the template that the primary has.
    pub promoted: String,
    /// `lastTransitionTime`.
    pub changed: SimTime,
    condition: Option<Promoted>,
}

impl Status {
    /// Sets the phase as the end of a step does: weight and iterations begin anew unless the analysis goes
    /// on. `iterations` are those of the analysis.
    pub(super) fn set_phase(&mut self, phase: Phase, iterations: u32, now: SimTime) {
        self.phase = phase;
        if phase != Phase::Progressing && phase != Phase::Waiting {
            self.weight = 0;
            let waits = phase == Phase::WaitingPromotion;
            self.iterations = if waits { i64::from(iterations) - 1 } else { 0 };
        }
        if phase == Phase::Initialized || phase == Phase::Succeeded {
            self.promoted.clone_from(&self.applied);
        }
        self.touch(now);
    }

    /// Sets all of it: the analysis of the template `applied` begins, or ends.
    pub(super) fn sync(&mut self, phase: Phase, applied: String, now: SimTime) {
        (self.phase, self.weight, self.failed_checks, self.iterations) = (phase, 0, 0, 0);
        if phase == Phase::Initialized {
            self.promoted.clone_from(&applied);
        }
        self.applied = applied;
        self.touch(now);
    }

    /// Something has changed.
    pub(super) fn touch(&mut self, now: SimTime) {
        self.changed = now.truncated();
        let before = self.condition.filter(|one| one.phase.promoted().0 == self.phase.promoted().0);
        if before.is_none_or(|before| before.phase != self.phase) {
            let changed = before.map_or(self.changed, |before| before.changed);
            let condition = Promoted { phase: self.phase, updated: self.changed, changed };
            self.condition = Some(condition);
        }
    }

    /// As the API gives it out.
    pub(crate) fn document(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("canaryWeight".to_owned(), self.weight.into());
        if let Some(promoted) = self.condition {
            let (status, message) = promoted.phase.promoted();
            let condition = json!({
                "lastTransitionTime": timestamp(promoted.changed),
                "lastUpdateTime": timestamp(promoted.updated),
                "message": message,
                "reason": promoted.phase.name(),
                "status": status,
                "type": "Promoted",
            });
            fields.insert("conditions".to_owned(), json!([condition]));
        }
        fields.insert("failedChecks".to_owned(), self.failed_checks.into());
        fields.insert("iterations".to_owned(), self.iterations.into());
        for (name, hash) in
            [("lastAppliedSpec", &self.applied), ("lastPromotedSpec", &self.promoted)]
        {
            if !hash.is_empty() {
                fields.insert(name.to_owned(), hash.clone().into());
            }
        }
        fields.insert("lastTransitionTime".to_owned(), timestamp(self.changed).into());
        fields.insert("phase".to_owned(), self.phase.name().into());
        Value::Object(fields)
    }
}
