//! Where the traffic goes in a step.

use serde_json::json;

use super::bench::Bench;
use crate::cluster::api::Kind;
use crate::kruise::status::StepState;

/// KRU-05: 0 % is nothing, although the new pods have the labels of the stable Service.
#[test]
fn at_0_percent_no_request_meets_the_new_version() {
    let mut bench = Bench::paused();
    bench.wait(60);
    assert_eq!((bench.served("v2"), bench.failed()), (0.0, 0.0));
    let selector = &bench.document(Kind::Service, "order")["spec"]["selector"];
    assert!(selector["pod-template-hash"].is_string());
}

/// KRU-05: the weights are written beside what the route said before.
#[test]
fn a_share_is_sent_to_a_service_of_the_new_pods() {
    let mut bench = Bench::paused();
    bench.approve();
    bench.wait_for(2, StepState::Paused);
    let route = &bench.document(Kind::VirtualService, "order")["spec"]["http"][0]["route"];
    let expected = json!([
        {"destination": {"host": "order"}, "weight": 50},
        {"destination": {"host": "order-canary"}, "weight": 50},
    ]);
    assert_eq!(*route, expected);
    let hash = |service: &str| {
        let spec = &bench.document(Kind::Service, service)["spec"];
        spec["selector"]["pod-template-hash"].clone()
    };
    assert!(hash("order-canary").is_string());
    assert_ne!(hash("order"), hash("order-canary"));
    bench.wait(25);
    let share = bench.value(
        "sum(rate(istio_requests_total{destination_version=\"v2\"}[15s])) / \
         sum(rate(istio_requests_total[15s]))",
    );
    assert!((0.4..0.6).contains(&share), "{share}");
    assert_eq!(bench.failed(), 0.0);
}

/// KRU-05: a match is a rule of its own, before all others.
#[test]
fn requests_with_a_header_can_be_sent_to_the_new_version_alone() {
    let steps =
        "[{replicas: 50%, matches: [{headers: [{name: x-tester, value: 'yes'}]}], pause: {}}]";
    let mut bench = Bench::with(steps);
    bench.release("v2");
    bench.wait_for(1, StepState::Paused);
    bench.wait(30);
    let rate = |version: &str| {
        bench.value(&format!(
            "sum(rate(istio_requests_total{{reporter=\"source\",destination_version=\"{version}\"}}[20s]))"
        ))
    };
    assert!((3.0..7.0).contains(&rate("v2")), "{}", rate("v2"));
    assert!((16.0..24.0).contains(&rate("v1")), "{}", rate("v1"));
    let first = &bench.document(Kind::VirtualService, "order")["spec"]["http"][0];
    assert_eq!(first["match"][0]["headers"]["x-tester"]["exact"], "yes");
    assert_eq!(first["route"], json!([{"destination": {"host": "order-canary"}}]));
}
