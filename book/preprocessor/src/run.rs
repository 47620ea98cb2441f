//! Runs of scenarios, each made once however many directives look at it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::random::Seed;
use sim_core::scenario::{Bundle, LogEntry, Scenario};
use sim_core::simulation::Simulation;

use crate::expand::{Arguments, Problem};

/// Which run a directive looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunKey {
    pub(crate) scenario: String,
    pub(crate) seed: u64,
    /// Name of a log in `solutions/` or `naive/`; without one nobody does anything.
    pub(crate) log: Option<String>,
}

impl RunKey {
    /// Reads the scenario's name, `seed=` and `log=`.
    pub(crate) fn read(arguments: &mut Arguments) -> Result<Self, Problem> {
        let scenario = arguments.name("name a scenario, as in `{{#lab first-cutover}}`")?;
        let seed = arguments.option("seed").unwrap_or_else(|| "1".into());
        let Ok(seed) = seed.parse() else {
            return Err(Problem::new(format!("`{seed}` is no seed"), "write a whole number"));
        };
        Ok(Self { scenario, seed, log: arguments.option("log") })
    }

    /// What the run is, for people.
    pub(crate) fn describe(&self) -> String {
        let Self { scenario, seed, log } = self;
        match log {
            Some(log) => format!("scenario {scenario}, log {log}, seed {seed}"),
            None => format!("scenario {scenario}, no commands, seed {seed}"),
        }
    }
}

/// Checked scenarios and finished runs, made on demand and kept.
#[derive(Debug)]
pub struct Runs<'b> {
    bundles: &'b BTreeMap<String, Bundle>,
    scenarios: BTreeMap<String, Arc<Scenario>>,
    finished: BTreeMap<RunKey, Simulation>,
}

impl<'b> Runs<'b> {
    /// No runs yet, of these scenarios.
    pub fn new(bundles: &'b BTreeMap<String, Bundle>) -> Self {
        Self { bundles, scenarios: BTreeMap::new(), finished: BTreeMap::new() }
    }

    /// A scenario by name.
    pub(crate) fn scenario(&mut self, name: &str) -> Result<Arc<Scenario>, Problem> {
        if let Some(scenario) = self.scenarios.get(name) {
            return Ok(Arc::clone(scenario));
        }
        let Some(bundle) = self.bundles.get(name) else {
            let names: Vec<_> = self.bundles.keys().map(String::as_str).collect();
            let help = format!("the scenarios are `{}`", names.join("`, `"));
            return Err(Problem::new(format!("there is no scenario `{name}`"), help));
        };
        let scenario = match Scenario::load(bundle) {
            Ok((scenario, _notes)) => Arc::new(scenario),
            Err(found) => {
                let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
                let message = format!("the scenario `{name}` has errors");
                return Err(Problem::new(message, lines.join("; ")));
            }
        };
        self.scenarios.insert(name.to_owned(), Arc::clone(&scenario));
        Ok(scenario)
    }

    /// A finished run.
    pub(crate) fn finished(&mut self, key: &RunKey) -> Result<&Simulation, Problem> {
        if !self.finished.contains_key(key) {
            let scenario = self.scenario(&key.scenario)?;
            let run = play(&scenario, key)?;
            self.finished.insert(key.clone(), run);
        }
        Ok(&self.finished[key])
    }
}

fn play(scenario: &Arc<Scenario>, key: &RunKey) -> Result<Simulation, Problem> {
    let log = match &key.log {
        None => &[][..],
        Some(name) => log_named(scenario, name)?,
    };
    let mut run = Simulation::new(Arc::clone(scenario), Seed(key.seed));
    for entry in log {
        run.run_until(entry.at);
        run.execute(&entry.command);
    }
    run.run_until(run.end());
    Ok(run)
}

/// A log by name, out of the solutions and then the naive attempts.
pub(crate) fn log_named<'s>(scenario: &'s Scenario, name: &str) -> Result<&'s [LogEntry], Problem> {
    let solution = scenario.solutions.get(name);
    if let Some(log) = solution.or_else(|| scenario.naive.get(name).map(|naive| &naive.log)) {
        return Ok(log);
    }
    let names = scenario.solutions.keys().chain(scenario.naive.keys());
    let names: Vec<_> = names.map(String::as_str).collect();
    let help = format!("its logs are `{}`", names.join("`, `"));
    Err(Problem::new(format!("the scenario has no log `{name}`"), help))
}
