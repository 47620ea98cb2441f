//! Autoscalers at work (A.8).

use super::bench::*;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::recommendation::{Standing, standing};
use crate::cluster::spec::{AutoscalerSpec, DeploymentSpec, Resources, ScaleTarget};
use crate::cluster::state::AutoscalerStatus;
use crate::time::SimTime;

fn autoscaler(min_replicas: u32, max_replicas: u32) -> Spec {
    Spec::HorizontalPodAutoscaler(AutoscalerSpec {
        target: ScaleTarget { kind: Kind::Deployment, name: "app".to_owned() },
        min_replicas,
        max_replicas,
        utilizations: vec![60],
        behavior: None,
    })
}

/// Pods that have run for ten minutes, each using `cpu_milli` of 250; then an autoscaler comes.
fn scaled(replicas: u32, cpu_milli: u64, spec: Spec) -> Bench {
    let mut bench = Bench::new();
    bench.engine.model.cpu_milli = cpu_milli;
    bench.deploy(&deployment("app:v1", replicas));
    bench.pass(secs(600));
    bench.apply("app", spec);
    bench
}

fn spec(bench: &Bench, name: &str) -> DeploymentSpec {
    let object = bench.engine.model.api.get(Kind::Deployment, name).unwrap();
    let Spec::Deployment(spec) = &object.manifest.spec else { unreachable!("it is a Deployment") };
    (**spec).clone()
}

fn status(bench: &Bench) -> &AutoscalerStatus {
    &bench.cluster().state.autoscalers["app"]
}

/// K8S-81, 88: 225 of 250 are 90 % where 60 % are wanted.
#[test]
fn busy_pods_get_company_after_the_sync_period() {
    let mut bench = scaled(4, 225, autoscaler(1, 10));
    bench.pass(secs(14));
    assert_eq!(spec(&bench, "app").replicas, 4);
    bench.pass(secs(2));
    assert_eq!(spec(&bench, "app").replicas, 6);
    let reason =
        "New size: 6; reason: cpu resource utilization (percentage of request) above target";
    assert_eq!(bench.noted("SuccessfulRescale"), [reason]);
    bench.engine.model.cpu_milli = 150;
    bench.pass(secs(60));
    assert_eq!(bench.ready(), 6);
    assert_eq!((status(&bench).current, status(&bench).usage.unwrap().percent), (6, 60));
}

/// K8S-82, 83: what new pods use while they start does not make still more pods.
#[test]
fn pods_that_start_do_not_drive_the_size_up() {
    let mut bench = scaled(4, 225, autoscaler(1, 30));
    bench.until(|world| world.cluster.state.pods.len() == 6);
    bench.pass(secs(14));
    assert_eq!(spec(&bench, "app").replicas, 6, "two pods have no share in the load yet");
}

/// K8S-85.
#[test]
fn idle_pods_go_five_minutes_after_they_were_needed() {
    let mut bench = scaled(4, 150, autoscaler(1, 10));
    bench.pass(secs(60));
    bench.engine.model.cpu_milli = 30;
    bench.pass(secs(300));
    assert_eq!(spec(&bench, "app").replicas, 4);
    assert_eq!(status(&bench).able.reason, "ScaleDownStabilized");
    bench.pass(secs(60));
    assert_eq!(spec(&bench, "app").replicas, 1);
    assert_eq!(status(&bench).limited.reason, "DesiredWithinRange");
}

/// K8S-80.
#[test]
fn a_container_without_a_request_makes_the_metric_useless() {
    let mut bench = Bench::new();
    bench.engine.model.cpu_milli = 900;
    let spec = with_container(deployment("app:v1", 2), |c| c.requests = Resources::default());
    bench.deploy(&spec);
    bench.apply("app", autoscaler(1, 10));
    bench.pass(secs(120));
    assert_eq!(bench.pods().count(), 2);
    let active = &status(&bench).active;
    assert_eq!((active.status, active.reason), ("False", "FailedGetResourceMetric"));
    assert!(active.message.contains("missing request for cpu in container app of Pod app-"));
    assert!(status(&bench).usage.is_none());
}

/// K8S-84.
#[test]
fn of_several_targets_the_one_that_asks_for_most_pods_counts() {
    let Spec::HorizontalPodAutoscaler(mut spec_of) = autoscaler(1, 20) else { unreachable!() };
    spec_of.utilizations = vec![90, 45, 60];
    let mut bench = scaled(4, 225, Spec::HorizontalPodAutoscaler(spec_of));
    bench.pass(secs(16));
    assert_eq!(spec(&bench, "app").replicas, 8, "90 of 45 per cent");
}

