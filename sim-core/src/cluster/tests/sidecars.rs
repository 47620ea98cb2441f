//! Sidecars of Istio, as the kubelet and the scheduler see them (IST-80..84).

use super::bench::*;
use super::init::{started, statuses};
use crate::application::ApplicationEvent;
use crate::cluster::api::Spec;
use crate::cluster::spec::{
    DeploymentSpec, JobSpec, PodSpec, PodTemplate, QuotaSpec, Resource, RestartPolicy,
};
use crate::cluster::version::Version;
use crate::scenario::ClusterShape;

const CLASSIC: (&str, &str) = ("sidecar.istio.io/nativeSidecar", "false");
const HOLD: (&str, &str) = ("proxy.istio.io/config", "holdApplicationUntilProxyStarts: true");

fn enable(bench: &mut Bench) {
    bench.command(|cluster, _, _| {
        let labels = labels(&[("istio-injection", "enabled")]);
        cluster.state.namespace_labels.insert("default".to_owned(), labels);
    });
}

fn enabled() -> Bench {
    let mut bench = Bench::new();
    enable(&mut bench);
    bench
}

/// A Deployment whose pods have these annotations.
fn annotated(replicas: u32, annotations: &[(&str, &str)]) -> DeploymentSpec {
    let mut spec = deployment("app:v1", replicas);
    spec.template.annotations = labels(annotations);
    spec
}

/// IST-80: the injector changes pods as they are made.
#[test]
fn a_label_of_the_namespace_gives_new_pods_a_sidecar_and_leaves_the_others_alone() {
    let mut bench = Bench::new();
    let mut spec = deployment("app:v1", 1);
    bench.deploy(&spec);
    bench.pass(secs(30));
    enable(&mut bench);
    bench.pass(secs(30));
    assert!(bench.pods().all(|pod| pod.proxy.is_none()), "nothing happens to what is there");
    spec.replicas = 2;
    bench.deploy(&spec);
    bench.pass(secs(30));
    let sidecars: Vec<usize> = bench.pods().map(|pod| pod.sidecars().count()).collect();
    assert_eq!((sidecars, bench.ready()), (vec![0, 1], 2));
    assert_eq!(bench.cluster().state.replica_sets.len(), 1, "its owner is as it was");
}

/// IST-81, 82, K8S-33: the kubelet starts the application after the native proxy.
#[test]
fn a_native_sidecar_starts_before_the_application() {
    let mut bench = enabled();
    bench.deploy(&annotated(1, &[]));
    let seen = statuses(&mut bench, 60);
    let want = [
        "0 Pending",
        "0 Init:0/2",
        "0 Init:1/2",
        "0 PodInitializing",
        "1 PodInitializing",
        "1 Running",
        "2 Running",
    ];
    assert_eq!(seen, want);
    assert_eq!(started(&bench), ["istio-init", "istio-proxy", "app"]);
}

/// IST-82, 83: the pod is ready when both are, in whatever order they get there.
#[test]
fn a_classic_sidecar_starts_beside_the_application_and_both_must_be_ready() {
    let mut bench = enabled();
    bench.deploy(&annotated(1, &[CLASSIC]));
    let seen = statuses(&mut bench, 60);
    let want =
        ["0 Pending", "0 Init:0/1", "0 PodInitializing", "0 Running", "1 Running", "2 Running"];
    assert_eq!(seen, want);
    let ready = bench.pods().next().unwrap().ready_changed;
    let app = bench.heard(|event| matches!(event, ApplicationEvent::Started { .. }))[0];
    // The application is ready 2 s after its start, the proxy up after three and some.
    assert!(secs(2) <= ready.since(app), "{ready} {app}");
}

/// IST-82.
#[test]
fn an_application_that_is_held_starts_once_the_proxy_is_up() {
    let start = |annotations: &[(&str, &str)]| {
        let mut bench = enabled();
        bench.deploy(&annotated(1, annotations));
        bench.pass(secs(60));
        assert_eq!(bench.ready(), 1);
        let app = bench.heard(|event| matches!(event, ApplicationEvent::Started { .. }))[0];
        (started(&bench).pop().unwrap(), app)
    };
    let (last, held) = start(&[CLASSIC, HOLD]);
    assert_eq!(last, "app");
    let (_, free) = start(&[CLASSIC]);
    assert!(secs(2) <= held.since(free), "the proxy takes 3 s to be up: {free} {held}");
}

/// IST-83: the kubelet asks the agent, and without agent the answer is no.
#[test]
fn probes_fail_without_the_agent_that_should_ask() {
    let slow = Behaviour { shutdown: Some(secs(20)), ..HEALTHY };
    let failures = |annotations: &[(&str, &str)]| {
        let mut bench = enabled().behaves("app:v1", slow);
        bench.deploy(&annotated(1, annotations));
        bench.pass(secs(60));
        let pod = bench.first_pod();
        let ip = bench.pod(pod).ip.clone().unwrap();
        bench.delete_pod(pod, None);
        // K8S-47: readiness is asked while the pod ends. The classic proxy has gone by then.
        bench.pass(secs(15));
        let of_agent = |text: &&String| {
            text.contains(&format!("dial tcp {ip}:15020: connect: connection refused"))
        };
        let all = bench.noted("Unhealthy");
        let path = "Get \"http://";
        assert!(all.iter().filter(of_agent).all(|text| text.contains(path)));
        all.iter().filter(of_agent).count()
    };
    assert_eq!(failures(&[CLASSIC]), 1, "the same event, counted");
    assert_eq!(failures(&[]), 0, "a native proxy is still there");
    let plain = ("sidecar.istio.io/rewriteAppHTTPProbers", "false");
    assert_eq!(failures(&[CLASSIC, plain]), 0, "the application is asked itself");
}

