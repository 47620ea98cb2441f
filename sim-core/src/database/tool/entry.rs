//! One changeset of a changelog in YAML, key by key (LQ-01, 05, 06).
//!
//! Simplified: of the changes, only `sql`, `sqlFile`, `tagDatabase` and `empty` are modelled.

use schema::liquibase::{
    self, Change, ChangeSet, Expression, Otherwise, Precondition, Preconditions, Sql,
};

use super::changelog::{Files, Here, items, only_key, scalar};
use crate::diagnostic::Diagnostic;
use crate::manifest::yaml::{Node, Value};

/// A map of the changelog.
#[derive(Clone, Copy)]
pub(super) struct Entry<'n> {
    pub(super) node: &'n Node,
    pub(super) here: Here<'n>,
}

impl<'n> Entry<'n> {
    /// Refuses keys that are not modelled.
    pub(super) fn knows(self, keys: &[&str]) -> Result<(), Diagnostic> {
        let Value::Map(entries) = &self.node.value else {
            return Err(self.here.problem(self.node, "there must be a map here"));
        };
        match entries.iter().find(|(key, _)| !keys.contains(&key.text.as_str())) {
            Some((key, _)) => {
                let message = format!("not modelled: {}", key.text);
                Err(Diagnostic::error(self.here.0, key.position, message))
            }
            None => Ok(()),
        }
    }

    fn text(self, name: &str) -> Option<String> {
        self.node.get(name).and_then(scalar)
    }

    pub(super) fn needed(self, name: &str) -> Result<String, Diagnostic> {
        let missing = || self.here.problem(self.node, format!("{name} is missing"));
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(missing)
    }

