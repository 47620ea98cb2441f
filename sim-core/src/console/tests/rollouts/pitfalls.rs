//! Known bugs of Argo Rollouts, and what it does without them.

use super::{
    apply, blue_green, jobs, leads, release, settled, settled_in, status, template, until,
};
use crate::cluster::pod::Owner;
use crate::console::tests::bench::Bench;
use crate::scenario::Scenario;
use crate::terminal::bundle;

/// An analysis before the switch that takes three minutes and would find in the last that green is bad.
fn analysed(make: impl FnOnce(&[(&str, &str)]) -> Bench) -> Bench {
    let more = ", prePromotionAnalysis: {templates: [{templateName: check}]}";
    let fields = "      interval: 30s\n      count: 6\n      successCondition: result[0] == 1\n";
    let check = template("vector(1) unless vector(time()) > 210 or vector(0)", fields);
    settled_in(make, &blue_green(more), &[("check.yaml", &check)])
}

/// One pod of green goes in the middle of the analysis.
fn lose_a_pod(bench: &mut Bench) {
    release(bench);
    until(bench, "the analysis runs", |bench| bench.world().rollouts.runs().next().is_some());
    bench.wait(5);
    let green = bench.world().cluster.state.revisions_of("my-app")[1].name.clone();
    let pod = bench.world().cluster.state.active_pods_of(&green).next().expect("it has three");
    let line = format!("kubectl delete pod {}", pod.name);
    bench.run_to_end(&line, 60);
}

/// ROLL-45, argo-rollouts#3724.
#[test]
fn with_issue_3724_a_lost_pod_of_green_passes_the_analysis() {
    let mut bench = analysed(|files| Bench::with_pitfall("argo-rollouts#3724", files));
    lose_a_pod(&mut bench);
    let switched = until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
    assert!(
        switched < 30,
        "as soon as the pod is replaced, and not after three minutes: {switched}"
    );
    let (_, found) = bench.world().rollouts.runs().next().expect("there was one");
    assert_eq!((found.phase.name(), found.totals()), ("Successful", [1, 0, 0, 0]));
    assert_eq!(bench.world().rollouts.runs().count(), 1, "it is not begun again");
}

/// ROLL-45, argo-rollouts#3724: the drain takes pods of green; the Job runs on the other node.
#[test]
fn with_issue_3724_a_drained_node_passes_a_job_that_would_have_failed() {
    let drained = |make: fn(&[(&str, &str)]) -> Bench| {
        let check = jobs::template("myorg/smoke:v1", "");
        let mut bench = settled_in(make, &blue_green(jobs::ANALYSED), &[("check.yaml", &check)]);
        release(&mut bench);
        let place = |bench: &Bench| {
            let mut pods = bench.world().cluster.state.pods.values();
            pods.find(|pod| matches!(pod.owner, Owner::Job { .. })).and_then(|pod| pod.node.clone())
        };
        until(&mut bench, "the Job has a node", |bench| place(bench).is_some());
        let is_first = place(&bench).is_some_and(|node| node == "node-1");
        let other = if is_first { "node-2" } else { "node-1" };
        bench.run_to_end(&format!("kubectl drain {other} --ignore-daemonsets"), 120);
        bench.wait(90);
        (leads(&bench, "my-app-active"), status(&bench).abort)
    };
    assert_eq!(drained(|files| Bench::with_pitfall("argo-rollouts#3724", files)), (2, false));
    assert_eq!(drained(Bench::with), (1, true));
}

/// ROLL-02.
#[test]
fn without_it_the_analysis_goes_on_while_the_pod_is_replaced() {
    let mut bench = analysed(Bench::with);
    lose_a_pod(&mut bench);
    until(&mut bench, "it is aborted", |bench| status(bench).abort);
    assert_eq!(leads(&bench, "my-app-active"), 1);
}

/// A Deployment serves by the subset `stable` of a canary that is to take its place.
const BEFORE: &str = "\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-app}
spec:
  host: my-app-active
  subsets:
    - {name: stable, labels: {app: my-app}}
    - {name: canary, labels: {app: my-app}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-app}
