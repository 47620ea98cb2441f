//! Views of the system, and functions that a session may call: who is there, who waits for whom.
//!
//! The connections of applications are among them, each with a number of its own. That they cannot be ended
//! by `pg_terminate_backend` is a simplification.

use schema::ask::{Relation, Source, Value};
use schema::{Engine, Fault, SqlError, Statement};

use crate::cluster::pod::PodId;
use crate::console::timestamp;
use crate::database::history::{HISTORY, row_of};
use crate::database::lock::Owner;
use crate::database::run::refusal;
use crate::database::session::{Doing, Reply, Session, SessionId, Table};
use crate::database::tool::table;
use crate::engine::Context;
use crate::event::Event;
use crate::request::{Place, RequestId};
use crate::time::SimTime;
use crate::world::World;

type Ctx<'a> = Context<'a, Event>;

/// Number of the first connection of the first pod; each pod has room for [`A_POD`].
const FIRST_POD: u32 = 100_000;
/// Numbers for the connections of one pod.
const A_POD: u32 = 1_000;

const ACTIVITY: [&str; 14] = [
    "datname",
    "pid",
    "usename",
    "application_name",
    "client_addr",
    "backend_start",
    "xact_start",
    "query_start",
    "state_change",
    "wait_event_type",
    "wait_event",
    "state",
    "query",
    "backend_type",
];

/// What a function is to do to a session, once the question has been answered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Cancel(SessionId),
    Terminate(SessionId),
}

/// A session that asks.
pub(super) struct Asking<'w> {
    pub(super) world: &'w World,
    pub(super) session: SessionId,
    pub(super) now: SimTime,
    signals: Vec<Signal>,
}

impl World {
    /// Answers a question about the system; `None` if the statement is about tables.
    pub(super) fn ask(
        &mut self,
        session: SessionId,
        statement: &Statement,
        ctx: &mut Ctx<'_>,
    ) -> Option<Result<Reply, SqlError>> {
        if let Some(shown) = self.show_mysql(session, statement, ctx) {
            return Some(shown);
        }
        let mut asking = Asking { world: self, session, now: ctx.now, signals: Vec::new() };
        let answer = schema::ask::ask(&statement.ast, &mut asking)?;
        let signals = asking.signals;
        for signal in signals {
            self.signal(signal, ctx);
        }
        Some(answer.map(|relation| Reply::Rows(shown(&relation))).map_err(refusal))
    }

    pub(super) fn signal(&mut self, signal: Signal, ctx: &mut Ctx<'_>) {
        let dialect = self.instance().dialect();
        match signal {
            Signal::Cancel(of) if self.session(of).is_active() => {
                self.fail_statement(of, dialect.cancelled.error(), ctx);
            }
            Signal::Cancel(_) => {}
            Signal::Terminate(of) => self.close_session(of, Some(dialect.killed.error()), ctx),
        }
    }

    /// What a statement about tables is answered once it is done.
    pub(super) fn answer_to(&self, id: SessionId, statement: &Statement) -> Reply {
        let Some(instance) = &self.database.instance else { return Reply::Text(String::new()) };
        let engine = instance.dialect().engine;
        let counted = schema::ask::counted(engine, &statement.ast).and_then(|counted| {
            let table = instance.schema.tables.get(&counted.table)?;
            let rows = match &counted.null {
                None => instance.rows(&counted.table),
                Some(null) => match table.columns.iter().find(|one| one.name == *null)?.nullable {
                    true => instance.values.nulls(&counted.table, null)?,
                    false => 0,
                },
            };
            Some(Table {
                columns: vec![counted.name],
                rows: vec![vec![Some(rows.to_string())]],
                ..Table::default()
            })
        });
        match (counted, engine) {
            (Some(table), _) => Reply::Rows(table),
            (None, Engine::Postgresql) => Reply::Done(schema::session::tag(&statement.ast)),
            (None, Engine::Mysql) => self.done_mysql(id, statement),
        }
    }

    /// The number of the server process that works for somebody.
    pub fn pid_of(&self, owner: Owner) -> u32 {
        match (owner, &self.database.instance) {
            (Owner::Session(id), Some(instance)) => instance.session(id).pid,
            (Owner::Session(_), None) => 0,
            (Owner::Request(id), _) => {
                let pod = self.requests[id].pod;
                let place = self.connected(pod).iter().position(|other| *other == id);
                first_pid(pod) + place.unwrap_or(0) as u32
            }
        }
    }

    /// The session of a number, if it is one and is open.
    pub(super) fn session_of(&self, pid: i64) -> Result<Option<SessionId>, Fault> {
        let instance = self.database.instance.as_ref();
        let mut sessions = instance.into_iter().flat_map(|instance| instance.open_sessions());
        let found = sessions.find(|session| i64::from(session.pid) == pid);
        if found.is_none() && i64::from(FIRST_POD) <= pid {
            let what = "a signal to the connection of an application".to_owned();
            return Err(Fault::NotModelled(what));
        }
        Ok(found.map(|session| session.id))
    }

