//! Changelogs of Liquibase: a root in YAML or formatted SQL, and the files that it includes (LQ-01, 05).
//!
//! Simplified: changelogs in XML and JSON are not modelled.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::Statement;
use schema::liquibase::{self, Change, ChangeSet, Sql};

use super::entry::Entry;
use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::yaml::{self, Node, Value};

/// Deepest nesting of included files.
const DEEPEST: usize = 16;
/// Most changesets.
const MOST: usize = 1_000;

/// What a changelog says, with the statements of each changeset.
#[derive(Clone, Debug, Default)]
pub struct Changelog {
    /// Its changesets, in order.
    pub sets: Vec<ChangeSet>,
    /// Statements of each.
    pub statements: Vec<Vec<Arc<Statement>>>,
    /// Statements that take each back, as far as they are written.
    pub back: Vec<Vec<Arc<Statement>>>,
}

pub(super) type Files = BTreeMap<String, String>;

impl Changelog {
    /// Reads a changelog and everything that it includes; or what is wrong with it.
    ///
    /// # Errors
    ///
    /// Everything that cannot be read, each with its place.
    pub fn load(files: &Files, root: &str) -> Result<Self, Vec<Diagnostic>> {
        let path = plain(root);
        if !files.contains_key(&path) {
            let message = format!("{root} does not exist");
            return Err(vec![Diagnostic::error(&path, Position::default(), message)]);
        }
        let mut reader = Reader { files, sets: Vec::new(), open: Vec::new() };
        reader.file(&path).map_err(|problem| vec![problem])?;
        let (mut log, mut problems) = (Self::default(), Vec::new());
        for set in reader.sets {
            let sql = set.changes.iter().filter_map(|change| match change {
                Change::Sql(sql) => Some(sql),
                Change::Tag(_) | Change::Empty => None,
            });
            log.statements.push(statements(&set, sql, &mut problems));
            log.back.push(statements(&set, set.rollback.iter().flatten(), &mut problems));
            log.sets.push(set);
        }
        if problems.is_empty() { Ok(log) } else { Err(problems) }
    }
}

/// The statements of some SQL; what is none is a problem.
fn statements<'s>(
    set: &ChangeSet,
    all: impl Iterator<Item = &'s Sql>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Arc<Statement>> {
    let mut read = Vec::new();
    for sql in all {
        let line = |line: u64| line + sql.line.saturating_sub(1);
        match schema::parse(&sql.plain()) {
            Ok(script) => read.extend(script.statements.into_iter().map(|statement| {
                let line = line(statement.line);
                Arc::new(Statement { line, ..statement })
            })),
            Err(found) => problems.extend(found.into_iter().map(|problem| {
                let file = sql.file.as_deref().unwrap_or(&set.file);
                let position = place(line(problem.line), problem.column);
                Diagnostic::error(file, position, format!("syntax error: {}", problem.message))
            })),
        }
    }
    read
}

fn place(line: u64, column: u64) -> Position {
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Position { line: number(line), column: number(column) }
}

/// A path as the workspace has it: `classpath:./db/root.yaml` is `db/root.yaml`.
fn plain(path: &str) -> String {
    let path = path.split_once(':').map_or(path, |(_, path)| path);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

struct Reader<'f> {
    files: &'f Files,
    sets: Vec<ChangeSet>,
    /// Files that are being read.
    open: Vec<String>,
}

/// A file that is being read.
#[derive(Clone, Copy)]
pub(super) struct Here<'p>(pub(super) &'p str);

impl Here<'_> {
    pub(super) fn problem(self, node: &Node, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.0, node.position, message)
    }

    /// A path that is written in this file.
    pub(super) fn path(self, written: &str, relative: bool) -> String {
        match self.0.rsplit_once('/') {
            Some((folder, _)) if relative => plain(&format!("{folder}/{written}")),
            _ => plain(written),
        }
    }
}