/// IST-83: the agent reports every failure of the application as 500.
#[test]
fn the_agent_says_500_for_an_application_that_does_not_listen() {
    let slow = Behaviour { startup: secs(20), ..HEALTHY };
    let mut bench = enabled().behaves("app:v1", slow);
    bench.deploy(&annotated(1, &[]));
    bench.pass(secs(20));
    let said = bench.noted("Unhealthy");
    let expected = "Readiness probe failed: HTTP probe failed with statuscode: 500";
    assert!(said.iter().any(|text| text == expected), "{said:?}");
}

/// IST-81: nothing of the application holds the classic proxy back, not even its preStop hook.
#[test]
fn a_classic_proxy_is_asked_to_end_at_once_and_a_native_one_after_the_application() {
    let wait = |annotations: &[(&str, &str)]| {
        let mut bench = enabled();
        let spec = annotated(1, annotations);
        bench.deploy(&with_container(spec, |container| container.pre_stop = Some(secs(15))));
        bench.pass(secs(60));
        let pod = bench.first_pod();
        let begin = bench.engine.now();
        bench.delete_pod(pod, None);
        bench.pass(secs(25));
        assert!(!bench.cluster().state.pods.contains_key(&pod), "both end in time");
        bench.engine.model.proxies_terminated[0].since(begin)
    };
    assert!(wait(&[CLASSIC]) < secs(1));
    // The hook, and a second until the application has ended.
    assert!((secs(16)..secs(17)).contains(&wait(&[])));
}

/// IST-84, K8S-100: 250m and 100m.
#[test]
fn the_request_of_a_sidecar_counts_where_the_pod_is_placed() {
    let room = || ClusterShape { nodes: 1, cpu_milli: 1_000, ..ClusterShape::default() };
    for annotations in [&[][..], &[CLASSIC]] {
        let mut bench = Bench::with_shape(room(), 1);
        enable(&mut bench);
        bench.deploy(&annotated(3, annotations));
        bench.pass(secs(60));
        assert_eq!(bench.ready(), 2);
        let why = bench.pods().find_map(|pod| pod.unschedulable.clone());
        assert_eq!(why.as_deref(), Some("0/1 nodes are available: 1 Insufficient cpu."));
    }
    let mut bench = Bench::with_shape(room(), 1);
    bench.deploy(&annotated(3, &[]));
    bench.pass(secs(60));
    assert_eq!(bench.ready(), 3, "without sidecars there is room");
}

/// IST-84, K8S-104.
#[test]
fn the_request_of_a_sidecar_counts_against_the_quota() {
    let mut bench = enabled();
    let hard = [(Resource::RequestsCpu, 600)].into();
    bench.apply("compute", Spec::ResourceQuota(QuotaSpec { hard }));
    bench.deploy(&annotated(2, &[]));
    bench.pass(secs(60));
    assert_eq!(bench.ready(), 1);
    let failed = &bench.noted("FailedCreate")[0];
    assert!(failed.contains("requested: requests.cpu=350m, used: requests.cpu=350m"), "{failed}");
}

/// IST-81: only nodes that are new enough make Istio choose native sidecars.
#[test]
fn old_nodes_get_classic_sidecars() {
    for (version, sidecars) in [("v1.32", 0), ("v1.33", 1)] {
        let version = Version::parse(version).unwrap();
        let mut bench = Bench::with_shape(ClusterShape { version, ..ClusterShape::default() }, 1);
        enable(&mut bench);
        bench.deploy(&annotated(1, &[]));
        bench.pass(secs(60));
        let pod = bench.pods().next().unwrap();
        assert_eq!((pod.sidecars().count(), pod.lasting().count()), (sidecars, 2));
    }
}

/// IST-81: the best known trap of the classic sidecar.
#[test]
fn a_job_with_a_classic_sidecar_never_ends_and_one_with_a_native_sidecar_does() {
    for (annotations, ended) in [(&[][..], "True"), (&[CLASSIC], "")] {
        let mut bench = enabled();
        let container = crate::cluster::spec::Container {
            name: "task".to_owned(),
            image: "task:good".to_owned(),
            ..Default::default()
        };
        let restart = RestartPolicy::Never;
        let spec = PodSpec { containers: vec![container], restart, ..PodSpec::default() };
        let annotations = labels(annotations);
        let template = PodTemplate { spec, annotations, ..PodTemplate::default() };
        let job = JobSpec {
            completions: Some(1),
            parallelism: 1,
            backoff_limit: 6,
            active_deadline: None,
            ttl: None,
            suspend: false,
            template,
        };
        bench.apply("task", Spec::Job(Box::new(job)));
        bench.pass(secs(600));
        assert_eq!(bench.cluster().state.jobs["task"].complete.status, ended);
        let shown = bench.pods().next().unwrap().display_status();
        assert_eq!(shown, if ended.is_empty() { "NotReady" } else { "Completed" });
    }
}

/// IST-80: the webhook's refusal is the ReplicaSet's failure.
#[test]
fn a_pod_whose_annotation_cannot_be_read_is_not_made() {
    let mut bench = enabled();
    bench.deploy(&annotated(1, &[("proxy.istio.io/config", "terminationDrainDuration: soon")]));
    bench.pass(secs(30));
    assert_eq!(bench.pods().count(), 0);
    let failed = &bench.noted("FailedCreate")[0];
    let begin = "Error creating: admission webhook \"namespace.sidecar-injector.istio.io\" denied the \
                 request: ";
    assert!(failed.starts_with(begin), "{failed}");
}
