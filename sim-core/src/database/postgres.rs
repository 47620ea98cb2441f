//! What a PostgreSQL server knows: its schema, and what has changed it.

use std::sync::Arc;

use schema::Schema;

use crate::application::release::Release;
use crate::database::verdict::Verdicts;
use crate::queue::EventId;
use crate::time::SimTime;

/// A change of the schema that everybody sees.
#[derive(Clone, Debug)]
pub struct Change {
    /// When it was committed.
    pub at: SimTime,
    /// Where its statement comes from: the file of a migration, or who typed it.
    pub from: Arc<str>,
    /// The event that committed it.
    pub id: EventId,
}

/// The server's state. A database without schema has none.
#[derive(Clone, Debug)]
pub struct Postgres {
    /// Tables, columns, constraints, indexes as everybody sees them.
    pub schema: Arc<Schema>,
    /// What becomes of the statements that releases send.
    pub verdicts: Verdicts,
    /// What has changed the schema, oldest first.
    pub changes: Vec<Change>,
}

impl Postgres {
    /// A server that holds a schema, and serves these releases.
    pub fn new<'r>(schema: &Arc<Schema>, releases: impl Iterator<Item = &'r Release>) -> Self {
        let verdicts = Verdicts::new(releases, schema);
        Self { schema: Arc::clone(schema), verdicts, changes: Vec::new() }
    }

    /// The schema is another one from now on: every statement is judged again (PG-41, 42).
    pub fn change(&mut self, schema: Schema, change: Change) {
        self.schema = Arc::new(schema);
        self.verdicts.judge_again(&self.schema, self.changes.len());
        self.changes.push(change);
    }
}
