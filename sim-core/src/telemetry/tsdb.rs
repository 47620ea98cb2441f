//! The store of series: what was scraped, and when.
//!
//! A sample takes 16 bytes, so a series that is scraped every 5 s takes 276 kB a day; a limit on
//! retention keeps long runs flat. A clone shares every series until one side appends to it, and
//! then still shares all its full chunks.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::chunked::Chunked;
use crate::digest::Digest;
use crate::telemetry::labels::{Labels, METRIC_NAME};
use crate::time::{SimDuration, SimTime};

/// Which series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesId(u32);

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Milliseconds since the scenario began: what Prometheus keeps of a time.
    pub millis: i64,
    /// The value.
    pub value: f64,
}

impl Point {
    /// When.
    pub fn at(self) -> SimTime {
        SimTime::from_micros(self.millis.saturating_mul(1_000))
    }
}

/// A time as Prometheus keeps it: whole milliseconds, the rest cut off.
pub fn millis(at: SimTime) -> i64 {
    at.as_micros().div_euclid(1_000)
}

/// The bits that mean "the series ended here" (PROM-02): Prometheus's own choice of NaN. Values are
/// kept as bits, because a signalling NaN need not survive a move as a number.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// A stored value or stale marker.
#[derive(Clone, Copy, Debug)]
struct Sample {
    millis: i64,
    bits: u64,
}

impl Sample {
    fn point(self) -> Option<Point> {
        let Self { millis, bits } = self;
        (bits != STALE).then(|| Point { millis, value: f64::from_bits(bits) })
    }
}

#[derive(Clone, Debug)]
struct Series {
    labels: Labels,
    samples: Chunked<Sample>,
}

#[derive(Clone, Debug, Default)]
struct Index {
    /// By the fingerprint first: label sets are long, and most of them begin alike.
    ids: BTreeMap<(u64, Labels), SeriesId>,
    by_name: BTreeMap<Arc<str>, Vec<SeriesId>>,
    /// Every text once, however many series bear it, by its fingerprint.
    texts: BTreeMap<u64, Arc<str>>,
}

impl Index {
    /// The same text as other series have it; a text of its own if another has its fingerprint.
    fn share(&mut self, text: &Arc<str>) -> Arc<str> {
        let mut digest = Digest::default();
        digest.fold_text(text);
        let known = self.texts.entry(digest.value()).or_insert_with(|| Arc::clone(text));
        Arc::clone(if known == text { known } else { text })
    }
}

/// All series of a run.
#[derive(Clone, Debug, Default)]
pub struct Tsdb {
    series: Vec<Arc<Series>>,
    index: Arc<Index>,
    retention: Option<SimDuration>,
}

impl Tsdb {
    /// A store that forgets samples older than `retention`, a full chunk of 128 at a time; it must be
    /// longer than the longest range of any query.
    pub fn with_retention(retention: SimDuration) -> Self {
        Self { retention: Some(retention), ..Self::default() }
    }

    /// The series with these labels, made if there is none.
    pub fn series(&mut self, labels: Labels) -> SeriesId {
        let key = (labels.fingerprint(), labels);
        if let Some(&id) = self.index.ids.get(&key) {
            return id;
        }
        let index = Arc::make_mut(&mut self.index);
        let (fingerprint, labels) = key;
        let labels = labels.with_texts(|text| index.share(text));
        let id = SeriesId(u32::try_from(self.series.len()).expect("fewer than 2^32 series"));
        let name = labels.get(METRIC_NAME).into();
        index.by_name.entry(name).or_default().push(id);
        index.ids.insert((fingerprint, labels.clone()), id);
        self.series.push(Arc::new(Series { labels, samples: Chunked::default() }));
        id
    }

    /// Stores a value. Says whether it did: as in Prometheus, a series takes only samples that are
    /// newer than all it has.
    pub fn append(&mut self, id: SeriesId, at: SimTime, value: f64) -> bool {
        // All NaN are stored alike: their payload differs between machines.
        let value = if value.is_nan() { f64::NAN } else { value };
        self.push(id, Sample { millis: millis(at), bits: value.to_bits() })
    }

    /// Ends the series: from this time until its next sample it has no value (PROM-02). For a series
    /// that a scrape no longer brought, or a target that is gone.
    pub fn mark_stale(&mut self, id: SeriesId, at: SimTime) -> bool {
        self.push(id, Sample { millis: millis(at), bits: STALE })
    }

    fn push(&mut self, id: SeriesId, sample: Sample) -> bool {
        let Some(series) = self.series.get_mut(id.0 as usize) else { return false };
        if series.samples.last().is_some_and(|last| sample.millis <= last.millis) {
            return false;
        }
        let series = Arc::make_mut(series);
        series.samples.push(sample);
        if let Some(retention) = self.retention.filter(|_| series.samples.is_sealed()) {
            let kept = i64::try_from(retention.as_micros() / 1_000).unwrap_or(i64::MAX);
            let oldest = sample.millis.saturating_sub(kept);
            series.samples.discard_front(|sample| sample.millis < oldest);
        }
        true
    }

    /// Number of series.
    pub fn series_count(&self) -> usize {
        self.series.len()
    }

    /// Number of stored samples, stale markers included.
    pub fn sample_count(&self) -> usize {
        self.series.iter().map(|series| series.samples.len()).sum()
    }

