//! Views of the system, and functions that a session may call: who is there, who waits for whom.
//!
//! The connections of applications are among them, each with a number of its own. That they cannot be ended
//! by `pg_terminate_backend` is a simplification.

pub(super) mod views;

use schema::ask::{Relation, Source, Value};
use schema::{Engine, Fault, SqlError, Statement};

use crate::cluster::pod::PodId;
use crate::console::timestamp;
use crate::database::lock::Owner;
use crate::database::run::refusal;
use crate::database::session::{Reply, SessionId, Table};
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
}

impl Source for Asking<'_> {
    fn engine(&self) -> Engine {
        self.world.database.instance.as_ref().map_or(Engine::Postgresql, |one| one.dialect().engine)
    }

    fn relation(&self, name: &str) -> Option<Relation> {
        match self.engine() {
            Engine::Postgresql => self.view(name),
            Engine::Mysql => self.mysql_relation(name),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> Option<Result<Value, Fault>> {
        let database = &self.world.database;
        let instance = database.instance.as_ref()?;
        let session = instance.session(self.session);
        if self.engine() == Engine::Mysql {
            return self.mysql_function(session, name, arguments);
        }
        Some(Ok(match (name, arguments) {
            ("now" | "current_timestamp" | "transaction_timestamp", []) => {
                time(session.transaction_began)
            }
            ("clock_timestamp" | "statement_timestamp", []) => time(Some(self.now)),
            ("version", []) => {
                let server = instance.dialect().server;
                Value::Text(format!("{server}, as far as it is modelled here"))
            }
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
