//! Retries and timeouts (B.3).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sim_core::mesh::retry::{Conditions, End, Failure, RetryPolicy};
use sim_core::mesh::spec::Retries;
use sim_core::telemetry::registry::Reporter;
use sim_core::time::SimDuration;

use super::agreement::{assert_close, outcome, uniform_mean_bound};
use super::case::{self, Acts, Ask, Case, WELL};
use super::gateway::{self, judge, not_before};

/// Every condition that the simulator does more with than to read it, and some together.
const CONDITIONS: [&str; 9] = [
    "5xx",
    "gateway-error",
    "reset",
    "connect-failure",
    "retriable-4xx",
    "418,503",
    "refused-stream",
    "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
    "reset,502",
];

/// IST-32, IST-34.
#[test]
fn each_condition_retries_exactly_the_failures_it_names() {
    // IST-32, 34, 23; OIST-13. One retry: whether there was one, and code and flags at the end.
    let mut rules = String::new();
    for (index, on) in CONDITIONS.iter().enumerate() {
        for version in ["told", "closed"] {
            rules.push_str(&format!(
                "  - match: [{{uri: {{exact: /{index}/{version}}}}}]\n    retries: {{attempts: 1, \
                 retryOn: '{on}', backoff: 1ms, perTryTimeout: 300ms}}\n    route: [${version}]\n"
            ));
        }
    }
    let case =
        Case::new().version("told", 1, Acts::Obey).version("closed", 1, Acts::Refuse).rules(&rules);
    let statuses = [200, 400, 404, 409, 418, 429, 500, 501, 502, 503, 504, 505];
    judge(&case, async |mut gateway| {
        for (index, on) in CONDITIONS.iter().enumerate() {
            let conditions = Conditions::parse(on).expect("Envoy's words");
            let mut failures: Vec<_> = statuses
                .iter()
                .map(|&code| (Failure::Status(code), "told", code.to_string()))
                .collect();
            failures.push((Failure::Reset, "told", "cut".into()));
            failures.push((Failure::TryTimeout, "told", "hang".into()));
            failures.push((Failure::Connect, "closed", "200".into()));
            for (failure, version, answers) in failures {
                let ask = Ask::get(&format!("/{index}/{version}")).with("x-answers", &answers);
                let line = gateway.ask(&ask, 1, 1).await.remove(0);
                let wanted = conditions.hold(failure);
                let (code, flags) =
                    failure.answer(if wanted { End::UsedUp } else { End::Unwanted });
                let expected = (outcome(version, code, &flags.to_string()), 1 + u64::from(wanted));
                assert_eq!((line.outcome, line.attempts), expected, "{failure:?} on {on}");
            }
        }
    });
}

/// IST-32.
#[test]
fn retries_hide_errors_until_they_are_used_up() {
    // IST-30, 32: three retries of pods that fail three times in ten.
    const FAILS: f64 = 0.3;
    let case = Case::new()
        .version("flaky", 3, Acts::Answer { after_ms: 1, errors: FAILS })
        .rules("  - retries: {attempts: 3, retryOn: 5xx, backoff: 1ms}\n    route: [$flaky]");
    judge(&case, async |mut gateway| {
        let simulation = case.simulate(&Ask::get("/"), (200.0, 20));
        let simulated = case::outcomes(&simulation);
        let lines = gateway.ask(&Ask::get("/"), 4_000, 32).await;
        gateway::outcomes(&lines).assert_like(&simulated, "three retries");
        // Tries of one request: 1 + X, where X counts failures in a row up to three.
        let chances =
            [1.0 - FAILS, FAILS * (1.0 - FAILS), FAILS.powi(2) * (1.0 - FAILS), FAILS.powi(3)];
        let moment = |power| {
            (0..).zip(chances).map(|(x, chance)| f64::from(x).powi(power) * chance).sum::<f64>()
        };
        let variance = moment(2) - moment(1).powi(2);
        let counts = [lines.len() as f64, simulated.total() as f64];
        let bound = 5.0 * (variance * counts.map(|n| 1.0 / n).iter().sum::<f64>()).sqrt();
        let envoy = lines.iter().map(|line| line.attempts).sum::<u64>() as f64 / counts[0];
        let ours = case::tries(&simulation, "flaky") as f64 / counts[1];
        assert_close("three retries: tries a request", envoy, ours, bound);
    });
}

