//! From a Canary to a promotion or a rollback.

use super::bench::{Bench, METRICS, canary, weights};
use crate::cluster::api::Kind;
use crate::flagger::Phase;

const TENTHS: &str = "interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50";

/// FLG-02: NAME-primary serves, the target rests, three Services and a route are there.
#[test]
fn the_target_rests_without_pods_and_its_copy_serves() {
    let bench = Bench::with(&format!("{TENTHS}, {METRICS}"));
    assert_eq!(bench.phase(), Phase::Initialized);
    assert_eq!(bench.document(Kind::Deployment, "order")["spec"]["replicas"], 0);
    assert_eq!((bench.available("order"), bench.available("order-primary")), (0, 2));
    let selector = |name| bench.document(Kind::Service, name)["spec"]["selector"]["app"].clone();
    assert_eq!(selector("order"), "order-primary");
    assert_eq!(selector("order-primary"), "order-primary");
    assert_eq!(selector("order-canary"), "order");
    let route = &bench.document(Kind::VirtualService, "order")["spec"];
    assert_eq!(route["hosts"], serde_json::json!(["shop.example.com", "order"]));
    assert_eq!(route["http"][0]["route"][0]["weight"], 100);
    assert_eq!(
        bench.document(Kind::DestinationRule, "order-canary")["spec"]["host"],
        "order-canary"
    );
    let errors = "sum(istio_requests_total{response_code!=\"200\"})";
    assert_eq!((bench.value(errors), bench.value("sum(istio_requests_total)") > 0.0), (0.0, true));
}

/// OD-13, FLG-03, FLG-04, FLG-07, FLG-09: weights at ticks 1 to 5, the copy at 6, traffic back at 7, the
/// canary's pods go at 8.
#[test]
fn a_good_version_is_promoted_after_max_weight_over_step_weight_intervals() {
    let mut bench = Bench::with(&format!("{TENTHS}, {METRICS}"));
    bench.release("v2");
    bench.wait_for(Phase::Succeeded);
    let ticks = bench.ticks(60);
    let expected = [
        (0, "New revision detected! Scaling up order.default"),
        (1, "Starting canary analysis for order.default"),
        (1, "Advance order.default canary weight 10"),
        (2, "Advance order.default canary weight 20"),
        (3, "Advance order.default canary weight 30"),
        (4, "Advance order.default canary weight 40"),
        (5, "Advance order.default canary weight 50"),
        (6, "Copying order.default template spec to order-primary.default"),
        (7, "Routing all traffic to primary"),
        (8, "Promotion completed! Scaling down order.default"),
    ];
    assert_eq!(ticks, expected.map(|(tick, text)| (tick, text.to_owned())));
    bench.wait(60);
    assert_eq!((bench.available("order"), bench.available("order-primary")), (0, 2));
    assert_eq!(bench.value("sum(istio_requests_total{response_code!=\"200\"})"), 0.0);
}

/// OD-14, FLG-08, FLG-09: every analysis fails from tick 2; the fifth failed check is at tick 6, and is acted
/// on at tick 7.
#[test]
fn a_bad_version_is_given_up_one_interval_after_the_last_check_that_it_may_fail() {
    let mut bench = Bench::with(&format!("{TENTHS}, {METRICS}"));
    bench.release("v3");
    bench.wait_for(Phase::Failed);
    let ticks = bench.ticks(60);
    let halts: Vec<i64> = ticks
        .iter()
        .filter(|(_, text)| text.starts_with("Halt order.default advancement success rate "))
        .filter(|(_, text)| text.ends_with("% < 99%"))
        .map(|(tick, _)| *tick)
        .collect();
    assert_eq!(halts, [2, 3, 4, 5, 6]);
    let last = (7, "Rolling back order.default failed checks threshold reached 5".to_owned());
    assert!(ticks.contains(&last), "{ticks:#?}");
    assert_eq!(weights(&bench.said()), ["10"], "a failed check changes no weight");
    bench.wait(30);
    assert_eq!((bench.available("order"), bench.available("order-primary")), (0, 2));
    let route = &bench.document(Kind::VirtualService, "order")["spec"]["http"][0]["route"];
    assert_eq!((&route[0]["weight"], &route[1]["weight"]), (&100.into(), &0.into()));
}

