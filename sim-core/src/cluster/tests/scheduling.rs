//! Nodes and room (K8S-100..102).

use super::bench::*;
use crate::cluster::pod::Phase;
use crate::scenario::ClusterShape;

/// Room for four pods of 250m a node.
fn small() -> Bench {
    Bench::with_shape(
        ClusterShape {
            nodes: 2,
            cpu_milli: 1_000,
            memory_bytes: 4 << 30,
            ..ClusterShape::default()
        },
        1,
    )
}

/// K8S-101.
#[test]
fn pods_go_where_most_is_free() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 6));
    bench.pass(secs(5));
    for node in ["node-1", "node-2", "node-3"] {
        let here = bench.pods().filter(|pod| pod.node.as_deref() == Some(node)).count();
        assert_eq!(here, 2, "{node}");
    }
}

/// K8S-102.
#[test]
fn a_pod_without_room_waits_and_takes_the_room_that_gets_free() {
    let mut bench = small();
    bench.deploy(&deployment("app:v1", 9));
    bench.pass(secs(30));
    let stuck = bench.pods().find(|pod| pod.node.is_none()).unwrap();
    assert_eq!(stuck.phase, Phase::Pending);
    let reason = "0/2 nodes are available: 2 Insufficient cpu.";
    assert_eq!(stuck.unschedulable.as_deref(), Some(reason));
    assert_eq!(bench.noted("FailedScheduling"), [reason]);
    let stuck = stuck.id;
    let other = bench.first_pod();
    bench.delete_pod(other, None);
    bench.pass(secs(30));
    assert!(bench.pod(stuck).is_ready());
}

/// K8S-100: requests of terminating pods are still taken.
#[test]
fn a_terminating_pod_keeps_its_room() {
    let stubborn = Behaviour { shutdown: None, ..HEALTHY };
    let mut bench = small().behaves("app:v1", stubborn);
    bench.deploy(&deployment("app:v1", 8));
    bench.pass(secs(30));
    let pod = bench.first_pod();
    bench.delete_pod(pod, None);
    bench.pass(secs(25));
    assert_eq!(bench.pods().filter(|pod| pod.node.is_none()).count(), 1);
    bench.pass(secs(10));
    assert_eq!(bench.pods().filter(|pod| pod.node.is_none()).count(), 0);
}

#[test]
fn addresses_tell_the_node() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(5));
    let mut addresses: Vec<_> =
        bench.pods().map(|pod| (pod.node.clone().unwrap(), pod.ip.clone().unwrap())).collect();
    addresses.sort();
    let of = |node: &str, ip: &str| (node.to_owned(), ip.to_owned());
    let want = [("node-1", "10.244.1.2"), ("node-2", "10.244.2.2"), ("node-3", "10.244.3.2")];
    assert_eq!(addresses, want.map(|(node, ip)| of(node, ip)));
}
