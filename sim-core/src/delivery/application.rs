//! What Argo CD knows of an application, and what it is doing for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cluster::api::Kind;
use crate::delivery::DeliveryEvent;
use crate::delivery::desired::Desired;
use crate::delivery::spec::{Retry, Source};
use crate::delivery::task::{Hook, SyncResult, Task};
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::random::Random;
use crate::time::{SimDuration, SimTime};

/// A commit that Argo CD has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Name of the commit.
    pub id: String,
    /// The push, or what made Argo CD look at what was there before.
    pub cause: EventId,
    /// When it was pushed.
    pub pushed: SimTime,
}

impl Revision {
    /// The name as people read it.
    pub fn short(&self) -> &str {
        &self.id[..crate::delivery::git::object::SHORT]
    }
}

/// `status.conditions`: something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `ComparisonError`, `SyncError`, `RepeatedResourceWarning`.
    pub kind: &'static str,
    /// What.
    pub message: String,
    /// Since when.
    pub since: SimTime,
}

/// How a sync is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It goes on.
    Running,
    /// All is applied.
    Succeeded,
    /// Something went wrong.
    Failed,
}

impl Phase {
    /// As Argo CD writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// A sync that goes on.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its number.
    pub(super) number: u16,
    /// What is synced.
    pub revision: Revision,
    /// Where from.
    pub(super) source: Source,
    /// Why, in the trace's words.
    pub(super) reason: Reason,
    /// The push, the change or the command that it answers.
    pub(super) cause: EventId,
    /// The objects it is about; all if there are none. Hooks are left out then.
    pub(super) only: Option<BTreeSet<(Kind, String)>>,
    /// Whether what is no longer wanted is deleted.
    pub(super) prune: bool,
    /// What happens when it fails.
    pub(super) retry: Retry,
    /// How often it was tried again.
    pub retried: u32,
    /// When it began.
    pub started: SimTime,
    /// What it waits for.
    pub message: String,
    /// What is to be done; nothing before it has begun.
    pub(super) tasks: Vec<Task>,
    /// Whether the tasks are known.
    pub(super) planned: bool,
    /// When something was applied last, and in which phase and wave.
    pub(super) applied: Option<(SimTime, (Hook, i64))>,
}

/// Why a sync began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// There is a new commit, or other parameters (CD-02).
    Automated,
    /// Somebody changed an object by hand (CD-03).
    Healing,
    /// `argocd app sync`.
    Asked,
    /// `argocd app rollback`.
    RolledBack,
}

/// A sync that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What was synced.
    pub revision: String,
    /// Where from.
    pub(super) source: Source,
    /// How it ended.
    pub phase: Phase,
    /// In words.
    pub message: String,
    /// When it began.
    pub started: SimTime,
    /// When it ended.
    pub finished: SimTime,
    /// What was done with each object.
    pub results: Vec<SyncResult>,
}

/// An entry of `status.history`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Its number.
    pub id: u64,
    /// What was deployed.
    pub revision: String,
    /// Where from, with the revision that was asked for.
    pub source: Source,
    /// When it was deployed.
    pub at: SimTime,
}

/// What Argo CD knows of an application.
#[derive(Clone, Debug)]
pub struct Application {
    pub(super) number: u16,
    pub(super) chance: Random,
    /// The commit it should be at, as far as known.
    pub revision: Option<Revision>,
    /// What that commit wants; for which source it was read.
    pub(super) desired: Option<(String, Source, Arc<Desired>)>,
    /// When git was looked at last.
    pub reconciled: Option<SimTime>,
    /// Which appointment with git is the next.
    turn: u16,
    /// Whether a comparison is due.
    pub(super) comparing: bool,
    /// The last event that wrote an object.
    pub(super) touched: EventId,
    /// The sync that goes on.
    pub operation: Option<Operation>,
    operations: u16,
    /// The last sync that has ended.
    pub finished: Option<Finished>,
    /// What was deployed, oldest first.
    pub history: Vec<Deployed>,
    pub(super) deployments: u64,
    /// What is wrong.
    pub conditions: Vec<Condition>,
}

impl Application {
    pub(super) fn new(number: u16, chance: Random, by: EventId) -> Self {
        Self {
            number,
            chance,
            revision: None,
            desired: None,
            reconciled: None,
            turn: 0,
            comparing: false,
            touched: by,
            operation: None,
            operations: 0,
            finished: None,
            history: Vec::new(),
            deployments: 0,
            conditions: Vec::new(),
        }
    }

    /// Makes an appointment with git in place of the one that there was.
    pub(super) fn refresh_after(&mut self, delay: SimDuration, ctx: &mut Context<'_, Event>) {
        self.turn = self.turn.wrapping_add(1);
        let event = DeliveryEvent::Refresh { application: self.number, turn: self.turn };
        ctx.after(delay, event.into());
    }

    pub(super) fn is_due(&self, turn: u16) -> bool {
        self.turn == turn
    }

    /// The number of the next sync.
    pub(super) fn next_operation(&mut self) -> u16 {
        self.operations = self.operations.wrapping_add(1);
        self.operations
    }

    /// Lets a sync go on in a while.
    pub(super) fn step_after(
        &self,
        operation: u16,
        delay: SimDuration,
        ctx: &mut Context<'_, Event>,
    ) {
        ctx.after(delay, DeliveryEvent::Step { application: self.number, operation }.into());
    }

    /// Says what is wrong, or that it no longer is.
    pub(super) fn set_condition(
        &mut self,
        kind: &'static str,
        message: Option<String>,
        now: SimTime,
    ) {
        let before = self.conditions.iter().position(|condition| condition.kind == kind);
        match (message, before) {
            (None, Some(place)) => drop(self.conditions.remove(place)),
            (None, None) => {}
            (Some(message), Some(place)) if self.conditions[place].message == message => {}
            (Some(message), Some(place)) => {
                self.conditions[place] = Condition { kind, message, since: now };
            }
            (Some(message), None) => self.conditions.push(Condition { kind, message, since: now }),
        }
    }

    /// What the commit wants, if git could be read.
    pub(crate) fn desired(&self) -> Option<&Desired> {
        self.desired.as_ref().filter(|_| self.is_comparable()).map(|(.., desired)| &**desired)
    }

    /// What the sync that goes on, or else the last one, has done so far, in its order.
    pub fn results(&self) -> Vec<SyncResult> {
        match (&self.operation, &self.finished) {
            (Some(operation), _) if operation.planned => {
                operation.tasks.iter().filter_map(|task| task.result.clone()).collect()
            }
            (_, Some(finished)) => finished.results.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether git could be read at the last look.
    pub(super) fn is_comparable(&self) -> bool {
        self.revision.is_some()
            && self.desired.is_some()
            && self.conditions.iter().all(|condition| condition.kind != "ComparisonError")
    }
}
