//! CREATE TABLE, DROP TABLE, RENAME, TRUNCATE.

use sqlparser::ast::{ColumnOption, CreateTable, Truncate};

use crate::catalog::{ConstraintKind, Schema, Table, object};
use crate::ddl::{column, constraint};
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::work::Effect;

pub(super) fn create(schema: &mut Schema, create: &CreateTable) -> Result<Effect, Fault> {
    let name = object(&create.name)?;
    let exists = schema.has_relation(&name);
    if exists && create.if_not_exists {
        return Effect::default().skipping(true, fault::duplicate_relation(name));
    }
    let plain = create.query.is_none()
        && create.like.is_none()
        && create.inherits.is_none()
        && create.partition_by.is_none()
        && create.partition_of.is_none();
    if !plain {
        return Fault::not_modelled("CREATE TABLE with AS, LIKE, INHERITS or PARTITION");
    }
    let mut table = Table { rows: Some(0), ..Table::default() };
    for definition in &create.columns {
        let column = column::read(schema, &name, definition)?;
        if table.column(&column.name).is_some() {
            return Err(fault::column_twice(column.name));
        }
        table.columns.push(column);
    }
    for column in &table.columns {
        column::computable(&table, &column.name)?;
    }
    // The server looks at the columns first.
    if exists {
        return Err(fault::duplicate_relation(name));
    }
    schema.tables.insert(name.clone(), table);
    for definition in &create.columns {
        column::computes(schema, &name, definition)?;
    }
    let mut effect = Effect::default();
    // PostgreSQL makes the primary key first, then unique keys, and foreign keys last.
    let rank = |option: &ColumnOption| match option {
        ColumnOption::PrimaryKey(_) => 0,
        ColumnOption::ForeignKey(_) => 2,
        _ => 1,
    };
    let mut options: Vec<_> = create
        .columns
        .iter()
        .flat_map(|column| column.options.iter().map(move |option| (column, option)))
        .collect();
    options.sort_by_key(|(_, option)| rank(&option.option));
    let mut keys: Vec<_> = create.constraints.iter().collect();
    keys.sort_by_key(|key| constraint::rank(key));
    for key in keys.iter().filter(|key| constraint::rank(key) < 2) {
        effect.merge(constraint::add(schema, &name, key, false)?);
    }
    for (definition, option) in options {
        effect.merge(constraint::of_column(schema, &name, definition, option)?);
    }
    for key in keys.iter().filter(|key| constraint::rank(key) == 2) {
        effect.merge(constraint::add(schema, &name, key, false)?);
    }
    // Nobody else sees the new table before the commit.
    effect.locks.retain(|lock| lock.table != name);
    effect.work.clear();
    Ok(effect)
}

pub(super) fn drop(schema: &mut Schema, name: &str, cascade: bool) -> Result<Effect, Fault> {
    if !schema.views.is_empty() {
        return Fault::not_modelled("DROP TABLE where views are");
    }
    let mut effect = Effect::lock(name, LockMode::AccessExclusive);
    let others = schema.references(name).filter(|(owner, _)| *owner != name);
    let (owners, which): (Vec<String>, Vec<String>) = others
        .map(|(owner, constraint)| {
            let constraint = &constraint.name;
            let depends =
                format!("constraint {constraint} on table {owner} depends on table {name}");
            (owner.to_owned(), depends)
        })
        .unzip();
    if !owners.is_empty() && !cascade {
        return Err(fault::dependent(format!("table {name}"), which.join("\n")));
    }
    for owner in owners {
        effect.merge(Effect::lock(&owner, LockMode::AccessExclusive));
        let points = |kind: &ConstraintKind| matches!(kind, ConstraintKind::Foreign { table, .. } if table == name);
        schema.table_mut(&owner)?.constraints.retain(|constraint| !points(&constraint.kind));
    }
    schema.opaque.remove(name);
    if let Some(table) = schema.tables.remove(name) {
        for constraint in table.constraints {
            if let ConstraintKind::Foreign { table, .. } = constraint.kind
                && table != name
            {
                effect.merge(Effect::lock(&table, LockMode::AccessExclusive));
            }
        }
    }
    Ok(effect)
}

pub(super) fn rename(schema: &mut Schema, from: &str, to: &str) -> Result<Effect, Fault> {
    if schema.has_relation(to) {
        return Err(fault::duplicate_relation(to));
    }
    if let Some(table) = schema.tables.remove(from) {
        schema.tables.insert(to.to_owned(), table);
    }
    for table in schema.tables.values_mut() {
        for constraint in &mut table.constraints {
            if let ConstraintKind::Foreign { table, .. } = &mut constraint.kind
                && table == from
            {
                to.clone_into(table);
            }
        }
    }
    Ok(Effect::lock(from, LockMode::AccessExclusive))
}

pub(super) fn truncate(schema: &mut Schema, truncate: &Truncate) -> Result<Effect, Fault> {
    let mut effect = Effect::default();
    let names = truncate.table_names.iter().map(|target| object(&target.name));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    for name in &names {
        schema.table(name)?;
        let outside = |(owner, _): (&str, _)| {
            (!names.iter().any(|name| name == owner)).then(|| owner.to_owned())
        };
        let by = schema.references(name).find_map(outside);
        if let Some(by) = by {
            if truncate.cascade.is_some() {
                return Fault::not_modelled("TRUNCATE CASCADE");
            }
            return Err(fault::truncate_referenced(by, name));
        }
        schema.table_mut(name)?.rows = Some(0);
        effect.merge(Effect::lock(name, LockMode::AccessExclusive));
    }
    Ok(effect)
}
