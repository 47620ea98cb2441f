//! Who waits while a migration works.

use std::rc::Rc;

use crate::compat::{Cell, Release, Status};
use crate::engine::Engine;
use crate::lock::{Lock, LockMode};
use crate::query::Access;
use crate::sql::Statement;
use crate::work::{Effect, Work};

/// Slow work, and the locks that are held meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    engine: Engine,
    locks: Vec<Lock>,
    slow: Vec<Slow>,
}

#[derive(Clone, Debug)]
struct Slow {
    /// The statement of the migration.
    text: String,
    /// Where it begins: line and column.
    place: (u64, u64),
    work: Work,
    /// Locks that are held while it works.
    locks: Vec<Lock>,
    /// Tables whose rows it keeps until the commit.
    rows_locked: Vec<String>,
}

impl Held {
    /// Nothing yet.
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, ..Self::default() }
    }

    /// Takes up a statement: in a transaction all earlier locks are still held (PG-03, PG-41).
    pub(super) fn add(&mut self, statement: &Statement, effect: &Effect, in_transaction: bool) {
        if !in_transaction {
            self.locks.clear();
        }
        let mut all = Effect { locks: std::mem::take(&mut self.locks), ..Effect::default() };
        all.merge(Effect { locks: effect.locks.clone(), ..Effect::default() });
        self.locks = all.locks;
        for work in effect.work.iter().filter(|work| work.is_slow()) {
            self.slow.push(Slow {
                text: statement.text.clone(),
                place: (statement.line, statement.column),
                work: work.clone(),
                locks: self.locks.clone(),
                rows_locked: effect.rows_locked.clone(),
            });
        }
    }

    /// The first statement of a release that waits for slow work.
    pub(super) fn blocks(
        &self,
        release: &Release,
        accesses: &[Option<Rc<Access>>],
    ) -> Option<Cell> {
        let statements = release.script.statements.iter().zip(accesses).enumerate();
        statements.into_iter().find_map(|(index, (statement, access))| {
            let access = access.as_ref()?;
            let (slow, lock) =
                self.slow.iter().find_map(|slow| Some((slow, slow.stops(self.engine, access)?)))?;
            let took = duration(&slow.work);
            let reason =
                format!("waits for {lock}, held while {:?} works{took}", shorten(&slow.text));
            Some(Cell {
                status: Status::Blocks,
                statement: Some(statement.text.clone()),
                reason: Some(reason),
                lock: Some(lock),
                cost: Some(slow.work.cost.describe()),
                index: Some(index),
                place: Some(slow.place),
                ..Cell::ok()
            })
        })
    }
}

impl Slow {
    /// The lock for which a statement waits.
    fn stops(&self, engine: Engine, access: &Access) -> Option<String> {
        let table = access.locks.iter().find_map(|wanted| {
            let held = self.locks.iter().find(|held| held.table == wanted.table)?;
            let waits = held.mode.conflicts(wanted.mode);
            waits.then(|| format!("{} on {}", named(engine, held.mode), held.table))
        });
        table.or_else(|| {
            let rows = access.row_locks.iter().find(|table| self.rows_locked.contains(table))?;
            Some(format!("row locks on {rows}"))
        })
    }
}

/// A lock as its database calls it.
fn named(engine: Engine, mode: LockMode) -> String {
    match (engine, mode.mysql_name()) {
        (Engine::Mysql, Some(name)) => format!("{name} metadata lock"),
        _ => mode.to_string(),
    }
}

fn duration(work: &Work) -> String {
    let seconds = work.rows.zip(work.cost.rows_per_second());
    match seconds {
        Some((rows, pace)) => {
            format!(": about {:.1} s for {rows} rows by the model's pace", rows as f64 / pace)
        }
        None => String::new(),
    }
}

fn shorten(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
