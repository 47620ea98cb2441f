//! Phases, waves and hooks of a sync (CD-04).

use super::{AUTOMATED, Bench, bench, finished, hook, push_replicas, replicas};
use crate::cluster::api::Kind;
use crate::console::tests::bench::{BLUE, SERVICE};
use crate::delivery::Phase;

/// CD-04.
#[test]
fn a_pre_sync_hook_that_fails_stops_the_sync() {
    let smoke = hook("smoke", "myorg/smoke:v1", "argocd.argoproj.io/hook: PreSync");
    let policy = "  syncPolicy: {automated: {}, retry: {limit: 0}}\n";
    let mut bench = bench(policy, &[("deploy/smoke.yaml", &smoke)]);
    bench.wait(30);
    assert_eq!(replicas(&bench), None);
    let (phase, message) = finished(&bench);
    assert_eq!(phase, Phase::Failed);
    assert!(
        message.starts_with("one or more synchronization tasks completed unsuccessfully"),
        "{message}"
    );
    bench.wait(600);
    assert_eq!(replicas(&bench), None);
}

/// CD-04.
#[test]
fn a_pre_sync_hook_runs_before_and_a_post_sync_hook_after_all_is_healthy() {
    let migrate = hook("migrate", "myorg/migrate:v2", "argocd.argoproj.io/hook: PreSync");
    let after = hook("after", "myorg/migrate:v2", "argocd.argoproj.io/hook: PostSync");
    let files = [("deploy/migrate.yaml", migrate.as_str()), ("deploy/after.yaml", &after)];
    let mut bench = bench(AUTOMATED, &files);
    bench.wait(60);
    let api = &bench.world().api;
    let made = |kind, name| api.get(kind, name).expect("it was made").created;
    let jobs = &bench.world().cluster.state.jobs;
    let migrated = jobs["migrate"].completed.expect("it has ended");
    let deployed = made(Kind::Deployment, "my-app-blue");
    let done = made(Kind::Job, "after");
    assert!(migrated <= deployed, "{migrated} {deployed}");
    // Blue takes more than five seconds to become ready.
    assert!(5.0 < done.since(deployed).as_secs_f64(), "{deployed} {done}");
    assert_eq!(finished(&bench).0, Phase::Succeeded);
}

/// CD-04.
#[test]
fn waves_are_applied_one_after_another_when_the_one_before_is_healthy() {
    let service = SERVICE.replace(
        "  name: my-app-service",
        "  name: my-app-service\n  annotations: {argocd.argoproj.io/sync-wave: '1'}",
    );
    let mut bench = bench(AUTOMATED, &[("deploy/service.yaml", &service)]);
    bench.wait(30);
    let made = |kind, name| bench.world().api.get(kind, name).expect("it was made").created;
    let (first, second) =
        (made(Kind::Deployment, "my-app-blue"), made(Kind::Service, "my-app-service"));
    assert!(4.0 < second.since(first).as_secs_f64(), "{first} {second}");
}

/// CD-04.
#[test]
fn a_hook_is_deleted_before_the_next_one_unless_its_policy_says_otherwise() {
    for (policy, first) in
        [("", true), (", argocd.argoproj.io/hook-delete-policy: HookSucceeded", false)]
    {
        let annotations = format!("argocd.argoproj.io/hook: PreSync{policy}");
        let migrate = hook("migrate", "myorg/migrate:v2", &annotations);
        let mut bench = bench(AUTOMATED, &[("deploy/migrate.yaml", &migrate)]);
        let uid = |bench: &Bench| {
            bench.world().api.get(Kind::Job, "migrate").map(|object| object.uid.clone())
        };
        let before = uid(&bench);
        assert_eq!(before.is_some(), first, "{policy}");
        push_replicas(&mut bench, 3);
        bench.wait(220);
        assert_eq!(replicas(&bench), Some(3));
        assert_eq!(uid(&bench).is_some(), first);
        assert!(!first || uid(&bench) != before, "it is another one");
    }
}

