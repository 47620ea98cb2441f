//! The pipeline: what starts it, what it does, and how it goes back.

use expect_test::expect;

use super::bench::Bench;
use crate::cluster::api::{Kind, Spec};
use crate::delivery::pipeline::{Run, State};

/// Builds, scales blue up, looks whether that has helped, and asks before it scales on.
const PIPELINE: &str = "\
on: push
stages:
  - stage: build
    takes: 20s
  - stage: scale
    run:
      - kubectl scale deployment my-app-blue --replicas=3
      - kubectl rollout status deployment/my-app-blue --timeout=60s
    rollback: [kubectl scale deployment my-app-blue --replicas=2]
  - stage: observe
    observe: {for: 30s, every: 10s, holds: 'sum(kube_deployment_status_replicas_available) >= 3'}
  - stage: scale on
    approval: 10m
    run: [kubectl scale deployment my-app-blue --replicas=4]
";

/// A cluster with blue, and this pipeline in the repository.
fn bench(pipeline: &str) -> Bench {
    Bench::settled_with(&[("pipeline.yaml", pipeline), ("README.md", "one\n")])
}

/// Pushes a commit; what the server says.
fn push(bench: &mut Bench, word: &str) -> String {
    let line = format!("echo {word} > README.md && git commit -qam {word} && git push -q");
    let reply = bench.run(&line);
    assert_eq!(reply.status, Some(0), "{}", reply.stderr);
    reply.stderr
}

fn newest(bench: &Bench) -> &Run {
    bench.world().delivery.pipeline.run(None).expect("there is a run")
}

fn states(bench: &Bench) -> Vec<State> {
    newest(bench).stages.iter().map(|stage| stage.state).collect()
}

fn replicas(bench: &Bench) -> Option<u32> {
    match &bench.world().api.get(Kind::Deployment, "my-app-blue")?.manifest.spec {
        Spec::Deployment(spec) => Some(spec.replicas),
        _ => None,
    }
}

