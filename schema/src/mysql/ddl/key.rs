//! Keys and checks: ADD, DROP, RENAME.

use sqlparser::ast::{
    ColumnDef, ColumnOption, CreateIndex, Expr, Ident, IndexColumn, TableConstraint,
};

use crate::catalog::{Check, Column, Constraint, ConstraintKind, Index, Schema, Table, ident};
use crate::ddl::expression;
use crate::fault::Fault;
use crate::mysql::ddl::{carry_out, wanted};
use crate::mysql::fault;
use crate::mysql::online::{Means, plan};
use crate::query::arguments;
use crate::types::SqlType;
use crate::work::Effect;

/// The primary key goes and none comes.
pub(super) const NO_PRIMARY: Means = Means::copy(PRIMARY_NEEDED).not_instant(PRIMARY_NEEDED);

const PRIMARY_NEEDED: &str =
    "Dropping a primary key is not allowed without also adding a new primary key";

/// A part of a key: a column, or the columns of an expression.
struct Part {
    columns: Vec<String>,
    /// Whether the whole column is in the key.
    whole: bool,
}

/// What a column's definition demands of it.
pub(super) fn of_column(
    schema: &mut Schema,
    table: &str,
    definition: &ColumnDef,
) -> Result<Means, Fault> {
    let column = ident(&definition.name);
    let mut means = Means::INSTANT;
    for option in &definition.options {
        let own = schema.table_mut(table)?;
        means = means.and(match &option.option {
            ColumnOption::PrimaryKey(_) => primary(own, vec![column.clone()])?,
            ColumnOption::Unique(_) => {
                let part = Part { columns: vec![column.clone()], whole: true };
                index(own, None, vec![part], true)?
            }
            ColumnOption::Check(check) => {
                let name = option.name.as_ref().or(check.name.as_ref());
                self::check(schema, table, name, &check.expr, check.enforced)?
            }
            _ => Means::INSTANT,
        });
    }
    Ok(means)
}

/// What rows must not be like if a key or check is to be added.
pub(super) fn condition(table: &str, constraint: &TableConstraint) -> Option<String> {
    match constraint {
        TableConstraint::Unique(_) | TableConstraint::PrimaryKey(_) => {
            Some(format!("fails with 1062 if two rows of {table} are alike in the key"))
        }
        TableConstraint::Check(_) => Some(format!("fails with 3819 if a row of {table} breaks it")),
        _ => None,
    }
}

/// ADD of a key or check.
pub(super) fn add(
    schema: &mut Schema,
    table: &str,
    constraint: &TableConstraint,
) -> Result<Means, Fault> {
    let own = schema.table_mut(table)?;
    let name =
        |one: &Option<Ident>, other: &Option<Ident>| one.as_ref().or(other.as_ref()).map(ident);
    match constraint {
        TableConstraint::PrimaryKey(key) => {
            let parts = parts(own, &key.columns)?;
            let columns: Vec<String> = parts.into_iter().flat_map(|part| part.columns).collect();
            primary(own, columns)
        }
        TableConstraint::Unique(key) => {
            let parts = parts(own, &key.columns)?;
            index(own, name(&key.index_name, &key.name), parts, true)
        }
        TableConstraint::Index(key) => {
            let parts = parts(own, &key.columns)?;
            index(own, key.name.as_ref().map(ident), parts, false)
        }
        TableConstraint::FulltextOrSpatial(key) if key.fulltext => {
            let mut parts = parts_of_any_length(own, &key.columns)?;
            parts.iter_mut().for_each(|part| part.whole = false);
            index(own, key.opt_index_name.as_ref().map(ident), parts, false)?;
            let first = !std::mem::replace(&mut own.never_instant, true);
            Ok(if first { Means::REBUILD_ALONE } else { Means::INDEX_ALONE })
        }
        TableConstraint::Check(key) => {
            check(schema, table, key.name.as_ref(), &key.expr, key.enforced)
        }
        other => Fault::not_modelled(other),
    }
}

