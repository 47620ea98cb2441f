//! `{{#compare}}`: the strategies side by side, run when the book is built.

use sim_core::compare::{Options, Outcome, Strategy};
use sim_core::random::Seed;
use sim_core::time::SimDuration;

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::html::escape;
use crate::run::{RunKey, Runs};

/// Events between two looks at whether a run is over.
const EVENTS_AT_ONCE: u32 = 500_000;
/// Width of a column of text, in pixels.
const WIDTH: u32 = 728;

pub(crate) fn expand(directive: &Directive, runs: &mut Runs<'_>) -> Result<String, Problem> {
    let mut arguments = Arguments::of(directive);
    let key = RunKey::read(&mut arguments)?;
    arguments.finish()?;
    let scenario = runs.scenario(&key.scenario)?;
    let nothing = |problem: String| {
        Problem::new(problem, "name a scenario with two Deployments behind a gateway")
    };
    let makings = Options::of(&scenario).begin(&scenario, Seed(key.seed)).map_err(nothing)?;
    let made = makings.into_iter().map(|mut making| {
        while making.advance(EVENTS_AT_ONCE).is_continue() {}
        making.outcome()
    });
    let outcomes: Vec<Outcome> = made.collect();
    let head = [
        "strategy",
        "failed",
        "p99",
        "time to full",
        "extra pod-hours",
        "bad version: failed",
        "alert after",
        "back after",
    ];
    let head: String = head.iter().map(|cell| format!("<th scope=\"col\">{cell}</th>")).collect();
    let rows: String = outcomes.iter().map(row).collect();
    Ok(format!(
        "<figure class=\"cutover-figure cutover-compare\">\n<div tabindex=\"0\" role=\"region\" \
         aria-label=\"Strategies\">{}</div>\n<div class=\"table-wrapper\"><table><thead><tr>{head}</tr></thead>\
         <tbody>{rows}</tbody></table></div>\n<figcaption>Two runs for each strategy, with the same users, \
         made when this page was built: scenario {}, seed {}.</figcaption>\n</figure>",
        charts::strategies(&outcomes, WIDTH).trim_end(),
        escape(&key.scenario),
        key.seed,
    ))
}

fn row(outcome: &Outcome) -> String {
    let Outcome { strategy, good, bad, .. } = outcome;
    let time = |time: Option<SimDuration>| {
        time.map_or_else(|| "–".to_owned(), |time| format!("{:.0} s", time.as_secs_f64()))
    };
    let about =
        Strategy::ALL.into_iter().find(|one| one.name() == *strategy).map_or("", Strategy::about);
    let cells = [
        good.failed.to_string(),
        good.p99_ms.map_or_else(|| "–".to_owned(), |p99| format!("{p99:.0} ms")),
        time(good.full),
        format!("{:.2}", good.extra_pod_seconds / 3_600.0),
        bad.failed.to_string(),
        time(bad.detected),
        time(bad.back),
    ];
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr><th scope=\"row\">{strategy}<br><small>{about}</small></th>{cells}</tr>")
}
