//! How pods end (K8S-60..63).

use super::bench::*;
use crate::application::ApplicationEvent;
use crate::cluster::spec::DeploymentSpec;
use crate::time::SimDuration;

fn sigterm(event: &ApplicationEvent) -> bool {
    matches!(event, ApplicationEvent::Terminated { .. })
}

fn sigkill(event: &ApplicationEvent) -> bool {
    matches!(event, ApplicationEvent::Killed { .. })
}

/// One ready pod of an application, about to be deleted.
fn ready_pod(behaviour: Behaviour, spec: &DeploymentSpec) -> Bench {
    let mut bench = Bench::new().behaves("app:v1", behaviour);
    bench.deploy(spec);
    bench.pass(secs(30));
    bench
}

fn with_pre_stop(time: u64) -> DeploymentSpec {
    with_container(deployment("app:v1", 1), |container| container.pre_stop = Some(secs(time)))
}

const STUBBORN: Behaviour = Behaviour { shutdown: None, ..HEALTHY };

/// K8S-61: seconds from deletion to SIGTERM and to SIGKILL.
#[test]
fn the_pre_stop_hook_takes_its_time_from_the_grace_period() {
    for (pre_stop, grace, want) in [
        (0, None, (0, 30)),
        (10, None, (10, 30)),
        (40, None, (30, 32)),
        (10, Some(5), (5, 7)),
        (0, Some(1), (0, 2)),
    ] {
        let mut bench = ready_pod(STUBBORN, &with_pre_stop(pre_stop));
        let (pod, begin) = (bench.first_pod(), bench.engine.now());
        bench.delete_pod(pod, grace.map(secs));
        bench.pass(secs(60));
        let seconds = |of: fn(&ApplicationEvent) -> bool| {
            let heard = bench.heard(of);
            assert_eq!(heard.len(), 1);
            (heard[0] - begin).as_micros() / 1_000_000
        };
        assert_eq!((seconds(sigterm), seconds(sigkill)), want, "{pre_stop} {grace:?}");
        assert!(!bench.cluster().state.pods.contains_key(&pod));
    }
}

/// K8S-60..63.
#[test]
fn an_application_that_reacts_to_sigterm_is_not_killed() {
    let mut bench = ready_pod(HEALTHY, &deployment("app:v1", 1));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    let took = bench.until(|world| !world.cluster.state.pods.contains_key(&pod));
    assert!(took < SimDuration::from_millis(1_200), "{took}");
    bench.pass(secs(60));
    assert!(bench.heard(sigkill).is_empty());
    assert_eq!(bench.noted("Killing"), ["Stopping container app"]);
}

/// K8S-60: the endpoint is marked and SIGTERM is sent independently of each other.
#[test]
fn the_endpoint_stops_being_ready_while_the_pre_stop_hook_still_runs() {
    let mut bench = ready_pod(HEALTHY, &with_pre_stop(10));
    bench.serve(labels(&[("app", "app")]));
    bench.pass(secs(1));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    bench.pass(secs(1));
    let endpoints = &bench.cluster().state.endpoints["app-service"].pods;
    let endpoint = endpoints.iter().find(|endpoint| endpoint.pod == pod).unwrap();
    assert!(endpoint.serving && endpoint.terminating && !endpoint.is_ready());
    assert!(bench.heard(sigterm).is_empty());
}

/// K8S-63.
#[test]
fn force_removes_the_object_first_and_ends_the_process_after() {
    let mut bench = ready_pod(STUBBORN, &deployment("app:v1", 1));
    bench.engine.model.otherwise = STUBBORN;
    let pod = bench.first_pod();
    bench.delete_pod(pod, Some(SimDuration::ZERO));
    assert!(!bench.cluster().state.pods.contains_key(&pod));
    assert!(bench.heard(sigterm).is_empty());
    bench.pass(secs(5));
    assert_eq!((bench.heard(sigterm).len(), bench.heard(sigkill).len()), (1, 1));
    assert!(!bench.cluster().kubelets.contains_key(&pod));
}

#[test]
fn a_second_delete_can_only_shorten_the_grace_period() {
    let mut bench = ready_pod(STUBBORN, &deployment("app:v1", 1));
    let (pod, begin) = (bench.first_pod(), bench.engine.now());
    bench.delete_pod(pod, None);
    bench.pass(secs(5));
    bench.delete_pod(pod, Some(secs(100)));
    bench.delete_pod(pod, Some(secs(3)));
    bench.until(|world| !world.cluster.state.pods.contains_key(&pod));
    assert_eq!((bench.engine.now() - begin).as_micros() / 1_000_000, 8);
    assert_eq!(bench.heard(sigterm).len(), 1);
}

#[test]
fn a_pod_that_is_deleted_while_its_image_is_pulled_never_starts() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 1));
    bench.until(|world| world.cluster.state.pods.values().any(|pod| pod.ip.is_some()));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    bench.pass(secs(30));
    assert!(!bench.cluster().state.pods.contains_key(&pod));
    let first = |event: &ApplicationEvent| matches!(event, ApplicationEvent::Started { pod: started, .. } if *started == pod);
    assert!(bench.heard(first).is_empty());
    assert_eq!(bench.ready(), 1);
}

#[test]
fn helpers_start_and_end_with_the_application() {
    let mut spec = deployment("app:v1", 1);
    let helper = crate::cluster::spec::Container {
        name: "helper".to_owned(),
        image: "helper:v1".to_owned(),
        readiness: Some(probe(1)),
        ..Default::default()
    };
    spec.template.spec.containers.push(helper);
    let mut bench = ready_pod(HEALTHY, &spec);
    assert_eq!(bench.ready(), 1);
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    let took = bench.until(|world| !world.cluster.state.pods.contains_key(&pod));
    assert!(took < SimDuration::from_millis(1_200), "{took}");
}
