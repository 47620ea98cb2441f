//! Where the two databases of a run part: what each says, how patient it is, and which rules it follows.
//! Everything else they share.

use schema::{Engine, LockMode, SqlError};

use crate::database::session::Limits;
use crate::time::SimDuration;

/// A refusal: SQLSTATE, MySQL's own number, and words.
#[derive(Debug)]
pub struct Refusal(&'static str, Option<u16>, &'static str);

impl Refusal {
    /// As a client gets it.
    pub fn error(&self) -> SqlError {
        let Self(code, number, message) = *self;
        SqlError { number, ..SqlError::new(code, message) }
    }

    /// Whether a client has been told this.
    pub fn is(&self, error: &SqlError) -> bool {
        (self.0, self.1, self.2) == (error.code, error.number, error.message.as_str())
    }
}

/// Ids of rules.
pub type Rules = &'static [&'static str];

/// A database as it behaves in a run.
#[derive(Debug)]
pub struct Dialect {
    /// Which one it is.
    pub engine: Engine,
    /// What stands before its host in an address, and its port.
    pub address: (&'static str, u16),
    /// Name and version, as tools show them.
    pub server: &'static str,
    /// The role of whoever administers it.
    pub administrator: &'static str,
    /// What people call the number of a connection.
    pub connection: &'static str,
    /// What Flyway's lock is in it.
    pub tool_lock: &'static str,
    /// How long a session waits at most if it sets nothing.
    pub limits: Limits,
    /// How long somebody waits until the server looks whether he waits for himself.
    pub deadlock_after: SimDuration,
    /// A wait for a table has been too long.
    pub lock_timeout: Refusal,
    /// A statement has taken too long.
    pub statement_timeout: Refusal,
    /// Nothing has come from a client for too long.
    pub idle_timeout: Refusal,
    /// Everybody would wait for ever.
    pub deadlock: Refusal,
    /// Somebody has ended the statement.
    pub cancelled: Refusal,
    /// Somebody has ended the session.
    pub killed: Refusal,
    /// There is no connection left, for anybody and for others than administrators.
    pub too_many: [Refusal; 2],
    /// The rules by which a session waits for a table.
    pub waits: Rules,
    /// The rules by which requests do.
    pub stalls: Rules,
    /// The rules by which the schema changes.
    pub changes: Rules,
    /// The rules by which a statement is refused.
    pub refuses: Rules,
    /// The rules by which a connection is refused.
    pub full: Rules,
}

/// PostgreSQL 15.
static POSTGRESQL: Dialect = Dialect {
    engine: Engine::Postgresql,
    address: ("jdbc:postgresql://", 5432),
    server: "PostgreSQL 15.18",
    administrator: "postgres",
    connection: "pid",
    tool_lock: "PostgreSQL advisory lock",
    // PG-05.
    limits: Limits {
        lock: SimDuration::ZERO,
        rows: SimDuration::ZERO,
        statement: SimDuration::ZERO,
        idle: SimDuration::ZERO,
    },
    deadlock_after: SimDuration::from_secs(1),
    lock_timeout: Refusal("55P03", None, "canceling statement due to lock timeout"),
    statement_timeout: Refusal("57014", None, "canceling statement due to statement timeout"),
    idle_timeout: Refusal(
        "25P03",
        None,
        "terminating connection due to idle-in-transaction timeout",
    ),
    deadlock: Refusal("40P01", None, "deadlock detected"),
    cancelled: Refusal("57014", None, "canceling statement due to user request"),
    killed: Refusal("57P01", None, "terminating connection due to administrator command"),
    too_many: [
        Refusal("53300", None, "sorry, too many clients already"),
        Refusal(
            "53300",
            None,
            "remaining connection slots are reserved for non-replication superuser connections",
        ),
    ],
    waits: &["PG-01", "PG-03", "PG-04"],
    stalls: &["PG-01", "PG-04"],
    changes: &["PG-06", "PG-41"],
    refuses: &["PG-06"],
    full: &["PG-06", "PG-09"],
};

/// MySQL 8.0 with `InnoDB`.
static MYSQL: Dialect = Dialect {
    engine: Engine::Mysql,
    address: ("jdbc:mysql://", 3306),
    server: "MySQL 8.0",
    administrator: "root",
    connection: "id",
    tool_lock: "MySQL named lock",
    // MY-04, MY-06; `wait_timeout` is eight hours.
    limits: Limits {
        lock: SimDuration::from_secs(31_536_000),
        rows: SimDuration::from_secs(50),
        statement: SimDuration::ZERO,
        idle: SimDuration::from_secs(28_800),
    },
    deadlock_after: SimDuration::ZERO,
    lock_timeout: Refusal(
        "HY000",
        Some(1205),
        "Lock wait timeout exceeded; try restarting transaction",
    ),
    statement_timeout: Refusal(
        "HY000",
        Some(3024),
        "Query execution was interrupted, maximum statement execution time exceeded",
    ),
    idle_timeout: Refusal(
        "HY000",
        Some(4031),
        "The client was disconnected by the server because of inactivity. See wait_timeout and \
         interactive_timeout for configuring this behavior.",
    ),
    deadlock: Refusal(
        "40001",
        Some(1213),
        "Deadlock found when trying to get lock; try restarting transaction",
    ),
    cancelled: Refusal("70100", Some(1317), "Query execution was interrupted"),
    killed: Refusal("HY000", Some(2013), "Lost connection to MySQL server during query"),
    too_many: [
        Refusal("08004", Some(1040), "Too many connections"),
        Refusal("08004", Some(1040), "Too many connections"),
    ],
    waits: &["MY-04"],
    stalls: &["MY-04"],
    changes: &["MY-02", "MY-05"],
    refuses: &[],
    full: &["MY-06"],
};

impl Dialect {
    /// That of an engine.
    pub fn of(engine: Engine) -> &'static Self {
        match engine {
            Engine::Postgresql => &POSTGRESQL,
            Engine::Mysql => &MYSQL,
        }
    }

