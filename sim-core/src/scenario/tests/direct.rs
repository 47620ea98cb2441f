//! Callers in the cluster that reach a Service without a proxy.

use super::*;

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: shop}
spec:
  selector: {app: shop}
  ports: [{port: 80}]
";

/// The small scenario with a Service, in which shoppers come this way.
fn called(way: &str) -> Bundle {
    let mut bundle = small();
    let text = SMALL.replacen("    host: shop.example.com\n", way, 1);
    bundle.files.insert("scenario.yaml".to_owned(), text);
    bundle.files.insert("workspace/service.yaml".to_owned(), SERVICE.to_owned());
    bundle
}

#[test]
fn callers_of_a_service_and_their_connections_are_read() {
    let read = |way: &str| {
        let (scenario, notes) = Scenario::load(&called(way)).unwrap();
        assert_eq!(notes, []);
        let Population { host, way, .. } = scenario.traffic[0].clone();
        (host, way)
    };
    let secs = SimDuration::from_secs;
    let defaults = DirectCalls {
        service: "shop".into(),
        port: 80,
        count: 20,
        max_requests: None,
        idle: secs(90),
        max_age: None,
    };
    assert_eq!(read("    via: service/shop\n"), ("shop".into(), Way::Direct(defaults.clone())));
    let all = "    via: service/shop:8080\n    host: shop.default\n    connections: { count: 40, \
               max-requests: 1000, idle: 60s, max-age: 10m }\n";
    let limits = DirectCalls {
        port: 8080,
        count: 40,
        max_requests: Some(1000),
        idle: secs(60),
        max_age: Some(secs(600)),
        ..defaults
    };
    assert_eq!(read(all), ("shop.default".into(), Way::Direct(limits)));
    assert_eq!(read("    via: gateway\n    host: a\n"), ("a".into(), Way::Gateway));
}

#[test]
fn callers_with_sidecars_are_read() {
    let read = |more: &str| {
        let way = format!("    via: service/shop:8080\n    sidecar: {more}\n");
        Scenario::load(&called(&way)).unwrap().0.traffic[0].way.clone()
    };
    let calls = |pods, labels: &[(&str, &str)]| {
        let labels = labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        Way::Sidecar(SidecarCalls {
            service: "shop".into(),
            port: 8080,
            workload: "shoppers".into(),
            pods,
            labels: labels.collect(),
        })
    };
    assert_eq!(read("{}"), calls(1, &[("app", "shoppers")]));
    let labels = [("app", "checkout"), ("version", "v1")];
    assert_eq!(read("{ pods: 3, labels: { app: checkout, version: v1 } }"), calls(3, &labels));
}

#[test]
fn sidecars_that_make_no_sense_are_explained() {
    let said = |way: &str| said(&called(way));
    expect![[r#"
        scenario.yaml:14:14: error: traffic[0].sidecar: who comes through the gateway has none; leave it out, or write via: service/NAME for callers in the cluster
    "#]].assert_eq(&said("    host: a\n    sidecar: {}\n"));
    expect![[r#"
        scenario.yaml:14:11: error: traffic[0].host: "shop.example.com" is not the Service that is called; leave it out, or write shop
        scenario.yaml:15:22: error: traffic[0].sidecar.pods: 0 must be between 1 and 20, inclusive
        scenario.yaml:16:18: error: traffic[0].connections: the sidecar opens and keeps them; leave out connections or sidecar
    "#]].assert_eq(&said(
        "    via: service/shop\n    host: shop.example.com\n    sidecar: { pods: 0 }\n    connections: {}\n",
    ));
    expect![[r#"
        scenario.yaml:14:14: error: traffic[0].sidecar: write a map, not true or false
    "#]]
    .assert_eq(&said("    via: service/shop\n    sidecar: true\n"));
    expect![[r#"
        scenario.yaml:14:22: error: traffic[0].sidecar.pods: 1000 must be between 1 and 20, inclusive
        scenario.yaml:14:28: error: unknown key "label" in traffic[0].sidecar; did you mean "labels"?
    "#]]
        .assert_eq(&said("    via: service/shop\n    sidecar: { pods: 1000, label: {} }\n"));
}

#[test]
fn a_wrong_way_to_the_application_is_explained() {
    let said = |way: &str| said(&called(way));
    expect![[r#"
        scenario.yaml:11:5: error: traffic[0].host is missing; write the host they ask for
    "#]]
    .assert_eq(&said(""));
    expect![[r#"
        scenario.yaml:13:10: error: traffic[0].via: "pod/shop" is no way to the application; write gateway, service/NAME or service/NAME:PORT
    "#]]
    .assert_eq(&said("    via: pod/shop\n    host: a\n"));
    expect![[r#"
        scenario.yaml:13:10: error: traffic[0].via: "service/shop:0" is no way to the application; write gateway, service/NAME or service/NAME:PORT
    "#]]
    .assert_eq(&said("    via: service/shop:0\n    host: a\n"));
    expect![[r#"
        scenario.yaml:13:10: error: traffic[0].via: no file of workspace has a Service "shpo"; did you mean "shop"?
    "#]]
    .assert_eq(&said("    via: service/shpo\n"));
    expect![[r#"
        scenario.yaml:14:20: error: traffic[0].connections: who comes through the gateway has none; leave it out, or write via: service/NAME for callers in the cluster
    "#]]
    .assert_eq(&said("    host: a\n    connections: { count: 1 }\n"));
    expect![[r#"
        scenario.yaml:14:27: error: traffic[0].connections.count: 0 must be between 1 and 10000, inclusive
        scenario.yaml:14:44: error: traffic[0].connections.max-requests: 0 must be between 1 and 1000000000, inclusive
        scenario.yaml:14:53: error: traffic[0].connections.idle: "0s" is out of range; write a value above 0s, at most 24h
        scenario.yaml:14:57: error: unknown key "max-age-s" in traffic[0].connections; did you mean "max-age"?
    "#]]
    .assert_eq(&said(
        "    via: service/shop\n    connections: { count: 0, max-requests: 0, idle: 0s, max-age-s: 1 }\n",
    ));
}
