//! `cutover query`, and the samples that `cutover run --metrics` writes.

use std::fs;

use serde_json::{Value, json};

use crate::{cutover, with_small_scenario, write};

fn asked(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let called = cutover(folder, &[&["query", "small"], arguments].concat());
    let answer = serde_json::from_str(&called.stdout);
    (called.status, answer.unwrap_or_else(|_| panic!("{}{}", called.stdout, called.stderr)))
}

#[test]
fn a_query_is_answered_in_the_shape_of_prometheus() {
    let folder = with_small_scenario("query-shape");
    let ready = r#"kube_deployment_spec_replicas{deployment="my-app-blue"}"#;
    let metric = json!({
        "__name__": "kube_deployment_spec_replicas",
        "deployment": "my-app-blue",
        "namespace": "default",
    });
    let vector = |at: Value| {
        json!({"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": metric, "value": [at, "2"]},
        ]}})
    };
    assert_eq!(asked(&folder, &[ready]), (Some(0), vector(json!(60))));
    assert_eq!(asked(&folder, &[ready, "--at", "12.5"]), (Some(0), vector(json!(12.5))));
    assert_eq!(asked(&folder, &[ready, "--at=-30s"]), (Some(0), vector(json!(-30))));
    let (_, scaled) = asked(&folder, &[ready, "--log", "naive/too-few"]);
    assert_eq!(scaled["data"]["result"][0]["value"][1], "1");
    let range = ["time() * 2", "--start", "10", "--end", "1m", "--step", "25s"];
    assert_eq!(
        asked(&folder, &range),
        (
            Some(0),
            json!({"status": "success", "data": {"resultType": "matrix", "result": [
                {"metric": {}, "values": [[10, "20"], [35, "70"], [60, "120"]]},
            ]}})
        )
    );
    let (_, text) = asked(&folder, &["'a'", "--at", "5"]);
    assert_eq!(text["data"], json!({"resultType": "string", "result": [5, "a"]}));
}

#[test]
fn what_is_no_query_gives_status_2_and_the_error_of_prometheus() {
    let folder = with_small_scenario("query-errors");
    let rows = [
        (
            &["rate(up)"][..],
            "bad_data",
            "invalid parameter \"query\": 1:6: parse error: expected type range vector in call to \
             function \"rate\", got instant vector",
        ),
        (
            &["up[5m]", "--start", "0"],
            "bad_data",
            "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector",
        ),
        (
            &["up", "--start", "9", "--end", "1"],
            "bad_data",
            "invalid parameter \"end\": end timestamp must not be before start time",
        ),
        (
            &["up", "--start", "0", "--step", "0"],
            "bad_data",
            "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. \
             Try a positive integer",
        ),
        (
            &["up", "--start", "0", "--end", "60", "--step", "1ms"],
            "bad_data",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query \
             resolution (?step=XX)",
        ),
        (&["topk(NaN, vector(1))"], "execution", "Scalar value NaN overflows int64"),
    ];
    for (arguments, kind, error) in rows {
        let expected = json!({"status": "error", "errorType": kind, "error": error});
        assert_eq!(asked(&folder, arguments), (Some(2), expected), "{arguments:?}");
    }
    for wrong in
        [&["up", "--at", "soon"][..], &["up", "--step", "5"], &["up", "--at", "1", "--start", "2"]]
    {
        let called = cutover(&folder, &[&["query", "small"], wrong].concat());
        assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""), "{wrong:?}");
    }
}

#[test]
fn the_samples_of_a_run_are_written_as_openmetrics() {
    let folder = with_small_scenario("run-metrics");
    let called = cutover(&folder, &["run", "small", "--metrics", "samples.txt"]);
    assert_eq!(called.status, Some(0), "{}", called.stderr);
    let text = fs::read_to_string(folder.join("samples.txt")).expect("the file is there");
    assert!(text.contains("\n# TYPE istio_requests counter\nistio_requests_total{"), "{text}");
    assert!(text.contains("# TYPE istio_request_duration_milliseconds histogram\n"));
    // The first scrape is a minute before the beginning, the last at the end.
    assert!(text.contains(" 1767603540\n") && text.contains(" 1767603660\n"));
    assert!(text.ends_with("# EOF\n"));
    let called = cutover(&folder, &["run", "small", "--metrics", "missing/samples.txt"]);
    assert_eq!(called.status, Some(2));
}

#[test]
fn an_alert_of_a_scenario_fires_in_its_run() {
    // PROM-07.
    let folder = with_small_scenario("run-rules");
    let file = folder.join("scenarios/small/scenario.yaml");
    let scenario = fs::read_to_string(&file).expect("the scenario is there");
    let rules = "groups:
  - name: capacity
    rules:
      - {record: 'app:available:sum', expr: sum(kube_deployment_status_replicas_available)}
      - alert: TooFew
        expr: app:available:sum < 2
        for: 10s
        annotations: {summary: '{{ $value }} left'}
";
    let named = format!("{scenario}rules: [rules.yaml]\n");
    write(&folder, &[("scenarios/small/scenario.yaml", &named)]);
    let called = cutover(&folder, &["check", "scenarios/small"]);
    assert!(
        called.stderr.contains("rules[0]: there is no file workspace/rules.yaml"),
        "{}",
        called.stderr
    );
    write(&folder, &[("scenarios/small/workspace/rules.yaml", rules)]);
    for (at, state) in [("10", None), ("20", Some("pending")), ("40", Some("firing"))] {
        let (_, answer) = asked(&folder, &["ALERTS", "--at", at, "--log", "naive/too-few"]);
        let found = &answer["data"]["result"][0]["metric"]["alertstate"];
        assert_eq!(found.as_str(), state, "{at}: {answer}");
    }
    let run = ["run", "small", "--log", "naive/too-few", "--trace", "trace.jsonl"];
    assert_eq!(cutover(&folder, &run).status, Some(1));
    let trace = fs::read_to_string(folder.join("trace.jsonl")).expect("the trace is written");
    let line = trace.lines().find(|line| line.contains("alert/TooFew")).expect("the alert is told");
    assert!(line.contains(r#""topic":"alert""#) && line.contains("fires: {}: 1 left"), "{line}");
}
