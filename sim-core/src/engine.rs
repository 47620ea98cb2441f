//! The engine: takes the next event, hands it to the model, keeps time and digest.
//!
//! It knows nothing of Kubernetes. [`crate::world::World`] is one model, the queueing model of the
//! benchmark another.

use std::hash::Hash;

use crate::digest::Digest;
use crate::queue::{EventId, EventQueue, Lane};
use crate::time::{SimDuration, SimTime};

/// Something that events happen to.
pub trait Model {
    /// Everything that can happen: a closed enum, small and `Copy`. Its hash goes into the digest.
    type Event: Copy + Hash;

    /// Lets one event happen.
    fn apply(&mut self, event: Self::Event, ctx: &mut Context<'_, Self::Event>);
}

/// What a model may do besides changing itself: know the time and schedule events.
#[derive(Debug)]
pub struct Context<'a, E> {
    /// The present.
    pub now: SimTime,
    /// The event that is happening: the cause of everything scheduled here.
    pub id: EventId,
    /// The event that scheduled the one that is happening.
    pub cause: EventId,
    queue: &'a mut EventQueue<E>,
}

impl<'a, E: Copy> Context<'a, E> {
    /// A context outside the queue's own events, for commands and set-up.
    pub fn outside(now: SimTime, id: EventId, queue: &'a mut EventQueue<E>) -> Self {
        Self { now, id, cause: EventId(0), queue }
    }

    /// Schedules an event `delay` from now.
    #[inline]
    pub fn after(&mut self, delay: SimDuration, event: E) -> EventId {
        self.queue.schedule(self.now + delay, self.id, event)
    }

    /// Schedules an event in a lane, `delay` from now.
    #[inline(always)]
    pub fn after_in(&mut self, lane: Lane, delay: SimDuration, event: E) -> EventId {
        self.queue.schedule_in(lane, self.now + delay, self.id, event)
    }

    /// Opens a lane for a constant delay or an ordered stream.
    pub fn open_lane(&mut self) -> Lane {
        self.queue.open_lane()
    }
}

/// A model with its future.
#[derive(Clone, Debug)]
pub struct Engine<M: Model> {
    /// The state of everything.
    pub model: M,
    queue: EventQueue<M::Event>,
    now: SimTime,
    digest: Digest,
    events: u64,
}

impl<M: Model> Engine<M> {
    /// An engine whose clock shows `now`; the model may schedule its first events.
    pub fn new(now: SimTime, model: impl FnOnce(&mut Context<'_, M::Event>) -> M) -> Self {
        let mut queue = EventQueue::default();
        let id = queue.take_id();
        let model = model(&mut Context::outside(now, id, &mut queue));
        Self { model, queue, now, digest: Digest::default(), events: 0 }
    }

    /// The present.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Number of events that have happened.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Number of events that wait.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// The digest of everything that has happened.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Lets the next event happen if its time is at or before `limit`.
    #[inline]
    pub fn step(&mut self, limit: SimTime) -> bool {
        let Some(next) = self.queue.pop_until(limit) else { return false };
        debug_assert!(self.now <= next.at, "time never runs backwards");
        self.now = next.at;
        self.events += 1;
        self.digest.fold(next.at.as_micros() as u64);
        next.event.hash(&mut self.digest);
        let queue = &mut self.queue;
        let mut ctx = Context { now: next.at, id: next.id, cause: next.cause, queue };
        self.model.apply(next.event, &mut ctx);
        true
    }

    /// Lets every event up to and including `limit` happen, and moves the clock there.
    pub fn run_until(&mut self, limit: SimTime) {
        while self.step(limit) {}
        self.now = self.now.max(limit);
    }

    /// Moves the clock forward to `time` after every earlier event has happened.
    pub fn advance_clock(&mut self, time: SimTime) {
        debug_assert!(self.queue.next_time().is_none_or(|next| time < next), "an event waits");
        self.now = self.now.max(time);
    }

    /// Time of the next event.
    pub fn next_time(&self) -> Option<SimTime> {
        self.queue.next_time()
    }

    /// Does something to the model from outside, as one event with an id of its own, at the present.
    pub fn intervene<T>(
        &mut self,
        act: impl FnOnce(&mut M, &mut Context<'_, M::Event>) -> T,
    ) -> (EventId, T) {
        let id = self.queue.take_id();
        let mut ctx = Context::outside(self.now, id, &mut self.queue);
        (id, act(&mut self.model, &mut ctx))
    }

    /// Folds something that came from outside into the digest.
    pub fn fold_text(&mut self, text: &str) {
        self.digest.fold(self.now.as_micros() as u64);
        self.digest.fold_text(text);
    }
}
