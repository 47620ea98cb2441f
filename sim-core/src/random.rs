//! Chance: one seed, one named stream for every concern and entity (MOD-4).
//!
//! Samplers use `libm` and the four operations only, so that they draw the same numbers natively and
//! as wasm; the standard library's logarithm does not.

mod ziggurat;

use rand::Rng;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::time::SimDuration;

/// The one number that says how chance falls in a run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Seed(pub u64);

/// Which decision a stream feeds. Numbers are never reused: a new stream moves no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Times between arrivals; entity: the population.
    Arrivals = 1,
    /// Which request of its mix a user sends; entity: the population.
    RequestMix = 2,
    /// Weighted destinations and endpoint choice; entity: the proxy.
    Routing = 3,
    /// CPU time of requests; entity: the pod.
    ServiceTime = 4,
    /// Query time; entity: always 0, the database is one.
    Database = 5,
    /// Whether a release answers with an error; entity: the pod.
    Errors = 6,
    /// Container start-up time; entity: the pod.
    StartUp = 7,
    /// Retry back-off of users and proxies; entity: population or proxy.
    BackOff = 8,
    /// Delivery time of configuration; entity: the proxy.
    Propagation = 9,
    /// Names and UIDs of objects; entity: always 0.
    Names = 10,
    /// Watch latency of controllers; entity: the controller.
    Watch = 11,
    /// Random scenarios and other test input; entity: free.
    Swarm = 12,
    /// Injected faults; entity: the number of the fault.
    Faults = 13,
    /// Time to pull an image and create a container; entity: the pod.
    Create = 14,
    /// How long tasks take and whether they fail; entity: the pod.
    Tasks = 15,
    /// Which requests are poison; entity: always 0.
    Poison = 16,
    /// Which statements a broken database refuses; entity: always 0.
    BrokenDatabase = 17,
    /// Faults that a proxy injects; entity: the proxy.
    ProxyFaults = 20,
    /// Which requests a proxy copies; entity: the proxy.
    Mirror = 21,
    /// Which endpoint a new connection of direct callers gets; entity: the population.
    Connections = 24,
    /// How long a sidecar takes to start; entity: pod and run.
    Sidecars = 25,
    /// Which replica of the gateway, or which pod of callers, a request goes through; entity: the
    /// population.
    Entrance = 26,
    /// What a session's statement takes beside its rows; entity: session and statement.
    Sessions = 27,
    /// Which row a statement of a release finds; entity: always 0.
    Rows = 28,
    /// When Argo CD polls, and how soon it sees a change; entity: the number of the application.
    GitOps = 30,
    /// How soon Argo Rollouts sees a change; entity: the number of the Rollout.
    Rollouts = 32,
    /// How soon OpenKruise Rollouts sees a change; entity: the number of the Rollout.
    Kruise = 33,
}

impl Seed {
    /// The stream of one concern and entity.
    pub fn stream(self, stream: Stream, entity: u32) -> Random {
        let name = u64::from(stream as u32) << 32 | u64::from(entity);
        // An odd factor maps no two names of one run to the same seed.
        let seed = self.0 ^ name.wrapping_mul(0xd134_2543_de82_ef95);
        Random(Xoshiro256PlusPlus::seed_from_u64(seed))
    }
}

/// A stream of chance.
#[derive(Clone, Debug)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in [0, 1) with 53 random bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// A whole number below `end`, which must not be 0.
    #[inline]
    pub fn below(&mut self, end: u32) -> u32 {
        debug_assert!(0 < end);
        ((u64::from(self.0.next_u32()) * u64::from(end)) >> 32) as u32
    }

    /// True with probability `share`, exact at 0 and 1.
    #[inline]
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A length between `least` and `most`.
    pub fn between(&mut self, least: SimDuration, most: SimDuration) -> SimDuration {
        let span = most.as_micros().saturating_sub(least.as_micros());
        least + SimDuration::from_micros((self.unit() * (span as f64 + 1.0)) as u64)
    }

    /// An exponentially distributed number with mean 1.
    #[inline(always)]
    pub fn exponential(&mut self) -> f64 {
        ziggurat::exponential(self)
    }

    /// A number from the standard normal distribution.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        ziggurat::normal(self)
    }
}

/// A lognormal distribution given by mean and coefficient of variation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal {
    median: f64,
    sigma: f64,
}

impl Lognormal {
    /// The distribution of times with this mean; `cv` is standard deviation over mean.
    pub fn new(mean: SimDuration, cv: f64) -> Self {
        let variance = libm::log1p(cv * cv);
        let median = mean.as_micros() as f64 * libm::exp(-variance / 2.0);
        Self { median, sigma: libm::sqrt(variance) }
    }

    /// One draw.
    #[inline]
    pub fn draw(&self, random: &mut Random) -> SimDuration {
        let micros = self.median * libm::exp(self.sigma * random.normal());
        SimDuration::from_micros((micros + 0.5) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    ///
    #[test]
    fn a_lognormal_has_the_mean_and_the_spread_that_were_given() {
        const DRAWS: usize = 400_000;
        let mut random = Seed(5).stream(Stream::Swarm, 0);
        let shape = Lognormal::new(SimDuration::from_millis(20), 0.8);
        let draws: Vec<f64> = (0..DRAWS).map(|_| shape.draw(&mut random).as_millis_f64()).collect();
        let mean = draws.iter().sum::<f64>() / DRAWS as f64;
        let square = draws.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>();
        let spread = (square / DRAWS as f64).sqrt() / mean;
        // The mean's deviation is 16 ms / sqrt(n) = 0.025 ms; that of the spread is about 0.004.
        assert!((19.87..20.13).contains(&mean), "{mean}");
        assert!((0.78..0.82).contains(&spread), "{spread}");
    }
}
