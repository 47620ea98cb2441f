//! Canary: step by step, by numbers of pods or by the weights of a router (ROLL-20..26).

use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::analysis::assess::Phase;
use crate::rollouts::controller::Pass;
use crate::rollouts::spec::{Canary, CanaryScale, Step};
use crate::rollouts::status::{PauseReason, RolloutStatus};
use crate::rollouts::weights::{Room, Split, nearest, routed, step_towards};
use crate::world::World;

impl World {
    /// One look at a canary Rollout.
    pub(super) fn canary(
        &mut self,
        pass: &mut Pass,
        canary: &Canary,
        ctx: &mut Context<'_, Event>,
    ) {
        self.forget_revisions(pass, ctx);
        self.canary_services(pass, canary, ctx);
        self.route_weights(pass, canary, ctx);
        self.canary_analyses(pass, canary, ctx);
        if !self.size_canary(pass, canary, ctx) {
            self.pause_at_step(pass, ctx);
        }
        self.take_step(pass, canary, ctx);
    }

    /// Stable and canary Service lead to their revisions once those have their pods. After an abort both lead
    /// to the stable one: with a router as soon as it sends nothing to the canary.
    fn canary_services(&mut self, pass: &Pass, canary: &Canary, ctx: &mut Context<'_, Event>) {
        let routed = canary.istio.is_some();
        let weight = pass.status.weight.filter(|_| routed && canary.dynamic);
        let back = pass.status.abort && weight.unwrap_or(0) == 0;
        let new = pass.stable.as_ref().filter(|_| back).unwrap_or(&pass.new);
        let targets = [(&canary.stable, pass.stable.as_ref()), (&canary.canary, Some(new))];
        for (service, set) in targets {
            let (Some(service), Some(set)) = (service, set) else { continue };
            let size = self.size_of(set);
            let whole = 0 < size.available && size.available == size.wanted;
            if whole || (routed && back && canary.canary.as_ref() == Some(service)) {
                let hash = self.hash_of(set);
                self.switch_service(pass, service, &hash, ctx);
            }
        }
    }

    /// Pods of canary and stable ReplicaSet that the present step asks for.
    pub(super) fn wanted_split(&self, pass: &Pass, canary: &Canary) -> Split {
        let (replicas, status) = (pass.spec.replicas, &pass.status);
        let whole = status.promote_full || status.current == status.stable;
        let weight = if whole { 100 } else { set_weight(status) };
        if pass.other_stable().is_none() {
            return (replicas, 0);
        }
        if canary.istio.is_none() {
            return nearest(replicas, weight, pass.spec.limits().0);
        }
        let scale = scale_of(status).filter(|_| !whole && !status.abort);
        let weight_of_pods = match scale {
            Some(CanaryScale::Replicas(count)) => return (count, replicas),
            Some(CanaryScale::Weight(weight)) => weight,
            Some(CanaryScale::MatchTrafficWeight) | None => weight,
        };
        let (mut new, mut stable) = routed(replicas, weight_of_pods, canary.least_pods);
        if canary.dynamic {
            let actual = status.weight.unwrap_or(0);
            let least = canary.least_pods;
            stable = routed(replicas, 100 - weight, least).0;
            stable = stable.max(routed(replicas, 100 - actual, least).0);
            new = new.max(routed(replicas, actual, least).0);
        }
        (new, stable)
    }

    /// Whether both have just the pods that the step asks for: the canary's are available, the stable ones
    /// are there, unless their number follows the weight (`AtDesiredReplicaCountsForCanary`).
    pub(super) fn has_wanted_split(&self, pass: &Pass, canary: &Canary) -> bool {
        let (new, stable) = self.wanted_split(pass, canary);
        let size = self.size_of(&pass.new);
        let has_new = [size.wanted, size.available] == [new; 2];
        let has_stable = |set| {
            let size = self.size_of(set);
            [size.wanted, size.created] == [stable; 2]
        };
        let follows = canary.istio.is_some() && canary.dynamic;
        let older = pass.others.iter().map(|set| self.size_of(set).available).sum::<u32>();
        has_new
            && (follows || pass.other_stable().is_none_or(|set| has_stable(set)))
            && (canary.istio.is_some() || older == 0)
    }

