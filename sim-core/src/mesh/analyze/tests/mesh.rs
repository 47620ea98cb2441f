//! Gateways and the mesh: references, conflicts, rules that ingress traffic does not meet.

use expect_test::expect;

use super::{GATEWAY, SHOP, SUBSETS, codes, object, printed, routes};

fn gateway(name: &str, hosts: &str) -> String {
    let server = format!("{{port: {{number: 80, name: http, protocol: HTTP}}, hosts: [{hosts}]}}");
    object("Gateway", name, &format!("selector: {{istio: ingressgateway}}\nservers: [{server}]"))
}

fn bound(gateways: &str, hosts: &str) -> String {
    let spec = "http: [{route: [{destination: {host: shop}}]}]";
    routes("web", &format!("gateways: [{gateways}]\nhosts: [{hosts}]\n{spec}"))
}

#[test]
fn a_gateway_that_is_named_must_exist() {
    // IST0101 comes with IST0132: a Gateway that does not exist opens no host.
    expect![[r#"
        Error [IST0101] (VirtualService default/web 2.yaml:5) Referenced gateway not found: "back"
        Warning [IST0132] (VirtualService default/web 2.yaml:5) one or more host [a.test b.test] defined in VirtualService default/web not found in Gateway default/back."#]]
    .assert_eq(&printed(&[SHOP, &bound("back", "a.test, b.test")]));
    for (gateways, fires) in [
        ("front", false),
        ("default/front", false),
        ("mesh", false),
        ("bank/front", true),
        ("front, other", true),
    ] {
        let found = codes(&[SHOP, GATEWAY, &bound(gateways, "a.test")]);
        let expected: &[&str] = if fires { &["IST0101 3.yaml:5", "IST0132 3.yaml:5"] } else { &[] };
        assert_eq!(found, expected, "{gateways}");
    }
}

#[test]
fn a_gateway_must_open_one_of_the_hosts() {
    // IST0132. Wildcards meet in both directions.
    for (open, hosts, fires) in [
        ("'*'", "a.test", false),
        ("a.test", "a.test", false),
        ("a.test", "b.test", true),
        ("a.test", "'b.test', 'a.test'", false),
        ("'*.test'", "a.test", false),
        ("'*.a.test'", "a.test", true),
        ("a.test", "'*.test'", false),
        ("a.test", "'*'", false),
        ("default/a.test", "a.test", false),
        ("bank/a.test", "a.test", true),
        ("./a.test", "a.test", false),
        ("'*/a.test'", "a.test", false),
        ("'*/*'", "a.test", false),
    ] {
        let files = [SHOP, &gateway("front", open), &bound("front", hosts)];
        let expected: &[&str] = if fires { &["IST0132 3.yaml:5"] } else { &[] };
        assert_eq!(codes(&files), expected, "{open} {hosts}");
    }
    // `./` is the namespace of the Gateway.
    let files = [SHOP, &gateway("bank/front", "./a.test"), &bound("bank/front", "a.test")];
    assert_eq!(codes(&files), ["IST0132 3.yaml:5"]);
}

#[test]
fn a_gateway_must_select_a_proxy() {
    let odd = GATEWAY.replace("istio: ingressgateway", "istio: ingress, app: gate");
    expect![[r#"
        Error [IST0101] (Gateway default/front 1.yaml:5) Referenced selector not found: "app=gate,istio=ingress""#]]
    .assert_eq(&printed(&[&odd]));
    let both = GATEWAY
        .replace("istio: ingressgateway", "istio: ingressgateway, app: istio-ingressgateway");
    let none = GATEWAY.replace("{istio: ingressgateway}", "{}");
    for file in [GATEWAY, &both, &none] {
        assert_eq!(codes(&[file]), [""; 0], "{file}");
    }
}

#[test]
fn two_gateways_for_one_port_and_host_conflict() {
    // IST0145.
    expect![[r#"
        Error [IST0145] (Gateway default/a 1.yaml:1) Conflict with gateways default/b (workload selector istio=ingressgateway, port 80, hosts shop.test).
        Error [IST0145] (Gateway default/b 2.yaml:1) Conflict with gateways default/a (workload selector istio=ingressgateway, port 80, hosts *.test)."#]]
    .assert_eq(&printed(&[&gateway("a", "shop.test"), &gateway("b", "'*.test'")]));
    let other_port = gateway("b", "shop.test").replace("number: 80", "number: 81");
    let other_proxy =
        gateway("b", "shop.test").replace("istio: ingressgateway", "app: istio-ingressgateway");
    for file in [gateway("b", "pay.test"), other_port, other_proxy] {
        assert_eq!(codes(&[&gateway("a", "shop.test"), &file]), [""; 0], "{file}");
    }
}

#[test]
fn two_virtual_services_for_one_host_in_the_mesh_conflict() {
    // IST0109; IST-09: on a gateway they merge.
    let rules = |name: &str, rest: &str| {
        routes(name, &format!("http: [{{route: [{{destination: {{host: shop}}}}]}}]\n{rest}"))
    };
    let one = rules("one", "hosts: [shop]");
    expect![[r#"
        Error [IST0109] (VirtualService default/one 2.yaml:3) The VirtualServices default/one,default/two associated with mesh gateway define the same host */shop.default.svc.cluster.local which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.
        Error [IST0109] (VirtualService default/two 3.yaml:3) The VirtualServices default/one,default/two associated with mesh gateway define the same host */shop.default.svc.cluster.local which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource."#]]
    .assert_eq(&printed(&[SHOP, &one, &rules("two", "hosts: [shop]")]));
    for (rest, fires) in [
        ("hosts: [shop.default.svc.cluster.local]", true),
        ("hosts: [shop]\ngateways: [mesh, front]", true),
        ("hosts: [shop]\ngateways: [front]", false),
        ("hosts: [pay]", false),
        ("hosts: ['*.default.svc.cluster.local']", false),
        ("hosts: [shop]\nexportTo: ['.']", true),
        ("hosts: ['*.default.svc.cluster.local']\nexportTo: ['.']", true),
        ("hosts: [shop]\nexportTo: [bank]", true),
    ] {
        let found = codes(&[SHOP, &one, &rules("two", rest), GATEWAY]);
        let expected: &[&str] = if fires { &["IST0109 2.yaml:3", "IST0109 3.yaml:3"] } else { &[] };
        assert_eq!(found, expected, "{rest}");
    }
    // In another namespace the short name is another host.
    let elsewhere = rules("bank/two", "hosts: [shop]");
    let found = codes(&[SHOP, &one, &elsewhere]);
    assert_eq!(found, ["IST0101 3.yaml:5"]);
}

#[test]
fn ingress_traffic_does_not_meet_the_rules_of_the_mesh() {
    // IST0140; IST-05.
    let mesh = routes(
        "inside",
        "hosts: [shop]\nhttp: [{route: [{destination: {host: shop, subset: green}}]}]",
    );
    expect![[r#"
        Warning [IST0140] (VirtualService default/web 5.yaml:1) Subset in virtual service default/inside has no effect on ingress gateway default/web requests"#]]
    .assert_eq(&printed(&[SHOP, SUBSETS, GATEWAY, &mesh, &bound("front", "a.test")]));
    let with_subset = bound("front", "a.test").replace("host: shop", "host: shop, subset: blue");
    let full =
        bound("front", "a.test").replace("host: shop", "host: shop.default.svc.cluster.local");
    let unbound = bound("front", "pay").replace("  gateways: [front]\n", "");
    for file in [with_subset, full, unbound] {
        assert_eq!(codes(&[SHOP, SUBSETS, GATEWAY, &mesh, &file]), [""; 0], "{file}");
    }
}
