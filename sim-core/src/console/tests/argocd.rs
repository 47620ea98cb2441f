//! What `argocd` and `kubectl` print of applications.

use expect_test::expect;

use super::bench::Bench;
use super::gitops::{AUTOMATED, HEALING, bench, hook};

#[test]
fn applications_are_listed_and_shown() {
    let mut bench = bench(AUTOMATED, &[]);
    bench.check("argocd app list", &expect![[r#""#]]);
    bench.check("argocd app get shop", &expect![[r#""#]]);
    bench.check("kubectl get applications -o wide", &expect![[r#""#]]);
}

#[test]
fn what_differs_is_shown() {
    let mut bench = bench(AUTOMATED, &[]);
    bench.check("argocd app diff shop", &expect![[r#""#]]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.check("argocd app diff shop", &expect![[r#""#]]);
    bench.check("argocd app get shop", &expect![[r#""#]]);
}

#[test]
fn a_sync_is_followed_to_its_end() {
    let migrate = hook("migrate", "myorg/migrate:v2", "argocd.argoproj.io/hook: PreSync");
    let mut bench = bench("", &[("deploy/migrate.yaml", &migrate)]);
    bench.check_to_end("argocd app sync shop", 60, &expect![[r#""#]]);
}

#[test]
fn a_sync_that_fails_ends_with_status_one() {
    let smoke = hook("smoke", "myorg/smoke:v1", "argocd.argoproj.io/hook: PreSync");
    let mut bench = bench("", &[("deploy/smoke.yaml", &smoke)]);
    bench.check_to_end("argocd app sync shop", 60, &expect![[r#""#]]);
}

#[test]
fn waiting_ends_when_all_is_healthy_or_the_time_is_over() {
    let mut bench = bench("", &[]);
    bench.check_to_end("argocd app wait shop --timeout 3", 60, &expect![[r#""#]]);
    bench.run("argocd app sync shop --async");
    let reply = bench.run_to_end("argocd app wait shop", 60);
    assert_eq!(reply.status, Some(0), "{}", reply.stdout);
}

/// CD-03.
#[test]
fn a_rollback_is_refused_while_sync_is_automated() {
    let mut bench = bench(HEALING, &[]);
    bench.run(
        "sed -i 's/replicas: .*/replicas: 4/' deploy/blue.yaml; git commit -qam four; git push -q",
    );
    bench.run("argocd app get shop --refresh");
    bench.wait(20);
    bench.check("argocd app history shop", &expect![[r#""#]]);
    bench.check("argocd app rollback shop 0", &expect![[r#""#]]);
    bench.run("argocd app set shop --sync-policy none");
    bench.wait(1);
    let reply = bench.run_to_end("argocd app rollback shop 0", 60);
    assert_eq!(reply.status, Some(0), "{}", reply.stdout);
    bench.check("kubectl get deploy my-app-blue -o jsonpath='{.spec.replicas}'", &expect![[r#""#]]);
    bench.check("argocd app list -o name", &expect![[r#""#]]);
}

#[test]
fn what_cannot_be_is_said_in_argo_cds_words() {
    let mut bench = bench("", &[]);
    for line in [
        "argocd app get nothing",
        "argocd app set shop --self-heal",
        "argocd app set shop --sync-policy maybe",
        "argocd app set shop",
        "argocd app get shop -o table",
        "argocd app rollback shop",
        "argocd app rollback shop 7",
        "argocd app explode shop",
        "argocd cluster list",
        "argocd app get --nonsense",
    ] {
        let reply = bench.run(line);
        assert_ne!(reply.status, Some(0), "{line}");
        assert!(!reply.stderr.is_empty(), "{line}");
    }
    bench.check("argocd app get nothing", &expect![[r#""#]]);
    bench.check("argocd app rollback shop", &expect![[r#""#]]);
}

#[test]
fn an_application_that_means_something_else_is_refused() {
    let mut bench = Bench::with(&[(
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  project: default\n  \
         source: {repoURL: 'https://charts.example.com', chart: shop}\n  destination: {server: \
         'https://elsewhere.example.com', namespace: shop}\n  syncPolicy: {syncOptions: [ServerSideApply=true]}\n",
    )]);
    bench.check("kubectl apply -f app.yaml", &expect![[r#""#]]);
}

#[test]
fn applications_and_flags_are_completed() {
    let bench = bench("", &[]);
    assert_eq!(bench.simulation.complete("argocd app g"), ["get"].map(str::to_owned));
    assert_eq!(bench.simulation.complete("argocd app sync s"), ["shop"].map(str::to_owned));
    assert_eq!(
        bench.simulation.complete("argocd app set shop --sync-policy a"),
        ["automated"].map(str::to_owned)
    );
}
