//! Sessions: a person with `psql`, a migration tool, a report, a job. Each executes a script of statements
//! one after another, with transactions and locks of its own.
//!
//! To run SQL against the database, make a [`Script`], open a session with
//! [`World::open_session`](crate::world::World::open_session), and look at [`Session::answers`] and
//! [`Session::end`] whenever the world has changed. What happens in between is the business of
//! [`run`](super::run).

use std::sync::Arc;

use schema::flyway::Entry;
use schema::{SqlError, Statement};

use crate::cluster::pod::PodId;
use crate::database::instance::Seen;
use crate::database::lock::{RelationId, Wanted};
use crate::database::tool::{AtWork, Tool};
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};

/// Names a session of a run; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u16);

/// One thing that a session does.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it stands: the file of a migration, or what was typed. People read it.
    pub from: Arc<str>,
    /// What is done.
    pub action: Action,
}

/// What a session does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Executes a statement.
    Execute {
        /// The statement.
        statement: Arc<Statement>,
        /// How long it takes; what the model computes if not said.
        takes: Option<SimDuration>,
    },
    /// Asks what there is: a command of `psql` that begins with a backslash.
    Describe(Arc<str>),
    /// Writes a row of `flyway_schema_history`, with the time and how long the steps since the last such
    /// row have taken.
    Record(Arc<Entry>),
    /// Asks the tool that works in the session what comes next.
    Tool,
    /// Does nothing for a time: inside a transaction it is idle in transaction.
    Pause(SimDuration),
}

/// What a session is to do, and as whom.
#[derive(Clone, Debug)]
pub struct Script {
    /// `application_name`, which people see in `pg_stat_activity`.
    pub application: Arc<str>,
    /// The role; empty for whoever administers the server.
    pub user: Arc<str>,
    /// Whether it may use the connections that are reserved for superusers (PG-09).
    pub superuser: bool,
    /// What it does, in order.
    pub steps: Arc<[Step]>,
    /// Whether all of it is one transaction, which the first error rolls back.
    pub one_transaction: bool,
    /// Whether it ends at the first error.
    pub stops_on_error: bool,
    /// Limits that hold from the beginning; `SET` changes them.
    pub limits: Limits,
    /// The tool that works in it, if one does.
    pub tool: Option<Tool>,
}

impl Script {
    /// The statements of a text, as whoever types them executes them.
    pub fn new(application: &str, from: &str, statements: Vec<Statement>) -> Self {
        let from: Arc<str> = from.into();
        let step = |statement| Step {
            from: Arc::clone(&from),
            action: Action::Execute { statement: Arc::new(statement), takes: None },
        };
        Self {
            application: application.into(),
            user: "".into(),
            superuser: false,
            steps: statements.into_iter().map(step).collect(),
            one_transaction: false,
            stops_on_error: false,
            limits: Limits::default(),
            tool: None,
        }
    }
}

impl Script {
    /// Files that a migration tool executes one after another, each in a transaction, unless something in it
    /// must not be in one; the first error ends it (FW-08, 09).
    pub fn migrations(application: &str, files: Vec<(String, Vec<Statement>)>) -> Self {
        let mut script = Self::new(application, application, Vec::new());
        let mut steps = Vec::new();
        for (name, statements) in files {
            let outside = |one: &Statement| schema::session::is_concurrent(&one.ast);
            let wrapped = !statements.iter().any(outside);
            let control = |text| {
                let parsed = schema::parse(text).unwrap_or_default().statements;
                parsed.into_iter().filter(|_| wrapped)
            };
            let all = control("BEGIN").chain(statements).chain(control("COMMIT")).collect();
            steps.extend(Self::new(application, &name, all).steps.iter().cloned());
        }
        script.steps = steps.into();
        script.stops_on_error = true;
        script
    }

    /// Its last statement takes this long, and then it is idle in the transaction in which all was.
    pub fn lasts(&mut self, runs: Option<SimDuration>, idle: Option<SimDuration>) {
        let mut steps = self.steps.to_vec();
        let from: Arc<str> = Arc::clone(&self.application);
        if let Some(Step { action: Action::Execute { takes, .. }, .. }) = steps.last_mut() {
            *takes = runs;
        }
        if let Some(idle) = idle {
            steps.push(Step { from, action: Action::Pause(idle) });
            self.one_transaction = true;
        }
        self.steps = steps.into();
    }
}

