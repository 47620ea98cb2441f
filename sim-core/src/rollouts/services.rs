//! The Services of a Rollout: their selectors lead the traffic to a revision (ROLL-04).

use crate::cluster::api::{Kind, Spec};
use crate::cluster::state::ROLLOUT_HASH;
use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::controller::Pass;
use crate::rollouts::spec::{AnalysisUse, Canary, Step, Strategy};
use crate::world::World;

impl World {
    /// What is wrong with what the Rollout names.
    pub(super) fn invalid(&self, pass: &Pass) -> Option<String> {
        let service = |path: &str, name: &String| {
            let missing = self.api.get(Kind::Service, name).is_none();
            missing.then(|| format!("{path}: Invalid value: {name:?}: service {name:?} not found"))
        };
        let analysis = |path: &str, used: &Option<AnalysisUse>| {
            used.as_ref().and_then(|used| self.invalid_use(path, used))
        };
        match &pass.spec.strategy {
            Strategy::BlueGreen(strategy) => {
                let at = |field: &str| format!("spec.strategy.blueGreen.{field}");
                let preview = strategy.preview.as_ref();
                service(&at("activeService"), &strategy.active)
                    .or_else(|| service(&at("previewService"), preview?))
                    .or_else(|| analysis(&at("prePromotionAnalysis"), &strategy.before))
                    .or_else(|| analysis(&at("postPromotionAnalysis"), &strategy.after))
            }
            Strategy::Canary(canary) => {
                let at = |field: &str| format!("spec.strategy.canary.{field}");
                let ends = [("canaryService", &canary.canary), ("stableService", &canary.stable)];
                let mut ends = ends.into_iter();
                ends.find_map(|(field, name)| service(&at(field), name.as_ref()?))
                    .or_else(|| analysis(&at("analysis"), &canary.background))
                    .or_else(|| self.invalid_steps(canary))
                    .or_else(|| self.invalid_routes(canary))
            }
        }
    }

    fn invalid_steps(&self, canary: &Canary) -> Option<String> {
        canary.steps.iter().enumerate().find_map(|(index, step)| match step {
            Step::Analysis(analysis) => {
                let at = format!("spec.strategy.canary.steps[{index}].analysis");
                self.invalid_use(&at, analysis)
            }
            Step::SetWeight(_) | Step::Pause(_) | Step::SetCanaryScale(_) | Step::SetRoute(_) => {
                None
            }
        })
    }

    fn invalid_use(&self, at: &str, analysis: &AnalysisUse) -> Option<String> {
        let missing = analysis.templates.iter().find(|template| {
            let kind = template.kind();
            self.api.get(kind, &template.name).is_none()
        });
        if let Some(template) = missing {
            let (kind, name) = (template.kind().name(), &template.name);
            return Some(format!(
                "{at}.templates: Invalid value: {name:?}: {kind} '{name}' not found"
            ));
        }
        let unresolved = self.unresolved(analysis)?;
        Some(format!(
            "{at}.args: Invalid value: {unresolved:?}: args.{unresolved} was not resolved"
        ))
    }

    /// The revision that a Service leads to; empty if it leads to all.
    pub(super) fn selected_by(&self, service: &str) -> String {
        match self.api.get(Kind::Service, service).map(|object| &object.manifest.spec) {
            Some(Spec::Service(spec)) => {
                spec.selector.get(ROLLOUT_HASH).cloned().unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// Leads a Service to a revision. True if it led elsewhere.
    pub(super) fn switch_service(
        &mut self,
        pass: &Pass,
        service: &str,
        hash: &str,
        ctx: &mut Context<'_, Event>,
    ) -> bool {
        let from = self.selected_by(service);
        if from == hash || hash.is_empty() {
            return false;
        }
        let Some(object) = self.api.get(Kind::Service, service) else { return false };
        let mut document = object.manifest.document.clone();
        document["spec"]["selector"][ROLLOUT_HASH] = hash.into();
        // The line comes first: it speaks for what the write brings about.
        let text = match from.is_empty() {
            true => format!("leads service {service} to {hash}"),
            false => format!("leads service {service} from {from} to {hash}"),
        };
        self.note_rollout(pass, text, &["ROLL-04"], ctx);
        let message =
            format!("Switched selector for service '{service}' from '{from}' to '{hash}'");
        self.record_rollout(pass, "Normal", "SwitchService", message, ctx);
        if let Err(problem) = self.rewrite(Kind::Service, service, document, ctx) {
            self.note_rollout(
                pass,
                format!("service {service} cannot be changed: {problem}"),
                &[],
                ctx,
            );
        }
        true
    }
}
