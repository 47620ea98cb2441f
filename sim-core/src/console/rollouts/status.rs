//! `kubectl argo rollouts status`: waits until a Rollout is healthy or degraded.

use crate::console::follow::{FollowStep, Watch};
use crate::console::kubectl::flag::Arguments;
use crate::console::rollouts::{Outcome, known};
use crate::console::session::Session;
use crate::rollouts::status::RolloutPhase;
use crate::time::SimTime;
use crate::world::World;

/// The command at work.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    name: String,
    printed: String,
    until: Option<SimTime>,
    watch: bool,
}

/// `status ROLLOUT_NAME`.
pub(super) fn status(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = arguments.words[0].clone();
    known(session, &name)?;
    let timeout = arguments.duration("timeout");
    let until = timeout.map(|timeout| session.ctx.now + timeout);
    let watch = arguments.text("watch") != Some("false");
    let watching = Watching { name, printed: String::new(), until, watch };
    session.out.watch = Some(Watch::Revision(watching));
    Ok(())
}

impl Watching {
    /// Prints the status if it has changed, and ends with a verdict.
    pub(crate) fn poll(&mut self, world: &World, now: SimTime) -> FollowStep {
        let Some(status) = world.rollouts.status(&self.name) else {
            return FollowStep::fail(format!(
                "Error: rollouts.argoproj.io \"{}\" not found",
                self.name
            ));
        };
        let mut step = FollowStep::default();
        let object = world.api.get(crate::cluster::api::Kind::Rollout, &self.name);
        let seen = object.is_none_or(|object| object.generation == status.observed);
        let (phase, message) = match seen {
            true => (status.phase, status.message.as_str()),
            false => (RolloutPhase::Progressing, "waiting for rollout spec update to be observed"),
        };
        let dash = if message.is_empty() { "" } else { " - " };
        let line = format!("{}{dash}{message}", phase.name());
        if line != self.printed {
            step.stdout = line.clone() + "\n";
            self.printed = line;
        }
        match phase {
            RolloutPhase::Healthy => step.done = Some(0),
            RolloutPhase::Degraded => {
                step.stderr =
                    format!("Error: The rollout is in a degraded state with message: {message}\n");
                step.done = Some(1);
            }
            RolloutPhase::Progressing | RolloutPhase::Paused if !self.watch => step.done = Some(0),
            RolloutPhase::Progressing | RolloutPhase::Paused => {
                if self.until.is_some_and(|until| until <= now) {
                    step.stderr = "Error: Rollout status watch exceeded timeout\n".to_owned();
                    step.done = Some(1);
                }
            }
        }
        step
    }
}
