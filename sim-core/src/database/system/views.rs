//! Views of PostgreSQL's system, with all columns that they have; those of which nothing is known are null.
//!
//! Transactions are not counted: the number of the server process that works for one stands for its own.

use schema::ask::{Relation, Value};
use schema::{Constraint, ConstraintKind, LockMode};

use super::{Asking, columns, first_pid, text, time};
use crate::cluster::pod::{ContainerState, PodId};
use crate::database::history::{HISTORY, row_of};
use crate::database::lock::{DATABASE, Owner};
use crate::database::session::{Doing, Session};
use crate::database::tool::table;
use crate::request::RequestId;
use crate::time::SimTime;

const ACTIVITY: [&str; 22] = [
    "datid",
    "datname",
    "pid",
    "leader_pid",
    "usesysid",
    "usename",
    "application_name",
    "client_addr",
    "client_hostname",
    "client_port",
    "backend_start",
    "xact_start",
    "query_start",
    "state_change",
    "wait_event_type",
    "wait_event",
    "state",
    "backend_xid",
    "backend_xmin",
    "query_id",
    "query",
    "backend_type",
];

const LOCKS: [&str; 16] = [
    "locktype",
    "database",
    "relation",
    "page",
    "tuple",
    "virtualxid",
    "transactionid",
    "classid",
    "objid",
    "objsubid",
    "virtualtransaction",
    "pid",
    "mode",
    "granted",
    "fastpath",
    "waitstart",
];

const INDEX: [&str; 21] = [
    "indexrelid",
    "indrelid",
    "indnatts",
    "indnkeyatts",
    "indisunique",
    "indnullsnotdistinct",
    "indisprimary",
    "indisexclusion",
    "indimmediate",
    "indisclustered",
    "indisvalid",
    "indcheckxmin",
    "indisready",
    "indislive",
    "indisreplident",
    "indkey",
    "indcollation",
    "indclass",
    "indoption",
    "indexprs",
    "indpred",
];

/// Views that are answered.
const KNOWN: [&str; 6] =
    ["pg_index", "pg_indexes", "pg_locks", "pg_stat_activity", "pg_stat_user_tables", "pg_tables"];

/// The role that administers the server, and its number.
const ADMINISTRATOR: (&str, i64) = ("postgres", 10);

/// What a question stumbles over if it is for a relation of the system: that one exists, here or not.
pub(in crate::database) fn missing(message: &str) -> Option<String> {
    let name = message.strip_prefix("relation \"")?.strip_suffix("\" does not exist")?;
    let more = if KNOWN.contains(&name) { " in such a question" } else { "" };
    name.starts_with("pg_").then(|| format!("{name}{more}"))
}

