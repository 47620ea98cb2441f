//! What a server, PostgreSQL or MySQL, knows: its schema and what has changed it, locks, sessions.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use schema::flyway::History;
use schema::liquibase::{self, LockRow};
use schema::{Effect, Engine, Fault, Reader, Schema, Statement};

use crate::application::release::Release;
use crate::database::connection::Connections;
use crate::database::dialect::Dialect;
use crate::database::lock::{Locks, Owner, RelationId, Wanted};
use crate::database::run::{ALL_ROWS, SOME_ROWS};
use crate::database::session::{Doing, Session, SessionId, Transaction};
use crate::database::values::{Misfit, Values};
use crate::database::verdict::{StatementId, Verdicts};
use crate::queue::EventId;
use crate::random::Seed;
use crate::scenario::DatabaseShape;
use crate::time::SimTime;

/// A change of the schema that everybody sees.
#[derive(Clone, Debug)]
pub struct Change {
    /// When it was committed.
    pub at: SimTime,
    /// Where its statement comes from: the file of a migration, or who typed it.
    pub from: Arc<str>,
    /// The event that committed it.
    pub id: EventId,
}

/// A transaction that a session has committed.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Where its last statement comes from: the file of a migration, or who typed it.
    pub from: Arc<str>,
    /// Its statements.
    pub statements: Vec<Arc<Statement>>,
}

/// Requests that stand in line for a table.
#[derive(Clone, Copy, Debug)]
pub struct Stall {
    /// Since when there are any.
    pub since: SimTime,
    /// How many so far.
    pub requests: u32,
}

/// What a transaction sees after its statements so far, so that the next one need not do them all again.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Of what others see it was made: schema, rows that have come since, and values.
    of: (Arc<Schema>, BTreeMap<RelationId, u64>, Values),
    /// How many of its statements are in it.
    done: usize,
    /// The schema.
    pub(super) schema: Arc<Schema>,
    /// The values.
    pub(super) values: Values,
}

/// The server's state. A database without schema has none.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Tables, columns, constraints, indexes as everybody sees them.
    pub schema: Arc<Schema>,
    /// What becomes of the statements that releases send.
    pub verdicts: Verdicts,
    /// In which form rows hold their values (EC-6).
    pub values: Values,
    /// What has changed the schema, oldest first.
    pub changes: Vec<Change>,
    /// What sessions have committed, oldest first.
    pub commits: Vec<Commit>,
    /// What Flyway has noted; none before its first run.
    pub history: Option<History>,
    /// The session that has Flyway's lock (FW-09).
    pub flyway_lock: Option<SessionId>,
    /// What Liquibase has noted; none before its first run (LQ-02).
    pub changelog: Option<liquibase::History>,
    /// The row of Liquibase's lock; none before its first run (LQ-04).
    pub changelog_lock: Option<LockRow>,
    /// Locks on tables.
    pub locks: Locks,
    /// Who is connected.
    pub connections: Connections,
    /// All sessions of the run, those that have ended among them.
    pub sessions: Vec<Session>,
    /// Tables for which requests stand in line.
    pub(super) stalls: BTreeMap<RelationId, Stall>,
    /// Rows that requests have added since the schema was last written.
    grown: BTreeMap<RelationId, u64>,
}

/// An instance in its place in the database, with the proof that this build can have one.
#[derive(Clone, Debug)]
pub struct Running {
    _reader: Reader,
    instance: Box<Instance>,
}

impl Running {
    /// Starts an instance; none in a build that reads no SQL.
    pub fn start(instance: impl FnOnce() -> Instance) -> Option<Self> {
        Some(Self { _reader: Reader::of_this_build()?, instance: Box::new(instance()) })
    }
}

impl Deref for Running {
    type Target = Instance;

    #[inline]
    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl DerefMut for Running {
    #[inline]
    fn deref_mut(&mut self) -> &mut Instance {
        &mut self.instance
    }
}

impl Instance {
    /// A server that holds a schema, and serves these releases.
    pub fn new<'r>(
        schema: &Arc<Schema>,
        shape: &DatabaseShape,
        releases: impl Iterator<Item = &'r Release> + Clone,
        seed: Seed,
    ) -> Self {
        let engine = schema.engine;
        let mut locks = Locks::default();
        locks.is_mysql = engine == Engine::Mysql;
        let values = Values::new(shape, schema, releases.clone(), seed);
        let verdicts = Verdicts::new(releases, schema, &values, &mut locks);
        Self {
            schema: Arc::clone(schema),
            verdicts,
            values,
            changes: Vec::new(),
            commits: Vec::new(),
            history: None,
            flyway_lock: None,
            changelog: None,
            changelog_lock: None,
            locks,
            connections: Connections::new(engine, shape.connections, shape.reserved),
            sessions: Vec::new(),
            stalls: BTreeMap::new(),
            grown: BTreeMap::new(),
        }
    }

