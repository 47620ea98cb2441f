//! One learner's work on one scenario: the recording, how it is played, and what was typed.

use std::sync::Arc;

use sim_core::random::Seed;
use sim_core::recording::Recording;
use sim_core::scenario::{LogEntry, Scenario};
use sim_core::simulation::{ObjectiveState, ObjectiveStatus};
use sim_core::time::{SimDuration, SimTime};

use super::compare::CompareWork;
use super::dashboard::Dashboard;
use super::map::MapWork;
use super::panels::Charts;
use super::playback::{Msg, Playback};
use super::terminal::Terminal;

/// Events between two looks at the clock: few enough that a look is never late.
const EVENTS: u32 = 500;

/// Most events of a rehearsal.
const REHEARSED: u32 = 20_000;

/// Longest time that one step takes.
const LONGEST_STEP: SimDuration = SimDuration::from_secs(1);

/// The state behind the lab.
#[derive(Debug)]
pub struct Session {
    /// The run.
    pub recording: Recording,
    /// How it is played.
    pub playback: Playback,
    /// The input line.
    pub terminal: Terminal,
    /// Values of the charts.
    pub charts: Charts,
    /// The safety map.
    pub map: MapWork,
    /// The comparison of strategies.
    pub compare: CompareWork,
    /// The dashboard, if it is open.
    pub dashboard: Option<Dashboard>,
}

impl Session {
    /// A session at the beginning of a run whose log is given.
    pub fn new(scenario: Arc<Scenario>, seed: Seed, log: Vec<LogEntry>) -> Self {
        let scrape = scenario.timing.scrape;
        let compare = CompareWork::new(&scenario);
        let recording = Recording::new(scenario, seed, log);
        let commands = recording.branch().log().iter().map(|entry| entry.command.clone());
        let terminal = Terminal::with_history(commands);
        let charts = Charts::new(scrape, recording.simulation().end());
        let (playback, map) = (Playback::default(), MapWork::default());
        Self { recording, playback, terminal, charts, map, compare, dashboard: None }
    }

    /// Plays the first scrapes on a copy, and looks at them as the charts do. A browser translates a
    /// function when it is first called: unrehearsed, the first scrapes would hold up their frames.
    pub fn rehearse(&self) {
        let mut simulation = self.recording.simulation().clone();
        let scraped_twice = self.now() + self.recording.scenario().timing.scrape.times(2);
        simulation.run_some(scraped_twice, REHEARSED);
        let mut charts = self.charts.clone();
        while charts.evaluate(&simulation) {}
    }

    /// The shown time.
    pub fn now(&self) -> SimTime {
        self.recording.now()
    }

    /// Whether the run is over at the shown time.
    pub fn is_over(&self) -> bool {
        self.recording.simulation().end() <= self.now()
    }

    /// Plays, pauses, scrubs.
    pub fn control(&mut self, msg: Msg) {
        if matches!(msg, Msg::Play | Msg::Toggled) && !self.playback.playing && self.is_over() {
            self.control(Msg::Scrubbed(SimTime::ZERO));
        }
        if let Msg::Scrubbed(time) = msg {
            let time = time.min(self.recording.simulation().end());
            if self.playback.update(Msg::Scrubbed(time), self.now()) {
                self.recording.rewind(time);
            }
            self.dashboard.iter_mut().for_each(Dashboard::look_again);
            return;
        }
        self.playback.update(msg, self.now());
    }

    /// Runs a command at the shown time, as typed.
    pub fn run(&mut self, command: &str) {
        self.arrive();
        self.terminal.remember(command);
        self.recording.execute(command);
        self.forget_after(self.now());
    }

    /// To the next thing that people care about, or a second on if there is none.
    pub fn step(&mut self) {
        self.arrive();
        self.playback.update(Msg::Pause, self.now());
        let noted = self.recording.simulation().trace().len();
        let latest = self.now() + LONGEST_STEP;
        while self.recording.simulation().trace().len() == noted && self.now() < latest {
            if !self.recording.step() {
                break;
            }
        }
    }

    /// Takes the last command back.
    pub fn undo(&mut self) -> bool {
        self.arrive();
        let undone = self.recording.undo();
        self.forget_after(self.now());
        undone
    }

    /// Opens the future here.
    pub fn fork(&mut self) {
        self.arrive();
        self.recording.fork();
        self.forget_after(self.now());
    }

    /// Shows another run.
    pub fn resume(&mut self, name: &str) {
        self.playback.update(Msg::Ended, self.now());
        if self.recording.resume(name) {
            self.forget_after(SimTime::ZERO);
        }
    }

