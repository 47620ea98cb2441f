//! `cutover compare`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{cutover, empty_folder};

/// Where the shipped scenarios lie.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn strategies_are_compared_in_a_table_a_drawing_and_a_document() {
    let folder = empty_folder("compare");
    let svg = folder.join("strategies.svg");
    let svg = svg.to_str().unwrap();
    let two = ["compare", "first-cutover", "--strategies", "rolling,mirror"];
    let called = cutover(&repository(), &[&two[..], &["--svg", svg]].concat());
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    let rows: Vec<&str> =
        called.stdout.lines().skip(2).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(rows[..4], ["STRATEGY", "rolling", "mirror", ""], "{}", called.stdout);
    let drawing = fs::read_to_string(svg).unwrap();
    assert!(drawing.starts_with("<svg") && drawing.contains("mirror"), "{drawing}");
    let called = cutover(
        &repository(),
        &[&two[..], &["--json", "--rate", "60", "--duration", "20m"]].concat(),
    );
    let document: Value = serde_json::from_str(&called.stdout).unwrap();
    let mirror = &document["strategies"][1];
    assert_eq!(
        (&document["scenario"], &mirror["strategy"]),
        (&"first-cutover".into(), &"mirror".into())
    );
    assert_eq!(mirror["bad"]["failed"], 0);
    assert!(mirror["good"]["extra_pod_seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_cannot_be_compared_says_what_to_write_instead() {
    for (arguments, said) in [
        (
            &["first-cutover", "--strategies", "big-bang"][..],
            "--strategies: error: there is no \"big-bang\"; write some of recreate, rolling",
        ),
        (
            &["first-cutover", "--duration", "1m"],
            "--duration: error: 1m: write a length of time, 18m to 24h",
        ),
        (&["first-cutover", "--rate=-1"], "--rate: error: -1: write requests a second"),
        (
            &["gitops-reverts-the-rollback"],
            "there is nothing to compare: `start:` applies no Deployment of an application",
        ),
    ] {
        let called = cutover(&repository(), &[&["compare"], arguments].concat());
        assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(called.stderr.contains(said), "{arguments:?}: {}", called.stderr);
    }
}
