//! Inputs of strangers.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{GATEWAY, SHOP, SUBSETS, route_to};
use crate::mesh::analyze::{ANALYZERS, MESSAGES_MAX, Resources, analyze, json, log, yaml};

/// Any value where a manifest has one, with the words that manifests use.
fn value() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "",
        "*",
        ".",
        "/",
        "*/*",
        "./",
        "*.",
        "shop",
        "blue",
        "mesh",
        "front",
        "default",
        "é\u{0}",
        "-1",
        "http",
        "TCP",
        ".svc.cluster.local",
        "a.svc.cluster.local",
        "enabled",
        "exact",
    ]);
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let key = prop::sample::select(vec![
        "hosts",
        "http",
        "route",
        "destination",
        "host",
        "subset",
        "port",
        "number",
        "weight",
        "match",
        "uri",
        "prefix",
        "exact",
        "headers",
        "gateways",
        "exportTo",
        "subsets",
        "labels",
        "name",
        "selector",
        "servers",
        "ports",
        "mirror",
        "mirrors",
        "template",
        "metadata",
        "spec",
        "containers",
        "matchLabels",
        "namespace",
        "annotations",
        "targetPort",
        "tcp",
        "tls",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "VirtualService",
        "DestinationRule",
        "Gateway",
        "Service",
        "Deployment",
        "Pod",
        "Namespace",
        "ServiceEntry",
        "AuthorizationPolicy",
        "Odd",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_document_panics(objects in prop::collection::vec((kind(), value(), value()), 1..6)) {
        let mut resources = Resources::with_ingress_gateway();
        for (index, (kind, spec, labels)) in objects.into_iter().enumerate() {
            let metadata = json!({"name": format!("o{index}"), "labels": labels});
            resources.add_live(&json!({"kind": kind, "metadata": metadata, "spec": spec}));
        }
        resources.imply_pods();
        let found = analyze(&resources, None);
        prop_assert!(found.len() <= MESSAGES_MAX * ANALYZERS.len());
        prop_assert_eq!(&found, &analyze(&resources, None));
        let printed = [log(&found), json(&found), yaml(&found)];
        prop_assert!(printed.iter().all(|text| text.len() < 16 << 20));
    }

    #[test]
    fn no_text_panics(text in "[ -~\n\t]{0,200}", cut in 0usize..400) {
        let mut resources = Resources::default();
        resources.add_file("a.yaml", &text);
        let whole = [SHOP, SUBSETS, GATEWAY, &route_to("host: shop")].join("---\n");
        let end = cut.min(whole.len());
        resources.add_file("b.yaml", &whole[..end]);
        resources.add_file("c.yaml", &(whole[..end].to_owned() + &text));
        analyze(&resources, Some("default"));
    }
}

#[test]
fn a_flood_of_messages_is_cut_off() {
    let rule = "- match: [{uri: {prefix: /a}}]\n  route: [{destination: {host: nobody}}]\n";
    let rules: String = (0..2000).map(|n| rule.replace("/a", &"/".repeat(1 + n % 50))).collect();
    let file = super::routes("flood", &format!("hosts: [shop]\nhttp:\n{rules}"));
    assert!(super::messages(&[&file]).len() <= 2 * MESSAGES_MAX);
}