/// FLG-02: the primary has taken the new template, so that the old version runs nowhere; going back is a
/// rollout of its own.
#[test]
fn after_a_promotion_the_way_back_is_a_new_rollout() {
    let mut bench = Bench::with(&format!("interval: 30s, threshold: 2, stepWeight: 50, {METRICS}"));
    bench.release("v2");
    bench.wait_for(Phase::Succeeded);
    bench.wait(60);
    let images = bench.run("kubectl get pods -o jsonpath='{.items[*].spec.containers[0].image}'");
    assert_eq!(images.stdout.trim(), "shop/order:v2 shop/order:v2");
    let before = bench.said().len();
    bench.run("kubectl rollout undo deployment/order");
    bench.wait_for(Phase::Progressing);
    bench.wait_for(Phase::Succeeded);
    let said = bench.said().split_off(before);
    assert_eq!(said[0], "New revision detected! Scaling up order.default");
    assert_eq!(weights(&said), ["50", "100"]);
}

/// FLG-09: what serves already is no new revision, also after a rollback; the version that failed is one.
#[test]
fn going_back_to_what_the_primary_has_is_no_rollout() {
    let mut bench = Bench::with(&format!("interval: 10s, threshold: 1, stepWeight: 50, {METRICS}"));
    bench.release("v3");
    bench.wait_for(Phase::Failed);
    let before = bench.said().len();
    bench.release("v1");
    bench.wait(60);
    assert_eq!((bench.phase(), bench.said().len()), (Phase::Failed, before));
    bench.release("v3");
    bench.wait_for(Phase::Progressing);
}

/// FLG-09: another version in the middle of the analysis begins it anew, with no failed checks.
#[test]
fn a_new_revision_restarts_the_analysis() {
    let mut bench = Bench::with(&format!("interval: 30s, threshold: 3, stepWeight: 20, {METRICS}"));
    bench.release("v3");
    bench.wait_for(Phase::Progressing);
    bench.wait(100);
    let failed = bench.simulation.world().flagger.status("order").map(|s| s.failed_checks);
    assert!(failed.is_some_and(|failed| 0 < failed), "{failed:?}");
    bench.release("v2");
    bench.wait_for(Phase::Succeeded);
    let said = bench.said();
    let restarted = "New revision detected! Restarting analysis for order.default".to_owned();
    assert!(said.contains(&restarted), "{said:#?}");
    assert_eq!(weights(&said), ["20", "20", "40", "60", "80", "100"]);
}

/// FLG-04, FLG-01: a version whose pods never become ready is given up when the deadline has passed.
#[test]
fn pods_that_never_become_ready_are_given_up_at_the_deadline() {
    let text = canary(&format!("interval: 10s, threshold: 5, stepWeight: 50, {METRICS}"), "");
    let mut bench = Bench::of(&(text + "  progressDeadlineSeconds: 60\n"), &[]);
    bench.release("v4");
    bench.wait_for(Phase::Progressing);
    let from = bench.simulation.now();
    bench.wait_for(Phase::Failed);
    let took = bench.simulation.now().since(from).as_secs_f64();
    assert!((60.0..90.0).contains(&took), "{took}");
    assert_eq!(
        bench.said().last().map(String::as_str),
        Some("Canary failed! Scaling down order.default")
    );
    assert!(weights(&bench.said()).is_empty());
}

/// `skipAnalysis`: the next look after the pods are ready promotes, without a weight.
#[test]
fn without_analysis_a_version_is_promoted_when_its_pods_are_ready() {
    let text = canary(&format!("interval: 30s, threshold: 1, stepWeight: 10, {METRICS}"), "");
    let mut bench = Bench::of(&(text + "  skipAnalysis: true\n"), &[]);
    bench.release("v3");
    bench.wait_for(Phase::Progressing);
    let from = bench.simulation.now();
    bench.wait_for(Phase::Succeeded);
    let took = bench.simulation.now().since(from).as_secs_f64();
    assert!(took < 31.0, "{took}");
    let last = "Promotion completed! Canary analysis was skipped for order.default";
    assert_eq!(bench.said().last().map(String::as_str), Some(last));
}

