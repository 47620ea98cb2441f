//! The learner's run as a path: which schema and which split it had, when, and what users saw there.
//!
//! The run is made again, and looked at after every event: two commands in one line are two stations, and
//! what lies between them is what the map is about.

use std::collections::BTreeMap;

use crate::database::instance::Commit;
use crate::map::axes::{self, Axes, Version};
use crate::map::steps::{Pair, Steps};
use crate::map::twins::{Stale, Uses};
use crate::map::{Class, Flow, Row, Split, Station};
use crate::mesh::config::HTTP_PORT;
use crate::report;
use crate::scenario::LogEntry;
use crate::simulation::Simulation;
use crate::telemetry::registry::Reporter;
use crate::time::SimTime;

/// Most stations.
pub(super) const MOST_STATIONS: usize = 60;

/// Something has changed: the schema, or what the gateway does.
#[derive(Clone, Debug)]
struct Visit {
    at: SimTime,
    /// Commits so far.
    commits: usize,
    /// Subsets and weights of the rule for users.
    weights: Vec<(String, u32)>,
    /// Requests that had ended, and those that had failed.
    ended: (u64, u64),
}

/// The run that is made again.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) simulation: Simulation,
    log: Vec<LogEntry>,
    next: usize,
    until: SimTime,
    host: String,
    seen: (usize, u32),
    visits: Vec<Visit>,
}

impl Replay {
    pub(super) fn new(simulation: Simulation, log: Vec<LogEntry>, until: SimTime) -> Self {
        let host =
            axes::users(simulation.scenario()).map_or_else(|_| String::new(), |it| it.host.clone());
        let until = until.min(simulation.end());
        let mut replay =
            Self { simulation, log, next: 0, until, host, seen: (0, 0), visits: Vec::new() };
        replay.visit(true);
        replay
    }

    /// Goes on for about so many events; true at its end.
    pub(super) fn advance(&mut self, events: u32) -> bool {
        for _ in 0..events {
            let due = self.log.get(self.next).filter(|entry| entry.at <= self.until);
            let limit = due.map_or(self.until, |entry| entry.at);
            if !self.simulation.run_some(limit, 1) {
                self.visit(false);
                continue;
            }
            let Some(entry) = due else {
                self.visit(false);
                return true;
            };
            self.simulation.execute(&entry.command);
            self.next += 1;
            self.visit(false);
        }
        false
    }

    /// Notes where the run is if that has changed.
    fn visit(&mut self, first: bool) {
        let world = self.simulation.world();
        let commits = world.database.instance.as_ref().map_or(0, |it| it.commits.len());
        let config = &world.mesh.gateway().config;
        let seen = (commits, config.version);
        if seen == self.seen && !first {
            return;
        }
        self.seen = seen;
        let routes = config.routes_for(&self.host, HTTP_PORT);
        let destinations = routes.last().map_or(&[][..], |(_, route)| &route.destinations);
        let weights = destinations.iter().map(|to| (to.subset.clone(), to.weight)).collect();
        let same = |last: &Visit| last.commits == commits && last.weights == weights;
        if !self.visits.last().is_some_and(same) {
            let (at, ended) = (self.simulation.now(), ended(&self.simulation));
            self.visits.push(Visit { at, commits, weights, ended });
        }
    }

    /// The splits that it has had.
    pub(super) fn splits<'a>(&'a self, axes: &'a Axes) -> impl Iterator<Item = Split> + 'a {
        self.visits.iter().filter_map(|visit| axes.split(weights(visit)))
    }

    fn commits(&self) -> &[Commit] {
        self.simulation.world().database.instance.as_ref().map_or(&[], |it| &it.commits)
    }

    /// The stays of the run, with the rows to which its commits lead; unknown rows are added. Whether all of
    /// them are there.
    pub(super) fn stays(&self, axes: &Axes, steps: &mut Steps) -> (Vec<Stay>, bool) {
        let mut stays: Vec<Stay> = Vec::new();
        let (mut row, mut done) = (0, self.visits.first().map_or(0, |visit| visit.commits));
        for visit in &self.visits {
            for commit in &self.commits()[done..visit.commits] {
                row = steps.follow(row, commit);
            }
            done = visit.commits;
            let split = axes.split(weights(visit));
            if let Some(last) = stays.last_mut() {
                last.leave(visit.at, visit.ended);
                if last.row == row && last.split == split {
                    continue;
                }
            }
            let (from, until, begun) = (visit.at, visit.at, visit.ended);
            stays.push(Stay { from, until, row, split, begun, ended: begun });
        }
        if let Some(last) = stays.last_mut() {
            last.leave(self.simulation.now(), ended(&self.simulation));
        }
        let all = stays.len() <= MOST_STATIONS;
        stays.truncate(MOST_STATIONS);
        (stays, all)
    }
}

