//! Series in the notation of Prometheus's tests: `up{job="a"}`, and `0+10x3 7 _ stale`.

use super::selector::Test;
use super::{Expr, Query};
use crate::telemetry::labels::{Labels, METRIC_NAME};

/// What a series has at one of its moments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A sample.
    Value(f64),
    /// Nothing.
    Missing,
    /// The series ends (PROM-02).
    Stale,
}

/// The labels that a metric such as `up{job="a"}` names.
///
/// # Errors
///
/// If the text is no metric, with its place.
pub fn metric(text: &str) -> Result<Labels, String> {
    if text.trim() == "{}" {
        return Ok(Labels::default());
    }
    let query = Query::parse(text).map_err(|error| error.in_text(text))?;
    let wrong = || format!("{text:?} is no metric; write one such as up{{job=\"a\"}}");
    let Expr::Instant(selector) = &*query.root else { return Err(wrong()) };
    let mut labels = vec![(METRIC_NAME, selector.name.as_deref().unwrap_or_default())];
    for matcher in &selector.matchers {
        match &matcher.test {
            Test::Equal(value) => labels.push((matcher.label.as_str(), value)),
            Test::NotEqual(_) | Test::Match(_) | Test::NotMatch(_) => return Err(wrong()),
        }
    }
    Ok(Labels::new(labels))
}

/// The values of a series, one a moment: `a+bxn` is a, a+b, ... n more times, `axn` is a, `_` nothing. `left` is how
/// many there may be, and then how many more.
///
/// # Errors
///
/// If an item is no value, or there are more.
pub fn steps(text: &str, left: &mut usize) -> Result<Vec<Step>, String> {
    let mut all = Vec::new();
    for item in text.split_whitespace() {
        let wrong = || {
            format!(
                "unexpected {item:?} in series values; write such as 0+10x5, 1x3, _, _x3 or stale"
            )
        };
        let (item_head, count) = match item.rsplit_once('x').filter(|(head, _)| !head.is_empty()) {
            Some((head, count)) => (head, count.parse().map_err(|_| wrong())?),
            None => (item, 0_usize),
        };
        let values = count.saturating_add(1);
        *left = left.checked_sub(values).ok_or("the series have too many values in all")?;
        match item_head {
            "_" => all.extend(std::iter::repeat_n(Step::Missing, count.max(1))),
            "stale" if count == 0 => all.push(Step::Stale),
            head => {
                let (mut value, step) = value_and_step(head).ok_or_else(wrong)?;
                for _ in 0..=count {
                    all.push(Step::Value(value));
                    value += step;
                }
            }
        }
    }
    Ok(all)
}

/// `5`, `5+2`, `-1e3-0.5`.
fn value_and_step(text: &str) -> Option<(f64, f64)> {
    if let Ok(value) = text.parse() {
        return Some((value, 0.0));
    }
    let mut signs = text.rmatch_indices(['+', '-']).filter(|(place, _)| 0 < *place);
    signs.find_map(|(place, _)| {
        let (value, step) = text.split_at(place);
        Some((value.parse().ok()?, step.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Missing, Stale, Value};

    #[test]
    fn values_are_written_out() {
        let rows = [
            ("1 2.5 -3", vec![Value(1.0), Value(2.5), Value(-3.0)]),
            ("0+10x2", vec![Value(0.0), Value(10.0), Value(20.0)]),
            ("-2-1x1 1e3+1x0", vec![Value(-2.0), Value(-3.0), Value(1e3)]),
            ("1x2 _ _x2", vec![Value(1.0), Value(1.0), Value(1.0), Missing, Missing, Missing]),
            ("stale Inf -Inf", vec![Stale, Value(f64::INFINITY), Value(f64::NEG_INFINITY)]),
            ("", vec![]),
        ];
        for (text, expected) in rows {
            assert_eq!(steps(text, &mut 9).unwrap(), expected, "{text}");
        }
        for text in ["x", "1+x3", "ax3", "1x-3", "stalex2", "1x9999999", "1x99999999999999999999"] {
            assert!(steps(text, &mut 1_000).is_err(), "{text}");
        }
    }

    #[test]
    fn a_metric_has_labels_that_are_given() {
        assert_eq!(metric(r#"up{job="a"}"#).unwrap().to_string(), r#"{__name__="up", job="a"}"#);
        assert_eq!(metric("{}").unwrap(), Labels::default());
        for text in ["up{", "up{job!=\"a\"}", "up[5m]", "up + 1"] {
            assert!(metric(text).is_err(), "{text}");
        }
    }
}