    /// Requests of a pod that use a connection, in order of their slots.
    pub(super) fn connected(&self, pod: PodId) -> Vec<RequestId> {
        let uses =
            |place| matches!(place, Place::AwaitingLock | Place::AwaitingCore | Place::Querying);
        let mut all = self.requests.at_pod(pod);
        all.retain(|id| uses(self.requests[*id].place));
        all
    }
}

pub(super) fn first_pid(pod: PodId) -> u32 {
    FIRST_POD + pod.0 * A_POD
}

/// An answer as text.
fn shown(relation: &Relation) -> Table {
    let row = |row: &Vec<Value>| row.iter().map(Value::text).collect();
    let is_text = |place: usize| {
        let mut cells = relation.rows.iter().filter_map(|row| row.get(place));
        cells.any(|cell| matches!(cell, Value::Text(_)))
    };
    Table {
        columns: relation.columns.clone(),
        rows: relation.rows.iter().map(row).collect(),
        texts: (0..relation.columns.len()).map(is_text).collect(),
    }
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn time(time: Option<SimTime>) -> Value {
    time.map_or(Value::Null, |time| {
        let text = timestamp(time).replace('T', " ").replace('Z', "+00");
        Value::Time(time.as_micros(), text)
    })
}

pub(super) fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Asking<'_> {
    fn activity(&self) -> Vec<Vec<Value>> {
        let Some(instance) = &self.world.database.instance else { return Vec::new() };
        let mut rows: Vec<Vec<Value>> =
            instance.open_sessions().map(|session| self.session_row(session)).collect();
        let servers = self.world.application.servers();
        for server in servers.filter(|server| 0 < server.opened) {
            let connected = self.world.connected(server.pod);
            for place in 0..server.opened {
                let request = connected.get(place as usize).copied();
                rows.push(self.connection_row(server.pod, place, request));
            }
        }
        rows
    }

    fn session_row(&self, session: &Session) -> Vec<Value> {
        let wait = match session.doing {
            Doing::Waiting(_) => ["Lock", "relation"].map(text),
            Doing::WaitingForOld => ["Lock", "virtualxid"].map(text),
            Doing::Idle => ["Client", "ClientRead"].map(text),
            Doing::Working | Doing::Ended => [Value::Null, Value::Null],
        };
        let [kind, event] = wait;
        vec![
            text(&self.world.database.shape.name),
            Value::Int(session.pid.into()),
            text(&session.script.user),
            text(&session.script.application),
            Value::Null,
            time(Some(session.began)),
            time(session.transaction_began),
            time(session.statement_began),
            time(Some(session.since)),
            kind,
            event,
            text(session.state()),
            text(session.query()),
            text("client backend"),
        ]
    }

    fn connection_row(&self, pod: PodId, place: u32, request: Option<RequestId>) -> Vec<Value> {
        let world = self.world;
        let known = world.cluster.state.pods.get(&pod);
        let (name, ip) =
            known.map_or(("", ""), |pod| (&*pod.name, pod.ip.as_deref().unwrap_or_default()));
        let waits = request.filter(|id| world.requests[*id].place == Place::AwaitingLock);
        let [kind, event] = match waits {
            Some(_) => ["Lock", "relation"].map(text),
            None if request.is_none() => ["Client", "ClientRead"].map(text),
            None => [Value::Null, Value::Null],
        };
        let query = request.and_then(|id| {
            let request = &world.requests[id];
            let server = world.application.server(pod)?;
            let running = &world.application.releases[usize::from(server.release)];
            let route = running.release.routes.get(usize::from(request.route))?;
            route.sql.get(usize::from(request.statements)).map(|statement| text(&statement.text))
        });
        let state = if request.is_some() { "active" } else { "idle" };
        vec![
            text(&world.database.shape.name),
            Value::Int(i64::from(first_pid(pod) + place)),
            text("app"),
            text(name),
            text(ip),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            kind,
            event,
            text(state),
            query.unwrap_or(Value::Null),
            text("client backend"),
        ]
    }

    /// Locks that are held, and those that are waited for.
    fn locks(&self) -> Vec<Vec<Value>> {
        let Some(instance) = &self.world.database.instance else { return Vec::new() };
        let mut rows = Vec::new();
        for (id, relation) in instance.locks.iter().filter(|(_, relation)| !relation.is_rows) {
            let holders = instance.holders(id).into_iter();
            let held = holders.map(|(owner, (_, mode))| (owner, mode, None));
            let waiting = relation.queue.iter();
            let waiting = waiting.map(|waiter| (waiter.owner, waiter.mode, Some(waiter.since)));
            for (owner, mode, since) in held.chain(waiting) {
                rows.push(vec![
                    text("relation"),
                    text(&relation.table),
                    Value::Int(self.world.pid_of(owner).into()),
                    text(mode.pg_name()),
                    Value::Bool(since.is_none()),
                    time(since),
                ]);
            }
        }
        rows
    }

    fn blocking_pids(&self, pid: i64) -> Value {
        let Some(instance) = &self.world.database.instance else { return Value::Null };
        let waiting = instance.locks.iter().flat_map(|(_, relation)| &relation.queue);
        let sessions = instance.open_sessions().map(|session| Owner::Session(session.id));
        let mut owners = waiting.map(|waiter| waiter.owner).chain(sessions);
        let found = owners.find(|owner| i64::from(self.world.pid_of(*owner)) == pid);
        let blockers = found.map(|owner| instance.waits_behind(owner)).unwrap_or_default();
        let mut pids: Vec<i64> =
            blockers.into_iter().map(|owner| self.world.pid_of(owner).into()).collect();
        pids.dedup();
        Value::List(pids)
    }

    fn tables(&self) -> impl Iterator<Item = (&String, &schema::Table)> {
        let instance = self.world.database.instance.as_ref();
        instance.into_iter().flat_map(|instance| &instance.schema.tables)
    }
}

