//! Texts that are no manifests: a clear error with its place, and never a panic.

use expect_test::expect;
use proptest::prelude::*;

use super::*;

#[test]
fn text_that_is_not_yaml_is_reported_with_the_usual_cause() {
    check(
        "apiVersion: v1\nkind: Service\nspec:\n\tports: []\n",
        &expect![[r#"
        a.yaml:4:2: error: not valid YAML: tabs disallowed within this context (block indentation); indent with spaces: YAML does not allow tabs
    "#]],
    );
    check(
        "apiVersion: v1\nkind:Service\nmetadata:\n  name: a\n",
        &expect![[r#"
        a.yaml:3:1: error: not valid YAML: simple key expect ':'; write a space after the colon: `key: value`
    "#]],
    );
    check(
        "a: 1\n  b: 2\n",
        &expect![[r#"
        a.yaml:2:4: error: not valid YAML: mapping values are not allowed in this context; align this line with the keys beside it, or put a value that contains `: ` in quotes
    "#]],
    );
    check(
        "a: b: c\n",
        &expect![[r#"
        a.yaml:1:5: error: not valid YAML: mapping values are not allowed in this context; align this line with the keys beside it, or put a value that contains `: ` in quotes
    "#]],
    );
    check(
        "spec:\n  ports:\n    - port: 80\n   name: x\n",
        &expect![[r#"
        a.yaml:4:4: error: not valid YAML: while parsing a block mapping, did not find expected key; check the indentation of this line and of the one before: two spaces a level, no tabs
    "#]],
    );
    check(
        "a: \"never closed\nb: 1\n",
        &expect![[r#"
        a.yaml:1:4: error: not valid YAML: invalid indentation in quoted scalar; close the quotes that were opened here or above
    "#]],
    );
    check(
        "a: [1, 2\nb: 1\n",
        &expect![[r#"
            a.yaml:2:2: error: not valid YAML: illegal placement of ':' indicator; close the bracket or brace that was opened here or above, and part items with commas
        "#]],
    );
    check(
        "a: {b: 1\n",
        &expect![[r#"
        a.yaml:2:1: error: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'; close the bracket or brace that was opened here or above, and part items with commas
    "#]],
    );
    check(
        "a: @b\n",
        &expect![[r#"
            a.yaml:1:4: error: not valid YAML: unexpected character: `@'; put text that begins with such a character in quotes
        "#]],
    );
    check(
        "a: *nowhere\n",
        &expect![[r#"
            a.yaml:1:4: error: not valid YAML: while parsing node, found unknown anchor; put text that begins with `*` in quotes; an alias needs an anchor `&name` above it
        "#]],
    );
    check(
        "a: &x [*x]\n",
        &expect![[r#"
        a.yaml:1:8: error: this alias stands inside the anchor it names
    "#]],
    );
    check(
        "? [a]\n: b\n",
        &expect![[r#"
        a.yaml:1:3: error: a key must be plain text, not a list or map; put text that begins with `{` or `[` in quotes
    "#]],
    );
    check(
        "a: !Secret b\n",
        &expect![[r#"
        a.yaml:1:4: error: tag !Secret means nothing here; leave it out
    "#]],
    );
    check(
        "a: !!int b\n",
        &expect![[r#"
        a.yaml:1:4: error: "b" is not a YAML int
    "#]],
    );
    check(
        "a: 1\0b: 2\n",
        &expect![[r#"
        a.yaml:1:5: error: control character U+0000 is not allowed in YAML
    "#]],
    );
    check(
        "<<: 5\n",
        &expect![[r#"
        a.yaml:1:5: error: `<<` merges maps only
    "#]],
    );
}

#[test]
fn a_key_written_twice_names_both_places() {
    check(
        "metadata:\n  name: a\n  labels: {}\n  name: b\n",
        &expect![[r#"
        a.yaml:4:3: error: key "name" is already set in this map, at line 2, column 3; keep one of the two
    "#]],
    );
}

#[test]
fn a_file_without_documents_is_empty() {
    for text in ["", "\n", "# only\n# comments\n", "---\n---\n...\n", "\u{feff}", "---\nnull\n"] {
        assert_eq!(parse("a.yaml", text).unwrap().len(), 0, "{text:?}");
    }
}

#[test]
fn documents_are_read_one_by_one() {
    let text = format!(
        "---\n{SERVICE}---\n# nothing\n---\n{}---\n{RULE}",
        with(GATEWAY, "kind: Gateway", "kind: Gatway")
    );
    let documents = parse("a.yaml", &text).unwrap();
    let good: Vec<bool> = documents.iter().map(|document| document.manifest.is_ok()).collect();
    assert_eq!(good, [true, false, true]);
    assert_eq!(documents[0].position, Position { line: 4, column: 1 });
    check(
        &text,
        &expect![[r#"
        a.yaml:22:7: error: no matches for kind "Gatway" in version "networking.istio.io/v1"; did you mean "Gateway"?
    "#]],
    );
}

#[test]
fn a_list_of_objects_is_read_item_by_item() {
    let items = json!([read(SERVICE).document, read(RULE).document]);
    let text = to_yaml(&json!({"apiVersion": "v1", "kind": "List", "items": items}));
    let documents = parse("a.yaml", &text).unwrap();
    let kinds = documents.iter().map(|d| d.manifest.clone().unwrap().spec.kind());
    assert_eq!(kinds.collect::<Vec<_>>(), [Kind::Service, Kind::DestinationRule]);
}

#[test]
fn limits_are_refused_with_their_place() {
    let long = format!("a: \"{}\"\n", "x".repeat(10_000_000));
    check(
        &long,
        &expect![[r#"
        a.yaml:1:1: error: the file has 10000006 bytes; at most 1048576 are read
    "#]],
    );
    check(
        &format!("{}\n{}", "[".repeat(65), "]".repeat(65)),
        &expect![[r#"
        a.yaml:1:65: error: nested deeper than 64 levels
    "#]],
    );
    assert_eq!(said(&format!("{}1{}", "[".repeat(64), "]".repeat(64))).lines().count(), 1);
    check(
        &format!("a: [{}]\n", "1,".repeat(100_000)),
        &expect![[r#"
            a.yaml:1:199999: error: the file holds more than 100000 values after expanding its aliases; write less, and fewer aliases
        "#]],
    );
}

#[test]
fn an_anchor_bomb_is_refused_before_it_grows() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..20 {
        let before = i - 1;
        bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{before}"); 10].join(","));
    }
    check(
        &bomb,
        &expect![[r#"
            a.yaml:5:34: error: the file holds more than 100000 values after expanding its aliases; write less, and fewer aliases
        "#]],
    );
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(900_000), ["*a"; 1_000].join(","));
    check(
        &long,
        &expect![[r#"
            a.yaml:2:11: error: the file holds more than 4194304 bytes of text after expanding its aliases; write less, and fewer aliases
        "#]],
    );
}

#[test]
fn anchors_and_merge_keys_are_expanded() {
    let text = with(
        &with(BLUE, "    matchLabels:\n", "    matchLabels: &labels\n"),
        "      labels:\n        app: my-app\n        version: blue\n",
        "      labels:\n        <<: *labels\n        tier: web\n",
    );
    let Spec::Deployment(spec) = read(&text).spec else { panic!("a Deployment") };
    let labels: Vec<String> =
        spec.template.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(labels, ["app=my-app", "tier=web", "version=blue"]);
}

#[test]
fn a_merge_key_in_quotes_is_a_word() {
    let documents = crate::manifest::yaml::parse("a.yaml", "'<<': 1\nb: 2\n").expect("YAML");
    assert_eq!(documents[0].to_json(), serde_json::json!({"<<": 1, "b": 2}));
}

#[test]
fn paths_do_not_repeat_a_long_key_for_every_item() {
    let text = format!("? \"{}\"\n: [1, [2], 3]\n", "k".repeat(100_000));
    let documents = crate::manifest::yaml::parse("a.yaml", &text).expect("YAML");
    let root = Cursor::root(&documents[0]);
    let (_, list) = root.entries().remove(0);
    let inner = list.items()[1].items();
    assert!(list.items().iter().chain(&inner).all(|item| item.path.len() < 600));
}

#[test]
fn bytes_that_are_not_text_are_named() {
    let error = decode("a.yaml", b"a: 1\nb: \xc3\xa4\xff\n").unwrap_err();
    expect!["a.yaml:2:5: error: byte 0xff is not UTF-8 text; save the file as UTF-8"]
        .assert_eq(&error.to_string());
    assert_eq!(decode("a.yaml", "ä".as_bytes()), Ok("ä"));
}

#[test]
fn hostile_shapes_are_refused_quickly() {
    for unit in [
        "[", "{", "- ", "? ", "&a ", "a: ", "- - - ", "*a ", "!!str ", "|\n", "\"", "'", "%a\n",
        "---\n", "a:\n ", "[a, ", "{a: ", "#", "\t", "a: &a\n", "- [\n", "'''", "\\", "- a: [",
        ">\n", "...\n",
    ] {
        for end in ["", "x", ": 1", "]"] {
            let text = unit.repeat(200_000 / unit.len()) + end;
            let _ = parse("a.yaml", &text);
        }
    }
}

#[test]
fn many_findings_are_counted_not_kept() {
    let keys: String = (0..20_000).map(|i| format!("  k{i}: 1\n")).collect();
    let said = said(&with(SERVICE, "spec:\n", &format!("spec:\n{keys}")));
    assert_eq!(said.lines().count(), 101);
    assert!(said.ends_with("note: 19900 more findings are not shown\n"), "{said}");
}

/// A good manifest with a few characters deleted, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let originals = prop::sample::select(vec![BLUE, SERVICE, GATEWAY, RULE, CANARY]);
    let pieces = prop::sample::select(vec![
        "",
        "-1",
        "\n",
        ": ",
        "  ",
        "\t",
        "- ",
        "[",
        "{",
        "\"",
        "'",
        "&a ",
        "*a",
        "null",
        "99999999999",
        "~",
        "1e400",
        "x",
        "#",
        "|",
        "é",
        "!!int ",
        "0.5",
        "[]",
        "{}",
        "<<: ",
    ]);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, pieces), 1..6);
    (originals, edits).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (index, length, piece) in edits {
            let at = index.index(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

/// Reading gives a manifest or says why not, with a place.
fn examine(text: &str) {
    match parse("a.yaml", text) {
        Err(fault) => assert!(0 < fault.position.line, "{fault}"),
        Ok(documents) => {
            for document in documents {
                match document.manifest {
                    Ok(manifest) => assert_eq!(from_value(&manifest.document), Ok(manifest)),
                    Err(errors) => {
                        assert!(!errors.is_empty());
                        assert!(errors.iter().all(|error| 0 < error.position.line), "{errors:?}");
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_mutated_manifest_is_read_or_refused(text in mutated()) {
        examine(&text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}", lines in "([a: \\-\\[\\]{}&*!|>'\"#%@,?\\n\\t]{0,60})") {
        examine(&text);
        examine(&lines);
    }
}
