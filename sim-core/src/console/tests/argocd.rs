//! What `argocd` and `kubectl` print of applications.

use expect_test::expect;

use super::bench::Bench;
use super::gitops::{AUTOMATED, HEALING, bench, hook};

#[test]
fn applications_are_listed_and_shown() {
    let mut bench = bench(AUTOMATED, &[]);
    bench.check("argocd app list", &expect![[r#"
        NAME          CLUSTER                         NAMESPACE  PROJECT  STATUS  HEALTH   SYNCPOLICY  CONDITIONS  REPO                                     PATH    TARGET
        default/shop  https://kubernetes.default.svc  default    default  Synced  Healthy  Auto        <none>      https://git.example.com/shop/deploy.git  deploy  main
    "#]]);
    bench.check("argocd app get shop", &expect![[r#"
        Name:               default/shop
        Project:            default
        Server:             https://kubernetes.default.svc
        Namespace:          default
        URL:                https://argocd.example.com/applications/shop
        Source:
        - Repo:             https://git.example.com/shop/deploy.git
          Target:           main
          Path:             deploy
        SyncWindow:         Sync Allowed
        Sync Policy:        Automated
        Sync Status:        Synced to main (75f92ee)
        Health Status:      Healthy

        GROUP                KIND             NAMESPACE  NAME            STATUS  HEALTH   HOOK  MESSAGE
                             Service          default    my-app-service  Synced  Healthy        service/my-app-service created
        apps                 Deployment       default    my-app-blue     Synced  Healthy        deployment.apps/my-app-blue created
        networking.istio.io  Gateway          default    my-gateway      Synced                 gateway.networking.istio.io/my-gateway created
        networking.istio.io  VirtualService   default    my-app-vs       Synced                 virtualservice.networking.istio.io/my-app-vs created
        networking.istio.io  DestinationRule  default    my-app-dr       Synced                 destinationrule.networking.istio.io/my-app-dr created
    "#]]);
    bench.check(
        "kubectl get applications -o wide",
        &expect![[r#"
        NAME   SYNC STATUS   HEALTH STATUS   REVISION                                   PROJECT
        shop   Synced        Healthy         75f92ee40c2f5323a8a726ba5dab03577393711a   default
    "#]],
    );
}

#[test]
fn what_differs_is_shown() {
    let mut bench = bench(AUTOMATED, &[]);
    bench.check("argocd app diff shop", &expect![[r#""#]]);
    bench.run("kubectl scale deployment my-app-blue --replicas=5");
    bench.check(
        "argocd app diff shop",
        &expect![[r#"

        ===== apps/Deployment default/my-app-blue ======
        13c13
        <   replicas: 5
        ---
        >   replicas: 2
        status 1
    "#]],
    );
    bench.check("argocd app get shop", &expect![[r#"
        Name:               default/shop
        Project:            default
        Server:             https://kubernetes.default.svc
        Namespace:          default
        URL:                https://argocd.example.com/applications/shop
        Source:
        - Repo:             https://git.example.com/shop/deploy.git
          Target:           main
          Path:             deploy
        SyncWindow:         Sync Allowed
        Sync Policy:        Automated
        Sync Status:        OutOfSync from main (75f92ee)
        Health Status:      Progressing

        GROUP                KIND             NAMESPACE  NAME            STATUS     HEALTH       HOOK  MESSAGE
                             Service          default    my-app-service  Synced     Healthy            service/my-app-service created
        apps                 Deployment       default    my-app-blue     OutOfSync  Progressing        deployment.apps/my-app-blue created
        networking.istio.io  Gateway          default    my-gateway      Synced                        gateway.networking.istio.io/my-gateway created
        networking.istio.io  VirtualService   default    my-app-vs       Synced                        virtualservice.networking.istio.io/my-app-vs created
        networking.istio.io  DestinationRule  default    my-app-dr       Synced                        destinationrule.networking.istio.io/my-app-dr created
    "#]]);
}

#[test]
fn a_sync_is_followed_to_its_end() {
    let migrate = hook("migrate", "myorg/migrate:v2", "argocd.argoproj.io/hook: PreSync");
    let mut bench = bench("", &[("deploy/migrate.yaml", &migrate)]);
    bench.check_to_end("argocd app sync shop", 60, &expect![[r#"
        TIMESTAMP                  GROUP                      KIND        NAMESPACE                  NAME    STATUS    HEALTH        HOOK  MESSAGE
        2026-01-05T09:00:30+00:00                          Service          default        my-app-service  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00   apps                Deployment          default           my-app-blue  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io  DestinationRule     default             my-app-dr  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io     Gateway          default            my-gateway  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io  VirtualService      default             my-app-vs  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  batch         Job     default               migrate   Running   Synced     PreSync  job.batch/migrate created
        2026-01-05T09:00:36+00:00  batch                       Job          default               migrate  Succeeded   Synced         PreSync  Reached expected number of succeeded pods
        2026-01-05T09:00:36+00:00                          Service          default        my-app-service    Synced   Healthy                  service/my-app-service created
        2026-01-05T09:00:36+00:00   apps                Deployment          default           my-app-blue    Synced   Progressing              deployment.apps/my-app-blue created
        2026-01-05T09:00:36+00:00  networking.istio.io     Gateway          default            my-gateway    Synced                            gateway.networking.istio.io/my-gateway created
        2026-01-05T09:00:36+00:00  networking.istio.io  VirtualService      default             my-app-vs    Synced                            virtualservice.networking.istio.io/my-app-vs created
        2026-01-05T09:00:36+00:00  networking.istio.io  DestinationRule     default             my-app-dr    Synced                            destinationrule.networking.istio.io/my-app-dr created

        Name:               default/shop
        Project:            default
        Server:             https://kubernetes.default.svc
        Namespace:          default
        URL:                https://argocd.example.com/applications/shop
        Source:
        - Repo:             https://git.example.com/shop/deploy.git
          Target:           main
          Path:             deploy
        SyncWindow:         Sync Allowed
        Sync Policy:        Manual
        Sync Status:        Synced to main (34a4e19)
        Health Status:      Progressing

        Operation:          Sync
        Sync Revision:      34a4e19517b440c4e2e023ff0572e52b4f6816a0
        Phase:              Succeeded
        Start:              2026-01-05 09:00:30 +0000 UTC
        Finished:           2026-01-05 09:00:36 +0000 UTC
        Duration:           6s
        Message:            successfully synced (all tasks run)

        GROUP                KIND             NAMESPACE  NAME            STATUS     HEALTH       HOOK     MESSAGE
        batch                Job              default    migrate         Succeeded  Synced       PreSync  Reached expected number of succeeded pods
                             Service          default    my-app-service  Synced     Healthy               service/my-app-service created
        apps                 Deployment       default    my-app-blue     Synced     Progressing           deployment.apps/my-app-blue created
        networking.istio.io  Gateway          default    my-gateway      Synced                           gateway.networking.istio.io/my-gateway created
        networking.istio.io  VirtualService   default    my-app-vs       Synced                           virtualservice.networking.istio.io/my-app-vs created
        networking.istio.io  DestinationRule  default    my-app-dr       Synced                           destinationrule.networking.istio.io/my-app-dr created
    "#]]);
}

#[test]
fn a_sync_that_fails_ends_with_status_one() {
    let smoke = hook("smoke", "myorg/smoke:v1", "argocd.argoproj.io/hook: PreSync");
    let mut bench = bench("", &[("deploy/smoke.yaml", &smoke)]);
    bench.check_to_end("argocd app sync shop", 60, &expect![[r#"
        TIMESTAMP                  GROUP                      KIND        NAMESPACE                  NAME    STATUS    HEALTH        HOOK  MESSAGE
        2026-01-05T09:00:30+00:00                          Service          default        my-app-service  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00   apps                Deployment          default           my-app-blue  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io  DestinationRule     default             my-app-dr  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io     Gateway          default            my-gateway  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io  VirtualService      default             my-app-vs  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  batch         Job     default                 smoke   Running   Synced     PreSync  job.batch/smoke created
        2026-01-05T09:00:34+00:00  batch         Job     default                 smoke    Failed   Synced     PreSync  Job has reached the specified backoff limit

        Name:               default/shop
        Project:            default
        Server:             https://kubernetes.default.svc
        Namespace:          default
        URL:                https://argocd.example.com/applications/shop
        Source:
        - Repo:             https://git.example.com/shop/deploy.git
          Target:           main
          Path:             deploy
        SyncWindow:         Sync Allowed
        Sync Policy:        Manual
        Sync Status:        OutOfSync from main (66dd5bf)
        Health Status:      Missing

        Operation:          Sync
        Sync Revision:      66dd5bfd6475cab4f79571de699720f2f25b8f43
        Phase:              Failed
        Start:              2026-01-05 09:00:30 +0000 UTC
        Finished:           2026-01-05 09:00:34 +0000 UTC
        Duration:           4s
        Message:            one or more synchronization tasks completed unsuccessfully, reason: Job has reached the specified backoff limit

        GROUP                KIND             NAMESPACE  NAME            STATUS     HEALTH   HOOK     MESSAGE
        batch                Job              default    smoke           Failed     Synced   PreSync  Job has reached the specified backoff limit
                             Service          default    my-app-service  OutOfSync  Missing           
        apps                 Deployment       default    my-app-blue     OutOfSync  Missing           
        networking.istio.io  DestinationRule  default    my-app-dr       OutOfSync  Missing           
        networking.istio.io  Gateway          default    my-gateway      OutOfSync  Missing           
        networking.istio.io  VirtualService   default    my-app-vs       OutOfSync  Missing           
        ! {"level":"fatal","msg":"Operation has completed with phase: Failed","time":"2026-01-05T09:00:34Z"}
        status 1
    "#]]);
}

#[test]
fn waiting_ends_when_all_is_healthy_or_the_time_is_over() {
    let mut bench = bench("", &[]);
    bench.check_to_end("argocd app wait shop --timeout 3", 60, &expect![[r#"
        TIMESTAMP                  GROUP                      KIND        NAMESPACE                  NAME    STATUS    HEALTH        HOOK  MESSAGE
        2026-01-05T09:00:30+00:00                          Service          default        my-app-service  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00   apps                Deployment          default           my-app-blue  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io  DestinationRule     default             my-app-dr  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io     Gateway          default            my-gateway  OutOfSync  Missing              
        2026-01-05T09:00:30+00:00  networking.istio.io  VirtualService      default             my-app-vs  OutOfSync  Missing              

        This is the state of the app after `wait` timed out:

        Name:               default/shop
        Project:            default
        Server:             https://kubernetes.default.svc
        Namespace:          default
        URL:                https://argocd.example.com/applications/shop
        Source:
        - Repo:             https://git.example.com/shop/deploy.git
          Target:           main
          Path:             deploy
        SyncWindow:         Sync Allowed
        Sync Policy:        Manual
        Sync Status:        OutOfSync from main (ac01dfc)
        Health Status:      Missing


        GROUP                KIND             NAMESPACE  NAME            STATUS     HEALTH   HOOK  MESSAGE
                             Service          default    my-app-service  OutOfSync  Missing        
        apps                 Deployment       default    my-app-blue     OutOfSync  Missing        
        networking.istio.io  DestinationRule  default    my-app-dr       OutOfSync  Missing        
        networking.istio.io  Gateway          default    my-gateway      OutOfSync  Missing        
        networking.istio.io  VirtualService   default    my-app-vs       OutOfSync  Missing        

        The command timed out waiting for the conditions to be met.
        ! {"level":"fatal","msg":"timed out (3s) waiting for app \"shop\" match desired state","time":"2026-01-05T09:00:33Z"}
        status 20
    "#]]);
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
    bench.check(
        "argocd app history shop",
        &expect![[r#"
        SOURCE  https://git.example.com/shop/deploy.git
        ID      DATE                           REVISION
        0       2026-01-05 09:00:00 +0000 UTC  main (1b0b5ae)
        1       2026-01-05 09:00:30 +0000 UTC  main (a7e1e11)
    "#]],
    );
    bench.check("argocd app rollback shop 0", &expect![[r#"
        ! {"level":"fatal","msg":"rpc error: code = FailedPrecondition desc = rollback cannot be initiated when auto-sync is enabled","time":"2026-01-05T09:00:50Z"}
        status 20
    "#]]);
    bench.run("argocd app set shop --sync-policy none");
    bench.wait(1);
    let reply = bench.run_to_end("argocd app rollback shop 0", 60);
    assert_eq!(reply.status, Some(0), "{}", reply.stdout);
    bench.check("kubectl get deploy my-app-blue -o jsonpath='{.spec.replicas}'", &expect!["2"]);
    bench.check(
        "argocd app list -o name",
        &expect![[r#"
        default/shop
    "#]],
    );
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
    bench.check("argocd app get nothing", &expect![[r#"
        ! {"level":"fatal","msg":"rpc error: code = PermissionDenied desc = permission denied","time":"2026-01-05T09:00:30Z"}
        status 20
    "#]]);
    bench.check("argocd app rollback shop", &expect![[r#"
        ! {"level":"fatal","msg":"Application 'shop' should have at least two successful deployments","time":"2026-01-05T09:00:30Z"}
        status 20
    "#]]);
}

#[test]
fn an_application_that_means_something_else_is_refused() {
    let mut bench = Bench::with(&[(
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  project: default\n  \
         source: {repoURL: 'https://charts.example.com', chart: shop}\n  destination: {server: \
         'https://elsewhere.example.com', namespace: shop}\n  syncPolicy: {syncOptions: [ServerSideApply=true]}\n",
    )]);
    bench.check(
        "kubectl apply -f app.yaml",
        &expect![[r#"
        ! Warning: not modelled: spec.syncPolicy.syncOptions[0]: "ServerSideApply=true" (app.yaml:8)
        ! error: error: error when creating "app.yaml": not modelled: spec.source.chart
        !   app.yaml:6:51: leave it out; it is refused because the rest would mean something else
        status 1
    "#]],
    );
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

/// CD-03.
#[test]
fn a_rollback_comes_from_where_the_revision_came_and_runs_no_hook() {
    let migrate = hook("migrate", "myorg/migrate:v2", "argocd.argoproj.io/hook: PreSync");
    let policy = "  syncPolicy: {retry: {limit: 5}}\n";
    let mut bench = bench(policy, &[("deploy/migrate.yaml", &migrate)]);
    bench.run_to_end("argocd app sync shop", 60);
    let moved = "sed 's/replicas: .*/replicas: 4/' deploy/blue.yaml > other/blue.yaml; rm deploy/*.yaml; git add -A; \
                 git commit -qm Moved; git push -q; sed -i 's/path: deploy/path: other/' app.yaml; kubectl apply -f \
                 app.yaml";
    assert_eq!(bench.run(moved).status, Some(0));
    bench.run_to_end("argocd app sync shop", 60);
    let replicas = "kubectl get deploy my-app-blue -o jsonpath='{.spec.replicas}'";
    bench.check(replicas, &expect!["4"]);
    bench.run("kubectl delete job migrate");
    bench.run_to_end("argocd app rollback shop 0", 60);
    bench.check(replicas, &expect!["2"]);
    assert_eq!(bench.run("kubectl get job migrate").status, Some(1), "no hook has run");
    // A revision that cannot be applied any more is tried once.
    bench.run("kubectl delete deploy my-app-blue");
    bench.run("sed 's/version: blue/version: navy/' other/blue.yaml | kubectl apply -f -");
    bench.run_to_end("argocd app rollback shop 0", 60);
    let told = bench.run("argocd app get shop --show-operation").stdout;
    let refused = "Message:            one or more objects failed to apply (dry run)\n";
    assert!(told.contains(refused), "{told}");
}
