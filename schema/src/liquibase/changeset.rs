//! What a changelog says, whatever it is written in (LQ-01, 05).

use crate::liquibase::checksum::checksum;
use crate::liquibase::expression::Expression;

/// A changeset: what is run at once and noted in one row. It is known by id, author and path (LQ-01).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// `id`.
    pub id: String,
    /// `author`.
    pub author: String,
    /// The changelog's file, or what it wants to be called.
    pub path: String,
    /// The file in which it stands.
    pub file: String,
    /// Line of the file where it begins, from 1.
    pub line: u64,
    /// `comment`; empty if there is none.
    pub comments: String,
    /// Contexts in which it is run.
    pub context: Option<Expression>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Databases for which it is; all if none is named.
    pub dbms: Vec<String>,
    /// `runAlways`.
    pub runs_always: bool,
    /// `runOnChange`.
    pub runs_on_change: bool,
    /// `runInTransaction` (LQ-05).
    pub in_transaction: bool,
    /// `failOnError`.
    pub fails_on_error: bool,
    /// `ignore`.
    pub ignored: bool,
    /// Checksums besides its own that are fine (LQ-03).
    pub valid_checksums: Vec<String>,
    /// What must hold before it is run.
    pub preconditions: Option<Preconditions>,
    /// What it does.
    pub changes: Vec<Change>,
    /// What takes it back (LQ-06); none is written if this is none.
    pub rollback: Option<Vec<Sql>>,
}

/// One thing that a changeset does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `sql`, `sqlFile`, or the text of a formatted file.
    Sql(Sql),
    /// `tagDatabase`.
    Tag(String),
    /// `empty`.
    Empty,
}

/// SQL as it stands in a changelog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    /// What it says.
    pub text: String,
    /// Line of its file where it begins, from 1.
    pub line: u64,
    /// The file that it was read from, if the change is `sqlFile`.
    pub file: Option<String>,
    /// `endDelimiter`; a semicolon if not given.
    pub delimiter: Option<String>,
}

/// What must hold before a changeset is run (LQ-05).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preconditions {
    /// What happens if it does not hold.
    pub on_fail: Otherwise,
    /// What happens if the server cannot answer.
    pub on_error: Otherwise,
    /// All of these.
    pub all: Vec<Precondition>,
}

/// What happens to a changeset whose preconditions do not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// Everything ends.
    #[default]
    Halt,
    /// It is left out; the next run asks again.
    Continue,
    /// It is left out, and counts as run.
    MarkRan,
    /// It is run, with a warning.
    Warn,
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// `sqlCheck`: a question and its answer.
    SqlCheck {
        /// The answer.
        expected: String,
        /// The question.
        sql: String,
    },
    /// `tableExists`.
    TableExists(String),
}

impl Otherwise {
    /// Reads `HALT`, `CONTINUE`, `MARK_RAN`, `WARN`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Halt, Self::Continue, Self::MarkRan, Self::Warn]
            .into_iter()
            .find(|one| one.text().eq_ignore_ascii_case(text))
    }

    /// As a changelog writes it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Halt => "HALT",
            Self::Continue => "CONTINUE",
            Self::MarkRan => "MARK_RAN",
            Self::Warn => "WARN",
        }
    }
}

impl Sql {
    /// SQL that begins at a line.
    pub fn new(text: &str, line: u64) -> Self {
        Self { text: text.trim().to_owned(), line, file: None, delimiter: None }
    }

    /// The text as a server reads it: a delimiter of one's own, which stands on a line for itself, is a
    /// semicolon.
    pub fn plain(&self) -> String {
        let Some(delimiter) = &self.delimiter else { return self.text.clone() };
        let line = |line: &str| match line.trim().eq_ignore_ascii_case(delimiter) {
            true => ";\n".to_owned(),
            false => format!("{line}\n"),
        };
        self.text.lines().map(line).collect()
    }
}

impl Change {
    /// As the column DESCRIPTION has it.
    fn describe(&self) -> String {
        match self {
            Self::Sql(Sql { file: None, .. }) => "sql".to_owned(),
            Self::Sql(Sql { file: Some(file), .. }) => format!("sqlFile path={file}"),
            Self::Tag(_) => "tagDatabase".to_owned(),
            Self::Empty => "empty".to_owned(),
        }
    }
}

impl ChangeSet {
    /// A changeset that does nothing yet.
    pub fn new(author: &str, id: &str, path: &str) -> Self {
        Self {
            id: id.to_owned(),
            author: author.to_owned(),
            path: path.to_owned(),
            file: path.to_owned(),
            line: 1,
            comments: String::new(),
            context: None,
            labels: Vec::new(),
            dbms: Vec::new(),
            runs_always: false,
            runs_on_change: false,
            in_transaction: true,
            fails_on_error: true,
            ignored: false,
            valid_checksums: Vec::new(),
            preconditions: None,
            changes: Vec::new(),
            rollback: None,
        }
    }

    /// How Liquibase names it: `changes/orders.sql::1::ann`.
    pub fn name(&self) -> String {
        format!("{}::{}::{}", self.path, self.id, self.author)
    }

    /// Its checksum (LQ-03).
    pub fn checksum(&self) -> String {
        checksum(&self.changes)
    }

    /// As the column DESCRIPTION has it.
    pub fn description(&self) -> String {
        if self.changes.is_empty() {
            return Change::Empty.describe();
        }
        let all: Vec<String> = self.changes.iter().map(Change::describe).collect();
        let text = all.join("; ");
        match text.char_indices().nth(DESCRIPTION) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    }

    /// The tag that it writes into its row, if it does.
    pub fn tag(&self) -> Option<&str> {
        self.changes.iter().rev().find_map(|change| match change {
            Change::Tag(tag) => Some(tag.as_str()),
            Change::Sql(_) | Change::Empty => None,
        })
    }

    /// The SQL that takes it back; why there is none (LQ-06).
    pub fn taken_back_by(&self) -> Result<&[Sql], String> {
        let raw = self.changes.iter().any(|change| matches!(change, Change::Sql(_)));
        match &self.rollback {
            Some(written) => Ok(written),
            None if raw => Err("Liquibase does not support automatic rollback generation for raw sql \
                                changes (did you mean to specify keyword \"empty\" to ignore rolling back \
                                this change?)"
                .to_owned()),
            None => Ok(&[]),
        }
    }
}

/// Most characters of the column DESCRIPTION that are written.
const DESCRIPTION: usize = 252;
