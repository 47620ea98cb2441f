//! Changelogs written as SQL with directives in comments (LQ-01, 05, 06).
//!
//! Simplified: `--property` is not modelled, and rolling back by naming another changeset neither.

use std::iter::Enumerate;
use std::str::Lines;

use crate::liquibase::attribute::{self, Attributes};
use crate::liquibase::changeset::{Change, ChangeSet, Otherwise, Precondition, Preconditions, Sql};

/// Where Liquibase explains the format.
const MANUAL: &str = "https://docs.liquibase.com/concepts/changelogs/sql-format.html";

/// Why a changelog cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: u64,
    /// What is wrong, as Liquibase says it.
    pub message: String,
}

/// Reads a file that ends in `.sql`. One without the first line of a formatted changelog is one changeset.
pub fn read(path: &str, text: &str) -> Result<Vec<ChangeSet>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let Some(header) = attribute::after(first, &["liquibase", "formatted"]) else {
        return Ok(whole(path, text));
    };
    let own = attribute::value(header, "logicalFilePath").filter(|own| !own.is_empty());
    let mut reader = Reader {
        file: path,
        path: own.unwrap_or(path),
        lines: text.lines().enumerate(),
        sets: Vec::new(),
        open: None,
    };
    while let Some((number, line)) = reader.lines.next() {
        reader.line(number as u64 + 1, line)?;
    }
    reader.close()?;
    Ok(reader.sets)
}

/// A file of plain SQL.
fn whole(path: &str, text: &str) -> Vec<ChangeSet> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut set = ChangeSet::new("includeAll", "raw", path);
    set.changes = vec![Change::Sql(Sql::new(text, first_line(text, 1)))];
    vec![set]
}

/// The line of the first character that is no blank.
fn first_line(text: &str, line: u64) -> u64 {
    line + text.lines().take_while(|line| line.trim().is_empty()).count() as u64
}

/// A changeset whose end has not been seen.
struct Open {
    set: ChangeSet,
    sql: String,
    begins: u64,
    delimiter: Option<String>,
    rollback: String,
    rollback_begins: u64,
}

struct Reader<'a> {
    file: &'a str,
    path: &'a str,
    lines: Enumerate<Lines<'a>>,
    sets: Vec<ChangeSet>,
    open: Option<Open>,
}

