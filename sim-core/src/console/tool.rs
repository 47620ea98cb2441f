//! A migration tool whose session runs while the terminal waits for it.

use crate::console::follow::FollowStep;
use crate::database::session::SessionId;
use crate::database::tool::Stream;
use crate::world::World;

/// A `flyway` or `liquibase` at work.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    session: SessionId,
    /// What has been printed.
    shown: usize,
}

impl Running {
    /// One that has just been started.
    pub(crate) fn new(session: SessionId) -> Self {
        Self { session, shown: 0 }
    }

    /// What it has said since the last look, and how it ends.
    pub(crate) fn poll(&mut self, world: &World) -> FollowStep {
        let mut step = FollowStep::default();
        let Some(instance) = &world.database.instance else { return step };
        let session = instance.session(self.session);
        let Some(tool) = &session.tool else { return step };
        for (_, stream, text) in &tool.voice.said[self.shown..] {
            match stream {
                Stream::Out => step.stdout += text,
                Stream::Err => step.stderr += text,
            }
        }
        self.shown = tool.voice.said.len();
        step.done = session.end.as_ref().and(tool.status).map(i32::from);
        step
    }
}
