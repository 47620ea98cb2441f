//! What people care about in a run, each entry with the event that caused it.

use serde::Serialize;

use crate::chunked::Chunked;
use crate::queue::EventId;
use crate::time::SimTime;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// A command line was run.
    Command,
    /// Argo CD, Argo Rollouts or Flagger did something.
    Delivery,
    /// An object was created, changed or deleted.
    Object,
    /// A pod changed.
    Pod,
    /// Endpoints of a Service changed.
    Endpoints,
    /// Configuration was computed or reached a proxy.
    Config,
    /// A request failed.
    Request,
    /// The schema changed, or somebody waits in the database.
    Database,
    /// Something broke because the scenario says so.
    Fault,
    /// An alert fired or was resolved.
    Alert,
    /// An objective was reached or missed, or a hint was given.
    Objective,
}

/// One line of the trace.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// The event that did it.
    pub id: EventId,
    /// The event or command behind that.
    pub cause: EventId,
    /// What it is about.
    pub topic: Topic,
    /// `pod/NAME`, `deployment/NAME`, `gateway`, ...
    pub subject: String,
    /// What happened, for people; begins in lower case, no full stop.
    pub text: String,
    /// Ids of the rules that made it happen.
    pub rules: &'static [&'static str],
}

/// The entries of a run so far, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    entries: Chunked<Entry>,
}

impl Trace {
    /// Appends an entry.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// All entries, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + Clone {
        self.entries.iter()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing happened yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at `index`.
    pub fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }
}
