//! Preconditions of a changeset, asked of the database when its turn has come (LQ-05).

use schema::liquibase::{ChangeSet, Otherwise, Precondition};

use super::Voice;
use crate::database::session::{Reply, SessionId};
use crate::engine::Context;
use crate::event::Event;
use crate::world::World;

/// Whether a changeset is run: its preconditions are asked. None if so; what is done instead; or why
/// everything ends (LQ-05).
pub(super) fn asked(
    world: &mut World,
    id: SessionId,
    set: &ChangeSet,
    voice: &mut Voice,
    ctx: &mut Context<'_, Event>,
) -> Result<Option<Otherwise>, String> {
    let Some(wanted) = &set.preconditions else { return Ok(None) };
    for condition in &wanted.all {
        let (otherwise, reason) = match holds(world, id, condition, ctx) {
            Ok(None) => continue,
            Ok(Some(reason)) => (wanted.on_fail, format!("{} : {reason}", set.file)),
            Err(error) => (wanted.on_error, format!("{} : ERROR: {error}", set.file)),
        };
        return match otherwise {
            Otherwise::Halt => Err(reason),
            Otherwise::Warn => {
                voice.err(format!(
                    "WARNING: Executing {} despite precondition failure due to onFail='WARN':\n      1 \
                     preconditions failed\n     {reason}\n",
                    set.name()
                ));
                Ok(None)
            }
            other => Ok(Some(other)),
        };
    }
    Ok(None)
}

/// Whether something holds; why not, or why the server cannot say.
fn holds(
    world: &mut World,
    id: SessionId,
    condition: &Precondition,
    ctx: &mut Context<'_, Event>,
) -> Result<Option<String>, String> {
    let (expected, sql) = match condition {
        Precondition::TableExists(table) => {
            let there = world.instance().schema.tables.contains_key(table);
            return Ok((!there).then(|| format!("Table public.{table} does not exist")));
        }
        Precondition::SqlCheck { expected, sql } => (expected, sql),
    };
    let parsed = schema::parse(sql).map_err(|problems| {
        problems.first().map_or_else(String::new, |problem| problem.message.clone())
    })?;
    let [statement] = &parsed.statements[..] else {
        return Err("one question is needed".to_owned());
    };
    let reply = match world.ask(id, statement, ctx) {
        Some(Ok(reply)) => reply,
        Some(Err(error)) => return Err(error.message),
        None => world.answer_to(id, statement),
    };
    let Reply::Rows(table) = reply else {
        return Err(format!("not modelled: the answer to {sql}"));
    };
    let found = table.rows.first().and_then(|row| row.first().cloned().flatten());
    let found = found.unwrap_or_default();
    Ok((found != *expected)
        .then(|| format!("SQL Precondition failed.  Expected '{expected}' got '{found}'")))
}
