//! Events of one lane, first in, first out.

use crate::queue::{EventId, Scheduled};
use crate::time::SimTime;

/// Room at first.
const ROOM: usize = 16;

/// A ring of events. The standard library's `VecDeque` would do, but hands a new element over by address, and
/// to copy 40 bytes an engine of WebAssembly calls out of it (docs/decisions/0019).
#[derive(Clone, Debug)]
pub(super) struct Fifo<E> {
    /// Its length is a power of two.
    slots: Vec<Scheduled<E>>,
    first: usize,
    len: usize,
}

impl<E> Default for Fifo<E> {
    fn default() -> Self {
        Self { slots: Vec::new(), first: 0, len: 0 }
    }
}

impl<E: Copy> Fifo<E> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(super) fn front(&self) -> Option<&Scheduled<E>> {
        (self.len != 0).then(|| &self.slots[self.first])
    }

    #[inline(always)]
    pub(super) fn back(&self) -> Option<&Scheduled<E>> {
        (self.len != 0).then(|| &self.slots[self.place(self.len - 1)])
    }

    #[inline(always)]
    pub(super) fn push(&mut self, at: SimTime, id: EventId, cause: EventId, event: E) {
        if self.len == self.slots.len() {
            self.grow(event);
        }
        let place = self.place(self.len);
        self.slots[place] = Scheduled { at, id, cause, event };
        self.len += 1;
    }

    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<Scheduled<E>> {
        let next = *self.front()?;
        self.first = self.place(1);
        self.len -= 1;
        Some(next)
    }

    /// Where the element lies that has so many before it.
    #[inline(always)]
    fn place(&self, before: usize) -> usize {
        (self.first + before) & (self.slots.len() - 1)
    }

    /// Doubles the room; the new slots hold any event until they are used.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, event: E) {
        self.slots.rotate_left(self.first);
        self.first = 0;
        let unused = Scheduled { at: SimTime::ZERO, id: EventId(0), cause: EventId(0), event };
        self.slots.resize((2 * self.len).max(ROOM), unused);
    }
}
