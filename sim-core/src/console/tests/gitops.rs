//! What Argo CD does by itself (CD-01..03).

mod waves;

use super::bench::{BLUE, Bench, MESH, SERVICE};
use crate::cluster::api::{Kind, Spec};
use crate::delivery::Phase;
use crate::delivery::spec::Retry;
use crate::time::{SimDuration, SimTime};

/// A Job that runs as a hook.
pub(super) fn hook(name: &str, image: &str, annotations: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  annotations: {{{annotations}}}\nspec:\n  \
         backoffLimit: 0\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        - \
         {{name: {name}, image: '{image}'}}\n"
    )
}

/// An Application of the folder `deploy`, with a policy in YAML.
pub(super) fn application(policy: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: shop}}\nspec:\n  project: \
         default\n  source: {{repoURL: 'https://git.example.com/shop/deploy.git', path: deploy, \
         targetRevision: main}}\n  destination: {{server: 'https://kubernetes.default.svc', namespace: \
         default}}\n{policy}"
    )
}

pub(super) const AUTOMATED: &str = "  syncPolicy: {automated: {}}\n";
pub(super) const HEALING: &str = "  syncPolicy: {automated: {selfHeal: true}}\n";

/// A cluster whose objects Argo CD has put there, half a minute ago if the policy is automated.
pub(super) fn bench(policy: &str, files: &[(&str, &str)]) -> Bench {
    let application = application(policy);
    let own = [
        ("deploy/blue.yaml", BLUE),
        ("deploy/service.yaml", SERVICE),
        ("deploy/mesh.yaml", MESH),
        ("app.yaml", application.as_str()),
    ];
    let all: Vec<(&str, &str)> = own.iter().chain(files).copied().collect();
    let mut bench = Bench::with(&all);
    bench.run("kubectl apply -f app.yaml");
    bench.wait(30);
    bench
}

fn replicas(bench: &Bench) -> Option<u32> {
    match &bench.world().api.get(Kind::Deployment, "my-app-blue")?.manifest.spec {
        Spec::Deployment(spec) => Some(spec.replicas),
        _ => None,
    }
}

fn weight(bench: &Bench) -> i64 {
    let object = bench.world().api.get(Kind::VirtualService, "my-app-vs").expect("it is there");
    object.manifest.document["spec"]["http"][0]["route"][0]["weight"].as_i64().expect("a number")
}

fn push_replicas(bench: &mut Bench, count: u32) {
    let line = format!(
        "sed -i 's/replicas: .*/replicas: {count}/' deploy/blue.yaml && git commit -qam 'Replicas {count}' && git \
         push -q"
    );
    assert_eq!(bench.run(&line).status, Some(0));
}

fn reconciled(bench: &Bench) -> SimTime {
    bench
        .world()
        .delivery
        .application("shop")
        .and_then(|one| one.reconciled)
        .expect("it was looked at")
}

fn finished(bench: &Bench) -> (Phase, String) {
    let application = bench.world().delivery.application("shop").expect("it is there");
    let last = application.finished.as_ref().expect("a sync has ended");
    (last.phase, last.message.clone())
}

/// CD-01.
#[test]
fn git_is_looked_at_every_two_to_three_minutes() {
    let mut bench = bench(AUTOMATED, &[]);
    let mut looks = vec![reconciled(&bench)];
    for _ in 0..3_000 {
        bench.wait(1);
        let look = reconciled(&bench);
        if looks.last() != Some(&look) {
            looks.push(look);
        }
    }
    let gaps: Vec<f64> =
        looks.windows(2).map(|pair| pair[1].since(pair[0]).as_secs_f64()).collect();
    assert!(10 < gaps.len() && gaps.iter().all(|gap| (120.0..=180.0).contains(gap)), "{gaps:?}");
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    assert!((135.0..165.0).contains(&mean), "{gaps:?}");
}

/// CD-01.
#[test]
fn a_push_is_deployed_when_git_is_looked_at_next() {
    let mut bench = bench(AUTOMATED, &[]);
    let last = reconciled(&bench);
    push_replicas(&mut bench, 4);
    while replicas(&bench) != Some(4) {
        bench.wait(1);
    }
    let waited = bench.now().since(last).as_secs_f64();
    assert!((120.0..=182.0).contains(&waited), "{waited}");
}

/// CD-01.
#[test]
fn a_refresh_looks_at_once() {
    let mut bench = bench(AUTOMATED, &[]);
    push_replicas(&mut bench, 4);
    bench.run("argocd app get shop --refresh");
    bench.wait(1);
    assert_eq!(replicas(&bench), Some(4));
}

