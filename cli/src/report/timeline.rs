//! What people and the scenario did, in order.

use charts::{Mark, MarkKind};
use sim_core::simulation::{Author, Printed, Simulation};
use sim_core::time::SimTime;
use sim_core::trace::{self, Topic};

use super::html::{Cell, Html, Side};
use crate::text::first_line;

/// Most rows of the timeline.
const ROWS_MAX: usize = 200;

/// One row of the timeline.
pub(super) struct Entry {
    at: SimTime,
    kind: MarkKind,
    who: &'static str,
    what: Cell,
    result: Cell,
}

/// Commands and incidents of a run, oldest first.
pub(super) fn entries(simulation: &Simulation) -> Vec<Entry> {
    let commands = simulation.transcript().iter().chain(simulation.running()).map(command);
    let incidents = simulation.trace().iter().filter_map(incident);
    let mut entries: Vec<Entry> = commands.chain(incidents).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn command(printed: &Printed) -> Entry {
    let who = match printed.author {
        Author::Learner => "you",
        Author::Script => "script",
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
    Entry { at: printed.at, kind: MarkKind::Command, who, what, result }
}

fn incident(entry: &trace::Entry) -> Option<Entry> {
    let what = Cell::Text(format!("{}: {}", entry.subject, entry.text));
    let (at, kind) = (entry.at, MarkKind::Incident);
    let result = Cell::from("");
    (entry.topic == Topic::Fault).then_some(Entry { at, kind, who: "fault", what, result })
}

/// Marks for the charts: the numbers of the rows.
pub(super) fn marks(entries: &[Entry]) -> Vec<Mark> {
    let numbered = entries.iter().take(ROWS_MAX).enumerate();
    let marks = numbered.map(|(index, entry)| Mark {
        at_secs: entry.at.as_secs_f64(),
        label: (index + 1).to_string(),
        kind: entry.kind,
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
    let rows = entries.into_iter().take(ROWS_MAX).enumerate().map(|(index, entry)| {
        let number = Cell::from(index as u64 + 1);
        vec![number, Cell::Time(entry.at.to_string()), entry.who.into(), entry.what, entry.result]
    });
    let heads = [
        ("no.", Side::Right),
        ("time", Side::Left),
        ("who", Side::Left),
        ("what", Side::Left),
        ("result", Side::Left),
    ];
    html.table(&heads, rows.collect());
    if 0 < left_out {
        html.paragraph(
            "note",
            &format!("{left_out} later rows are left out; --trace writes them all."),
        );
    }
}
