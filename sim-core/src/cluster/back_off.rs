//! Growing waits between attempts: restarts of containers and pulls of images (K8S-50..52, 54).

use crate::time::{SimDuration, SimTime};

/// First wait.
const BASE: SimDuration = SimDuration::from_secs(10);

/// Longest wait, unless the kubelet is configured otherwise.
pub(super) const CAP: SimDuration = SimDuration::from_secs(300);

/// An attempt that goes well for longer counts no more. It is twice the usual longest wait, also if
/// another one is configured (K8S-52).
const RESET: SimDuration = SimDuration::from_secs(600);

/// The wait before the next attempt, if there was one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackOff {
    cap: SimDuration,
    entry: Option<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    wait: SimDuration,
    last_attempt: SimTime,
}

impl Entry {
    /// The last attempt went well for so long that it counts no more (K8S-51).
    fn has_expired(&self, failed: SimTime) -> bool {
        RESET < failed - self.last_attempt
    }
}

impl BackOff {
    /// No attempt was made yet; waits grow up to `cap`.
    pub(super) fn new(cap: SimDuration) -> Self {
        Self { cap, entry: None }
    }

    /// Until when to wait after a failure at `failed`; None if no attempt was made before, or too
    /// long ago.
    pub(super) fn wait_until(&self, failed: SimTime) -> Option<SimTime> {
        let entry = self.entry.filter(|entry| !entry.has_expired(failed))?;
        Some(failed + entry.wait)
    }

    /// An attempt is made at `now`, after a failure at `failed`: the next wait is twice as long.
    pub(super) fn attempt(&mut self, failed: SimTime, now: SimTime) {
        let wait = match self.entry.filter(|entry| !entry.has_expired(failed)) {
            None => BASE.min(self.cap),
            Some(entry) => entry.wait.times(2).min(self.cap),
        };
        self.entry = Some(Entry { wait, last_attempt: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds waited after each end of a container that runs for `run` seconds.
    fn waits(back_off: &mut BackOff, runs: &[u64]) -> Vec<u64> {
        let mut now = SimTime::ZERO;
        let mut waits = Vec::new();
        for run in runs {
            let failed = now + SimDuration::from_secs(*run);
            now = back_off.wait_until(failed).unwrap_or(failed);
            waits.push((now - failed).as_micros() / 1_000_000);
            back_off.attempt(failed, now);
        }
        waits
    }

    /// K8S-50, OK8S-8.
    #[test]
    fn the_first_restart_is_immediate_and_each_later_one_waits_twice_as_long() {
        let waits = waits(&mut BackOff::new(CAP), &[1; 8]);
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
    }

    /// K8S-51, OK8S-9.
    #[test]
    fn a_long_run_starts_the_series_over() {
        let mut runs = vec![1; 8];
        runs.extend([11 * 60, 1, 1]);
        let waits = waits(&mut BackOff::new(CAP), &runs);
        assert_eq!(waits[8..], [0, 10, 20]);
    }

    /// K8S-52.
    #[test]
    fn a_kubelet_can_be_told_to_wait_less_but_forgets_no_sooner() {
        let short = |secs| BackOff::new(SimDuration::from_secs(secs));
        assert_eq!(waits(&mut short(15), &[1; 5]), [0, 10, 15, 15, 15]);
        assert_eq!(waits(&mut short(2), &[1; 4]), [0, 2, 2, 2]);
        assert_eq!(waits(&mut short(15), &[1, 1, 9 * 60, 11 * 60, 1]), [0, 10, 15, 0, 10]);
    }
}
