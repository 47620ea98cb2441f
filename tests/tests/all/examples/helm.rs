//! Helm renders the chart.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::repository;

use super::{folder, parsed, reference};

/// What Helm is asked: to check the values against the chart's schema, and to render.
const RENDER: &str = "import json, sys\nfrom helm_python import Chart\n\
    values = json.loads(sys.argv[2])\nchart = Chart.load(sys.argv[1])\n\
    chart.validate_schema(chart.merge_values(values))\n\
    print(json.dumps(chart.render(values, name='my-app', namespace='default')))\n";

fn helm(values: &Value) -> Output {
    let package = repository().join("target/helm");
    assert!(package.is_dir(), "there is no Helm; `cargo xtask test examples` installs it");
    let mut python = Command::new("python3");
    python.args(["-c", RENDER]).arg(folder().join("helm/my-app")).arg(values.to_string());
    python.env("PYTHONPATH", package).output().expect("Python runs")
}

/// Every object that the chart makes of these values, by name.
fn rendered(values: &Value) -> BTreeMap<String, Value> {
    let said = helm(values);
    let problem = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{problem}");
    let files: BTreeMap<String, String> = serde_json::from_slice(&said.stdout).expect("JSON");
    let objects = files.values().flat_map(|text| parsed(text));
    objects.map(|one| (one["metadata"]["name"].as_str().expect("a name").to_owned(), one)).collect()
}

/// Objects of the reference scenario, by name.
fn wanted(files: &[&str]) -> BTreeMap<String, Value> {
    let always = ["service.yaml", "gateway.yaml", "destination-rule.yaml"];
    let objects = files.iter().chain(&always).map(|file| reference(file));
    objects.map(|one| (one["metadata"]["name"].as_str().expect("a name").to_owned(), one)).collect()
}

#[test]
fn the_chart_makes_the_objects_that_the_reference_scenario_begins_with() {
    assert_eq!(
        rendered(&json!({})),
        wanted(&["blue-deployment.yaml", "virtual-service-blue.yaml"])
    );
}

#[test]
fn two_values_deploy_green_and_shift_the_traffic() {
    for (percent, route) in [(0, "blue"), (10, "canary"), (100, "green")] {
        let values = json!({"colours": {"green": {"enabled": true}}, "greenPercent": percent});
        let route = format!("virtual-service-{route}.yaml");
        let files = ["blue-deployment.yaml", "green-deployment.yaml", &route];
        assert_eq!(rendered(&values), wanted(&files), "{percent} %");
    }
}

#[test]
fn a_chart_that_would_lose_requests_is_refused() {
    let cases = [
        (json!({"greenPercent": 10}), "green is not enabled"),
        (json!({"colours": {"blue": {"enabled": false}}}), "blue is not enabled"),
        (json!({"greenPercent": 101}), "greenPercent"),
        (json!({"greenPercent": "ten"}), "greenPercent"),
        (json!({"greenPercnet": 10}), "greenPercnet"),
    ];
    for (values, problem) in cases {
        let said = helm(&values);
        let text = String::from_utf8_lossy(&said.stderr);
        assert!(!said.status.success() && text.contains(problem), "{values}: {text}");
    }
}