/// IST-30, IST-31.
#[test]
fn a_refused_connection_is_retried_elsewhere_by_default() {
    // IST-30, 31; OIST-14: one of three endpoints is gone, and nobody notices.
    let case = Case::new()
        .version("blue", 2, WELL)
        .version("closed", 1, Acts::Refuse)
        .rules("  - route: [$all]");
    judge(&case, async |mut gateway| {
        let lines = gateway.ask(&Ask::get("/"), 1_000, 4).await;
        let simulated = case::outcomes(&case.simulate(&Ask::get("/"), (50.0, 20)));
        let served = outcome("blue", 200, "-");
        // Two retries that avoid the closed endpoint miss it but for chance: (1/3)^6 each at most.
        assert!(simulated.count(&served) + 5 >= simulated.total(), "{simulated:?}");
        let envoy = gateway::outcomes(&lines);
        assert!(envoy.count(&served) + 5 >= envoy.total(), "{envoy:?}");
        assert!(lines.iter().any(|line| line.attempts == 2), "the closed one was never tried");
    });
}

/// IST-35.
#[test]
fn a_timeout_answers_504_and_names_whether_tries_were_left() {
    // IST-32, 34, 35: nothing ends early, and nothing waits for the answer.
    let case =
        Case::new().version("slow", 1, Acts::Answer { after_ms: 20_000, errors: 0.0 }).rules(
            "  - match: [{uri: {exact: /route}}]
    timeout: 150ms
    route: [$slow]
  - match: [{uri: {exact: /tries}}]
    retries: {attempts: 2, perTryTimeout: 150ms, retryOn: 5xx}
    route: [$slow]
  - match: [{uri: {exact: /not-retried}}]
    retries: {attempts: 2, perTryTimeout: 150ms, retryOn: connect-failure}
    route: [$slow]
  - match: [{uri: {exact: /both}}]
    timeout: 250ms
    retries: {attempts: 5, perTryTimeout: 150ms, retryOn: reset}
    route: [$slow]",
        );
    judge(&case, async |mut gateway| {
        for (path, flags, least_ms) in [
            ("/route", "UT", 150),
            ("/tries", "URX,UT", 450),
            ("/not-retried", "UT", 150),
            ("/both", "UT", 250),
        ] {
            let lines = gateway.ask(&Ask::get(path), 5, 5).await;
            let simulation = case.simulate(&Ask::get(path), (2.0, 5));
            let expected = [outcome("slow", 504, flags)];
            assert_eq!(gateway::outcomes(&lines).kinds(), expected, "Envoy, {path}");
            assert_eq!(case::outcomes(&simulation).kinds(), expected, "simulator, {path}");
            for line in lines {
                let range = not_before(least_ms)..Duration::from_secs(20);
                assert!(range.contains(&line.took), "{path}: {line:?}");
            }
            let mut series = simulation.world().registry.series();
            let (_, series) =
                series.find(|(_, one)| one.reporter == Reporter::Source).expect("one series");
            let mean_ms = series.sum_micros as f64 / 1000.0 / series.requests as f64;
            let least = least_ms as f64;
            // Two pauses of at most 25 and 50 ms.
            assert!((least..least + 75.0).contains(&mean_ms), "{path}: {mean_ms} ms on average");
        }
    });
}

/// IST-33.
#[test]
fn pauses_before_retries_are_uniform_and_double() {
    // IST-33. What the machine takes besides is far below the bounds: pauses are ten times the usual.
    let case = Case::new()
        .version("told", 1, Acts::Obey)
        .rules("  - retries: {attempts: 4, retryOn: 5xx, backoff: 200ms}\n    route: [$told]");
    let policy = RetryPolicy::new(Some(&Retries {
        attempts: 4,
        per_try_timeout: None,
        retry_on: Some("5xx".into()),
        back_off: Some(SimDuration::from_millis(200)),
        avoid_hosts: true,
    }));
    judge(&case, async |mut gateway| {
        let asked = 200;
        let lines = gateway.ask(&Ask::get("/").with("x-answers", "503"), asked, 100).await;
        assert!(lines.iter().all(|line| line.attempts == 5), "{lines:?}");
        let mut tries: BTreeMap<(u32, usize), Instant> = BTreeMap::new();
        for seen in gateway.seen("told") {
            tries.insert((seen.number.expect("users count"), seen.attempt), seen.at);
        }
        for retry in 1..=4u8 {
            let at = |user, attempt| tries[&(user, attempt)];
            let attempt = usize::from(retry);
            let pauses = (0..asked).map(|user| at(user, attempt + 1) - at(user, attempt));
            let pauses: Vec<_> = pauses.map(|pause| pause.as_secs_f64() * 1000.0).collect();
            let longest = policy.longest_pause(retry).as_millis_f64();
            let mean = pauses.iter().sum::<f64>() / f64::from(asked);
            let bound = uniform_mean_bound(longest, pauses.len());
            let what = format!("mean pause before retry {retry}, ms");
            assert_close(&what, mean, longest / 2.0, bound);
            // That all of 200 are shorter than nine tenths happens once in a thousand million runs.
            assert!(pauses.iter().any(|&pause| 0.9 * longest < pause), "{pauses:?}");
        }
    });
}
