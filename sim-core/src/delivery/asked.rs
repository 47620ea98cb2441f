//! Syncs that somebody asks for.

use crate::delivery::application::{Deployed, Reason, Revision};
use crate::delivery::controller::Wish;
use crate::delivery::spec::{ApplicationSpec, Retry};
use crate::delivery::spec_of;
use crate::engine::Context;
use crate::event::Event;
use crate::world::World;

impl World {
    /// `argocd app sync`.
    pub(crate) fn sync_application(
        &mut self,
        name: &str,
        prune: bool,
        ctx: &mut Context<'_, Event>,
    ) -> Result<(), String> {
        self.look_at_git(name, ctx);
        let Some(application) = self.delivery.application(name) else { return Ok(()) };
        if application.operation.is_some() {
            return Err("another operation is already in progress".to_owned());
        }
        let revision = application.revision.clone().filter(|_| application.is_comparable());
        let Some(revision) = revision else {
            let wrong = application.conditions.first().map(|condition| condition.message.clone());
            return Err(wrong.unwrap_or_default());
        };
        let Some(spec) = spec_of(&self.api, name).cloned() else { return Ok(()) };
        let (cause, retry) = (ctx.id, spec.retry.unwrap_or(Retry::NEVER));
        let wish = Wish { revision, cause, reason: Reason::Asked, only: None, prune, retry };
        self.begin_sync(name, &spec, wish, ctx);
        Ok(())
    }

    /// `argocd app rollback`: syncs a revision of the history from where it came, without hooks and only
    /// once; git stays as it is (CD-03).
    pub(crate) fn roll_back_application(
        &mut self,
        name: &str,
        to: &Deployed,
        prune: bool,
        ctx: &mut Context<'_, Event>,
    ) {
        let Some(spec) = spec_of(&self.api, name).cloned() else { return };
        let spec = ApplicationSpec { source: to.source.clone(), ..spec };
        let Ok(pushed) = self.delivery.remote.resolve(&spec.source.repository, &to.revision) else {
            return;
        };
        let revision = Revision { id: to.revision.clone(), cause: ctx.id, pushed: pushed.at };
        let (cause, retry) = (ctx.id, Retry::NEVER);
        let wish = Wish { revision, cause, reason: Reason::RolledBack, only: None, prune, retry };
        self.begin_sync(name, &spec, wish, ctx);
    }
}