    /// Sizes all ReplicaSets. True if one was scaled.
    fn size_canary(
        &mut self,
        pass: &mut Pass,
        canary: &Canary,
        ctx: &mut Context<'_, Event>,
    ) -> bool {
        const RULES: &[&str] = &["ROLL-22", "ROLL-23"];
        let undecided = pass.status.paused_since(PauseReason::InconclusiveAnalysisRun);
        if pass.spec.paused || undecided.is_some() {
            return false;
        }
        self.keep_new_and_stable(pass);
        let mut wanted = self.wanted_split(pass, canary);
        let stable = pass.other_stable().cloned();
        if canary.istio.is_none() {
            let (surge, unavailable) = pass.spec.limits();
            let room = Room { replicas: pass.spec.replicas, surge, unavailable };
            let held = stable.as_ref().map(|set| self.size_of(set));
            let older = pass.others.iter().map(|set| self.size_of(set).wanted).sum();
            wanted = step_towards(wanted, self.size_of(&pass.new), held, older, room);
        }
        if let Some(stable) = &stable
            && self.scale_set(pass, stable, wanted.1, RULES, ctx)
        {
            return true;
        }
        let delays = pass.spec.delays();
        let delays_abort = canary.istio.is_some() && (!canary.dynamic || delays.abort_given);
        if self.size_new(pass, wanted.0, delays_abort, ctx) {
            return true;
        }
        match canary.istio {
            Some(_) => self.scale_down_later(pass, ctx),
            None => self.scale_down_now(pass, ctx),
        }
    }

    /// Without a router the pods of other revisions get traffic, so they go as soon as enough pods are
    /// available (ROLL-26).
    fn scale_down_now(&mut self, pass: &mut Pass, ctx: &mut Context<'_, Event>) -> bool {
        let sets = self.cluster.state.revisions_of(&pass.name);
        let available: u32 = sets.iter().map(|set| set.status.available).sum();
        let least = pass.spec.replicas.saturating_sub(pass.spec.limits().1);
        let (mut down, mut scaled) = (available.saturating_sub(least), false);
        for set in pass.others.clone() {
            let size = self.size_of(&set);
            // Pods that are not available are no loss.
            let broken = size.wanted.saturating_sub(size.available);
            let less = (broken + down).min(size.wanted);
            down -= down.min(less - broken.min(less));
            scaled |= self.scale_set(pass, &set, size.wanted - less, &["ROLL-26"], ctx);
        }
        scaled
    }

    /// A pause step begins; its clock starts now (ROLL-21).
    fn pause_at_step(&mut self, pass: &mut Pass, ctx: &mut Context<'_, Event>) {
        const PAUSE: PauseReason = PauseReason::CanaryPauseStep;
        let status = &pass.status;
        let idle = pass.spec.paused || status.promote_full || status.abort;
        if idle || status.stable.is_empty() {
            return;
        }
        let Some(Step::Pause(time)) = status.current_step() else { return };
        let time = time.as_ref().map(|pause| pause.time);
        match status.paused_since(PAUSE) {
            None if status.controller_pause => {}
            None => {
                pass.status.pause(PAUSE, ctx.now);
                let text = match time {
                    Some(time) => format!("pauses for {}s", time.as_secs_f64()),
                    None => "pauses until somebody promotes it".to_owned(),
                };
                let text = format!("{}: {text}", place(&pass.status));
                self.note_rollout(pass, text, &["ROLL-21"], ctx);
                if let Some(time) = time {
                    pass.wake_at(ctx.now + time);
                }
            }
            Some(since) => {
                if let Some(time) = time {
                    pass.wake_at(since + time);
                }
            }
        }
    }

    /// Takes the next step if the present one is done, or ends the update.
    fn take_step(&mut self, pass: &mut Pass, canary: &Canary, ctx: &mut Context<'_, Event>) {
        if pass.status.promote_full || self.is_within_window(pass) {
            pass.status.take_up();
            pass.status.step = pass.status.steps.len();
        }
        if let Some(reason) = self.is_canary_over(pass) {
            return self.promote_stable(pass, &reason, ctx);
        }
        if pass.status.abort && !pass.status.is_promoted() {
            pass.status.step = 0;
        }
        if pass.status.abort || pass.spec.paused || !self.is_step_done(pass, canary, ctx) {
            return;
        }
        let Some(step) = pass.status.current_step() else { return };
        let (step, told) = (step.describe(), step.told());
        pass.status.step += 1;
        pass.status.runs.step = None;
        pass.status.unpause(PauseReason::CanaryPauseStep);
        pass.status.controller_pause = !pass.status.pauses.is_empty();
        let (at, of) = (pass.status.step, pass.status.steps.len());
        let message = format!("Rollout step {at}/{of} completed ({step})");
        self.record_rollout(pass, "Normal", "RolloutStepCompleted", message, ctx);
        self.note_rollout(pass, format!("step {at}/{of} is done ({told})"), &["ROLL-21"], ctx);
    }

