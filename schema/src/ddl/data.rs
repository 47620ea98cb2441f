//! Statements of a migration that change rows.

use sqlparser::ast::{Insert, SetExpr, Statement};

use crate::catalog::Schema;
use crate::ddl::work;
use crate::fault::Fault;
use crate::query;
use crate::work::{Cost, Effect};

pub(crate) fn change(schema: &mut Schema, statement: &Statement) -> Result<Effect, Fault> {
    let access = query::check(schema, statement)?;
    let mut effect = Effect { locks: access.locks, ..Effect::default() };
    match statement {
        Statement::Insert(insert) => {
            for table in &access.inserts {
                let added = rows(insert);
                let table = schema.table_mut(table)?;
                table.rows = table.rows.zip(added).map(|(rows, added)| rows + added);
            }
        }
        Statement::Update(update) => {
            let cost = if update.selection.is_none() { Cost::Rewrite } else { Cost::Scan };
            for table in &access.row_locks {
                effect.rows_locked.push(table.clone());
                effect.work.push(work(schema, table, cost));
            }
        }
        Statement::Delete(_) => {
            for table in &access.row_locks {
                effect.rows_locked.push(table.clone());
                effect.work.push(work(schema, table, Cost::Scan));
            }
        }
        _ => {}
    }
    Ok(effect)
}

/// How many rows an INSERT adds, if its text tells.
fn rows(insert: &Insert) -> Option<u64> {
    match insert.source.as_deref().map(|query| &*query.body) {
        None => Some(1),
        Some(SetExpr::Values(values)) => Some(values.rows.len() as u64),
        Some(_) => None,
    }
}
