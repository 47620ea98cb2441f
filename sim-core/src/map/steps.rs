//! The rows of the map: the schema at the beginning, then after each migration that lies in the workspace,
//! folder by folder in the order of their versions, and after whatever else the learner's run has committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::flyway::Name;
use schema::session::Control;
use schema::values::{Fill, Origin, fills};
use schema::{Schema, Statement};

use crate::database::instance::{Commit, Instance};

/// Most rows.
const MOST_ROWS: usize = 24;
/// Longest label of a statement that was typed, in characters.
const LONGEST_LABEL: usize = 60;

/// A column that is copied into another one of its table: table, from, to.
pub(super) type Pair = (String, String, String);

/// What the database holds, as far as releases can tell.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) schema: Schema,
    /// Rows that have been copied.
    copied: BTreeMap<Pair, u64>,
}

impl State {
    /// At the beginning; nothing has been copied.
    pub(super) fn new(schema: &Schema) -> Self {
        Self { schema: schema.clone(), copied: BTreeMap::new() }
    }

    /// After some statements; why there is no such state.
    pub(super) fn after<'s>(
        &self,
        statements: impl Iterator<Item = &'s Arc<Statement>>,
    ) -> Result<Self, String> {
        let mut state = self.clone();
        for statement in statements.filter(|one| Control::of(&one.ast).is_none()) {
            let ast = &statement.ast;
            for (pair, rows) in copies(&state.schema, statement) {
                let copied = state.copied.entry(pair).or_default();
                *copied = copied.saturating_add(rows);
            }
            let applied = schema::apply(&state.schema, ast, false);
            (state.schema, _) = applied.map_err(|fault| fault.to_string())?;
        }
        Ok(state)
    }

    /// Whether there are both columns.
    pub(super) fn has(&self, (table, from, to): &Pair) -> bool {
        let table = self.schema.tables.get(table);
        table.is_some_and(|it| [from, to].into_iter().all(|name| it.column(name).is_some()))
    }

    /// The columns that have been copied, in part at least.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.copied.keys()
    }

    /// Whether all rows of a table have been copied.
    pub(super) fn is_copied(&self, pair: &Pair) -> bool {
        let rows = self.schema.tables.get(&pair.0).and_then(|table| table.rows).unwrap_or(1);
        self.copied.get(pair).is_some_and(|copied| rows <= *copied)
    }

    /// Whether no release can tell it from another one.
    fn is_like(&self, other: &Self) -> bool {
        let shape = |state: &Self| {
            let mut schema = state.schema.clone();
            schema.tables.values_mut().for_each(|table| table.rows = None);
            schema
        };
        let done = |state: &Self| {
            let pairs = state.copied.keys();
            pairs.filter(|pair| state.is_copied(pair)).cloned().collect::<Vec<_>>()
        };
        done(self) == done(other) && shape(self) == shape(other)
    }
}

/// The columns that some file of the workspace copies, migration or not.
pub(super) fn pairs_of_files(files: &BTreeMap<String, String>, schema: &Schema) -> Vec<Pair> {
    let texts = files.iter().filter(|(path, _)| path.ends_with(".sql")).map(|(_, text)| text);
    let statements =
        texts.flat_map(|text| schema.engine.parse(text).unwrap_or_default().statements);
    statements.flat_map(|one| copies(schema, &one)).map(|(pair, _)| pair).collect()
}

/// The columns that a statement copies, and in how many rows.
fn copies(schema: &Schema, statement: &Statement) -> Vec<(Pair, u64)> {
    let copy = |fill: Fill| match fill.origin {
        Origin::Column(from) => {
            Some(((fill.table, from, fill.column), fill.rows.unwrap_or(u64::MAX)))
        }
        Origin::Null | Origin::Computed => None,
    };
    fills(schema, &statement.ast).into_iter().filter_map(copy).collect()
}

/// A row, and how it is reached.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The file, or the statement that was typed; empty at the beginning.
    pub(super) label: String,
    /// The row before.
    pub(super) after: Option<usize>,
    pub(super) statements: Vec<Arc<Statement>>,
    /// What the database holds, or why the step fails.
    pub(super) state: Result<State, String>,
    /// Whether only the learner's run leads there.
    pub(super) typed: bool,
}

