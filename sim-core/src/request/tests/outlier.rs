//! Rules IST-50..54: endpoints that fail are left out for a while.

use std::sync::Arc;

use super::*;

/// A service of three good blue and three bad green pods, whose rule has this policy.
fn mixed(policy: &str) -> Fixture {
    let mut scenario = scenario(100.0, 1.0);
    Arc::make_mut(&mut scenario).traffic[0].retries = 0;
    let mut fixture = Fixture::serving(&scenario, 11);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.apply(&format!(
        "
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: my-app-dr}}
spec:
  host: my-app-service
  trafficPolicy: {{{policy}}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: my-app-vs}}
spec:
  hosts: ['*']
  gateways: [my-gateway]
  http: [{{route: [{{destination: {{host: my-app-service}}}}]}}]
"
    ));
    fixture.run_checked(-10);
    fixture
}

/// Lines of the trace that cite a rule.
fn citing(fixture: &Fixture, rule: &str) -> Vec<String> {
    let entries = fixture.engine.model.trace.iter();
    let citing = entries.filter(|entry| entry.rules.contains(&rule));
    citing.map(|entry| entry.text.clone()).collect()
}

fn errors(fixture: &Fixture) -> u64 {
    fixture.engine.model.registry.users[0].errors
}

#[test]
fn endpoints_that_fail_are_left_out_and_come_back_at_a_sweep() {
    // IST-51..53: half of six may go; bad again, they stay out twice as long.
    let policy = "outlierDetection: {maxEjectionPercent: 50, baseEjectionTime: 20s, interval: 5s}";
    let mut fixture = mixed(policy);
    let ejected = citing(&fixture, "IST-51");
    assert_eq!(ejected.len(), 3, "{ejected:?}");
    assert!(ejected.iter().all(|text| text.contains("ejects my-app-green-")), "{ejected:?}");
    assert!(ejected.iter().all(|text| text.contains("for at least 20s")), "{ejected:?}");
    let before = errors(&fixture);
    fixture.run_checked(-4);
    assert_eq!(errors(&fixture), before, "only good pods are left");
    fixture.run_checked(20);
    assert!(3 <= citing(&fixture, "IST-53").iter().filter(|text| text.contains("back")).count());
    let again = citing(&fixture, "IST-51");
    assert!(again.iter().any(|text| text.contains("for at least 40s")), "{again:?}");
}

#[test]
fn the_cap_spares_endpoints_of_small_clusters_and_says_so() {
    // IST-52, OIST-9: one of six is more than 10 %.
    let mut fixture = mixed("outlierDetection: {}");
    let before = errors(&fixture);
    fixture.run_checked(0);
    assert!(before + 200 < errors(&fixture));
    let said = citing(&fixture, "IST-52");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("maxEjectionPercent does not allow 1 of 6"), "{said:?}");
}
