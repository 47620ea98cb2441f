//! Runs a case on the real server: schema, migrations, and after each what every release sends.

use std::collections::BTreeMap;

use schema::compat::{ReadCase, Release, probe};
use schema::{LockMode, Script, Statement};

use super::model::{Observed, Refused};
use crate::port::pglite::{Rows, Server, ServerError};

/// Everything that an earlier trial has left goes. Foreign keys are not followed: the values of a trial
/// name no rows.
const FRESH: &str = "ROLLBACK; DROP SCHEMA public CASCADE; CREATE SCHEMA public; \
                     SET session_replication_role = replica";

/// Locks that the transaction holds on tables.
const LOCKS: &str = "SELECT relname::text, mode FROM pg_locks JOIN pg_class ON oid = relation \
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";

/// The file in which each table lies: another one after a rewrite.
const FILES: &str = "SELECT relname::text, relfilenode::text FROM pg_class WHERE relkind = 'r' \
                     AND relnamespace = 'public'::regnamespace";

/// What the server says of every step of a case. Fails if the schema cannot be made.
pub(super) async fn run(server: &Server, case: &ReadCase) -> Result<Vec<Observed>, Refused> {
    // There is no transaction to roll back the first time, which is only a warning.
    server.ask(FRESH).await.map_err(|error| refused("", error))?;
    for statement in &case.schema.statements {
        server.ask(&statement.text).await.map_err(|error| refused(&statement.text, error))?;
    }
    let mut steps =
        vec![Observed { releases: releases(server, case).await, ..Observed::default() }];
    for migration in &case.migrations {
        let mut observed = migrate(server, &migration.script).await;
        observed.releases = releases(server, case).await;
        let failed = observed.failed.is_some();
        steps.push(observed);
        if failed {
            break;
        }
    }
    Ok(steps)
}

/// Runs a migration in a transaction; outside one if the server wants it so (PG-40, PG-41).
async fn migrate(server: &Server, script: &Script) -> Observed {
    let files = pairs(server, FILES).await;
    let mut observed = Observed::default();
    let outside =
        script.statements.iter().any(|one| one.text.to_uppercase().contains("CONCURRENTLY"));
    if !outside {
        // It can only fail when the server has ended, and then everything after it does.
        let _ = server.ask("BEGIN").await;
    }
    for statement in &script.statements {
        if let Err(error) = server.ask(&statement.text).await {
            observed.failed = Some(refused(&statement.text, error));
            let _ = server.ask("ROLLBACK").await;
            return observed;
        }
    }
    for (table, mode) in rows(server, LOCKS).await {
        let known = files.contains_key(&table);
        let stronger = |held: &String| strength(held) < strength(&mode);
        if known && observed.locks.get(&table).is_none_or(stronger) {
            observed.locks.insert(table, mode);
        }
    }
    if !outside {
        let _ = server.ask("COMMIT").await;
    }
    let after = pairs(server, FILES).await;
    let moved = |(table, file): &(String, String)| after.get(table).is_some_and(|now| now != file);
    observed.rewritten = files.into_iter().filter(moved).map(|(table, _)| table).collect();
    observed
}

/// How strong a lock is, by its name in `pg_locks`.
fn strength(mode: &str) -> Option<usize> {
    LockMode::ALL.iter().position(|known| known.pg_name() == mode)
}

/// The first statement of every release that the server refuses.
async fn releases(server: &Server, case: &ReadCase) -> BTreeMap<String, Option<Refused>> {
    let mut answers = BTreeMap::new();
    for release in &case.releases {
        answers.insert(release.name.clone(), first_refused(server, release).await);
    }
    answers
}

async fn first_refused(server: &Server, release: &Release) -> Option<Refused> {
    for statement in &release.script.statements {
        let tried = attempt(server, statement).await;
        let _ = server.ask("ROLLBACK; DEALLOCATE ALL").await;
        match tried {
            Err(error) if !super::model::depends_on_rows(&error.code) => {
                return Some(refused(&statement.text, error));
            }
            _ => {}
        }
    }
    None
}

/// Runs a statement of a release with values that fit; the caller undoes it.
async fn attempt(server: &Server, statement: &Statement) -> Result<Rows, ServerError> {
    server.ask("BEGIN").await?;
    server.ask(&probe::prepare(&statement.text)).await?;
    let parameters = server.ask(probe::PARAMETERS).await?;
    let parameters = parameters.iter().filter_map(|row| row.first()?.as_deref());
    server.ask(&probe::execute(parameters)).await
}

fn refused(statement: &str, error: ServerError) -> Refused {
    let ServerError { code, message } = error;
    Refused { statement: statement.to_owned(), code, message }
}

async fn rows(server: &Server, sql: &str) -> Vec<(String, String)> {
    let rows = server.ask(sql).await.unwrap_or_default();
    let pair = |row: Vec<Option<String>>| match <[_; 2]>::try_from(row) {
        Ok([Some(one), Some(other)]) => Some((one, other)),
        _ => None,
    };
    rows.into_iter().filter_map(pair).collect()
}

async fn pairs(server: &Server, sql: &str) -> BTreeMap<String, String> {
    rows(server, sql).await.into_iter().collect()
}
