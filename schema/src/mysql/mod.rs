//! MySQL 8.0.36 with InnoDB: its types, what it stores, and how it changes tables (MY-01..05).
//!
//! Names, scopes, joins and counting are shared with PostgreSQL (`query`). Simplified: one database, the
//! standard `sql_mode`, the default row format. Not modelled: triggers,
//! views, partitions, spatial types, invisible columns.

use sqlparser::ast::{GroupByExpr, Select, TableFactor};

use crate::catalog::Table;
use crate::fault::Fault;
use crate::query::Scope;

mod change;
pub(crate) mod ddl;
mod expression;
pub(crate) mod fault;
pub(crate) mod function;
mod lock;
pub(crate) mod online;
pub(crate) mod operator;
pub(crate) mod show;
pub(crate) mod spelling;
#[cfg(test)]
mod tests;
pub(crate) mod types;
pub(crate) mod unparsed;
mod write;

/// The keys of a table that no two rows share and that are never null: all else depends on each.
pub(crate) fn keys_without_null(table: &Table) -> impl Iterator<Item = &[String]> {
    let filled = |name: &String| table.column(name).is_some_and(|column| !column.nullable);
    let keys = table.indexes.iter().filter(|index| index.unique && !index.partial);
    keys.map(|index| index.columns.as_slice()).filter(move |columns| columns.iter().all(filled))
}

/// What `ONLY_FULL_GROUP_BY` says of a column that is not grouped. Conditions and joins may tie it to a
/// column that is, so only a plain query is judged.
pub(crate) fn loose(select: &Select, scope: &Scope<'_>, column: &str) -> Fault {
    let plain = match select.from.as_slice() {
        [from] => from.joins.is_empty() && matches!(from.relation, TableFactor::Table { .. }),
        _ => false,
    };
    if !plain || select.selection.is_some() || scope.outer.is_some_and(|o| !o.relations.is_empty())
    {
        let what = format!("whether {column} depends on what the rows are grouped by");
        return Fault::NotModelled(what);
    }
    let grouped = !matches!(&select.group_by,
        GroupByExpr::Expressions(list, _) if list.is_empty());
    if grouped { fault::not_grouped(column) } else { fault::mixed_group(column) }
}
