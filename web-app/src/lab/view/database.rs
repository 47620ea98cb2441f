//! The database in the topology: its connections, its schema, and who waits for its locks.

use sim_core::view::{DatabaseView, LineView};
use yew::{Html, classes, html};

use crate::lab::model::layout::Rect;
use crate::lab::model::words;
use crate::lab::workbench::Workbench;

/// Draws it into this frame.
pub(super) fn draw(bench: &Workbench, frame: Rect) -> Html {
    let Some(database) = &bench.shown.view.database else { return html! {} };
    let (x, y) = frame.centre();
    let (left, right, rim) = (frame.x, frame.right(), frame.y + 11.0);
    let body = format!(
        "M{left:.1} {rim:.1}C{left:.1} {top:.1} {right:.1} {top:.1} {right:.1} {rim:.1}\
         V{base:.1}C{right:.1} {bottom:.1} {left:.1} {bottom:.1} {left:.1} {base:.1}Z",
        top = frame.y - 4.0,
        base = frame.bottom() - 11.0,
        bottom = frame.bottom() + 4.0,
    );
    let lid = format!(
        "M{left:.1} {rim:.1}C{left:.1} {y0:.1} {right:.1} {y0:.1} {right:.1} {rim:.1}",
        y0 = rim + 15.0
    );
    let full =
        database.connections_max.saturating_mul(9) <= database.connections.saturating_mul(10);
    let (third, is_stuck) = third(database);
    let lines = [
        (words::cut(&database.name, 15), "strong"),
        (
            format!("{}/{} conns", database.connections, database.connections_max),
            if full { "mono bad" } else { "mono muted" },
        ),
        (third, if is_stuck { "mono warn" } else { "mono muted" }),
    ];
    let lines = lines.into_iter().enumerate().map(|(index, (line, class))| {
        let y = y - 2.0 + 18.0 * index as f64;
        html! { <text {class} x={format!("{x:.1}")} y={format!("{y:.1}")}>{ line }</text> }
    });
    html! {
        <g>
            <title>{ title(database) }</title>
            <path class={classes!("node", is_stuck.then_some("stuck"))} d={body} />
            <path class="node hollow" d={lid} />
            <g text-anchor="middle">{ for lines }</g>
        </g>
    }
}

/// The longest line for a lock, or else the line for a core, or else the schema; whether somebody waits.
fn third(database: &DatabaseView) -> (String, bool) {
    if let Some(line) = database.lines.iter().max_by_key(|line| length(line)) {
        return (format!("{}: {} wait", words::cut(table(line), 8), length(line)), true);
    }
    match database.queued {
        // Flyway's description would not fit; the title has it.
        0 => {
            let version = database.schema.split("__").next().unwrap_or_default();
            (format!("schema {}", words::cut(version, 10)), false)
        }
        queued => (format!("{queued} in line"), true),
    }
}

fn title(database: &DatabaseView) -> String {
    let about = format!("{}, {}, schema {}", database.name, database.engine, database.schema);
    let lines = database.lines.iter().flat_map(|line| {
        let first = format!(
            "{}: {} and {} wait; the first for {}",
            line.table,
            words::count(u64::from(line.requests), "request"),
            words::count(line.sessions.len() as u64, "session"),
            line.first
        );
        std::iter::once(first).chain(line.sessions.iter().cloned())
    });
    std::iter::once(about).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Who waits for its locks, for those who do not see it.
pub(super) fn waiting(bench: &Workbench) -> impl Iterator<Item = String> {
    let lines = bench.shown.view.database.iter().flat_map(|database| &database.lines);
    lines.map(|line| format!("{} wait for {} in the database", length(line), line.table))
}

fn length(line: &LineView) -> usize {
    line.requests as usize + line.sessions.len()
}

/// The table, also where they wait for its rows.
fn table(line: &LineView) -> &str {
    line.table.rsplit(' ').next().unwrap_or_default()
}
