//! Several proxies: each has its own view, and one may lag behind (IST-71).

use expect_test::expect;

use super::bench::{Bench, shown};
use crate::scenario::{SidecarCalls, Way};

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

/// Two objects with rules for one host, bound to the mesh; the second sends it elsewhere.
const INSIDE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: inside}
spec:
  hosts: [my-app-service]
  http: [{route: [{destination: {host: my-app-service, subset: blue}}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: later}
spec:
  hosts: [my-app-service]
  http: [{route: [{destination: {host: my-app-service, subset: green}}]}]
";

/// A caller with two pods, beside the gateway.
fn called() -> Bench {
    Bench::settled_in(|scenario| {
        let labels = [("app".to_owned(), "checkout".to_owned())].into();
        scenario.traffic[0].way = Way::Sidecar(SidecarCalls {
            service: "my-app-service".into(),
            port: 80,
            workload: "checkout".into(),
            pods: 2,
            labels,
        });
        scenario.traffic[0].host = "my-app-service".into();
        scenario.workspace.insert("inside.yaml".to_owned(), INSIDE.to_owned());
    })
}

/// IST-03, 71.
#[test]
fn the_sidecars_of_callers_have_a_view_of_their_own() {
    let mut bench = called();
    bench.check("istioctl proxy-status", &expect![[r#"
        NAME                                                  CLUSTER        CDS              LDS              EDS              RDS              ECDS        ISTIOD                      VERSION
        checkout-6d4b8c7f9-b7mqt.default                      Kubernetes     SYNCED (60s)     SYNCED (60s)     SYNCED (55s)     SYNCED (60s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
        checkout-6d4b8c7f9-x2k4w.default                      Kubernetes     SYNCED (60s)     SYNCED (60s)     SYNCED (55s)     SYNCED (60s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
        istio-ingressgateway-7f8c9d6b5-x2k4w.istio-system     Kubernetes     SYNCED (60s)     SYNCED (60s)     SYNCED (55s)     SYNCED (60s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
    "#]]);
    let pod = "checkout-6d4b8c7f9-x2k4w";
    bench.check(&format!("istioctl proxy-config routes {pod}"), &expect![[r#"
        NAME     VHOST NAME                                      DOMAINS                                                MATCH                  VIRTUAL SERVICE
        80       my-app-service.default.svc.cluster.local:80     my-app-service, my-app-service.default + 1 more...     /*                     
                 backend                                         *                                                      /stats/prometheus*     
                 backend                                         *                                                      /healthz/ready*        
    "#]]);
    bench.check(
        &format!("istioctl proxy-config listeners {pod}"),
        &expect![[r#"
        ADDRESSES PORT  MATCH DESTINATION
        0.0.0.0   80    ALL   Route: 80
        0.0.0.0   15021 ALL   Inline Route: /healthz/ready*
        0.0.0.0   15090 ALL   Inline Route: /stats/prometheus*
    "#]],
    );
    let reply = bench.run(&format!("istioctl proxy-config routes {pod} -o json"));
    assert!(reply.stdout.contains("outbound|80||my-app-service.default.svc.cluster.local"));
    // IST-05: bound to the mesh, it is theirs, with the oldest rule of the host (IST-09).
    let reply = bench.run("kubectl apply -f inside.yaml");
    assert_eq!(reply.status, Some(0), "{}", shown(&reply));
    bench.wait(5);
    bench.check("istioctl proxy-config routes deploy/checkout", &expect![[r#"
        NAME     VHOST NAME                                      DOMAINS                                                MATCH                  VIRTUAL SERVICE
        80       my-app-service.default.svc.cluster.local:80     my-app-service, my-app-service.default + 1 more...     /*                     inside.default
                 backend                                         *                                                      /stats/prometheus*     
                 backend                                         *                                                      /healthz/ready*        
    "#]]);
    let gateway = bench.run("istioctl pc routes deploy/istio-ingressgateway.istio-system");
    assert!(!gateway.stdout.contains("inside"), "{}", shown(&gateway));
}
