//! ALTER COLUMN ... TYPE (PG-26, PG-27).

use sqlparser::ast::{DataType, Expr, Ident, ObjectName};

use crate::catalog::{ConstraintKind, Index, Schema, Table, quoted};
use crate::ddl::work;
use crate::ddl::written::mentions;
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::query::{Checker, Scope, Type};
use crate::types::SqlType;
use crate::work::{Cost, Effect};

pub(super) fn set_type(
    schema: &mut Schema,
    table: &str,
    name: &str,
    data_type: &DataType,
    using: Option<&Expr>,
) -> Result<Effect, Fault> {
    if !schema.views.is_empty() {
        return Fault::not_modelled("ALTER COLUMN TYPE where views are");
    }
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    let to = SqlType::read(data_type, schema)?;
    let own = schema.table(table)?;
    let column = own.column(name).ok_or_else(|| fault::undefined_column_of(name, table))?;
    if column.generated.is_some() {
        return Fault::not_modelled("the type of a generated column");
    }
    let rewrites = match using {
        None if column.ty.is_assignable(&to) => column.ty.is_rewritten_as(&to),
        None => return Err(fault::cannot_cast(name, &to)),
        Some(using) => {
            let given = infer(schema, table, using)?;
            match &given {
                Type::Known(ty) if !ty.is_assignable(&to) => {
                    return Err(fault::cannot_use(name, &to));
                }
                _ => {}
            }
            let itself = matches!(using, Expr::Cast { expr, .. }
                if matches!(&**expr, Expr::Identifier(i) if crate::catalog::ident(i) == name));
            let itself = itself && given == Type::Known(to.clone());
            !itself || column.ty.is_rewritten_as(&to)
        }
    };
    // Of the precision that a column has nothing is kept: it is taken to be the greatest.
    let rewrites = rewrites || cuts_seconds(data_type);
    let mut columns = own.columns.iter();
    if let Some(by) = columns.find(|c| c.generated.iter().flatten().any(|of| of == name)) {
        return Err(fault::generated_depends(name, &by.name));
    }
    if let Some(default) = &column.default
        && !default.null
        && using.is_some()
        && !column.ty.is_assignable(&to)
    {
        return Err(fault::cannot_cast_default(name, &to));
    }
    indexes_fit(own, name, &to)?;
    for other in foreign_keys_fit(schema, table, name, &to)? {
        effect.merge(Effect::lock(&other, LockMode::AccessExclusive));
    }
    if narrows(&column.ty, &to) && own.rows != Some(0) {
        effect.notes.push(format!("fails if a value of {table}.{name} does not fit {to}"));
    }
    // A check over the column is made anew, and old rows are checked again if they ever were.
    let checked = own.constraints.iter().any(|constraint| {
        matches!(constraint.kind, ConstraintKind::Check(_))
            && constraint.validated
            && constraint.columns().iter().any(|column| column == name)
    });
    let cost = match (rewrites, checked) {
        (true, _) => Cost::Rewrite,
        (false, true) => Cost::Scan,
        (false, false) => Cost::Instant,
    };
    // Of an index with an expression or a condition the server does not ask whether it could stay.
    let mut indexes = own.indexes.iter().filter(|index| index.partial);
    let rebuilds = cost != Cost::Rewrite && indexes.any(|index| uses(index, name));
    effect.work.push(work(schema, table, cost));
    if rebuilds {
        effect.work.push(work(schema, table, Cost::Index));
    }
    if let Some(column) = schema.table_mut(table)?.column_mut(name) {
        column.ty = to;
    }
    checks_fit(schema, table, name)?;
    Ok(effect)
}

