//! Outlier detection and panic (B.4, B.5).

use sim_core::simulation::Simulation;
use sim_core::trace::Topic;

use super::agreement::{Outcome, assert_same_share, outcome};
use super::case::{self, Acts, Ask, BADLY, Case, WELL};
use super::gateway::{self, Gateway, judge};

/// Users who hardly ever meet, so that errors come one after the other.
const LONELY: (f64, u64) = (4.0, 60);

/// Endpoints that the simulated gateway has ejected from the Service's cluster.
fn ejected(simulation: &Simulation) -> usize {
    let gateway = simulation.world().mesh.gateway();
    let cluster = &gateway.config.clusters[0];
    let out = cluster.endpoints.iter().filter(|one| gateway.is_ejected(cluster, one.pod));
    out.count()
}

/// Requests of one user after whose last nobody was left out if somebody should have been.
const PATIENCE: u64 = 120;

/// One user asks until the endpoint is out that should be after so many failures, and goes on. Gives
/// the failures, and how many endpoints are out.
async fn failures_until_ejected(
    gateway: &mut Gateway,
    failure: &Outcome,
    times: Option<u64>,
) -> (u64, u64) {
    let mut failed = 0;
    for _ in 0..PATIENCE {
        let line = gateway.ask(&Ask::get("/"), 1, 1).await.remove(0);
        if line.outcome != *failure {
            continue;
        }
        failed += 1;
        if times == Some(failed) {
            // Envoy's main thread decides, and its worker hears of it.
            gateway.until_statistic("", "outlier_detection.ejections_active", 1).await;
        }
    }
    (failed, gateway.statistic("", "outlier_detection.ejections_active").await)
}

/// IST-51.
#[test]
fn an_endpoint_is_out_after_exactly_so_many_failures_in_a_row() {
    // IST-51, 52; OIST-10. A failed connection counts as 503 and a timeout as 504, so both are gateway
    // errors too; 500 is none.
    let half = "maxEjectionPercent: 50, baseEjectionTime: 1h, interval: 1h";
    let gateway_errors = "consecutive5xxErrors: 0, consecutiveGatewayErrors: 3";
    let slow = Acts::Answer { after_ms: 5_000, errors: 0.0 };
    for (what, acts, policy, failure, times) in [
        ("500", BADLY, "", (500, "-"), Some(5)),
        ("500, three", BADLY, "consecutive5xxErrors: 3", (500, "-"), Some(3)),
        ("500 as gateway error", BADLY, gateway_errors, (500, "-"), None),
        ("refused", Acts::Refuse, "", (503, "UF"), Some(5)),
        ("refused as gateway error", Acts::Refuse, gateway_errors, (503, "UF"), Some(3)),
        ("timeout", slow, "", (504, "UT"), Some(5)),
        ("timeout as gateway error", slow, gateway_errors, (504, "UT"), Some(3)),
    ] {
        let comma = if policy.is_empty() { "" } else { ", " };
        let case = Case::new()
            .version("blue", 2, WELL)
            .version("bad", 1, acts)
            .policy(&format!("{{outlierDetection: {{{half}{comma}{policy}}}}}"))
            .rules("  - retries: {attempts: 0}\n    timeout: 60ms\n    route: [$all]");
        judge(&case, async |mut gateway| {
            let failure = outcome("bad", failure.0, failure.1);
            let (failed, out) = failures_until_ejected(&mut gateway, &failure, times).await;
            let simulation = case.simulate(&Ask::get("/"), LONELY);
            let failed = (failed, case::outcomes(&simulation).count(&failure));
            println!("{what:<64} Envoy {:>9}  simulator {:>9}", failed.0, failed.1);
            match times {
                Some(times) => assert_eq!((failed, out), ((times, times), 1), "{what}"),
                None => assert_eq!((failed.0 > 10, failed.1 > 10, out), (true, true, 0), "{what}"),
            }
            assert_eq!(ejected(&simulation) as u64, out, "{what}");
        });
    }
}

