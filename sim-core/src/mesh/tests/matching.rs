//! Rules IST-01, 02, 05 and 09: which rule serves a request.

use super::*;
use crate::manifest;
use crate::mesh::audience::Audience;
use crate::mesh::matching::Pattern;

const GATEWAY: &str = "
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: my-gateway}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80}]}
";

/// What istiod computes for the gateway from these documents.
fn computed(text: &str) -> Config {
    computed_for(&Audience::Gateway, text)
}

/// The same for anybody.
pub(super) fn computed_for(audience: &Audience, text: &str) -> Config {
    let mut api = ApiServer::default();
    let text = format!("{GATEWAY}{text}");
    for (index, document) in manifest::parse("a.yaml", &text).expect("YAML").into_iter().enumerate()
    {
        let manifest = document.manifest.expect("a valid manifest");
        api.put(manifest, SimTime::from_secs(index as i64), EventId(0), index.to_string());
    }
    Config::compute((1, EventId(0)), audience, &api, &ClusterState::default())
}

pub(super) fn virtual_service(name: &str, top: &str, rules: &[(&str, &str)]) -> String {
    let rules: Vec<_> = rules
        .iter()
        .map(|(conditions, subset)| {
            format!("  - {{name: {subset}, {conditions} route: [{{destination: {{host: shop, subset: {subset}}}}}]}}\n")
        })
        .collect();
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}}}\nspec:\n  hosts: [shop.example.com]\n  gateways: [{top}]\n  http:\n{}",
        rules.concat()
    )
}

/// The subset that serves a request, by the rules of a configuration.
pub(super) fn served(config: &Config, class: &Class) -> String {
    let rules = config.routes_for(&class.host, 80);
    let rule = rules.into_iter().find(|(_, route)| {
        route.matches.is_empty() || route.matches.iter().any(|m| m.holds(class))
    });
    rule.map_or_else(|| "nobody".to_owned(), |(_, route)| route.destinations[0].subset.clone())
}

#[test]
fn a_rule_for_everything_ends_the_list() {
    // IST-01: what stands below it in the same VirtualService is not even sent.
    for first in ["", "match: [{uri: {prefix: /}}],", "match: [{uri: {regex: '.*'}}],"] {
        let rules = [(first, "blue"), ("match: [{uri: {exact: /beta}}],", "green")];
        let config = computed(&virtual_service("one", "my-gateway", &rules));
        assert_eq!(config.virtual_hosts[0].routes.len(), 1, "{first}");
        assert_eq!(served(&config, &class("/beta")), "blue");
    }
}

/// IST-01, 02.
#[test]
fn a_rule_for_a_port_ends_the_list_for_that_port_alone() {
    for (port, subset) in [(80, "blue"), (81, "green")] {
        let asks = format!("match: [{{port: {port}}}],");
        let rules = [(asks.as_str(), "blue"), ("match: [{uri: {prefix: /beta}}],", "green")];
        let config = computed(&virtual_service("one", "my-gateway", &rules));
        assert_eq!(served(&config, &class("/beta")), subset, "{port}");
        assert_eq!(config.virtual_hosts[0].routes.len(), 1, "the gateway listens on 80");
    }
}

#[test]
fn rules_of_several_virtual_services_are_merged_with_catch_alls_last() {
    // IST-09: the older one's catch-all does not hide the younger one's special rule.
    let one = virtual_service("one", "my-gateway", &[("", "blue")]);
    let beta = [("match: [{uri: {exact: /beta}}],", "green")];
    let config = computed(&format!("{one}{}", virtual_service("two", "my-gateway", &beta)));
    assert_eq!(served(&config, &class("/beta")), "green");
    assert_eq!(served(&config, &class("/")), "blue");
}

#[test]
fn the_first_rule_that_matches_wins() {
    // IST-01: conditions of an entry all hold, one entry of several is enough.
    let rules = [
        ("match: [{uri: {prefix: /a}, method: {exact: POST}}, {uri: {exact: /c}}],", "first"),
        ("match: [{uri: {prefix: /a}}],", "second"),
    ];
    let config = computed(&virtual_service("one", "my-gateway", &rules));
    for (path, subset) in [("/a", "second"), ("/c", "first"), ("/d", "nobody")] {
        assert_eq!(served(&config, &class(path)), subset, "{path}");
    }
    let post = Class { method: "POST".into(), ..class("/a") };
    assert_eq!(served(&config, &post), "first");
}

