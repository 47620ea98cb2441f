//! The future: scheduled events in order of time, then of scheduling.
//!
//! Most events of a request happen a constant delay after they are scheduled (network hops, client
//! timeouts) or come from a stream that is ordered by itself (arrivals). Those go through a *lane*,
//! a plain FIFO; only the rest needs the heap. The order of events does not depend on the choice.

use std::collections::VecDeque;

use crate::time::SimTime;

/// Names one scheduled event for the whole run; later events have larger ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

/// A first-in first-out stream of events whose times never decrease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane(u8);

/// An event that waits for its time.
#[derive(Clone, Copy, Debug)]
pub struct Scheduled<E> {
    /// When it happens.
    pub at: SimTime,
    /// Its own id.
    pub id: EventId,
    /// The event, or the command, that scheduled it.
    pub cause: EventId,
    /// What happens.
    pub event: E,
}

impl<E> Scheduled<E> {
    #[inline(always)]
    fn key(&self) -> (SimTime, EventId) {
        (self.at, self.id)
    }
}

/// Children of a heap node. Four keeps a node's children in two cache lines.
const ARITY: usize = 4;

/// All events that have been scheduled and have not happened.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    heap: Vec<Scheduled<E>>,
    lanes: Vec<VecDeque<Scheduled<E>>>,
    next_id: u64,
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self { heap: Vec::new(), lanes: Vec::new(), next_id: 1 }
    }
}

impl<E: Copy> EventQueue<E> {
    /// Takes a fresh id, for something that happens outside the queue (a typed command).
    pub fn take_id(&mut self) -> EventId {
        let id = EventId(self.next_id);
        self.next_id += 1;
        id
    }

    /// Opens a new lane.
    pub fn open_lane(&mut self) -> Lane {
        self.lanes.push(VecDeque::new());
        Lane(u8::try_from(self.lanes.len() - 1).expect("a world opens fewer than 256 lanes"))
    }

    /// Schedules `event` at any time.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, cause: EventId, event: E) -> EventId {
        let id = self.take_id();
        self.push_heap(Scheduled { at, id, cause, event });
        id
    }

    /// Schedules `event` behind all events of its lane. An event that would overtake goes to the heap.
    #[inline]
    pub fn schedule_in(&mut self, lane: Lane, at: SimTime, cause: EventId, event: E) -> EventId {
        let id = self.take_id();
        let scheduled = Scheduled { at, id, cause, event };
        let lane = &mut self.lanes[lane.0 as usize];
        if lane.back().is_none_or(|last| last.at <= at) {
            lane.push_back(scheduled);
        } else {
            self.push_heap(scheduled);
        }
        id
    }

    /// Number of events that wait.
    pub fn len(&self) -> usize {
        self.heap.len() + self.lanes.iter().map(VecDeque::len).sum::<usize>()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Time of the next event.
    pub fn next_time(&self) -> Option<SimTime> {
        self.first().map(|(_, (at, _))| at)
    }

    /// Takes the next event if it happens at or before `limit`.
    #[inline]
    pub fn pop_until(&mut self, limit: SimTime) -> Option<Scheduled<E>> {
        let (source, (at, _)) = self.first()?;
        if limit < at {
            return None;
        }
        match source {
            Source::Heap => self.pop_heap(),
            Source::Lane(lane) => self.lanes[lane].pop_front(),
        }
    }

    #[inline(always)]
    fn first(&self) -> Option<(Source, (SimTime, EventId))> {
        let mut first = self.heap.first().map(|entry| (Source::Heap, entry.key()));
        for (lane, entries) in self.lanes.iter().enumerate() {
            if let Some(key) = entries.front().map(Scheduled::key)
                && first.is_none_or(|(_, least)| key < least)
            {
                first = Some((Source::Lane(lane), key));
            }
        }
        first
    }

    fn push_heap(&mut self, entry: Scheduled<E>) {
        let mut hole = self.heap.len();
        self.heap.push(entry);
        while 0 < hole {
            let parent = (hole - 1) / ARITY;
            if self.heap[parent].key() < entry.key() {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = entry;
    }

    fn pop_heap(&mut self) -> Option<Scheduled<E>> {
        let last = self.heap.pop()?;
        let Some(&top) = self.heap.first() else { return Some(last) };
        let mut hole = 0;
        loop {
            let first_child = hole * ARITY + 1;
            let end = (first_child + ARITY).min(self.heap.len());
            let Some(children) = self.heap.get(first_child..end).filter(|c| !c.is_empty()) else {
                break;
            };
            let mut least = 0;
            for child in 1..children.len() {
                if children[child].key() < children[least].key() {
                    least = child;
                }
            }
            if last.key() < children[least].key() {
                break;
            }
            self.heap[hole] = children[least];
            hole = first_child + least;
        }
        self.heap[hole] = last;
        Some(top)
    }
}

#[derive(Clone, Copy)]
enum Source {
    Heap,
    Lane(usize),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn events_of_one_time_happen_in_the_order_in_which_they_were_scheduled() {
        let mut queue = EventQueue::default();
        let lane = queue.open_lane();
        let at = SimTime::from_secs(1);
        queue.schedule(at, EventId(0), 'a');
        queue.schedule_in(lane, at, EventId(0), 'b');
        queue.schedule(at, EventId(0), 'c');
        let order: Vec<_> = std::iter::from_fn(|| queue.pop_until(SimTime::MAX)).collect();
        assert_eq!(order.iter().map(|entry| entry.event).collect::<String>(), "abc");
    }

    #[test]
    fn an_event_after_the_limit_stays() {
        let mut queue = EventQueue::default();
        queue.schedule(SimTime::from_secs(2), EventId(0), ());
        assert!(queue.pop_until(SimTime::from_secs(1)).is_none());
        assert_eq!(queue.len(), 1);
    }

    proptest! {
        #[test]
        fn the_queue_agrees_with_a_sorted_list(
            operations in prop::collection::vec((0i64..50, 0u8..4, any::<bool>()), 1..300),
        ) {
            let mut queue = EventQueue::default();
            let lanes = [queue.open_lane(), queue.open_lane()];
            let mut model: Vec<(SimTime, EventId)> = Vec::new();
            for (micros, place, pop) in operations {
                let at = SimTime::from_micros(micros);
                let id = match place {
                    0 | 1 => queue.schedule_in(lanes[place as usize], at, EventId(0), ()),
                    _ => queue.schedule(at, EventId(0), ()),
                };
                model.push((at, id));
                model.sort_unstable();
                if pop {
                    let entry = queue.pop_until(SimTime::MAX).expect("one was just scheduled");
                    prop_assert_eq!((entry.at, entry.id), model.remove(0));
                }
                prop_assert_eq!(queue.len(), model.len());
            }
        }
    }
}
