//! Which samples a selector means (PROM-02).

use super::super::fixture::{check, load};

#[test]
fn the_four_matchers_test_the_whole_value_and_take_a_missing_label_as_empty() {
    let tsdb = load(
        60,
        r#"
        up{job="web", code="200"} 1
        up{job="web", code="503"} 2
        up{job="db"} 3
        "#,
    );
    let rows = [
        (r#"up{code="503"}"#, r#"up{code="503", job="web"} 2"#),
        (r#"up{code=""}"#, r#"up{job="db"} 3"#),
        (r#"up{code!="", code!="200"}"#, r#"up{code="503", job="web"} 2"#),
        (r#"up{code=~"5.."}"#, r#"up{code="503", job="web"} 2"#),
        (r#"up{code=~"5"}"#, ""),
        (r#"up{code=~"20|503"}"#, r#"up{code="503", job="web"} 2"#),
        (r#"up{code!~"5..|"}"#, r#"up{code="200", job="web"} 1"#),
        (r#"{__name__="up", job="db"}"#, r#"up{job="db"} 3"#),
        (r#"{__name__=~"u.", job!~"w.*"}"#, r#"up{job="db"} 3"#),
        (r#"{__name__="up", __name__!="up"}"#, ""),
        ("down", ""),
    ];
    check(&tsdb, 0.0, &rows);
}

#[test]
fn the_present_value_is_the_newest_sample_younger_than_five_minutes() {
    // PROM-01, PROM-02: 300 s old is too old.
    let tsdb = load(60, "up 1 2");
    check(&tsdb, 59.0, &[("up", "up 1")]);
    check(&tsdb, 359.999, &[("up", "up 2")]);
    check(&tsdb, 360.0, &[("up", "")]);
}

#[test]
fn a_series_that_ended_vanishes_at_once() {
    // PROM-02.
    let tsdb = load(60, "up 1 2 stale _ 3");
    check(&tsdb, 119.0, &[("up", "up 2"), ("absent(up)", "")]);
    check(&tsdb, 120.0, &[("up", ""), ("absent(up)", "{} 1")]);
    check(&tsdb, 240.0, &[("up", "up 3"), ("up[4m]", "up 2@60 3@240")]);
}

#[test]
fn a_range_excludes_its_left_edge_and_includes_its_right() {
    // PROM-02.
    let tsdb = load(60, "up 0+1x10");
    let rows = [
        ("up[2m]", "up 9@540 10@600"),
        ("up[1ms]", "up 10@600"),
        ("up[120]", "up 9@540 10@600"),
        ("up[2m] offset 1m", "up 8@480 9@540"),
        ("up[2m] @ 300", "up 4@240 5@300"),
        ("up[2m] @ 300 offset -1m", "up 5@300 6@360"),
        ("up[2m] offset 10m", "up 0@0"),
        ("up[2m] offset 20m", ""),
    ];
    check(&tsdb, 600.0, &rows);
}

#[test]
fn offset_and_at_move_the_moment() {
    let tsdb = load(60, "up 0+1x10");
    let rows = [
        ("up offset 3m", "up 7"),
        ("up offset -1m", "up 10"),
        ("up @ 60", "up 1"),
        ("up @ 1m", "up 1"),
        ("up @ 60 offset 1m", "up 0"),
        ("up offset 1m @ 60", "up 0"),
        ("up @ start()", "up 10"),
        ("-up @ end()", "{} -10"),
        ("timestamp(up offset 90s)", "{} 480"),
        ("timestamp(up + 0)", "{} 600"),
    ];
    check(&tsdb, 600.0, &rows);
}

#[test]
fn a_subquery_evaluates_at_whole_multiples_of_its_step() {
    let tsdb = load(60, r#"up{a="1"} 0+1x10"#);
    let rows = [
        ("up[3m:1m]", r#"up{a="1"} 8@480 9@540 10@600"#),
        ("up[90s:30s]", r#"up{a="1"} 9@540 9@570 10@600"#),
        ("up[2m:]", r#"up{a="1"} 9@540 10@600"#),
        ("(up + 1)[2m:1m] offset 1m", r#"{a="1"} 9@480 10@540"#),
        (
            "rate(up[2m])[2m:1m] @ 300",
            "{a=\"1\"} 0.016666666666666666@240 0.016666666666666666@300",
        ),
        ("max_over_time(up[5m:1m])", r#"{a="1"} 10"#),
        ("sum_over_time(vector(1)[5m:1m])", "{} 5"),
    ];
    check(&tsdb, 600.0, &rows);
    check(&tsdb, 610.0, &[("up[100s:50s]", r#"up{a="1"} 9@550 10@600"#)]);
}

#[test]
fn a_query_that_would_touch_too_many_samples_is_stopped() {
    let tsdb = load(60, "up 1");
    let too_many =
        "error: query processing would load too many samples into memory in query execution";
    check(&tsdb, 0.0, &[("count_over_time(vector(1)[1000y:1ms])", too_many)]);
}
