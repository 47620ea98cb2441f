//! Columns: what a definition says, ADD, DROP, RENAME.

use sqlparser::ast::{ColumnDef, ColumnOption, ColumnOptionDef, Ident};

use crate::catalog::{Column, ConstraintKind, Default, Identity, Schema, Table, ident};
use crate::ddl::immutable::is_immutable;
use crate::ddl::written::{renamed, written};
use crate::ddl::{constraint, expression, retype, work};
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::query::{Checker, Type};
use crate::types;
use crate::work::{Cost, Effect};

/// Reads a definition of a table's column. Its constraints are added later.
pub(super) fn read(schema: &Schema, table: &str, definition: &ColumnDef) -> Result<Column, Fault> {
    let types::Declared { ty, serial } = types::declared(&definition.data_type, schema)?;
    let name = ident(&definition.name);
    let sequence = || schema.free_name(&format!("{table}_{name}_seq"));
    let own = serial.then(sequence);
    let mut column = Column {
        default: own.as_deref().map(Default::sequence),
        nullable: !serial,
        sequence: own,
        identity: None,
        generated: None,
        computed_by: None,
        stored: false,
        auto_increment: false,
        ty,
        name: name.clone(),
    };
    for option in &definition.options {
        match &option.option {
            ColumnOption::Null | ColumnOption::Comment(_) | ColumnOption::Collation(_) => {}
            ColumnOption::NotNull | ColumnOption::PrimaryKey(_) => column.nullable = false,
            ColumnOption::Default(value) => {
                column.default = Some(expression::default(schema, &column, value)?);
            }
            ColumnOption::Unique(_) | ColumnOption::ForeignKey(_) | ColumnOption::Check(_) => {}
            ColumnOption::Generated { generated_as, generation_expr, .. } => {
                if let Some(value) = generation_expr {
                    column.generated = Some(expression::columns(value)?);
                    column.stored = true;
                    continue;
                }
                column.nullable = false;
                let own = sequence();
                column.default = Some(Default::sequence(&own));
                (column.sequence, column.identity) =
                    (Some(own), Some(Identity::of(Some(*generated_as))));
            }
            other => return Fault::not_modelled(format!("the option {other} of a column")),
        }
    }
    Ok(column)
}

/// What a generated column is computed from is there, and is not computed itself.
pub(super) fn computable(table: &Table, name: &str) -> Result<(), Fault> {
    for source in table.column(name).and_then(|own| own.generated.as_ref()).into_iter().flatten() {
        let Some(source) = table.column(source) else {
            return Err(match expression::is_keyword(source) {
                true => fault::generation_not_immutable(),
                false => fault::undefined_column(format!("\"{source}\"")),
            });
        };
        if source.generated.is_some() {
            return Err(fault::generated_of_generated(&source.name));
        }
    }
    Ok(())
}

/// What a generated column is computed by makes the same of the same row, and fits its type.
pub(super) fn computes(
    schema: &mut Schema,
    table: &str,
    definition: &ColumnDef,
) -> Result<(), Fault> {
    let value = definition.options.iter().find_map(|option| match &option.option {
        ColumnOption::Generated { generation_expr, .. } => generation_expr.as_ref(),
        _ => None,
    });
    let name = ident(&definition.name);
    let column = schema.table(table)?.column(&name);
    let Some((value, column)) = value.zip(column) else { return Ok(()) };
    let scope = retype::row(schema, table)?;
    let ty = Checker::new(schema).infer(value, &scope)?;
    match ty {
        Type::Known(ty) if !ty.is_assignable(&column.ty) => {
            Err(fault::generated_type(&column.name, column.ty.in_messages(), ty.in_messages()))
        }
        _ if is_immutable(schema, value, &scope)? => {
            let text = written(schema, value, &scope);
            if let Some(column) = schema.table_mut(table)?.column_mut(&name) {
                column.computed_by = Some(text);
            }
            Ok(())
        }
        _ => Err(fault::generation_not_immutable()),
    }
}

pub(super) fn add(
    schema: &mut Schema,
    table: &str,
    definition: &ColumnDef,
    if_not_exists: bool,
) -> Result<Effect, Fault> {
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    let name = ident(&definition.name);
    if schema.table(table)?.column(&name).is_some() {
        return effect.skipping(if_not_exists, fault::duplicate_column(name, table));
    }
    let column = read(schema, table, definition)?;
    let own = schema.table_mut(table)?;
    let has_value = column.default.as_ref().is_some_and(|default| !default.null);
    let each_its_own = column.default.as_ref().is_some_and(|default| default.volatile);
    let is_key = |option: &ColumnOptionDef| matches!(option.option, ColumnOption::PrimaryKey(_));
    if own.primary_key().is_some() && definition.options.iter().any(is_key) {
        return Err(fault::two_primary_keys(table));
    }
    let must_be_filled = !column.nullable && !has_value && column.generated.is_none();
    if must_be_filled {
        // PG-23: whether there are rows decides.
        match own.rows {
            Some(0) => {}
            Some(_) => return Err(fault::contains_nulls(&column.name, table)),
            None => effect.notes.push(format!(
                "fails with 23502 if {table} has rows: the new column {} would be null in them",
                column.name
            )),
        }
    }
    let rewrites = each_its_own || column.generated.is_some();
    own.columns.push(column);
    computable(own, &name)?;
    computes(schema, table, definition)?;
    let cost = match (rewrites, must_be_filled) {
        (true, _) => Cost::Rewrite,
        (false, true) => Cost::Scan,
        (false, false) => Cost::Instant,
    };
    effect.work.push(work(schema, table, cost));
    for option in &definition.options {
        effect.merge(constraint::of_column(schema, table, definition, option)?);
    }
    Ok(effect)
}

