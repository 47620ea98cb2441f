//! `kubectl get -o yaml`.

use expect_test::expect;
use proptest::prelude::*;

use super::*;

#[test]
fn a_document_is_printed_as_kubectl_prints_it() {
    let document = json!({
        "kind": "X",
        "apiVersion": "v1",
        "metadata": {
            "name": "my-app",
            "labels": {"version": "1.10", "on": "true", "empty": "", "date": "2026-11-23"},
            "annotations": {"note": "first\nsecond\n", "why": "a: b", "tab": "a\tb", "odd": "# no",
                "break": "\n", "breaks": "first\n\n", "deep": "  first\nsecond"},
        },
        "spec": {
            "hosts": ["*", "shop.example.com"],
            "http": [{"route": [{"weight": 10, "host": "a"}, {"weight": 90}]}, {}],
            "none": null,
            "list": [],
            "matrix": [[1, 2], ["-"]],
            "ratio": 0.5,
            "command": ["sh", "-c", "sleep 5"],
        },
    });
    let expected = expect![[r#"
        apiVersion: v1
        kind: X
        metadata:
          annotations:
            break: |2+

            breaks: |+
              first

            deep: |2-
                first
              second
            note: |
              first
              second
            odd: '# no'
            tab: "a\tb"
            why: 'a: b'
          labels:
            date: "2026-11-23"
            empty: ""
            "on": "true"
            version: "1.10"
          name: my-app
        spec:
          command:
          - sh
          - -c
          - sleep 5
          hosts:
          - '*'
          - shop.example.com
          http:
          - route:
            - host: a
              weight: 10
            - weight: 90
          - {}
          list: []
          matrix:
          - - 1
            - 2
          - - '-'
          none: null
          ratio: 0.5
    "#]];
    expected.assert_eq(&to_yaml(&document));
}

#[test]
fn the_shipped_manifests_survive_printing() {
    for text in [BLUE, SERVICE, GATEWAY, RULE, CANARY] {
        let manifest = read(text);
        assert_eq!(read(&to_yaml(&manifest.document)), manifest);
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let word = "[-+:#'\"\\\\{}\\[\\],&*!|>%@`=<~. \\n\\ta-z0-9]{0,12}";
    prop_oneof![word, ".{0,12}", Just("no".to_owned()), Just("1e3".to_owned())]
}

fn any_document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e15..1e15).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(value in any_document()) {
        let document = json!({"spec": value});
        let text = to_yaml(&document);
        let read = yaml::parse("a.yaml", &text);
        prop_assert!(read.is_ok(), "{}\n{read:?}", text);
        prop_assert_eq!(read.unwrap()[0].to_json(), document, "{}", text);
    }
}
