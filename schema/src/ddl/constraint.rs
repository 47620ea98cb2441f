//! Constraints: ADD, DROP, VALIDATE, RENAME.

use sqlparser::ast::{
    ColumnDef, ColumnOption, ColumnOptionDef, Ident, IndexColumn, TableConstraint,
};

use crate::catalog::{
    Actions, Check, Constraint, ConstraintKind, Index, Schema, first_free, ident, object,
};
use crate::ddl::written::written;
use crate::ddl::{expression, index, retype, work};
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::work::{Cost, Effect};

/// The order in which CREATE TABLE makes constraints: keys of its own, checks, foreign keys.
pub(super) fn rank(constraint: &TableConstraint) -> u8 {
    match constraint {
        TableConstraint::PrimaryKey(_) => 0,
        TableConstraint::ForeignKey(_) => 2,
        _ => 1,
    }
}

/// Adds what a column's definition demands of it.
pub(super) fn of_column(
    schema: &mut Schema,
    table: &str,
    definition: &ColumnDef,
    option: &ColumnOptionDef,
) -> Result<Effect, Fault> {
    let column = vec![ident(&definition.name)];
    let name = option.name.as_ref().map(ident);
    match &option.option {
        ColumnOption::PrimaryKey(_) => unique(schema, table, name, column, true),
        ColumnOption::Unique(_) => unique(schema, table, name, column, false),
        ColumnOption::Check(check) => {
            self::check(schema, table, name, expression::check(&check.expr)?, true)
        }
        ColumnOption::ForeignKey(key) => {
            let to = Target {
                table: object(&key.foreign_table)?,
                columns: key.referred_columns.iter().map(ident).collect(),
                actions: Actions::of(key),
            };
            // Where the new column is null in every row, the server looks at none of them.
            let is_filled = schema
                .table(table)?
                .column(&column[0])
                .is_some_and(|column| column.default.is_some() || column.generated.is_some());
            let mut effect = foreign(schema, table, name, column, to, true)?;
            if !is_filled {
                effect.work.iter_mut().for_each(|work| work.cost = Cost::Instant);
            }
            Ok(effect)
        }
        _ => Ok(Effect::default()),
    }
}

/// ADD CONSTRAINT.
pub(super) fn add(
    schema: &mut Schema,
    table: &str,
    constraint: &TableConstraint,
    not_valid: bool,
) -> Result<Effect, Fault> {
    let name = |name: &Option<Ident>| name.as_ref().map(ident);
    match constraint {
        TableConstraint::PrimaryKey(key) => {
            unique(schema, table, name(&key.name), plain(&key.columns)?, true)
        }
        TableConstraint::Unique(key) => {
            unique(schema, table, name(&key.name), plain(&key.columns)?, false)
        }
        TableConstraint::Check(key) => {
            check(schema, table, name(&key.name), expression::check(&key.expr)?, !not_valid)
        }
        TableConstraint::ForeignKey(key) => {
            let columns = key.columns.iter().map(ident).collect();
            let to = Target {
                table: object(&key.foreign_table)?,
                columns: key.referred_columns.iter().map(ident).collect(),
                actions: Actions::of(key),
            };
            foreign(schema, table, name(&key.name), columns, to, !not_valid)
        }
        TableConstraint::UniqueUsingIndex(key) => {
            using_index(schema, table, key.name.as_ref(), &key.index_name, false)
        }
        TableConstraint::PrimaryKeyUsingIndex(key) => {
            using_index(schema, table, key.name.as_ref(), &key.index_name, true)
        }
        other => Fault::not_modelled(other),
    }
}

/// Plain columns of a key.
pub(super) fn plain(columns: &[IndexColumn]) -> Result<Vec<String>, Fault> {
    let plain = |column: &IndexColumn| match &column.column.expr {
        sqlparser::ast::Expr::Identifier(name) => Ok(ident(name)),
        other => Fault::not_modelled(other),
    };
    columns.iter().map(plain).collect()
}

fn has_columns(schema: &Schema, table: &str, columns: &[String]) -> Result<(), Fault> {
    let own = schema.table(table)?;
    match columns.iter().find(|column| own.column(column).is_none()) {
        Some(column) => Err(fault::undefined_key_column(column)),
        None => Ok(()),
    }
}

