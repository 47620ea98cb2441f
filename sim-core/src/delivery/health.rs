//! Health of live objects, as Argo CD judges it (CD-04).
//!
//! Simplified: an autoscaler is healthy as soon as it exists.

use crate::cluster::api::{Kind, Spec};
use crate::cluster::rollout_status::{RolloutStatus, rollout_status};
use crate::delivery::flux::Ready;
use crate::flagger::Phase;
use crate::world::World;

/// How an object is; the worse, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// It does what it should.
    Healthy,
    /// It has been told to wait.
    Suspended,
    /// It is on its way.
    Progressing,
    /// It is not there.
    Missing,
    /// It has failed.
    Degraded,
    /// Nobody can tell.
    Unknown,
}

impl Health {
    /// As Argo CD writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Suspended => "Suspended",
            Self::Progressing => "Progressing",
            Self::Missing => "Missing",
            Self::Degraded => "Degraded",
            Self::Unknown => "Unknown",
        }
    }
}

fn of_flux(ready: &Ready) -> (Health, String) {
    let health = match ready.status {
        Some(true) => Health::Healthy,
        Some(false) => Health::Degraded,
        None => Health::Progressing,
    };
    (health, ready.message.clone())
}

/// How a live object is, and why; nothing for kinds that have no health.
pub(super) fn of(kind: Kind, name: &str, world: &World) -> Option<(Health, String)> {
    let healthy = || Some((Health::Healthy, String::new()));
    let Some(object) = world.api.get(kind, name) else {
        return Some((Health::Missing, String::new()));
    };
    match &object.manifest.spec {
        Spec::Deployment(spec) if spec.paused => {
            Some((Health::Suspended, "Deployment is paused".to_owned()))
        }
        Spec::Deployment(_) => rollout_status(&world.cluster.state, &world.api, name).map(|status| {
            let line = status.line(name);
            let waiting = line.strip_prefix(&format!(
                "Waiting for deployment \"{name}\" rollout to finish: "
            ));
            match status {
                RolloutStatus::Complete => (Health::Healthy, String::new()),
                RolloutStatus::DeadlineExceeded => (
                    Health::Degraded,
                    format!("Deployment \"{name}\" exceeded its progress deadline"),
                ),
                RolloutStatus::Unobserved => (
                    Health::Progressing,
                    "Waiting for rollout to finish: observed deployment generation less than desired \
                     generation"
                        .to_owned(),
                ),
                RolloutStatus::Updating { .. }
                | RolloutStatus::OldPending { .. }
                | RolloutStatus::Waiting { .. } => (
                    Health::Progressing,
                    format!("Waiting for rollout to finish: {}", waiting.unwrap_or(&line)),
                ),
            }
        }),
        Spec::Job(_) => {
            let status = world.cluster.state.jobs.get(name).cloned().unwrap_or_default();
            Some(if status.has_failed.status == "True" {
                (Health::Degraded, status.has_failed.message)
            } else if status.complete.status == "True" {
                (Health::Healthy, status.complete.message)
            } else if status.suspended.status == "True" {
                (Health::Suspended, status.suspended.message)
            } else {
                (Health::Progressing, String::new())
            })
        }
        Spec::Service(spec) if spec.service_type == "LoadBalancer" => {
            Some((Health::Progressing, String::new()))
        }
        Spec::Service(_) | Spec::HorizontalPodAutoscaler(_) => healthy(),
        Spec::Canary(_) => Some((canary(name, world)?, String::new())),
        Spec::Rollout(_) => Some(crate::rollouts::health(name, world)),
        Spec::AnalysisRun(_) => Some(crate::rollouts::run_health(name, world)),
        // As Flux itself judges its objects: by their condition.
        Spec::GitRepository(_) => {
            world.delivery.flux.sources().get(name).map(|one| of_flux(&one.ready))
        }
        Spec::Kustomization(_) => {
            world.delivery.flux.kustomizations().get(name).map(|one| of_flux(&one.ready))
        }
        // Argo CD's script for OpenKruise's Rollouts reads the status of a canary alone.
        _ => None,
    }
}

/// How a rollout by Flagger is.
fn canary(name: &str, world: &World) -> Option<Health> {
    Some(match world.flagger.status(name)?.phase {
        Phase::Initialized | Phase::Succeeded => Health::Healthy,
        Phase::Failed => Health::Degraded,
        Phase::Initializing
        | Phase::Waiting
        | Phase::Progressing
        | Phase::WaitingPromotion
        | Phase::Promoting
        | Phase::Finalising => Health::Progressing,
    })
}