pub(super) fn create(schema: &mut Schema, create: &CreateIndex) -> Result<Effect, Fault> {
    let name = schema.engine.table(&create.table_name)?;
    let before = schema.table(&name)?.clone();
    let own = schema.table_mut(&name)?;
    let parts = parts(own, &create.columns)?;
    let Some(index_name) = create.name.as_ref().and_then(|name| name.0.last()) else {
        return Err(fault::syntax("ON"));
    };
    let index_name = index_name.to_string().trim_matches('`').to_lowercase();
    let means = index(own, Some(index_name), parts, create.unique)?;
    let plan = plan(means, wanted(&create.alter_options), &name, &before)?;
    carry_out(schema, &name, plan)
}

/// The parts of a key, whose columns must exist and be of a limited length.
fn parts(table: &Table, columns: &[IndexColumn]) -> Result<Vec<Part>, Fault> {
    let parts = parts_of_any_length(table, columns)?;
    for part in parts.iter().filter(|part| part.whole) {
        let column = part.columns.first().and_then(|name| table.column(name));
        if let Some(Column { ty: SqlType::Mysql(ty), name, .. }) = column
            && ty.is_long()
        {
            return Err(fault::key_needs_length(name));
        }
    }
    Ok(parts)
}

fn parts_of_any_length(table: &Table, columns: &[IndexColumn]) -> Result<Vec<Part>, Fault> {
    let part = |column: &IndexColumn| {
        let (columns, whole) = match &column.column.expr {
            Expr::Identifier(name) => (vec![ident(name)], true),
            // `name(10)`: its first characters.
            Expr::Function(function) if arguments(function).count() == 1 => {
                let name = function.name.to_string().trim_matches('`').to_lowercase();
                if let Some(Column { ty: SqlType::Mysql(ty), .. }) = table.column(&name)
                    && ty.is_number()
                {
                    return Err(fault::wrong_prefix());
                }
                (vec![name], false)
            }
            other => (expression::columns(other)?, false),
        };
        match columns.iter().find(|column| table.column(column).is_none()) {
            Some(column) => Err(fault::no_key_column(column)),
            None => Ok(Part { columns, whole }),
        }
    };
    columns.iter().map(part).collect()
}

fn primary(table: &mut Table, columns: Vec<String>) -> Result<Means, Fault> {
    if table.primary_key().is_some() {
        return Err(fault::two_primary_keys());
    }
    for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
        column.nullable = false;
    }
    let name = "primary".to_owned();
    table.indexes.push(Index {
        unique: true,
        of_constraint: true,
        ..Index::over(name.clone(), columns.clone())
    });
    let kind = ConstraintKind::Primary(columns);
    table.constraints.push(Constraint { name, kind, validated: true });
    Ok(Means::REBUILD)
}

fn index(
    table: &mut Table,
    name: Option<String>,
    parts: Vec<Part>,
    unique: bool,
) -> Result<Means, Fault> {
    let partial = parts.iter().any(|part| !part.whole);
    let columns: Vec<String> = parts.into_iter().flat_map(|part| part.columns).collect();
    let name = match name {
        Some(name) => name,
        None => free_name(table, columns.first().map_or("key", String::as_str)),
    };
    if table.indexes.iter().any(|index| index.name == name) {
        return Err(fault::duplicate_key(name));
    }
    table.indexes.push(Index { unique, partial, ..Index::over(name, columns) });
    Ok(Means::INDEX)
}

/// `base`, `base_2`, `base_3`, as the server chooses.
pub(super) fn free_name(table: &Table, base: &str) -> String {
    let numbered = (2..).map(|number| format!("{base}_{number}"));
    let mut names = std::iter::once(base.to_owned()).chain(numbered);
    let taken = |name: &String| table.indexes.iter().any(|index| index.name == *name);
    names.find(|name| !taken(name)).unwrap_or_default()
}

