//! How much a series changed within a range (PROM-03, PROM-04).

use super::selector::Window;
use crate::telemetry::tsdb::Point;

/// Gaps up to this multiple of the mean distance of samples are bridged to the edge of the range.
const BRIDGED: f64 = 1.1;

/// Per second, resets accounted for.
pub(super) fn rate(window: &Window<'_>) -> Option<f64> {
    extrapolated(window, true, true)
}

/// Over the range, resets accounted for.
pub(super) fn increase(window: &Window<'_>) -> Option<f64> {
    extrapolated(window, true, false)
}

/// Over the range, of a gauge.
pub(super) fn delta(window: &Window<'_>) -> Option<f64> {
    extrapolated(window, false, false)
}

fn secs(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

fn extrapolated(window: &Window<'_>, is_counter: bool, per_second: bool) -> Option<f64> {
    let [first, .., last] = window.points else { return None };
    let mut change = last.value - first.value;
    if is_counter {
        // After a reset the counter began again at zero: what it had counted is not lost.
        for [previous, next] in window.points.array_windows() {
            if next.value < previous.value {
                change += previous.value;
            }
        }
    }
    let sampled = secs(last.millis - first.millis);
    let mean_gap = sampled / (window.points.len() - 1) as f64;
    let mut before = secs(first.millis - window.start);
    if mean_gap * BRIDGED <= before {
        before = mean_gap / 2.0;
    }
    if is_counter && 0.0 < change && 0.0 <= first.value {
        // No further back than where the counter would have been zero.
        before = before.min(sampled * (first.value / change));
    }
    let mut after = secs(window.end - last.millis);
    if mean_gap * BRIDGED <= after {
        after = mean_gap / 2.0;
    }
    let mut factor = (sampled + before + after) / sampled;
    if per_second {
        factor /= secs(window.end - window.start);
    }
    Some(change * factor)
}

/// The last two samples.
fn latest<'a>(window: &Window<'a>) -> Option<(&'a Point, &'a Point)> {
    let [.., previous, last] = window.points else { return None };
    Some((previous, last))
}

/// Per second, between the last two samples.
pub(super) fn irate(window: &Window<'_>) -> Option<f64> {
    let (previous, last) = latest(window)?;
    let was_reset = last.value < previous.value;
    let change = if was_reset { last.value } else { last.value - previous.value };
    Some(change / secs(last.millis - previous.millis))
}

/// Between the last two samples, of a gauge.
pub(super) fn idelta(window: &Window<'_>) -> Option<f64> {
    let (previous, last) = latest(window)?;
    Some(last.value - previous.value)
}

fn count_pairs(window: &Window<'_>, counts: fn(f64, f64) -> bool) -> Option<f64> {
    let pairs = window.points.array_windows();
    let counted = pairs.filter(|[previous, next]| counts(previous.value, next.value));
    Some(counted.count() as f64)
}

/// How often a counter fell.
pub(super) fn resets(window: &Window<'_>) -> Option<f64> {
    count_pairs(window, |previous, next| next < previous)
}

/// How often a value changed.
pub(super) fn changes(window: &Window<'_>) -> Option<f64> {
    count_pairs(window, |previous, next| previous != next && !(previous.is_nan() && next.is_nan()))
}
