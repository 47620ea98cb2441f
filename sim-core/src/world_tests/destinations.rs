//! What a `DestinationRule` makes of a Service: ports, policies, merging, and the order of changes.

use super::*;
use crate::mesh::spec::LoadBalancer;

fn destination_rule(name: &str, spec: &str) -> String {
    format!(
        "
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}}}
spec:
  host: my-app-service
{spec}"
    )
}

/// Subset, balancer and number of endpoints of every cluster.
fn clusters(fixture: &Fixture) -> Vec<(&str, LoadBalancer, usize)> {
    let clusters = fixture.engine.model.mesh.gateway().config.clusters.iter();
    clusters.map(|one| (one.subset.as_str(), one.balancer, one.endpoints.len())).collect()
}

/// IST-25.
#[test]
fn a_subsets_policy_holds_for_that_subset_and_overrides_the_hosts() {
    let mut fixture = Fixture::serving(&scenario(1.0, 0.0), 1);
    fixture.apply(&destination_rule(
        "my-app-dr",
        "  trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}
  subsets:
  - {name: blue, labels: {version: blue}, trafficPolicy: {loadBalancer: {simple: RANDOM}}}
  - {name: green, labels: {version: green}}
",
    ));
    fixture.run_checked(0);
    let expected = [
        ("", LoadBalancer::RoundRobin, 3),
        ("blue", LoadBalancer::Random, 3),
        ("green", LoadBalancer::RoundRobin, 0),
    ];
    assert_eq!(clusters(&fixture), expected);
}

/// IST-26.
#[test]
fn rules_for_one_host_merge_and_the_first_definition_wins() {
    let mut fixture = Fixture::serving(&scenario(1.0, 0.0), 1);
    fixture.run_checked(-10);
    fixture.apply(&destination_rule(
        "another",
        "  trafficPolicy: {loadBalancer: {simple: RANDOM}}
  subsets:
  - {name: blue, labels: {version: nobody}}
  - {name: everybody, labels: {app: my-app}}
",
    ));
    fixture.run_checked(0);
    // The older rule has no policy: the other one's counts.
    let random = LoadBalancer::Random;
    let expected =
        [("", random, 3), ("blue", random, 3), ("green", random, 0), ("everybody", random, 3)];
    assert_eq!(clusters(&fixture), expected);
}

/// IST-11.
#[test]
fn a_route_without_port_means_the_only_one_or_that_of_the_listener() {
    let with_ports = |one: u16, other: u16| {
        let port = |port| format!("{{name: http-{port}, port: {port}, targetPort: 8080}}");
        let ports = format!("[{}, {}]", port(one), port(other));
        SERVICE.replace("[{port: 80, targetPort: 8080}]", &ports)
    };
    let no_cluster = |fixture: &Fixture| {
        let mut failures = fixture.engine.model.failures.iter();
        failures.any(|((_, code, flag), _)| *code == 503 && flag.to_string() == "NC")
    };
    let mut fixture = Fixture::serving(&scenario(50.0, 0.0), 1);
    fixture.run_checked(0);
    fixture.apply(&with_ports(80, 81));
    fixture.run_checked(10);
    assert!(!no_cluster(&fixture), "the gateway listens on 80");
    fixture.apply(&with_ports(81, 82));
    fixture.run_checked(20);
    assert!(no_cluster(&fixture), "neither of them");
}

/// IST-27.
#[test]
fn a_subset_is_defined_before_it_is_routed_to_or_requests_are_lost() {
    let canary = "  subsets:\n  - {name: canary, labels: {version: blue}}\n";
    let lost = |rule_first: bool| {
        let mut fixture = Fixture::serving(&scenario(50.0, 0.0), 1);
        fixture.run_checked(0);
        let rule = destination_rule("canary", canary);
        let route = routes(0, 1).replace("green", "canary");
        let (first, second) = if rule_first { (rule, route) } else { (route, rule) };
        fixture.apply(&first);
        fixture.run_checked(5);
        fixture.apply(&second);
        fixture.run_checked(10);
        fixture.engine.model.failures.iter().map(|(_, count)| count.total).sum::<u64>()
    };
    assert_eq!(lost(true), 0);
    assert!(100 < lost(false), "five seconds of 503 NC");
}
