//! What a heat map shows.

use charts::{Heat, Points};

fn steady(values: &[f64]) -> Points {
    (1..).zip(values).map(|(index, value)| (f64::from(index) * 10.0, Some(*value))).collect()
}

fn heat(rows: Vec<(String, Points)>) -> Heat {
    let (title, unit) = ("Latency".to_owned(), "ms".to_owned());
    Heat { title, unit, width: 320, height: 140, to_secs: 60.0, rows, cursor_secs: Some(20.0) }
}

#[test]
fn buckets_are_what_lies_between_two_bounds_and_those_that_nobody_met_are_left_out() {
    let bounds = [("+Inf", [9.0, 9.0]), ("5", [0.0, 0.0]), ("25", [7.0, 9.0]), ("10", [4.0, 9.0])];
    let bounds = bounds.map(|(bound, counts)| (bound.to_owned(), steady(&counts)));
    let rows = Heat::of_cumulative(bounds.to_vec());
    let expected = [("10", [4.0, 9.0]), ("25", [3.0, 0.0]), ("+Inf", [2.0, 0.0])];
    assert_eq!(rows, expected.map(|(bound, counts)| (bound.to_owned(), steady(&counts))));
    assert_eq!(Heat::of_cumulative(Vec::new()), []);
}

#[test]
fn a_gap_in_one_bucket_does_not_shift_the_others() {
    let low = vec![(10.0, Some(1.0)), (30.0, Some(2.0))];
    let high = vec![(10.0, Some(3.0)), (20.0, Some(4.0)), (30.0, Some(5.0))];
    let rows = Heat::of_cumulative(vec![("10".into(), low), ("25".into(), high)]);
    assert_eq!(rows[1].1, [(10.0, Some(2.0)), (20.0, Some(4.0)), (30.0, Some(3.0))]);
}

#[test]
fn more_is_darker_and_every_colour_follows_the_page() {
    let svg =
        heat(vec![("10".into(), steady(&[1.0, 1.0, 1.0])), ("25".into(), steady(&[100.0; 3]))])
            .svg();
    assert!(svg.contains("fill=\"var(--ink, #17202e)\" fill-opacity=\".12\""), "few: {svg}");
    assert!(!svg.contains("=\"#"), "a colour without a variable: {svg}");
    assert!(svg.contains("<desc>Buckets from 10 to 25 ms, most often 25.</desc>"), "{svg}");
}

#[test]
fn fields_of_one_darkness_are_one_shape() {
    let count = |values: &[f64]| {
        let svg = heat(vec![("10".into(), steady(values))]).svg();
        svg.matches("<polygon").count()
    };
    assert_eq!(count(&[5.0; 5]), count(&[5.0; 2]));
    assert_eq!(count(&[5.0, 5.0, 1.0, 5.0]), count(&[5.0; 5]) + 2);
}

#[test]
fn nothing_yet_and_nonsense_are_drawn_too() {
    for rows in [
        Vec::new(),
        vec![("x".to_owned(), vec![(f64::NAN, Some(f64::NAN)), (f64::INFINITY, Some(-1.0))])],
    ] {
        let svg = Heat { to_secs: f64::NAN, ..heat(rows) }.svg();
        assert!(svg.contains(">nothing measured yet</text>"), "{svg}");
    }
}
