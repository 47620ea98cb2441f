//! Waiting times of the whole world against queueing theory (E.1, E.3): the database is an M/M/c
//! station, a pod with one worker an M/G/1, a pod without a queue a loss system. Runs are judged by
//! batch means, since near full load a run of any length is far from exact.

use super::*;

/// Batches of one run; their means are close to independent.
const BATCHES: usize = 20;

/// How far a mean may be off, in standard errors of the batch means. With 19 degrees of freedom, one
/// of a thousand seeds would be further off.
const BOUND: f64 = 3.9;

/// Requests that have ended at the pods, their times there in seconds, and how many were turned away.
#[derive(Clone, Copy)]
struct Served {
    count: f64,
    seconds: f64,
    refused: f64,
}

impl Fixture {
    fn served(&self) -> Served {
        let mut served = Served { count: 0.0, seconds: 0.0, refused: 0.0 };
        for (_, one) in self.engine.model.registry.series() {
            if one.reporter == Reporter::Destination {
                served.count += one.requests as f64;
                served.seconds += one.sum_micros as f64 / 1e6;
                served.refused += if one.code == 503 { one.requests as f64 } else { 0.0 };
            }
        }
        served
    }
}

/// Patient users of one kind, for a release without limits that does nothing yet.
fn station(rate: f64, change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut scenario = Arc::unwrap_or_clone(scenario(rate, 0.0));
    scenario.database.cores = None;
    scenario.traffic[0].requests.truncate(1);
    scenario.traffic[0].timeout = SimDuration::from_secs(3_600);
    scenario.traffic[0].retries = 0;
    for release in scenario.releases.values_mut() {
        (release.workers, release.queue, release.pool) = (100_000, 100_000, None);
        release.cold_factor = 1.0;
        release.routes[0].cpu = Lognormal::new(SimDuration::from_micros(1), 0.0);
        release.routes[0].sql.clear();
    }
    change(&mut scenario);
    scenario
}

