//! Steps, mirrors, iterations and the way back.

use super::bench::{Bench, METRICS, canary, weights};
use crate::cluster::api::Kind;
use crate::flagger::Phase;
use crate::flagger::spec::Analysis;

fn analysis(steps: &[u32], step: u32, most: u32) -> Analysis {
    let bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    let spec = crate::flagger::canary_spec(&bench.simulation.world().api, "order");
    let mut analysis = spec.expect("it is there").analysis.clone();
    (analysis.step_weights, analysis.step_weight, analysis.max_weight) =
        (steps.to_vec(), step, most);
    analysis
}

/// Weights until the promotion.
fn course(analysis: &Analysis) -> Vec<u32> {
    let mut course = vec![0];
    while let Some(&weight) = course.last()
        && weight < analysis.max_weight()
    {
        course.push(100.min(weight + analysis.next_step(weight)));
    }
    course.split_off(1)
}

/// FLG-04, FLG-09: `stepWeight` passes `maxWeight` before it is noticed; `stepWeights` are the weights
/// themselves.
#[test]
fn the_weight_grows_by_steps_until_the_most_is_reached_or_passed() {
    assert_eq!(course(&analysis(&[], 20, 50)), [20, 40, 60]);
    assert_eq!(course(&analysis(&[], 25, 0)), [25, 50, 75, 100]);
    assert_eq!(course(&analysis(&[1, 2, 10, 80], 0, 0)), [1, 2, 10, 80]);
    assert_eq!(course(&analysis(&[50, 100], 0, 0)), [50, 100]);
}

/// FLG-05.
#[test]
fn with_a_mirror_one_mirrored_step_comes_before_the_first_weight() {
    let mut bench = Bench::with(&format!(
        "interval: 30s, threshold: 2, stepWeight: 50, mirror: true, mirrorWeight: 40, {METRICS}"
    ));
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(45);
    let rule = &bench.document(Kind::VirtualService, "order")["spec"]["http"][0];
    assert_eq!(
        (&rule["mirror"]["host"], &rule["mirrorPercentage"]["value"]),
        (&"order-canary".into(), &40.into())
    );
    bench.wait_for(Phase::Succeeded);
    assert_eq!(weights(&bench.said()), ["0", "50", "100"]);
    assert!(
        bench.document(Kind::VirtualService, "order")["spec"]["http"][0].get("mirror").is_none()
    );
}

/// FLG-06: iterations without traffic, one look with everything on the canary, then the promotion. Nobody
/// measures what gets no traffic, so the metrics are left out.
#[test]
fn blue_green_counts_iterations_and_then_moves_everything() {
    let mut bench = Bench::with("interval: 10s, threshold: 2, iterations: 3");
    bench.release("v2");
    bench.wait_for(Phase::Succeeded);
    let ticks = bench.ticks(10);
    let expected = [
        (0, "New revision detected! Scaling up order.default"),
        (1, "Starting canary analysis for order.default"),
        (1, "Advance order.default canary iteration 1/3"),
        (2, "Advance order.default canary iteration 2/3"),
        (3, "Advance order.default canary iteration 3/3"),
        (4, "Routing all traffic to canary"),
        (5, "Copying order.default template spec to order-primary.default"),
        (6, "Routing all traffic to primary"),
        (7, "Promotion completed! Scaling down order.default"),
    ];
    let texts: Vec<&str> = ticks.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, expected.map(|(_, text)| text));
    // From the copy on it depends on the pods when a look finds them ready.
    assert_eq!(ticks[..7].iter().map(|(tick, _)| *tick).collect::<Vec<_>>(), [0, 1, 1, 2, 3, 4, 5]);
}

/// FLG-05: blue-green is mirrored all the time, which gives the metrics something to measure.
#[test]
fn blue_green_with_a_mirror_is_mirrored_through_all_iterations() {
    let mut bench = Bench::with(&format!(
        "interval: 30s, threshold: 2, iterations: 2, mirror: true, {METRICS}"
    ));
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(65);
    assert_eq!(
        bench.document(Kind::VirtualService, "order")["spec"]["http"][0]["mirror"]["host"],
        "order-canary"
    );
    bench.wait_for(Phase::Succeeded);
    let stopped = "Stop traffic mirroring and route all traffic to canary".to_owned();
    assert!(bench.said().contains(&stopped), "{:#?}", bench.said());
}

/// FLG-06: A/B sends those who match to the canary, all others to the primary.
#[test]
fn with_a_match_only_those_who_match_meet_the_canary() {
    let mut bench = Bench::with(
        "interval: 10s, threshold: 2, iterations: 3, match: [{headers: {x-canary: {exact: insider}}}]",
    );
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(25);
    let http = &bench.document(Kind::VirtualService, "order")["spec"]["http"];
    assert_eq!(http[0]["match"][0]["headers"]["x-canary"]["exact"], "insider");
    assert_eq!(http[0]["route"][1]["weight"], 100);
    assert_eq!(http[1]["route"].as_array().map(Vec::len), Some(1));
    bench.wait_for(Phase::Promoting);
    let met = "sum(istio_requests_total{destination_workload=\"order\"})";
    assert_eq!(bench.value(met), 0.0, "no shopper is an insider");
    bench.wait_for(Phase::Succeeded);
    assert_eq!(bench.value("sum(istio_requests_total{response_code!=\"200\"})"), 0.0);
}

/// FLG-07.
#[test]
fn traffic_comes_back_in_steps_if_asked_for() {
    let mut bench = Bench::with(&format!(
        "interval: 30s, threshold: 2, stepWeight: 50, stepWeightPromotion: 50, {METRICS}"
    ));
    bench.release("v2");
    bench.wait_for(Phase::Succeeded);
    let said = bench.said();
    let back: Vec<&String> = said.iter().filter(|text| text.contains("primary weight")).collect();
    assert_eq!(
        back,
        ["Advance order.default primary weight 50", "Advance order.default primary weight 100"]
    );
    assert_eq!(bench.value("sum(istio_requests_total{response_code!=\"200\"})"), 0.0);
}

/// Rules of the route that the canary asks for stay in every step, and a change of them by hand is undone.
#[test]
fn the_route_says_what_the_canary_says() {
    let text = canary(
        "interval: 10s, threshold: 1, stepWeight: 50",
        ", timeout: 5s, retries: {attempts: 1}",
    );
    let mut bench = Bench::of(&text, &[]);
    bench.run("kubectl patch vs order --type=merge -p '{\"spec\": {\"gateways\": [\"mesh\"]}}'");
    bench.wait(15);
    let spec = &bench.document(Kind::VirtualService, "order")["spec"];
    assert_eq!(spec["gateways"][0], "shop");
    assert_eq!(
        (&spec["http"][0]["timeout"], &spec["http"][0]["retries"]["attempts"]),
        (&"5s".into(), &1.into())
    );
    bench.release("v2");
    bench.wait_for(Phase::Promoting);
    let spec = &bench.document(Kind::VirtualService, "order")["spec"];
    assert_eq!(spec["http"][0]["timeout"], "5s");
}