fn unique(
    schema: &mut Schema,
    table: &str,
    name: Option<String>,
    columns: Vec<String>,
    primary: bool,
) -> Result<Effect, Fault> {
    has_columns(schema, table, &columns)?;
    let mut types = columns.iter().filter_map(|column| schema.tables[table].column(column));
    if let Some(column) = types.find(|column| !column.ty.has_order()) {
        return Err(fault::no_operator_class(column.ty.in_messages(), "btree"));
    }
    if primary && schema.table(table)?.primary_key().is_some() {
        return Err(fault::two_primary_keys(table));
    }
    let joined = columns.join("_");
    let default = if primary { format!("{table}_pkey") } else { format!("{table}_{joined}_key") };
    let name = match name {
        Some(name) if schema.has_relation(&name) => return Err(fault::duplicate_relation(name)),
        Some(name) => name,
        None => schema.free_name(&default),
    };
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    effect.work.push(work(schema, table, Cost::Index));
    let own = schema.table_mut(table)?;
    if primary {
        let mut scans = false;
        for column in own.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
            scans |= std::mem::replace(&mut column.nullable, false);
        }
        if scans {
            effect.work.push(work(schema, table, Cost::Scan));
        }
    }
    let own = schema.table_mut(table)?;
    own.indexes.push(Index {
        unique: true,
        of_constraint: true,
        ..Index::over(name.clone(), columns.clone())
    });
    let kind =
        if primary { ConstraintKind::Primary(columns) } else { ConstraintKind::Unique(columns) };
    own.constraints.push(Constraint { name, kind, validated: true });
    Ok(effect)
}

/// Makes a constraint of an index that exists: the catalog only (PG-36).
fn using_index(
    schema: &mut Schema,
    table: &str,
    name: Option<&Ident>,
    of: &Ident,
    primary: bool,
) -> Result<Effect, Fault> {
    let of = ident(of);
    let name = name.map_or_else(|| of.clone(), ident);
    let own = schema.table(table)?;
    let found = own.indexes.iter().find(|index| index.name == of);
    let index = found.ok_or_else(|| fault::undefined_object("index", &of))?.clone();
    if !index.valid {
        return Err(fault::invalid_index(of));
    }
    if !index.unique || index.partial {
        return Err(fault::not_unique_index(of));
    }
    if primary && own.primary_key().is_some() {
        return Err(fault::two_primary_keys(table));
    }
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    let nullable = |c: &&crate::catalog::Column| index.columns.contains(&c.name) && c.nullable;
    let scans = primary && own.columns.iter().any(|column| nullable(&column));
    effect.work.push(work(schema, table, if scans { Cost::Scan } else { Cost::Instant }));
    let own = schema.table_mut(table)?;
    for found in own.indexes.iter_mut().filter(|found| found.name == of) {
        name.clone_into(&mut found.name);
        found.of_constraint = true;
    }
    if primary {
        let columns = own.columns.iter_mut().filter(|column| index.columns.contains(&column.name));
        columns.for_each(|column| column.nullable = false);
    }
    let kind = match primary {
        true => ConstraintKind::Primary(index.columns),
        false => ConstraintKind::Unique(index.columns),
    };
    own.constraints.push(Constraint { name, kind, validated: true });
    Ok(effect)
}

fn check(
    schema: &mut Schema,
    table: &str,
    name: Option<String>,
    mut check: Check,
    validated: bool,
) -> Result<Effect, Fault> {
    let own = schema.table(table)?;
    if let Some(column) = check.columns.iter().find(|column| own.column(column).is_none()) {
        return Err(fault::undefined_column(format!("\"{column}\"")));
    }
    if let Some(expr) = &check.expr {
        retype::condition(schema, table, expr)?;
        check.text = written(schema, expr, &retype::row(schema, table)?);
    }
    let base = match check.columns.as_slice() {
        [column] => format!("{table}_{column}_check"),
        _ => format!("{table}_check"),
    };
    let name = free_constraint_name(schema, table, name, &base)?;
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    let cost = if validated { Cost::Scan } else { Cost::Instant };
    effect.work.push(work(schema, table, cost));
    let kind = ConstraintKind::Check(check);
    schema.table_mut(table)?.constraints.push(Constraint { name, kind, validated });
    Ok(effect)
}

/// What a foreign key points to.
struct Target {
    table: String,
    /// Its columns; the primary key if none is named.
    columns: Vec<String>,
    actions: Actions,
}

