//! Conditions and events of Rollouts, as kubectl shows them.

use expect_test::{Expect, expect};

use super::{Bench, apply, blue_green, release, rollout, run, settled, status, template, until};

/// Type, status, reason and message of each condition.
#[track_caller]
fn check(bench: &mut Bench, expected: &Expect) {
    let line = "kubectl get rollout my-app -o jsonpath='{range .status.conditions[*]}{.type}={.status} \
                {.reason}: {.message}{\"\\n\"}{end}'";
    expected.assert_eq(&run(bench, line));
}

#[test]
fn conditions_speak_as_the_controller_does() {
    let mut bench = settled(&blue_green(", autoPromotionEnabled: false"), &[]);
    check(
        &mut bench,
        &expect![[r#"
            Available=True AvailableReason: Rollout has minimum availability
            Completed=True RolloutCompleted: RolloutCompleted
            Healthy=True RolloutHealthy: Rollout is healthy
            Progressing=True NewReplicaSetAvailable: ReplicaSet "my-app-66c49ffcc4" has successfully progressed.
            Paused=False RolloutPaused: Rollout is paused
        "#]],
    );
    let met = bench.run_to_end("kubectl wait --for=condition=Available rollout/my-app", 5);
    assert_eq!(met.stdout, "rollout.argoproj.io/my-app condition met\n");
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    check(
        &mut bench,
        &expect![[r#"
            Available=True AvailableReason: Rollout has minimum availability
            Completed=False RolloutCompleted: RolloutCompleted
            Healthy=False RolloutHealthy: Rollout is not healthy
            Progressing=Unknown RolloutPaused: Rollout is paused
            Paused=True RolloutPaused: Rollout is paused
        "#]],
    );
    run(&mut bench, "kubectl argo rollouts abort my-app");
    bench.wait(2);
    let line = "kubectl get rollout my-app -o jsonpath='{.status.conditions[3].message}'";
    assert_eq!(run(&mut bench, line), "Rollout aborted update to revision 2");
}

#[test]
fn a_canary_is_available_once_there_are_enough_pods() {
    let text = rollout("{canary: {steps: [{setWeight: 34}, {pause: {}}]}}");
    let mut bench = Bench::with(&[("rollout.yaml", &text)]);
    apply(&mut bench, "rollout.yaml");
    bench.wait(1);
    check(
        &mut bench,
        &expect![[r#"
            Available=False AvailableReason: Rollout does not have minimum availability
            Completed=True RolloutCompleted: RolloutCompleted
            Healthy=False RolloutHealthy: Rollout is not healthy
            Progressing=True ReplicaSetUpdated: ReplicaSet "my-app-66c49ffcc4" is progressing.
            Paused=False RolloutPaused: Rollout is paused
        "#]],
    );
    bench.wait(30);
    let line = "kubectl get rollout my-app -o jsonpath='{.status.conditions[0].status}'";
    assert_eq!(run(&mut bench, line), "True");
}

#[test]
fn events_of_rollouts_and_their_runs_come_from_one_controller() {
    let analysed = ", prePromotionAnalysis: {templates: [{templateName: check}]}";
    let check = template("vector(1)", "");
    let mut bench = settled(&blue_green(analysed), &[("check.yaml", &check)]);
    release(&mut bench);
    until(&mut bench, "it is analysed", |bench| {
        bench.world().rollouts.runs().any(|(_, run)| run.finished.is_some())
    });
    for kind in ["rollout", "analysisrun"] {
        let told = run(&mut bench, &format!("kubectl describe {kind}"));
        assert!(told.contains("  rollouts-controller  "), "{told}");
        assert!(!told.contains("controller-manager"), "{told}");
    }
    let told = run(&mut bench, "kubectl describe rollout my-app");
    for label in ["  HPA Replicas:", "  Stable RS:"] {
        assert!(told.contains(label), "{label} in {told}");
    }
}
