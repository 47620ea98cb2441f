//! Memory and CPU limits: processes that are killed, and processes that stall (K8S-56, 57).

use std::sync::Arc;

use super::*;
use crate::cluster::pod::{ContainerState, Pod};

const MI: u64 = 1 << 20;

/// Blue with limits serves `rate` requests a second.
fn limited(rate: f64, memory: Memory, resources: &str) -> Fixture {
    let mut scenario = scenario(rate, 0.0);
    let changed = Arc::make_mut(&mut scenario);
    changed.traffic[0].timeout = SimDuration::from_secs(3);
    for release in changed.releases.values_mut() {
        release.memory = memory;
        release.workers = 8;
        release.cold_factor = 1.0;
    }
    let mut fixture = Fixture::new(&scenario, 1);
    fixture.apply(SERVICE);
    fixture.apply(MESH);
    let blue = deployment("blue", "myorg/myapp:v1");
    fixture.apply(&format!("{blue}        resources: {{{resources}}}\n"));
    fixture.apply(&routes(100, 0));
    fixture.run_checked(-30);
    fixture.engine.intervene(|world, ctx| world.open_doors(ctx));
    fixture
}

fn pods(fixture: &Fixture) -> impl Iterator<Item = &Pod> {
    fixture.engine.model.cluster.state.pods.values()
}

fn restarts(fixture: &Fixture) -> Vec<u32> {
    pods(fixture).map(|pod| pod.containers[0].restarts).collect()
}

#[test]
fn a_leak_kills_the_container_with_137_and_its_requests_get_503_and_only_it_restarts() {
    // K8S-56: from 100Mi to 160Mi at 1Mi/s; pods listen between -55 and -45.
    let memory = Memory { base: 100 * MI, leak_second: MI, ..Memory::default() };
    let mut fixture = limited(200.0, memory, "limits: {memory: 160Mi}");
    fixture.run_checked(2);
    assert_eq!(restarts(&fixture), [0; 3]);
    fixture.run_checked(20);
    assert_eq!(restarts(&fixture), [1; 3], "the pods stay");
    for pod in pods(&fixture) {
        let last = pod.containers[0].last_state.as_ref().unwrap();
        let killed =
            matches!(last, ContainerState::Terminated { exit_code: 137, reason: "OOMKilled", .. });
        assert!(killed, "{last:?}");
    }
    let cut = fixture
        .engine
        .model
        .failures
        .iter()
        .any(|((_, code, flag), _)| *code == 503 && flag.to_string() == "UC");
    assert!(cut, "what was in flight is lost");
    // K8S-50: every kill counts as a crash.
    fixture.run_checked(160);
    assert!(restarts(&fixture).iter().all(|restarts| *restarts == 2), "{:?}", restarts(&fixture));
}

#[test]
fn memory_that_requests_hold_kills_a_pod_that_gets_too_many_at_once() {
    // K8S-56: room for 2 requests of 20Mi; a pod gets 20/s of 17 ms, so a third comes sometime.
    let memory = Memory { base: 80 * MI, request: 20 * MI, ..Memory::default() };
    let mut fixture = limited(60.0, memory, "limits: {memory: 130Mi}");
    fixture.run_checked(60);
    assert!(0 < restarts(&fixture).iter().sum::<u32>());
    assert!(0 < fixture.counted("blue", 200), "it works in between");
}

#[test]
fn a_limit_below_what_the_process_needs_is_a_crash_loop() {
    // K8S-50, 56.
    let memory = Memory { base: 300 * MI, ..Memory::default() };
    let mut fixture = limited(10.0, memory, "limits: {memory: 256Mi}");
    fixture.run_checked(0);
    let shown: Vec<String> = pods(&fixture).map(|pod| pod.display_status().to_owned()).collect();
    let known = ["CrashLoopBackOff", "OOMKilled", "Running"];
    assert!(shown.iter().all(|status| known.contains(&status.as_str())), "{shown:?}");
    assert!(restarts(&fixture).iter().all(|restarts| 2 <= *restarts));
    assert_eq!(fixture.counted("blue", 200), 0);
}

