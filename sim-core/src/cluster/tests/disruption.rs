//! Budgets, evictions and cordoned nodes (K8S-90, 91, 102).

use super::bench::*;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::disruption::{Refusal, status};
use crate::cluster::pod::PodId;
use crate::cluster::spec::{BudgetSpec, IntOrPercent, Labels};

fn budget(selector: Option<Labels>, min_available: u32) -> BudgetSpec {
    BudgetSpec {
        min_available: Some(IntOrPercent::Int(min_available)),
        max_unavailable: None,
        selector,
        always_allow: false,
    }
}

/// Three ready pods, and a budget that keeps this many.
fn guarded(min_available: u32) -> Bench {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 3));
    let budget = budget(Some(labels(&[("app", "app")])), min_available);
    bench.apply("app", Spec::PodDisruptionBudget(budget));
    bench.pass(secs(60));
    bench
}

fn evict(bench: &mut Bench, pod: PodId) -> Result<(), Refusal> {
    bench.command(|cluster, api, scope| cluster.evict(pod, None, api, scope))
}

fn ids(bench: &Bench) -> Vec<PodId> {
    bench.pods().map(|pod| pod.id).collect()
}

/// K8S-91.
#[test]
fn an_eviction_that_a_budget_forbids_is_refused_until_a_new_pod_is_ready() {
    let mut bench = guarded(2);
    let pods = ids(&bench);
    assert_eq!(evict(&mut bench, pods[0]), Ok(()));
    assert_eq!(evict(&mut bench, pods[1]), Err(Refusal::TooManyRequests));
    assert_eq!(evict(&mut bench, pods[0]), Ok(()), "it is going already");
    bench.pass(secs(30));
    assert_eq!(bench.ready(), 3);
    assert_eq!(evict(&mut bench, pods[1]), Ok(()));
    assert_eq!(evict(&mut bench, PodId(999)), Err(Refusal::NotFound));
}

/// K8S-91: deleting asks no budget, but what it takes counts.
#[test]
fn a_deleted_pod_uses_up_the_budget() {
    let mut bench = guarded(2);
    let pods = ids(&bench);
    bench.delete_pod(pods[0], None);
    bench.delete_pod(pods[1], None);
    assert_eq!(evict(&mut bench, pods[2]), Err(Refusal::TooManyRequests));
}

/// K8S-91: a rolling update goes below what a budget keeps.
#[test]
fn a_rolling_update_asks_no_budget() {
    let mut bench = guarded(3);
    let mut next = deployment("app:v2", 3);
    let (surge, unavailable) = (IntOrPercent::Int(0), IntOrPercent::Int(2));
    next.strategy = crate::cluster::spec::Strategy::RollingUpdate { surge, unavailable };
    bench.deploy(&next);
    bench.until(|world| world.ready() == 1);
}

/// K8S-91: `unhealthyPodEvictionPolicy`.
#[test]
fn a_pod_that_is_not_ready_may_go_if_enough_others_are() {
    let mut bench = guarded(2);
    let pods = ids(&bench);
    bench.engine.model.sick.insert(pods[0]);
    bench.until(|world| world.ready() == 2);
    assert_eq!(evict(&mut bench, pods[1]), Err(Refusal::TooManyRequests));
    assert_eq!(evict(&mut bench, pods[0]), Ok(()));

    let mut bench = guarded(3);
    let pods = ids(&bench);
    bench.engine.model.sick.insert(pods[0]);
    bench.until(|world| world.ready() == 2);
    assert_eq!(evict(&mut bench, pods[0]), Err(Refusal::TooManyRequests));
    let mut always = budget(Some(labels(&[("app", "app")])), 3);
    always.always_allow = true;
    bench.apply("app", Spec::PodDisruptionBudget(always));
    assert_eq!(evict(&mut bench, pods[0]), Ok(()));
}

/// K8S-91.
#[test]
fn two_budgets_for_one_pod_are_refused() {
    let mut bench = guarded(1);
    bench.apply("all", Spec::PodDisruptionBudget(budget(Some(Labels::new()), 0)));
    let pod = bench.first_pod();
    assert_eq!(evict(&mut bench, pod), Err(Refusal::SeveralBudgets));
    bench.delete(Kind::PodDisruptionBudget, "all");
    bench.apply("none", Spec::PodDisruptionBudget(budget(None, 9)));
    assert_eq!(evict(&mut bench, pod), Ok(()), "without a selector it is about no pod");
}

/// K8S-90: the Deployment wants 3, whatever there is.
#[test]
fn a_share_is_of_what_the_owners_want() {
    let bench = guarded(1);
    let half = BudgetSpec {
        min_available: Some(IntOrPercent::Percent(50)),
        ..budget(Some(labels(&[("app", "app")])), 0)
    };
    let status = status(&half, &bench.cluster().state, &bench.engine.model.api);
    let numbers = [status.expected, status.desired, status.healthy, status.allowed];
    assert_eq!(numbers, [3, 2, 3, 1]);
}

/// K8S-102.
#[test]
fn a_cordoned_node_keeps_its_pods_and_gets_no_more() {
    let mut bench = Bench::new();
    bench.command(|cluster, _, scope| cluster.cordon("node-1", true, scope));
    bench.deploy(&deployment("app:v1", 6));
    bench.pass(secs(30));
    assert!(bench.pods().all(|pod| pod.node.as_deref() != Some("node-1")));
    for node in ["node-2", "node-3"] {
        bench.command(|cluster, _, scope| cluster.cordon(node, true, scope));
    }
    bench.deploy(&deployment("app:v1", 7));
    bench.pass(secs(30));
    assert_eq!(bench.ready(), 6);
    let why = "0/3 nodes are available: 3 node(s) were unschedulable.";
    assert_eq!(bench.noted("FailedScheduling"), [why]);
    bench.command(|cluster, _, scope| cluster.cordon("node-1", false, scope));
    bench.pass(secs(30));
    assert_eq!(bench.pods().filter(|pod| pod.node.as_deref() == Some("node-1")).count(), 1);
}
