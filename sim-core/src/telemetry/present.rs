//! The series of what comes and goes: pods, Deployments, Jobs, routes.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::telemetry::tsdb::{SeriesId, Tsdb};
use crate::time::SimTime;

/// Remembers the series of everything that the last scrape brought, `N` of each, so that a scrape
/// looks no labels up.
#[derive(Clone, Debug)]
pub(super) struct Present<K, const N: usize = 1>(BTreeMap<K, Remembered<N>>);

#[derive(Clone, Debug)]
struct Remembered<const N: usize> {
    ids: [SeriesId; N],
    seen: SimTime,
}

impl<K, const N: usize> Default for Present<K, N> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, const N: usize> Present<K, N> {
    /// The series of one that is there at this scrape; `make` gives them if it is new.
    pub(super) fn series<Q>(
        &mut self,
        key: &Q,
        now: SimTime,
        make: impl FnOnce() -> [SeriesId; N],
    ) -> [SeriesId; N]
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.0.get_mut(key) {
            known.seen = now;
            return known.ids;
        }
        let ids = make();
        self.0.insert(key.to_owned(), Remembered { ids, seen: now });
        ids
    }

    /// Ends the series of all that this scrape did not bring (PROM-02), and forgets them.
    pub(super) fn end_others(&mut self, now: SimTime, tsdb: &mut Tsdb) {
        self.0.retain(|_, known| {
            let is_there = known.seen == now;
            if !is_there {
                for id in known.ids {
                    tsdb.mark_stale(id, now);
                }
            }
            is_there
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::labels::Labels;

    #[test]
    fn what_a_scrape_does_not_bring_ends_and_begins_anew_prom_02() {
        let (mut tsdb, mut pods) = (Tsdb::default(), Present::<String>::default());
        let mut scrape = |secs, names: &[&str]| {
            let now = SimTime::from_secs(secs);
            for name in names {
                let [id] = pods.series(*name, now, || [tsdb.series(Labels::new([("pod", *name)]))]);
                tsdb.append(id, now, 1.0);
            }
            pods.end_others(now, &mut tsdb);
            let value = |id| tsdb.newest(id, -1, secs * 1_000).is_some();
            tsdb.ids().map(value).collect::<Vec<_>>()
        };
        assert_eq!(scrape(5, &["a", "b"]), [true, true]);
        assert_eq!(scrape(10, &["b"]), [false, true]);
        assert_eq!(scrape(15, &["a"]), [true, false], "the series of the same labels is the same");
    }
}
