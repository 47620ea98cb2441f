//! What tests of a whole world share: a scenario made of texts, and somebody who types before it.

use std::sync::Arc;

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::random::Seed;
use crate::scenario::{Bundle, Scenario};
use crate::simulation::{Reply, Simulation};
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// A scenario that consists of this, which begins with its name, and of these files in its workspace.
pub(crate) fn bundle(scenario: &str, files: &[(&str, &str)]) -> Bundle {
    let name = scenario.lines().next().and_then(|line| line.strip_prefix("scenario: "));
    let own = [("scenario.yaml", scenario), ("brief.md", "A test.")];
    let own = own.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let inside = |(path, text): &(&str, &str)| (format!("workspace/{path}"), (*text).to_owned());
    let files = own.into_iter().chain(files.iter().map(inside)).collect();
    Bundle { name: name.expect("a name").to_owned(), files }
}

/// A world and a terminal before it.
pub(crate) struct Terminal {
    pub(crate) simulation: Simulation,
}

impl Terminal {
    /// Before the world of a scenario that is right, with seed 7.
    pub(crate) fn of(scenario: &str, files: &[(&str, &str)]) -> Self {
        let (scenario, _) =
            Scenario::load(&bundle(scenario, files)).expect("the scenario is right");
        Self::before(scenario)
    }

    /// Before the world of a scenario, with seed 7.
    pub(crate) fn before(scenario: Scenario) -> Self {
        Self { simulation: Simulation::new(Arc::new(scenario), Seed(7)) }
    }

    pub(crate) fn world(&self) -> &World {
        self.simulation.world()
    }

    pub(crate) fn now(&self) -> SimTime {
        self.simulation.now()
    }

    /// Runs a line that must succeed.
    #[track_caller]
    pub(crate) fn run(&mut self, line: &str) -> Reply {
        let reply = self.simulation.execute(line);
        assert_eq!(reply.status, Some(0), "{line}: {}", reply.stderr);
        reply
    }

    /// Runs a line that must fail; what it says.
    #[track_caller]
    pub(crate) fn fail(&mut self, line: &str) -> String {
        let reply = self.simulation.execute(line);
        assert_ne!(reply.status, Some(0), "{line}: {}", reply.stdout);
        reply.stderr
    }

    /// Lets seconds pass.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.simulation.run_until(self.now() + SimDuration::from_secs(seconds));
    }

    /// Lets at most `seconds` pass until something is so; whether it is.
    pub(crate) fn wait_until(&mut self, seconds: u64, is_so: impl Fn(&World) -> bool) -> bool {
        let end = self.now() + SimDuration::from_secs(seconds);
        while !is_so(self.world()) {
            if self.now() >= end {
                return false;
            }
            self.simulation.run_until(self.now() + SimDuration::from_millis(100));
        }
        true
    }

    /// A document as it is stored.
    #[track_caller]
    pub(crate) fn document(&self, kind: Kind, name: &str) -> &Value {
        let object = self.world().api.get(kind, name);
        &object.unwrap_or_else(|| panic!("{kind} {name} is not there")).manifest.document
    }

    /// The first value of a query now; 0 if there is none.
    pub(crate) fn value(&self, promql: &str) -> f64 {
        let answer = self.simulation.query(promql, self.now()).expect("PromQL");
        answer.first().map_or(0.0, |sample| sample.value)
    }
}
