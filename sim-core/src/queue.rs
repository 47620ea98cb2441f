//! The future: scheduled events in order of time, then of scheduling.
//!
//! Most events of a request happen a constant delay after they are scheduled (network hops, client
//! timeouts) or come from a stream that is ordered by itself (arrivals). Those go through a *lane*,
//! a plain FIFO; only the rest needs the heap. The order of events does not depend on the choice.

mod fifo;
mod heap;

use crate::queue::fifo::Fifo;
use crate::queue::heap::Heap;
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

/// How many orders are compared at once: children of a node of the heap, lanes of a group.
const BESIDE: usize = 4;

/// When an event happens among all others: time, then id. One wide number, because comparing it is
/// what the queue does most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Order(u128);

impl Order {
    /// After everything that is scheduled.
    const NEVER: Self = Self(u128::MAX);

    #[inline(always)]
    fn new(at: SimTime, id: EventId) -> Self {
        // Flipping the sign bit puts negative times, as unsigned numbers, before the others.
        let time = at.as_micros() as u64 ^ 1 << 63;
        Self(u128::from(time) << 64 | u128::from(id.0))
    }

    #[inline(always)]
    fn at(self) -> SimTime {
        SimTime::from_micros(((self.0 >> 64) as u64 ^ 1 << 63) as i64)
    }
}

/// The least of some and its place, compared in pairs: no comparison waits for the one before it.
#[inline(always)]
fn least<T>([a, b, c, d]: [T; BESIDE], order: impl Fn(&T) -> Order) -> (usize, T) {
    let (left, a) = if order(&b) < order(&a) { (1, b) } else { (0, a) };
    let (right, c) = if order(&d) < order(&c) { (3, d) } else { (2, c) };
    if order(&c) < order(&a) { (right, c) } else { (left, a) }
}

/// All events that have been scheduled and have not happened.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    heap: Heap<E>,
    lanes: Vec<Fifo<E>>,
    /// Order of every lane's first event: never, where none waits or no lane is open.
    heads: Vec<[Order; BESIDE]>,
    next_id: u64,
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self { heap: Heap::default(), lanes: Vec::new(), heads: Vec::new(), next_id: 1 }
    }
}

impl<E: Copy> EventQueue<E> {
    /// Takes a fresh id, for something that happens outside the queue (a typed command).
    #[inline(always)]
    pub fn take_id(&mut self) -> EventId {
        let id = EventId(self.next_id);
        self.next_id += 1;
        id
    }

    /// Opens a new lane.
    pub fn open_lane(&mut self) -> Lane {
        if self.lanes.len().is_multiple_of(BESIDE) {
            self.heads.push([Order::NEVER; BESIDE]);
        }
        self.lanes.push(Fifo::default());
        Lane(u8::try_from(self.lanes.len() - 1).expect("a world opens fewer than 256 lanes"))
    }

    /// Schedules `event` at any time.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, cause: EventId, event: E) -> EventId {
        let id = self.take_id();
        self.heap.push(Scheduled { at, id, cause, event });
        id
    }

    /// Schedules `event` behind all events of its lane. An event that would overtake goes to the heap.
    #[inline(always)]
    pub fn schedule_in(&mut self, lane: Lane, at: SimTime, cause: EventId, event: E) -> EventId {
        let id = self.take_id();
        let waiting = &mut self.lanes[lane.0 as usize];
        match waiting.back() {
            None => self.heads.as_flattened_mut()[lane.0 as usize] = Order::new(at, id),
            Some(last) if last.at <= at => {}
            Some(_) => {
                self.heap.push(Scheduled { at, id, cause, event });
                return id;
            }
        }
        waiting.push(at, id, cause, event);
        id
    }

    /// Number of events that wait.
    pub fn len(&self) -> usize {
        self.heap.len() + self.lanes.iter().map(Fifo::len).sum::<usize>()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Time of the next event.
    pub fn next_time(&self) -> Option<SimTime> {
        let heads = self.heads.as_flattened().iter().copied();
        let first = heads.chain([self.heap.first()]).min();
        first.filter(|&order| order != Order::NEVER).map(Order::at)
    }

    /// Takes the next event if it happens at or before `limit`.
    #[inline]
    pub fn pop_until(&mut self, limit: SimTime) -> Option<Scheduled<E>> {
        let mut first = self.heap.settle();
        let mut from = None;
        for (group, &heads) in self.heads.iter().enumerate() {
            let (lane, head) = least(heads, |&order| order);
            if head < first {
                (first, from) = (head, Some(group * BESIDE + lane));
            }
        }
        if first == Order::NEVER || limit < first.at() {
            return None;
        }
        match from {
            None => self.heap.pop(),
            Some(lane) => {
                let waiting = &mut self.lanes[lane];
                let next = waiting.pop();
                let head = waiting.front();
                self.heads.as_flattened_mut()[lane] =
                    head.map_or(Order::NEVER, |next| Order::new(next.at, next.id));
                next
            }
        }
    }
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
