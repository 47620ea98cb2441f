//! How sessions execute their scripts: transactions, locks, work, and errors.
//!
//! A statement locks what it needs, one table after another, works for as long as the rows demand
//! (PG-43), and keeps its locks to the end of its transaction (PG-03). What it changes is seen by others
//! after the commit (PG-41). Simplified: a session's work takes no core of the database; a statement that
//! fails does so before it has waited for anything.

use std::sync::Arc;

use schema::session::Control;
use schema::{Engine, Fault, LockMode, SqlError, Statement};

use crate::database::event::DatabaseEvent;
use crate::database::instance::Instance;
use crate::database::lock::Owner;
use crate::database::session::{
    Action, Answer, Client, Doing, Limits, Reply, Script, Session, SessionId, Transaction,
};
use crate::database::setting;
use crate::database::system::views;
use crate::engine::Context;
use crate::event::Event;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

type Ctx<'a> = Context<'a, Event>;

/// From the answer to one statement to the next one (MOD).
pub(super) const ROUND_TRIP: SimDuration = SimDuration::from_millis(1);

impl World {
    /// Opens a session, which begins with its script. It is among [`Instance::sessions`] from now on.
    ///
    /// # Errors
    ///
    /// If the scenario does not say what the database holds, or all connections are taken (PG-09).
    pub fn open_session(
        &mut self,
        mut script: Script,
        ctx: &mut Ctx<'_>,
    ) -> Result<SessionId, SqlError> {
        let Some(instance) = &mut self.database.instance else {
            let message = "not modelled: the scenario does not say what its database holds";
            return Err(SqlError::new("0A000", message));
        };
        let number = u16::try_from(instance.sessions.len());
        let dialect = instance.dialect();
        let id = SessionId(number.map_err(|_| dialect.too_many[0].error())?);
        if script.user.is_empty() {
            script.user = dialect.administrator.into();
        }
        if script.limits == Limits::default() {
            script.limits = dialect.limits;
        }
        if instance.connections.open(1, script.superuser) == 0 {
            let refusal = instance.connections.refusal(script.superuser);
            let text = format!("{} is refused: {}", script.application, refusal.message);
            let scope = &mut Scope { ctx, trace: &mut self.trace };
            let cause = scope.id();
            scope.note_because(cause, Topic::Database, "connections", text, dialect.full);
            return Err(refusal);
        }
        let session = Session::new(id, script, ctx.now, ctx.id);
        let turn = session.turn;
        instance.sessions.push(session);
        ctx.after(ROUND_TRIP, DatabaseEvent::Continued { session: id, turn }.into());
        Ok(id)
    }

    /// Lets an event of a session happen; one that was meant for something before means nothing.
    pub fn database_event(&mut self, event: DatabaseEvent, ctx: &mut Ctx<'_>) {
        let Some(instance) = &self.database.instance else { return };
        let dialect = instance.dialect();
        let is_now = |id: SessionId, turn| instance.session(id).turn == turn;
        match event {
            DatabaseEvent::Scripted(number) => self.begin_scripted(number, ctx),
            DatabaseEvent::Task { pod, container, run } => {
                self.begin_task(Client { pod, container, run }, ctx);
            }
            DatabaseEvent::Continued { session, turn } if is_now(session, turn) => {
                self.continue_session(session, ctx);
            }
            DatabaseEvent::LockTimeout { session, turn } if is_now(session, turn) => {
                self.fail_statement(session, dialect.lock_timeout.error(), ctx);
            }
            DatabaseEvent::StatementTimeout { session, statement } => {
                let of = instance.session(session);
                if of.statement == statement && of.is_active() {
                    self.fail_statement(session, dialect.statement_timeout.error(), ctx);
                }
            }
            DatabaseEvent::IdleTimeout { session, turn } if is_now(session, turn) => {
                self.close_session(session, Some(dialect.idle_timeout.error()), ctx);
            }
            DatabaseEvent::DeadlockDue { session, turn } if is_now(session, turn) => {
                match instance.victim(Owner::Session(session)) {
                    Some(Owner::Session(id)) => {
                        if let Some(error) = self.deadlock_of(id) {
                            self.fail_statement(id, error, ctx);
                        }
                    }
                    Some(Owner::Request(id)) => self.deadlock_due(id, ctx),
                    None => {}
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

    pub(super) fn instance(&mut self) -> &mut Instance {
        self.database.instance.as_deref_mut().expect("only an instance has sessions")
    }

    pub(super) fn session(&mut self, id: SessionId) -> &mut Session {
        &mut self.instance().sessions[usize::from(id.0)]
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
                let reply = self.instance().describe(&what);
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
        session.part = 0;
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
        let answered = match (self.instance().dialect().engine, control) {
            (Engine::Postgresql, Some(control)) => {
                return self.control(id, control, &current, ctx);
            }
            (Engine::Mysql, Some(Control::Show(_))) | (_, None) => self.ask(id, &current, ctx),
            (Engine::Mysql, Some(control)) => Some(self.control_mysql(id, control, ctx)),
        };
        let answered = answered.or_else(|| self.write_lock(&current, ctx.now).map(Ok));
        match answered {
            Some(Ok(reply)) => self.statement_over(id, reply, ctx),
            Some(Err(error)) => self.fail_statement(id, error, ctx),
            None => match self.commit_before(id, &current, ctx) {
                Ok(()) => self.lock_for(id, ctx),
                Err(error) => self.fail_statement(id, error, ctx),
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
                if local && session.transaction.is_none() {
                    let warning = "SET LOCAL can only be used in transaction blocks";
                    self.answer_session(id, Reply::Warning(warning), ctx);
                }
                let session = self.session(id);
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

    /// What the statement changes is remembered for the commit, or committed.
    pub(super) fn statement_done(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        let Some((from, statement, _)) = session.current() else { return };
        let change = (Arc::clone(from), Arc::clone(statement));
        let reply = self.answer_to(id, &change.1);
        match &mut self.session(id).transaction {
            Some(transaction) => {
                transaction.changes.push(change);
                self.look_again(id);
            }
            None => {
                if let Err(error) = self.make_visible(id, &[change], ctx) {
                    return self.fail_statement(id, error, ctx);
                }
            }
        }
        self.statement_over(id, reply, ctx);
    }

    /// What the transaction of a session sees now is kept for its next statement.
    fn look_again(&mut self, id: SessionId) {
        let instance = self.instance();
        let session = instance.session(id);
        let seen = session.transaction.as_ref().and_then(|transaction| {
            instance.seen_by(transaction, session.foreign_keys_unchecked).ok()
        });
        if let Some(transaction) = &mut self.session(id).transaction {
            transaction.seen = seen;
        }
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
        Fault::Fails(error) => match views::missing(&error.message) {
            Some(what) => refusal(Fault::NotModelled(what)),
            None => *error,
        },
        Fault::NotModelled(what) => SqlError::new("0A000", format!("not modelled: {what}")),
    }
}

/// The mode in which the rows of a table are locked by whoever changes all of them.
pub(super) const ALL_ROWS: LockMode = LockMode::Exclusive;
/// The mode in which they are locked by whoever changes some.
pub(super) const SOME_ROWS: LockMode = LockMode::RowShare;
