//! How sessions execute their scripts: transactions, locks, work, and errors.
//!
//! A statement locks what it needs, one table after another, works for as long as the rows demand
//! (PG-43), and keeps its locks to the end of its transaction (PG-03). What it changes is seen by others
//! after the commit (PG-41). Simplified: a session's work takes no core of the database; a statement that
//! fails does so before it has waited for anything.

use std::sync::Arc;

use schema::session::Control;
use schema::{Effect, Fault, LockMode, SqlError, Statement};

use crate::database::event::DatabaseEvent;
use crate::database::lock::{Owner, Wanted, covers};
use crate::database::postgres::Postgres;
use crate::database::session::{
    Action, Answer, Client, Doing, Reply, Script, Session, SessionId, Transaction,
};
use crate::database::setting;
use crate::engine::Context;
use crate::event::Event;
use crate::random::Stream;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

type Ctx<'a> = Context<'a, Event>;

/// From the answer to one statement to the next one (MOD).
pub(super) const ROUND_TRIP: SimDuration = SimDuration::from_millis(1);
/// What a statement takes beside its rows, at least and at most (PG-43).
const INSTANT: (SimDuration, SimDuration) =
    (SimDuration::from_millis(2), SimDuration::from_millis(10));
/// `deadlock_timeout` (PG-05).
const DEADLOCK: SimDuration = SimDuration::from_secs(1);
/// How many times as long an index takes that is built concurrently (PG-43).
const CONCURRENTLY: f64 = 2.5;

impl World {
    /// Opens a session, which begins with its script. It is among [`Postgres::sessions`] from now on.
    ///
    /// # Errors
    ///
    /// If the scenario does not say what the database holds, or all connections are taken (PG-09).
    pub fn open_session(
        &mut self,
        script: Script,
        ctx: &mut Ctx<'_>,
    ) -> Result<SessionId, SqlError> {
        let Some(postgres) = &mut self.database.postgres else {
            let message = "not modelled: the scenario does not say what its database holds";
            return Err(SqlError::new("0A000", message));
        };
        let number = u16::try_from(postgres.sessions.len());
        let id = number.map_err(|_| SqlError::new("53300", "sorry, too many clients already"))?;
        let id = SessionId(id);
        if postgres.connections.open(1, script.superuser) == 0 {
            let refusal = postgres.connections.refusal(script.superuser);
            let text = format!("{} is refused: {}", script.application, refusal.message);
            let scope = &mut Scope { ctx, trace: &mut self.trace };
            let cause = scope.id();
            scope.note_because(cause, Topic::Database, "connections", text, &["PG-06", "PG-09"]);
            return Err(refusal);
        }
        let session = Session::new(id, script, ctx.now, ctx.id);
        let turn = session.turn;
        postgres.sessions.push(session);
        ctx.after(ROUND_TRIP, DatabaseEvent::Continued { session: id, turn }.into());
        Ok(id)
    }

    /// Lets an event of a session happen; one that was meant for something before means nothing.
    pub fn database_event(&mut self, event: DatabaseEvent, ctx: &mut Ctx<'_>) {
        let Some(postgres) = &self.database.postgres else { return };
        let is_now = |id: SessionId, turn| postgres.session(id).turn == turn;
        match event {
            DatabaseEvent::Scripted(number) => self.begin_scripted(number, ctx),
            DatabaseEvent::Task { pod, container, run } => {
                self.begin_task(Client { pod, container, run }, ctx);
            }
            DatabaseEvent::Continued { session, turn } if is_now(session, turn) => {
                self.continue_session(session, ctx);
            }
            DatabaseEvent::LockTimeout { session, turn } if is_now(session, turn) => {
                let message = "canceling statement due to lock timeout";
                self.fail_statement(session, SqlError::new("55P03", message), ctx);
            }
            DatabaseEvent::StatementTimeout { session, statement } => {
                let of = postgres.session(session);
                if of.statement == statement && of.is_active() {
                    let message = "canceling statement due to statement timeout";
                    self.fail_statement(session, SqlError::new("57014", message), ctx);
                }
            }
            DatabaseEvent::IdleTimeout { session, turn } if is_now(session, turn) => {
                let message = "terminating connection due to idle-in-transaction timeout";
                self.close_session(session, Some(SqlError::new("25P03", message)), ctx);
            }
            DatabaseEvent::DeadlockDue { session, turn } if is_now(session, turn) => {
                if postgres.waits_for_itself(Owner::Session(session)) {
                    self.fail_statement(session, SqlError::new("40P01", "deadlock detected"), ctx);
                }
            }
            DatabaseEvent::Continued { .. }
            | DatabaseEvent::LockTimeout { .. }
            | DatabaseEvent::IdleTimeout { .. }
            | DatabaseEvent::DeadlockDue { .. } => {}
        }
        self.follow(true, ctx);
    }

