//! Who waits for whom, told to those who wait and to people.

use std::collections::VecDeque;
use std::sync::Arc;

use schema::{Effect, Engine, LockMode, SqlError, Statement};

use crate::database::dialect::code;
use crate::database::event::DatabaseEvent;
use crate::database::instance::{Instance, Stall};
use crate::database::lock::{DATABASE, Owner, RelationId, Wanted};
use crate::database::session::{Doing, SessionId};
use crate::database::verdict::Outcome;
use crate::engine::Context;
use crate::event::Event;
use crate::request::{RequestEvent, RequestId};
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::why::SCHEMA;
use crate::world::{Scope, World};

type Ctx<'a> = Context<'a, Event>;

/// Most statements that are named in one line.
const NAMED: usize = 3;
/// What is added to the number of a server process to number its transaction.
const TRANSACTIONS: u32 = 1_000_000;

/// What somebody waits for, as PostgreSQL sees it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Awaited {
    /// A lock on a table.
    Relation(Wanted),
    /// The end of a transaction that has changed a row (PG-08).
    Transaction,
    /// The end of a transaction that is older (PG-40).
    Old,
}

impl Awaited {
    /// Its `wait_event`.
    pub(super) fn event(self) -> &'static str {
        match self {
            Self::Relation(_) => "relation",
            Self::Transaction => "transactionid",
            Self::Old => "virtualxid",
        }
    }
}

impl Instance {
    /// What somebody waits for.
    pub(super) fn awaited(&self, owner: Owner) -> Option<Awaited> {
        match owner {
            Owner::Session(id) if self.session(id).doing == Doing::WaitingForOld => {
                Some(Awaited::Old)
            }
            _ => self.wanted(owner).map(|wanted| match self.locks.get(wanted.0).is_rows {
                true => Awaited::Transaction,
                false => Awaited::Relation(wanted),
            }),
        }
    }

    /// The shortest circle in which somebody waits for himself: each waits for the next, the last for the
    /// first (PG-06).
    fn circle(&self, owner: Owner) -> Vec<Owner> {
        let (mut seen, mut paths) = (Vec::new(), VecDeque::from([vec![owner]]));
        while let Some(path) = paths.pop_front() {
            let last = path.last().map_or(owner, |last| *last);
            for blocker in self.waits_behind(last) {
                if blocker == owner {
                    return path;
                }
                if !seen.contains(&blocker) {
                    seen.push(blocker);
                    paths.push_back([&path[..], &[blocker]].concat());
                }
            }
        }
        Vec::new()
    }
}

impl World {
    /// Tells everybody who has been let in, each by an event of its own, and people that a line is empty.
    pub(crate) fn tell_granted(&mut self, ctx: &mut Ctx<'_>) {
        let Some(instance) = &mut self.database.instance else { return };
        for (relation, waiter) in instance.locks.take_granted() {
            let event: Event = match waiter.owner {
                Owner::Request(id) => RequestEvent::Granted(id).into(),
                Owner::Session(id) => {
                    let session = &mut instance.sessions[usize::from(id.0)];
                    session.locks.push((relation, waiter.mode));
                    session.turn = session.turn.wrapping_add(1);
                    let turn = session.turn;
                    DatabaseEvent::Continued { session: id, turn }.into()
                }
            };
            ctx.after(SimDuration::ZERO, event);
        }
        let waits = |relation: &RelationId| {
            let mut queue = instance.locks.get(*relation).queue.iter();
            queue.any(|waiter| matches!(waiter.owner, Owner::Request(_)))
        };
        let over: Vec<RelationId> =
            instance.stalls.keys().filter(|relation| !waits(relation)).copied().collect();
        for relation in over {
            self.note_stall_over(relation, ctx);
        }
    }

    /// A request stands in line for a table; people are told of the first.
    pub(crate) fn note_stall(&mut self, relation: RelationId, id: RequestId, ctx: &mut Ctx<'_>) {
        let Some(instance) = &mut self.database.instance else { return };
        if let Some(stall) = instance.stalls.get_mut(&relation) {
            stall.requests += 1;
            return;
        }
        instance.stalls.insert(relation, Stall { since: ctx.now, requests: 1 });
        let owner = Owner::Request(id);
        let blockers = instance.blockers(owner);
        let behind = blockers.iter().find_map(|(owner, _)| match owner {
            Owner::Session(id) => Some(instance.session(*id).cause),
            Owner::Request(_) => None,
        });
        let of = instance.locks.get(relation);
        let subject = format!("table/{}", of.table);
        let rules = instance.dialect().stalls_at(of.is_rows);
        let wait = self.wait_of(owner).unwrap_or_default();
        let cause = behind.unwrap_or(ctx.cause);
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let text = format!("requests wait for {wait}");
        scope.note_because(cause, Topic::Database, subject, text, rules);
    }

