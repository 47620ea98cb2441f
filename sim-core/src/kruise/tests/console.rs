//! What kubectl and its plugin show and do.

use expect_test::expect;

use super::bench::{Bench, STEPS};
use crate::kruise::status::StepState;

/// KRU-04: the columns of the CRD.
#[test]
fn kubectl_get_shows_the_step_and_what_it_waits_for() {
    let mut bench = Bench::paused();
    let shown = bench.run("kubectl get rollout").stdout;
    expect![[r#"
        NAME    STATUS        CANARY_STEP   CANARY_STATE   MESSAGE                                                                         AGE
        order   Progressing   1             StepPaused     Rollout is in step(1/3), and you need manually confirm to enter the next step   10m
    "#]]
    .assert_eq(&shown);
    let full = bench.run("kubectl get rollouts.rollouts.kruise.io order -o name").stdout;
    assert_eq!(full, "rollout.rollouts.kruise.io/order\n");
    bench.fail("kubectl get rollouts.argoproj.io");
}

#[test]
fn kubectl_describe_shows_status_and_events() {
    let mut bench = Bench::paused();
    let said = bench.run("kubectl describe rollout order").stdout;
    for words in [
        "Current Step State:",
        "StepPaused",
        "Finalising Step:",
        "you need manually confirm to enter the next step",
        "rollout-controller  upgrade step(1) canary pods with new versions done",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
}

/// KRU-04: with the plugin's words.
#[test]
fn only_a_step_that_is_paused_can_be_approved() {
    let mut bench = Bench::with(STEPS);
    let said = bench.fail("kubectl kruise rollout approve rollout/order");
    expect![[r#"
        error: rollouts.rollouts.kruise.io "order" does not allow to approve, because current blue-green state is not 'StepPaused'
    "#]]
    .assert_eq(&said);
    bench.release("v2");
    bench.wait_for(1, StepState::Paused);
    let said = bench.run("kubectl-kruise rollout approve rollout/order").stdout;
    assert_eq!(said, "rollout.rollouts.kruise.io/order approved\n");
    for (line, words) in [
        ("kubectl kruise rollout approve", "required resource not specified"),
        (
            "kubectl kruise rollout approve rollout/other",
            "rollouts.rollouts.kruise.io \"other\" not found",
        ),
        ("kubectl kruise rollout approve deployment/order", "approving is not supported"),
        (
            "kubectl kruise rollout approve nothing/order",
            "doesn't have a resource type \"nothing\"",
        ),
        ("kubectl kruise rollout restart rollout/order", "not modelled here"),
        ("kubectl kruise migrate", "not modelled here"),
    ] {
        let said = bench.fail(line);
        assert!(said.contains(words), "{line}: {said}");
    }
}

#[test]
fn the_words_of_the_plugin_are_completed() {
    let bench = Bench::with(STEPS);
    let complete = |line: &str| bench.simulation.complete(line);
    assert_eq!(complete("kubectl kruise "), ["rollout"]);
    assert_eq!(complete("kubectl kruise rollout "), ["approve", "undo"]);
    assert_eq!(complete("kubectl kruise rollout approve "), ["rollout/order"]);
}