    /// A session of the scenario begins.
    fn begin_scripted(&mut self, number: u16, ctx: &mut Ctx<'_>) {
        let script = self.database.shape.sessions[usize::from(number)].script.clone();
        let subject = format!("session/{}", script.application);
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let id = scope.id();
        scope.note_because(id, Topic::Database, subject, "begins: the scenario says so", &[]);
        // Refused for want of a connection, it is noted there.
        let _ = self.open_session(script, ctx);
    }

    pub(super) fn postgres(&mut self) -> &mut Postgres {
        self.database.postgres.as_deref_mut().expect("only PostgreSQL has sessions")
    }

    pub(super) fn session(&mut self, id: SessionId) -> &mut Session {
        &mut self.postgres().sessions[usize::from(id.0)]
    }

    fn continue_session(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        match self.session(id).doing {
            Doing::Idle => self.next_step(id, ctx),
            Doing::Waiting(_) => self.lock_for(id, ctx),
            Doing::Working => self.work_done(id, ctx),
            Doing::WaitingForOld => self.statement_done(id, ctx),
            Doing::Ended => {}
        }
    }

    pub(super) fn go_on(
        &mut self,
        id: SessionId,
        doing: Doing,
        after: SimDuration,
        ctx: &mut Ctx<'_>,
    ) {
        let session = self.session(id);
        session.turn_to(doing, ctx.now);
        let turn = session.turn;
        ctx.after(after, DatabaseEvent::Continued { session: id, turn }.into());
    }

    /// What its script says next.
    fn next_step(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        let Some(step) = session.script.steps.get(session.next) else {
            return self.script_over(id, ctx);
        };
        match step.action.clone() {
            Action::Execute { .. } => self.begin_statement(id, ctx),
            Action::Describe(what) => {
                let reply = self.postgres().describe(&what);
                self.answer_session(id, reply, ctx);
                self.session(id).next += 1;
                self.go_on(id, Doing::Idle, ROUND_TRIP, ctx);
            }
            Action::Record(entry) => self.record(id, &entry, ctx),
            Action::Tool => self.tool_step(id, ctx),
            Action::Pause(length) => {
                session.next += 1;
                let idle = session.limits.idle;
                let expires = session.transaction.is_some() && idle != SimDuration::ZERO;
                self.go_on(id, Doing::Idle, length, ctx);
                if expires && idle < length {
                    let turn = self.session(id).turn;
                    ctx.after(idle, DatabaseEvent::IdleTimeout { session: id, turn }.into());
                }
            }
        }
    }

    fn script_over(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let commits = self.session(id).script.one_transaction;
        let committed = if commits { self.commit(id, ctx) } else { Ok(()) };
        self.close_session(id, committed.err(), ctx);
    }

    pub(super) fn answer_session(&mut self, id: SessionId, reply: Reply, ctx: &Ctx<'_>) {
        let session = self.session(id);
        let answer = Answer { at: ctx.now, step: session.next, reply };
        session.answers.push(answer);
    }

