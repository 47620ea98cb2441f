//! From Pending to the end: phases, states of containers, and what probes make of them (K8S-30..34).

use super::bench::*;
use crate::cluster::pod::{ContainerState, Phase, Pod};
use crate::time::SimDuration;

/// Phase, state of the container, and whether it has started and is ready.
fn seen(pod: &Pod) -> (Phase, &'static str, bool, bool) {
    let Some(container) = pod.containers.first() else {
        return (pod.phase, "none", false, false);
    };
    let state = match container.state {
        ContainerState::Waiting { reason } => reason,
        ContainerState::Running { .. } => "running",
        ContainerState::Terminated { reason, .. } => reason,
    };
    (pod.phase, state, container.started, container.ready)
}

/// All different looks of the only pod while `time` passes.
fn looks(bench: &mut Bench, time: SimDuration) -> Vec<(Phase, &'static str, bool, bool)> {
    let end = bench.engine.now() + time;
    let mut looks = Vec::new();
    while bench.step(end) {
        let now = bench.pods().next().map(seen);
        if now.is_some() && looks.last() != now.as_ref() {
            looks.extend(now);
        }
    }
    looks
}

/// K8S-30, 31, 32, 42.
#[test]
fn a_pod_is_pending_until_its_container_has_started_and_ready_when_its_probe_passes() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 1));
    let looks = looks(&mut bench, secs(30));
    let expected = [
        (Phase::Pending, "none", false, false),
        (Phase::Pending, "ContainerCreating", false, false),
        (Phase::Running, "running", true, false),
        (Phase::Running, "running", true, true),
    ];
    assert_eq!(looks, expected);
}

/// K8S-34: the object shows how it ended before it goes.
#[test]
fn a_deleted_pod_ends_as_succeeded_or_failed_before_it_disappears() {
    let ends = |behaviour| {
        let mut bench = Bench::new().behaves("app:v1", behaviour);
        bench.deploy(&deployment("app:v1", 1));
        bench.until(|world| world.ready() == 1);
        let pod = bench.first_pod();
        bench.delete(crate::cluster::api::Kind::Deployment, "app");
        bench.until(|world| world.cluster.state.pods[&pod].has_ended());
        let phase = bench.pod(pod).phase;
        bench.until(|world| !world.cluster.state.pods.contains_key(&pod));
        phase
    };
    assert_eq!(ends(HEALTHY), Phase::Succeeded);
    assert_eq!(ends(Behaviour { shutdown: None, ..HEALTHY }), Phase::Failed, "it was killed");
}

/// K8S-41, 42: without a running container readiness is a failure at once, and every run of the
/// container begins with the initial values. K8S-30: the pod stays Running.
#[test]
fn a_crash_takes_readiness_away_at_once_and_the_next_run_begins_anew() {
    let crashing = Behaviour { crash_after: Some(secs(20)), ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", crashing);
    bench.deploy(&deployment("app:v1", 1));
    bench.until(|world| world.ready() == 1);
    let looks = looks(&mut bench, secs(60));
    let expected = [
        (Phase::Running, "running", true, true),
        (Phase::Running, "Error", false, false),
        (Phase::Running, "running", true, false),
        (Phase::Running, "running", true, true),
        (Phase::Running, "Error", false, false),
        (Phase::Running, "CrashLoopBackOff", false, false),
    ];
    assert_eq!(looks[..6], expected);
}