/// IST-51.
#[test]
fn a_connection_that_is_cut_counts_as_503() {
    // IST-23, 51: UC, of which three are gateway errors and five are 5xx.
    for (policy, times) in [
        ("consecutive5xxErrors: 5", 5),
        ("consecutive5xxErrors: 0, consecutiveGatewayErrors: 3", 3),
    ] {
        let case = Case::new()
            .version("blue", 2, WELL)
            .version("cut", 1, Acts::Cut)
            .policy(&format!(
                "{{outlierDetection: {{maxEjectionPercent: 50, baseEjectionTime: 1h, interval: 1h, {policy}}}}}"
            ))
            .rules("  - route: [$all]");
        judge(&case, async |mut gateway| {
            let failure = outcome("cut", 503, "UC");
            let seen = failures_until_ejected(&mut gateway, &failure, Some(times)).await;
            assert_eq!(seen, (times, 1), "{policy}");
        });
    }
}

/// IST-51.
#[test]
fn copies_that_fail_count_and_overflows_do_not() {
    // IST-38, 51, 61: an endpoint of which only copies know is left out; one at its limit is not.
    let policy = "outlierDetection: {maxEjectionPercent: 100, baseEjectionTime: 1h, interval: 1h}";
    let case = Case::new()
        .version("blue", 1, WELL)
        .version("bad", 1, BADLY)
        .policy(&format!("{{{policy}}}"))
        .rules("  - mirror: {host: my-app, subset: bad}\n    route: [$blue]");
    judge(&case, async |mut gateway| {
        while gateway.statistic("bad", "outlier_detection.ejections_active").await == 0 {
            gateway.ask(&Ask::get("/"), 5, 1).await;
        }
        let simulation = case.simulate(&Ask::get("/"), LONELY);
        assert_eq!(case::tries(&simulation, "bad"), 5);
    });
    let pool = "connectionPool: {http: {http2MaxRequests: 1}}";
    let case = Case::new()
        .version("told", 1, Acts::Obey)
        .policy(&format!("{{{policy}, {pool}}}"))
        .rules("  - route: [$all]");
    judge(&case, async |mut gateway| {
        let hang = Ask::get("/").with("x-answers", "hang");
        gateway.ask_meanwhile(&hang, 0);
        gateway.until_seen("told", 1).await;
        let lines = gateway.ask(&hang, 20, 1).await;
        assert!(lines.iter().all(|line| line.outcome.flags == "UO"), "{lines:?}");
        assert_eq!(gateway.statistic("", "outlier_detection.ejections_active").await, 0);
        // The simulated pod answers after a while, so some are served and many are turned away.
        let slow = Acts::Answer { after_ms: 500, errors: 0.0 };
        let case = Case::new().version("slow", 1, slow);
        let case = case.policy(&format!("{{{policy}, {pool}}}")).rules("  - route: [$all]");
        let simulation = case.simulate(&Ask::get("/"), (50.0, 10));
        let overflows = case::outcomes(&simulation).count(&outcome("slow", 503, "UO"));
        assert!(1_000 < overflows, "{overflows}");
        assert_eq!(ejected(&simulation), 0);
    });
}

/// IST-52.
#[test]
fn the_cap_counts_the_endpoint_that_would_go() {
    // IST-52; OIST-9, OIST-10, OIST-11: none of 3 at 10 %, one of 3 at 50 %, two of 20 at 10 %.
    for (pods, percent, out) in [(3, 10, 0), (3, 50, 1), (20, 10, 2), (4, 50, 2)] {
        let case = Case::new()
            .version("bad", pods, BADLY)
            .policy(&format!(
                "{{outlierDetection: {{maxEjectionPercent: {percent}, baseEjectionTime: 1h, interval: 1h}}}}"
            ))
            .rules("  - route: [$all]");
        judge(&case, async |mut gateway| {
            gateway.ask(&Ask::get("/"), 40 * pods, 2).await;
            let envoy = gateway.statistic("", "outlier_detection.ejections_active").await;
            let simulation = case.simulate(&Ask::get("/"), (f64::from(pods), 10));
            println!("{pods} endpoints, {percent} %: {envoy} out");
            assert_eq!((envoy, ejected(&simulation)), (out, out as usize), "{pods}, {percent} %");
        });
    }
}