    fn begin_statement(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        session.turn_to(Doing::Working, ctx.now);
        session.statement = session.statement.wrapping_add(1);
        session.statement_began = Some(ctx.now);
        session.transaction_began.get_or_insert(ctx.now);
        let (limit, statement) = (session.limits.statement, session.statement);
        let aborted = session.transaction.as_ref().is_some_and(|open| open.aborted);
        let Some((_, current, _)) = session.current() else { return };
        let current = Arc::clone(current);
        if limit != SimDuration::ZERO {
            ctx.after(limit, DatabaseEvent::StatementTimeout { session: id, statement }.into());
        }
        let control = Control::of(&current.ast);
        if aborted && !matches!(control, Some(Control::Commit | Control::Rollback)) {
            let message = "current transaction is aborted, commands ignored until end of \
                           transaction block";
            return self.fail_statement(id, SqlError::new("25P02", message), ctx);
        }
        match control {
            Some(control) => self.control(id, control, &current, ctx),
            None => match self.ask(id, &current, ctx) {
                Some(Ok(reply)) => self.statement_over(id, reply, ctx),
                Some(Err(error)) => self.fail_statement(id, error, ctx),
                None => match self.write_lock(&current, ctx.now) {
                    Some(reply) => self.statement_over(id, reply, ctx),
                    None => self.lock_for(id, ctx),
                },
            },
        }
    }

    /// `BEGIN`, `COMMIT`, `SET` and the like: they take no time.
    fn control(&mut self, id: SessionId, control: Control, of: &Statement, ctx: &mut Ctx<'_>) {
        let mut tag = schema::session::tag(&of.ast);
        let session = self.session(id);
        match control {
            Control::Begin if session.transaction.is_some() => {
                let warning = "there is already a transaction in progress";
                self.answer_session(id, Reply::Warning(warning), ctx);
            }
            Control::Begin => session.transaction = Some(Transaction::new(session.limits)),
            Control::Commit | Control::Rollback => {
                let aborted = session.transaction.as_ref().is_none_or(|open| open.aborted);
                if session.transaction.is_none() {
                    let warning = "there is no transaction in progress";
                    self.answer_session(id, Reply::Warning(warning), ctx);
                } else if aborted || control == Control::Rollback {
                    self.roll_back(id, ctx);
                    tag = "ROLLBACK".to_owned();
                } else if let Err(error) = self.commit(id, ctx) {
                    return self.fail_statement(id, error, ctx);
                }
            }
            Control::Set { name, value, local } => {
                match setting::set(session, &name, value.as_deref(), local) {
                    Ok(()) => {}
                    Err(error) => return self.fail_statement(id, error, ctx),
                }
            }
            Control::Show(name) => {
                let shape = self.database.shape.clone();
                match setting::show(self.session(id), &shape, &name) {
                    Ok(table) => return self.statement_over(id, Reply::Rows(table), ctx),
                    Err(error) => return self.fail_statement(id, error, ctx),
                }
            }
        }
        self.statement_over(id, Reply::Done(tag), ctx);
    }

    /// What the current statement of a session does to the schema as the session sees it: with what its own
    /// transaction has changed.
    fn effect(&self, id: SessionId) -> Result<Effect, SqlError> {
        let Some(postgres) = &self.database.postgres else { return Ok(Effect::default()) };
        let session = postgres.session(id);
        let Some((_, statement, _)) = session.current() else { return Ok(Effect::default()) };
        let mut values = postgres.values.clone();
        let schema = match &session.transaction {
            None => Arc::clone(&postgres.schema),
            Some(transaction) => {
                let changes = transaction.changes.iter().map(|(_, statement)| statement);
                postgres.schema_after(changes, &mut values).map_err(refusal)?
            }
        };
        let in_transaction = session.transaction.is_some();
        let (after, effect) =
            schema::apply(&schema, &statement.ast, in_transaction).map_err(refusal)?;
        values.refuses(&schema, &after).map_or(Ok(effect), Err)
    }

