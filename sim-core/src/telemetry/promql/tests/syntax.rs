//! What is PromQL: agreement with another parser, mistakes and their places, limits.

use promql_parser::parser as other;
use proptest::prelude::*;

use super::super::{Query, parser};
use super::shape::{other_shape, shape};

/// Both parsers accept the text and see the same in it, or both refuse it.
fn agree(text: &str) {
    let (own, theirs) = (parser::parse(text), other::parse(text));
    match (own, theirs) {
        (Ok((own, _)), Ok(theirs)) => assert_eq!(shape(&own), other_shape(&theirs), "{text}"),
        (Err(_), Err(_)) => (),
        (own, theirs) => panic!("{text}: {own:?}, the other parser says {theirs:?}"),
    }
}

/// One of the texts between bars.
fn one_of(texts: &'static str) -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(texts.split('|').collect::<Vec<_>>())
}

/// Texts that are expressions of numbers and vectors, mostly well formed. There is no unary plus: the
/// other parser drops it, whatever follows.
fn expression() -> impl Strategy<Value = String> {
    let operand = one_of(
        r#"x|up{a="b"}|{a=~"b.*", c!=""}|x offset 5m|x @ 10|x{a!~"b"} offset -1m @ end()|sum|time()|1|-2.5e3|\
0x1f|Inf|scalar(x)|vector(1)|rate(x[5m])|'text'|max_over_time(x[5m:1m] offset 1h)|x[5m]|a:b:c|offset"#,
    );
    let operator = one_of(
        "+|-|*|/|%|^|==|!=|<|>|<=|>=|and|or|unless|atan2|> bool|== bool|+ bool|* on(a)|- on(a) group_right(b)|\
         / ignoring(a, b) group_left|and on()|or ignoring(a)|+ on(a) group_left(a)|and on(a) group_left",
    );
    let opening = one_of(
        "(|-|sum(|avg by (a) (|max without (a, b) (|topk(3, |count_values('n', |abs(|histogram_quantile(0.9, |\
         label_replace(x, 'a', '$1', 'b', '.*') + (|quantile(|round(",
    );
    let modifier = one_of("[5m:]|[1h:1m]|[5m]| offset 1m| @ 3| by (a)");
    operand.prop_map(str::to_owned).prop_recursive(5, 40, 3, move |inner| {
        let wrapped = (opening.clone(), inner.clone()).prop_map(|(opening, inner)| {
            let closing = if opening == "-" { "" } else { ")" };
            format!("{opening}{inner}{closing}")
        });
        let joined = (inner.clone(), operator.clone(), inner.clone());
        prop_oneof![
            joined.prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            wrapped,
            (inner, modifier.clone()).prop_map(|(inner, modifier)| format!("{inner}{modifier}")),
        ]
    })
}

/// Any sequence of tokens.
fn tokens() -> impl Strategy<Value = String> {
    let token = one_of(
        "x|sum|by|without|(|)|{|}|[|]|,|5m|3|'s'|=|!=|=~|==|-|*|^|and|or|on|ignoring|group_left|bool|offset|@|\
         :|rate|time|nan|(x)|x[5m]|rate(x[5m])",
    );
    prop::collection::vec(token, 0..9).prop_map(|tokens| tokens.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn expressions_mean_the_same_to_another_parser(text in expression()) {
        agree(&text);
    }

    #[test]
    fn sequences_of_tokens_are_accepted_by_both_parsers_or_by_none(text in tokens()) {
        // The other parser panics on an offset that is no number.
        prop_assume!(!text.contains("offset nan") && !text.contains("offset - nan"));
        agree(&text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,80}") {
        let _ = Query::parse(&text);
    }

    #[test]
    fn no_text_of_promql_characters_makes_the_parser_panic(
        text in r#"[a-z0-9(){}\[\]"'`=!~<>+*/%^@:,.\\# \n-]{0,60}"#
    ) {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.column as usize <= text.chars().count() + 1);
        }
    }
}

#[track_caller]
fn refused(text: &str) -> (u32, String) {
    match Query::parse(text) {
        Ok(_) => panic!("{text} is accepted"),
        Err(error) => (error.column, error.message),
    }
}

