//! Runs whose digests must be the same natively, in Node and in Chromium.
//!
//! Case 0 is a shipped scenario, given as its bundle in JSON; every other case is a random scenario
//! made from its number.

mod swarm;

use std::sync::Arc;

use sim_core::random::Seed;
use sim_core::scenario::{Bundle, LogEntry, Scenario};
use sim_core::simulation::Simulation;
use wasm_bindgen::prelude::wasm_bindgen;

/// A run that is advanced in chunks, as a page does it.
#[wasm_bindgen]
pub struct Case {
    simulation: Simulation,
    log: Vec<LogEntry>,
    next: usize,
}

#[wasm_bindgen]
impl Case {
    /// A random scenario with a random log.
    pub fn random(number: u32) -> Self {
        let (scenario, log) = swarm::scenario(Seed(number.into()));
        Self::new(scenario, Seed(number.into()), log)
    }

    /// A shipped scenario with one of its solutions, and seed 1. The bundle is JSON.
    ///
    /// # Errors
    ///
    /// If the bundle is no scenario or has no such solution.
    pub fn shipped(bundle: &str, solution: &str) -> Result<Self, String> {
        let bundle: Bundle = serde_json::from_str(bundle).map_err(|problem| problem.to_string())?;
        let (scenario, _) = Scenario::load(&bundle).map_err(|problems| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        })?;
        let log = scenario.solutions.get(solution).cloned();
        let log = log.ok_or_else(|| format!("{} has no solution `{solution}`", bundle.name))?;
        Ok(Self::new(scenario, Seed(1), log))
    }

    /// Lets at most this many events happen; true at the end of the run.
    pub fn advance(&mut self, events: u32) -> bool {
        let Some(entry) = self.log.get(self.next) else {
            return self.simulation.run_some(self.simulation.end(), events);
        };
        if self.simulation.run_some(entry.at, events) {
            self.simulation.execute(&entry.command);
            self.next += 1;
        }
        false
    }

    /// The digest of the run so far, with its number of events and of lines in its trace.
    pub fn digest(&self) -> String {
        let (events, lines) = (self.simulation.events(), self.simulation.trace().len());
        format!("{} {events} {lines}", self.simulation.digest())
    }
}

impl Case {
    fn new(scenario: Scenario, seed: Seed, log: Vec<LogEntry>) -> Self {
        Self { simulation: Simulation::new(Arc::new(scenario), seed), log, next: 0 }
    }

    /// The run as it stands.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }
}
