//! Operators, and which series of two vectors belong together.

use super::super::fixture::{check, check_numbers, load};
use crate::telemetry::tsdb::Tsdb;

fn world() -> Tsdb {
    load(
        60,
        r#"
        errors{version="blue", code="500"} 24
        errors{version="blue", code="503"} 6
        errors{version="green", code="500"} 3
        requests{version="blue"} 600
        requests{version="green"} 120
        requests{version="red"} 1
        "#,
    )
}

#[test]
fn arithmetic_between_numbers() {
    let rows = [
        ("1 + 2 * 3 ^ 2 - 4 / 2", 17.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("(-2) ^ 2", 4.0),
        ("2 ^ -1", 0.5),
        ("- 3 - -3", 0.0),
        ("7 % 3", 1.0),
        ("-7 % 3", -1.0),
        ("7.5 % 0", f64::NAN),
        ("1 / 0", f64::INFINITY),
        ("-1 / 0", f64::NEG_INFINITY),
        ("0 / 0", f64::NAN),
        ("1 atan2 1", std::f64::consts::FRAC_PI_4),
        ("1 < bool 2 == bool 1", 1.0),
        ("1 > bool 2", 0.0),
        ("NaN == bool NaN", 0.0),
        ("NaN != bool NaN", 1.0),
        ("5m + 0x10", 316.0),
        ("1 - 1 - 1", -1.0),
    ];
    check_numbers(&Tsdb::default(), 0.0, &rows);
}

#[test]
fn a_comparison_filters_and_bool_makes_it_count() {
    let rows = [
        ("requests > 100", "requests{version=\"blue\"} 600\nrequests{version=\"green\"} 120"),
        ("100 >= requests", "requests{version=\"red\"} 1"),
        (
            "requests == bool 120",
            "{version=\"blue\"} 0\n{version=\"green\"} 1\n{version=\"red\"} 0",
        ),
        ("requests != 120 < 50", "requests{version=\"red\"} 1"),
        ("requests <= requests - 1", ""),
        ("1 - requests{version=\"red\"}", "{version=\"red\"} 0"),
    ];
    check(&world(), 0.0, &rows);
}

#[test]
fn series_match_one_to_one_by_their_labels() {
    let rows = [
        (
            r#"errors{code="500"} / ignoring(code) requests"#,
            "{version=\"blue\"} 0.04\n{version=\"green\"} 0.025",
        ),
        (
            r#"errors{code="500"} / on(version) requests"#,
            "{version=\"blue\"} 0.04\n{version=\"green\"} 0.025",
        ),
        (r#"errors{code="500"} / requests"#, ""),
        (
            "requests + requests",
            "{version=\"blue\"} 1200\n{version=\"green\"} 240\n{version=\"red\"} 2",
        ),
        (
            r#"errors{code="500"} < on(version) requests"#,
            "{version=\"blue\"} 24\n{version=\"green\"} 3",
        ),
        (r#"errors{code="503"} < ignoring(code) requests"#, "errors{version=\"blue\"} 6"),
        (r#"errors{code="503"} > bool ignoring(code) requests"#, "{version=\"blue\"} 0"),
        ("nothing / requests", ""),
    ];
    check(&world(), 0.0, &rows);
}

#[test]
fn many_series_match_one_only_when_told() {
    let rows = [
        (
            "errors / ignoring(code) group_left requests",
            "{code=\"500\", version=\"blue\"} 0.04\n{code=\"503\", version=\"blue\"} 0.01\n{code=\"500\", version=\"green\"} 0.025",
        ),
        (
            "requests{version=\"blue\"} / on(version) group_right errors",
            "{code=\"500\", version=\"blue\"} 25\n{code=\"503\", version=\"blue\"} 100",
        ),
        (
            "requests{version=\"green\"} * on(version) group_left(code) errors{version=\"green\"}",
            "{code=\"500\", version=\"green\"} 360",
        ),
        (
            "errors / ignoring(code) requests",
            "error: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        ),
        (
            "requests / ignoring(code) errors",
            "error: found duplicate series for the match group {version=\"blue\"} on the right hand-side of the operation: [{__name__=\"errors\", code=\"503\", version=\"blue\"}, {__name__=\"errors\", code=\"500\", version=\"blue\"}];many-to-many matching not allowed: matching labels must be unique on one side",
        ),
        (
            "errors / on(version) group_left(code) requests",
            "error: multiple matches for labels: grouping labels must ensure unique matches",
        ),
    ];
    check(&world(), 0.0, &rows);
}

#[test]
fn set_operators_choose_series() {
    let rows = [
        ("requests and on(version) errors{code=\"503\"}", "requests{version=\"blue\"} 600"),
        ("requests unless on(version) errors", "requests{version=\"red\"} 1"),
        (
            "requests{version=\"red\"} or errors{code=\"503\"}",
            "requests{version=\"red\"} 1\nerrors{code=\"503\", version=\"blue\"} 6",
        ),
        ("requests and errors", ""),
        ("vector(0) and on() requests", "{} 0"),
        ("nothing or vector(0)", "{} 0"),
        (
            "errors{code=\"503\"} or on(version) errors{version=\"blue\"}",
            "errors{code=\"503\", version=\"blue\"} 6",
        ),
        ("sum(nothing) or vector(3) unless vector(1)", ""),
    ];
    check(&world(), 0.0, &rows);
}
