//! What a controller still has to look at, and when (MOD-1).

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};

/// Keys that wait to be reconciled. A key that waits already is not added twice: the controller
/// will see all changes at once.
#[derive(Clone, Debug)]
pub(super) struct WorkQueue<K> {
    waiting: BTreeMap<K, (SimTime, EventId)>,
    /// How often in a row a key has failed.
    failures: BTreeMap<K, u32>,
}

/// Wait after the first failure of a key.
const FIRST_RETRY: SimDuration = SimDuration::from_millis(5);
/// Longest wait after a failure.
const LAST_RETRY: SimDuration = SimDuration::from_secs(1_000);

impl<K> Default for WorkQueue<K> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), failures: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> WorkQueue<K> {
    /// Adds a key. True if the controller has to be woken at `due`: the key is new, or due earlier
    /// than before.
    pub(super) fn add(&mut self, key: K, due: SimTime, cause: EventId) -> bool {
        match self.waiting.get(&key) {
            Some((earlier, _)) if *earlier <= due => false,
            _ => {
                self.waiting.insert(key, (due, cause));
                true
            }
        }
    }

    /// Takes one key that is due, with the event that made it wait.
    pub(super) fn take(&mut self, now: SimTime) -> Option<(K, EventId)> {
        let (key, _) = self.waiting.iter().find(|(_, (due, _))| *due <= now)?;
        let key = key.clone();
        let (_, cause) = self.waiting.remove(&key)?;
        Some((key, cause))
    }

    /// A key has failed: how long to wait before it is tried again, twice as long each time.
    pub(super) fn retry_after(&mut self, key: &K) -> SimDuration {
        let failures = self.failures.entry(key.clone()).or_default();
        let doublings = (*failures).min(20);
        *failures += 1;
        FIRST_RETRY.times(1 << doublings).min(LAST_RETRY)
    }

    /// A key has succeeded, or is no more: its failures are forgotten.
    pub(super) fn forget<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.failures.remove(key);
    }

    /// Whether the key waits.
    pub(super) fn contains(&self, key: &K) -> bool {
        self.waiting.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_fails_waits_twice_as_long_each_time_until_it_succeeds() {
        let mut queue = WorkQueue::default();
        let mut millis = || queue.retry_after(&"a").as_micros() / 1_000;
        assert_eq!([millis(), millis(), millis()], [5, 10, 20]);
        assert_eq!((0..40).map(|_| millis()).last(), Some(1_000_000));
        queue.forget("a");
        assert_eq!(queue.retry_after(&"a"), FIRST_RETRY);
    }

    #[test]
    fn a_key_that_waits_is_taken_once_and_at_its_earliest_time() {
        let at = SimTime::from_secs;
        let mut queue = WorkQueue::default();
        assert!(queue.add("a", at(5), EventId(1)));
        assert!(!queue.add("a", at(6), EventId(2)), "it waits already");
        assert!(queue.add("a", at(3), EventId(3)), "now it is due earlier");
        assert_eq!(queue.take(at(2)), None);
        assert_eq!(queue.take(at(3)), Some(("a", EventId(3))));
        assert_eq!(queue.take(at(9)), None);
    }
}