/// A row: what is known of it, by column.
fn row(columns: &[&str], known: &[(&str, Value)]) -> Vec<Value> {
    let cell = |column: &&str| {
        let found = known.iter().find(|(name, _)| name == column);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    columns.iter().map(cell).collect()
}

impl Asking<'_> {
    pub(super) fn view(&self, name: &str) -> Option<Relation> {
        let instance = self.world.database.instance.as_ref()?;
        let (names, rows): (&[&str], Vec<Vec<Value>>) = match name {
            "pg_stat_activity" => (&ACTIVITY, self.activity()),
            "pg_locks" => (&LOCKS, self.locks()),
            "pg_index" => (&INDEX, self.indexes()),
            "pg_tables" => {
                let row =
                    |(name, _): (&String, _)| vec![text("public"), text(name), text("postgres")];
                (&["schemaname", "tablename", "tableowner"], self.tables().map(row).collect())
            }
            "pg_stat_user_tables" => {
                let row = |(name, _): (&String, _)| {
                    vec![text("public"), text(name), Value::Int(instance.rows(name) as i64)]
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
                let history = instance.history.as_ref()?;
                (&HISTORY, history.entries.iter().map(row_of).collect())
            }
            "databasechangelog" => {
                let history = instance.changelog.as_ref()?;
                (&table::CHANGELOG, history.entries.iter().map(table::row_of).collect())
            }
            "databasechangeloglock" => {
                let row = instance.changelog_lock.as_ref()?;
                (&table::LOCK, vec![table::lock_row(row)])
            }
            _ => return None,
        };
        Some(Relation { columns: columns(names), rows })
    }

    fn tables(&self) -> impl Iterator<Item = (&String, &schema::Table)> {
        let instance = self.world.database.instance.as_ref();
        instance.into_iter().flat_map(|instance| &instance.schema.tables)
    }

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
        let [kind, event] = self.wait(Owner::Session(session.id), session.doing == Doing::Idle);
        let user = &*session.script.user;
        let is_administrator = user == ADMINISTRATOR.0;
        let number = if is_administrator { Value::Int(ADMINISTRATOR.1) } else { Value::Null };
        let known = [
            ("datid", Value::Int(DATABASE.into())),
            ("datname", text(&self.world.database.shape.name)),
            ("pid", Value::Int(session.pid.into())),
            ("usesysid", number),
            ("usename", text(user)),
            ("application_name", text(&session.script.application)),
            ("backend_start", time(Some(session.began))),
            ("xact_start", time(session.transaction_began)),
            ("query_start", time(session.statement_began)),
            ("state_change", time(Some(session.since))),
            ("wait_event_type", kind),
            ("wait_event", event),
            ("state", text(session.state())),
            ("query", text(session.query())),
            ("backend_type", text("client backend")),
        ];
        row(&ACTIVITY, &known)
    }

    fn connection_row(&self, pod: PodId, place: u32, request: Option<RequestId>) -> Vec<Value> {
        let world = self.world;
        let known = world.cluster.state.pods.get(&pod);
        let (name, ip) =
            known.map_or(("", ""), |pod| (&*pod.name, pod.ip.as_deref().unwrap_or_default()));
        let began = known.and_then(|pod| match pod.containers.first()?.state {
            ContainerState::Running { started } => Some(started),
            ContainerState::Waiting { .. } | ContainerState::Terminated { .. } => None,
        });
        let [kind, event] = match request {
            Some(id) => self.wait(Owner::Request(id), false),
            None => ["Client", "ClientRead"].map(text),
        };
        let known = [
            ("datid", Value::Int(DATABASE.into())),
            ("datname", text(&world.database.shape.name)),
            ("pid", Value::Int(i64::from(first_pid(pod) + place))),
            ("usename", text("app")),
            ("application_name", text(name)),
            ("client_addr", text(ip)),
            ("backend_start", time(began)),
            ("wait_event_type", kind),
            ("wait_event", event),
            ("state", text(if request.is_some() { "active" } else { "idle" })),
            ("query", self.query_of(pod, request).map_or(Value::Null, text)),
            ("backend_type", text("client backend")),
        ];
        row(&ACTIVITY, &known)
    }

    /// `wait_event_type` and `wait_event`.
    fn wait(&self, owner: Owner, is_idle: bool) -> [Value; 2] {
        let instance = self.world.database.instance.as_ref();
        match instance.and_then(|instance| instance.awaited(owner)) {
            Some(awaited) => ["Lock", awaited.event()].map(text),
            None if is_idle => ["Client", "ClientRead"].map(text),
            None => [Value::Null, Value::Null],
        }
    }

    /// What a connection of an application executes. Which statement was the last of one that is idle is not
    /// known: it is said to be the last of its release.
    fn query_of(&self, pod: PodId, request: Option<RequestId>) -> Option<&str> {
        let world = self.world;
        let server = world.application.server(pod)?;
        let routes = &world.application.releases[usize::from(server.release)].release.routes;
        let current = request.and_then(|id| {
            let request = &world.requests[id];
            let route = routes.get(usize::from(request.route))?;
            route.sql.get(usize::from(request.statements))
        });
        let last = || routes.iter().rev().find_map(|route| route.sql.last());
        current.or_else(last).map(|statement| statement.text.as_str())
    }

    /// Locks that are held, and those that are waited for. Whoever waits for rows waits for the end of a
    /// transaction, which has a lock on its own number (PG-08).
    fn locks(&self) -> Vec<Vec<Value>> {
        let Some(instance) = &self.world.database.instance else { return Vec::new() };
        let number = |owner| Value::Int(self.world.transaction_of(owner).into());
        let first = |owner| instance.waits_behind(owner).first().copied();
        let mut rows = Vec::new();
        for (id, relation) in instance.locks.iter() {
            for (owner, (_, mode)) in instance.holders(id) {
                rows.push(match relation.is_rows {
                    true => {
                        let on = ("transactionid", number(owner));
                        self.lock_row(owner, LockMode::Exclusive, None, on)
                    }
                    false => self.lock_row(owner, mode, None, ("relation", text(&relation.table))),
                });
            }
            for waiter in &relation.queue {
                let (mode, on) = match relation.is_rows {
                    true => {
                        let number = first(waiter.owner).map_or(Value::Null, number);
                        (LockMode::Share, ("transactionid", number))
                    }
                    false => (waiter.mode, ("relation", text(&relation.table))),
                };
                rows.push(self.lock_row(waiter.owner, mode, Some(waiter.since), on));
            }
        }
        // PG-40.
        let builds = instance.open_sessions().filter(|one| one.doing == Doing::WaitingForOld);
        for session in builds {
            let owner = Owner::Session(session.id);
            let old = first(owner).map(|old| self.world.virtual_transaction_of(old));
            let on = ("virtualxid", old.map_or(Value::Null, Value::Text));
            rows.push(self.lock_row(owner, LockMode::Share, Some(session.since), on));
        }
        // A transaction has one lock on its number, in however many tables it has changed rows.
        let mut once: Vec<Vec<Value>> = Vec::new();
        for row in rows {
            if !once.contains(&row) {
                once.push(row);
            }
        }
        once
    }

    /// A lock that is held, or has been waited for since then; on what, by the column that says so.
    fn lock_row(
        &self,
        owner: Owner,
        mode: LockMode,
        since: Option<SimTime>,
        on: (&'static str, Value),
    ) -> Vec<Value> {
        let is_relation = on.0 == "relation";
        let database = if is_relation { Value::Int(DATABASE.into()) } else { Value::Null };
        let known = [
            ("locktype", text(on.0)),
            ("database", database),
            on,
            ("virtualtransaction", Value::Text(self.world.virtual_transaction_of(owner))),
            ("pid", Value::Int(self.world.pid_of(owner).into())),
            ("mode", text(mode.pg_name())),
            ("granted", Value::Bool(since.is_none())),
            ("fastpath", Value::Bool(false)),
            ("waitstart", time(since)),
        ];
        row(&LOCKS, &known)
    }

    /// Indexes. One that cannot be used is not kept up to date either: that this depends on how far its
    /// `CREATE INDEX CONCURRENTLY` has come is not modelled (PG-40).
    fn indexes(&self) -> Vec<Vec<Value>> {
        let row = |table: &str, constraints: &[Constraint], index: &schema::Index| {
            let is_primary = constraints.iter().any(|one| {
                one.name == index.name && matches!(one.kind, ConstraintKind::Primary(_))
            });
            let known = [
                ("indexrelid", text(&index.name)),
                ("indrelid", text(table)),
                ("indisunique", Value::Bool(index.unique)),
                ("indisprimary", Value::Bool(is_primary)),
                ("indisclustered", Value::Bool(false)),
                ("indisvalid", Value::Bool(index.valid)),
                ("indisready", Value::Bool(index.valid)),
                ("indislive", Value::Bool(true)),
            ];
            row(&INDEX, &known)
        };
        let tables = self.tables();
        let indexes = tables.flat_map(|(name, table)| {
            let of = table.indexes.iter();
            of.map(move |index| row(name, &table.constraints, index))
        });
        indexes.collect()
    }
}
