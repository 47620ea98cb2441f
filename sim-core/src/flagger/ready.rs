//! Whether a Deployment is ready for the next step (FLG-04).

use crate::cluster::api::{Kind, Object, Spec};
use crate::cluster::state::DeploymentStatus;
use crate::flagger::look::Look;
use crate::time::{SimDuration, SimTime};

/// Why a Deployment is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unready {
    /// In Flagger's words.
    pub(super) problem: String,
    /// Whether waiting is of no use.
    pub(super) is_stuck: bool,
}

impl Look<'_, '_, '_> {
    /// Whether the Deployment that serves is ready.
    pub(super) fn primary_ready(&self) -> Result<(), Unready> {
        let (name, threshold) = (self.spec.primary(), self.spec.analysis.primary_ready);
        let full = self.full(&name);
        let said = |unready: Unready| Unready {
            problem: format!("{full} not ready: {}", unready.problem),
            ..unready
        };
        self.ready(&name, threshold).map_err(said)
    }

    /// Whether the Deployment under test is ready.
    pub(super) fn canary_ready(&self) -> Result<(), Unready> {
        let full = self.full(&self.spec.target);
        let said = |unready: Unready| Unready {
            problem: format!("canary deployment {full} not ready: {}", unready.problem),
            ..unready
        };
        self.ready(&self.spec.target, self.spec.analysis.canary_ready).map_err(said)
    }

    fn ready(&self, name: &str, threshold: u32) -> Result<(), Unready> {
        let Some(object) = self.world.api.get(Kind::Deployment, name) else {
            let problem = super::target::not_found(name);
            return Err(Unready { problem, is_stuck: false });
        };
        let nothing = DeploymentStatus::default();
        let status = self.world.cluster.state.deployments.get(name).unwrap_or(&nothing);
        check(object, status, (self.spec.progress_deadline, threshold), self.ctx.now)
    }
}

/// Looks at a Deployment's status as Flagger does: how many pods it has updated, how many of those are
/// available, and since when they are too few.
fn check(
    object: &Object,
    status: &DeploymentStatus,
    (deadline, threshold): (SimDuration, u32),
    now: SimTime,
) -> Result<(), Unready> {
    let Spec::Deployment(spec) = &object.manifest.spec else { return Ok(()) };
    let name = &object.manifest.name;
    let waits = |what: String, is_stuck: bool| {
        let problem = format!("waiting for rollout to finish: {what}");
        Err(Unready { problem, is_stuck })
    };
    if status.observed_generation < object.generation {
        let what = "observed deployment generation less than desired generation";
        return waits(what.to_owned(), false);
    }
    let available = &status.available;
    let is_stuck = status.progressing.is_present()
        && (available.status, available.reason) == ("False", "MinimumReplicasUnavailable")
        && available.updated + deadline < now;
    let (updated, total) = (status.updated, status.counts.replicas);
    let enough = (f64::from(updated) * f64::from(threshold) / 100.0) as u32;
    if status.progressing.reason == "ProgressDeadlineExceeded" {
        let problem = format!("deployment {name:?} exceeded its progress deadline");
        Err(Unready { problem, is_stuck: true })
    } else if updated < spec.replicas {
        let wanted = spec.replicas;
        waits(format!("{updated} out of {wanted} new replicas have been updated"), is_stuck)
    } else if updated < total {
        waits(format!("{} old replicas are pending termination", total - updated), is_stuck)
    } else if status.counts.available < enough {
        let available = status.counts.available;
        let text = format!(
            "{available} of {enough} (readyThreshold {threshold}%) updated replicas are available"
        );
        waits(text, is_stuck)
    } else {
        Ok(())
    }
}
