//! Crashes, back-offs and images that do not exist (K8S-50..54).

use super::bench::*;
use crate::application::ApplicationEvent;
use crate::cluster::pod::{ContainerState, Phase};
use crate::time::SimTime;

/// Seconds between an exit, one second after each start, and the next start.
fn waits(bench: &Bench) -> Vec<u64> {
    let starts = bench.heard(|event| matches!(event, ApplicationEvent::Started { .. }));
    let wait = |pair: &[SimTime]| (pair[1] - (pair[0] + secs(1))).as_micros() / 1_000_000;
    starts.windows(2).map(wait).collect()
}

/// K8S-50, OK8S-8.
#[test]
fn a_container_that_crashes_waits_twice_as_long_each_time() {
    let crashing = Behaviour { crash_after: Some(secs(1)), ..HEALTHY };
    let mut bench = Bench::new().behaves("app:v1", crashing);
    bench.deploy(&deployment("app:v1", 1));
    bench.pass(secs(1_000));
    assert_eq!(waits(&bench), [0, 10, 20, 40, 80, 160, 300, 300]);
    let pod = bench.pods().next().unwrap();
    assert_eq!((pod.phase, &*pod.display_status()), (Phase::Running, "CrashLoopBackOff"));
    assert_eq!(pod.containers[0].restarts, 8);
    let last = pod.containers[0].last_state.as_ref().unwrap();
    assert!(matches!(last, ContainerState::Terminated { exit_code: 1, reason: "Error", .. }));
}

/// K8S-53: with `restartPolicy: Always`, success is no reason to stop either.
#[test]
fn a_container_that_ends_well_is_started_again_after_the_same_waits() {
    let mut bench = Bench::new();
    let mut spec = deployment("task:good", 1);
    spec.template.spec.containers[0].readiness = None;
    bench.deploy(&spec);
    let mut seen = Vec::new();
    while bench.step(SimTime::from_secs(60)) {
        let Some(pod) = bench.pods().next() else { continue };
        let shown = (pod.containers.first().map_or(0, |one| one.restarts), pod.display_status());
        if seen.last() != Some(&shown) {
            seen.push(shown);
        }
    }
    let shown: Vec<(u32, &str)> =
        seen.iter().map(|(count, text)| (*count, text.as_str())).collect();
    let want = [
        (0, "Pending"),
        (0, "ContainerCreating"),
        (0, "Running"),
        (0, "Completed"),
        (1, "Running"),
        (1, "Completed"),
        (1, "CrashLoopBackOff"),
        (2, "Running"),
    ];
    assert_eq!(shown[..want.len()], want);
}

/// K8S-54.
#[test]
fn an_image_that_does_not_exist_is_pulled_again_and_again() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:typo", 1));
    bench.until(|world| world.status().contains(&"ErrImagePull".to_owned()));
    bench.pass(secs(5));
    assert_eq!(bench.engine.model.status(), ["ImagePullBackOff"]);
    bench.pass(secs(595));
    let pod = bench.pods().next().unwrap();
    assert_eq!(pod.phase, Phase::Pending);
    let pulls = bench.cluster().state.notes.iter().find(|note| note.reason == "Pulling").unwrap();
    assert_eq!(pulls.count, 6, "0, 10, 30, 70, 150 and 310 seconds after the first");
}

impl World {
    fn status(&self) -> Vec<String> {
        self.cluster.state.pods.values().map(|pod| pod.display_status()).collect()
    }
}
