//! `cutover compat`: which release works on which schema.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use schema::compat::{self, Cell, Matrix, Migration, Release, Status};
use schema::flyway::Name;
use schema::{Engine, Schema, Script};
use sim_core::diagnostic::{Diagnostic, Position};

use crate::args::CompatArgs;
use crate::{INVALID, folder, output};

pub(crate) fn compat(args: &CompatArgs) -> ExitCode {
    let matrix = match read(args) {
        Ok((schema, releases, migrations)) => compat::matrix(&schema, &releases, &migrations),
        Err(problems) => {
            output::complain(&problems);
            return ExitCode::from(INVALID);
        }
    };
    let names: Vec<&str> = args.releases.iter().map(|(name, _)| name.as_str()).collect();
    let text = if args.json { json(&matrix) } else { output::printable(&text(&matrix, &names)) };
    match output::print(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            output::complain(&[problem]);
            ExitCode::from(INVALID)
        }
    }
}

type Input = (Schema, Vec<Release>, Vec<Migration>);

/// Everything that the arguments name, or every problem in it.
fn read(args: &CompatArgs) -> Result<Input, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut note = |found: Vec<Diagnostic>| problems.extend(found);
    let engine = args.engine.into();
    let schema = sized_schema(engine, &args.schema, &args.rows);
    let schema = schema.map_err(&mut note).unwrap_or_default();
    let releases = releases(engine, &args.releases).map_err(&mut note).unwrap_or_default();
    let migrations = migrations(engine, &args.migrations).map_err(&mut note).unwrap_or_default();
    let migrations = migrations.into_iter().map(|(_, migration)| migration).collect();
    if problems.is_empty() { Ok((schema, releases, migrations)) } else { Err(problems) }
}

/// A schema whose tables have these numbers of rows.
pub(crate) fn sized_schema(
    engine: Engine,
    path: &Path,
    rows: &[(String, u64)],
) -> Result<Schema, Vec<Diagnostic>> {
    let rows: BTreeMap<String, u64> = rows.iter().cloned().collect();
    let schema = schema(engine, path, &rows)?;
    let unknown = rows.keys().filter(|name| !schema.tables.contains_key(*name));
    let message = |name| format!("--rows {name}: the schema has no table {name}");
    let problems: Vec<_> = unknown.map(|name| whole(path, &message(name))).collect();
    if problems.is_empty() { Ok(schema) } else { Err(problems) }
}

