//! A pipeline: stages that bring a release out, one after another, and the way back if one fails.
//!
//! What it does stands in `pipeline.yaml` at the root of the repository, in the commit that was pushed;
//! see [`plan`]. A run works in a checkout of that commit, and its commands are those of the console.
//!
//! Simpler than the real thing, be it Jenkins or GitHub Actions: the file is ours; a stage that builds or
//! tests only takes its time; there is one runner, which is always free, and stages never run side by side.
//! As with a concurrency group of GitHub Actions, one run is at work and one waits; a newer one takes the
//! place of the one that waits.

pub mod plan;
mod run;
mod runner;

pub use run::{Run, Said, StageRun, State};

use std::sync::Arc;

use crate::delivery::git::Commit;
use crate::queue::EventId;
use crate::time::SimTime;

/// The file that says what the pipeline does.
pub const FILE: &str = "pipeline.yaml";

/// Runs that are remembered.
const KEPT: usize = 20;

/// Why a run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// `git push`.
    Push,
    /// `pipeline run`, `pipeline rerun`.
    Hand,
}

impl Trigger {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Hand => "by hand",
        }
    }
}

/// What a run is to be of.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The commit that is brought out.
    pub(crate) commit: Arc<Commit>,
    /// The push or the command.
    pub(crate) cause: EventId,
    /// Which of them.
    pub(crate) trigger: Trigger,
}

/// All runs.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    /// Oldest first; the last ones may be at work and wait.
    runs: Vec<Run>,
    /// Number of the newest run.
    count: u32,
    /// Which appointment is the next one.
    turn: u16,
}

impl Pipeline {
    /// The runs that are remembered, oldest first.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The run of this number, or the newest one.
    pub fn run(&self, number: Option<u32>) -> Option<&Run> {
        match number {
            None => self.runs.last(),
            Some(number) => self.runs.iter().find(|run| run.number == number),
        }
    }

    /// The run that is at work.
    pub fn at_work(&self) -> Option<&Run> {
        self.runs.iter().find(|run| run.is_at_work())
    }

    fn at_work_mut(&mut self) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.is_at_work())
    }

    /// Adds a run that waits until no other is at work; the one that waited so far is given up.
    fn add(&mut self, wish: Wish, plan: plan::Plan, now: SimTime) -> u32 {
        for run in self.runs.iter_mut().filter(|run| run.state == State::Waiting) {
            run.give_up(now);
        }
        self.count += 1;
        self.runs.push(Run::new(self.count, wish, plan, now));
        let surplus = self.runs.len().saturating_sub(KEPT);
        self.runs.drain(..surplus);
        self.count
    }
}
