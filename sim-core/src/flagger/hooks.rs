//! Webhooks: who must agree before Flagger goes on.

use crate::flagger::look::Look;
use crate::flagger::spec::{Hook, Webhook};
use crate::flagger::status::Phase;

impl Look<'_, '_, '_> {
    fn hooks(&self, hook: Hook) -> Vec<Webhook> {
        let all = self.spec.analysis.webhooks.iter();
        all.filter(|webhook| webhook.hook == hook).cloned().collect()
    }

    /// Asks one webhook; `Err` has what it says against it.
    fn ask(&self, webhook: &Webhook) -> Result<(), &'static str> {
        self.world.flagger.ask(webhook.door, &self.name)
    }

    /// Whether a new version may be scaled up; the canary waits until it may.
    pub(super) fn rollout_is_confirmed(&mut self) -> bool {
        for webhook in self.hooks(Hook::ConfirmRollout) {
            if self.ask(&webhook).is_err() {
                self.set_phase(Phase::Waiting);
                let text = format!(
                    "Halt {} advancement waiting for approval {}",
                    self.full(&self.name),
                    webhook.name
                );
                self.warn(text, &["FLG-03"]);
                return false;
            }
            self.say(format!("Confirm-rollout check {} passed", webhook.name), &["FLG-03"]);
        }
        true
    }

    /// Whether the first traffic may come.
    pub(super) fn is_prepared(&mut self) -> bool {
        for webhook in self.hooks(Hook::PreRollout) {
            if let Err(why) = self.ask(&webhook) {
                let text = format!(
                    "Halt {} advancement pre-rollout check {} failed {why}",
                    self.full(&self.name),
                    webhook.name
                );
                self.warn(text, &["FLG-04"]);
                return false;
            }
            self.say(format!("Pre-rollout check {} passed", webhook.name), &["FLG-04"]);
        }
        true
    }

    /// Whether the checks outside Prometheus are content.
    pub(super) fn external_checks_pass(&mut self) -> bool {
        for webhook in self.hooks(Hook::Rollout) {
            if let Err(why) = self.ask(&webhook) {
                let text = format!(
                    "Halt {} advancement external check {} failed {why}",
                    self.full(&self.name),
                    webhook.name
                );
                self.warn(text, &["FLG-04"]);
                return false;
            }
        }
        true
    }

    /// Whether the weight may grow.
    pub(super) fn increase_is_confirmed(&mut self) -> bool {
        for webhook in self.hooks(Hook::ConfirmTrafficIncrease) {
            if self.ask(&webhook).is_err() {
                let text = format!(
                    "Halt {} advancement waiting for traffic increase approval {}",
                    self.full(&self.name),
                    webhook.name
                );
                self.warn(text, &["FLG-04"]);
                return false;
            }
            let text = format!("Confirm-traffic-increase check {} passed", webhook.name);
            self.say(text, &["FLG-04"]);
        }
        true
    }

    /// Whether the new version may be promoted; while it waits, its analysis goes on.
    pub(super) fn promotion_is_confirmed(&mut self) -> bool {
        for webhook in self.hooks(Hook::ConfirmPromotion) {
            if self.ask(&webhook).is_err() {
                if self.seen.phase == Phase::WaitingPromotion {
                    let iterations = i64::from(self.spec.analysis.iterations) - 1;
                    self.status(|status, now| {
                        status.iterations = iterations;
                        status.touch(now);
                    });
                } else {
                    self.set_phase(Phase::WaitingPromotion);
                    let text = format!(
                        "Halt {} advancement waiting for promotion approval {}",
                        self.full(&self.name),
                        webhook.name
                    );
                    self.warn(text, &["FLG-03"]);
                }
                return false;
            }
            self.say(format!("Confirm-promotion check {} passed", webhook.name), &["FLG-03"]);
        }
        true
    }

    /// Whether somebody asks for the rollback.
    pub(super) fn told_to_roll_back(&mut self) -> bool {
        let phases = [Phase::Progressing, Phase::Waiting, Phase::WaitingPromotion];
        if !phases.contains(&self.seen.phase) {
            return false;
        }
        for webhook in self.hooks(Hook::Rollback) {
            if self.ask(&webhook).is_ok() {
                self.warn(format!("Rollback check {} passed", webhook.name), &["FLG-04"]);
                return true;
            }
            let text = format!("Rollback hook {} not signaling a rollback", webhook.name);
            self.say(text, &["FLG-04"]);
        }
        false
    }

    /// Tells who wants to know that all is over.
    pub(super) fn tell_the_end(&mut self) {
        for webhook in self.hooks(Hook::PostRollout) {
            if let Err(why) = self.ask(&webhook) {
                let text = format!("Post-rollout hook {} failed {why}", webhook.name);
                return self.warn(text, &["FLG-03"]);
            }
            self.say(format!("Post-rollout check {} passed", webhook.name), &["FLG-03"]);
        }
    }
}