fn foreign(
    schema: &mut Schema,
    table: &str,
    name: Option<String>,
    columns: Vec<String>,
    to: Target,
    validated: bool,
) -> Result<Effect, Fault> {
    has_columns(schema, table, &columns)?;
    let other = schema.table(&to.table)?;
    let referred = match to.columns.is_empty() {
        true => other.primary_key().ok_or_else(|| fault::no_primary_key(&to.table))?.to_vec(),
        false => to.columns,
    };
    has_columns(schema, &to.table, &referred)?;
    if columns.len() != referred.len() {
        return Err(fault::foreign_width());
    }
    if !other.has_unique(&referred) {
        return Err(fault::no_unique_key(&to.table));
    }
    let base = format!("{table}_{}_fkey", columns.join("_"));
    let name = free_constraint_name(schema, table, name, &base)?;
    let own = schema.table(table)?;
    for (column, referred) in columns.iter().zip(&referred) {
        let types = own.column(column).zip(other.column(referred)).map(|(a, b)| (&a.ty, &b.ty));
        if types.is_some_and(|(a, b)| !a.is_comparable(b)) {
            let (a, b) = types.map(|(a, b)| (a.to_string(), b.to_string())).unwrap_or_default();
            return Err(fault::foreign_types(name, column, referred, a, b));
        }
    }
    let mut effect = Effect::lock(table, LockMode::ShareRowExclusive);
    effect.merge(Effect::lock(&to.table, LockMode::ShareRowExclusive));
    let cost = if validated { Cost::Scan } else { Cost::Instant };
    effect.work.push(work(schema, table, cost));
    let kind = ConstraintKind::Foreign { columns, table: to.table, referred, actions: to.actions };
    schema.table_mut(table)?.constraints.push(Constraint { name, kind, validated });
    Ok(effect)
}

fn free_constraint_name(
    schema: &Schema,
    table: &str,
    name: Option<String>,
    base: &str,
) -> Result<String, Fault> {
    let own = schema.table(table)?;
    match name {
        Some(name) if own.constraint(&name).is_some() => {
            Err(fault::duplicate_constraint(name, table))
        }
        Some(name) => Ok(name),
        None => Ok(first_free(base, own.constraints.iter().map(|constraint| &constraint.name))),
    }
}

pub(super) fn drop(
    schema: &mut Schema,
    table: &str,
    name: &Ident,
    if_exists: bool,
    cascade: bool,
) -> Result<Effect, Fault> {
    let name = ident(name);
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    let own = schema.table(table)?;
    let Some(constraint) = own.constraint(&name).cloned() else {
        return effect.skipping(if_exists, fault::undefined_constraint(name, table));
    };
    match &constraint.kind {
        ConstraintKind::Primary(columns) | ConstraintKind::Unique(columns) => {
            let refers = |other: &Constraint| {
                matches!(&other.kind,
                    ConstraintKind::Foreign { referred, .. } if referred == columns)
            };
            let needed = schema.references(table).filter(|(_, other)| refers(other));
            let needed: Vec<String> = needed
                .map(|(owner, other)| {
                    format!("constraint {} on table {owner} depends on index {name}", other.name)
                })
                .collect();
            if !needed.is_empty() {
                if cascade {
                    return Fault::not_modelled("DROP CONSTRAINT CASCADE");
                }
                let what = format!("constraint {name} on table {table}");
                return Err(fault::dependent(what, needed.join("\n")));
            }
        }
        ConstraintKind::Foreign { table: other, .. } => {
            effect.merge(Effect::lock(other, LockMode::AccessExclusive));
        }
        ConstraintKind::Check(_) => {}
    }
    let own = schema.table_mut(table)?;
    own.constraints.retain(|constraint| constraint.name != name);
    own.indexes.retain(|index| !(index.of_constraint && index.name == name));
    Ok(effect)
}

/// Checks old rows while reading and writing go on (PG-32).
pub(super) fn validate(schema: &mut Schema, table: &str, name: &Ident) -> Result<Effect, Fault> {
    let name = ident(name);
    let mut effect = Effect::lock(table, LockMode::ShareUpdateExclusive);
    let own = schema.table_mut(table)?;
    let found = own.constraints.iter_mut().find(|constraint| constraint.name == name);
    let Some(constraint) = found else { return Err(fault::undefined_constraint(name, table)) };
    let kind = constraint.kind.clone();
    let was = std::mem::replace(&mut constraint.validated, true);
    match kind {
        _ if was => {}
        ConstraintKind::Foreign { table: other, .. } => {
            effect.merge(Effect::lock(&other, LockMode::RowShare));
            effect.work.push(work(schema, table, Cost::Scan));
        }
        ConstraintKind::Check(_) => effect.work.push(work(schema, table, Cost::Scan)),
        ConstraintKind::Primary(_) | ConstraintKind::Unique(_) => {
            return Err(fault::not_validatable(name, table));
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
    let own = schema.table_mut(table)?;
    if own.constraint(&from).is_none() {
        return Err(fault::undefined_table_constraint(from, table));
    }
    if own.constraint(&to).is_some() {
        return Err(fault::duplicate_constraint(to, table));
    }
    for constraint in own.constraints.iter_mut().filter(|constraint| constraint.name == from) {
        to.clone_into(&mut constraint.name);
    }
    index::rename_own(own, &from, &to);
    Ok(Effect::lock(table, LockMode::AccessExclusive))
}