/// `suspend`: nothing is done until it is lifted.
#[test]
fn a_suspended_canary_is_left_alone() {
    let mut bench = Bench::with(&format!("interval: 30s, threshold: 1, stepWeight: 50, {METRICS}"));
    bench.run("kubectl patch canary order --type=merge -p '{\"spec\": {\"suspend\": true}}'");
    bench.release("v2");
    bench.wait(60);
    assert_eq!(bench.phase(), Phase::Initialized);
    assert!(bench.said().iter().all(|text| text.starts_with("skipping canary run")));
    bench.run("kubectl patch canary order --type=merge -p '{\"spec\": {\"suspend\": false}}'");
    bench.wait_for(Phase::Succeeded);
}

/// FLG-02: the autoscaler of the target is copied for the primary, which it scales.
#[test]
fn the_primary_gets_a_copy_of_the_targets_autoscaler() {
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: order}\nspec: \
         {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order}, minReplicas: 3, \
         maxReplicas: 5}\n";
    let text = canary("interval: 10s, threshold: 1, stepWeight: 50", "")
        + "  autoscalerRef: {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, name: order}\n";
    let mut bench = Bench::of(&text, &[("hpa.yaml", scaler)]);
    let copy = bench.document(Kind::HorizontalPodAutoscaler, "order-primary");
    assert_eq!(copy["spec"]["scaleTargetRef"]["name"], "order-primary");
    assert_eq!(copy["spec"]["minReplicas"], 3);
    assert_eq!((bench.available("order"), bench.available("order-primary")), (0, 3));
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(15);
    assert_eq!(bench.available("order"), 3, "it is scaled from zero to the autoscaler's least");
}

/// FLG-02: what Flagger has made goes with the Canary; the target stays as it is, without pods.
#[test]
fn with_the_canary_goes_all_that_it_has_made() {
    let mut bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    bench.run("kubectl delete canary order");
    bench.wait(60);
    let api = &bench.simulation.world().api;
    assert!(api.get(Kind::Deployment, "order-primary").is_none());
    assert!(api.get(Kind::VirtualService, "order").is_none());
    assert!([Kind::Service, Kind::DestinationRule].iter().all(|kind| api.list(*kind).count() == 0));
    assert_eq!(bench.document(Kind::Deployment, "order")["spec"]["replicas"], 0);
}

/// FLG-02: Flagger tells pods by the label app, name or app.kubernetes.io/name, and says so if there is none.
#[test]
fn a_target_without_a_label_that_flagger_knows_is_refused() {
    let mut bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    bench.run(
        "sed -e 's/app: order/role: order/' -e 's/{name: order, /{name: other, /' order.yaml > other.yaml && \
         kubectl apply -f other.yaml && \
         kubectl patch canary order --type=merge -p '{\"spec\": {\"targetRef\": {\"name\": \"other\"}}}'",
    );
    bench.wait(15);
    let problem = "deployment other.default spec.selector.matchLabels must contain one of [app name \
                   app.kubernetes.io/name]";
    assert!(bench.said().iter().any(|text| text == problem), "{:#?}", bench.said());
}

/// What Flagger does leads back to the command that asked for it.
#[test]
fn a_weight_leads_back_to_the_command_that_changed_the_target() {
    let mut bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(20);
    let trace = &bench.simulation.world().trace;
    let wrote = |&place: &usize| {
        trace.get(place).is_some_and(|entry| entry.subject == "virtualservice/order")
    };
    let place = (0..trace.len()).rev().find(wrote);
    let chain = crate::why::chain(trace, place.expect("it was written"));
    let last = chain.last().map(|entry| entry.text.as_str());
    assert_eq!(last, Some("kubectl set image deployment/order app=shop/order:v2"), "{chain:#?}");
}
