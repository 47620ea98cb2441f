//! How documents change.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::console::merge::{Lists, json_patch, merge, three_way};

fn merged(target: Value, patch: Value, lists: Lists) -> Value {
    let mut target = target;
    merge(&mut target, &patch, lists);
    target
}

#[test]
fn a_merge_patch_sets_removes_and_replaces_lists() {
    // RFC 7396.
    let target = json!({"a": {"b": 1, "c": 2}, "l": [1, 2]});
    let patch = json!({"a": {"b": null, "d": 3}, "l": [9]});
    assert_eq!(merged(target, patch, Lists::Replaced), json!({"a": {"c": 2, "d": 3}, "l": [9]}));
}

#[test]
fn a_strategic_patch_merges_containers_by_name() {
    let target = json!({"containers": [
        {"name": "app", "image": "v1", "env": [{"name": "A", "value": "1"}]},
        {"name": "side", "image": "s"}]});
    let patch = json!({"containers": [
        {"name": "app", "image": "v2", "env": [{"name": "B", "value": "2"}]},
        {"name": "side", "$patch": "delete"}]});
    let expected = json!({"containers": [{"name": "app", "image": "v2", "env": [
        {"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]});
    assert_eq!(merged(target, patch, Lists::Keyed), expected);
}

#[test]
fn apply_removes_what_it_wrote_and_keeps_what_others_wrote() {
    let last = json!({"spec": {"replicas": 2, "old": 1, "env": [{"name": "A"}, {"name": "B"}]}});
    let wanted = json!({"spec": {"env": [{"name": "B"}, {"name": "C"}]}});
    let live = json!({"spec": {"replicas": 5, "old": 1, "theirs": true,
        "env": [{"name": "A"}, {"name": "B"}, {"name": "X"}]}});
    let expected = json!({"spec": {"theirs": true,
        "env": [{"name": "B"}, {"name": "X"}, {"name": "C"}]}});
    assert_eq!(three_way(&last, &wanted, &live, Lists::Keyed), expected);
}

#[test]
fn keys_that_exclude_each_other_are_replaced_together() {
    let live = json!({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "volumes": [{"name": "a", "emptyDir": {}}]});
    let wanted = json!({"strategy": {"type": "Recreate"},
        "volumes": [{"name": "a", "configMap": {"name": "c"}}]});
    assert_eq!(three_way(&wanted, &wanted, &live, Lists::Keyed), wanted);
    let wanted = json!({"strategy": {"type": "RollingUpdate"}});
    assert_eq!(three_way(&wanted, &wanted, &live, Lists::Keyed), live, "nothing changes");
    let strategy = json!({"$retainKeys": ["type"], "type": "Recreate"});
    let patch = json!({"strategy": strategy, "volumes": [{"$patch": "delete", "name": "a"}]});
    let expected = json!({"strategy": {"type": "Recreate"}, "volumes": []});
    assert_eq!(merged(live.clone(), patch, Lists::Keyed), expected);
    let emptied = json!({"strategy": {"$patch": "delete"}});
    let expected = json!({"strategy": {}, "volumes": live["volumes"].clone()});
    assert_eq!(merged(live, emptied, Lists::Keyed), expected);
}

#[test]
fn a_json_patch_does_all_or_nothing() {
    // RFC 6902.
    let before = json!({"a": [1, 2], "b": {"c/d": 1}});
    for (patch, expected) in [
        (
            json!([{"op": "add", "path": "/a/1", "value": 9}]),
            Some(json!({"a": [1, 9, 2], "b": {"c/d": 1}})),
        ),
        (
            json!([{"op": "add", "path": "/a/-", "value": 9}]),
            Some(json!({"a": [1, 2, 9], "b": {"c/d": 1}})),
        ),
        (json!([{"op": "remove", "path": "/b/c~1d"}]), Some(json!({"a": [1, 2], "b": {}}))),
        (
            json!([{"op": "move", "from": "/a/0", "path": "/b/x"}]),
            Some(json!({"a": [2], "b": {"c/d": 1, "x": 1}})),
        ),
        (
            json!([{"op": "test", "path": "/a/0", "value": 1}, {"op": "replace", "path": "/a/0", "value": 3}]),
            Some(json!({"a": [3, 2], "b": {"c/d": 1}})),
        ),
        (
            json!([{"op": "remove", "path": "/a/0"}, {"op": "test", "path": "/a/0", "value": 1}]),
            None,
        ),
        (json!([{"op": "replace", "path": "/x", "value": 3}]), None),
        (json!([{"op": "add", "path": "/a/7", "value": 3}]), None),
        (json!([{"op": "fly", "path": "/a"}]), None),
        (json!({"op": "add"}), None),
    ] {
        let mut document = before.clone();
        let result = json_patch(&mut document, &patch);
        assert_eq!(result.is_ok(), expected.is_some(), "{patch}");
        assert_eq!(document, expected.unwrap_or_else(|| before.clone()), "{patch}");
    }
}

#[test]
fn a_json_patch_cannot_grow_a_document_without_end() {
    let copies: Vec<Value> = (0..60)
        .map(|step| json!({"op": "copy", "from": "", "path": format!("/x{step}")}))
        .collect();
    assert!(json_patch(&mut json!({"a": 1}), &json!(copies)).is_err());
    let last = json!([{"op": "copy", "from": "/a", "path": "/b"}]);
    assert!(json_patch(&mut json!({"a": "x".repeat(3 << 20)}), &last).is_err());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!(true))];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::btree_map("[a-d]", inner.clone(), 0..4)
                .prop_map(|map| map.into_iter().collect::<Value>()),
            prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    })
}

proptest! {
    #[test]
    fn applying_what_was_applied_changes_nothing(wanted in any_value(), live in any_value()) {
        for lists in [Lists::Keyed, Lists::Replaced] {
            let once = three_way(&wanted, &wanted, &live, lists);
            prop_assert_eq!(three_way(&wanted, &wanted, &once, lists), once);
        }
    }
}
