//! What MySQL tells of itself: the process list, metadata locks, who waits for whom, open transactions.
//!
//! Simplified: columns that would always be empty are left out, and how long an application's connection has
//! slept is not kept.

use schema::ask::{Relation, Value};
use schema::{Fault, LockMode};

use crate::console::timestamp;
use crate::database::history::{HISTORY, row_of};
use crate::database::lock::Owner;
use crate::database::mysql::variable;
use crate::database::session::{Doing, Session, SessionId};
use crate::database::system::{Asking, columns, first_pid, text};
use crate::request::Place;
use crate::time::SimTime;
use crate::world::World;

/// From the number of a connection to that of its thread.
const THREAD: i64 = 41;
/// Characters of a statement that are shown.
const SHOWN: usize = 100;

const WAITS: &str = "Waiting for table metadata lock";

const METADATA_LOCKS: [&str; 8] = [
    "OBJECT_TYPE",
    "OBJECT_SCHEMA",
    "OBJECT_NAME",
    "COLUMN_NAME",
    "LOCK_TYPE",
    "LOCK_DURATION",
    "LOCK_STATUS",
    "OWNER_THREAD_ID",
];
const LOCK_WAITS: [&str; 15] = [
    "object_schema",
    "object_name",
    "waiting_thread_id",
    "waiting_pid",
    "waiting_account",
    "waiting_lock_type",
    "waiting_lock_duration",
    "waiting_query",
    "waiting_query_secs",
    "blocking_thread_id",
    "blocking_pid",
    "blocking_account",
    "blocking_lock_type",
    "sql_kill_blocking_query",
    "sql_kill_blocking_connection",
];
const TRANSACTIONS: [&str; 5] =
    ["trx_id", "trx_state", "trx_started", "trx_mysql_thread_id", "trx_query"];
const PROCESSES: [&str; 8] = ["ID", "USER", "HOST", "DB", "COMMAND", "TIME", "STATE", "INFO"];
const THREADS: [&str; 5] =
    ["THREAD_ID", "TYPE", "PROCESSLIST_ID", "PROCESSLIST_USER", "PROCESSLIST_INFO"];

/// A connection as the process list shows it.
struct Process {
    id: u32,
    user: String,
    host: String,
    sleeps: bool,
    /// Seconds in this state.
    time: i64,
    state: &'static str,
    info: Option<String>,
}

fn seconds(now: SimTime, since: SimTime) -> i64 {
    i64::try_from(now.since(since).as_micros() / 1_000_000).unwrap_or(i64::MAX)
}

fn thread(id: u32) -> Value {
    Value::Int(i64::from(id) + THREAD)
}

/// What a statement does that is executed.
fn works(query: &str) -> &'static str {
    match query.split_whitespace().next().unwrap_or_default().to_lowercase().as_str() {
        "insert" | "replace" => "update",
        "update" | "delete" => "updating",
        "alter" | "create" | "drop" | "rename" | "optimize" => "altering table",
        _ => "executing",
    }
}

impl World {
    fn process_of(&self, session: &Session, asks: bool, now: SimTime) -> Process {
        let copies = || {
            let effect = self.effect(session.id).unwrap_or_default();
            effect.algorithm == Some(schema::Algorithm::Copy)
        };
        let state = match session.doing {
            _ if asks => "init",
            Doing::Waiting((relation, _)) => {
                let instance = self.database.instance.as_ref();
                let is_rows = instance.is_some_and(|one| one.locks.get(relation).is_rows);
                if is_rows { works(session.query()) } else { WAITS }
            }
            Doing::Working if copies() => "copy to tmp table",
            Doing::Working | Doing::WaitingForOld => works(session.query()),
            Doing::Idle | Doing::Ended => "",
        };
        let active = asks || session.is_active();
        let since = if active { session.statement_began } else { None };
        Process {
            id: session.pid,
            user: session.script.user.to_string(),
            host: format!("192.0.2.10:{}", 40_000 + session.pid % 20_000),
            sleeps: !active,
            time: seconds(now, since.unwrap_or(session.since)),
            state,
            info: active.then(|| session.query().to_owned()),
        }
    }