/// K8S-86: whatever the pods use.
#[test]
fn a_size_outside_the_range_is_corrected_at_once() {
    let mut bench = scaled(4, 150, autoscaler(1, 2));
    bench.pass(secs(16));
    assert_eq!(spec(&bench, "app").replicas, 2);
    let mut bench = scaled(4, 150, autoscaler(7, 9));
    bench.pass(secs(16));
    assert_eq!(spec(&bench, "app").replicas, 7);
}

/// K8S-88: applying a manifest that sets replicas throws the autoscaler's work away for a while.
#[test]
fn a_manifest_with_replicas_fights_the_autoscaler() {
    let mut bench = scaled(2, 225, autoscaler(1, 10));
    bench.pass(secs(16));
    assert_eq!(spec(&bench, "app").replicas, 3);
    bench.deploy(&deployment("app:v1", 2));
    assert_eq!(spec(&bench, "app").replicas, 2);
    bench.pass(secs(60));
    assert!(3 <= spec(&bench, "app").replicas, "the pods are as busy as before");
}

/// K8S-88: the other colour stays as it is, however busy.
#[test]
fn an_autoscaler_covers_one_colour() {
    let mut bench = scaled(2, 225, autoscaler(1, 10));
    let mut green = deployment("app:v2", 2);
    green.selector = labels(&[("app", "green")]);
    green.template.labels = labels(&[("app", "green")]);
    bench.apply("green", Spec::Deployment(Box::new(green)));
    bench.pass(secs(120));
    assert!(3 <= spec(&bench, "app").replicas);
    assert_eq!(spec(&bench, "green").replicas, 2);
}

/// K8S-88.
#[test]
fn no_pods_are_wanted_no_pods_are_made() {
    let mut bench = scaled(0, 225, autoscaler(2, 10));
    bench.pass(secs(60));
    assert_eq!(spec(&bench, "app").replicas, 0);
    assert_eq!(status(&bench).active.reason, "ScalingDisabled");
}

#[test]
fn an_autoscaler_says_when_its_target_is_missing_and_forgets_when_deleted() {
    let mut bench = Bench::new();
    bench.apply("app", autoscaler(1, 10));
    bench.pass(secs(16));
    assert_eq!(status(&bench).able.reason, "FailedGetScale");
    bench.delete(Kind::HorizontalPodAutoscaler, "app");
    bench.pass(secs(60));
    assert!(bench.cluster().state.autoscalers.is_empty());
}

/// K8S-82.
#[test]
fn early_cpu_use_counts_only_for_pods_that_were_ready_all_the_while() {
    let mut bench = Bench::new();
    bench.engine.model.cpu_milli = 100;
    bench.deploy(&deployment("app:v1", 1));
    bench.pass(secs(100));
    let (pod, now) = (bench.pod(bench.first_pod()).clone(), bench.engine.now());
    assert_eq!(pod.usage.unwrap().at, SimTime::from_secs(90));
    assert_eq!(standing(&pod, now), Standing::Counted(100));

    let mut fresh = pod.clone();
    fresh.ready_changed = SimTime::from_secs(89);
    assert_eq!(standing(&fresh, now), Standing::Unready, "the window began before it was ready");

    let later = now + secs(300);
    assert_eq!(standing(&fresh, later), Standing::Counted(100), "after 300 s that is past");

    let mut never_ready = pod.clone();
    never_ready.ready = None;
    never_ready.ready_changed = pod.started.unwrap();
    assert_eq!(standing(&never_ready, later), Standing::Unready);

    let mut unready_now = never_ready.clone();
    unready_now.ready_changed = pod.started.unwrap() + secs(31);
    assert_eq!(standing(&unready_now, later), Standing::Counted(100), "it was ready once");
    assert_eq!(standing(&unready_now, SimTime::from_secs(200)), Standing::Unready);

    let unmeasured = crate::cluster::pod::Pod { usage: None, ..pod };
    assert_eq!(standing(&unmeasured, now), Standing::Missing);
}

/// A.8: a container that restarts has no measure until it has run for ten seconds.
#[test]
fn what_does_not_run_is_not_measured() {
    let mut bench = Bench::new();
    bench.engine.model.cpu_milli = 100;
    bench.deploy(&deployment("app:v1", 1));
    bench.pass(secs(16));
    let pod = bench.first_pod();
    let usage = bench.pod(pod).usage.unwrap();
    assert_eq!((usage.cpu_milli, usage.at), (100, SimTime::from_secs(15)));
    bench.command(|_, _, scope| {
        scope
            .after(secs(9), crate::cluster::ClusterEvent::ContainerExited { pod, run: 0, code: 1 });
    });
    bench.pass(secs(15));
    assert!(bench.pod(pod).usage.is_none());
    bench.pass(secs(15));
    assert_eq!(bench.pod(pod).usage.unwrap().cpu_milli, 100);
}