    fn note_stall_over(&mut self, relation: RelationId, ctx: &mut Ctx<'_>) {
        let Some(instance) = &mut self.database.instance else { return };
        let Some(stall) = instance.stalls.remove(&relation) else { return };
        let rules = instance.dialect().stalls_at(instance.locks.get(relation).is_rows);
        let subject = format!("table/{}", instance.locks.get(relation).table);
        let (requests, lasted) = (stall.requests, ctx.now.since(stall.since));
        let text = format!("no request waits any longer: {requests} have, in {lasted}");
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note(Topic::Database, subject, text, rules);
    }

    /// What somebody waits for, and for whom: `ACCESS SHARE on orders, behind V2__x.sql (pid 4714), which
    /// waits for ACCESS EXCLUSIVE`.
    pub fn wait_of(&self, owner: Owner) -> Option<String> {
        let instance = self.database.instance.as_ref()?;
        let dialect = instance.dialect();
        let (relation, mode) = instance.wanted(owner)?;
        let of = instance.locks.get(relation);
        let blockers = instance.blockers(owner);
        // Whoever has a session of his own is more of a reason than a request among many.
        let is_session = |(owner, _): &&(Owner, Wanted)| matches!(owner, Owner::Session(_));
        let first = blockers.iter().find(is_session).or(blockers.first());
        let behind = first.map_or_else(String::new, |&(blocker, lock)| {
            let who = self.name_of(blocker);
            let does = match instance.holders(relation).contains(&(blocker, lock)) {
                true => "holds",
                false => "waits for",
            };
            format!(", behind {who}, which {does} {}", dialect.lock_name(lock.1))
        });
        let lock = (dialect.lock_kind(of.is_rows), dialect.lock_name(mode));
        Some(format!("{}{} on {}{behind}", lock.0, lock.1, of.describe()))
    }

    /// For people: `report (pid 4711)`, `request/17`.
    pub fn name_of(&self, owner: Owner) -> String {
        match (owner, &self.database.instance) {
            (Owner::Session(id), Some(instance)) => {
                let session = instance.session(id);
                let from = session.script.steps.get(session.next).map(|step| &step.from);
                let from = from.unwrap_or(&session.script.application);
                format!("{from} ({} {})", instance.dialect().connection, session.pid)
            }
            (Owner::Request(id), _) => format!("request/{}", self.requests[id].number),
            (Owner::Session(_), None) => String::new(),
        }
    }

    /// The number of somebody's transaction.
    pub(super) fn transaction_of(&self, owner: Owner) -> u32 {
        TRANSACTIONS + self.pid_of(owner)
    }

    /// The number that a transaction has before it changes anything.
    pub(super) fn virtual_transaction_of(&self, owner: Owner) -> String {
        format!("{}/1", self.pid_of(owner))
    }

    /// What a session is told that would wait for ever; PostgreSQL adds who waits for whom (PG-06).
    pub(super) fn deadlock_of(&self, id: SessionId) -> Option<SqlError> {
        let instance = self.database.instance.as_ref()?;
        let dialect = instance.dialect();
        if dialect.engine == Engine::Mysql {
            return Some(dialect.deadlock.error());
        }
        let circle = instance.circle(Owner::Session(id));
        let blockers = circle.iter().cycle().skip(1);
        let line = |(waiter, blocker): (&Owner, &Owner)| {
            let (mode, what) = match instance.awaited(*waiter)? {
                Awaited::Relation((relation, mode)) => {
                    (mode, format!("relation {} of database {DATABASE}", relation.oid()))
                }
                Awaited::Transaction => {
                    (LockMode::Share, format!("transaction {}", self.transaction_of(*blocker)))
                }
                Awaited::Old => {
                    let number = self.virtual_transaction_of(*blocker);
                    (LockMode::Share, format!("virtual transaction {number}"))
                }
            };
            let (pid, by) = (self.pid_of(*waiter), self.pid_of(*blocker));
            let mode = mode.pg_name();
            Some(format!("Process {pid} waits for {mode} on {what}; blocked by process {by}."))
        };
        let lines: Vec<String> = circle.iter().zip(blockers).filter_map(line).collect();
        let error = dialect.deadlock.error().with_detail(lines.join("\n"));
        Some(error.with_hint("See server log for query details."))
    }

