//! The report of a run: one HTML file without scripts or requests, for screen and paper.

mod html;
mod map;
mod panels;
mod samples;
mod timeline;

use sim_core::report::service_level::ServiceLevel;
use sim_core::report::{Summary, UserSummary};
use sim_core::simulation::{ObjectiveState, Simulation};

use crate::level;
use crate::text::{code, millis, minutes, version};
use html::{Cell, Html, Side};
pub(crate) use samples::Samples;

/// Look of the report, on screen and on paper.
const STYLE: &str = include_str!("report.css");

/// The whole file. `command` is the command line that repeats the run.
pub(crate) fn html(
    simulation: &Simulation,
    summary: &Summary,
    samples: &Samples,
    command: &str,
) -> String {
    let mut html = Html::default();
    head(&mut html, summary);
    objectives(&mut html, summary);
    let timeline = timeline::entries(simulation);
    html.heading("Over time");
    let key = "B is blue: solid lines, plain areas. G is green: dashed lines, hatched areas. \
               Failures (✗) are solid red, with a strip under the axis. \
               Numbers above the charts are rows of the timeline.";
    html.paragraph("note", key);
    for panel in panels::all(simulation, samples, &timeline) {
        html.figure(&panel.svg());
    }
    timeline::table(&mut html, timeline);
    map::section(&mut html, simulation);
    requests(&mut html, summary);
    direct(&mut html, summary);
    latency(&mut html, summary);
    users(&mut html, summary);
    cost(&mut html, summary);
    service_level(&mut html, simulation);
    html.prose(&simulation.scenario().debrief);
    reproduce(&mut html, summary, command);
    html.document(&format!("{} · seed {}", summary.title, summary.seed.0), STYLE)
}

fn head(html: &mut Html, summary: &Summary) {
    html.title(&summary.title);
    let lasted = minutes(summary.now.as_secs_f64());
    let Summary { scenario, seed, digest, .. } = summary;
    html.paragraph("facts", &format!("{scenario} · seed {} · digest {digest} · {lasted}", seed.0));
    let reached =
        summary.objectives.iter().filter(|one| matches!(one.state, ObjectiveState::Reached(_)));
    let (count, all) = (reached.count(), summary.objectives.len());
    match summary.reached() {
        true => html.paragraph("verdict good", &format!("✓ {count} of {all} objectives reached")),
        false => html.paragraph("verdict bad", &format!("✗ {count} of {all} objectives reached")),
    }
}

fn objectives(html: &mut Html, summary: &Summary) {
    html.heading("Objectives");
    let rows = summary.objectives.iter().map(|one| {
        let (state, at) = match one.state {
            ObjectiveState::Reached(at) => (Cell::from("✓ reached"), at.to_string()),
            ObjectiveState::Missed(at) => (Cell::Bad("✗ missed".into()), at.to_string()),
            ObjectiveState::Open => (Cell::Bad("✗ not decided".into()), String::new()),
        };
        let title = match &one.problem {
            Some(problem) => Cell::Lines(vec![
                one.title.as_str().into(),
                Cell::Bad(format!("cannot be judged: {problem}")),
            ]),
            None => one.title.as_str().into(),
        };
        vec![title, state, Cell::Time(at)]
    });
    html.table(
        &[("objective", Side::Left), ("state", Side::Word), ("since", Side::Left)],
        rows.collect(),
    );
}

fn requests(html: &mut Html, summary: &Summary) {
    html.heading("Requests");
    let (failed, total) = (summary.failed(), summary.total());
    html.paragraph("", &format!("{failed} of {total} requests failed, as the gateway saw them."));
    let rows = summary.requests.iter().map(|row| {
        let meaning = match row.failed() {
            true => Cell::Bad(format!("✗ {}", row.meaning)),
            false => row.meaning.as_str().into(),
        };
        let flag = Cell::Code(row.flag.clone());
        vec![
            row.version.as_str().into(),
            Cell::Text(code(row.code)),
            flag,
            row.count.into(),
            meaning,
        ]
    });
    let heads = [
        ("version", Side::Left),
        ("code", Side::Left),
        ("flag", Side::Left),
        ("count", Side::Right),
        ("meaning", Side::Left),
    ];
    html.table(&heads, rows.collect());
}

