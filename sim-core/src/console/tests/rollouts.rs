//! Argo Rollouts: what the controller does, and what `kubectl argo rollouts` prints.

mod analysis;
mod autoscaling;
mod canary;
mod conditions;
mod jobs;
mod managed_routes;
mod pitfalls;
mod plugin;
mod refused;

use super::bench::Bench;
use crate::cluster::api::{Kind, Spec};
use crate::cluster::state::ROLLOUT_HASH;
use crate::rollouts::status::RolloutStatus;

const SERVICES: &str = "\
apiVersion: v1
kind: Service
metadata: {name: my-app-active}
spec: {selector: {app: my-app}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: my-app-preview}
spec: {selector: {app: my-app}, ports: [{port: 80, targetPort: 8080}]}
";

/// A Rollout of three pods with this strategy, written in YAML.
fn rollout(strategy: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: my-app}}\nspec:\n  replicas: 3\n  \
         selector: {{matchLabels: {{app: my-app}}}}\n  strategy: {strategy}\n  template:\n    metadata: {{labels: \
         {{app: my-app}}}}\n    spec:\n      containers:\n        - name: app\n          image: myorg/myapp:v1\n          \
         ports: [{{containerPort: 8080}}]\n          readinessProbe: {{httpGet: {{path: /health, port: 8080}}, \
         periodSeconds: 5}}\n          resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}\n"
    )
}

/// A template `check` with a metric of this query and these other fields.
fn template(query: &str, fields: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: check}}\nspec:\n  \
         metrics:\n    - name: rate\n      provider: {{prometheus: {{address: 'http://prometheus:9090', query: \
         {query:?}}}}}\n{fields}"
    )
}

fn blue_green(more: &str) -> String {
    let services = "activeService: my-app-active, previewService: my-app-preview";
    rollout(&format!("{{blueGreen: {{{services}{more}}}}}"))
}

/// The first revision serves; a minute has passed.
fn settled(rollout: &str, files: &[(&str, &str)]) -> Bench {
    settled_in(Bench::with, rollout, files)
}

/// The same in a world that is made otherwise.
fn settled_in(
    make: impl FnOnce(&[(&str, &str)]) -> Bench,
    rollout: &str,
    files: &[(&str, &str)],
) -> Bench {
    let own = [("rollout.yaml", rollout), ("services.yaml", SERVICES)];
    let all: Vec<(&str, &str)> = own.iter().chain(files).copied().collect();
    let mut bench = make(&all);
    apply(&mut bench, "services.yaml");
    for (path, _) in files {
        apply(&mut bench, path);
    }
    apply(&mut bench, "rollout.yaml");
    bench.wait(60);
    bench
}

#[track_caller]
fn apply(bench: &mut Bench, path: &str) {
    let reply = bench.run(&format!("kubectl apply -f {path}"));
    assert_eq!((reply.status, reply.stderr.as_str()), (Some(0), ""), "{path}");
}

#[track_caller]
fn run(bench: &mut Bench, line: &str) -> String {
    let reply = bench.run(line);
    assert_eq!((reply.status, reply.stderr.as_str()), (Some(0), ""), "{line}");
    reply.stdout
}

fn release(bench: &mut Bench) {
    run(bench, "kubectl argo rollouts set image my-app app=myorg/myapp:v2");
}

fn status(bench: &Bench) -> &RolloutStatus {
    bench.world().rollouts.status("my-app").expect("it is there")
}

/// Revision to which a Service leads; 0 for all.
fn leads(bench: &Bench, service: &str) -> u64 {
    let object = bench.world().api.get(Kind::Service, service).expect("it is there");
    let Spec::Service(spec) = &object.manifest.spec else { panic!("{service} is no Service") };
    let sets = bench.world().cluster.state.revisions_of("my-app");
    let hash = spec.selector.get(ROLLOUT_HASH);
    sets.iter().find(|set| Some(&set.hash) == hash).map_or(0, |set| set.revision)
}

