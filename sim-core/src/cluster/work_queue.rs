//! What a controller still has to look at, and when (MOD-1).

use std::collections::BTreeMap;

use crate::queue::EventId;
use crate::time::SimTime;

/// Keys that wait to be reconciled. A key that waits already is not added twice: the controller
/// will see all changes at once.
#[derive(Clone, Debug)]
pub(super) struct WorkQueue<K> {
    waiting: BTreeMap<K, (SimTime, EventId)>,
}

impl<K> Default for WorkQueue<K> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new() }
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

    /// Whether the key waits.
    pub(super) fn contains(&self, key: &K) -> bool {
        self.waiting.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