/// What no proxy saw.
fn direct(html: &mut Html, summary: &Summary) {
    if summary.direct.is_empty() {
        return;
    }
    html.heading("Direct calls");
    html.paragraph("", "Calls of a Service without any proxy, as the callers know them.");
    let rows = summary.direct.iter().map(|row| {
        let meaning = match row.failed {
            true => Cell::Bad(format!("✗ {}", row.meaning)),
            false => row.meaning.as_str().into(),
        };
        let outcome = Cell::Text(row.outcome.clone());
        vec![row.version.as_str().into(), outcome, row.count.into(), meaning]
    });
    let heads = [
        ("version", Side::Left),
        ("outcome", Side::Left),
        ("count", Side::Right),
        ("meaning", Side::Left),
    ];
    html.table(&heads, rows.collect());
}

fn latency(html: &mut Html, summary: &Summary) {
    html.heading("Latency");
    let rows = summary.latency.iter().map(|row| {
        let ms = |value| Cell::Text(millis(value));
        vec![
            row.version.as_str().into(),
            row.count.into(),
            ms(row.p50_ms),
            ms(row.p95_ms),
            ms(row.p99_ms),
        ]
    });
    let right = |head| (head, Side::Right);
    let heads =
        [("version", Side::Left), right("requests"), right("p50"), right("p95"), right("p99")];
    html.table(&heads, rows.collect());
    let note =
        "Estimates from the histogram's buckets, as Prometheus makes them, over the whole run.";
    html.paragraph("note", note);
}

fn users(html: &mut Html, summary: &Summary) {
    html.heading("Users");
    let rows = summary.users.iter().map(|row| {
        let UserSummary { sent, answered, errors, timeouts, refused, resets, retries, .. } = row;
        let numbers = [*sent, *answered, *errors, *timeouts, *refused, *resets, *retries];
        std::iter::once(row.name.as_str().into()).chain(numbers.map(Cell::from)).collect()
    });
    let names = ["sent", "answered", "errors", "timeouts", "refused", "resets", "retries"];
    let heads: Vec<_> = std::iter::once(("population", Side::Left))
        .chain(names.map(|name| (name, Side::Right)))
        .collect();
    html.table(&heads, rows.collect());
}

fn cost(html: &mut Html, summary: &Summary) {
    html.heading("Cost");
    let seconds = summary.now.as_secs_f64().max(1.0);
    let row = |name: &str, pod_seconds: f64| {
        let average = Cell::Text(format!("{:.1}", pod_seconds / seconds));
        vec![name.into(), Cell::Text(format!("{pod_seconds:.0}")), average]
    };
    let mut rows: Vec<_> =
        summary.cost.iter().map(|cost| row(version(&cost.version), cost.pod_seconds)).collect();
    rows.push(row("all", summary.pod_seconds()));
    let heads =
        [("version", Side::Left), ("pod-seconds", Side::Right), ("pods on average", Side::Right)];
    html.table(&heads, rows);
}

fn service_level(html: &mut Html, simulation: &Simulation) {
    let Some(level) = ServiceLevel::of(simulation) else { return };
    html.heading(&level::title(&level));
    let rows = level::rows(&level).into_iter();
    let rows = rows.map(|(name, value)| vec![name.into(), Cell::Text(value)]);
    html.table(&[("", Side::Left), ("", Side::Right)], rows.collect());
}

fn reproduce(html: &mut Html, summary: &Summary, command: &str) {
    html.heading("Run it again");
    html.code(command);
    let digest = summary.digest;
    let text =
        format!("The same scenario, seed and log give the same run: its digest is {digest}.");
    html.paragraph("note", &text);
}
