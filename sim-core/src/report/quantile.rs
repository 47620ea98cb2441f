//! Quantiles of a histogram, as Prometheus estimates them.

/// The value below which the share `q` of all observations lies (PROM-05); None without
/// observations. `counts` has one entry a bound, not cumulative, and one for what lies above all.
pub(crate) fn micros(q: f64, bounds: &[u64], counts: &[u64]) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    let highest = *bounds.last()?;
    if total == 0 {
        return None;
    }
    let rank = q * total as f64;
    let (mut below, mut lower) = (0, 0);
    for (&bound, &count) in bounds.iter().zip(counts) {
        if 0 < count && rank <= (below + count) as f64 {
            let share = (rank - below as f64) / count as f64;
            return Some(lower as f64 + (bound - lower) as f64 * share);
        }
        below += count;
        lower = bound;
    }
    Some(highest as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_inside_its_bucket_in_proportion() {
        // PROM-05: linear interpolation, lower bound 0 for the first bucket.
        let table = [
            (0.5, vec![10, 0, 0], 5.0),
            (0.5, vec![0, 10, 0], 15.0),
            (0.5, vec![5, 5, 0], 10.0),
            (0.99, vec![90, 10, 0], 19.0),
        ];
        for (q, counts, expected) in table {
            assert_eq!(micros(q, &[10, 20], &counts), Some(expected), "{counts:?}");
        }
    }

    #[test]
    fn above_the_last_bound_the_last_bound_is_all_that_is_known() {
        // PROM-06.
        assert_eq!(micros(0.99, &[10, 20], &[0, 0, 7]), Some(20.0));
    }

    #[test]
    fn without_observations_there_is_no_quantile() {
        assert_eq!(micros(0.5, &[10, 20], &[0, 0, 0]), None);
    }
}
