//! Selectors and paths.

use serde_json::json;

use crate::cluster::spec::Labels;
use crate::console::jsonpath::Template;
use crate::console::selector::Selector;

#[test]
fn selectors_hold_for_labels() {
    let labels: Labels =
        [("app", "shop"), ("version", "blue")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    for (text, expected) in [
        ("", true),
        ("app=shop", true),
        ("app==shop,version=blue", true),
        ("app!=shop", false),
        ("tier!=web", true),
        ("version in (blue,green)", true),
        ("version notin (blue,green)", false),
        ("tier notin (web)", true),
        ("app", true),
        ("!app", false),
        ("!tier, app", true),
    ] {
        assert_eq!(Selector::parse(text).unwrap().selects(&labels), expected, "{text}");
    }
    for wrong in ["a in b", "=b", "a b", "a=b c", "a in (b", "a=-b", "a like (b)"] {
        assert!(Selector::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn templates_print_what_their_paths_lead_to() {
    let document = json!({
        "name": "x", "n": 3, "a.b": "dot",
        "items": [{"k": "a", "v": 1, "t": {"k": "deep"}}, {"k": "b", "v": 2}, {"k": "c", "v": 3}],
    });
    for (template, expected) in [
        ("{.name}", Ok("x")),
        ("{$.name}-{.n}", Ok("x-3")),
        ("name", Ok("name")),
        ("{.items[*].k}", Ok("a b c")),
        ("{.items[-1].k}", Ok("c")),
        ("{.items[0:2].v}", Ok("1 2")),
        ("{..k}", Ok("a deep b c")),
        (r"{.a\.b}", Ok("dot")),
        ("{['a.b']}", Ok("dot")),
        ("{.items[?(@.v>1)].k}", Ok("b c")),
        (r#"{.items[?(@.k=="b")].v}"#, Ok("2")),
        ("{.items[?(@.t)].k}", Ok("a")),
        (r#"{range .items[*]}{.k}{"\t"}{.v}{"\n"}{end}"#, Ok("a\t1\nb\t2\nc\t3\n")),
        ("{.items[1]}", Ok(r#"{"k":"b","v":2}"#)),
        ("{.nothing}", Ok("")),
        ("{.nothing[0].k}", Ok("")),
        ("{.items[3].k}", Err("array index out of bounds: index 3, length 3")),
        ("{.items[-4].k}", Err("array index out of bounds: index -1, length 3")),
        ("{.items[1:9].k}", Err("array index out of bounds: index 8, length 3")),
        ("{.items[2:1].k}", Err("starting index 2 is greater than ending index 1")),
        ("{.name[0]}", Err("string is not array or slice")),
    ] {
        let rendered = Template::parse(template).unwrap().render(&document);
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(rendered, expected, "{template}");
    }
    for wrong in ["{.a", "{end}", "{range .a}", "{.a[}", "{.a[x]}", "{a b}"] {
        assert!(Template::parse(wrong).is_err(), "{wrong}");
    }
}
