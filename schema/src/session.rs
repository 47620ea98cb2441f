//! What a session says beside changing the schema: transactions, settings, and what it is answered.

use sqlparser::ast::{
    ContextModifier, Expr, Insert, LockTableMode, Reset, Set, SetExpr, Statement, Value,
};

use crate::fault::SqlError;
use crate::lock::LockMode;
use crate::sql::{self, IS_READ};

/// A statement that is about the session itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// `SET name = value`; `SET name TO DEFAULT` and `RESET name` have no value.
    Set {
        /// The setting; `global.` stands before one of the whole server.
        name: String,
        /// Its value as written, without quotes.
        value: Option<String>,
        /// Whether only to the end of the transaction: `SET LOCAL`.
        local: bool,
    },
    /// `SHOW name`.
    Show(String),
}

impl Control {
    /// What a statement says about the session; `None` if it is about the database.
    pub fn of(statement: &Statement) -> Option<Self> {
        if !IS_READ {
            return None;
        }
        Some(match statement {
            Statement::StartTransaction { .. } => Self::Begin,
            Statement::Commit { .. } => Self::Commit,
            Statement::Rollback { savepoint: None, .. } => Self::Rollback,
            Statement::Set(Set::SingleAssignment { scope, variable, values, .. }) => {
                let values: Vec<String> = values.iter().map(plain).collect();
                let value = Some(values.join(", ")).filter(|value| !is_default(value));
                let local = matches!(scope, Some(ContextModifier::Local));
                let global = matches!(scope, Some(ContextModifier::Global));
                let prefix = if global { "global." } else { "" };
                let name = format!("{prefix}{}", variable.to_string().to_lowercase());
                Self::Set { name, value, local }
            }
            Statement::Reset(reset) => match &reset.reset {
                Reset::ConfigurationParameter(name) => {
                    let name = name.to_string().to_lowercase();
                    Self::Set { name, value: None, local: false }
                }
                Reset::ALL | Reset::SessionAuthorization => return None,
            },
            Statement::ShowVariable { variable } => {
                let words: Vec<&str> = variable.iter().map(|word| &*word.value).collect();
                Self::Show(words.join("_").to_lowercase())
            }
            _ => return None,
        })
    }
}

fn is_default(value: &str) -> bool {
    value.eq_ignore_ascii_case("default")
}

/// A value without its quotes.
fn plain(expr: &Expr) -> String {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => text.clone(),
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}

/// The mode of a `LOCK TABLE`.
pub(crate) fn lock_mode(mode: Option<&LockTableMode>) -> LockMode {
    match mode {
        Some(LockTableMode::AccessShare) => LockMode::AccessShare,
        Some(LockTableMode::RowShare) => LockMode::RowShare,
        Some(LockTableMode::RowExclusive) => LockMode::RowExclusive,
        Some(LockTableMode::ShareUpdateExclusive) => LockMode::ShareUpdateExclusive,
        Some(LockTableMode::Share) => LockMode::Share,
        Some(LockTableMode::ShareRowExclusive) => LockMode::ShareRowExclusive,
        Some(LockTableMode::Exclusive) => LockMode::Exclusive,
        Some(LockTableMode::AccessExclusive) | None => LockMode::AccessExclusive,
    }
}

/// Whether a statement changes what the database holds, not only its rows.
pub fn is_definition(statement: &Statement) -> bool {
    !matches!(
        statement,
        Statement::Query(_)
            | Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Truncate(_)
            | Statement::Lock(_)
            | Statement::Set(_)
            | Statement::Grant(_)
            | Statement::Revoke(_)
            | Statement::Analyze(_)
            | Statement::Vacuum(_)
            | Statement::Comment { .. }
    )
}

/// Whether MySQL commits before and after a statement (MY-05).
pub fn commits(statement: &Statement) -> bool {
    is_definition(statement) || matches!(statement, Statement::Truncate(_) | Statement::Analyze(_))
}

/// Whether a statement builds or drops an index beside everybody else's work (PG-38, 40).
pub fn is_concurrent(statement: &Statement) -> bool {
    match statement {
        Statement::CreateIndex(index) => index.concurrently,
        Statement::Drop { purge, .. } => *purge,
        _ => false,
    }
}

/// Whether such a build has no expression that could look into other tables: nobody else's waits for it.
pub fn is_safe_build(statement: &Statement) -> bool {
    let Statement::CreateIndex(index) = statement else { return false };
    let mut columns = index.columns.iter().map(|column| &column.column.expr);
    let is_plain = columns.all(|expr| matches!(expr, Expr::Identifier(_)));
    index.concurrently && index.predicate.is_none() && is_plain
}

/// How many rows a statement adds, if its text tells.
pub fn rows_added(statement: &Statement) -> u64 {
    match statement {
        Statement::Insert(insert) => rows_of(insert).unwrap_or(0),
        _ => 0,
    }
}

pub(crate) fn rows_of(insert: &Insert) -> Option<u64> {
    match insert.source.as_deref().map(|query| &*query.body) {
        None => Some(1),
        Some(SetExpr::Values(values)) => Some(values.rows.len() as u64),
        Some(_) => None,
    }
}

/// Whether the server tells of an error in it where it is: it does of what it has to analyze.
pub fn has_places(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)
    )
}

