//! What a statement of a migration does: the schema after it, its locks and its work.

use sqlparser::ast::{CreateView, GrantObjects, Lock, ObjectName, ObjectType, Statement};

use crate::catalog::{Schema, ident, object};
use crate::engine::Engine;
use crate::fault::{self, Fault};
use crate::lock::LockMode;
use crate::mysql;
use crate::query;
use crate::session;
use crate::sql;
use crate::work::{Cost, Effect, Work};

mod alter;
pub(crate) mod batch;
pub(crate) mod column;
mod constraint;
pub(crate) mod data;
pub(crate) mod expression;
mod immutable;
mod index;
mod retype;
mod table;
#[cfg(test)]
mod tests;
mod type_;
mod written;

/// Applies a statement. `in_transaction` tells whether it runs in a transaction block.
pub fn apply(
    schema: &Schema,
    statement: &Statement,
    in_transaction: bool,
) -> Result<(Schema, Effect), Fault> {
    if !sql::IS_READ {
        return Fault::not_modelled("SQL");
    }
    let mut next = schema.clone();
    let changed = match schema.engine {
        Engine::Postgresql => change(&mut next, statement, in_transaction),
        Engine::Mysql => mysql::ddl::change(&mut next, statement),
    };
    match changed {
        Ok(effect) => Ok((next, effect)),
        Err(Fault::NotModelled(what)) => hide(schema, statement, what),
        Err(fault) => Err(fault),
    }
}

/// What a statement does that is not modelled concerns one table or type: whoever uses that is then
/// unknown, and everybody else is not.
fn hide(schema: &Schema, statement: &Statement, what: String) -> Result<(Schema, Effect), Fault> {
    let name = |name| schema.engine.table(name);
    let (name, locked) = match statement {
        Statement::CreateTable(create) => (name(&create.name)?, false),
        Statement::AlterTable(alter) => (name(&alter.name)?, true),
        Statement::CreateIndex(index) => (name(&index.table_name)?, true),
        Statement::CreateDomain(domain) => (name(&domain.name)?, false),
        _ => return Err(Fault::NotModelled(what)),
    };
    let mut next = schema.clone();
    let note = format!("not modelled: {what}");
    next.opaque.entry(name.clone()).or_insert(what);
    let mut effect = Effect { notes: vec![note], ..Effect::default() };
    if locked {
        effect.merge(Effect::lock(&name, LockMode::AccessExclusive));
    }
    Ok((next, effect))
}

/// What a `CREATE INDEX CONCURRENTLY` leaves behind that does not come to its end: an index that is of no
/// use and must be dropped (PG-40). `None` for every other statement.
pub fn leave_invalid(schema: &Schema, statement: &Statement) -> Option<Schema> {
    let Statement::CreateIndex(create) = statement else { return None };
    if !create.concurrently || !sql::IS_READ {
        return None;
    }
    let (mut next, _) = apply(schema, statement, false).ok()?;
    let table = next.tables.get_mut(&object(&create.table_name).ok()?)?;
    table.indexes.last_mut()?.valid = false;
    Some(next)
}

fn change(
    schema: &mut Schema,
    statement: &Statement,
    in_transaction: bool,
) -> Result<Effect, Fault> {
    match statement {
        Statement::CreateTable(create) => table::create(schema, create),
        Statement::AlterTable(alter) => alter::alter(schema, alter),
        Statement::CreateIndex(create) => index::create(schema, create, in_transaction),
        Statement::AlterIndex { name, operation } => index::alter(schema, name, operation),
        // `unparsed` reads CONCURRENTLY as Hive's PURGE.
        Statement::Drop {
            object_type: ObjectType::Index, names, if_exists, purge: true, ..
        } => index::drop_concurrently(schema, names, *if_exists, in_transaction),
        Statement::Drop { object_type, if_exists, names, cascade, .. } => {
            let mut effect = Effect::default();
            for name in names {
                let name = object(name)?;
                effect.merge(drop(schema, object_type, &name, *if_exists, *cascade)?);
            }
            Ok(effect)
        }
        Statement::Truncate(truncate) => table::truncate(schema, truncate),
        Statement::CreateType { name, representation } => {
            type_::create(schema, name, representation.as_ref())
        }
        Statement::AlterType(alter) => type_::alter(schema, alter, in_transaction),
        Statement::CreateSequence { name, if_not_exists, .. } => {
            create_sequence(schema, object(name)?, *if_not_exists)
        }
        Statement::CreateExtension(_) => {
            schema.has_extensions = true;
            Ok(Effect::default())
        }
        Statement::CreateView(view) => create_view(schema, view),
        Statement::CreateFunction(_) | Statement::AlterFunction(_) => Ok(Effect::default()),
        Statement::CreateTrigger(trigger) => {
            let name = object(&trigger.table_name)?;
            if !schema.opaque.contains_key(&name) {
                schema.table_mut(&name)?.has_triggers = true;
            }
            Ok(Effect::lock(&name, LockMode::ShareRowExclusive))
        }
        Statement::Comment { object_type, object_name, .. } => {
            comment(schema, &object_type.to_string(), object_name)
        }
        Statement::Lock(lock) => lock_tables(schema, lock),
        Statement::Query(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_) => data::change(schema, statement),
        Statement::Set(_)
        | Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Revoke(_) => Ok(Effect::default()),
        Statement::Grant(grant) => {
            if let Some(GrantObjects::Tables(names)) = &grant.objects {
                names.iter().try_for_each(|name| exists(schema, &object(name)?))?;
            }
            Ok(Effect::default())
        }
        Statement::Analyze(analyze) => match &analyze.table_name {
            Some(name) => {
                let name = object(name)?;
                exists(schema, &name)?;
                Ok(Effect::lock(&name, LockMode::ShareUpdateExclusive))
            }
            None => Ok(Effect::default()),
        },
        other => Fault::statement(other),
    }
}

