//! Rules IST-02, 03, 05 and 09 for sidecars: the same objects mean something else there.

use super::matching::{computed_for, served, virtual_service};
use super::*;
use crate::mesh::audience::Audience;

/// The sidecars of a workload whose pods are labelled `app: checkout`.
fn checkout() -> Audience {
    let labels = [("app".to_owned(), "checkout".to_owned())].into();
    Audience::Sidecars { workload: "checkout".into(), labels }
}

/// A VirtualService for the Service itself, bound to the mesh.
fn inside(name: &str, rules: &[(&str, &str)]) -> String {
    virtual_service(name, "mesh", rules).replace("shop.example.com", "shop")
}

fn call(path: &str) -> Class {
    Class { host: "shop".into(), ..class(path) }
}

/// Where a caller's request goes, as a whole: subset of the Service, or what became of it.
fn goes(config: &Config) -> String {
    let mut registry = Registry::new(1);
    let mut proxy = Proxy::new(ProxyId(9), 1, Seed(7));
    proxy.accept(Arc::new(config.clone()), &[call("/")], &mut registry, NOW);
    match proxy.choose(ClassId(0), NOW) {
        Choice::Fail { code, flag, .. } => format!("{code} {flag}"),
        other => format!("{other:?}"),
    }
}

/// IST-03.
#[test]
fn without_a_virtual_service_a_sidecar_sends_to_the_service_and_a_gateway_knows_no_route() {
    let config = computed_for(&checkout(), "");
    let [host] = &config.virtual_hosts[..] else { panic!("{:?}", config.virtual_hosts) };
    assert_eq!(
        (host.name.as_str(), &host.hosts[..], host.port),
        ("", &["shop".to_owned()][..], Some(80))
    );
    assert_eq!(host.routes[0].destinations[0].cluster, Some(0));
    assert_eq!(host.routes[0].retries, RetryPolicy::new(None));
    // No pod is ready; the Service is known all the same.
    assert_eq!(goes(&config), "503 UH");
    assert_eq!(computed_for(&Audience::Gateway, "").virtual_hosts, []);
    let other_port = Class { port: 81, ..call("/") };
    assert_eq!(config.routes_for("shop", other_port.port).len(), 0);
}

/// IST-05.
#[test]
fn rules_bound_to_a_gateway_alone_are_not_for_sidecars_and_the_other_way_round() {
    for (gateways, at_gateway, in_sidecars) in [
        ("my-gateway", "green", "nobody"),
        ("mesh", "nobody", "green"),
        ("mesh, my-gateway", "green", "green"),
    ] {
        let text = virtual_service("one", gateways, &[("", "green")]);
        assert_eq!(served(&computed_for(&Audience::Gateway, &text), &class("/")), at_gateway);
        assert_eq!(served(&computed_for(&checkout(), &text), &class("/")), in_sidecars);
    }
    // What says nothing of gateways is for the mesh.
    let text = inside("one", &[("", "green")]).replace("  gateways: [mesh]\n", "");
    assert_eq!(served(&computed_for(&checkout(), &text), &call("/")), "green");
}

/// IST-05.
#[test]
fn a_gateway_serves_those_hosts_of_a_virtual_service_that_it_opens() {
    let wide = virtual_service("one", "other", &[("", "green")])
        .replace("shop.example.com", "'*.example.com'");
    for (open, subset) in [
        ("'*'", "green"),
        ("shop.example.com", "green"),
        ("other.example.com", "nobody"),
        ("./shop.example.com", "green"),
        ("default/shop.example.com", "green"),
        ("'*/*.example.com'", "green"),
        ("elsewhere/shop.example.com", "nobody"),
    ] {
        let gateway = format!(
            "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: other}}\nspec:\n  selector: {{istio: ingressgateway}}\n  servers: [{{port: {{number: 80, name: http, protocol: HTTP}}, hosts: [{open}]}}]\n"
        );
        let config = computed_for(&Audience::Gateway, &format!("{gateway}{wide}"));
        assert_eq!(served(&config, &class("/")), subset, "{open}");
    }
}

/// IST-02.
#[test]
fn in_sidecars_a_rule_for_a_port_leaves_the_others_to_those_after_it() {
    let rules = [("match: [{port: 81}],", "blue"), ("", "green")];
    let config = computed_for(&checkout(), &inside("one", &rules));
    assert_eq!(served(&config, &call("/")), "green");
    assert_eq!(served(&config, &Class { port: 81, ..call("/") }), "blue");
}

/// IST-02.
#[test]
fn source_labels_look_at_the_pod_that_calls() {
    let rules = [
        ("match: [{sourceLabels: {app: search}}],", "first"),
        ("match: [{sourceLabels: {app: checkout}}],", "second"),
        ("", "third"),
    ];
    let config = computed_for(&checkout(), &inside("one", &rules));
    assert_eq!(served(&config, &call("/")), "second");
    let nobody = Audience::Sidecars { workload: "other".into(), labels: [].into() };
    assert_eq!(served(&computed_for(&nobody, &inside("one", &rules)), &call("/")), "third");
}

/// IST-09.
#[test]
fn of_two_virtual_services_for_a_host_sidecars_follow_the_oldest_alone() {
    let older = inside("older", &[("match: [{uri: {exact: /a}}],", "blue")]);
    let full = "shop.default.svc.cluster.local";
    let younger = inside("younger", &[("", "green")])
        .replace("hosts: [shop]", &format!("hosts: [{full}, other]"));
    let config = computed_for(&checkout(), &format!("{older}{younger}"));
    assert_eq!(served(&config, &call("/a")), "blue");
    assert_eq!(served(&config, &call("/b")), "nobody", "not merged, and no way past it (IST-04)");
    // The younger one keeps what it has alone.
    let other = Class { host: "other".into(), ..call("/b") };
    assert_eq!(served(&config, &other), "green");
    let gateway =
        format!("{older}{younger}").replace("[mesh]", "[my-gateway]").replace(full, "shop");
    let merged = computed_for(&Audience::Gateway, &gateway);
    assert_eq!(served(&merged, &call("/b")), "green", "a gateway merges them");
}

/// IST-03, 06: every form of a name is the same host.
#[test]
fn a_caller_may_use_any_name_of_the_service() {
    let config = Arc::new(computed_for(&checkout(), &inside("one", &[("", "green")])));
    for host in ["shop", "shop.default", "shop.default.svc.cluster.local", "shop:80"] {
        let mut proxy = Proxy::new(ProxyId(9), 1, Seed(7));
        let class = Class { host: host.into(), ..call("/") };
        proxy.accept(Arc::clone(&config), &[class], &mut Registry::new(1), NOW);
        // The subset is not defined (IST-21), but the rule is found.
        assert!(proxy.rule(ClassId(0)).is_some(), "{host}");
    }
    let mut proxy = Proxy::new(ProxyId(9), 1, Seed(7));
    let class = Class { host: "shpo".into(), ..call("/") };
    proxy.accept(config, &[class], &mut Registry::new(1), NOW);
    assert_eq!(proxy.choose(ClassId(0), NOW), Choice::UnknownHost);
}
