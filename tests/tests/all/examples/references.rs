//! What one file of the examples says of another is so.

use std::fs;

use serde_json::Value;

use super::{example, folder, text};

/// The three files that run a release by push or propose one.
const PIPELINES: [&str; 3] = [
    "github/.github/workflows/release.yml",
    "github/.github/workflows/propose.yml",
    "jenkins/Jenkinsfile",
];

#[test]
fn every_file_that_a_pipeline_uses_is_there() {
    for name in PIPELINES {
        let pipeline = text(&folder().join(name));
        let separators = |c: char| c.is_whitespace() || "'\"".contains(c);
        let words = pipeline.split(separators);
        let paths: Vec<&str> = words
            .filter(|word| ["deploy/", "release/", "smoke/"].iter().any(|f| word.starts_with(f)))
            .collect();
        assert!(!paths.is_empty(), "{name} uses no file");
        for path in paths {
            assert!(folder().join(path).is_file(), "{name} uses {path}");
        }
    }
}

#[test]
fn both_releases_by_push_take_the_same_steps() {
    let steps = |name: &str| -> Vec<String> {
        let pipeline = text(&folder().join(name));
        let marks = ["kubectl apply", "rollout status", "smoke/smoke.py", "release/observe.py"];
        let lines = pipeline.lines().filter(|line| marks.iter().any(|mark| line.contains(mark)));
        let plain = |line: &str| {
            let line = line.trim().trim_start_matches("run: ").trim_start_matches("post { ");
            let line = line.trim_start_matches("unsuccessful { ").trim_end_matches(" } }");
            line.trim_start_matches("sh '").trim_end_matches('\'').to_owned()
        };
        lines.map(plain).collect()
    };
    assert_eq!(steps(PIPELINES[0]), steps(PIPELINES[2]));
    assert_eq!(steps(PIPELINES[0]).len(), 8);
}

#[test]
fn every_action_is_named_by_a_commit() {
    for name in &PIPELINES[..2] {
        for line in text(&folder().join(name)).lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let commit = action.split_once('@').map(|(_, commit)| commit);
            let is_ours = action.starts_with("./") && commit.is_none();
            let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
            let is_pinned = commit.is_some_and(|commit| {
                commit.len() > 40 && hex(&commit[..40]) && commit[40..].starts_with(" # v")
            });
            assert!(is_ours || is_pinned, "{name}: {action}");
        }
    }
}

#[test]
fn flux_finds_its_source_and_its_folder() {
    let (source, kustomization) =
        (&example("flux/source.yaml")[0], &example("flux/kustomization.yaml")[0]);
    assert_eq!(kustomization["spec"]["sourceRef"]["kind"], source["kind"]);
    assert_eq!(kustomization["spec"]["sourceRef"]["name"], source["metadata"]["name"]);
    let path = kustomization["spec"]["path"].as_str().expect("a text");
    assert!(folder().join(path).is_dir(), "{path}");
}

#[test]
fn a_rollout_finds_its_services_its_route_and_its_analysis() {
    let traffic = example("rollouts/traffic.yaml");
    let named = |kind: &str, name: &Value| {
        let mut all = traffic.iter();
        all.any(|one| one["kind"] == kind && one["metadata"]["name"] == *name)
    };
    let rollout = &example("rollouts/rollout.yaml")[0];
    let canary = &rollout["spec"]["strategy"]["canary"];
    let route = &canary["trafficRouting"]["istio"]["virtualService"];
    assert!(named("Service", &canary["stableService"]));
    assert!(named("Service", &canary["canaryService"]));
    assert!(named("VirtualService", &route["name"]));
    let service = traffic.iter().find(|one| one["kind"] == "VirtualService").expect("it is there");
    assert_eq!(service["spec"]["http"][0]["name"], route["routes"][0]);
    // ROLL-24: such a route has these two destinations and no other.
    let hosts = service["spec"]["http"][0]["route"].as_array().expect("a list").iter();
    let hosts: Vec<&Value> = hosts.map(|one| &one["destination"]["host"]).collect();
    assert_eq!(hosts, [&canary["stableService"], &canary["canaryService"]]);
    let template = &example("rollouts/analysis-template.yaml")[0]["metadata"]["name"];
    let analyses = canary["steps"].as_array().expect("a list").iter();
    for analysis in analyses.filter_map(|step| step.get("analysis")) {
        assert_eq!(analysis["templates"][0]["templateName"], *template);
    }
}

#[test]
fn openkruise_finds_its_deployment_its_service_and_its_route() {
    let spec = &example("kruise/rollout.yaml")[0]["spec"];
    let deployment = &example("kruise/deployment.yaml")[0];
    assert_eq!(spec["workloadRef"]["name"], deployment["metadata"]["name"]);
    let traffic = example("kruise/traffic.yaml");
    let routing = &spec["strategy"]["blueGreen"]["trafficRoutings"][0];
    let [service, route] = &traffic[..] else { panic!("a Service and a VirtualService") };
    assert_eq!(service["metadata"]["name"], routing["service"]);
    assert_eq!(route["metadata"]["name"], routing["customNetworkRefs"][0]["name"]);
    // KRU-05: a destination is found by the Service's own name alone.
    let to = &route["spec"]["http"][0]["route"][0]["destination"]["host"];
    assert_eq!(*to, routing["service"]);
}

#[test]
fn flagger_finds_its_deployment_and_its_metric() {
    let canary = &example("flagger/canary.yaml")[0]["spec"];
    let deployment = &example("flagger/deployment.yaml")[0];
    assert_eq!(canary["targetRef"]["name"], deployment["metadata"]["name"]);
    let metric = &example("flagger/metric-template.yaml")[0]["metadata"]["name"];
    let metrics = canary["analysis"]["metrics"].as_array().expect("a list").iter();
    let own: Vec<&Value> =
        metrics.filter_map(|one| one.get("templateRef")).map(|one| &one["name"]).collect();
    assert_eq!(own, [metric]);
}

#[test]
fn the_page_about_the_examples_names_every_folder() {
    let page = text(&folder().join("README.md"));
    for entry in fs::read_dir(folder()).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let named = page.lines().any(|line| line.starts_with(&format!("| `{name}/")));
        assert!(!entry.path().is_dir() || named, "README.md has no row for {name}/");
    }
}
