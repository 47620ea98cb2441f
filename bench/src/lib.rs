//! What the benchmark runs, natively and as WebAssembly: the queueing model on the bare engine, and
//! scenarios in the full world. All of it in chunks, as a page does.

pub mod queueing;

use std::sync::Arc;

use sim_core::engine::Engine;
use sim_core::random::Seed;
use sim_core::scenario::{Bundle, LogEntry, Scenario};
use sim_core::simulation::Simulation;
use sim_core::telemetry::dashboard;
use sim_core::telemetry::promql::Query;
use sim_core::time::{SimDuration, SimTime};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::queueing::Queueing;

/// Points of a panel.
const POINTS: u64 = 240;

/// Something that is run.
#[wasm_bindgen]
pub struct Run(Kind);

enum Kind {
    Queueing(Box<Engine<Queueing>>),
    World { simulation: Box<Simulation>, log: Vec<LogEntry>, next: usize },
}

#[wasm_bindgen]
impl Run {
    /// Model A with so many requests.
    pub fn queueing(requests: u32) -> Self {
        Self(Kind::Queueing(Box::new(Queueing::engine(requests, Seed(1)))))
    }

    /// A scenario from its bundle in JSON, at its beginning, with one of its solutions or, if
    /// `solution` is empty, nobody who types.
    ///
    /// # Errors
    ///
    /// If the bundle is no scenario or has no such solution.
    pub fn scenario(bundle: &str, solution: &str) -> Result<Self, String> {
        let bundle: Bundle = serde_json::from_str(bundle).map_err(|problem| problem.to_string())?;
        let (scenario, _) = Scenario::load(&bundle).map_err(|problems| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        })?;
        let log = match solution {
            "" => Vec::new(),
            name => scenario
                .solutions
                .get(name)
                .cloned()
                .ok_or_else(|| format!("{} has no solution `{solution}`", bundle.name))?,
        };
        let simulation = Box::new(Simulation::new(Arc::new(scenario), Seed(1)));
        Ok(Self(Kind::World { simulation, log, next: 0 }))
    }

    /// Lets at most this many events happen; true at the end of the run.
    pub fn advance(&mut self, events: u32) -> bool {
        match &mut self.0 {
            Kind::Queueing(engine) => !(0..events).all(|_| engine.step(SimTime::MAX)),
            Kind::World { simulation, log, next } => {
                let Some(entry) = log.get(*next) else {
                    return simulation.run_some(simulation.end(), events);
                };
                if simulation.run_some(entry.at, events) {
                    simulation.execute(&entry.command);
                    *next += 1;
                }
                false
            }
        }
    }

    /// All panels of the lab's dashboard over the whole run; how many points they have.
    ///
    /// # Errors
    ///
    /// If the queueing model is run, or a query of a panel fails.
    pub fn dashboard(&self) -> Result<u32, String> {
        let Kind::World { simulation, .. } = &self.0 else {
            return Err("the queueing model has no dashboard".to_owned());
        };
        let end = simulation.end();
        let step = SimDuration::from_micros(end.since(SimTime::ZERO).as_micros() / POINTS);
        let mut points = 0;
        for panel in dashboard::panels(simulation.scenario()) {
            let query = Query::parse(panel.query).map_err(|problem| problem.to_string())?;
            let tsdb = &simulation.world().telemetry.tsdb;
            let series = query.evaluate_range(tsdb, SimTime::ZERO + step, end, step);
            let series = series.map_err(|problem| problem.to_string())?;
            points += series.iter().map(|(_, line)| line.len()).sum::<usize>();
        }
        Ok(u32::try_from(points).unwrap_or(u32::MAX))
    }

    /// Requests that have been sent so far.
    pub fn requests(&self) -> f64 {
        match &self.0 {
            Kind::Queueing(engine) => {
                engine.model.served.iter().map(|group| group.requests as f64).sum()
            }
            Kind::World { simulation, .. } => {
                simulation.world().registry.users.iter().map(|users| users.sent as f64).sum()
            }
        }
    }
}

impl Run {
    /// The scenario's run.
    ///
    /// # Panics
    ///
    /// If the queueing model is run.
    pub fn simulation(&mut self) -> &mut Simulation {
        match &mut self.0 {
            Kind::World { simulation, .. } => simulation,
            Kind::Queueing(_) => panic!("the queueing model has no world"),
        }
    }
}
