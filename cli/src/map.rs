//! `cutover map`: releases by schemas by splits of the traffic, every combination run.

use std::process::ExitCode;
use std::sync::Arc;

use charts::Map;
use serde::Serialize;
use sim_core::diagnostic::{Diagnostic, Position};
use sim_core::map::{Class, Flow, Making, SafetyMap};
use sim_core::random::Seed;
use sim_core::scenario::{LogEntry, Scenario};
use sim_core::time::SimTime;

use crate::args::MapArgs;
use crate::compat::table;
use crate::{INVALID, MISSED, folder, input, output};

/// Events between two looks at whether it is done.
const EVENTS_AT_ONCE: u32 = 500_000;
/// Natural width of a drawing, in pixels.
pub(crate) const WIDTH: u32 = 728;

pub(crate) fn map(args: &MapArgs) -> ExitCode {
    match try_map(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(MISSED),
        Err(problems) => {
            output::complain(&problems);
            ExitCode::from(INVALID)
        }
    }
}

/// Whether the path, if there is one, is without errors and loss of data.
fn try_map(args: &MapArgs) -> Result<bool, Vec<Diagnostic>> {
    let one = |problem: Diagnostic| vec![problem];
    let folder = folder::find(&args.scenario).map_err(one)?;
    let (scenario, notes) = input::scenario(&folder)?;
    output::complain(&notes);
    let log = args.log.as_ref().map(|value| input::log(value, &scenario)).transpose()?;
    let scenario = Arc::new(scenario);
    let map = make(&scenario, Seed(args.seed), log).map_err(|problem| {
        let shown = folder.join(folder::SCENARIO_FILE).display().to_string();
        let message = format!("there is nothing to map: {problem}");
        vec![Diagnostic::error(&shown, Position::default(), message)]
    })?;
    if let Some(path) = &args.svg {
        output::write_file(path, &Map::of(&map, &scenario.title, WIDTH).svg()).map_err(one)?;
    }
    let printed = match args.json {
        true => {
            let document = MapDocument::new(&map, &scenario, args.seed);
            serde_json::to_string_pretty(&document).expect("plain data has a JSON form") + "\n"
        }
        false => output::printable(&text(&map, &scenario.title, args.seed)),
    };
    output::print(&printed).map_err(one)?;
    Ok(!map.path.iter().any(|station| station.class.is_bad()))
}

/// The whole map of a scenario; with a log its run is the path.
pub(crate) fn make(
    scenario: &Arc<Scenario>,
    seed: Seed,
    log: Option<Vec<LogEntry>>,
) -> Result<SafetyMap, String> {
    let run = log.map(|log| (log, SimTime::ZERO + scenario.duration));
    let mut making = Making::new(Arc::clone(scenario), seed, run)?;
    while making.advance(EVENTS_AT_ONCE)?.is_continue() {}
    Ok(making.map().clone())
}

/// The document of `--json`.
#[derive(Serialize)]
struct MapDocument<'a> {
    version: u32,
    scenario: &'a str,
    seed: u64,
    #[serde(flatten)]
    map: &'a SafetyMap,
    point_of_no_return: Vec<&'a str>,
    worst: Option<Class>,
}

impl<'a> MapDocument<'a> {
    fn new(map: &'a SafetyMap, scenario: &'a Scenario, seed: u64) -> Self {
        let rows = match map.path_of_no_return() {
            Some(station) => vec![map.path[station].row],
            None if map.path.is_empty() => map.points_of_no_return(),
            None => Vec::new(),
        };
        Self {
            version: 1,
            scenario: &scenario.name,
            seed,
            map,
            point_of_no_return: rows.into_iter().map(|row| map.row(row)).collect(),
            worst: map.worst().map(|worst| map.path[worst].class),
        }
    }
}

/// The map as a table, what its cells mean, and the path.
fn text(map: &SafetyMap, title: &str, seed: u64) -> String {
    let mut text = format!("{title} · seed {seed}\n\n{}\n", table(&rows(map)));
    text += &legend(map);
    for row in (0..map.rows.len()).filter(|row| !map.reasons(*row).is_empty()) {
        let reasons = map.reasons(row).into_iter().map(|reason| format!("    {reason}\n"));
        text += &format!("{}\n{}", map.row(row), reasons.collect::<String>());
    }
    text += &stalls(map);
    for row in map.rows.iter().filter_map(|row| Some((row.label.as_str(), row.error.as_ref()?))) {
        text += &format!("{} fails: {}\n", row.0, row.1);
    }
    for note in &map.notes {
        text += &format!("note: {note}\n");
    }
    text + &path(map) + &map.way_back() + "\n"
}

