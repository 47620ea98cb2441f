//! What people and the scenario did, in order.

use std::collections::BTreeSet;

use charts::{Mark, MarkKind};
use sim_core::simulation::{Author, Printed, Simulation};
use sim_core::time::SimTime;
use sim_core::trace::{self, Topic};

use super::html::{Cell, Html, Side};
use crate::text::{first_line, moment};

/// Most rows of the timeline.
const ROWS_MAX: usize = 200;

/// One row of the timeline.
pub(super) struct Entry {
    at: SimTime,
    /// Counts the rows within the scenario's time, from 1; what came before has none.
    number: Option<u64>,
    kind: MarkKind,
    who: &'static str,
    what: Cell,
    result: Cell,
}

/// Commands and incidents of a run, oldest first.
pub(super) fn entries(simulation: &Simulation) -> Vec<Entry> {
    let commands = simulation.transcript().iter().chain(simulation.going()).map(command);
    let mut seen = BTreeSet::new();
    let incidents =
        simulation.trace().iter().filter(|entry| matters(entry, &mut seen)).map(incident);
    let mut entries: Vec<Entry> = commands.chain(incidents).collect();
    entries.sort_by_key(|entry| entry.at);
    let within = entries.iter_mut().filter(|entry| SimTime::ZERO <= entry.at);
    within.zip(1..).for_each(|(entry, number)| entry.number = Some(number));
    entries
}

fn command(printed: &Printed) -> Entry {
    let who = match printed.author {
        Author::Learner => "you",
        Author::Script if printed.at < SimTime::ZERO => "scenario",
        Author::Script => "colleague",
    };
    let errors = printed.reply.stderr.trim_end();
    let result = match printed.reply.status {
        Some(0) => Cell::from("✓"),
        Some(status) if errors.is_empty() => Cell::Bad(format!("✗ exit status {status}")),
        Some(status) => Cell::Lines(vec![
            Cell::Bad(format!("✗ exit status {status}")),
            Cell::Code(errors.to_owned()),
        ]),
        None => Cell::from("still running"),
    };
    let what = Cell::Code(first_line(&printed.command));
    Entry { at: printed.at, number: None, kind: MarkKind::Command, who, what, result }
}

/// Whether an entry of the trace is an incident: a fault, a missed objective, or the first request
/// that failed in its way.
fn matters<'a>(entry: &'a trace::Entry, seen: &mut BTreeSet<&'a str>) -> bool {
    match entry.topic {
        Topic::Fault => true,
        Topic::Objective => entry.text.starts_with("missed"),
        Topic::Alert => entry.text.starts_with("fires"),
        Topic::Request => seen.insert(entry.text.as_str()),
        Topic::Command
        | Topic::Delivery
        | Topic::Object
        | Topic::Pod
        | Topic::Endpoints
        | Topic::Config
        | Topic::Database => false,
    }
}

fn incident(entry: &trace::Entry) -> Entry {
    let what = Cell::Text(match entry.topic {
        Topic::Request => format!("first time: {}", entry.text),
        _ => format!("{}: {}", entry.subject, entry.text),
    });
    let result = Cell::Bad("✗".to_owned());
    Entry { at: entry.at, number: None, kind: MarkKind::Incident, who: "", what, result }
}

/// Marks for the charts: the numbers of the rows.
pub(super) fn marks(entries: &[Entry]) -> Vec<Mark> {
    let marks = entries.iter().take(ROWS_MAX).filter_map(|entry| {
        let label = entry.number?.to_string();
        Some(Mark { at_secs: entry.at.as_secs_f64(), label, kind: entry.kind })
    });
    marks.collect()
}

/// The timeline as a table.
pub(super) fn table(html: &mut Html, entries: Vec<Entry>) {
    html.heading("Timeline");
    if entries.is_empty() {
        return html.paragraph("note", "Nobody ran a command, and nothing broke.");
    }
    let left_out = entries.len().saturating_sub(ROWS_MAX);
    let rows = entries.into_iter().take(ROWS_MAX).map(|entry| {
        let number = Cell::Text(entry.number.map(|number| number.to_string()).unwrap_or_default());
        vec![number, Cell::Time(moment(entry.at)), entry.who.into(), entry.what, entry.result]
    });
    let heads = [
        ("no.", Side::Right),
        ("time", Side::Left),
        ("who", Side::Word),
        ("what", Side::Left),
        ("result", Side::Left),
    ];
    html.table(&heads, rows.collect());
    if 0 < left_out {
        let note = format!("{left_out} later rows are left out; --trace writes them all.");
        html.paragraph("note", &note);
    }
}
