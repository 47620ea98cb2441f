//! What an evaluation remembers from step to step: which series a selector means, their labels without the
//! name, and which group each belongs to. Between two steps of a range they rarely change, so that a step
//! costs little more than the arithmetic on its samples.
//!
//! A condition that is judged again and again keeps it as a [`Memory`].

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use super::evaluator::are_distinct;
use crate::telemetry::labels::Labels;
use crate::telemetry::tsdb::{SeriesId, Tsdb};

/// Groups that a part keeps from one evaluation to the next. Those of `count_values` are named by values, of which
/// a long run has no end.
const GROUPS_MAX: usize = 1_024;

/// What the evaluations of one query over one store remember, as long as no series is added to it.
#[derive(Debug, Default)]
pub struct Memory {
    /// Never locked: it lets threads share a run, and only who may change it gets at what is inside.
    parts: Mutex<Vec<Remembered>>,
    /// How many series there were.
    series: usize,
}

impl Memory {
    /// Takes it, for a query of so many parts.
    pub(super) fn take(&mut self, parts: usize, tsdb: &Tsdb) -> Vec<Remembered> {
        let series = tsdb.series_count();
        let mut known = mem::take(self.parts());
        if self.series != series || known.len() != parts {
            self.series = series;
            known.clear();
            known.resize_with(parts, Remembered::default);
        }
        known
    }

    pub(super) fn keep(&mut self, mut parts: Vec<Remembered>) {
        for part in &mut parts {
            let groups = part.groups.get_mut();
            if GROUPS_MAX < groups.labels.len() {
                *groups = Groups::default();
            }
        }
        *self.parts() = parts;
    }

    fn parts(&mut self) -> &mut Vec<Remembered> {
        self.parts.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that branches off has a store of its own, and remembers anew.
impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What one part of the query remembers: a selector its series, what groups series its groups.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub(super) selected: OnceCell<Selected>,
    pub(super) groups: RefCell<Groups>,
}

/// The series of a selector.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) ids: Vec<SeriesId>,
    is_one_metric: bool,
    nameless: OnceCell<Nameless>,
}

/// The same series without the metric's name.
#[derive(Debug)]
pub(super) struct Nameless {
    /// In the order of the series.
    pub(super) labels: Vec<Labels>,
    /// Whether no two are equal.
    pub(super) are_distinct: bool,
}

impl Selected {
    pub(super) fn new(ids: Vec<SeriesId>, is_one_metric: bool) -> Self {
        Self { ids, is_one_metric, nameless: OnceCell::new() }
    }

    pub(super) fn nameless(&self, tsdb: &Tsdb) -> &Nameless {
        self.nameless.get_or_init(|| {
            let labels: Vec<Labels> =
                self.ids.iter().map(|id| tsdb.labels(*id).without_name()).collect();
            // Series of one metric have one name: what tells them apart is left.
            Nameless { are_distinct: self.is_one_metric || are_distinct(&labels), labels }
        })
    }
}

/// Groups of series, by what their members have in common.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The last vector, place by place: its labels, and the group.
    last: Vec<Option<(Labels, usize)>>,
    numbers: BTreeMap<Labels, usize>,
    labels: Vec<Labels>,
}

impl Groups {
    /// The number of the group of the series at this place of a vector; `common` gives what it has in
    /// common with the others of its group.
    pub(super) fn number(
        &mut self,
        place: usize,
        series: &Labels,
        common: impl FnOnce(&Labels) -> Labels,
    ) -> usize {
        if let Some(Some((known, number))) = self.last.get(place)
            && known.is_same(series)
        {
            return *number;
        }
        let labels = &mut self.labels;
        let number = *self.numbers.entry(common(series)).or_insert_with_key(|group| {
            labels.push(group.clone());
            labels.len() - 1
        });
        if self.last.len() <= place {
            self.last.resize(place + 1, None);
        }
        self.last[place] = Some((series.clone(), number));
        number
    }

    /// What the members of a group have in common.
    pub(super) fn labels(&self, number: usize) -> &Labels {
        &self.labels[number]
    }
}

/// Sorts the items of one vector into groups, these in the order of their first members.
#[derive(Debug)]
pub(super) struct Sorted<T> {
    pub(super) groups: Vec<(Labels, Vec<T>)>,
    /// Where each group is, by its number.
    places: Vec<Option<usize>>,
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self { groups: Vec::new(), places: Vec::new() }
    }
}

impl<T> Sorted<T> {
    pub(super) fn add(&mut self, number: usize, known: &Groups, item: T) {
        if self.places.len() <= number {
            self.places.resize(number + 1, None);
        }
        let groups = &mut self.groups;
        let place = *self.places[number].get_or_insert_with(|| {
            groups.push((known.labels(number).clone(), Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::labels::METRIC_NAME;
    use crate::telemetry::promql::Query;
    use crate::time::SimTime;

    #[test]
    fn what_is_remembered_of_earlier_evaluations_changes_no_answer() {
        let queries = [
            "up",
            "-up",
            "sum by (job) (rate(up[1m]))",
            "max_over_time(up[1m]) / on (job) group_left sum by (job) (up)",
            "count({__name__=~\"u.*\", job!=\"3\"}) > 2 or absent(up{job=\"7\"})",
            "histogram_quantile(0.5, sum by (le) (up))",
        ];
        let mut all = queries.map(|query| (Query::parse(query).unwrap(), Memory::default()));
        let mut tsdb = Tsdb::default();
        for turn in 0..60_i64 {
            let now = SimTime::from_secs(5 * turn);
            // A new series every few turns, of which the older ones still have samples.
            for born in 0..=turn / 7 {
                let (job, le) = ((born % 4).to_string(), born.to_string());
                let labels = [(METRIC_NAME, "up"), ("job", &*job), ("le", &*le)];
                let id = tsdb.series(Labels::new(labels));
                tsdb.append(id, now, (turn * (born + 1)) as f64);
            }
            for (query, memory) in &mut all {
                // As texts, in which one NaN is like another.
                let again = format!("{:?}", query.evaluate_again(&tsdb, now, memory));
                assert_eq!(again, format!("{:?}", query.evaluate(&tsdb, now)), "{query:?}");
            }
        }
    }

    #[test]
    fn groups_named_by_values_do_not_fill_the_memory_in_a_long_run() {
        let query = Query::parse("sum by (value) (count_values(\"value\", up))").unwrap();
        let (mut tsdb, mut memory) = (Tsdb::default(), Memory::default());
        let id = tsdb.series(Labels::new([(METRIC_NAME, "up")]));
        for turn in 0..3 * GROUPS_MAX {
            let now = SimTime::from_secs(turn as i64);
            tsdb.append(id, now, turn as f64);
            query.evaluate_again(&tsdb, now, &mut memory).unwrap();
            let groups = memory.parts().iter_mut().map(|part| part.groups.get_mut().labels.len());
            assert!(groups.sum::<usize>() <= GROUPS_MAX, "turn {turn}");
        }
    }
}
