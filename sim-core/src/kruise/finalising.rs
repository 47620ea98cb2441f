//! What is done at the end of a release, in which order: `nextBlueGreenTask` (KRU-06..08).

use crate::kruise::batch::BatchPhase;
use crate::kruise::pass::{Action, Pass};
use crate::kruise::status::Task;
use crate::time::SimDuration;

/// Things to do, one after the other.
pub(super) struct Order {
    tasks: &'static [Task],
    rules: &'static [&'static str],
}

/// After the last step: all traffic is on the new pods before the stable Service selects every version.
pub(super) const SUCCEEDED: &Order = &Order {
    tasks: &[
        Task::RouteToNew,
        Task::RestoreService,
        Task::ResumeWorkload,
        Task::RouteToStable,
        Task::RemoveCanaryService,
        Task::ReleaseControl,
    ],
    rules: &["KRU-06"],
};

/// After a rollback: all traffic is on the old pods before the stable Service selects every version. The other
/// way round, new pods that had no traffic at all would get some.
pub(super) const ROLLED_BACK: &Order = &Order {
    tasks: &[
        Task::RouteToStable,
        Task::ResumeWorkload,
        Task::RestoreService,
        Task::RemoveCanaryService,
        Task::ReleaseControl,
    ],
    rules: &["KRU-07"],
};

/// When the Rollout is disabled or deleted: the Deployment shall roll out by itself, so that pods of both
/// versions may serve.
pub(super) const GIVEN_UP: &Order = &Order {
    tasks: &[
        Task::RestoreService,
        Task::ResumeWorkload,
        Task::RouteToStable,
        Task::RemoveCanaryService,
        Task::ReleaseControl,
    ],
    rules: &["KRU-08"],
};

impl Pass<'_, '_, '_> {
    /// Does what comes next in this order; true if nothing is left.
    pub(super) fn finalise(&mut self, order: &Order) -> bool {
        if self.status.release.is_none() {
            return true;
        }
        self.unmark_workload();
        let first = order.tasks.first().copied().unwrap_or(Task::End);
        let task = self.release().task.unwrap_or(first);
        self.release().task = Some(task);
        let waits = match task {
            Task::RouteToNew => {
                let modified = self.spec.routing.is_some() && !self.lead(Some(100), &[]);
                self.must_wait(Action::UpdateRoute, modified)
            }
            Task::RouteToStable => {
                let modified = self.restore_routes();
                self.must_wait(Action::RestoreGateway, modified)
            }
            Task::RestoreService => {
                let modified = self.widen_stable_service();
                self.must_wait(Action::RestoreService, modified)
            }
            Task::RemoveCanaryService => {
                let modified = self.remove_canary_service();
                self.must_wait(Action::RemoveCanaryService, modified)
            }
            Task::ResumeWorkload => self.resume_workload(),
            Task::ReleaseControl => self.batch.take().is_some(),
            Task::End => return true,
        };
        if waits {
            return false;
        }
        self.touch();
        self.note(format!("finalising: {} is done", task.name()), order.rules);
        let at = order.tasks.iter().position(|one| *one == task);
        let next = at.and_then(|at| order.tasks.get(at + 1)).copied().unwrap_or(Task::End);
        self.release().task = Some(next);
        next == Task::End
    }

    /// Has the `BatchRelease` give the Deployment back; true while it is at it.
    fn resume_workload(&mut self) -> bool {
        let Some(batch) = &mut self.batch else { return false };
        let asked = batch.partition.take().is_some();
        let over = batch.phase == BatchPhase::Completed;
        if asked {
            self.wake_batch(SimDuration::ZERO);
        }
        asked || !over
    }
}
