//! `istioctl`: analysis, and each proxy's own view.

use expect_test::expect;

use super::bench::{Bench, MESH, SERVICE, shown};

const GATEWAY: &str = "deploy/istio-ingressgateway.istio-system";

/// A mesh file whose route wants a subset that the rule does not define.
fn purple() -> String {
    MESH.replace("subset: green}", "subset: purple}")
}

#[test]
fn analyze_speaks_of_the_cluster_and_fails_for_errors() {
    // The subset green has no pods yet (IST-22).
    Bench::settled().check("istioctl analyze", &expect![[r#"
        Error [IST0173] (DestinationRule default/my-app-dr) The Subset green defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).
        Info [IST0102] (Namespace default) The namespace is not enabled for Istio injection. Run 'kubectl label namespace default istio-injection=enabled' to enable it, or 'kubectl label namespace default istio-injection=disabled' to explicitly mark it as not needing injection.
        Info [IST0118] (Service default/my-app-service) Port name  (port: 80, targetPort: 8080) doesn't follow the naming convention of Istio port.
        ! Error: Analyzers found issues when analyzing namespace: default.
        ! See https://istio.io/v1.26/docs/reference/config/analysis for more information about causes and resolutions.
        status 79
    "#]]);
}

#[test]
fn analyze_shows_what_a_file_would_break() {
    let purple = purple();
    let mut bench = Bench::settled_with(&[("purple.yaml", &purple)]);
    bench.check("istioctl analyze purple.yaml", &expect![[r#"
        Error [IST0101] (VirtualService default/my-app-vs purple.yaml:22) Referenced host+subset in destinationrule not found: "my-app-service+purple"
        Error [IST0173] (DestinationRule default/my-app-dr purple.yaml:25) The Subset green defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).
        Info [IST0102] (Namespace default) The namespace is not enabled for Istio injection. Run 'kubectl label namespace default istio-injection=enabled' to enable it, or 'kubectl label namespace default istio-injection=disabled' to explicitly mark it as not needing injection.
        Info [IST0118] (Service default/my-app-service) Port name  (port: 80, targetPort: 8080) doesn't follow the naming convention of Istio port.
        ! Error: Analyzers found issues when analyzing namespace: default.
        ! See https://istio.io/v1.26/docs/reference/config/analysis for more information about causes and resolutions.
        status 79
    "#]]);
    bench.check("istioctl analyze purple.yaml -o json | head -n 9", &expect![[r#"
        [
        	{
        		"code": "IST0101",
        		"documentationUrl": "https://istio.io/v1.26/docs/reference/config/analysis/ist0101/?ref=istioctl-analyze",
        		"level": "Error",
        		"message": "Referenced host+subset in destinationrule not found: \"my-app-service+purple\"",
        		"origin": "VirtualService default/my-app-vs",
        		"reference": "purple.yaml:22"
        	},
    "#]]);
    assert_eq!(bench.run("istioctl analyze purple.yaml -o json").status, Some(0));
    assert_eq!(bench.run("istioctl analyze purple.yaml -o yaml").status, Some(0));
    // Nothing was applied.
    assert!(!bench.run("istioctl analyze").stdout.contains("purple"));
}

#[test]
fn analyze_of_files_alone_does_not_look_at_the_cluster() {
    let service = SERVICE.replace("{port: 80", "{name: http, port: 80");
    let mut bench = Bench::settled_with(&[("named.yaml", &service)]);
    bench.check(
        "istioctl analyze --use-kube=false named.yaml",
        &expect![[r#"

        ! ✔ No validation issues found when analyzing named.yaml.
    "#]],
    );
    bench.check("istioctl analyze -k=false mesh.yaml", &expect![[r#"
        Error [IST0101] (VirtualService default/my-app-vs mesh.yaml:20) Referenced host not found: "my-app-service"
        Error [IST0101] (VirtualService default/my-app-vs mesh.yaml:22) Referenced host not found: "my-app-service"
        Warning [IST0174] (DestinationRule default/my-app-dr mesh.yaml:25) The host my-app-service defined in the DestinationRule does not match any services in the mesh.
        ! Error: Analyzers found issues when analyzing namespace: default.
        ! See https://istio.io/v1.26/docs/reference/config/analysis for more information about causes and resolutions.
        status 79
    "#]]);
    bench.check(
        "cat named.yaml | istioctl analyze --use-kube=false -",
        &expect![[r#"

        ! ✔ No validation issues found when analyzing -.
    "#]],
    );
}

#[test]
fn analyze_fails_at_the_threshold_that_is_asked_for() {
    let mut bench = Bench::settled();
    for (flags, status) in [
        ("--use-kube=false service.yaml", 0),
        ("--use-kube=false service.yaml --failure-threshold Info", 79),
        ("--use-kube=false service.yaml --failure-threshold=warning", 0),
        ("--use-kube=false service.yaml --failure-threshold Info -o json", 0),
        ("--use-kube=false mesh.yaml", 79),
        ("--failure-threshold Fatal", 64),
        ("--output xml", 64),
        ("--nothing", 64),
        ("missing.yaml", 1),
        ("-n nowhere", 0),
        ("-A", 79),
        ("-L", 0),
        ("-R .", 79),
    ] {
        let reply = bench.run(&format!("istioctl analyze {flags}"));
        assert_eq!(reply.status, Some(status), "{flags}: {}", shown(&reply));
    }
    bench.check("istioctl analyze --failure-threshold Fatal", &expect![[r#"
        ! Error: invalid argument "Fatal" for "--failure-threshold" flag: "Fatal" not a valid option, please choose from: [Info Warning Error]
        status 64
    "#]]);
    bench.check(
        "istioctl analyze missing.yaml",
        &expect![[r#"
        ! Error: stat missing.yaml: no such file or directory
        status 1
    "#]],
    );
    bench.check(
        "istioctl analyze -n nowhere",
        &expect![[r#"
        ! namespace "nowhere" not found
    "#]],
    );
}

#[test]
fn analyze_names_files_that_cannot_be_parsed() {
    let files = [("bad.yaml", "a: ["), ("notes.txt", "x"), ("odd.yaml", "kind: Gateway")];
    let mut bench = Bench::settled_with(&files);
    bench.check("istioctl analyze --use-kube=false bad.yaml odd.yaml notes.txt", &expect![[r#"

        ! Skipping file notes.txt, recognized file extensions are: [.json .yaml .yml]
        ! Error(s) adding files: 2 errors occurred:
        ! 	* bad.yaml:2:1: error: not valid YAML: while parsing a node, did not find expected node content; check the indentation of this line and of the one before: two spaces a level, no tabs
        ! 	* odd.yaml:1:1: error: apiVersion not set; write which kind of object this is
        ! 
        ! No validation issues found when analyzing namespace: default (but 1 file could not be parsed).
        ! Error: Some files couldn't be parsed.
        status 65
    "#]]);
    let reply = bench.run("istioctl analyze --use-kube=false bad.yaml --ignore-unknown");
    assert_eq!(reply.status, Some(0));
}

#[test]
fn proxy_status_tells_what_the_gateway_has_acknowledged() {
    let mut bench = Bench::empty();
    bench.check("istioctl proxy-status", &expect![[r#"
        NAME                                                  CLUSTER        CDS        LDS        EDS        RDS         ECDS        ISTIOD                      VERSION
        istio-ingressgateway-7f8c9d6b5-x2k4w.istio-system     Kubernetes     SYNCED     SYNCED     SYNCED     IGNORED     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
    "#]]);
    let mut bench = Bench::settled();
    bench.check("istioctl ps", &expect![[r#"
        NAME                                                  CLUSTER        CDS              LDS              EDS              RDS              ECDS        ISTIOD                      VERSION
        istio-ingressgateway-7f8c9d6b5-x2k4w.istio-system     Kubernetes     SYNCED (60s)     SYNCED (60s)     SYNCED (55s)     SYNCED (60s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
    "#]]);
    // After istiod has computed and before the gateway has it (IST-70, 71).
    bench.run("kubectl patch vs my-app-vs --type=json -p '[{\"op\": \"replace\", \"path\": \"/spec/http/0/route/0/weight\", \"value\": 10}]'");
    let mut stale = None;
    for _ in 0..400 {
        let next = bench.now() + crate::time::SimDuration::from_millis(1);
        bench.simulation.run_until(next);
        let mesh = &bench.world().mesh;
        if mesh.newest().version != mesh.gateway().config.version {
            stale = Some(bench.run("istioctl ps"));
            break;
        }
    }
    let stale = stale.expect("the configuration is under way for a while");
    expect![[r#"
        NAME                                                  CLUSTER        CDS              LDS              EDS              RDS             ECDS        ISTIOD                      VERSION
        istio-ingressgateway-7f8c9d6b5-x2k4w.istio-system     Kubernetes     SYNCED (60s)     SYNCED (60s)     SYNCED (55s)     STALE (60s)     IGNORED     istiod-6d9f8b7c54-m8w2z     1.26.0
    "#]].assert_eq(&shown(&stale));
    let diff = bench.run(&format!("istioctl ps {GATEWAY}"));
    expect![[r#"
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
    "#]].assert_eq(&shown(&diff));
    bench.wait(5);
    bench.check(
        &format!("istioctl proxy-status {GATEWAY}"),
        &expect![[r#"
        Clusters Match
        Listeners Match
        Routes Match
    "#]],
    );
}

#[test]
fn proxy_config_shows_routes_clusters_endpoints_and_listeners() {
    let mut bench = Bench::settled();
    for (what, expected) in [
        (
            "routes",
            expect![[r#"
            NAME          VHOST NAME     DOMAINS     MATCH                  VIRTUAL SERVICE
            http.8080     *:80           *           /*                     my-app-vs.default
                          backend        *           /stats/prometheus*     
                          backend        *           /healthz/ready*        
        "#]],
        ),
        (
            "clusters",
            expect![[r#"
            SERVICE FQDN                                 PORT     SUBSET     DIRECTION     TYPE       DESTINATION RULE
            BlackHoleCluster                             -        -          -             STATIC     
            agent                                        -        -          -             STATIC     
            my-app-service.default.svc.cluster.local     80       -          outbound      EDS        my-app-dr.default
            my-app-service.default.svc.cluster.local     80       blue       outbound      EDS        my-app-dr.default
            my-app-service.default.svc.cluster.local     80       green      outbound      EDS        my-app-dr.default
            prometheus_stats                             -        -          -             STATIC     
            sds-grpc                                     -        -          -             STATIC     
            xds-grpc                                     -        -          -             STATIC     
        "#]],
        ),
        (
            "endpoints",
            expect![[r#"
            ENDPOINT                                                STATUS      OUTLIER CHECK     CLUSTER
            10.244.1.2:8080                                         HEALTHY     OK                outbound|80|blue|my-app-service.default.svc.cluster.local
            10.244.1.2:8080                                         HEALTHY     OK                outbound|80||my-app-service.default.svc.cluster.local
            10.244.2.2:8080                                         HEALTHY     OK                outbound|80|blue|my-app-service.default.svc.cluster.local
            10.244.2.2:8080                                         HEALTHY     OK                outbound|80||my-app-service.default.svc.cluster.local
            127.0.0.1:15000                                         HEALTHY     OK                prometheus_stats
            127.0.0.1:15020                                         HEALTHY     OK                agent
            unix://./etc/istio/proxy/XDS                            HEALTHY     OK                xds-grpc
            unix://./var/run/secrets/workload-spiffe-uds/socket     HEALTHY     OK                sds-grpc
        "#]],
        ),
        (
            "listeners",
            expect![[r#"
            ADDRESSES PORT  MATCH DESTINATION
            0.0.0.0   8080  ALL   Route: http.8080
            0.0.0.0   15021 ALL   Inline Route: /healthz/ready*
            0.0.0.0   15090 ALL   Inline Route: /stats/prometheus*
        "#]],
        ),
    ] {
        bench.check(&format!("istioctl proxy-config {what} {GATEWAY}"), &expected);
    }
}

#[test]
fn proxy_config_can_be_narrowed() {
    let mut bench = Bench::settled();
    for (command, lines) in [
        ("c GW --subset green", 1),
        ("c GW --subset blue --port 80", 1),
        ("c GW --subset blue --port 81", 0),
        ("c GW --fqdn my-app-service.default.svc.cluster.local", 3),
        ("c GW --direction inbound", 0),
        ("ep GW --cluster 'outbound|80|blue|my-app-service.default.svc.cluster.local'", 2),
        ("ep GW --cluster 'outbound|80|green|my-app-service.default.svc.cluster.local'", 0),
        ("ep GW --port 8080", 4),
        ("ep GW --status healthy --port 8080", 4),
        ("ep GW --status unhealthy", 0),
        ("l GW --port 8080", 1),
        ("l GW --type tcp", 0),
        ("r GW --name http.8080", 1),
        ("r GW --name 80", 0),
    ] {
        let command = command.replace("GW", GATEWAY);
        let reply = bench.run(&format!("istioctl pc {command}"));
        assert_eq!(reply.stdout.lines().count(), 1 + lines, "{command}: {}", shown(&reply));
        let reply = bench.run(&format!("istioctl pc {command} -o json"));
        let list: Vec<serde_json::Value> = serde_json::from_str(&reply.stdout).expect("a list");
        assert_eq!(list.is_empty(), lines == 0, "{command}");
        assert_eq!(bench.run(&format!("istioctl pc {command} -o yaml")).status, Some(0));
    }
}

#[test]
fn the_dump_is_envoys_own_configuration() {
    let mut bench = Bench::settled();
    bench.check(&format!("istioctl pc r {GATEWAY} --name http.8080 -o json"), &expect![[r#"
        [
            {
                "name": "http.8080",
                "validateClusters": false,
                "virtualHosts": [
                    {
                        "domains": [
                            "*"
                        ],
                        "name": "*:80",
                        "routes": [
                            {
                                "match": {
                                    "prefix": "/"
                                },
                                "metadata": {
                                    "filterMetadata": {
                                        "istio": {
                                            "config": "/apis/networking.istio.io/v1/namespaces/default/virtual-service/my-app-vs"
                                        }
                                    }
                                },
                                "route": {
                                    "retryPolicy": {
                                        "numRetries": 2
                                    },
                                    "timeout": "0s",
                                    "weightedClusters": {
                                        "clusters": [
                                            {
                                                "name": "outbound|80|blue|my-app-service.default.svc.cluster.local",
                                                "weight": 90
                                            },
                                            {
                                                "name": "outbound|80|green|my-app-service.default.svc.cluster.local",
                                                "weight": 10
                                            }
                                        ]
                                    }
                                }
                            }
                        ]
                    }
                ]
            }
        ]
    "#]]);
    bench.check(
        &format!("istioctl pc c {GATEWAY} --subset green -o yaml"),
        &expect![[r#"
            - circuitBreakers:
                thresholds:
                - maxConnections: 4294967295
                  maxPendingRequests: 4294967295
                  maxRequests: 4294967295
                  maxRetries: 4294967295
                  trackRemaining: true
              edsClusterConfig:
                edsConfig:
                  ads: {}
                  resourceApiVersion: V3
                serviceName: outbound|80|green|my-app-service.default.svc.cluster.local
              lbPolicy: LEAST_REQUEST
              metadata:
                filterMetadata:
                  istio:
                    config: /apis/networking.istio.io/v1/namespaces/default/destination-rule/my-app-dr
              name: outbound|80|green|my-app-service.default.svc.cluster.local
              type: EDS

        "#]],
    );
}

#[test]
fn the_dump_tells_every_setting_that_the_proxy_heeds() {
    // IST-02, 30..38, 42, 45, 50, 60.
    let rules = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-app-vs}
spec:
  hosts: ['*']
  gateways: [my-gateway]
  http:
    - match: [{uri: {regex: '/a.*'}, method: {exact: GET}, headers: {x-beta: {}}}]
      route: [{destination: {host: my-app-service, subset: blue}}]
      timeout: 2.5s
      retries: {attempts: 3, perTryTimeout: 500ms}
      fault: {delay: {fixedDelay: 2s, percentage: {value: 10}}}
      mirror: {host: my-app-service, subset: green}
      mirrorPercentage: {value: 50}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-app-dr}
spec:
  host: my-app-service
  trafficPolicy:
    loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 60s}}
    connectionPool: {http: {http1MaxPendingRequests: 7}}
    outlierDetection: {consecutive5xxErrors: 3, minHealthPercent: 20}
  subsets:
    - {name: blue, labels: {version: blue}}
    - {name: green, labels: {version: green}}
";
    let mut bench = Bench::settled_with(&[("rules.yaml", rules)]);
    assert_eq!(bench.run("kubectl apply -f rules.yaml").status, Some(0));
    bench.wait(5);
    let mut dump = |what: &str| -> serde_json::Value {
        let reply = bench.run(&format!("istioctl pc {what} {GATEWAY} -o json"));
        serde_json::from_str(&reply.stdout).expect("JSON")
    };
    let (route, cluster) = (dump("r --name http.8080"), dump("c --subset blue"));
    for (pointer, expected) in [
        ("/match/safeRegex/regex", "\"/a.*\""),
        ("/match/headers/0/stringMatch/exact", "\"GET\""),
        ("/match/headers/1/presentMatch", "true"),
        ("/route/timeout", "\"2.5s\""),
        ("/route/retryPolicy/numRetries", "3"),
        ("/route/retryPolicy/perTryTimeout", "\"0.5s\""),
        ("/route/requestMirrorPolicies/0/runtimeFraction/defaultValue/numerator", "500000"),
        ("/typedPerFilterConfig/envoy.filters.http.fault/delay/percentage/numerator", "100000"),
    ] {
        let found = route[0]["virtualHosts"][0]["routes"][0].pointer(pointer);
        assert_eq!(found.map(ToString::to_string).as_deref(), Some(expected), "{pointer}");
    }
    for (pointer, expected) in [
        ("/lbPolicy", "\"ROUND_ROBIN\""),
        ("/roundRobinLbConfig/slowStartConfig/slowStartWindow", "\"60s\""),
        ("/circuitBreakers/thresholds/0/maxPendingRequests", "7"),
        ("/circuitBreakers/thresholds/0/maxConnections", "4294967295"),
        ("/outlierDetection/consecutive5xx", "3"),
        ("/commonLbConfig/healthyPanicThreshold/value", "20"),
    ] {
        let found = cluster[0].pointer(pointer);
        assert_eq!(found.map(ToString::to_string).as_deref(), Some(expected), "{pointer}");
    }
    let table = bench.run(&format!("istioctl pc r {GATEWAY} --name http.8080")).stdout;
    assert!(table.contains(" regex /a.* "), "{table}");
}

#[test]
fn a_proxy_goes_on_using_what_it_has() {
    // IST-21: a route to a subset without a cluster is 503 NC; the cluster's name is shown.
    let purple = purple();
    let mut bench = Bench::settled_with(&[("purple.yaml", &purple)]);
    let routes = format!("istioctl pc r {GATEWAY} --name http.8080 -o json");
    let before = bench.run(&routes);
    bench.run("kubectl apply -f purple.yaml");
    // istiod has not even seen it (IST-70).
    assert_eq!(bench.run(&routes).stdout, before.stdout);
    bench.wait(5);
    assert!(bench.run(&routes).stdout.contains("outbound|80|purple|my-app-service.default.svc"));
    let clusters = bench.run(&format!("istioctl pc c {GATEWAY} --subset purple"));
    assert_eq!(clusters.stdout.lines().count(), 1);
}

#[test]
fn domains_are_what_gateways_open_and_virtual_services_route() {
    let several = "\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: my-gateway}
spec:
  selector: {istio: ingressgateway}
  servers:
    - port: {number: 80, name: http, protocol: HTTP}
      hosts: [shop.example.com, '*.test']
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-app-vs}
spec:
  hosts: ['*']
  gateways: [my-gateway]
  http:
    - match: [{uri: {prefix: /a}}, {uri: {exact: /b}, headers: {x: {exact: '1'}}}]
      route: [{destination: {host: my-app-service}}]
    - route: [{destination: {host: my-app-service}}]
    - match: [{uri: {prefix: /never}}]
      route: [{destination: {host: my-app-service}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: pay}
spec:
  hosts: [pay.test, other.example.com]
  gateways: [my-gateway]
  http: [{match: [{method: {exact: GET}}], route: [{destination: {host: my-app-service}}]}]
";
    let mut bench = Bench::settled_with(&[("several.yaml", several)]);
    bench.run("kubectl apply -f several.yaml");
    bench.wait(5);
    bench.check(&format!("istioctl pc r {GATEWAY}"), &expect![[r#"
        NAME          VHOST NAME              DOMAINS              MATCH                  VIRTUAL SERVICE
        http.8080     *.test:80               *.test               /a*                    my-app-vs.default
        http.8080     *.test:80               *.test               /b                     my-app-vs.default
        http.8080     *.test:80               *.test               /*                     my-app-vs.default
        http.8080     pay.test:80             pay.test             /*                     pay.default
        http.8080     shop.example.com:80     shop.example.com     /a*                    my-app-vs.default
        http.8080     shop.example.com:80     shop.example.com     /b                     my-app-vs.default
        http.8080     shop.example.com:80     shop.example.com     /*                     my-app-vs.default
                      backend                 *                    /stats/prometheus*     
                      backend                 *                    /healthz/ready*        
    "#]]);
    bench.run("kubectl delete vs my-app-vs pay");
    bench.wait(5);
    bench.check(
        &format!("istioctl pc r {GATEWAY}"),
        &expect![[r#"
        NAME          VHOST NAME       DOMAINS     MATCH                  VIRTUAL SERVICE
        http.8080     blackhole:80     *           /*                     404
                      backend          *           /stats/prometheus*     
                      backend          *           /healthz/ready*        
    "#]],
    );
}

#[test]
fn a_proxy_that_is_not_there_is_answered_as_istioctl_does() {
    let mut bench = Bench::settled();
    for (line, expected) in [
        (
            "istioctl pc routes",
            expect![[r#"
            ! Error: route requires pod name or --file parameter
            status 1
        "#]],
        ),
        (
            "istioctl pc routes nobody",
            expect![[r#"
            ! Error: unable to retrieve Pod: pods "nobody" not found
            status 1
        "#]],
        ),
        (
            "istioctl pc routes deploy/istio-ingressgateway",
            expect![[r#"
            ! Error: deployments.apps "istio-ingressgateway" not found
            status 1
        "#]],
        ),
        (
            "istioctl pc routes deploy/my-app-blue",
            expect![[r#"
            ! Error: failed to execute command on my-app-blue.default sidecar: container istio-proxy is not valid for deployment my-app-blue
            status 1
        "#]],
        ),
        (
            "istioctl pc routes odd/x",
            expect![[r#"
            ! Error: the server doesn't have a resource type "odd"
            status 1
        "#]],
        ),
        (
            "istioctl pc routes deploy/istio-ingressgateway -n istio-system -o xml",
            expect![[r#"
            ! Error: output format "xml" not supported
            status 1
        "#]],
        ),
        (
            "istioctl pc wings x",
            expect![[r#"
            ! Error: unknown subcommand "wings"
            status 64
        "#]],
        ),
        (
            "istioctl fly",
            expect![[r#"
            ! Error: unknown command "fly" for "istioctl"
            ! Run 'istioctl --help' for usage.
            status 64
        "#]],
        ),
    ] {
        bench.check(line, &expected);
    }
}

#[test]
fn istioctl_explains_itself() {
    let mut bench = Bench::empty();
    bench.check(
        "istioctl",
        &expect![[r#"
        Istio configuration command line utility, for the simulated mesh.

        Available Commands:
          analyze                 Analyze Istio configuration and print validation messages
          proxy-config cluster    Clusters that a proxy knows
          proxy-config endpoint   Endpoints that a proxy uses
          proxy-config listener   Ports that a proxy listens on
          proxy-config route      Routes that a proxy follows
          proxy-status            Whether each proxy has what istiod has sent
          version                 Print the version

        Use "istioctl [command] --help" for more information about a command.
    "#]],
    );
    bench.check(
        "istioctl pc endpoints --help",
        &expect![[r#"
        Endpoints that a proxy uses

        Usage:
          istioctl proxy-config endpoint [<type>/]<name>[.<namespace>] [flags]

        Aliases:
          endpoint, endpoints, ep

        Flags:
            -o, --output=''            output format: json, yaml or short
                --port=0               only this port
                --address=''           only this address
                --cluster=''           only this cluster: outbound|PORT|SUBSET|HOST
                --status=''            only this status
            -h, --help=false           show this help
            -n, --namespace=''         namespace; users' objects live in default
            -i, --istioNamespace=''    accepted, without effect
                --context=''           accepted, without effect
                --kubeconfig=''        accepted, without effect
    "#]],
    );
    bench.check(
        "istioctl version",
        &expect![[r#"
        client version: 1.26.0 (simulated)
        control plane version: 1.26.0 (simulated)
        data plane version: 1.26.0 (1 proxies)
    "#]],
    );
    bench.check(
        "help istioctl version",
        &expect![[r#"
        Print the version

        Usage:
          istioctl version [flags]

        Flags:
            -s, --short=false          accepted; it is short
                --remote=false         accepted, without effect
            -h, --help=false           show this help
            -n, --namespace=''         namespace; users' objects live in default
            -i, --istioNamespace=''    accepted, without effect
                --context=''           accepted, without effect
                --kubeconfig=''        accepted, without effect
    "#]],
    );
    assert_eq!(bench.run("istioctl help analyze"), bench.run("istioctl analyze -h"));
    assert_eq!(bench.run("istioctl proxy-config"), bench.run("istioctl help pc"));
}