/// A comment on a table or on one of its columns; others lock nothing that matters.
fn comment(schema: &Schema, of: &str, on: &ObjectName) -> Result<Effect, Fault> {
    let is_column = of == "COLUMN";
    if !is_column && of != "TABLE" {
        return Ok(Effect::default());
    }
    let mut parts = on.clone();
    let column = if is_column { parts.0.pop() } else { None };
    let name = object(&parts)?;
    if !schema.opaque.contains_key(&name) {
        let own = schema.table(&name)?;
        let column = column.as_ref().and_then(|part| part.as_ident()).map(ident);
        if let Some(column) = column.filter(|column| own.column(column).is_none()) {
            return Err(fault::undefined_column_of(column, name));
        }
    }
    Ok(Effect::lock(&name, LockMode::ShareUpdateExclusive))
}

fn exists(schema: &Schema, name: &str) -> Result<(), Fault> {
    if schema.has_relation(name) { Ok(()) } else { Err(fault::undefined_table(name)) }
}

fn lock_tables(schema: &Schema, lock: &Lock) -> Result<Effect, Fault> {
    let mode = session::lock_mode(lock.lock_mode.as_ref());
    let mut effect = Effect::default();
    for target in &lock.tables {
        let name = object(&target.name)?;
        schema.table(&name)?;
        effect.merge(Effect::lock(&name, mode));
    }
    Ok(effect)
}

fn create_sequence(
    schema: &mut Schema,
    name: String,
    if_not_exists: bool,
) -> Result<Effect, Fault> {
    if schema.has_relation(&name) {
        return Effect::default().skipping(if_not_exists, fault::duplicate_relation(name));
    }
    schema.sequences.insert(name);
    Ok(Effect::default())
}

/// A sequence goes if no column needs it; with CASCADE those lose their default.
fn drop_sequence(schema: &mut Schema, name: &str, cascade: bool) -> Result<Effect, Fault> {
    let mut effect = Effect::default();
    for (table, own) in &mut schema.tables {
        for column in &mut own.columns {
            let is_own = column.sequence.as_deref() == Some(name);
            if is_own && column.identity.is_some() {
                return Err(fault::needed_by_column(name, &column.name, table));
            }
            if column.default.as_ref().is_some_and(|default| default.asks(name)) {
                if !cascade {
                    let (what, of) = (format!("sequence {name}"), &column.name);
                    let which =
                        format!("default value for column {of} of table {table} depends on {what}");
                    return Err(fault::dependent(what, which));
                }
                column.default = None;
                effect.merge(Effect::lock(table, LockMode::AccessExclusive));
            }
            column.sequence.take_if(|_| is_own);
        }
    }
    schema.sequences.remove(name);
    Ok(effect)
}

fn create_view(schema: &mut Schema, view: &CreateView) -> Result<Effect, Fault> {
    // What is behind a view is not modelled, so it need not be known.
    let accessed = match query::check(schema, &Statement::Query(view.query.clone())) {
        Err(fault @ Fault::Fails(_)) => return Err(fault),
        checked => checked.unwrap_or_default(),
    };
    let name = object(&view.name)?;
    let replaces = view.or_replace && schema.views.contains(&name);
    if !replaces && schema.has_relation(&name) {
        return Effect::default().skipping(view.if_not_exists, fault::duplicate_relation(name));
    }
    schema.views.insert(name);
    Ok(Effect { locks: accessed.locks, ..Effect::default() })
}

fn drop(
    schema: &mut Schema,
    kind: &ObjectType,
    name: &str,
    if_exists: bool,
    cascade: bool,
) -> Result<Effect, Fault> {
    let missing = |fault: Fault| Effect::default().skipping(if_exists, fault);
    match kind {
        ObjectType::Table => match schema.has_table(name) {
            true => table::drop(schema, name, cascade),
            false => missing(fault::undefined_relation("table", name)),
        },
        ObjectType::Index => match schema.index(name).is_some() {
            true => index::drop(schema, name),
            false => missing(fault::undefined_object("index", name)),
        },
        ObjectType::Type => match schema.enums.contains_key(name) {
            true => type_::drop(schema, name, cascade),
            false => missing(fault::undefined_object("type", name)),
        },
        ObjectType::Sequence => match schema.has_sequence(name) {
            true => drop_sequence(schema, name, cascade),
            false => missing(fault::undefined_relation("sequence", name)),
        },
        ObjectType::View => match schema.views.remove(name) {
            true => Ok(Effect::default()),
            false => missing(fault::undefined_relation("view", name)),
        },
        other => Fault::not_modelled(format!("DROP {other}")),
    }
}

/// Work on a table, with the number of its rows.
pub(crate) fn work(schema: &Schema, table: &str, cost: Cost) -> Work {
    let rows = schema.tables.get(table).and_then(|table| table.rows);
    Work { table: table.to_owned(), cost, rows }
}
