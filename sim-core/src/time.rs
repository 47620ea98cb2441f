//! Simulated time: whole microseconds, with no way in from the wall clock (MOD-1).

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// A point on the simulated clock, in microseconds since the scenario began; negative before, while
/// the commands of `start:` settle.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct SimTime(i64);

/// A length of simulated time, in microseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct SimDuration(u64);

impl SimTime {
    /// The moment the scenario begins.
    pub const ZERO: Self = Self(0);
    /// Later than every event.
    pub const MAX: Self = Self(i64::MAX);

    /// The time this many microseconds after the beginning.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The time this many seconds after the beginning.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs * 1_000_000)
    }

    /// Microseconds since the beginning.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Seconds since the beginning, with fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The time truncated to the whole seconds in which the Kubernetes API keeps times (MOD-3).
    pub const fn as_whole_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This time as the Kubernetes API keeps it: without the fraction of the second (MOD-3).
    pub const fn truncated(self) -> Self {
        Self::from_secs(self.as_whole_secs())
    }

    /// Time passed since `earlier`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> SimDuration {
        let micros = self.0.saturating_sub(earlier.0);
        SimDuration(if micros < 0 { 0 } else { micros as u64 })
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A length in microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// A length in milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    /// A length in seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// A length in seconds with fraction, rounded to the microsecond; negative and NaN give zero.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self(libm::round(secs * 1e6) as u64)
    }

    /// Length in microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Length in milliseconds with fraction.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// Length in seconds with fraction.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// `count` times this length; overflow saturates.
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl Add<SimDuration> for SimTime {
    type Output = Self;

    fn add(self, delay: SimDuration) -> Self {
        Self(self.0.saturating_add_unsigned(delay.0))
    }
}

impl Add for SimDuration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for SimTime {
    type Output = SimDuration;

    fn sub(self, earlier: Self) -> SimDuration {
        self.since(earlier)
    }
}

/// Minutes, seconds and milliseconds, as the page's clock shows them: `06:42.318`.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = (self.0 / 1_000).unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{:02}:{:02}.{:03}", millis / 60_000, millis / 1_000 % 60, millis % 1_000)
    }
}

/// Seconds with as many digits as needed: `1.5s`.
impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1_000_000 {
            write!(f, "{}ms", self.0 as f64 / 1e3)
        } else {
            write!(f, "{}s", self.0 as f64 / 1e6)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_reads_minutes_seconds_and_milliseconds() {
        assert_eq!(SimTime::from_micros(402_318_999).to_string(), "06:42.318");
        assert_eq!(SimTime::from_secs(3 * 3600).to_string(), "180:00.000");
        assert_eq!(SimTime::from_secs(-61).to_string(), "-01:01.000");
    }

    #[test]
    fn nonsense_lengths_become_zero() {
        assert_eq!(SimDuration::from_secs_f64(-1.0), SimDuration::ZERO);
        assert_eq!(SimDuration::from_secs_f64(f64::NAN), SimDuration::ZERO);
    }

    #[test]
    fn the_time_before_an_event_is_not_negative() {
        assert_eq!(SimTime::ZERO.since(SimTime::from_secs(1)), SimDuration::ZERO);
    }
}
