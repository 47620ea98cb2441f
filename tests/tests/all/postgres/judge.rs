//! Asks the server what the model has been asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use postgres::{Client, NoTls, SimpleQueryMessage};
use schema::compat::probe;

use super::server::Server;

/// What became of a statement: nothing wrong, or an SQLSTATE.
pub(super) type Outcome = std::result::Result<(), String>;

/// A connection that hears what the server says about its work.
pub(super) struct Judge {
    client: Client,
    notices: Arc<Mutex<Vec<String>>>,
    /// What the server said when it last refused something: message, detail and hint.
    pub(super) words: String,
}

/// A refusal as `psql` prints it.
pub(super) fn words(message: &str, detail: Option<&str>, hint: Option<&str>) -> String {
    let more = [("DETAIL", detail), ("HINT", hint)];
    let more = more.into_iter().filter_map(|(what, text)| Some(format!("\n{what}: {}", text?)));
    std::iter::once(message.to_owned()).chain(more).collect()
}

/// What a statement of a migration did.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Effects {
    pub(super) outcome: Outcome,
    /// The strongest lock on each table.
    pub(super) locks: BTreeMap<String, String>,
    /// Tables that were written again.
    pub(super) rewritten: BTreeSet<String>,
    /// Tables that are there before and after.
    pub(super) kept: BTreeSet<String>,
    /// Tables that were read.
    pub(super) verified: BTreeSet<String>,
    /// What the server has said to have skipped.
    pub(super) skipped: Vec<String>,
}

impl Judge {
    pub(super) fn new(server: &Server) -> Result<Self> {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&notices);
        let mut config = server.config();
        config.notice_callback(move |notice| {
            if let Ok(mut heard) = heard.lock() {
                heard.push(notice.message().to_owned());
            }
        });
        Ok(Self { client: config.connect(NoTls)?, notices, words: String::new() })
    }

    /// Runs statements that must work.
    pub(super) fn run(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).with_context(|| sql.to_owned())
    }

    fn execute(&mut self, sql: &str) -> Result<Outcome> {
        let Err(error) = self.client.batch_execute(sql) else { return Ok(Ok(())) };
        let Some(refusal) = error.as_db_error() else { return Err(error.into()) };
        // Which rows there are is not modelled.
        let detail = refusal.detail().filter(|detail| !detail.starts_with("Failing row contains"));
        self.words = words(refusal.message(), detail, refusal.hint());
        Ok(Err(refusal.code().code().to_owned()))
    }

    /// Runs a statement inside the open transaction, which goes on whatever comes of it.
    pub(super) fn attempt(&mut self, sql: &str) -> Result<Outcome> {
        self.run("SAVEPOINT attempt")?;
        let outcome = self.execute(sql)?;
        if outcome.is_err() {
            self.run("ROLLBACK TO attempt")?;
        }
        self.run("RELEASE attempt")?;
        Ok(outcome)
    }

    /// Runs a statement of a release and undoes it; values of its parameters are chosen by type.
    pub(super) fn try_statement(&mut self, sql: &str) -> Result<Outcome> {
        self.run("SAVEPOINT statement")?;
        let outcome = match self.execute(&probe::prepare(sql))? {
            Err(code) => Err(code),
            Ok(()) => {
                let parameters = self.column(probe::PARAMETERS)?;
                let execute = probe::execute(parameters.iter().map(String::as_str));
                self.execute(&execute)?
            }
        };
        self.run("ROLLBACK TO statement; RELEASE statement; DEALLOCATE ALL")?;
        Ok(outcome)
    }

    /// Prepares a statement, lets a migration happen, and runs it; `None` if it cannot be prepared, or if the
    /// migration fails.
    pub(super) fn try_prepared(&mut self, sql: &str, migration: &str) -> Result<Option<Outcome>> {
        self.run("SAVEPOINT prepared")?;
        let mut ended = None;
        if self.execute(&probe::prepare(sql))?.is_ok() {
            let parameters = self.column(probe::PARAMETERS)?;
            let execute = probe::execute(parameters.iter().map(String::as_str));
            if self.execute(migration)?.is_ok() {
                ended = Some(self.execute(&execute)?);
            }
        }
        self.run("ROLLBACK TO prepared; RELEASE prepared; DEALLOCATE ALL")?;
        Ok(ended)
    }

    /// The first column of a query's result.
    pub(super) fn column(&mut self, sql: &str) -> Result<Vec<String>> {
        let messages = self.client.simple_query(sql).with_context(|| sql.to_owned())?;
        let cell = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        Ok(messages.iter().filter_map(cell).collect())
    }

    /// Applies a statement of a migration in the open transaction and watches it.
    pub(super) fn apply(&mut self, sql: &str) -> Result<Effects> {
        let files = self.files()?;
        // What the transaction has locked so far does not count.
        let before = self.locks()?;
        self.run("SET client_min_messages = debug1")?;
        self.notices.lock().expect("notices").clear();
        let outcome = self.attempt(sql)?;
        self.run("RESET client_min_messages")?;
        let heard = std::mem::take(&mut *self.notices.lock().expect("notices"));
        let name = |notice: &String| {
            Some(notice.strip_prefix("verifying table \"")?.strip_suffix('"')?.to_owned())
        };
        let verified = heard.iter().filter_map(name).collect();
        let skipped = heard.iter().filter(|notice| notice.ends_with(", skipping"));
        let skipped = skipped.cloned().collect();
        let mut locks = self.locks()?;
        locks.retain(|table, mode| before.get(table) != Some(mode));
        // A table that is new, gone or renamed is locked under a name that only one side knows.
        let after = self.files()?;
        locks.retain(|table, _| files.contains_key(table) && after.contains_key(table));
        let changed =
            files.iter().filter(|(table, file)| after.get(*table).is_some_and(|now| now != *file));
        let rewritten = changed.map(|(table, _)| table.clone()).collect();
        let kept = files.keys().filter(|table| after.contains_key(*table)).cloned().collect();
        Ok(Effects { outcome, locks, rewritten, verified, kept, skipped })
    }

    /// The file of every table.
    fn files(&mut self) -> Result<BTreeMap<String, String>> {
        self.pairs(
            "SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' \
             AND relnamespace = 'public'::regnamespace",
        )
    }

    /// The strongest lock of this session on every table.
    fn locks(&mut self) -> Result<BTreeMap<String, String>> {
        self.pairs(
            "SELECT DISTINCT ON (c.relname) c.relname, l.mode FROM pg_locks l \
             JOIN pg_class c ON c.oid = l.relation \
             WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' \
             AND c.relnamespace = 'public'::regnamespace \
             ORDER BY c.relname, array_position(ARRAY['AccessShareLock', 'RowShareLock', \
             'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', \
             'ExclusiveLock', 'AccessExclusiveLock'], l.mode) DESC",
        )
    }

    fn pairs(&mut self, sql: &str) -> Result<BTreeMap<String, String>> {
        let messages = self.client.simple_query(sql).with_context(|| sql.to_owned())?;
        let pair = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
            _ => None,
        };
        Ok(messages.iter().filter_map(pair).collect())
    }
}