#[test]
fn a_push_starts_the_pipeline_and_its_stages_run_one_after_another() {
    let mut bench = bench(PIPELINE);
    assert_eq!(push(&mut bench, "two"), "remote: pipeline run 1 has been asked for\n");
    bench.wait(10);
    assert_eq!((states(&bench)[0], replicas(&bench)), (State::Running, Some(2)));
    bench.wait(60);
    assert_eq!(replicas(&bench), Some(3));
    bench.check(
        "pipeline status",
        &expect![[r#"
        run 1 of 7d2e3e1 (two), started push at 01:00: waits for approval
        STAGE     STATE               AT     TOOK  WHY
        build     succeeded           01:00  20s   
        scale     succeeded           01:20  6s    
        observe   succeeded           01:26  30s   
        scale on  waits for approval  01:56  14s   
    "#]],
    );
    bench.check(
        "pipeline approve",
        &expect![[r#"
        run 1 is approved
    "#]],
    );
    bench.wait(1);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Succeeded, Some(4)));
    bench.check("pipeline logs", &expect![[r#"
        01:00 [build] works for 20s
        01:20 [scale] $ kubectl scale deployment my-app-blue --replicas=3
        01:20 [scale] deployment.apps/my-app-blue scaled
        01:20 [scale] $ kubectl rollout status deployment/my-app-blue --timeout=60s
        01:20 [scale] Waiting for deployment spec update to be observed...
        01:21 [scale] Waiting for deployment "my-app-blue" rollout to finish: 2 of 3 updated replicas are available...
        01:26 [scale] deployment "my-app-blue" successfully rolled out
        01:26 [observe] observes for 30s: sum(kube_deployment_status_replicas_available) >= 3
        01:56 [observe] it has held all the time
        01:56 [scale on] waits for `pipeline approve`, at most 600s
        02:10 [scale on] approved
        02:10 [scale on] $ kubectl scale deployment my-app-blue --replicas=4
        02:10 [scale on] deployment.apps/my-app-blue scaled
    "#]]);
    bench.check(
        "pipeline list",
        &expect![[r#"
        RUN  COMMIT   SUBJECT  STARTED  AT     STATE
        1    7d2e3e1  two      push     01:00  succeeded
    "#]],
    );
}

#[test]
fn a_command_that_fails_ends_the_run_and_what_was_done_is_taken_back() {
    let broken = PIPELINE.replace("--timeout=60s", "--timeout=1s");
    let mut bench = bench(&broken);
    push(&mut bench, "two");
    bench.wait(40);
    assert_eq!(states(&bench), [State::Succeeded, State::Failed, State::Skipped, State::Skipped]);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Failed, Some(2)));
    bench.check(
        "pipeline status",
        &expect![[r#"
        run 1 of 76fbca2 (two), started push at 01:00: failed
        STAGE     STATE      AT     TOOK  WHY
        build     succeeded  01:00  20s   
        scale     failed     01:20  1s    exit status 1: error: timed out waiting for the condition
        observe   skipped                 
        scale on  skipped                 
    "#]],
    );
}

#[test]
fn a_condition_that_does_not_hold_fails_its_stage() {
    let broken = PIPELINE.replace(">= 3", ">= 5");
    let mut bench = bench(&broken);
    push(&mut bench, "two");
    bench.wait(60);
    let run = newest(&bench);
    assert_eq!((run.state, run.stages[2].state), (State::Failed, State::Failed));
    assert_eq!(run.stages[2].why, "what it observes does not hold");
    assert_eq!(replicas(&bench), Some(2));
}

#[test]
fn a_first_look_can_wait_until_what_was_done_shows() {
    let hasty = PIPELINE
        .replace("      - kubectl rollout status deployment/my-app-blue --timeout=60s\n", "");
    for (gate, state) in [("every: 2s", State::Failed), ("every: 2s, after: 20s", State::Succeeded)]
    {
        let mut bench = bench(&hasty.replace("every: 10s", gate));
        push(&mut bench, "two");
        bench.wait(60);
        assert_eq!(newest(&bench).stages[2].state, state, "{gate}");
    }
}

/// No data is no evidence: a comparison with nothing is nothing.
#[test]
fn a_condition_about_what_nobody_has_measured_does_not_hold() {
    let broken =
        PIPELINE.replace("sum(kube_deployment_status_replicas_available)", "sum(nobody_counts)");
    let mut bench = bench(&broken);
    push(&mut bench, "two");
    bench.wait(60);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Failed, Some(2)));
}

#[test]
fn a_run_that_nobody_approves_is_taken_back() {
    let mut bench = bench(PIPELINE);
    push(&mut bench, "two");
    bench.wait(300);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Approval, Some(3)));
    bench.wait(400);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Failed, Some(2)));
    assert_eq!(newest(&bench).stages[3].why, "nobody approved it in time");
}

#[test]
fn a_run_that_is_cancelled_takes_back_what_it_did() {
    let mut bench = bench(PIPELINE);
    push(&mut bench, "two");
    bench.wait(35);
    assert_eq!(replicas(&bench), Some(3));
    bench.check(
        "pipeline cancel",
        &expect![[r#"
        run 1 is cancelled
    "#]],
    );
    bench.wait(1);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Cancelled, Some(2)));
    bench.check(
        "pipeline cancel",
        &expect![[r#"
        ! pipeline: no such run can be cancelled
        status 1
    "#]],
    );
}

#[test]
fn a_run_before_any_deed_is_cancelled_without_a_way_back() {
    let mut bench = bench(PIPELINE);
    push(&mut bench, "two");
    bench.wait(5);
    bench.run("pipeline cancel");
    bench.wait(1);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Cancelled, Some(2)));
    assert!(!newest(&bench).log.iter().any(|said| said.text.starts_with('$')));
}

#[test]
fn a_run_works_with_the_files_of_its_commit() {
    let pipeline = "stages: [{stage: deploy, run: [kubectl apply -f blue.yaml]}]\n";
    let mut bench = bench(pipeline);
    bench.run("sed -i 's/replicas: 2/replicas: 5/' blue.yaml");
    bench.run("pipeline run");
    bench.wait(1);
    assert_eq!((newest(&bench).state, replicas(&bench)), (State::Succeeded, Some(2)));
    bench.run("git commit -qam five && git push -q && pipeline run");
    bench.wait(1);
    assert_eq!((newest(&bench).number, replicas(&bench)), (2, Some(5)));
    bench.run("pipeline rerun 1");
    bench.wait(1);
    assert_eq!((newest(&bench).number, replicas(&bench)), (3, Some(2)));
}

#[test]
fn one_run_is_at_work_and_one_waits() {
    let mut bench = bench(PIPELINE);
    for word in ["two", "three", "four"] {
        push(&mut bench, word);
        bench.wait(1);
    }
    let of = |bench: &Bench| -> Vec<State> {
        bench.world().delivery.pipeline.runs().iter().map(|run| run.state).collect()
    };
    assert_eq!(of(&bench), [State::Running, State::Cancelled, State::Waiting]);
    bench.run("pipeline cancel");
    bench.wait(5);
    assert_eq!(of(&bench), [State::Cancelled, State::Cancelled, State::Running]);
}

#[test]
fn a_run_is_watched_to_its_end() {
    let mut bench = bench(&PIPELINE.replace(">= 3", ">= 5"));
    push(&mut bench, "two");
    bench.check_to_end("pipeline watch", 120, &expect![[r#"
        01:00 [build] works for 20s
        01:20 [scale] $ kubectl scale deployment my-app-blue --replicas=3
        01:20 [scale] deployment.apps/my-app-blue scaled
        01:20 [scale] $ kubectl rollout status deployment/my-app-blue --timeout=60s
        01:20 [scale] Waiting for deployment spec update to be observed...
        01:21 [scale] Waiting for deployment "my-app-blue" rollout to finish: 2 of 3 updated replicas are available...
        01:26 [scale] deployment "my-app-blue" successfully rolled out
        01:26 [observe] observes for 30s: sum(kube_deployment_status_replicas_available) >= 5
        01:36 [observe] what it observes does not hold
        01:36 [rollback] $ kubectl scale deployment my-app-blue --replicas=2
        01:36 [rollback] deployment.apps/my-app-blue scaled
        run 1 has ended: failed
        status 1
    "#]]);
}

#[test]
fn why_leads_from_an_object_through_the_pipeline_to_the_push() {
    let mut bench = bench(PIPELINE);
    push(&mut bench, "two");
    bench.wait(60);
    let told = bench.run("why deployment/my-app-blue").stdout;
    let scaled = told.find("kubectl scale deployment my-app-blue --replicas=3");
    let pushed = told.find("git push");
    assert!(scaled.is_some() && pushed.is_some(), "{told}");
}

#[test]
fn what_is_wrong_with_the_file_is_told_with_its_place() {
    let wrong = "\
on: pull
stages:
  - stage: one
    run: [git push, '']
  - stage: one
    takes: 0s
    observe: {for: 3m, holds: 'sum(up', evry: 5s}
  - name: three
  - stage: four
    approval: 2d
";
    let mut bench = bench(wrong);
    bench.check("pipeline check", &expect![[r#"
        ! pipeline.yaml:1:5: error: on: "pull" is none of "push", "hand"; did you mean "push"?
        ! pipeline.yaml:4:11: error: stages[0].run[0]: `git` is for people, not for a pipeline
        ! pipeline.yaml:4:21: error: stages[0].run[1] is empty; write a command
        ! pipeline.yaml:5:5: error: stages[1]: "one" is there already; give each stage a name of its own
        ! pipeline.yaml:6:12: error: stages[1].takes: 0ms is out of range; write a length above 0s, at most 24h
        ! pipeline.yaml:7:31: error: stages[1].observe.holds: 7: unclosed left parenthesis
        ! pipeline.yaml:7:41: error: unknown key "evry" in stages[1].observe; did you mean "every"?
        ! pipeline.yaml:8:5: error: unknown key "name" in stages[2]; it may hold stage, approval, takes, run, observe, rollback
        ! pipeline.yaml:8:5: error: stages[2].stage is missing; Its name.
        ! pipeline.yaml:10:15: error: stages[3].approval: "2d" is no length of time; write a number with a unit: 250ms, 5s, 20m
        status 1
    "#]]);
    let said = push(&mut bench, "two");
    assert!(said.starts_with("remote: pipeline.yaml:1:5: error"), "{said}");
    bench.check(
        "pipeline status",
        &expect![[r#"
        ! pipeline: there has been no run; git push or `pipeline run` starts one
        status 1
    "#]],
    );
    let (checked, refused) = (bench.run("pipeline check"), bench.run("pipeline run"));
    assert_eq!(refused.stderr, checked.stderr, "both say the same");
}

#[test]
fn a_command_whose_name_is_a_pattern_is_refused() {
    // With a file `pipeline` it would start the pipeline, from within and without end.
    let mut bench = bench("stages: [{stage: again, run: ['pipelin? run']}]\n");
    bench.check("pipeline check", &expect![[r#"
        ! pipeline.yaml:1:31: error: stages[0].run[0]: `pipelin?`: a command's name is no pattern here; write it out
        status 1
    "#]]);
}

#[test]
fn a_repository_without_the_file_has_no_pipeline() {
    let mut bench = Bench::settled_with(&[("README.md", "one\n")]);
    assert_eq!(push(&mut bench, "two"), "");
    bench.check(
        "pipeline run",
        &expect![[r#"
        ! pipeline.yaml: error: commit d8da9bf has no such file; write it, commit it, and push
        status 1
    "#]],
    );
    bench.check(
        "pipeline check",
        &expect![[r#"
        ! pipeline: pipeline.yaml: No such file or directory
        status 1
    "#]],
    );
    bench.check(
        "pipeline logs 3",
        &expect![[r#"
        ! pipeline: there is no run 3
        status 1
    "#]],
    );
    bench.check(
        "pipeline logs x",
        &expect![[r#"
        ! pipeline: "x" is not the number of a run
        ! usage: pipeline list|check|run
        !        pipeline status|logs|watch|rerun [RUN]
        !        pipeline approve|cancel [RUN]
        status 2
    "#]],
    );
    bench.check(
        "pipeline",
        &expect![[r#"
        ! pipeline: there has been no run; git push or `pipeline run` starts one
        status 1
    "#]],
    );
}

#[test]
fn a_file_that_says_nothing_of_pushes_is_started_by_hand() {
    let mut bench = bench("stages: [{stage: build, takes: 5s}]\n");
    assert_eq!(push(&mut bench, "two"), "");
    bench.check(
        "pipeline check",
        &expect![[r#"
        pipeline run starts: build
    "#]],
    );
    bench.check(
        "pipeline run",
        &expect![[r#"
        run 1 has been asked for
    "#]],
    );
    bench.wait(6);
    assert_eq!(newest(&bench).state, State::Succeeded);
}
