//! `cutover check`: every problem of scenarios, manifests and logs, with its place.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use sim_core::diagnostic::{Diagnostic, Position, Severity};
use sim_core::manifest;
use sim_core::scenario::log;

use crate::args::{CheckArgs, Format};
use crate::folder::{self, SCENARIO_FILE};
use crate::{INVALID, input, output};

/// What `cutover check --format json` prints.
#[derive(Debug, Serialize)]
struct CheckDocument {
    /// Version of this shape.
    version: u32,
    /// Scenarios, manifests and logs that were looked at.
    checked: usize,
    /// Number of errors.
    errors: usize,
    /// Number of notes.
    notes: usize,
    /// Errors and notes, by file and place.
    findings: Vec<Diagnostic>,
}

pub(crate) fn check(args: &CheckArgs) -> ExitCode {
    let (mut checked, mut findings) = (0, Vec::new());
    for path in &args.paths {
        let subjects = subjects(path);
        checked += subjects.len();
        findings.extend(subjects.into_iter().flat_map(examine));
    }
    findings.sort_by(|one: &Diagnostic, other| {
        (&one.file, one.position, one.severity == Severity::Note).cmp(&(
            &other.file,
            other.position,
            other.severity == Severity::Note,
        ))
    });
    findings.dedup();
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let notes = findings.len() - errors;
    let printed = match args.format {
        Format::Text => {
            output::complain(&findings);
            let subjects = count(checked, "input");
            output::print(&format!(
                "{subjects} checked: {}, {}\n",
                count(errors, "error"),
                count(notes, "note")
            ))
        }
        Format::Json => {
            let document = CheckDocument { version: 1, checked, errors, notes, findings };
            let text = serde_json::to_string_pretty(&document).expect("plain data has a JSON form");
            output::print(&(text + "\n"))
        }
    };
    match printed {
        Ok(()) if errors == 0 => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(INVALID),
        Err(problem) => {
            output::complain(&[problem]);
            ExitCode::from(INVALID)
        }
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// One thing to check.
enum Subject {
    Scenario(PathBuf),
    Manifest(PathBuf),
    Log(PathBuf),
    /// Nothing that can be checked, and why.
    Nothing(Diagnostic),
}

/// What a path of the command line stands for.
fn subjects(path: &Path) -> Vec<Subject> {
    let fail = |message: String, help: &str| {
        let problem = Diagnostic::error(&path.display().to_string(), Position::default(), message);
        vec![Subject::Nothing(problem.with_help(help))]
    };
    if path.is_dir() {
        if path.join(SCENARIO_FILE).exists() {
            return vec![Subject::Scenario(path.to_owned())];
        }
        return match folder::scenarios_in(path) {
            Ok(folders) if folders.is_empty() => fail(
                format!("there is no {SCENARIO_FILE} in this folder or in the folders in it"),
                "name a scenario folder, or single files",
            ),
            Ok(folders) => folders.into_iter().map(Subject::Scenario).collect(),
            Err(error) => {
                let message = format!("cannot read this folder: {}", folder::reason(&error));
                fail(message, "check its permissions")
            }
        };
    }
    if path.file_name().is_some_and(|name| name == SCENARIO_FILE) && path.is_file() {
        return vec![Subject::Scenario(folder::parent(path))];
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml") => vec![Subject::Manifest(path.to_owned())],
        Some("log") => vec![Subject::Log(path.to_owned())],
        _ if path.exists() => fail(
            "cannot tell what this file is".to_owned(),
            "name a .yaml, .yml or .log file, or a folder",
        ),
        _ => fail("there is no such file or folder".to_owned(), "check the path"),
    }
}

fn examine(subject: Subject) -> Vec<Diagnostic> {
    match subject {
        Subject::Scenario(folder) => match input::scenario(&folder) {
            Ok((_, notes)) => notes,
            Err(problems) => problems,
        },
        Subject::Manifest(path) => match folder::read_text(&path) {
            Ok(text) => examine_manifest(&path.display().to_string(), &text),
            Err(problem) => vec![problem],
        },
        Subject::Log(path) => {
            let text = folder::read_text(&path).map_err(|problem| vec![problem]);
            let log = text.and_then(|text| log::parse(&path.display().to_string(), &text));
            log.err().unwrap_or_default()
        }
        Subject::Nothing(problem) => vec![problem],
    }
}

fn examine_manifest(file: &str, text: &str) -> Vec<Diagnostic> {
    let documents = match manifest::parse(file, text) {
        Ok(documents) => documents,
        Err(problem) => return vec![problem],
    };
    if documents.is_empty() {
        let problem =
            Diagnostic::error(file, Position { line: 1, column: 1 }, "the file holds no object");
        return vec![problem.with_help("write a manifest with apiVersion, kind and metadata.name")];
    }
    let mut findings = manifest::written_twice(file, &documents);
    for document in documents {
        findings.extend(document.manifest.err().unwrap_or_default());
        findings.extend(document.notes);
    }
    findings
}
