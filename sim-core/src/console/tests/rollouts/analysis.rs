//! Analysis runs at work.

use super::{apply, blue_green, leads, release, run, settled, status, template, until};
use crate::console::tests::bench::Bench;
use crate::rollouts::analysis::run::Run;

const STANDALONE: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {name: alone}
spec:
";

/// A run of its own with these fields of its spec.
fn alone(fields: &str) -> Bench {
    let text = format!("{STANDALONE}{fields}");
    let mut bench = Bench::with(&[("run.yaml", &text)]);
    bench.wait(30);
    apply(&mut bench, "run.yaml");
    bench
}

fn metric(query: &str, fields: &str) -> String {
    format!(
        "  metrics:\n    - name: rate\n      provider: {{prometheus: {{query: {query:?}}}}}\n{fields}"
    )
}

fn found(bench: &Bench) -> &Run {
    bench.world().rollouts.run("alone").expect("it is there")
}

/// ROLL-40, ROLL-44.
#[test]
fn a_metric_is_measured_at_its_interval_until_its_count_is_reached() {
    let mut bench = alone(&metric(
        "vector(1)",
        "      interval: 20s\n      count: 3\n      initialDelay: 10s\n      successCondition: result[0] == 1\n",
    ));
    bench.wait(9);
    assert_eq!(found(&bench).totals(), [0, 0, 0, 0]);
    bench.wait(2);
    assert_eq!(found(&bench).totals(), [1, 0, 0, 0]);
    bench.wait(38);
    assert_eq!((found(&bench).totals(), found(&bench).phase.name()), ([2, 0, 0, 0], "Running"));
    bench.wait(3);
    assert_eq!((found(&bench).totals(), found(&bench).phase.name()), ([3, 0, 0, 0], "Successful"));
}

/// OD-16, ROLL-40, ROLL-43.
#[test]
fn five_errors_ten_seconds_apart_end_a_run() {
    let empty = "sum(rate(istio_requests_total{destination_version=\"nowhere\"}[1m]))";
    let mut bench =
        alone(&metric(empty, "      interval: 1m\n      successCondition: result[0] > 0.9\n"));
    bench.wait(38);
    assert_eq!((found(&bench).totals(), found(&bench).phase.name()), ([0, 0, 0, 4], "Running"));
    bench.wait(4);
    assert_eq!((found(&bench).totals(), found(&bench).phase.name()), ([0, 0, 0, 5], "Error"));
    let why =
        "Metric \"rate\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4)";
    assert_eq!(found(&bench).message, why);
}

/// ROLL-46.
#[test]
fn no_traffic_measures_not_a_number() {
    let nan = "vector(0) / vector(0)";
    let mut bench = alone(&metric(nan, "      successCondition: result[0] >= 0.95\n"));
    bench.wait(1);
    assert_eq!(found(&bench).phase.name(), "Failed");
    assert_eq!(found(&bench).results[0].measurements[0].value, "[NaN]");
    let guarded = "      successCondition: isNaN(result[0]) || result[0] >= 0.95\n";
    let mut bench = alone(&metric(nan, guarded));
    bench.wait(1);
    assert_eq!(found(&bench).phase.name(), "Successful");
}

/// ROLL-45.
#[test]
fn a_dry_run_never_counts_and_termination_is_a_success() {
    let failing = metric("vector(0)", "      successCondition: result[0] > 0\n");
    let mut bench = alone(&format!("{failing}  dryRun: [{{metricName: '*'}}]\n"));
    bench.wait(1);
    assert_eq!((found(&bench).phase.name(), found(&bench).totals()), ("Successful", [0, 1, 0, 0]));
    let mut bench = alone(&metric("vector(1)", "      interval: 10s\n      initialDelay: 1h\n"));
    run(&mut bench, "kubectl argo rollouts terminate analysisrun alone");
    bench.wait(1);
    assert_eq!((found(&bench).phase.name(), found(&bench).totals()), ("Successful", [0, 0, 0, 0]));
}

/// ROLL-41.
#[test]
fn arguments_reach_query_condition_and_numbers() {
    let fields = "      interval: '{{args.every}}'\n      count: '{{args.times}}'\n      successCondition: result[0] >= \
                  {{args.least}}\n  args: [{name: every}, {name: times}, {name: least, value: '5'}, {name: hash}]\n";
    let check = template(
        "vector({{args.least}}) * on() (label_replace(vector(1), 'hash', '{{args.hash}}', '', ''))",
        fields,
    );
    let more = ", prePromotionAnalysis: {templates: [{templateName: check}], args: [{name: every, value: 5s}, {name: \
                times, value: '2'}, {name: hash, valueFrom: {podTemplateHashValue: Latest}}]}";
    let mut bench = settled(&blue_green(more), &[("check.yaml", &check)]);
    release(&mut bench);
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
    let (name, found) = bench.world().rollouts.runs().next().expect("there was one");
    let hash = &status(&bench).current;
    assert_eq!(name, format!("my-app-{hash}-2-pre"));
    assert_eq!(
        (found.totals(), found.results[0].measurements[0].value.as_str()),
        ([2, 0, 0, 0], "[5]")
    );
}

#[test]
fn an_argument_without_a_value_makes_the_rollout_invalid_until_it_is_mended() {
    let check = template("vector({{args.x}})", "  args: [{name: x}]\n");
    let more = ", prePromotionAnalysis: {templates: [{templateName: check}]}";
    let mut bench = settled(&blue_green(more), &[("check.yaml", &check)]);
    let message = "InvalidSpec: The Rollout \"my-app\" is invalid: \
                   spec.strategy.blueGreen.prePromotionAnalysis.args: Invalid value: \"x\": args.x was not resolved";
    assert_eq!(status(&bench).message, message);
    run(
        &mut bench,
        "sed -i 's/name: x/name: x, value: \"1\"/' check.yaml && kubectl apply -f check.yaml",
    );
    until(&mut bench, "it is healthy", |bench| status(bench).phase.name() == "Healthy");
}

/// ROLL-40: times are kept in whole seconds.
#[test]
fn an_interval_of_nothing_measures_once_a_second() {
    let mut bench = alone(&metric("vector(1)", "      interval: 0s\n"));
    bench.wait(10);
    assert_eq!(found(&bench).totals(), [10, 0, 0, 0]);
}

/// A run that somebody deletes is made again, and one that goes on is not doubled.
#[test]
fn a_deleted_run_is_made_again_and_a_retry_begins_no_second_one() {
    let more = ", prePromotionAnalysis: {templates: [{templateName: check}]}";
    let fields = "      interval: 20s\n      count: 3\n      successCondition: result[0] == 1\n";
    let mut bench = settled(&blue_green(more), &[("check.yaml", &template("vector(1)", fields))]);
    release(&mut bench);
    until(&mut bench, "it measures", |bench| bench.world().rollouts.runs().count() == 1);
    run(&mut bench, "kubectl argo rollouts retry rollout my-app");
    bench.wait(2);
    assert_eq!(bench.world().rollouts.runs().count(), 1);
    run(&mut bench, "kubectl delete analysisrun --all");
    bench.wait(2);
    assert_eq!(bench.world().rollouts.runs().count(), 1);
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
}
