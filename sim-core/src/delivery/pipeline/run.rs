//! One run of a pipeline.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::console::{Follow, Workspace};
use crate::delivery::git::Commit;
use crate::delivery::pipeline::plan::{Gate, Plan, Task};
use crate::delivery::pipeline::{Trigger, Wish};
use crate::queue::EventId;
use crate::time::SimTime;

/// Most lines of a log; what comes later is not kept.
const LINES_MAX: usize = 5_000;

/// How a run or one of its stages is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not begun.
    Waiting,
    /// It is at work.
    Running,
    /// It waits until somebody approves.
    Approval,
    /// It takes back what it did.
    RollingBack,
    /// All went well.
    Succeeded,
    /// Something did not.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// Something before it did not go well.
    Skipped,
}

impl State {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Approval => "waits for approval",
            Self::RollingBack => "rolls back",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }
}

/// How far a stage is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageRun {
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: State,
    /// When it began.
    pub started: Option<SimTime>,
    /// When it ended.
    pub ended: Option<SimTime>,
    /// Why it failed.
    pub why: String,
    /// Whether it has done more than wait for somebody.
    pub(super) acted: bool,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: SimTime,
    /// In which stage; none while it rolls back.
    pub stage: Option<usize>,
    /// What.
    pub text: String,
}

/// What a run does at this moment.
#[derive(Clone, Debug, Default)]
pub(super) enum Doing {
    /// It is about to begin with something.
    #[default]
    Nothing,
    /// It works until then.
    Work(SimTime),
    /// A command goes on.
    Command(Box<Follow>),
    /// A condition has to hold until then.
    Observe(Gate, SimTime),
    /// Somebody may approve until then.
    Approval(SimTime),
}

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number, from 1.
    pub number: u32,
    /// What it brings out.
    pub commit: Arc<Commit>,
    /// Why it began.
    pub trigger: Trigger,
    /// How it is.
    pub state: State,
    /// When it was asked for.
    pub created: SimTime,
    /// When it ended.
    pub ended: Option<SimTime>,
    /// Its stages.
    pub stages: Vec<StageRun>,
    /// What it has printed.
    pub log: Vec<Said>,
    /// What it answers: the push, an approval, or the failure that it takes back.
    pub(super) cause: EventId,
    pub(super) plan: Plan,
    /// What is left to do, with the stage it belongs to.
    pub(super) todo: VecDeque<(Option<usize>, Task)>,
    pub(super) doing: Doing,
    /// The stage that it has come to.
    pub(super) stage: Option<usize>,
    /// A checkout of the commit.
    pub(super) workspace: Workspace,
    /// How it will have ended.
    pub(super) outcome: State,
}

impl Run {
    pub(super) fn new(number: u32, wish: Wish, plan: Plan, now: SimTime) -> Self {
        let stages = plan.stages.iter().map(|stage| StageRun {
            name: stage.name.clone(),
            state: State::Waiting,
            started: None,
            ended: None,
            why: String::new(),
            acted: false,
        });
        let stages = stages.collect();
        let all = plan.stages.iter().enumerate();
        let tasks =
            all.flat_map(|(index, stage)| stage.tasks.iter().map(move |one| (Some(index), one)));
        let todo = tasks.map(|(index, task)| (index, task.clone())).collect();
        let files = wish.commit.tree.iter();
        let files = files.map(|(path, text)| (path.clone(), text.to_string())).collect();
        Self {
            number,
            commit: wish.commit,
            trigger: wish.trigger,
            state: State::Waiting,
            created: now,
            ended: None,
            stages,
            log: Vec::new(),
            cause: wish.cause,
            plan,
            todo,
            doing: Doing::Nothing,
            stage: None,
            workspace: Workspace::new(files),
            outcome: State::Succeeded,
        }
    }

    /// Whether it has begun and not ended.
    pub fn is_at_work(&self) -> bool {
        matches!(self.state, State::Running | State::Approval | State::RollingBack)
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// The name of the stage of a line of the log.
    pub fn stage_of(&self, said: &Said) -> &str {
        said.stage.map_or("rollback", |index| &self.stages[index].name)
    }

    pub(super) fn say(&mut self, now: SimTime, text: &str) {
        for line in text.lines() {
            if self.log.len() < LINES_MAX {
                self.log.push(Said { at: now, stage: self.stage, text: line.to_owned() });
            }
        }
    }

    /// Ends before it has begun.
    pub(super) fn give_up(&mut self, now: SimTime) {
        self.stages.iter_mut().for_each(|stage| stage.state = State::Skipped);
        (self.state, self.ended) = (State::Cancelled, Some(now));
    }

    /// The stage that it has come to has ended like this; with what is left of the others.
    pub(super) fn close_stage(&mut self, state: State, why: &str, now: SimTime) {
        let Some(index) = self.stage else { return };
        let stage = &mut self.stages[index];
        (stage.state, stage.ended, stage.why) = (state, Some(now), why.to_owned());
    }

    /// It comes to a stage.
    pub(super) fn open_stage(&mut self, index: usize, now: SimTime) {
        self.stage = Some(index);
        let stage = &mut self.stages[index];
        (stage.state, stage.started) = (State::Running, Some(now));
    }

    /// Something did not go well: what is left is skipped, and what was done is taken back, the newest
    /// stage first. A command that would follow itself is given once.
    pub(super) fn turn_back(&mut self, outcome: State, why: &str, now: SimTime) {
        self.close_stage(outcome, why, now);
        for stage in self.stages.iter_mut().filter(|stage| stage.state == State::Waiting) {
            stage.state = State::Skipped;
        }
        let acted = self.stages.iter().zip(&self.plan.stages).rev();
        let acted = acted.filter(|(stage, _)| stage.acted);
        let mut lines: Vec<&String> = acted.flat_map(|(_, plan)| &plan.rollback).collect();
        lines.dedup();
        self.todo = lines.into_iter().map(|line| (None, Task::Command(line.clone()))).collect();
        self.doing = Doing::Nothing;
        (self.stage, self.outcome) = (None, outcome);
        self.state = State::RollingBack;
    }
}
