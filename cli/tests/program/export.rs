//! `cutover export`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::cutover;

fn dashboard(scenario: &str) -> Value {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let called = cutover(&repository, &["export", "grafana", scenario]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&called.stdout).expect("it is JSON")
}

#[test]
fn a_dashboard_has_a_panel_for_each_question_and_asks_for_its_data_source() {
    for (scenario, count) in [("first-cutover", 11), ("pools-and-limits", 12)] {
        let dashboard = dashboard(scenario);
        let panels = dashboard["panels"].as_array().unwrap();
        assert_eq!(panels.len(), count, "{scenario}");
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), count, "every panel has a number of its own");
        let places: BTreeSet<_> = panels.iter().map(|panel| panel["gridPos"].to_string()).collect();
        assert_eq!(places.len(), count, "no two panels lie on each other");
        for panel in panels {
            assert_eq!(panel["datasource"]["uid"], "${DS_PROMETHEUS}");
            assert!(!panel["targets"][0]["expr"].as_str().unwrap().is_empty());
        }
        assert_eq!(dashboard["__inputs"][0]["name"], "DS_PROMETHEUS");
        assert!(dashboard["uid"].as_str().unwrap().len() <= 40);
    }
}

#[test]
fn an_unknown_scenario_is_named() {
    let called = cutover(Path::new("/"), &["export", "grafana", "nothing"]);
    assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""));
    assert!(called.stderr.contains("nothing"), "{}", called.stderr);
}
