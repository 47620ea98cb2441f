//! The table `flyway_schema_history` (FW-02): its rows are written in the transaction of their migration.

use schema::ask::Value;
use schema::flyway::{Entry, History};

use crate::console::timestamp;
use crate::database::instance::Instance;
use crate::database::run::ROUND_TRIP;
use crate::database::session::{Action, Doing, SessionId};
use crate::engine::Context;
use crate::event::Event;
use crate::time::SimTime;
use crate::world::World;

/// Its columns.
pub(super) const HISTORY: [&str; 10] = [
    "installed_rank",
    "version",
    "description",
    "type",
    "script",
    "checksum",
    "installed_by",
    "installed_on",
    "execution_time",
    "success",
];

/// How Flyway makes it in MySQL.
pub(super) const CREATE_HISTORY: &str = "CREATE TABLE flyway_schema_history (
    installed_rank INT NOT NULL, version VARCHAR(50), description VARCHAR(200) NOT NULL,
    type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, checksum INT,
    installed_by VARCHAR(100) NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    execution_time INT NOT NULL, success BOOL NOT NULL,
    CONSTRAINT flyway_schema_history_pk PRIMARY KEY (installed_rank),
    KEY flyway_schema_history_s_idx (success))";

/// A row of it.
pub(super) fn row_of(entry: &Entry) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        Value::Int(entry.rank.into()),
        entry.version.as_ref().map_or(Value::Null, |version| text(&version.to_string())),
        text(&entry.description),
        text(entry.kind.text()),
        text(&entry.script),
        entry.checksum.map_or(Value::Null, |checksum| Value::Int(checksum.into())),
        text(&entry.installed_by),
        text(&entry.installed_on),
        Value::Int(i64::try_from(entry.millis).unwrap_or(i64::MAX)),
        Value::Bool(entry.success),
    ]
}

/// A time as the table shows it: `2026-01-05 09:00:00`.
pub(crate) fn installed_on(at: SimTime) -> String {
    timestamp(at).replace('T', " ").replace('Z', "")
}

impl World {
    /// A migration is done: its row is written, to be seen after the commit.
    pub(super) fn record(&mut self, id: SessionId, entry: &Entry, ctx: &mut Context<'_, Event>) {
        let session = self.session(id);
        let before = session.script.steps[..session.next].iter();
        let last = before.rev().position(|step| matches!(step.action, Action::Record(_)));
        let first = session.next - last.unwrap_or(session.next);
        let began = session.answers.iter().find(|answer| first <= answer.step);
        let millis = began.map_or(0, |answer| ctx.now.since(answer.at).as_micros() / 1_000);
        let installed_on = installed_on(ctx.now);
        let entry = Entry { installed_on, millis, ..entry.clone() };
        session.next += 1;
        match &mut session.transaction {
            Some(transaction) => transaction.records.push(entry),
            None => self.instance().recorded(vec![entry]),
        }
        self.go_on(id, Doing::Idle, ROUND_TRIP, ctx);
    }
}

impl Instance {
    /// Rows that are seen from now on.
    pub(crate) fn recorded(&mut self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let history = self.history.get_or_insert_with(History::default);
        for entry in entries {
            let rank = history.next_rank();
            history.entries.push(Entry { rank, ..entry });
        }
    }
}
