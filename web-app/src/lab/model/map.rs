//! The safety map: asked for, made in the time that frames have left, shown as far as it has come.

use std::sync::Arc;

use sim_core::map::Making;
use sim_core::recording::Recording;
use sim_core::time::SimTime;

/// Events between two looks at the clock.
const EVENTS: u32 = 500;

/// The map of a lab.
#[derive(Debug, Default)]
pub enum MapWork {
    /// Nobody has asked for it.
    #[default]
    Unasked,
    /// There is one, or there will be.
    Made(Box<Making>, Asked),
    /// There is none, and why.
    Failed(String),
}

/// Which run the path is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Name of the run.
    run: String,
    /// Commands given.
    commands: usize,
    /// Up to when.
    pub until: SimTime,
}

impl Asked {
    fn of(recording: &Recording) -> Self {
        Self {
            run: recording.branch().name.clone(),
            commands: recording.simulation().log().len(),
            until: recording.now(),
        }
    }
}

/// Whether there can be a map: without SQL no scenario has a schema, and what makes maps is left out of the
/// bundle.
pub const IS_MADE: bool = cfg!(feature = "lab-full");

impl MapWork {
    /// Begins a map, whose path is the shown run up to the shown time.
    pub fn begin(recording: &Recording) -> Self {
        if !IS_MADE {
            return Self::Unasked;
        }
        let run = (recording.simulation().log().to_vec(), recording.now());
        let making = Making::new(Arc::clone(recording.scenario()), recording.seed(), Some(run));
        match making {
            Ok(making) => Self::Made(Box::new(making), Asked::of(recording)),
            Err(problem) => Self::Failed(problem),
        }
    }

    /// Whether it is being made.
    pub fn is_moving(&self) -> bool {
        matches!(self, Self::Made(making, _) if !making.is_done())
    }

    /// Goes on as far as `in_time` allows; true if there is more to see.
    pub fn frame(&mut self, mut in_time: impl FnMut() -> bool) -> bool {
        let Self::Made(making, _) = self else { return false };
        if !IS_MADE {
            return false;
        }
        let before = (making.is_done(), making.map().progress());
        let result = loop {
            match making.advance(EVENTS) {
                Ok(flow) if flow.is_continue() && in_time() => {}
                other => break other,
            }
        };
        if let Err(problem) = result {
            *self = Self::Failed(problem);
            return true;
        }
        before != (making.is_done(), making.map().progress())
    }

    /// Whether the run has gone on, or become another one.
    pub fn is_old(&self, recording: &Recording) -> bool {
        matches!(self, Self::Made(making, asked) if making.is_done() && *asked != Asked::of(recording))
    }
}