    fn subject_of(&self, id: SessionId) -> String {
        let instance = self.database.instance.as_ref();
        instance.map_or_else(String::new, |all| format!("session/{}", all.session(id).pid))
    }

    fn note_session(
        &mut self,
        id: SessionId,
        text: String,
        rules: &'static [&'static str],
        ctx: &mut Ctx<'_>,
    ) {
        let subject = self.subject_of(id);
        let cause = self.database.instance.as_ref().map(|all| all.session(id).cause);
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let cause = cause.unwrap_or(scope.ctx.cause);
        scope.note_because(cause, Topic::Database, subject, text, rules);
    }

    pub(super) fn note_wait(&mut self, id: SessionId, wanted: Wanted, ctx: &mut Ctx<'_>) {
        let instance = self.instance();
        let rules = instance.dialect().waits_for(instance.locks.get(wanted.0).is_rows);
        let wait = self.wait_of(Owner::Session(id)).unwrap_or_default();
        let text = format!("{} waits for {wait}", self.name_of(Owner::Session(id)));
        self.note_session(id, text, rules, ctx);
    }

    pub(super) fn note_old(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let instance = self.database.instance.as_ref();
        let old: Vec<SessionId> = instance
            .map(|instance| instance.older(id).map(|session| session.id).collect())
            .unwrap_or_default();
        let names: Vec<String> =
            old.into_iter().map(|old| self.name_of(Owner::Session(old))).collect();
        let name = self.name_of(Owner::Session(id));
        let text = format!("{name} waits for transactions that are older: {}", names.join(", "));
        self.note_session(id, text, &["PG-40"], ctx);
    }

    pub(super) fn note_failed_statement(
        &mut self,
        id: SessionId,
        error: &SqlError,
        ctx: &mut Ctx<'_>,
    ) {
        let name = self.name_of(Owner::Session(id));
        let text = match error.number {
            Some(_) => format!("{name} fails: {}", error.reason()),
            None => format!("{name} fails: {}: {}", error.code, error.message),
        };
        let rules = self.instance().dialect().fails_by(error);
        self.note_session(id, text, rules, ctx);
    }

    /// By which algorithm a statement changes a table.
    pub(super) fn note_algorithm(&mut self, id: SessionId, effect: &Effect, ctx: &mut Ctx<'_>) {
        let (Some(algorithm), Some(lock)) = (effect.algorithm, effect.locks.first()) else {
            return;
        };
        let name = self.name_of(Owner::Session(id));
        let cost = effect.work.first().map_or("", |work| work.cost.describe());
        let mode = self.instance().dialect().lock_name(lock.mode);
        let text =
            format!("{name} changes {} by ALGORITHM={algorithm} ({cost}) under {mode}", lock.table);
        self.note_session(id, text, &["MY-01", "MY-02"], ctx);
    }

    /// The schema has changed: what did it, and which statements of releases fail or work because of it.
    pub(super) fn note_change(
        &mut self,
        id: SessionId,
        changes: &[(Arc<str>, Arc<Statement>)],
        ctx: &mut Ctx<'_>,
    ) {
        let Some(instance) = &self.database.instance else { return };
        let Some((from, _)) = changes.first() else { return };
        let written = changes.iter().map(|(_, statement)| one_line(&statement.text));
        let written: Vec<String> = written.take(NAMED).collect();
        let more = changes.len() - written.len();
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        let mut text = format!("{from}: {}{more}", written.join("; "));
        let newest = instance.changes.len().checked_sub(1);
        let turned = instance.verdicts.iter().filter(|(_, one)| one.since == newest);
        let fails = turned.filter_map(|(text, verdict)| match &verdict.outcome {
            Outcome::Fails(error) => Some(format!("{} in {}", code(error), one_line(text))),
            Outcome::Works | Outcome::Unknown(_) => None,
        });
        let mut fails: Vec<String> = fails.collect();
        fails.dedup();
        if !fails.is_empty() {
            let more = fails.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!("; and {more} more") };
            fails.truncate(NAMED);
            text = format!("{text}. Of releases, these fail now: {}{more}", fails.join("; "));
        }
        let (cause, rules) = (instance.session(id).cause, instance.dialect().changes);
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note_because(cause, Topic::Database, SCHEMA, text, rules);
    }
}

/// A statement on one line, not too long.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
