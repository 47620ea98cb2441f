//! What is MySQL's own in a run: a change of a table in its parts, commits that nobody has asked for,
//! variables, and its views of itself (MY-01..06).
//!
//! Simplified: metadata locks wait in one line as PostgreSQL's do, but for those who change a table, whom
//! nobody who waits is in the way of; a foreign key that is added locks the other table not at all; rows are
//! locked without the gaps between them, and the lock on the whole server is left out.

mod describe;
mod show;
mod system;
mod variable;

use schema::session::Control;
use schema::{Algorithm, Cost, Effect, Engine, Lock, LockMode, SqlError, Statement};

use crate::database::instance::Instance;
use crate::database::lock::Owner;
use crate::database::session::{Reply, SessionId, Transaction};
use crate::engine::Context;
use crate::event::Event;
use crate::world::World;

type Ctx<'a> = Context<'a, Event>;

/// A part of a statement: what it locks, and whether its work is done then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) locks: Vec<Lock>,
    /// Whether others are let in again before: the lock of the begin is given back.
    pub(super) lets_in: bool,
    pub(super) works: bool,
}

/// The parts of a statement: one, unless MySQL changes a table. Then it opens the table, and must have it
/// alone for a moment at the begin and at the end; a copy at the end only (MY-01, MY-04).
pub(super) fn parts(effect: &Effect) -> Vec<Part> {
    let part = |locks, works| Part { locks, lets_in: false, works };
    let (Some(algorithm), Some(own)) = (effect.algorithm, effect.locks.first()) else {
        return vec![part(effect.locks.clone(), true)];
    };
    let locks = |modes: &[LockMode]| {
        let lock = |mode: &LockMode| Lock { table: own.table.clone(), mode: *mode };
        modes.iter().map(lock).collect::<Vec<_>>()
    };
    let (opened, alone) = (LockMode::SHARED_UPGRADABLE, LockMode::METADATA_EXCLUSIVE);
    let is_slow = effect.work.iter().any(|work| work.cost != Cost::Instant);
    match algorithm {
        Algorithm::Inplace if is_slow && own.mode != alone => vec![
            part(locks(&[opened, alone]), false),
            Part { locks: locks(&[own.mode]), lets_in: true, works: true },
            part(locks(&[alone]), false),
        ],
        Algorithm::Copy if own.mode != alone => {
            vec![part(locks(&[opened, own.mode]), true), part(locks(&[alone]), false)]
        }
        Algorithm::Instant | Algorithm::Inplace | Algorithm::Copy => {
            vec![part(locks(&[opened, alone]), true)]
        }
    }
}

/// What a client is told that has changed so many rows.
pub(super) fn affected(rows: u64) -> Reply {
    Reply::Done(format!(", {rows} row{} affected", if rows == 1 { "" } else { "s" }))
}

impl World {
    /// Transactions and variables.
    pub(super) fn control_mysql(
        &mut self,
        id: SessionId,
        control: Control,
        ctx: &mut Ctx<'_>,
    ) -> Result<Reply, SqlError> {
        match control {
            Control::Begin => {
                self.commit_all(id, ctx)?;
                let session = self.session(id);
                session.transaction = Some(Transaction::new(session.limits));
            }
            Control::Commit => self.commit_all(id, ctx)?,
            Control::Rollback => self.roll_back(id, ctx),
            Control::Set { name, value, .. } => {
                if variable::set(self.session(id), &name, value.as_deref())? {
                    self.commit_all(id, ctx)?;
                }
            }
            Control::Show(name) => return Err(not_modelled(&format!("SHOW {name}"))),
        }
        Ok(affected(0))
    }

    fn commit_all(&mut self, id: SessionId, ctx: &mut Ctx<'_>) -> Result<(), SqlError> {
        self.commit(id, ctx)?;
        self.let_go(id, ctx);
        Ok(())
    }

    /// MySQL commits before a statement that changes the schema (MY-05), and begins a transaction before any
    /// other one if it is not to commit each.
    pub(super) fn commit_before(
        &mut self,
        id: SessionId,
        statement: &Statement,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), SqlError> {
        if self.instance().dialect().engine != Engine::Mysql {
            return Ok(());
        }
        if schema::session::commits(&statement.ast) {
            return self.commit_all(id, ctx);
        }
        let session = self.session(id);
        if !session.autocommit && session.transaction.is_none() {
            session.transaction = Some(Transaction::new(session.limits));
        }
        Ok(())
    }

    /// What a statement is answered that is done; a copy counts the rows that it has copied.
    pub(super) fn done_mysql(&self, id: SessionId, statement: &Statement) -> Reply {
        let tag = schema::session::tag(&statement.ast);
        let records = |rows: u64| {
            let Reply::Done(text) = affected(rows) else { return affected(rows) };
            Reply::Done(format!("{text}\nRecords: {rows}  Duplicates: 0  Warnings: 0"))
        };
        match tag.split(' ').next().unwrap_or_default() {
            "SELECT" => Reply::Done(tag),
            "INSERT" => match schema::session::rows_added(&statement.ast) {
                rows @ 2.. => records(rows),
                rows => affected(rows),
            },
            // How many rows they find is not modelled.
            "UPDATE" | "DELETE" => Reply::Done(String::new()),
            _ => match self.effect(id).unwrap_or_default() {
                Effect { algorithm: Some(Algorithm::Copy), work, .. } => {
                    records(work.first().and_then(|work| work.rows).unwrap_or(0))
                }
                Effect { algorithm: Some(_), .. } => records(0),
                _ => affected(0),
            },
        }
    }
}

impl Instance {
    /// Whom the server ends of those who wait in a circle, in which somebody has just begun to wait. MySQL
    /// spares those who change a table.
    pub(super) fn victim(&self, owner: Owner) -> Option<Owner> {
        if !self.waits_for_itself(owner) {
            return None;
        }
        let changes = |owner: &Owner| {
            let lock = self.wanted(*owner);
            lock.is_some_and(|(relation, mode)| {
                let is_rows = self.locks.get(relation).is_rows;
                !is_rows && LockMode::SHARED_UPGRADABLE <= mode
            })
        };
        if self.dialect().engine == Engine::Postgresql || !changes(&owner) {
            return Some(owner);
        }
        let circle = self.behind(owner).into_iter();
        let mut others = circle.filter(|other| self.waits_for_itself(*other));
        others.find(|other| !changes(other)).or(Some(owner))
    }
}

pub(super) fn not_modelled(what: &str) -> SqlError {
    SqlError::new("0A000", format!("not modelled: {what}"))
}
