//! Blue-green: a second set of pods, and a switch of the active Service (ROLL-01..06).

use crate::delivery::Pitfall;
use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::analysis::assess::Phase;
use crate::rollouts::controller::Pass;
use crate::rollouts::spec::BlueGreen;
use crate::rollouts::status::PauseReason;
use crate::time::SimDuration;
use crate::world::World;

impl World {
    /// One look at a blue-green Rollout.
    pub(super) fn blue_green(
        &mut self,
        pass: &mut Pass,
        strategy: &BlueGreen,
        ctx: &mut Context<'_, Event>,
    ) {
        let current = pass.status.current.clone();
        // The preview leads to the newest revision as soon as there is one, ready or not.
        if let Some(preview) = &strategy.preview {
            self.switch_service(pass, preview, &current, ctx);
            pass.status.preview = self.selected_by(preview);
        }
        pass.status.active = self.selected_by(&strategy.active);
        let goes_back = self.keep_new_and_stable(pass);
        self.size_blue_green(pass, strategy, ctx);
        self.scale_down_later(pass, ctx);
        self.forget_revisions(pass, ctx);
        let fast = goes_back || self.is_fast(pass);
        self.pause_before_switch(pass, strategy, fast, ctx);
        self.switch_active(pass, strategy, fast, ctx);
        pass.status.active = self.selected_by(&strategy.active);
        self.promotion_analyses(pass, strategy, fast, ctx);
        if pass.status.promote_full {
            pass.status.take_up();
        }
        if let Some(reason) = self.is_blue_green_over(pass, strategy) {
            self.promote_stable(pass, reason, ctx);
        } else if let Some(count) = strategy.preview_replicas
            && !pass.status.checkpoint
            && self.passed_before(pass, strategy)
            && pause_is_over(pass, strategy)
            && self.size_of(&pass.new).available == count
        {
            pass.status.checkpoint = true;
            self.note_rollout(
                pass,
                "the preview has passed: it gets all its pods",
                &["ROLL-01"],
                ctx,
            );
        }
    }

    fn size_blue_green(
        &mut self,
        pass: &mut Pass,
        strategy: &BlueGreen,
        ctx: &mut Context<'_, Event>,
    ) {
        let replicas = pass.spec.replicas;
        let status = &pass.status;
        let active = self.cluster.state.revisions_of(&pass.name);
        let active = active.iter().find(|set| set.hash == status.active);
        let active = active.map(|set| set.name.clone());
        let previews = active.as_ref().is_some_and(|active| *active != pass.new)
            && !status.checkpoint
            && !status.promote_full;
        let wanted = strategy.preview_replicas.filter(|_| previews).unwrap_or(replicas);
        if let Some(active) = active.filter(|active| *active != pass.new) {
            self.scale_set(pass, &active, replicas, &["ROLL-01"], ctx);
        }
        self.size_new(pass, wanted, true, ctx);
    }

    /// Whether neither pause nor analysis are asked for (ROLL-02).
    fn is_fast(&self, pass: &Pass) -> bool {
        let status = &pass.status;
        status.promote_full
            || status.active.is_empty()
            || status.active == status.current
            || self.is_within_window(pass)
    }

    /// Whether the newest revision is an old one, and not too old (ROLL-07).
    pub(super) fn is_within_window(&self, pass: &Pass) -> bool {
        let Some(stable) = pass.other_stable() else { return false };
        let sets = &self.cluster.state.replica_sets;
        let (new, stable) = (&sets[&pass.new], &sets[stable]);
        let between = pass.others.iter().map(|set| sets[set].created);
        let between = between.filter(|at| new.created < *at && *at < stable.created).count();
        new.created < stable.created && between < pass.spec.rollback_window as usize
    }

    /// Whether the newest ReplicaSet has the pods that a pause waits for.
    fn is_ready(&self, pass: &Pass, strategy: &BlueGreen) -> bool {
        let size = self.size_of(&pass.new);
        let wanted = match (strategy.preview_replicas, pass.status.checkpoint) {
            (Some(count), false) => count,
            _ => pass.spec.replicas,
        };
        size.wanted == size.available && wanted <= size.available
    }

    /// Whether it has all its pods (ROLL-02).
    fn is_saturated(&self, pass: &Pass) -> bool {
        let size = self.size_of(&pass.new);
        size.wanted == pass.spec.replicas && size.available == pass.spec.replicas
    }

