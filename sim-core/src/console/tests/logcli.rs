//! `logcli`: what all pods have written.

use expect_test::expect;

use super::bench::Bench;

/// Two pods of blue, half of whose requests fail since ten seconds.
fn failing() -> Bench {
    let mut bench = Bench::busy(5, &[]);
    bench.run("kubectl apply -f blue.yaml -f service.yaml -f mesh.yaml");
    bench.wait(60);
    bench.run("fault errors -l version=blue --share 0.5");
    bench.wait(10);
    bench
}

#[test]
fn lines_are_found_by_labels_and_by_what_they_say() {
    let mut bench = failing();
    bench.check("logcli query '{version=\"blue\"} |= \"ERROR\"' --limit=2", &expect![[r#"
        2026-01-05T09:01:05Z {pod="my-app-blue-66c485867d-xxxxx"} ERROR GET /: 500, request/328
        2026-01-05T09:01:04Z {pod="my-app-blue-66c485867d-xxxxx"} ERROR GET /: 500, request/319
        ! Common labels: {app="my-app", container="app", namespace="default", pod_template_hash="66c485867d", version="blue"}
    "#]]);
    bench.check(
        "logcli query '{app=\"my-app\"} != \"ERROR\"' --forward -q -o raw",
        &expect![[r#"
        starting myorg/myapp:v1
        listening on :8080
        starting myorg/myapp:v1
        listening on :8080
    "#]],
    );
    bench.check(
        "logcli query '{app=\"my-app\"} |= \"ERROR\"' --since=8s -q -o jsonl --limit=1",
        &expect![[r#"
            {"labels":{"app":"my-app","container":"app","namespace":"default","pod":"my-app-blue-66c485867d-xxxxx","pod_template_hash":"66c485867d","version":"blue"},"line":"ERROR GET /: 500, request/328","timestamp":"2026-01-05T09:01:05Z"}
        "#]],
    );
    bench.check("logcli query '{version=\"green\"}'", &expect![""]);
    bench.check(
        "logcli labels version",
        &expect![[r#"
        blue
    "#]],
    );
    bench.check(
        "kubectl logs -l version=blue --since=8s --tail=1",
        &expect![[r#"
            ERROR GET /: 500, request/319
            ERROR GET /: 500, request/328
        "#]],
    );
}

#[test]
fn lines_are_counted_by_version() {
    let mut bench = failing();
    bench.check(
        "logcli instant-query 'sum by (version) (count_over_time({app=\"my-app\"} |= \"ERROR\" [1m]))'",
        &expect![[r#"
            [
              {
                "metric": {
                  "version": "blue"
                },
                "value": [
                  70.0,
                  "6"
                ]
              }
            ]
        "#]],
    );
}

#[test]
fn mistakes_are_told_as_logcli_tells_them() {
    let mut bench = Bench::settled();
    bench.check("logcli query '{}'", &expect![[r#"
        ! Query failed: Error response from server: parse error at line 1, col 1: queries require at least one regexp or equality matcher that does not have an empty-compatible value
        status 1
    "#]]);
    bench.check("logcli query '{app=\"my-app\"} | json'", &expect![[r#"
        ! Query failed: Error response from server: parse error at line 1, col 16: not modelled: only |=, !=, |~ and !~ filter lines
        status 1
    "#]]);
    bench.check("logcli instant-query '{app=\"my-app\"}'", &expect![[r#"
        ! Query failed: Error response from server: log queries are not supported as an instant query type, please change your query to a range query type
        status 1
    "#]]);
    bench.check(
        "logcli query 'rate({app=\"my-app\"}[5m])'",
        &expect![[r#"
        ! logcli: error: a metric query has a value at a moment; write logcli instant-query
        status 1
    "#]],
    );
    bench.check(
        "logcli query '{app=\"my-app\"}' -o table",
        &expect![[r#"
        ! logcli: error: enum value must be one of default,raw,jsonl, got 'table', try --help
        status 1
    "#]],
    );
    bench.check(
        "logcli query",
        &expect![[r#"
        ! logcli: error: one query is expected; quote it, try --help
        status 1
    "#]],
    );
    bench.check(
        "logcli tail",
        &expect![[r#"
        ! logcli: error: expected command but got "tail", try --help
        status 1
    "#]],
    );
    bench.check(
        "logcli query --follow '{app=\"my-app\"}'",
        &expect![[r#"
        ! logcli: error: unknown flag: --follow, try --help
        status 1
    "#]],
    );
}
