//! Functions, a family a test.

use super::super::Query;
use super::super::fixture::{check, check_numbers, load, samples};
use crate::time::SimTime;

#[test]
fn rates_need_two_samples() {
    // PROM-03.
    let tsdb = load(60, "c 0+6x10");
    for function in ["rate", "increase", "delta", "irate", "idelta"] {
        check(&tsdb, 600.0, &[(&format!("{function}(c[1m])"), "")]);
    }
    check_numbers(&tsdb, 600.0, &[("resets(c[1m])", 0.0), ("changes(c[1m])", 0.0)]);
}

#[test]
fn a_gap_at_an_edge_is_bridged_up_to_a_tenth_more_than_the_usual_distance() {
    // PROM-03: samples every 10 s; the range begins before the first of them.
    let points = |first: f64| -> Vec<(f64, f64)> {
        (0..6)
            .map(|index| (first + 10.0 * f64::from(index), 1e3 + 10.0 * f64::from(index)))
            .collect()
    };
    // 10 s before the first: bridged whole. 11 s or more: half a distance.
    for (first, bridged) in [(10.0, 10.0), (10.9, 10.9), (11.1, 5.0), (40.0, 5.0)] {
        let tsdb = samples("c", &points(first));
        let expected = 50.0 * (50.0 + bridged) / 50.0;
        let (at, range) = (first + 50.0, (first + 50.0) * 1e3);
        check_numbers(&tsdb, at, &[(&format!("increase(c[{range}ms])"), expected)]);
    }
    // The same at the end, without a limit at zero.
    for (later, bridged) in [(10.0, 10.0), (10.9, 10.9), (11.1, 5.0), (40.0, 5.0)] {
        let tsdb = samples("c", &points(10.0));
        let range = (60.0 + later) * 1e3;
        let expected = 50.0 * (50.0 + 10.0 + bridged) / 50.0;
        check_numbers(&tsdb, 60.0 + later, &[(&format!("increase(c[{range}ms])"), expected)]);
    }
}

#[test]
fn a_new_counter_does_not_count_its_first_value() {
    // PROM-04: a fresh pod is first scraped at 50; only what follows is an increase, and no further
    // back than where the counter would have been zero.
    let tsdb = samples("c", &[(100.0, 50.0), (105.0, 60.0), (110.0, 70.0)]);
    check(&tsdb, 104.0, &[("increase(c[1m])", "")]);
    check_numbers(&tsdb, 105.0, &[("increase(c[1m])", 10.0 * 7.5 / 5.0)]);
    let zero = samples("c", &[(100.0, 0.0), (105.0, 10.0), (110.0, 20.0)]);
    check_numbers(&zero, 110.0, &[("increase(c[1m])", 20.0), ("delta(c[1m])", 25.0)]);
}

#[test]
fn changes_between_samples() {
    let tsdb = load(60, "x 5 7 3 3 NaN NaN 4");
    let rows = [
        ("changes(x[10m])", 4.0),
        ("resets(x[10m])", 1.0),
        ("irate(x[4m] @ 180)", 0.0),
        ("irate(x[4m] @ 120)", 3.0 / 60.0),
        ("irate(x[4m] @ 60)", 2.0 / 60.0),
        ("idelta(x[4m] @ 120)", -4.0),
    ];
    check_numbers(&tsdb, 360.0, &rows);
    let gauge = load(60, "x 10 4 1");
    check_numbers(&gauge, 120.0, &[("delta(x[3m])", -9.0 * 3.0 / 2.0)]);
    check_numbers(&gauge, 120.0, &[("increase(x[2m])", 1.0 * 2.0)]);
}

