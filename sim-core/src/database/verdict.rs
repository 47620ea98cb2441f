//! What becomes of the statements that releases send, computed whenever the schema changes.
//!
//! A request names its statement by number and looks the verdict up: nothing is parsed, compared or
//! searched for while requests run.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::{Engine, Fault, Schema, SqlError};

use crate::application::release::{Release, ReleaseValues};
use crate::database::dialect::logged;
use crate::database::lock::{Locks, RelationId, Wanted};
use crate::database::run::SOME_ROWS;
use crate::database::values::{ColumnId, FormId, Values};

/// Names a statement of a release: its place among all statements of all routes of all releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementId(pub u32);

/// What becomes of a statement on the schema as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It works.
    Works,
    /// The database refuses it (PG-06).
    Fails(SqlError),
    /// The model does not know: it is taken to work, and `cutover check` says so.
    Unknown(String),
}

/// A statement, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What becomes of it now.
    pub outcome: Outcome,
    /// What it locks, in order (PG-02); nothing if it does not work.
    pub locks: Vec<Wanted>,
    /// The table that it adds rows to, and how many.
    pub grows: Option<(RelationId, u64)>,
    /// What it does with columns whose forms are followed (EC-6).
    pub touches: Vec<Touch>,
    /// The change of the schema that made it so, by its place among all changes; none if it was so at the
    /// beginning.
    pub since: Option<usize>,
}

/// What a statement does with a column whose forms are followed (EC-6).
#[derive(Clone, Debug, PartialEq)]
pub enum Touch {
    /// It reads a row, whose form is known or not.
    Reads {
        /// The column.
        column: ColumnId,
        /// By form, whether the release can read it.
        known: Vec<bool>,
    },
    /// It changes a row of which a check that was added without a look at the rows demands a value (PG-31).
    Demands {
        /// The column.
        column: ColumnId,
    },
    /// It adds rows.
    Inserts {
        /// The column.
        column: ColumnId,
        /// Their form.
        form: FormId,
        /// How many.
        rows: u64,
    },
    /// It changes a row.
    Updates {
        /// The column.
        column: ColumnId,
        /// Its form from then on.
        form: FormId,
    },
}

/// The verdicts on all statements of all releases.
#[derive(Clone, Debug)]
pub struct Verdicts {
    statements: Arc<[Sent]>,
    verdicts: Arc<[Verdict]>,
}

/// A statement that a release sends.
#[derive(Debug)]
struct Sent {
    text: String,
    /// None if it is no SQL: a scenario that was checked has none such.
    parsed: Option<schema::Statement>,
    /// What its release makes of values.
    values: Arc<BTreeMap<String, ReleaseValues>>,
}

impl Sent {
    fn new(engine: Engine, text: &str, values: &Arc<BTreeMap<String, ReleaseValues>>) -> Self {
        let parsed = engine.parse(text).ok().and_then(|mut script| script.statements.pop());
        Self { text: text.to_owned(), parsed, values: Arc::clone(values) }
    }

    fn judge(&self, schema: &Schema, values: &Values, locks: &mut Locks) -> Verdict {
        let mut verdict = Verdict {
            outcome: Outcome::Works,
            locks: Vec::new(),
            grows: None,
            touches: Vec::new(),
            since: None,
        };
        let Some(statement) = &self.parsed else {
            verdict.outcome = Outcome::Unknown("it is no SQL".to_owned());
            return verdict;
        };
        match schema::check(schema, &statement.ast) {
            Ok(access) => {
                let tables = access.locks.iter();
                verdict.locks =
                    tables.map(|lock| (locks.relation(&lock.table, false), lock.mode)).collect();
                let rows = access.row_locks.iter().map(|table| locks.relation(table, true));
                verdict.locks.extend(rows.map(|rows| (rows, SOME_ROWS)));
                let added = schema::session::rows_added(&statement.ast);
                verdict.touches = values.touches(&self.values, schema, &access, added);
                let into = access.inserts.first().filter(|_| 0 < added);
                verdict.grows = into.map(|table| (locks.relation(table, false), added));
            }
            Err(Fault::Fails(error)) => verdict.outcome = Outcome::Fails(*error),
            Err(Fault::NotModelled(what)) => verdict.outcome = Outcome::Unknown(what),
        }
        verdict
    }
}

impl Verdicts {
    /// The verdicts at the beginning, on the statements of releases in order.
    pub fn new<'r>(
        releases: impl Iterator<Item = &'r Release>,
        schema: &Schema,
        values: &Values,
        locks: &mut Locks,
    ) -> Self {
        let mut statements = Vec::new();
        for release in releases {
            let made_of = Arc::new(release.values.clone());
            let texts = release.routes.iter().flat_map(|route| &route.sql);
            statements.extend(texts.map(|one| Sent::new(schema.engine, &one.text, &made_of)));
        }
        let statements: Arc<[Sent]> = statements.into();
        let verdicts = statements.iter().map(|sent| sent.judge(schema, values, locks)).collect();
        Self { statements, verdicts }
    }

    /// What becomes of a statement.
    #[inline]
    pub fn of(&self, id: StatementId) -> &Verdict {
        &self.verdicts[id.0 as usize]
    }

    /// The text of a statement.
    pub fn text(&self, id: StatementId) -> &str {
        &self.statements[id.0 as usize].text
    }

    /// What the application writes about a statement that fails; empty if it works.
    pub fn complaint(&self, id: StatementId) -> String {
        match &self.of(id).outcome {
            Outcome::Fails(error) => format!("{} in {}", logged("ERROR", error), self.text(id)),
            Outcome::Works | Outcome::Unknown(_) => String::new(),
        }
    }

    /// All statements with what becomes of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Verdict)> {
        let texts = self.statements.iter().map(|sent| &*sent.text);
        texts.zip(self.verdicts.iter())
    }

    /// Judges every statement again after the change of this number.
    pub fn judge_again(
        &mut self,
        schema: &Schema,
        values: &Values,
        change: usize,
        locks: &mut Locks,
    ) {
        let judge = |(sent, before): (&Sent, &Verdict)| {
            let verdict = sent.judge(schema, values, locks);
            let same = verdict.outcome == before.outcome;
            Verdict { since: if same { before.since } else { Some(change) }, ..verdict }
        };
        self.verdicts = self.statements.iter().zip(self.verdicts.iter()).map(judge).collect();
    }
}
