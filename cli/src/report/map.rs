//! The safety map of the run, if its scenario says what the database holds and something changes that.

use std::sync::Arc;

use charts::Map;
use sim_core::map::SafetyMap;
use sim_core::simulation::Simulation;

use super::html::{Cell, Html, Side};
use crate::map;

pub(super) fn section(html: &mut Html, simulation: &Simulation) {
    let scenario = Arc::clone(simulation.scenario());
    let log = Some(simulation.log().to_vec());
    // A scenario without such a map has a report without one.
    let Ok(map) = map::make(&scenario, simulation.seed(), log) else { return };
    if map.rows.len() < 2 {
        return;
    }
    html.heading("Safety map");
    let key = "Every release on every schema at every split of the traffic, each a run of its own. Numbers are \
               stations of this run.";
    html.paragraph("note", key);
    html.figure(&Map::of(&map, &scenario.title, map::WIDTH).svg());
    stations(html, &map);
    html.paragraph("", &map.way_back());
}

fn stations(html: &mut Html, map: &SafetyMap) {
    let rows = map.path.iter().zip(map.numbers()).map(|(station, number)| {
        let class = station.class.name();
        let class =
            if station.class.is_bad() { Cell::Bad(format!("✗ {class}")) } else { class.into() };
        let mut why = vec![class];
        if 0 < station.failed {
            let (failed, all) = (station.failed, station.requests);
            why.push(Cell::Text(format!("{failed} of {all} requests failed")));
        }
        why.extend(station.reasons.iter().map(|reason| Cell::Text(reason.clone())));
        vec![
            Cell::Text(number.map_or_else(String::new, |number| number.to_string())),
            Cell::Time(station.from.to_string()),
            Cell::Text(map.place(station)),
            Cell::Lines(why),
        ]
    });
    let heads =
        [("", Side::Left), ("from", Side::Left), ("where", Side::Left), ("verdict", Side::Left)];
    html.table(&heads, rows.collect());
}
