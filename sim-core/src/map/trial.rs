//! The runs behind the map. They take place in the ten minutes before a scenario begins, when nothing is
//! scripted and nobody else is there: what a cell shows comes of releases, schema and split alone.

use std::ops::ControlFlow;
use std::sync::Arc;

use schema::Statement;

use crate::database::session::{Reply, Script, SessionId};
use crate::map::{Edge, Flow};
use crate::report::{self, Buckets, quantile};
use crate::scenario::Scenario;
use crate::simulation::Simulation;
use crate::telemetry::registry::BUCKETS;
use crate::time::{SimDuration, SimTime};

/// When the commands of `start:` have settled, and the releases of the files are deployed.
pub(super) const DEPLOY: SimTime = SimTime::from_secs(-500);
/// When they are ready, or will not be.
pub(super) const READY: SimTime = SimTime::from_secs(-300);
/// How long a migration has when nobody is there and rows cost nothing.
const QUIET: SimDuration = SimDuration::from_secs(5);
/// How long new weights have to reach the gateway (IST-70, 71).
const PUSH: SimDuration = SimDuration::from_secs(1);
/// How long users come before anything is measured.
const WARM_UP: SimDuration = SimDuration::from_secs(2);
/// Requests that are measured, about.
const REQUESTS: f64 = 600.0;
/// Shortest and longest time in which they come, in seconds.
const WINDOW: (f64, f64) = (2.0, 20.0);
/// How long a migration is watched, and what comes after it.
const WATCHED: SimDuration = SimDuration::from_secs(10);
/// The traffic after a migration belongs to it for so long.
const AFTER: SimDuration = SimDuration::from_secs(1);
/// How often it is looked whether a migration has ended.
const LOOK: SimDuration = SimDuration::from_millis(100);
/// A request that took longer has waited.
const LONG_MICROS: u64 = 1_000_000;

/// Executes a step when nobody is there.
///
/// # Errors
///
/// If the database refuses it.
pub(super) fn migrate(
    before: &Simulation,
    name: &str,
    statements: &[Arc<Statement>],
) -> Result<Simulation, String> {
    let mut simulation = before.clone();
    // Rows cost nothing, so that big tables are as quick as small ones.
    let pace = simulation.intervene(|world, _| std::mem::replace(&mut world.database.pace, 0.0));
    let session = execute(&mut simulation, name, statements)?;
    simulation.run_until(simulation.now() + QUIET);
    simulation.intervene(|world, _| world.database.pace = pace);
    let instance = simulation.world().database.instance.as_ref();
    let session = instance.map(|instance| instance.session(session));
    let failed = session.and_then(|session| {
        let mut answers = session.answers.iter();
        answers.find_map(|answer| match &answer.reply {
            Reply::Failed(error) => Some(format!("{}: {}", error.code, error.message)),
            _ => None,
        })
    });
    match (failed, session.is_some_and(|session| session.is_open())) {
        (Some(problem), _) => Err(problem),
        (None, true) => Err("it does not end".to_owned()),
        (None, false) => Ok(simulation),
    }
}

fn execute(
    simulation: &mut Simulation,
    name: &str,
    statements: &[Arc<Statement>],
) -> Result<SessionId, String> {
    let statements = statements.iter().map(|statement| (**statement).clone()).collect();
    let script = Script::migrations("map", vec![(name.to_owned(), statements)]);
    simulation
        .intervene(|world, ctx| world.open_session(script, ctx))
        .map_err(|error| error.message)
}

/// How long requests are counted.
pub(super) fn window(scenario: &Scenario) -> SimDuration {
    let rate: f64 = scenario.traffic.iter().map(|population| population.rate).sum();
    SimDuration::from_secs_f64((REQUESTS / rate).clamp(WINDOW.0, WINDOW.1))
}

/// A run that is measured.
#[derive(Debug)]
pub(super) struct Trial {
    simulation: Simulation,
    /// What comes next.
    phase: Phase,
    /// Until when.
    until: SimTime,
    window: SimDuration,
    /// What is executed while users are there.
    migration: Option<(String, Vec<Arc<Statement>>)>,
    session: Option<SessionId>,
    counted_from: SimTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Push,
    WarmUp,
    Count,
}

impl Trial {
    /// Users at a split, on the schema that is there. The command sets the weights.
    pub(super) fn new(ready: &Simulation, weights: &str, window: SimDuration) -> Self {
        let mut simulation = ready.clone();
        simulation.execute(weights);
        let until = simulation.now() + PUSH;
        let counted_from = until;
        let phase = Phase::Push;
        Self { simulation, phase, until, window, migration: None, session: None, counted_from }
    }

    /// The same, and a migration that begins when the users are there.
    pub(super) fn migrating(self, name: &str, statements: &[Arc<Statement>]) -> Self {
        Self { migration: Some((name.to_owned(), statements.to_vec())), ..self }
    }

