//! What becomes of the statements that releases send, computed whenever the schema changes.
//!
//! A request names its statement by number and looks the verdict up: nothing is parsed, compared or
//! searched for while requests run.

use std::sync::Arc;

use schema::{Fault, Schema, SqlError};

use crate::application::release::Release;

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
    /// The change of the schema that made it so, by its place among all changes; none if it was so at the
    /// beginning.
    pub since: Option<usize>,
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
}

impl Sent {
    fn new(text: &str) -> Self {
        let parsed = schema::parse(text).ok().and_then(|mut script| script.statements.pop());
        Self { text: text.to_owned(), parsed }
    }

    fn judge(&self, schema: &Schema) -> Outcome {
        let Some(statement) = &self.parsed else {
            return Outcome::Unknown("it is no SQL".to_owned());
        };
        match schema::check(schema, &statement.ast) {
            Ok(_) => Outcome::Works,
            Err(Fault::Fails(error)) => Outcome::Fails(error),
            Err(Fault::NotModelled(what)) => Outcome::Unknown(what),
        }
    }
}

impl Verdicts {
    /// The verdicts at the beginning, on the statements of releases in order.
    pub fn new<'r>(releases: impl Iterator<Item = &'r Release>, schema: &Schema) -> Self {
        let routes = releases.flat_map(|release| &release.routes);
        let sent = routes.flat_map(|route| &route.sql).map(|statement| Sent::new(&statement.text));
        let statements: Arc<[Sent]> = sent.collect();
        let verdict = |sent: &Sent| Verdict { outcome: sent.judge(schema), since: None };
        let verdicts = statements.iter().map(verdict).collect();
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
            Outcome::Fails(SqlError { code, message }) => {
                format!("ERROR: {message} (SQLSTATE {code}) in {}", self.text(id))
            }
            Outcome::Works | Outcome::Unknown(_) => String::new(),
        }
    }

    /// All statements with what becomes of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Verdict)> {
        let texts = self.statements.iter().map(|sent| &*sent.text);
        texts.zip(self.verdicts.iter())
    }

    /// Judges every statement again after the change of this number.
    pub fn judge_again(&mut self, schema: &Schema, change: usize) {
        let judge = |(sent, before): (&Sent, &Verdict)| {
            let outcome = sent.judge(schema);
            let since = if outcome == before.outcome { before.since } else { Some(change) };
            Verdict { outcome, since }
        };
        self.verdicts = self.statements.iter().zip(self.verdicts.iter()).map(judge).collect();
    }
}
