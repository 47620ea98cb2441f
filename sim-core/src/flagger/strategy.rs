//! What follows a good analysis: canary, A/B and blue-green, promotion and its end (FLG-04..07).

use crate::flagger::look::{Look, Outcome, Routes};
use crate::flagger::spec::TOTAL;
use crate::flagger::status::Phase;

impl Look<'_, '_, '_> {
    /// Takes the next step of the strategy that the analysis describes.
    pub(super) fn go_on(&mut self, routes: Routes) -> Outcome {
        let analysis = &self.spec.analysis;
        if 0 < analysis.iterations {
            return match analysis.has_match() {
                true => self.go_on_with_match(),
                false => self.go_on_with_blue_green(routes),
            };
        }
        if analysis.next_step(routes.canary) == 0 {
            // Neither weights nor iterations: it never gets anywhere.
            return Ok(());
        }
        let asks = !routes.mirrored && self.seen.phase != Phase::WaitingPromotion;
        if asks && !self.increase_is_confirmed() {
            return Ok(());
        }
        self.go_on_with_weights(routes)
    }

    /// Canary: the weight grows step by step; one mirrored step comes first, if asked for (FLG-05).
    fn go_on_with_weights(&mut self, routes: Routes) -> Outcome {
        let analysis = &self.spec.analysis;
        if analysis.max_weight() <= routes.canary {
            return self.promote_if_confirmed();
        }
        let step = analysis.next_step(routes.canary);
        let grown = Routes {
            primary: routes.primary.saturating_sub(step),
            canary: TOTAL.min(routes.canary + step),
            mirrored: false,
        };
        let next = match (analysis.mirror && routes.canary == 0, routes.mirrored) {
            (true, false) => Routes { mirrored: true, ..Routes::PRIMARY },
            (true, true) => {
                Routes { primary: TOTAL.saturating_sub(step), canary: step, mirrored: false }
            }
            (false, _) => grown,
        };
        if analysis.mirror && routes.canary == 0 {
            let (primary, canary, mirrored) = (next.primary, next.canary, next.mirrored);
            let text = format!("Flagger: Running mirror step {primary}/{canary}/{mirrored}");
            self.trace(text, &["FLG-05"]);
        }
        let text = format!("Advance {} canary weight {}", self.full(&self.name), next.canary);
        self.say(text, &["FLG-04"]);
        self.set_routes(next)?;
        self.status(|status, now| {
            status.weight = next.canary;
            status.touch(now);
        });
        Ok(())
    }

    /// A/B: who matches is sent to the canary as long as iterations are left (FLG-06).
    fn go_on_with_match(&mut self) -> Outcome {
        if self.seen.iterations < i64::from(self.spec.analysis.iterations) {
            self.advance_iteration();
            return self.set_routes(Routes::CANARY);
        }
        self.promote_if_confirmed()
    }

    /// Blue-green: iterations without traffic, or with a copy of it, then everything, then promotion
    /// (FLG-05, FLG-06).
    fn go_on_with_blue_green(&mut self, routes: Routes) -> Outcome {
        let iterations = i64::from(self.spec.analysis.iterations);
        if self.seen.iterations < iterations {
            self.advance_iteration();
            if self.spec.analysis.mirror && !routes.mirrored {
                self.trace("Flagger: Start traffic mirroring".to_owned(), &["FLG-05"]);
                return self.set_routes(Routes { mirrored: true, ..Routes::PRIMARY });
            }
            return Ok(());
        }
        if !self.promotion_is_confirmed() {
            return Ok(());
        }
        if iterations < self.seen.iterations {
            return self.copy_to_primary();
        }
        let text = match self.spec.analysis.mirror {
            true => "Stop traffic mirroring and route all traffic to canary",
            false => "Routing all traffic to canary",
        };
        self.say(text, &["FLG-06"]);
        self.set_routes(Routes::CANARY)?;
        self.status(|status, now| {
            status.iterations = iterations + 1;
            status.touch(now);
        });
        Ok(())
    }

    fn advance_iteration(&mut self) {
        let next = self.seen.iterations + 1;
        let (name, all) = (self.full(&self.name), self.spec.analysis.iterations);
        self.say(format!("Advance {name} canary iteration {next}/{all}"), &["FLG-06"]);
        self.status(|status, now| {
            status.iterations = next;
            status.touch(now);
        });
    }

    fn promote_if_confirmed(&mut self) -> Outcome {
        if self.promotion_is_confirmed() { self.copy_to_primary() } else { Ok(()) }
    }

    fn copy_to_primary(&mut self) -> Outcome {
        self.promote()?;
        self.set_phase(Phase::Promoting);
        Ok(())
    }

    /// The primary has the new version and is ready: traffic goes back to it (FLG-07).
    pub(super) fn shift_back(&mut self, routes: Routes) -> Outcome {
        self.reconcile_autoscaler(false)?;
        let step = self.spec.analysis.step_weight_promotion;
        if step == 0 {
            self.say("Routing all traffic to primary", &["FLG-07"]);
            self.set_routes(Routes::PRIMARY)?;
            self.set_phase(Phase::Finalising);
            return Ok(());
        }
        if routes.canary == 0 {
            return Ok(());
        }
        let primary = TOTAL.min(routes.primary + step);
        let canary = routes.canary.saturating_sub(step);
        let text = format!("Advance {} primary weight {primary}", self.full(&self.name));
        self.say(text, &["FLG-07"]);
        self.set_routes(Routes { primary, canary, mirrored: false })?;
        if primary == TOTAL {
            self.set_phase(Phase::Finalising);
        } else {
            self.status(|status, now| {
                status.weight = canary;
                status.touch(now);
            });
        }
        Ok(())
    }

    /// The canary's pods go: of the version that served before nothing is left.
    pub(super) fn finish(&mut self) -> Outcome {
        let target = self.full(&self.spec.target);
        self.say(format!("Promotion completed! Scaling down {target}"), &["FLG-02", "FLG-03"]);
        self.scale_target(0)?;
        self.set_phase(Phase::Succeeded);
        self.tell_the_end();
        Ok(())
    }

    /// `skipAnalysis`: the primary takes the new version at once.
    pub(super) fn promote_unseen(&mut self) -> Outcome {
        self.set_routes(Routes::PRIMARY)?;
        self.promote()?;
        self.reconcile_autoscaler(false)?;
        self.scale_target(0)?;
        self.set_phase(Phase::Succeeded);
        let target = self.full(&self.spec.target);
        let text = format!("Promotion completed! Canary analysis was skipped for {target}");
        self.say(text, &["FLG-03"]);
        Ok(())
    }
}
