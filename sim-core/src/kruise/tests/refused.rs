//! What the webhook does not take.

use super::bench::{Bench, STEPS, rollout};
use crate::kruise::status::StepState;

/// KRU-10: the messages are the real webhook's.
#[test]
fn a_rollout_that_makes_no_sense_is_refused_with_its_place() {
    let mut bench = Bench::with(STEPS);
    for (steps, message, place) in [
        (
            "[]",
            "Spec.Strategy.BlueGreen.Steps: Invalid value: The number of Canary.Steps cannot be empty",
            "8:7",
        ),
        (
            "[{traffic: 5%}]",
            "Spec.Strategy.BlueGreen.Steps[0].steps: Invalid value: replicas cannot be empty",
            "8:16",
        ),
        (
            "[{replicas: 0}]",
            "Spec.Strategy.BlueGreen.Steps[0].Replicas: Invalid value: 0: replicas must be positive number, \
             or a percentage with \"0%\" < canaryReplicas <= \"100%\"",
            "8:26",
        ),
        (
            "[{replicas: 10%, traffic: 120%}]",
            "Spec.Strategy.BlueGreen.Steps[0].steps: Invalid value: \"120%\": traffic must be percentage with \
             \"0%\" <= traffic <= \"100%\" in blueGreen strategy",
            "8:40",
        ),
        (
            "[{replicas: 50%}, {replicas: 20%}]",
            "Spec.Strategy.BlueGreen.Steps.CanaryReplicas: Invalid value: Steps.CanaryReplicas must be a non \
             decreasing sequence",
            "8:7",
        ),
    ] {
        let said = bench.apply(&rollout(steps)).stderr;
        let expected =
            format!("admission webhook \"vrollout.kb.io\" denied the request: {message}");
        assert!(said.contains(&expected) && said.contains(&format!("STDIN:{place}")), "{said}");
    }
}

/// KRU-10.
#[test]
fn a_deployment_has_one_rollout_at_most() {
    let mut bench = Bench::with(STEPS);
    let said = bench.apply(&rollout(STEPS).replacen("name: order", "name: other", 1)).stderr;
    let expected = "Conflict Checker: Invalid value: \"other\": This rollout conflict with \
                    Rollout(default/order), one workload only have less than one Rollout";
    assert!(said.contains(expected), "{said}");
}

/// KRU-10: what a release hangs on stays as long as it lasts.
#[test]
fn neither_the_number_of_steps_nor_the_routing_may_change_in_a_release() {
    let mut bench = Bench::paused();
    let said = bench.apply(&rollout("[{replicas: 100%, traffic: 100%}]")).stderr;
    assert!(said.contains("Amount of Rollout steps are immutable"), "{said}");
    let said = bench.apply(&rollout(STEPS).replace("service: order", "service: other")).stderr;
    assert!(said.contains("TrafficRoutings' field is immutable"), "{said}");
    let said =
        bench.apply(&rollout(STEPS).replace("Deployment, name: order", "Deployment, name: other"));
    assert!(said.stderr.contains("'ObjectRef' field is immutable"), "{}", said.stderr);
}

/// KRU-03: who puts the Deployment's own settings back stops the release.
#[test]
fn a_deployment_that_was_applied_again_with_its_own_min_ready_seconds_is_not_upgraded_further() {
    let mut bench = Bench::paused();
    bench.run("kubectl patch deployment order -p '{\"spec\":{\"minReadySeconds\":1}}'");
    bench.approve();
    bench.wait(30);
    let said = bench.said();
    let told = said.iter().filter(|(_, text)| text.contains("cannot upgrade batch"));
    assert_eq!(told.count(), 1, "{said:#?}");
}

/// What is no Deployment is refused, whatever a webhook would have written into it.
#[test]
fn a_patch_that_makes_no_deployment_is_refused() {
    let mut bench = Bench::with(STEPS);
    for patch in [
        r#"{"spec":"x"}"#,
        r#"{"metadata":{"annotations":"x"},"spec":{"template":{"metadata":{"annotations":{"a":"b"}}}}}"#,
        r#"{"metadata":{"labels":["x"]}}"#,
    ] {
        bench.fail(&format!("kubectl patch deployment order --type=merge -p '{patch}'"));
    }
    assert_eq!(bench.ready("v1"), 4);
}

/// KRU-05: what stands in the annotation is trusted only if it can be what was kept.
#[test]
fn somebody_elses_text_in_the_annotation_is_no_document() {
    for text in [
        r#"{"annotations":"x"}"#,
        r#"{"spec":{"http":[1,{"route":[2,{"destination":{"host":"order"},"weight":18446744073709551615}]}]}}"#,
        "[",
    ] {
        let mut bench = Bench::with(STEPS);
        bench.run(&format!(
            "kubectl annotate virtualservice order rollouts.kruise.io/original-spec-configuration='{text}'"
        ));
        bench.release("v2");
        bench.wait_for(1, StepState::Paused);
        bench.approve();
        bench.wait(60);
    }
}
