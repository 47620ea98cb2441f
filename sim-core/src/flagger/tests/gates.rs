//! Webhooks that ask the gates of the load tester.

use super::bench::{Bench, weights};
use crate::flagger::Phase;

fn hook(name: &str, kind: &str, page: &str) -> String {
    format!("{{name: {name}, type: {kind}, url: 'http://flagger-loadtester.test/{page}'}}")
}

fn bench(hooks: &[String], strategy: &str) -> Bench {
    let hooks = hooks.join(", ");
    Bench::with(&format!("interval: 10s, threshold: 2, {strategy}, webhooks: [{hooks}]"))
}

fn set(bench: &mut Bench, page: &str) {
    bench.run(&format!(
        "curl -d '{{\"name\": \"order\", \"namespace\": \"default\"}}' http://flagger-loadtester.test/{page}"
    ));
}

/// FLG-03: Waiting until the gate opens; no pod is started before.
#[test]
fn a_rollout_waits_for_its_confirmation() {
    let mut bench = bench(&[hook("ok", "confirm-rollout", "gate/check")], "stepWeight: 50");
    bench.release("v2");
    bench.wait_for(Phase::Waiting);
    bench.wait(60);
    assert_eq!((bench.phase(), bench.available("order")), (Phase::Waiting, 0));
    let halted = "Halt order.default advancement waiting for approval ok".to_owned();
    assert!(bench.said().contains(&halted));
    set(&mut bench, "gate/open");
    bench.wait_for(Phase::Succeeded);
    assert!(bench.said().contains(&"Confirm-rollout check ok passed".to_owned()));
}

/// FLG-03: `WaitingPromotion` with the traffic where it is, until the gate opens.
#[test]
fn a_promotion_waits_for_its_confirmation() {
    let mut bench =
        bench(&[hook("ok", "confirm-promotion", "gate/check")], "stepWeight: 50, maxWeight: 50");
    bench.release("v2");
    bench.wait_for(Phase::WaitingPromotion);
    bench.wait(60);
    assert_eq!((bench.phase(), weights(&bench.said())), (Phase::WaitingPromotion, vec!["50"]));
    let share = "sum(rate(istio_requests_total{reporter=\"source\",destination_workload=\"order\"}[30s])) \
                 / sum(rate(istio_requests_total{reporter=\"source\"}[30s]))";
    assert!((0.35..0.65).contains(&bench.value(share)), "{}", bench.value(share));
    set(&mut bench, "gate/open");
    bench.wait_for(Phase::Succeeded);
}

/// FLG-06: while A/B waits for its promotion, it goes on with its last iteration.
#[test]
fn iterations_wait_for_the_promotion_too() {
    let mut bench = bench(&[hook("ok", "confirm-promotion", "gate/check")], "iterations: 2");
    bench.release("v2");
    bench.wait_for(Phase::WaitingPromotion);
    bench.wait(60);
    assert_eq!(bench.phase(), Phase::WaitingPromotion);
    assert!(!bench.said().contains(&"Routing all traffic to canary".to_owned()));
    set(&mut bench, "gate/open");
    bench.wait_for(Phase::Succeeded);
}

/// FLG-04: a pre-rollout check that fails counts, and no traffic comes.
#[test]
fn a_pre_rollout_check_that_fails_counts() {
    let mut bench = bench(&[hook("smoke", "pre-rollout", "gate/halt")], "stepWeight: 50");
    bench.release("v2");
    bench.wait_for(Phase::Failed);
    let said = bench.said();
    let halts = said.iter().filter(|text| {
        *text == "Halt order.default advancement pre-rollout check smoke failed Forbidden"
    });
    assert_eq!((halts.count(), weights(&said).len()), (2, 0));
}

/// FLG-04: the weight stays as it is until more traffic is allowed; waiting is no failed check.
#[test]
fn the_weight_waits_for_its_confirmation() {
    let hook = hook("more", "confirm-traffic-increase", "gate/check");
    let mut bench = bench(&[hook], "stepWeight: 50");
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(60);
    assert_eq!((bench.phase(), weights(&bench.said()).len()), (Phase::Progressing, 0));
    set(&mut bench, "gate/open");
    bench.wait_for(Phase::Succeeded);
    assert_eq!(weights(&bench.said()), ["50", "100"]);
}

/// FLG-09: a check that passes does not take back the failed ones before.
#[test]
fn failed_checks_add_up_over_good_ones() {
    let mut bench = bench(&[hook("load", "rollout", "gate/check")], "stepWeight: 10");
    bench.release("v2");
    let mut advance = |open: bool| {
        set(&mut bench, if open { "gate/open" } else { "gate/close" });
        bench.wait(10);
    };
    // Scaled up, first weight, failed, good, failed, rolled back.
    [true, true, false, true, false, true].into_iter().for_each(&mut advance);
    bench.wait_for(Phase::Failed);
    let said = bench.said();
    let halts = said.iter().filter(|text| text.contains("external check load failed Forbidden"));
    assert_eq!(halts.count(), 2, "{said:#?}");
    assert!(
        said.contains(&"Rolling back order.default failed checks threshold reached 2".to_owned())
    );
}

/// FLG-04: somebody asks for the rollback.
#[test]
fn an_open_rollback_gate_rolls_back() {
    let mut bench = bench(&[hook("back", "rollback", "rollback/check")], "stepWeight: 5");
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(30);
    assert!(!weights(&bench.said()).is_empty());
    set(&mut bench, "rollback/open");
    bench.wait(11);
    assert_eq!(bench.phase(), Phase::Failed);
    assert!(bench.said().contains(&"Rolling back order.default manual webhook invoked".to_owned()));
}

#[test]
fn the_load_tester_answers_as_it_does() {
    let mut bench = bench(&[], "stepWeight: 50");
    let body = "-d '{\"name\": \"order\", \"namespace\": \"default\"}'";
    for (line, printed, status) in [
        (format!("curl -s {body} http://flagger-loadtester/gate/check"), "Forbidden\n", 0),
        (format!("curl {body} http://flagger-loadtester.test:8080/gate/open"), "", 0),
        (format!("curl -s {body} http://flagger-loadtester/gate/check"), "Approved\n", 0),
        ("curl http://flagger-loadtester/gate/approve".to_owned(), "OK\n", 0),
        ("curl -f http://flagger-loadtester/gate/halt".to_owned(), "", 22),
        ("curl http://example.com/".to_owned(), "", 6),
        ("curl".to_owned(), "", 2),
    ] {
        let reply = bench.simulation.execute(&line);
        assert_eq!((reply.stdout.as_str(), reply.status), (printed, Some(status)), "{line}");
    }
}
