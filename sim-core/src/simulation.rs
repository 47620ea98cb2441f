//! A run: scenario, seed and log in; world, transcript and verdict out.

use std::sync::Arc;

use serde::Serialize;

use crate::chunked::Chunked;
use crate::digest::Digest;
use crate::random::Seed;
use crate::scenario::{LogEntry, ObjectiveMode, Scenario};
use crate::time::SimTime;
use crate::trace::Trace;
use crate::view::View;

/// What a command printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Standard output, each line ended.
    pub stdout: String,
    /// Standard error, each line ended.
    pub stderr: String,
    /// Exit status; None while the command is still running (`kubectl rollout status`).
    pub status: Option<i32>,
}

/// Who typed a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// The learner.
    Learner,
    /// The scenario's script.
    Script,
}

/// A command and what it printed so far, as a terminal shows it.
#[derive(Clone, Debug)]
pub struct Printed {
    /// When it was typed.
    pub at: SimTime,
    /// Who typed it.
    pub author: Author,
    /// The command line.
    pub command: String,
    /// What it printed.
    pub reply: Reply,
}

/// Where an objective stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ObjectiveStatus {
    /// Its id.
    pub id: String,
    /// For people.
    pub title: String,
    /// When it is judged.
    pub mode: ObjectiveMode,
    /// Whether it is reached.
    pub state: ObjectiveState,
    /// Why it cannot be judged, if its query fails.
    pub problem: Option<String>,
}

/// Whether an objective is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "at")]
pub enum ObjectiveState {
    /// Not decided.
    Open,
    /// Reached, since then.
    Reached(SimTime),
    /// Missed, since then.
    Missed(SimTime),
}

/// One run of a scenario. Cheap to clone: histories are shared.
#[derive(Clone, Debug)]
pub struct Simulation {
    scenario: Arc<Scenario>,
    seed: Seed,
    log: Vec<LogEntry>,
    transcript: Chunked<Printed>,
    trace: Trace,
}

#[allow(missing_docs, clippy::todo, reason = "skeleton")]
impl Simulation {
    /// A run at its beginning: the scenario's `start` commands have been run and have settled.
    pub fn new(scenario: Arc<Scenario>, seed: Seed) -> Self {
        let (log, transcript, trace) = Default::default();
        Self { scenario, seed, log, transcript, trace }
    }
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }
    pub fn seed(&self) -> Seed {
        self.seed
    }
    pub fn now(&self) -> SimTime {
        todo!()
    }
    pub fn end(&self) -> SimTime {
        todo!()
    }
    /// Lets the next event happen, unless it lies after the end.
    pub fn step(&mut self) -> bool {
        todo!()
    }
    /// Lets everything up to and including `time` happen, at most until the end.
    pub fn run_until(&mut self, _time: SimTime) {
        todo!()
    }
    /// The same, but stops after `events` events; true when `time` is reached.
    pub fn run_some(&mut self, _time: SimTime, _events: u32) -> bool {
        todo!()
    }
    /// Runs a command line now, as the learner, and logs it. Output of a command that goes on
    /// (`kubectl rollout status`) arrives in the transcript later.
    pub fn execute(&mut self, _line: &str) -> Reply {
        todo!()
    }
    /// The learner's commands so far.
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }
    /// Everything printed so far, oldest first.
    pub fn transcript(&self) -> &Chunked<Printed> {
        &self.transcript
    }
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
    pub fn digest(&self) -> Digest {
        todo!()
    }
    pub fn view(&self) -> View {
        todo!()
    }
    pub fn objectives(&self) -> Vec<ObjectiveStatus> {
        todo!()
    }
    /// Hints whose condition has held, oldest first: when, what.
    pub fn hints(&self) -> &[(SimTime, String)] {
        todo!()
    }
    /// Evaluates PromQL over a range, for charts: one line a series, `None` where it has no value.
    pub fn query_range(
        &self,
        _promql: &str,
        _from: SimTime,
        _to: SimTime,
        _step: crate::time::SimDuration,
    ) -> Result<Vec<RangeSeries>, String> {
        todo!()
    }
    /// Evaluates PromQL at a time.
    pub fn query(&self, _promql: &str, _at: SimTime) -> Result<Vec<InstantSample>, String> {
        todo!()
    }
    /// Files of the learner's workspace: path and content.
    pub fn files(&self) -> &std::collections::BTreeMap<String, String> {
        todo!()
    }
    /// Completions of the word at the end of `line`.
    pub fn complete(&self, _line: &str) -> Vec<String> {
        todo!()
    }
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeSeries {
    /// Labels, without the metric's name if the query dropped it.
    pub labels: std::collections::BTreeMap<String, String>,
    /// Values at the steps.
    pub values: Vec<(SimTime, Option<f64>)>,
}

/// One sample of an instant vector; a scalar has no labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InstantSample {
    /// Labels.
    pub labels: std::collections::BTreeMap<String, String>,
    /// Value.
    pub value: f64,
}
