//! Statements of a migration that change rows.

use sqlparser::ast::{Query, SetExpr, Statement};

use crate::catalog::Schema;
use crate::ddl::work;
use crate::fault::Fault;
use crate::query;
use crate::session;
use crate::work::{Cost, Effect};

pub(crate) fn change(schema: &mut Schema, statement: &Statement) -> Result<Effect, Fault> {
    let access = query::check(schema, statement)?;
    let mut effect = Effect { locks: access.locks, ..Effect::default() };
    match statement {
        Statement::Query(query) if reads_all_rows(query) => {
            let tables = effect.locks.iter().map(|lock| work(schema, &lock.table, Cost::Scan));
            effect.work = tables.collect();
        }
        Statement::Insert(insert) => {
            for table in &access.inserts {
                let added = session::rows_of(insert);
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

/// Whether a question has no condition and no limit.
fn reads_all_rows(query: &Query) -> bool {
    let SetExpr::Select(select) = &*query.body else { return false };
    select.selection.is_none() && query.limit_clause.is_none() && query.fetch.is_none()
}
