//! Lost nodes (K8S-92..94).

use super::bench::*;
use crate::cluster::ClusterEvent;
use crate::cluster::pod::{Phase, PodId};
use crate::scenario::ClusterShape;

/// Six ready pods on three nodes behind a Service; the second node stops 3 s from now.
fn losing_a_node() -> (Bench, Vec<PodId>) {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 6));
    bench.serve(labels(&[("app", "app")]));
    bench.pass(secs(61));
    assert_eq!(bench.ready(), 6);
    bench.command(|_, _, scope| scope.after(secs(3), ClusterEvent::NodeLost(1)));
    let on_node = |bench: &Bench| {
        let pods = bench.pods().filter(|pod| pod.node.as_deref() == Some("node-2"));
        pods.map(|pod| pod.id).collect::<Vec<_>>()
    };
    let lost = on_node(&bench);
    assert_eq!(lost.len(), 2);
    (bench, lost)
}

fn ready_endpoints(bench: &Bench) -> usize {
    let endpoints = &bench.cluster().state.endpoints["app-service"];
    endpoints.pods.iter().filter(|endpoint| endpoint.is_ready()).count()
}

/// K8S-92: the last lease is of second 60; it is too old at the look after 50 s.
#[test]
fn a_lost_node_is_noticed_when_its_lease_is_too_old() {
    let (mut bench, lost) = losing_a_node();
    bench.pass(secs(53));
    assert_eq!((bench.ready(), ready_endpoints(&bench)), (6, 6), "nobody has noticed");
    assert_eq!(bench.cluster().state.nodes[1].display_status(), "Ready");
    bench.pass(secs(2));
    assert_eq!((bench.ready(), ready_endpoints(&bench)), (4, 4));
    let node = &bench.cluster().state.nodes[1];
    assert_eq!(node.display_status(), "NotReady");
    assert_eq!(node.taints()[0], ("node.kubernetes.io/unreachable", "NoExecute"));
    for pod in lost {
        assert_eq!(bench.pod(pod).phase, Phase::Running, "K8S-93: it is still tolerated");
        assert!(!bench.pod(pod).is_terminating());
    }
}

/// K8S-93: 300 s later they are deleted and replaced, and stay Terminating for good.
#[test]
fn pods_of_a_lost_node_are_replaced_after_five_minutes() {
    let (mut bench, lost) = losing_a_node();
    bench.pass(secs(55 + 298));
    assert_eq!((bench.pods().count(), bench.ready()), (6, 4));
    bench.pass(secs(30));
    assert_eq!((bench.pods().count(), bench.ready()), (8, 6));
    bench.pass(secs(3_600));
    for pod in lost {
        assert_eq!(bench.pod(pod).display_status(), "Terminating");
    }
    let placed = bench.pods().filter(|pod| pod.is_ready());
    assert!(placed.into_iter().all(|pod| pod.node.as_deref() != Some("node-2")));
}

/// K8S-63, 93.
#[test]
fn a_pod_of_a_lost_node_goes_only_by_force() {
    let (mut bench, lost) = losing_a_node();
    bench.pass(secs(10));
    bench.delete_pod(lost[0], None);
    bench.delete_pod(lost[1], Some(secs(0)));
    bench.pass(secs(60));
    assert!(bench.pod(lost[0]).is_terminating());
    assert!(!bench.cluster().state.pods.contains_key(&lost[1]));
}

/// K8S-92: before the loss is noticed the scheduler trusts the node; afterwards it does not.
#[test]
fn a_lost_node_runs_nothing_and_gets_nothing_once_it_is_tainted() {
    let (mut bench, _) = losing_a_node();
    bench.pass(secs(4));
    bench.deploy(&deployment("app:v1", 9));
    bench.pass(secs(30));
    let waiting = |bench: &Bench| {
        let pods = bench.pods().filter(|pod| pod.phase == Phase::Pending);
        pods.map(|pod| pod.node.clone()).collect::<Vec<_>>()
    };
    assert_eq!(waiting(&bench), [Some("node-2".to_owned())]);
    bench.pass(secs(60));
    for node in ["node-1", "node-3"] {
        bench.command(|cluster, _, scope| cluster.cordon(node, true, scope));
    }
    bench.deploy(&deployment("app:v1", 10));
    bench.pass(secs(10));
    let why = "0/3 nodes are available: 1 node(s) had untolerated taint \
               {node.kubernetes.io/unreachable: }, 2 node(s) were unschedulable.";
    assert_eq!(bench.noted("FailedScheduling"), [why]);
}

/// A.8: a lost node measures nothing.
#[test]
fn pods_of_a_lost_node_have_no_measure() {
    let (mut bench, lost) = losing_a_node();
    assert!(bench.pod(lost[0]).usage.is_some());
    bench.pass(secs(30));
    assert!(bench.pod(lost[0]).usage.is_none());
}

/// Pods that are being deleted, while `time` passes: when, in seconds, and how many by then.
fn evictions(bench: &mut Bench, time: u64) -> Vec<(i64, usize)> {
    let end = bench.engine.now() + secs(time);
    let mut seen: Vec<(i64, usize)> = Vec::new();
    while bench.step(end) {
        let count = bench.pods().filter(|pod| pod.is_terminating()).count();
        if count != seen.last().map_or(0, |(_, count)| *count) {
            let at = bench.engine.now().as_whole_secs();
            seen.retain(|(second, _)| *second != at);
            seen.push((at, count));
        }
    }
    seen
}

fn with_nodes(nodes: u32, lost: &[u16]) -> Bench {
    let shape =
        ClusterShape { nodes, cpu_milli: 4_000, memory_bytes: 16 << 30, ..ClusterShape::default() };
    let mut bench = Bench::with_shape(shape, 1);
    bench.deploy(&deployment("app:v1", nodes));
    bench.pass(secs(61));
    assert_eq!(bench.ready() as u32, nodes, "one pod a node");
    for node in lost {
        bench.command(|_, _, scope| scope.after(secs(0), ClusterEvent::NodeLost(*node)));
    }
    bench
}

/// K8S-94: noticed at second 115, tolerated for 300 s, ten seconds between two nodes.
#[test]
fn nodes_that_are_lost_together_are_emptied_one_after_the_other() {
    let mut bench = with_nodes(5, &[0, 1]);
    assert_eq!(evictions(&mut bench, 500), [(415, 1), (425, 2)]);
}

/// K8S-94: three of five are more than 55 %, and the cluster is small.
#[test]
fn nothing_is_evicted_while_most_nodes_of_a_small_cluster_are_lost() {
    let mut bench = with_nodes(5, &[0, 1, 2]);
    assert_eq!(evictions(&mut bench, 3_600), []);
    let taints = |node: usize| bench.cluster().state.nodes[node].taints();
    assert_eq!(taints(0), [("node.kubernetes.io/unreachable", "NoSchedule")]);
}

/// K8S-94: if all nodes are lost, it is the control plane that cannot reach them.
#[test]
fn nothing_is_evicted_once_all_nodes_are_lost() {
    let mut bench = with_nodes(2, &[0]);
    bench.pass(secs(120));
    assert!(bench.cluster().state.nodes[0].evicting);
    bench.command(|_, _, scope| scope.after(secs(0), ClusterEvent::NodeLost(1)));
    assert_eq!(evictions(&mut bench, 3_600), []);
    assert!(bench.cluster().state.nodes.iter().all(|node| !node.evicting));
}
