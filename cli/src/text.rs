//! A run as text for people.

use std::fmt::Write as _;

use sim_core::report::service_level::ServiceLevel;
use sim_core::report::{Summary, UserSummary};
use sim_core::simulation::{Author, ObjectiveState, Printed, Simulation};
use sim_core::time::SimTime;

use crate::level;
use crate::output::printable;

/// What a run came to.
pub(crate) fn run(simulation: &Simulation, summary: &Summary) -> String {
    let mut text = format!(
        "{}\n{} · seed {} · digest {} · {}\n",
        summary.title,
        summary.scenario,
        summary.seed.0,
        summary.digest,
        minutes(summary.now.as_secs_f64()),
    );
    objectives(&mut text, summary);
    commands(&mut text, simulation);
    requests(&mut text, summary);
    direct(&mut text, summary);
    latency(&mut text, summary);
    users(&mut text, summary);
    cost(&mut text, summary);
    service_level(&mut text, simulation);
    hints(&mut text, simulation);
    printable(&text)
}

/// A length of time for people: `10 min`, `12 min 30 s`.
pub(crate) fn minutes(secs: f64) -> String {
    let whole = secs.round() as u64;
    match (whole / 60, whole % 60) {
        (0, secs) => format!("{secs} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, secs) => format!("{minutes} min {secs} s"),
    }
}

/// A status code for people.
pub(crate) fn code(code: u16) -> String {
    if code == 0 { "none".to_owned() } else { code.to_string() }
}

/// A length of time in milliseconds for people: `0.4 ms`, `57 ms`.
pub(crate) fn millis(value: f64) -> String {
    if value < 9.95 { format!("{value:.1} ms") } else { format!("{value:.0} ms") }
}

/// Name of a version for people.
pub(crate) fn version(version: &str) -> &str {
    if version.is_empty() { "no version" } else { version }
}

fn objectives(text: &mut String, summary: &Summary) {
    let rows = summary.objectives.iter().map(|status| {
        let (sign, state) = match status.state {
            ObjectiveState::Reached(at) => ("✓", format!("reached {at}")),
            ObjectiveState::Missed(at) => ("✗", format!("missed {at}")),
            ObjectiveState::Open => ("✗", "not decided".to_owned()),
        };
        let problem = status.problem.as_ref().map(|problem| format!("cannot be judged: {problem}"));
        vec![format!("{sign} {}", status.title), problem.unwrap_or(state)]
    });
    section(text, "Objectives", &[], rows.collect());
}

fn commands(text: &mut String, simulation: &Simulation) {
    let printed: Vec<&Printed> = simulation.transcript().iter().chain(simulation.going()).collect();
    if printed.is_empty() {
        return;
    }
    text.push_str("\nCommands\n");
    for one in printed {
        let when = moment(one.at);
        let author = match one.author {
            Author::Script if SimTime::ZERO <= one.at => "colleague $",
            Author::Script | Author::Learner => "$",
        };
        let status = match one.reply.status {
            Some(0) => String::new(),
            Some(status) => format!("   ✗ exit status {status}"),
            None => "   still running".to_owned(),
        };
        line(text, &format!("  {when:<9} {author} {}{status}", first_line(&one.command)));
        for error in one.reply.stderr.lines() {
            line(text, &format!("      {error}"));
        }
    }
}

/// A moment for people; the commands of `start:` come before all.
pub(crate) fn moment(at: SimTime) -> String {
    if at < SimTime::ZERO { "start".to_owned() } else { at.to_string() }
}

/// The first line of a command, so that a pasted file does not fill the screen.
pub(crate) fn first_line(command: &str) -> String {
    match command.split_once('\n') {
        Some((first, _)) => format!("{first} …"),
        None => command.to_owned(),
    }
}

fn requests(text: &mut String, summary: &Summary) {
    let rows = summary.requests.iter().map(|row| {
        let sign = if row.failed() { "✗" } else { " " };
        vec![
            format!("{sign} {}", row.version),
            code(row.code),
            row.flag.clone(),
            row.count.to_string(),
            row.meaning.clone(),
        ]
    });
    section(text, "Requests", &["  version", "code", "flag", ">count", "meaning"], rows.collect());
    if !summary.requests.is_empty() {
        line(text, &format!("  {} of {} failed", summary.failed(), summary.total()));
    }
}

/// What no proxy saw.
fn direct(text: &mut String, summary: &Summary) {
    let rows = summary.direct.iter().map(|row| {
        let sign = if row.failed { "✗" } else { " " };
        vec![
            format!("{sign} {}", row.version),
            row.outcome.clone(),
            row.count.to_string(),
            row.meaning.clone(),
        ]
    });
    section(text, "Direct calls", &["  version", "outcome", ">count", "meaning"], rows.collect());
}

fn latency(text: &mut String, summary: &Summary) {
    let rows = summary.latency.iter().map(|row| {
        vec![
            row.version.clone(),
            row.count.to_string(),
            millis(row.p50_ms),
            millis(row.p95_ms),
            millis(row.p99_ms),
        ]
    });
    section(text, "Latency", &["version", ">count", ">p50", ">p95", ">p99"], rows.collect());
}

fn users(text: &mut String, summary: &Summary) {
    let rows = summary.users.iter().map(|row| {
        let UserSummary { sent, answered, errors, timeouts, refused, resets, retries, .. } = row;
        let numbers = [sent, answered, errors, timeouts, refused, resets, retries];
        let numbers = numbers.map(u64::to_string);
        std::iter::once(row.name.clone()).chain(numbers).collect()
    });
    let heads = [
        "population",
        ">sent",
        ">answered",
        ">errors",
        ">timeouts",
        ">refused",
        ">resets",
        ">retries",
    ];
    section(text, "Users", &heads, rows.collect());
}

fn cost(text: &mut String, summary: &Summary) {
    let parts =
        summary.cost.iter().map(|row| format!("{} {:.0}", version(&row.version), row.pod_seconds));
    let parts = parts.collect::<Vec<_>>().join(", ");
    let average = summary.pod_seconds() / summary.now.as_secs_f64().max(1.0);
    let total = summary.pod_seconds();
    line(text, &format!("\nCost  {total:.0} pod-seconds ({parts}), {average:.1} pods on average"));
}

fn service_level(text: &mut String, simulation: &Simulation) {
    let Some(level) = ServiceLevel::of(simulation) else { return };
    let rows = level::rows(&level).into_iter().map(|(name, value)| vec![name.to_owned(), value]);
    section(text, &level::title(&level), &[], rows.collect());
}

fn hints(text: &mut String, simulation: &Simulation) {
    let rows = simulation.hints().iter().map(|(at, hint)| vec![at.to_string(), hint.say.clone()]);
    section(text, "Hints", &[], rows.collect());
}

/// A table with a title; left out if it has no rows. A head that begins with `>` is aligned right.
fn section(text: &mut String, title: &str, heads: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    line(text, &format!("\n{title}"));
    let plain: Vec<String> =
        heads.iter().map(|head| head.trim_start_matches('>').to_owned()).collect();
    let mut all = rows;
    if !plain.is_empty() {
        all.insert(0, plain);
    }
    let columns = all.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        all.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &all {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match heads
            .get(column)
            .is_some_and(|head| head.starts_with('>'))
        {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        line(text, &format!("  {}", cells.collect::<Vec<_>>().join("  ")));
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).expect("a string takes every text");
}