fn weights(visit: &Visit) -> impl Iterator<Item = (&str, u32)> {
    visit.weights.iter().map(|(subset, weight)| (subset.as_str(), *weight))
}

/// Requests that the gateway has seen end so far, and those that failed.
fn ended(simulation: &Simulation) -> (u64, u64) {
    let series = simulation.world().registry.series();
    let by_gateway = series.filter(|(_, series)| series.reporter == Reporter::Source);
    by_gateway.fold((0, 0), |(all, failed), (_, series)| {
        let fails = report::is_failure(series.code, &series.flag.to_string());
        (all + series.requests, failed + if fails { series.requests } else { 0 })
    })
}

/// A stay at one row and split.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    from: SimTime,
    until: SimTime,
    row: usize,
    split: Option<Split>,
    begun: (u64, u64),
    ended: (u64, u64),
}

impl Stay {
    fn leave(&mut self, at: SimTime, ended: (u64, u64)) {
        (self.until, self.ended) = (at, ended);
    }
}

/// What the path needs to know of the map.
pub(super) struct Ground<'m> {
    pub(super) versions: &'m [Version],
    /// By row and version; empty where nothing can be run.
    pub(super) uses: &'m [Vec<Uses>],
    pub(super) steps: &'m Steps,
    pub(super) columns: &'m [Split],
    pub(super) rows: &'m [Row],
    pub(super) pairs: &'m [Pair],
}

impl Ground<'_> {
    /// The stations of a path. Data that is out of date stays so until it is copied.
    pub(super) fn stations(&self, stays: &[Stay]) -> Vec<Station> {
        let mut stale: BTreeMap<&Pair, (Stale, bool, bool)> = BTreeMap::new();
        let mut stations = Vec::new();
        for (number, stay) in stays.iter().enumerate() {
            let mut reasons = Vec::new();
            for pair in self.pairs {
                let Ok(state) = &self.steps.all[stay.row].state else { continue };
                let now = (state.has(pair), state.is_copied(pair));
                let known = stale.entry(pair).or_insert_with(|| (Stale::default(), false, false));
                if !now.0 || !known.1 {
                    known.0 = Stale::new(pair, state);
                } else if now.1 && !known.2 {
                    known.0.copied();
                }
                (known.1, known.2) = now;
                if let Some(split) = stay.split.as_ref().filter(|_| now.0) {
                    let uses = (self.versions, &self.uses[stay.row][..]);
                    known.0.written(pair, split, uses);
                    reasons.extend(known.0.misread(pair, split, uses));
                }
            }
            let class = if reasons.is_empty() { Class::Safe } else { Class::DataLoss };
            let mut station = self.station(stay, class, reasons);
            let next = stays.get(number + 1).filter(|next| next.row != stay.row);
            station.reasons.extend(next.and_then(|next| self.held_up(&station, next.row)));
            stations.push(station);
        }
        stations
    }

    fn station(&self, stay: &Stay, mut class: Class, mut reasons: Vec<String>) -> Station {
        let split = stay.split.as_ref();
        let column = split.and_then(|split| self.columns.iter().position(|own| own == split));
        let (requests, failed) = (stay.ended.0 - stay.begun.0, stay.ended.1 - stay.begun.1);
        if let Some(cell) = column.and_then(|column| self.rows[stay.row].cells[column].as_ref()) {
            class = class.max(cell.class);
            for reason in &cell.reasons {
                if !reasons.contains(reason) {
                    reasons.push(reason.clone());
                }
            }
        }
        if 0 < failed {
            class = class.max(Class::Errors);
        }
        let Stay { from, until, row, .. } = *stay;
        Station { from, until, row, column, class, requests, failed, reasons }
    }

    /// That the migration that leads on stops the traffic that is here.
    fn held_up(&self, station: &Station, next: usize) -> Option<String> {
        let edge = self.rows[next].edges.get(station.column?)?.as_ref()?;
        let label = &self.rows[next].label;
        let felt = 0 < station.failed && edge.flow != Flow::Free;
        felt.then(|| format!("{label} leads on: {}", edge.flow.meaning()))
    }
}