/// How long a session waits and works at most; zero is without limit (PG-05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// `lock_timeout`: for one lock (PG-07); in MySQL `lock_wait_timeout`: for a metadata lock (MY-04).
    pub lock: SimDuration,
    /// `innodb_lock_wait_timeout`: for rows, in MySQL (MY-06).
    pub rows: SimDuration,
    /// `statement_timeout`: for a statement, with its waits (PG-07); in MySQL `max_execution_time`.
    pub statement: SimDuration,
    /// `idle_in_transaction_session_timeout`; in MySQL `wait_timeout`.
    pub idle: SimDuration,
}

/// What a session has been answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When.
    pub at: SimTime,
    /// To which step of its script.
    pub step: usize,
    /// What.
    pub reply: Reply,
}

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is done: `ALTER TABLE`.
    Done(String),
    /// Rows.
    Rows(Table),
    /// A table of the schema, or a list of what there is.
    Described(Description),
    /// Text that is printed as it is.
    Text(String),
    /// There is nothing to describe.
    Nothing {
        /// What is said of that.
        text: String,
        /// Whether it was asked for by its name, so that `psql` has failed.
        fails: bool,
    },
    /// It is not done.
    Failed(SqlError),
    /// Something to know: `there is already a transaction in progress`.
    Warning(&'static str),
    /// Something that was skipped: `relation "orders" already exists, skipping`.
    Notice(String),
}

/// What `psql` shows of the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Its title.
    pub title: String,
    /// Its table.
    pub table: Table,
    /// Lines below.
    pub footer: Vec<String>,
}

/// Rows that a question gives; a missing value is null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Option<String>>>,
    /// By column, whether it is a text, even if it looks like a number.
    pub texts: Vec<bool>,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It waits for its client.
    Idle,
    /// A statement waits for a lock.
    Waiting(Wanted),
    /// A statement works.
    Working,
    /// `CREATE INDEX CONCURRENTLY` waits for transactions that are older (PG-40).
    WaitingForOld,
    /// It is over.
    Ended,
}

/// An open transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Statements that have changed something, to be seen by others after the commit (PG-41).
    pub changes: Vec<(Arc<str>, Arc<Statement>)>,
    /// What it sees after them, if it has been looked at.
    pub(super) seen: Option<Seen>,
    /// Rows of `flyway_schema_history` that it has written.
    pub records: Vec<Entry>,
    /// Whether an error has ended it: only `ROLLBACK` is left.
    pub aborted: bool,
    /// Limits that hold again if it is rolled back.
    pub at_rollback: Limits,
    /// Limits that hold again if it is committed: those before a `SET LOCAL`.
    pub at_commit: Option<Limits>,
}

impl Transaction {
    /// A transaction that has changed nothing yet.
    pub(super) fn new(limits: Limits) -> Self {
        let (changes, seen, records) = (Vec::new(), None, Vec::new());
        Self { changes, seen, records, aborted: false, at_rollback: limits, at_commit: None }
    }
}

/// How a session has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: SimTime,
    /// The error that ended it, if one did; errors after which it went on are among its answers.
    pub error: Option<SqlError>,
}

/// The container whose process has opened a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its pod.
    pub pod: PodId,
    /// Its place in the template.
    pub container: u8,
    /// Which run of it.
    pub run: u16,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Number of its server process.
    pub pid: u32,
    /// What it is to do.
    pub script: Script,
    /// Place of the step that it does, or does next.
    pub next: usize,
    /// What it is doing.
    pub doing: Doing,
    /// Since when.
    pub since: SimTime,
    /// When it was opened.
    pub began: SimTime,
    /// When its transaction began.
    pub transaction_began: Option<SimTime>,
    /// When its newest statement began.
    pub statement_began: Option<SimTime>,
    /// The transaction that `BEGIN` has opened.
    pub transaction: Option<Transaction>,
    /// Limits that hold now.
    pub limits: Limits,
    /// Whether each statement outside of a transaction is one of its own: `autocommit` of MySQL.
    pub autocommit: bool,
    /// `foreign_key_checks = 0` of MySQL (MY-02).
    pub foreign_keys_unchecked: bool,
    /// Locks that it holds.
    pub locks: Vec<Wanted>,
    /// What it has been answered.
    pub answers: Vec<Answer>,
    /// How it has ended.
    pub end: Option<End>,
    /// The container that waits for its end, if one does.
    pub client: Option<Client>,
    /// The tool that works in it.
    pub tool: Option<AtWork>,
    /// What caused it: a command, the scenario, a pod.
    pub cause: EventId,
    /// Raised with everything it begins to do, so that an event that was meant for something before is
    /// known as such.
    pub(super) turn: u16,
    /// Raised with every statement.
    pub(super) statement: u16,
    /// Which part of its statement it does (MY-01).
    pub(super) part: u8,
}

