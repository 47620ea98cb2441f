//! The application controller: looks at git, compares, and decides whether to sync (CD-01..03).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cluster::api::Kind;
use crate::delivery::application::{Application, Operation, Phase, Reason, Revision};
use crate::delivery::compare::{Overview, ResourceStatus, SyncStatus, overview};
use crate::delivery::desired::{self, Desired};
use crate::delivery::spec::{ApplicationSpec, Retry};
use crate::delivery::{DeliveryEvent, spec_of};
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// Time between two looks at git, and the most that chance adds (CD-01).
const POLL: SimDuration = SimDuration::from_secs(120);
const JITTER: SimDuration = SimDuration::from_secs(60);
/// Least time between a sync and the next one of the same commit (CD-02).
const HEALING: SimDuration = SimDuration::from_secs(5);
/// Shortest and longest time from a drift that was seen to the sync that undoes it: the line of refreshes,
/// the comparison, the operation that is written and picked up. Argo CD names no number; ours is a guess.
const COMPARING: (SimDuration, SimDuration) =
    (SimDuration::from_millis(500), SimDuration::from_secs(3));

impl World {
    /// Argo CD, Flux or the pipeline does something.
    pub(crate) fn delivery_event(&mut self, event: DeliveryEvent, ctx: &mut Context<'_, Event>) {
        if self.delivery.addons().is_empty() {
            return;
        }
        let known = |number| self.delivery.named(number);
        match event {
            DeliveryEvent::Refresh { application, turn } => {
                let Some(name) = known(application) else { return };
                if self.delivery.applications[&name].is_due(turn) {
                    self.refresh_application(&name, ctx);
                }
            }
            DeliveryEvent::Compare { application } => {
                let Some(name) = known(application) else { return };
                self.with_application(&name, |application| application.comparing = false);
                self.sync_if_due(&name, ctx);
            }
            DeliveryEvent::Step { application, operation } => {
                let Some(name) = known(application) else { return };
                self.step(&name, operation, ctx);
            }
            DeliveryEvent::Flux(event) => self.flux_event(event, ctx),
            DeliveryEvent::Pipeline { turn } => self.pipeline_event(turn, ctx),
        }
        self.follow(true, ctx);
    }

