//! Rules for routes and destinations: hosts, ports, subsets, unreachable rules, validation.

use expect_test::expect;

use super::{GATEWAY, SHOP, SUBSETS, codes, object, printed, route_to, routes};

#[test]
fn a_destination_must_be_a_service_by_its_short_or_full_name() {
    // IST0101; IST-06: a name with a dot is never looked up in a namespace.
    let other = "\
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: bank}
spec: {selector: {app: pay}, ports: [{name: http, port: 80}]}
";
    let entry = object("ServiceEntry", "out", "hosts: ['*.example.com', api.test]\nports: []");
    let private = object("ServiceEntry", "bank/in", "hosts: [in.test]\nexportTo: ['.']");
    for (host, fires) in [
        ("shop", false),
        ("shop.default.svc.cluster.local", false),
        ("shop.default", true),
        ("shop.default.svc", true),
        ("Shop", true),
        ("shops", true),
        ("''", true),
        ("pay", true),
        ("pay.bank.svc.cluster.local", false),
        ("pay.bank", true),
        ("shop.bank.svc.cluster.local", true),
        ("api.test", false),
        ("www.example.com", false),
        ("'*.example.com'", false),
        ("example.com", true),
        ("in.test", true),
    ] {
        let route = route_to(&format!("host: {host}"));
        let expected: &[&str] = if fires { &["IST0101 5.yaml:8"] } else { &[] };
        assert_eq!(codes(&[SHOP, other, &entry, &private, &route]), expected, "{host}");
    }
}

#[test]
fn a_service_can_be_hidden_from_other_namespaces() {
    let hidden = "\
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: bank, annotations: {networking.istio.io/exportTo: .}}
spec: {selector: {app: pay}, ports: [{name: http, port: 80}]}
";
    let of = |namespace: &str| {
        let spec =
            "hosts: [pay]\nhttp:\n- route:\n  - destination: {host: pay.bank.svc.cluster.local}";
        routes(&format!("{namespace}/pay"), spec)
    };
    assert_eq!(codes(&[hidden, &of("default")]), ["IST0101 2.yaml:8"]);
    assert_eq!(codes(&[hidden, &of("bank")]), [""; 0]);
}