fn rows(map: &SafetyMap) -> Vec<Vec<String>> {
    let columns = (0..map.columns.len()).map(|column| map.column(column));
    let head = std::iter::once("SCHEMA AFTER".to_owned()).chain(columns);
    let mut rows = vec![head.collect::<Vec<String>>()];
    let numbers: Vec<_> = map.path.iter().zip(map.numbers()).collect();
    for (index, row) in map.table().into_iter().enumerate() {
        if let Some(apart) = &row.apart {
            let mut words = vec![String::new(); map.columns.len() + 1];
            words[0].clone_from(apart);
            rows.push(words);
        }
        let fields = row.fields.iter().enumerate().map(|(column, field)| {
            let here =
                numbers.iter().filter(|(one, _)| (one.row, one.column) == (index, Some(column)));
            let here = here.filter_map(|(_, number)| Some(number.as_ref()?.to_string()));
            let here = here.collect::<Vec<_>>().join(" ");
            let stations = if here.is_empty() { here } else { format!(" [{here}]") };
            let class = field.class.map_or('-', Class::sign);
            let more =
                if field.text.is_empty() { String::new() } else { format!(" {}", field.text) };
            format!("{}{class}{more}{stations}", mark(field.flow))
        });
        rows.push(std::iter::once(map.row(index).to_owned()).chain(fields).collect());
    }
    rows
}

/// Before a cell into which a migration leads that the traffic feels.
fn mark(flow: Option<Flow>) -> &'static str {
    match flow {
        Some(Flow::Blocks) => "▲ ",
        Some(Flow::Waits) => "△ ",
        Some(Flow::Free) | None => "",
    }
}

fn legend(map: &SafetyMap) -> String {
    let there = |class: &Class| {
        let mut cells = map.rows.iter().flat_map(|row| row.cells.iter().flatten());
        cells.any(|cell| cell.class == *class)
    };
    let classes = Class::ALL.into_iter().filter(there);
    let mut text: String = classes
        .map(|class| format!("{:6} {}: {}\n", class.sign(), class.name(), class.meaning()))
        .collect();
    for flow in [Flow::Waits, Flow::Blocks] {
        let mut edges = map.rows.iter().flat_map(|row| row.edges.iter().flatten());
        if edges.any(|edge| edge.flow == flow) {
            text += &format!("{:6} {}\n", mark(Some(flow)).trim(), flow.meaning());
        }
    }
    if !map.path.is_empty() {
        text += &format!("{:6} stations of the run\n", "[1 2]");
    }
    text + "\n"
}

/// What each migration that the traffic feels does to it, at its worst.
fn stalls(map: &SafetyMap) -> String {
    let mut text = String::new();
    for (index, row) in map.rows.iter().enumerate() {
        let edges = row.edges.iter().flatten().filter(|edge| edge.flow != Flow::Free);
        let Some(worst) = edges.max_by_key(|edge| (edge.flow, edge.failed, edge.waited)) else {
            continue;
        };
        let time = match worst.seconds {
            Some(seconds) => format!("takes {seconds:.1} s while traffic flows"),
            None => "does not end while it is watched".to_owned(),
        };
        let (waited, failed) = (worst.waited, worst.failed);
        text += &format!(
            "{} {time}; at its worst {waited} requests wait a second or longer, {failed} fail\n",
            map.row(index)
        );
    }
    text
}

fn path(map: &SafetyMap) -> String {
    if map.path.is_empty() {
        return "\n".to_owned();
    }
    let mut rows = vec![["", "FROM", "UNTIL", "WHERE", "", "REQUESTS"].map(str::to_owned).to_vec()];
    let mut reasons = String::new();
    for (station, number) in map.path.iter().zip(map.numbers()) {
        let number = number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let requests = match station.failed {
            0 => format!("{} served", station.requests),
            failed => format!("{failed} of {} failed", station.requests),
        };
        if station.class.is_bad() {
            for reason in &station.reasons {
                reasons += &format!("at {number}: {reason}\n");
            }
        }
        rows.push(vec![
            number,
            station.from.to_string(),
            station.until.to_string(),
            map.place(station),
            station.class.name().to_owned(),
            requests,
        ]);
    }
    let worst = map.worst().map_or(Class::Safe, |worst| map.path[worst].class);
    format!("\nThe run:\n{}{reasons}Worst of it: {}.\n", table(&rows), worst.name())
}
