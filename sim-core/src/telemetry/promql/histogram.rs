//! Quantiles of classic histograms: counters of observations up to a bound, by the label `le`
//! (PROM-05, PROM-06).

use super::evaluator::Vector;
use super::remembered::{Groups, Sorted};
use crate::telemetry::labels::{Labels, METRIC_NAME};

/// The label with a bucket's upper bound.
const BOUND: &str = "le";

/// Counts that differ relatively by less than this are equal: rounding in rates of buckets.
const TOLERANCE: f64 = 1e-12;

/// Observations up to a bound.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    bound: f64,
    count: f64,
}

/// The `q`-quantile of every histogram in a vector of buckets. Series without a bound are left out.
pub(super) fn quantiles(q: f64, buckets: &Vector, known: &mut Groups) -> Vector {
    let each = |(labels, buckets)| (labels, quantile(q, buckets));
    histograms(buckets, known).into_iter().map(each).collect()
}

/// The share of observations between two values, for every histogram likewise.
pub(super) fn fractions(
    (lower, upper): (f64, f64),
    buckets: &Vector,
    known: &mut Groups,
) -> Vector {
    let each = |(labels, buckets)| (labels, fraction(lower, upper, buckets));
    histograms(buckets, known).into_iter().map(each).collect()
}

fn histograms(buckets: &Vector, known: &mut Groups) -> Vec<(Labels, Vec<Bucket>)> {
    let mut sorted = Sorted::default();
    for (place, (labels, count)) in buckets.iter().enumerate() {
        let Ok(bound) = labels.get(BOUND).parse() else { continue };
        let common = |labels: &Labels| labels.filtered(|name| name != BOUND && name != METRIC_NAME);
        let number = known.number(place, labels, common);
        sorted.add(number, known, Bucket { bound, count: *count });
    }
    sorted.groups
}

/// The buckets in the order of their bounds; none if the last is finite.
fn whole(mut buckets: Vec<Bucket>) -> Option<Vec<Bucket>> {
    buckets.sort_by(|one, other| one.bound.total_cmp(&other.bound));
    buckets.last().filter(|bucket| bucket.bound == f64::INFINITY)?;
    Some(merged(buckets))
}

fn fraction(lower: f64, upper: f64, buckets: Vec<Bucket>) -> f64 {
    let Some(buckets) = whole(buckets) else { return f64::NAN };
    let count = buckets[buckets.len() - 1].count;
    if count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if upper <= lower {
        return 0.0;
    }
    (rank_of(upper, &buckets) - rank_of(lower, &buckets)) / count
}

/// How many observations lie below a value, if those of a bucket are spread evenly.
fn rank_of(value: f64, buckets: &[Bucket]) -> f64 {
    let count = buckets[buckets.len() - 1].count;
    let mut below = 0.0_f64;
    let mut lower = if buckets[0].bound <= 0.0 { f64::NEG_INFINITY } else { 0.0 };
    for bucket in buckets {
        if value <= lower {
            return below.min(count);
        }
        if value < bucket.bound {
            let share = (value - lower) / (bucket.bound - lower);
            return (below + (bucket.count - below) * share).min(count);
        }
        (below, lower) = (bucket.count, bucket.bound);
    }
    count
}

fn quantile(q: f64, buckets: Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if 1.0 < q {
        return f64::INFINITY;
    }
    let Some(buckets) = whole(buckets) else { return f64::NAN };
    let buckets = monotonic(buckets);
    let last = buckets.len() - 1;
    let observations = buckets[last].count;
    if last == 0 || observations == 0.0 || observations.is_nan() {
        return f64::NAN;
    }
    let rank = q * observations;
    let index = buckets[..last].partition_point(|bucket| bucket.count < rank);
    if index == last {
        // Above the last finite bound nothing is known (PROM-06).
        return buckets[last - 1].bound;
    }
    let Bucket { bound, count } = buckets[index];
    match index.checked_sub(1).map(|below| buckets[below]) {
        None if bound <= 0.0 => bound,
        None => bound * (rank / count),
        Some(below) => {
            let share = (rank - below.count) / (count - below.count);
            below.bound + (bound - below.bound) * share
        }
    }
}

/// Buckets with one bound become one.
fn merged(buckets: Vec<Bucket>) -> Vec<Bucket> {
    let mut merged: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match merged.last_mut() {
            Some(last) if last.bound == bucket.bound => last.count += bucket.count,
            _ => merged.push(bucket),
        }
    }
    merged
}

/// Counts never fall with the bound: a scrape between two updates, or rounding, can make them seem to.
fn monotonic(mut buckets: Vec<Bucket>) -> Vec<Bucket> {
    let mut highest = f64::NAN;
    for bucket in &mut buckets {
        let difference = (bucket.count - highest).abs() / (bucket.count.abs() + highest.abs());
        if bucket.count < highest || difference < TOLERANCE {
            bucket.count = highest;
        } else {
            highest = bucket.count;
        }
    }
    buckets
}