/// Wanted pods by revision, the oldest first.
fn pods(bench: &Bench) -> Vec<u32> {
    bench.world().cluster.state.revisions_of("my-app").iter().map(|set| set.replicas).collect()
}

/// Lets time pass until something holds; gives the seconds.
#[track_caller]
fn until(bench: &mut Bench, what: &str, holds: impl Fn(&Bench) -> bool) -> u64 {
    for second in 0..600 {
        if holds(bench) {
            return second;
        }
        bench.wait(1);
    }
    panic!("it never comes true that {what}: {:?}", status(bench));
}

/// ROLL-01, ROLL-02, ROLL-04.
#[test]
fn the_first_revision_serves_as_soon_as_it_is_available() {
    let bench = settled(&blue_green(", autoPromotionEnabled: false"), &[]);
    assert_eq!([leads(&bench, "my-app-active"), leads(&bench, "my-app-preview")], [1, 1]);
    assert_eq!((pods(&bench), status(&bench).phase.name()), (vec![3], "Healthy"));
    let set = bench.world().cluster.state.revisions_of("my-app")[0];
    let pod = bench.world().cluster.state.pods.values().next().expect("there are three");
    assert_eq!(pod.labels.get(ROLLOUT_HASH), Some(&set.hash));
    assert!(!pod.labels.contains_key("pod-template-hash"));
}

/// OD-19, ROLL-01, ROLL-03, ROLL-04.
#[test]
fn it_waits_before_the_switch_and_keeps_the_old_pods_after_it() {
    let mut bench = settled(&blue_green(", autoPromotionSeconds: 30"), &[]);
    release(&mut bench);
    bench.wait(1);
    assert_eq!([leads(&bench, "my-app-active"), leads(&bench, "my-app-preview")], [1, 2]);
    let available = until(&mut bench, "all new pods are available", |bench| {
        let sets = bench.world().cluster.state.revisions_of("my-app");
        sets[1].status.available == 3
    });
    assert!(1 < available, "new pods start");
    bench.wait(2);
    assert_eq!(
        (status(&bench).phase.name(), status(&bench).message.as_str()),
        ("Paused", "BlueGreenPause")
    );
    let switched = until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
    assert!((27..=30).contains(&switched), "{switched}");
    assert_eq!(pods(&bench), [3, 3]);
    let gone = until(&mut bench, "the old pods go", |bench| pods(bench) == [0, 3]);
    assert!((29..=31).contains(&gone), "{gone}");
    assert_eq!(status(&bench).phase.name(), "Healthy");
}

/// ROLL-03.
#[test]
fn without_automatic_promotion_it_waits_for_a_person_however_long() {
    let mut bench =
        settled(&blue_green(", autoPromotionEnabled: false, autoPromotionSeconds: 5"), &[]);
    release(&mut bench);
    bench.wait(300);
    assert_eq!((leads(&bench, "my-app-active"), status(&bench).phase.name()), (1, "Paused"));
    run(&mut bench, "kubectl argo rollouts promote my-app");
    bench.wait(1);
    assert_eq!(leads(&bench, "my-app-active"), 2);
}

/// ROLL-01.
#[test]
fn a_preview_with_fewer_pods_gets_all_of_them_before_the_switch() {
    let mut bench = settled(&blue_green(", previewReplicaCount: 1, autoPromotionSeconds: 20"), &[]);
    release(&mut bench);
    bench.wait(15);
    assert_eq!((pods(&bench), leads(&bench, "my-app-active")), (vec![3, 1], 1));
    until(&mut bench, "it gets all pods", |bench| pods(bench) == [3, 3]);
    assert_eq!(leads(&bench, "my-app-active"), 1, "not before they are available");
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
}

