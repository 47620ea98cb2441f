//! What an evaluation remembers from step to step: which series a selector means, their labels without the
//! name, and which group each belongs to. Between two steps of a range they rarely change, so that a step
//! costs little more than the arithmetic on its samples.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use super::evaluator::are_distinct;
use crate::telemetry::labels::Labels;
use crate::telemetry::tsdb::{SeriesId, Tsdb};

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
