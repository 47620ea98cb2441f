//! The tables of Liquibase, as a session sees them (LQ-02, 04).

use schema::Statement;
use schema::ask::Value;
use schema::liquibase::{Entry, LockRow, VERSION, lock_written};

use crate::database::history::installed_on;
use crate::database::session::Reply;
use crate::time::SimTime;
use crate::world::World;

/// Columns of `databasechangelog`.
pub(crate) const CHANGELOG: [&str; 14] = [
    "id",
    "author",
    "filename",
    "dateexecuted",
    "orderexecuted",
    "exectype",
    "md5sum",
    "description",
    "comments",
    "tag",
    "liquibase",
    "contexts",
    "labels",
    "deployment_id",
];

/// Columns of `databasechangeloglock`.
pub(crate) const LOCK: [&str; 4] = ["id", "locked", "lockgranted", "lockedby"];

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A row of `databasechangelog`.
pub(crate) fn row_of(entry: &Entry) -> Vec<Value> {
    let null = |value: &Option<String>| value.as_deref().map_or(Value::Null, text);
    vec![
        text(&entry.id),
        text(&entry.author),
        text(&entry.filename),
        text(&entry.date),
        Value::Int(entry.order.into()),
        text(entry.kind.text()),
        null(&entry.checksum),
        text(&entry.description),
        text(&entry.comments),
        null(&entry.tag),
        text(VERSION),
        null(&entry.contexts),
        null(&entry.labels),
        text(&entry.deployment),
    ]
}

/// The row of `databasechangeloglock`.
pub(crate) fn lock_row(row: &LockRow) -> Vec<Value> {
    let (by, since) = match &row.held {
        Some((by, since)) => (text(by), text(since)),
        None => (Value::Null, Value::Null),
    };
    vec![Value::Int(1), Value::Bool(row.held.is_some()), since, by]
}

impl World {
    /// Whoever writes the row of the lock by hand takes or frees it. Simplified: at once, whatever becomes of
    /// the transaction.
    pub(crate) fn write_lock(&mut self, statement: &Statement, now: SimTime) -> Option<Reply> {
        let by = lock_written(&statement.ast)?;
        let row = self.database.instance.as_mut()?.changelog_lock.as_mut()?;
        row.held = by.map(|by| (by, installed_on(now)));
        let tag = schema::session::tag(&statement.ast);
        Some(Reply::Done(format!("{} 1", tag.split(' ').next().unwrap_or_default())))
    }
}