/// A policy under which all may go, after two errors each, for good.
fn strict(more: &str) -> String {
    format!(
        "{{loadBalancer: {{simple: RANDOM}}, outlierDetection: {{consecutive5xxErrors: 2, \
         maxEjectionPercent: 100, baseEjectionTime: 1h, interval: 1h{more}}}}}"
    )
}

/// IST-45.
#[test]
fn without_healthy_endpoints_panic_decides_between_all_and_none() {
    // IST-45: panic is off unless minHealthPercent asks for it.
    for (more, end) in
        [("", outcome("unknown", 503, "UH")), (", minHealthPercent: 50", outcome("bad", 500, "-"))]
    {
        let case =
            Case::new().version("bad", 3, BADLY).policy(&strict(more)).rules("  - route: [$all]");
        judge(&case, async |mut gateway| {
            while gateway.statistic("", "outlier_detection.ejections_active").await < 3 {
                gateway.ask(&Ask::get("/"), 10, 1).await;
            }
            gateway.until_merged().await;
            let envoy = gateway::outcomes(&gateway.ask(&Ask::get("/"), 20, 1).await);
            assert_eq!(envoy.kinds().as_slice(), std::slice::from_ref(&end), "Envoy{more}");
            let ours = case::outcomes(&case.simulate(&Ask::get("/"), LONELY));
            assert_eq!(ours.kinds().last(), Some(&end), "simulator{more}");
        });
    }
}

/// IST-45.
#[test]
fn the_share_of_healthy_endpoints_below_which_all_are_used_is_exclusive() {
    // IST-45: with two of four out, 50 % is enough for 50 but not for 51.
    for (more, panics) in [(", minHealthPercent: 50", false), (", minHealthPercent: 51", true)] {
        let case = Case::new()
            .version("blue", 2, WELL)
            .version("bad", 2, BADLY)
            .policy(&strict(more))
            .rules("  - route: [$all]");
        judge(&case, async |mut gateway| {
            while gateway.statistic("", "outlier_detection.ejections_active").await < 2 {
                gateway.ask(&Ask::get("/"), 10, 1).await;
            }
            gateway.until_merged().await;
            let envoy = gateway::outcomes(&gateway.ask(&Ask::get("/"), 1_000, 16).await);
            let ours = case::outcomes(&case.simulate(&Ask::get("/"), (20.0, 60)));
            let bad = outcome("bad", 500, "-");
            let [theirs, ours] = [&envoy, &ours].map(|one| (one.count(&bad), one.total()));
            if panics {
                assert_same_share("panic: errors of two bad among four", theirs, ours);
            } else {
                // Two each, and those of the second before its merge window ends.
                assert_eq!(theirs.0, 0);
                assert!((4..4 + 20).contains(&ours.0), "{ours:?}");
            }
        });
    }
}

/// IST-54.
#[test]
fn the_balancer_hears_of_the_first_ejection_at_once_and_of_others_within_the_merge_window() {
    // IST-54: changes of health within a second are told together, a second after the second of them.
    let case = Case::new()
        .version("blue", 1, WELL)
        .version("bad", 3, BADLY)
        .policy(&strict(""))
        .rules("  - route: [$all]");
    // The doors open at -60 s, long after the endpoints came; users come every 2 ms.
    let simulation = case.simulate(&Ask::get("/"), (500.0, 1));
    let trace = simulation.trace().iter().filter(|entry| entry.topic == Topic::Request);
    let bad = trace.filter(|entry| entry.text.contains("version bad")).map(|entry| entry.at);
    let bad: Vec<_> = bad.map(|at| at.as_secs_f64() + 60.0).collect();
    assert!(bad.last().is_some_and(|&last| last < 1.2), "{bad:?}");
    let ours = case::outcomes(&simulation).count(&outcome("bad", 500, "-"));
    // A second from the second ejection on, at 500/s.
    assert_two_of_three("simulator", ours, 500.0);
    judge(&case, async |mut gateway| {
        let (mut failed, mut asked) = (0, 0.0);
        let began = std::time::Instant::now();
        loop {
            let lines = gateway.ask(&Ask::get("/"), 50, 1).await;
            if 0 < gateway.merged().await {
                break;
            }
            failed += gateway::outcomes(&lines).count(&outcome("bad", 500, "-"));
            asked += 50.0;
        }
        assert!(1.0 <= began.elapsed().as_secs_f64(), "{:?}", began.elapsed());
        let lines = gateway.ask(&Ask::get("/"), 200, 1).await;
        assert_eq!(gateway::outcomes(&lines).kinds(), [outcome("blue", 200, "-")]);
        assert_two_of_three("Envoy", failed, asked);
    });
}

