//! A heap of events in four-way branches.
//!
//! The heap itself holds only when an event happens and where the rest of it lies, so that little is
//! moved. Taking the first event leaves a hole at the top: most events schedule another one, which
//! then sinks from there, instead of two passes through the heap.

use crate::queue::{BESIDE, EventId, Order, Scheduled, least};

#[derive(Clone, Copy, Debug)]
struct Node {
    order: Order,
    slot: u32,
}

#[derive(Clone, Copy, Debug)]
struct Payload<E> {
    cause: EventId,
    event: E,
}

/// Events in no order but that of their first.
#[derive(Clone, Debug)]
pub(super) struct Heap<E> {
    nodes: Vec<Node>,
    payloads: Vec<Payload<E>>,
    /// Slots of payloads that are free.
    free: Vec<u32>,
    /// Whether the first node has been taken and not been replaced.
    hole: bool,
}

impl<E> Default for Heap<E> {
    fn default() -> Self {
        Self { nodes: Vec::new(), payloads: Vec::new(), free: Vec::new(), hole: false }
    }
}

impl<E: Copy> Heap<E> {
    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.nodes.len() - usize::from(self.hole)
    }

    /// Order of the first event.
    pub(super) fn first(&self) -> Order {
        let candidates = if self.hole { 1..BESIDE + 1 } else { 0..1 };
        let end = candidates.end.min(self.nodes.len());
        let nodes = self.nodes.get(candidates.start..end).unwrap_or_default();
        nodes.iter().map(|node| node.order).min().unwrap_or(Order::NEVER)
    }

    /// Fills the hole and gives the order of the first event.
    #[inline]
    pub(super) fn settle(&mut self) -> Order {
        if self.hole {
            self.hole = false;
            if let Some(last) = self.nodes.pop()
                && !self.nodes.is_empty()
            {
                self.sink(last);
            }
        }
        self.nodes.first().map_or(Order::NEVER, |node| node.order)
    }

    /// Adds an event.
    #[inline]
    pub(super) fn push(&mut self, entry: Scheduled<E>) {
        let Scheduled { at, id, cause, event } = entry;
        let payload = Payload { cause, event };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.payloads[slot as usize] = payload;
                slot
            }
            None => {
                self.payloads.push(payload);
                u32::try_from(self.payloads.len() - 1).expect("memory ends before 2^32 events")
            }
        };
        let node = Node { order: Order::new(at, id), slot };
        if self.hole {
            self.hole = false;
            self.sink(node);
        } else {
            self.rise(node);
        }
    }

    /// Takes the first event. The hole, if any, must have been filled.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Scheduled<E>> {
        debug_assert!(!self.hole, "settle comes before pop");
        let &Node { order, slot } = self.nodes.first()?;
        self.hole = true;
        self.free.push(slot);
        let Payload { cause, event } = self.payloads[slot as usize];
        Some(Scheduled { at: order.at(), id: EventId(order.0 as u64), cause, event })
    }

    /// Puts a node where the first one was.
    #[inline(always)]
    fn sink(&mut self, node: Node) {
        let nodes = &mut self.nodes[..];
        let mut hole = 0;
        loop {
            let first = hole * BESIDE + 1;
            let least = match nodes.get(first..) {
                Some(&[a, b, c, d, ..]) => {
                    let (place, node) = least([a, b, c, d], |node| node.order);
                    (first + place, node)
                }
                Some(&[only, ref rest @ ..]) => {
                    let mut least = (first, only);
                    for (place, node) in (first + 1..).zip(rest) {
                        if node.order < least.1.order {
                            least = (place, *node);
                        }
                    }
                    least
                }
                Some([]) | None => break,
            };
            if node.order < least.1.order {
                break;
            }
            nodes[hole] = least.1;
            hole = least.0;
        }
        nodes[hole] = node;
    }

    /// Puts a node at the end and lets it rise.
    #[inline]
    fn rise(&mut self, node: Node) {
        let mut hole = self.nodes.len();
        self.nodes.push(node);
        let nodes = &mut self.nodes[..];
        while 0 < hole {
            let parent = (hole - 1) / BESIDE;
            if nodes[parent].order < node.order {
                break;
            }
            nodes[hole] = nodes[parent];
            hole = parent;
        }
        nodes[hole] = node;
    }
}
