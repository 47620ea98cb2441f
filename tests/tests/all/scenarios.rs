//! Every shipped scenario is right and solvable, whatever the seed.

use std::thread;

use sim_core::random::Seed;
use sim_core::scenario::{LogEntry, NaiveLog};
use sim_core::simulation::{ObjectiveState, ObjectiveStatus, Simulation};
use tests::{scenario, scenario_names};

const SEEDS: u64 = 100;
/// A naive log fails by its plan, hardly by chance; there are three times as many of them.
const NAIVE_SEEDS: u64 = 40;

fn objectives(name: &str, seed: u64, log: &[LogEntry]) -> Vec<ObjectiveStatus> {
    let scenario = scenario(name).expect("a scenario without errors");
    let mut simulation = Simulation::new(scenario, Seed(seed));
    simulation.replay(log);
    simulation.run_until(simulation.end());
    simulation.objectives()
}

fn reached(status: &ObjectiveStatus) -> bool {
    matches!(status.state, ObjectiveState::Reached(_))
}

#[test]
fn every_solution_reaches_every_objective_on_every_seed() {
    for name in scenario_names().expect("scenarios") {
        let solutions = scenario(&name).expect("a scenario without errors").solutions.clone();
        assert!(!solutions.is_empty(), "{name} has no solution");
        for (solution, log) in solutions {
            for seed in 1..=SEEDS {
                for status in objectives(&name, seed, &log) {
                    assert!(reached(&status), "{name}, {solution}, seed {seed}: {status:?}");
                }
            }
        }
    }
}

#[test]
fn every_naive_log_misses_the_objective_it_names_on_every_seed() {
    let mut logs = Vec::new();
    for name in scenario_names().expect("scenarios") {
        let naive = scenario(&name).expect("a scenario without errors").naive.clone();
        assert!(!naive.is_empty(), "{name} has no naive log");
        logs.extend(naive.into_iter().map(|(file, log)| (name.clone(), file, log)));
    }
    // The longest of all tests: every core takes its part.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for part in logs.chunks(logs.len().div_ceil(cores)) {
            scope.spawn(|| part.iter().for_each(|(name, file, log)| misses(name, file, log)));
        }
    });
}

fn misses(name: &str, file: &str, log: &NaiveLog) {
    for seed in 1..=NAIVE_SEEDS {
        let all = objectives(name, seed, &log.log);
        let named = all.iter().find(|status| status.id == log.misses);
        let named = named.unwrap_or_else(|| panic!("{name} has no {}", log.misses));
        assert!(!reached(named), "{name}, {file}, seed {seed}: {named:?}");
    }
}
