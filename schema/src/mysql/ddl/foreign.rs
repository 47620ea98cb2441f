//! Foreign keys, and the indexes that serve them on both sides.

use sqlparser::ast::ForeignKeyConstraint;

use crate::catalog::{Actions, Constraint, ConstraintKind, Index, Schema, Table, ident};
use crate::fault::Fault;
use crate::mysql::ddl::key;
use crate::mysql::fault;
use crate::mysql::online::Means;
use crate::types::SqlType;

pub(super) fn add(
    schema: &mut Schema,
    table: &str,
    foreign: &ForeignKeyConstraint,
) -> Result<(Means, Option<String>), Fault> {
    let columns: Vec<String> = foreign.columns.iter().map(ident).collect();
    let referred: Vec<String> = foreign.referred_columns.iter().map(ident).collect();
    let target = schema.engine.table(&foreign.foreign_table)?;
    let own = schema.table(table)?;
    if let Some(column) = columns.iter().find(|column| own.column(column).is_none()) {
        return Err(fault::no_key_column(column));
    }
    let name = foreign.name.as_ref().map(ident);
    if referred.is_empty() || columns.len() != referred.len() {
        return Err(fault::foreign_width(name.as_deref().unwrap_or("foreign key without name")));
    }
    let name = name.unwrap_or_else(|| free_name(own, table));
    let taken = schema.tables.values().flat_map(|table| &table.constraints).any(|constraint| {
        constraint.name == name && matches!(constraint.kind, ConstraintKind::Foreign { .. })
    });
    if taken {
        return Err(fault::duplicate_foreign_key(name));
    }
    if !schema.foreign_keys_unchecked {
        fits(schema, table, &name, (&columns, &target, &referred))?;
    }
    let own = schema.table(table)?;
    let needs_index = !serves(own, &columns);
    let own = schema.table_mut(table)?;
    if needs_index {
        let base = foreign.name.as_ref().map_or_else(|| columns[0].clone(), ident);
        let name = key::free_name(own, &base);
        own.indexes.push(Index::over(name, columns.clone()));
    }
    let rows = own.rows;
    let actions = Actions::of(foreign);
    let kind = ConstraintKind::Foreign { columns, table: target, referred, actions };
    own.constraints.push(Constraint { name, kind, validated: true });
    let note = (rows != Some(0))
        .then(|| format!("fails with 1452 if a row of {table} refers to a row that is not there"));
    let means = match schema.foreign_keys_unchecked {
        true if needs_index => Means::INDEX,
        true => Means::CATALOG,
        false => Means::copy("Adding foreign keys needs foreign_key_checks=OFF"),
    };
    Ok((means, note))
}

/// Whether the other side has what a foreign key needs.
fn fits(
    schema: &Schema,
    table: &str,
    name: &str,
    (columns, target, referred): (&[String], &str, &[String]),
) -> Result<(), Fault> {
    let own = schema.table(table)?;
    if schema.opaque.contains_key(target) {
        return schema.table(target).map(|_| ());
    }
    let Some(other) = schema.tables.get(target) else {
        return Err(fault::no_parent(target));
    };
    for (column, of) in columns.iter().zip(referred) {
        let Some(parent) = other.column(of) else {
            return Err(fault::no_parent_column(of, name, target));
        };
        let child = own.column(column).map(|column| &column.ty);
        if let (Some(SqlType::Mysql(child)), SqlType::Mysql(parent)) = (child, &parent.ty)
            && !child.is_referable(parent)
        {
            return Err(fault::incompatible(column, of, name));
        }
    }
    if !serves(other, referred) {
        return Err(fault::no_parent_key(name, target));
    }
    Ok(())
}

/// `orders_ibfk_1`, `orders_ibfk_2`, as the server chooses.
fn free_name(own: &Table, table: &str) -> String {
    let mut names = (1..).map(|number| format!("{table}_ibfk_{number}"));
    names.find(|name| own.constraint(name).is_none()).unwrap_or_default()
}

pub(super) fn drop(schema: &mut Schema, table: &str, name: &str) -> Result<Means, Fault> {
    let own = schema.table_mut(table)?;
    let foreign = |constraint: &Constraint| {
        constraint.name == name && matches!(constraint.kind, ConstraintKind::Foreign { .. })
    };
    if !own.constraints.iter().any(foreign) {
        return Err(fault::cannot_drop(name));
    }
    own.constraints.retain(|constraint| !foreign(constraint));
    Ok(Means::CATALOG)
}

/// Whether an index of the table begins with these columns.
fn serves(table: &Table, columns: &[String]) -> bool {
    table.indexes.iter().any(|index| {
        let begins = index.columns.starts_with(columns);
        begins && !index.partial
    })
}

/// Whether every foreign key of a table, and every one that leads to it, still has its index.
pub(super) fn are_served(schema: &Schema, table: &str, before: &Table) -> Result<(), Fault> {
    let own = schema.table(table)?;
    let served = |columns: &[String]| {
        let index = before.indexes.iter().find(|index| index.columns.starts_with(columns));
        index.map_or_else(|| columns.join("_"), |index| index.name.clone())
    };
    for constraint in &own.constraints {
        if let ConstraintKind::Foreign { columns, .. } = &constraint.kind
            && !serves(own, columns)
        {
            return Err(fault::index_needed(served(columns)));
        }
    }
    for (_, constraint) in schema.references(table) {
        if let ConstraintKind::Foreign { referred, .. } = &constraint.kind
            && !serves(own, referred)
        {
            return Err(fault::index_needed(served(referred)));
        }
    }
    Ok(())
}