    pub(super) fn flag(self, name: &str, default: bool) -> Result<bool, Diagnostic> {
        match self.text(name).as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => {
                Err(self.here.problem(self.node, format!("{name} is neither true nor false")))
            }
        }
    }

    pub(super) fn change_set(self, files: &Files) -> Result<ChangeSet, Diagnostic> {
        self.knows(&[
            "id",
            "author",
            "comment",
            "context",
            "contextFilter",
            "labels",
            "dbms",
            "runAlways",
            "runOnChange",
            "runInTransaction",
            "failOnError",
            "ignore",
            "logicalFilePath",
            "validCheckSum",
            "preConditions",
            "changes",
            "rollback",
        ])?;
        let mut set = ChangeSet::new(&self.needed("author")?, &self.needed("id")?, self.here.0);
        set.line = self.node.position.line.into();
        if let Some(path) = self.text("logicalFilePath") {
            set.path = path;
        }
        self.text("comment").unwrap_or_default().trim().clone_into(&mut set.comments);
        let context = self.text("contextFilter").or_else(|| self.text("context"));
        set.context = Expression::parse(&context.unwrap_or_default())
            .map_err(|message| self.here.problem(self.node, message))?;
        set.labels = liquibase::list(&self.text("labels").unwrap_or_default());
        set.dbms = liquibase::list(&self.text("dbms").unwrap_or_default());
        set.runs_always = self.flag("runAlways", false)?;
        set.runs_on_change = self.flag("runOnChange", false)?;
        set.in_transaction = self.flag("runInTransaction", true)?;
        set.fails_on_error = self.flag("failOnError", true)?;
        set.ignored = self.flag("ignore", false)?;
        let sums = self.node.get("validCheckSum").map(items).unwrap_or_default();
        set.valid_checksums = sums.iter().filter_map(scalar).collect();
        set.preconditions =
            self.node.get("preConditions").map(|node| self.conditions(node)).transpose()?;
        for item in self.node.get("changes").map(items).unwrap_or_default() {
            set.changes.push(self.change(item, files)?);
        }
        set.rollback =
            self.node.get("rollback").map(|node| self.rollback(node, files)).transpose()?;
        Ok(set)
    }

    fn change(self, item: &'n Node, files: &Files) -> Result<Change, Diagnostic> {
        let (name, node) = only_key(item, self.here)?;
        let entry = Entry { node, here: self.here };
        match name {
            "sql" if scalar(node).is_some() => Ok(Change::Sql(Sql::new(
                &scalar(node).unwrap_or_default(),
                node.position.line.into(),
            ))),
            "sql" => {
                entry.knows(&[
                    "sql",
                    "comment",
                    "splitStatements",
                    "stripComments",
                    "endDelimiter",
                ])?;
                let line = node.get("sql").map_or(node.position.line, |sql| sql.position.line);
                let delimiter = entry.text("endDelimiter");
                Ok(Change::Sql(Sql { delimiter, ..Sql::new(&entry.needed("sql")?, line.into()) }))
            }
            "sqlFile" => {
                entry.knows(&[
                    "path",
                    "relativeToChangelogFile",
                    "splitStatements",
                    "stripComments",
                    "endDelimiter",
                    "encoding",
                ])?;
                let written = entry.needed("path")?;
                let relative = entry.flag("relativeToChangelogFile", false)?;
                let path = self.here.path(&written, relative);
                let Some(text) = files.get(&path) else {
                    return Err(self.here.problem(node, format!("The file {path} was not found")));
                };
                let (delimiter, file) = (entry.text("endDelimiter"), Some(path));
                Ok(Change::Sql(Sql { text: text.clone(), line: 1, file, delimiter }))
            }
            "tagDatabase" => {
                entry.knows(&["tag"])?;
                Ok(Change::Tag(entry.needed("tag")?))
            }
            "empty" => Ok(Change::Empty),
            other => {
                let message = format!("not modelled: the change {other}; write it as sql");
                Err(self.here.problem(item, message))
            }
        }
    }

    /// SQL as text, one change, or several.
    fn rollback(self, node: &'n Node, files: &Files) -> Result<Vec<Sql>, Diagnostic> {
        if let Some(text) = scalar(node) {
            let sql = Sql::new(&text, node.position.line.into());
            return Ok(Some(sql).filter(|sql| !sql.text.is_empty()).into_iter().collect());
        }
        let mut all = Vec::new();
        for item in items(node).iter().filter(|item| item.value != Value::Null) {
            match self.change(item, files)? {
                Change::Sql(sql) => all.push(sql),
                Change::Empty => {}
                Change::Tag(_) => return Err(self.here.problem(item, "a tag takes nothing back")),
            }
        }
        Ok(all)
    }

    fn conditions(self, node: &'n Node) -> Result<Preconditions, Diagnostic> {
        let mut read = Preconditions::default();
        for item in items(node) {
            let Value::Map(entries) = &item.value else {
                return Err(self.here.problem(item, "there must be a map here"));
            };
            for (key, value) in entries {
                let entry = Entry { node: value, here: self.here };
                let otherwise = || {
                    let word = scalar(value).unwrap_or_default();
                    let wrong = || {
                        self.here.problem(
                            value,
                            format!("{word:?} is unknown; write HALT, CONTINUE, MARK_RAN or WARN"),
                        )
                    };
                    Otherwise::parse(&word).ok_or_else(wrong)
                };
                match key.text.as_str() {
                    "onFail" => read.on_fail = otherwise()?,
                    "onError" => read.on_error = otherwise()?,
                    "sqlCheck" => {
                        entry.knows(&["expectedResult", "sql"])?;
                        let (expected, sql) =
                            (entry.needed("expectedResult")?, entry.needed("sql")?);
                        read.all.push(Precondition::SqlCheck { expected, sql });
                    }
                    "tableExists" => {
                        entry.knows(&["tableName"])?;
                        let table = entry.needed("tableName")?.to_lowercase();
                        read.all.push(Precondition::TableExists(table));
                    }
                    other => {
                        let message = format!("not modelled: the precondition {other}");
                        return Err(Diagnostic::error(self.here.0, key.position, message));
                    }
                }
            }
        }
        Ok(read)
    }
}