/// A foreign key on either side must still compare; it is made anew, so the other table is locked.
fn foreign_keys_fit(
    schema: &Schema,
    table: &str,
    name: &str,
    to: &SqlType,
) -> Result<Vec<String>, Fault> {
    let mut others = Vec::new();
    for (owner, own) in &schema.tables {
        for constraint in &own.constraints {
            let ConstraintKind::Foreign { columns, table: target, referred, .. } = &constraint.kind
            else {
                continue;
            };
            for (column, of) in columns.iter().zip(referred) {
                let here = owner == table && column == name;
                let there = target == table && of == name;
                let other = match (here, there) {
                    (true, false) => schema.table(target)?.column(of),
                    (false, true) => own.column(column),
                    _ => continue,
                };
                if let Some(other) = other.filter(|other| !other.ty.is_comparable(to)) {
                    let (a, b) = if here { (to, &other.ty) } else { (&other.ty, to) };
                    return Err(fault::foreign_types(&constraint.name, column, of, a, b));
                }
                others.push(if here { target.clone() } else { owner.clone() });
            }
        }
    }
    Ok(others)
}

/// Checks over the column are read again with its new type.
fn checks_fit(schema: &Schema, table: &str, name: &str) -> Result<(), Fault> {
    for constraint in &schema.table(table)?.constraints {
        let ConstraintKind::Check(check) = &constraint.kind else { continue };
        if !check.columns.iter().any(|column| column == name) {
            continue;
        }
        match &check.expr {
            Some(expr) => drop(infer(schema, table, expr)?),
            None => {
                return Fault::not_modelled("the type of a column that was renamed in a check");
            }
        }
    }
    Ok(())
}

/// Whether an expression over one row of a table can be its check.
pub(super) fn condition(schema: &Schema, table: &str, expr: &Expr) -> Result<(), Fault> {
    match infer(schema, table, expr)? {
        Type::Known(ty) if ty != SqlType::Bool => {
            Err(fault::not_boolean("CHECK", ty.in_messages()))
        }
        _ => Ok(()),
    }
}

/// The type of an expression over one row of a table.
fn infer(schema: &Schema, table: &str, expr: &Expr) -> Result<Type, Fault> {
    Checker::new(schema).infer(expr, &row(schema, table)?)
}

/// What is in sight of an expression over one row of a table.
pub(super) fn row(schema: &Schema, table: &str) -> Result<Scope<'static>, Fault> {
    let mut scope = Scope::default();
    let name = ObjectName::from(vec![Ident::with_quote('"', table)]);
    let relation = Checker::new(schema).relation(&name, None, &scope)?;
    scope.add(relation)?;
    Ok(scope)
}

/// Whether the indexes over a column can sort by another type.
fn indexes_fit(own: &Table, column: &str, to: &SqlType) -> Result<(), Fault> {
    for index in own.indexes.iter().filter(|index| index.columns.iter().any(|of| of == column)) {
        let method = index.keys.as_ref().map_or("btree", |keys| keys.method.as_str());
        let is_key = index.keys.as_ref().is_none_or(|keys| {
            keys.list.iter().any(|key| key.order.is_empty() && key.definition == quoted(column))
        });
        if is_key && !to.is_indexed_by(method) {
            return Err(fault::no_operator_class(to.in_messages(), method));
        }
    }
    Ok(())
}

fn uses(index: &Index, column: &str) -> bool {
    index.columns.iter().any(|of| of == column)
        || index.predicate.as_ref().is_some_and(|rows| mentions(rows, column))
}

/// Whether a type keeps fewer digits of a second than there can be.
fn cuts_seconds(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(digits, _) | DataType::Time(digits, _) => matches!(digits, Some(0..6)),
        DataType::Interval { fields, precision } => {
            fields.is_some() || matches!(precision, Some(0..6))
        }
        _ => false,
    }
}

/// Whether some values of one type are no values of the other.
fn narrows(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{Int2, Int4, Int8, Numeric, Varchar};
    match (from, to) {
        (Int8, Int4 | Int2) | (Int4, Int2) | (Numeric(_), Int2 | Int4 | Int8) => true,
        (Varchar(Some(from)), Varchar(Some(to))) => to < from,
        (SqlType::Text | Varchar(None), Varchar(Some(_))) => true,
        _ => false,
    }
}
