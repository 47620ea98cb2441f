//! Moments of a run to go back to: few enough to keep, close enough to replay from.

use crate::simulation::Simulation;
use crate::time::{SimDuration, SimTime};

/// Moments kept of the shown run.
const MOST: usize = 64;
/// Distance between moments at first; it grows with the run.
const FIRST_INTERVAL: SimDuration = SimDuration::from_secs(1);

/// A run at one time.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// The run.
    pub(super) simulation: Simulation,
    /// Commands of the log that have been given.
    pub(super) applied: usize,
}

/// Moments of one run, by time.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    /// The beginning.
    first: Moment,
    kept: Vec<Moment>,
    /// The furthest played, while an earlier moment is shown or another run is.
    ahead: Option<Moment>,
    interval: SimDuration,
}

impl Moments {
    pub(super) fn new(first: Moment) -> Self {
        Self { first, kept: Vec::new(), ahead: None, interval: FIRST_INTERVAL }
    }

    /// The furthest played, when `here` is shown.
    pub(super) fn furthest<'a>(&'a self, here: &'a Moment) -> &'a Moment {
        self.ahead.as_ref().unwrap_or(here)
    }

    /// When the next moment after `here` should be kept.
    pub(super) fn next_due(&self, here: &Moment) -> SimTime {
        let due = self.newest_kept() + self.interval;
        if due <= here.simulation.now() { SimTime::MAX } else { due }
    }

    /// Notes how far the shown run has come, and keeps the moment if one is due.
    pub(super) fn note(&mut self, here: &Moment) {
        let now = here.simulation.now();
        if self.ahead.as_ref().is_some_and(|ahead| now < ahead.simulation.now()) {
            return;
        }
        self.ahead = None;
        if self.newest_kept() + self.interval <= now {
            self.kept.push(here.clone());
            if MOST < self.kept.len() {
                self.interval = self.interval.max(self.forget_one());
            }
        }
    }

    /// The latest moment at or before `time`, to be shown instead of `here`.
    pub(super) fn leave_for(&mut self, time: SimTime, here: &Moment) -> Moment {
        let ahead = self.ahead.get_or_insert_with(|| here.clone());
        if ahead.simulation.now() <= time {
            return ahead.clone();
        }
        let later = self.kept.partition_point(|moment| moment.simulation.now() <= time);
        later.checked_sub(1).map_or(&self.first, |index| &self.kept[index]).clone()
    }

    /// Forgets the future of `here`: something else will happen.
    pub(super) fn forget_after(&mut self, here: &Moment) {
        self.ahead = None;
        self.kept.retain(|moment| moment.simulation.now() <= here.simulation.now());
    }

    /// Keeps what lies at or before `time` and has seen no more than `applied` commands.
    pub(super) fn keep(&mut self, time: SimTime, applied: usize) {
        let shared = |moment: &Moment| moment.simulation.now() <= time && moment.applied <= applied;
        self.kept.retain(shared);
        self.ahead = None;
    }

    /// Leaves few moments of a run that is no longer shown; `here` was shown of it last.
    pub(super) fn set_aside(&mut self, here: &Moment, count: usize) {
        self.ahead.get_or_insert_with(|| here.clone());
        while count < self.kept.len() {
            self.forget_one();
        }
    }

    /// The latest moment that is kept.
    pub(super) fn newest(&self) -> &Moment {
        self.kept.last().unwrap_or(&self.first)
    }

    /// Forgets the moment whose neighbours are nearest to each other, and returns how far apart they are:
    /// one at a time, for a moment is large and a page has no time to free many in one frame.
    fn forget_one(&mut self) -> SimDuration {
        let times: Vec<_> = self.times().collect();
        let gaps = times.windows(3).map(|near| near[2].since(near[0])).enumerate();
        let (index, gap) = gaps.min_by_key(|&(_, gap)| gap).unwrap_or((0, self.interval));
        self.kept.remove(index);
        gap
    }

    fn times(&self) -> impl Iterator<Item = SimTime> {
        std::iter::once(&self.first).chain(&self.kept).map(|moment| moment.simulation.now())
    }

    fn newest_kept(&self) -> SimTime {
        self.newest().simulation.now()
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    /// The longest time between two kept moments.
    #[cfg(test)]
    pub(super) fn widest(&self) -> SimDuration {
        let times: Vec<_> = self.times().collect();
        times.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap_or_default()
    }
}
