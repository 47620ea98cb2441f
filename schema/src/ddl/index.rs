//! CREATE INDEX, DROP INDEX.

use sqlparser::ast::{AlterIndexOperation, CreateIndex, Expr, ObjectName, OrderBySort};

use crate::catalog::{Index, Key, Keys, Schema, Table, ident, object};
use crate::ddl::immutable::is_immutable;
use crate::ddl::written::written;
use crate::ddl::{expression, retype, work};
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::query::{Checker, Scope, Type};
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
        plain &= matches!(expr, Expr::Identifier(_));
        columns.extend(expression::columns(expr)?);
    }
    if let Some(predicate) = &create.predicate {
        let scope = retype::row(schema, &table)?;
        Checker::new(schema).condition(predicate, "WHERE", &scope)?;
        if !is_immutable(schema, predicate, &scope)? {
            return Err(fault::not_immutable("index predicate"));
        }
    }
    if let Some(column) = columns.iter().find(|column| own.column(column).is_none()) {
        return Err(fault::undefined_column(format!("\"{column}\"")));
    }
    let scope = retype::row(schema, &table)?;
    let method = method(create);
    for column in &create.columns {
        let expr = &column.column.expr;
        let ty = Checker::new(schema).infer(expr, &scope)?;
        if !is_immutable(schema, expr, &scope)? {
            return Err(fault::not_immutable("index expression"));
        }
        if let Type::Known(ty) = ty
            && column.operator_class.is_none()
            && !ty.is_indexed_by(&method)
        {
            return Err(fault::no_operator_class(ty.in_messages(), method));
        }
    }
    let mode = if create.concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
    let mut effect = Effect::lock(&table, mode);
    let name = match &create.name {
        Some(name) => object(name)?,
        None => {
            let parts = create.columns.iter().map(|column| part_of_name(&column.column.expr));
            schema.free_name(&format!("{table}_{}_idx", parts.collect::<Vec<_>>().join("_")))
        }
    };
    if schema.has_relation(&name) {
        return effect.skipping(create.if_not_exists, fault::duplicate_relation(name));
    }
    effect.work.push(work(schema, &table, Cost::Index));
    effect.outside_transaction = create.concurrently;
    let partial = create.predicate.is_some() || !plain;
    let keys = keys(schema, create, &scope)?;
    let predicate = create.predicate.as_ref().map(|rows| written(schema, rows, &scope));
    let unique = create.unique;
    let index = Index { unique, partial, keys, predicate, ..Index::over(name, columns) };
    schema.table_mut(&table)?.indexes.push(index);
    Ok(effect)
}

/// The kind of an index: `btree`.
fn method(create: &CreateIndex) -> String {
    let method = create.using.as_ref().map(|method| method.to_string().to_lowercase());
    method.unwrap_or_else(|| "btree".to_owned())
}

/// What an index sorts by; none if that is just its columns.
fn keys(schema: &Schema, create: &CreateIndex, scope: &Scope<'_>) -> Result<Option<Keys>, Fault> {
    let method = method(create);
    let mut is_plain = method == "btree";
    let mut list = Vec::new();
    for column in &create.columns {
        let (expr, options) = (&column.column.expr, &column.column.options);
        let is_column = matches!(expr, Expr::Identifier(_));
        let mut definition = written(schema, expr, scope);
        if !matches!(expr, Expr::Identifier(_) | Expr::Function(_)) {
            definition = format!("({definition})");
        }
        let class = column.operator_class.as_ref().map(|class| format!(" {class}"));
        let falls = options.sort == Some(OrderBySort::Desc);
        let nulls = options.nulls_first.filter(|first| *first != falls);
        let nulls = nulls.map(|first| if first { " NULLS FIRST" } else { " NULLS LAST" });
        let order = [class.as_deref(), falls.then_some(" DESC"), nulls];
        let order: String = order.into_iter().flatten().collect();
        is_plain &= is_column && order.is_empty();
        let ty = match Checker::new(schema).infer(expr, scope)? {
            Type::Known(ty) => ty.to_string(),
            _ => String::new(),
        };
        list.push(Key { name: part_of_name(expr), ty, definition, order });
    }
    Ok((!is_plain).then_some(Keys { method, list }))
}

/// What a key adds to the name of an index that is given none (`FigureIndexColname`).
fn part_of_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => ident(name),
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => part_of_name(inner),
        Expr::Function(function) => function.name.to_string().to_lowercase(),
        _ => "expr".to_owned(),
    }
}

/// Reading and writing go on meanwhile (PG-40).
pub(super) fn drop_concurrently(
    schema: &mut Schema,
    names: &[ObjectName],
    if_exists: bool,
    in_transaction: bool,
) -> Result<Effect, Fault> {
    if in_transaction {
        return Err(fault::in_transaction("DROP INDEX CONCURRENTLY"));
    }
    let mut effect = Effect { outside_transaction: true, ..Effect::default() };
    for name in names {
        let name = object(name)?;
        match schema.index(&name).map(|(table, _)| table.to_owned()) {
            None if if_exists => {
                effect = effect.skipping(true, fault::undefined_object("index", name))?;
            }
            table => {
                drop(schema, &name)?;
                let mode = LockMode::ShareUpdateExclusive;
                table.iter().for_each(|table| effect.merge(Effect::lock(table, mode)));
            }
        }
    }
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
