//! `kubectl get|describe quota`, and a ReplicaSet that a quota stops (K8S-104).

use expect_test::expect;

use super::bench::Bench;

const QUOTA: &str = "\
apiVersion: v1
kind: ResourceQuota
metadata:
  name: compute
spec:
  hard: {pods: 3, requests.cpu: '2', limits.cpu: 1200m}
";

/// K8S-104.
#[test]
fn a_quota_shows_what_is_used_and_what_it_turned_away() {
    let mut bench = Bench::settled_with(&[("quota.yaml", QUOTA)]);
    bench.check(
        "kubectl apply -f quota.yaml",
        &expect![[r#"
        resourcequota/compute created
    "#]],
    );
    bench.run("kubectl scale deployment my-app-blue --replicas=3");
    bench.wait(30);
    bench.check(
        "kubectl get quota",
        &expect![[r#"
        NAME      REQUEST                           LIMIT                 AGE
        compute   pods: 2/3, requests.cpu: 500m/2   limits.cpu: 1/1200m   30s
    "#]],
    );
    bench.check(
        "kubectl describe quota compute",
        &expect![[r#"
        Name:         compute
        Namespace:    default
        Resource      Used  Hard
        --------      ----  ----
        limits.cpu    1     1200m
        pods          2     3
        requests.cpu  500m  2
    "#]],
    );
    bench.check(
        "kubectl describe deployment my-app-blue | grep -A 6 Conditions",
        &expect![[r#"
            Conditions:
              Type             Status  Reason
              ----             ------  ------
              Available        False   MinimumReplicasUnavailable
              Progressing      True    NewReplicaSetAvailable
              ReplicaFailure   True    FailedCreate
            OldReplicaSets:    <none>
        "#]],
    );
    bench.check(
        "kubectl describe rs | grep -A 3 Conditions",
        &expect![[r#"
        Conditions:
          Type             Status  Reason
          ----             ------  ------
          ReplicaFailure   True    FailedCreate
    "#]],
    );
}