    /// Goes on for at most so many events; breaks off when there is a result.
    pub(super) fn advance(&mut self, events: u32) -> ControlFlow<()> {
        let looks = self.phase == Phase::Count && self.session.is_some();
        let stop = if looks { self.until.min(self.simulation.now() + LOOK) } else { self.until };
        if !self.simulation.run_some(stop, events) {
            return ControlFlow::Continue(());
        }
        if looks && let Some(end) = self.ended() {
            self.until = self.until.min(end + AFTER);
        }
        if self.simulation.now() < self.until {
            return ControlFlow::Continue(());
        }
        match self.phase {
            Phase::Push => {
                self.simulation.intervene(|world, ctx| world.let_users_in(ctx));
                if self.migration.is_some() {
                    self.let_others_in();
                }
                (self.phase, self.until) = (Phase::WarmUp, self.until + WARM_UP);
            }
            Phase::WarmUp => {
                self.simulation.count_from_here();
                self.counted_from = self.until;
                self.phase = Phase::Count;
                self.until = self.until + self.window;
                if let Some((name, statements)) = &self.migration {
                    self.until = self.counted_from + WATCHED;
                    self.session = execute(&mut self.simulation, name, statements).ok();
                }
            }
            Phase::Count => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    /// The sessions that the scenario opens some time or other are all there.
    fn let_others_in(&mut self) {
        let scenario = Arc::clone(self.simulation.scenario());
        for session in &scenario.database.sessions {
            let script = session.script.clone();
            // Refused for want of a connection, it holds nothing.
            let _ = self.simulation.intervene(|world, ctx| world.open_session(script, ctx));
        }
    }

    /// When the migration has ended.
    fn ended(&self) -> Option<SimTime> {
        let instance = self.simulation.world().database.instance.as_ref()?;
        Some(instance.session(self.session?).end.as_ref()?.at)
    }

    /// What was counted.
    pub(super) fn counted(&self) -> Counted {
        let registry = &self.simulation.world().registry;
        let mut counted = Counted::default();
        let mut all = Buckets::default();
        for ((version, code, flag), buckets) in
            report::outcomes(registry, self.simulation.opening())
        {
            let requests: u64 = buckets.iter().sum();
            all.iter_mut().zip(buckets).for_each(|(sum, count)| *sum += count);
            if report::is_failure(code, &flag.to_string()) {
                counted.failed += requests;
                counted.answered_500 += if code == 500 { requests } else { 0 };
                counted.signs.push(sign(version, code, &flag.to_string(), &flag.meaning()));
            }
        }
        counted.requests = all.iter().sum();
        let slow = BUCKETS.iter().position(|bound| LONG_MICROS < *bound).unwrap_or(BUCKETS.len());
        counted.slow = all[slow..].iter().sum();
        let waiting = registry.users.iter().map(|users| users.sent - users.ended());
        counted.waiting = waiting.sum();
        counted.p99_ms = quantile::micros(0.99, &BUCKETS, &all).unwrap_or(0.0) / 1e3;
        counted
    }

    /// What the migration has done to the traffic. That statements are refused before and after it is no
    /// matter of its locks: the cells say it.
    pub(super) fn edge(&self) -> Edge {
        let Counted { failed, answered_500, slow, waiting, .. } = self.counted();
        let failed = failed - answered_500;
        let seconds = self.ended().map(|end| end.since(self.counted_from).as_secs_f64());
        // Somebody is always on the way; who has come in the last second has not waited long.
        let rate: f64 = self.simulation.scenario().traffic.iter().map(|users| users.rate).sum();
        let stands = rate < waiting as f64;
        let flow = match (failed, stands, slow) {
            (0, false, 0) => Flow::Free,
            (0, false, _) => Flow::Waits,
            _ => Flow::Blocks,
        };
        Edge { flow, waited: slow + if stands { waiting } else { 0 }, failed, seconds }
    }
}

/// What users saw in a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counted {
    /// Requests that ended.
    pub(super) requests: u64,
    /// Those that failed.
    pub(super) failed: u64,
    /// Those that failed because the application said so, as it does when a statement is refused.
    answered_500: u64,
    /// How they failed.
    pub(super) signs: Vec<String>,
    /// Those that took a second or longer.
    pub(super) slow: u64,
    /// Those that have not ended.
    pub(super) waiting: u64,
    /// 99 of 100 were faster.
    pub(super) p99_ms: f64,
}

/// A failure in words.
fn sign(version: &str, code: u16, flag: &str, meaning: &str) -> String {
    let from = if version == "unknown" { String::new() } else { format!(" from {version}") };
    match (code, flag) {
        (0, _) => format!("no answer{from}: {meaning}"),
        (code, "-") => format!("{code}{from}"),
        (code, flag) => format!("{code} {flag}{from}: {meaning}"),
    }
}
