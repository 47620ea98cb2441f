//! Locks on tables: who holds them, who waits for them, and in which order (PG-01..04).
//!
//! Requests and sessions stand in one line a table. A request holds few locks for a moment: they are
//! counters, and taking one that nobody is in the way of looks at one byte.
//!
//! The rows of a table are a thing of their own that can be locked: whoever changes single rows locks it
//! in ROW SHARE, whoever changes all of them in EXCLUSIVE (PG-08). That two requests may want the same row
//! is not modelled.

use std::collections::VecDeque;

use schema::LockMode;

use crate::database::session::SessionId;
use crate::request::RequestId;
use crate::time::SimTime;

/// Names a table, or its rows, among what can be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelationId(u16);

/// The number of the database in PostgreSQL's catalogue.
pub const DATABASE: u32 = 16_384;

impl RelationId {
    /// The number of the table in PostgreSQL's catalogue.
    pub fn oid(self) -> u32 {
        DATABASE + 5 * (u32::from(self.0) + 1)
    }
}

/// A lock that somebody wants or holds.
pub type Wanted = (RelationId, LockMode);

/// Who holds a lock or waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A request of an application.
    Request(RequestId),
    /// Somebody with a session of his own.
    Session(SessionId),
}

/// Somebody who waits.
#[derive(Clone, Copy, Debug)]
pub struct Waiter {
    /// Who.
    pub owner: Owner,
    /// For what.
    pub mode: LockMode,
    /// Since when.
    pub since: SimTime,
    /// Modes in which he holds the same table himself.
    pub own: u8,
}

/// What can be locked.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Name of the table.
    pub table: String,
    /// Whether it is its rows.
    pub is_rows: bool,
    /// How many hold it, by mode.
    held: [u32; 8],
    /// How many wait for it, by mode.
    waiting: [u32; 8],
    /// Modes that cannot be had at once: they conflict with what is held or waited for (PG-04).
    closed: u8,
    /// Who waits, the first first.
    pub queue: VecDeque<Waiter>,
}

impl Relation {
    fn new(table: &str, is_rows: bool) -> Self {
        let table = table.to_owned();
        let queue = VecDeque::new();
        Self { table, is_rows, held: [0; 8], waiting: [0; 8], closed: 0, queue }
    }

    /// For people: `orders`, `the rows of orders`.
    pub fn describe(&self) -> String {
        if self.is_rows { format!("the rows of {}", self.table) } else { self.table.clone() }
    }

    #[inline]
    fn hold(&mut self, mode: LockMode) {
        self.held[mode as usize] += 1;
        self.closed |= mode.conflicting();
    }

    /// Whether somebody else holds it in a way that conflicts; `own` are one's own modes.
    fn is_taken(&self, mode: LockMode, own: u8) -> bool {
        LockMode::ALL.into_iter().any(|held| {
            let others = self.held[held as usize] - u32::from(own & held.bit() != 0);
            0 < others && held.conflicts(mode)
        })
    }

    /// Whether who wants it in this mode stands behind those who wait for it, whatever he holds (MY-04).
    fn yields(&self, mode: LockMode) -> bool {
        !self.is_rows && mode < LockMode::SHARED_UPGRADABLE
    }

    /// Where in line somebody stands who holds it in his own modes already: before the first who waits for
    /// what he holds, since that one would else wait for him and he for that one (PG-04).
    fn place(&self, mode: LockMode, own: u8, is_mysql: bool) -> usize {
        let gives_way = |waiter: &Waiter| match is_mysql {
            true => own != 0 && !self.yields(mode),
            false => own & waiter.mode.conflicting() != 0,
        };
        self.queue.iter().position(gives_way).unwrap_or(self.queue.len())
    }

    /// Whether others hold it, or wait for it and come first, so that it cannot be had at once.
    fn must_wait(&self, mode: LockMode, own: u8, is_mysql: bool) -> bool {
        let mut before = self.queue.iter().take(self.place(mode, own, is_mysql));
        self.is_taken(mode, own) || before.any(|waiter| waiter.mode.conflicts(mode))
    }

    fn look(&mut self) {
        let in_use = |mode: &LockMode| self.held[*mode as usize] + self.waiting[*mode as usize];
        let modes = LockMode::ALL.into_iter().filter(|mode| 0 < in_use(mode));
        self.closed = modes.fold(0, |closed, mode| closed | mode.conflicting());
    }

