//! Texts that are no queries: refused by both, at the same place and in the same words.

use anyhow::Result;
use sim_core::telemetry::promql::Query;

use super::differences::{TAKEN, WORDS};
use super::server::Server;

const MISTAKES: &[&str] = &[
    "",
    "sum(rate(x[5m])",
    "x +* y",
    "x y",
    "x{a=b}",
    "x{a~'b'}",
    "x{a<'b'}",
    "x{a=~'('}",
    "{a=~'.*'}",
    "{}",
    "x{__name__='y'}",
    "'abc",
    "x == 'é' + ü",
    "x ==\n  'é' + ü",
    "rate(x)",
    "rate(x[5m], 1)",
    "round()",
    "round(x, 1, 2)",
    "1 + rates(x[5m])",
    "sum(x[5m])",
    "topk(x, x)",
    "topk(x)",
    "sum by (1) (x)",
    "1 > 2",
    "x + bool y",
    "x and 1",
    "1 or x",
    "x and on(a) group_left y",
    "x unless on(a) group_right y",
    "x + on(a) 1",
    "x + on(a) group_left(a) y",
    "x[5m] + 1",
    "\"a\" + 1",
    "-x[5m]",
    "-\"a\"",
    "x[",
    "x[2000y]",
    "(x)[5m]",
    "x offset 5m [5m]",
    "x @ 5 [5m]",
    "x offset 1m offset 2m",
    "sum(x) offset 1m",
    "sum(x) @ 5",
    "x[5m] smoothed",
    "x{",
    "x{a",
    "x{a=",
    "x{a=\"b\"",
    "x{a=\"b\" c=\"d\"}",
    "x{a=\"b\",,}",
    "sum by (",
    "sum by (a",
    "sum by a (x)",
    "rate(",
    "rate(x[5m]",
    "(x",
    "x)",
    "x]",
    "x}",
    "()",
    "x @",
    "x @ foo",
    "x offset",
    "x offset foo",
    "x[5m:",
    "x[5m",
    "sum(x, y)",
    "1 +",
    "== 1",
    "x == bool",
    "x + on y",
    "quantile(0.5)",
    "quantile(\"a\", x)",
    "time(1)",
    "vector(x)",
    "scalar(1)",
    "histogram_quantile(x, y)",
    "absent(x[5m])",
    "predict_linear(x[5m])",
    "day_of_week(1)",
    "x $ y",
    "x # y\n z",
    "1 2",
    "x 5",
    "x \"a\"",
    "x == == y",
    "sum(sum(x)",
    "x[5m][5m]",
    "sum(x y)",
    "rate(x[5m],)",
    "rate(,)",
    "sum by (a b)(x)",
    "sum by (a,,b)(x)",
    "x{a}",
    "x{a b}",
    "x{1=\"b\"}",
    "x{a==5}",
    "x{a=\"b\"}}",
    "x{a=\"b\" or c=\"d\"}",
    "x{,}",
    "x by",
    "x sum",
    "x and",
    "(x y)",
    "x a:b",
    "x[5m] 5m",
    "x \"abcdefghijklmnop\"",
    "x @ 5m",
    "x @ start",
    "x @ start(",
    "x offset -",
    "x offset --5m",
    "x[5m]]",
    "bool",
    "on",
    "x on",
    "sum by(a) x",
    "x + on(a,b c) y",
    "x * group_left y",
    "x=5",
    "x.y",
    "sum(x[5m",
    "rate(x{",
    "x @ 5 @ 6",
    "(sum(x)) offset 5m",
    "rate(x+y)",
    "rate(-x)",
    "rate(sum(x))",
    "x[5m:] + 1",
    "x and \"a\"",
    "sum()",
    "count_values(1,x)",
    "x + on() group_left bool y",
    "label_join(x)",
    "nan()",
    "label_replace(x, 'a b', '', '', '')",
    "label_join(x, 'a', '', '1x')",
    "count_values('a b', x)",
    "\"\\q\"",
];

#[test]
fn mistakes_are_refused_at_the_place_and_in_the_words_of_prometheus() -> Result<()> {
    let server = Server::start("# EOF\n")?;
    let (mut agree, mut known, mut differ) = (0, 0, Vec::new());
    for &text in MISTAKES {
        let answer = server.api("query", &[("query", text), ("time", "0")])?;
        let theirs = answer["error"].as_str().unwrap_or("no error").to_owned();
        let theirs = theirs.trim_start_matches("invalid parameter \"query\": ");
        let ours = match Query::parse(text) {
            Ok(_) => "no error".to_owned(),
            Err(error) => error.in_text(text),
        };
        let why = WORDS.iter().find(|(known, _)| *known == text);
        match (why, ours == theirs) {
            (None, true) => agree += 1,
            (Some((_, why)), false) => {
                known += 1;
                println!("  other words: {text}: {why}");
            }
            (None, false) => {
                differ.push(format!("{text:?}\n    ours   {ours}\n    theirs {theirs}"));
            }
            (Some(_), true) => differ.push(format!("{text:?} is listed as different, and is not")),
        }
    }
    println!("mistakes: {agree} agree, {known} in other words, {} differ", differ.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(WORDS.iter().all(|(text, _)| MISTAKES.contains(text)));
    assert!(TAKEN.iter().all(|(text, _)| !MISTAKES.contains(text)));
    Ok(())
}