impl Session {
    /// A session that has just been opened.
    pub(super) fn new(id: SessionId, script: Script, now: SimTime, cause: EventId) -> Self {
        let transaction = script.one_transaction.then(|| Transaction::new(script.limits));
        Self {
            id,
            pid: 4_711 + u32::from(id.0) * 3,
            next: 0,
            doing: Doing::Idle,
            since: now,
            began: now,
            transaction_began: transaction.is_some().then_some(now),
            statement_began: None,
            transaction,
            limits: script.limits,
            autocommit: true,
            foreign_keys_unchecked: false,
            locks: Vec::new(),
            answers: Vec::new(),
            end: None,
            client: None,
            tool: script.tool.as_ref().map(|tool| AtWork::new(tool, now)),
            cause,
            turn: 0,
            statement: 0,
            part: 0,
            script,
        }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.end.is_none()
    }

    /// Whether a statement of it is being executed.
    pub fn is_active(&self) -> bool {
        !matches!(self.doing, Doing::Idle | Doing::Ended)
    }

    /// The table that it waits for.
    pub fn waits_for(&self) -> Option<RelationId> {
        match self.doing {
            Doing::Waiting((relation, _)) => Some(relation),
            _ => None,
        }
    }

    /// Whether it has no old rows of other tables in sight: it builds a plain index concurrently, or has
    /// built it and waits (PG-40).
    pub(super) fn reads_its_own_table_only(&self) -> bool {
        let builds_plainly = self.is_active()
            && self.transaction.is_none()
            && self.current().is_some_and(|(_, one, _)| schema::session::is_safe_build(&one.ast));
        builds_plainly || self.doing == Doing::WaitingForOld
    }

    /// Its state in `pg_stat_activity`.
    pub fn state(&self) -> &'static str {
        match &self.transaction {
            _ if self.is_active() => "active",
            Some(transaction) if transaction.aborted => "idle in transaction (aborted)",
            Some(_) => "idle in transaction",
            None => "idle",
        }
    }

    /// The statement that it executes, or has executed last.
    pub fn query<'s>(&'s self) -> &'s str {
        let until = self.next + usize::from(self.is_active());
        let steps = &self.script.steps[..until.min(self.script.steps.len())];
        let text = |step: &'s Step| match &step.action {
            Action::Execute { statement, .. } => Some(&*statement.text),
            Action::Pause(_) | Action::Describe(_) | Action::Record(_) | Action::Tool => None,
        };
        steps.iter().rev().find_map(text).unwrap_or_default()
    }

    /// The statement that is being executed, with where it comes from.
    pub(super) fn current(&self) -> Option<(&Arc<str>, &Arc<Statement>, Option<SimDuration>)> {
        let step = self.script.steps.get(self.next)?;
        match &step.action {
            Action::Execute { statement, takes } => Some((&step.from, statement, *takes)),
            Action::Pause(_) | Action::Describe(_) | Action::Record(_) | Action::Tool => None,
        }
    }

    /// It does something else from now on.
    pub(super) fn turn_to(&mut self, doing: Doing, now: SimTime) {
        self.doing = doing;
        self.since = now;
        self.turn = self.turn.wrapping_add(1);
    }

    /// Whether some statement has failed.
    pub fn has_failed(&self) -> bool {
        self.answers.iter().any(|answer| matches!(answer.reply, Reply::Failed(_)))
    }
}
