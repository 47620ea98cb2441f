//! Random commands and faults. Invariants hold throughout; once the faults stop, the cluster comes
//! to what was asked for.

use super::bench::*;
use crate::cluster::ClusterEvent;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::rollout_status::{RolloutStatus, rollout_status};
use crate::cluster::spec::{
    AutoscalerSpec, Container, DeploymentSpec, IntOrPercent, JobSpec, PodSpec, PodTemplate, Probe,
    Resources, RestartPolicy, ScaleTarget, Strategy,
};
use crate::random::{Random, Seed, Stream};
use crate::scenario::ClusterShape;
use crate::time::SimDuration;

fn random_spec(random: &mut Random) -> DeploymentSpec {
    let image = ["app:v1", "app:v2", "app:v3", "app:typo"][random.below(4) as usize];
    let mut spec = with_container(deployment(image, random.below(7)), |container| {
        let startup = Probe { failure_threshold: 1 + random.below(5), ..probe(2) };
        container.startup = random.chance(0.3).then_some(startup);
        container.liveness = random.chance(0.5).then(|| probe(1 + random.below(10)));
        container.pre_stop = random.chance(0.3).then(|| secs(u64::from(random.below(40))));
    });
    let amount = |random: &mut Random| match random.below(2) {
        0 => IntOrPercent::Int(1 + random.below(3)),
        _ => IntOrPercent::Percent(random.below(101)),
    };
    spec.strategy = match random.below(4) {
        0 => Strategy::Recreate,
        _ => Strategy::RollingUpdate { surge: amount(random), unavailable: amount(random) },
    };
    spec.min_ready_seconds = random.below(3) * 5;
    spec.revision_history_limit = random.below(3);
    spec.paused = random.chance(0.1);
    if random.chance(0.3) {
        spec.template.spec.init_containers = random_init(random);
    }
    if random.chance(0.5) {
        let config = "holdApplicationUntilProxyStarts: true";
        spec.template.annotations = labels(&[
            ("sidecar.istio.io/nativeSidecar", "false"),
            ("proxy.istio.io/config", config),
        ]);
    }
    spec
}

/// Init containers that work, one that does not, and sidecars that start slowly (K8S-33).
fn random_init(random: &mut Random) -> Vec<Container> {
    let container = |place: u32| {
        let images = ["task:good", "task:good", "helper:v1", "helper:v1", "task:bad", "task:typo"];
        let image = images[random.below(6) as usize];
        Container {
            name: format!("init-{place}"),
            image: image.to_owned(),
            sidecar: image == "helper:v1" || random.chance(0.2),
            requests: Resources { cpu_milli: 100, memory_bytes: 1 << 20 },
            ..Container::default()
        }
    };
    (0..3).map(container).collect()
}

fn random_job(random: &mut Random) -> JobSpec {
    let images = ["task:good", "task:bad", "app:v1"];
    let container = Container {
        name: "task".to_owned(),
        image: images[random.below(3) as usize].to_owned(),
        ..Container::default()
    };
    let init_containers = if random.chance(0.3) { random_init(random) } else { Vec::new() };
    let restarts = [RestartPolicy::Never, RestartPolicy::OnFailure];
    let spec = PodSpec {
        containers: vec![container],
        init_containers,
        restart: restarts[random.below(2) as usize],
        ..PodSpec::default()
    };
    let seconds = |random: &mut Random| random.chance(0.3).then(|| secs(random.below(60).into()));
    JobSpec {
        completions: random.chance(0.8).then(|| 1 + random.below(4)),
        parallelism: random.below(4),
        backoff_limit: random.below(4),
        active_deadline: seconds(random),
        ttl: seconds(random),
        suspend: random.chance(0.1),
        template: PodTemplate { spec, ..PodTemplate::default() },
    }
}

fn random_behaviour(random: &mut Random) -> Behaviour {
    Behaviour {
        startup: secs(u64::from(random.below(15))),
        crash_after: random.chance(0.2).then(|| secs(u64::from(random.below(60)))),
        shutdown: random.chance(0.7).then(|| secs(u64::from(random.below(20)))),
        answers: random.chance(0.9),
    }
}

fn disturb(bench: &mut Bench, random: &mut Random) {
    let pods: Vec<_> = bench.pods().map(|pod| pod.id).collect();
    let pod = (!pods.is_empty()).then(|| pods[random.below(pods.len() as u32) as usize]);
    match (random.below(14), pod) {
        (0..=2, _) => bench.deploy(&random_spec(random)),
        (3, _) => bench.delete(Kind::Deployment, "app"),
        (4, Some(pod)) => {
            let grace = random.chance(0.5).then(|| secs(u64::from(random.below(5))));
            bench.delete_pod(pod, grace);
        }
        (5, Some(pod)) => {
            bench.engine.model.sick.insert(pod);
        }
        (6, Some(pod)) => bench.command(|cluster, _, scope| {
            let label = ["app", "other"][random.below(2) as usize].to_owned();
            let pod_state = cluster.state.pods.get_mut(&pod).unwrap();
            pod_state.labels.insert("app".to_owned(), label);
            cluster.pod_relabelled(pod, scope);
        }),
        (7, Some(pod)) => {
            let _ = bench.command(|cluster, api, scope| cluster.evict(pod, None, api, scope));
        }
        (8, _) => {
            let (node, cordoned) = (format!("node-{}", 1 + random.below(3)), random.chance(0.5));
            bench.command(|cluster, _, scope| cluster.cordon(&node, cordoned, scope));
        }
        (9, _) => {
            bench.engine.model.cpu_milli = u64::from(random.below(400));
            let min_replicas = 1 + random.below(3);
            bench.apply(
                "app",
                Spec::HorizontalPodAutoscaler(AutoscalerSpec {
                    target: ScaleTarget { kind: Kind::Deployment, name: "app".to_owned() },
                    min_replicas,
                    max_replicas: min_replicas + random.below(5),
                    utilizations: vec![60],
                    behavior: None,
                }),
            );
        }
        (10, _) => bench.apply("task", Spec::Job(Box::new(random_job(random)))),
        (11, _) => bench.delete(Kind::Job, "task"),
        (12, _) => inject_sidecars(bench, random.chance(0.7)),
        _ => {
            let behaviour = random_behaviour(random);
            bench.engine.model.behaviour.insert("app:v2", behaviour);
        }
    }
}

