//! One look of a controller at a Rollout, or at its `BatchRelease`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::DryRun;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::write;
use crate::engine::Context;
use crate::event::Event;
use crate::kruise::batch::Batch;
use crate::kruise::spec::KruiseSpec;
use crate::kruise::status::{Release, Status};
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::{Scope, World};

/// How soon it looks again at what is not over.
pub(super) const RECHECK: SimDuration = SimDuration::from_secs(3);

/// A change that is given time to be obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    PatchService,
    RestoreService,
    UpdateRoute,
    RestoreGateway,
    RemoveCanaryService,
}

/// Changes that are being waited for, and since when.
pub(super) type Waits = BTreeMap<Action, SimTime>;

/// One look.
pub(super) struct Pass<'w, 'c, 'q> {
    pub(super) world: &'w mut World,
    pub(super) ctx: &'c mut Context<'q, Event>,
    pub(super) name: String,
    pub(super) spec: KruiseSpec,
    pub(super) status: Status,
    pub(super) batch: Option<Batch>,
    pub(super) is_gone: bool,
    /// Whether a deleted one has nothing left to do.
    pub(super) is_over: bool,
    waits: Waits,
    trouble: String,
    cause: EventId,
    wake: Option<SimTime>,
    before: (Status, Option<Batch>),
}

impl<'w, 'c, 'q> Pass<'w, 'c, 'q> {
    /// Begins to look at the Rollout of this name.
    pub(super) fn begin(
        world: &'w mut World,
        ctx: &'c mut Context<'q, Event>,
        name: &str,
        cause: EventId,
    ) -> Option<Self> {
        let known = world.kruise.known.get(name)?.clone();
        Some(Self {
            world,
            ctx,
            name: name.to_owned(),
            spec: known.spec,
            before: (known.status.clone(), known.batch.clone()),
            status: known.status,
            batch: known.batch,
            is_gone: known.is_gone,
            is_over: false,
            waits: known.waits,
            trouble: known.trouble,
            cause,
            wake: None,
        })
    }

    /// Stores what has changed; whoever waits for it looks again.
    pub(super) fn save(mut self) {
        self.tell();
        if self.is_over {
            let scope = &mut Scope { ctx: self.ctx, trace: &mut self.world.trace };
            self.world.kruise.end(&self.name, scope);
            return;
        }
        let (status, batch) = &self.before;
        let changed = *status != self.status || *batch != self.batch;
        if let Some(known) = self.world.kruise.known.get_mut(&self.name) {
            known.status = self.status;
            known.batch = self.batch;
            known.waits = self.waits;
            known.trouble = self.trouble;
        }
        let scope = &mut Scope { ctx: self.ctx, trace: &mut self.world.trace };
        if changed {
            self.world.cluster.state.version += 1;
            let by = scope.id();
            self.world.kruise.wake(&self.name, by, scope);
        }
        if let Some(at) = self.wake {
            self.world.kruise.wake_at(&self.name, at, scope);
        }
    }

    /// A line of the trace, if something has changed that people care about.
    fn tell(&mut self) {
        let seen = |status: &Status| {
            let release = status.release.clone().unwrap_or_default();
            (status.phase, status.message.clone(), release.step, release.state)
        };
        let (before, now) = (seen(&self.before.0), seen(&self.status));
        if before == now {
            return;
        }
        let (phase, message, step, state) = now;
        let text = if before.1 != message {
            message
        } else if (before.2, before.3) != (step, state) {
            format!("step({step}/{}) is in {}", self.spec.steps.len(), state.name())
        } else {
            format!("is {}", phase.name())
        };
        self.note(text, &["KRU-04"]);
    }

    /// The present.
    pub(super) fn now(&self) -> SimTime {
        self.ctx.now
    }

    /// It looks again at this time at the latest.
    pub(super) fn wake_at(&mut self, at: SimTime) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }

    /// It looks again soon.
    pub(super) fn recheck(&mut self) {
        self.wake_at(self.now() + RECHECK);
    }

    /// The `BatchRelease` is looked at after this time.
    pub(super) fn wake_batch(&mut self, delay: SimDuration) {
        let scope = &mut Scope { ctx: self.ctx, trace: &mut self.world.trace };
        self.world.kruise.wake_batch(&self.name, delay, scope);
    }

    /// `blueGreenStatus`.
    pub(super) fn release(&mut self) -> &mut Release {
        self.status.release.get_or_insert_default()
    }

    /// Marks that something was done just now; pauses and grace periods count from it.
    pub(super) fn touch(&mut self) {
        let now = self.now().truncated();
        self.release().updated = now;
    }

    /// Whether a change must still be waited for. `modified` says that it was made just now.
    pub(super) fn must_wait(&mut self, action: Action, modified: bool) -> bool {
        let grace = self.spec.routing.as_ref().map_or(SimDuration::ZERO, |routing| routing.grace);
        if modified && grace != SimDuration::ZERO {
            self.waits.insert(action, self.now());
        }
        let Some(until) = self.waits.get(&action).map(|since| *since + grace) else { return false };
        if self.now() < until {
            self.wake_at(until);
            return true;
        }
        self.waits.remove(&action);
        false
    }

    /// The document of an object.
    pub(super) fn document(&self, kind: Kind, name: &str) -> Option<&Value> {
        self.world.api.get(kind, name).map(|object| &object.manifest.document)
    }

    /// Changes an object, after a line of the trace that says what for. False if it could not be done.
    pub(super) fn change(
        &mut self,
        (kind, name): (Kind, &str),
        (text, rules): (&str, &'static [&'static str]),
        change: impl FnOnce(&mut Value),
    ) -> bool {
        let Some(mut document) = self.document(kind, name).cloned() else { return false };
        change(&mut document);
        if self.document(kind, name) == Some(&document) {
            return true;
        }
        self.store((kind, name), document, text, rules)
    }

    /// Writes an object.
    pub(super) fn store(
        &mut self,
        (kind, name): (Kind, &str),
        document: Value,
        text: &str,
        rules: &'static [&'static str],
    ) -> bool {
        self.note(text, rules);
        let object = ObjectRef::new(Resource::Object(kind), name);
        match write::store(self.world, self.ctx, &object, document, DryRun::No) {
            Ok(_) => true,
            Err(denied) => {
                let problem = denied.message(&object, "");
                self.hinder(problem);
                false
            }
        }
    }

    /// Something stands in the way: it is said once, and tried again.
    pub(super) fn hinder(&mut self, problem: impl Into<String>) {
        let problem = problem.into();
        if self.trouble != problem {
            self.note(format!("waits: {problem}"), &["KRU-04"]);
            self.trouble = problem;
        }
        self.recheck();
    }

    /// An event about the Rollout, as Kubernetes keeps it.
    pub(super) fn record(&mut self, message: String) {
        let subject = format!("rollout/{}", self.name);
        let scope = &Scope { ctx: self.ctx, trace: &mut self.world.trace };
        self.world.cluster.record("Normal", "Progressing", subject, message, scope);
    }

    /// A line of the trace.
    pub(super) fn note(&mut self, text: impl Into<String>, rules: &'static [&'static str]) {
        let subject = format!("rollout/{}", self.name);
        let scope = &mut Scope { ctx: self.ctx, trace: &mut self.world.trace };
        scope.note_because(self.cause, Topic::Delivery, subject, text, rules);
    }
}
