//! What Flux does by itself (CD-05, CD-06), and what `flux` prints.

use expect_test::expect;

use super::bench::{BLUE, Bench, MESH, SERVICE};
use crate::cluster::api::{Kind, Spec};
use crate::time::SimDuration;

fn source(more: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: shop}}\nspec:\n  \
         url: https://git.example.com/shop/deploy.git\n  ref: {{branch: main}}\n  interval: 1m\n{more}"
    )
}

fn kustomization(name: &str, path: &str, more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}}}\nspec:\n  \
         sourceRef: {{kind: GitRepository, name: shop}}\n  path: {path}\n  interval: 5m\n  retryInterval: \
         30s\n  prune: true\n{more}"
    )
}

/// A cluster whose objects Flux has put there, half a minute ago.
fn bench(more: &str, files: &[(&str, &str)]) -> Bench {
    let flux = format!("{}---\n{}", source(""), kustomization("shop", "./deploy", more));
    let own = [
        ("deploy/blue.yaml", BLUE),
        ("deploy/service.yaml", SERVICE),
        ("deploy/mesh.yaml", MESH),
        ("flux.yaml", flux.as_str()),
    ];
    let all: Vec<(&str, &str)> = own.iter().chain(files).copied().collect();
    let mut bench = Bench::with(&all);
    let reply = bench.run("kubectl apply -f flux.yaml");
    assert_eq!((reply.status, reply.stderr.as_str()), (Some(0), ""));
    bench.wait(30);
    bench
}

fn replicas(bench: &Bench) -> Option<u32> {
    match &bench.world().api.get(Kind::Deployment, "my-app-blue")?.manifest.spec {
        Spec::Deployment(spec) => Some(spec.replicas),
        _ => None,
    }
}

fn push_replicas(bench: &mut Bench, count: u32) {
    let line = format!(
        "sed -i 's/replicas: .*/replicas: {count}/' deploy/blue.yaml && git commit -qam 'Replicas {count}' && git \
         push -q"
    );
    assert_eq!(bench.run(&line).status, Some(0));
}

fn message(bench: &Bench, name: &str) -> String {
    bench.world().delivery.flux.kustomizations()[name].ready.message.clone()
}

/// CD-05.
#[test]
fn a_push_is_applied_when_the_source_is_looked_at_next() {
    let mut bench = bench("", &[]);
    assert_eq!(replicas(&bench), Some(2));
    push_replicas(&mut bench, 4);
    let began = bench.now();
    while replicas(&bench) != Some(4) {
        bench.wait(1);
    }
    let waited = bench.now().since(began);
    assert!(waited <= SimDuration::from_secs(64), "{waited}");
}