/// Releases by name and file.
pub(crate) fn releases(
    engine: Engine,
    given: &[(String, String)],
) -> Result<Vec<Release>, Vec<Diagnostic>> {
    let (mut releases, mut problems): (Vec<Release>, _) = (Vec::new(), Vec::new());
    for (name, file) in given {
        if releases.iter().any(|release| release.name == *name) {
            problems.push(whole(Path::new(file), &format!("the release {name} is given twice")));
        }
        match script(engine, Path::new(file)) {
            Ok(script) => releases.push(Release { name: name.clone(), script }),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(releases) } else { Err(problems) }
}

fn schema(
    engine: Engine,
    path: &Path,
    rows: &BTreeMap<String, u64>,
) -> Result<Schema, Vec<Diagnostic>> {
    compat::schema(&script(engine, path)?, rows).map_err(|failure| {
        let message = failure.told();
        vec![Diagnostic::error(&path.display().to_string(), place(failure.place), message)]
    })
}

/// The migrations with their files, in the order in which they run.
pub(crate) fn migrations(
    engine: Engine,
    paths: &[PathBuf],
) -> Result<Vec<(PathBuf, Migration)>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut named: Vec<(Name, PathBuf, Migration)> = Vec::new();
    for path in paths {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = match Name::parse(&file) {
            Ok(Name::Undo(..)) => {
                let problem = whole(path, &format!("{file} takes a migration back"));
                problems.push(problem.with_help("name only files that lead forward"));
                continue;
            }
            Ok(name) => name,
            Err(help) => {
                let problem = whole(path, &format!("{file} is no name of a migration"));
                problems.push(problem.with_help(help));
                continue;
            }
        };
        let same = named.iter().find(|(other, ..)| other.order(&name).is_eq());
        if let Some((.., other)) = same {
            let message = format!("the same version as {}", other.name);
            problems.push(whole(path, &message).with_help("give one of them another version"));
            continue;
        }
        match script(engine, path) {
            Ok(script) => named.push((name, path.clone(), Migration { name: file, script })),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    named.sort_by(|(a, ..), (b, ..)| a.order(b));
    Ok(named.into_iter().map(|(_, path, migration)| (path, migration)).collect())
}

fn script(engine: Engine, path: &Path) -> Result<Script, Vec<Diagnostic>> {
    let text = folder::read_text(path).map_err(|problem| vec![problem])?;
    let file = path.display().to_string();
    engine.parse(&text).map_err(|problems| {
        let diagnostic = |problem: &schema::Problem| {
            let position = place((problem.line, problem.column));
            let found = Diagnostic::error(&file, position, &problem.message);
            match problem.syntax_of {
                Some(other) => found.with_help(help(other)),
                None => found,
            }
        };
        problems.iter().map(diagnostic).collect()
    })
}

/// What to do with a text that is another database's.
fn help(engine: Engine) -> String {
    let (name, flag) = match engine {
        Engine::Postgresql => ("PostgreSQL", "postgresql"),
        Engine::Mysql => ("MySQL", "mysql"),
    };
    format!("if the database is {name}, use --engine {flag}")
}

pub(crate) fn place((line, column): (u64, u64)) -> Position {
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Position { line: number(line), column: number(column) }
}

fn whole(path: &Path, message: &str) -> Diagnostic {
    Diagnostic::error(&path.display().to_string(), Position { line: 1, column: 1 }, message)
}

fn json(matrix: &Matrix) -> String {
    let text = serde_json::to_string_pretty(matrix).unwrap_or_default();
    text + "\n"
}

/// The matrix as a table, and below it what each cell that is not ok means.
fn text(matrix: &Matrix, names: &[&str]) -> String {
    let mut rows = vec![header(names)];
    let mut remarks = Vec::new();
    for step in &matrix.steps {
        let after = step.migration.as_deref().unwrap_or("(before)");
        let mut row = vec![after.to_owned()];
        for &name in names {
            let cell = &step.releases[name];
            row.push(short(cell));
            if let Some(reason) = &cell.reason {
                let statement = cell.statement.as_deref();
                let statement = statement.map(|text| format!("\n    {}", one_line(text)));
                remarks.push(format!("{after}, {name}: {reason}{}", statement.unwrap_or_default()));
            }
        }
        let unsafe_pairs = step.together.iter().filter(|pair| !pair.safe);
        let both =
            |pair: &compat::Pair| format!("not {} with {}", pair.releases.0, pair.releases.1);
        row.push(unsafe_pairs.clone().map(both).collect::<Vec<_>>().join(", "));
        rows.push(row);
        for pair in unsafe_pairs {
            let reason = pair.reason.as_deref().unwrap_or_default();
            remarks.push(format!("{after}, {}: {reason}", both(pair)));
        }
        if let Some(failure) = &step.error {
            let statement = one_line(&failure.statement);
            remarks.push(format!("{after} fails: {}\n    {statement}", failure.told()));
        }
        remarks.extend(step.notes.iter().map(|note| format!("{after}: {note}")));
    }
    let end = match &matrix.point_of_no_return {
        Some(migration) => {
            format!("Point of no return: {migration}. After it {} does not work.", names[0])
        }
        None => format!("No point of no return: {} works to the end.", names[0]),
    };
    let remarks: String = remarks.iter().map(|remark| format!("{remark}\n")).collect();
    format!("{}\n{remarks}{end}\n", table(&rows))
}

fn header(names: &[&str]) -> Vec<String> {
    let names = names.iter().map(|name| (*name).to_owned());
    std::iter::once("SCHEMA AFTER".to_owned())
        .chain(names)
        .chain(["SIDE BY SIDE".to_owned()])
        .collect()
}

fn short(cell: &Cell) -> String {
    match cell.status {
        Status::Ok => "ok".to_owned(),
        Status::Breaks => format!("breaks {}", cell.code.unwrap_or_default()),
        Status::Blocks => {
            let lock = cell.lock.as_deref().unwrap_or_default();
            format!("blocks ({lock})")
        }
        Status::Unknown => "unknown".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Columns as wide as their widest entry, two blanks between them.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}