    /// What people call a lock: `ACCESS SHARE`, `SHARED_READ`.
    pub fn lock_name(&self, mode: LockMode) -> String {
        match (self.engine, mode.mysql_name()) {
            (Engine::Postgresql, _) => mode.to_string(),
            (Engine::Mysql, Some(name)) => name.to_owned(),
            // Rows: InnoDB knows no other mode for those that are written.
            (Engine::Mysql, None) => "X".to_owned(),
        }
    }

    /// What kind of lock that is, if its name does not tell.
    pub fn lock_kind(&self, is_rows: bool) -> &'static str {
        match (self.engine, is_rows) {
            (Engine::Postgresql, _) => "",
            (Engine::Mysql, false) => "the metadata lock ",
            (Engine::Mysql, true) => "the record lock ",
        }
    }

    /// How long a session waits for a table, or for its rows.
    pub fn patience(&self, limits: &Limits, is_rows: bool) -> SimDuration {
        match (self.engine, is_rows) {
            (Engine::Postgresql, _) | (Engine::Mysql, false) => limits.lock,
            (Engine::Mysql, true) => limits.rows,
        }
    }

    /// The rules by which somebody waits for a table, or for its rows.
    pub fn waits_for(&self, is_rows: bool) -> Rules {
        if self.engine == Engine::Mysql && is_rows { &["MY-06"] } else { self.waits }
    }

    /// The rules by which requests wait for a table, or for its rows.
    pub fn stalls_at(&self, is_rows: bool) -> Rules {
        if self.engine == Engine::Mysql && is_rows { &["MY-06"] } else { self.stalls }
    }

    /// The rules by which a statement fails.
    pub fn fails_by(&self, error: &SqlError) -> Rules {
        match error.number {
            Some(1205 | 1213) => &["MY-04", "MY-06"],
            Some(_) => &["MY-05"],
            None => self.refuses,
        }
    }

    /// An error as a session is told it: MySQL puts the database before a table that is not there.
    pub fn told(&self, mut error: SqlError, database: &str) -> SqlError {
        if let Some(1051 | 1146) = error.number {
            let full = format!("able '{database}.");
            if !error.message.contains(&full) {
                error.message = error.message.replacen("able '", &full, 1);
            }
        }
        error
    }

    /// Rows that are there have no value where one is demanded (PG-28).
    pub fn contains_nulls(&self, column: &str, table: &str) -> SqlError {
        match self.engine {
            Engine::Postgresql => SqlError::new(
                "23502",
                format!("column \"{column}\" of relation \"{table}\" contains null values"),
            ),
            Engine::Mysql => Refusal("22004", Some(1138), "Invalid use of NULL value").error(),
        }
    }

    /// Rows that are there do not meet a check (PG-32).
    pub fn check_broken(&self, check: &str, table: &str) -> SqlError {
        match self.engine {
            Engine::Postgresql => SqlError::new(
                "23514",
                format!(
                    "check constraint \"{check}\" of relation \"{table}\" is violated by some row"
                ),
            ),
            Engine::Mysql => {
                let message = format!("Check constraint '{check}' is violated.");
                SqlError::mysql("HY000", 3819, message)
            }
        }
    }

    /// The version of the server.
    pub fn version(&self) -> &'static str {
        self.server.split_once(' ').map_or("", |(_, version)| version)
    }

    /// The address of a database, as tools show it.
    pub fn url(&self, name: &str) -> String {
        let (scheme, port) = self.address;
        format!("{scheme}database:{port}/{name}")
    }

    /// The schema of a database, in its quotes.
    pub fn schema(&self, name: &str) -> String {
        match self.engine {
            Engine::Postgresql => self.engine.quoted("public"),
            Engine::Mysql => self.engine.quoted(name),
        }
    }
}

/// An error as a client writes it into its log.
pub(crate) fn logged(severity: &str, error: &SqlError) -> String {
    match error.number {
        Some(_) => error.reason(),
        None => format!("{severity}: {} (SQLSTATE {})", error.message, error.code),
    }
}

/// An error by its number, or by its SQLSTATE where there are no numbers.
pub(crate) fn code(error: &SqlError) -> String {
    error.number.map_or_else(|| error.code.to_owned(), |number| number.to_string())
}
