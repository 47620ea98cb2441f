//! Measurements that Jobs take: one succeeds or fails as its Job does (ROLL-40, 45).
//!
//! As in `metricproviders/job`: a Job has the UID of its run in its name and labels, goes with the run, and
//! is deleted when the measurement is ended early, which counts as a success.

use serde_json::{Value, json};

use crate::cluster::api::Kind;
use crate::console::kubectl::write;
use crate::engine::Context;
use crate::event::Event;
use crate::rollouts::analysis::assess::{MetricResult, Phase};
use crate::world::World;

impl World {
    /// Makes the Job of a measurement, and gives its name.
    pub(super) fn begin_job(
        &mut self,
        run: &str,
        metric: &str,
        number: i64,
        template: &Value,
        ctx: &mut Context<'_, Event>,
    ) -> Result<String, String> {
        let uid = self.api.get(Kind::AnalysisRun, run).map_or("", |object| &object.uid).to_owned();
        let name = format!("{uid}.{metric}.{number}");
        let mut metadata = json!({"name": name});
        for key in ["annotations", "labels"] {
            let given = &template["metadata"][key];
            metadata[key] = if given.is_object() { given.clone() } else { json!({}) };
        }
        metadata["annotations"]["analysisrun.argoproj.io/name"] = run.into();
        metadata["annotations"]["analysisrun.argoproj.io/metric-name"] = metric.into();
        metadata["labels"]["analysisrun.argoproj.io/uid"] = uid.as_str().into();
        metadata["ownerReferences"] = json!([{"apiVersion": "argoproj.io/v1alpha1",
            "kind": "AnalysisRun", "name": run, "uid": uid, "controller": true,
            "blockOwnerDeletion": true}]);
        let document = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata,
            "spec": template["spec"]});
        self.rewrite(Kind::Job, &name, document, ctx).map(|()| name)
    }

    /// How the measurement of a Job has ended; None while it goes on.
    pub(super) fn job_result(&self, job: &str) -> Option<(Phase, String)> {
        if self.api.get(Kind::Job, job).is_none() {
            return Some((Phase::Error, format!("job.batch {job:?} not found")));
        }
        let status = self.cluster.state.jobs.get(job).filter(|status| status.is_finished())?;
        let phase = if status.complete.is_present() { Phase::Successful } else { Phase::Failed };
        Some((phase, String::new()))
    }

    /// Ends the measurement that goes on, if there is one: its Job is deleted, and it has succeeded.
    pub(super) fn end_job(&mut self, result: &mut MetricResult, ctx: &mut Context<'_, Event>) {
        let Some(job) = result.measuring().map(str::to_owned) else { return };
        write::take_away(self, ctx, Kind::Job, &job);
        result.end(Phase::Successful, "Metric Terminated".to_owned(), ctx.now);
    }
}
