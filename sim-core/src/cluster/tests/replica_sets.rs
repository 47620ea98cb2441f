//! Number, names and choice of pods (K8S-20..22).

use super::bench::*;
use crate::cluster::pod::{Phase, Pod};
use crate::cluster::victim::{Candidate, choose};
use crate::time::SimTime;

/// K8S-22.
#[test]
fn a_deleted_pod_is_replaced_before_it_has_ended() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(30));
    let victim = bench.first_pod();
    bench.delete_pod(victim, None);
    bench.pass(SimTime::from_micros(200_000) - SimTime::ZERO);
    assert!(bench.pod(victim).is_terminating());
    assert_eq!(bench.pods().count(), 4);
}

#[test]
fn a_pod_whose_label_changes_is_released_and_replaced() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 3));
    bench.pass(secs(30));
    let pod = bench.first_pod();
    bench.command(|cluster, _, scope| {
        let labels = &mut cluster.state.pods.get_mut(&pod).unwrap().labels;
        labels.insert("app".to_owned(), "debug".to_owned());
        cluster.pod_relabelled(pod, scope);
    });
    bench.pass(secs(30));
    assert_eq!(bench.pod(pod).replica_set(), "");
    assert_eq!((bench.pods().count(), bench.ready()), (4, 4));
    bench.command(|cluster, _, scope| {
        let labels = &mut cluster.state.pods.get_mut(&pod).unwrap().labels;
        labels.insert("app".to_owned(), "app".to_owned());
        cluster.pod_relabelled(pod, scope);
    });
    bench.pass(secs(60));
    assert_eq!(bench.pods().count(), 3, "adopted again, one is too many");
}

#[test]
fn names_say_which_revision_a_pod_belongs_to() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 1));
    bench.pass(secs(1));
    let set = bench.cluster().state.replica_sets.values().next().unwrap();
    let pod = bench.pods().next().unwrap();
    assert_eq!(set.name, format!("app-{}", set.hash));
    assert!(pod.name.starts_with(&format!("{}-", set.name)), "{}", pod.name);
    assert_eq!(pod.name.len(), set.name.len() + 6);
    assert_eq!(pod.labels["pod-template-hash"], set.hash);
    assert_eq!(bench.noted("SuccessfulCreate"), [format!("Created pod: {}", pod.name)]);
    let scaled = format!("Scaled up replica set {} from 0 to 1", set.name);
    assert_eq!(bench.noted("ScalingReplicaSet"), [scaled]);
}

/// K8S-21: one row a criterion; the second pod differs from the first so that it goes first.
#[test]
fn victims_are_chosen_by_the_first_criterion_that_differs() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 2));
    bench.pass(secs(100));
    let now = bench.engine.now();
    let template = bench.pods().next().unwrap().clone();
    let pod = |uid: &str| Pod { uid: uid.to_owned(), ..template.clone() };
    /// Criterion, what it changes in a pod, index of the victim.
    type Row = (&'static str, fn(&mut Pod), usize);
    let rows: [Row; 8] = [
        ("unassigned", |pod| pod.node = None, 1),
        ("pending", |pod| pod.phase = Phase::Pending, 1),
        ("not ready", |pod| pod.ready = None, 1),
        (
            "cheap",
            |pod| {
                let cost = "controller.kubernetes.io/pod-deletion-cost".to_owned();
                pod.annotations.insert(cost, "-1".to_owned());
            },
            1,
        ),
        ("crowded node", |_| {}, 2),
        ("ready for a shorter time", |pod| pod.ready = Some(SimTime::from_secs(90)), 1),
        ("restarts", |pod| pod.containers[0].restarts = 1, 1),
        ("younger", |pod| pod.created = SimTime::from_secs(90), 1),
    ];
    for (what, change, crowd) in rows {
        let (keep, mut go) = (pod("a"), pod("b"));
        go.id = crate::cluster::pod::PodId(99);
        change(&mut go);
        let candidates = vec![Candidate { pod: &keep, crowd: 1 }, Candidate { pod: &go, crowd }];
        assert_eq!(choose(candidates, 1, now), [go.id], "{what}");
    }
}

/// K8S-21: ages of the same magnitude are alike, the UID decides.
#[test]
fn between_pods_of_like_age_the_uid_decides() {
    let mut bench = Bench::new();
    bench.deploy(&deployment("app:v1", 1));
    bench.pass(secs(100));
    let older = Pod { uid: "a".to_owned(), ..bench.pods().next().unwrap().clone() };
    let ready = older.ready.map(|at| at + secs(1));
    let id = crate::cluster::pod::PodId(99);
    let younger = Pod { uid: "b".to_owned(), id, ready, ..older.clone() };
    let candidates =
        vec![Candidate { pod: &younger, crowd: 1 }, Candidate { pod: &older, crowd: 1 }];
    assert_eq!(choose(candidates, 1, SimTime::from_secs(100)), [older.id]);
}
