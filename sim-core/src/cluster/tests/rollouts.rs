//! Rollouts from start to end (K8S-02..17).

use super::bench::*;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::rollout_status::{RolloutStatus, rollout_status, undo_target};
use crate::cluster::spec::{DeploymentSpec, IntOrPercent, Strategy};
use crate::time::SimDuration;

const NEVER_READY: Behaviour = Behaviour { startup: SimDuration::from_secs(1 << 30), ..HEALTHY };

fn rolling(image: &str, replicas: u32, surge: u32, unavailable: u32) -> DeploymentSpec {
    let (surge, unavailable) = (IntOrPercent::Int(surge), IntOrPercent::Int(unavailable));
    let strategy = Strategy::RollingUpdate { surge, unavailable };
    DeploymentSpec { strategy, ..deployment(image, replicas) }
}

fn settled(spec: &DeploymentSpec) -> Bench {
    let mut bench = Bench::new().behaves("app:v2", NEVER_READY);
    bench.deploy(spec);
    bench.pass(secs(60));
    assert_eq!(bench.ready(), spec.replicas as usize);
    bench
}

fn status(bench: &Bench) -> RolloutStatus {
    rollout_status(&bench.cluster().state, &bench.engine.model.api, "app").unwrap()
}

/// OK8S-3, OK8S-5, OK8S-6; K8S-03..07, 11.
#[test]
fn a_rollout_that_never_gets_ready_stops_and_leaves_the_old_pods_serving() {
    for (replicas, surge, unavailable, want) in [
        (10, 3, 2, vec![(10, 0), (10, 3), (8, 3), (8, 5)]),
        (4, 1, 1, vec![(4, 0), (4, 1), (3, 1), (3, 2)]),
        (3, 1, 0, vec![(3, 0), (3, 1)]),
    ] {
        let mut bench = settled(&rolling("app:v1", replicas, surge, unavailable));
        bench.deploy(&rolling("app:v2", replicas, surge, unavailable));
        assert_eq!(bench.sizes(secs(300)), want);
        assert_eq!(bench.ready() as u32, want.last().unwrap().0);
    }
}

/// OK8S-4.
#[test]
fn an_old_pod_that_fails_in_a_stuck_rollout_is_not_replaced() {
    let mut bench = settled(&rolling("app:v1", 10, 3, 2));
    bench.deploy(&rolling("app:v2", 10, 3, 2));
    bench.pass(secs(60));
    let old = bench.first_pod();
    bench.engine.model.sick.insert(old);
    assert_eq!(bench.sizes(secs(60)), [(8, 5)]);
    assert_eq!(bench.ready(), 7);
}

/// OK8S-6, K8S-10, 11, 17.
#[test]
fn ten_minutes_without_progress_turn_the_condition_and_nothing_else() {
    let mut bench = settled(&deployment("app:v1", 3));
    bench.deploy(&deployment("app:v2", 3));
    bench.pass(secs(1));
    assert_eq!(status(&bench), RolloutStatus::Updating { updated: 1, wanted: 3 });
    let says = |bench: &Bench, reason: &str, what: &str| {
        let state = &bench.cluster().state;
        let mut sets = state.replica_sets_of("app");
        let new = sets.find(|set| set.template.spec.containers[0].image == "app:v2").unwrap();
        let condition = &state.deployments["app"].progressing;
        let message = format!("ReplicaSet \"{}\" {what} progressing.", new.name);
        assert_eq!((condition.reason, &condition.message), (reason, &message));
    };
    bench.pass(secs(597));
    says(&bench, "ReplicaSetUpdated", "is");
    bench.pass(secs(5));
    says(&bench, "ProgressDeadlineExceeded", "has timed out");
    assert_eq!(status(&bench), RolloutStatus::DeadlineExceeded);
    assert_eq!(bench.sizes(secs(600)), [(3, 1)]);
    assert_eq!(bench.ready(), 3);
}

/// K8S-09, 10, 12.
#[test]
fn conditions_of_a_deployment_speak_as_the_controller_does() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 1));
    let end = bench.engine.now() + secs(60);
    let mut said = std::collections::BTreeSet::new();
    while bench.step(end) {
        let Some(status) = bench.cluster().state.deployments.get("app") else { continue };
        said.extend([&status.progressing, &status.available].map(|one| one.message.clone()));
    }
    said.remove("");
    let name = bench.cluster().state.replica_sets.keys().next().unwrap();
    let expected = [
        format!("Created new replica set \"{name}\""),
        "Deployment does not have minimum availability.".to_owned(),
        "Deployment has minimum availability.".to_owned(),
        format!("ReplicaSet \"{name}\" has successfully progressed."),
        format!("ReplicaSet \"{name}\" is progressing."),
    ];
    assert_eq!(said.into_iter().collect::<Vec<_>>(), expected);
}

