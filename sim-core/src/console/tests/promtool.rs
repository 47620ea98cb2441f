//! `promtool query` over what has been scraped. The words are those of promtool 2.42.

use expect_test::expect;

use super::bench::Bench;

#[test]
fn queries_are_answered_as_promtool_prints_them() {
    let mut bench = Bench::settled();
    bench.check(
        "promtool query instant http://prometheus:9090 kube_deployment_status_replicas --time 10",
        &expect![[r#"
            kube_deployment_status_replicas{deployment="my-app-blue", namespace="default"} => 2 @[10]
        "#]],
    );
    bench.check(
        "promtool query range --start=5 --end=15 --step=5s http://prometheus:9090 \
         'sum(kube_deployment_status_replicas) / 4'",
        &expect![[r#"
            {} =>
            0.5 @[5]
            0.5 @[10]
            0.5 @[15]
        "#]],
    );
    bench.check(
        "promtool query instant -o json http://prometheus:9090 'vector(1)' --time=2026-01-05T09:00:07Z",
        &expect![[r#"
            [{"metric":{},"value":[7,"1"]}]
        "#]],
    );
    bench.check(
        "promtool query instant http://prometheus:9090 1/0 --time=10.5",
        &expect![[r#"
            scalar: +Inf @[10.5]
        "#]],
    );
    let nothing = bench.run("promtool query instant http://prometheus:9090 nothing");
    assert_eq!((nothing.stdout.as_str(), nothing.status), ("\n", Some(0)));
}

#[test]
fn a_mistake_is_told_in_the_words_of_promtool() {
    let mut bench = Bench::settled();
    for (arguments, said) in [
        (
            "query instant http://p 'rate(x)'",
            "query error: bad_data: invalid parameter \"query\": 1:6: parse error: expected type range \
             vector in call to function \"rate\", got instant vector",
        ),
        (
            "query instant http://p 'topk(NaN, x)'",
            "query error: execution: Scalar value NaN overflows int64",
        ),
        ("query range http://p x --start=9 --end=1", "start time is not before end time"),
        (
            "query range http://p x[5m]",
            "query error: bad_data: invalid expression type \"range vector\" for range query, must be \
             Scalar or instant Vector",
        ),
        (
            "query range http://p x --step=abc",
            "promtool: error: time: invalid duration \"abc\", try --help",
        ),
        (
            "query instant http://p x --time=abc",
            "error parsing evaluation time: cannot parse \"abc\" to a valid timestamp",
        ),
        (
            "query instant http://p",
            "promtool: error: required argument 'expr' not provided, try --help",
        ),
        ("query instant http://p a b", "promtool: error: unexpected b, try --help"),
        (
            "query instant --foo http://p a",
            "promtool: error: unknown long flag '--foo', try --help",
        ),
        ("query", "promtool: error: must select a subcommand of 'query', try --help"),
        ("query foo", "promtool: error: expected command but got \"foo\", try --help"),
        ("foo", "promtool: error: expected command but got \"foo\", try --help"),
        (
            "query instant prom:9090 up",
            "query error: Post \"prom:9090\": unsupported protocol scheme \"prom\"",
        ),
    ] {
        let reply = bench.run(&format!("promtool {arguments}"));
        assert_eq!((reply.stderr.trim_end(), reply.status), (said, Some(1)), "{arguments}");
    }
}
