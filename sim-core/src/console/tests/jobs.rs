//! Jobs at the terminal: a migration and a smoke test.

use expect_test::expect;

use super::bench::{BLUE, Bench};

pub(super) const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: migrate, image: 'myorg/migrate:v2'}
";

const SMOKE: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: smoke}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: smoke, image: 'myorg/smoke:v1'}
";

fn bench() -> Bench {
    Bench::with(&[("job.yaml", JOB), ("smoke.yaml", SMOKE)])
}

#[test]
fn a_migration_is_waited_for_and_read_about() {
    let mut bench = bench();
    bench.check(
        "kubectl apply -f job.yaml",
        &expect![[r#"
        job.batch/migrate created
    "#]],
    );
    bench.wait(3);
    bench.check(
        "kubectl get jobs,pods",
        &expect![[r#"
        NAME                STATUS    COMPLETIONS   DURATION   AGE
        job.batch/migrate   Running   0/1           3s         3s

        NAME                READY   STATUS    RESTARTS   AGE
        pod/migrate-xxxxx   1/1     Running   0          3s
    "#]],
    );
    bench.check_to_end(
        "kubectl wait --for=condition=complete job/migrate --timeout=60s",
        60,
        &expect![[r#"
            job.batch/migrate condition met
        "#]],
    );
    bench.check("kubectl get jobs,pods -o wide", &expect![[r#"
        NAME                STATUS     COMPLETIONS   DURATION   AGE   CONTAINERS   IMAGES             SELECTOR
        job.batch/migrate   Complete   1/1           5s         5s    migrate      myorg/migrate:v2   batch.kubernetes.io/controller-uid=UID

        NAME                READY   STATUS      RESTARTS   AGE   IP           NODE     NOMINATED NODE   READINESS GATES
        pod/migrate-xxxxx   0/1     Completed   0          5s    10.244.1.2   node-1   <none>           <none>
    "#]]);
    bench.check(
        "kubectl logs job/migrate",
        &expect![[r#"
        Migrating schema to version 2
        1 migration applied
    "#]],
    );
    bench.check(
        "kubectl describe job migrate",
        &expect![[r#"
        Name:             migrate
        Namespace:        default
        Selector:         batch.kubernetes.io/controller-uid=UID
        Labels:           <none>
        Annotations:      <none>
        Parallelism:      1
        Completions:      1
        Completion Mode:  NonIndexed
        Suspend:          false
        Backoff Limit:    1
        Start Time:       Mon, 05 Jan 2026 09:00:00 +0000
        Completed At:     Mon, 05 Jan 2026 09:00:05 +0000
        Duration:         5s
        Pods Statuses:    0 Active (0 Ready) / 1 Succeeded / 0 Failed
        Pod Template:
          Labels:  batch.kubernetes.io/controller-uid=UID
                   batch.kubernetes.io/job-name=migrate
                   controller-uid=UID
                   job-name=migrate
          Containers:
           migrate:
            Image:         myorg/migrate:v2
            Port:          <none>
            Host Port:     <none>
            Environment:   <none>
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        Events:
          Type    Reason            Age   From            Message
          ----    ------            ----  ----            -------
          Normal  SuccessfulCreate  5s    job-controller  Created pod: migrate-xxxxx
          Normal  Completed         0s    job-controller  Job completed
    "#]],
    );
    bench.check(
        "kubectl get job migrate -o yaml | tail -n 30",
        &expect![[r#"
                batch.kubernetes.io/job-name: migrate
                controller-uid: UID
                job-name: migrate
            spec:
              containers:
              - image: myorg/migrate:v2
                imagePullPolicy: IfNotPresent
                name: migrate
              restartPolicy: Never
              terminationGracePeriodSeconds: 30
        status:
          completionTime: "2026-01-05T09:00:05Z"
          conditions:
          - lastProbeTime: "2026-01-05T09:00:05Z"
            lastTransitionTime: "2026-01-05T09:00:05Z"
            message: Reached expected number of succeeded pods
            reason: CompletionsReached
            status: "True"
            type: SuccessCriteriaMet
          - lastProbeTime: "2026-01-05T09:00:05Z"
            lastTransitionTime: "2026-01-05T09:00:05Z"
            message: Reached expected number of succeeded pods
            reason: CompletionsReached
            status: "True"
            type: Complete
          ready: 0
          startTime: "2026-01-05T09:00:00Z"
          succeeded: 1
          terminating: 0
          uncountedTerminatedPods: {}
    "#]],
    );
    bench.check(
        "kubectl delete job migrate",
        &expect![[r#"
        job.batch "migrate" deleted from default namespace
    "#]],
    );
    bench.wait(5);
    bench.check(
        "kubectl get jobs,pods",
        &expect![[r#"
        ! No resources found in default namespace.
    "#]],
    );
}

#[test]
fn a_smoke_test_that_fails_says_so_and_is_never_complete() {
    let mut bench = bench();
    bench.run("kubectl apply -f smoke.yaml");
    bench.check_to_end(
        "kubectl wait --for=condition=complete job/smoke --timeout=20s",
        60,
        &expect![[r#"
            ! error: timed out waiting for the condition on jobs/smoke
            status 1
        "#]],
    );
    bench.check(
        "kubectl wait --for=condition=failed job/smoke",
        &expect![[r#"
        job.batch/smoke condition met
    "#]],
    );
    bench.check(
        "kubectl get jobs,pods",
        &expect![[r#"
        NAME              STATUS   COMPLETIONS   DURATION   AGE
        job.batch/smoke   Failed   0/1           20s        20s

        NAME              READY   STATUS   RESTARTS   AGE
        pod/smoke-xxxxx   0/1     Error    0          20s
    "#]],
    );
    bench.check(
        "kubectl logs job/smoke",
        &expect![[r#"
        GET /health: 503
    "#]],
    );
    bench.check("kubectl get events --field-selector involvedObject.kind=Job", &expect![[r#"
        LAST SEEN   TYPE      REASON                 OBJECT      MESSAGE
        20s         Normal    SuccessfulCreate       job/smoke   Created pod: smoke-xxxxx
        17s         Warning   BackoffLimitExceeded   job/smoke   Job has reached the specified backoff limit
    "#]]);
}

#[test]
fn a_job_needs_another_restart_policy_and_never_changes_its_template() {
    let always = JOB.replace("Never", "Always");
    let mut bench = Bench::with(&[("job.yaml", JOB), ("always.yaml", &always)]);
    bench.check("kubectl apply -f always.yaml", &expect![[r#"
        ! The Job "migrate" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"
        !   always.yaml:8:22
        status 1
    "#]]);
    bench.run("kubectl apply -f job.yaml");
    bench.run("sed -i s/migrate:v2/migrate:v3/ job.yaml");
    let reply = bench.run("kubectl apply -f job.yaml");
    let begin = "The Job \"migrate\" is invalid: spec.template: Invalid value: ";
    assert!(reply.stderr.starts_with(begin), "{}", reply.stderr);
    assert!(reply.stderr.trim_end().ends_with("field is immutable"), "{}", reply.stderr);
}

/// What the server has added to the template is no change of it.
#[test]
fn a_job_can_be_suspended_by_patch_and_by_edit() {
    let mut bench = bench();
    bench.run("kubectl apply -f job.yaml");
    bench.wait(1);
    let suspend = r#"kubectl patch job migrate -p '{"spec":{"suspend":true,"parallelism":2}}'"#;
    bench.check(
        suspend,
        &expect![[r#"
        job.batch/migrate patched
    "#]],
    );
    bench.wait(1);
    bench.check(
        "kubectl get jobs",
        &expect![[r#"
        NAME      STATUS      COMPLETIONS   DURATION   AGE
        migrate   Suspended   0/1                      2s
    "#]],
    );
    bench.check(
        "KUBE_EDITOR='sed -i s/suspend:.*/suspend:\\ false/' kubectl edit job migrate",
        &expect![[r#"
            job.batch/migrate edited
        "#]],
    );
    let image =
        r#"[{"op":"replace","path":"/spec/template/spec/restartPolicy","value":"OnFailure"}]"#;
    let reply = bench.run(&format!("kubectl patch job migrate --type=json -p '{image}'"));
    assert!(reply.stderr.trim_end().ends_with("field is immutable"), "{}", reply.stderr);
}

/// Pods belong to a Job by its UID.
#[test]
fn a_job_that_is_made_again_runs_again() {
    let mut bench = bench();
    bench.run("kubectl apply -f job.yaml");
    bench.wait(10);
    bench.run("kubectl delete job migrate && kubectl apply -f job.yaml");
    bench.wait(3);
    bench.check(
        "kubectl get jobs,pods && kubectl logs job/migrate",
        &expect![[r#"
        NAME                STATUS    COMPLETIONS   DURATION   AGE
        job.batch/migrate   Running   0/1           3s         3s

        NAME                READY   STATUS    RESTARTS   AGE
        pod/migrate-xxxxx   1/1     Running   0          3s
        Migrating schema to version 2
    "#]],
    );
}

#[test]
fn init_containers_are_described() {
    let init =
        "    spec:\n      initContainers:\n        - {name: migrate, image: 'myorg/migrate:v2'}\n";
    let blue = BLUE.replace("    spec:\n", init).replace("replicas: 2", "replicas: 1");
    let mut bench = Bench::with(&[("init.yaml", &blue)]);
    bench.run("kubectl apply -f init.yaml");
    bench.wait(30);
    bench.check(
        "kubectl get pods",
        &expect![[r#"
            NAME                           READY   STATUS    RESTARTS   AGE
            my-app-blue-7c77cc876b-xxxxx   1/1     Running   0          30s
        "#]],
    );
    bench.check(
        "kubectl logs deploy/my-app-blue -c migrate",
        &expect![[r#"
        Migrating schema to version 2
        1 migration applied
    "#]],
    );
    bench.check("kubectl describe pod | head -n 51 | tail -n 35", &expect![[r#"
          migrate:
            Image:          myorg/migrate:v2
            Port:           <none>
            Host Port:      <none>
            State:          Terminated
              Reason:       Completed
              Exit Code:    0
              Started:      Mon, 05 Jan 2026 09:00:01 +0000
              Finished:     Mon, 05 Jan 2026 09:00:05 +0000
            Ready:          True
            Restart Count:  0
            Environment:    <none>
            Mounts:         <none>
        Containers:
          app:
            Image:          myorg/myapp:v1
            Port:           8080/TCP
            Host Port:      0/TCP
            State:          Running
              Started:      Mon, 05 Jan 2026 09:00:06 +0000
            Ready:          True
            Restart Count:  0
            Limits:
              cpu:     500m
              memory:  1Gi
            Requests:
              cpu:      250m
              memory:   512Mi
            Readiness:  http-get http://:8080/health delay=0s timeout=1s period=5s #success=1 #failure=3
            Environment:
              GREETING:  hello
            Mounts:      <none>
        Conditions:
          Type                        Status
          PodReadyToStartContainers   True 
    "#]]);
    let events = bench.run("kubectl describe pod | grep ' Started '").stdout;
    for words in ["spec.initContainers{migrate}: Container", "spec.containers{app}: Container"] {
        assert!(events.contains(words), "{words} in {events}");
    }
}
