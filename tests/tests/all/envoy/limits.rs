//! Limits of connection pools (B.6).

use sim_core::mesh::flag::Flags;
use sim_core::mesh::proxy::Choice;
use sim_core::request::Requests;
use sim_core::time::SimTime;
use sim_core::workload::ClassId;

use super::agreement::outcome;
use super::case::{Acts, Ask, Case};
use super::gateway::judge;

/// What the simulated gateway decides for so many requests that all stay open.
fn decisions(case: &Case, count: usize) -> Vec<&'static str> {
    let simulation = case.simulate(&Ask::get("/"), (0.001, 1));
    let mut gateway = simulation.world().mesh.gateway().clone();
    let mut requests = Requests::default();
    let mut decide = || match gateway.choose(ClassId(0), SimTime::ZERO) {
        Choice::Endpoint { .. } => "sent",
        Choice::Wait { host } => {
            let id = requests.open(ClassId(0), SimTime::ZERO);
            gateway.enqueue(host, id, &mut requests);
            "waits"
        }
        Choice::Fail { flag: Flags::OVERFLOW, .. } => "503 UO",
        _ => "something else",
    };
    (0..count).map(|_| decide()).collect()
}

/// IST-61.
#[test]
fn requests_wait_for_a_connection_until_the_line_is_full() {
    // IST-61: one is served, two wait, the rest are turned away.
    let case = Case::new()
        .version("told", 1, Acts::Obey)
        .policy("{connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 2}}}")
        .rules("  - route: [$all]");
    assert_eq!(decisions(&case, 5), ["sent", "waits", "waits", "503 UO", "503 UO"]);
    judge(&case, async |mut gateway| {
        let hang = Ask::get("/").with("x-answers", "hang");
        gateway.ask_meanwhile(&hang, 0);
        gateway.until_seen("told", 1).await;
        for waiting in [1, 2] {
            gateway.ask_meanwhile(&hang, 0);
            gateway.until_statistic("", "upstream_rq_pending_active", waiting).await;
        }
        for line in gateway.ask(&hang, 2, 1).await {
            assert_eq!(line.outcome, outcome("unknown", 503, "UO"));
        }
        assert_eq!(gateway.seen("told").len(), 1);
    });
}

/// IST-61.
#[test]
fn every_endpoint_may_have_one_connection_whatever_the_limit() {
    // IST-61: or nobody would ever serve its line.
    let case = Case::new()
        .version("told", 2, Acts::Obey)
        .policy("{loadBalancer: {simple: ROUND_ROBIN}, connectionPool: {tcp: {maxConnections: 1}}}")
        .rules("  - route: [$all]");
    assert_eq!(decisions(&case, 4), ["sent", "sent", "waits", "waits"]);
    judge(&case, async |gateway| {
        let hang = Ask::get("/").with("x-answers", "hang");
        for seen in 1..=2 {
            gateway.ask_meanwhile(&hang, 0);
            gateway.until_seen("told", seen).await;
        }
        for waiting in 1..=2 {
            gateway.ask_meanwhile(&hang, 0);
            gateway.until_statistic("", "upstream_rq_pending_active", waiting).await;
        }
        assert_eq!(gateway.seen("told").len(), 2);
    });
}

/// IST-61.
#[test]
fn more_requests_at_once_than_allowed_are_turned_away() {
    // IST-61: with HTTP/1.1 too, and over all endpoints of the cluster.
    let case = Case::new()
        .version("told", 2, Acts::Obey)
        .policy("{connectionPool: {http: {http2MaxRequests: 3}}}")
        .rules("  - route: [$all]");
    assert_eq!(decisions(&case, 5), ["sent", "sent", "sent", "503 UO", "503 UO"]);
    judge(&case, async |mut gateway| {
        let hang = Ask::get("/").with("x-answers", "hang");
        for seen in 1..=3 {
            gateway.ask_meanwhile(&hang, 0);
            gateway.until_seen("told", seen).await;
        }
        for line in gateway.ask(&hang, 2, 1).await {
            assert_eq!((line.outcome.code, line.outcome.flags.as_str()), (503, "UO"));
        }
        assert_eq!(gateway.seen("told").len(), 3);
    });
}

/// IST-62.
#[test]
fn retries_beyond_the_limit_are_not_made_and_say_so() {
    // IST-62.
    let case = Case::new()
        .version("told", 1, Acts::Obey)
        .policy("{connectionPool: {http: {maxRetries: 1}}}")
        .rules("  - retries: {attempts: 2, retryOn: 5xx, backoff: 1ms}\n    route: [$all]");
    judge(&case, async |mut gateway| {
        gateway.ask_meanwhile(&Ask::get("/").with("x-answers", "503,hang"), 0);
        gateway.until_seen("told", 2).await;
        let ask = Ask::get("/").with("x-answers", "500,200");
        let line = gateway.ask(&ask, 1, 1).await.remove(0);
        assert_eq!((line.outcome, line.attempts), (outcome("told", 500, "UO"), 1));
    });
}
