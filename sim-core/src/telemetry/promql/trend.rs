//! Where the samples of a range are heading.

use super::selector::Window;
use super::statistics::sum;
use crate::telemetry::tsdb::Point;

/// Slope a second and value at `origin` of the straight line through the points.
fn line(points: &[Point], origin: i64) -> (f64, f64) {
    let first = points.first().map_or(f64::NAN, |point| point.value);
    if points.iter().all(|point| point.value == first) {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let count = points.len() as f64;
    let x = |point: &Point| (point.millis - origin) as f64 / 1e3;
    let sum_x = sum(points.iter().map(x));
    let sum_y = sum(points.iter().map(|point| point.value));
    let sum_xy = sum(points.iter().map(|point| x(point) * point.value));
    let sum_xx = sum(points.iter().map(|point| x(point) * x(point)));
    let covariance = sum_xy - sum_x * sum_y / count;
    let variance = sum_xx - sum_x * sum_x / count;
    let slope = covariance / variance;
    (slope, sum_y / count - slope * sum_x / count)
}

/// Change a second, by least squares.
pub(super) fn deriv(window: &Window<'_>) -> Option<f64> {
    let [first, _, ..] = window.points else { return None };
    // Near the samples, so that no digits are lost.
    Some(line(window.points, first.millis).0)
}

/// The value so many seconds after the evaluation, on the same line.
pub(super) fn predict(window: &Window<'_>) -> Option<f64> {
    let ([_, _, ..], [ahead, ..]) = (window.points, window.parameters) else { return None };
    let (slope, now) = line(window.points, window.at);
    Some(slope * ahead + now)
}

/// What is wrong with the factors of [`smoothed`], in Prometheus's words.
pub(super) fn check_factors(parameters: &[f64]) -> Result<(), String> {
    for (name, sign, factor) in
        [("smoothing", "sf", parameters.first()), ("trend", "tf", parameters.get(1))]
    {
        let factor = factor.copied().unwrap_or(f64::NAN);
        // As there, NaN passes.
        if factor <= 0.0 || 1.0 <= factor {
            return Err(format!(
                "invalid {name} factor. Expected: 0 < {sign} < 1, got: {factor:.6}"
            ));
        }
    }
    Ok(())
}

/// The last value of Holt's double exponential smoothing.
pub(super) fn smoothed(window: &Window<'_>) -> Option<f64> {
    let ([first, second, ..], [smoothing, trend, ..]) = (window.points, window.parameters) else {
        return None;
    };
    let (mut level, mut slope) = (first.value, second.value - first.value);
    let mut previous: Option<f64> = None;
    for point in &window.points[1..] {
        if let Some(previous) = previous {
            slope = trend * (level - previous) + (1.0 - trend) * slope;
        }
        previous = Some(level);
        level = smoothing * point.value + (1.0 - smoothing) * (level + slope);
    }
    Some(level)
}