/// ROLL-02.
#[test]
fn a_full_promotion_leaves_out_pause_and_analysis() {
    let more =
        ", autoPromotionEnabled: false, prePromotionAnalysis: {templates: [{templateName: check}]}";
    let fields = "      interval: 1m\n      successCondition: result[0] > 1\n";
    let mut bench = settled(&blue_green(more), &[("check.yaml", &template("vector(2)", fields))]);
    release(&mut bench);
    bench.wait(1);
    run(&mut bench, "kubectl argo rollouts promote my-app --full");
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
    bench.wait(2);
    assert_eq!(status(&bench).phase.name(), "Healthy");
}

/// ROLL-07.
#[test]
fn going_back_is_quick_while_the_old_pods_are_there_and_a_new_rollout_later() {
    let mut bench = settled(&blue_green(", autoPromotionSeconds: 30"), &[]);
    release(&mut bench);
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
    bench.wait(5);
    run(&mut bench, "kubectl argo rollouts undo my-app");
    bench.wait(1);
    assert_eq!(leads(&bench, "my-app-active"), 3, "revision 1 is taken up again as 3");
    assert_eq!(status(&bench).phase.name(), "Healthy");
    until(&mut bench, "the other pods go", |bench| pods(bench) == [0, 3]);
    run(&mut bench, "kubectl argo rollouts undo my-app");
    bench.wait(1);
    assert_eq!(leads(&bench, "my-app-active"), 3, "its pods have to start first");
    let waited = until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 4);
    assert!(30 < waited, "and it pauses again: {waited}");
}

/// ROLL-07.
#[test]
fn inside_the_rollback_window_no_pause_is_asked_for() {
    let text = blue_green(", autoPromotionEnabled: false");
    let text = text.replace("  replicas: 3\n", "  replicas: 3\n  rollbackWindow: {revisions: 2}\n");
    let mut bench = settled(&text, &[]);
    release(&mut bench);
    bench.wait(30);
    run(&mut bench, "kubectl argo rollouts promote my-app");
    bench.wait(60);
    assert_eq!(pods(&bench), [0, 3]);
    run(&mut bench, "kubectl argo rollouts undo my-app");
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 3);
}

/// ROLL-05.
#[test]
fn an_abort_before_the_switch_touches_no_user_and_the_new_pods_go_later() {
    let mut bench = settled(&blue_green(", autoPromotionEnabled: false"), &[]);
    release(&mut bench);
    bench.wait(30);
    run(&mut bench, "kubectl argo rollouts abort my-app");
    bench.wait(2);
    assert_eq!((leads(&bench, "my-app-active"), pods(&bench)), (1, vec![3, 3]));
    assert_eq!(status(&bench).message, "RolloutAborted: Rollout aborted update to revision 2");
    let gone = until(&mut bench, "the new pods go", |bench| pods(bench) == [3, 0]);
    assert!((27..=31).contains(&gone), "{gone}");
    run(&mut bench, "kubectl argo rollouts retry rollout my-app");
    bench.wait(30);
    assert_eq!((status(&bench).phase.name(), pods(&bench)), ("Paused", vec![3, 3]));
}

/// ROLL-05.
#[test]
fn a_bad_analysis_after_the_switch_leads_back_at_once() {
    let more = ", postPromotionAnalysis: {templates: [{templateName: check}]}";
    let fields = "      initialDelay: 20s\n      successCondition: result[0] > 1\n";
    let mut bench = settled(&blue_green(more), &[("check.yaml", &template("vector(0)", fields))]);
    release(&mut bench);
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
    bench.wait(10);
    assert_eq!(status(&bench).message, "waiting for analysis to complete");
    until(&mut bench, "it switches back", |bench| leads(bench, "my-app-active") == 1);
    assert_eq!(pods(&bench), [3, 3]);
    let message = &status(&bench).message;
    let why = "Metric \"rate\" assessed Failed due to failed (1) > failureLimit (0)";
    assert!(message.ends_with(why), "{message}");
    until(&mut bench, "the new pods go", |bench| pods(bench) == [3, 0]);
    let why = run(&mut bench, "why rollout/my-app");
    assert!(why.contains("measures rate: Failed, value [0]"), "{why}");
}