#[test]
fn summaries_over_time() {
    let tsdb = load(60, r#"x{a="1"} 3 1 NaN 2 4"#);
    let rows = [
        ("min_over_time(x[10m])", 1.0),
        ("max_over_time(x[10m])", 4.0),
        ("avg_over_time(x[2m])", 3.0),
        ("sum_over_time(x[2m])", 6.0),
        ("sum_over_time(x[10m])", f64::NAN),
        ("count_over_time(x[10m])", 5.0),
        ("first_over_time(x[10m])", 3.0),
        ("last_over_time(x[10m])", 4.0),
        ("present_over_time(x[10m])", 1.0),
        ("stdvar_over_time(x[2m])", 1.0),
        ("stddev_over_time(x[2m])", 1.0),
        ("quantile_over_time(0.25, x[2m])", 2.5),
        ("quantile_over_time(2, x[2m])", f64::INFINITY),
    ];
    check_numbers(&tsdb, 240.0, &rows);
    let names = [
        ("last_over_time(x[10m])", r#"x{a="1"} 4"#),
        ("first_over_time(x[10m])", r#"x{a="1"} 3"#),
        ("max_over_time(x[10m])", r#"{a="1"} 4"#),
    ];
    check(&tsdb, 240.0, &names);
}

#[test]
fn absence() {
    let tsdb = load(60, r#"x{a="1"} 1"#);
    let rows = [
        ("absent(x)", ""),
        ("absent(y)", "{} 1"),
        (r#"absent(y{a="1", b!="2", c=~"3"})"#, r#"{a="1"} 1"#),
        (r#"absent(y{a="1", a=~".*"})"#, "{} 1"),
        ("absent(sum(y))", "{} 1"),
        ("absent_over_time(x[1m])", ""),
        (r#"absent_over_time(y{a="1"}[1m])"#, r#"{a="1"} 1"#),
    ];
    check(&tsdb, 0.0, &rows);
}

#[test]
fn one_value_of_each_value() {
    let tsdb = load(60, "x -2.5");
    let rows = [
        ("abs(x)", 2.5),
        ("ceil(x)", -2.0),
        ("floor(x)", -3.0),
        ("round(x)", -2.0),
        ("round(x, 2)", -2.0),
        ("round(vector(2.5))", 3.0),
        ("round(vector(0.123), 0.1)", 0.1),
        ("sgn(x)", -1.0),
        ("sgn(vector(0))", 0.0),
        ("sqrt(vector(9))", 3.0),
        ("sqrt(x)", f64::NAN),
        ("exp(vector(0))", 1.0),
        ("ln(exp(vector(2)))", 2.0),
        ("ln(vector(0))", f64::NEG_INFINITY),
        ("log2(vector(8))", 3.0),
        ("log10(vector(1000))", 3.0),
        ("clamp(x, -1, 1)", -1.0),
        ("clamp_min(x, 0)", 0.0),
        ("clamp_max(x, -3)", -3.0),
        ("clamp_max(vector(NaN), 3)", f64::NAN),
    ];
    check_numbers(&tsdb, 0.0, &rows);
    check(&tsdb, 0.0, &[("clamp(x, 1, -1)", ""), ("abs(x)", "{} 2.5")]);
}

#[test]
fn scalars_and_vectors_turn_into_each_other() {
    let tsdb = load(60, "x{a=\"1\"} 1\nx{a=\"2\"} 2\ny 7");
    let rows = [
        ("scalar(y)", 7.0),
        ("scalar(x)", f64::NAN),
        ("scalar(z)", f64::NAN),
        ("vector(scalar(y) * 2)", 14.0),
        ("time()", 90.5),
        ("pi()", std::f64::consts::PI),
    ];
    check_numbers(&tsdb, 90.5, &rows);
}

#[test]
fn sorting_puts_what_is_no_number_last() {
    let tsdb = load(60, "x{a=\"1\"} 2\nx{a=\"2\"} NaN\nx{a=\"3\"} 1");
    let rows = [
        ("sort(x)", "x{a=\"3\"} 1\nx{a=\"1\"} 2\nx{a=\"2\"} NaN"),
        ("sort_desc(x)", "x{a=\"1\"} 2\nx{a=\"3\"} 1\nx{a=\"2\"} NaN"),
    ];
    check(&tsdb, 0.0, &rows);
}

#[test]
fn labels_are_replaced_and_joined() {
    let tsdb = load(60, "x{pod=\"web-7f-abc\", b=\"2\"} 1\nx{pod=\"db\", b=\"3\"} 2");
    let rows = [
        (
            r#"label_replace(x, "app", "$1", "pod", "([a-z]+)-.*")"#,
            "x{app=\"web\", b=\"2\", pod=\"web-7f-abc\"} 1\nx{b=\"3\", pod=\"db\"} 2",
        ),
        (r#"label_replace(x{b="3"}, "pod", "", "pod", ".*")"#, r#"x{b="3"} 2"#),
        (r#"label_replace(x{b="3"}, "__name__", "y", "b", ".*")"#, r#"y{b="3", pod="db"} 2"#),
        (
            r#"label_replace(x{b="3"}, "c", "${1}_$$", "b", "(.)")"#,
            r#"x{b="3", c="3_$", pod="db"} 2"#,
        ),
        (r#"label_join(x{b="3"}, "c", "/", "pod", "b")"#, r#"x{b="3", c="db/3", pod="db"} 2"#),
        (
            r#"label_replace(label_replace(x, "b", "", "", ""), "pod", "", "", "")"#,
            "error: vector cannot contain metrics with the same labelset",
        ),
    ];
    check(&tsdb, 0.0, &rows);
}

#[test]
fn two_metrics_that_lose_their_names_are_one_too_many() {
    let tsdb = load(60, "x 0+1x3\ny 0+1x3");
    let same = "error: vector cannot contain metrics with the same labelset";
    let rows = [
        (r#"rate({__name__=~"x|y"}[5m])"#, same),
        (r#"-{__name__=~"x|y"}"#, same),
        (r#"{__name__=~"x|y"} + 1"#, same),
    ];
    check(&tsdb, 180.0, &rows);
    check(&tsdb, 180.0, &[(r#"{__name__=~"x|y"} > 1"#, "x 3\ny 3")]);
}

#[test]
fn histograms_need_order_an_infinite_bucket_and_observations() {
    // PROM-05.
    let tsdb = load(
        60,
        r#"
        open{le="1"} 1
        open{le="2"} 2
        empty{le="1"} 0
        empty{le="+Inf"} 0
        single{le="+Inf"} 3
        low{le="-1"} 3
        low{le="+Inf"} 4
        fell{le="1"} 10
        fell{le="2"} 5
        fell{le="+Inf"} 20
        mixed{le="1", a="x"} 1
        mixed{le="+Inf", a="x"} 1
        mixed{le="1.0", a="x"} 1
        mixed{le="bad", a="x"} 7
        mixed{a="x"} 7
        "#,
    );
    let rows = [
        ("histogram_quantile(0.5, open)", f64::NAN),
        ("histogram_quantile(0.5, empty)", f64::NAN),
        ("histogram_quantile(0.5, single)", f64::NAN),
        ("histogram_quantile(0.5, low)", -1.0),
        ("histogram_quantile(0.25, fell)", 0.5),
        ("histogram_quantile(0.75, fell)", 2.0),
        ("histogram_quantile(0.5, mixed)", 0.5),
        ("histogram_quantile(-1, low)", f64::NEG_INFINITY),
        ("histogram_quantile(1.1, low)", f64::INFINITY),
        ("histogram_quantile(NaN, low)", f64::NAN),
    ];
    check_numbers(&tsdb, 0.0, &rows);
}

#[test]
fn buckets_of_two_pods_are_summed_before_the_quantile() {
    // PROM-06: else there is one quantile a pod.
    let tsdb = load(
        60,
        r#"
        h{pod="a", le="1000"} 90
        h{pod="a", le="2500"} 100
        h{pod="a", le="+Inf"} 100
        h{pod="b", le="1000"} 0
        h{pod="b", le="2500"} 100
        h{pod="b", le="+Inf"} 100
        "#,
    );
    check(&tsdb, 0.0, &[("count(histogram_quantile(0.5, h))", "{} 2")]);
    let median = 1_000.0 + 1_500.0 * 10.0 / 110.0;
    check_numbers(&tsdb, 0.0, &[("histogram_quantile(0.5, sum by (le) (h))", median)]);
}

#[test]
fn a_trend_is_the_line_with_the_least_squares() {
    let tsdb = load(60, "x 0+60x10\ny 1 3 2 4\nz 5 5 5\none 1");
    let rows = [
        ("deriv(x[11m] @ 600)", 1.0),
        ("predict_linear(x[11m] @ 600, 100)", 100.0 + 600.0),
        // Of y the slope is 0.8 a minute, and the line passes through 3.7 at the last sample.
        ("deriv(y[5m] @ 180)", 0.8 / 60.0),
        ("predict_linear(y[5m] @ 180, 60)", 3.7 + 0.8),
        ("deriv(z[5m] @ 120)", 0.0),
        ("predict_linear(z[5m] @ 120, 60)", 5.0),
    ];
    check_numbers(&tsdb, 600.0, &rows[..2]);
    check_numbers(&tsdb, 180.0, &rows[2..]);
    check(&tsdb, 0.0, &[("deriv(one[5m])", ""), ("predict_linear(one[5m], 1)", "")]);
}

#[test]
fn smoothing_follows_level_and_trend() {
    // By hand: after 1 2 the level is 2 and the trend 1; 4 gives .5*4 + .5*(2+1).
    let tsdb = load(60, "x 1 2 4\none 1");
    check_numbers(&tsdb, 120.0, &[("double_exponential_smoothing(x[5m], 0.5, 0.5)", 3.5)]);
    let factor = "error: invalid smoothing factor. Expected: 0 < sf < 1, got: 2.000000";
    let trend = "error: invalid trend factor. Expected: 0 < tf < 1, got: 0.000000";
    let rows = [
        ("double_exponential_smoothing(x[5m], 2, 0.5)", factor),
        ("double_exponential_smoothing(x[5m], 0.5, 0)", trend),
        ("double_exponential_smoothing(one[1m] @ 0, 0.5, 0.5)", ""),
        ("double_exponential_smoothing(nothing[5m], 2, 0.5)", ""),
    ];
    check(&tsdb, 120.0, &rows);
}

#[test]
fn angles_are_in_radians() {
    use std::f64::consts::{FRAC_PI_2, PI};
    let tsdb = load(60, "x 1");
    let rows = [
        ("sin(x * pi() / 2)", 1.0),
        ("cos(x * pi())", -1.0),
        ("tan(x - 1)", 0.0),
        ("asin(x)", FRAC_PI_2),
        ("acos(-x)", PI),
        ("atan(x * Inf)", FRAC_PI_2),
        ("acos(x + 1)", f64::NAN),
        ("tanh(x * Inf)", 1.0),
        ("asinh(sinh(x * 2))", 2.0),
        ("acosh(cosh(x * 2))", 2.0),
        ("atanh(tanh(x / 2))", 0.5),
        ("deg(x * pi())", 180.0),
        ("rad(x * 180)", PI),
    ];
    check_numbers(&tsdb, 0.0, &rows);
}

#[test]
fn a_time_has_a_date_and_a_run_has_none() {
    let tsdb = load(60, "x 1136239445");
    let rows = [
        ("year(x)", 2006.0),
        ("month(x)", 1.0),
        ("day_of_month(x)", 2.0),
        ("day_of_week(x)", 1.0),
        ("day_of_year(x)", 2.0),
        ("days_in_month(x)", 31.0),
        ("hour(x)", 22.0),
        ("minute(x)", 4.0),
        ("days_in_month(vector(951782400))", 29.0),
        ("days_in_month(vector(4105123200))", 28.0),
        ("day_of_year(vector(951782400))", 60.0),
        ("day_of_week(vector(-86400))", 3.0),
        ("year(vector(-1))", 1969.0),
    ];
    check_numbers(&tsdb, 0.0, &rows);
    let error = super::super::Query::parse("1 + hour()").unwrap_err();
    assert_eq!(error.column, 5);
    assert!(error.message.starts_with("a run has no date: give `hour` a time"), "{error}");
}

#[test]
fn labels_sort_with_their_numbers() {
    let tsdb = load(
        60,
        r#"
        x{pod="a-10", z="1"} 1
        x{pod="a-9", z="2"} 2
        x{pod="b", z="1"} 3
        x{pod="a-9", z="10"} 4
        "#,
    );
    let by_pod = "x{pod=\"a-9\", z=\"10\"} 4\nx{pod=\"a-9\", z=\"2\"} 2\n\
                  x{pod=\"a-10\", z=\"1\"} 1\nx{pod=\"b\", z=\"1\"} 3";
    let by_both = "x{pod=\"b\", z=\"1\"} 3\nx{pod=\"a-10\", z=\"1\"} 1\n\
                   x{pod=\"a-9\", z=\"10\"} 4\nx{pod=\"a-9\", z=\"2\"} 2";
    let rows = [
        ("sort_by_label(x, \"pod\")", by_pod),
        ("sort_by_label_desc(x, \"pod\", \"z\")", by_both),
        ("limitk(1, x)", "x{pod=\"a-10\", z=\"1\"} 1"),
        ("count(limitk by (z) (1, x))", "{} 3"),
        // Shares of the hashes, in the order of the series: 0.23, 0.71, 0.73, 0.32.
        ("limit_ratio(0.3, x)", "x{pod=\"a-10\", z=\"1\"} 1"),
        ("limit_ratio(-0.28, x)", "x{pod=\"b\", z=\"1\"} 3"),
        ("sum(limit_ratio(0.4, x))", "{} 5"),
        ("sum(limit_ratio(-0.6, x))", "{} 5"),
        ("count(limit_ratio by (z) (7, x))", "{} 4"),
        ("count(limit_ratio(-7, x))", "{} 4"),
        ("limit_ratio(0, x)", ""),
    ];
    check(&tsdb, 0.0, &rows);
}

#[test]
fn the_extreme_of_a_range_has_a_time() {
    let tsdb = load(60, "x 5 1 7 1 7 3");
    let rows = [
        ("ts_of_first_over_time(x[1h])", 0.0),
        ("ts_of_last_over_time(x[1h])", 300.0),
        ("ts_of_min_over_time(x[1h])", 180.0),
        ("ts_of_max_over_time(x[1h])", 240.0),
        // Median 4, distances 1 3 3 3 3 1.
        ("mad_over_time(x[1h])", 3.0),
    ];
    check_numbers(&tsdb, 300.0, &rows);
}

#[test]
fn a_share_of_a_histogram_lies_between_two_values() {
    let tsdb = load(
        60,
        r#"
        h{le="100"} 50
        h{le="200"} 90
        h{le="+Inf"} 100
        "#,
    );
    let rows = [
        ("histogram_fraction(0, 100, h)", 0.5),
        ("histogram_fraction(50, 150, h)", 0.45),
        ("histogram_fraction(-1, 50, h)", 0.25),
        ("histogram_fraction(200, Inf, h)", 0.1),
        ("histogram_fraction(2, 1, h)", 0.0),
        ("histogram_fraction(NaN, 1, h)", f64::NAN),
        ("histogram_fraction(0, 1, h{le!=\"+Inf\"})", f64::NAN),
    ];
    check_numbers(&tsdb, 0.0, &rows);
}

/// What each level doubles stops at a limit.
#[test]
fn a_label_that_doubles_stops_at_its_limit() {
    let tsdb = load(60, "x{a=\"b\"} 1");
    let mut query = "x".to_owned();
    for _ in 0..40 {
        query = format!("label_join({query},\"a\",\"\",\"a\",\"a\")");
    }
    let problem = Query::parse(&query).unwrap().evaluate(&tsdb, SimTime::ZERO).unwrap_err();
    assert_eq!(problem.message, "a label value would be longer than 4096 bytes");
}

#[test]
fn a_query_touches_no_more_samples_than_it_may() {
    let tsdb = load(60, "x 1");
    let query = Query::parse("sum_over_time(vector(1)[1h:1s])").unwrap();
    assert!(query.clone().evaluate(&tsdb, SimTime::ZERO).is_ok());
    let problem = query.within(1_000).evaluate(&tsdb, SimTime::ZERO).unwrap_err();
    assert!(problem.message.contains("too many samples"), "{problem:?}");
}

#[test]
fn a_metric_may_be_named_in_quotes() {
    let tsdb = load(60, "up{job=\"a\"} 1\nup{job=\"b\"} 2");
    let rows = [
        ("{\"up\", job=\"b\"}", "up{job=\"b\"} 2"),
        ("sum({\"up\"})", "{} 3"),
        ("{\"job\"=\"a\"}", "up{job=\"a\"} 1"),
    ];
    check(&tsdb, 0.0, &rows);
}
