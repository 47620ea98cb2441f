//! Health of Rollouts and analysis runs, as Argo CD judges it (CD-04).

use crate::delivery::Health;
use crate::rollouts::analysis::assess::Phase;
use crate::rollouts::status::RolloutPhase;
use crate::world::World;

/// How a Rollout is, and why.
pub(crate) fn health(name: &str, world: &World) -> (Health, String) {
    let Some(status) = world.rollouts.status(name) else {
        return (Health::Progressing, String::new());
    };
    let health = match status.phase {
        RolloutPhase::Healthy => Health::Healthy,
        RolloutPhase::Degraded => Health::Degraded,
        RolloutPhase::Progressing => Health::Progressing,
        RolloutPhase::Paused => Health::Suspended,
    };
    (health, status.message.clone())
}

/// How an analysis run is, and why.
pub(crate) fn run_health(name: &str, world: &World) -> (Health, String) {
    let Some(run) = world.rollouts.run(name) else {
        return (Health::Progressing, String::new());
    };
    let health = match run.phase {
        Phase::Pending | Phase::Running => Health::Progressing,
        Phase::Successful => Health::Healthy,
        Phase::Failed | Phase::Error => Health::Degraded,
        Phase::Inconclusive => Health::Unknown,
    };
    (health, run.message.clone())
}
