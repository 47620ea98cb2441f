//! The analysis runs that a Rollout begins, and what it does with their results (ROLL-05, 06, 45).

use serde_json::{Map, Value, json};

use crate::cluster::api::{Kind, Spec};
use crate::console::kubectl::write;
use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::analysis::assess::Phase;
use crate::rollouts::analysis::spec::AnalysisSpec;
use crate::rollouts::controller::Pass;
use crate::rollouts::spec::{AnalysisUse, ArgumentValue, TemplateRef};
use crate::rollouts::status::{PauseReason, Runs};
use crate::world::World;

impl TemplateRef {
    /// What it refers to.
    pub(super) fn kind(&self) -> Kind {
        if self.cluster { Kind::ClusterAnalysisTemplate } else { Kind::AnalysisTemplate }
    }
}

impl World {
    fn template(&self, template: &TemplateRef) -> Option<(&AnalysisSpec, &Value)> {
        let object = self.api.get(template.kind(), &template.name)?;
        match &object.manifest.spec {
            Spec::AnalysisTemplate(spec) | Spec::ClusterAnalysisTemplate(spec) => {
                Some((spec, &object.manifest.document["spec"]))
            }
            _ => None,
        }
    }

    /// The first argument of its templates that gets no value.
    pub(super) fn unresolved(&self, analysis: &AnalysisUse) -> Option<String> {
        let templates = analysis.templates.iter().filter_map(|template| self.template(template));
        let mut wanted = templates.flat_map(|(spec, _)| &spec.args);
        let given = |name: &String| analysis.args.iter().any(|one| one.name == *name);
        let found = wanted.find(|(name, value)| value.is_none() && !given(name));
        found.map(|(name, _)| name.clone())
    }

    /// Begins an analysis of the newest revision. `kind` is the end of its name, and its label.
    pub(super) fn begin_run(
        &mut self,
        pass: &Pass,
        analysis: &AnalysisUse,
        (infix, label): (&str, &str),
        ctx: &mut Context<'_, Event>,
    ) -> Option<String> {
        let (hash, revision) = (&pass.status.current, pass.status.revision);
        let dash = if infix.is_empty() { "" } else { "-" };
        let base = format!("{}-{hash}-{revision}{dash}{infix}", pass.name);
        let taken = |name: &String| self.api.get(Kind::AnalysisRun, name).is_some();
        let again = (1..).map(|number| format!("{base}.{number}"));
        let name = std::iter::once(base.clone()).chain(again).find(|name| !taken(name))?;
        let document = self.run_document(pass, analysis, &name, label);
        let text = format!("begins analysis run {name} ({label})");
        self.note_rollout(pass, text, &["ROLL-01", "ROLL-21"], ctx);
        match self.rewrite(Kind::AnalysisRun, &name, document, ctx) {
            Ok(()) => {
                let message = format!(
                    "{label} Analysis Run '{name}' Status New: 'Running' Previous: 'NoPreviousStatus'"
                );
                self.record_rollout(pass, "Normal", "AnalysisRunRunning", message, ctx);
                Some(name)
            }
            Err(problem) => {
                let text = format!("analysis run {name} cannot be made: {problem}");
                self.note_rollout(pass, text, &[], ctx);
                None
            }
        }
    }

