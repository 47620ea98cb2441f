//! Sums, means, variances and quantiles, in the order of operations that Prometheus uses, so that
//! results agree to the last digits.

use std::cmp::Ordering;

/// A sum that keeps what rounding lost (Kahan's summation, Neumaier's variant).
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn plus(self, value: f64) -> Self {
        let sum = self.sum + value;
        let lost = if sum.is_infinite() {
            0.0
        } else if value.abs() <= self.sum.abs() {
            self.lost + ((self.sum - sum) + value)
        } else {
            self.lost + ((value - sum) + self.sum)
        };
        Self { sum, lost }
    }

    fn scaled(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, lost: self.lost * factor }
    }

    fn value(self) -> f64 {
        self.sum + self.lost
    }
}

/// The sum; 0 of nothing.
pub(super) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(Sum::default(), Sum::plus).value()
}

/// The mean; NaN of nothing. When the sum would overflow, the mean is carried on instead.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut state, mut count, mut incremental) = (Sum::default(), 0.0, false);
    for value in values {
        count += 1.0;
        if !incremental {
            let next = state.plus(value);
            if count == 1.0 || !next.sum.is_infinite() {
                state = next;
                continue;
            }
            incremental = true;
            state = Sum { sum: state.sum / (count - 1.0), lost: state.lost / (count - 1.0) };
        }
        state = state.scaled((count - 1.0) / count).plus(value / count);
    }
    if incremental { state.value() } else { state.sum / count + state.lost / count }
}

/// The variance of a population (Welford's method).
pub(super) fn variance(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut mean, mut squares, mut count) = (Sum::default(), Sum::default(), 0.0);
    for value in values {
        count += 1.0;
        let delta = value - mean.value();
        mean = mean.plus(delta / count);
        squares = squares.plus(delta * (value - mean.value()));
    }
    squares.value() / count
}

/// The value that `better` prefers; NaN only if all are.
pub(super) fn best(values: impl IntoIterator<Item = f64>, better: fn(f64, f64) -> bool) -> f64 {
    let choose = |best: f64, value| if better(value, best) || best.is_nan() { value } else { best };
    values.into_iter().reduce(choose).unwrap_or(f64::NAN)
}

/// The order of sorted values: NaN comes last either way.
pub(super) fn order(one: f64, other: f64, descending: bool) -> Ordering {
    match one.partial_cmp(&other) {
        Some(order) if descending => order.reverse(),
        Some(order) => order,
        None => one.is_nan().cmp(&other.is_nan()),
    }
}

/// The `q`-quantile, linear between neighbours.
pub(super) fn quantile(q: f64, values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if 1.0 < q {
        return f64::INFINITY;
    }
    // NaN counts as the lowest value here.
    values.sort_by(|one, other| order(*other, *one, true));
    let last = values.len() - 1;
    let rank = q * last as f64;
    let lower = rank.floor();
    let weight = rank - lower;
    let lower = (lower as usize).min(last);
    let upper = (lower + 1).min(last);
    values[lower] * (1.0 - weight) + values[upper] * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_survive_between_large_ones() {
        assert_eq!(sum([1e100, 1.0, -1e100]), 1.0);
        assert_eq!(mean([1e100, 1.0, -1e100]), 1.0 / 3.0);
    }

    #[test]
    fn a_mean_does_not_overflow_where_its_sum_does() {
        assert_eq!(mean([f64::MAX, f64::MAX]), f64::MAX);
        assert_eq!(mean([f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(mean([f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }

    #[test]
    fn not_a_number_is_never_best() {
        assert_eq!(best([f64::NAN, 2.0, 1.0, f64::NAN], |a, b| a < b), 1.0);
        assert!(best([f64::NAN, f64::NAN], |a, b| a < b).is_nan());
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let rows = [(0.0, 0.0), (0.5, 1.0), (0.8, 1.6), (1.0, 2.0)];
        for (q, expected) in rows {
            assert!((quantile(q, [2.0, 0.0, 1.0]) - expected).abs() < 1e-12, "{q}");
        }
        assert_eq!(quantile(-0.1, [1.0]), f64::NEG_INFINITY);
        assert_eq!(quantile(1.1, [1.0]), f64::INFINITY);
        assert!(quantile(0.5, []).is_nan());
    }
}
