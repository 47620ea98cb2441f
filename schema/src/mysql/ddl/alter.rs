//! ALTER TABLE: all its operations together, by the cheapest algorithm that can do each (MY-01).

use sqlparser::ast::{AlterColumnOperation, AlterTableOperation, TableConstraint};

use crate::catalog::{ConstraintKind, Schema, Table, ident};
use crate::fault::Fault;
use crate::mysql::ddl::{carry_out, column, foreign, key, table, wanted};
use crate::mysql::fault;
use crate::mysql::online::{Means, plan};
use crate::mysql::unparsed::REBUILD;
use crate::work::Effect;

type Operation = AlterTableOperation;

pub(super) fn operations(
    schema: &mut Schema,
    name: &str,
    operations: &[Operation],
) -> Result<Effect, Fault> {
    schema.table(name)?;
    let before = schema.table(name)?.clone();
    if let Some(column) = replaced(&before, operations) {
        return Fault::not_modelled(format!("{column}, which is in a key, goes and comes at once"));
    }
    let mut means = Means::INSTANT;
    let mut notes = Vec::new();
    let mut sorted: Vec<&Operation> = operations.iter().collect();
    sorted.sort_by_key(|operation| rank(operation));
    for operation in sorted {
        if let Operation::DropPrimaryKey { .. } = operation {
            key::drop_primary(schema, name)?;
            continue;
        }
        let (own, note) = operate(schema, name, operation)?;
        means = means.and(own);
        notes.extend(note);
    }
    if before.primary_key().is_some() && schema.table(name)?.primary_key().is_none() {
        means = means.and(key::NO_PRIMARY);
    }
    key::are_possible(schema.table(name)?)?;
    foreign::are_served(schema, name, &before)?;
    let plan = plan(means, wanted(operations), name, &before)?;
    let mut effect = carry_out(schema, name, plan)?;
    effect.notes.extend(notes);
    for operation in operations {
        if let Operation::RenameTable {
            table_name:
                sqlparser::ast::RenameTableNameKind::To(to)
                | sqlparser::ast::RenameTableNameKind::As(to),
        } = operation
        {
            let to = schema.engine.table(to)?;
            table::rename(schema, name, &to)?;
        }
    }
    Ok(effect)
}

/// A column of a key that is dropped and added again.
fn replaced(before: &Table, operations: &[Operation]) -> Option<String> {
    let added = operations.iter().filter_map(|operation| match operation {
        Operation::AddColumn { column_def, .. } => Some(ident(&column_def.name)),
        _ => None,
    });
    let drops = |name: &String| {
        operations.iter().any(|operation| {
            matches!(operation, Operation::DropColumn { column_names, .. }
                if column_names.iter().any(|column| ident(column) == *name))
        })
    };
    let has_key = |name: &String| before.indexes.iter().any(|index| index.columns.contains(name));
    added.filter(drops).find(has_key)
}

/// The order in which the server looks at operations, whatever the order in which they are written.
fn rank(operation: &Operation) -> u8 {
    match operation {
        Operation::DropForeignKey { .. } => 0,
        Operation::DropConstraint { .. }
        | Operation::DropIndex { .. }
        | Operation::DropPrimaryKey { .. } => 1,
        Operation::DropColumn { .. } => 2,
        Operation::AddColumn { .. } => 4,
        Operation::AddConstraint { constraint: TableConstraint::ForeignKey(_), .. } => 7,
        Operation::AddConstraint { constraint: TableConstraint::Check(_), .. } => 6,
        Operation::AddConstraint { .. } => 5,
        Operation::RenameTable { .. } => 8,
        _ => 3,
    }
}

/// By what means an operation is done, and what holds only under a condition.
type Done = (Means, Option<String>);

