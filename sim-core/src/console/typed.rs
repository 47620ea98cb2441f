//! SQL that was typed at a client, as steps of a session.

use std::ops::Range;
use std::sync::Arc;

use schema::Statement;

use crate::database::session::{Action, Step};

/// Where a step stands in what was typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    /// File and line of its end; none if it was typed on the command line.
    pub(crate) place: Option<(Arc<str>, u64)>,
    /// The text in which the server looks for the place of an error.
    pub(crate) text: Arc<str>,
    /// Where in this text it stands, in bytes.
    pub(crate) own: Range<usize>,
    /// Number of the message in which it was sent with others; each is one by itself if there is none.
    pub(crate) message: Option<usize>,
    /// What is told of its answers.
    pub(crate) told: Told,
    /// Whether PostgreSQL tells of an error where it is.
    pub(crate) has_places: bool,
    /// Whether its rows are wanted one below the other.
    pub(crate) vertical: bool,
    /// Line on which it begins.
    pub(crate) line: u64,
}

/// What is told of the answers to a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Told {
    /// Everything.
    #[default]
    All,
    /// Not that a transaction is open already: it was opened for the message, and `BEGIN` makes it its own.
    NoWarning,
    /// Errors alone: the client has added it, or what a message does by itself is written out in it.
    Errors,
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
            text: statement.text.as_str().into(),
            own: 0..statement.text.len(),
            has_places: schema::session::has_places(&statement.ast),
            line,
            ..Written::default()
        });
        let action = Action::Execute { statement: Arc::new(statement), takes: None };
        self.steps.push(Step { from: Arc::clone(from), action });
    }
}
