//! A run: scenario, seed and log in; world, transcript and verdict out.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;

use crate::chunked::Chunked;
use crate::console;
use crate::digest::Digest;
use crate::engine::{Context, Engine};
use crate::event::Event;
use crate::random::Seed;
use crate::scenario::{Hint, LogEntry, ObjectiveMode, Scenario};
use crate::session::Session;
use crate::telemetry::labels::Labels;
use crate::telemetry::promql::{Query, Value};
use crate::telemetry::registry::Registry;
use crate::telemetry::tsdb::Point;
use crate::time::{SimDuration, SimTime};
use crate::trace::Trace;
use crate::view::View;
use crate::why::Origin;
use crate::world::{Scope, World};

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

impl ObjectiveStatus {
    /// Whether a hint still leads somewhere: not if it leads to this objective, which is reached.
    pub fn needs(&self, hint: &Hint) -> bool {
        hint.towards.as_ref() != Some(&self.id) || !matches!(self.state, ObjectiveState::Reached(_))
    }
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
    engine: Engine<World>,
    /// Counters at time zero: users arrive earlier.
    opening: Arc<Registry>,
    finished: bool,
}

/// How long before time zero the commands of `start:` are run, so that they have settled.
const SETTLE: i64 = 600;

/// How long before time zero users arrive and are measured, so that a run begins in full swing.
const LEAD: i64 = 60;

impl Simulation {
    /// A run at its beginning: the scenario's `start` commands have been run and have settled.
    pub fn new(scenario: Arc<Scenario>, seed: Seed) -> Self {
        let mut simulation = Self::before_users(scenario, seed);
        let Self { scenario, engine, .. } = &mut simulation;
        engine.run_until(SimTime::from_secs(-LEAD));
        engine.intervene(|world, ctx| {
            world.open_doors(ctx);
            for (index, at) in Session::timed(scenario) {
                ctx.after(at.since(ctx.now), Event::Script(index));
            }
        });
        engine.run_until(SimTime::ZERO);
        engine.model.requests.number_from_here();
        engine.model.session.origin = Some(Origin { scenario: Arc::clone(scenario), seed });
        simulation.opening = Arc::new(engine.model.registry.clone());
        simulation
    }

    /// The time before a run: the scenario's `start` commands have been given and have not settled; for ten
    /// minutes nobody comes, nothing is scripted, and nothing is measured.
    pub(crate) fn before_users(scenario: Arc<Scenario>, seed: Seed) -> Self {
        let begin = SimTime::from_secs(-SETTLE);
        let mut engine = Engine::new(begin, |ctx| World::new(&scenario, seed, ctx));
        for line in &scenario.start {
            engine.intervene(|world, ctx| world.run_line(Author::Script, line, ctx));
        }
        let opening = Arc::new(engine.model.registry.clone());
        Self { scenario, seed, log: Vec::new(), engine, opening, finished: false }
    }

    /// Does something to the world that nobody could type, which makes it another run than any log does.
    pub(crate) fn intervene<T>(
        &mut self,
        act: impl FnOnce(&mut World, &mut Context<'_, Event>) -> T,
    ) -> T {
        self.engine.intervene(act).1
    }

    /// What requests have raised so far is no part of what is counted from now on.
    pub(crate) fn count_from_here(&mut self) {
        self.opening = Arc::new(self.engine.model.registry.clone());
    }

    /// The same run at its beginning, for somebody who watches it; what it is asked about itself while it
    /// runs again stays without an answer.
    pub fn rerun(origin: &Origin) -> Self {
        let mut simulation = Self::new(Arc::clone(&origin.scenario), origin.seed);
        simulation.engine.model.session.origin = None;
        simulation
    }

    /// Runs with the commands of a log until `until`; `look` sees the run after every event, and ends it
    /// by breaking off.
    pub fn watch(
        &mut self,
        log: &[LogEntry],
        until: SimTime,
        mut look: impl FnMut(&Self) -> ControlFlow<()>,
    ) {
        let until = until.min(self.end());
        for entry in log.iter().filter(|entry| entry.at <= until) {
            while self.engine.step(entry.at) {
                if look(self).is_break() {
                    return;
                }
            }
            self.run_until(entry.at);
            self.execute(&entry.command);
        }
        while self.engine.step(until) && look(self).is_continue() {}
    }

    /// The scenario.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// The seed.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The present.
    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    /// The time at which the scenario ends.
    pub fn end(&self) -> SimTime {
        SimTime::ZERO + self.scenario.duration
    }

    /// The world as it is.
    pub fn world(&self) -> &World {
        &self.engine.model
    }

    /// The counters of requests as they were at time zero. Users arrive earlier, so that a run begins
    /// in full swing; what they did then is no part of the run.
    pub fn opening(&self) -> &Registry {
        &self.opening
    }

    /// Number of events that have happened.
    pub fn events(&self) -> u64 {
        self.engine.events()
    }

    /// Lets the next event happen, unless it lies after the end.
    pub fn step(&mut self) -> bool {
        let advanced = self.engine.step(self.end());
        if !advanced {
            self.run_until(self.end());
        }
        advanced
    }

    /// Lets everything up to and including `time` happen, at most until the end.
    pub fn run_until(&mut self, time: SimTime) {
        self.engine.run_until(time.min(self.end()));
        self.finish_at_end();
    }

    /// The same, but stops after `events` events; true when `time` is reached.
    pub fn run_some(&mut self, time: SimTime, events: u32) -> bool {
        let limit = time.min(self.end());
        for _ in 0..events {
            if !self.engine.step(limit) {
                self.engine.run_until(limit);
                self.finish_at_end();
                return true;
            }
        }
        false
    }

    fn finish_at_end(&mut self) {
        if self.end() <= self.now() && !self.finished {
            self.finished = true;
            self.engine.intervene(|world, ctx| {
                let scope = &mut Scope { ctx, trace: &mut world.trace };
                world.telemetry.judge.finish(&world.telemetry.tsdb, scope);
            });
        }
    }

    /// Runs a command line now, as the learner, and logs it; after the end nothing happens any more.
    /// Output of a command that goes on (`kubectl rollout status`) arrives in the transcript later.
    pub fn execute(&mut self, line: &str) -> Reply {
        if self.finished {
            let stderr = "the scenario has ended\n".to_owned();
            return Reply { stdout: String::new(), stderr, status: Some(1) };
        }
        // Commands come after everything else of their moment, so that a replay finds the same order.
        self.engine.run_until(self.engine.now());
        self.log.push(LogEntry { at: self.now(), command: line.to_owned() });
        self.engine.fold_text(line);
        self.engine.intervene(|world, ctx| world.run_line(Author::Learner, line, ctx)).1
    }

    /// Ctrl-C: ends the command that still runs. It only ever watches, so the world does not change.
    pub fn interrupt(&mut self) {
        self.engine.model.interrupt();
    }

    /// Runs the commands of a log at their times, up to the end of the scenario.
    pub fn replay(&mut self, log: &[LogEntry]) {
        for entry in log {
            self.run_until(entry.at);
            self.execute(&entry.command);
        }
    }

    /// The learner's commands so far.
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }

