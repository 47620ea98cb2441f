//! Commands that go on.

use expect_test::expect;

use super::bench::{BLUE, Bench};
use super::jobs::JOB;

#[test]
fn rollout_status_prints_a_line_whenever_the_status_changes() {
    // K8S-17.
    let mut bench = Bench::empty();
    bench.run("kubectl apply -f blue.yaml");
    bench.check_to_end("kubectl rollout status deployment/my-app-blue", 60, &expect![[r#"
        Waiting for deployment spec update to be observed...
        Waiting for deployment "my-app-blue" rollout to finish: 0 out of 2 new replicas have been updated...
        Waiting for deployment "my-app-blue" rollout to finish: 0 of 2 updated replicas are available...
        deployment "my-app-blue" successfully rolled out
    "#]]);
    bench.run("kubectl set image deploy/my-app-blue app=myorg/myapp:v2");
    bench.check_to_end("kubectl rollout status deploy my-app-blue", 120, &expect![[r#"
        Waiting for deployment spec update to be observed...
        Waiting for deployment "my-app-blue" rollout to finish: 0 out of 2 new replicas have been updated...
        Waiting for deployment "my-app-blue" rollout to finish: 1 out of 2 new replicas have been updated...
        Waiting for deployment "my-app-blue" rollout to finish: 1 old replicas are pending termination...
        deployment "my-app-blue" successfully rolled out
    "#]]);
    bench.check(
        "kubectl rollout status deploy my-app-blue",
        &expect![[r#"
        deployment "my-app-blue" successfully rolled out
    "#]],
    );
    bench.check(
        "kubectl rollout status deploy none",
        &expect![[r#"
        ! Error from server (NotFound): deployments.apps "none" not found
        status 1
    "#]],
    );
}

#[test]
fn rollout_status_fails_when_the_deadline_passes() {
    // K8S-10, K8S-17: a missing image never becomes available.
    let slow = BLUE
        .replace("myapp:v1", "myapp:v9")
        .replace("  replicas: 2\n", "  progressDeadlineSeconds: 20\n");
    let mut bench = Bench::with(&[("slow.yaml", &slow)]);
    bench.run("kubectl apply -f slow.yaml");
    bench.check_to_end("kubectl rollout status deploy/my-app-blue && echo never", 60, &expect![[r#"
        Waiting for deployment spec update to be observed...
        Waiting for deployment "my-app-blue" rollout to finish: 0 out of 1 new replicas have been updated...
        Waiting for deployment "my-app-blue" rollout to finish: 0 of 1 updated replicas are available...
        ! error: deployment "my-app-blue" exceeded its progress deadline
        status 1
    "#]]);
    bench.check_to_end(
        "kubectl rollout status deploy/my-app-blue",
        60,
        &expect![[r#"
        ! error: deployment "my-app-blue" exceeded its progress deadline
        status 1
    "#]],
    );
}

#[test]
fn rollout_status_gives_up_after_its_timeout() {
    let mut bench = Bench::empty();
    bench.run("kubectl apply -f blue.yaml");
    bench.check_to_end("kubectl rollout status deploy/my-app-blue --timeout=2s", 60, &expect![[r#"
        Waiting for deployment spec update to be observed...
        Waiting for deployment "my-app-blue" rollout to finish: 0 out of 2 new replicas have been updated...
        Waiting for deployment "my-app-blue" rollout to finish: 0 of 2 updated replicas are available...
        ! error: timed out waiting for the condition
        status 1
    "#]]);
}

#[test]
fn what_follows_a_command_that_goes_on_runs_when_it_has_ended() {
    let mut bench = Bench::empty();
    bench.check_to_end(
        "kubectl apply -f blue.yaml && kubectl rollout status deploy/my-app-blue && kubectl get deploy; echo done",
        60,
        &expect![[r#"
            deployment.apps/my-app-blue created
            Waiting for deployment spec update to be observed...
            Waiting for deployment "my-app-blue" rollout to finish: 0 out of 2 new replicas have been updated...
            Waiting for deployment "my-app-blue" rollout to finish: 0 of 2 updated replicas are available...
            deployment "my-app-blue" successfully rolled out
            NAME          READY   UP-TO-DATE   AVAILABLE   AGE
            my-app-blue   2/2     2            2           5s
            done
        "#]],
    );
}

#[test]
fn a_pipe_behind_it_sees_its_output() {
    let mut bench = Bench::empty();
    bench.run("kubectl apply -f blue.yaml");
    bench.check_to_end(
        "kubectl rollout status deploy/my-app-blue | tail -1",
        60,
        &expect![[r#"
        deployment "my-app-blue" successfully rolled out
    "#]],
    );
    bench.run("kubectl scale deploy/my-app-blue --replicas=3");
    bench.check_to_end(
        "kubectl rollout status deploy/my-app-blue > log.txt; wc -l log.txt",
        60,
        &expect![[r#"
        4 log.txt
    "#]],
    );
    bench.run("kubectl scale deploy/my-app-blue --replicas=4");
    bench.check_to_end(
        "kubectl rollout status deploy/my-app-blue | grep success",
        60,
        &expect![[r#"
        deployment "my-app-blue" successfully rolled out
    "#]],
    );
}

#[test]
fn wait_ends_when_the_condition_holds() {
    let mut bench = Bench::empty();
    bench.run("kubectl apply -f blue.yaml");
    bench.check_to_end(
        "kubectl wait --for=condition=available deployment/my-app-blue --timeout=60s",
        90,
        &expect![[r#"
            deployment.apps/my-app-blue condition met
        "#]],
    );
    bench.check_to_end(
        "kubectl wait --for=condition=Ready pods -l version=blue",
        5,
        &expect![[r#"
            pod/my-app-blue-66c485867d-xxxxx condition met
            pod/my-app-blue-66c485867d-xxxxx condition met
        "#]],
    );
    bench.check_to_end(
        "kubectl wait --for=jsonpath='{.status.readyReplicas}'=2 deploy/my-app-blue",
        5,
        &expect![[r#"
        deployment.apps/my-app-blue condition met
    "#]],
    );
    bench.check_to_end(
        "kubectl wait --for=condition=available=false deployment/my-app-blue --timeout=3s",
        10,
        &expect![[r#"
            ! error: timed out waiting for the condition on deployments/my-app-blue
            status 1
        "#]],
    );
    bench.check("kubectl wait --for=delete pod/none", &expect![[""]]);
    bench.check(
        "kubectl wait --for=condition=ready pod/none",
        &expect![[r#"
        ! Error from server (NotFound): pods "none" not found
        status 1
    "#]],
    );
    bench.check(
        "kubectl wait --for=condition=ready pod -l a=b",
        &expect![[r#"
        ! error: no matching resources found
        status 1
    "#]],
    );
    bench.check(
        "kubectl wait --for=colour pod -l version=blue",
        &expect![[r#"
        ! error: unrecognized condition: "colour"
        status 1
    "#]],
    );
}

#[test]
fn get_with_watch_prints_changes_until_it_is_interrupted() {
    let mut bench = Bench::empty();
    bench.run("kubectl apply -f blue.yaml");
    let reply = bench.run_to_end("kubectl get deploy -w", 20);
    expect![[r#"
        NAME          READY   UP-TO-DATE   AVAILABLE   AGE
        my-app-blue   0/2     0            0           0s
        my-app-blue   0/2     2            0           0s
        my-app-blue   2/2     2            2           5s
        goes on
    "#]]
    .assert_eq(&super::bench::shown(&reply));
    bench.simulation.interrupt();
    let last = bench.simulation.transcript().iter().next_back().unwrap();
    assert_eq!(last.reply.status, Some(130));
}

/// The last row of what is deleted has all its columns, and its age.
#[test]
fn get_with_watch_prints_what_is_deleted_once_more() {
    let short = JOB.replace("backoffLimit: 1\n", "ttlSecondsAfterFinished: 5\n");
    let mut bench = Bench::with(&[("job.yaml", &short)]);
    bench.run("kubectl apply -f job.yaml");
    let reply = bench.run_to_end("kubectl get pods -A -w", 20);
    expect![[r#"
        NAMESPACE   NAME            READY   STATUS    RESTARTS   AGE
        default     migrate-xxxxx   0/1     Pending   0          0s
        default     migrate-xxxxx   0/1     Pending   0          0s
        default     migrate-xxxxx   0/1     ContainerCreating   0          0s
        default     migrate-xxxxx   1/1     Running             0          1s
        default     migrate-xxxxx   0/1     Completed           0          5s
        default     migrate-xxxxx   0/1     Completed           0          10s
        goes on
    "#]]
    .assert_eq(&super::bench::shown(&reply));
    bench.simulation.interrupt();
    bench.run("kubectl apply -f job.yaml");
    let columns = "kubectl get pods -w -o custom-columns=PHASE:.status.phase,NODE:.spec.nodeName";
    let reply = bench.run_to_end(columns, 10);
    expect![[r#"
        PHASE     NODE
        Pending   <none>
        Pending   node-1
        Pending   node-1
        Running   node-1
        Succeeded   node-1
        goes on
    "#]]
    .assert_eq(&super::bench::shown(&reply));
}

#[test]
fn a_timeout_has_a_unit_and_below_zero_it_is_a_week() {
    let mut bench = Bench::settled();
    bench.check(
        "kubectl wait --for=condition=ready=false pods -l app=my-app --timeout=10",
        &expect![[r#"
            ! error: invalid argument "10" for "--timeout" flag: time: missing unit in duration "10"
            ! See 'kubectl wait --help' for usage.
            status 1
        "#]],
    );
    let line = "kubectl wait --for=jsonpath='{.spec.replicas}'=9 deploy/my-app-blue --timeout=-1s";
    bench.check_to_end(
        line,
        120,
        &expect![[r#"
        goes on
    "#]],
    );
}

#[test]
fn sleep_lets_time_pass() {
    let mut bench = Bench::empty();
    let before = bench.now();
    bench.check_to_end(
        "sleep 30 && echo awake",
        60,
        &expect![[r#"
        awake
    "#]],
    );
    assert!(29 <= bench.now().since(before).as_micros() / 1_000_000);
    let before = bench.now();
    assert_eq!(bench.run_to_end("sleep 0.2 0.1", 60).status, Some(0));
    assert!(bench.now().since(before).as_micros() < 2_000_000);
}

#[test]
fn scripted_commands_go_on_beside_the_learner_s() {
    let lines = ["kubectl apply -f blue.yaml", "kubectl rollout status deploy my-app-blue && ls"];
    let mut bench = Bench::scripted(&[], &lines);
    bench.wait(3);
    let going: Vec<_> = bench.simulation.going().map(|one| one.command.as_str()).collect();
    assert_eq!(going, [lines[1]]);
    assert!(bench.simulation.running().is_none(), "the learner can type");
    bench.run("sleep 1");
    bench.wait(60);
    assert_eq!(bench.simulation.going().count(), 0);
    let status = bench.simulation.transcript().iter().find(|one| one.command == lines[1]);
    let reply = &status.expect("it has ended").reply;
    assert!(reply.stdout.ends_with("rolled out\nblue.yaml\nmesh.yaml\nservice.yaml\n"));
    assert_eq!(reply.status, Some(0));
}