    pub(super) fn with_application<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Application) -> T,
    ) -> Option<T> {
        self.delivery.applications.get_mut(name).map(change)
    }

    /// Looks at git now, compares, and syncs if that is due.
    pub(crate) fn refresh_application(&mut self, name: &str, ctx: &mut Context<'_, Event>) {
        self.look_at_git(name, ctx);
        self.sync_if_due(name, ctx);
    }

    /// Looks at git now, and makes the next appointment (CD-01).
    pub(super) fn look_at_git(&mut self, name: &str, ctx: &mut Context<'_, Event>) {
        let Some(spec) = spec_of(&self.api, name).cloned() else { return };
        let Some(application) = self.delivery.applications.get_mut(name) else { return };
        let now = ctx.now;
        let delay = POLL + application.chance.between(SimDuration::ZERO, JITTER);
        application.refresh_after(delay, ctx);
        application.reconciled = Some(now);
        let before = application.revision.clone();
        let found = self.delivery.remote.resolve(&spec.source.repository, &spec.source.revision);
        let read = found.and_then(|pushed| {
            let revision = Revision {
                id: pushed.commit.id.clone(),
                cause: pushed.by.unwrap_or(application.touched),
                pushed: pushed.at,
            };
            let known = application
                .desired
                .as_ref()
                .filter(|(id, source, _)| *id == revision.id && *source == spec.source);
            let desired = match known {
                Some((.., desired)) => Arc::clone(desired),
                None => Arc::new(desired::read(
                    name,
                    &pushed.commit,
                    &spec.source,
                    &self.delivery.addons,
                )?),
            };
            Ok((revision, desired, pushed.commit.subject().to_owned()))
        });
        match read {
            Err(problem) => {
                let message = format!(
                    "Failed to load target state: failed to generate manifest for source 1 of 1: rpc \
                     error: code = Unknown desc = {problem}"
                );
                application.set_condition("ComparisonError", Some(message), now);
            }
            Ok((revision, desired, subject)) => {
                application.set_condition("ComparisonError", None, now);
                let repeated = desired.repeated.first().cloned();
                application.set_condition("RepeatedResourceWarning", repeated, now);
                application.desired = Some((revision.id.clone(), spec.source.clone(), desired));
                let is_new = before.as_ref().is_none_or(|before| before.id != revision.id);
                if is_new {
                    let text = format!("Argo CD sees revision {}: {subject}", revision.short());
                    let subject = format!("application/{name}");
                    let scope = &mut Scope { ctx, trace: &mut self.trace };
                    scope.note_because(revision.cause, Topic::Delivery, subject, text, &["CD-01"]);
                    application.revision = Some(revision);
                }
            }
        }
    }

    /// An automated sync begins if there is something to do (CD-02, CD-03).
    fn sync_if_due(&mut self, name: &str, ctx: &mut Context<'_, Event>) {
        let Some(spec) = spec_of(&self.api, name).cloned() else { return };
        let Some(automated) = spec.automated else { return };
        let Some(application) = self.delivery.applications.get(name) else { return };
        let (Some(revision), None) = (application.revision.clone(), &application.operation) else {
            return;
        };
        if !application.is_comparable() {
            return;
        }
        let Some(seen) = overview(self, name) else { return };
        let out: Vec<&ResourceStatus> =
            seen.resources.iter().filter(|one| one.sync == SyncStatus::OutOfSync).collect();
        let only_pruning = !automated.prune && out.iter().all(|one| one.requires_pruning);
        if seen.sync != SyncStatus::OutOfSync || only_pruning {
            return;
        }
        let last = application.finished.as_ref();
        let last = last.filter(|last| last.revision == revision.id && last.source == spec.source);
        let (mut only, mut reason) = (None, Reason::Automated);
        let mut cause = revision.cause;
        if let Some(last) = last {
            if last.phase != Phase::Succeeded {
                let message =
                    format!("Failed last sync attempt to {}: {}", revision.id, last.message);
                self.sync_error(name, Some(message), ctx);
                return;
            }
            if !automated.self_heal {
                return;
            }
            let earliest = last.finished + HEALING;
            if ctx.now < earliest {
                let event = DeliveryEvent::Compare { application: application.number };
                ctx.after(earliest.since(ctx.now), event.into());
                return;
            }
            let keys = out.iter().map(|one| (one.kind, one.name.clone()));
            cause = self.last_writer(&out).unwrap_or(application.touched);
            (only, reason) = (Some(keys.collect()), Reason::Healing);
        }
        if automated.prune && !automated.allow_empty && self.would_empty(name, &seen) {
            let message = format!(
                "Skipping sync attempt to {}: auto-sync will wipe out all resources",
                revision.id
            );
            self.sync_error(name, Some(message), ctx);
            return;
        }
        let retry = spec.retry.unwrap_or(Retry::AUTOMATED);
        let wish = Wish { revision, cause, reason, only, prune: automated.prune, retry };
        self.begin_sync(name, &spec, wish, ctx);
    }

    fn sync_error(&mut self, name: &str, message: Option<String>, ctx: &mut Context<'_, Event>) {
        self.with_application(name, |one| one.set_condition("SyncError", message, ctx.now));
    }

    /// Whether a sync would leave nothing.
    fn would_empty(&self, name: &str, seen: &Overview) -> bool {
        let desired = self.delivery.application(name).and_then(|one| one.desired.as_ref());
        let nothing =
            desired.is_some_and(|(.., desired): &(_, _, Arc<Desired>)| desired.objects.is_empty());
        nothing && !seen.resources.is_empty()
    }

    /// The last event that wrote one of these objects.
    fn last_writer(&self, objects: &[&ResourceStatus]) -> Option<EventId> {
        let live = objects.iter().map(|one| self.api.get(one.kind, &one.name));
        // Of an object that is gone nobody knows who deleted it.
        live.collect::<Option<Vec<_>>>()?.into_iter().map(|object| object.written_by).max()
    }

    /// Begins a sync; it takes its first step when the controller comes to it.
    pub(crate) fn begin_sync(
        &mut self,
        name: &str,
        spec: &ApplicationSpec,
        wish: Wish,
        ctx: &mut Context<'_, Event>,
    ) {
        let (least, most) = match wish.reason {
            Reason::Healing => COMPARING,
            Reason::Automated | Reason::Asked | Reason::RolledBack => self.delivery.watch,
        };
        let Some(application) = self.delivery.applications.get_mut(name) else { return };
        application.set_condition("SyncError", None, ctx.now);
        let number = application.next_operation();
        let delay = application.chance.between(least, most);
        application.step_after(number, delay, ctx);
        application.operation = Some(Operation {
            number,
            revision: wish.revision,
            source: spec.source.clone(),
            reason: wish.reason,
            cause: wish.cause,
            only: wish.only,
            prune: wish.prune,
            retry: wish.retry,
            retried: 0,
            started: ctx.now,
            message: String::new(),
            tasks: Vec::new(),
            planned: false,
            applied: None,
        });
    }
}

/// What a sync is to be.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// What is synced.
    pub(crate) revision: Revision,
    /// What it answers.
    pub(crate) cause: EventId,
    /// Why.
    pub(super) reason: Reason,
    /// The objects it is about; all if there are none.
    pub(crate) only: Option<BTreeSet<(Kind, String)>>,
    /// Whether what is no longer wanted is deleted.
    pub(crate) prune: bool,
    /// What happens when it fails.
    pub(crate) retry: Retry,
}