    /// Everything printed so far by commands that have ended, oldest first.
    pub fn transcript(&self) -> &Chunked<Printed> {
        &self.engine.model.session.transcript
    }

    /// The command that still runs, with what it has printed so far.
    pub fn running(&self) -> Option<&Printed> {
        self.engine.model.session.running()
    }

    /// All commands that still run: the learner's, and scripted ones.
    pub fn going(&self) -> impl Iterator<Item = &Printed> {
        self.engine.model.session.going()
    }

    /// What people care about, so far.
    pub fn trace(&self) -> &Trace {
        &self.engine.model.trace
    }

    /// The number that names the run so far.
    pub fn digest(&self) -> Digest {
        self.engine.digest()
    }

    /// What a person may see now.
    pub fn view(&self) -> View {
        View::of(&self.engine.model, self.now(), self.end())
    }

    /// Where the objectives stand.
    pub fn objectives(&self) -> Vec<ObjectiveStatus> {
        self.engine.model.telemetry.judge.objectives().cloned().collect()
    }

    /// Hints whose condition has held, oldest first: when, what.
    pub fn hints(&self) -> &[(SimTime, Hint)] {
        self.engine.model.telemetry.judge.hints()
    }

    /// Evaluates PromQL over a range, for charts: one line a series, `None` where it has no value.
    pub fn query_range(
        &self,
        promql: &str,
        from: SimTime,
        to: SimTime,
        step: SimDuration,
    ) -> Result<Vec<RangeSeries>, String> {
        let query = Query::parse(promql).map_err(|problem| problem.to_string())?;
        let lines = query
            .evaluate_range(&self.engine.model.telemetry.tsdb, from, to, step)
            .map_err(|problem| problem.to_string())?;
        let series = |(labels, points): (Labels, Vec<Point>)| {
            let mut points = points.into_iter().peekable();
            let mut values = Vec::new();
            let mut at = from;
            while at <= to {
                let value = points.next_if(|point| point.at() <= at).map(|point| point.value);
                values.push((at, value));
                at = at + step.max(SimDuration::from_millis(1));
            }
            RangeSeries { labels: named(&labels), values }
        };
        Ok(lines.into_iter().map(series).collect())
    }

    /// Evaluates PromQL at a time.
    pub fn query(&self, promql: &str, at: SimTime) -> Result<Vec<InstantSample>, String> {
        let query = Query::parse(promql).map_err(|problem| problem.to_string())?;
        let value = query
            .evaluate(&self.engine.model.telemetry.tsdb, at)
            .map_err(|problem| problem.to_string())?;
        match value {
            Value::Scalar(value) => Ok(vec![InstantSample { labels: BTreeMap::new(), value }]),
            Value::Vector(samples) => Ok(samples
                .into_iter()
                .map(|(labels, value)| InstantSample { labels: named(&labels), value })
                .collect()),
            Value::Matrix(_) => Err("the query gives ranges; ask for an instant vector".to_owned()),
            Value::String(_) => Err("the query gives a text; ask for an instant vector".to_owned()),
        }
    }

    /// Files of the learner's workspace: path and content.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.engine.model.session.workspace.files
    }

    /// Completions of the word at the end of `line`.
    pub fn complete(&self, line: &str) -> Vec<String> {
        let world = &self.engine.model;
        console::complete(line, &world.session.workspace, world)
    }
}

fn named(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeSeries {
    /// Labels, without the metric's name if the query dropped it.
    pub labels: BTreeMap<String, String>,
    /// Values at the steps.
    pub values: Vec<(SimTime, Option<f64>)>,
}

/// One sample of an instant vector; a scalar has no labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InstantSample {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Value.
    pub value: f64,
}