/// K8S-04, 05, 09: neither fencepost is crossed on the way.
#[test]
fn a_rolling_update_never_has_too_few_available_pods() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 4));
    bench.pass(secs(60));
    bench.deploy(&deployment("app:v2", 4));
    let end = bench.engine.now() + secs(200);
    while bench.step(end) {
        assert!(3 <= bench.ready(), "at {}", bench.engine.now());
        // Each ReplicaSet acts on its new size when it sees it, so pods may be more for a moment.
        let sets = bench.cluster().state.replica_sets.values();
        let wanted: u32 = sets.map(|set| set.replicas).sum();
        assert!(wanted <= 5, "at {}", bench.engine.now());
    }
    assert_eq!(status(&bench), RolloutStatus::Complete);
    assert!(bench.pods().all(|pod| pod.template.spec.containers[0].image == "app:v2"));
    let progressing = &bench.cluster().state.deployments["app"].progressing;
    assert_eq!((progressing.status, progressing.reason), ("True", "NewReplicaSetAvailable"));
}

/// K8S-02.
#[test]
fn a_rollback_takes_up_the_old_replica_set_again() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(60));
    let first = bench.cluster().state.replica_sets_of("app").next().unwrap().name.clone();
    bench.deploy(&deployment("app:v2", 3));
    bench.pass(secs(100));
    let target = undo_target(&bench.cluster().state, "app", None).unwrap();
    assert_eq!((target.revision, &target.name), (1, &first));
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(100));
    let state = &bench.cluster().state;
    let sets: Vec<_> =
        state.replica_sets_of("app").map(|set| (set.revision, set.replicas)).collect();
    assert_eq!(sets, [(3, 3), (2, 0)]);
    assert_eq!(state.deployments["app"].revision, 3);
}

/// K8S-02.
#[test]
fn a_change_outside_the_template_starts_no_rollout() {
    let mut bench = settled(&deployment("app:v1", 3));
    bench.deploy(&rolling("app:v1", 5, 2, 0));
    bench.pass(secs(60));
    assert_eq!(bench.cluster().state.replica_sets.len(), 1);
    assert_eq!(bench.ready(), 5);
}

/// K8S-02: `kubectl rollout restart` writes an annotation of the template.
#[test]
fn an_annotation_of_the_template_starts_a_rollout() {
    let mut bench = settled(&deployment("app:v1", 3));
    let mut spec = deployment("app:v1", 3);
    spec.template.annotations = labels(&[("kubectl.kubernetes.io/restartedAt", "now")]);
    bench.deploy(&spec);
    bench.pass(secs(100));
    assert_eq!(bench.cluster().state.replica_sets.len(), 2);
    assert!(bench.pods().all(|pod| !pod.annotations.is_empty() && pod.is_ready()));
}

/// K8S-15.
#[test]
fn a_second_change_takes_the_unhealthy_pods_of_the_first() {
    let mut bench = settled(&deployment("app:v1", 3));
    bench.deploy(&deployment("app:v2", 3));
    bench.pass(secs(60));
    bench.deploy(&deployment("app:v3", 3));
    bench.pass(secs(200));
    assert_eq!(status(&bench), RolloutStatus::Complete);
    let images: Vec<_> = bench.pods().map(|pod| &*pod.template.spec.containers[0].image).collect();
    assert_eq!(images, ["app:v3"; 3]);
}

/// K8S-16, OK8S-7.
#[test]
fn scaling_in_the_middle_of_a_rollout_is_spread() {
    let mut bench = settled(&rolling("app:v1", 10, 3, 2));
    bench.deploy(&rolling("app:v2", 10, 3, 2));
    bench.pass(secs(60));
    bench.deploy(&rolling("app:v2", 15, 3, 2));
    assert_eq!(bench.sizes(secs(1)), [(8, 5), (11, 7)]);
}

