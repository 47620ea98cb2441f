//! `kubectl cordon|uncordon|drain` and budgets (K8S-90, 91).

use expect_test::expect;

use super::bench::Bench;

const BUDGET: &str = "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: my-app
spec:
  minAvailable: 2
  selector:
    matchLabels: {app: my-app}
";

#[test]
fn a_cordoned_node_says_so_everywhere() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl cordon node-1",
        &expect![[r#"
        node/node-1 cordoned
    "#]],
    );
    bench.check(
        "kubectl cordon node/node-1",
        &expect![[r#"
        node/node-1 already cordoned
    "#]],
    );
    bench.check(
        "kubectl get nodes",
        &expect![[r#"
        NAME     STATUS                     ROLES    AGE   VERSION
        node-1   Ready,SchedulingDisabled   <none>   61m   v1.35.0
        node-2   Ready                      <none>   61m   v1.35.0
    "#]],
    );
    bench.check(
        "kubectl describe node node-1 | grep -A 5 Taints",
        &expect![[r#"
        Taints:         node.kubernetes.io/unschedulable:NoSchedule
        Unschedulable:  true
        Conditions:
          Type    Status  Reason        Message
          ----    ------  ------        -------
          Ready   True    KubeletReady  kubelet is posting ready status
    "#]],
    );
    bench.check("kubectl get node node-1 -o jsonpath='{.spec}'", &expect![[r#"{"taints":[{"effect":"NoSchedule","key":"node.kubernetes.io/unschedulable"}],"unschedulable":true}"#]]);
    bench.check(
        "kubectl uncordon node-1",
        &expect![[r#"
        node/node-1 uncordoned
    "#]],
    );
    bench.check(
        "kubectl uncordon node-1",
        &expect![[r#"
        node/node-1 already uncordoned
    "#]],
    );
    bench.check(
        "kubectl get nodes",
        &expect![[r#"
        NAME     STATUS   ROLES    AGE   VERSION
        node-1   Ready    <none>   61m   v1.35.0
        node-2   Ready    <none>   61m   v1.35.0
    "#]],
    );
    bench.check("kubectl get events --field-selector involvedObject.kind=Node", &expect![[r#"
        LAST SEEN   TYPE     REASON               OBJECT        MESSAGE
        0s          Normal   NodeNotSchedulable   node/node-1   Node node-1 status is now: NodeNotSchedulable
        0s          Normal   NodeSchedulable      node/node-1   Node node-1 status is now: NodeSchedulable
    "#]]);
}

#[test]
fn cordon_names_nodes() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl cordon",
        &expect![[r#"
        ! error: USAGE: cordon NODE [flags]
        ! See 'kubectl cordon -h' for help and examples
        status 1
    "#]],
    );
    bench.check(
        "kubectl cordon node-9",
        &expect![[r#"
        ! Error from server (NotFound): nodes "node-9" not found
        status 1
    "#]],
    );
    bench.check(
        "kubectl drain node-9",
        &expect![[r#"
        ! Error from server (NotFound): nodes "node-9" not found
        status 1
    "#]],
    );
    bench.check(
        "kubectl cordon -l kubernetes.io/hostname=node-2 --dry-run=client",
        &expect![[r#"
        node/node-2 cordoned (dry run)
    "#]],
    );
    bench.check(
        "kubectl get nodes",
        &expect![[r#"
        NAME     STATUS   ROLES    AGE   VERSION
        node-1   Ready    <none>   60m   v1.35.0
        node-2   Ready    <none>   60m   v1.35.0
    "#]],
    );
}

#[test]
fn a_budget_is_written_listed_and_described() {
    let mut bench = Bench::settled_with(&[("pdb.yaml", BUDGET)]);
    bench.check(
        "kubectl apply -f pdb.yaml",
        &expect![[r#"
        poddisruptionbudget.policy/my-app created
    "#]],
    );
    bench.check(
        "kubectl get pdb",
        &expect![[r#"
        NAME     MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE
        my-app   2               N/A               0                     0s
    "#]],
    );
    bench.check(
        "kubectl describe pdb my-app",
        &expect![[r#"
        Name:           my-app
        Namespace:      default
        Min available:  2
        Selector:       app=my-app
        Status:
            Allowed disruptions:  0
            Current:              2
            Desired:              2
            Total:                2
        Events:                   <none>
    "#]],
    );
    bench.check("kubectl get pdb my-app -o jsonpath='{.status}'", &expect![[r#"{"currentHealthy":2,"desiredHealthy":2,"disruptionsAllowed":0,"expectedPods":2,"observedGeneration":1}"#]]);
    bench.run("kubectl scale deployment my-app-blue --replicas=3");
    bench.wait(30);
    bench.check(
        "kubectl get pdb",
        &expect![[r#"
        NAME     MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE
        my-app   2               N/A               1                     30s
    "#]],
    );
}

/// K8S-91: the bench's two pods are on two nodes; the budget wants both, so nothing moves until a
/// third one is ready.
#[test]
fn drain_waits_for_the_budget() {
    let mut bench = Bench::settled_with(&[("pdb.yaml", BUDGET)]);
    bench.run("kubectl apply -f pdb.yaml");
    bench.check_to_end(
        "kubectl drain node-1 --ignore-daemonsets --timeout=12s",
        30,
        &expect![[r#"
            node/node-1 cordoned
            evicting pod default/my-app-blue-66c485867d-xxxxx
            evicting pod default/my-app-blue-66c485867d-xxxxx
            evicting pod default/my-app-blue-66c485867d-xxxxx
            ! error when evicting pods/"my-app-blue-66c485867d-xxxxx" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
            ! error when evicting pods/"my-app-blue-66c485867d-xxxxx" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
            ! error when evicting pods/"my-app-blue-66c485867d-xxxxx" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.
            ! error: unable to drain node "node-1" due to error: error when waiting for pod "my-app-blue-66c485867d-xxxxx" in namespace "default" to terminate: global timeout reached: 12s, continuing command...
            ! There are pending nodes to be drained:
            !  node-1
            ! error: error when waiting for pod "my-app-blue-66c485867d-xxxxx" in namespace "default" to terminate: global timeout reached: 12s
            status 1
        "#]],
    );
    bench.run("kubectl scale deployment my-app-blue --replicas=3");
    bench.wait(30);
    bench.check_to_end(
        "kubectl drain node-1 --ignore-daemonsets",
        60,
        &expect![[r#"
            node/node-1 already cordoned
            evicting pod default/my-app-blue-66c485867d-xxxxx
            pod/my-app-blue-66c485867d-xxxxx evicted
            node/node-1 drained
        "#]],
    );
    bench.check(
        "kubectl get pods -o wide | grep -c node-1",
        &expect![[r#"
        0
        status 1
    "#]],
    );
}

#[test]
fn drain_can_delete_instead_of_evicting() {
    let mut bench = Bench::settled_with(&[("pdb.yaml", BUDGET)]);
    bench.run("kubectl apply -f pdb.yaml");
    bench.check_to_end(
        "kubectl drain node-1 --disable-eviction --delete-emptydir-data --grace-period=1",
        60,
        &expect![[r#"
            node/node-1 cordoned
            pod/my-app-blue-66c485867d-xxxxx deleted
            node/node-1 drained
        "#]],
    );
}

#[test]
fn drain_shows_what_it_would_do() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl drain node-1 --dry-run=client",
        &expect![[r#"
            node/node-1 cordoned (dry run)
            evicting pod default/my-app-blue-66c485867d-xxxxx (dry run)
            node/node-1 drained (dry run)
        "#]],
    );
    bench.check(
        "kubectl get nodes",
        &expect![[r#"
        NAME     STATUS   ROLES    AGE   VERSION
        node-1   Ready    <none>   61m   v1.35.0
        node-2   Ready    <none>   61m   v1.35.0
    "#]],
    );
}

/// A pod that no ReplicaSet owns would not come back.
#[test]
fn drain_takes_pods_without_owner_only_by_force() {
    let mut bench = Bench::settled();
    bench.run("kubectl label pods -l app=my-app app=other --overwrite");
    bench.wait(30);
    bench.check_to_end("kubectl drain node-1 node-2", 60, &expect![[r#"
        node/node-1 cordoned
        node/node-2 cordoned
        ! error: unable to drain node "node-1" due to error: cannot delete Pods that declare no controller (use --force to override): default/my-app-blue-66c485867d-xxxxx, continuing command...
        ! error: unable to drain node "node-2" due to error: cannot delete Pods that declare no controller (use --force to override): default/my-app-blue-66c485867d-xxxxx, continuing command...
        ! There are pending nodes to be drained:
        !  node-1
        !  node-2
        ! error: cannot delete Pods that declare no controller (use --force to override): default/my-app-blue-66c485867d-xxxxx
        ! error: cannot delete Pods that declare no controller (use --force to override): default/my-app-blue-66c485867d-xxxxx
        status 1
    "#]]);
    bench.check_to_end(
        "kubectl drain node-1 --force",
        60,
        &expect![[r#"
            node/node-1 already cordoned
            evicting pod default/my-app-blue-66c485867d-xxxxx
            evicting pod default/my-app-blue-66c485867d-xxxxx
            pod/my-app-blue-66c485867d-xxxxx evicted
            pod/my-app-blue-66c485867d-xxxxx evicted
            node/node-1 drained
            ! Warning: deleting Pods that declare no controller: default/my-app-blue-66c485867d-xxxxx
        "#]],
    );
}
