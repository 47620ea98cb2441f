//! ALTER TABLE: its operations, one after another under the strongest of their locks.

use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, DropBehavior, RenameTableNameKind,
};

use crate::catalog::{Column, ConstraintKind, Default, Identity, Schema, ident, object};
use crate::ddl::{column, constraint, expression, retype, table, work};
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::work::{Cost, Effect};

pub(super) fn alter(schema: &mut Schema, alter: &AlterTable) -> Result<Effect, Fault> {
    let name = object(&alter.name)?;
    if !schema.has_table(&name) && alter.if_exists {
        return Effect::default().skipping(true, fault::undefined_table(name));
    }
    let owner =
        |operation: &AlterTableOperation| matches!(operation, AlterTableOperation::OwnerTo { .. });
    let other = schema.sequences.contains(&name) || schema.views.contains(&name);
    if other && alter.operations.iter().all(owner) {
        return Ok(Effect::default());
    }
    schema.table(&name)?;
    let mut effect = Effect::default();
    for operation in &alter.operations {
        effect.merge(operate(schema, &name, operation)?);
    }
    Ok(effect)
}

fn operate(
    schema: &mut Schema,
    name: &str,
    operation: &AlterTableOperation,
) -> Result<Effect, Fault> {
    use AlterTableOperation as Op;
    let cascades = |behaviour: &Option<DropBehavior>| *behaviour == Some(DropBehavior::Cascade);
    match operation {
        Op::AddColumn { column_def, if_not_exists, .. } => {
            column::add(schema, name, column_def, *if_not_exists)
        }
        Op::DropColumn { column_names, if_exists, drop_behavior, .. } => {
            let mut effect = Effect::default();
            for column in column_names {
                let cascade = cascades(drop_behavior);
                effect.merge(column::drop(schema, name, column, *if_exists, cascade)?);
            }
            Ok(effect)
        }
        Op::RenameColumn { old_column_name, new_column_name } => {
            column::rename(schema, name, old_column_name, new_column_name)
        }
        Op::RenameTable {
            table_name: RenameTableNameKind::To(to) | RenameTableNameKind::As(to),
        } => table::rename(schema, name, &object(to)?),
        Op::AlterColumn { column_name, op } => {
            let column = ident(column_name);
            if schema.table(name)?.column(&column).is_none() {
                return Err(fault::undefined_column_of(column, name));
            }
            alter_column(schema, name, &column, op)
        }
        Op::AddConstraint { constraint, not_valid } => {
            constraint::add(schema, name, constraint, *not_valid)
        }
        Op::DropConstraint { name: of, if_exists, drop_behavior } => {
            constraint::drop(schema, name, of, *if_exists, cascades(drop_behavior))
        }
        Op::ValidateConstraint { name: of } => constraint::validate(schema, name, of),
        Op::RenameConstraint { old_name, new_name } => {
            constraint::rename(schema, name, old_name, new_name)
        }
        Op::OwnerTo { .. } => Ok(Effect::lock(name, LockMode::AccessExclusive)),
        other => Fault::not_modelled(format!("ALTER TABLE ... {other}")),
    }
}

fn alter_column(
    schema: &mut Schema,
    table: &str,
    name: &str,
    operation: &AlterColumnOperation,
) -> Result<Effect, Fault> {
    use AlterColumnOperation as Op;
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    match operation {
        Op::SetNotNull => return set_not_null(schema, table, name),
        Op::DropNotNull => {
            let own = schema.table(table)?;
            let primary = own.primary_key().is_some_and(|key| key.iter().any(|c| c == name));
            if primary {
                return Err(fault::in_primary_key(name));
            }
            if own.column(name).is_some_and(|column| column.identity.is_some()) {
                return Err(fault::identity_not_null(name, table));
            }
            set(schema, table, name, |column| column.nullable = true)?;
        }
        Op::SetDefault { value } => {
            let column = schema.table(table)?.column(name).cloned();
            let column = column.ok_or_else(|| fault::undefined_column_of(name, table))?;
            if column.identity.is_some() {
                return Err(fault::identity_column(name, table));
            }
            if column.generated.is_some() {
                return Err(fault::generated_column(name, table));
            }
            let default = expression::default(schema, &column, value)?;
            set(schema, table, name, |column| column.default = Some(default))?;
        }
        Op::DropDefault => {
            match schema.table(table)?.column(name) {
                Some(Column { identity: Some(_), .. }) => {
                    return Err(fault::identity_default_stays(name, table));
                }
                Some(Column { generated: Some(_), .. }) => {
                    return Err(fault::generated_default_stays(name, table));
                }
                _ => {}
            }
            set(schema, table, name, |column| column.default = None)?;
        }
        Op::SetDataType { data_type, using, .. } => {
            return retype::set_type(schema, table, name, data_type, using.as_ref());
        }
        Op::AddGenerated { generated_as, .. } => {
            let column = schema.table(table)?.column(name);
            if column.is_some_and(|column| !column.ty.is_integer()) {
                return Err(fault::identity_type());
            }
            if column.is_some_and(|column| column.nullable) {
                return Err(fault::identity_nullable(name, table));
            }
            if column.is_some_and(|column| column.identity.is_some()) {
                return Err(fault::is_identity(name, table));
            }
            if column.is_some_and(|column| column.default.is_some()) {
                return Err(fault::identity_default(name, table));
            }
            let sequence = schema.free_name(&format!("{table}_{name}_seq"));
            set(schema, table, name, |column| {
                column.default = Some(Default::sequence(&sequence));
                column.sequence = Some(sequence);
                column.identity = Some(Identity::of(*generated_as));
            })?;
        }
        other @ Op::GenericOptions { .. } => {
            return Fault::not_modelled(format!("ALTER COLUMN ... {other}"));
        }
    }
    effect.work.push(work(schema, table, Cost::Instant));
    Ok(effect)
}

/// Every row is read, unless a validated check has proved it already (PG-28).
fn set_not_null(schema: &mut Schema, table: &str, name: &str) -> Result<Effect, Fault> {
    let mut effect = Effect::lock(table, LockMode::AccessExclusive);
    let own = schema.table(table)?;
    let proved = own.constraints.iter().any(|constraint| match &constraint.kind {
        ConstraintKind::Check(check) => constraint.validated && check.proves_not_null(name),
        _ => false,
    });
    let already = own.column(name).is_some_and(|column| !column.nullable);
    let cost = if proved || already { Cost::Instant } else { Cost::Scan };
    if cost == Cost::Scan && own.rows != Some(0) {
        effect.notes.push(format!("fails with 23502 if {table}.{name} is null in some row"));
    }
    effect.work.push(work(schema, table, cost));
    set(schema, table, name, |column| column.nullable = false)?;
    Ok(effect)
}

fn set(
    schema: &mut Schema,
    table: &str,
    name: &str,
    change: impl FnOnce(&mut crate::catalog::Column),
) -> Result<(), Fault> {
    let column = schema.table_mut(table)?.column_mut(name);
    column.map(change).ok_or_else(|| fault::undefined_column_of(name, table))
}
