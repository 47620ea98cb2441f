//! Functions that summarise the samples of a range.

use super::selector::Window;
use super::statistics;
use crate::telemetry::tsdb::Point;

fn values(window: &Window<'_>) -> impl Iterator<Item = f64> {
    window.points.iter().map(|point| point.value)
}

pub(super) fn avg(window: &Window<'_>) -> Option<f64> {
    Some(statistics::mean(values(window)))
}

pub(super) fn min(window: &Window<'_>) -> Option<f64> {
    Some(statistics::best(values(window), |value, best| value < best))
}

pub(super) fn max(window: &Window<'_>) -> Option<f64> {
    Some(statistics::best(values(window), |value, best| best < value))
}

pub(super) fn sum(window: &Window<'_>) -> Option<f64> {
    Some(statistics::sum(values(window)))
}

pub(super) fn count(window: &Window<'_>) -> Option<f64> {
    Some(window.points.len() as f64)
}

pub(super) fn first(window: &Window<'_>) -> Option<f64> {
    values(window).next()
}

pub(super) fn last(window: &Window<'_>) -> Option<f64> {
    window.points.last().map(|point| point.value)
}

pub(super) fn present(_: &Window<'_>) -> Option<f64> {
    Some(1.0)
}

pub(super) fn stdvar(window: &Window<'_>) -> Option<f64> {
    Some(statistics::variance(values(window)))
}

pub(super) fn stddev(window: &Window<'_>) -> Option<f64> {
    stdvar(window).map(libm::sqrt)
}

pub(super) fn quantile(window: &Window<'_>) -> Option<f64> {
    let q = window.parameters.first().copied().unwrap_or(f64::NAN);
    Some(statistics::quantile(q, values(window)))
}

/// The median distance from the median.
pub(super) fn mad(window: &Window<'_>) -> Option<f64> {
    let median = statistics::quantile(0.5, values(window));
    Some(statistics::quantile(0.5, values(window).map(|value| (value - median).abs())))
}

fn secs(point: &Point) -> f64 {
    point.millis as f64 / 1e3
}

pub(super) fn ts_of_first(window: &Window<'_>) -> Option<f64> {
    window.points.first().map(secs)
}

pub(super) fn ts_of_last(window: &Window<'_>) -> Option<f64> {
    window.points.last().map(secs)
}

/// When the best value was there for the last time.
fn ts_of(window: &Window<'_>, is_as_good: fn(f64, f64) -> bool) -> Option<f64> {
    let mut best = window.points.first()?;
    for point in window.points {
        if is_as_good(point.value, best.value) || best.value.is_nan() {
            best = point;
        }
    }
    Some(secs(best))
}

pub(super) fn ts_of_min(window: &Window<'_>) -> Option<f64> {
    ts_of(window, |value, best| value <= best)
}

pub(super) fn ts_of_max(window: &Window<'_>) -> Option<f64> {
    ts_of(window, |value, best| best <= value)
}
