//! `istioctl analyze`.

use super::{DATA_ERROR, FOUND_ISSUES, error, live, usage_error};
use crate::console::files;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::{Failure, Outcome};
use crate::console::session::Session;
use crate::diagnostic::Diagnostic;
use crate::mesh::analyze::{self, ANALYZERS, DOCUMENTATION, Level, Message, Resources};

const EXTENSIONS: [&str; 3] = [".json", ".yaml", ".yml"];

/// A file's name and content.
type Source = (String, String);

pub(super) fn analyze(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let format = arguments.text("output").unwrap_or("log").to_lowercase();
    if !["log", "json", "yaml"].contains(&format.as_str()) {
        return Err(usage_error(format!(
            "{format} not a valid option for format. See istioctl analyze --help"
        )));
    }
    let fails = threshold("failure-threshold", Level::Error, arguments)?;
    let shows = threshold("output-threshold", Level::Info, arguments)?;
    if arguments.has("list-analyzers") {
        for analyzer in ANALYZERS {
            session.out.print(format!("* {}:\n    {}", analyzer.name, analyzer.about));
        }
        return Ok(());
    }
    let sources = gather(session, arguments)?;
    let namespace = arguments.text("namespace").unwrap_or("default").to_owned();
    let mut resources = Resources::with_ingress_gateway();
    if arguments.text("use-kube") != Some("false") {
        let known = ObjectRef::new(Resource::Namespace, namespace.as_str());
        if !known.exists(session.world) {
            session.out.warn(format!("namespace {namespace:?} not found"));
            return Ok(());
        }
        live::add(&mut resources, session.world);
    }
    let mut problems = Vec::new();
    for (name, text) in &sources {
        problems.extend(resources.add_file(name, text));
    }
    complain(&problems, session);
    let all = arguments.has("all-namespaces");
    let target = if all { "all namespaces".into() } else { format!("namespace: {namespace}") };
    let messages = analyze::analyze(&resources, (!all).then_some(namespace.as_str()));
    let shown: Vec<Message> =
        messages.iter().filter(|message| message.code.level().reaches(shows)).cloned().collect();
    session.out.print(match format.as_str() {
        "json" => analyze::json(&shown),
        "yaml" => analyze::yaml(&shown),
        _ => analyze::log(&shown),
    });
    if shown.is_empty() {
        let names: Vec<&str> = sources.iter().map(|(name, _)| name.as_str()).collect();
        let place = if names.is_empty() { target.clone() } else { names.join("\n") };
        session.out.warn(match problems.len() {
            0 => format!("✔ No validation issues found when analyzing {place}."),
            _ => format!(
                "No validation issues found when analyzing {target} (but 1 file could not be \
                 parsed)."
            ),
        });
    }
    if format != "log" {
        return Ok(());
    }
    if messages.iter().any(|message| message.code.level().reaches(fails)) {
        let text = format!(
            "Analyzers found issues when analyzing {target}.\nSee {DOCUMENTATION} for more \
             information about causes and resolutions."
        );
        return Err(Failure { status: FOUND_ISSUES, ..error(text) });
    }
    if !problems.is_empty() && !arguments.has("ignore-unknown") {
        return Err(Failure { status: DATA_ERROR, ..error("Some files couldn't be parsed.") });
    }
    Ok(())
}

/// Names the files that cannot be parsed; the others are analyzed all the same.
fn complain(problems: &[Diagnostic], session: &mut Session<'_, '_>) {
    if problems.is_empty() {
        return;
    }
    let noun = if problems.len() == 1 { "error" } else { "errors" };
    let list: String = problems.iter().map(|problem| format!("\t* {problem}\n")).collect();
    let count = problems.len();
    session.out.warn(format!("Error(s) adding files: {count} {noun} occurred:\n{list}"));
}

fn threshold(name: &str, default: Level, arguments: &Arguments) -> Result<Level, Failure> {
    let Some(text) = arguments.text(name) else { return Ok(default) };
    Level::named(text).ok_or_else(|| {
        let all: Vec<&str> = Level::ALL.iter().map(|level| level.name()).collect();
        usage_error(format!(
            "invalid argument {text:?} for \"--{name}\" flag: {text:?} not a valid option, please \
             choose from: [{}]",
            all.join(" ")
        ))
    })
}

/// The files that the words name: files, folders, `-` for what a pipe brings.
fn gather(session: &mut Session<'_, '_>, arguments: &Arguments) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for path in &arguments.words {
        if path == "-" {
            sources.push((path.clone(), session.input.take().unwrap_or_default()));
        } else if let Ok(text) = files::read(session.workspace, path) {
            let text = text.to_owned();
            take(path, &text, session, &mut sources);
        } else if files::is_folder(session.workspace, path) {
            let folder = files::normal(path).unwrap_or_default();
            let depth = folder.split('/').filter(|part| !part.is_empty()).count();
            for inside in files::below(session.workspace, path) {
                if arguments.has("recursive") || inside.matches('/').count() == depth {
                    let text = session.workspace.files[&inside].clone();
                    take(&inside, &text, session, &mut sources);
                }
            }
        } else {
            return Err(error(format!("stat {path}: no such file or directory")));
        }
    }
    Ok(sources)
}

fn take(path: &str, text: &str, session: &mut Session<'_, '_>, sources: &mut Vec<Source>) {
    if EXTENSIONS.iter().any(|extension| path.ends_with(extension)) {
        sources.push((path.to_owned(), text.to_owned()));
    } else {
        let known = EXTENSIONS.join(" ");
        session
            .out
            .warn(format!("Skipping file {path}, recognized file extensions are: [{known}]"));
    }
}
