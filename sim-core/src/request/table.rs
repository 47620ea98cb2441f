//! Live requests in reused slots, and the lines they stand in.

use std::hash::{Hash, Hasher};
use std::ops::{Index, IndexMut};

use crate::cluster::pod::PodId;
use crate::mesh::flag::Flags;
use crate::mesh::proxy::HostId;
use crate::request::statement::Unserved;
use crate::telemetry::failure::Sign;
use crate::telemetry::registry::DestinationId;
use crate::time::SimTime;
use crate::workload::ClassId;
use crate::workload::pool::ConnectionId;

/// Names a request while it lives: its slot, and which of the slot's requests it is.
///
/// The order of the fields is fixed: in an [`Event`](crate::event::Event) the slot then lies where no other kind has
/// more than one number. Before, it lay over two of 16 bits: in WebAssembly it was moved in halves, and a processor
/// waits a dozen cycles before it reads as one what was just written as two. That was a tenth of the engine's step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RequestId {
    /// Raised with every use of the slot.
    pub generation: u16,
    /// The slot.
    pub slot: u32,
}

/// One number, since the digest takes every event of a request.
impl Hash for RequestId {
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.slot) << 16 | u64::from(self.generation));
    }
}

/// What the client's side still expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientSide {
    /// Nothing: it has ended.
    #[default]
    Done,
    /// The user pauses before sending it.
    Pausing,
    /// The gateway looks for an endpoint.
    Choosing,
    /// The gateway holds it up because of an injected fault.
    Delayed,
    /// It waits at the gateway for a connection to the pod.
    Pending,
    /// The gateway waits for the pod.
    InFlight,
    /// It is a copy: the gateway waits for the pod, but nobody for the gateway.
    Mirrored,
    /// The gateway pauses before another endpoint.
    BackingOff,
    /// A direct caller has no connection for it yet: all of its pool are busy.
    Queueing,
    /// A direct caller opens a connection for it.
    Connecting,
    /// A direct caller waits for the pod at the other end of the connection.
    Connected,
}

impl ClientSide {
    /// Whether a caller without gateway waits.
    #[inline]
    pub fn is_direct(self) -> bool {
        matches!(self, Self::Queueing | Self::Connecting | Self::Connected)
    }
}

/// Where it is on the server's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: not there yet, or ended.
    #[default]
    Gone,
    /// On the way to the pod.
    Travelling,
    /// In the pod's queue.
    Queued,
    /// A worker computes.
    Computing,
    /// A worker waits for a connection of the pod's pool.
    AwaitingConnection,
    /// Its statement waits for the lock on a table.
    AwaitingLock,
    /// A worker waits for a core of the database.
    AwaitingCore,
    /// The database executes its statement.
    Querying,
    /// The database executes its statement, but the pod has ended.
    Orphaned,
    /// The answer is on its way to the gateway.
    Returning,
}

/// One request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// When the user first sent it.
    pub started: SimTime,
    /// When this try reached the gateway.
    pub sent: SimTime,
    /// When it reached the pod.
    pub delivered: SimTime,
    /// The endpoint that the gateway chose.
    pub host: HostId,
    /// The pod there.
    pub pod: PodId,
    /// Which of the requests that users have sent it is, from 1; 0 for a copy, and for requests sent
    /// before time zero.
    pub number: u32,
    /// Next request of the line it stands in, or of the free slots.
    next: u32,
    /// What is asked for.
    pub class: ClassId,
    /// Route of the release, or `NO_ROUTE`.
    pub route: u16,
    /// Status code of the answer, once there is one.
    pub code: u16,
    /// The connection of a direct caller.
    pub connection: ConnectionId,
    generation: u16,
    /// Statements sent so far.
    pub statements: u8,
    /// Why the database has not served it.
    pub unserved: Unserved,
    /// Tries of the user before this one.
    pub user_tries: u8,
    /// Tries of the gateway before this one.
    pub tries: u8,
    /// Whether an injected fault has held it up.
    pub delayed: bool,
    /// Whether the port that it goes to is one that the pod's process does not listen on.
    pub stray: bool,
    /// What the client's side expects.
    pub client: ClientSide,
    /// Where it is on the server's side.
    pub place: Place,
}

impl Request {
    /// The flags of its end: a delay that held it up stays visible, whatever came then (IST-23).
    #[inline]
    pub fn flags(&self, end: Flags) -> Flags {
        if self.delayed { end.and(Flags::FAULT_DELAY) } else { end }
    }
}

/// Ends a line.
const NIL: u32 = u32::MAX;

/// How a request ended for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its number.
    pub number: u32,
    /// Status code, 0 if the user got none.
    pub code: u16,
    /// Why it failed.
    pub sign: Sign,
    /// Where it was sent.
    pub to: DestinationId,
}

/// All live requests.
#[derive(Clone, Debug)]
pub struct Requests {
    slots: Vec<Request>,
    free: u32,
    live: u32,
    sent: u32,
    /// The last request that ended for its user.
    pub ended: Ended,
}

impl Default for Requests {
    fn default() -> Self {
        let to = DestinationId::UNKNOWN;
        let ended = Ended { number: 0, code: 0, sign: Sign::default(), to };
        Self { slots: Vec::new(), free: NIL, live: 0, sent: 0, ended }
    }
}

