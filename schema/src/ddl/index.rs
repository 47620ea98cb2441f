//! CREATE INDEX, DROP INDEX.

use sqlparser::ast::{AlterIndexOperation, CreateIndex, ObjectName};

use crate::catalog::{Index, Schema, Table, object};
use crate::ddl::{expression, work};
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::query::{Checker, Scope};
use crate::work::{Cost, Effect};

pub(super) fn create(
    schema: &mut Schema,
    create: &CreateIndex,
    in_transaction: bool,
) -> Result<Effect, Fault> {
    if create.concurrently && in_transaction {
        return Err(fault::in_transaction("CREATE INDEX CONCURRENTLY"));
    }
    let table = object(&create.table_name)?;
    let own = schema.table(&table)?;
    let (mut columns, mut plain) = (Vec::new(), true);
    for column in &create.columns {
        let expr = &column.column.expr;
        plain &= matches!(expr, sqlparser::ast::Expr::Identifier(_));
        columns.extend(expression::columns(expr)?);
    }
    if let Some(predicate) = &create.predicate {
        for column in expression::columns(predicate)? {
            if own.column(&column).is_none() {
                return Err(fault::undefined_column(format!("\"{column}\"")));
            }
        }
    }
    if let Some(column) = columns.iter().find(|column| own.column(column).is_none()) {
        return Err(fault::undefined_column(format!("\"{column}\"")));
    }
    if !plain {
        // Its functions must be known, too.
        let mut scope = Scope::default();
        let relation = Checker::new(schema).relation(&create.table_name, None, &scope)?;
        scope.add(relation)?;
        for column in &create.columns {
            Checker::new(schema).infer(&column.column.expr, &scope)?;
            if expression::is_volatile(&column.column.expr) {
                return Err(fault::not_immutable());
            }
        }
    }
    let mode = if create.concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
    let mut effect = Effect::lock(&table, mode);
    let name = match &create.name {
        Some(name) => object(name)?,
        None => schema.free_name(&format!("{table}_{}_idx", columns.join("_"))),
    };
    if schema.has_relation(&name) {
        let refused = Err(fault::duplicate_relation(name));
        return if create.if_not_exists { Ok(effect) } else { refused };
    }
    effect.work.push(work(schema, &table, Cost::Index));
    effect.outside_transaction = create.concurrently;
    let partial = create.predicate.is_some() || !plain;
    let (unique, of_constraint, valid) = (create.unique, false, true);
    let index = Index { name, columns, unique, partial, of_constraint, valid };
    schema.table_mut(&table)?.indexes.push(index);
    Ok(effect)
}

pub(super) fn drop(schema: &mut Schema, name: &str) -> Result<Effect, Fault> {
    let Some((table, index)) = schema.index(name) else {
        return Err(fault::undefined_object("index", name));
    };
    let table = table.to_owned();
    if index.of_constraint {
        return Err(fault::needed_by_constraint(name, &table));
    }
    schema.table_mut(&table)?.indexes.retain(|index| index.name != name);
    Ok(Effect::lock(&table, LockMode::AccessExclusive))
}

pub(super) fn alter(
    schema: &mut Schema,
    name: &ObjectName,
    operation: &AlterIndexOperation,
) -> Result<Effect, Fault> {
    let AlterIndexOperation::RenameIndex { index_name: to } = operation;
    let (from, to) = (object(name)?, object(to)?);
    let Some((table, _)) = schema.index(&from) else { return Err(fault::undefined_table(from)) };
    let table = table.to_owned();
    if schema.has_relation(&to) {
        return Err(fault::duplicate_relation(to));
    }
    rename_own(schema.table_mut(&table)?, &from, &to);
    // Only the index itself is locked.
    Ok(Effect::default())
}

/// Renames an index, and the constraint that it serves.
pub(super) fn rename_own(table: &mut Table, from: &str, to: &str) {
    for index in table.indexes.iter_mut().filter(|index| index.name == from) {
        to.clone_into(&mut index.name);
    }
    for constraint in table.constraints.iter_mut().filter(|constraint| constraint.name == from) {
        to.clone_into(&mut constraint.name);
    }
}
