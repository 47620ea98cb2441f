//! Objectives, hints and triggers: PromQL conditions judged at every evaluation.

use crate::scenario::{Hint, ObjectiveMode, Scenario, Trigger};
use crate::simulation::{ObjectiveState, ObjectiveStatus};
use crate::telemetry::promql::{Memory, Query};
use crate::telemetry::tsdb::Tsdb;
use crate::time::SimTime;
use crate::trace::Topic;
use crate::world::Scope;

/// Samples that a condition may touch each time.
const SAMPLES_MAX: u64 = 5_000_000;

/// A condition of the scenario, ready to be evaluated.
#[derive(Clone, Debug)]
struct Condition {
    query: Result<Query, String>,
    memory: Memory,
}

impl Condition {
    fn new(promql: &str) -> Self {
        let query = Query::parse(promql).map(|query| query.within(SAMPLES_MAX));
        Self { query: query.map_err(|problem| problem.to_string()), memory: Memory::default() }
    }

    /// Whether it holds, or why that cannot be said.
    fn holds(&mut self, tsdb: &Tsdb, at: SimTime) -> Result<bool, String> {
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let value = query.evaluate_again(tsdb, at, &mut self.memory);
        value.map(|value| value.holds()).map_err(|problem| problem.to_string())
    }
}

/// The scenario's conditions and what has become of them.
#[derive(Clone, Debug)]
pub struct Judge {
    objectives: Vec<(Condition, ObjectiveStatus)>,
    hints: Vec<(Condition, Hint)>,
    given: Vec<(SimTime, Hint)>,
    triggers: Vec<(Condition, u16)>,
}

impl Judge {
    /// All conditions open.
    pub fn new(scenario: &Scenario) -> Self {
        let objectives = scenario.objectives.iter().map(|objective| {
            let status = ObjectiveStatus {
                id: objective.id.clone(),
                title: objective.title.clone(),
                mode: objective.mode,
                state: ObjectiveState::Open,
                problem: None,
            };
            (Condition::new(&objective.condition), status)
        });
        let hints = scenario.hints.iter().map(|hint| (Condition::new(&hint.when), hint.clone()));
        let triggers =
            (0u16..).zip(&scenario.events).filter_map(|(index, scripted)| {
                match &scripted.trigger {
                    Trigger::At(_) => None,
                    Trigger::When(promql) => Some((Condition::new(promql), index)),
                }
            });
        Self {
            objectives: objectives.collect(),
            hints: hints.collect(),
            given: Vec::new(),
            triggers: triggers.collect(),
        }
    }

    /// Judges everything that is open; gives the scripted events that are due.
    pub fn evaluate(&mut self, tsdb: &Tsdb, scope: &mut Scope<'_, '_>) -> Vec<u16> {
        let now = scope.now();
        for (condition, status) in &mut self.objectives {
            if status.mode != ObjectiveMode::AtEnd && status.state == ObjectiveState::Open {
                judge(condition, status, tsdb, now, false);
                note(status, scope);
            }
        }
        let objectives = &self.objectives;
        self.hints.retain_mut(|(condition, hint)| {
            let helps = objectives.iter().all(|(_, status)| status.needs(hint));
            let due = helps && condition.holds(tsdb, now) == Ok(true);
            if due {
                scope.note(Topic::Objective, "hint", hint.say.clone(), &[]);
                self.given.push((now, hint.clone()));
            }
            helps && !due
        });
        let mut due = Vec::new();
        self.triggers.retain_mut(|(condition, index)| {
            let holds = condition.holds(tsdb, now) == Ok(true);
            if holds {
                due.push(*index);
            }
            !holds
        });
        due
    }

    /// The run is over: what is still open is decided.
    pub fn finish(&mut self, tsdb: &Tsdb, scope: &mut Scope<'_, '_>) {
        for (condition, status) in &mut self.objectives {
            if status.state == ObjectiveState::Open {
                judge(condition, status, tsdb, scope.now(), true);
                note(status, scope);
            }
        }
    }

    /// Where the objectives stand.
    pub fn objectives(&self) -> impl Iterator<Item = &ObjectiveStatus> {
        self.objectives.iter().map(|(_, status)| status)
    }

    /// Hints given so far: when, what.
    pub fn hints(&self) -> &[(SimTime, Hint)] {
        &self.given
    }
}

fn judge(
    condition: &mut Condition,
    status: &mut ObjectiveStatus,
    tsdb: &Tsdb,
    at: SimTime,
    end: bool,
) {
    let holds = match condition.holds(tsdb, at) {
        Ok(holds) => holds,
        Err(problem) => {
            status.problem = Some(problem);
            false
        }
    };
    status.state = match (status.mode, holds, end) {
        (ObjectiveMode::Always, true, false) | (ObjectiveMode::Eventually, false, false) => return,
        (ObjectiveMode::AtEnd, _, false) => return,
        (_, true, _) => ObjectiveState::Reached(at),
        (_, false, _) => ObjectiveState::Missed(at),
    };
}

fn note(status: &ObjectiveStatus, scope: &mut Scope<'_, '_>) {
    let word = match status.state {
        ObjectiveState::Open => return,
        ObjectiveState::Reached(_) => "reached",
        ObjectiveState::Missed(_) => "missed",
    };
    let text = format!("{word}: {}", status.title);
    scope.note(Topic::Objective, format!("objective/{}", status.id), text, &[]);
}
