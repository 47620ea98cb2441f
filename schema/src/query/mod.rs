//! Whether a statement of a release works on a schema, and what it touches.

use std::collections::BTreeSet;

use sqlparser::ast::Statement;

use crate::catalog::Schema;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::lock::{Lock, LockMode};
use crate::sql;
use crate::types::SqlType;

mod compare;
mod expression;
mod foreign;
mod function;
mod group;
mod parts;
mod scope;
mod select;
mod suggestion;
mod violation;
pub(crate) mod write;

pub(crate) use expression::{Type, integer};
pub(crate) use function::{arguments, sequence_of};
pub(crate) use parts::parts;
pub(crate) use scope::{Relation, Scope};
pub(crate) use violation::{broken_check, texts};
pub(crate) use write::Given;

/// What a statement touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The locks it takes on tables (PG-02).
    pub locks: Vec<Lock>,
    /// Columns it reads, with their tables.
    pub reads: BTreeSet<(String, String)>,
    /// Columns it gives values to, with their tables.
    pub writes: BTreeSet<(String, String)>,
    /// Tables into which it puts new rows.
    pub inserts: BTreeSet<String>,
    /// Tables of which it changes or locks single rows (PG-08).
    pub row_locks: BTreeSet<String>,
    /// The columns that it gives back: names, and types where they are known. A prepared statement with
    /// others than before fails once (PG-42).
    pub returns: Vec<(String, Option<SqlType>)>,
}

impl Access {
    pub(crate) fn lock(&mut self, table: &str, mode: LockMode) {
        match self.locks.iter_mut().find(|lock| lock.table == table) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(Lock::new(table, mode)),
        }
    }
}

/// Checks a statement as the server would, with values for its parameters that fit.
pub fn check(schema: &Schema, statement: &Statement) -> Result<Access, Fault> {
    if !sql::IS_READ {
        return Fault::not_modelled("SQL");
    }
    let mut checker = Checker::new(schema);
    let scope = Scope::new(schema.engine);
    let mut returns = Vec::new();
    match (schema.engine, statement) {
        (_, Statement::Query(query)) => returns = checker.query(query, &scope)?,
        (Engine::Postgresql, Statement::Insert(insert)) => {
            returns = checker.insert(insert, &scope)?;
        }
        (Engine::Postgresql, Statement::Update(update)) => {
            returns = checker.update(update, &scope)?;
        }
        (Engine::Postgresql, Statement::Delete(delete)) => {
            returns = checker.delete(delete, &scope)?;
        }
        (Engine::Mysql, Statement::Insert(insert)) => checker.insert_strictly(insert)?,
        (Engine::Mysql, Statement::Update(update)) => checker.update_strictly(update)?,
        (Engine::Mysql, Statement::Delete(delete)) => checker.delete_any(delete)?,
        (
            _,
            Statement::StartTransaction { .. }
            | Statement::Commit { .. }
            | Statement::Rollback { .. }
            | Statement::Savepoint { .. }
            | Statement::ReleaseSavepoint { .. }
            | Statement::Set(_),
        ) => {}
        (_, other) => return Fault::statement(other),
    }
    let known = |(name, ty)| match ty {
        Type::Known(ty) => (name, Some(ty)),
        _ => (name, None),
    };
    checker.access.returns = returns.into_iter().map(known).collect();
    Ok(checker.access)
}

/// Goes through a statement: finds what is named, and what it is of.
pub(crate) struct Checker<'s> {
    pub(crate) schema: &'s Schema,
    pub(crate) engine: Engine,
    pub(crate) access: Access,
}

impl<'s> Checker<'s> {
    pub(crate) fn new(schema: &'s Schema) -> Self {
        Self { schema, engine: schema.engine, access: Access::default() }
    }
}
