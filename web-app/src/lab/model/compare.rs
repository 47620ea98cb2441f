//! The comparison of strategies: asked for, made in the time that frames have left, strategy by strategy.

use std::collections::VecDeque;
use std::sync::Arc;

use sim_core::compare::{Making, Options, Outcome, Strategy};
use sim_core::random::Seed;
use sim_core::scenario::Scenario;

/// Events between two looks at the clock.
const EVENTS: u32 = 500;

/// The comparison of a lab.
#[derive(Debug)]
pub enum CompareWork {
    /// The scenario has nothing to compare.
    Unfit,
    /// Nobody has asked for it.
    Unasked,
    /// There is one, or there will be.
    Made(Box<Lanes>),
}

/// Strategies that have been run, the one that is, and those to come.
#[derive(Debug)]
pub struct Lanes {
    scenario: Arc<Scenario>,
    seed: Seed,
    waiting: VecDeque<Strategy>,
    making: Option<Making>,
    /// What has come out.
    pub done: Vec<Outcome>,
}

impl CompareWork {
    /// The comparison before anybody asks for it. A scenario about the database compares schemas.
    pub fn new(scenario: &Scenario) -> Self {
        match scenario.database.schema.is_none() && Options::fits(scenario) {
            true => Self::Unasked,
            false => Self::Unfit,
        }
    }

    /// Begins it, with the users of this seed.
    pub fn begin(scenario: &Arc<Scenario>, seed: Seed) -> Self {
        let waiting = Strategy::ALL.into_iter().collect();
        let scenario = Arc::clone(scenario);
        Self::Made(Box::new(Lanes { scenario, seed, waiting, making: None, done: Vec::new() }))
    }

    /// Whether it is being made.
    pub fn is_moving(&self) -> bool {
        matches!(self, Self::Made(lanes) if lanes.is_moving())
    }

    /// Goes on as far as `in_time` allows; true if there is more to see.
    pub fn frame(&mut self, mut in_time: impl FnMut() -> bool) -> bool {
        let Self::Made(lanes) = self else { return false };
        let before = lanes.done.len();
        while lanes.advance() && in_time() {}
        before != lanes.done.len()
    }
}

impl Lanes {
    fn is_moving(&self) -> bool {
        self.making.is_some() || !self.waiting.is_empty()
    }

    /// Goes on; whether anything is left.
    fn advance(&mut self) -> bool {
        match &mut self.making {
            Some(making) => {
                if making.advance(EVENTS).is_break() {
                    self.done.push(making.outcome());
                    self.making = None;
                }
            }
            None => {
                let Some(strategy) = self.waiting.pop_front() else { return false };
                let strategies = vec![strategy];
                let options = Options { strategies, ..Options::of(&self.scenario) };
                let begun = options.begin(&self.scenario, self.seed);
                self.making = begun.ok().and_then(|mut makings| makings.pop());
            }
        }
        self.is_moving()
    }
}