#[test]
fn an_entry_with_gateways_is_bound_by_them_alone() {
    // IST-02, 05: the entry's gateways override those of the top level, both ways.
    let entry =
        |gateways: &str| format!("match: [{{uri: {{prefix: /}}, gateways: [{gateways}]}}],");
    let config = |top: &str, gateways: &str| {
        computed(&virtual_service("one", top, &[(&entry(gateways), "blue")]))
    };
    assert_eq!(served(&config("mesh", "my-gateway"), &class("/")), "blue");
    assert_eq!(served(&config("my-gateway", "mesh"), &class("/")), "nobody");
    assert_eq!(served(&config("my-gateway", "other, default/my-gateway"), &class("/")), "blue");
    let labelled = [("match: [{sourceLabels: {app: web}}],", "blue")];
    let config = computed(&virtual_service("one", "my-gateway", &labelled));
    assert_eq!(served(&config, &class("/")), "nobody", "the gateway is not app: web");
}

#[test]
fn texts_are_compared_as_written_unless_case_is_ignored() {
    // IST-02: exact, prefix, RE2 as a whole; ignoreUriCase for the two first.
    let exact = StringMatch::Exact("/Beta".into());
    let prefix = StringMatch::Prefix("/be".into());
    let regex = StringMatch::Regex(Pattern::new("/b.ta|/x").expect("an expression"));
    let any = |inner: &StringMatch| StringMatch::AnyCase(Box::new(inner.clone()));
    for (condition, text, holds) in [
        (&exact, "/Beta", true),
        (&exact, "/beta", false),
        (&any(&exact), "/beTA", true),
        (&any(&exact), "/beTAs", false),
        (&prefix, "/beta", true),
        (&prefix, "/BEta", false),
        (&any(&prefix), "/BEta", true),
        (&any(&prefix), "/b\u{e9}", false),
        (&regex, "/beta", true),
        (&regex, "/x", true),
        (&regex, "/beta/1", false),
        (&regex, "/a/beta", false),
    ] {
        assert_eq!(condition.holds(text), holds, "{condition:?} on {text}");
    }
    assert!(Pattern::new("(a").is_err() && Pattern::new("(a{1000}){1000}").is_err());
}

#[test]
fn headers_cookies_and_queries_decide() {
    // IST-02: a sticky canary is a cookie matched by expression (IST-08).
    let header = |name: &str, value: &str| Class {
        headers: [(name.to_owned(), value.to_owned())].into(),
        ..class("/")
    };
    let one = |text: &str| {
        let pattern = Pattern::new(text).expect("an expression");
        vec![("cookie".to_owned(), StringMatch::Regex(pattern))]
    };
    let cookie =
        HttpMatch { headers: one("^(.*?;)?(canary=always)(;.*)?$"), ..HttpMatch::default() };
    assert!(cookie.holds(&header("cookie", "id=7;canary=always")));
    assert!(!cookie.holds(&header("cookie", "canary=never")) && !cookie.holds(&class("/")));

    let present = vec![("x-bot".to_owned(), StringMatch::Present)];
    let asks = HttpMatch { headers: present.clone(), ..HttpMatch::default() };
    let shuns = HttpMatch { without_headers: present, ..HttpMatch::default() };
    for (class, has) in [(header("x-bot", ""), true), (class("/"), false)] {
        assert_eq!((asks.holds(&class), shuns.holds(&class)), (has, !has));
    }
    let value = vec![("x-bot".to_owned(), StringMatch::Exact("yes".into()))];
    let shuns = HttpMatch { without_headers: value, ..HttpMatch::default() };
    assert!(!shuns.holds(&header("x-bot", "yes")) && shuns.holds(&header("x-bot", "no")));

    let wanted = vec![("v".to_owned(), StringMatch::Exact("b".into()))];
    let query = HttpMatch { query: wanted, ..HttpMatch::default() };
    for (path, holds) in [("/?v=b", true), ("/?a=1&v=b", true), ("/?v=c&v=b", false), ("/", false)]
    {
        assert_eq!(query.holds(&class(path)), holds, "{path}");
    }
    let bare = HttpMatch { uri: Some(StringMatch::Exact("/".into())), ..HttpMatch::default() };
    assert!(bare.holds(&class("/?v=b")), "the query is no part of the path");
}
