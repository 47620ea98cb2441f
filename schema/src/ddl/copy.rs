//! Columns that a migration copies into others of the same table (EC-3): they hold one datum in two places
//! from then on.

use sqlparser::ast::{Assignment, AssignmentTarget, Expr, Statement, TableFactor};

use crate::catalog::{Schema, ident, object};
use crate::ddl::batch;

/// A column that is copied into another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The table.
    pub table: String,
    /// The column that is read.
    pub from: String,
    /// The column that is filled.
    pub to: String,
    /// How many rows, if it is a batch (EC-5). None: all that are there.
    pub rows: Option<u64>,
}

/// What a statement copies: `UPDATE t SET b = a`, also if the value is cast. A condition that does not bound
/// a key is taken to say which rows have not been copied yet.
pub fn copies(schema: &Schema, statement: &Statement) -> Vec<Copy> {
    let Statement::Update(update) = statement else { return Vec::new() };
    let TableFactor::Table { name, .. } = &update.table.relation else { return Vec::new() };
    let Ok(table) = object(name) else { return Vec::new() };
    let own = schema.tables.get(&table);
    let rows = own.zip(update.selection.as_ref());
    let rows = rows.and_then(|(own, condition)| batch::rows(own, condition));
    let copy = |assignment: &Assignment| {
        let AssignmentTarget::ColumnName(name) = &assignment.target else { return None };
        let to = object(name).ok()?;
        let from = column(&assignment.value)?;
        (from != to).then(|| Copy { table: table.clone(), from, to, rows })
    };
    update.assignments.iter().filter_map(copy).collect()
}

/// The column that an expression is, casts and parentheses left out.
fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(ident(name)),
        Expr::CompoundIdentifier(names) => names.last().map(ident),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => column(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn found(sql: &str) -> Vec<(String, String, Option<u64>)> {
        let script = crate::parse("CREATE TABLE t (id bigint PRIMARY KEY, a integer, b bigint)");
        let script = script.expect("SQL");
        let schema = crate::compat::schema(&script, &BTreeMap::new()).expect("a schema");
        let parsed = crate::parse(sql).expect("SQL");
        let copies = copies(&schema, &parsed.statements[0].ast);
        copies.into_iter().map(|copy| (copy.from, copy.to, copy.rows)).collect()
    }

    #[test]
    fn an_update_that_sets_a_column_to_another_copies_it_ec_03() {
        let table = [
            ("UPDATE t SET b = a", Some(None)),
            ("UPDATE t SET b = a::bigint WHERE b IS NULL", Some(None)),
            ("UPDATE t SET b = (t.a)", Some(None)),
            ("UPDATE t SET b = a WHERE id BETWEEN 1 AND 1000 AND b IS NULL", Some(Some(1000))),
            ("UPDATE t SET b = 7", None),
            ("UPDATE t SET b = a + 1", None),
            ("UPDATE t SET b = b", None),
            ("SELECT a FROM t", None),
        ];
        for (sql, rows) in table {
            let expected: Vec<_> =
                rows.map(|rows| ("a".into(), "b".into(), rows)).into_iter().collect();
            assert_eq!(found(sql), expected, "{sql}");
        }
    }
}
