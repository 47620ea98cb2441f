//! Injected faults and copies of requests (B.3).

use super::agreement::{assert_same_share, outcome};
use super::case::{self, Acts, Ask, BADLY, Case, WELL};
use super::config::name_of;
use super::gateway::{self, judge, not_before};

/// 80 seconds at 100/s, the lead before time zero included.
const SIMULATED: (f64, u64) = (100.0, 20);

/// IST-37.
#[test]
fn delays_and_aborts_hit_their_shares_and_both_can_hit_one_request() {
    // IST-37, IST-23: DI, FI, and both; an injected abort is not retried.
    let case = Case::new().version("blue", 1, WELL).rules(
        "  - fault:
      delay: {fixedDelay: 5ms, percentage: {value: 40}}
      abort: {httpStatus: 503, percentage: {value: 25}}
    retries: {attempts: 3, retryOn: 5xx}
    route: [$blue]",
    );
    judge(&case, async |mut gateway| {
        let simulated = case::outcomes(&case.simulate(&Ask::get("/"), SIMULATED));
        let lines = gateway.ask(&Ask::get("/"), 3_000, 32).await;
        gateway::outcomes(&lines).assert_like(&simulated, "faults");
        assert_eq!(simulated.kinds().len(), 4, "neither, each, and both");
    });
}

/// IST-35, IST-37.
#[test]
fn an_injected_delay_is_not_under_the_routes_timeout() {
    // IST-37: 400 ms of delay, 300 ms of timeout, and everybody is served.
    let case = Case::new().version("blue", 1, WELL).rules(
        "  - fault: {delay: {fixedDelay: 400ms, percentage: {value: 100}}}
    timeout: 300ms
    route: [$blue]",
    );
    judge(&case, async |mut gateway| {
        let simulated = case::outcomes(&case.simulate(&Ask::get("/"), (5.0, 1)));
        let lines = gateway.ask(&Ask::get("/"), 10, 10).await;
        let envoy = gateway::outcomes(&lines);
        assert_eq!(envoy.kinds(), [outcome("blue", 200, "DI")]);
        assert_eq!(envoy.kinds(), simulated.kinds());
        assert!(lines.iter().all(|line| not_before(400) <= line.took), "{lines:?}");
    });
}

/// IST-37.
#[test]
fn a_delayed_request_that_fails_shows_both_reasons() {
    // IST-23: flags add up.
    let case = Case::new()
        .version("closed", 1, Acts::Refuse)
        .version("slow", 1, Acts::Answer { after_ms: 5_000, errors: 0.0 })
        .version("bad", 1, BADLY)
        .version("empty", 0, WELL)
        .rules(
            "  - match: [{uri: {exact: /closed}}]
    fault: &delay {delay: {fixedDelay: 5ms, percentage: {value: 100}}}
    route: [$closed]
  - match: [{uri: {exact: /slow}}]
    fault: *delay
    timeout: 50ms
    route: [$slow]
  - match: [{uri: {exact: /bad}}]
    fault: *delay
    retries: {attempts: 1, retryOn: 5xx}
    route: [$bad]
  - match: [{uri: {exact: /empty}}]
    fault: *delay
    route: [$empty]
  - match: [{uri: {exact: /undefined}}]
    fault: *delay
    route: [$purple]",
        );
    judge(&case, async |mut gateway| {
        for path in ["/closed", "/slow", "/bad", "/empty", "/undefined"] {
            let simulated = case::outcomes(&case.simulate(&Ask::get(path), (2.0, 1))).kinds();
            let lines = gateway.ask(&Ask::get(path), 1, 1).await;
            assert_eq!(gateway::outcomes(&lines).kinds(), simulated, "{path}");
        }
    });
}

