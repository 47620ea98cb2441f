//! How a release ends, and in which order things are undone.

use super::bench::{Bench, STEPS, rollout};
use crate::cluster::api::Kind;
use crate::kruise::status::{Phase, StepState};

/// The shop with everything on version 2, the last step still paused.
fn switched() -> Bench {
    let mut bench = Bench::paused();
    bench.approve();
    bench.wait_for(3, StepState::Paused);
    bench
}

/// KRU-06: everything to the new pods, then the stable Service, the Deployment, the routes.
#[test]
fn a_release_that_is_approved_to_its_end_leaves_everything_as_it_was_but_for_the_version() {
    let mut bench = switched();
    let before = bench.document(Kind::VirtualService, "order").clone();
    bench.approve();
    bench.wait_for_phase(Phase::Healthy);
    bench.wait(30);
    assert_eq!(bench.status("message"), "Rollout progressing has been completed");
    let order = bench.places([
        "finalising: FinalisingStepRouteTrafficToNew",
        "finalising: RestoreStableService",
        "finalising: ResumeWorkload",
        "finalising: FinalisingStepRouteTrafficToStable",
        "finalising: RemoveCanaryService",
        "finalising: ReleaseWorkloadControl",
    ]);
    assert!(order.is_sorted(), "{:#?}", bench.said());
    assert_eq!((bench.ready("v1"), bench.ready("v2"), bench.failed()), (0, 4, 0.0));
    let after = bench.document(Kind::VirtualService, "order");
    assert_ne!(*after, before);
    assert_eq!(after["spec"]["http"][0]["route"].as_array().map(Vec::len), Some(1));
    let deployment = bench.document(Kind::Deployment, "order");
    assert_eq!(deployment["spec"]["minReadySeconds"], 1);
    assert_eq!(deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"], "25%");
    assert!(deployment["metadata"]["annotations"]["rollouts.kruise.io/in-progressing"].is_null());
    assert!(bench.simulation.world().api.get(Kind::Service, "order-canary").is_none());
    let selector = &bench.document(Kind::Service, "order")["spec"]["selector"];
    assert!(selector["pod-template-hash"].is_null());
}

/// KRU-07: the routes go back first; otherwise new pods that had nothing would get requests.
#[test]
fn a_rollback_at_0_percent_lets_no_request_meet_the_new_version() {
    let mut bench = Bench::paused();
    bench.run("kubectl kruise rollout undo deployment/order");
    bench.wait_for_phase(Phase::Healthy);
    bench.wait(30);
    assert_eq!(bench.status("message"), "Rollout progressing has been cancelled");
    assert_eq!((bench.served("v2"), bench.failed()), (0.0, 0.0));
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (4, 0));
}

/// KRU-07: all old pods have been there all the time, so that the way back is as quick as the routes.
#[test]
fn a_rollback_after_the_switch_moves_the_traffic_before_any_pod_goes() {
    let mut bench = switched();
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (4, 4));
    bench.run("kubectl rollout undo deployment/order");
    bench.wait_for_phase(Phase::Healthy);
    let order = bench.places([
        "finalising: FinalisingStepRouteTrafficToStable",
        "finalising: ResumeWorkload",
        "finalising: RestoreStableService",
        "finalising: RemoveCanaryService",
    ]);
    assert!(order.is_sorted(), "{:#?}", bench.said());
    bench.wait(30);
    assert_eq!((bench.ready("v1"), bench.ready("v2"), bench.failed()), (4, 0, 0.0));
}

/// KRU-08: what a rollback takes care of, giving up does not.
#[test]
fn disabling_a_release_at_0_percent_sends_users_to_the_new_version() {
    let mut bench = Bench::paused();
    bench.run("kubectl patch rollout order --type=merge -p '{\"spec\":{\"disabled\":true}}'");
    bench.wait_for_phase(Phase::Disabled);
    bench.wait(30);
    let order = bench.places(["finalising: RestoreStableService", "finalising: ResumeWorkload"]);
    assert!(order.is_sorted(), "{:#?}", bench.said());
    assert!(0.0 < bench.served("v2"));
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (0, 4));
}

/// KRU-08: nothing of it stays behind.
#[test]
fn a_rollout_that_is_deleted_in_a_release_gives_its_deployment_back() {
    let mut bench = Bench::paused();
    bench.run("kubectl delete rollout order");
    bench.wait(60);
    assert!(bench.simulation.world().kruise.status("order").is_none());
    let spec = &bench.document(Kind::Deployment, "order")["spec"];
    assert_eq!(spec["minReadySeconds"], 1);
    let target = &bench.document(Kind::HorizontalPodAutoscaler, "order")["spec"]["scaleTargetRef"];
    assert_eq!(target["name"], "order");
    assert_eq!((bench.ready("v1"), bench.ready("v2")), (0, 4));
}

/// KRU-08: it ends before it begins anew.
#[test]
fn a_rollout_that_is_applied_again_while_it_ends_begins_anew() {
    for pause in [2, 5, 40] {
        let mut bench = Bench::paused();
        bench.run("kubectl delete rollout order");
        bench.wait(pause);
        assert_eq!(bench.apply(&rollout(STEPS)).status, Some(0));
        bench.wait(60);
        bench.wait_for_phase(Phase::Healthy);
        assert_eq!((bench.ready("v1"), bench.ready("v2")), (0, 4), "{pause}");
        bench.release("v3");
        bench.wait_for(1, StepState::Paused);
        assert_eq!((bench.ready("v2"), bench.ready("v3")), (4, 2), "{pause}");
    }
}