/// All rows.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub(super) all: Vec<Step>,
    /// Whether some are left out.
    pub(super) too_many: bool,
}

impl Steps {
    /// Those of the files.
    pub(super) fn of_files(files: &BTreeMap<String, String>, instance: &Instance) -> Self {
        let state = State::new(&instance.schema);
        let first = Step {
            label: String::new(),
            after: None,
            statements: Vec::new(),
            state: Ok(state),
            typed: false,
        };
        let mut steps = Self { all: vec![first], too_many: false };
        for (_, mut folder) in by_folder(files, instance) {
            folder.sort_by(|(one, _), (other, _)| one.order(other));
            let mut before = 0;
            for (_, path) in folder {
                let text = files.get(path).map_or("", String::as_str);
                let parsed = instance.schema.engine.parse(text).map_err(|problems| {
                    let first = problems.first();
                    first.map_or_else(String::new, |it| format!("line {}: {}", it.line, it.message))
                });
                let statements = parsed.map(|script| script.statements);
                let reached = steps.add(path.clone(), before, statements, false);
                let Some(reached) = reached else { break };
                before = reached;
            }
        }
        steps
    }

    /// Adds a row; its place if something can follow it.
    fn add(
        &mut self,
        label: String,
        after: usize,
        statements: Result<Vec<Statement>, String>,
        typed: bool,
    ) -> Option<usize> {
        if self.all.len() == MOST_ROWS {
            self.too_many = true;
            return None;
        }
        let before = self.all[after].state.clone().ok()?;
        let (statements, state) = match statements {
            Ok(statements) => {
                let statements: Vec<_> = statements.into_iter().map(Arc::new).collect();
                let state = before.after(statements.iter());
                (statements, state)
            }
            Err(problem) => (Vec::new(), Err(problem)),
        };
        let works = state.is_ok();
        self.all.push(Step { label, after: Some(after), statements, state, typed });
        works.then_some(self.all.len() - 1)
    }

    /// The row that a commit leads to from another one; a new one if there is none like it.
    pub(super) fn follow(&mut self, from: usize, commit: &Commit) -> usize {
        let same = |step: &Step| {
            let texts = |all: &[Arc<Statement>]| -> Vec<String> {
                let own = all.iter().filter(|one| Control::of(&one.ast).is_none());
                own.map(|statement| statement.text.clone()).collect()
            };
            step.after == Some(from) && texts(&step.statements) == texts(&commit.statements)
        };
        if let Some(file) = self.all.iter().position(|step| step.state.is_ok() && same(step)) {
            return file;
        }
        let Ok(before) = &self.all[from].state else { return from };
        let Ok(state) = before.after(commit.statements.iter()) else { return from };
        if state.is_like(before) {
            // Batches add up, though none of them makes a row.
            self.all[from].state = Ok(state);
            return from;
        }
        let alike = |step: &Step| step.state.as_ref().is_ok_and(|known| known.is_like(&state));
        if let Some(alike) = self.all.iter().position(alike) {
            return alike;
        }
        let statements = commit.statements.iter().map(|one| (**one).clone()).collect();
        self.add(label(commit), from, Ok(statements), true).unwrap_or(from)
    }
}

/// Migrations that have not been run, by their folder.
fn by_folder<'f>(
    files: &'f BTreeMap<String, String>,
    instance: &Instance,
) -> BTreeMap<&'f str, Vec<(Name, &'f String)>> {
    let history = instance.history.iter().flat_map(|history| &history.entries);
    let run: Vec<_> =
        history.filter(|entry| entry.success).filter_map(|one| one.version.as_ref()).collect();
    let mut folders: BTreeMap<&str, Vec<(Name, &String)>> = BTreeMap::new();
    for path in files.keys() {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        match Name::parse(file) {
            Ok(Name::Undo(..)) | Err(_) => {}
            Ok(name) if name.version().is_some_and(|version| run.contains(&version)) => {}
            Ok(name) => folders.entry(folder).or_default().push((name, path)),
        }
    }
    folders
}

/// The file of a commit, or what was typed.
fn label(commit: &Commit) -> String {
    if commit.from.ends_with(".sql") {
        return commit.from.to_string();
    }
    let texts = commit.statements.iter().map(|statement| statement.text.as_str());
    let text = texts.collect::<Vec<_>>().join("; ");
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_LABEL) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