/// IST-38.
#[test]
fn copies_are_made_of_their_share_and_no_user_sees_what_becomes_of_them() {
    // IST-38: a share, all by default, none at 0, and a destination that fails or does not exist.
    let case = Case::new().version("blue", 1, WELL).version("bad", 1, BADLY).rules(
        "  - match: [{uri: {exact: /some}}]
    mirror: {host: my-app, subset: bad}
    mirrorPercentage: {value: 30}
    route: [$blue]
  - match: [{uri: {exact: /all}}]
    mirrors: [{destination: {host: my-app, subset: bad}}]
    route: [$blue]
  - match: [{uri: {exact: /none}}]
    mirrors: [{destination: {host: my-app, subset: bad}, percentage: {value: 0}}]
    route: [$blue]
  - match: [{uri: {exact: /undefined}}]
    mirror: {host: my-app, subset: purple}
    route: [$blue]",
    );
    judge(&case, async |mut gateway| {
        let mut copies = 0;
        for (path, asked) in [("/some", 2_000), ("/all", 200), ("/none", 200), ("/undefined", 200)]
        {
            let simulation = case.simulate(&Ask::get(path), SIMULATED);
            let simulated = case::outcomes(&simulation);
            let lines = gateway.ask(&Ask::get(path), asked, 16).await;
            assert_eq!(gateway::outcomes(&lines).kinds(), [outcome("blue", 200, "-")], "{path}");
            assert_eq!(simulated.kinds(), [outcome("blue", 200, "-")], "{path}");
            // Copies go their own way: all have arrived when none is under way.
            gateway.until_statistic("bad", "upstream_rq_active", 0).await;
            let seen = gateway.seen("bad").len() as u64;
            let envoy = (seen - copies, u64::from(asked));
            copies = seen;
            let of_simulated = (case::tries(&simulation, "bad"), simulated.total());
            // At the very end a copy may be under way without its original, or the other way round.
            if path == "/all" {
                assert_eq!(envoy.0, envoy.1);
                assert!(of_simulated.0.abs_diff(of_simulated.1) <= 1, "{of_simulated:?}");
            } else {
                assert_same_share(&format!("copies: {path}"), envoy, of_simulated);
            }
        }
    });
}

/// IST-37.
#[test]
fn a_user_who_leaves_during_a_delay_shows_both() {
    // IST-23, 37.
    let case = Case::new().version("blue", 1, WELL).rules(
        "  - fault: {delay: {fixedDelay: 30m, percentage: {value: 100}}}\n    route: [$blue]",
    );
    judge(&case, async |mut gateway| {
        let line =
            gateway.ask_and_leave(&Ask::get("/"), "http.gateway.fault.delays_injected", 1).await;
        assert_eq!(line.outcome, outcome("unknown", 0, "DI,DC"), "Envoy");
        // Simulated users wait for a minute.
        let simulated = case::outcomes(&case.simulate(&Ask::get("/"), (2.0, 70)));
        assert_eq!(simulated.kinds(), [outcome("unknown", 0, "DI,DC")], "simulator");
    });
}

/// IST-38.
#[test]
fn a_request_that_is_retried_is_copied_once() {
    // IST-38: copies are made of the request, not of its tries.
    let case = Case::new()
        .version("flaky", 2, Acts::Answer { after_ms: 1, errors: 0.5 })
        .version("copy", 1, WELL)
        .rules(
            "  - mirror: {host: my-app, subset: copy}
    retries: {attempts: 4, retryOn: 5xx, backoff: 1ms}
    route: [$flaky]",
        );
    judge(&case, async |mut gateway| {
        let lines = gateway.ask(&Ask::get("/"), 200, 8).await;
        assert!(lines.iter().any(|line| 1 < line.attempts), "nothing was retried");
        gateway.until_seen("copy", 200).await;
        gateway.until_statistic("copy", "upstream_rq_active", 0).await;
        assert_eq!(gateway.seen("copy").len(), 200);
        let simulation = case.simulate(&Ask::get("/"), (20.0, 10));
        let asked = case::outcomes(&simulation).total();
        // At the very end a copy may be under way without its original, or the other way round.
        assert!(case::tries(&simulation, "copy").abs_diff(asked) <= 1, "{asked}");
        assert!(asked + 100 < case::tries(&simulation, "flaky"), "nothing was retried");
    });
}

#[test]
fn a_user_who_leaves_a_slow_pod_has_no_answer_and_the_flag_dc() {
    // IST-23.
    let minutes = Acts::Answer { after_ms: 600_000, errors: 0.0 };
    let case = Case::new().version("slow", 1, minutes).rules("  - route: [$all]");
    judge(&case, async |mut gateway| {
        let active = format!("cluster.{}.upstream_rq_active", name_of(""));
        let line = gateway.ask_and_leave(&Ask::get("/"), &active, 1).await;
        assert_eq!(line.outcome, outcome("slow", 0, "DC"), "Envoy");
        let simulated = case::outcomes(&case.simulate(&Ask::get("/"), (2.0, 70)));
        assert_eq!(simulated.kinds(), [outcome("slow", 0, "DC")], "simulator");
    });
}
