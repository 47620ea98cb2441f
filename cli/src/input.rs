//! Scenarios and logs, from files to checked values.

use std::path::Path;

use sim_core::diagnostic::{Diagnostic, Position};
use sim_core::scenario::log::{self, Log};
use sim_core::scenario::{LogEntry, Scenario};
use sim_core::time::SimTime;

use crate::folder;

/// A checked scenario, with notes about it.
pub(crate) fn scenario(folder: &Path) -> Result<(Scenario, Vec<Diagnostic>), Vec<Diagnostic>> {
    let bundle = folder::read(folder)?;
    let place = |problems: Vec<Diagnostic>| {
        let placed = problems.into_iter().map(|problem| Diagnostic {
            file: folder.join(&problem.file).display().to_string(),
            ..problem
        });
        placed.collect()
    };
    match Scenario::load(&bundle) {
        Ok((scenario, notes)) => Ok((scenario, place(notes))),
        Err(problems) => Err(place(problems)),
    }
}

/// A log by the value of `--log`: a path, or the name of one of the scenario's own.
pub(crate) fn log(value: &str, scenario: &Scenario) -> Result<Vec<LogEntry>, Vec<Diagnostic>> {
    let path = Path::new(value);
    if path.exists() {
        let text = folder::read_text(path).map_err(|problem| vec![problem])?;
        let log = log::parse(value, &text)?;
        return in_time(value, log, scenario);
    }
    let solution = scenario.solutions.get(value.strip_prefix("solutions/").unwrap_or(value));
    let naive = value.strip_prefix("naive/").and_then(|name| scenario.naive.get(name));
    if let Some(log) = solution.or(naive.map(|naive| &naive.log)) {
        return Ok(log.clone());
    }
    let solutions = scenario.solutions.keys().cloned();
    let own: Vec<String> =
        solutions.chain(scenario.naive.keys().map(|name| format!("naive/{name}"))).collect();
    let help = match own.is_empty() {
        true => "the scenario has no logs of its own; give the path of a file".to_owned(),
        false => format!("the scenario's own logs are {}", own.join(", ")),
    };
    let problem = Diagnostic::error(value, Position::default(), "there is no such log");
    Err(vec![problem.with_help(help)])
}

/// The commands of a log, if all of them come before the end of the run.
fn in_time(file: &str, log: Log, scenario: &Scenario) -> Result<Vec<LogEntry>, Vec<Diagnostic>> {
    let end = SimTime::ZERO + scenario.duration;
    let late = log.entries.iter().zip(&log.positions).filter(|(entry, _)| end <= entry.at);
    let late: Vec<Diagnostic> = late
        .map(|(entry, position)| {
            let message = format!("{} is after the end of the scenario, {end}", entry.at);
            Diagnostic::error(file, *position, message).with_help("type it earlier")
        })
        .collect();
    if late.is_empty() { Ok(log.entries) } else { Err(late) }
}