    fn run_document(&self, pass: &Pass, analysis: &AnalysisUse, name: &str, label: &str) -> Value {
        let templates = analysis.templates.iter().filter_map(|template| self.template(template));
        let (mut metrics, mut dry) = (Vec::new(), Vec::new());
        let mut args: Vec<(String, Option<String>)> = Vec::new();
        for (spec, document) in templates {
            metrics.extend(document["metrics"].as_array().into_iter().flatten().cloned());
            dry.extend(spec.dry_run.iter().cloned());
            for (name, value) in &spec.args {
                if !args.iter().any(|(known, _)| known == name) {
                    args.push((name.clone(), value.clone()));
                }
            }
        }
        for given in &analysis.args {
            let value = Some(self.argument(pass, &given.value));
            match args.iter_mut().find(|(name, _)| *name == given.name) {
                Some(known) => known.1 = value,
                None => args.push((given.name.clone(), value)),
            }
        }
        dry.extend(analysis.dry_run.iter().cloned());
        let args: Vec<Value> = args
            .into_iter()
            .map(|(name, value)| json!({"name": name, "value": value.unwrap_or_default()}))
            .collect();
        let mut spec = Map::new();
        if !args.is_empty() {
            spec.insert("args".to_owned(), args.into());
        }
        if !dry.is_empty() {
            let dry: Vec<Value> = dry.iter().map(|name| json!({"metricName": name})).collect();
            spec.insert("dryRun".to_owned(), dry.into());
        }
        spec.insert("metrics".to_owned(), metrics.into());
        let owner = self.api.get(Kind::Rollout, &pass.name).map_or("", |object| &object.uid);
        json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AnalysisRun",
            "metadata": {
                "name": name,
                "annotations": {"rollout.argoproj.io/revision": pass.status.revision.to_string()},
                "labels": {
                    "rollout-type": label,
                    "rollouts-pod-template-hash": pass.status.current,
                },
                "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                    "name": pass.name, "uid": owner, "controller": true, "blockOwnerDeletion": true}],
            },
            "spec": spec,
        })
    }

    fn argument(&self, pass: &Pass, value: &ArgumentValue) -> String {
        match value {
            ArgumentValue::Literal(text) => text.clone(),
            ArgumentValue::StableHash => pass.status.stable.clone(),
            ArgumentValue::LatestHash => pass.status.current.clone(),
            ArgumentValue::Field(path) => {
                let object = self.api.get(Kind::Rollout, &pass.name);
                let document = object.map(|object| &object.manifest.document);
                document.map(|document| field(document, path)).unwrap_or_default()
            }
        }
    }

    /// Runs that somebody has deleted are made again.
    pub(super) fn forget_lost_runs(&self, pass: &mut Pass) {
        let Runs { before, after, step, background } = &mut pass.status.runs;
        for run in [before, after, step, background] {
            if run.as_ref().is_some_and(|name| self.api.get(Kind::AnalysisRun, name).is_none()) {
                *run = None;
            }
        }
    }

    /// Where a run stands.
    pub(super) fn phase_of(&self, run: &Option<String>) -> Option<Phase> {
        self.rollouts.run(run.as_ref()?).map(|run| run.phase)
    }

    /// A bad run aborts the update, one that is neither good nor bad pauses it (ROLL-05, 06, 45).
    pub(super) fn obey_run(
        &mut self,
        pass: &mut Pass,
        run: &Option<String>,
        ctx: &mut Context<'_, Event>,
    ) {
        const PAUSE: PauseReason = PauseReason::InconclusiveAnalysisRun;
        let Some(run) = run.as_ref().and_then(|name| self.rollouts.run(name)) else { return };
        match run.phase {
            Phase::Failed | Phase::Error => {
                let message = run.message.clone();
                self.abort_rollout(pass, &message, ctx);
            }
            Phase::Inconclusive if pass.status.paused_since(PAUSE).is_none() => {
                pass.status.pause(PAUSE, ctx.now);
                let text =
                    "pauses: the analysis is neither good nor bad, so somebody has to decide";
                self.note_rollout(pass, text, &["ROLL-06"], ctx);
            }
            Phase::Pending | Phase::Running | Phase::Successful | Phase::Inconclusive => {}
        }
    }

    /// Runs that count no more are told to end.
    pub(super) fn end_runs(&mut self, pass: &Pass, ctx: &mut Context<'_, Event>) {
        let runs: Vec<String> = pass.status.runs.iter().cloned().collect();
        for name in runs {
            let Some(object) = self.api.get(Kind::AnalysisRun, &name) else { continue };
            let over = self.rollouts.run(&name).is_none_or(|run| run.phase.is_over());
            let mut document = object.manifest.document.clone();
            if over || document["spec"]["terminate"] == true {
                continue;
            }
            document["spec"]["terminate"] = true.into();
            self.note_rollout(pass, format!("ends analysis run {name}"), &["ROLL-45"], ctx);
            // It was stored before with the same fields, so it is taken.
            drop(self.rewrite(Kind::AnalysisRun, &name, document, ctx));
        }
    }

    /// Runs whose Rollout is gone go with it, and Jobs with their run.
    pub(super) fn collect_runs(&mut self, ctx: &mut Context<'_, Event>) {
        for (kind, of) in [(Kind::AnalysisRun, Kind::Rollout), (Kind::Job, Kind::AnalysisRun)] {
            let gone = |owner: &Value| {
                let name = owner["name"].as_str().unwrap_or_default();
                owner["kind"] == of.name() && self.api.get(of, name).is_none()
            };
            let orphans = self.api.list(kind).filter(|(_, object)| {
                let owners = object.manifest.document["metadata"]["ownerReferences"].as_array();
                owners.into_iter().flatten().any(gone)
            });
            let orphans: Vec<String> = orphans.map(|(name, _)| name.to_owned()).collect();
            for name in orphans {
                write::take_away(self, ctx, kind, &name);
            }
        }
    }
}

/// A field by its path: `metadata.name`, `metadata.labels['version']`.
fn field(document: &Value, path: &str) -> String {
    let path = path.replace("['", ".\u{0}").replace("']", "\u{0}");
    let mut value = document;
    let mut rest = path.as_str();
    while !rest.is_empty() {
        let (key, after) = match rest.strip_prefix('\u{0}') {
            Some(quoted) => quoted.split_once('\u{0}').unwrap_or((quoted, "")),
            None => rest.split_once('.').unwrap_or((rest, "")),
        };
        value = &value[key];
        rest = after.trim_start_matches('.');
    }
    value.as_str().map_or_else(
        || if value.is_null() { String::new() } else { value.to_string() },
        str::to_owned,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_path_also_behind_a_quoted_key() {
        let document = json!({"metadata": {"name": "app", "labels": {"a.b/c": "x"}},
            "spec": {"replicas": 3}});
        for (path, value) in [
            ("metadata.name", "app"),
            ("metadata.labels['a.b/c']", "x"),
            ("spec.replicas", "3"),
            ("spec.nothing.here", ""),
        ] {
            assert_eq!(field(&document, path), value, "{path}");
        }
    }
}