/// ROLL-06.
#[test]
fn an_analysis_that_is_neither_good_nor_bad_pauses_until_somebody_decides() {
    let more = ", prePromotionAnalysis: {templates: [{templateName: check}]}";
    let fields = "      successCondition: result[0] > 2\n      failureCondition: result[0] < 1\n";
    let mut bench = settled(&blue_green(more), &[("check.yaml", &template("vector(1)", fields))]);
    release(&mut bench);
    until(&mut bench, "it pauses", |bench| status(bench).phase.name() == "Paused");
    assert_eq!(status(&bench).message, "InconclusiveAnalysisRun");
    bench.wait(120);
    assert_eq!((leads(&bench, "my-app-active"), pods(&bench)), (1, vec![3, 3]));
    run(&mut bench, "kubectl argo rollouts promote my-app");
    bench.wait(2);
    let runs: Vec<&str> = bench.world().rollouts.runs().map(|(name, _)| name).collect();
    assert_eq!(runs.len(), 2, "it is measured again: {runs:?}");
    run(&mut bench, "kubectl argo rollouts promote my-app --full");
    until(&mut bench, "it switches", |bench| leads(bench, "my-app-active") == 2);
}

#[test]
fn a_deleted_rollout_takes_its_pods_and_runs_along() {
    let more = ", prePromotionAnalysis: {templates: [{templateName: check}]}";
    let check = template("vector(1)", "");
    let mut bench = settled(&blue_green(more), &[("check.yaml", &check)]);
    release(&mut bench);
    bench.wait(30);
    assert_eq!(bench.world().rollouts.runs().count(), 1);
    run(&mut bench, "kubectl delete rollout my-app");
    bench.wait(40);
    let world = bench.world();
    assert_eq!((world.cluster.state.pods.len(), world.cluster.state.replica_sets.len()), (0, 0));
    assert_eq!((world.rollouts.runs().count(), world.api.list(Kind::AnalysisRun).count()), (0, 0));
}

/// ROLL-01.
#[test]
fn without_progress_it_is_degraded_when_the_deadline_has_passed() {
    let text = blue_green("");
    let text = text.replace("  replicas: 3\n", "  replicas: 3\n  progressDeadlineSeconds: 60\n");
    let mut bench = settled(&text, &[]);
    run(&mut bench, "kubectl argo rollouts set image my-app app=myorg/nothing:v9");
    bench.wait(50);
    assert_eq!(status(&bench).phase.name(), "Progressing");
    bench.wait(60);
    let (phase, message) = (status(&bench).phase.name(), &status(&bench).message);
    assert_eq!((phase, message.split(':').next()), ("Degraded", Some("ProgressDeadlineExceeded")));
    assert_eq!(leads(&bench, "my-app-active"), 1);
}

#[test]
fn revisions_beyond_the_limit_go_also_in_the_middle_of_an_update() {
    let text = blue_green(", autoPromotionEnabled: false");
    let text = text.replace("  replicas: 3\n", "  replicas: 3\n  revisionHistoryLimit: 0\n");
    let mut bench = settled(&text, &[]);
    for image in ["v2", "v3", "v4"] {
        run(&mut bench, &format!("kubectl argo rollouts set image my-app app=myorg/myapp:{image}"));
        bench.wait(10);
    }
    bench.wait(60);
    assert_eq!(pods(&bench), [3, 3]);
}

/// ROLL-05.
#[test]
fn a_full_promotion_takes_an_aborted_update_up_again() {
    let mut bench = settled(&blue_green(", autoPromotionEnabled: false"), &[]);
    release(&mut bench);
    bench.wait(30);
    run(&mut bench, "kubectl argo rollouts abort my-app");
    bench.wait(60);
    run(&mut bench, "kubectl argo rollouts promote my-app --full");
    until(&mut bench, "it is over", |bench| status(bench).phase.name() == "Healthy");
    assert_eq!(leads(&bench, "my-app-active"), 2);
}
