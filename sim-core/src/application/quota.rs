//! CPU limits: the quota of CPU time that the kernel grants each period (K8S-57).
//!
//! Running threads get one core each until the quota of the period is used up; then all of them stall
//! until the next period. Simpler than the real thing: periods are counted from the start of the
//! container, the quota is taken to the microsecond and not in slices of 5 ms, and only requests use
//! CPU: start-up takes as long with a limit as without.

use crate::request::RequestId;
use crate::time::{SimDuration, SimTime};

/// `cfs_period_us`.
const PERIOD: SimDuration = SimDuration::from_millis(100);
/// Smallest quota.
const LEAST: u64 = 1_000;

/// The CPU of a container with a limit: who runs, and when somebody is done.
///
/// All running threads advance at the same speed, so one clock that stands still while they stall is
/// enough: a thread that needs `time` is done when the clock has advanced by it.
#[derive(Clone, Debug)]
pub struct CpuQuota {
    /// CPU time granted each period, in microseconds.
    quota: i64,
    /// What is left of it; below 0 what was taken too much, which the next period pays.
    left: i64,
    /// When the present period ends.
    period_end: SimTime,
    /// Up to when everything is accounted for.
    seen: SimTime,
    /// CPU time that a thread which always ran would have got, in microseconds.
    clock: u64,
    /// Running threads: when the clock says they are done, the last one first.
    threads: Vec<(u64, RequestId)>,
    /// When somebody looks again; None while nobody runs.
    due: Option<SimTime>,
    /// CPU time that was used since it was last asked for, in microseconds.
    used: u64,
    throttling: Throttling,
}

/// How often and how long threads had to wait for the next period (`cpu.stat` of the cgroup).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttling {
    /// `nr_periods`: periods at whose end somebody ran.
    pub periods: u64,
    /// `nr_throttled`: those in which the quota was used up.
    pub throttled: u64,
    /// `throttled_usec`: how long everything stalled.
    pub stalled: SimDuration,
}

impl CpuQuota {
    /// The quota of a limit in thousandths of a core, for a container that starts at `now`; None if
    /// `threads` can never use it up.
    pub fn new(limit_milli: u64, threads: u32, now: SimTime) -> Option<Self> {
        if limit_milli == 0 || u64::from(threads) * 1_000 <= limit_milli {
            return None;
        }
        let micros = (limit_milli.saturating_mul(PERIOD.as_micros()) / 1_000).max(LEAST);
        let quota = i64::try_from(micros).ok()?;
        Some(Self {
            quota,
            left: quota,
            period_end: now + PERIOD,
            seen: now,
            clock: 0,
            threads: Vec::new(),
            due: None,
            used: 0,
            throttling: Throttling::default(),
        })
    }

    /// A thread begins to work on a request. Gives the time at which to look again, unless somebody
    /// looks earlier anyway.
    #[inline]
    pub fn begin(&mut self, id: RequestId, time: SimDuration, now: SimTime) -> Option<SimTime> {
        self.advance(now);
        let done = self.clock + time.as_micros();
        self.place(done, id);
        let next = self.next();
        // Whoever looks at this very moment looks again afterwards.
        let sooner = self.due.is_none_or(|due| next < due);
        sooner.then(|| *self.due.insert(next))
    }

    /// Whether this is a moment at which to look. An event that came too early was overtaken by
    /// another one.
    #[inline]
    pub fn is_due(&mut self, now: SimTime) -> bool {
        let due = self.due == Some(now);
        if due {
            self.advance(now);
        }
        due
    }

    /// Takes a request whose CPU time is used up.
    #[inline]
    pub fn finished(&mut self) -> Option<RequestId> {
        let (_, id) = self.threads.pop_if(|(done, _)| *done <= self.clock)?;
        Some(id)
    }

    /// When to look again, once nothing is finished any more; None if nobody runs.
    #[inline]
    pub fn look_again(&mut self) -> Option<SimTime> {
        self.due = (!self.threads.is_empty()).then(|| self.next());
        self.due
    }

    /// CPU time that was used since the last question, in microseconds.
    pub fn take_used(&mut self, now: SimTime) -> u64 {
        self.advance(now);
        std::mem::take(&mut self.used)
    }

    /// What was used since the last question, as of when somebody last looked, in microseconds.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// How often and how long it was used up, as of when somebody last looked.
    pub fn throttling(&self) -> Throttling {
        self.throttling
    }

    /// Puts a thread among the others, who is done first last. They are few and moved one by one: a page asks
    /// its host to move memory, which takes longer.
    #[inline]
    fn place(&mut self, done: u64, id: RequestId) {
        let mut place = self.threads.len();
        self.threads.push((done, id));
        while let Some(before) = place.checked_sub(1)
            && self.threads[before].0 <= done
        {
            self.threads[place] = self.threads[before];
            place = before;
        }
        self.threads[place] = (done, id);
    }