/// Whether pods that are made from now on get sidecars (IST-80).
fn inject_sidecars(bench: &mut Bench, enabled: bool) {
    let value = if enabled { "enabled" } else { "disabled" };
    bench.command(|cluster, _, _| {
        let labels = labels(&[("istio-injection", value)]);
        cluster.state.namespace_labels.insert("default".to_owned(), labels);
    });
}

/// A disturbed run; the invariants are checked by the bench.
fn disturbed(seed: u64) -> Bench {
    let random = &mut Seed(seed).stream(Stream::Swarm, 0);
    // Now and then too small for what is asked.
    let cpu_milli = 500 + 250 * u64::from(random.below(10));
    let shape = ClusterShape {
        nodes: 1 + random.below(3),
        cpu_milli,
        memory_bytes: 8 << 30,
        ..ClusterShape::default()
    };
    let mut bench = Bench::with_shape(shape, seed);
    bench.serve(labels(&[("app", "app")]));
    for _ in 0..40 {
        disturb(&mut bench, random);
        bench.pass(SimDuration::from_micros(u64::from(random.below(20_000_000))));
    }
    bench
}

/// All pods are deleted, and no autoscaler, no cordon and no sidecar is left.
fn settle(bench: &mut Bench) {
    inject_sidecars(bench, false);
    bench.delete(Kind::Deployment, "app");
    bench.delete(Kind::HorizontalPodAutoscaler, "app");
    bench.delete(Kind::Job, "task");
    for node in ["node-1", "node-2", "node-3"] {
        bench.command(|cluster, _, scope| cluster.cordon(node, false, scope));
    }
    let leftovers: Vec<_> = bench.pods().map(|pod| pod.id).collect();
    leftovers.into_iter().for_each(|pod| bench.delete_pod(pod, None));
}

/// K8S-92, 93.
#[test]
fn whatever_else_happens_the_other_nodes_take_over_from_a_lost_one() {
    for seed in 0..20 {
        let mut bench = disturbed(seed);
        let random = &mut Seed(seed).stream(Stream::Swarm, 1);
        if bench.cluster().state.nodes.len() == 1 {
            continue;
        }
        bench.command(|_, _, scope| scope.after(SimDuration::ZERO, ClusterEvent::NodeLost(0)));
        for _ in 0..20 {
            disturb(&mut bench, random);
            bench.pass(SimDuration::from_micros(u64::from(random.below(20_000_000))));
        }
        bench.engine.model.sick.clear();
        bench.engine.model.behaviour.clear();
        settle(&mut bench);
        bench.pass(secs(100));
        assert!(bench.pods().all(|pod| pod.node.as_deref() == Some("node-1")), "seed {seed}");
        bench.deploy(&deployment("app:v3", 2));
        bench.pass(secs(500));
        let ready = bench.pods().filter(|pod| pod.is_ready());
        let nodes: Vec<_> = ready.map(|pod| pod.node.clone().unwrap()).collect();
        assert!(nodes.len() == 2 && nodes.iter().all(|node| node != "node-1"), "seed {seed}");
    }
}

#[test]
fn after_any_disturbance_a_healthy_deployment_comes_up() {
    for seed in 0..60 {
        let mut bench = disturbed(seed);
        bench.engine.model.sick.clear();
        bench.engine.model.behaviour.clear();
        settle(&mut bench);
        bench.pass(secs(100));
        assert_eq!(bench.pods().count(), 0, "seed {seed}");
        assert!(bench.cluster().kubelets.is_empty(), "seed {seed}");
        bench.deploy(&deployment("app:v3", 2));
        bench.pass(secs(60));
        let status = rollout_status(&bench.cluster().state, &bench.engine.model.api, "app");
        assert_eq!(status, Some(RolloutStatus::Complete), "seed {seed}");
        let endpoints = &bench.cluster().state.endpoints["app-service"].pods;
        assert_eq!(endpoints.iter().filter(|e| e.is_ready()).count(), 2, "seed {seed}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (one, other) = (disturbed(7), disturbed(7));
    assert_eq!(one.engine.digest(), other.engine.digest());
    assert_eq!(one.engine.model.trace.len(), other.engine.model.trace.len());
    assert_ne!(one.engine.digest(), disturbed(8).engine.digest());
}
