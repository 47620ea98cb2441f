//! The end of transactions and sessions: committed, rolled back, failed, closed (PG-03, 41).

use std::sync::Arc;

use schema::{Engine, SqlError, Statement};

use crate::database::instance::{Change, Commit};
use crate::database::lock::Owner;
use crate::database::run::{ROUND_TRIP, refusal};
use crate::database::session::{Doing, End, Reply, SessionId};
use crate::engine::Context;
use crate::event::Event;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::why::SCHEMA;
use crate::world::{Scope, World};

type Ctx<'a> = Context<'a, Event>;

impl World {
    /// A statement fails: its transaction is over, and everything it holds is free (PG-41).
    pub fn fail_statement(&mut self, id: SessionId, error: SqlError, ctx: &mut Ctx<'_>) {
        if !self.session(id).is_open() {
            return;
        }
        let dialect = self.instance().dialect();
        let error = dialect.told(error, &self.database.shape.name);
        self.note_failed_statement(id, &error, ctx);
        let session = self.session(id);
        let place = session.next;
        let half_done = match session.doing {
            Doing::Working => !is_refused(&error),
            Doing::WaitingForOld => true,
            Doing::Idle | Doing::Waiting(_) | Doing::Ended => false,
        };
        let waits = session.waits_for();
        let current = session.current().map(|(from, one, _)| (Arc::clone(from), Arc::clone(one)));
        self.answer_session(id, Reply::Failed(error.clone()), ctx);
        if let Some(relation) = waits {
            self.instance().locks.leave(relation, Owner::Session(id));
        }
        if let Some((from, statement)) = current.filter(|_| half_done) {
            self.leave_invalid(id, &from, &statement, ctx);
        }
        let session = self.session(id);
        let ends = session.script.stops_on_error || session.script.one_transaction;
        match (dialect.engine, &mut session.transaction) {
            (Engine::Postgresql, Some(transaction)) => {
                transaction.aborted = true;
                transaction.changes.clear();
                transaction.seen = None;
                transaction.records.clear();
            }
            // Only a deadlock takes more back than the statement.
            (Engine::Mysql, open) if dialect.deadlock.is(&error) => *open = None,
            (Engine::Postgresql | Engine::Mysql, _) => {}
        }
        session.next += 1;
        let keeps = dialect.engine == Engine::Mysql && session.transaction.is_some();
        self.go_on(id, Doing::Idle, ROUND_TRIP, ctx);
        match keeps {
            true => self.tell_granted(ctx),
            false => self.let_go(id, ctx),
        }
        if self.session(id).tool.is_some() {
            return self.tool_failed(id, place, &error, ctx);
        }
        if ends {
            self.close_session(id, Some(error), ctx);
        }
    }

    /// A concurrent build that fails leaves an index that is of no use (PG-40).
    fn leave_invalid(
        &mut self,
        id: SessionId,
        from: &Arc<str>,
        statement: &Statement,
        ctx: &mut Ctx<'_>,
    ) {
        let instance = self.instance();
        let Some(left) = schema::leave_invalid(&instance.schema, &statement.ast) else { return };
        let change = Change { at: ctx.now, from: Arc::clone(from), id: ctx.id };
        instance.change(left, change);
        let cause = self.session(id).cause;
        let text = format!("{from}: an invalid index is left, which must be dropped");
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note_because(cause, Topic::Database, SCHEMA, text, &["PG-40"]);
    }

    pub(super) fn roll_back(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        if let Some(transaction) = session.transaction.take() {
            session.limits = transaction.at_rollback;
        }
        self.let_go(id, ctx);
    }

    /// Everything that the transaction has changed is seen by everybody, all at once (PG-41).
    pub(super) fn commit(&mut self, id: SessionId, ctx: &mut Ctx<'_>) -> Result<(), SqlError> {
        let session = self.session(id);
        let Some(transaction) = session.transaction.take() else { return Ok(()) };
        session.limits = transaction.at_commit.unwrap_or(session.limits);
        self.make_visible(id, &transaction.changes, ctx)?;
        self.instance().recorded(transaction.records);
        Ok(())
    }

    pub(super) fn make_visible(
        &mut self,
        id: SessionId,
        changes: &[(Arc<str>, Arc<Statement>)],
        ctx: &mut Ctx<'_>,
    ) -> Result<(), SqlError> {
        let unchecked = self.session(id).foreign_keys_unchecked;
        let instance = self.instance();
        let statements = changes.iter().map(|(_, statement)| statement);
        let mut values = instance.values.clone();
        let schema = instance.schema_after(statements.clone(), &mut values, unchecked);
        let mut schema = schema.map_err(refusal)?;
        if unchecked {
            Arc::make_mut(&mut schema).foreign_keys_unchecked = false;
        }
        instance.values = values;
        if let Some((from, _)) = changes.last() {
            let (from, statements) = (Arc::clone(from), statements.cloned().collect());
            instance.commits.push(Commit { from, statements });
        }
        let defines =
            |(_, one): &&(Arc<str>, Arc<Statement>)| schema::session::is_definition(&one.ast);
        let Some((from, _)) = changes.iter().rfind(defines) else {
            instance.set_rows(schema);
            return Ok(());
        };
        let change = Change { at: ctx.now, from: Arc::clone(from), id: ctx.id };
        instance.change(Arc::unwrap_or_clone(schema), change);
        self.note_change(id, changes, ctx);
        Ok(())
    }

    /// The transaction is over: its locks are free, and whoever waited for it goes on.
    pub(super) fn let_go(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        session.transaction_began = None;
        let locks = std::mem::take(&mut session.locks);
        for (relation, mode) in locks {
            self.instance().locks.give_back(relation, mode);
        }
        self.tell_granted(ctx);
        self.free_from_old(ctx);
    }

    /// Concurrent builds for which nobody is too old any longer go on (PG-40).
    pub(super) fn free_from_old(&mut self, ctx: &mut Ctx<'_>) {
        for other in self.instance().freed_from_old() {
            self.go_on(other, Doing::WaitingForOld, SimDuration::ZERO, ctx);
        }
    }

    /// A session ends: what it had not committed is undone.
    pub fn close_session(&mut self, id: SessionId, error: Option<SqlError>, ctx: &mut Ctx<'_>) {
        if !self.session(id).is_open() {
            return;
        }
        self.tool_over(id, error.as_ref(), ctx);
        let session = self.session(id);
        let waits = session.waits_for();
        session.transaction = None;
        session.turn_to(Doing::Ended, ctx.now);
        session.end = Some(End { at: ctx.now, error });
        let client = session.client;
        self.instance().connections.close(1);
        if let Some(client) = client {
            self.task_ended(id, client, ctx);
        }
        if let Some(relation) = waits {
            self.instance().locks.leave(relation, Owner::Session(id));
        }
        self.let_go(id, ctx);
    }
}

/// Whether the statement was refused before it did anything.
fn is_refused(error: &SqlError) -> bool {
    !matches!(error.code, "57014" | "40P01" | "57P01")
}
