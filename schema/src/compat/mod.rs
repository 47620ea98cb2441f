//! Which release works on which schema: every statement of every release, after every migration.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use crate::catalog::Schema;
use crate::ddl;
use crate::fault::Fault;
use crate::query::{self, Access};
use crate::sql::{Script, Statement};

mod blocking;
mod case;
mod live;
mod migration;
mod prepared;
pub mod probe;
#[cfg(test)]
mod tests;
mod together;

use blocking::Held;
pub use case::{Case, CaseProblem, ReadCase, SCHEMA_FILE, Source};
pub use live::{Consequence, consequences};

/// A release and everything it sends.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its statements.
    pub script: Script,
}

/// A migration.
#[derive(Clone, Debug)]
pub struct Migration {
    /// Its file's name.
    pub name: String,
    /// Its statements.
    pub script: Script,
}

/// How a release fares on a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything it sends works.
    Ok,
    /// Something it sends waits while the migration works, for a time that grows with the table.
    Blocks,
    /// Something in it, or in the schema, is not modelled.
    Unknown,
    /// Something it sends fails.
    Breaks,
}

/// How one release fares after one migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The verdict.
    pub status: Status,
    /// SQLSTATE, if it breaks.
    pub code: Option<&'static str>,
    /// The first statement that does not work, or that waits.
    pub statement: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The lock it waits for, if it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// How long the lock is held, by the size of the table, if it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<&'static str>,
    /// The statement among the release's own, from 0.
    #[serde(skip)]
    pub index: Option<usize>,
    /// Line and column of the statement of the migration for which it waits, if it waits.
    #[serde(skip)]
    pub place: Option<(u64, u64)>,
}

/// A migration that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// SQLSTATE; none if what it does is not modelled.
    pub code: Option<&'static str>,
    /// The statement.
    pub statement: String,
    /// Why.
    pub reason: String,
    /// Where the statement begins: line and column.
    #[serde(skip)]
    pub place: (u64, u64),
}

/// Two releases that run side by side, and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// Their names.
    pub releases: (String, String),
    /// Whether both work, and neither misreads what the other writes.
    pub safe: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The state after a migration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The migration; none before the first.
    pub migration: Option<String>,
    /// How each release fares, by name.
    pub releases: BTreeMap<String, Cell>,
    /// Which releases may run side by side.
    pub together: Vec<Pair>,
    /// Why the migration itself fails, if it does; the schema is then as before, or in MySQL as the
    /// statements before the failure have left it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What holds only under a condition that the SQL does not show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// All steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matrix {
    /// The schema before any migration, then after each.
    pub steps: Vec<Step>,
    /// The migration after which the oldest release does not work any more: traffic cannot go back.
    pub point_of_no_return: Option<String>,
}

/// Makes a schema of its script. `rows` are known sizes of tables; others are unknown.
pub fn schema(script: &Script, rows: &BTreeMap<String, u64>) -> Result<Schema, Failure> {
    let mut schema = Schema { engine: script.engine, ..Schema::default() };
    for statement in &script.statements {
        let applied = ddl::apply(&schema, &statement.ast, false);
        (schema, _) = applied.map_err(|fault| Failure::of(statement, &fault))?;
    }
    schema.foreign_keys_unchecked = false;
    for (name, table) in &mut schema.tables {
        table.rows = rows.get(name).copied();
    }
    Ok(schema)
}

/// Computes the matrix, from a schema and its first release to the last migration and release.
pub fn matrix(schema: &Schema, releases: &[Release], migrations: &[Migration]) -> Matrix {
    let mut checked = check_all(schema, releases);
    let held = Held::new(schema.engine);
    let mut steps = vec![step(None, schema, releases, (&checked, &held))];
    let mut schema = schema.clone();
    let mut stopped: Option<String> = None;
    for migration in migrations {
        if let Some(before) = &stopped {
            steps.push(unreached(migration, releases, before));
            continue;
        }
        let applied = migration::run(&schema, migration);
        let mut next = match &applied.failure {
            Some(Failure { code: None, reason, .. }) => unreached(migration, releases, reason),
            _ => {
                let before = std::mem::replace(&mut checked, check_all(&applied.schema, releases));
                let now = (&checked[..], &applied.held);
                let mut next = step(Some(migration), &applied.schema, releases, now);
                next.notes = prepared::notes(schema.engine, releases, (&before, &checked));
                next
            }
        };
        // Tools stop at the first failure.
        if applied.failure.is_some() {
            stopped = Some(format!("{} failed before", migration.name));
        }
        next.notes.splice(..0, applied.notes);
        next.error = applied.failure;
        steps.push(next);
        schema = applied.schema;
    }
    let point_of_no_return = point_of_no_return(&steps, releases.first());
    Matrix { steps, point_of_no_return }
}