    /// Lets a frame's simulated time pass, as far as `in_time` allows; true if anything changed.
    pub fn frame(&mut self, elapsed_ms: f64, mut in_time: impl FnMut() -> bool) -> bool {
        let before = (self.now(), self.playback);
        if let Some(goal) = self.playback.goal(self.now(), elapsed_ms) {
            let mut arrived = self.recording.advance(goal, EVENTS);
            while !arrived && in_time() {
                arrived = self.recording.advance(goal, EVENTS);
            }
            if arrived {
                self.playback.update(Msg::Arrived, self.now());
            }
            if self.is_over() {
                self.playback.update(Msg::Ended, self.now());
            }
        }
        let mut drawn = false;
        while in_time() && self.charts.evaluate(self.recording.simulation()) {
            drawn = true;
        }
        if let Some(dashboard) = &mut self.dashboard {
            while in_time() && dashboard.evaluate(self.recording.simulation()) {
                drawn = true;
            }
            drawn |= dashboard.is_stale();
        }
        if self.map.is_moving() && in_time() {
            drawn |= self.map.frame(&mut in_time);
        }
        if self.compare.is_moving() && in_time() {
            drawn |= self.compare.frame(in_time);
        }
        drawn || before != (self.now(), self.playback)
    }

    /// Draws the safety map, with the shown run as its path.
    pub fn draw_map(&mut self) {
        self.arrive();
        self.map = MapWork::begin(&self.recording);
    }

    /// Compares the strategies, with the users of this run.
    pub fn compare(&mut self) {
        self.compare = CompareWork::begin(self.recording.scenario(), self.recording.seed());
    }

    /// Opens the dashboard, or closes it.
    pub fn toggle_dashboard(&mut self) {
        let end = self.recording.simulation().end();
        self.dashboard = match self.dashboard {
            Some(_) => None,
            None => Some(Dashboard::new(self.recording.scenario(), end)),
        };
    }

    /// Values after this moment are those of another run.
    fn forget_after(&mut self, time: SimTime) {
        self.charts.truncate(time);
        self.dashboard.iter_mut().for_each(|dashboard| dashboard.truncate(time));
    }

    /// Whether frames are needed.
    pub fn needs_frames(&self) -> bool {
        let is_old = |one: &Dashboard| one.is_stale() || one.is_behind(self.now());
        self.is_moving() || self.is_making() || self.dashboard.as_ref().is_some_and(is_old)
    }

    /// Whether something is made beside the run.
    pub fn is_making(&self) -> bool {
        self.map.is_moving() || self.compare.is_moving()
    }

    /// Whether time runs.
    pub fn is_moving(&self) -> bool {
        self.playback.playing || self.playback.seeking.is_some()
    }

    /// A person acts while the run is still on its way to the time scrubbed to.
    fn arrive(&mut self) {
        if let Some(time) = self.playback.seeking {
            self.recording.seek(time);
            self.playback.update(Msg::Arrived, self.now());
        }
    }
}

/// What changed between two looks at the objectives, as a sentence to be read out.
pub fn announcement(before: &[ObjectiveStatus], after: &[ObjectiveStatus]) -> Option<String> {
    let changed = after.iter().filter(|status| {
        let old = before.iter().find(|old| old.id == status.id);
        old.is_some_and(|old| verdict(old.state) != verdict(status.state))
    });
    let sentences: Vec<_> =
        changed.map(|status| format!("{}: {}.", status.title, verdict(status.state))).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Where an objective stands, in a word.
pub fn verdict(state: ObjectiveState) -> &'static str {
    match state {
        ObjectiveState::Open => "open",
        ObjectiveState::Reached(_) => "reached",
        ObjectiveState::Missed(_) => "missed",
    }
}

#[cfg(test)]
mod tests {
    use sim_core::scenario::ObjectiveMode;

    use super::*;

    fn status(id: &str, state: ObjectiveState) -> ObjectiveStatus {
        let (title, mode) = (format!("Title of {id}"), ObjectiveMode::Always);
        ObjectiveStatus { id: id.into(), title, mode, state, problem: None }
    }

    #[test]
    fn a_changed_objective_is_announced_and_an_unchanged_one_is_not() {
        let at = SimTime::from_secs(4);
        let before = [status("a", ObjectiveState::Open), status("b", ObjectiveState::Open)];
        let after = [status("a", ObjectiveState::Missed(at)), status("b", ObjectiveState::Open)];
        assert_eq!(announcement(&before, &after).as_deref(), Some("Title of a: missed."));
        assert_eq!(announcement(&after, &after), None);
        assert_eq!(announcement(&[], &after), None, "a fresh lab has nothing to announce");
    }
}