/// CD-06.
#[test]
fn what_is_changed_by_hand_stays_until_the_next_interval_and_is_then_put_back() {
    let mut bench = bench("", &[]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.wait(200);
    assert_eq!(replicas(&bench), Some(5), "nobody watches");
    bench.wait(120);
    assert_eq!(replicas(&bench), Some(2));
    let told = bench.run("why deployment/my-app-blue").stdout;
    assert!(told.contains("kubectl scale deployment my-app-blue --replicas=5"), "{told}");
    assert!(told.contains("Flux puts back"), "{told}");
}

/// CD-06.
#[test]
fn what_is_suspended_leaves_a_hot_fix_alone_until_it_is_resumed() {
    let mut bench = bench("", &[]);
    bench.check(
        "flux suspend kustomization shop",
        &expect![[r#"
        ! ► suspending kustomization shop in default namespace
        ! ✔ kustomization suspended
    "#]],
    );
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.wait(700);
    assert_eq!(replicas(&bench), Some(5));
    bench.check(
        "flux get kustomizations",
        &expect![[r#"
        NAME REVISION           SUSPENDED READY MESSAGE                              
        shop main@sha1:0a171336 True      True  Applied revision: main@sha1:0a171336 
    "#]],
    );
    bench.check(
        "flux reconcile kustomization shop",
        &expect![[r#"
        ! ✗ resource is suspended
        status 1
    "#]],
    );
    bench.check_to_end(
        "flux resume kustomization shop",
        20,
        &expect![[r#"
        ! ► resuming kustomization shop in default namespace
        ! ✔ kustomization resumed
        ! ◎ waiting for Kustomization reconciliation
        ! ✔ applied revision main@sha1:0a171336fac43024f0b83836142edf989c7040d8
    "#]],
    );
    assert_eq!(replicas(&bench), Some(2));
}

/// CD-05.
#[test]
fn what_is_gone_from_git_is_pruned_unless_it_says_no() {
    let kept = SERVICE.replace(
        "name: my-app-service",
        "name: kept\n  annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}",
    );
    let mut bench = bench("", &[("deploy/kept.yaml", &kept)]);
    bench.run("rm deploy/service.yaml deploy/kept.yaml; git commit -qam Fewer; git push -q");
    bench.run_to_end("flux reconcile kustomization shop --with-source", 20);
    assert!(bench.world().api.get(Kind::Service, "my-app-service").is_none());
    assert!(bench.world().api.get(Kind::Service, "kept").is_some());
}

/// CD-05.
#[test]
fn nothing_is_applied_if_one_object_would_be_refused_and_it_is_tried_again() {
    let mut bench = bench("", &[]);
    // A Deployment's selector is immutable.
    bench.run(
        "sed -i 's/version: blue/version: navy/' deploy/blue.yaml; sed -i 's/port: 80,/port: 81,/' \
         deploy/service.yaml; git commit -qam navy; git push -q",
    );
    bench.run_to_end("flux reconcile kustomization shop --with-source", 20);
    assert!(message(&bench, "shop").starts_with("Deployment/default/my-app-blue dry-run failed"));
    let done = |bench: &Bench| bench.world().delivery.flux.kustomizations()["shop"].done;
    let before = done(&bench);
    bench.wait(61);
    assert_eq!(done(&bench), before + 2, "every 30 s");
    let service = bench.world().api.get(Kind::Service, "my-app-service").expect("it is there");
    assert_eq!(service.manifest.document["spec"]["ports"][0]["port"], 80);
}

/// CD-05.
#[test]
fn with_wait_it_is_ready_when_all_is_healthy_or_fails_in_time() {
    let mut bench = bench("  wait: true\n  timeout: 1m\n", &[]);
    assert!(message(&bench, "shop").starts_with("Applied revision: main@sha1:"));
    bench.run("sed -i 's/myapp:v1/myapp:v9/' deploy/blue.yaml; git commit -qam nine; git push -q");
    bench.check_to_end("flux reconcile kustomization shop --with-source", 90, &expect![[r#"
        ! ► annotating GitRepository shop in default namespace
        ! ✔ GitRepository annotated
        ! ◎ waiting for GitRepository reconciliation
        ! ✔ fetched revision main@sha1:04a4c80117050630e0c5ae7c16b9b45250e76dc8
        ! ► annotating Kustomization shop in default namespace
        ! ✔ Kustomization annotated
        ! ◎ waiting for Kustomization reconciliation
        ! ✗ Kustomization reconciliation failed: 'health check failed after 60s: timeout waiting for: [Deployment/default/my-app-blue status: 'InProgress']'
        status 1
    "#]]);
}

/// CD-05.
#[test]
fn a_kustomization_waits_for_those_it_depends_on() {
    let late = kustomization("late", "./late", "  dependsOn: [{name: shop}]\n");
    let service = SERVICE.replace("my-app-service", "late");
    let mut bench = bench("  wait: true\n", &[("late.yaml", &late), ("late/s.yaml", &service)]);
    bench.run("kubectl apply -f late.yaml");
    bench.wait(1);
    assert!(bench.world().api.get(Kind::Service, "late").is_some());
    bench.run("sed -i 's/myapp:v1/myapp:v9/' deploy/blue.yaml; git commit -qam nine; git push -q");
    bench.wait(100);
    assert_eq!(message(&bench, "late"), "dependency 'default/shop' is not ready");
}

#[test]
fn sources_and_kustomizations_are_listed() {
    let mut bench = bench("", &[]);
    bench.check("flux get all", &expect![[r#"
        NAME               REVISION           SUSPENDED READY MESSAGE                                           
        gitrepository/shop main@sha1:0a171336 False     True  stored artifact for revision 'main@sha1:0a171336' 

        NAME               REVISION           SUSPENDED READY MESSAGE                              
        kustomization/shop main@sha1:0a171336 False     True  Applied revision: main@sha1:0a171336 
    "#]]);
    bench.check("kubectl get gitrepositories", &expect![[r#"
        NAME   URL                                       AGE   READY   STATUS
        shop   https://git.example.com/shop/deploy.git   30s   True    stored artifact for revision 'main@sha1:0a171336fac43024f0b83836142edf989c7040d8'
    "#]]);
    bench.check(
        "kubectl get ks",
        &expect![[r#"
        NAME   AGE   READY   STATUS
        shop   30s   True    Applied revision: main@sha1:0a171336fac43024f0b83836142edf989c7040d8
    "#]],
    );
    bench.check_to_end(
        "flux reconcile kustomization shop --with-source",
        20,
        &expect![[r#"
        ! ► annotating GitRepository shop in default namespace
        ! ✔ GitRepository annotated
        ! ◎ waiting for GitRepository reconciliation
        ! ✔ fetched revision main@sha1:0a171336fac43024f0b83836142edf989c7040d8
        ! ► annotating Kustomization shop in default namespace
        ! ✔ Kustomization annotated
        ! ◎ waiting for Kustomization reconciliation
        ! ✔ applied revision main@sha1:0a171336fac43024f0b83836142edf989c7040d8
    "#]],
    );
    bench.check(
        "flux reconcile source git nothing",
        &expect![[r#"
        ! ✗ gitrepositories.source.toolkit.fluxcd.io "nothing" not found
        status 1
    "#]],
    );
    bench.check(
        "flux get sources git nothing",
        &expect![[r#"
        ! ✗ GitRepository object 'nothing' not found in "default" namespace
        status 1
    "#]],
    );
    bench.check(
        "flux bootstrap github",
        &expect![[r#"
        ! ✗ unknown command "bootstrap" for "flux"
        status 1
    "#]],
    );
}

#[test]
fn a_source_that_is_not_found_says_so() {
    let mut bench = bench("", &[]);
    bench.run("sed -i 's/branch: main/branch: nothing/' flux.yaml; kubectl apply -f flux.yaml");
    bench.wait(1);
    bench.check("flux get sources git", &expect![[r#"
        NAME REVISION           SUSPENDED READY MESSAGE                                                                                
        shop main@sha1:0a171336 False     False failed to checkout and determine revision: unable to resolve 'nothing' to a commit SHA 
    "#]]);
}

#[test]
fn a_run_with_flux_is_the_same_again() {
    let run = || {
        let mut bench = bench("", &[]);
        push_replicas(&mut bench, 4);
        bench.wait(300);
        bench.simulation.digest()
    };
    assert_eq!(run(), run());
}

/// CD-05.
#[test]
fn what_another_kustomization_has_taken_over_is_not_pruned() {
    let other = kustomization("other", "./other", "");
    let mut bench = bench("", &[("other.yaml", &other), ("other/s.yaml", SERVICE)]);
    bench.run("kubectl apply -f other.yaml");
    bench.wait(1);
    bench.run(
        "rm deploy/service.yaml; git commit -qam 'It is the other one that has it'; git push -q",
    );
    bench.run_to_end("flux reconcile kustomization shop --with-source", 20);
    assert!(bench.world().api.get(Kind::Service, "my-app-service").is_some());
}

/// CD-05.
#[test]
fn what_a_kustomization_has_applied_goes_with_it_if_it_prunes_and_is_not_suspended() {
    for (before, stays) in [
        ("true", false),
        ("flux suspend kustomization shop", true),
        ("sed -i 's/prune: true/prune: false/' flux.yaml; kubectl apply -f flux.yaml", true),
    ] {
        let mut bench = bench("", &[]);
        bench.run(before);
        bench.run("kubectl delete kustomization shop");
        bench.wait(1);
        assert_eq!(replicas(&bench).is_some(), stays, "{before}");
        let told = bench.run("why service/my-app-service").stdout;
        assert_eq!(told.contains("kubectl delete kustomization shop"), !stays, "{told}");
    }
}

/// CD-05.
#[test]
fn a_kustomization_that_is_made_anew_at_once_applies_after_the_old_one_has_deleted() {
    let mut bench = bench("", &[]);
    bench.run("kubectl delete kustomization shop; kubectl apply -f flux.yaml");
    bench.wait(1);
    assert_eq!(replicas(&bench), Some(2));
}

/// CD-05.
#[test]
fn what_says_so_is_left_alone_even_by_pruning() {
    let map = |name: &str, says: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations: \
             {{kustomize.toolkit.fluxcd.io/{says}}}\ndata: {{a: b}}\n"
        )
    };
    let maps = [
        ("deploy/never.yaml", map("never", "ssa: Ignore")),
        ("deploy/once.yaml", map("once", "ssa: IfNotPresent")),
        ("deploy/always.yaml", map("always", "ssa: Merge")),
    ];
    let mut bench = bench("", &maps.each_ref().map(|(path, text)| (*path, text.as_str())));
    let value = |bench: &Bench, name: &str| {
        let object = bench.world().api.get(Kind::ConfigMap, name);
        object.map(|object| object.manifest.document["data"]["a"].clone())
    };
    assert_eq!(value(&bench, "never"), None);
    bench.run(
        "kubectl annotate service my-app-service kustomize.toolkit.fluxcd.io/reconcile=disabled",
    );
    for name in ["once", "always"] {
        bench.run(&format!("kubectl patch configmap {name} -p '{{\"data\": {{\"a\": \"c\"}}}}'"));
    }
    bench.run("rm deploy/service.yaml; git commit -qam 'No service'; git push -q");
    bench.run_to_end("flux reconcile kustomization shop --with-source", 20);
    assert_eq!(value(&bench, "once"), Some("c".into()));
    assert_eq!(value(&bench, "always"), Some("b".into()));
    assert!(bench.world().api.get(Kind::Service, "my-app-service").is_some());
    bench.run("rm deploy/once.yaml; git commit -qam 'Not once'; git push -q");
    bench.run_to_end("flux reconcile kustomization shop --with-source", 20);
    assert_eq!(value(&bench, "once"), None, "it was its own all the same");
}

/// CD-05.
#[test]
fn what_is_left_alone_is_not_waited_for() {
    let stuck = BLUE.replace("myapp:v1", "myapp:v9").replace(
        "labels: {app: my-app, version: blue}\nspec:\n  replicas",
        "labels: {app: my-app, version: blue}\n  annotations: {kustomize.toolkit.fluxcd.io/reconcile: \
         Disabled}\nspec:\n  replicas",
    );
    let mut bench = bench("  wait: true\n", &[("blue.yaml", &stuck)]);
    bench.run("kubectl apply -f blue.yaml");
    bench.run_to_end("flux reconcile kustomization shop --with-source", 20);
    assert!(message(&bench, "shop").starts_with("Applied revision: main@sha1:"));
    let object = bench.world().api.get(Kind::Deployment, "my-app-blue").expect("it is there");
    let image = &object.manifest.document["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(image, "myorg/myapp:v9");
}