/// CD-02.
#[test]
fn without_automation_nothing_is_synced_until_somebody_asks() {
    let mut bench = bench("", &[]);
    bench.wait(400);
    assert_eq!(replicas(&bench), None);
    bench.run_to_end("argocd app sync shop", 20);
    assert_eq!(replicas(&bench), Some(2));
}

/// CD-02.
#[test]
fn a_commit_is_synced_once_and_what_is_changed_by_hand_afterwards_stays() {
    let mut bench = bench(AUTOMATED, &[]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.wait(600);
    assert_eq!(replicas(&bench), Some(5));
    push_replicas(&mut bench, 3);
    bench.wait(200);
    assert_eq!(replicas(&bench), Some(3));
}

/// CD-02.
#[test]
fn a_sync_that_fails_is_tried_five_times_again_and_then_no_more() {
    let mut bench = bench(HEALING, &[]);
    // A Deployment's selector is immutable.
    bench.run("sed -i 's/version: blue/version: navy/' deploy/blue.yaml; git commit -qam navy; git push -q");
    bench.run("argocd app get shop --refresh");
    let began = bench.now();
    let ends = |bench: &Bench| finished(bench).0 == Phase::Failed;
    while !ends(&bench) {
        bench.wait(1);
    }
    // 5 + 10 + 20 + 40 + 80 seconds.
    let lasted = bench.now().since(began).as_secs_f64();
    assert!((155.0..158.0).contains(&lasted), "{lasted}");
    let (_, message) = finished(&bench);
    assert_eq!(message, "one or more objects failed to apply (dry run) (retried 5 times).");
    bench.wait(600);
    let application = bench.world().delivery.application("shop").expect("it is there");
    assert!(application.operation.is_none());
    assert_eq!(application.conditions[0].kind, "SyncError");
}

/// CD-02.
#[test]
fn tries_without_a_wait_between_them_still_take_time() {
    let policy =
        "  syncPolicy: {automated: {}, retry: {limit: 2147483647, backoff: {duration: 0s}}}\n";
    let mut bench = bench(policy, &[]);
    bench.run("sed -i 's/version: blue/version: navy/' deploy/blue.yaml; git commit -qam navy; git push -q");
    bench.run("argocd app get shop --refresh");
    bench.wait(10);
    let application = bench.world().delivery.application("shop").expect("it is there");
    let retried = application.operation.as_ref().expect("it goes on").retried;
    assert!((8..=10).contains(&retried), "{retried}");
}

/// CD-02.
#[test]
fn a_longest_wait_of_zero_is_no_bound() {
    let retry = Retry { longest: SimDuration::ZERO, ..Retry::AUTOMATED };
    assert_eq!(retry.wait(10), SimDuration::from_secs(5 * 512));
    assert_eq!(Retry::AUTOMATED.wait(10), SimDuration::from_secs(180));
}

/// CD-02.
#[test]
fn what_is_gone_from_git_is_pruned_only_if_that_is_allowed() {
    for (policy, stays) in
        [(AUTOMATED, true), ("  syncPolicy: {automated: {prune: true}}\n", false)]
    {
        let mut bench = bench(policy, &[]);
        bench.run("rm deploy/service.yaml; git commit -qam 'No service'; git push -q");
        bench.run("argocd app get shop --refresh");
        bench.wait(5);
        let there = bench.world().api.get(Kind::Service, "my-app-service").is_some();
        assert_eq!(there, stays, "{policy}");
    }
}

/// CD-02.
#[test]
fn an_empty_folder_does_not_wipe_out_everything_unless_that_is_allowed() {
    for (policy, stays) in [
        ("  syncPolicy: {automated: {prune: true}}\n", true),
        ("  syncPolicy: {automated: {prune: true, allowEmpty: true}}\n", false),
    ] {
        let mut bench = bench(policy, &[]);
        bench.run("rm deploy/*.yaml; echo none > deploy/README; git add -A; git commit -qm None; git push -q");
        bench.run("argocd app get shop --refresh");
        bench.wait(20);
        assert_eq!(replicas(&bench).is_some(), stays, "{policy}");
        let application = bench.world().delivery.application("shop").expect("it is there");
        assert_eq!(application.conditions.iter().any(|one| one.kind == "SyncError"), stays);
    }
}

/// CD-03.
#[test]
fn with_self_heal_a_hot_fix_by_hand_is_put_back_within_seconds() {
    let mut bench = bench(HEALING, &[]);
    let patch = "kubectl patch vs my-app-vs --type=json -p \
                 '[{\"op\": \"replace\", \"path\": \"/spec/http/0/route/0/weight\", \"value\": 100}]'";
    bench.run(patch);
    let began = bench.now();
    while weight(&bench) == 100 {
        let next = bench.now() + SimDuration::from_millis(100);
        bench.simulation.run_until(next);
    }
    let lasted = bench.now().since(began).as_secs_f64();
    assert!((0.5..3.3).contains(&lasted), "{lasted}");
    assert_eq!(weight(&bench), 90);
    // A healing is no deployment.
    let application = bench.world().delivery.application("shop").expect("it is there");
    assert_eq!(application.history.len(), 1);
}

/// CD-02.
#[test]
fn between_two_healings_lie_five_seconds() {
    let mut bench = bench(HEALING, &[]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    while replicas(&bench) != Some(2) {
        bench.wait(1);
    }
    bench.run("kubectl scale deployment my-app-blue --replicas=6");
    bench.wait(4);
    assert_eq!(replicas(&bench), Some(6), "too soon");
    bench.wait(5);
    assert_eq!(replicas(&bench), Some(2));
}

/// CD-03.
#[test]
fn fields_that_may_differ_are_left_alone() {
    let policy = "  syncPolicy: {automated: {selfHeal: true}}\n  ignoreDifferences:\n    - {group: apps, kind: \
                  Deployment, jsonPointers: [/spec/replicas]}\n";
    let mut bench = bench(policy, &[]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.wait(400);
    assert_eq!(replicas(&bench), Some(5));
    // Another difference of the same object is healed, and takes the ignored field along.
    bench.run("kubectl set image deployment/my-app-blue app=myorg/myapp:v2");
    bench.wait(10);
    assert_eq!(replicas(&bench), Some(2));
}

/// CD-03.
#[test]
fn ignored_fields_are_respected_by_a_sync_if_that_is_said() {
    let policy = "  syncPolicy: {automated: {selfHeal: true}, syncOptions: [RespectIgnoreDifferences=true]}\n  \
                  ignoreDifferences:\n    - {group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}\n";
    let mut bench = bench(policy, &[]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.run("kubectl set image deployment/my-app-blue app=myorg/myapp:v2");
    bench.wait(10);
    assert_eq!(replicas(&bench), Some(5));
}

/// CD-03.
#[test]
fn why_leads_from_what_was_put_back_to_the_hot_fix() {
    let mut bench = bench(HEALING, &[]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.wait(4);
    let told = bench.run("why deployment/my-app-blue").stdout;
    assert!(told.contains("kubectl scale deployment my-app-blue --replicas=5"), "{told}");
    assert!(told.contains("Argo CD puts back"), "{told}");
}

#[test]
fn what_was_there_before_the_run_has_no_time_of_its_push() {
    let bench = bench(AUTOMATED, &[]);
    let told: Vec<&str> = bench.world().trace.iter().map(|entry| entry.text.as_str()).collect();
    let sync = told.iter().find(|text| text.starts_with("Argo CD syncs revision"));
    let sync = sync.expect("it has synced");
    assert!(sync.ends_with(", which was there before the run began"), "{sync}");
}

/// CD-02.
#[test]
fn why_leads_from_an_object_to_the_push() {
    let mut bench = bench(AUTOMATED, &[]);
    push_replicas(&mut bench, 4);
    bench.wait(200);
    let told = bench.run("why deployment/my-app-blue").stdout;
    assert!(told.contains("git push") && told.contains("Argo CD syncs revision"), "{told}");
}

#[test]
fn a_manifest_that_cannot_be_read_changes_nothing_and_is_told() {
    let mut bench = bench(HEALING, &[]);
    bench.run("echo 'a: [1' >> deploy/service.yaml; git commit -qam Broken; git push -q");
    let told = bench.run("argocd app get shop --refresh").stdout;
    assert!(
        told.contains("ComparisonError") && told.contains("Sync Status:        Unknown"),
        "{told}"
    );
    assert_eq!(replicas(&bench), Some(2));
}

#[test]
fn an_application_that_is_deleted_leaves_its_objects() {
    let mut bench = bench(HEALING, &[]);
    bench.run("kubectl delete application shop");
    bench.wait(300);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.wait(60);
    assert_eq!(replicas(&bench), Some(5));
}

#[test]
fn a_run_with_an_application_is_the_same_again() {
    let run = || {
        let mut bench = bench(HEALING, &[]);
        push_replicas(&mut bench, 4);
        bench.wait(300);
        bench.simulation.digest()
    };
    assert_eq!(run(), run());
}
