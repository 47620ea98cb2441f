//! Which pods a Service lists (K8S-70..72).

use super::bench::*;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::state::Endpoint;

fn endpoints(bench: &Bench) -> &[Endpoint] {
    &bench.cluster().state.endpoints["app-service"].pods
}

fn ready(bench: &Bench) -> usize {
    endpoints(bench).iter().filter(|endpoint| endpoint.is_ready()).count()
}

/// K8S-70.
#[test]
fn a_pod_is_listed_from_its_address_on_and_ready_with_its_probe() {
    let mut bench = Bench::new();
    bench.serve(labels(&[("app", "app")]));
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(1));
    assert_eq!((endpoints(&bench).len(), ready(&bench)), (3, 0));
    bench.pass(secs(30));
    assert_eq!((endpoints(&bench).len(), ready(&bench)), (3, 3));
    assert!(0 < bench.engine.model.mesh_changes);
}

/// K8S-43, 70.
#[test]
fn a_pod_that_fails_readiness_stays_listed_but_not_ready() {
    let mut bench = Bench::new();
    bench.serve(labels(&[("app", "app")]));
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(30));
    let sick = bench.first_pod();
    bench.engine.model.sick.insert(sick);
    bench.pass(secs(20));
    assert_eq!((endpoints(&bench).len(), ready(&bench)), (3, 2));
}

fn colour(bench: &mut Bench, colour: &str) {
    let mut spec = deployment("app:v1", 2);
    let labels = labels(&[("app", "app"), ("version", colour)]);
    spec.selector = labels.clone();
    spec.template.labels = labels;
    bench.apply(colour, Spec::Deployment(Box::new(spec)));
    bench.pass(secs(30));
}

/// K8S-71, 72.
#[test]
fn a_selector_without_the_colour_selects_both_and_a_switch_changes_all_at_once() {
    let mut bench = Bench::new();
    bench.serve(labels(&[("app", "app")]));
    colour(&mut bench, "blue");
    assert_eq!(ready(&bench), 2);
    colour(&mut bench, "green");
    assert_eq!(ready(&bench), 4);
    bench.serve(labels(&[("app", "app"), ("version", "green")]));
    bench.pass(secs(1));
    let state = &bench.cluster().state;
    let colours: Vec<_> =
        endpoints(&bench).iter().map(|e| &*state.pods[&e.pod].labels["version"]).collect();
    assert_eq!(colours, ["green", "green"]);
}

#[test]
fn endpoints_go_with_their_service() {
    let mut bench = Bench::new();
    bench.serve(labels(&[("app", "app")]));
    bench.pass(secs(1));
    bench.delete(Kind::Service, "app-service");
    bench.pass(secs(1));
    assert!(bench.cluster().state.endpoints.is_empty());
}

/// K8S-71, 72: one reconcile exchanges all endpoints; what proxies make of it is their own time.
#[test]
fn another_selector_exchanges_all_endpoints_at_once() {
    let mut bench = Bench::new();
    for (name, image, colour) in [("blue", "app:v1", "blue"), ("green", "app:v2", "green")] {
        let mut spec = deployment(image, 3);
        let both = labels(&[("app", "app"), ("version", colour)]);
        (spec.selector, spec.template.labels) = (both.clone(), both);
        bench.apply(name, Spec::Deployment(Box::new(spec)));
    }
    bench.serve(labels(&[("app", "app"), ("version", "blue")]));
    bench.pass(secs(30));
    let colours = |bench: &Bench| -> Vec<String> {
        let pods = endpoints(bench).iter().map(|one| bench.pod(one.pod).version().to_owned());
        pods.collect()
    };
    assert_eq!(colours(&bench), ["blue"; 3]);
    bench.serve(labels(&[("app", "app"), ("version", "green")]));
    let end = bench.engine.now() + secs(5);
    let mut seen = vec![colours(&bench)];
    while bench.step(end) {
        if seen.last() != Some(&colours(&bench)) {
            seen.push(colours(&bench));
        }
    }
    assert_eq!(seen, [["blue"; 3], ["green"; 3]]);
    bench.serve(labels(&[("app", "app")]));
    bench.pass(secs(5));
    assert_eq!(colours(&bench).len(), 6, "a selector without colour takes both");
}