    /// How it behaves.
    pub fn dialect(&self) -> &'static Dialect {
        Dialect::of(self.schema.engine)
    }

    /// A session.
    pub fn session(&self, id: SessionId) -> &Session {
        &self.sessions[usize::from(id.0)]
    }

    /// Sessions that are open.
    pub fn open_sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(|session| session.is_open())
    }

    /// The schema is another one from now on: every statement is judged again (PG-41, 42).
    pub fn change(&mut self, schema: Schema, change: Change) {
        self.set_rows(Arc::new(schema));
        let number = self.changes.len();
        self.verdicts.judge_again(&self.schema, &self.values, number, &mut self.locks);
        self.changes.push(change);
    }

    /// Only the numbers of rows are others.
    pub(super) fn set_rows(&mut self, schema: Arc<Schema>) {
        self.schema = schema;
        self.grown.clear();
    }

    /// A statement of a request has been executed; what it has found that its release cannot read.
    #[inline]
    pub(crate) fn executed(&mut self, statement: StatementId) -> Option<Misfit> {
        let verdict = self.verdicts.of(statement);
        if let Some((relation, rows)) = verdict.grows {
            *self.grown.entry(relation).or_default() += rows;
        }
        if verdict.touches.is_empty() { None } else { self.values.touch(&verdict.touches) }
    }

    /// How many rows a table has; 0 if it is not known.
    pub fn rows(&self, table: &str) -> u64 {
        let base = self.schema.tables.get(table).and_then(|table| table.rows).unwrap_or(0);
        let of = |(id, _): &(&RelationId, &u64)| self.locks.get(**id).table == table;
        base + self.grown.iter().find(of).map_or(0, |(_, rows)| *rows)
    }

    /// The schema after these statements as everybody sees it after their commit; the values follow.
    /// `unchecked` is whether foreign keys are not looked at (MY-02).
    pub(super) fn schema_after<'s>(
        &self,
        statements: impl Iterator<Item = &'s Arc<Statement>>,
        values: &mut Values,
        unchecked: bool,
    ) -> Result<Arc<Schema>, Fault> {
        let mut schema = self.counted(unchecked);
        for statement in statements {
            schema = follow(schema, values, statement, false)?;
        }
        Ok(schema)
    }

    /// What an open transaction sees: with what it has changed itself (PG-41).
    pub(super) fn seen_by(
        &self,
        transaction: &Transaction,
        unchecked: bool,
    ) -> Result<Seen, Fault> {
        let is_current = |seen: &&Seen| {
            let (schema, grown, values) = &seen.of;
            Arc::ptr_eq(schema, &self.schema)
                && *grown == self.grown
                && values.are_as_in(&self.values)
                && seen.schema.foreign_keys_unchecked == unchecked
        };
        let mut seen = transaction.seen.as_ref().filter(is_current).cloned().unwrap_or_else(|| {
            let values = self.values.clone();
            let of = (Arc::clone(&self.schema), self.grown.clone(), values.clone());
            Seen { of, done: 0, schema: self.counted(unchecked), values }
        });
        for (_, statement) in transaction.changes.iter().skip(seen.done) {
            seen.schema = follow(seen.schema, &mut seen.values, statement, true)?;
            seen.done += 1;
        }
        Ok(seen)
    }

    /// The schema with the numbers of rows as they are now.
    fn counted(&self, unchecked: bool) -> Arc<Schema> {
        let mut schema = Schema { foreign_keys_unchecked: unchecked, ..(*self.schema).clone() };
        for table in self.grown.keys().map(|id| &self.locks.get(*id).table) {
            if let Some(counted) = schema.tables.get_mut(table) {
                counted.rows = Some(self.rows(table));
            }
        }
        Arc::new(schema)
    }

    /// The locks that a statement takes: tables first, then rows (PG-02, 08).
    pub(super) fn wanted_by(&mut self, effect: &Effect) -> Vec<Wanted> {
        let locks = &mut self.locks;
        let mut wanted: Vec<Wanted> = effect
            .locks
            .iter()
            .map(|lock| (locks.relation(&lock.table, false), lock.mode))
            .collect();
        for (tables, mode) in
            [(&effect.rows_locked, ALL_ROWS), (&effect.some_rows_locked, SOME_ROWS)]
        {
            wanted.extend(tables.iter().map(|table| (locks.relation(table, true), mode)));
        }
        wanted
    }

    /// Whether an older transaction is open than the index that a session builds concurrently (PG-40).
    pub(super) fn has_older(&self, id: SessionId) -> bool {
        self.older(id).next().is_some()
    }

    /// Transactions that are older than the index that a session builds concurrently, and may look into
    /// its table: other such builds do not (PG-40).
    pub(super) fn older(&self, id: SessionId) -> impl Iterator<Item = &Session> {
        let since = self.session(id).since;
        self.open_sessions().filter(move |other| {
            let is_old = other.transaction_began.is_some_and(|began| began < since);
            other.id != id && is_old && !other.reads_its_own_table_only()
        })
    }

    /// Sessions whose concurrent build need not wait any longer.
    pub(super) fn freed_from_old(&self) -> Vec<SessionId> {
        let waiting = self.sessions.iter().filter(|one| one.doing == Doing::WaitingForOld);
        waiting.map(|session| session.id).filter(|id| !self.has_older(*id)).collect()
    }

    /// The lock that somebody waits for.
    pub fn wanted(&self, owner: Owner) -> Option<Wanted> {
        let relation = match owner {
            Owner::Request(id) => self.locks.of_request(id.slot).waits(),
            Owner::Session(id) => self.session(id).waits_for(),
        }?;
        let mut queue = self.locks.get(relation).queue.iter();
        queue.find(|waiter| waiter.owner == owner).map(|waiter| (relation, waiter.mode))
    }

    /// Who is in the way of somebody who waits: holders first, then those who came before (PG-04).
    pub fn blockers(&self, owner: Owner) -> Vec<(Owner, Wanted)> {
        let Some((relation, _)) = self.wanted(owner) else { return Vec::new() };
        let queue = &self.locks.get(relation).queue;
        let Some(place) = queue.iter().position(|waiter| waiter.owner == owner) else {
            return Vec::new();
        };
        let mode = queue[place].mode;
        let mut blockers = self.holders(relation);
        blockers.retain(|(other, (_, held))| *other != owner && held.conflicts(mode));
        let before = queue.iter().take(place).filter(|waiter| waiter.mode.conflicts(mode));
        blockers.extend(before.map(|waiter| (waiter.owner, (relation, waiter.mode))));
        blockers
    }

    /// Who holds a lock on a table: sessions, then requests.
    pub fn holders(&self, relation: RelationId) -> Vec<(Owner, Wanted)> {
        let here = |lock: &&Wanted| lock.0 == relation;
        let mut holders: Vec<(Owner, Wanted)> = Vec::new();
        for session in self.open_sessions() {
            let locks = session.locks.iter().filter(here);
            holders.extend(locks.map(|lock| (Owner::Session(session.id), *lock)));
        }
        for (id, holding) in self.locks.requests() {
            let locks = holding.locks().iter().filter(here);
            holders.extend(locks.map(|lock| (Owner::Request(id), *lock)));
        }
        holders
    }

    /// Whether somebody waits, over others, for himself (PG-06).
    pub(crate) fn waits_for_itself(&self, owner: Owner) -> bool {
        self.behind(owner).contains(&owner)
    }

    /// For whom somebody waits: for a lock, or for old transactions.
    pub fn waits_behind(&self, owner: Owner) -> Vec<Owner> {
        match owner {
            Owner::Session(id) if self.session(id).doing == Doing::WaitingForOld => {
                self.older(id).map(|old| Owner::Session(old.id)).collect()
            }
            _ => self.blockers(owner).into_iter().map(|(blocker, _)| blocker).collect(),
        }
    }

    /// Everybody for whom somebody waits, over others too.
    pub(super) fn behind(&self, owner: Owner) -> Vec<Owner> {
        let (mut seen, mut open) = (Vec::new(), vec![owner]);
        while let Some(next) = open.pop() {
            for blocker in self.waits_behind(next) {
                if !seen.contains(&blocker) {
                    seen.push(blocker);
                    open.push(blocker);
                }
            }
        }
        seen
    }
}

/// The schema after a statement; the values follow.
fn follow(
    schema: Arc<Schema>,
    values: &mut Values,
    statement: &Statement,
    in_transaction: bool,
) -> Result<Arc<Schema>, Fault> {
    let (after, _) = schema::apply(&schema, &statement.ast, in_transaction)?;
    values.follow(&schema, &after, statement);
    Ok(Arc::new(after))
}
