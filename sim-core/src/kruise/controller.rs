//! One look of the controller at a Rollout: `pkg/controller/rollout/rollout_status.go` and
//! `rollout_progressing.go`. A change of the status makes it look again.

use crate::cluster::api::Kind;
use crate::kruise::finalising::{GIVEN_UP, ROLLED_BACK, SUCCEEDED};
use crate::kruise::pass::{Pass, RECHECK};
use crate::kruise::spec::{KruiseSpec, Step};
use crate::kruise::status::{Phase, Reason, Release, Status, StepState};
use crate::kruise::workload::{Found, Workload};

/// What is said of a third version (KRU-09).
const ONE_AT_A_TIME: &str =
    "[warning] new version released in progress of blue-green release, please rollback first";

impl Pass<'_, '_, '_> {
    /// Looks at the Rollout.
    pub(super) fn reconcile(&mut self) {
        if self.is_gone {
            self.is_over = self.finalise(GIVEN_UP);
            return self.recheck();
        }
        let object = self.world.api.get(Kind::KruiseRollout, &self.name);
        self.status.observed = object.map_or(0, |object| object.generation);
        self.label_workload();
        let phase = self.status.phase;
        self.disable();
        let workload = match self.workload() {
            Found::Settled(workload) => workload,
            Found::Unsettled => return self.recheck(),
            Found::Missing if self.spec.disabled => return,
            Found::Missing => {
                let (observed, message) = (self.status.observed, "Workload Not Found".to_owned());
                self.status = Status { observed, message, ..Status::default() };
                return;
            }
        };
        self.change_phase(&workload);
        match phase {
            Phase::Progressing => self.progress(&workload),
            Phase::Disabling if self.finalise(GIVEN_UP) => self.enter(Phase::Disabled),
            Phase::Disabling => self.recheck(),
            Phase::Initial | Phase::Healthy | Phase::Disabled => {}
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.status.phase = phase;
        let message = match phase {
            Phase::Disabling => "Disabling rollout, release resources",
            Phase::Disabled => "Rollout is disabled",
            Phase::Initial | Phase::Healthy | Phase::Progressing => "rollout is healthy",
        };
        self.status.message = message.to_owned();
    }

    /// A Rollout that is disabled in the middle of a release gives its Deployment back first (KRU-08).
    fn disable(&mut self) {
        let phase = self.status.phase;
        if self.spec.disabled && ![Phase::Disabling, Phase::Disabled].contains(&phase) {
            let under_way = phase == Phase::Progressing;
            self.enter(if under_way { Phase::Disabling } else { Phase::Disabled });
        }
    }

    fn change_phase(&mut self, workload: &Workload) {
        let now = self.now();
        match self.status.phase {
            Phase::Initial => self.enter(Phase::Healthy),
            Phase::Disabled if !self.spec.disabled => self.enter(Phase::Healthy),
            Phase::Healthy if workload.in_progress => {
                self.status.phase = Phase::Progressing;
                let said = std::mem::take(&mut self.status.message);
                let reason = Reason::Initializing;
                self.status.progress(true, reason, "Rollout is in Progressing", now);
                self.status.message = said;
                self.status.succeeded = None;
            }
            // As if a release had just ended, so that those who ask can tell.
            Phase::Healthy if self.status.release.is_none() => {
                self.status.release = Some(Release {
                    step: self.spec.steps.len(),
                    state: StepState::Completed,
                    stable: workload.stable.clone(),
                    revision: workload.revision.clone(),
                    plan: plan(&self.spec),
                    ..Release::default()
                });
                self.status.message = "workload deployment is completed".to_owned();
            }
            Phase::Healthy | Phase::Progressing | Phase::Disabling | Phase::Disabled => {}
        }
    }

    /// A release is under way.
    fn progress(&mut self, workload: &Workload) {
        let now = self.now();
        match self.status.reason() {
            None => {}
            Some(Reason::Initializing) => self.initialise(workload),
            Some(Reason::InRolling) => self.roll(workload),
            Some(Reason::Paused) if self.spec.paused => {}
            Some(Reason::Paused) => self.status.progress(true, Reason::InRolling, "", now),
            Some(Reason::Finalising) => {
                if self.finalise(SUCCEEDED) {
                    let message = "Rollout progressing has been completed";
                    self.status.progress(false, Reason::Completed, message, now);
                    self.status.succeed(true, now);
                }
                self.recheck();
            }
            Some(Reason::Cancelling) => {
                if self.finalise(ROLLED_BACK) {
                    let message = "Rollout progressing has been cancelled";
                    self.status.progress(false, Reason::Completed, message, now);
                    self.status.succeed(false, now);
                }
                self.recheck();
            }
            Some(Reason::Completed) => self.status.phase = Phase::Healthy,
        }
    }

    /// Begins: a change of the Rollout that comes with the Deployment's may be a little late.
    fn initialise(&mut self, workload: &Workload) {
        let now = self.now();
        self.status.release = Some(Release {
            step: 1,
            next: self.next_step(1),
            stable: workload.stable.clone(),
            revision: workload.revision.clone(),
            plan: plan(&self.spec),
            updated: now.truncated(),
            ..Release::default()
        });
        if let Some(missing) = self.missing_route() {
            return self.hinder(missing);
        }
        let since = self.status.progressing.as_ref().map_or(now, |condition| condition.updated);
        if now < since + RECHECK {
            return self.recheck();
        }
        self.status.progress(true, Reason::InRolling, "Rollout is in Progressing", now);
    }

    /// What has changed under way comes first, then the step (KRU-04, 07, 09).
    fn roll(&mut self, workload: &Workload) {
        let now = self.now();
        let is_other = workload.revision != self.release().revision;
        if workload.in_rollback && is_other {
            self.release().revision.clone_from(&workload.revision);
            self.record("workload has been rollback, then rollout is canceled".to_owned());
            let message =
                "The workload has been rolled back and the rollout process will be cancelled";
            self.status.progress(true, Reason::Cancelling, message, now);
        } else if self.spec.paused {
            let message = "Rollout has been paused, you can resume it by kube-cli";
            self.status.progress(true, Reason::Paused, message, now);
        } else if is_other {
            let message = "workload continuous publishing canaryRevision, then restart publishing";
            self.record(message.to_owned());
            self.status.say(ONE_AT_A_TIME.to_owned());
        } else if plan(&self.spec) != self.release().plan {
            self.replan(workload);
        } else if self.release().state == StepState::Completed {
            let message = "Rollout has been completed and some closing work is being done";
            self.status.progress(true, Reason::Finalising, message, now);
        } else {
            self.take_step(workload);
        }
    }

    /// The steps have changed: it goes on with the first that wants no fewer pods, the present one if that
    /// does.
    fn replan(&mut self, workload: &Workload) {
        self.touch();
        let plan = plan(&self.spec);
        let release = self.release();
        let had = release.plan.get(release.step - 1).map_or(0, |step| step.pods(workload.replicas));
        let (current, next) = (release.step, release.next);
        release.plan = plan;
        let fits = |step: &&usize| had <= self.spec.steps[**step - 1].pods(workload.replicas);
        let all: Vec<usize> = (1..=self.spec.steps.len()).collect();
        let own = all.get(current - 1).into_iter();
        let target = own.chain(&all).find(fits).or(all.last()).copied().unwrap_or(1);
        if next == Some(target) {
            self.release().state = StepState::Ready;
            return;
        }
        // The source asks the new plan of both, so of the present step more pods are not asked for.
        let wanted = |step: usize| self.spec.steps.get(step - 1).map(|step| step.replicas);
        let same = wanted(current) == wanted(target);
        let following = self.next_step(target);
        let release = self.release();
        (release.step, release.next) = (target, following);
        release.state = if same { StepState::TrafficRouting } else { StepState::BeforeUpgrade };
    }

    /// The step behind one, if it is not the last.
    pub(super) fn next_step(&self, step: usize) -> Option<usize> {
        (step < self.spec.steps.len()).then_some(step + 1)
    }
}

/// The steps without their pauses, which may change at any time.
pub(super) fn plan(spec: &KruiseSpec) -> Vec<Step> {
    spec.steps.iter().map(|step| Step { pause: None, ..step.clone() }).collect()
}
