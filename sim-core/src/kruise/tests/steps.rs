//! From a change of the Deployment to the pause of a step.

use super::bench::{Bench, STEPS, rollout};
use crate::cluster::api::Kind;
use crate::kruise::status::{Phase, StepState};

/// KRU-01: the Deployment is paused before its controller can act on the new template.
#[test]
fn a_change_of_the_template_is_held_by_the_webhook() {
    let mut bench = Bench::with(STEPS);
    bench.release("v2");
    let deployment = bench.document(Kind::Deployment, "order");
    assert_eq!(deployment["spec"]["paused"], true);
    let metadata = &deployment["metadata"];
    let mark = &metadata["annotations"]["rollouts.kruise.io/in-progressing"];
    assert_eq!(mark, "{\"rolloutName\":\"order\"}");
    assert!(metadata["labels"]["rollouts.kruise.io/stable-revision"].is_string());
    bench.wait(3);
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (4, 0));
}

/// KRU-01: without traffic to lead, more than one version may be there; with it, only one.
#[test]
fn a_deployment_with_pods_of_two_versions_is_not_held() {
    let mut bench = Bench::with(STEPS);
    bench.run("kubectl patch rollout order --type=merge -p '{\"spec\":{\"disabled\":true}}'");
    bench.wait_for_phase(Phase::Disabled);
    bench.release("v2");
    bench.wait(2);
    bench.run("kubectl patch rollout order --type=merge -p '{\"spec\":{\"disabled\":false}}'");
    bench.wait_for_phase(Phase::Healthy);
    bench.release("v3");
    assert_ne!(bench.document(Kind::Deployment, "order")["spec"]["paused"], true);
}

/// KRU-03: pods of both versions stand side by side; nothing of them is available, for 68 years.
#[test]
fn new_pods_come_beside_the_old_ones_and_none_counts_as_available() {
    let bench = Bench::paused();
    let spec = &bench.document(Kind::Deployment, "order")["spec"];
    assert_eq!(spec["minReadySeconds"], i32::MAX - 1);
    assert_eq!(spec["progressDeadlineSeconds"], i32::MAX);
    let rolling = &spec["strategy"]["rollingUpdate"];
    assert_eq!((&rolling["maxSurge"], &rolling["maxUnavailable"]), (&"50%".into(), &0.into()));
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (4, 2));
    let available = "kube_deployment_status_replicas_available{deployment=\"order\"}";
    assert_eq!(bench.value(available), 0.0);
}

