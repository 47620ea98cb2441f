//! Order, namespaces, formats.

use std::collections::BTreeSet;

use expect_test::expect;

use super::{SHOP, resources, route_to};
use crate::mesh::analyze::{ANALYZERS, Code, Level, Resources, analyze, json, log, yaml};

#[test]
fn the_json_is_a_list_of_objects_as_istioctl_prints_it() {
    let found = analyze(&resources(&[SHOP, &route_to("host: \"<a&b>\"")]), None);
    expect![[r#"
        [
        	{
        		"code": "IST0101",
        		"documentationUrl": "https://istio.io/v1.26/docs/reference/config/analysis/ist0101/?ref=istioctl-analyze",
        		"level": "Error",
        		"message": "Referenced host not found: \"\u003ca\u0026b\u003e\"",
        		"origin": "VirtualService default/shop",
        		"reference": "2.yaml:8"
        	}
        ]"#]]
    .assert_eq(&json(&found));
    expect![[r#"
        - code: IST0101
          documentationUrl: https://istio.io/v1.26/docs/reference/config/analysis/ist0101/?ref=istioctl-analyze
          level: Error
          message: 'Referenced host not found: "<a&b>"'
          origin: VirtualService default/shop
          reference: 2.yaml:8
    "#]]
    .assert_eq(&yaml(&found));
    assert_eq!((json(&[]).as_str(), yaml(&[]).as_str(), log(&[]).as_str()), ("[]", "[]\n", ""));
}

#[test]
fn an_object_of_the_api_server_has_no_reference() {
    let mut resources = Resources::default();
    resources.add_live(&serde_json::json!({
        "kind": "Service", "metadata": {"name": "shop", "namespace": "default"},
        "spec": {"ports": [{"port": 80}]},
    }));
    let found = analyze(&resources, Some("default"));
    // The API server has written the target port.
    expect!["Info [IST0118] (Service default/shop) Port name  (port: 80, targetPort: 80) doesn't follow the naming convention of Istio port."]
    .assert_eq(&log(&found));
    assert!(found[0].document().get("reference").is_none());
}

#[test]
fn a_file_takes_the_place_of_what_the_api_server_holds() {
    let mut resources = resources(&[&route_to("host: shop")]);
    assert_eq!(analyze(&resources, None).len(), 1);
    assert_eq!(resources.add_file("fix.yaml", SHOP), []);
    assert_eq!(analyze(&resources, None), []);
}

#[test]
fn messages_about_other_namespaces_are_left_out() {
    let elsewhere = route_to("host: nobody").replace("namespace: default", "namespace: bank");
    let namespaces = "apiVersion: v1\nkind: Namespace\nmetadata: {name: bank}\n";
    let resources = resources(&[&elsewhere, namespaces]);
    let count = |namespace| analyze(&resources, namespace).len();
    assert_eq!((count(None), count(Some("default")), count(Some("bank"))), (2, 0, 2));
}

#[test]
fn errors_come_before_warnings_before_infos() {
    let bad = route_to("host: nobody")
        + "---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: b}, ports: [{port: 9}]}\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {host: b}\n";
    let levels: Vec<Level> =
        analyze(&resources(&[&bad]), None).iter().map(|message| message.code.level()).collect();
    assert_eq!(levels, [Level::Error, Level::Warning, Level::Info]);
    assert!(Level::Error.reaches(Level::Warning) && !Level::Info.reaches(Level::Warning));
}

#[test]
fn codes_and_analyzers_are_listed_in_order() {
    let numbers: Vec<&str> = Code::ALL.iter().map(|code| code.number()).collect();
    let sorted: BTreeSet<&str> = numbers.iter().copied().collect();
    assert_eq!(numbers, sorted.into_iter().collect::<Vec<_>>());
    assert!(ANALYZERS.is_sorted_by_key(|analyzer| analyzer.name));
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let problem = |text: &str| {
        let problems = Resources::default().add_file("a.yaml", text);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    for (text, expected) in [
        ("a: [", "a.yaml:2:1: error: not valid YAML"),
        ("- 1", "a.yaml:1:1: error: a manifest is a map of fields"),
        ("kind: Pod", "a.yaml:1:1: error: apiVersion not set"),
        ("apiVersion: v1\nkind: 1", "a.yaml:1:1: error: kind not set"),
        ("apiVersion: v1\nkind: Pod", "a.yaml:1:1: error: metadata.name not set"),
        ("apiVersion: v1\nkind: Pod\nmetadata: 3", "a.yaml:1:1: error: metadata.name not set"),
        (
            "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {server: []}",
            "a.yaml:4:8: error: ",
        ),
    ] {
        let said = problem(text);
        assert!(said.starts_with(expected), "{text}: {said}");
    }
    assert_eq!(problem(""), "");
}