    /// All series, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = SeriesId> + use<> {
        (0..self.series.len() as u32).map(SeriesId)
    }

    /// The series of one metric, oldest first.
    pub fn named(&self, name: &str) -> &[SeriesId] {
        self.index.by_name.get(name).map_or(&[], |ids| ids)
    }

    /// Names of all metrics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.index.by_name.keys().map(|name| &**name)
    }

    /// Labels of a series.
    pub fn labels(&self, id: SeriesId) -> &Labels {
        &self.series[id.0 as usize].labels
    }

    /// The newest value in (`after`, `until`], both in milliseconds; none if the series ended later
    /// than its newest value.
    pub fn newest(&self, id: SeriesId, after: i64, until: i64) -> Option<Point> {
        let samples = &self.series[id.0 as usize].samples;
        let end = samples.partition_point(|sample| sample.millis <= until);
        let newest = samples.get(end.checked_sub(1)?)?;
        if newest.millis <= after { None } else { newest.point() }
    }

    /// Puts the values in (`after`, `until`], both in milliseconds, into `points`, oldest first.
    pub fn window(&self, id: SeriesId, after: i64, until: i64, points: &mut Vec<Point>) {
        let samples = &self.series[id.0 as usize].samples;
        let from = samples.partition_point(|sample| sample.millis <= after);
        let to = samples.partition_point(|sample| sample.millis <= until);
        points.clear();
        for slice in samples.slices(from..to) {
            points.extend(slice.iter().filter_map(|sample| sample.point()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> SimTime {
        SimTime::from_secs(secs)
    }

    fn up(job: &str) -> Labels {
        Labels::new([(METRIC_NAME, "up"), ("job", job)])
    }

    fn window(tsdb: &Tsdb, id: SeriesId, after: i64, until: i64) -> Vec<f64> {
        let mut points = Vec::new();
        tsdb.window(id, after, until, &mut points);
        points.iter().map(|point| point.value).collect()
    }

    #[test]
    fn equal_labels_are_one_series() {
        let mut tsdb = Tsdb::default();
        let (a, b) = (tsdb.series(up("a")), tsdb.series(up("b")));
        assert_ne!(a, b);
        assert_eq!(tsdb.series(up("a")), a);
        assert_eq!(tsdb.named("up"), [a, b]);
        assert!(tsdb.named("down").is_empty());
    }

    #[test]
    fn a_range_is_open_on_the_left_and_closed_on_the_right() {
        // PROM-02.
        let mut tsdb = Tsdb::default();
        let id = tsdb.series(up("a"));
        for secs in 0..=1_000 {
            assert!(tsdb.append(id, at(secs), secs as f64));
        }
        assert_eq!(window(&tsdb, id, 10_000, 13_000), [11.0, 12.0, 13.0]);
        assert_eq!(window(&tsdb, id, 126_500, 128_500), [127.0, 128.0]);
        assert_eq!(tsdb.newest(id, 9_999, 10_000).map(|point| point.value), Some(10.0));
        assert_eq!(tsdb.newest(id, 10_000, 10_000), None);
    }

    #[test]
    fn an_ended_series_has_no_newest_value_until_it_returns() {
        // PROM-02.
        let mut tsdb = Tsdb::default();
        let id = tsdb.series(up("a"));
        tsdb.append(id, at(1), 1.0);
        tsdb.mark_stale(id, at(2));
        tsdb.append(id, at(4), f64::NAN);
        assert_eq!(tsdb.newest(id, -1, 1_999).map(|point| point.value), Some(1.0));
        assert_eq!(tsdb.newest(id, -1, 3_999), None);
        assert!(tsdb.newest(id, -1, 4_000).is_some_and(|point| point.value.is_nan()));
        assert_eq!(window(&tsdb, id, 0, 3_000), [1.0]);
    }

    #[test]
    fn samples_that_are_not_newer_are_refused() {
        let mut tsdb = Tsdb::default();
        let id = tsdb.series(up("a"));
        assert!(tsdb.append(id, SimTime::from_micros(5_999), 1.0));
        assert!(!tsdb.append(id, SimTime::from_micros(5_001), 2.0), "the same millisecond");
        assert!(!tsdb.append(id, at(-1), 2.0));
        assert_eq!(tsdb.sample_count(), 1);
    }

    #[test]
    fn retention_keeps_a_long_run_flat_and_never_cuts_what_is_within_it() {
        let mut tsdb = Tsdb::with_retention(SimDuration::from_secs(3_600));
        let id = tsdb.series(up("a"));
        for step in 0..17_280 {
            tsdb.append(id, at(5 * step), step as f64);
            assert!(tsdb.sample_count() <= 720 + 2 * 128 + 1);
        }
        let end = 5 * 17_279 * 1_000;
        assert_eq!(window(&tsdb, id, end - 3_600_000, end).len(), 720);
    }

    #[test]
    fn a_clone_is_not_changed_by_later_samples() {
        let mut tsdb = Tsdb::default();
        let id = tsdb.series(up("a"));
        tsdb.append(id, at(1), 1.0);
        let snapshot = tsdb.clone();
        tsdb.append(id, at(2), 2.0);
        tsdb.series(up("b"));
        assert_eq!((snapshot.sample_count(), snapshot.series_count()), (1, 1));
        assert_eq!((tsdb.sample_count(), tsdb.series_count()), (2, 2));
    }
}
