//! `cutover lint`: squawk's rules, and the one thing it cannot know: which releases are live.

use std::path::Path;
use std::process::ExitCode;

use schema::compat::{self, Consequence, Migration, Release, Status};
use schema::{Engine, Schema};
use serde::Serialize;
use sim_core::diagnostic::{Diagnostic, Position};
use squawk_linter::{Linter, Rule};
use squawk_syntax::SourceFile;

use crate::args::{Format, LintArgs};
use crate::compat::{migrations, place, releases, sized_schema};
use crate::{INVALID, MISSED, folder, output};

/// Rules that guard running clients: whether there are any is known here.
const FOR_CLIENTS: [Rule; 4] =
    [Rule::BanDropColumn, Rule::BanDropTable, Rule::RenamingColumn, Rule::RenamingTable];

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
}

/// Something about a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    file: String,
    line: u32,
    column: u32,
    level: Level,
    /// squawk's rule, or `breaks-release`, `blocks-release`, `fails`, `not-modelled`, `postgresql-only`.
    rule: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

pub(crate) fn lint(args: &LintArgs) -> ExitCode {
    let findings = match find(args) {
        Ok(findings) => findings,
        Err(problems) => {
            output::complain(&problems);
            return ExitCode::from(INVALID);
        }
    };
    let text = match args.format {
        Format::Text => output::printable(&text(&findings)),
        Format::Json => serde_json::to_string_pretty(&findings).unwrap_or_default() + "\n",
    };
    if let Err(problem) = output::print(&text) {
        output::complain(&[problem]);
        return ExitCode::from(INVALID);
    }
    let serious = findings.iter().any(|finding| finding.level != Level::Note);
    if serious { ExitCode::from(MISSED) } else { ExitCode::SUCCESS }
}

fn find(args: &LintArgs) -> Result<Vec<Finding>, Vec<Diagnostic>> {
    let engine = args.engine.into();
    let migrations = migrations(engine, &args.migrations)?;
    let live = match &args.schema {
        Some(path) => {
            let schema = sized_schema(engine, path, &args.rows)?;
            Some((schema, releases(engine, &args.releases)?))
        }
        None => None,
    };
    let (mut schema, releases) = live.map_or((None, Vec::new()), |(s, r)| (Some(s), r));
    let mut findings = Vec::new();
    for (path, migration) in &migrations {
        let after = schema.take().map(|schema| after(&schema, &releases, migration));
        let (next, own) = after.unwrap_or_default();
        schema = next;
        let file = path.display().to_string();
        let mut of_file = match engine {
            Engine::Postgresql => squawk(path, &file, &own, !releases.is_empty())?,
            Engine::Mysql => {
                let rule = "postgresql-only";
                let message = "squawk's rules are for PostgreSQL: only live releases are looked at";
                let note = finding((1, 1), Level::Note, rule, message.to_owned());
                vec![Finding { file: file.clone(), ..note }]
            }
        };
        of_file.extend(own.into_iter().map(|finding| Finding { file: file.clone(), ..finding }));
        of_file.sort_by_key(|finding| (finding.line, finding.column));
        findings.extend(of_file);
    }
    Ok(findings)
}

/// The schema after a migration, unless it fails, and what it does to the live releases.
fn after(
    schema: &Schema,
    releases: &[Release],
    migration: &Migration,
) -> (Option<Schema>, Vec<Finding>) {
    match compat::consequences(schema, releases, migration) {
        Ok((schema, consequences)) => (Some(schema), consequences.iter().map(told).collect()),
        Err(failure) => {
            let (level, rule) = match failure.code {
                Some(_) => (Level::Error, "fails"),
                None => (Level::Warning, "not-modelled"),
            };
            (None, vec![finding(failure.place, level, rule, failure.told())])
        }
    }
}

fn told(consequence: &Consequence) -> Finding {
    let Consequence { release, cell, place } = consequence;
    let told = cell.told();
    let statement = cell.statement.as_deref().unwrap_or_default();
    let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let (level, rule, message) = match cell.status {
        Status::Breaks => (Level::Error, "breaks-release", format!("{release} fails with {told}")),
        _ => (Level::Warning, "blocks-release", format!("{release} {told}")),
    };
    Finding { help: Some(statement), ..finding(*place, level, rule, message) }
}

fn finding(at: (u64, u64), level: Level, rule: &str, message: String) -> Finding {
    let Position { line, column } = place(at);
    Finding { file: String::new(), line, column, level, rule: rule.to_owned(), message, help: None }
}

/// What squawk says of a file.
fn squawk(
    path: &Path,
    file: &str,
    own: &[Finding],
    releases_known: bool,
) -> Result<Vec<Finding>, Vec<Diagnostic>> {
    let text = folder::read_text(path).map_err(|problem| vec![problem])?;
    let parsed = SourceFile::parse(&text);
    let mut linter = Linter::with_default_rules();
    // As Flyway and Liquibase run a file.
    linter.settings.assume_in_transaction = true;
    let breaks = own.iter().any(|one| one.level == Level::Error);
    let violations = linter.lint(&parsed, &text);
    let findings = violations.into_iter().map(|violation| {
        let Position { line, column } = at(&text, violation.text_range.start().into());
        let harmless = releases_known && FOR_CLIENTS.contains(&violation.code) && !breaks;
        let (level, more) = match harmless {
            true => (Level::Note, "; no live release depends on it"),
            false => (Level::Warning, ""),
        };
        Finding {
            file: file.to_owned(),
            line,
            column,
            level,
            rule: violation.code.to_string(),
            message: format!("{}{more}", violation.message.trim_end_matches('.')),
            help: violation.help,
        }
    });
    Ok(findings.collect())
}

/// The place of a byte.
fn at(text: &str, byte: usize) -> Position {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    place((line as u64, column as u64))
}

fn text(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let Finding { file, line, column, level, rule, message, help } = finding;
        let level = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        let help = help.as_ref().map(|help| format!("\n    {help}")).unwrap_or_default();
        format!("{file}:{line}:{column}: {level} [{rule}]: {message}{help}\n")
    };
    let lines: String = findings.iter().map(line).collect();
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let counts = [Level::Error, Level::Warning, Level::Note].map(count);
    format!("{lines}errors: {}, warnings: {}, notes: {}\n", counts[0], counts[1], counts[2])
}
