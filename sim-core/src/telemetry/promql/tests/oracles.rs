//! The oracle vectors of the model reference: rates, increases and quantiles whose results are known
//! from Prometheus's own tests (PROM-03, PROM-05).

use super::super::fixture::{check_numbers, load, samples};

#[test]
fn od_1_and_od_2_quantiles_interpolate_within_a_bucket_and_stop_at_the_last_finite_bound() {
    let tsdb = load(
        300,
        r#"
        h_bucket{le="0.1"} 0+5x10
        h_bucket{le="0.2"} 0+7x10
        h_bucket{le="1"} 0+11x10
        h_bucket{le="+Inf"} 0+12x10
        "#,
    );
    let rows = [
        ("histogram_quantile(0.2, h_bucket)", 0.048),
        ("histogram_quantile(0.5, h_bucket)", 0.15),
        ("histogram_quantile(0.8, h_bucket)", 0.72),
        ("histogram_quantile(0.95, h_bucket)", 1.0),
        ("histogram_quantile(0.5, rate(h_bucket[10m]))", 0.15),
    ];
    check_numbers(&tsdb, 3_000.0, &rows);
}

#[test]
fn od_3_quantiles_of_a_latency_histogram() {
    let tsdb = load(
        60,
        r#"
        h_bucket{le="50"} 20
        h_bucket{le="100"} 60
        h_bucket{le="250"} 90
        h_bucket{le="500"} 98
        h_bucket{le="1000"} 100
        h_bucket{le="+Inf"} 100
        "#,
    );
    let rows = [
        ("histogram_quantile(0.1, h_bucket)", 25.0),
        ("histogram_quantile(0.5, h_bucket)", 87.5),
        ("histogram_quantile(0.9, h_bucket)", 250.0),
        ("histogram_quantile(0.95, h_bucket)", 406.25),
        ("histogram_quantile(0.99, h_bucket)", 750.0),
    ];
    check_numbers(&tsdb, 0.0, &rows);
}

#[test]
fn od_4_to_od_6_increases_reach_to_the_edges_of_their_range() {
    let tsdb = load(
        300,
        "
        steady 0+10x10
        fallen 0 1 2 3 2 3 4
        again 0+18x5 0+18x5
        ",
    );
    check_numbers(&tsdb, 3_000.0, &[("increase(steady[50m])", 100.0)]);
    check_numbers(&tsdb, 1_800.0, &[("increase(fallen[30m])", 7.0)]);
    let rows = [("increase(again[50m])", 160.0), ("increase(again[100m])", 162.0)];
    check_numbers(&tsdb, 3_000.0, &rows);
}

#[test]
fn od_7_to_od_9_rates_over_a_minute() {
    let rows: [(&[(f64, f64)], f64); 3] = [
        (&[(5.0, 100.0), (20.0, 115.0), (35.0, 130.0), (50.0, 145.0)], 1.0),
        // The counter would have been zero 1 s before its first sample: no further back.
        (&[(35.0, 2.0), (50.0, 32.0)], 30.0 * 26.0 / 15.0 / 60.0),
        // A reset: 30 before it, 10 and 30 after.
        (&[(5.0, 100.0), (20.0, 130.0), (35.0, 10.0), (50.0, 40.0)], 70.0 * 60.0 / 45.0 / 60.0),
    ];
    for (points, expected) in rows {
        check_numbers(&samples("x", points), 60.0, &[("rate(x[60s])", expected)]);
    }
}