/// Within the window the balancer knows three endpoints, two of them bad; without it six errors would
/// do. What comes before the first ejection adds fewer than ten. The number of requests that the
/// simulator's users send in a time varies as their mean, Envoy's is counted: five deviations of the
/// wider one.
#[track_caller]
fn assert_two_of_three(who: &str, failed: u64, asked: f64) {
    let expected = asked * 2.0 / 3.0;
    let bound = 5.0 * expected.sqrt() + 10.0;
    println!("errors within the merge window: {who} {failed}, expected {expected:.0} ± {bound:.0}");
    assert!((failed as f64 - expected).abs() <= bound, "{who}: {failed} of {asked}");
    assert!(50 < failed, "{who}: the window is too short to tell");
}

/// Seconds of the day in a timestamp such as `2026-11-25T14:52:57.123Z`.
fn seconds_of_day(timestamp: &str) -> f64 {
    let time = timestamp.split('T').nth(1).expect("a time").trim_end_matches('Z');
    time.split(':').fold(0.0, |sum, part| 60.0 * sum + part.parse::<f64>().expect("a number"))
}

/// IST-53.
#[test]
fn every_ejection_in_a_row_lasts_one_base_longer() {
    // IST-53, OIST-12. An endpoint comes back at the first sweep after its time: sweeps are 700 ms
    // apart, so the k-th absence takes between k and k + 1 times the 1.1 s, late timers included. It is
    // longer than the merge window, so the balancer hears of its end at once.
    const BASE: f64 = 1.1;
    let case = Case::new()
        .version("blue", 1, WELL)
        .version("bad", 1, BADLY)
        .policy(
            "{outlierDetection: {consecutive5xxErrors: 1, maxEjectionPercent: 50, interval: 700ms, baseEjectionTime: 1100ms}}",
        )
        .rules("  - route: [$all]");
    let simulation = case.simulate(&Ask::get("/"), (200.0, 1));
    let trace = simulation.trace().iter().filter(|entry| entry.topic == Topic::Endpoints);
    let moments = trace.filter(|entry| entry.rules.contains(&"IST-53"));
    let ours: Vec<_> = moments.map(|entry| entry.at.as_secs_f64()).take(6).collect();
    judge(&case, async |mut gateway| {
        let mut events = Vec::new();
        while events.len() < 6 {
            gateway.ask(&Ask::get("/"), 200, 2).await;
            events = gateway.outlier_events(0).await;
        }
        let times = events.iter().map(|event| event["timestamp"].as_str().expect("a timestamp"));
        let theirs: Vec<_> = times.take(6).map(seconds_of_day).collect();
        for (who, moments) in [("Envoy", theirs), ("simulator", ours)] {
            for (k, pair) in (1..).zip(moments.chunks_exact(2)) {
                let lasted = (pair[1] - pair[0]).rem_euclid(86_400.0);
                println!("ejection {k}: {who} {lasted:.3} s");
                let k = f64::from(k);
                // Envoy's log rounds to milliseconds.
                let range = k * BASE - 0.002..(k + 1.0) * BASE;
                assert!(range.contains(&lasted), "{who}: ejection {k} lasted {lasted} s");
            }
            assert_eq!(moments.len(), 6, "{who}");
        }
    });
}
