//! Faults that the proxy injects before it routes (IST-37), and shares of requests.

use crate::random::Random;
use crate::time::SimDuration;

/// A share of requests, in steps of 1/10000 % (IST-37).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u32);

/// All requests.
const ALL: u32 = 1_000_000;

impl Share {
    /// Every request.
    pub const ALL: Self = Self(ALL);

    /// From 0 to 100.
    pub fn percent(percent: f64) -> Self {
        Self((percent.clamp(0.0, 100.0) * f64::from(ALL / 100)) as u32)
    }

    /// Requests of a million.
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// Whether a request belongs to it. Nothing is drawn for none and all.
    pub fn hits(self, chance: &mut Random) -> bool {
        match self.0 {
            0 => false,
            ALL => true,
            share => chance.below(ALL) < share,
        }
    }
}

/// `fault` of a rule. Both may hit the same request, the delay first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// How long how many requests wait; no timeout of the route runs meanwhile.
    pub delay: Option<(SimDuration, Share)>,
    /// Status with which how many requests are answered; they are not tried again.
    pub abort: Option<(u16, Share)>,
}