    /// Lets in whoever can be let in, in order: nobody overtakes a conflicting earlier one (PG-04).
    fn settle(&mut self, id: RelationId, granted: &mut Vec<(RelationId, Waiter)>) {
        let (mut place, mut blocked) = (0, 0);
        while place < self.queue.len() && blocked != u8::MAX {
            let waiter = self.queue[place];
            if blocked & waiter.mode.bit() == 0 && !self.is_taken(waiter.mode, waiter.own) {
                self.queue.remove(place);
                self.waiting[waiter.mode as usize] -= 1;
                self.held[waiter.mode as usize] += 1;
                granted.push((id, waiter));
            } else {
                blocked |= waiter.mode.conflicting();
                place += 1;
            }
        }
        self.look();
    }
}

/// Most tables that one request locks at once; what comes after them it does not lock.
pub const MOST: usize = 8;

/// What a request holds, and what it waits for.
#[derive(Clone, Copy, Debug)]
pub struct Holding {
    /// The request that uses the slot.
    owner: RequestId,
    len: u8,
    locks: [Wanted; MOST],
    waits: Option<RelationId>,
}

impl Default for Holding {
    fn default() -> Self {
        let owner = RequestId { slot: 0, generation: 0 };
        Self { owner, len: 0, locks: [(RelationId(0), LockMode::AccessShare); MOST], waits: None }
    }
}

impl Holding {
    /// The locks that it holds.
    #[inline]
    pub fn locks(&self) -> &[Wanted] {
        &self.locks[..usize::from(self.len)]
    }

    /// What it waits for.
    pub fn waits(&self) -> Option<RelationId> {
        self.waits
    }

    fn push(&mut self, lock: Wanted) {
        if let Some(place) = self.locks.get_mut(usize::from(self.len)) {
            *place = lock;
            self.len += 1;
        }
    }
}

/// Modes in which a table is among these locks.
fn modes_of(relation: RelationId, locks: &[Wanted]) -> u8 {
    let own = locks.iter().filter(|(held, _)| *held == relation);
    own.fold(0, |modes, (_, mode)| modes | mode.bit())
}

/// Whether one of these locks already keeps out everybody whom the wanted one would keep out.
#[inline]
pub fn covers(locks: &[Wanted], (relation, mode): Wanted) -> bool {
    locks.iter().any(|&(held, own)| {
        held == relation && own.conflicting() & mode.conflicting() == mode.conflicting()
    })
}

/// All locks.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    relations: Vec<Relation>,
    /// What requests hold, by slot.
    requests: Vec<Holding>,
    /// Who has been let in, until he has been told.
    granted: Vec<(RelationId, Waiter)>,
    /// Whether who holds a table stands in line for more of it as everybody does, unless he changes it
    /// (MY-04); otherwise he goes before those who wait for him (PG-04).
    pub(super) is_mysql: bool,
}

impl Locks {
    /// The table of this name, or its rows.
    pub fn relation(&mut self, table: &str, is_rows: bool) -> RelationId {
        let same = |one: &Relation| one.table == table && one.is_rows == is_rows;
        let place = self.relations.iter().position(same).unwrap_or_else(|| {
            self.relations.push(Relation::new(table, is_rows));
            self.relations.len() - 1
        });
        RelationId(u16::try_from(place).unwrap_or(u16::MAX))
    }

    /// A table.
    pub fn get(&self, id: RelationId) -> &Relation {
        &self.relations[usize::from(id.0)]
    }

    /// Everything that can be locked, with its id.
    pub fn iter(&self) -> impl Iterator<Item = (RelationId, &Relation)> {
        (0..).map(RelationId).zip(&self.relations)
    }

    /// What a request holds.
    pub fn of_request(&self, slot: u32) -> Holding {
        self.requests.get(slot as usize).copied().unwrap_or_default()
    }

    /// Requests that hold or want something, with that.
    pub fn requests(&self) -> impl Iterator<Item = (RequestId, &Holding)> {
        let busy = self.requests.iter().filter(|held| 0 < held.len || held.waits.is_some());
        busy.map(|holding| (holding.owner, holding))
    }