/// CD-04.
#[test]
fn a_sync_fail_hook_runs_when_something_has_failed_and_only_then() {
    for image in ["myorg/smoke:v1", "myorg/migrate:v2"] {
        let smoke = hook("smoke", image, "argocd.argoproj.io/hook: PreSync");
        let alarm = hook("alarm", "myorg/migrate:v2", "argocd.argoproj.io/hook: SyncFail");
        let files = [("deploy/smoke.yaml", smoke.as_str()), ("deploy/alarm.yaml", &alarm)];
        let mut bench = bench("  syncPolicy: {automated: {}, retry: {limit: 0}}\n", &files);
        bench.wait(30);
        let rang = bench.world().api.get(Kind::Job, "alarm").is_some();
        assert_eq!(rang, image == "myorg/smoke:v1", "{image}");
    }
}

/// CD-04.
#[test]
fn what_is_pruned_goes_in_the_opposite_order_of_its_waves() {
    let map = |name: &str, wave: u32| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations: \
             {{argocd.argoproj.io/sync-wave: '{wave}'}}\ndata: {{a: b}}\n"
        )
    };
    let (one, two) = (map("one", 1), map("two", 2));
    let files = [("deploy/one.yaml", one.as_str()), ("deploy/two.yaml", &two)];
    let mut bench = bench("  syncPolicy: {automated: {prune: true}}\n", &files);
    bench.wait(30);
    bench.run("rm deploy/one.yaml deploy/two.yaml; git commit -qam 'No maps'; git push -q");
    bench.run("argocd app get shop --refresh");
    bench.wait(60);
    let gone: Vec<&str> = bench
        .world()
        .trace
        .iter()
        .filter(|entry| entry.text == "deleted" && entry.subject.starts_with("configmap/"))
        .map(|entry| entry.subject.as_str())
        .collect();
    assert_eq!(gone, ["configmap/two", "configmap/one"]);
}

/// CD-04.
#[test]
fn what_is_pruned_last_goes_even_after_the_greatest_wave() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: late\n  annotations: \
               {argocd.argoproj.io/sync-wave: '9223372036854775807'}\ndata: {a: b}\n";
    let policy = "  syncPolicy: {automated: {prune: true}, syncOptions: [PruneLast=true]}\n";
    let mut bench = bench(policy, &[("deploy/late.yaml", map)]);
    bench.run("rm deploy/service.yaml; git commit -qam 'No service'; git push -q");
    bench.run("argocd app get shop --refresh");
    bench.wait(20);
    assert_eq!(finished(&bench).0, Phase::Succeeded);
    assert!(bench.world().api.get(Kind::Service, "my-app-service").is_none());
}

/// CD-04.
#[test]
fn a_degraded_object_fails_a_sync_only_if_something_comes_after_it_or_a_hook_is_beside_it() {
    let stuck = BLUE
        .replace("  replicas: 2\n", "  replicas: 2\n  progressDeadlineSeconds: 10\n")
        .replace("myapp:v1", "myapp:v9");
    let beside = hook("beside", "myorg/migrate:v2", "argocd.argoproj.io/hook: Sync");
    for (file, phase) in [("beside.yaml", Phase::Succeeded), ("deploy/beside.yaml", Phase::Failed)]
    {
        let policy = "  syncPolicy: {automated: {}, retry: {limit: 0}}\n";
        let mut bench = bench(policy, &[("deploy/blue.yaml", &stuck), (file, &beside)]);
        assert_eq!(finished(&bench).0, Phase::Succeeded, "it was on its way");
        bench.run(
            "sed -i 's/port: 80,/port: 81,/' deploy/service.yaml; git commit -qam 81; git push -q",
        );
        bench.run("argocd app get shop --refresh");
        bench.wait(15);
        assert_eq!(finished(&bench).0, phase, "{file}");
        let service = bench.world().api.get(Kind::Service, "my-app-service").expect("it is there");
        assert_eq!(service.manifest.document["spec"]["ports"][0]["port"], 81);
    }
}

/// CD-04.
#[test]
fn a_hook_that_is_deleted_when_it_has_failed_runs_again_at_the_next_try() {
    let annotations =
        "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookFailed";
    let smoke = hook("smoke", "myorg/smoke:v1", annotations);
    let policy = "  syncPolicy: {automated: {}, retry: {limit: 2}}\n";
    let mut bench = bench(policy, &[("deploy/smoke.yaml", &smoke)]);
    bench.wait(30);
    assert_eq!(finished(&bench).0, Phase::Failed);
    let told = |text: &str| {
        let trace = bench.world().trace.iter();
        trace.filter(|entry| entry.subject == "job/smoke" && entry.text == text).count()
    };
    assert_eq!((told("created"), told("deleted")), (3, 3));
}