    /// Begins the pause once the analysis is through, and ends it when its time is over (ROLL-03).
    fn pause_before_switch(
        &mut self,
        pass: &mut Pass,
        strategy: &BlueGreen,
        fast: bool,
        ctx: &mut Context<'_, Event>,
    ) {
        const PAUSE: PauseReason = PauseReason::BlueGreenPause;
        if pass.status.abort || pass.spec.paused || !self.is_ready(pass, strategy) {
            return;
        }
        if fast || pass.status.checkpoint || !needs_pause(strategy) {
            pass.status.unpause(PAUSE);
            return;
        }
        if !self.passed_before(pass, strategy) {
            return;
        }
        match pass.status.paused_since(PAUSE) {
            None if pass.status.controller_pause => {}
            None => {
                pass.status.pause(PAUSE, ctx.now);
                let text = match strategy.promotes {
                    false => "pauses until somebody promotes it".to_owned(),
                    true => format!("pauses for {}s", strategy.promotes_after.as_secs_f64()),
                };
                self.note_rollout(pass, text, &["ROLL-03"], ctx);
                if strategy.promotes {
                    pass.wake_at(ctx.now + strategy.promotes_after);
                }
            }
            Some(since) if strategy.promotes => {
                let until = since + strategy.promotes_after;
                if until <= ctx.now {
                    pass.status.unpause(PAUSE);
                    self.note_rollout(pass, "the pause is over", &["ROLL-03"], ctx);
                } else {
                    pass.wake_at(until);
                }
            }
            Some(_) => {}
        }
    }

    /// Leads the active Service to the newest revision, or after an abort back (ROLL-02, 05).
    fn switch_active(
        &mut self,
        pass: &Pass,
        strategy: &BlueGreen,
        fast: bool,
        ctx: &mut Context<'_, Event>,
    ) {
        if pass.status.abort {
            let stable = pass.status.stable.clone();
            self.switch_service(pass, &strategy.active, &stable, ctx);
            return;
        }
        let promoted = pause_is_over(pass, strategy) && self.passed_before(pass, strategy);
        if self.is_saturated(pass) && !pass.spec.paused && (fast || promoted) {
            let current = pass.status.current.clone();
            self.switch_service(pass, &strategy.active, &current, ctx);
        }
    }

    /// Whether the analysis before the switch is there and was good, or none is asked for.
    fn passed_before(&self, pass: &Pass, strategy: &BlueGreen) -> bool {
        strategy.before.is_none()
            || self.phase_of(&pass.status.runs.before) == Some(Phase::Successful)
    }

    fn promotion_analyses(
        &mut self,
        pass: &mut Pass,
        strategy: &BlueGreen,
        fast: bool,
        ctx: &mut Context<'_, Event>,
    ) {
        let status = &pass.status;
        let switched = status.active == status.current;
        if status.abort || status.promote_full || (fast && !switched) || status.stable.is_empty() {
            self.end_runs(pass, ctx);
            return;
        }
        let waits = status.paused_since(PauseReason::InconclusiveAnalysisRun).is_some();
        let update = !status.is_promoted() && !status.active.is_empty();
        let begins = update && !switched && self.is_ready(pass, strategy) && !status.checkpoint;
        if let Some(analysis) = strategy.before.as_ref().filter(|_| update && !switched) {
            if begins && !waits && status.runs.before.is_none() {
                let run = self.begin_run(pass, analysis, ("pre", "PrePromotion"), ctx);
                pass.status.runs.before = run;
            } else if !begins {
                self.forget_analysis(pass, ctx);
            }
            let run = pass.status.runs.before.clone();
            self.obey_run(pass, &run, ctx);
        }
        let status = &pass.status;
        let begins = update && switched && self.is_saturated(pass);
        if let Some(analysis) = strategy.after.as_ref().filter(|_| update && switched) {
            if begins && !waits && status.runs.after.is_none() {
                let run = self.begin_run(pass, analysis, ("post", "PostPromotion"), ctx);
                pass.status.runs.after = run;
            } else if !begins {
                self.forget_analysis(pass, ctx);
            }
            let run = pass.status.runs.after.clone();
            self.obey_run(pass, &run, ctx);
        }
    }

    /// The newest ReplicaSet has not all its pods. An analysis of it goes on all the same, unless the
    /// controller suffers from a bug that ends it.
    fn forget_analysis(&mut self, pass: &Pass, ctx: &mut Context<'_, Event>) {
        if self.delivery.addons().suffer(Pitfall::LostPodPassesAnalysis) {
            self.end_runs(pass, ctx);
        }
    }

    /// Why the newest revision is the stable one from now on.
    fn is_blue_green_over(&self, pass: &Pass, strategy: &BlueGreen) -> Option<&'static str> {
        let status = &pass.status;
        if status.is_promoted() {
            return None;
        }
        if status.stable.is_empty() || status.active.is_empty() {
            return Some("Initial deploy");
        }
        if status.active != status.current || status.abort {
            return None;
        }
        if status.promote_full {
            return Some("Full promotion requested");
        }
        if self.is_within_window(pass) {
            return Some("Rollback within window");
        }
        let after = self.phase_of(&status.runs.after);
        let passed = strategy.after.is_none() || after == Some(Phase::Successful);
        passed.then_some("Completed blue-green update")
    }
}

/// Whether the controller waits before the switch: for a person, or for a time (ROLL-03).
fn needs_pause(strategy: &BlueGreen) -> bool {
    !strategy.promotes || strategy.promotes_after != SimDuration::ZERO
}

fn pause_is_over(pass: &Pass, strategy: &BlueGreen) -> bool {
    let paused = pass.status.paused_since(PauseReason::BlueGreenPause).is_some();
    let resumed = pass.status.controller_pause && !paused;
    !pass.spec.paused && (!needs_pause(strategy) || resumed || pass.status.checkpoint)
}
