//! The states of a step: `pkg/controller/rollout/rollout_bluegreen.go` (KRU-04).

use crate::kruise::batch::Batch;
use crate::kruise::pass::Pass;
use crate::kruise::spec::Step;
use crate::kruise::status::StepState;
use crate::kruise::workload::Workload;
use crate::time::SimDuration;

impl Pass<'_, '_, '_> {
    /// Takes the present step further, by one state at most.
    pub(super) fn take_step(&mut self, workload: &Workload) {
        self.report_batch(workload);
        let index = self.release().step;
        let Some(step) = index.checked_sub(1).and_then(|at| self.spec.steps.get(at)).cloned()
        else {
            return;
        };
        if self.release().hash.is_empty() {
            self.release().hash.clone_from(&workload.hash);
        }
        if !step.routes() && !self.take_routes_back() {
            return self.recheck();
        }
        match self.release().state {
            StepState::BeforeUpgrade => {
                if step.routes() && index == 1 && self.narrow_stable_service() {
                    return;
                }
                self.touch();
                self.release().state = StepState::Upgrade;
                self.upgrade(workload);
            }
            StepState::Upgrade => self.upgrade(workload),
            StepState::TrafficRouting => {
                if self.route(&step) {
                    self.touch();
                    self.release().state = StepState::MetricsAnalysis;
                }
                self.recheck();
            }
            // "todo", says the source.
            StepState::MetricsAnalysis => self.release().state = StepState::Paused,
            StepState::Paused => self.pause(&step),
            StepState::Ready => self.end_step(),
            StepState::Completed => {}
        }
    }

    /// Copies what the `BatchRelease` reports.
    fn report_batch(&mut self, workload: &Workload) {
        let Some(batch) = &self.batch else { return };
        let message = format!(
            "BatchRelease is at state {}, rollout-id {}, step {}",
            batch.state.name(),
            workload.revision,
            batch.current + 1
        );
        let release = self.release();
        (release.pods, release.message) = (workload.updated, message);
    }

    /// Waits for the new pods of the step (KRU-03).
    fn upgrade(&mut self, workload: &Workload) {
        let (index, all) = (self.release().step, self.spec.steps.len());
        let message =
            format!("Rollout is in step({index}/{all}), and upgrade workload to new version");
        self.status.say(message);
        if !self.batch_is_ready(index - 1) {
            return;
        }
        self.record(format!("upgrade step({index}) canary pods with new versions done"));
        self.touch();
        let release = self.release();
        release.hash.clone_from(&workload.hash);
        release.state = StepState::TrafficRouting;
    }

    /// Whether the `BatchRelease` has the pods of this batch; it is made, or told to go so far.
    fn batch_is_ready(&mut self, index: usize) -> bool {
        let plan: Vec<_> = self.spec.steps.iter().map(|step| step.replicas).collect();
        match &mut self.batch {
            Some(batch) if batch.partition == Some(index) && batch.plan == plan => {
                batch.is_ready(index)
            }
            Some(batch) => {
                batch.go_to(index, plan);
                self.wake_batch(SimDuration::ZERO);
                false
            }
            None => {
                self.batch = Some(Batch::new(index, plan));
                self.wake_batch(SimDuration::ZERO);
                false
            }
        }
    }

    /// Waits for time to pass, or for a person.
    fn pause(&mut self, step: &Step) {
        let (index, all) = (self.release().step, self.spec.steps.len());
        let Some(pause) = step.pause else {
            return self.status.say(format!(
                "Rollout is in step({index}/{all}), and you need manually confirm to enter the next step"
            ));
        };
        let seconds = pause.as_micros() / 1_000_000;
        self.status.say(format!(
            "Rollout is in step({index}/{all}), and wait duration({seconds} seconds) to enter the next step"
        ));
        let until = self.release().updated + pause;
        if self.now() <= until {
            return self.wake_at(until + SimDuration::from_micros(1));
        }
        self.touch();
        self.release().state = StepState::Ready;
    }

    fn end_step(&mut self) {
        self.touch();
        let step = self.release().step;
        let next = self.next_step(step);
        match next {
            Some(step) => {
                let following = self.next_step(step);
                let release = self.release();
                (release.step, release.next) = (step, following);
                release.state = StepState::BeforeUpgrade;
            }
            None => self.release().state = StepState::Completed,
        }
    }
}
