//! Several proxies: each has its own view, and one may lag behind (IST-71).

use expect_test::expect;

use super::bench::{Bench, shown};

const STUCK: &str = "istio-ingressgateway-7f8c9d6b5-b7mqt";

/// Three replicas; blue gets less than before, but one of them is not told.
fn one_lags() -> Bench {
    let mut bench = Bench::settled_behind(3);
    bench.run(&format!("fault stuck-push pod/{STUCK}"));
    let patch = r#"[{"op": "replace", "path": "/spec/http/0/route/0/weight", "value": 10}]"#;
    bench.run(&format!("kubectl patch vs my-app-vs --type=json -p '{patch}'"));
    bench.wait(10);
    bench
}

/// IST-71.
#[test]
fn proxy_status_names_the_replica_that_lags() {
    let mut bench = one_lags();
    bench.check("istioctl proxy-status", &expect![[r#"
        NAME                                                  CLUSTER        CDS              LDS              EDS              RDS              ECDS        ISTIOD                      VERSION
        istio-ingressgateway-7f8c9d6b5-b7mqt.istio-system     Kubernetes     SYNCED (70s)     SYNCED (70s)     SYNCED (65s)     STALE (70s)      IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
        istio-ingressgateway-7f8c9d6b5-h9v5d.istio-system     Kubernetes     SYNCED (70s)     SYNCED (70s)     SYNCED (65s)     SYNCED (10s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
        istio-ingressgateway-7f8c9d6b5-x2k4w.istio-system     Kubernetes     SYNCED (70s)     SYNCED (70s)     SYNCED (65s)     SYNCED (10s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
    "#]]);
    bench.run("fault end all");
    bench.wait(5);
    let reply = bench.run("istioctl proxy-status");
    assert!(!reply.stdout.contains("STALE"), "{}", shown(&reply));
}

/// IST-71, 73.
#[test]
fn proxy_status_and_proxy_config_show_the_view_of_the_proxy_that_is_named() {
    let mut bench = one_lags();
    let weights = |bench: &mut Bench, pod: &str| {
        let reply = bench.run(&format!("istioctl pc routes {pod}.istio-system -o json"));
        let weights = reply.stdout.lines().filter(|line| line.contains("\"weight\""));
        weights.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(weights(&mut bench, STUCK), ["\"weight\": 90", "\"weight\": 10"]);
    let other = "istio-ingressgateway-7f8c9d6b5-h9v5d";
    assert_eq!(weights(&mut bench, other), ["\"weight\": 10", "\"weight\": 10"]);
    bench.check(&format!("istioctl ps {STUCK}.istio-system"), &expect![[r#"
        Clusters Match
        Listeners Match
        Routes Don't Match
        --- Istiod Routes
        +++ Envoy Routes
        @@ -29,7 +29,7 @@
                                         "clusters": [
                                             {
                                                 "name": "outbound|80|blue|my-app-service.default.svc.cluster.local",
        -                                        "weight": 10
        +                                        "weight": 90
                                             },
                                             {
                                                 "name": "outbound|80|green|my-app-service.default.svc.cluster.local",
    "#]]);
    let reply = bench.run(&format!("istioctl ps {other}.istio-system"));
    assert_eq!(shown(&reply), "Clusters Match\nListeners Match\nRoutes Match\n");
    for what in ["clusters", "endpoints", "listeners"] {
        let reply = bench.run(&format!("istioctl pc {what} {other}.istio-system"));
        assert_eq!(reply.status, Some(0), "{what}");
    }
    let reply = bench.run("istioctl pc routes istio-ingressgateway-7f8c9d6b5-n4cjz.istio-system");
    assert_eq!(reply.status, Some(1), "there are three");
}

#[test]
fn completion_knows_every_proxy() {
    let bench = Bench::settled_behind(2);
    let names = ["x2k4w", "b7mqt"].map(|end| format!("istio-ingressgateway-7f8c9d6b5-{end}"));
    let line = |line: &str| bench.simulation.complete(line);
    for name in &names {
        assert!(line("istioctl ps istio").contains(&format!("{name}.istio-system")));
        assert!(line("fault stuck-push ").contains(&format!("pod/{name}")));
    }
    assert_eq!(line("fault thundering-herd "), ["users/nobody"]);
    assert!(line("fault pod-crash pod/my-app").len() == 2);
}