impl Requests {
    /// A slot for a new request that a user sends now.
    #[inline]
    pub fn open(&mut self, class: ClassId, now: SimTime) -> RequestId {
        self.live += 1;
        let slot = self.free;
        if slot == NIL {
            let slot = u32::try_from(self.slots.len()).expect("memory ends before 2^32 requests");
            self.slots.push(Request { started: now, class, next: NIL, ..Request::default() });
            return RequestId { slot, generation: 0 };
        }
        let request = &mut self.slots[slot as usize];
        self.free = request.next;
        let generation = request.generation;
        *request = Request { started: now, class, next: NIL, generation, ..Request::default() };
        RequestId { slot, generation }
    }

    /// Numbers a request that a user sends.
    #[inline]
    pub fn number(&mut self, id: RequestId) {
        self.sent = self.sent.wrapping_add(1);
        self.slots[id.slot as usize].number = self.sent;
    }

    /// Requests from now on are numbered from 1 on.
    pub fn number_from_here(&mut self) {
        self.sent = 0;
        self.slots.iter_mut().for_each(|request| request.number = 0);
    }

    /// How many have been numbered.
    pub fn numbered(&self) -> u32 {
        self.sent
    }

    /// The request of a number, while its user waits for it.
    pub fn find(&self, number: u32) -> Option<RequestId> {
        let ours =
            |one: &Request| one.number == number && one.client != ClientSide::Done && 0 < number;
        let slot = self.slots.iter().position(ours)?;
        Some(RequestId { slot: slot as u32, generation: self.slots[slot].generation })
    }

    /// What is left of a request that has ended, until its slot is used again.
    pub fn last_of(&self, number: u32) -> Option<&Request> {
        self.slots.iter().find(|request| request.number == number)
    }

    /// Frees the slot of a request that has ended on both sides.
    #[inline]
    pub fn close(&mut self, id: RequestId) {
        let request = &mut self.slots[id.slot as usize];
        debug_assert_eq!(request.generation, id.generation, "a request is closed once");
        request.generation = request.generation.wrapping_add(1);
        request.place = Place::Gone;
        request.client = ClientSide::Done;
        request.next = self.free;
        self.free = id.slot;
        self.live -= 1;
    }

    /// Whether the request has not ended.
    #[inline]
    pub fn is_live(&self, id: RequestId) -> bool {
        self.slots[id.slot as usize].generation == id.generation
    }

    /// Number of live requests.
    pub fn live(&self) -> u32 {
        self.live
    }

    /// Slots ever used at once: the memory that requests take.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Live requests of which something is known on the pod's side.
    pub fn at_pod(&self, pod: PodId) -> Vec<RequestId> {
        let here = |request: &&Request| {
            request.pod == pod && !matches!(request.place, Place::Gone | Place::Orphaned)
        };
        let name =
            |(slot, request): (u32, &Request)| RequestId { slot, generation: request.generation };
        (0..).zip(&self.slots).filter(|(_, request)| here(request)).map(name).collect()
    }

    /// All slots in use: live requests and, for the invariants, how they stand.
    pub fn iter(&self) -> impl Iterator<Item = &Request> {
        self.slots
            .iter()
            .filter(|request| request.client != ClientSide::Done || request.place != Place::Gone)
    }
}

impl Index<RequestId> for Requests {
    type Output = Request;

    #[inline]
    fn index(&self, id: RequestId) -> &Request {
        &self.slots[id.slot as usize]
    }
}

impl IndexMut<RequestId> for Requests {
    #[inline]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.slots[id.slot as usize]
    }
}

/// A first-in first-out line of requests, linked through their slots: no memory of its own.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    head: u32,
    tail: u32,
    len: u32,
}

impl Default for Line {
    fn default() -> Self {
        Self { head: NIL, tail: NIL, len: 0 }
    }
}

impl Line {
    /// Number of requests in line.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a request at the end.
    #[inline]
    pub fn push(&mut self, id: RequestId, requests: &mut Requests) {
        requests[id].next = NIL;
        if self.len == 0 {
            self.head = id.slot;
        } else {
            requests.slots[self.tail as usize].next = id.slot;
        }
        self.tail = id.slot;
        self.len += 1;
    }

    /// Takes the first.
    #[inline]
    pub fn pop(&mut self, requests: &mut Requests) -> Option<RequestId> {
        if self.len == 0 {
            return None;
        }
        let slot = self.head;
        let first = &requests.slots[slot as usize];
        self.head = first.next;
        self.len -= 1;
        Some(RequestId { slot, generation: first.generation })
    }

    /// Removes a request from anywhere in the line.
    pub fn remove(&mut self, id: RequestId, requests: &mut Requests) {
        for _ in 0..self.len {
            let Some(first) = self.pop(requests) else { break };
            if first != id {
                self.push(first, requests);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_slot_is_another_request() {
        let mut requests = Requests::default();
        let first = requests.open(ClassId(0), SimTime::ZERO);
        requests.close(first);
        let second = requests.open(ClassId(0), SimTime::ZERO);
        assert_eq!(first.slot, second.slot);
        assert!(!requests.is_live(first) && requests.is_live(second));
        assert_eq!((requests.live(), requests.slots()), (1, 1));
    }

    #[test]
    fn a_line_keeps_its_order_when_one_leaves() {
        let mut requests = Requests::default();
        let ids: Vec<_> = (0..4).map(|_| requests.open(ClassId(0), SimTime::ZERO)).collect();
        let mut line = Line::default();
        ids.iter().for_each(|&id| line.push(id, &mut requests));
        line.remove(ids[1], &mut requests);
        let left: Vec<_> = std::iter::from_fn(|| line.pop(&mut requests)).collect();
        assert_eq!(left, [ids[0], ids[2], ids[3]]);
        assert!(line.is_empty());
    }
}
