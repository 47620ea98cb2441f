//! How much memory a process takes, and when it outgrows its limit (K8S-56).
//!
//! What a process takes follows from what it does: a base, something for each request it holds, and
//! leaks that nothing gives back before the process ends. Simpler than the real thing: a request takes
//! its memory at once, garbage is never collected late, and start-up takes nothing until it is over.

use crate::time::{SimDuration, SimTime};

/// What a release needs, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Taken from the moment it listens.
    pub base: u64,
    /// Taken while a request is worked on or waits for a worker.
    pub request: u64,
    /// Lost with every request.
    pub leak_request: u64,
    /// Lost with every second.
    pub leak_second: u64,
}

impl Memory {
    /// What is taken with `in_flight` requests, `served` ones before them, and `age` after the
    /// process began to listen.
    #[inline]
    pub fn used(&self, in_flight: u64, served: u64, age: SimDuration) -> u64 {
        let lost = times(self.leak_request, served + in_flight);
        let held = times(self.request, in_flight);
        let mut used = self.base.saturating_add(held).saturating_add(lost);
        if 0 < self.leak_second {
            let lost = u128::from(self.leak_second) * u128::from(age.as_micros()) / 1_000_000;
            used = used.saturating_add(u64::try_from(lost).unwrap_or(u64::MAX));
        }
        used
    }

    /// When a process that began to listen at `since` outgrows `limit` without any request; None if
    /// never.
    pub fn outgrows(&self, limit: u64, since: SimTime) -> Option<SimTime> {
        if limit < self.base {
            return Some(since);
        }
        let room = u128::from(limit - self.base + 1) * 1_000_000;
        let micros = room.div_ceil(u128::from(self.leak_second).max(1));
        let micros = u64::try_from(micros).ok().filter(|micros| *micros <= i64::MAX as u64 / 2)?;
        (0 < self.leak_second).then(|| since + SimDuration::from_micros(micros))
    }
}

/// So many times so many bytes. Most releases have none, and WebAssembly has no instruction that tells
/// whether a product of 64 bits is too large.
#[inline]
fn times(bytes: u64, count: u64) -> u64 {
    if bytes == 0 { 0 } else { bytes.saturating_mul(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MI: u64 = 1 << 20;

    /// K8S-56.
    #[test]
    fn use_is_the_base_what_requests_hold_and_what_leaked() {
        let memory =
            Memory { base: 100 * MI, request: 2 * MI, leak_request: 1_000, leak_second: MI };
        let used = memory.used(3, 7, SimDuration::from_millis(1_500));
        assert_eq!(used, 106 * MI + 10_000 + MI * 3 / 2);
    }

    /// K8S-56.
    #[test]
    fn a_leak_outgrows_the_limit_at_the_microsecond_at_which_use_first_exceeds_it() {
        let memory = Memory { base: 100, leak_second: 7, ..Memory::default() };
        let since = SimTime::from_secs(5);
        let at = memory.outgrows(130, since).unwrap();
        let age = at - since;
        assert_eq!(memory.used(0, 0, age), 131);
        assert_eq!(memory.used(0, 0, SimDuration::from_micros(age.as_micros() - 1)), 130);
    }

    /// K8S-56.
    #[test]
    fn a_limit_below_the_base_is_outgrown_at_once_and_one_above_it_never_without_a_leak() {
        let memory = Memory { base: 100, ..Memory::default() };
        assert_eq!(memory.outgrows(99, SimTime::ZERO), Some(SimTime::ZERO));
        assert_eq!(memory.outgrows(100, SimTime::ZERO), None);
    }
}