/// K8S-14.
#[test]
fn recreate_starts_nothing_before_the_last_old_pod_has_ended() {
    let recreate = |image| DeploymentSpec { strategy: Strategy::Recreate, ..deployment(image, 3) };
    let mut bench = settled(&recreate("app:v1"));
    bench.deploy(&recreate("app:v3"));
    let mut outage = false;
    let end = bench.engine.now() + secs(60);
    while bench.step(end) {
        let images: std::collections::BTreeSet<_> =
            bench.pods().map(|pod| &pod.template.spec.containers[0].image).collect();
        assert!(images.len() <= 1, "both colours at {}", bench.engine.now());
        outage |= bench.ready() == 0;
    }
    assert!(outage);
    assert_eq!(bench.ready(), 3);
}

/// K8S-10, 16.
#[test]
fn a_paused_deployment_scales_but_does_not_roll_out() {
    let mut bench = settled(&deployment("app:v1", 3));
    let paused = DeploymentSpec { paused: true, ..deployment("app:v3", 4) };
    bench.deploy(&paused);
    bench.pass(secs(60));
    let state = &bench.cluster().state;
    assert_eq!(state.replica_sets.len(), 1);
    assert_eq!(bench.ready(), 4);
    let progressing = &state.deployments["app"].progressing;
    assert_eq!(progressing.reason, "DeploymentPaused");
    assert_eq!(progressing.message, "Deployment is paused");
    bench.deploy(&DeploymentSpec { paused: false, ..paused });
    bench.pass(secs(100));
    assert_eq!(status(&bench), RolloutStatus::Complete);
    assert_eq!(bench.cluster().state.replica_sets.len(), 2);
}

/// K8S-13.
#[test]
fn the_oldest_revisions_beyond_the_limit_are_forgotten() {
    let limited = |image| DeploymentSpec { revision_history_limit: 1, ..deployment(image, 2) };
    let mut bench = Bench::new();
    for image in ["app:v1", "app:v2", "app:v3"] {
        bench.deploy(&limited(image));
        bench.pass(secs(100));
    }
    let state = &bench.cluster().state;
    let revisions: Vec<_> = state.replica_sets_of("app").map(|set| set.revision).collect();
    assert_eq!(revisions, [2, 3]);
}

/// K8S-08.
#[test]
fn min_ready_seconds_hold_a_rollout_back() {
    let patient = |image| DeploymentSpec { min_ready_seconds: 30, ..deployment(image, 1) };
    let mut bench = settled(&patient("app:v1"));
    bench.deploy(&patient("app:v3"));
    bench.until(|world| world.ready() == 2);
    assert_eq!(bench.sizes(secs(29)), [(1, 1)]);
    assert_eq!(bench.sizes(secs(3)), [(1, 1), (0, 1)]);
}

/// K8S-12, 22.
#[test]
fn deleting_a_deployment_ends_its_pods() {
    let mut bench = settled(&deployment("app:v1", 3));
    bench.delete(Kind::Deployment, "app");
    assert!(bench.pods().all(|pod| pod.display_status() == "Terminating"));
    bench.pass(secs(40));
    assert_eq!(bench.pods().count(), 0);
    assert!(bench.cluster().state.replica_sets.is_empty());
}

#[test]
fn a_deployment_that_comes_back_at_once_gets_new_pods() {
    let mut bench = settled(&deployment("app:v1", 3));
    bench.delete(Kind::Deployment, "app");
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(60));
    assert_eq!((bench.pods().count(), bench.ready()), (3, 3));
}

/// Every line of a rollout leads back to the command that caused it.
#[test]
fn causes_lead_from_the_endpoints_back_to_the_command() {
    let mut bench = Bench::new();
    bench.serve(labels(&[("app", "app")]));
    bench.pass(secs(1));
    bench.apply("app", Spec::Deployment(Box::new(deployment("app:v1", 1))));
    bench.pass(secs(60));
    let trace = &bench.engine.model.trace;
    let mut entry = trace.iter().rfind(|entry| entry.subject == "endpoints/app-service").unwrap();
    let mut chain = vec![entry.text.clone()];
    while let Some(before) = trace.iter().find(|before| before.id == entry.cause) {
        assert!(before.id < entry.id, "a cause comes first");
        entry = before;
        chain.push(entry.text.clone());
    }
    assert!(entry.subject == "deployment/app", "{chain:?}");
    assert!(6 <= chain.len(), "{chain:?}");
}
