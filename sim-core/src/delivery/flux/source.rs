//! A GitRepository: what has been fetched, and when it is looked for again (CD-05).

use std::sync::Arc;

use crate::delivery::flux::{FluxEvent, Ready, jittered, kustomization_spec, source_spec};
use crate::delivery::git::Commit;
use crate::delivery::{DeliveryEvent, flux};
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::random::Random;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::{Scope, World};

/// A commit that has been fetched.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// The commit.
    pub commit: Arc<Commit>,
    /// `main@sha1:...`.
    pub revision: String,
    /// The push, or what made Flux look at what was there before.
    pub(super) cause: EventId,
}

/// What Flux knows of a GitRepository.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) number: u16,
    pub(super) chance: Random,
    turn: u16,
    /// The last event that asked it to look.
    pub(super) asked_by: EventId,
    /// What it has.
    pub artifact: Option<Artifact>,
    /// How it is.
    pub ready: Ready,
    /// When it looked last.
    pub fetched: Option<SimTime>,
}

impl Source {
    pub(super) fn new(number: u16, chance: Random, by: EventId) -> Self {
        Self {
            number,
            chance,
            turn: 0,
            asked_by: by,
            artifact: None,
            ready: Ready::default(),
            fetched: None,
        }
    }

    /// Makes an appointment with git in place of the one that there was.
    pub(super) fn fetch_after(&mut self, delay: SimDuration, ctx: &mut Context<'_, Event>) {
        self.turn = self.turn.wrapping_add(1);
        let event = FluxEvent::Fetch { source: self.number, turn: self.turn };
        ctx.after(delay, DeliveryEvent::from(event).into());
    }
}

impl World {
    /// Flux does something.
    pub(in crate::delivery) fn flux_event(
        &mut self,
        event: FluxEvent,
        ctx: &mut Context<'_, Event>,
    ) {
        let flux = &self.delivery.flux;
        match event {
            FluxEvent::Fetch { source, turn } => {
                let Some(name) = flux.source_named(source) else { return };
                if flux.sources[&name].turn == turn {
                    self.fetch(&name, ctx);
                }
            }
            FluxEvent::Reconcile { kustomization, turn } => {
                let Some(name) = flux.kustomization_named(kustomization) else { return };
                if flux.kustomizations[&name].is_due(turn) {
                    self.reconcile(&name, ctx);
                }
            }
            FluxEvent::Finalize { kustomization } => self.finalize(kustomization, ctx),
        }
    }

    /// Looks at git now, and tells those who apply it of a new commit.
    pub(crate) fn fetch(&mut self, name: &str, ctx: &mut Context<'_, Event>) {
        let Some(spec) = source_spec(&self.api, name).cloned() else { return };
        let delivery = &mut self.delivery;
        let Some(source) = delivery.flux.sources.get_mut(name) else { return };
        if spec.suspended {
            return;
        }
        let now = ctx.now;
        let delay = jittered(spec.interval, &mut source.chance);
        source.fetch_after(delay, ctx);
        source.fetched = Some(now);
        let found = delivery.remote.resolve(&spec.url, &spec.revision);
        let pushed = match found {
            Ok(pushed) => pushed,
            Err(problem) => {
                let message = format!("failed to checkout and determine revision: {problem}");
                source.ready.set(now, Some(false), "GitOperationFailed", message);
                return;
            }
        };
        let branch = match spec.revision.len() {
            40 => "sha1".to_owned(),
            _ => format!("{}@sha1", spec.revision),
        };
        let revision = format!("{branch}:{}", pushed.commit.id);
        let message = format!("stored artifact for revision '{revision}'");
        source.ready.set(now, Some(true), "Succeeded", message);
        if source.artifact.as_ref().is_some_and(|artifact| artifact.revision == revision) {
            return;
        }
        let cause = pushed.by.unwrap_or(source.asked_by);
        let text =
            format!("Flux fetches revision {}: {}", pushed.commit.short(), pushed.commit.subject());
        source.artifact = Some(Artifact { commit: Arc::clone(&pushed.commit), revision, cause });
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let subject = format!("gitrepository/{name}");
        scope.note_because(cause, Topic::Delivery, subject, text, &["CD-05"]);
        self.tell_of_artifact(name, ctx);
    }

    /// Every Kustomization of this source reconciles soon.
    fn tell_of_artifact(&mut self, source: &str, ctx: &mut Context<'_, Event>) {
        let (least, most) = self.delivery.watch;
        let api = &self.api;
        let flux::Flux { kustomizations, .. } = &mut self.delivery.flux;
        for (name, one) in kustomizations {
            if kustomization_spec(api, name).is_some_and(|spec| spec.source == source) {
                let delay = one.chance.between(least, most);
                one.reconcile_soon(delay, ctx);
            }
        }
    }
}