    fn is_step_done(&self, pass: &Pass, canary: &Canary, ctx: &Context<'_, Event>) -> bool {
        let status = &pass.status;
        let Some(step) = status.current_step() else { return false };
        match step {
            Step::Pause(time) => match status.paused_since(PauseReason::CanaryPauseStep) {
                Some(since) => time.as_ref().is_some_and(|pause| since + pause.time <= ctx.now),
                None => status.controller_pause && status.pauses.is_empty(),
            },
            Step::SetWeight(weight) => {
                let routed = canary.istio.is_none() || status.weight == Some(*weight);
                routed && self.has_wanted_split(pass, canary)
            }
            Step::SetCanaryScale(_) => self.has_wanted_split(pass, canary),
            Step::Analysis(_) => self.phase_of(&status.runs.step) == Some(Phase::Successful),
            Step::SetRoute(_) => true,
        }
    }

    /// Why the newest revision is the stable one from now on.
    fn is_canary_over(&self, pass: &Pass) -> Option<String> {
        let status = &pass.status;
        if status.is_promoted() {
            return None;
        }
        if status.stable.is_empty() {
            return Some("Initial deploy".to_owned());
        }
        let size = self.size_of(&pass.new);
        if status.abort || size.available != pass.spec.replicas {
            return None;
        }
        if status.promote_full {
            return Some("Full promotion requested".to_owned());
        }
        if self.is_within_window(pass) {
            return Some("Rollback within window".to_owned());
        }
        let of = status.steps.len();
        let routed = status.weight.is_none_or(|weight| weight == 100);
        (status.step == of && routed).then(|| format!("Completed all {of} canary steps"))
    }

    fn canary_analyses(&mut self, pass: &mut Pass, canary: &Canary, ctx: &mut Context<'_, Event>) {
        let status = &pass.status;
        let idle = status.abort || status.promote_full || status.is_promoted();
        if idle || status.stable.is_empty() {
            return self.end_runs(pass, ctx);
        }
        let waits = status.paused_since(PauseReason::InconclusiveAnalysisRun).is_some();
        if let (Some(Step::Analysis(analysis)), false) = (status.current_step().cloned(), waits) {
            if status.runs.step.is_none() && status.pauses.is_empty() {
                let infix = status.step.to_string();
                let run = self.begin_run(pass, &analysis, (&infix, "Step"), ctx);
                pass.status.runs.step = run;
            }
            let run = pass.status.runs.step.clone();
            self.obey_run(pass, &run, ctx);
        }
        let begun = canary.background_from as usize <= pass.status.step;
        if let Some(analysis) = canary.background.as_ref().filter(|_| begun && !waits) {
            if pass.status.runs.background.is_none() {
                let run = self.begin_run(pass, analysis, ("", "Background"), ctx);
                pass.status.runs.background = run;
            }
            let run = pass.status.runs.background.clone();
            self.obey_run(pass, &run, ctx);
        }
    }
}

/// `step 2/5`.
fn place(status: &RolloutStatus) -> String {
    format!("step {}/{}", status.step + 1, status.steps.len())
}

/// The weight that the steps so far ask for.
pub(crate) fn set_weight(status: &RolloutStatus) -> u32 {
    if status.abort {
        return 0;
    }
    if status.current_step().is_none() {
        return 100;
    }
    weight_before(status, status.step + 1)
}

/// The weight that the steps before the one of this index ask for.
pub(super) fn weight_before(status: &RolloutStatus, index: usize) -> u32 {
    let mut taken = status.steps[..index.min(status.steps.len())].iter().rev();
    let weight = taken.find_map(|step| match step {
        Step::SetWeight(weight) => Some(*weight),
        Step::Pause(_) | Step::SetCanaryScale(_) | Step::Analysis(_) | Step::SetRoute(_) => None,
    });
    weight.unwrap_or(0)
}

fn scale_of(status: &RolloutStatus) -> Option<CanaryScale> {
    status.current_step()?;
    status.steps[..=status.step].iter().rev().find_map(|step| match step {
        Step::SetCanaryScale(scale) => Some(*scale),
        Step::SetWeight(_) | Step::Pause(_) | Step::Analysis(_) | Step::SetRoute(_) => None,
    })
}