    /// A request locks what it has not locked yet, in order, until it has to wait: for what.
    #[inline]
    pub fn lock(&mut self, id: RequestId, wanted: &[Wanted], now: SimTime) -> Option<RelationId> {
        let slot = id.slot as usize;
        if self.requests.len() <= slot {
            self.requests.resize(slot + 1, Holding::default());
        }
        let holding = &mut self.requests[slot];
        holding.owner = id;
        for &(relation, mode) in wanted {
            if covers(holding.locks(), (relation, mode)) {
                continue;
            }
            if holding.locks().len() == MOST {
                break;
            }
            let of = &mut self.relations[usize::from(relation.0)];
            if of.closed & mode.bit() != 0 {
                let own = modes_of(relation, holding.locks());
                if of.must_wait(mode, own, self.is_mysql) {
                    holding.waits = Some(relation);
                    let owner = Owner::Request(id);
                    self.wait(relation, Waiter { owner, mode, since: now, own });
                    return Some(relation);
                }
            }
            of.hold(mode);
            holding.push((relation, mode));
        }
        None
    }

    /// A request needs its locks no longer.
    #[inline]
    pub fn unlock(&mut self, slot: u32) {
        let Some(holding) = self.requests.get_mut(slot as usize) else { return };
        let Holding { len, locks, .. } = *holding;
        holding.len = 0;
        for &(relation, mode) in &locks[..usize::from(len)] {
            self.give_back(relation, mode);
        }
    }

    /// A request leaves the line, and what it has locked.
    pub fn abandon(&mut self, id: RequestId) {
        let waits = self.requests.get_mut(id.slot as usize).and_then(|held| held.waits.take());
        if let Some(relation) = waits {
            self.leave(relation, Owner::Request(id));
        }
        self.unlock(id.slot);
    }

    /// A session takes a lock at once, if that is possible; it holds `locks` already.
    pub fn take(&mut self, (relation, mode): Wanted, locks: &[Wanted]) -> bool {
        let own = modes_of(relation, locks);
        let of = &mut self.relations[usize::from(relation.0)];
        let free = of.closed & mode.bit() == 0 || !of.must_wait(mode, own, self.is_mysql);
        if free {
            of.hold(mode);
        }
        free
    }

    /// A session waits for a lock; it holds `locks` already.
    pub fn stand_in_line(
        &mut self,
        session: SessionId,
        (relation, mode): Wanted,
        locks: &[Wanted],
        now: SimTime,
    ) {
        let own = modes_of(relation, locks);
        let owner = Owner::Session(session);
        self.wait(relation, Waiter { owner, mode, since: now, own });
    }

    fn wait(&mut self, relation: RelationId, waiter: Waiter) {
        let of = &mut self.relations[usize::from(relation.0)];
        of.waiting[waiter.mode as usize] += 1;
        of.closed |= waiter.mode.conflicting();
        let place = of.place(waiter.mode, waiter.own, self.is_mysql);
        of.queue.insert(place, waiter);
    }

    /// Somebody waits no longer: those behind him go on (PG-07).
    pub fn leave(&mut self, relation: RelationId, owner: Owner) {
        let of = &mut self.relations[usize::from(relation.0)];
        if let Some(place) = of.queue.iter().position(|waiter| waiter.owner == owner)
            && let Some(waiter) = of.queue.remove(place)
        {
            of.waiting[waiter.mode as usize] -= 1;
            of.settle(relation, &mut self.granted);
        }
    }

    /// A lock is given back; whoever waits for it may get it.
    #[inline]
    pub fn give_back(&mut self, relation: RelationId, mode: LockMode) {
        let of = &mut self.relations[usize::from(relation.0)];
        of.held[mode as usize] -= 1;
        if !of.queue.is_empty() {
            of.settle(relation, &mut self.granted);
        } else if of.held[mode as usize] == 0 {
            of.look();
        }
    }

    /// Whether somebody has been let in and has not been told.
    #[inline]
    pub fn has_granted(&self) -> bool {
        !self.granted.is_empty()
    }

    /// Who has been let in since the last time; the locks of requests are noted.
    pub fn take_granted(&mut self) -> Vec<(RelationId, Waiter)> {
        let granted = std::mem::take(&mut self.granted);
        for (relation, waiter) in &granted {
            if let Owner::Request(id) = waiter.owner {
                let holding = &mut self.requests[id.slot as usize];
                holding.waits = None;
                holding.push((*relation, waiter.mode));
            }
        }
        granted
    }

    /// Holders and waiters of a table as its own counters say, by mode: for the invariants.
    pub fn counts(&self, id: RelationId) -> ([u32; 8], [u32; 8]) {
        let relation = self.get(id);
        (relation.held, relation.waiting)
    }
}
