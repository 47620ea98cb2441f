//! Rules IST-60..62: limits of connections, of requests that wait, and of retries.

use std::sync::Arc;

use super::*;
use crate::scenario::Scenario;

/// Blue serves with this connection pool.
fn limited(rate: f64, pool: &str, more: &str) -> Fixture {
    limited_in(&scenario(rate, 0.0), pool, more)
}

fn limited_in(scenario: &Scenario, pool: &str, more: &str) -> Fixture {
    let mut fixture = Fixture::serving(scenario, 12);
    fixture.apply(&rule(more));
    fixture.apply(&format!(
        "
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: my-app-dr}}
spec:
  host: my-app-service
  trafficPolicy: {{connectionPool: {{{pool}}}}}
  subsets: [{{name: blue, labels: {{version: blue}}}}]
"
    ));
    fixture.run_checked(-22);
    fixture
}

fn overflows(fixture: &Fixture) -> u64 {
    counted(fixture, Reporter::Source, 503, "UO")
}

/// The most that any pod has in hand at one moment of five seconds, once it is warm.
fn busiest(fixture: &mut Fixture) -> u32 {
    let mut most = 0;
    for tenth in 0..100 {
        let until = crate::time::SimTime::from_micros(-10_000_000 + tenth * 50_000);
        fixture.engine.run_until(until);
        let busy = fixture.engine.model.application.servers().map(|server| server.in_flight());
        most = most.max(busy.max().unwrap_or(0));
    }
    most
}

#[test]
fn without_limits_nothing_overflows() {
    // IST-60: Istio's own limits are no limits.
    for pool in ["tcp: {connectTimeout: 5s}", "tcp: {maxConnections: 1000}"] {
        assert_eq!(overflows(&limited(200.0, pool, "name: plain")), 0, "{pool}");
    }
}

#[test]
fn requests_beyond_the_connections_wait_and_those_beyond_the_line_are_turned_away() {
    // IST-61: three pods get one connection each, since each may always have one.
    // At 40/s they are a third busy, and nobody leaves work behind at a pod.
    let mut fixture = limited(40.0, "tcp: {maxConnections: 1}", "name: plain");
    assert_eq!(overflows(&fixture), 0, "the line has no limit");
    assert_eq!(busiest(&mut fixture), 1);
    assert!(1 < busiest(&mut limited(40.0, "tcp: {connectTimeout: 5s}", "name: plain")));
    let pool = "tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1}";
    let fixture = limited(200.0, pool, "name: plain");
    assert!(100 < overflows(&fixture), "{}", overflows(&fixture));
    assert!(0 < counted(&fixture, Reporter::Source, 200, "-"));
    assert_eq!(counted(&fixture, Reporter::Destination, 503, "UO"), 0);
}

#[test]
fn more_requests_than_allowed_at_once_are_turned_away_whatever_the_connections() {
    // IST-61.
    let fixture = limited(200.0, "http: {http2MaxRequests: 2}", "name: plain");
    assert!(100 < overflows(&fixture), "{}", overflows(&fixture));
}

#[test]
fn an_overflow_is_not_tried_again() {
    // IST-34, 61: not even with the widest conditions.
    let more = "retries: {attempts: 3, retryOn: '5xx,reset,connect-failure'}";
    let fixture = limited(200.0, "http: {http2MaxRequests: 2}", more);
    assert!(100 < overflows(&fixture), "{}", overflows(&fixture));
}

#[test]
fn whoever_waits_for_a_connection_may_give_up() {
    // Users wait 400 ms and the route 200 ms; the line is long, and nothing is lost.
    let mut fixture = limited(300.0, "tcp: {maxConnections: 1}", "name: plain");
    let users = |fixture: &Fixture| fixture.engine.model.registry.users[0];
    assert!(0 < users(&fixture).timeouts);
    fixture.apply(&rule("timeout: 200ms"));
    fixture.run_checked(-20);
    assert!(0 < counted(&fixture, Reporter::Source, 504, "UT"));
}

#[test]
fn retries_beyond_the_limit_give_the_first_error() {
    // IST-62: one retry at once.
    let more = "retries: {attempts: 5, perTryTimeout: 5ms, retryOn: reset}";
    let fixture = limited(200.0, "http: {maxRetries: 1}", more);
    assert!(0 < counted(&fixture, Reporter::Source, 504, "UO,UT"), "no room for a retry");
    let roomy = limited(200.0, "http: {maxRetries: 1000}", more);
    assert_eq!(counted(&roomy, Reporter::Source, 504, "UO,UT"), 0);
}

/// IST-62.
#[test]
fn a_retry_that_has_failed_leaves_its_room_to_the_next() {
    let mut scenario = scenario(0.5, 0.0);
    let changed = Arc::make_mut(&mut scenario);
    changed.releases.values_mut().for_each(|release| release.routes[0].errors = 1.0);
    changed.traffic[0].timeout = SimDuration::from_secs(5);
    let more = "retries: {attempts: 5, retryOn: 5xx}";
    let mut fixture = limited_in(&scenario, "http: {maxRetries: 1}", more);
    fixture.run_checked(30);
    assert!(0 < counted(&fixture, Reporter::Source, 500, "URX"), "the only request at a time");
}
