//! What the plugin prints.

use expect_test::expect;

use super::{Bench, blue_green, release, rollout, run, settled, status, template, until};

/// What chance has named, by letters that are always the same.
fn tidy(text: &str) -> String {
    let pod = regex::Regex::new("(my-app-[a-z0-9]+)-[bcdfghjklmnpqrstvwxz2456789]{5}\\b").unwrap();
    pod.replace_all(text, "$1-xxxxx").into_owned()
}

fn check(bench: &mut Bench, line: &str, expected: &expect_test::Expect) {
    let text = tidy(&run(bench, line));
    expected.assert_eq(&text);
}

#[test]
fn a_blue_green_rollout_is_shown_as_a_tree_of_revisions() {
    let more =
        ", autoPromotionEnabled: false, prePromotionAnalysis: {templates: [{templateName: check}]}";
    let mut bench = settled(&blue_green(more), &[("check.yaml", &template("vector(1)", ""))]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    check(
        &mut bench,
        "kubectl argo rollouts get rollout my-app",
        &expect![[r#"
            Name:            my-app
            Namespace:       default
            Status:          ॥ Paused
            Message:         BlueGreenPause
            Strategy:        BlueGreen
            Images:          myorg/myapp:v1 (active, stable)
                             myorg/myapp:v2 (preview)
            Replicas:
              Desired:       3
              Current:       6
              Updated:       3
              Ready:         3
              Available:     3

            NAME                                KIND         STATUS        AGE  INFO
            ⟳ my-app                            Rollout      ॥ Paused      66s
            ├──# revision:2
            │  ├──⧉ my-app-566bc7f756           ReplicaSet   ✔ Healthy     6s   preview
            │  │  ├──□ my-app-566bc7f756-xxxxx  Pod          ✔ Running     6s   ready:1/1
            │  │  ├──□ my-app-566bc7f756-xxxxx  Pod          ✔ Running     6s   ready:1/1
            │  │  └──□ my-app-566bc7f756-xxxxx  Pod          ✔ Running     6s   ready:1/1
            │  └──α my-app-566bc7f756-2-pre     AnalysisRun  ✔ Successful  1s   ✔ 1
            └──# revision:1
               └──⧉ my-app-66c49ffcc4           ReplicaSet   ✔ Healthy     66s  stable,active
                  ├──□ my-app-66c49ffcc4-xxxxx  Pod          ✔ Running     66s  ready:1/1
                  ├──□ my-app-66c49ffcc4-xxxxx  Pod          ✔ Running     66s  ready:1/1
                  └──□ my-app-66c49ffcc4-xxxxx  Pod          ✔ Running     66s  ready:1/1
        "#]],
    );
    check(
        &mut bench,
        "kubectl argo rollouts list rollouts",
        &expect![[r#"
        NAME    STRATEGY   STATUS  STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE
        my-app  BlueGreen  Paused  -     -           3/6    3        3           3
    "#]],
    );
    check(
        &mut bench,
        "kubectl get rollouts,analysisruns",
        &expect![[r#"
            NAME                         DESIRED   CURRENT   UP-TO-DATE   AVAILABLE   AGE
            rollout.argoproj.io/my-app   3         6         3            3           66s

            NAME                                              STATUS       AGE
            analysisrun.argoproj.io/my-app-566bc7f756-2-pre   Successful   1s
        "#]],
    );
}

#[test]
fn a_canary_is_shown_with_its_step_and_weights() {
    let text = rollout("{canary: {steps: [{setWeight: 34}, {pause: {}}]}}");
    let mut bench = settled(&text, &[]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    check(
        &mut bench,
        "kubectl argo rollouts get rollout my-app",
        &expect![[r#"
            Name:            my-app
            Namespace:       default
            Status:          ॥ Paused
            Message:         CanaryPauseStep
            Strategy:        Canary
              Step:          1/2
              SetWeight:     34
              ActualWeight:  33
            Images:          myorg/myapp:v1 (stable)
                             myorg/myapp:v2 (canary)
            Replicas:
              Desired:       3
              Current:       3
              Updated:       1
              Ready:         3
              Available:     3

            NAME                                KIND        STATUS     AGE  INFO
            ⟳ my-app                            Rollout     ॥ Paused   66s
            ├──# revision:2
            │  └──⧉ my-app-566bc7f756           ReplicaSet  ✔ Healthy  6s   canary
            │     └──□ my-app-566bc7f756-xxxxx  Pod         ✔ Running  6s   ready:1/1
            └──# revision:1
               └──⧉ my-app-66c49ffcc4           ReplicaSet  ✔ Healthy  66s  stable
                  ├──□ my-app-66c49ffcc4-xxxxx  Pod         ✔ Running  66s  ready:1/1
                  └──□ my-app-66c49ffcc4-xxxxx  Pod         ✔ Running  66s  ready:1/1
        "#]],
    );
    check(
        &mut bench,
        "kubectl argo rollouts list rollouts",
        &expect![[r#"
        NAME    STRATEGY  STATUS  STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE
        my-app  Canary    Paused  1/2   34          3/3    3        1           3
    "#]],
    );
}

#[test]
fn status_ends_when_it_is_healthy_or_degraded() {
    let mut bench = settled(&blue_green(""), &[]);
    release(&mut bench);
    bench.check_to_end(
        "kubectl argo rollouts status my-app",
        120,
        &expect![[r#"
        Progressing - waiting for rollout spec update to be observed
        Progressing - more replicas need to be updated
        Progressing - active service cutover pending
        Healthy
    "#]],
    );
    run(&mut bench, "kubectl argo rollouts set image my-app app=myorg/nothing:v9");
    bench.wait(5);
    run(&mut bench, "kubectl argo rollouts abort my-app");
    bench.check_to_end("kubectl argo rollouts status my-app", 120, &expect![[r#"
        Progressing - active service cutover pending
        Degraded - RolloutAborted: Rollout aborted update to revision 3
        ! Error: The rollout is in a degraded state with message: RolloutAborted: Rollout aborted update to revision 3
        status 1
    "#]]);
}

#[test]
fn every_verb_says_what_it_did_and_what_it_cannot_do() {
    let mut bench = settled(&blue_green(", autoPromotionEnabled: false"), &[]);
    for (line, said) in [
        ("pause my-app", "rollout 'my-app' paused\n"),
        ("resume my-app", "rollout 'my-app' resumed\n"),
        ("set image my-app *=myorg/myapp:v2", "rollout \"my-app\" image updated\n"),
        ("promote my-app --full", "rollout 'my-app' fully promoted\n"),
        ("abort my-app", "rollout 'my-app' aborted\n"),
        ("retry ro my-app", "rollout 'my-app' retried\n"),
        ("undo my-app --to-revision=1", "rollout 'my-app' undo\n"),
        ("version", "kubectl-argo-rollouts: v1.8.3\n"),
    ] {
        assert_eq!(run(&mut bench, &format!("kubectl argo rollouts {line}")), said);
        bench.wait(2);
    }
    for (line, problem) in [
        ("promote other", "Error: rollouts.argoproj.io \"other\" not found"),
        ("get rollout", "Error: a name is missing"),
        ("destroy my-app", "Error: unknown command \"destroy\""),
        ("set image my-app web=x", "Error: unable to find container named \"web\""),
        ("undo my-app --to-revision=9", "Error: unable to find specified revision 9 in history"),
        ("restart my-app", "Error: restart is not modelled here"),
    ] {
        let reply = bench.run(&format!("kubectl argo rollouts {line}"));
        assert_eq!(reply.status, Some(1), "{line}");
        assert!(reply.stderr.starts_with(problem), "{line}: {}", reply.stderr);
    }
}

#[test]
fn kubectl_knows_the_kinds_by_their_short_names() {
    let text = rollout("{canary: {steps: [{setWeight: 34}, {pause: {}}]}}");
    let mut bench = settled(&text, &[]);
    assert!(
        run(&mut bench, "kubectl get ro").contains("my-app   3         3         3            3")
    );
    assert!(run(&mut bench, "kubectl describe ro my-app").contains("Phase:"));
    run(&mut bench, "kubectl scale ro my-app --replicas=2");
    run(
        &mut bench,
        "kubectl patch rollout my-app --type=merge -p '{\"spec\":{\"minReadySeconds\":1}}'",
    );
    bench.wait(30);
    assert_eq!(super::pods(&bench), [2]);
    assert_eq!(run(&mut bench, "kubectl get ro my-app -o jsonpath={.status.phase}"), "Healthy");
    let words = bench.simulation.complete("kubectl argo rollouts pro");
    assert_eq!(words, ["promote"]);
}

#[test]
fn watching_a_rollout_draws_it_again_when_something_has_changed() {
    let mut bench =
        settled(&blue_green(", autoPromotionSeconds: 5, scaleDownDelaySeconds: 600"), &[]);
    release(&mut bench);
    let reply = bench.run_to_end("kubectl argo rollouts get rollout my-app -w", 40);
    assert_eq!(reply.status, None, "it goes on until it is interrupted");
    let drawn: Vec<&str> =
        reply.stdout.lines().filter(|line| line.starts_with("Status:")).collect();
    let mut states: Vec<&str> = drawn.iter().map(|line| &line[line.len() - 4..]).collect();
    states.dedup();
    assert_eq!(states, ["lthy", "sing", "used", "lthy"], "{drawn:?}");
    assert!(drawn.len() < 20, "ages alone draw nothing: {}", drawn.len());
    bench.simulation.interrupt();
    let last = bench.simulation.transcript().iter().next_back().unwrap();
    assert_eq!(last.reply.status, Some(130));
}
