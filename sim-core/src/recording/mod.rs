//! A run that can be scrubbed, undone and forked: snapshots at intervals, and the log to replay
//! from them.
//!
//! Nothing is recorded but moments of the run and the commands given. Going back is taking the
//! nearest earlier moment and letting the same commands happen again; because a run is a function
//! of scenario, seed and log, the same run comes out.

mod link;
mod moments;

use std::sync::Arc;

pub use link::{LATEST, LONGEST, LONGEST_COMMAND, LinkError, MOST_COMMANDS, SharedRun};
use moments::{Moment, Moments};

use crate::random::Seed;
use crate::scenario::{LogEntry, Scenario};
use crate::simulation::{Reply, Simulation};
use crate::time::SimTime;

/// Runs kept besides the shown one; the oldest is forgotten first.
pub const BRANCHES: usize = 16;
/// Moments kept of a run that is not shown.
const MOMENTS_ASIDE: usize = 8;

/// One run: a log, and moments of it up to the furthest that has been played.
#[derive(Clone, Debug)]
pub struct Branch {
    /// For people: `Run 1`.
    pub name: String,
    /// Where it left another run: that run's name, and when.
    pub origin: Option<(String, SimTime)>,
    log: Vec<LogEntry>,
    moments: Moments,
}

impl Branch {
    /// The commands given in this run, also those after the shown time.
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }
}

/// A run with its past, its forks, and a place in it that is shown.
#[derive(Clone, Debug)]
pub struct Recording {
    scenario: Arc<Scenario>,
    seed: Seed,
    here: Moment,
    current: Branch,
    others: Vec<Branch>,
    runs: u32,
}

impl Recording {
    /// A recording at the beginning of a run. The commands of `log` are given when their time
    /// comes; those out of order or after the end are dropped.
    pub fn new(scenario: Arc<Scenario>, seed: Seed, mut log: Vec<LogEntry>) -> Self {
        log.sort_by_key(|entry| entry.at);
        let simulation = Simulation::new(Arc::clone(&scenario), seed);
        let end = simulation.end();
        log.retain(|entry| entry.at <= end);
        let here = Moment { simulation, applied: 0 };
        let moments = Moments::new(here.clone());
        let current = Branch { name: "Run 1".into(), origin: None, log, moments };
        Self { scenario, seed, here, current, others: Vec::new(), runs: 1 }
    }

    /// The scenario.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// The seed.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The run at the shown time.
    pub fn simulation(&self) -> &Simulation {
        &self.here.simulation
    }

    /// The shown time.
    pub fn now(&self) -> SimTime {
        self.here.simulation.now()
    }

    /// The run that is shown.
    pub fn branch(&self) -> &Branch {
        &self.current
    }

    /// Runs that were left by a fork or an undo, oldest first.
    pub fn others(&self) -> &[Branch] {
        &self.others
    }

    /// The furthest time that has been played.
    pub fn horizon(&self) -> SimTime {
        self.current.moments.furthest(&self.here).simulation.now()
    }

    /// Whether the shown time lies before the furthest that has been played.
    pub fn is_past(&self) -> bool {
        self.now() < self.horizon()
    }

    /// Plays on to `until`, giving the log's commands when their time comes; stops early after about
    /// `budget` events. True when `until` or the end is reached.
    pub fn advance(&mut self, until: SimTime, budget: u32) -> bool {
        let until = until.min(self.here.simulation.end());
        self.give_due_commands();
        if until <= self.now() {
            self.complete_moment();
            return true;
        }
        let command = self.next_command().map_or(until, |entry| entry.at);
        let stop = until.min(command).min(self.current.moments.next_due(&self.here));
        let complete = self.here.simulation.run_some(stop, budget);
        if complete {
            self.give_due_commands();
        }
        self.current.moments.note(&self.here);
        complete && until <= stop
    }

    /// Lets the next thing happen, with everything else of its moment; false at the end.
    pub fn step(&mut self) -> bool {
        let before = (self.now(), self.here.applied);
        let limit = self.next_command().map_or(SimTime::MAX, |entry| entry.at);
        self.here.simulation.run_some(limit, 1);
        // A command may follow, and must find what a replay would find.
        self.complete_moment();
        self.give_due_commands();
        self.current.moments.note(&self.here);
        before != (self.now(), self.here.applied)
    }