#[test]
fn a_port_must_be_named_if_there_are_several_and_must_exist() {
    // IST0112 and IST0101; IST-11.
    let two = "\
apiVersion: v1
kind: Service
metadata: {name: pair}
spec: {selector: {app: pair}, ports: [{name: http, port: 80}, {name: http-admin, port: 81}]}
";
    for (destination, expected) in [
        ("host: shop", &[][..]),
        ("host: shop, port: {number: 80}", &[]),
        ("host: shop, port: {number: 81}", &["IST0101 3.yaml:8"]),
        ("host: pair", &["IST0112 3.yaml:8"]),
        ("host: pair, port: {number: 81}", &[]),
        ("host: pair, port: {number: 82}", &["IST0101 3.yaml:8"]),
    ] {
        assert_eq!(codes(&[SHOP, two, &route_to(destination)]), expected, "{destination}");
    }
    let both = "hosts: [shop]\nhttp:\n- route:\n  - {destination: {host: pair}, weight: 1}\n  \
                - {destination: {host: shop, port: {number: 9}}, weight: 1}";
    expect![[r#"
        Error [IST0101] (VirtualService default/shop 3.yaml:9) Referenced host:port not found: "shop:9"
        Error [IST0112] (VirtualService default/shop 3.yaml:8) This VirtualService routes to a service "pair" that exposes multiple ports [80 81]. Specifying a port in the destination is required to disambiguate."#]]
    .assert_eq(&printed(&[SHOP, two, &routes("shop", both)]));
}

#[test]
fn a_subset_must_be_defined_for_the_same_service() {
    // IST0101; IST-21: whether the subset has pods does not matter here.
    let elsewhere = SUBSETS.replace("name: shop}", "name: shop, namespace: bank}");
    let full = SUBSETS.replace("host: shop", "host: shop.default.svc.cluster.local");
    for (rule, destination, fires) in [
        (SUBSETS, "host: shop, subset: green", false),
        (SUBSETS, "host: shop, subset: purple", true),
        (SUBSETS, "host: shop.default.svc.cluster.local, subset: green", false),
        (&full, "host: shop, subset: green", false),
        (&full, "host: shop", false),
        (&full, "host: shop, subset: ''", false),
        ("", "host: shop, subset: green", true),
        (&elsewhere, "host: shop, subset: green", true),
    ] {
        let mut found = codes(&[SHOP, rule, &route_to(destination)]);
        // The rule in the other namespace is for no service there.
        found.retain(|code| !code.starts_with("IST0174"));
        let expected: &[&str] = if fires { &["IST0101 3.yaml:8"] } else { &[] };
        assert_eq!(found, expected, "{rule}{destination}");
    }
}

#[test]
fn a_mirror_is_checked_like_a_destination() {
    let mirror = |to: &str| {
        let spec = "hosts: [shop]\nhttp:\n- route: [{destination: {host: shop}}]\n  mirror: {";
        routes("shop", &format!("{spec}{to}}}"))
    };
    assert_eq!(codes(&[SHOP, SUBSETS, &mirror("host: shop, subset: green")]), [""; 0]);
    expect![[r#"
        Error [IST0101] (VirtualService default/shop 3.yaml:8) Referenced mirror host not found: "nobody"
        Error [IST0101] (VirtualService default/shop 3.yaml:8) Referenced mirror+subset in destinationrule not found: "nobody+green""#]]
    .assert_eq(&printed(&[SHOP, SUBSETS, &mirror("host: nobody, subset: green")]));
}

#[test]
fn a_subset_should_have_pods_and_its_host_should_exist() {
    // IST0173 and IST0174; IST-22. Pods of any namespace count, as in Istio.
    let purple = SUBSETS.replace("green", "purple");
    expect![[r#"
        Error [IST0173] (DestinationRule default/shop 2.yaml:1) The Subset purple defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream)."#]]
    .assert_eq(&printed(&[SHOP, &purple]));
    let elsewhere = SHOP.replace("name: green-1", "name: green-1, namespace: bank");
    let partly = SUBSETS.replace("{version: green}", "{version: green, app: other}");
    let ghost = SUBSETS.replace("host: shop", "host: ghost");
    for (pods, rule, expected) in [
        (SHOP, SUBSETS, &[][..]),
        (&elsewhere, SUBSETS, &[]),
        (SHOP, &partly, &["IST0173 2.yaml:1"]),
        (SHOP, &ghost, &["IST0174 2.yaml:1"]),
        (SHOP, &SUBSETS.replace("labels: {version: green}", "labels: {}"), &[]),
        (SHOP, &SUBSETS.replace("host: shop", "host: shop.default.svc.cluster.local"), &[]),
        (
            SHOP,
            &SUBSETS.replace("host: shop", "host: '*.default.svc.cluster.local'"),
            &["IST0174 2.yaml:1"],
        ),
    ] {
        assert_eq!(codes(&[pods, rule]), expected, "{rule}");
    }
    expect![[r#"
        Warning [IST0174] (DestinationRule default/shop 2.yaml:1) The host ghost defined in the DestinationRule does not match any services in the mesh."#]]
    .assert_eq(&printed(&[SHOP, &ghost]));
}

#[test]
fn deployments_can_stand_for_their_pods() {
    let deployment = |replicas: u32| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: green}}\nspec:\n  replicas: \
             {replicas}\n  selector: {{matchLabels: {{app: shop}}}}\n  template:\n    metadata: \
             {{labels: {{app: shop, version: green}}}}\n    spec: {{containers: [{{name: a, image: \
             b}}]}}\n"
        )
    };
    let shop = SHOP.split("---").next().unwrap_or_default();
    let rule = SUBSETS.replace("{name: blue, labels: {version: blue}}, ", "");
    let says = |replicas: u32| {
        let mut resources = super::resources(&[shop, &rule, &deployment(replicas)]);
        resources.imply_pods();
        super::analyze(&resources, None).len()
    };
    assert_eq!((says(1), says(0)), (0, 1));
    assert_eq!(codes(&[shop, &rule, &deployment(1)]), ["IST0173 2.yaml:1"]);
}

#[test]
fn a_rule_behind_a_catch_all_is_unreachable() {
    // IST0130 and IST0131; IST-01.
    let to = "route: [{destination: {host: shop}}]";
    let path =
        |kind: &str, value: &str| format!("- match: [{{uri: {{{kind}: {value}}}}}]\n  {to}\n");
    let all = format!("- {to}\n");
    let rules = |rules: &[&str]| {
        let rules: String = rules.concat();
        routes("shop", &format!("hosts: [shop]\nhttp:\n{rules}"))
    };
    let (a, b, get) =
        (path("prefix", "/a"), path("exact", "/b"), "- match: [{method: {exact: GET}}]\n  ");
    let get = format!("{get}{to}\n");
    let named = format!("- name: last\n  {to}\n");
    let slash = path("prefix", "/");
    for (list, expected) in [
        (&[&a, &b, &all][..], &[][..]),
        (&[&all, &all], &["IST0130"]),
        (&[&all, &a], &["IST0130"]),
        (&[&a, &a], &["IST0130", "IST0131"]),
        (&[&slash, &a], &["IST0131"]),
        (&[&a, &slash], &[]),
        (&[&get, &get, &all], &["IST0130", "IST0131"]),
        (&[&b, &a, &get], &[]),
        (&[&all, &named], &["IST0130"]),
    ] {
        let list: Vec<&str> = list.iter().map(|rule| rule.as_str()).collect();
        let expected: Vec<String> = expected.iter().map(|c| format!("{c} 2.yaml:1")).collect();
        assert_eq!(codes(&[SHOP, &rules(&list)]), expected, "{list:?}");
    }
    expect![[r#"
        Warning [IST0130] (VirtualService default/shop 2.yaml:1) VirtualService rule "last" not used (only the last rule can have no matches).
        Warning [IST0130] (VirtualService default/shop 2.yaml:1) VirtualService rule #2 not used (all matches used by prior rules).
        Warning [IST0130] (VirtualService default/shop 2.yaml:1) VirtualService rule #4 not used (route without matches defined before).
        Info [IST0131] (VirtualService default/shop 2.yaml:1) VirtualService rule #1 match #0 of prefix /a is not used (duplicate/overlapping match in rule #0 of prefix / on #0).
        Info [IST0131] (VirtualService default/shop 2.yaml:1) VirtualService rule #2 match #0 is not used (duplicate/overlapping match in rule #1)."#]]
    .assert_eq(&printed(&[SHOP, &rules(&[&slash, &a, &a, &all, &b, &named])]));
}

#[test]
fn overlapping_prefixes_are_compared_with_all_their_conditions() {
    let to = "route: [{destination: {host: shop}}]";
    for (first, later, fires) in [
        ("uri: {prefix: /a}", "uri: {prefix: /ab}", true),
        ("uri: {prefix: /ab}", "uri: {prefix: /a}", false),
        ("uri: {prefix: /a}, port: 80", "uri: {prefix: /ab}", false),
        ("uri: {prefix: /a}, method: {exact: POST}", "uri: {prefix: /ab}", false),
        ("uri: {prefix: /a}, method: {exact: GET}", "uri: {prefix: /ab}", true),
        ("uri: {prefix: /a}, headers: {x: {exact: '1'}}", "uri: {prefix: /ab}", false),
        (
            "uri: {prefix: /a}, headers: {x: {exact: '1'}}",
            "uri: {prefix: /ab}, headers: {x: {exact: '1'}}",
            true,
        ),
        (
            "uri: {prefix: /a}, headers: {x: {exact: '1'}}",
            "uri: {prefix: /ab}, headers: {y: {exact: '1'}}",
            false,
        ),
        ("uri: {exact: /a}", "uri: {prefix: /ab}", false),
    ] {
        let rules = format!("- match: [{{{first}}}]\n  {to}\n- match: [{{{later}}}]\n  {to}");
        let file = routes("shop", &format!("hosts: [shop]\nhttp:\n{rules}"));
        let expected: &[&str] = if fires { &["IST0131 2.yaml:1"] } else { &[] };
        assert_eq!(codes(&[SHOP, &file]), expected, "{first} {later}");
    }
}

#[test]
fn what_istio_refuses_is_a_schema_validation_error() {
    // IST0106; IST-07.
    let split = |blue: &str, green: &str| {
        let to = |subset: &str, weight: &str| {
            format!("  - {{destination: {{host: shop, subset: {subset}}}{weight}}}\n")
        };
        let list = to("blue", blue) + &to("green", green);
        routes("shop", &format!("hosts: [shop]\nhttp:\n- route:\n{list}"))
    };
    for (blue, green, expected) in [
        (", weight: 90", ", weight: 10", &[][..]),
        (", weight: 1", ", weight: 3", &[]),
        (", weight: 100", "", &[]),
        ("", "", &["IST0106 3.yaml:1"]),
        (", weight: 0", ", weight: 0", &["IST0106 3.yaml:1"]),
        (", weight: -1", ", weight: 9", &["IST0106 3.yaml:1"]),
    ] {
        assert_eq!(codes(&[SHOP, SUBSETS, &split(blue, green)]), expected, "{blue} {green}");
    }
    expect![[r#"
        Error [IST0106] (VirtualService default/shop 3.yaml:1) Schema validation error: total destination weight = 0"#]]
    .assert_eq(&printed(&[SHOP, SUBSETS, &split("", "")]));
    let star = routes("shop", "hosts: ['*']\nhttp: [{route: [{destination: {host: shop}}]}]");
    expect![[r#"
        Error [IST0106] (VirtualService default/shop 2.yaml:1) Schema validation error: wildcard host * is not allowed for virtual services bound to the mesh gateway"#]]
    .assert_eq(&printed(&[SHOP, &star]));
    let bound = star.replace("  hosts", "  gateways: [front]\n  hosts");
    assert_eq!(codes(&[SHOP, GATEWAY, &bound]), [""; 0]);
}

#[test]
fn what_the_simulator_does_not_model_is_no_error_of_the_file() {
    let regex = "hosts: [shop]\nhttp:\n- match: [{uri: {regex: /a.*}, queryParams: {a: {exact: b}}}]\n  route: [{destination: {host: shop}}]";
    assert_eq!(codes(&[SHOP, &routes("shop", regex)]), [""; 0]);
}
