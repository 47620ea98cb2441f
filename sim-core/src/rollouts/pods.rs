//! Sizes of the ReplicaSets, and when those go that get no traffic any more (ROLL-04, 05, 25, 26).

use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::controller::Pass;
use crate::rollouts::spec::Strategy;
use crate::rollouts::status::PauseReason;
use crate::time::SimDuration;
use crate::world::{Scope, World};

impl World {
    /// Gives a ReplicaSet another size. True if it had another one.
    pub(super) fn scale_set(
        &mut self,
        pass: &mut Pass,
        set: &str,
        to: u32,
        rules: &'static [&'static str],
        ctx: &mut Context<'_, Event>,
    ) -> bool {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let Some(from) = self.cluster.scale_revision(set, to, scope) else { return false };
        if to == 0 {
            pass.status.deadlines.remove(set);
        }
        let direction = if from < to { "up" } else { "down" };
        let number = self.cluster.state.replica_sets.get(set).map_or(0, |set| set.revision);
        let message =
            format!("Scaled {direction} ReplicaSet {set} (revision {number}) from {from} to {to}");
        self.record_rollout(pass, "Normal", "ScalingReplicaSet", message, ctx);
        let text =
            format!("scaled {direction} replica set {set} (revision {number}) from {from} to {to}");
        self.note_rollout(pass, text, rules, ctx);
        true
    }

    /// The newest and the stable ReplicaSet are not to go, unless an aborted one waits for just that.
    /// True if the newest was about to (ROLL-02).
    pub(super) fn keep_new_and_stable(&self, pass: &mut Pass) -> bool {
        if let Some(stable) = pass.stable.clone() {
            pass.status.deadlines.remove(&stable);
        }
        if pass.status.abort {
            return false;
        }
        pass.status.deadlines.remove(&pass.new).is_some()
    }

    /// Sizes the newest ReplicaSet: `wanted`, or after an abort 0 once its delay is over (ROLL-05, 25).
    /// True if it was scaled.
    pub(super) fn size_new(
        &mut self,
        pass: &mut Pass,
        wanted: u32,
        delays_abort: bool,
        ctx: &mut Context<'_, Event>,
    ) -> bool {
        const ABORTED: &[&str] = &["ROLL-05", "ROLL-25"];
        let new = pass.new.clone();
        let (Some(stable), true) = (pass.other_stable().cloned(), pass.status.abort) else {
            return self.scale_set(pass, &new, wanted, &["ROLL-01", "ROLL-23"], ctx);
        };
        if !delays_abort {
            return self.scale_set(pass, &new, wanted, ABORTED, ctx);
        }
        let Some(delay) = pass.spec.delays().abort else { return false };
        match pass.status.deadlines.get(&new).copied() {
            Some(deadline) if deadline <= ctx.now => self.scale_set(pass, &new, 0, ABORTED, ctx),
            Some(deadline) => {
                pass.wake_at(deadline);
                false
            }
            None => {
                let whole = self.size_of(&stable).available == pass.spec.replicas;
                if whole && 0 < self.size_of(&new).wanted {
                    pass.status.deadlines.insert(new.clone(), ctx.now + delay);
                    pass.wake_at(ctx.now + delay);
                    let text = format!("keeps replica set {new} for {}s", delay.as_secs_f64());
                    self.note_rollout(pass, text, ABORTED, ctx);
                }
                false
            }
        }
    }

    /// ReplicaSets that are neither newest nor stable keep their pods for a while, since it takes time until
    /// every proxy knows that the traffic goes elsewhere (ROLL-04, 26). True if one was scaled.
    pub(super) fn scale_down_later(
        &mut self,
        pass: &mut Pass,
        ctx: &mut Context<'_, Event>,
    ) -> bool {
        const RULES: &[&str] = &["ROLL-04", "ROLL-26"];
        // ROLL-06: a person may still decide to go back.
        if pass.status.paused_since(PauseReason::InconclusiveAnalysisRun).is_some() {
            return false;
        }
        let (delays, mut kept, mut scaled) = (pass.spec.delays(), 0, false);
        for set in pass.others.clone() {
            let hash = self.hash_of(&set);
            let referenced = [&pass.status.active, &pass.status.preview].contains(&&hash);
            if referenced || self.size_of(&set).wanted == 0 {
                continue;
            }
            let deadline = pass.status.deadlines.get(&set).copied();
            if deadline.is_none() && pass.is_midway() {
                // Somebody has changed their mind: it goes as soon as no Service leads to it.
                if !self.is_led_to(pass, &hash) {
                    scaled |= self.scale_set(pass, &set, 0, RULES, ctx);
                }
                continue;
            }
            kept += 1;
            let keeps = delays.revisions.is_none_or(|limit| kept <= limit);
            match deadline {
                _ if !keeps || delays.scale_down == SimDuration::ZERO => {
                    scaled |= self.scale_set(pass, &set, 0, RULES, ctx);
                }
                None => {
                    let at = ctx.now + delays.scale_down;
                    pass.status.deadlines.insert(set.clone(), at);
                    pass.wake_at(at);
                    let secs = delays.scale_down.as_secs_f64();
                    let text = format!("keeps the pods of replica set {set} for {secs}s");
                    self.note_rollout(pass, text, RULES, ctx);
                }
                Some(at) if at <= ctx.now => {
                    scaled |= self.scale_set(pass, &set, 0, RULES, ctx);
                }
                Some(at) => pass.wake_at(at),
            }
        }
        scaled
    }

    /// Whether a Service of a canary leads to this revision.
    fn is_led_to(&self, pass: &Pass, hash: &str) -> bool {
        let Strategy::Canary(canary) = &pass.spec.strategy else { return false };
        let mut services = [&canary.canary, &canary.stable].into_iter().flatten();
        services.any(|service| self.selected_by(service) == hash)
    }

    /// Deletes the oldest empty ReplicaSets beyond `revisionHistoryLimit`.
    pub(super) fn forget_revisions(&mut self, pass: &mut Pass, ctx: &mut Context<'_, Event>) {
        let empty = |set: &&String| {
            let set = &self.cluster.state.replica_sets[*set];
            set.replicas == 0
                && set.status.replicas == 0
                && self.cluster.state.active_pods_of(&set.name).next().is_none()
        };
        let surplus = pass.others.len().saturating_sub(pass.spec.revision_history_limit as usize);
        let going: Vec<String> =
            pass.others.iter().rev().filter(empty).take(surplus).cloned().collect();
        pass.others.retain(|set| !going.contains(set));
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        for set in going {
            self.cluster.delete_revision(&set, pass.cause, scope);
        }
    }
}