fn step(
    migration: Option<&Migration>,
    schema: &Schema,
    releases: &[Release],
    (checked, held): (&[Checked], &Held),
) -> Step {
    let cells = releases.iter().zip(checked).map(|(release, checked)| {
        let cell = checked.fault.clone().or_else(|| held.blocks(release, &checked.accesses));
        (release.name.clone(), cell.unwrap_or_else(Cell::ok))
    });
    Step {
        migration: migration.map(|migration| migration.name.clone()),
        releases: cells.collect(),
        together: together::pairs(schema, releases, checked),
        error: None,
        notes: Vec::new(),
    }
}

/// What a release touches, statement by statement, and what is wrong with it.
struct Checked {
    /// What each statement touches; None: it fails, or is not modelled.
    accesses: Vec<Option<Rc<Access>>>,
    fault: Option<Cell>,
}

/// Verdicts on statements by their texts: releases share most of what they send.
type Verdicts<'r> = BTreeMap<&'r str, Result<Rc<Access>, Fault>>;

fn check_all(schema: &Schema, releases: &[Release]) -> Vec<Checked> {
    let mut verdicts = Verdicts::new();
    releases.iter().map(|release| check(schema, release, &mut verdicts)).collect()
}

fn check<'r>(schema: &Schema, release: &'r Release, verdicts: &mut Verdicts<'r>) -> Checked {
    let mut checked = Checked { accesses: Vec::new(), fault: None };
    for (index, statement) in release.script.statements.iter().enumerate() {
        let verdict = verdicts
            .entry(&statement.text)
            .or_insert_with(|| query::check(schema, &statement.ast).map(Rc::new));
        match verdict {
            Ok(access) => checked.accesses.push(Some(Rc::clone(access))),
            Err(fault) => {
                checked.accesses.push(None);
                let cell = Cell::of(fault, statement, index);
                let worse = checked.fault.as_ref().is_none_or(|worst| {
                    cell.status == Status::Breaks && worst.status != Status::Breaks
                });
                if worse {
                    checked.fault = Some(cell);
                }
            }
        }
    }
    checked
}

impl Cell {
    /// Code and reason in a line.
    pub fn told(&self) -> String {
        told(self.code, self.reason.as_deref().unwrap_or_default())
    }

    fn ok() -> Self {
        Self {
            status: Status::Ok,
            code: None,
            statement: None,
            reason: None,
            lock: None,
            cost: None,
            index: None,
            place: None,
        }
    }

    fn of(fault: &Fault, statement: &Statement, index: usize) -> Self {
        let (status, code, reason) = match fault {
            Fault::Fails(error) => (Status::Breaks, Some(error.code), error.reason()),
            Fault::NotModelled(_) => (Status::Unknown, None, fault.to_string()),
        };
        let statement = Some(statement.text.clone());
        Self { status, code, statement, reason: Some(reason), index: Some(index), ..Self::ok() }
    }
}

/// A code and a reason, which in MySQL says the code itself.
fn told(code: Option<&str>, reason: &str) -> String {
    match code {
        Some(code) if !reason.contains(code) => format!("{code}: {reason}"),
        _ => reason.to_owned(),
    }
}

impl Failure {
    /// Code and reason in a line.
    pub fn told(&self) -> String {
        told(self.code, &self.reason)
    }

    fn of(statement: &Statement, fault: &Fault) -> Self {
        let (code, reason) = match fault {
            Fault::Fails(error) => (Some(error.code), error.reason()),
            fault @ Fault::NotModelled(_) => (None, fault.to_string()),
        };
        let place = (statement.line, statement.column);
        Self { code, statement: statement.text.clone(), reason, place }
    }
}

/// A step that is not known, because something before it is not.
fn unreached(migration: &Migration, releases: &[Release], why: &str) -> Step {
    let unknown = Cell { status: Status::Unknown, reason: Some(why.to_owned()), ..Cell::ok() };
    Step {
        migration: Some(migration.name.clone()),
        releases: releases.iter().map(|r| (r.name.clone(), unknown.clone())).collect(),
        together: Vec::new(),
        error: None,
        notes: Vec::new(),
    }
}

/// The last migration at which the oldest release stops working and never works again.
fn point_of_no_return(steps: &[Step], oldest: Option<&Release>) -> Option<String> {
    let oldest = &oldest?.name;
    // What is behind a failure is not reached.
    let end = steps.iter().position(|step| step.error.is_some()).map_or(steps.len(), |at| at + 1);
    let steps = &steps[..end];
    let breaks = |step: &Step| step.releases[oldest].status == Status::Breaks;
    let first = steps.iter().rposition(|step| !breaks(step))? + 1;
    steps.get(first)?.migration.clone()
}
