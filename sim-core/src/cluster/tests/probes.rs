//! When probes ask and what follows (K8S-40..49).

use super::bench::*;
use crate::cluster::pod::Phase;
use crate::cluster::spec::{Probe, ProbeKind};
use crate::time::{SimDuration, SimTime};

fn micros(time: SimTime) -> i64 {
    time.as_micros()
}

/// K8S-40, 41: ticks count from the worker's start; `int(now - startedAt)` must reach the delay.
#[test]
fn readiness_is_asked_at_the_first_tick_after_the_initial_delay() {
    let mut bench = Bench::new();
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.readiness.as_mut().unwrap().initial_delay_seconds = 5;
    }));
    bench.pass(secs(60));
    let trace = &bench.engine.model.trace;
    let admitted = trace.iter().find(|entry| entry.text.starts_with("pulling")).unwrap().at;
    let started = trace.iter().find(|entry| entry.text.contains("started")).unwrap().at;
    let asked = bench.heard(|event| is_probe(event, ProbeKind::Readiness));
    assert!((asked[0] - started.truncated()).as_micros() >= 5_000_000);
    assert!((asked[0] - started).as_micros() < 10_000_000);
    for at in asked {
        assert_eq!((micros(at) - micros(admitted)) % 5_000_000, 0, "at {at}");
    }
}

/// K8S-45.
#[test]
fn without_a_delay_readiness_is_asked_as_soon_as_the_container_runs() {
    let fast = Behaviour { startup: SimDuration::ZERO, ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", fast);
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.readiness = Some(probe(10));
    }));
    bench.until(|world| world.cluster.state.pods.values().any(|pod| !pod.containers.is_empty()));
    bench.until(|world| {
        world.cluster.state.pods.values().any(|pod| pod.containers.iter().any(|c| c.started))
    });
    assert!(bench.until(|world| world.ready() == 1) < SimDuration::from_millis(100));
}

/// K8S-43, 46, OK8S-15.
#[test]
fn a_pod_gets_unready_at_the_third_failing_tick() {
    let mut bench = Bench::new();
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.readiness = Some(probe(10));
    }));
    bench.until(|world| world.ready() == 1);
    bench.pass(secs(30));
    let asked = bench.heard(|event| is_probe(event, ProbeKind::Readiness)).len();
    bench.until(|world| {
        let probes = world.heard.iter().filter(|(_, event)| is_probe(event, ProbeKind::Readiness));
        asked < probes.count()
    });
    bench.pass(SimDuration::from_millis(5));
    let pod = bench.first_pod();
    bench.engine.model.sick.insert(pod);
    let took = bench.until(|world| world.ready() == 0);
    assert!((29..=31).contains(&(took.as_micros() / 1_000_000)), "{took}");
    bench.engine.model.sick.clear();
    assert!(bench.until(|world| world.ready() == 1) <= secs(10));
}

/// K8S-43: no answer within the timeout is a failed check.
#[test]
fn an_application_that_does_not_answer_gets_unready() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 1));
    bench.until(|world| world.ready() == 1);
    let silent = Behaviour { answers: false, ..HEALTHY };
    bench.engine.model.behaviour.insert("app:v1", silent);
    let took = bench.until(|world| world.ready() == 0);
    assert!((10..=16).contains(&(took.as_micros() / 1_000_000)), "{took}");
    assert!(bench.noted("Unhealthy").iter().any(|note| note.contains("context deadline exceeded")));
}

/// K8S-44, 50.
#[test]
fn a_failing_liveness_probe_restarts_the_container() {
    let mut bench = Bench::new();
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.liveness = Some(probe(10));
    }));
    bench.until(|world| world.ready() == 1);
    let pod = bench.first_pod();
    bench.engine.model.sick.insert(pod);
    bench.until(|world| !world.cluster.state.pods[&pod].containers[0].started);
    assert_eq!(bench.noted("Killing"), ["Container app failed liveness probe, will be restarted"]);
    bench.engine.model.sick.clear();
    bench.until(|world| world.ready() == 1);
    assert_eq!(bench.pod(pod).containers[0].restarts, 1);
    bench.pass(secs(120));
    assert_eq!(bench.pod(pod).containers[0].restarts, 1, "it stays healthy");
}

