//! Series and answers as short texts, for tests.

use super::{Query, Step, Value, steps};
use crate::telemetry::labels::{Labels, METRIC_NAME};
use crate::telemetry::tsdb::Tsdb;
use crate::time::SimTime;

pub(super) fn labels(text: &str) -> Labels {
    super::metric(text).unwrap()
}

pub(super) fn secs(secs: f64) -> SimTime {
    SimTime::from_micros((secs * 1e6) as i64)
}

/// A store of one series with samples at these seconds.
pub(super) fn samples(text: &str, samples: &[(f64, f64)]) -> Tsdb {
    let mut tsdb = Tsdb::default();
    let id = tsdb.series(labels(text));
    for (at, value) in samples {
        assert!(tsdb.append(id, secs(*at), *value));
    }
    tsdb
}

/// A store of series with samples every `step` seconds from 0, in the notation of Prometheus's own
/// tests: `up{job="a"} 0+10x3 7 _ stale` is 0 10 20 30 7, no sample, and the end of the series.
pub(super) fn load(step: i64, text: &str) -> Tsdb {
    let mut tsdb = Tsdb::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let end = line.find('}').map_or_else(|| line.find(' ').unwrap(), |brace| brace + 1);
        let id = tsdb.series(labels(&line[..end]));
        for (index, each) in (0..).zip(steps(&line[end..], &mut 100_000).unwrap()) {
            let time = SimTime::from_secs(step * index);
            match each {
                Step::Value(value) => assert!(tsdb.append(id, time, value)),
                Step::Stale => assert!(tsdb.mark_stale(id, time)),
                Step::Missing => (),
            }
        }
    }
    tsdb
}

/// The answer at a second, one line a series; an error after `error: `.
pub(super) fn answer(tsdb: &Tsdb, at: f64, query: &str) -> String {
    match Query::parse(query).and_then(|query| query.evaluate(tsdb, secs(at))) {
        Err(error) => format!("error: {}", error.message),
        Ok(Value::Scalar(value)) => value.to_string(),
        Ok(Value::String(text)) => format!("{text:?}"),
        Ok(Value::Vector(vector)) => {
            let line = |(labels, value): &(Labels, f64)| format!("{} {value}", name(labels));
            vector.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Ok(Value::Matrix(matrix)) => {
            let line = |(labels, points): &(Labels, Vec<_>)| {
                let points: Vec<String> = points
                    .iter()
                    .map(|point: &crate::telemetry::tsdb::Point| {
                        format!("{}@{}", point.value, point.millis as f64 / 1e3)
                    })
                    .collect();
                format!("{} {}", name(labels), points.join(" "))
            };
            matrix.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    }
}

/// `up{job="a"}`.
fn name(labels: &Labels) -> String {
    let rest = labels.without_name();
    let rest = if rest.is_empty() { String::new() } else { rest.to_string() };
    let name = format!("{}{rest}", labels.get(METRIC_NAME));
    if name.is_empty() { "{}".to_owned() } else { name }
}

/// The only value of an answer.
#[track_caller]
pub(super) fn number(tsdb: &Tsdb, at: f64, query: &str) -> f64 {
    match Query::parse(query).and_then(|query| query.evaluate(tsdb, secs(at))).unwrap() {
        Value::Scalar(value) => value,
        Value::Vector(vector) if vector.len() == 1 => vector[0].1,
        other => panic!("{query} gives {other:?}"),
    }
}

/// Asserts that answers agree: one row a query and its expected lines.
#[track_caller]
pub(super) fn check(tsdb: &Tsdb, at: f64, rows: &[(&str, &str)]) {
    for (query, expected) in rows {
        assert_eq!(answer(tsdb, at, query), *expected, "{query}");
    }
}

/// Asserts that numbers agree to 1e-9, relatively: the bound at which real Prometheus judges.
#[track_caller]
pub(super) fn check_numbers(tsdb: &Tsdb, at: f64, rows: &[(&str, f64)]) {
    for (query, expected) in rows {
        let found = number(tsdb, at, query);
        let is_same = found == *expected
            || (found.is_nan() && expected.is_nan())
            || (found - expected).abs() <= 1e-9 * expected.abs();
        assert!(is_same, "{query} gives {found}, not {expected}");
    }
}