impl Reader<'_> {
    fn file(&mut self, path: &str) -> Result<(), Diagnostic> {
        let here = Here(path);
        let start = Node { value: Value::Null, position: Position { line: 1, column: 1 } };
        if self.open.iter().any(|open| open == path) || DEEPEST <= self.open.len() {
            return Err(here.problem(&start, "the file includes itself, or too many others"));
        }
        let text = self.files.get(path).map(String::as_str).unwrap_or_default();
        self.open.push(path.to_owned());
        match path.rsplit_once('.').map(|(_, end)| end) {
            Some("sql") => {
                let read = liquibase::read(path, text).map_err(|problem| {
                    Diagnostic::error(path, place(problem.line, 1), problem.message)
                })?;
                self.sets.extend(read);
            }
            Some("yaml" | "yml") => {
                for document in &yaml::parse(path, text)? {
                    self.root(document, here)?;
                }
            }
            _ => {
                let message = "only changelogs in YAML and formatted SQL are modelled";
                return Err(here.problem(&start, message));
            }
        }
        if MOST < self.sets.len() {
            return Err(here.problem(&start, format!("more than {MOST} changesets")));
        }
        self.open.pop();
        Ok(())
    }

    fn root(&mut self, document: &Node, here: Here<'_>) -> Result<(), Diagnostic> {
        let Some(list) = document.get("databaseChangeLog") else {
            return Err(here.problem(document, "Could not find databaseChangeLog node"));
        };
        for item in items(list) {
            let (name, node) = only_key(item, here)?;
            match name {
                "changeSet" => {
                    let set = Entry { node, here }.change_set(self.files)?;
                    self.sets.push(set);
                }
                "include" => {
                    let entry = Entry { node, here };
                    entry.knows(&["file", "relativeToChangelogFile"])?;
                    let path = here.path(
                        &entry.needed("file")?,
                        entry.flag("relativeToChangelogFile", false)?,
                    );
                    if !self.files.contains_key(&path) {
                        let message =
                            format!("The file {path} was not found in the configured search path");
                        return Err(here.problem(node, message));
                    }
                    self.file(&path)?;
                }
                "includeAll" => self.include_all(Entry { node, here })?,
                other => return Err(here.problem(item, format!("not modelled: {other}"))),
            }
        }
        Ok(())
    }

    /// Every changelog of a folder and below it, by name.
    fn include_all(&mut self, entry: Entry<'_>) -> Result<(), Diagnostic> {
        entry.knows(&["path", "relativeToChangelogFile"])?;
        let relative = entry.flag("relativeToChangelogFile", false)?;
        let folder = entry.here.path(&entry.needed("path")?, relative) + "/";
        let is_log = |path: &str| {
            [".sql", ".yaml", ".yml", ".xml", ".json"].iter().any(|end| path.ends_with(end))
        };
        let inside = self.files.keys().filter(|path| path.starts_with(&folder) && is_log(path));
        let inside: Vec<String> = inside.cloned().collect();
        if inside.is_empty() {
            let message = format!(
                "Could not find directory or directory was empty for includeAll '{folder}'"
            );
            return Err(entry.here.problem(entry.node, message));
        }
        inside.iter().try_for_each(|path| self.file(path))
    }
}

pub(super) fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::Seq(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// The one key of a map, with its value.
pub(super) fn only_key<'n>(
    item: &'n Node,
    here: Here<'_>,
) -> Result<(&'n str, &'n Node), Diagnostic> {
    match &item.value {
        Value::Map(entries) => match &entries[..] {
            [(key, node)] => Ok((&key.text, node)),
            _ => Err(here.problem(item, "there must be one key here, such as sql or include")),
        },
        _ => Err(here.problem(item, "there must be a map here, such as `include: {file: ...}`")),
    }
}

/// A scalar as text.
pub(super) fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Seq(_) | Value::Map(_) => None,
    }
}
