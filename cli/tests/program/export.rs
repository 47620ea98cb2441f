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
    for (scenario, count) in [("first-cutover", 13), ("pools-and-limits", 15)] {
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
fn alerts_are_a_rule_file_with_two_windows_each_slo_02() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let called =
        cutover(&repository, &["export", "alerts", "first-cutover", "--objective", "99.95"]);
    assert_eq!((called.status, called.stderr.as_str()), (Some(0), ""));
    let (groups, notes) = sim_core::telemetry::rules::parse("alerts.yaml", &called.stdout)
        .expect("Prometheus would take it");
    assert_eq!(notes, []);
    let names: Vec<_> =
        groups.iter().map(|group| (group.name.as_str(), group.rules.len())).collect();
    assert_eq!(names, [("first-cutover-error-ratio", 7), ("first-cutover-error-budget", 4)]);
    let fastest = "gateway:request_errors:ratio_rate1h > 14.4 * 0.0005\n          \
                   and gateway:request_errors:ratio_rate5m > 14.4 * 0.0005\n";
    assert!(called.stdout.contains(fastest), "{}", called.stdout);
}

#[test]
fn a_scenario_has_the_file_that_its_debrief_tells_to_export() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let called = cutover(&repository, &["export", "alerts", "alert-too-slow"]);
    let shipped = repository.join("scenarios/alert-too-slow/workspace/burn-rate.yaml");
    assert_eq!(called.stdout, std::fs::read_to_string(shipped).unwrap());
}

#[test]
fn an_objective_that_leaves_no_errors_is_refused() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let called = cutover(&repository, &["export", "alerts", "first-cutover", "--objective", "100"]);
    assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""));
    assert!(called.stderr.contains("write a share between 0 and 100"), "{}", called.stderr);
}

#[test]
fn an_unknown_scenario_is_named() {
    let called = cutover(Path::new("/"), &["export", "grafana", "nothing"]);
    assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""));
    assert!(called.stderr.contains("nothing"), "{}", called.stderr);
}
