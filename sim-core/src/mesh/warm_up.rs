//! Warm-up of new endpoints (IST-42): for a while they weigh less.
//!
//! Simplified: while an endpoint warms up, one is drawn at random by its weight and load (IST-41),
//! where Envoy keeps a schedule with the same shares.

use crate::random::Random;
use crate::time::SimDuration;

/// `loadBalancer.warmup`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp {
    /// How long an endpoint is new.
    pub duration: SimDuration,
    /// Least weight in percent.
    pub minimum_percent: f64,
    /// How steeply the weight grows; 1 is a straight line.
    pub aggression: f64,
}

impl WarmUp {
    /// Weight of an endpoint that has been there for this long, from 0 to 1.
    pub fn weight(&self, age: SimDuration) -> f64 {
        if self.duration <= age {
            return 1.0;
        }
        let share = age.as_micros() as f64 / self.duration.as_micros() as f64;
        libm::pow(share, 1.0 / self.aggression).max(self.minimum_percent / 100.0)
    }
}

/// Draws one of several with probability in proportion to its weight.
pub fn draw(weights: impl Iterator<Item = f64> + Clone, chance: &mut Random) -> usize {
    let total: f64 = weights.clone().sum();
    let mut rest = chance.unit() * total;
    let mut last = 0;
    for (index, weight) in weights.enumerate() {
        last = index;
        if rest < weight {
            break;
        }
        rest -= weight;
    }
    last
}
