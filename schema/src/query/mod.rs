//! Whether a statement of a release works on a schema, and what it touches.

use std::collections::BTreeSet;

use sqlparser::ast::Statement;

use crate::catalog::Schema;
use crate::fault::Fault;
use crate::lock::{Lock, LockMode};

mod compare;
mod expression;
mod function;
mod scope;
mod select;
mod write;

pub(crate) use expression::{Type, integer};
pub(crate) use function::arguments;
pub(crate) use scope::Scope;
pub(crate) use write::texts;

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
    /// Tables of which it reads all columns by `*`: a statement prepared before a column was added
    /// fails once (PG-42).
    pub stars: BTreeSet<String>,
}

impl Access {
    fn lock(&mut self, table: &str, mode: LockMode) {
        match self.locks.iter_mut().find(|lock| lock.table == table) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(Lock::new(table, mode)),
        }
    }
}

/// Checks a statement as the server would, with values for its parameters that fit.
pub fn check(schema: &Schema, statement: &Statement) -> Result<Access, Fault> {
    let mut checker = Checker { schema, access: Access::default() };
    match statement {
        Statement::Query(query) => {
            checker.query(query, &Scope::default())?;
        }
        Statement::Insert(insert) => checker.insert(insert, &Scope::default()).map(drop)?,
        Statement::Update(update) => checker.update(update, &Scope::default()).map(drop)?,
        Statement::Delete(delete) => checker.delete(delete, &Scope::default()).map(drop)?,
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. }
        | Statement::Set(_) => {}
        other => return Fault::statement(other),
    }
    Ok(checker.access)
}

/// Goes through a statement: finds what is named, and what it is of.
pub(crate) struct Checker<'s> {
    schema: &'s Schema,
    access: Access,
}

impl<'s> Checker<'s> {
    pub(crate) fn new(schema: &'s Schema) -> Self {
        Self { schema, access: Access::default() }
    }
}
