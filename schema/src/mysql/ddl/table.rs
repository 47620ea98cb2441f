//! CREATE TABLE, DROP TABLE, RENAME TABLE, TRUNCATE.

use sqlparser::ast::{
    CreateTable, CreateTableOptions, ObjectName, SqlOption, TableConstraint, Truncate,
};

use crate::catalog::{ConstraintKind, Schema, Table};
use crate::fault::Fault;
use crate::lock::LockMode;
use crate::mysql::ddl::{column, foreign, key};
use crate::mysql::fault;
use crate::mysql::types::Charset;
use crate::work::Effect;

pub(super) fn create(schema: &mut Schema, create: &CreateTable) -> Result<Effect, Fault> {
    let name = schema.engine.table(&create.name)?;
    if schema.tables.contains_key(&name) || schema.views.contains(&name) {
        let refused = Err(fault::table_exists(name));
        return if create.if_not_exists { Ok(Effect::default()) } else { refused };
    }
    let plain = create.query.is_none()
        && create.like.is_none()
        && create.partition_by.is_none()
        && !create.temporary;
    if !plain {
        return Fault::not_modelled("CREATE TABLE with AS, LIKE, PARTITION or TEMPORARY");
    }
    let mut table = Table { rows: Some(0), charset: Charset::standard(), ..Table::default() };
    options(&create.table_options, &mut table)?;
    for definition in &create.columns {
        let is_new = |name: &str| column::is_new(&table, name);
        let column = column::read(definition, &table.charset, is_new)?;
        table.columns.push(column);
    }
    if table.columns.is_empty() {
        return Err(fault::no_columns());
    }
    schema.tables.insert(name.clone(), table);
    for definition in &create.columns {
        key::of_column(schema, &name, definition)?;
    }
    let (foreign, own): (Vec<_>, Vec<_>) =
        create.constraints.iter().partition(|c| matches!(c, TableConstraint::ForeignKey(_)));
    for constraint in own {
        key::add(schema, &name, constraint)?;
    }
    key::are_possible(schema.table(&name)?)?;
    let mut effect = Effect::default();
    for constraint in foreign {
        if let TableConstraint::ForeignKey(foreign) = constraint {
            foreign::add(schema, &name, foreign)?;
            let target = schema.engine.table(&foreign.foreign_table)?;
            effect.merge(Effect::lock(&target, LockMode::SHARED_UPGRADABLE));
        }
    }
    effect.locks.retain(|lock| lock.table != name);
    Ok(effect)
}

/// What the options behind the parentheses change.
fn options(options: &CreateTableOptions, table: &mut Table) -> Result<(), Fault> {
    let CreateTableOptions::Plain(options) = options else { return Ok(()) };
    for option in options {
        match option {
            SqlOption::KeyValue { key, value } => {
                let key = key.to_string().to_uppercase();
                let value = value.to_string().to_lowercase();
                let value = value.trim_matches('\'');
                if key.ends_with("CHARSET") || key.ends_with("CHARACTER SET") {
                    table.charset = Charset(Some(value.to_owned()));
                } else if key.ends_with("COLLATE") {
                    let charset = value.split('_').next().map(str::to_owned);
                    table.charset = Charset(charset);
                } else if key == "ROW_FORMAT" {
                    table.never_instant |= value == "compressed";
                }
            }
            SqlOption::NamedParenthesizedList(list)
                if list.key.value.eq_ignore_ascii_case("ENGINE") =>
            {
                let is_innodb =
                    |name: &sqlparser::ast::Ident| name.value.eq_ignore_ascii_case("InnoDB");
                if !list.name.as_ref().is_some_and(is_innodb) {
                    return Fault::not_modelled("an engine other than InnoDB");
                }
            }
            SqlOption::Comment(_) => {}
            other => return Fault::not_modelled(format!("the option {other} of a table")),
        }
    }
    Ok(())
}

pub(super) fn drop(
    schema: &mut Schema,
    names: &[ObjectName],
    if_exists: bool,
) -> Result<Effect, Fault> {
    let names =
        names.iter().map(|name| schema.engine.table(name)).collect::<Result<Vec<_>, _>>()?;
    let has = |name: &String| schema.tables.contains_key(name) || schema.opaque.contains_key(name);
    let missing: Vec<&String> = names.iter().filter(|name| !has(name)).collect();
    if let Some(name) = missing.first().filter(|_| !if_exists) {
        return Err(fault::unknown_table(name));
    }
    let mut effect = Effect::default();
    for name in &names {
        let by = schema.references(name).find(|(owner, _)| !names.iter().any(|n| n == owner));
        if let Some((owner, constraint)) = by.filter(|_| !schema.foreign_keys_unchecked) {
            return Err(fault::table_referenced(name, &constraint.name, owner));
        }
    }
    for name in &names {
        schema.tables.remove(name);
        schema.opaque.remove(name);
        effect.merge(Effect::lock(name, LockMode::METADATA_EXCLUSIVE));
    }
    Ok(effect)
}

pub(super) fn rename(schema: &mut Schema, from: &str, to: &str) -> Result<Effect, Fault> {
    schema.table(from)?;
    if schema.tables.contains_key(to) || schema.views.contains(to) {
        return Err(fault::table_exists(to));
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
    Ok(Effect::lock(from, LockMode::METADATA_EXCLUSIVE))
}

pub(super) fn truncate(schema: &mut Schema, truncate: &Truncate) -> Result<Effect, Fault> {
    let [target] = truncate.table_names.as_slice() else {
        return Err(fault::syntax(","));
    };
    let name = schema.engine.table(&target.name)?;
    schema.table(&name)?;
    let referenced = schema.references(&name).any(|(owner, _)| owner != name);
    if referenced && !schema.foreign_keys_unchecked {
        return Err(fault::truncate_referenced(name));
    }
    schema.table_mut(&name)?.rows = Some(0);
    Ok(Effect::lock(&name, LockMode::METADATA_EXCLUSIVE))
}
