//! Dots that stand for requests on their way.

/// Pixels a dot travels in a second.
pub const PIXELS_PER_SECOND: f64 = 72.0;
/// Most dots a second on the busiest line: more are a blur.
const BUSIEST: f64 = 6.0;
/// Fewest dots a second on a line that carries anything at all.
const FEWEST: f64 = 0.25;

/// How many requests one dot stands for when this many pass in a second of the reader's time.
pub fn one_in(per_second: f64) -> u32 {
    let steps = (0..9).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u32.pow(power)));
    let mut steps = steps.filter(|step| per_second / f64::from(*step) <= BUSIEST);
    steps.next().unwrap_or(1_000_000_000)
}

/// Pixels between two dots on a line; None if nothing passes. Rates are rounded, so that dots do
/// not jump whenever a rate changes a little.
pub fn gap(per_second: f64, one_in: u32) -> Option<f64> {
    if per_second <= 0.0 {
        return None;
    }
    let dots = (per_second / f64::from(one_in)).max(FEWEST);
    let dots = if dots < 1.0 { (dots / FEWEST).round() * FEWEST } else { dots.round() };
    Some((PIXELS_PER_SECOND / dots).round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_stands_for_as_few_requests_as_can_be_told_apart() {
        for (rate, one) in [(0.0, 1), (6.0, 1), (7.0, 2), (120.0, 20), (1200.0, 200)] {
            assert_eq!(one_in(rate), one, "{rate}");
        }
    }

    #[test]
    fn small_changes_of_a_rate_do_not_move_the_dots() {
        assert_eq!(gap(108.0, 20), gap(109.5, 20));
        assert_eq!(gap(0.0, 20), None);
        assert_eq!(gap(0.01, 20), Some(288.0), "a trickle is still seen");
        assert!(gap(12.0, 20) > gap(108.0, 20));
    }
}