    /// Lets time pass. The number of threads has not changed in between.
    #[inline(always)]
    fn advance(&mut self, now: SimTime) {
        let threads = self.threads.len() as i64;
        while self.seen < now {
            let end = now.min(self.period_end);
            if 0 < threads && 0 < self.left {
                let run = ((end - self.seen).as_micros() as i64).min(self.until_stall(threads));
                self.left -= run * threads;
                self.clock += run as u64;
                self.used += (run * threads) as u64;
                self.seen = self.seen + SimDuration::from_micros(run as u64);
            }
            if 0 < threads && self.left <= 0 {
                self.throttling.stalled += end - self.seen;
            }
            self.seen = end;
            if end == self.period_end {
                self.throttling.periods += u64::from(0 < threads);
                self.throttling.throttled += u64::from(0 < threads && self.left <= 0);
                // What is left over is lost, what was taken too much is owed.
                self.left = self.quota + self.left.min(0);
                self.period_end = self.period_end + PERIOD;
                if threads == 0 {
                    let idle = now.since(end).as_micros() / PERIOD.as_micros();
                    self.period_end = self.period_end + PERIOD.times(idle);
                    self.seen = self.seen + PERIOD.times(idle);
                }
            }
        }
    }

    /// How long the running threads can go on in this period.
    fn until_stall(&self, threads: i64) -> i64 {
        (self.left + threads - 1) / threads
    }

    /// When the first thread is done if nothing changes, or the period ends before that.
    #[inline]
    fn next(&self) -> SimTime {
        let Some((done, _)) = self.threads.last() else { return self.period_end };
        let needs = done.saturating_sub(self.clock);
        let threads = self.threads.len() as i64;
        let can = if self.left <= 0 { 0 } else { self.until_stall(threads) as u64 };
        let done = self.seen + SimDuration::from_micros(needs);
        if needs <= can && done <= self.period_end { done } else { self.period_end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(slot: u32) -> RequestId {
        RequestId { slot, generation: 0 }
    }

    fn millis(millis: u64) -> SimDuration {
        SimDuration::from_millis(millis)
    }

    /// When each of several threads is done, in milliseconds, if they all begin at 0.
    fn done(limit_milli: u64, times: &[u64]) -> Vec<(u32, u64)> {
        let mut quota = CpuQuota::new(limit_milli, 16, SimTime::ZERO).unwrap();
        let mut due = None;
        for (slot, time) in (0..).zip(times) {
            due = quota.begin(id(slot), millis(*time), SimTime::ZERO).or(due);
        }
        let mut done = Vec::new();
        while let Some(now) = due {
            assert!(quota.is_due(now));
            while let Some(id) = quota.finished() {
                done.push((id.slot, now.since(SimTime::ZERO).as_micros() / 1_000));
            }
            due = quota.look_again();
        }
        done
    }

    /// K8S-57, OK8S-16.
    #[test]
    fn a_busy_thread_with_half_a_core_runs_50_ms_and_stalls_50_ms() {
        assert_eq!(done(500, &[50]), [(0, 50)]);
        assert_eq!(done(500, &[51]), [(0, 101)]);
        assert_eq!(done(500, &[120]), [(0, 220)]);
    }

    /// K8S-57.
    #[test]
    fn several_threads_use_up_the_quota_sooner_and_stall_together() {
        assert_eq!(done(500, &[25, 25]), [(0, 25), (1, 25)]);
        assert_eq!(done(500, &[100, 100]), [(0, 325), (1, 325)]);
        // After 20 ms the short one is done and the long one has 10 ms of the quota for itself.
        assert_eq!(done(500, &[20, 40]), [(0, 20), (1, 110)]);
    }

    /// K8S-57.
    #[test]
    fn the_quota_is_at_least_a_millisecond() {
        assert_eq!(done(1, &[2]), [(0, 101)]);
    }

    /// K8S-57.
    #[test]
    fn a_limit_that_all_workers_together_cannot_reach_is_none() {
        assert!(CpuQuota::new(2_000, 2, SimTime::ZERO).is_none());
        assert!(CpuQuota::new(0, 16, SimTime::ZERO).is_none(), "no limit");
    }

    /// K8S-57.
    #[test]
    fn a_pause_saves_nothing_for_later_and_use_is_counted() {
        let mut quota = CpuQuota::new(500, 16, SimTime::ZERO).unwrap();
        let later = SimTime::ZERO + millis(1_000);
        let due = quota.begin(id(0), millis(80), later).unwrap();
        assert_eq!(due, later + millis(100), "the quota of one period is too little");
        assert!(quota.is_due(due) && quota.finished().is_none());
        assert_eq!(quota.take_used(due), 50_000);
        assert_eq!(quota.look_again(), Some(later + millis(130)));
        let stalled = millis(50);
        assert_eq!(quota.throttling(), Throttling { periods: 1, throttled: 1, stalled });
    }

    /// K8S-57: an event that was overtaken is none.
    #[test]
    fn a_shorter_request_that_comes_later_is_looked_at_first() {
        let mut quota = CpuQuota::new(1_000, 16, SimTime::ZERO).unwrap();
        let first = quota.begin(id(0), millis(40), SimTime::ZERO).unwrap();
        let second = quota.begin(id(1), millis(5), SimTime::ZERO + millis(1)).unwrap();
        assert_eq!((first, second), (SimTime::ZERO + millis(40), SimTime::ZERO + millis(6)));
        assert!(quota.is_due(second));
        assert_eq!(quota.finished(), Some(id(1)));
        assert_eq!(quota.look_again(), Some(first));
    }
}