spec:
  hosts: [shop.example.com]
  http:
    - route:
        - {destination: {host: my-app-active, subset: stable}, weight: 100}
        - {destination: {host: my-app-active, subset: canary}, weight: 0}
";

/// Whether the subset `stable` is given its label before a pod with it is available.
fn labels_come_first(make: impl FnOnce(&[(&str, &str)]) -> Bench) -> bool {
    let routing = "{istio: {virtualService: {name: my-app}, destinationRule: {name: my-app, canarySubsetName: \
                   canary, stableSubsetName: stable}}}";
    let text = super::rollout(&format!("{{canary: {{trafficRouting: {routing}}}}}"));
    let files = [("rollout.yaml", &*text), ("before.yaml", BEFORE), ("s.yaml", super::SERVICES)];
    let mut bench = make(&files);
    for path in ["s.yaml", "before.yaml", "rollout.yaml"] {
        apply(&mut bench, path);
    }
    let path = "'{.spec.subsets[0].labels.rollouts-pod-template-hash}'";
    let line = format!("kubectl get destinationrule my-app -o jsonpath={path}");
    for _ in 0..60 {
        let labelled = !bench.run(&line).stdout.is_empty();
        let available = status(&bench).counts.available;
        if labelled || available == 3 {
            bench.wait(2);
            assert!(!bench.run(&line).stdout.is_empty(), "with its pods it gets its label");
            return labelled && available == 0;
        }
        bench.wait(1);
    }
    panic!("no pods come: {:?}", status(&bench));
}

/// ROLL-24, argo-rollouts#2507.
#[test]
fn with_issue_2507_labels_come_before_pods() {
    assert!(labels_come_first(|files| Bench::with_pitfall("argo-rollouts#2507", files)));
    assert!(!labels_come_first(Bench::with));
}

/// ROLL-46, argo-rollouts#180, #1466, #1905: no bug to turn on, but what the documentation says.
#[test]
fn without_requests_a_success_rate_fails_and_a_guard_lets_it_pass() {
    let rate = "sum(rate(istio_requests_total{response_code='200',destination_service_name='my-app-preview'}[1m]) or \
                vector(0)) / sum(rate(istio_requests_total{destination_service_name='my-app-preview'}[1m]) or vector(0))";
    let more = ", prePromotionAnalysis: {templates: [{templateName: check}]}";
    let released = |condition: &str| {
        let check = template(rate, &format!("      successCondition: {condition}\n"));
        let mut bench = settled(&blue_green(more), &[("check.yaml", &check)]);
        release(&mut bench);
        bench.wait(30);
        let value = bench
            .world()
            .rollouts
            .runs()
            .next()
            .map(|(_, run)| run.results[0].measurements[0].value.clone());
        assert_eq!(value.as_deref(), Some("[NaN]"));
        (leads(&bench, "my-app-active"), status(&bench).abort)
    };
    assert_eq!(released("result[0] >= 0.95"), (1, true));
    assert_eq!(released("isNaN(result[0]) || result[0] >= 0.95"), (2, false));
}

#[test]
fn a_pitfall_is_known_by_its_issue_and_needs_what_has_it() {
    let told = |lines: &str| {
        let text = format!(
            "scenario: bench\ntitle: A\nlevel: beginner\nteaches: [a]\nduration: 2m\n{lines}\napplications: {{}}\ntraffic: []\n\
             objectives: [{{id: none, title: Nothing, at-end: vector(1)}}]\n"
        );
        let found = Scenario::load(&bundle(&text, &[])).err().unwrap_or_default();
        found.iter().map(|one| format!("{one}\n")).collect::<String>()
    };
    let unknown = told("installed: [argo-rollouts]\npitfalls: [argo-rollouts#1]");
    let parts =
        ["scenario.yaml:7:12: error: pitfalls[0]", "argo-rollouts#2507", "argo-rollouts#3724"];
    for part in parts {
        assert!(unknown.contains(part), "{part:?} is not in {unknown}");
    }
    let alone = told("pitfalls: [argo-rollouts#3724]");
    let part = "scenario.yaml:6:12: error: pitfalls[0]: argo-rollouts#3724: argo-rollouts is not installed; write \
                installed: [argo-rollouts]";
    assert!(alone.contains(part), "{alone}");
}