/// KRU-02: a name that no Deployment has.
#[test]
fn the_autoscaler_aims_at_nothing_until_the_release_is_over() {
    let mut bench = Bench::paused();
    let target = |bench: &Bench| {
        let spec = &bench.document(Kind::HorizontalPodAutoscaler, "order")["spec"];
        spec["scaleTargetRef"]["name"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(target(&bench), "order-DisableByRollout");
    bench.wait(20);
    let said = bench.run("kubectl describe hpa order").stdout;
    assert!(said.contains("deployments.apps \"order-DisableByRollout\" not found"), "{said}");
    bench.run("kubectl rollout undo deployment/order");
    bench.wait_for_phase(Phase::Healthy);
    assert_eq!(target(&bench), "order");
}

/// KRU-04: a pause without a duration waits for a person, one with a duration for that time.
#[test]
fn a_pause_ends_by_approval_or_by_its_duration() {
    let mut bench = Bench::paused();
    bench.wait(600);
    bench.wait_for(1, StepState::Paused);
    let message = "Rollout is in step(1/3), and you need manually confirm to enter the next step";
    assert_eq!(bench.status("message"), message);
    bench.approve();
    bench.wait_for(2, StepState::Paused);
    let from = bench.simulation.now();
    bench.wait(1);
    let message = "Rollout is in step(2/3), and wait duration(30 seconds) to enter the next step";
    assert_eq!(bench.status("message"), message);
    bench.wait_for(3, StepState::Upgrade);
    let waited = bench.simulation.now().since(from).as_secs_f64();
    assert!((29.0..=32.0).contains(&waited), "{waited}");
}

/// KRU-04: one state after the other; metrics are asked for nothing.
#[test]
fn a_step_goes_through_its_states_in_order() {
    let bench = Bench::paused();
    let said: Vec<String> = bench.said().into_iter().map(|(_, text)| text).collect();
    let place = |words: &str| said.iter().position(|text| text.contains(words));
    let states = ["StepTrafficRouting", "StepMetricsAnalysis", "StepPaused"].map(place);
    assert!(states.iter().all(Option::is_some) && states.is_sorted(), "{said:#?}");
    let first = ["service order selects", "disables autoscaler", "takes deployment order over"];
    let first = first.map(place);
    assert!(first.iter().all(Option::is_some) && first.is_sorted(), "{said:#?}");
}

/// KRU-09: the third version waits, and so does everything else.
#[test]
fn a_third_version_is_refused_until_the_second_has_been_taken_back() {
    let mut bench = Bench::paused();
    bench.release("v3");
    bench.wait(30);
    let message =
        "[warning] new version released in progress of blue-green release, please rollback first";
    assert_eq!(bench.status("message"), message);
    assert_eq!((bench.ready("v1"), bench.ready("v2"), bench.ready("v3")), (4, 2, 0));
    bench.release("v1");
    bench.wait_for_phase(Phase::Healthy);
    bench.wait(20);
    assert_eq!((bench.ready("v1"), bench.ready("v2"), bench.ready("v3")), (4, 0, 0));
}

/// KRU-03, K8S-16: somebody's own number of pods holds for both versions.
#[test]
fn scaling_in_a_pause_gives_pods_to_both_versions() {
    let mut bench = Bench::paused();
    bench.run("kubectl scale deployment/order --replicas=8");
    bench.wait(30);
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (8, 4));
}

/// KRU-04: `strategy.paused` holds it wherever it is.
#[test]
fn a_rollout_that_is_paused_stands_still() {
    let mut bench = Bench::paused();
    let pause = |on: bool| {
        format!(
            "kubectl patch rollout order --type=merge -p '{{\"spec\":{{\"strategy\":{{\"paused\":{on}}}}}}}'"
        )
    };
    bench.run(&pause(true));
    bench.wait(5);
    let message = "Rollout has been paused, you can resume it by kube-cli";
    assert_eq!(bench.status("message"), message);
    bench.approve();
    bench.wait(60);
    assert_eq!(bench.ready("v2"), 2);
    bench.run(&pause(false));
    bench.wait_for(2, StepState::Paused);
}

/// KRU-04: a new plan is taken up at the step that fits the pods that are there.
#[test]
fn a_change_of_the_traffic_of_the_present_step_is_obeyed_at_once() {
    let mut bench = Bench::paused();
    let before = bench.served("v2");
    assert_eq!(before, 0.0);
    let reply = bench.apply(&rollout(&STEPS.replacen("traffic: 0%", "traffic: 20%", 1)));
    assert_eq!(reply.status, Some(0), "{}", reply.stderr);
    bench.wait(30);
    bench.wait_for(1, StepState::Paused);
    assert!(0.0 < bench.served("v2"));
}

/// KRU-04: the source looks for the pods of the present step in the new plan, and finds them as they are.
#[test]
fn more_pods_for_the_present_step_come_with_the_next_one() {
    let mut bench = Bench::paused();
    let reply = bench.apply(&rollout(&STEPS.replacen("replicas: 50%", "replicas: 75%", 1)));
    assert_eq!(reply.status, Some(0), "{}", reply.stderr);
    bench.wait(30);
    bench.wait_for(1, StepState::Paused);
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (4, 2));
    bench.approve();
    bench.wait_for(2, StepState::Paused);
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (4, 4));
}
