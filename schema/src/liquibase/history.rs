//! The tables `databasechangelog` and `databasechangeloglock` (LQ-02, 04).

use sqlparser::ast::{
    AssignmentTarget, Expr, FromTable, Statement, TableFactor, TableWithJoins, Value,
};

use crate::liquibase::changeset::ChangeSet;

/// What became of a changeset, as the column EXECTYPE has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecType {
    /// It was run.
    Executed,
    /// It was run again.
    Reran,
    /// Its preconditions did not hold, and it counts as run.
    MarkRan,
}

impl ExecType {
    /// As the column has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Executed => "EXECUTED",
            Self::Reran => "RERAN",
            Self::MarkRan => "MARK_RAN",
        }
    }
}

/// A row of `databasechangelog`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `id`.
    pub id: String,
    /// `author`.
    pub author: String,
    /// `filename`.
    pub filename: String,
    /// `dateexecuted`, as the table shows it.
    pub date: String,
    /// `orderexecuted`.
    pub order: u32,
    /// `exectype`.
    pub kind: ExecType,
    /// `md5sum`; none after `clear-checksums`.
    pub checksum: Option<String>,
    /// `description`.
    pub description: String,
    /// `comments`.
    pub comments: String,
    /// `tag`.
    pub tag: Option<String>,
    /// `contexts`.
    pub contexts: Option<String>,
    /// `labels`.
    pub labels: Option<String>,
    /// `deployment_id`: the run that has written it.
    pub deployment: String,
}

impl Entry {
    /// The row that a changeset writes.
    pub fn of(set: &ChangeSet, kind: ExecType, deployment: &str) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: set.id.clone(),
            author: set.author.clone(),
            filename: set.path.clone(),
            date: String::new(),
            order: 0,
            kind,
            checksum: Some(set.checksum()),
            description: set.description(),
            comments: set.comments.clone(),
            tag: set.tag().map(str::to_owned),
            contexts: set.context.as_ref().map(ToString::to_string),
            labels: some(set.labels.join(",")),
            deployment: deployment.to_owned(),
        }
    }

    /// Whether it is the row of a changeset (LQ-01).
    pub fn is_of(&self, set: &ChangeSet) -> bool {
        self.id == set.id && self.author == set.author && self.filename == set.path
    }
}

/// The whole table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Its rows, as they were written.
    pub entries: Vec<Entry>,
}

impl History {
    /// The row of a changeset.
    pub fn entry(&self, set: &ChangeSet) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_of(set))
    }

    /// The order of the next row.
    pub fn next_order(&self) -> u32 {
        self.entries.iter().map(|entry| entry.order).max().unwrap_or(0) + 1
    }

    /// Writes a row: in place of an older one of the same changeset, whose tag stays.
    pub fn write(&mut self, entry: Entry) {
        let same = |other: &&mut Entry| {
            (&other.id, &other.author, &other.filename)
                == (&entry.id, &entry.author, &entry.filename)
        };
        match self.entries.iter_mut().find(same) {
            Some(old) => {
                let tag = entry.tag.clone().or_else(|| old.tag.take());
                *old = Entry { tag, ..entry };
            }
            None => self.entries.push(entry),
        }
    }

    /// Rows in the order in which they were run.
    pub fn in_order(&self) -> Vec<&Entry> {
        let mut all: Vec<&Entry> = self.entries.iter().collect();
        all.sort_by_key(|entry| entry.order);
        all
    }
}

/// The row of `databasechangeloglock`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockRow {
    /// Who has it and since when, as the table shows it; none if nobody has.
    pub held: Option<(String, String)>,
}

/// What a statement does to the row of the lock, if it writes it: frees it, or takes it, for whom.
pub fn lock_written(statement: &Statement) -> Option<Option<String>> {
    let is_lock = |table: &TableFactor| match table {
        TableFactor::Table { name, .. } => {
            let name = name.to_string().replace('"', "").to_lowercase();
            matches!(name.as_str(), "databasechangeloglock" | "public.databasechangeloglock")
        }
        _ => false,
    };
    match statement {
        Statement::Update(update) if is_lock(&update.table.relation) => {
            let written = |column: &str| {
                let is_it = |target: &AssignmentTarget| match target {
                    AssignmentTarget::ColumnName(name) => {
                        name.to_string().eq_ignore_ascii_case(column)
                    }
                    AssignmentTarget::Tuple(_) => false,
                };
                let one = update.assignments.iter().find(|one| is_it(&one.target))?;
                Some(&one.value)
            };
            let locked = truth(written("locked")?)?;
            Some(locked.then(|| written("lockedby").and_then(text).unwrap_or_default()))
        }
        Statement::Delete(delete) => {
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
            // Without its row the next run makes a new one, which is free.
            matches!(&from[..], [TableWithJoins { relation, .. }] if is_lock(relation))
                .then_some(None)
        }
        _ => None,
    }
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn truth(value: &Expr) -> Option<bool> {
    let Expr::Value(value) = value else { return None };
    match &value.value {
        Value::Boolean(truth) => Some(*truth),
        Value::SingleQuotedString(text) => match text.as_str() {
            "t" | "true" | "1" => Some(true),
            "f" | "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
