//! The world: all parts, and which part answers for which event.

use crate::cluster::Cluster;
use crate::cluster::api::{ApiServer, Kind};
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};
use crate::trace::{Entry, Topic, Trace};

/// What a part may do besides changing itself: know the time, schedule events, note what happened.
#[derive(Debug)]
pub struct Scope<'a, 'q> {
    /// The engine's context.
    pub ctx: &'a mut Context<'q, Event>,
    /// The trace.
    pub trace: &'a mut Trace,
}

impl Scope<'_, '_> {
    /// The present.
    pub fn now(&self) -> SimTime {
        self.ctx.now
    }

    /// The event that is happening.
    pub fn id(&self) -> EventId {
        self.ctx.id
    }

    /// Schedules an event of any part `delay` from now.
    pub fn after(&mut self, delay: SimDuration, event: impl Into<Event>) -> EventId {
        self.ctx.after(delay, event.into())
    }

    /// Writes a line of the trace, caused by what caused the present event.
    pub fn note(
        &mut self,
        topic: Topic,
        subject: impl Into<String>,
        text: impl Into<String>,
        rules: &'static [&'static str],
    ) {
        self.note_because(self.ctx.cause, topic, subject, text, rules);
    }

    /// Writes a line of the trace with a cause of its own.
    pub fn note_because(
        &mut self,
        cause: EventId,
        topic: Topic,
        subject: impl Into<String>,
        text: impl Into<String>,
        rules: &'static [&'static str],
    ) {
        let (at, id) = (self.ctx.now, self.ctx.id);
        let (subject, text) = (subject.into(), text.into());
        self.trace.push(Entry { at, id, cause, topic, subject, text, rules });
    }
}

/// The state of everything.
#[derive(Clone, Debug)]
pub struct World {
    /// Objects that users wrote.
    pub api: ApiServer,
    /// Kubernetes.
    pub cluster: Cluster,
    /// What people care about.
    pub trace: Trace,
}

impl World {
    /// Tells every part that an object was written or deleted through the API.
    pub fn object_changed(&mut self, kind: Kind, name: &str, ctx: &mut Context<'_, Event>) {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        self.cluster.object_changed(kind, name, &self.api, scope);
    }
}
