//! `kubectl rollout`.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn a_rollout_is_undone_by_a_new_revision_of_the_old_template() {
    // K8S-02: the old ReplicaSet is used again.
    let mut bench = Bench::settled();
    bench.check(
        "kubectl rollout undo deploy/my-app-blue",
        &expect![[r#"
        ! error: no rollout history found for deployment "my-app-blue"
        status 1
    "#]],
    );
    bench.run("kubectl annotate deploy/my-app-blue kubernetes.io/change-cause=v2");
    bench.run("kubectl set image deploy/my-app-blue app=myorg/myapp:v2");
    bench.wait(60);
    bench.check(
        "kubectl rollout history deployment my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue 
        REVISION  CHANGE-CAUSE
        1         <none>
        2         v2

    "#]],
    );
    bench.check("kubectl rollout history deployment/my-app-blue --revision=1", &expect![[r#"
        deployment.apps/my-app-blue with revision #1
        Pod Template:
          Labels:  app=my-app
                   pod-template-hash=66c485867d
                   version=blue
          Containers:
           app:
            Image:      myorg/myapp:v1
            Port:       8080/TCP
            Host Port:  0/TCP
            Limits:
              cpu:     500m
              memory:  1Gi
            Requests:
              cpu:      250m
              memory:   512Mi
            Readiness:  http-get http://:8080/health delay=0s timeout=1s period=5s #success=1 #failure=3
            Environment:
              GREETING:    hello
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>

    "#]]);
    bench.check(
        "kubectl rollout undo deployment/my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue rolled back
    "#]],
    );
    bench.wait(60);
    bench.check(
        "kubectl rollout history deployment/my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue 
        REVISION  CHANGE-CAUSE
        2         v2
        3         <none>

    "#]],
    );
    bench.check(
        "kubectl rollout undo deployment/my-app-blue --to-revision=9",
        &expect![[r#"
        ! error: unable to find specified revision 9 in history
        status 1
    "#]],
    );
    bench.check(
        "kubectl rollout undo deployment/my-app-blue --to-revision=3",
        &expect![[r#"
        deployment.apps/my-app-blue skipped rollback (current template already matches revision 3)
    "#]],
    );
    assert_eq!(bench.world().cluster.state.replica_sets.len(), 2);
}

#[test]
fn a_rollout_is_paused_resumed_and_restarted() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl rollout pause deploy my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue paused
    "#]],
    );
    bench.check(
        "kubectl rollout pause deploy my-app-blue",
        &expect![[r#"
        ! error: deployments.apps "my-app-blue" is already paused
        status 1
    "#]],
    );
    bench.check("kubectl rollout restart deploy my-app-blue", &expect![[r#"
        ! error: deployments.apps "my-app-blue" can't restart paused deployment (run rollout resume first)
        status 1
    "#]]);
    bench.check(
        "kubectl rollout resume deploy my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue resumed
    "#]],
    );
    bench.check(
        "kubectl rollout resume deploy my-app-blue",
        &expect![[r#"
        ! error: deployments.apps "my-app-blue" is not paused
        status 1
    "#]],
    );
    bench.check(
        "kubectl rollout restart deploy my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue restarted
    "#]],
    );
    bench.check(
        "kubectl rollout restart svc my-app-service",
        &expect![[r#"
        ! error: services "my-app-service" restarting is not supported
        status 1
    "#]],
    );
    bench.check(
        "kubectl rollout status svc my-app-service",
        &expect![[r#"
        ! error: no status viewer has been implemented for Service
        status 1
    "#]],
    );
    bench.wait(60);
    assert_eq!(bench.world().cluster.state.replica_sets.len(), 2);
}

#[test]
fn a_recorded_command_becomes_the_cause_of_its_revision() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl set image deploy/my-app-blue app=myorg/myapp:v2 --record",
        &expect![[r#"
            deployment.apps/my-app-blue image updated
            ! Flag --record has been deprecated, --record will be removed in the future
        "#]],
    );
    bench.wait(30);
    bench.check(
        "kubectl rollout history deploy/my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue 
        REVISION  CHANGE-CAUSE
        1         <none>
        2         kubectl set image deploy/my-app-blue app=myorg/myapp:v2 --record=true

    "#]],
    );
    bench.check(
        "kubectl apply -f blue.yaml --record",
        &expect![[r#"
        deployment.apps/my-app-blue configured
        ! Flag --record has been deprecated, --record will be removed in the future
    "#]],
    );
    bench.wait(30);
    bench.check(
        "kubectl rollout history deploy/my-app-blue",
        &expect![[r#"
        deployment.apps/my-app-blue 
        REVISION  CHANGE-CAUSE
        2         kubectl set image deploy/my-app-blue app=myorg/myapp:v2 --record=true
        3         kubectl apply --filename=blue.yaml --record=true

    "#]],
    );
}

#[test]
fn kinds_that_are_not_rolled_out_are_named_with_their_group() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl rollout status vs/my-app-vs",
        &expect![[r#"
        ! error: no status viewer has been implemented for VirtualService.networking.istio.io
        status 1
    "#]],
    );
    bench.check(
        "kubectl rollout history svc/my-app-service",
        &expect![[r#"
        ! error: error retrieving history for "Service", no visitor method exists for { Service}
        status 1
    "#]],
    );
    bench.check("kubectl rollout undo vs/my-app-vs", &expect![[r#"
        ! error: error retrieving rollbacker for "VirtualService.networking.istio.io", no visitor method exists for {networking.istio.io VirtualService}
        status 1
    "#]]);
    bench.check(
        "kubectl rollout history deploy/my-app-blue --revision=7",
        &expect![[r#"
        ! error: unable to find the specified revision
        status 1
    "#]],
    );
    bench.check(
        "kubectl logs nothing",
        &expect![[r#"
        ! error: error from server (NotFound): pods "nothing" not found in namespace "default"
        status 1
    "#]],
    );
}
