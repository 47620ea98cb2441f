//! Statements of a migration that change rows.

use sqlparser::ast::{Expr, Query, SetExpr, Statement};

use crate::catalog::Schema;
use crate::ddl::{batch, work};
use crate::fault::Fault;
use crate::query;
use crate::session;
use crate::work::{Cost, Effect, Work};

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
            let condition = update.selection.as_ref();
            for table in &access.row_locks {
                change_rows(schema, table, condition, Cost::Rewrite, &mut effect);
            }
        }
        Statement::Delete(delete) => {
            for table in &access.row_locks {
                change_rows(schema, table, delete.selection.as_ref(), Cost::Scan, &mut effect);
            }
        }
        _ => {}
    }
    Ok(effect)
}

/// Rows that are changed: a batch of them, those that a condition finds in all, or all.
fn change_rows(
    schema: &Schema,
    table: &str,
    condition: Option<&Expr>,
    all: Cost,
    effect: &mut Effect,
) {
    let own = schema.tables.get(table);
    let few = own.zip(condition).and_then(|(own, condition)| batch::rows(own, condition));
    if let Some(rows) = few {
        let rows = own.and_then(|own| own.rows).map_or(rows, |all| all.min(rows));
        effect.work.push(Work { table: table.to_owned(), cost: Cost::Rewrite, rows: Some(rows) });
        effect.some_rows_locked.push(table.to_owned());
        return;
    }
    let cost = if condition.is_some() { Cost::Scan } else { all };
    effect.work.push(work(schema, table, cost));
    effect.rows_locked.push(table.to_owned());
}

/// Whether a question has no condition and no limit.
fn reads_all_rows(query: &Query) -> bool {
    let SetExpr::Select(select) = &*query.body else { return false };
    select.selection.is_none() && query.limit_clause.is_none() && query.fetch.is_none()
}
