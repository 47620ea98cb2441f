//! SQL that was typed at a client, as steps of a session.

use std::sync::Arc;

use schema::Statement;

use crate::database::session::{Action, Step};

/// Where a step stands in what was typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    /// File and line of its end; none if it was typed on the command line.
    pub(crate) place: Option<(Arc<str>, u64)>,
    /// Its text.
    pub(crate) text: String,
    /// Whether PostgreSQL tells of an error where it is.
    pub(crate) has_places: bool,
    /// Whether its rows are wanted one below the other.
    pub(crate) vertical: bool,
    /// Line on which it begins.
    pub(crate) line: u64,
}

/// Steps, and where they stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    pub(crate) steps: Vec<Step>,
    pub(crate) written: Vec<Written>,
}

impl Typed {
    /// Adds a statement of a text whose first line has this number, from 0; it ends in `file`, if in any.
    pub(crate) fn add(
        &mut self,
        statement: Statement,
        from: &Arc<str>,
        file: Option<&Arc<str>>,
        first: u64,
    ) {
        let line = statement.line + first;
        let end = line + statement.text.matches('\n').count() as u64;
        self.written.push(Written {
            place: file.map(|file| (Arc::clone(file), end)),
            text: statement.text.clone(),
            has_places: schema::session::has_places(&statement.ast),
            vertical: false,
            line,
        });
        let action = Action::Execute { statement: Arc::new(statement), takes: None };
        self.steps.push(Step { from: Arc::clone(from), action });
    }
}