/// K8S-44: from the failure to the end of the process, which ignores SIGTERM here.
#[test]
fn a_probes_own_grace_period_stands_in_place_of_the_pods() {
    for (own, seconds) in [(None, 30), (Some(secs(4)), 4), (Some(secs(60)), 60)] {
        let stubborn = Behaviour { shutdown: None, ..HEALTHY };
        let mut bench = Bench::new().behaves("app:v1", stubborn);
        bench.deploy(&with_container(deployment("app:v1", 1), |container| {
            container.liveness = Some(Probe { grace: own, ..probe(10) });
        }));
        bench.until(|world| world.ready() == 1);
        let pod = bench.first_pod();
        bench.engine.model.sick.insert(pod);
        bench.until(|world| world.cluster.state.notes.iter().any(|note| note.reason == "Killing"));
        let took = bench.until(|world| !world.cluster.state.pods[&pod].containers[0].started);
        assert_eq!(took.as_micros() / 1_000_000, seconds, "{own:?}: {took}");
    }
}

/// K8S-41, 49.
#[test]
fn no_other_probe_asks_before_the_startup_probe_has_passed() {
    let slow = Behaviour { startup: secs(25), ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", slow);
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.startup = Some(Probe { failure_threshold: 30, ..probe(3) });
        container.liveness = Some(probe(2));
    }));
    bench.pass(secs(60));
    let startup = bench.heard(|event| is_probe(event, ProbeKind::Startup));
    for kind in [ProbeKind::Readiness, ProbeKind::Liveness] {
        let first = bench.heard(|event| is_probe(event, kind))[0];
        assert!(*startup.last().unwrap() < first, "{kind:?}");
    }
    assert_eq!(bench.ready(), 1);
    assert_eq!(bench.pods().next().unwrap().containers[0].restarts, 0);
}

/// K8S-44, 46.
#[test]
fn a_start_that_outlasts_the_startup_probe_is_cut_off() {
    let slow = Behaviour { startup: secs(60), ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", slow);
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.startup = Some(probe(5));
    }));
    bench.pass(secs(100));
    assert!(1 < bench.pods().next().unwrap().containers[0].restarts);
    assert_eq!(bench.ready(), 0);
}

/// K8S-46, 49: 5 s of delay and 3 periods of 10 s are all the time that a start has.
#[test]
fn a_start_has_the_initial_delay_and_all_periods_of_its_startup_probe() {
    let slow = Behaviour { startup: secs(3_600), ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", slow);
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.startup = Some(Probe { initial_delay_seconds: 5, ..probe(10) });
    }));
    bench.until(|world| world.cluster.state.pods.values().any(|pod| pod.phase == Phase::Running));
    let took = bench.until(|world| world.cluster.state.notes.iter().any(|n| n.reason == "Killing"));
    // Ticks count from the worker's start, so the first one after the delay may be late by a period.
    assert!((secs(25)..=secs(36)).contains(&took), "{took}");
}

/// K8S-47.
#[test]
fn a_terminating_pod_is_asked_for_readiness_only() {
    let stubborn = Behaviour { shutdown: None, ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", stubborn);
    bench.deploy(&with_container(deployment("app:v1", 1), |container| {
        container.liveness = Some(probe(5));
    }));
    bench.pass(secs(30));
    let pod = bench.first_pod();
    let deployed = bench.engine.now();
    bench.delete(crate::cluster::api::Kind::Deployment, "app");
    bench.pass(secs(25));
    assert!(bench.pod(pod).is_ready());
    let asked = |kind| {
        let heard = bench.heard(|event| is_probe(event, kind));
        heard.into_iter().filter(|at| deployed < *at).count()
    };
    assert!(4 <= asked(ProbeKind::Readiness));
    assert_eq!(asked(ProbeKind::Liveness), 0);
}

/// K8S-42.
#[test]
fn a_container_without_probes_is_ready_when_it_runs() {
    let mut bench = Bench::new();
    bench.deploy(&with_container(deployment("app:v1", 1), |container| container.readiness = None));
    assert!(bench.until(|world| world.ready() == 1) <= SimDuration::from_millis(3_200));
}
