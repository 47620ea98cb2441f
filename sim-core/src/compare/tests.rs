//! What the strategies do to the same users.

use super::*;
use crate::scenario::tests::shipped;

fn scenario(name: &str) -> Scenario {
    Scenario::load(&shipped(name)).expect("a shipped scenario is right").0
}

fn outcomes(scenario: &Scenario, strategies: &[Strategy], seed: u64) -> Vec<Outcome> {
    let options = Options { strategies: strategies.to_vec(), ..Options::of(scenario) };
    let makings = options.begin(scenario, Seed(seed)).expect("something to compare");
    let made = makings.into_iter().map(|mut making| {
        while making.advance(1_000_000).is_continue() {}
        making.outcome()
    });
    made.collect()
}

fn one(strategy: Strategy) -> Outcome {
    outcomes(&scenario("first-cutover"), &[strategy], 1).remove(0)
}

fn seconds(time: Option<SimDuration>) -> f64 {
    time.expect("a time").as_secs_f64()
}

/// K8S-14.
#[test]
fn a_recreation_loses_users_and_needs_no_further_pod() {
    let outcome = one(Strategy::Recreate);
    assert!(500 < outcome.good.failed, "{}", outcome.good.failed);
    assert!(outcome.good.extra_pod_seconds < 60.0, "{}", outcome.good.extra_pod_seconds);
    assert!(seconds(outcome.good.full) < 60.0);
}

/// IST-27, K8S-71.
#[test]
fn both_colours_side_by_side_lose_nobody_and_cost_pods() {
    for strategy in [Strategy::BlueGreenRoute, Strategy::Canary, Strategy::Mirror, Strategy::Header]
    {
        let outcome = one(strategy);
        assert_eq!(outcome.good.failed, 0, "{strategy:?}");
        // Three pods for as long as both colours stand.
        assert!(3.0 * 300.0 < outcome.good.extra_pod_seconds, "{strategy:?}");
        assert!(0.0 < outcome.money);
    }
}

/// IST-38.
#[test]
fn copies_show_a_bad_version_before_a_user_meets_it() {
    let outcome = one(Strategy::Mirror);
    assert_eq!(outcome.bad.failed, 0);
    assert!(seconds(outcome.bad.detected) < 120.0);
}

/// PROM-08: an alert is later than what it is about.
#[test]
fn a_canary_hurts_fewer_users_than_a_switch_of_all_and_both_are_called_later() {
    let (canary, all) = (one(Strategy::Canary), one(Strategy::BlueGreenRoute));
    assert!(0 < canary.bad.failed && 5 * canary.bad.failed < all.bad.failed, "{canary:?} {all:?}");
    for outcome in [canary, all] {
        assert!((1.0..120.0).contains(&seconds(outcome.bad.detected)));
        assert!(seconds(outcome.bad.back) < 15.0);
    }
}

#[test]
fn equal_seeds_give_equal_outcomes_and_arrivals_are_those_of_the_seed() {
    let scenario = scenario("first-cutover");
    let two = [Strategy::Rolling, Strategy::BlueGreenService];
    let first = outcomes(&scenario, &two, 7);
    assert_eq!(first, outcomes(&scenario, &two, 7));
    // Before the rollout begins nothing can differ.
    let before = |outcome: &Outcome| {
        let begin = outcome.good.moments.iter().position(|moment| lane::BEGIN < moment.at);
        outcome.good.moments[..begin.expect("later moments")].to_vec()
    };
    assert!(!before(&first[0]).is_empty());
    assert_eq!(before(&first[0]), before(&first[1]));
}

#[test]
fn the_rate_and_the_length_can_be_chosen() {
    let scenario = scenario("first-cutover");
    let options = Options {
        strategies: vec![Strategy::Rolling],
        duration: SimDuration::from_secs(1_200),
        rate: Some(60.0),
    };
    let mut making = options.begin(&scenario, Seed(1)).expect("something").remove(0);
    while making.advance(1_000_000).is_continue() {}
    let last = *making.outcome().good.moments.last().expect("a moment");
    assert_eq!(last.at, SimTime::from_secs(1_200));
    // Five standard deviations around 60 a second.
    assert!(last.all.abs_diff(72_000) < 5 * 269, "{}", last.all);
}

#[test]
fn what_is_missing_is_named() {
    let mut without = scenario("first-cutover");
    without.workspace.remove("green-deployment.yaml");
    let problem = Options::of(&without).begin(&without, Seed(1)).expect_err("no green");
    assert_eq!(problem, "the workspace has no second Deployment, with another image");
    let mut direct = scenario("keep-alive-stays-on-blue");
    direct.traffic.retain(|users| users.way.service().is_some());
    let problem = Options::of(&direct).begin(&direct, Seed(1)).expect_err("no gateway");
    assert_eq!(problem, "nobody comes through the gateway, so there is no traffic to move");
}
