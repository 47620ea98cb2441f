//! Quotas, and creation that fails (K8S-20, 104).

use super::bench::*;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::spec::{QuotaSpec, Resource};

fn quota(hard: &[(Resource, u64)]) -> Spec {
    Spec::ResourceQuota(QuotaSpec { hard: hard.iter().copied().collect() })
}

fn limited(hard: &[(Resource, u64)]) -> Bench {
    let mut bench = Bench::new();
    bench.apply("compute", quota(hard));
    bench
}

/// K8S-104.
#[test]
fn a_quota_turns_pods_away_and_the_deployment_says_so() {
    let mut bench = limited(&[(Resource::RequestsCpu, 800)]);
    bench.deploy(&deployment("app:v1", 4));
    bench.pass(secs(30));
    assert_eq!(bench.ready(), 3);
    let failure = &bench.cluster().state.deployments["app"].failure;
    assert_eq!((failure.status, failure.reason), ("True", "FailedCreate"));
    let reason = "is forbidden: exceeded quota: compute, requested: requests.cpu=250m, used: \
                  requests.cpu=750m, limited: requests.cpu=800m";
    assert!(failure.message.starts_with("pods \"app-") && failure.message.ends_with(reason));
    assert!(bench.noted("FailedCreate").iter().all(|text| text.ends_with(reason)));
}

/// K8S-104: blue and green together need twice the room.
#[test]
fn a_quota_for_one_colour_leaves_a_rolling_update_without_its_surge() {
    let mut bench = limited(&[(Resource::Pods, 3)]);
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(30));
    bench.deploy(&deployment("app:v2", 3));
    bench.pass(secs(700));
    let status = &bench.cluster().state.deployments["app"];
    assert_eq!((status.counts.ready, status.updated), (3, 0), "K8S-05 keeps the old pods");
    assert_eq!(status.progressing.reason, "ProgressDeadlineExceeded");
    assert_eq!(status.failure.reason, "FailedCreate");
}

/// K8S-104.
#[test]
fn a_pod_that_leaves_open_what_a_quota_limits_is_turned_away() {
    let mut bench = limited(&[(Resource::LimitsCpu, 10_000), (Resource::LimitsMemory, 1 << 40)]);
    bench.deploy(&deployment("app:v1", 1));
    bench.pass(secs(1));
    assert_eq!(bench.pods().count(), 0);
    let failure = &bench.cluster().state.deployments["app"].failure;
    let reason = "failed quota: compute: must specify limits.cpu for: app; limits.memory for: app";
    assert!(failure.message.ends_with(reason), "{}", failure.message);
}

/// K8S-20: batches of 1, 2, 4; the third has failures, so no fourth is tried.
#[test]
fn creation_stops_after_the_first_batch_with_a_failure() {
    let mut bench = limited(&[(Resource::Pods, 5)]);
    bench.deploy(&deployment("app:v1", 100));
    bench.until(|world| !world.cluster.state.pods.is_empty());
    assert_eq!(bench.pods().count(), 5);
    assert_eq!(bench.noted("FailedCreate").len(), 2);
}

/// K8S-20: retries come later and later, and the first success ends the condition.
#[test]
fn when_the_quota_is_raised_the_next_try_succeeds_and_the_condition_goes() {
    let mut bench = limited(&[(Resource::Pods, 1)]);
    bench.deploy(&deployment("app:v1", 2));
    bench.pass(secs(30));
    let tries = bench.noted("FailedCreate").len();
    bench.pass(secs(8));
    assert!(bench.noted("FailedCreate").len() <= tries + 1, "the wait has grown");
    bench.apply("compute", quota(&[(Resource::Pods, 2)]));
    bench.pass(secs(120));
    assert_eq!(bench.ready(), 2);
    assert!(!bench.cluster().state.deployments["app"].failure.is_present());
}

/// K8S-104.
#[test]
fn a_terminating_pod_counts_until_it_is_gone() {
    let stubborn = Behaviour { shutdown: None, ..HEALTHY };
    let mut bench = limited(&[(Resource::Pods, 1)]).behaves("app:v1", stubborn);
    bench.deploy(&deployment("app:v1", 1));
    bench.pass(secs(30));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    bench.pass(secs(25));
    assert_eq!(bench.pods().count(), 1, "its successor is turned away");
    bench.pass(secs(60));
    assert_eq!(bench.ready(), 1);
    assert_ne!(bench.first_pod(), pod);
}

/// K8S-104: the quota is asked for pods that are created, not for those that run.
#[test]
fn a_quota_that_comes_late_or_goes_changes_no_running_pod() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(30));
    bench.apply("compute", quota(&[(Resource::Pods, 1)]));
    bench.pass(secs(30));
    assert_eq!(bench.ready(), 3);
    bench.delete(Kind::ResourceQuota, "compute");
    bench.deploy(&deployment("app:v1", 4));
    bench.pass(secs(30));
    assert_eq!(bench.ready(), 4);
}