/// Where in a statement something is wrong, as a byte: the server gives the place of a name; here it is found
/// by the name that the message quotes.
pub fn place(error: &SqlError, text: &str) -> Option<usize> {
    let name = error.message.split('"').nth(1)?;
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let is_word = |(at, found): &(usize, &str)| {
        let before = text[..*at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    };
    text.match_indices(name).find(is_word).map(|(at, _)| at)
}

/// An error as PostgreSQL's JDBC driver words it, with its details on lines of their own.
pub fn driver_message(error: &SqlError, statement: Option<&sql::Statement>) -> String {
    let statement = statement.filter(|statement| has_places(&statement.ast));
    let place = statement.and_then(|statement| {
        let at = place(error, &statement.text)?;
        Some((statement.text[..at].chars().count() + 1).to_string())
    });
    let more = [("Detail", &error.detail), ("Hint", &error.hint), ("Position", &place)];
    let more = more.into_iter().filter_map(|(what, text)| Some((what, text.as_ref()?)));
    let lines = more.map(|(what, text)| format!("\n  {what}: {text}"));
    std::iter::once(format!("ERROR: {}", error.message)).chain(lines).collect()
}

/// What the server answers when a statement has been executed: `ALTER TABLE`, `INSERT 0 1`. How many rows
/// an `UPDATE` finds is not modelled, so its answer has no number.
pub fn tag(statement: &Statement) -> String {
    let words = match statement {
        Statement::StartTransaction { begin: false, .. } => "START TRANSACTION",
        Statement::StartTransaction { .. } => "BEGIN",
        Statement::Commit { .. } => "COMMIT",
        Statement::Insert(insert) => return inserted(insert),
        Statement::Drop { object_type, .. } => return format!("DROP {object_type}"),
        Statement::Lock(_) => "LOCK TABLE",
        Statement::Truncate(_) => "TRUNCATE TABLE",
        Statement::Query(_) => "SELECT",
        Statement::Reset(_) => "RESET",
        _ if IS_READ => return leading_words(&statement.to_string()),
        _ => "",
    };
    words.to_owned()
}

fn inserted(insert: &Insert) -> String {
    rows_of(insert).map_or_else(|| "INSERT".to_owned(), |rows| format!("INSERT 0 {rows}"))
}

/// What a statement begins with: what it does, and to what kind of thing.
fn leading_words(text: &str) -> String {
    let qualifies = |word: &&str| {
        !matches!(*word, "OR" | "REPLACE" | "UNIQUE" | "TEMPORARY" | "TEMP" | "UNLOGGED")
    };
    let mut words = text.split_whitespace().filter(qualifies);
    let first = words.next().unwrap_or_default();
    match (first, words.next()) {
        ("CREATE", Some("MATERIALIZED")) => "CREATE MATERIALIZED VIEW".to_owned(),
        ("CREATE" | "ALTER", Some(kind)) => format!("{first} {kind}"),
        _ => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn statement(text: &str) -> Arc<Statement> {
        crate::parse(text).unwrap().statements.remove(0).ast
    }

    #[test]
    fn what_is_about_the_session_is_told_from_what_is_about_the_database() {
        let of = |text: &str| Control::of(&statement(text));
        let set = |value: Option<&str>, local| {
            let (name, value) = ("lock_timeout".to_owned(), value.map(str::to_owned));
            Some(Control::Set { name, value, local })
        };
        assert_eq!(of("BEGIN"), Some(Control::Begin));
        assert_eq!(of("START TRANSACTION"), Some(Control::Begin));
        assert_eq!(of("COMMIT"), Some(Control::Commit));
        assert_eq!(of("END"), Some(Control::Commit));
        assert_eq!(of("ROLLBACK"), Some(Control::Rollback));
        assert_eq!(of("SET lock_timeout = '2s'"), set(Some("2s"), false));
        assert_eq!(of("SET LOCAL lock_timeout TO 500"), set(Some("500"), true));
        assert_eq!(of("SET lock_timeout TO DEFAULT"), set(None, false));
        assert_eq!(of("RESET lock_timeout"), set(None, false));
        assert_eq!(of("SHOW lock_timeout"), Some(Control::Show("lock_timeout".to_owned())));
        assert_eq!(of("DROP TABLE a"), None);
    }

    #[test]
    fn a_statement_is_answered_by_its_tag() {
        let cases = [
            ("ALTER TABLE a ADD b int", "ALTER TABLE"),
            ("CREATE UNIQUE INDEX CONCURRENTLY a ON b (c)", "CREATE INDEX"),
            ("CREATE OR REPLACE VIEW a AS SELECT 1", "CREATE VIEW"),
            ("DROP INDEX a", "DROP INDEX"),
            ("INSERT INTO a VALUES (1), (2)", "INSERT 0 2"),
            ("UPDATE a SET b = 1", "UPDATE"),
            ("TRUNCATE a", "TRUNCATE TABLE"),
            ("LOCK TABLE a", "LOCK TABLE"),
            ("BEGIN", "BEGIN"),
            ("COMMIT", "COMMIT"),
            ("END", "COMMIT"),
            ("CREATE MATERIALIZED VIEW a AS SELECT 1", "CREATE MATERIALIZED VIEW"),
            ("SET a = 1", "SET"),
        ];
        for (text, expected) in cases {
            assert_eq!(tag(&statement(text)), expected, "{text}");
        }
    }
}
