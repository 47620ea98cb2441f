//! What a statement of a migration does in MySQL: the schema after it, its locks and its work.

use sqlparser::ast::{AlterTable, AlterTableOperation, ObjectType, Statement};

use crate::catalog::Schema;
use crate::ddl::{self, work};
use crate::fault::Fault;
use crate::lock::LockMode;
use crate::mysql::fault;
use crate::mysql::online::{Plan, Wanted};
use crate::work::Effect;

mod alter;
mod column;
mod foreign;
mod key;
mod table;

pub(crate) fn change(schema: &mut Schema, statement: &Statement) -> Result<Effect, Fault> {
    match statement {
        Statement::CreateTable(create) => table::create(schema, create),
        Statement::AlterTable(alter) => self::alter(schema, alter),
        Statement::CreateIndex(create) => key::create(schema, create),
        Statement::RenameTable(renames) => {
            let mut effect = Effect::default();
            for rename in renames {
                let (from, to) = (&rename.old_name, &rename.new_name);
                let (from, to) = (schema.engine.table(from)?, schema.engine.table(to)?);
                effect.merge(table::rename(schema, &from, &to)?);
            }
            Ok(effect)
        }
        Statement::Drop { object_type: ObjectType::Table, if_exists, names, .. } => {
            table::drop(schema, names, *if_exists)
        }
        Statement::Drop { object_type: ObjectType::Index, names, table: Some(table), .. } => {
            let name = schema.engine.table(table)?;
            let operations = names.iter().filter_map(|index| match index.0.as_slice() {
                [sqlparser::ast::ObjectNamePart::Identifier(name)] => {
                    Some(AlterTableOperation::DropIndex { name: name.clone() })
                }
                _ => None,
            });
            alter::operations(schema, &name, &operations.collect::<Vec<_>>())
        }
        Statement::Truncate(truncate) => table::truncate(schema, truncate),
        Statement::CreateView(view) => {
            let name = schema.engine.table(&view.name)?;
            schema.views.insert(name);
            Ok(Effect::default())
        }
        Statement::Drop { object_type: ObjectType::View, names, if_exists, .. } => {
            for name in names {
                let name = schema.engine.table(name)?;
                if !schema.views.remove(&name) && !if_exists {
                    return Err(fault::unknown_table(name));
                }
            }
            Ok(Effect::default())
        }
        Statement::CreateTrigger(trigger) => {
            let name = schema.engine.table(&trigger.table_name)?;
            schema.table_mut(&name)?.has_triggers = true;
            Ok(Effect::lock(&name, LockMode::METADATA_EXCLUSIVE))
        }
        Statement::Query(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_) => ddl::data::change(schema, statement),
        Statement::Set(set) => {
            let set = set.to_string().to_lowercase();
            if let Some((_, value)) = set.rsplit_once("foreign_key_checks = ") {
                schema.foreign_keys_unchecked = ["0", "off", "false"].contains(&value);
            }
            Ok(Effect::default())
        }
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Grant(_)
        | Statement::LockTables { .. }
        | Statement::UnlockTables
        | Statement::Analyze(_) => Ok(Effect::default()),
        other => Fault::statement(other),
    }
}

fn alter(schema: &mut Schema, alter: &AlterTable) -> Result<Effect, Fault> {
    let name = schema.engine.table(&alter.name)?;
    alter::operations(schema, &name, &alter.operations)
}

/// What a statement that changes a table does by its plan.
fn carry_out(schema: &mut Schema, name: &str, plan: Plan) -> Result<Effect, Fault> {
    schema.table_mut(name)?.row_versions = plan.row_versions;
    let mut effect = Effect::lock(name, plan.lock);
    let work = work(schema, name, plan.cost);
    let writers = match plan.lock {
        LockMode::METADATA_EXCLUSIVE if work.is_slow() => "; nobody uses the table meanwhile",
        LockMode::SHARED_NO_WRITE if work.is_slow() => "; writers wait meanwhile",
        _ => "",
    };
    // MY-04.
    effect.notes.push(format!(
        "{name} is changed by ALGORITHM={} ({}){writers}; at its begin and end it waits for every open \
         transaction that has used {name}, and what comes later waits behind it",
        plan.algorithm,
        plan.cost.describe(),
    ));
    effect.work.push(work);
    effect.algorithm = Some(plan.algorithm);
    Ok(effect)
}

/// Clauses of `CREATE INDEX`.
fn wanted(options: &[AlterTableOperation]) -> Wanted {
    let mut wanted = Wanted::default();
    for option in options {
        match option {
            AlterTableOperation::Algorithm { algorithm, .. } => wanted.algorithm(*algorithm),
            AlterTableOperation::Lock { lock, .. } => wanted.lock = Some(*lock),
            _ => {}
        }
    }
    wanted
}