    /// Shows the nearest kept moment at or before `time`: instant, to be followed by
    /// [`Recording::advance`]. Times after the horizon show the horizon.
    pub fn rewind(&mut self, time: SimTime) {
        self.here = self.current.moments.leave_for(time, &self.here);
    }

    /// Shows the run at `time`, played up to it if need be.
    pub fn seek(&mut self, time: SimTime) -> &Simulation {
        if time < self.now() || self.is_past() {
            self.rewind(time);
        }
        while !self.advance(time, u32::MAX) {}
        &self.here.simulation
    }

    /// Runs a command line at the shown time. If the run has later commands this leaves it: the old
    /// run is kept aside.
    pub fn execute(&mut self, line: &str) -> Reply {
        self.complete_moment();
        if self.here.applied < self.current.log.len() {
            self.fork();
        }
        self.current.moments.forget_after(&self.here);
        let logged = self.here.simulation.log().len();
        let reply = self.here.simulation.execute(line);
        if logged < self.here.simulation.log().len() {
            self.current.log.push(LogEntry { at: self.now(), command: line.to_owned() });
            self.here.applied += 1;
        }
        reply
    }

    /// Begins a new run here: what was done up to now stays, the future is open. The old run is
    /// kept aside.
    pub fn fork(&mut self) {
        self.complete_moment();
        self.leave(self.now(), self.here.applied);
    }

    /// Takes the last command back: shows its time without it. The old run is kept aside. False if
    /// no command has been given.
    pub fn undo(&mut self) -> bool {
        let Some(applied) = self.here.applied.checked_sub(1) else { return false };
        let at = self.current.log[applied].at;
        self.leave(at, applied);
        self.here = self.current.moments.newest().clone();
        self.seek(at);
        true
    }

    /// Shows the furthest moment of a run that was left; the present run is kept aside in turn.
    /// False if there is none of this name.
    pub fn resume(&mut self, name: &str) -> bool {
        let Some(index) = self.others.iter().position(|other| other.name == name) else {
            return false;
        };
        let next = self.others.remove(index);
        let left = std::mem::replace(&mut self.current, next);
        self.keep_aside(left);
        self.here = self.current.moments.leave_for(SimTime::MAX, &self.here);
        true
    }

    /// The shown run as something to send to others: all its commands up to the shown time.
    pub fn share(&self) -> SharedRun {
        SharedRun {
            scenario: self.scenario.name.clone(),
            seed: self.seed,
            log: self.current.log[..self.here.applied].to_vec(),
        }
    }

    /// Makes the present run a new one that has only the first `applied` commands.
    fn leave(&mut self, at: SimTime, applied: usize) {
        self.runs += 1;
        let mut next = self.current.clone();
        next.log.truncate(applied);
        next.moments.keep(at, applied);
        next.origin = Some((self.current.name.clone(), at));
        next.name = format!("Run {}", self.runs);
        let left = std::mem::replace(&mut self.current, next);
        self.keep_aside(left);
    }

    fn keep_aside(&mut self, mut branch: Branch) {
        branch.moments.set_aside(&self.here, MOMENTS_ASIDE);
        self.others.push(branch);
        if BRANCHES < self.others.len() {
            self.others.remove(0);
        }
    }

    fn next_command(&self) -> Option<&LogEntry> {
        self.current.log.get(self.here.applied)
    }

    /// Gives the commands whose time has come, each once everything of its moment has happened.
    fn give_due_commands(&mut self) {
        while let Some(entry) = self.current.log.get(self.here.applied) {
            if self.here.simulation.now() < entry.at {
                return;
            }
            let now = self.here.simulation.now();
            self.here.simulation.run_until(now);
            self.here.simulation.execute(&entry.command);
            self.here.applied += 1;
        }
    }

    /// A budget may have stopped in the middle of a moment, where a replay could not stop.
    fn complete_moment(&mut self) {
        let now = self.now();
        self.here.simulation.run_until(now);
    }
}

#[cfg(test)]
mod tests;