    /// Every connection, those of applications last.
    fn all_processes(&self, asks: SessionId, now: SimTime) -> Vec<Process> {
        let Some(instance) = &self.database.instance else { return Vec::new() };
        let sessions = instance.open_sessions();
        let mut all: Vec<Process> =
            sessions.map(|session| self.process_of(session, session.id == asks, now)).collect();
        for server in self.application.servers().filter(|server| 0 < server.opened) {
            let pod = self.cluster.state.pods.get(&server.pod);
            let ip = pod.and_then(|pod| pod.ip.as_deref()).unwrap_or_default();
            let running = &self.application.releases[usize::from(server.release)];
            let connected = self.connected(server.pod);
            for place in 0..server.opened {
                let request = connected.get(place as usize).map(|id| (*id, &self.requests[*id]));
                let info = request.and_then(|(_, request)| {
                    let route = running.release.routes.get(usize::from(request.route))?;
                    Some(route.sql.get(usize::from(request.statements))?.text.clone())
                });
                let wanted = request
                    .filter(|(_, request)| request.place == Place::AwaitingLock)
                    .and_then(|(id, _)| Some((id, instance.wanted(Owner::Request(id))?.0)));
                let since = wanted.and_then(|(id, relation)| {
                    let mut queue = instance.locks.get(relation).queue.iter();
                    queue.find(|waiter| waiter.owner == Owner::Request(id))
                });
                let state = match wanted {
                    Some((_, relation)) if !instance.locks.get(relation).is_rows => WAITS,
                    _ => info.as_deref().map_or("", works),
                };
                all.push(Process {
                    id: first_pid(server.pod) + place,
                    user: "app".to_owned(),
                    host: format!("{ip}:{}", 40_000 + place),
                    sleeps: request.is_none(),
                    time: since.map_or(0, |waiter| seconds(now, waiter.since)),
                    state,
                    info,
                });
            }
        }
        all
    }

    /// `SHOW PROCESSLIST`.
    pub(super) fn processes(
        &self,
        asks: SessionId,
        full: bool,
        now: SimTime,
    ) -> Vec<Vec<Option<String>>> {
        let row = |one: Process| {
            let info = one.info.map(|info| match full {
                true => info,
                false => info.chars().take(SHOWN).collect(),
            });
            vec![
                Some(one.id.to_string()),
                Some(one.user),
                Some(one.host),
                Some(self.database.shape.name.clone()),
                Some(if one.sleeps { "Sleep" } else { "Query" }.to_owned()),
                Some(one.time.to_string()),
                Some(one.state.to_owned()),
                info,
            ]
        };
        self.all_processes(asks, now).into_iter().map(row).collect()
    }
}

