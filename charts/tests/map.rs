//! What a map shows, and that nothing in it can break it.

use charts::{Bar, Field, Map, Shade, Strip};
use proptest::prelude::*;

const VERDICTS: [Shade; 5] =
    [Shade::Safe, Shade::Unknown, Shade::Degraded, Shade::Errors, Shade::DataLoss];

fn field(shade: Shade) -> Field {
    Field { shade, text: String::new(), bar: None }
}

fn strip(name: &str, fields: Vec<Field>) -> Strip {
    Strip { name: name.into(), note: String::new(), apart: None, fields }
}

fn map(rows: Vec<Strip>, path: Vec<(usize, usize)>) -> Map {
    let columns = rows.first().map_or(0, |row| row.fields.len());
    Map {
        title: "Safety map".into(),
        summary: "What it shows.".into(),
        width: 640,
        columns: vec![["green".into(), "10 %".into()]; columns],
        rows,
        path,
    }
}

/// Everything that a map can show.
fn whole() -> Map {
    let mut fields: Vec<Field> = VERDICTS.map(field).into();
    fields.push(field(Shade::Pending));
    (fields[3].bar, fields[4].bar) = (Some(Bar::Waits), Some(Bar::Blocks));
    fields[3].text = "18 %".into();
    let mut rows = vec![strip("(before)", fields.clone()), strip("V2__a.sql", fields)];
    rows[1].note = "expand/".into();
    rows[1].apart = Some("or, after (before):".into());
    map(rows, vec![(0, 0), (1, 0), (1, 3), (0, 0)])
}

#[test]
fn every_verdict_has_a_sign_beside_its_colour() {
    let svg = whole().svg();
    for sign in ["✓", "?", "~", "✗", "!", "·"] {
        assert!(svg.contains(&format!(">{sign}</text>")), "{sign}: {svg}");
    }
    assert!(svg.contains("fill=\"url(#stripes-"), "errors are hatched: {svg}");
    assert!(svg.contains(">18 %</text>"), "{svg}");
}

#[test]
fn every_colour_of_a_map_follows_the_page() {
    let svg = whole().svg();
    assert!(!svg.contains("=\"#"), "a colour without a variable: {svg}");
}

#[test]
fn stations_are_numbered_and_do_not_lie_on_each_other() {
    let row = || strip("row", vec![field(Shade::Safe)]);
    let svg =
        map(vec![row(), row()], vec![(0, 0), (1, 0), (0, 0), (1, 0), (0, 0), (0, 0), (0, 0)]).svg();
    for number in 1..=7 {
        assert!(svg.contains(&format!(">{number}</text>")), "{number}: {svg}");
    }
    let mut discs: Vec<&str> = svg.split("<circle ").skip(1).collect();
    let all = discs.len();
    discs.sort_unstable();
    discs.dedup();
    assert_eq!(discs.len(), all, "two stations at one place: {svg}");
}

proptest! {
    #[test]
    fn no_map_breaks_the_drawing(
        rows in 0_usize..5,
        columns in 0_usize..7,
        width in any::<u32>(),
        text in ".{0,40}",
        path in proptest::collection::vec((0_usize..9, 0_usize..9), 0..12),
    ) {
        let fields = (0..columns).map(|place| Field {
            shade: VERDICTS[place % 5],
            text: text.clone(),
            bar: [None, Some(Bar::Waits), Some(Bar::Blocks)][place % 3],
        });
        let row = Strip { apart: Some(text.clone()), ..strip(&text, fields.collect()) };
        let map = Map { width, ..map(vec![row; rows], path) };
        let svg = map.svg();
        prop_assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    }
}