fn operate(schema: &mut Schema, table: &str, operation: &Operation) -> Result<Done, Fault> {
    let plain = |means: Means| Ok((means, None));
    match operation {
        Operation::AddColumn { column_def, column_position, .. } => {
            column::add(schema, table, column_def, column_position.as_ref())
        }
        Operation::DropColumn { column_names, .. } => {
            let mut means = Means::INSTANT;
            for name in column_names {
                means = means.and(column::drop(schema, table, &ident(name))?);
            }
            plain(means)
        }
        Operation::RenameColumn { old_column_name, new_column_name } => {
            plain(column::rename(schema, table, &ident(old_column_name), &ident(new_column_name))?)
        }
        Operation::ChangeColumn { old_name, new_name, data_type, options, column_position } => {
            let definition = column::definition(new_name, data_type, options);
            column::modify(schema, table, &ident(old_name), &definition, column_position.as_ref())
        }
        Operation::ModifyColumn { col_name, data_type, options, column_position } => {
            let definition = column::definition(col_name, data_type, options);
            column::modify(schema, table, &ident(col_name), &definition, column_position.as_ref())
        }
        Operation::AlterColumn { column_name, op } => {
            let name = ident(column_name);
            let column = schema.table_mut(table)?.column_mut(&name);
            let column = column.ok_or_else(|| fault::unknown_column(&name, table))?;
            match op {
                AlterColumnOperation::SetDefault { value } => {
                    column.default = Some(column::default(column, value)?);
                    column::takes_default(column, value)?;
                }
                AlterColumnOperation::DropDefault => column.default = None,
                other => return Fault::not_modelled(format!("ALTER COLUMN ... {other}")),
            }
            plain(Means::INSTANT)
        }
        Operation::AddConstraint { not_valid: true, .. } => Err(fault::syntax("NOT VALID")),
        Operation::AddConstraint { constraint, .. } => match constraint {
            TableConstraint::ForeignKey(foreign) => foreign::add(schema, table, foreign),
            constraint => {
                let note = schema.table(table)?.rows != Some(0);
                let note = if note { key::condition(table, constraint) } else { None };
                Ok((key::add(schema, table, constraint)?, note))
            }
        },
        Operation::DropConstraint { name, .. } => plain(drop_any(schema, table, &ident(name))?),
        Operation::DropForeignKey { name, .. } => {
            plain(foreign::drop(schema, table, &ident(name))?)
        }
        Operation::DropIndex { name } => plain(key::drop(schema, table, &ident(name))?),
        // `RENAME INDEX` and options of a table, as they are read (`mysql/unparsed.rs`).
        Operation::RenameConstraint { old_name, new_name } => {
            plain(key::rename(schema, table, &ident(old_name), &ident(new_name))?)
        }
        Operation::SetTblProperties { table_properties } => {
            let option: Vec<String> = table_properties.iter().map(ToString::to_string).collect();
            match option.join(" ").as_str() {
                REBUILD => plain(Means::REBUILD),
                "DISABLE KEYS" | "ENABLE KEYS" => plain(Means::INSTANT),
                comment if comment.to_uppercase().starts_with("COMMENT") => plain(Means::INSTANT),
                other => Fault::not_modelled(format!("ALTER TABLE ... {other}")),
            }
        }
        Operation::AutoIncrement { .. } => plain(Means::CATALOG),
        Operation::RenameTable { .. } | Operation::Algorithm { .. } | Operation::Lock { .. } => {
            plain(Means::INSTANT)
        }
        other => Fault::not_modelled(format!("ALTER TABLE ... {other}")),
    }
}

/// DROP CONSTRAINT and DROP CHECK: whatever bears the name.
fn drop_any(schema: &mut Schema, table: &str, name: &str) -> Result<Means, Fault> {
    let own = schema.table_mut(table)?;
    match own.constraint(name).map(|constraint| &constraint.kind) {
        Some(ConstraintKind::Foreign { .. }) => foreign::drop(schema, table, name),
        Some(ConstraintKind::Check(_)) => {
            own.constraints.retain(|constraint| constraint.name != name);
            Ok(Means::INSTANT)
        }
        _ if own.indexes.iter().any(|index| index.unique && index.name == name) => {
            key::drop(schema, table, name)
        }
        _ => Err(fault::no_constraint(name)),
    }
}
