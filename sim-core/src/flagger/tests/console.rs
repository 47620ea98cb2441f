//! What kubectl shows of canaries, and what it refuses.

use expect_test::expect;

use super::bench::{Bench, METRICS, canary};
use crate::flagger::Phase;
use crate::flagger::spec::Check;
use crate::time::SimDuration;

/// FLG-01.
#[test]
fn what_is_not_written_has_flaggers_defaults() {
    let bench = Bench::with(
        "interval: 1m, threshold: 3, stepWeight: 5, metrics: [{name: request-duration, threshold: 500}]",
    );
    let spec =
        crate::flagger::canary_spec(&bench.simulation.world().api, "order").expect("it is there");
    assert_eq!(spec.progress_deadline, SimDuration::from_secs(600));
    assert_eq!((spec.analysis.primary_ready, spec.analysis.canary_ready), (100, 100));
    assert_eq!(spec.analysis.max_weight(), 100);
    assert_eq!(
        (spec.analysis.metrics[0].interval.as_str(), &spec.analysis.metrics[0].check),
        ("1m", &Check::Duration)
    );
}

#[test]
fn canaries_are_listed_with_phase_and_weight() {
    let mut bench = Bench::with(&format!("interval: 30s, threshold: 5, stepWeight: 20, {METRICS}"));
    bench.release("v2");
    bench.wait_for(Phase::Progressing);
    bench.wait(40);
    expect![[r#"
        NAME    STATUS        WEIGHT   LASTTRANSITIONTIME
        order   Progressing   20       2026-01-05T09:00:40Z
    "#]]
    .assert_eq(&bench.run("kubectl get canaries").stdout);
    expect![[r#"
        NAME    STATUS        WEIGHT   LASTTRANSITIONTIME     SUSPENDED   FAILEDCHECKS   INTERVAL   MIRROR   STEPWEIGHT   STEPWEIGHTS   MAXWEIGHT
        order   Progressing   20       2026-01-05T09:00:40Z               0              30s                 20                         
    "#]]
    .assert_eq(&bench.run("kubectl get canary order -o wide").stdout);
    let all = bench.run("kubectl get all").stdout;
    assert!(all.contains("canary.flagger.app/order"), "{all}");
}

#[test]
fn a_description_ends_with_what_flagger_has_said() {
    let mut bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    bench.release("v2");
    bench.wait_for(Phase::Succeeded);
    let text = bench.run("kubectl describe canary order").stdout;
    for part in [
        "Phase:",
        "Succeeded",
        "Canary Weight:",
        "Promoted",
        "flagger",
        "Synced",
        "Advance order.default canary weight 50",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_canary_is_edited_as_any_object() {
    let mut bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    let patched = bench.run("kubectl patch canary order --type=merge -p '{\"spec\": {\"analysis\": {\"stepWeight\": 25}}}'");
    assert_eq!(patched.stdout, "canary.flagger.app/order patched\n");
    assert_eq!(
        bench.run("kubectl apply -f canary.yaml").stdout,
        "canary.flagger.app/order configured\n"
    );
    let explained = bench.run("kubectl explain canary.spec.analysis.stepWeight").stdout;
    assert!(explained.contains("By how much the weight grows"), "{explained}");
}

/// Applies a Canary that is refused; gives what is said.
#[track_caller]
fn refused(analysis: &str, more: &str) -> String {
    let mut bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    let text = canary(analysis, more).replace('\'', "\"");
    let reply = bench.simulation.execute(&format!("kubectl apply -f - <<'EOF'\n{text}EOF"));
    assert_ne!(reply.status, Some(0), "{}", reply.stdout);
    reply.stderr
}

#[test]
fn what_is_wrong_in_a_canary_is_told_with_its_place() {
    for (analysis, more, words) in [
        (
            "interval: 10s, threshold: 1",
            "",
            "must validate one and only one schema (oneOf). Found none valid",
        ),
        (
            "interval: 10s, threshold: 1, stepWeight: 5, iterations: 2",
            "",
            "Found more than one valid",
        ),
        (
            "interval: 10s, threshold: 1, stepWeigth: 5",
            "",
            "unknown field \"spec.analysis.stepWeigth\"",
        ),
        ("interval: 10s, threshold: 1, stepWeight: 500", "", "must be between 0 and 100"),
        ("interval: ten, threshold: 1, stepWeight: 5", "", "spec.analysis.interval"),
        (
            "interval: 10s, threshold: 1, stepWeight: 5",
            ", delegation: true",
            "not modelled: spec.service.delegation",
        ),
        (
            "interval: 10s, threshold: 1, stepWeight: 5, webhooks: [{name: load, url: 'http://flagger-loadtester.test/', metadata: {cmd: hey}}]",
            "",
            "not modelled: spec.analysis.webhooks[0].url",
        ),
    ] {
        let said = refused(analysis, more);
        assert!(said.contains(words), "{analysis}: {said}");
        assert!(
            said.contains("STDIN:") || said.contains("stdin"),
            "{analysis}: no place in {said}"
        );
    }
}

#[test]
fn what_has_no_effect_is_noted() {
    let mut bench = Bench::with("interval: 10s, threshold: 1, stepWeight: 50");
    let text = canary(
        "interval: 10s, threshold: 1, stepWeight: 5, alerts: [], metrics: [{name: latency}]",
        ", meshName: x",
    );
    let reply = bench.simulation.execute(&format!("kubectl apply -f - <<'EOF'\n{text}EOF"));
    assert_eq!(reply.status, Some(0));
    for words in [
        "not modelled: spec.analysis.alerts",
        "not modelled: spec.service.meshName",
        "nothing is checked",
    ] {
        assert!(reply.stderr.contains(words), "{words} is not in {}", reply.stderr);
    }
}