fn check(
    schema: &mut Schema,
    table: &str,
    name: Option<&Ident>,
    expr: &Expr,
    enforced: Option<bool>,
) -> Result<Means, Fault> {
    if enforced == Some(false) {
        return Fault::not_modelled("a check that is NOT ENFORCED");
    }
    let check: Check = expression::check(expr)?;
    let own = schema.table(table)?;
    let numbered = (1..).map(|number| format!("{table}_chk_{number}"));
    let has = |name: &String| own.constraint(name).is_some();
    let name = match name.map(ident) {
        Some(name) => name,
        None => numbered.into_iter().find(|name| !has(name)).unwrap_or_default(),
    };
    let taken = schema.tables.values().flat_map(|table| &table.constraints).any(|constraint| {
        constraint.name == name && matches!(constraint.kind, ConstraintKind::Check(_))
    });
    if taken {
        return Err(fault::duplicate_constraint(name));
    }
    if let Some(column) = check.columns.iter().find(|column| own.column(column).is_none()) {
        return Err(fault::unknown_column(column, "CHECK"));
    }
    let kind = ConstraintKind::Check(check);
    schema.table_mut(table)?.constraints.push(Constraint { name, kind, validated: true });
    Ok(Means::copy("a check of old rows needs a copy"))
}

pub(super) fn drop(schema: &mut Schema, table: &str, name: &str) -> Result<Means, Fault> {
    let own = schema.table_mut(table)?;
    if !own.indexes.iter().any(|index| index.name == name) {
        return Err(fault::cannot_drop(name));
    }
    if name == "primary" {
        drop_primary(schema, table)?;
        return Ok(NO_PRIMARY);
    }
    own.indexes.retain(|index| index.name != name);
    Ok(Means::CATALOG)
}

/// The primary key goes; what that costs depends on whether another comes.
pub(super) fn drop_primary(schema: &mut Schema, table: &str) -> Result<(), Fault> {
    let own = schema.table_mut(table)?;
    if own.primary_key().is_none() {
        return Err(fault::cannot_drop("PRIMARY"));
    }
    own.constraints.retain(|constraint| !matches!(constraint.kind, ConstraintKind::Primary(_)));
    own.indexes.retain(|index| !index.of_constraint);
    Ok(())
}

/// RENAME INDEX.
pub(super) fn rename(
    schema: &mut Schema,
    table: &str,
    from: &str,
    to: &str,
) -> Result<Means, Fault> {
    let own = schema.table_mut(table)?;
    let has = |name: &str| own.indexes.iter().any(|index| index.name == name);
    if !has(from) {
        return Err(fault::no_key(from, table));
    }
    if from != to && has(to) {
        return Err(fault::duplicate_key(to));
    }
    for index in own.indexes.iter_mut().filter(|index| index.name == from) {
        to.clone_into(&mut index.name);
    }
    Ok(Means::CATALOG)
}

/// What holds for a table as a whole: generated columns have what they are computed from, keys have
/// columns of a limited length, and a counting column is the only one and leads a key.
pub(super) fn are_possible(table: &Table) -> Result<(), Fault> {
    let mut sources = table.columns.iter().flat_map(|column| column.generated.iter().flatten());
    if let Some(name) = sources.find(|name| table.column(name).is_none()) {
        return Err(fault::unknown_column(name, "generated column function"));
    }
    for index in table.indexes.iter().filter(|index| !index.partial) {
        let is_long = |name: &&String| {
            table
                .column(name)
                .is_some_and(|column| matches!(&column.ty, SqlType::Mysql(ty) if ty.is_long()))
        };
        if let Some(name) = index.columns.iter().find(is_long) {
            return Err(fault::key_needs_length(name));
        }
    }
    let mut counting = table.columns.iter().filter(|column| column.auto_increment);
    let Some(column) = counting.next() else { return Ok(()) };
    let leads = table.indexes.iter().any(|index| index.columns.first() == Some(&column.name));
    if leads && counting.next().is_none() { Ok(()) } else { Err(fault::auto_needs_key()) }
}