/// Text, column, beginning of the message.
const MISTAKES: &[(&str, u32, &str)] = &[
    ("", 1, "no expression found in input"),
    ("sum(rate(x[5m])", 16, "unclosed left parenthesis"),
    ("x +* y", 4, "unexpected <op:*>"),
    ("x y", 3, "unexpected identifier \"y\""),
    ("x{a=b}", 5, "unexpected identifier \"b\" in label matching, expected string"),
    ("x{a~'b'}", 4, "unexpected character inside braces: '~'"),
    ("x{a<'b'}", 4, "unexpected character inside braces: '<'"),
    (
        "x{a b}",
        5,
        "unexpected identifier \"b\" in label matching, expected label matching operator",
    ),
    ("x{a=~'('}", 6, "invalid regular expression \"(\": unclosed group"),
    ("x{a=~')('}", 6, "invalid regular expression \")(\": unopened group"),
    ("{a=~'.*'}", 1, "vector selector must contain at least one non-empty matcher"),
    ("x{__name__='y'}", 1, "metric name must not be set twice: \"x\" or \"y\""),
    ("'abc", 1, "unterminated quoted string"),
    ("x == 'é' + ü", 12, "unexpected character: 'ü'"),
    ("rate(x)", 6, "expected type range vector in call to function \"rate\", got instant vector"),
    ("rate(x[5m], 1)", 1, "expected 1 argument(s) in call to \"rate\", got 2"),
    ("round()", 1, "expected at least 1 argument(s) in call to \"round\", got 0"),
    ("round(x, 1, 2)", 1, "expected at most 2 argument(s) in call to \"round\", got 3"),
    ("1 + rates(x[5m])", 5, "unknown function with name \"rates\""),
    ("sum(x[5m])", 5, "expected type instant vector in aggregation expression, got range vector"),
    ("topk(x, x)", 6, "expected type scalar in aggregation parameter, got instant vector"),
    (
        "topk(x)",
        1,
        "wrong number of arguments for aggregate expression provided, expected 2, got 1",
    ),
    ("sum by (1) (x)", 9, "unexpected number \"1\" in grouping opts, expected label"),
    ("1 > 2", 3, "comparisons between scalars must use BOOL modifier"),
    ("x + bool y", 3, "bool modifier can only be used on comparison operators"),
    ("x and 1", 1, "set operator \"and\" not allowed in binary scalar expression"),
    ("x and on(a) group_left y", 1, "no grouping allowed for \"and\" operation"),
    ("x + on(a) 1", 1, "vector matching only allowed between instant vectors"),
    ("x + on(a) group_left(a) y", 3, "label \"a\" must not occur in ON and GROUP clause at once"),
    ("x[5m] + 1", 1, "binary expression must contain only scalar and instant vector types"),
    (
        "-x[5m]",
        1,
        "unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"",
    ),
    ("x[", 3, "unclosed left bracket"),
    ("x[0]", 3, "duration must be greater than 0 and at most 1000 years"),
    ("x[1e30]", 3, "duration must be greater than 0 and at most 1000 years"),
    ("x[2000y]", 3, "duration out of range"),
    ("(x)[5m]", 4, "ranges only allowed for vector selectors"),
    ("x offset 5m [5m]", 13, "no offset modifiers allowed before range"),
    ("x[5m][5m:]", 1, "subquery is only allowed on instant vector, got matrix instead"),
    ("x offset 1m offset 2m", 1, "offset may not be set multiple times"),
    (
        "sum(x) offset 1m",
        1,
        "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
    ),
    ("x @ 1e300", 5, "timestamp out of bounds for @ modifier: 1"),
    (
        "label_replace(x, 'a b', '', '', '')",
        18,
        "invalid destination label name in label_replace(): a b",
    ),
    ("label_replace(x, 'a', '', '', '(')", 31, "invalid regular expression \"(\": unclosed group"),
    ("count_values('a b', x)", 14, "invalid label name \"a b\""),
];

#[test]
fn mistakes_are_named_with_their_places() {
    for &(text, column, message) in MISTAKES {
        let (found, error) = refused(text);
        assert!(error.starts_with(message), "{text}: {error}");
        assert_eq!(found, column, "{text}: {error}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for name in super::super::functions::UNSUPPORTED.split_whitespace() {
        let (column, message) = refused(&format!("1 + {name}(x[5m])"));
        assert_eq!(message, format!("the function `{name}` is not supported here"));
        assert_eq!(column, 5);
    }
    // Newer or foreign constructs.
    for text in ["x{a=\"b\" or c=\"d\"}", "x[5m] smoothed", "x + fill(0) y", "x[5m + 1m]"] {
        refused(text);
    }
}

#[test]
fn every_function_of_the_other_parser_is_evaluated_or_refused_by_name() {
    use super::super::functions::{FUNCTIONS, UNSUPPORTED};
    for name in UNSUPPORTED.split_whitespace() {
        assert!(FUNCTIONS.iter().all(|signature| signature.name != name), "{name}");
    }
    for signature in FUNCTIONS {
        let arguments = signature.arguments.iter().map(|kind| match kind {
            super::super::Kind::Scalar => "1",
            super::super::Kind::Vector => "x",
            super::super::Kind::Matrix => "x[5m]",
            super::super::Kind::String => "'a'",
        });
        agree(&format!("{}({})", signature.name, arguments.collect::<Vec<_>>().join(", ")));
    }
}

#[test]
fn long_and_deep_queries_are_refused_before_they_cost_anything() {
    let rows = [
        "(".repeat(5_000),
        "-".repeat(5_000),
        "1+".repeat(4_000) + "1",
        "x[1s:1s]".to_owned() + &"[1s:1s]".repeat(999),
    ];
    for text in rows {
        assert!(refused(&text).1.contains("more than 256 parts") || text.starts_with('x'));
    }
    assert!(refused(&"x".repeat(9_000)).1.contains("longer than 8192 bytes"));
    assert!(
        refused(&format!("x{{a=~'{}'}}", "(x{100}){100}")).1.contains("invalid regular expression")
    );
    let deep = "(".repeat(120) + "1" + &")".repeat(120);
    assert!(Query::parse(&deep).is_ok());
}