impl Asking<'_> {
    fn account(&self, owner: Owner) -> Value {
        let instance = self.world.database.instance.as_ref();
        match (owner, instance) {
            (Owner::Session(id), Some(instance)) => {
                text(&format!("{}@192.0.2.10", instance.session(id).script.user))
            }
            _ => text("app@%"),
        }
    }

    fn query(&self, owner: Owner) -> Value {
        match (owner, &self.world.database.instance) {
            (Owner::Session(id), Some(instance)) => text(instance.session(id).query()),
            (Owner::Session(_), None) => Value::Null,
            (Owner::Request(_), _) => {
                let id = self.world.pid_of(owner);
                let all = self.world.all_processes(self.session, self.now);
                let found = all.into_iter().find(|one| one.id == id);
                found.and_then(|one| one.info).map_or(Value::Null, Value::Text)
            }
        }
    }

    /// Each lock on a table: who, in which mode, and since when he waits.
    fn metadata_locks(&self) -> Vec<Vec<Value>> {
        let Some(instance) = &self.world.database.instance else { return Vec::new() };
        let schema = &self.world.database.shape.name;
        let mut rows = Vec::new();
        for (id, relation) in instance.locks.iter().filter(|(_, relation)| !relation.is_rows) {
            let held =
                instance.holders(id).into_iter().map(|(owner, lock)| (owner, lock.1, "GRANTED"));
            let waits = relation.queue.iter().map(|one| (one.owner, one.mode, "PENDING"));
            for (owner, mode, status) in held.chain(waits) {
                rows.push(vec![
                    text("TABLE"),
                    text(schema),
                    text(&relation.table),
                    Value::Null,
                    text(name_of(mode)),
                    text("TRANSACTION"),
                    text(status),
                    thread(self.world.pid_of(owner)),
                ]);
            }
        }
        rows
    }

    /// Everybody who waits for a table beside everybody who holds it, as the server's own view does.
    fn lock_waits(&self) -> Vec<Vec<Value>> {
        let Some(instance) = &self.world.database.instance else { return Vec::new() };
        let mut rows = Vec::new();
        for (id, relation) in instance.locks.iter().filter(|(_, relation)| !relation.is_rows) {
            for waiter in &relation.queue {
                for (holder, (_, mode)) in instance.holders(id) {
                    let pids = [waiter.owner, holder].map(|owner| self.world.pid_of(owner));
                    rows.push(vec![
                        text(&self.world.database.shape.name),
                        text(&relation.table),
                        thread(pids[0]),
                        Value::Int(pids[0].into()),
                        self.account(waiter.owner),
                        text(name_of(waiter.mode)),
                        text("TRANSACTION"),
                        self.query(waiter.owner),
                        Value::Int(seconds(self.now, waiter.since)),
                        thread(pids[1]),
                        Value::Int(pids[1].into()),
                        self.account(holder),
                        text(name_of(mode)),
                        text(&format!("KILL QUERY {}", pids[1])),
                        text(&format!("KILL {}", pids[1])),
                    ]);
                }
            }
        }
        rows
    }

    fn transactions(&self) -> Vec<Vec<Value>> {
        let Some(instance) = &self.world.database.instance else { return Vec::new() };
        let open = instance.open_sessions().filter(|one| {
            one.transaction_began.is_some() && one.id != self.session && !one.locks.is_empty()
        });
        let row = |session: &Session| {
            let waits = matches!(session.doing, Doing::Waiting((relation, _))
                if instance.locks.get(relation).is_rows);
            let query = if session.is_active() { text(session.query()) } else { Value::Null };
            vec![
                Value::Int(421_000 + i64::from(session.pid)),
                text(if waits { "LOCK WAIT" } else { "RUNNING" }),
                session.transaction_began.map_or(Value::Null, moment),
                Value::Int(session.pid.into()),
                query,
            ]
        };
        open.map(row).collect()
    }

    fn threads(&self) -> Vec<Vec<Value>> {
        let row = |one: Process| {
            let info = one.info.map_or(Value::Null, Value::Text);
            vec![
                thread(one.id),
                text("FOREGROUND"),
                Value::Int(one.id.into()),
                Value::Text(one.user),
                info,
            ]
        };
        self.world.all_processes(self.session, self.now).into_iter().map(row).collect()
    }

    pub(in crate::database) fn mysql_relation(&self, name: &str) -> Option<Relation> {
        let (names, rows): (&[&str], Vec<Vec<Value>>) = match name {
            "performance_schema.metadata_locks" => (&METADATA_LOCKS, self.metadata_locks()),
            "performance_schema.threads" => (&THREADS, self.threads()),
            "sys.schema_table_lock_waits" => (&LOCK_WAITS, self.lock_waits()),
            "information_schema.innodb_trx" => (&TRANSACTIONS, self.transactions()),
            "information_schema.processlist" | "performance_schema.processlist" => {
                let rows = self.world.processes(self.session, true, self.now);
                let number = |text: &str| text.parse().map_or(Value::Null, Value::Int);
                let cell = |(place, cell): (usize, Option<String>)| match cell {
                    None => Value::Null,
                    Some(text) if place == 0 || place == 5 => number(&text),
                    Some(text) => Value::Text(text),
                };
                let row =
                    |row: Vec<Option<String>>| row.into_iter().enumerate().map(cell).collect();
                (&PROCESSES, rows.into_iter().map(row).collect())
            }
            "flyway_schema_history" => {
                let history = self.world.database.instance.as_ref()?.history.as_ref()?;
                let cell = |value: Value| match value {
                    Value::Bool(yes) => Value::Int(yes.into()),
                    other => other,
                };
                let row = |entry| row_of(entry).into_iter().map(cell).collect();
                (&HISTORY, history.entries.iter().map(row).collect())
            }
            _ => return None,
        };
        Some(Relation { columns: columns(names), rows })
    }

    pub(in crate::database) fn mysql_function(
        &self,
        session: &Session,
        name: &str,
        arguments: &[Value],
    ) -> Option<Result<Value, Fault>> {
        if let Some(written) = name.strip_prefix("@@") {
            return Some(variable::value(session, &self.world.database.shape, written));
        }
        Some(Ok(match (name, arguments) {
            ("now" | "current_timestamp" | "sysdate", []) => moment(self.now),
            ("connection_id", []) => Value::Int(session.pid.into()),
            ("database" | "schema", []) => text(&self.world.database.shape.name),
            ("user" | "session_user" | "current_user", []) => {
                text(&format!("{}@192.0.2.10", session.script.user))
            }
            ("version", []) => text("8.0.36"),
            _ => return None,
        }))
    }
}

fn name_of(mode: LockMode) -> &'static str {
    mode.mysql_name().unwrap_or_default()
}

fn moment(at: SimTime) -> Value {
    Value::Time(at.as_micros(), timestamp(at).replace('T', " ").replace('Z', ""))
}
