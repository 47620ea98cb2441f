//! Aggregation over series.

use super::super::fixture::{check, check_numbers, load};
use crate::telemetry::tsdb::Tsdb;

fn requests() -> Tsdb {
    load(
        60,
        r#"
        r{version="blue", code="200"} 10
        r{version="blue", code="503"} 2
        r{version="green", code="200"} 4
        r{version="green", code="503"} 4
        "#,
    )
}

#[test]
fn every_aggregator_over_all_series() {
    let rows = [
        ("sum(r)", 20.0),
        ("avg(r)", 5.0),
        ("min(r)", 2.0),
        ("max(r)", 10.0),
        ("count(r)", 4.0),
        ("group(r)", 1.0),
        ("stdvar(r)", 9.0),
        ("stddev(r)", 3.0),
        ("quantile(0.5, r)", 4.0),
        ("quantile(NaN, r)", f64::NAN),
        ("SUM(r)", 20.0),
    ];
    check_numbers(&requests(), 0.0, &rows);
}

#[test]
fn by_keeps_the_listed_labels_and_without_the_others() {
    let by_version = "{version=\"blue\"} 12\n{version=\"green\"} 8";
    let rows = [
        ("sum by (version) (r)", by_version),
        ("sum(r) by (version)", by_version),
        ("sum without (code) (r)", by_version),
        ("sum by (version, zone) (r)", by_version),
        ("sum by (__name__) (r)", "r 20"),
        ("sum by () (r)", "{} 20"),
        (
            "sum without () (r{code=\"200\"})",
            "{code=\"200\", version=\"blue\"} 10\n{code=\"200\", version=\"green\"} 4",
        ),
        ("sum(nothing)", ""),
        ("count(nothing)", ""),
    ];
    check(&requests(), 0.0, &rows);
}

#[test]
fn topk_and_bottomk_keep_whole_series_in_order() {
    let rows = [
        (
            "topk(2, r)",
            "r{code=\"200\", version=\"blue\"} 10\nr{code=\"200\", version=\"green\"} 4",
        ),
        ("bottomk(1, r)", r#"r{code="503", version="blue"} 2"#),
        (
            "topk by (code) (1, r)",
            "r{code=\"200\", version=\"blue\"} 10\nr{code=\"503\", version=\"green\"} 4",
        ),
        ("topk(0, r)", ""),
        ("topk(-1, r)", ""),
        ("count(topk(9, r))", "{} 4"),
        ("topk(NaN, r)", "error: Scalar value NaN overflows int64"),
        ("limit_ratio(NaN, r)", "error: Ratio value is NaN"),
    ];
    check(&requests(), 0.0, &rows);
    let tsdb = load(60, "x{a=\"1\"} NaN\nx{a=\"2\"} 1");
    check(&tsdb, 0.0, &[("topk(1, x)", r#"x{a="2"} 1"#), ("bottomk(1, x)", r#"x{a="2"} 1"#)]);
}

#[test]
fn equal_values_are_counted() {
    let rows = [
        (r#"count_values("n", r)"#, "{n=\"10\"} 1\n{n=\"2\"} 1\n{n=\"4\"} 2"),
        (
            r#"count_values by (code) ("n", r{code="503"})"#,
            "{code=\"503\", n=\"2\"} 1\n{code=\"503\", n=\"4\"} 1",
        ),
        (r#"count_values("n", vector(Inf))"#, r#"{n="+Inf"} 1"#),
        (r#"count_values("n", vector(1e6 / 8))"#, r#"{n="125000"} 1"#),
    ];
    check(&requests(), 0.0, &rows);
}

#[test]
fn not_a_number_spreads_through_sums_but_not_through_extremes() {
    let tsdb = load(60, "x{a=\"1\"} NaN\nx{a=\"2\"} 1\nx{a=\"3\"} 3");
    let rows = [
        ("sum(x)", f64::NAN),
        ("avg(x)", f64::NAN),
        ("stddev(x)", f64::NAN),
        ("min(x)", 1.0),
        ("max(x)", 3.0),
        ("count(x)", 3.0),
    ];
    check_numbers(&tsdb, 0.0, &rows);
}
