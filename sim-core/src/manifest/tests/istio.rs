//! Gateways, `VirtualServices` and `DestinationRules`.

use expect_test::expect;

use super::*;
use crate::mesh::fault::Share;
use crate::mesh::matching::{Pattern, StringMatch};
use crate::mesh::outlier::Outlier;
use crate::mesh::ring::{ConsistentHash, HashKey};
use crate::mesh::spec::{HttpRoute, Limits, LoadBalancer, VirtualServiceSpec};
use crate::time::SimDuration;

#[track_caller]
fn routes(text: &str) -> Vec<HttpRoute> {
    virtual_service(text).http
}

#[track_caller]
fn virtual_service(text: &str) -> VirtualServiceSpec {
    match read(text).spec {
        Spec::VirtualService(spec) => spec,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn canary(passage: &str, replacement: &str, expected: &Expect) {
    check(&with(CANARY, passage, replacement), expected);
}

#[test]
fn weights_are_read_as_written_and_need_not_sum_to_100_ist_07() {
    let weights = |text: &str| -> Vec<Option<u32>> {
        routes(text)[0].destinations.iter().map(|destination| destination.weight).collect()
    };
    assert_eq!(weights(CANARY), [Some(10), Some(90)]);
    assert_eq!(weights(&with(CANARY, "weight: 10", "weight: 270")), [Some(270), Some(90)]);
    assert_eq!(weights(&with(CANARY, "          weight: 10\n", "")), [None, Some(90)]);
    assert_eq!(weights(&with(CANARY, "weight: 10", "weight: 0")), [Some(0), Some(90)]);
}

#[test]
fn bad_weights_are_refused_ist_07() {
    // OIST-5: several without any weight.
    canary(
        "weight: 10",
        "weight: -1",
        &expect![[r#"
        a.yaml:18:19: error: spec.http[0].route[0].weight: weight -1 < 0; write 0 for no traffic; shares are relative to the sum of the weights
    "#]],
    );
    check(
        &CANARY.replace("weight: 10", "weight: 0").replace("weight: 90", "weight: 0"),
        &expect![[r#"
            a.yaml:13:9: error: spec.http[0].route: total destination weight = 0; give at least one of several destinations a weight above 0
        "#]],
    );
    check(
        &CANARY.replace("          weight: 10\n", "").replace("          weight: 90\n", ""),
        &expect![[r#"
            a.yaml:13:9: error: spec.http[0].route: total destination weight = 0; give at least one of several destinations a weight above 0
        "#]],
    );
    canary(
        "weight: 10",
        "weight: 10%",
        &expect![[r#"
        a.yaml:18:19: error: spec.http[0].route[0].weight: Invalid value: "string": spec.http[0].route[0].weight in body must be of type integer: "string"
    "#]],
    );
    canary(
        "weight: 10",
        "weight: 99999999999",
        &expect![[r#"
            a.yaml:18:19: error: spec.http[0].route[0].weight: Invalid value: 99999999999: must be less than or equal to 2147483647
        "#]],
    );
    // Each may be as great as that, but not their sum.
    let most = "weight: 2147483647";
    let two = CANARY.replace("weight: 10", most).replace("weight: 90", most);
    assert_eq!(said(&two), "");
    let third = "    - route:\n        - {destination: {host: a}, weight: 2}\n";
    check(
        &two.replacen("    - route:\n", third, 1),
        &expect![[r#"
        a.yaml:13:9: error: spec.http[0].route: total destination weight 4294967296 exceeds 4294967295; write smaller weights; shares are relative to their sum
    "#]],
    );
}

#[test]
fn more_subsets_than_can_be_simulated_are_refused() {
    let subsets =
        |count| (0..count).map(|number| format!("{{name: s{number}}}")).collect::<Vec<_>>();
    let rule = |count| {
        let (head, _) = RULE.split_once("  subsets:").unwrap();
        format!("{head}  subsets: [{}]\n", subsets(count).join(", "))
    };
    assert_eq!(said(&rule(128)), "");
    check(
        &rule(131),
        &expect![[r#"
        a.yaml:8:1696: error: spec.subsets[128]: there are more than can be simulated; write at most 128
    "#]],
    );
}

#[test]
fn a_single_destination_may_weigh_anything_ist_07() {
    let text = CANARY
        .split("        - destination:\n            host: my-app-service\n            subset: blue")
        .next();
    let text = with(text.unwrap(), "weight: 10", "weight: 0");
    assert_eq!(said(&text), "");
}

#[test]
fn without_gateways_a_virtual_service_is_for_the_mesh_ist_05() {
    let text = with(CANARY, "  gateways:\n    - my-gateway\n", "");
    let text = with(&text, "    - \"*\"\n", "    - my-app-service\n");
    assert_eq!(virtual_service(&text).gateways, ["mesh"]);
    canary(
        "  gateways:\n    - my-gateway\n",
        "",
        &expect![[r#"
            a.yaml:8:7: error: spec.hosts[0]: wildcard host * is not allowed for virtual services bound to the mesh gateway; name the host, or name the Gateway under gateways
        "#]],
    );
}

#[test]
fn a_rule_is_read_with_its_matches_and_limits() {
    let rule = "    - name: testers\n      match:\n        - uri: {prefix: /orders}\n          method: {exact: GET}\n          headers: {X-Tester: {exact: \"yes\"}}\n      timeout: 1.5s\n      retries: {attempts: 3, perTryTimeout: 250ms, retryOn: \"5xx\"}\n      route:\n";
    let route = &routes(&with(CANARY, "    - route:\n", rule))[0];
    let entry = &route.matches[0];
    assert_eq!(entry.uri, Some(StringMatch::Prefix("/orders".to_owned())));
    assert_eq!(entry.method, Some(StringMatch::Exact("GET".to_owned())));
    let header = ("x-tester".to_owned(), StringMatch::Exact("yes".to_owned()));
    assert_eq!(entry.headers, [header]);
    assert_eq!(route.timeout, Some(SimDuration::from_millis(1_500)));
    let retries = route.retries.clone().unwrap();
    assert_eq!((retries.attempts, retries.retry_on.as_deref()), (3, Some("5xx")));
    assert_eq!(retries.per_try_timeout, Some(SimDuration::from_millis(250)));
    assert_eq!(
        (route.destinations[0].port, route.destinations[0].subset.as_deref()),
        (Some(80), Some("green"))
    );
}

#[test]
fn every_condition_of_a_match_is_read_ist_02() {
    let rule = "    - match:\n        - uri: {exact: /Beta}\n          ignoreUriCase: true\n          withoutHeaders: {X-Bot: {}}\n          queryParams: {v: {exact: b}}\n          headers: {cookie: {regex: '(.*; )?beta=1(;.*)?'}}\n          gateways: [my-gateway]\n          port: 80\n      route:\n";
    let entry = &routes(&with(CANARY, "    - route:\n", rule))[0].matches[0];
    let exact = |text: &str| StringMatch::Exact(text.to_owned());
    assert_eq!(entry.uri, Some(StringMatch::AnyCase(Box::new(exact("/Beta")))));
    assert_eq!(entry.without_headers, [("x-bot".to_owned(), StringMatch::Present)]);
    assert_eq!(entry.query, [("v".to_owned(), exact("b"))]);
    let cookie = Pattern::new("(.*; )?beta=1(;.*)?").unwrap();
    assert_eq!(entry.headers, [("cookie".to_owned(), StringMatch::Regex(cookie))]);
    assert_eq!((&entry.gateways[..], entry.port), (&["my-gateway".to_owned()][..], Some(80)));
}

#[test]
fn bad_rules_are_refused() {
    let rule = |text: &str| format!("    - {text}\n      route:\n");
    canary(
        "    - route:\n",
        &rule("timeout: 5"),
        &expect![[r#"
        a.yaml:12:16: error: spec.http[0].timeout: Invalid value: 5: must be a valid duration greater than 1ms; write a number with a unit: 250ms, 5s, 20m
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("timeout: 0s"),
        &expect![[r#"
        a.yaml:12:16: error: spec.http[0].timeout: Invalid value: "0s": must be a valid duration greater than 1ms
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("retries: {attempts: -1}"),
        &expect![[r#"
        a.yaml:12:27: error: spec.http[0].retries.attempts: attempts cannot be negative
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("retries: {attempts: 1000}"),
        &expect![[r#"
        a.yaml:12:27: error: spec.http[0].retries.attempts: 1000 are more than can be simulated; write at most 100
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("retries: {perTryTimeout: 1s}"),
        &expect![[r#"
        a.yaml:12:17: error: spec.http[0].retries: http retry policy configured when attempts are set to 0; write attempts, or leave the rest out
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("retries: {attempts: 2, retryOn: '503,5x'}"),
        &expect![[r#"
        a.yaml:12:39: error: spec.http[0].retries.retryOn: "5x" is not a valid retryOn policy
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("match: [{uri: {}}]"),
        &expect![[r#"
        a.yaml:12:21: error: spec.http[0].match[0].uri: exactly one of exact, prefix and regex must be given
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("match: [{uri: {exact: a, prefix: b}}]"),
        &expect![[r#"
        a.yaml:12:22: error: spec.http[0].match[0].uri: exactly one of exact, prefix and regex must be given
    "#]],
    );
    canary(
        "    - route:\n",
        &rule("match: [{uri: {regex: 'a(b'}}]"),
        &expect![[r#"
        a.yaml:12:29: error: spec.http[0].match[0].uri.regex: bad expression: unclosed group; write it in RE2's syntax; it must match as a whole
    "#]],
    );
    canary(
        "            host: my-app-service\n            subset: green",
        "            subset: green",
        &expect![[r#"
            a.yaml:14:13: error: spec.http[0].route[0].destination.host: Required value
        "#]],
    );
    canary(
        "    - route:\n",
        "    - rout:\n",
        &expect![[r#"
        a.yaml:12:7: error: strict decoding error: unknown field "spec.http[0].rout"; did you mean "route"?
        a.yaml:12:7: error: spec.http[0]: HTTP route or redirect is required
    "#]],
    );
    canary(
        "  hosts:\n    - \"*\"\n",
        "",
        &expect![[r#"
        a.yaml:7:3: error: spec.hosts: virtual service must have at least one host
    "#]],
    );
    canary(
        "  hosts:\n    - \"*\"\n",
        "  hosts: \"*\"\n",
        &expect![[r#"
            a.yaml:7:10: error: spec.hosts: Invalid value: "string": spec.hosts in body must be of type array: "string"; begin each item with `- `
        "#]],
    );
    check(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a]}\n",
        &expect![[r#"
            a.yaml:4:8: error: spec: http, tcp or tls must be provided in virtual service
        "#]],
    );
    check(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a], http: [{name: b}]}\n",
        &expect![[r#"
            a.yaml:4:28: error: spec.http[0]: HTTP route or redirect is required
        "#]],
    );
}

#[test]
fn parts_that_are_not_modelled_are_noted_once() {
    canary(
        "    - route:\n",
        "    - headers: {request: {set: {a: b}}}\n      route:\n",
        &expect![[r#"
        a.yaml:12:7: note: not modelled: spec.http[0].headers
    "#]],
    );
}

#[test]
fn faults_and_mirrors_are_read_ist_37_38() {
    let rule = "    - fault: {delay: {fixedDelay: 5s, percentage: {value: 10}}, abort: {httpStatus: 503, percentage: {value: 0.5}}}\n      mirror: {host: a, subset: b}\n      mirrorPercentage: {value: 25}\n      route:\n";
    let route = &routes(&with(CANARY, "    - route:\n", rule))[0];
    let fault = route.fault.unwrap();
    assert_eq!(fault.delay, Some((SimDuration::from_secs(5), Share::percent(10.0))));
    assert_eq!(fault.abort, Some((503, Share::percent(0.5))));
    assert_eq!(route.mirrors.len(), 1);
    assert_eq!(route.mirrors[0].share, Share::percent(25.0));
    assert_eq!(route.mirrors[0].to.subset.as_deref(), Some("b"));
    let list = "    - mirrors: [{destination: {host: a}}, {destination: {host: b}, percentage: {value: 1}}]\n      route:\n";
    let route = &routes(&with(CANARY, "    - route:\n", list))[0];
    let shares: Vec<_> = route.mirrors.iter().map(|mirror| mirror.share).collect();
    assert_eq!(shares, [Share::ALL, Share::percent(1.0)]);
}

#[test]
fn bad_faults_and_mirrors_are_refused_ist_37_38() {
    for (text, message) in [
        ("fault: {}", "fault: HTTP fault injection must have an abort and/or a delay"),
        ("fault: {delay: {}}", "fault.delay.fixedDelay: Required value"),
        ("fault: {delay: {fixedDelay: 0s}}", "must be a valid duration greater than 1ms"),
        ("fault: {abort: {}}", "fault.abort: must specify one of httpStatus and grpcStatus"),
        ("fault: {abort: {httpStatus: 99}}", "HTTP status 99 is not in range 200-599"),
        (
            "fault: {abort: {httpStatus: 500, percentage: {value: 101}}}",
            "fault.abort.percentage.value: percentage 101 is not in range 0..100",
        ),
        (
            "fault: {abort: {grpcStatus: UNAVAILABLE}}",
            "not modelled: spec.http[0].fault.abort.grpcStatus",
        ),
        ("mirrors: [{percentage: {value: 1}}]", "mirrors[0].destination: Required value"),
        (
            "mirror: {host: a}\n      mirrors: [{destination: {host: b}}]",
            "HTTP route cannot contain both mirror and mirrors",
        ),
    ] {
        let said = said(&with(CANARY, "    - route:\n", &format!("    - {text}\n      route:\n")));
        assert!(said.contains(message), "{text}: {said}");
    }
}

#[test]
fn older_versions_are_accepted() {
    for version in ["v1beta1", "v1alpha3"] {
        let text =
            CANARY.replace("networking.istio.io/v1", &format!("networking.istio.io/{version}"));
        assert_eq!(said(&text), "");
    }
    canary(
        "networking.istio.io/v1",
        "networking.istio.io/v2",
        &expect![[r#"
        a.yaml:2:13: error: no matches for kind "VirtualService" in version "networking.istio.io/v2"; write apiVersion: networking.istio.io/v1
    "#]],
    );
}

#[test]
fn a_destination_rule_is_read_and_checked() {
    let text = with(
        RULE,
        "  subsets:",
        "  trafficPolicy:\n    loadBalancer: {simple: ROUND_ROBIN}\n    connectionPool: {tcp: {connectTimeout: 30ms}}\n  subsets:",
    );
    let Spec::DestinationRule(spec) = read(&text).spec else { panic!("a DestinationRule") };
    assert_eq!(spec.policy.as_ref().unwrap().load_balancer, Some(LoadBalancer::RoundRobin));
    assert_eq!(spec.policy.as_ref().unwrap().connect_timeout, Some(SimDuration::from_millis(30)));
    let names: Vec<&str> = spec.subsets.iter().map(|subset| subset.name.as_str()).collect();
    assert_eq!(names, ["blue", "green"]);
    check(
        &with(RULE, "  host: my-app-service\n", ""),
        &expect![[r#"
        a.yaml:7:3: error: spec.host: Required value
    "#]],
    );
    check(
        &with(RULE, "name: green", "name: blue"),
        &expect![[r#"
            a.yaml:12:7: note: subset "blue" is defined twice; the first one counts
        "#]],
    );
    check(
        &with(
            RULE,
            "  subsets:",
            "  trafficPolicy: {loadBalancer: {simple: ROUNDROBIN}}\n  subsets:",
        ),
        &expect![[r#"
            a.yaml:8:42: error: spec.trafficPolicy.loadBalancer.simple: Unsupported value: "ROUNDROBIN": supported values: "UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"; did you mean "ROUND_ROBIN"?
        "#]],
    );
}

#[test]
fn outlier_detection_is_read_with_istios_defaults_ist_50() {
    let outlier = |text: &str| {
        let more = format!("  trafficPolicy: {{outlierDetection: {{{text}}}}}\n  subsets:");
        with(RULE, "  subsets:", &more)
    };
    let Spec::DestinationRule(spec) = read(&outlier("")).spec else { panic!("a DestinationRule") };
    assert_eq!(spec.policy.as_ref().unwrap().outlier, Some(Outlier::default()));
    let text = "consecutive5xxErrors: 3, consecutiveGatewayErrors: 2, interval: 5s, baseEjectionTime: 1m, maxEjectionPercent: 50, minHealthPercent: 30";
    let Spec::DestinationRule(spec) = read(&outlier(text)).spec else {
        panic!("a DestinationRule")
    };
    let expected = Outlier {
        consecutive_5xx: 3,
        consecutive_gateway: 2,
        interval: SimDuration::from_secs(5),
        base: SimDuration::from_secs(60),
        max_percent: 50,
        min_health_percent: 30,
    };
    assert_eq!(spec.policy.as_ref().unwrap().outlier, Some(expected));
    for (text, message) in [
        ("maxEjectionPercent: 101", "percentage 101 is not in range 0..100"),
        ("minHealthPercent: -1", "percentage -1 is not in range 0..100"),
        ("interval: 0s", "must be a valid duration greater than 1ms"),
        ("splitExternalLocalOriginErrors: true", "note: not modelled"),
    ] {
        let said = said(&outlier(text));
        assert!(said.contains(message), "{text}: {said}");
    }
}

#[test]
fn consistent_hash_is_read_and_excludes_other_balancers_ist_43() {
    let balancer = |text: &str| {
        let more = format!("  trafficPolicy: {{loadBalancer: {{{text}}}}}\n  subsets:");
        with(RULE, "  subsets:", &more)
    };
    for (text, key, minimum) in [
        ("httpHeaderName: X-User", HashKey::Header("x-user".into()), 1024),
        ("httpCookie: {name: user, ttl: 0s}", HashKey::Cookie("user".into()), 1024),
        (
            "httpQueryParameterName: u, ringHash: {minimumRingSize: 2000}",
            HashKey::Query("u".into()),
            2000,
        ),
        ("useSourceIp: true, ringHash: {minimumRingSize: 9999999}", HashKey::SourceIp, 65_536),
    ] {
        let text = balancer(&format!("consistentHash: {{{text}}}"));
        let Spec::DestinationRule(spec) = read(&text).spec else { panic!("{text}") };
        assert_eq!(spec.policy.as_ref().unwrap().load_balancer, Some(LoadBalancer::ConsistentHash));
        assert_eq!(spec.policy.as_ref().unwrap().hash, Some(ConsistentHash { key, minimum }));
    }
    check(
        &balancer("simple: RANDOM, consistentHash: {useSourceIp: true, httpHeaderName: a}"),
        &expect![[r#"
            a.yaml:8:42: error: spec.trafficPolicy.loadBalancer: only one of simple and consistentHash may be set
            a.yaml:8:67: error: spec.trafficPolicy.loadBalancer.consistentHash: only one of httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName may be set
        "#]],
    );
}

#[test]
fn warm_up_is_read_in_both_forms_ist_42() {
    let balancer = |text: &str| {
        let more = format!("  trafficPolicy: {{loadBalancer: {{{text}}}}}\n  subsets:");
        with(RULE, "  subsets:", &more)
    };
    for (text, minimum, aggression) in [
        ("warmupDurationSecs: 60s", 10.0, 1.0),
        ("warmup: {duration: 1m, minimumPercent: 20, aggression: 1.5}", 20.0, 1.5),
    ] {
        let Spec::DestinationRule(spec) = read(&balancer(text)).spec else { panic!("{text}") };
        let warm_up = spec.policy.as_ref().unwrap().warm_up.unwrap();
        assert_eq!(warm_up.duration, SimDuration::from_secs(60));
        assert_eq!((warm_up.minimum_percent, warm_up.aggression), (minimum, aggression));
        assert_eq!(spec.policy.as_ref().unwrap().load_balancer, Some(LoadBalancer::LeastRequest));
    }
    for (text, message) in [
        ("warmup: {}", "warmup.duration: Required value"),
        ("warmup: {duration: 1s, aggression: 0.5}", "aggression: 0.5 is not in range 1.."),
        ("warmup: {duration: 1s, minimumPercent: 101}", "101 is not in range 0..100"),
    ] {
        let said = said(&balancer(text));
        assert!(said.contains(message), "{text}: {said}");
    }
}

#[test]
fn limits_of_the_connection_pool_are_read_ist_60() {
    let pool = |text: &str| {
        let more = format!("  trafficPolicy: {{connectionPool: {{{text}}}}}\n  subsets:");
        with(RULE, "  subsets:", &more)
    };
    let limits = |text: &str| match read(&pool(text)).spec {
        Spec::DestinationRule(spec) => spec.policy.as_ref().unwrap().limits,
        _ => None,
    };
    assert_eq!(limits("tcp: {connectTimeout: 1s, maxConnections: 0}"), None);
    let text = "tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 2, http2MaxRequests: 3}";
    let expected = Limits { connections: 1, pending: 2, requests: 3, retries: u32::MAX };
    assert_eq!(limits(text), Some(expected));
    let said = said(&pool("http: {maxRetries: -1, maxRequestsPerConnection: 1}"));
    assert!(said.contains("http.maxRetries: -1 must be non-negative"), "{said}");
    assert!(said.contains("not modelled: spec.trafficPolicy.connectionPool.http.maxRequests"));
}

#[test]
fn a_gateway_is_read_and_checked() {
    let Spec::Gateway(spec) = read(GATEWAY).spec else { panic!("a Gateway") };
    let server = &spec.servers[0];
    assert_eq!(
        (server.port, server.port_name.as_str(), server.protocol.as_str()),
        (80, "http", "HTTP")
    );
    assert_eq!(server.hosts, ["*"]);
    check(
        &with(GATEWAY, "        protocol: HTTP", "        protocol: HTPP"),
        &expect![[r#"
        a.yaml:13:19: error: spec.servers[0].port.protocol: Unsupported value: "HTPP": supported values: "HTTP", "HTTPS", "GRPC", "HTTP2", "MONGO", "TCP", "TLS"; did you mean "HTTP"?
    "#]],
    );
    check(
        &with(GATEWAY, "      hosts:\n        - \"*\"\n", ""),
        &expect![[r#"
            a.yaml:10:7: error: spec.servers[0].hosts: Required value
        "#]],
    );
    check(
        "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {}\n",
        &expect![[r#"
            a.yaml:4:7: error: spec.servers: gateway must have at least one server
        "#]],
    );
}