impl Source for Asking<'_> {
    fn engine(&self) -> Engine {
        self.world.database.instance.as_ref().map_or(Engine::Postgresql, |one| one.dialect().engine)
    }

    fn relation(&self, name: &str) -> Option<Relation> {
        if self.engine() == Engine::Mysql {
            return self.mysql_relation(name);
        }
        let (names, rows): (&[&str], Vec<Vec<Value>>) = match name {
            "pg_stat_activity" => (&ACTIVITY, self.activity()),
            "pg_locks" => {
                (&["locktype", "relation", "pid", "mode", "granted", "waitstart"], self.locks())
            }
            "pg_tables" => {
                let row =
                    |(name, _): (&String, _)| vec![text("public"), text(name), text("postgres")];
                (&["schemaname", "tablename", "tableowner"], self.tables().map(row).collect())
            }
            "pg_stat_user_tables" => {
                let rows = |name: &str| {
                    let instance = self.world.database.instance.as_ref();
                    instance.map_or(0, |instance| instance.rows(name)) as i64
                };
                let row = |(name, _): (&String, _)| {
                    vec![text("public"), text(name), Value::Int(rows(name))]
                };
                (&["schemaname", "relname", "n_live_tup"], self.tables().map(row).collect())
            }
            "pg_indexes" => {
                let indexes = self.tables().flat_map(|(table, content)| {
                    content
                        .indexes
                        .iter()
                        .map(move |index| vec![text("public"), text(table), text(&index.name)])
                });
                (&["schemaname", "tablename", "indexname"], indexes.collect())
            }
            "flyway_schema_history" => {
                let history = self.world.database.instance.as_ref()?.history.as_ref()?;
                (&HISTORY, history.entries.iter().map(row_of).collect())
            }
            "databasechangelog" => {
                let history = self.world.database.instance.as_ref()?.changelog.as_ref()?;
                (&table::CHANGELOG, history.entries.iter().map(table::row_of).collect())
            }
            "databasechangeloglock" => {
                let row = self.world.database.instance.as_ref()?.changelog_lock.as_ref()?;
                (&table::LOCK, vec![table::lock_row(row)])
            }
            _ => return None,
        };
        Some(Relation { columns: columns(names), rows })
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> Option<Result<Value, Fault>> {
        let database = &self.world.database;
        let instance = database.instance.as_ref()?;
        let session = instance.session(self.session);
        if self.engine() == Engine::Mysql {
            return self.mysql_function(session, name, arguments).map(Ok);
        }
        Some(Ok(match (name, arguments) {
            ("now" | "current_timestamp" | "transaction_timestamp", []) => {
                time(session.transaction_began)
            }
            ("clock_timestamp" | "statement_timestamp", []) => time(Some(self.now)),
            ("version", []) => text("PostgreSQL 15.20, as far as it is modelled here"),
            ("current_user" | "session_user", []) => text(&session.script.user),
            ("current_database", []) => text(&database.shape.name),
            ("current_schema", []) => text("public"),
            ("pg_backend_pid", []) => Value::Int(session.pid.into()),
            ("pg_blocking_pids", [Value::Int(pid)]) => self.blocking_pids(*pid),
            ("pg_cancel_backend" | "pg_terminate_backend", [Value::Int(pid)]) => {
                let found = match self.world.session_of(*pid) {
                    Ok(found) => found,
                    Err(fault) => return Some(Err(fault)),
                };
                let active = |id: &SessionId| instance.session(*id).is_active();
                let signal = match name {
                    "pg_cancel_backend" => {
                        found.filter(|id| *id != self.session && active(id)).map(Signal::Cancel)
                    }
                    _ => found.map(Signal::Terminate),
                };
                self.signals.extend(signal);
                Value::Bool(found.is_some())
            }
            _ => return None,
        }))
    }
}
