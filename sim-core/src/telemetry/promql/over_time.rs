//! Functions that summarise the samples of a range.

use super::selector::Window;
use super::statistics;

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
    Some(statistics::quantile(window.parameter, values(window)))
}