/// Mean and standard error of what `measure` says of each batch.
fn batch_means(
    scenario: &Scenario,
    batch_secs: i64,
    measure: impl Fn(Served) -> f64,
) -> (f64, f64) {
    let mut fixture = Fixture::new(scenario, 1);
    fixture.apply(SERVICE);
    fixture.apply(MESH);
    fixture.apply(&deployment("blue", "myorg/myapp:v1").replace("replicas: 3", "replicas: 1"));
    fixture.apply(&routes(100, 0));
    fixture.run_checked(-30);
    fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
    let mut end = batch_secs;
    fixture.engine.run_until(SimTime::from_secs(end));
    let mut before = fixture.served();
    let means: Vec<f64> = (0..BATCHES)
        .map(|_| {
            end += batch_secs;
            fixture.engine.run_until(SimTime::from_secs(end));
            let now = fixture.served();
            let batch = Served {
                count: now.count - before.count,
                seconds: now.seconds - before.seconds,
                refused: now.refused - before.refused,
            };
            before = now;
            measure(batch)
        })
        .collect();
    let count = means.len() as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

#[track_caller]
fn assert_close(case: &str, (mean, error): (f64, f64), expected: f64) {
    assert!(error < expected / 15.0, "{case}: the run is too short to say anything: ±{error}");
    assert!(
        (mean - expected).abs() <= BOUND * error,
        "{case}: {mean} instead of {expected}, with a standard error of {error}"
    );
}

/// Seconds that a request spends at its pod.
fn time(served: Served) -> f64 {
    served.seconds / served.count
}

/// Q-02, 03.
#[test]
fn the_database_waits_as_erlang_c_says() {
    // Q-01..03, OQ-1..6: arrivals and services per second, servers, mean time in the system.
    for (case, rate, service, cores, expected) in [
        ("OQ-1", 8.0, 10, 1, 0.5),
        ("OQ-2", 16.0, 10, 2, 0.277_778),
        ("OQ-3", 40.0, 5, 10, 0.240_918),
        ("OQ-4", 90.0, 10, 10, 0.166_873),
        ("OQ-5", 95.0, 10, 10, 0.265_117),
        ("OQ-6", 144.0, 20, 8, 0.093_846),
    ] {
        let scenario = station(rate, |scenario| {
            scenario.database.cores = Some(cores);
            let mean = SimDuration::from_micros(1_000_000 / service);
            for release in scenario.releases.values_mut() {
                release.routes[0].sql = vec![Statement { text: "SELECT 1".into(), mean }];
            }
        });
        assert_close(case, batch_means(&scenario, 300, time), expected);
    }
}

///
#[test]
fn a_pod_with_one_worker_waits_as_pollaczek_and_khinchine_say() {
    // 16 requests/s of 50 ms; the more they vary, the longer they wait.
    for (cv, wait) in [(1.0, 0.2), (0.5, 0.125), (0.0, 0.1)] {
        let scenario = station(16.0, |scenario| {
            for release in scenario.releases.values_mut() {
                release.workers = 1;
                release.routes[0].cpu = Lognormal::new(SimDuration::from_millis(50), cv);
            }
        });
        assert_close(&format!("cv {cv}"), batch_means(&scenario, 300, time), 0.05 + wait);
    }
}

///
#[test]
fn a_pod_without_a_queue_turns_away_as_erlang_b_says() {
    // 10 workers, 100 ms a request; how the times vary does not matter.
    for (rate, cv, expected) in
        [(80.0, 0.8, 0.121_661), (90.0, 0.8, 0.167_963), (80.0, 0.0, 0.121_661)]
    {
        let scenario = station(rate, |scenario| {
            for release in scenario.releases.values_mut() {
                (release.workers, release.queue) = (10, 0);
                release.routes[0].cpu = Lognormal::new(SimDuration::from_millis(100), cv);
            }
        });
        let share = |served: Served| served.refused / served.count;
        assert_close(&format!("{rate}/s, cv {cv}"), batch_means(&scenario, 100, share), expected);
    }
}

/// with one more try of users and failures by chance, tries are (1 - p^2) / (1 - p) = 1 + p.
#[test]
fn users_who_try_again_multiply_requests_by_chance_of_failure() {
    let mut fixture = Fixture::serving(&scenario(100.0, 0.5), 1);
    fixture.apply(&deployment("green", "myorg/myapp:v2"));
    fixture.run_checked(0);
    fixture.apply(&routes(0, 100));
    fixture.run_checked(5);
    let count = |fixture: &Fixture| {
        let users = &fixture.engine.model.registry.users[0];
        (users.sent as f64, users.retries as f64)
    };
    let (sent, retries) = count(&fixture);
    fixture.run_checked(105);
    let (sent, retries) = (count(&fixture).0 - sent, count(&fixture).1 - retries);
    // A tenth asks for a path that never fails with 5xx: p = 0.45, give or take 5 sigma of 10 000.
    let tries = sent / (sent - retries);
    assert!((1.42..1.48).contains(&tries), "{tries}");
}

///
#[test]
fn the_less_busy_of_two_waits_less_than_chance() {
    let waited = |balancer: &str| {
        let mut fixture = Fixture::serving(&scenario(580.0, 0.0), 1);
        let policy =
            format!("spec:\n  trafficPolicy: {{loadBalancer: {{simple: {balancer}}}}}\n  host:");
        fixture.apply(&MESH.replace("spec:\n  host:", &policy));
        fixture.run_checked(60);
        fixture.waited_secs()
    };
    let (least, random) = (waited("LEAST_REQUEST"), waited("RANDOM"));
    assert!(1.1 * least < random, "{least} and {random} user-seconds");
}

///
#[test]
fn with_a_pod_less_each_of_the_others_has_its_share_more_to_do() {
    let mut fixture = Fixture::serving(&scenario(100.0, 0.0), 1);
    let busiest = |fixture: &mut Fixture, until| {
        let served = |fixture: &Fixture| -> Vec<u64> {
            fixture.engine.model.application.servers().map(|server| server.served).collect()
        };
        let before: u64 = served(fixture).iter().sum();
        fixture.run_checked(until);
        let after = served(fixture);
        (after.iter().sum::<u64>() - before) as f64 / after.len() as f64
    };
    fixture.run_checked(0);
    let three = busiest(&mut fixture, 60);
    fixture.apply(&deployment("blue", "myorg/myapp:v1").replace("replicas: 3", "replicas: 2"));
    fixture.run_checked(70);
    let two = busiest(&mut fixture, 130);
    assert!((1.4..1.6).contains(&(two / three)), "{two} after {three}");
}
