//! Analyses by Jobs.

use super::{apply, blue_green, leads, pods, release, run, settled, status, until};
use crate::cluster::api::Kind;
use crate::console::tests::bench::Bench;
use crate::rollouts::analysis::run::Run;

/// A template `check` with a Job of this image, and these other fields of the metric.
pub(super) fn template(image: &str, fields: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: check}}\nspec:\n  \
         metrics:\n    - name: smoke\n      provider:\n        job:\n          metadata: {{labels: {{team: \
         shop}}}}\n          spec:\n            backoffLimit: 0\n            template:\n              spec:\n                \
         restartPolicy: Never\n                containers: [{{name: smoke, image: '{image}'}}]\n{fields}"
    )
}

pub(super) const ANALYSED: &str = ", prePromotionAnalysis: {templates: [{templateName: check}]}";

/// Revision 2 is analysed by a Job of this image.
fn analysed(image: &str, fields: &str) -> Bench {
    let mut bench = settled(&blue_green(ANALYSED), &[("check.yaml", &template(image, fields))]);
    release(&mut bench);
    until(&mut bench, "there is a Job", |bench| jobs(bench).len() == 1);
    bench
}

fn jobs(bench: &Bench) -> Vec<String> {
    bench.world().api.list(Kind::Job).map(|(name, _)| name.to_owned()).collect()
}

fn found(bench: &Bench) -> &Run {
    bench.world().rollouts.runs().next().expect("there is one").1
}

/// ROLL-40, ROLL-41.
#[test]
fn a_job_that_succeeds_lets_the_update_pass() {
    let mut bench = analysed("myorg/migrate:v2", "");
    assert_eq!((found(&bench).phase.name(), leads(&bench, "my-app-active")), ("Running", 1));
    let tree = run(&mut bench, "kubectl argo rollouts get rollout my-app");
    let job = jobs(&bench)[0].clone();
    assert!(job.ends_with(".smoke.1"), "{job}");
    assert!(
        tree.contains(&format!("│     └──⊞ {job}")) || tree.contains(&format!("└──⊞ {job}")),
        "{tree}"
    );
    let labels =
        run(&mut bench, &format!("kubectl get job {job} -o jsonpath='{{.metadata.labels.team}}'"));
    assert_eq!(labels, "shop");
    let switched = until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
    assert!((4..10).contains(&switched), "the Job takes 4 s: {switched}");
    assert_eq!((found(&bench).phase.name(), found(&bench).totals()), ("Successful", [1, 0, 0, 0]));
    let measured = &found(&bench).results[0].measurements[0];
    assert!(measured.started < measured.at);
}

/// ROLL-41, ROLL-43, ROLL-05.
#[test]
fn a_job_that_fails_aborts_the_update() {
    let mut bench = analysed("myorg/smoke:v1", "");
    until(&mut bench, "it is aborted", |bench| status(bench).abort);
    assert_eq!((found(&bench).phase.name(), leads(&bench, "my-app-active")), ("Failed", 1));
    assert!(
        status(&bench).message.ends_with("failed (1) > failureLimit (0)"),
        "{}",
        status(&bench).message
    );
}

/// ROLL-45.
#[test]
fn a_run_that_is_ended_deletes_its_job_and_calls_it_a_success() {
    let mut bench = analysed("myorg/migrate:v2", "");
    let name = bench.world().rollouts.runs().next().expect("there is one").0.to_owned();
    run(&mut bench, &format!("kubectl argo rollouts terminate analysisrun {name}"));
    bench.wait(1);
    assert_eq!(jobs(&bench), Vec::<String>::new());
    let result = &found(&bench).results[0];
    assert_eq!((result.phase.name(), result.successful), ("Successful", 1));
    assert_eq!(result.measurements[0].message, "Metric Terminated");
}

/// ROLL-40, ROLL-42.
#[test]
fn a_job_that_is_gone_is_an_error_and_measured_again_after_ten_seconds() {
    let mut bench = analysed("myorg/migrate:v2", "");
    let job = jobs(&bench)[0].clone();
    bench.run_to_end(&format!("kubectl delete job {job}"), 5);
    bench.wait(2);
    assert_eq!((found(&bench).phase.name(), found(&bench).totals()), ("Running", [0, 0, 0, 1]));
    until(&mut bench, "the next begins", |bench| jobs(bench).len() == 1);
    assert!(jobs(&bench)[0].ends_with(".smoke.2"), "{:?}", jobs(&bench));
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
}

#[test]
fn jobs_go_with_their_run_and_it_with_its_rollout() {
    let mut bench = analysed("myorg/migrate:v2", "");
    bench.run_to_end("kubectl delete rollout my-app", 5);
    bench.wait(1);
    assert_eq!((jobs(&bench), pods(&bench)), (Vec::new(), Vec::new()));
}

/// ROLL-41.
#[test]
fn arguments_reach_the_job() {
    let check = template("myorg/{{args.image}}", "  args: [{name: image}]\n");
    let mut bench = Bench::with(&[("check.yaml", &check)]);
    apply(&mut bench, "check.yaml");
    let text = check
        .replace("AnalysisTemplate", "AnalysisRun")
        .replace("name: image", "name: image, value: 'migrate:v2'");
    let mut bench = Bench::with(&[("run.yaml", &text)]);
    apply(&mut bench, "run.yaml");
    bench.wait(2);
    let job = jobs(&bench)[0].clone();
    let path = "'{.spec.template.spec.containers[0].image}'";
    let image = run(&mut bench, &format!("kubectl get job {job} -o jsonpath={path}"));
    assert_eq!(image, "myorg/migrate:v2");
    until(&mut bench, "it succeeds", |bench| found(bench).phase.name() == "Successful");
}
