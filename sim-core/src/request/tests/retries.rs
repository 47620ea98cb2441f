//! Rules IST-30..35: retries and timeouts.

use std::sync::Arc;

use super::*;
use crate::random::Lognormal;

#[test]
fn a_refused_connection_is_tried_elsewhere_and_the_user_sees_200() {
    // IST-30, OIST-14: one of three pods has gone, and the gateway does not know yet.
    for (more, failures) in [("name: plain", false), ("retries: {attempts: 0}", true)] {
        let mut fixture = serving(200.0, more, 2);
        kill_one(&mut fixture);
        fixture.run_checked(-20);
        let refused = counted(&fixture, Reporter::Source, 503, "UF");
        assert_eq!(0 < refused, failures, "{more}: {refused} refused");
        assert_eq!(counted(&fixture, Reporter::Source, 503, "URX,UF"), 0);
        // What the process had begun is cut, and not tried again by default.
        assert!(0 < counted(&fixture, Reporter::Source, 503, "UC"));
    }
}

#[test]
fn a_cut_connection_is_tried_again_if_the_rule_says_so() {
    // IST-34: `reset` is no answer at all.
    let mut fixture = serving(200.0, "retries: {attempts: 2, retryOn: 'reset,connect-failure'}", 2);
    kill_one(&mut fixture);
    fixture.run_checked(-20);
    for flag in ["UC", "URX,UC", "UF", "URX,UF"] {
        assert_eq!(counted(&fixture, Reporter::Source, 503, flag), 0, "{flag}");
    }
    assert_eq!(fixture.engine.model.registry.users[0].errors, 0);
}

/// Shares of tries that the pods, and of requests that the users saw fail, with a release that fails
/// three times in ten.
fn failing(more: &str) -> (f64, f64, u64) {
    let mut scenario = scenario(200.0, 0.0);
    for release in Arc::make_mut(&mut scenario).releases.values_mut() {
        release.routes[0].errors = 0.3;
    }
    Arc::make_mut(&mut scenario).traffic[0].retries = 0;
    let mut fixture = Fixture::serving(&scenario, 5);
    fixture.apply(&rule(more));
    fixture.run_checked(-29);
    let before = |fixture: &Fixture| {
        let count = |reporter, code, flag| counted(fixture, reporter, code, flag) as f64;
        [
            count(Reporter::Destination, 500, "-"),
            count(Reporter::Destination, 200, "-"),
            count(Reporter::Source, 500, "-") + count(Reporter::Source, 500, "URX"),
            count(Reporter::Source, 200, "-"),
        ]
    };
    let start = before(&fixture);
    fixture.run_checked(0);
    let end = before(&fixture);
    let [tries_failed, tries_served, failed, served] =
        std::array::from_fn(|index| end[index] - start[index]);
    let urx = counted(&fixture, Reporter::Source, 500, "URX");
    (tries_failed / (tries_failed + tries_served), failed / (failed + served), urx)
}

#[test]
fn an_answer_is_tried_again_only_if_the_rule_says_so() {
    // IST-30, 34, OIST-13. About 5 200 requests: four standard deviations of 0.3 are 0.025.
    let (tries, users, urx) = failing("name: plain");
    assert!((tries - 0.3).abs() < 0.025 && (users - tries).abs() < 0.01, "{tries} {users}");
    assert_eq!(urx, 0);
    // With two retries all three tries fail with 0.3^3 = 0.027; four standard deviations are 0.009.
    let (tries, users, urx) = failing("retries: {attempts: 2, retryOn: 5xx}");
    assert!((tries - 0.3).abs() < 0.025 && (users - 0.027).abs() < 0.01, "{tries} {users}");
    assert!(0 < urx);
    // 500 is no gateway error.
    let (_, users, urx) = failing("retries: {attempts: 2, retryOn: gateway-error}");
    assert!((users - 0.3).abs() < 0.025, "{users}");
    assert_eq!(urx, 0);
}