pub(super) fn drop(
    schema: &mut Schema,
    table: &str,
    name: &Ident,
    if_exists: bool,
    cascade: bool,
) -> Result<Effect, Fault> {
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    let name = ident(name);
    if !schema.views.is_empty() {
        return Fault::not_modelled("DROP COLUMN where views are");
    }
    let own = schema.table(table)?;
    if own.column(&name).is_none() {
        return effect.skipping(if_exists, fault::undefined_column_of(&name, table));
    }
    let what = format!("column {name} of table {table}");
    let mut dependents: Vec<String> = Vec::new();
    for (owner, constraint) in schema.references(table).filter(|(owner, _)| *owner != table) {
        if matches!(&constraint.kind,
            ConstraintKind::Foreign { referred, .. } if referred.contains(&name))
        {
            let constraint = &constraint.name;
            dependents.push(format!("constraint {constraint} on table {owner} depends on {what}"));
        }
    }
    let pointed_at = !dependents.is_empty();
    let computed = own.columns.iter();
    let computed = computed.filter(|c| c.generated.as_ref().is_some_and(|of| of.contains(&name)));
    dependents
        .extend(computed.map(|c| format!("column {} of table {table} depends on {what}", c.name)));
    if !dependents.is_empty() && !cascade {
        return Err(fault::dependent(what, dependents.join("\n")));
    }
    if pointed_at {
        return Fault::not_modelled("DROP COLUMN CASCADE of a column that foreign keys point to");
    }
    let own = schema.table_mut(table)?;
    let gone: Vec<_> = own.constraints.extract_if(.., |c| c.columns().contains(&name)).collect();
    own.columns.retain(|column| {
        let computed = column.generated.as_ref().is_some_and(|of| of.contains(&name));
        column.name != name && !computed
    });
    own.indexes.retain(|index| !index.columns.contains(&name));
    for constraint in gone {
        if let ConstraintKind::Foreign { table: other, .. } = constraint.kind {
            effect.merge(Effect::lock(&other, LockMode::AccessExclusive));
        }
    }
    Ok(effect)
}

pub(super) fn rename(
    schema: &mut Schema,
    table: &str,
    from: &Ident,
    to: &Ident,
) -> Result<Effect, Fault> {
    let (from, to) = (ident(from), ident(to));
    let own = schema.table(table)?;
    if own.column(&from).is_none() {
        return Err(fault::undefined_column(format!("\"{from}\"")));
    }
    if own.column(&to).is_some() {
        return Err(fault::duplicate_column(to, table));
    }
    rename_everywhere(schema, table, &from, &to)?;
    Ok(Effect::lock(table, LockMode::AccessExclusive))
}

/// Renames a column in its table and in all that names it.
pub(crate) fn rename_everywhere(
    schema: &mut Schema,
    table: &str,
    from: &str,
    to: &str,
) -> Result<(), Fault> {
    let own = schema.table_mut(table)?;
    let change = |names: &mut Vec<String>| {
        names.iter_mut().filter(|name| **name == *from).for_each(|name| to.clone_into(name));
    };
    let rewrite = |text: &mut String| *text = renamed(text, from, to);
    for index in own.indexes.iter_mut().filter(|index| index.columns.iter().any(|of| of == from)) {
        index.keep_names(&own.columns);
        change(&mut index.columns);
        index.predicate.iter_mut().for_each(rewrite);
        let keys = index.keys.iter_mut().flat_map(|keys| &mut keys.list);
        keys.for_each(|key| rewrite(&mut key.definition));
    }
    for column in &mut own.columns {
        if column.name == *from {
            to.clone_into(&mut column.name);
        }
        column.generated.iter_mut().for_each(change);
        column.computed_by.iter_mut().for_each(rewrite);
    }
    for constraint in &mut own.constraints {
        match &mut constraint.kind {
            ConstraintKind::Primary(columns)
            | ConstraintKind::Unique(columns)
            | ConstraintKind::Foreign { columns, .. } => change(columns),
            ConstraintKind::Check(check) => {
                if check.columns.iter().any(|column| column == from) {
                    check.expr = None;
                    rewrite(&mut check.text);
                }
                change(&mut check.columns);
                let single = check.not_null.iter_mut();
                let single = single.chain(check.one_of.iter_mut().map(|(column, _)| column));
                let single = single.chain(check.at_least.iter_mut().map(|(column, _)| column));
                single.filter(|name| **name == *from).for_each(|name| to.clone_into(name));
            }
        }
    }
    for other in schema.tables.values_mut() {
        for constraint in &mut other.constraints {
            if let ConstraintKind::Foreign { table: of, referred, .. } = &mut constraint.kind
                && of == table
            {
                change(referred);
            }
        }
    }
    Ok(())
}
