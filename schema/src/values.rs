//! What a migration does to the values of columns, as far as that can be told without the values: which
//! column it fills, from what, and in how many rows (EC-4..6).

use sqlparser::ast::{
    AlterTable, AlterTableOperation, AssignmentTarget, BinaryOperator, Expr, Statement,
    TableFactor, Update, Value,
};

use crate::catalog::{Schema, ident, object};
use crate::ddl::batch;
use crate::sql::IS_READ;

/// Where the new values of a column come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They are those of another column.
    Column(String),
    /// There are none.
    Null,
    /// An expression computes them.
    Computed,
}

/// A column that a statement gives values to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// Where its values come from.
    pub origin: Origin,
    /// The column that is null in all rows that the statement changes, if it says so.
    pub where_null: Option<String>,
    /// Rows that its condition selects at most (EC-5); all if it does not tell.
    pub rows: Option<u64>,
}

/// The columns that an `UPDATE` fills, in order; of other statements none.
pub fn fills(schema: &Schema, statement: &Statement) -> Vec<Fill> {
    let Statement::Update(update) = statement else { return Vec::new() };
    if !IS_READ {
        return Vec::new();
    }
    filled(schema, update).unwrap_or_default()
}

fn filled(schema: &Schema, update: &Update) -> Option<Vec<Fill>> {
    let TableFactor::Table { name, .. } = &update.table.relation else { return None };
    let table = schema.engine.table(name).ok()?;
    let own = schema.tables.get(&table)?;
    let condition = update.selection.as_ref();
    let rows = condition.and_then(|condition| batch::rows(own, condition));
    let where_null = condition.and_then(null_column);
    let fill = |(target, value): (&AssignmentTarget, &Expr)| {
        let AssignmentTarget::ColumnName(name) = target else { return None };
        let origin = match value {
            Expr::Identifier(name) => Origin::Column(ident(name)),
            Expr::Value(value) if value.value == Value::Null => Origin::Null,
            _ => Origin::Computed,
        };
        let column = object(name).ok()?;
        Some(Fill { table: table.clone(), column, origin, where_null: where_null.clone(), rows })
    };
    let assignments = update.assignments.iter();
    Some(assignments.filter_map(|one| fill((&one.target, &one.value))).collect())
}

/// The column of which a condition says that it is null, alone or beside other conditions.
pub(crate) fn null_column(condition: &Expr) -> Option<String> {
    match condition {
        Expr::Nested(inner) => null_column(inner),
        Expr::IsNull(inner) => match &**inner {
            Expr::Identifier(name) => Some(ident(name)),
            _ => None,
        },
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            null_column(left).or_else(|| null_column(right))
        }
        _ => None,
    }
}

/// Columns that a statement gives another name: table, old name, new name.
pub fn renamed(statement: &Statement) -> Vec<(String, String, String)> {
    let Statement::AlterTable(AlterTable { name, operations, .. }) = statement else {
        return Vec::new();
    };
    let Some(table) = object(name).ok().filter(|_| IS_READ) else { return Vec::new() };
    let renamed = operations.iter().filter_map(|operation| match operation {
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            Some((table.clone(), ident(old_column_name), ident(new_column_name)))
        }
        AlterTableOperation::ChangeColumn { old_name, new_name, .. } if old_name != new_name => {
            Some((table.clone(), ident(old_name), ident(new_name)))
        }
        _ => None,
    });
    renamed.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(sql: &str) -> Vec<(String, Origin, Option<String>, Option<u64>)> {
        let tables = "CREATE TABLE t (id int PRIMARY KEY, a text, b text)";
        let script = crate::parse(tables).unwrap();
        let schema = crate::compat::schema(&script, &BTreeMap::new()).unwrap();
        let statement = crate::parse(sql).unwrap().statements.remove(0).ast;
        let fills = fills(&schema, &statement).into_iter();
        fills.map(|fill| (fill.column, fill.origin, fill.where_null, fill.rows)).collect()
    }

    #[test]
    fn a_backfill_tells_what_it_fills_from_where_and_in_how_many_rows_ec_5() {
        let copied = || Origin::Column("a".to_owned());
        let null = || Some("b".to_owned());
        let cases = [
            ("UPDATE t SET b = a", copied(), None, None),
            ("UPDATE t SET b = a WHERE b IS NULL", copied(), null(), None),
            ("UPDATE t SET b = a WHERE (b IS NULL AND id <= 9)", copied(), null(), None),
            (
                "UPDATE t SET b = a WHERE id BETWEEN 1 AND 50 AND b IS NULL",
                copied(),
                null(),
                Some(50),
            ),
            ("UPDATE t SET b = lower(a) WHERE id = 7", Origin::Computed, None, Some(1)),
            ("UPDATE t SET b = NULL", Origin::Null, None, None),
        ];
        for (sql, origin, null, rows) in cases {
            assert_eq!(of(sql), [("b".to_owned(), origin, null, rows)], "{sql}");
        }
        assert_eq!(of("DELETE FROM t"), []);
    }

    #[test]
    fn a_renamed_column_keeps_its_values_ec_3() {
        let sql = "ALTER TABLE t RENAME COLUMN a TO c";
        let statement = crate::parse(sql).unwrap().statements.remove(0).ast;
        let expected = ("t".to_owned(), "a".to_owned(), "c".to_owned());
        assert_eq!(renamed(&statement), [expected]);
    }
}