#[test]
fn a_slow_try_is_given_up_and_its_pod_works_on() {
    // IST-32, 34: requests take about 17 ms; few tries end within 10 ms.
    let mut fixture =
        serving(100.0, "retries: {attempts: 3, perTryTimeout: 10ms, retryOn: reset}", 3);
    fixture.run_checked(-15);
    let left = counted(&fixture, Reporter::Destination, 0, "DC");
    let failed = counted(&fixture, Reporter::Source, 504, "URX,UT");
    assert!(0 < failed && failed < left, "{failed} failed, {left} tries were given up");
    assert!(0 < counted(&fixture, Reporter::Source, 200, "-"));
    // Without a condition that covers it, the first slow try is the end.
    let mut fixture = serving(100.0, "retries: {attempts: 3, perTryTimeout: 10ms}", 3);
    fixture.run_checked(-20);
    assert!(0 < counted(&fixture, Reporter::Source, 504, "UT"));
    assert_eq!(counted(&fixture, Reporter::Source, 504, "URX,UT"), 0);
}

/// IST-32, 36.
#[test]
fn the_clock_of_a_try_stands_until_there_is_a_connection() {
    let retries = "retries: {attempts: 1, perTryTimeout: 100ms, retryOn: retriable-4xx}";
    let mut fixture = serving(50.0, retries, 3);
    fixture.apply(
        "
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-app-dr}
spec:
  host: my-app-service
  trafficPolicy: {connectionPool: {tcp: {connectTimeout: 200ms}}}
  subsets: [{name: blue, labels: {version: blue}}]
",
    );
    fixture.run_checked(-20);
    inject(&mut fixture, "partition -l version=blue --for 60s");
    fixture.run_checked(-18);
    let late = counted(&fixture, Reporter::Source, 504, "UT");
    fixture.run_checked(-10);
    assert!(100 < counted(&fixture, Reporter::Source, 503, "UF"));
    assert_eq!(counted(&fixture, Reporter::Source, 504, "UT"), late);
}

/// IST-34.
#[test]
fn another_try_takes_as_long_as_any_whatever_the_first_had_begun() {
    let mut scenario = scenario(20.0, 0.0);
    let time = SimDuration::from_millis(100);
    let changed = Arc::make_mut(&mut scenario);
    for release in changed.releases.values_mut() {
        (release.workers, release.cold_factor) = (64, 1.0);
        release.routes[0].cpu = Lognormal::new(time, 0.0);
        release.routes[0].sql.clear();
    }
    changed.traffic[0].timeout = SimDuration::from_secs(2);
    let mut fixture = Fixture::serving(&scenario, 5);
    fixture.apply(&rule("retries: {attempts: 2, retryOn: 'reset,connect-failure'}"));
    for until in [-25, -15, -5, 5, 15] {
        fixture.run_checked(until);
        kill_one(&mut fixture);
    }
    fixture.run_checked(25);
    let series = fixture.engine.model.registry.series();
    let at_pods =
        series.filter(|(_, one)| one.reporter == Reporter::Destination && one.code == 200);
    for (_, one) in at_pods {
        assert_eq!(one.sum_micros, time.as_micros() * one.requests);
    }
}

#[test]
fn the_routes_timeout_spans_all_tries_and_ends_them() {
    // IST-34, 35: four tries of 10 ms and their pauses do not fit into 30 ms.
    let more = "timeout: 30ms\n    retries: {attempts: 9, perTryTimeout: 10ms, retryOn: reset}";
    let mut fixture = serving(100.0, more, 4);
    fixture.run_checked(-10);
    assert!(0 < counted(&fixture, Reporter::Source, 504, "UT"));
    assert_eq!(counted(&fixture, Reporter::Source, 504, "URX,UT"), 0);
    let source = fixture.engine.model.registry.series();
    let late = source.filter(|(_, one)| one.flag.to_string() == "UT");
    for (_, one) in late {
        assert_eq!(one.sum_micros, 30_000 * one.requests, "every one ends after 30 ms");
    }
}