impl Reader<'_> {
    fn line(&mut self, number: u64, line: &str) -> Result<(), Problem> {
        let problem = |message: String| Problem { line: number, message };
        let unknown = |wanted: &str| problem(unexpected(self.file, number, wanted));
        if attribute::directive(line, "property").is_some() {
            return Err(problem("--property is not modelled".to_owned()));
        }
        if let Some(rest) = attribute::directive(line, "ignoreLines:") {
            return self.ignore(number, rest);
        }
        if let Some(rest) = attribute::directive(line, "changeset") {
            let header = attribute::header(rest);
            let (author, id, _) =
                header.ok_or_else(|| unknown("--changeset <authorname>:<changesetId>"))?;
            return self.begin(number, (author, id), line);
        }
        for (word, wanted) in [
            ("changeset", "--changeset <authorname>:<changesetId>"),
            ("rollback", "--rollback <rollback SQL>"),
            ("comment", "--comment <comment>"),
            ("preconditions", "--preconditions <onFail>|<onError>|<onUpdate>"),
            ("precondition-", "--precondition-sql-check"),
        ] {
            if attribute::one_dash(line, word) {
                return Err(unknown(wanted));
            }
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        if attribute::said(line, "comments").is_some() {
            return Err(unknown("--comment <comment>"));
        }
        if let Some(text) = attribute::said(line, "comment") {
            text.clone_into(&mut open.set.comments);
        } else if let Some(sum) = attribute::said(line, "validCheckSum") {
            open.set.valid_checksums.push(sum.trim().to_owned());
        } else if let Some(sql) = attribute::directive(line, "rollback ") {
            if open.rollback.is_empty() {
                open.rollback_begins = number;
            }
            open.rollback += sql;
            open.rollback.push('\n');
        } else if attribute::begins_rollback(line) {
            return self.rollback(number);
        } else if let Some(rest) = attribute::directive(line, "preconditions") {
            let (on_fail, on_error) = otherwise(rest).map_err(problem)?;
            let all = Vec::new();
            open.set.preconditions = Some(Preconditions { on_fail, on_error, all });
        } else if let Some(rest) = attribute::directive(line, "precondition-") {
            let condition = precondition(rest).map_err(problem)?;
            let conditions = open.set.preconditions.get_or_insert_with(Preconditions::default);
            conditions.all.push(condition);
        } else {
            if open.sql.is_empty() {
                open.begins = number;
            }
            open.sql += line;
            open.sql.push('\n');
        }
        Ok(())
    }

    fn begin(
        &mut self,
        number: u64,
        (author, id): (&str, &str),
        line: &str,
    ) -> Result<(), Problem> {
        self.close()?;
        let problem = |message| Problem { line: number, message };
        let attributes = Attributes(line);
        let mut set = ChangeSet::new(author, id, self.path);
        self.file.clone_into(&mut set.file);
        set.line = number;
        attributes.write(&mut set).map_err(problem)?;
        let delimiter = attributes.text("endDelimiter").map(str::to_owned);
        self.open = Some(Open {
            set,
            sql: String::new(),
            begins: number + 1,
            delimiter,
            rollback: String::new(),
            rollback_begins: number,
        });
        Ok(())
    }

    /// The end of a changeset: its SQL is whole.
    fn close(&mut self) -> Result<(), Problem> {
        let Some(Open { mut set, sql, begins, delimiter, rollback, rollback_begins }) =
            self.open.take()
        else {
            return Ok(());
        };
        if sql.trim().is_empty() {
            let message = format!("No SQL for changeset {}", set.name());
            return Err(Problem { line: set.line, message });
        }
        let sql = Sql { delimiter, ..Sql::new(&sql, first_line(&sql, begins)) };
        set.changes = vec![Change::Sql(sql)];
        let words = rollback.trim().to_lowercase();
        if words.contains("changesetid") {
            let message = "--rollback with changesetId is not modelled; write its SQL".to_owned();
            return Err(Problem { line: rollback_begins, message });
        }
        if words.starts_with("not required") || words.starts_with("empty") {
            set.rollback = Some(Vec::new());
        } else if !words.is_empty() {
            set.rollback = Some(vec![Sql::new(&rollback, rollback_begins)]);
        }
        self.sets.push(set);
        Ok(())
    }

    /// `--ignoreLines:3`, or everything between `start` and `end`.
    fn ignore(&mut self, number: u64, rest: &str) -> Result<(), Problem> {
        let rest = rest.trim();
        if rest == "start" {
            let is_end = |line: &str| {
                attribute::directive(line, "ignoreLines:").is_some_and(|rest| rest.trim() == "end")
            };
            while self.lines.next().is_some_and(|(_, line)| !is_end(line)) {}
            return Ok(());
        }
        let count: usize = rest.parse().map_err(|_| Problem {
            line: number,
            message: format!("Unknown ignoreLines syntax: \"{rest}\""),
        })?;
        self.lines.by_ref().take(count).for_each(drop);
        Ok(())
    }

    /// `/* liquibase rollback`, to the end of the comment.
    fn rollback(&mut self, number: u64) -> Result<(), Problem> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.rollback_begins = number + 1;
        for (_, line) in self.lines.by_ref() {
            let text = line.trim_end();
            if let Some(last) = text.strip_suffix("*/") {
                open.rollback += last;
                return Ok(());
            }
            open.rollback += text;
            open.rollback.push('\n');
        }
        let message = "Liquibase rollback comment is not closed.".to_owned();
        Err(Problem { line: number, message })
    }
}

impl Default for Preconditions {
    fn default() -> Self {
        let (on_fail, on_error) = (Otherwise::default(), Otherwise::default());
        Self { on_fail, on_error, all: Vec::new() }
    }
}

fn unexpected(file: &str, line: u64, wanted: &str) -> String {
    format!(
        "\nUnexpected formatting in formatted changelog '{file}' at line {line}.\nFormatted SQL changelogs \
         require known formats, such as '{wanted}' and others to be recognized and run.\nLearn all the \
         options at {MANUAL}"
    )
}

fn otherwise(rest: &str) -> Result<(Otherwise, Otherwise), String> {
    let read = |name: &str| match attribute::value(rest, name) {
        None => Ok(Otherwise::default()),
        Some(word) => Otherwise::parse(word).ok_or_else(|| {
            format!("{name}:{word} is unknown; write HALT, CONTINUE, MARK_RAN or WARN")
        }),
    };
    Ok((read("onFail")?, read("onError")?))
}

fn precondition(rest: &str) -> Result<Precondition, String> {
    let (name, body) = rest.split_once(' ').unwrap_or((rest, ""));
    let body = body.trim();
    match name {
        "sql-check" => {
            let body = body.strip_prefix("expectedResult:").unwrap_or(body);
            let quote = body.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let split = match quote {
                Some(quote) => body[1..].split_once(quote),
                None => body.split_once(' '),
            };
            let split = split.filter(|(_, sql)| !sql.trim().is_empty());
            let (expected, sql) = split
                .ok_or_else(|| format!("Could not parse a SqlCheck precondition from '{body}'."))?;
            Ok(Precondition::SqlCheck { expected: expected.to_owned(), sql: sql.trim().to_owned() })
        }
        "table-exists" => {
            match attribute::value(body, "table") {
                Some(table) => Ok(Precondition::TableExists(table.to_lowercase())),
                None => Err("Table name was not specified correctly in tableExists precondition."
                    .to_owned()),
            }
        }
        "view-exists" => Err("the precondition view-exists is not modelled".to_owned()),
        other => Err(format!("The '{other}' precondition type is not supported.")),
    }
}
