//! What a person tells a Rollout through its status.

use crate::engine::Context;
use crate::event::Event;
use crate::kruise::status::StepState;
use crate::trace::Topic;
use crate::world::{Scope, World};

impl World {
    /// `kubectl-kruise rollout approve`: ends the pause of a step (KRU-04).
    ///
    /// # Errors
    ///
    /// If no step is paused; in the plugin's words.
    pub(crate) fn approve_step(
        &mut self,
        rollout: &str,
        ctx: &mut Context<'_, Event>,
    ) -> Result<(), &'static str> {
        let known = self.kruise.known.get_mut(rollout);
        let release = known.and_then(|known| known.status.release.as_mut());
        let release = release.ok_or("no need to approve: not in canary or blue-green progress")?;
        if release.state != StepState::Paused {
            return Err(
                "does not allow to approve, because current blue-green state is not 'StepPaused'",
            );
        }
        release.state = StepState::Ready;
        let text = format!("step({}) is approved", release.step);
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let by = scope.id();
        scope.note_because(by, Topic::Delivery, format!("rollout/{rollout}"), text, &["KRU-04"]);
        self.cluster.state.version += 1;
        self.kruise.wake(rollout, by, scope);
        Ok(())
    }
}
