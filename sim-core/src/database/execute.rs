//! How a statement is executed: its locks, and then its work, in as many parts as the database needs.

use std::sync::Arc;

use schema::{Effect, Engine, Schema, SqlError};

use crate::database::event::DatabaseEvent;
use crate::database::lock::{Wanted, covers};
use crate::database::mysql;
use crate::database::run::{ROUND_TRIP, refusal};
use crate::database::session::{Doing, Reply, SessionId};
use crate::engine::Context;
use crate::event::Event;
use crate::random::Stream;
use crate::time::SimDuration;
use crate::world::World;

type Ctx<'a> = Context<'a, Event>;

/// What a statement takes beside its rows, at least and at most (PG-43).
const INSTANT: (SimDuration, SimDuration) =
    (SimDuration::from_millis(2), SimDuration::from_millis(10));
/// How many times as long an index takes that is built concurrently (PG-43).
const CONCURRENTLY: f64 = 2.5;

impl World {
    /// What the current statement of a session does to the schema as the session sees it: with what its own
    /// transaction has changed.
    pub(super) fn effect(&self, id: SessionId) -> Result<Effect, SqlError> {
        let Some(instance) = &self.database.instance else { return Ok(Effect::default()) };
        let session = instance.session(id);
        let Some((_, statement, _)) = session.current() else { return Ok(Effect::default()) };
        let mut values = instance.values.clone();
        let unchecked = session.foreign_keys_unchecked;
        let schema = match &session.transaction {
            None if unchecked => {
                let schema = (*instance.schema).clone();
                Arc::new(Schema { foreign_keys_unchecked: true, ..schema })
            }
            None => Arc::clone(&instance.schema),
            Some(transaction) => {
                let seen = instance.seen_by(transaction, unchecked).map_err(refusal)?;
                values = seen.values;
                seen.schema
            }
        };
        let in_transaction = session.transaction.is_some();
        let (after, effect) =
            schema::apply(&schema, &statement.ast, in_transaction).map_err(refusal)?;
        values.refuses(&schema, &after).map_or(Ok(effect), Err)
    }

    /// Locks what this part of the statement needs and has not locked yet, then works (PG-02, 04).
    pub(super) fn lock_for(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let mut effect = match self.effect(id) {
            Ok(effect) => effect,
            Err(error) => return self.fail_statement(id, error, ctx),
        };
        let place = usize::from(self.session(id).part);
        let Some(part) = mysql::parts(&effect).into_iter().nth(place) else {
            return self.statement_done(id, ctx);
        };
        let locks = std::mem::replace(&mut effect.locks, part.locks);
        if part.lets_in {
            self.let_in(id, &effect, ctx);
        }
        let instance = self.instance();
        for wanted in instance.wanted_by(&effect) {
            let session = &mut instance.sessions[usize::from(id.0)];
            if covers(&session.locks, wanted) {
                continue;
            }
            if instance.locks.take(wanted, &session.locks) {
                session.locks.push(wanted);
                continue;
            }
            instance.locks.stand_in_line(id, wanted, &session.locks, ctx.now);
            return self.wait_for(id, wanted, ctx);
        }
        effect.locks = locks;
        for notice in std::mem::take(&mut effect.notices) {
            self.answer_session(id, Reply::Notice(notice), ctx);
        }
        if part.works {
            self.note_algorithm(id, &effect, ctx);
        }
        let time = if part.works { self.work_of(id, &effect) } else { ROUND_TRIP };
        self.go_on(id, Doing::Working, time, ctx);
    }

    /// A session gives back what it holds of its tables beyond the locks of this part, and others go on.
    fn let_in(&mut self, id: SessionId, effect: &Effect, ctx: &mut Ctx<'_>) {
        let instance = self.instance();
        for (relation, mode) in instance.wanted_by(effect) {
            let session = &mut instance.sessions[usize::from(id.0)];
            let has = session.locks.contains(&(relation, mode));
            if !has && instance.locks.take((relation, mode), &session.locks) {
                session.locks.push((relation, mode));
            }
            let is_over = |held: &Wanted| held.0 == relation && mode < held.1;
            let (over, kept) = session.locks.iter().copied().partition(is_over);
            session.locks = kept;
            let over: Vec<Wanted> = over;
            for (relation, mode) in over {
                instance.locks.give_back(relation, mode);
            }
        }
        self.tell_granted(ctx);
    }

    fn wait_for(&mut self, id: SessionId, wanted: Wanted, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        session.turn_to(Doing::Waiting(wanted), ctx.now);
        let limits = session.limits;
        let instance = self.instance();
        let is_rows = instance.locks.get(wanted.0).is_rows;
        let limit = instance.dialect().patience(&limits, is_rows);
        self.limit_wait(id, limit, ctx);
        self.note_wait(id, wanted, ctx);
    }

    /// A wait ends after this long, if it is not zero, and somebody looks whether it is for itself
    /// (PG-06, 07).
    fn limit_wait(&mut self, id: SessionId, limit: SimDuration, ctx: &mut Ctx<'_>) {
        let turn = self.session(id).turn;
        if limit != SimDuration::ZERO {
            ctx.after(limit, DatabaseEvent::LockTimeout { session: id, turn }.into());
        }
        let after = self.instance().dialect().deadlock_after;
        ctx.after(after, DatabaseEvent::DeadlockDue { session: id, turn }.into());
    }

    /// What is built concurrently waits for everybody who is older, and nobody waits for it any longer
    /// (PG-40).
    fn wait_for_old(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        session.turn_to(Doing::WaitingForOld, ctx.now);
        let limit = session.limits.lock;
        self.limit_wait(id, limit, ctx);
        self.note_old(id, ctx);
        self.free_from_old(ctx);
    }

    /// How long a statement works, by the rows of its tables (PG-43).
    fn work_of(&mut self, id: SessionId, effect: &Effect) -> SimDuration {
        let session = self.session(id);
        let statement = u32::from(session.statement);
        if let Some((_, _, Some(takes))) = session.current() {
            return takes;
        }
        let mut seconds = 0.0;
        let instance = self.instance();
        for work in &effect.work {
            let rows = work.rows.unwrap_or_else(|| instance.rows(&work.table));
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

    /// The work of a part is done, or of the whole statement.
    pub(super) fn work_done(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let session = self.session(id);
        session.part += 1;
        let concurrent = session
            .current()
            .is_some_and(|(_, statement, _)| schema::session::is_concurrent(&statement.ast));
        if concurrent && self.instance().has_older(id) {
            return self.wait_for_old(id, ctx);
        }
        match self.instance().dialect().engine {
            Engine::Postgresql => self.statement_done(id, ctx),
            Engine::Mysql => self.lock_for(id, ctx),
        }
    }
}