    /// Locks what the statement needs and has not locked yet, then works (PG-02, 04).
    fn lock_for(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let effect = match self.effect(id) {
            Ok(effect) => effect,
            Err(error) => return self.fail_statement(id, error, ctx),
        };
        let postgres = self.postgres();
        for wanted in postgres.wanted_by(&effect) {
            let session = &mut postgres.sessions[usize::from(id.0)];
            if covers(&session.locks, wanted) {
                continue;
            }
            if postgres.locks.take(wanted, &session.locks) {
                session.locks.push(wanted);
                continue;
            }
            postgres.locks.stand_in_line(id, wanted, &session.locks, ctx.now);
            return self.wait_for(id, wanted, ctx);
        }
        let time = self.work_of(id, &effect);
        self.go_on(id, Doing::Working, time, ctx);
    }

    fn wait_for(&mut self, id: SessionId, wanted: Wanted, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        session.turn_to(Doing::Waiting(wanted), ctx.now);
        let (turn, limit) = (session.turn, session.limits.lock);
        if limit != SimDuration::ZERO {
            ctx.after(limit, DatabaseEvent::LockTimeout { session: id, turn }.into());
        }
        ctx.after(DEADLOCK, DatabaseEvent::DeadlockDue { session: id, turn }.into());
        self.note_wait(id, wanted, ctx);
    }

    /// How long a statement works, by the rows of its tables (PG-43).
    fn work_of(&mut self, id: SessionId, effect: &Effect) -> SimDuration {
        let session = self.session(id);
        let statement = u32::from(session.statement);
        if let Some((_, _, Some(takes))) = session.current() {
            return takes;
        }
        let mut seconds = 0.0;
        let postgres = self.postgres();
        for work in &effect.work {
            let rows = work.rows.unwrap_or_else(|| postgres.rows(&work.table));
            if let Some(pace) = work.cost.rows_per_second() {
                let times = if effect.outside_transaction { CONCURRENTLY } else { 1.0 };
                seconds += rows as f64 / pace * times;
            }
        }
        let entity = u32::from(id.0) << 16 | statement;
        let mut chance = self.database.seed.stream(Stream::Sessions, entity);
        let instant = chance.between(INSTANT.0, INSTANT.1).as_micros() as f64;
        let micros = (instant + seconds * 1e6) * self.database.pace;
        SimDuration::from_micros((micros + 0.5) as u64)
    }

    /// The work is done; what is built concurrently waits for everybody who is older (PG-40).
    fn work_done(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        let concurrent = session
            .current()
            .is_some_and(|(_, statement, _)| schema::session::is_concurrent(&statement.ast));
        if concurrent && self.postgres().has_older(id) {
            self.session(id).turn_to(Doing::WaitingForOld, ctx.now);
            return self.note_old(id, ctx);
        }
        self.statement_done(id, ctx);
    }

    /// What the statement changes is remembered for the commit, or committed.
    fn statement_done(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        let Some((from, statement, _)) = session.current() else { return };
        let change = (Arc::clone(from), Arc::clone(statement));
        let reply = self.answer_to(&change.1);
        match &mut self.session(id).transaction {
            Some(transaction) => transaction.changes.push(change),
            None => {
                if let Err(error) = self.make_visible(id, &[change], ctx) {
                    return self.fail_statement(id, error, ctx);
                }
            }
        }
        self.statement_over(id, reply, ctx);
    }

    fn statement_over(&mut self, id: SessionId, reply: Reply, ctx: &mut Ctx<'_>) {
        if !self.session(id).is_open() {
            return;
        }
        self.answer_session(id, reply, ctx);
        let session = self.session(id);
        session.next += 1;
        let in_transaction = session.transaction.is_some();
        self.go_on(id, Doing::Idle, ROUND_TRIP, ctx);
        if !in_transaction {
            self.let_go(id, ctx);
        }
    }
}

/// What a session is answered if a statement does not work. What is not modelled is said to be so.
pub(super) fn refusal(fault: Fault) -> SqlError {
    match fault {
        Fault::Fails(error) => error,
        Fault::NotModelled(what) => SqlError::new("0A000", format!("not modelled: {what}")),
    }
}

/// The mode in which the rows of a table are locked by whoever changes all of them.
pub(super) const ALL_ROWS: LockMode = LockMode::Exclusive;
/// The mode in which they are locked by whoever changes some.
pub(super) const SOME_ROWS: LockMode = LockMode::RowShare;
