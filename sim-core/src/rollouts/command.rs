//! What people tell a Rollout by `kubectl argo rollouts`: changes of its status.

use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::analysis::assess::Phase;
use crate::rollouts::spec_of;
use crate::rollouts::status::{PauseReason, RolloutStatus, Runs};
use crate::trace::Topic;
use crate::world::{Scope, World};

/// One such change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// `promote`: no longer wait, or leave the present step.
    Promote,
    /// `promote --full`: leave out all analysis, pauses and steps.
    PromoteFull,
    /// `abort`.
    Abort,
    /// `retry rollout`: the aborted update begins again.
    Retry,
}

impl Wish {
    fn text(self) -> &'static str {
        match self {
            Self::Promote => "promoted by hand",
            Self::PromoteFull => "fully promoted by hand: pauses, steps and analysis are left out",
            Self::Abort => "aborted by hand",
            Self::Retry => "retried by hand",
        }
    }

    fn rules(self) -> &'static [&'static str] {
        match self {
            Self::Promote | Self::Retry => &["ROLL-03", "ROLL-21"],
            Self::PromoteFull => &["ROLL-02"],
            Self::Abort => &["ROLL-05", "ROLL-25"],
        }
    }
}

impl World {
    /// Does to a Rollout what a person wants; false if that changes nothing.
    pub(crate) fn tell_rollout(
        &mut self,
        name: &str,
        wish: Wish,
        ctx: &mut Context<'_, Event>,
    ) -> bool {
        let Some(before) = self.rollouts.status(name).cloned() else { return false };
        let mut status = before.clone();
        let steps = spec_of(&self.api, name).map_or(0, |spec| spec.steps().len());
        match wish {
            Wish::Promote => self.promote(&mut status, steps),
            Wish::PromoteFull => status.promote_full = !status.is_promoted(),
            Wish::Abort => {
                status.abort = true;
                status.aborted = Some(ctx.now);
                status.abort_message.clear();
                status.pauses.clear();
                status.controller_pause = false;
                status.step = if status.is_promoted() { status.steps.len() } else { 0 };
            }
            Wish::Retry if !status.abort => {}
            Wish::Retry => {
                (status.abort, status.aborted) = (false, None);
                status.abort_message.clear();
                status.runs = Runs::default();
                let current = status.current.clone();
                let sets = self.cluster.state.revisions_of(name);
                let new = sets.into_iter().find(|set| set.hash == current);
                if let Some(set) = new {
                    status.deadlines.remove(&set.name);
                }
            }
        }
        if status == before {
            return false;
        }
        if let Some(known) = self.rollouts.known.get_mut(name) {
            known.status = status;
        }
        self.cluster.state.version += 1;
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let by = scope.id();
        let (subject, text) = (format!("rollout/{name}"), wish.text());
        scope.note_because(by, Topic::Object, subject.clone(), text, wish.rules());
        if wish == Wish::Abort {
            let message = format!("Rollout aborted update to revision {}", before.revision);
            self.cluster.record("Warning", "RolloutAborted", subject, message, scope);
        }
        self.rollouts.wake(name, by, scope);
        true
    }

    /// Ends the wait; a step that does not wait is left (ROLL-21). A run that was neither good nor bad is
    /// forgotten, so that it is made again; of a step it counts as passed.
    fn promote(&self, status: &mut RolloutStatus, steps: usize) {
        let undecided = status.paused_since(PauseReason::InconclusiveAnalysisRun).is_some();
        if undecided {
            let unsure = |run: &Option<String>| self.phase_of(run) == Some(Phase::Inconclusive);
            if unsure(&status.runs.step) {
                status.step = (status.step + 1).min(steps);
            }
            let Runs { before, after, step, background } = &mut status.runs;
            for run in [before, after, step, background] {
                if unsure(run) {
                    *run = None;
                }
            }
            status.controller_pause = false;
            status.pauses.clear();
        } else if !status.pauses.is_empty() {
            status.pauses.clear();
        } else if !status.is_promoted() && status.step < steps {
            status.step += 1;
            status.runs.step = None;
        }
    }
}
