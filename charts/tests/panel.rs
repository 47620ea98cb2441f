//! What a drawing shows, and that nothing in it can break it.

use charts::{Area, Line, Mark, MarkKind, Panel, Points, Style};
use proptest::prelude::*;

fn steady(value: f64) -> Points {
    (0..=60).map(|second| (f64::from(second), Some(value))).collect()
}

fn minute() -> Panel {
    Panel { to_secs: 60.0, ..Panel::default() }
}

#[test]
fn versions_differ_by_line_fill_and_letter() {
    let areas = vec![
        Area::new("B", Style::Blue, steady(90.0)),
        Area::new("G", Style::Green, steady(10.0)),
        Area::new("failed", Style::Bad, steady(1.0)),
    ];
    let svg = Panel { areas, ..minute() }.svg();
    assert!(svg.contains("fill=\"var(--blue, #1f5fd6)\" fill-opacity=\".3\""), "plain fill: {svg}");
    assert!(svg.contains("fill=\"url(#hatch-"), "hatched fill: {svg}");
    assert!(
        svg.contains("stroke=\"var(--green, #12783c)\" stroke-dasharray"),
        "dashed edge: {svg}"
    );
    for letter in [">B</text>", ">G</text>", ">✗ failed</text>"] {
        assert!(svg.contains(letter), "{letter}: {svg}");
    }
}

#[test]
fn every_colour_follows_the_page() {
    let lines = [Style::Blue, Style::Green, Style::Bad, Style::Neutral]
        .map(|style| Line::new("line", style, steady(1.0)));
    let areas = [Style::Blue, Style::Green, Style::Bad, Style::Neutral]
        .map(|style| Area::new("area", style, steady(1.0)));
    let marks = [MarkKind::Command, MarkKind::Incident].map(|kind| Mark {
        at_secs: 30.0,
        label: "mark".into(),
        kind,
    });
    let panel = Panel {
        title: "title".into(),
        unit: "unit".into(),
        lines: lines.to_vec(),
        areas: areas.to_vec(),
        marks: marks.to_vec(),
        cursor_secs: Some(20.0),
        ..minute()
    };
    let svg = panel.svg();
    assert!(!svg.contains("=\"#"), "a colour without a variable: {svg}");
}

#[test]
fn a_gap_breaks_a_line() {
    let mut points = steady(1.0);
    let lines = |points: &Points| {
        let lines = vec![Line::new("B", Style::Blue, points.clone())];
        Panel { lines, ..minute() }.svg().matches("stroke=\"var(--blue").count()
    };
    assert_eq!(lines(&points), 1);
    points[30].1 = None;
    assert_eq!(lines(&points), 2);
}

#[test]
fn values_outside_the_time_range_are_not_drawn() {
    let lines = vec![Line::new("B", Style::Blue, vec![(-5.0, Some(1.0)), (61.0, Some(1.0))])];
    let svg = Panel { lines, ..minute() }.svg();
    assert!(svg.contains(">nothing measured yet</text>"), "{svg}");
}

#[test]
fn nothing_yet_is_said_in_words() {
    let svg = minute().svg();
    assert!(svg.contains(">nothing measured yet</text>"), "{svg}");
    assert!(svg.contains("<desc>No values yet.</desc>"), "{svg}");
}

#[test]
fn a_sentence_says_what_the_picture_shows() {
    let points = vec![(0.0, Some(12.0)), (30.0, Some(250.0)), (60.0, Some(18.5))];
    let lines = vec![Line::new("B p99", Style::Blue, points)];
    let svg = Panel { title: "Latency".into(), unit: "ms".into(), lines, ..minute() }.svg();
    assert!(svg.contains("<title>Latency</title>"), "{svg}");
    let sentence = "Values in ms from 0:00 to 1:00: B p99 blue least 12, most 250, last 18.5.";
    assert!(svg.contains(&format!("<desc>{sentence}</desc>")), "{svg}");
}

#[test]
fn few_failures_among_many_requests_leave_a_strip_under_the_axis() {
    let mut failures = steady(0.0);
    failures[30].1 = Some(0.01);
    let areas = vec![
        Area::new("failed", Style::Bad, failures),
        Area::new("B", Style::Blue, steady(1000.0)),
    ];
    let svg = Panel { areas, ..minute() }.svg();
    assert!(svg.contains("stroke=\"var(--bad, #b3261e)\" stroke-width=\"40\""), "{svg}");
}

#[test]
fn texts_cannot_become_markup() {
    let evil = "</text><script>\"#1F5FD6\" & url(#HATCH)";
    let panel = Panel {
        title: evil.into(),
        unit: evil.into(),
        lines: vec![Line::new(evil, Style::Green, steady(1.0))],
        marks: vec![Mark { at_secs: 1.0, label: evil.into(), kind: MarkKind::Command }],
        ..minute()
    };
    assert!(!panel.svg().contains("<script>"), "{}", panel.svg());
}

#[test]
fn pictures_of_one_page_do_not_share_ids() {
    let id = |value| {
        let areas = vec![Area::new("G", Style::Green, vec![(0.0, Some(1.0)), (60.0, Some(value))])];
        let svg = Panel { areas, ..minute() }.svg();
        let (_, rest) = svg.split_once("id=\"").expect("a pattern");
        rest.split_once('"').expect("an end").0.to_owned()
    };
    assert_eq!(id(1.0), id(1.0));
    assert_ne!(id(1.0), id(2.0));
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -100.0..2000.0]
}

fn any_points() -> impl Strategy<Value = Points> {
    prop::collection::vec((any_number(), prop::option::of(any_number())), 0..20)
}

fn any_style() -> impl Strategy<Value = Style> {
    prop::sample::select(vec![Style::Blue, Style::Green, Style::Bad, Style::Neutral])
}

proptest! {
    #[test]
    fn every_panel_is_drawn_and_well_formed(
        text in ".{0,40}",
        size in any::<(u32, u32)>(),
        time in (any_number(), any_number()),
        y_max in prop::option::of(any_number()),
        series in prop::collection::vec((any_style(), any_points()), 0..4),
        marks in prop::collection::vec(any_number(), 0..6),
        cursor_secs in prop::option::of(any_number()),
    ) {
        let mark = |at_secs: f64| {
            let kind = if at_secs < 50.0 { MarkKind::Command } else { MarkKind::Incident };
            Mark { at_secs, label: text.clone(), kind }
        };
        let panel = Panel {
            title: text.clone(),
            unit: text.clone(),
            width: size.0,
            height: size.1,
            from_secs: time.0,
            to_secs: time.1,
            y_max,
            lines: series.iter().map(|(style, points)| Line::new(&text, *style, points.clone())).collect(),
            areas: series.iter().map(|(style, points)| Area::new(&text, *style, points.clone())).collect(),
            marks: marks.into_iter().map(mark).collect(),
            cursor_secs,
        };
        let svg = panel.svg();
        prop_assert_eq!(&svg, &panel.svg());
        prop_assert!(!svg.trim_end().chars().any(char::is_control), "{:?}", svg);
        let opened = svg.matches('<').count() - svg.matches("</").count();
        let closed = svg.matches("</").count() + svg.matches("/>").count();
        prop_assert_eq!(opened, closed, "{}", svg);
    }
}
