//! Routes of their own that steps set (ROLL-24).

use serde_json::{Value, json};

use super::canary::ROUTE;
use super::{release, rollout, run, settled, status, until};
use crate::cluster::api::Kind;
use crate::console::tests::bench::Bench;

/// A canary between two Services that takes these steps, and then waits.
fn stepping(steps: &str) -> Bench {
    let text = rollout(&format!(
        "{{canary: {{stableService: my-app-active, canaryService: my-app-preview, trafficRouting: {{istio: \
         {{virtualService: {{name: my-app, routes: [primary]}}}}, managedRoutes: [{{name: testers}}, {{name: \
         copies}}]}}, steps: [{steps}, {{pause: {{}}}}]}}}}"
    ));
    let mut bench = settled(&text, &[("route.yaml", ROUTE)]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    bench
}

fn http(bench: &Bench) -> Value {
    let object = bench.world().api.get(Kind::VirtualService, "my-app").expect("it is there");
    object.manifest.document["spec"]["http"].clone()
}

fn names(bench: &Bench) -> Vec<String> {
    let http = http(bench);
    let http = http.as_array().expect("it is a list");
    http.iter().map(|route| route["name"].as_str().unwrap_or_default().to_owned()).collect()
}

const HEADER: &str = "{setCanaryScale: {replicas: 1}}, {setHeaderRoute: {name: testers, match: [{headerName: x-test, \
                      headerValue: {exact: 'yes'}}]}}";
const MIRROR: &str = "{setWeight: 10}, {setMirrorRoute: {name: copies, percentage: 50, match: [{method: {exact: GET}, \
                      path: {prefix: /}}]}}";

/// ROLL-21, ROLL-24.
#[test]
fn requests_with_a_header_go_to_the_canary_while_the_others_stay() {
    let mut bench = stepping(HEADER);
    assert_eq!(names(&bench), ["testers", "primary"]);
    let route = json!({"name": "testers", "match": [{"headers": {"x-test": {"exact": "yes"}}}],
        "route": [{"destination": {"host": "my-app-preview"}, "weight": 100}]});
    assert_eq!(http(&bench)[0], route);
    assert_eq!(http(&bench)[1]["route"][0]["weight"], 100);
    run(&mut bench, "kubectl argo rollouts promote my-app");
    until(&mut bench, "it is over", |bench| status(bench).is_promoted());
    bench.wait(1);
    assert_eq!(names(&bench), ["primary"], "it goes with the update");
    let told = run(&mut bench, "kubectl get events");
    for part in [
        "VirtualService `my-app` set headerRoute 'testers'",
        "VirtualService `my-app` removed all managed routes.",
    ] {
        assert!(told.contains(part), "{part:?} is not in {told}");
    }
}

/// ROLL-24: a mirror keeps the split of the requests that it copies.
#[test]
fn requests_are_copied_to_the_canary() {
    let mut bench = stepping(&format!("{MIRROR}, {{pause: {{}}}}, {{setWeight: 30}}"));
    assert_eq!(names(&bench), ["copies", "primary"]);
    let mirror = &http(&bench)[0];
    assert_eq!(mirror["match"], json!([{"method": {"exact": "GET"}, "uri": {"prefix": "/"}}]));
    assert_eq!(
        (&mirror["mirror"], &mirror["mirrorPercentage"]),
        (&json!({"host": "my-app-preview"}), &json!({"value": 50}))
    );
    let weights =
        |bench: &Bench| [0, 1].map(|place| http(bench)[place]["route"][1]["weight"].clone());
    assert_eq!(weights(&bench), [10, 10]);
    run(&mut bench, "kubectl argo rollouts promote my-app");
    until(&mut bench, "it pauses again", |bench| status(bench).step == 4);
    assert_eq!(weights(&bench), [30, 30]);
}

/// ROLL-24.
#[test]
fn the_order_is_that_of_managed_routes_and_no_match_takes_a_route_away() {
    let bench = stepping(&format!("{MIRROR}, {HEADER}"));
    assert_eq!(names(&bench), ["testers", "copies", "primary"]);
    let bench = stepping(&format!("{MIRROR}, {HEADER}, {{setMirrorRoute: {{name: copies}}}}"));
    assert_eq!(names(&bench), ["testers", "primary"]);
}

/// ROLL-25.
#[test]
fn an_abort_takes_the_routes_away() {
    let mut bench = stepping(&format!("{MIRROR}, {HEADER}"));
    run(&mut bench, "kubectl argo rollouts abort my-app");
    bench.wait(1);
    assert_eq!(names(&bench), ["primary"]);
    assert_eq!(http(&bench)[0]["route"][0]["weight"], 100);
}
