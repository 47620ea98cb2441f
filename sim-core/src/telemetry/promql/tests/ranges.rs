//! Range evaluation, conditions and answers as values.

use super::super::fixture::{labels, load, secs};
use super::super::{Kind, Query, QueryError, Value};
use crate::telemetry::tsdb::{Point, Tsdb};
use crate::time::SimDuration;

/// Labels, and points in time with their values.
type Line = (String, Vec<(i64, f64)>);

fn over(tsdb: &Tsdb, query: &str, to: f64, step: u64) -> Result<Vec<Line>, QueryError> {
    let query = Query::parse(query)?;
    let matrix = query.evaluate_range(tsdb, secs(0.0), secs(to), SimDuration::from_secs(step))?;
    let pair = |point: &Point| (point.millis / 1_000, point.value);
    Ok(matrix
        .iter()
        .map(|(labels, points)| (labels.to_string(), points.iter().map(pair).collect()))
        .collect())
}

#[test]
fn a_range_joins_the_answers_at_its_steps() {
    let tsdb = load(60, "x{a=\"2\"} 1 2 stale 4\nx{a=\"1\"} _ 5 6");
    let expected = vec![
        (r#"{a="1"}"#.to_owned(), vec![(60, 10.0), (120, 12.0), (180, 12.0)]),
        (r#"{a="2"}"#.to_owned(), vec![(0, 2.0), (60, 4.0), (180, 8.0)]),
    ];
    assert_eq!(over(&tsdb, "x * 2", 180.0, 60), Ok(expected));
    let time = vec![("{}".to_owned(), vec![(0, 0.0), (60, 60.0)])];
    assert_eq!(over(&tsdb, "time()", 119.0, 60), Ok(time));
    let ends = vec![("{}".to_owned(), vec![(0, 7.0), (60, 7.0)])];
    assert_eq!(
        over(&tsdb, r#"sum(x{a="1"} @ end()) + scalar(x{a="2"} @ start())"#, 60.0, 60)
            .map(|m| m.len()),
        Ok(1)
    );
    assert_eq!(
        over(&tsdb, r#"sum(x{a="1"} @ 120) + scalar(x{a="2"} @ start())"#, 60.0, 60),
        Ok(ends)
    );
}

#[test]
fn a_range_refuses_what_has_no_line() {
    let tsdb = Tsdb::default();
    let message = |query, to, step| over(&tsdb, query, to, step).unwrap_err().message;
    assert!(message("x[5m]", 60.0, 60).contains("range vector"));
    assert!(message("'text'", 60.0, 60).contains("string"));
    assert!(message("x", 60.0, 0).contains("zero or negative query resolution step"));
    assert!(message("x", 11_002.0, 1).contains("11,000 points"));
    assert!(over(&tsdb, "x", 11_000.0, 1).is_ok());
}

#[test]
fn a_condition_holds_if_something_is_left_or_the_number_is_not_zero() {
    let tsdb = load(60, "x 0");
    let rows = [
        ("x", true),
        ("x > 0", false),
        ("x > bool 0", true),
        ("nothing", false),
        ("absent(nothing)", true),
        ("1", true),
        ("0", false),
        ("-1", true),
        ("0 / 0", false),
        ("1 > bool 2", false),
        ("'text'", false),
        ("x[5m]", false),
    ];
    for (query, expected) in rows {
        let value = Query::parse(query).unwrap().evaluate(&tsdb, secs(0.0)).unwrap();
        assert_eq!(value.holds(), expected, "{query}");
    }
}

#[test]
fn a_query_knows_what_it_gives() {
    for (query, kind) in [
        ("1 + 1", Kind::Scalar),
        ("x + 1", Kind::Vector),
        ("-scalar(x)", Kind::Scalar),
        ("x[5m]", Kind::Matrix),
        ("x[5m:1m]", Kind::Matrix),
        ("'text'", Kind::String),
    ] {
        assert_eq!(Query::parse(query).map(|query| query.kind()), Ok(kind), "{query}");
    }
    let text = Query::parse("'text'").unwrap().evaluate(&Tsdb::default(), secs(0.0));
    assert_eq!(text, Ok(Value::String("text".to_owned())));
}

#[test]
fn one_query_serves_many_stores() {
    let query = Query::parse("x").unwrap();
    for value in [1.0, 2.0] {
        let mut tsdb = Tsdb::default();
        let id = tsdb.series(labels("x"));
        tsdb.append(id, secs(0.0), value);
        assert_eq!(query.evaluate(&tsdb, secs(1.0)), Ok(Value::Vector(vec![(labels("x"), value)])));
    }
}
