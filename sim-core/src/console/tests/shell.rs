//! The shell's grammar.

use expect_test::expect;
use proptest::prelude::*;

use super::bench::Bench;
use crate::console::shell::{When, matches_pattern, parse};

fn words(line: &str) -> Vec<String> {
    let line = parse(line).unwrap();
    line.steps[0].pipeline[0].words.iter().map(|word| word.text.clone()).collect()
}

#[test]
fn words_are_split_and_quotes_removed() {
    for (line, expected) in [
        ("a  b\tc", &["a", "b", "c"][..]),
        ("a 'b c' \"d e\"", &["a", "b c", "d e"]),
        ("a'b'\"c\"d", &["abcd"]),
        (r"a\ b \'", &["a b", "'"]),
        (r#"a "\"q\" \n""#, &["a", r#""q" \n"#]),
        ("a '' b", &["a", "", "b"]),
        ("a # b", &["a"]),
        ("a b#c", &["a", "b#c"]),
        ("a \\\n b", &["a", "b"]),
        ("x jsonpath={.a}$", &["x", "jsonpath={.a}$"]),
        ("a '$x' '`'", &["a", "$x", "`"]),
    ] {
        assert_eq!(words(line), expected, "{line}");
    }
}

#[test]
fn steps_are_joined_by_their_operators() {
    let line = parse("a && b || c; d | e\nf").unwrap();
    let joins: Vec<(When, usize)> =
        line.steps.iter().map(|step| (step.when, step.pipeline.len())).collect();
    let expected = [
        (When::Always, 1),
        (When::AfterSuccess, 1),
        (When::AfterFailure, 1),
        (When::Always, 2),
        (When::Always, 1),
    ];
    assert_eq!(joins, expected);
}

#[test]
fn empty_lines_and_comments_do_nothing() {
    for line in ["", "  ", "# nothing", "\n\n", ";"] {
        assert_eq!(Bench::empty().run(line).stderr.is_empty(), line != ";", "{line:?}");
    }
}

#[test]
fn what_the_shell_cannot_read_is_an_error_and_nothing_runs() {
    let mut bench = Bench::empty();
    bench.check(
        "echo a && | b",
        &expect![[r#"
        ! bash: syntax error near unexpected token `|'
        status 2
    "#]],
    );
    bench.check(
        "echo a &&",
        &expect![[r#"
        ! bash: syntax error: unexpected end of file
        status 2
    "#]],
    );
    bench.check(
        "echo 'a",
        &expect![[r#"
        ! bash: unexpected EOF while looking for matching `''
        status 2
    "#]],
    );
    bench.check(
        "echo a > ",
        &expect![[r#"
        ! bash: syntax error near unexpected token `newline'
        status 2
    "#]],
    );
    bench.check(
        "echo $HOME",
        &expect![[r#"
        ! bash: variables cannot be used here; put the text in single quotes if you mean it as it is
        status 2
    "#]],
    );
    bench.check("echo $(ls)", &expect![[r#"
        ! bash: command substitution cannot be used here; put the text in single quotes if you mean it as it is
        status 2
    "#]]);
    bench.check(
        "sleep 5 &",
        &expect![[r#"
        ! bash: background jobs (`&') cannot be used here
        status 2
    "#]],
    );
    bench.check(
        "for x in a; do echo; done",
        &expect![[r#"
            ! bash: control flow (`for') cannot be used here
            status 2
        "#]],
    );
    bench.check(
        "echo a; ; echo b",
        &expect![[r#"
        ! bash: syntax error near unexpected token `;'
        status 2
    "#]],
    );
    bench.check(
        "(echo a)",
        &expect![[r#"
        ! bash: syntax error near unexpected token `('
        status 2
    "#]],
    );
}

#[test]
fn output_is_redirected() {
    let mut bench = Bench::empty();
    bench.check(
        "kubectl get pods 2>/dev/null; kubectl get pods 2>&1 | tail -1",
        &expect![[r#"
        No resources found in default namespace.
    "#]],
    );
    bench.check(
        "echo a > f; echo b >> f; cat f none > both 2>&1; cat both; cat < f",
        &expect![[r#"
        a
        b
        cat: none: No such file or directory
        a
        b
    "#]],
    );
    bench.check(
        "cat f none &> both; echo c &>> both; cat both",
        &expect![[r#"
            a
            b
            cat: none: No such file or directory
            c
        "#]],
    );
    bench.check(
        "echo oops >&2",
        &expect![[r#"
        ! oops
    "#]],
    );
}

#[test]
fn patterns_match_paths() {
    for (pattern, path, expected) in [
        ("*.yaml", "a.yaml", true),
        ("*.yaml", "b/a.yaml", false),
        ("b/*", "b/a.yaml", true),
        ("?.yaml", "a.yaml", true),
        ("?.yaml", "ab.yaml", false),
        ("a*b*c", "axbxbxc", true),
        ("a*b*c", "axbxb", false),
        ("*", "", true),
    ] {
        assert_eq!(matches_pattern(pattern, path), expected, "{pattern} {path}");
    }
}

proptest! {
    #[test]
    fn quoting_keeps_any_text(text in "[^'\0]{0,40}") {
        prop_assert_eq!(words(&format!("x '{text}'")), vec!["x".to_owned(), text]);
    }

    #[test]
    fn any_line_is_read_or_refused(line in "[a-z '\"\\\\|&;<>#$(){}*\n-]{0,60}") {
        let _ = parse(&line);
    }
}