#[test]
fn a_limit_that_is_never_reached_kills_nobody() {
    let memory = Memory { base: 100 * MI, request: MI, leak_request: 1_000, leak_second: 0 };
    let mut fixture = limited(60.0, memory, "limits: {memory: 256Mi}");
    fixture.run_checked(60);
    assert_eq!(restarts(&fixture), [0; 3]);
    for pod in pods(&fixture) {
        let used = pod.usage.expect("it runs").memory_bytes;
        assert!((100 * MI..110 * MI).contains(&used), "{used}");
    }
}

/// Mean time to an answer of 200, in milliseconds.
fn mean_millis(fixture: &Fixture) -> f64 {
    let registry = &fixture.engine.model.registry;
    let good = |one: &&crate::telemetry::registry::RequestSeries| {
        one.reporter == Reporter::Source && one.code == 200
    };
    let good: Vec<_> = registry.series().map(|(_, one)| one).filter(good).collect();
    let sum: u64 = good.iter().map(|one| one.sum_micros).sum();
    let count: u64 = good.iter().map(|one| one.requests).sum();
    sum as f64 / count as f64 / 1e3
}

#[test]
fn requests_of_a_throttled_pod_stall_although_its_mean_use_is_below_the_limit() {
    // K8S-57: 27/s of 12 ms are 324m; a limit of 400m is 40 ms each 100 ms.
    let mut free = limited(90.0, Memory::default(), "");
    let mut tight = limited(90.0, Memory::default(), "limits: {cpu: 400m}");
    free.run_checked(60);
    tight.run_checked(60);
    let (free, tight) = (mean_millis(&free), mean_millis(&tight));
    assert!((15.0..22.0).contains(&free), "{free} ms");
    assert!(1.5 * free < tight, "{tight} ms with the limit, {free} ms without");
}

#[test]
fn a_pod_uses_no_more_cpu_than_its_limit_however_much_it_has_to_do() {
    // K8S-57, 80: what an autoscaler sees ends at the limit too.
    let mut fixture = limited(150.0, Memory::default(), "limits: {cpu: 250m}");
    fixture.run_checked(61);
    for pod in pods(&fixture) {
        let usage = pod.usage.expect("it runs");
        // 15 s begin and end within periods of 100 ms.
        assert!((248..=251).contains(&usage.cpu_milli), "all of it is used: {usage:?}");
    }
}

#[test]
fn a_limit_that_all_workers_together_cannot_reach_changes_nothing() {
    // K8S-57.
    let mean = |resources| {
        let mut fixture = limited(60.0, Memory::default(), resources);
        fixture.run_checked(10);
        mean_millis(&fixture)
    };
    assert_eq!(mean("limits: {cpu: 8}, requests: {cpu: 100m}"), mean(""));
}

/// What a query gives now.
fn asked(fixture: &Fixture, query: &str) -> f64 {
    let telemetry = &fixture.engine.model.telemetry;
    let query = crate::telemetry::promql::Query::parse(query).unwrap();
    match query.evaluate(&telemetry.tsdb, fixture.engine.now()) {
        Ok(crate::telemetry::promql::Value::Vector(samples)) => samples[0].1,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_operator_sees_kills_and_throttling_in_the_series_of_the_kubelet() {
    // K8S-56, 57.
    let memory = Memory { base: 100 * MI, leak_second: MI, ..Memory::default() };
    let mut fixture = limited(120.0, memory, "limits: {memory: 160Mi, cpu: 400m}");
    fixture.run_checked(61);
    let killed = "sum(kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"})";
    assert_eq!(asked(&fixture, killed), 3.0);
    assert_eq!(asked(&fixture, "sum(kube_pod_container_status_restarts_total)"), 3.0);
    let most = asked(&fixture, "max(container_memory_working_set_bytes)");
    assert!((100.0..=160.0).contains(&(most / MI as f64)), "{most}");
    let throttled = "sum(container_cpu_cfs_throttled_periods_total) \
                     / sum(container_cpu_cfs_periods_total)";
    let share = asked(&fixture, throttled);
    assert!((0.3..=1.0).contains(&share), "{share}");
}
