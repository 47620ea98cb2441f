//! `{{#map}}`: the safety map of a scenario, run when the book is built, with the run of a log as its path.

use charts::Map;
use sim_core::map::Making;
use sim_core::random::Seed;
use sim_core::time::SimTime;

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::html::escape;
use crate::run::{RunKey, Runs, log_named};

/// Events between two looks at whether it is done.
const EVENTS_AT_ONCE: u32 = 500_000;
/// Width of a column of text, in pixels.
const WIDTH: u32 = 728;

pub(crate) fn expand(directive: &Directive, runs: &mut Runs<'_>) -> Result<String, Problem> {
    let mut arguments = Arguments::of(directive);
    let key = RunKey::read(&mut arguments)?;
    arguments.finish()?;
    let scenario = runs.scenario(&key.scenario)?;
    let log = key.log.as_ref().map(|name| log_named(&scenario, name)).transpose()?;
    let run = log.map(|log| (log.to_vec(), SimTime::ZERO + scenario.duration));
    let nothing =
        |problem: String| Problem::new(problem, "name a scenario whose database has a schema");
    let title = scenario.title.clone();
    let mut making = Making::new(scenario, Seed(key.seed), run).map_err(nothing)?;
    while making.advance(EVENTS_AT_ONCE).map_err(nothing)?.is_continue() {}
    let map = making.map();
    Ok(format!(
        "<figure class=\"cutover-figure cutover-map\">\n<div tabindex=\"0\" role=\"region\" \
         aria-label=\"Safety map\">{}</div>\n<figcaption><strong>{}.</strong> Every cell is a run, made when \
         this page was built: {}.</figcaption>\n</figure>",
        Map::of(map, &title, WIDTH).svg().trim_end(),
        escape(&map.way_back()).trim_end_matches('.'),
        escape(&key.describe()),
    ))
}
