//! `cutover run`.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{cutover, with_small_scenario, write};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the output is JSON")
}

#[test]
fn reached_objectives_give_status_0() {
    let folder = with_small_scenario("run-reached");
    let called = cutover(&folder, &["run", "small", "--log", "nothing"]);
    assert_eq!(called.status, Some(0), "{}{}", called.stdout, called.stderr);
    for part in [
        "A small scenario",
        "small · seed 1 · digest ",
        "✓ Blue keeps 2 pods",
        "00:10.000 $ kubectl get pods",
        "blue",
        "p99",
        "pod-seconds",
    ] {
        assert!(called.stdout.contains(part), "{part}\n{}", called.stdout);
    }
}

#[test]
fn a_missed_objective_gives_status_1() {
    let folder = with_small_scenario("run-missed");
    let called = cutover(&folder, &["run", "small", "--log", "naive/too-few"]);
    assert_eq!(called.status, Some(1), "{}{}", called.stdout, called.stderr);
    assert!(called.stdout.contains("✗ Blue keeps 2 pods"), "{}", called.stdout);
}

#[test]
fn a_scenario_is_found_by_name_from_a_folder_inside_and_by_path() {
    let folder = with_small_scenario("run-find");
    write(&folder, &[("deep/inside/note.txt", "")]);
    let inside = folder.join("deep/inside");
    let by_name = cutover(&inside, &["run", "small", "--json"]);
    let path = folder.join("scenarios/small");
    let by_path = cutover(&inside, &["run", path.to_str().expect("UTF-8"), "--json"]);
    let by_file = cutover(&path, &["run", "scenario.yaml", "--json"]);
    assert_eq!(by_name.status, Some(0), "{}", by_name.stderr);
    assert_eq!(by_name.stdout, by_path.stdout);
    assert_eq!(by_name.stdout, by_file.stdout);
}

#[test]
fn a_log_may_be_a_file() {
    let folder = with_small_scenario("run-log-file");
    write(&folder, &[("attempt.log", "00:20 kubectl delete deployment my-app-blue\n")]);
    let called = cutover(&folder, &["run", "small", "--log", "attempt.log", "--json"]);
    assert_eq!(called.status, Some(1), "{}", called.stderr);
    let commands = &json(&called.stdout)["commands"];
    let typed = commands.as_array().expect("a list").iter().find(|row| row["author"] == "learner");
    assert_eq!(typed.expect("a command")["command"], "kubectl delete deployment my-app-blue");
}

#[test]
fn a_failing_command_is_reported_and_does_not_stop_the_run() {
    let folder = with_small_scenario("run-failing-command");
    write(&folder, &[("a.log", "00:20 kubectl get nonsense\n00:21 kubectl get pods\n")]);
    let called = cutover(&folder, &["run", "small", "--log", "a.log", "--json"]);
    assert_eq!(called.status, Some(0), "{}{}", called.stdout, called.stderr);
    let document = json(&called.stdout);
    let learner = |row: &&Value| row["author"] == "learner";
    let rows: Vec<&Value> =
        document["commands"].as_array().expect("a list").iter().filter(learner).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0]["status"].as_i64(), rows[1]["status"].as_i64()), (Some(1), Some(0)));
    assert!(
        rows[0]["stderr"].as_str().is_some_and(|text| text.contains("nonsense")),
        "{}",
        rows[0]
    );
    let text = cutover(&folder, &["run", "small", "--log", "a.log"]).stdout;
    assert!(text.contains("✗ exit status 1"), "{text}");
    assert!(text.contains("nonsense"), "{text}");
}

#[test]
fn the_document_keeps_its_shape() {
    let folder = with_small_scenario("run-json");
    let document = json(&cutover(&folder, &["run", "small", "--log", "nothing", "--json"]).stdout);
    let keys = |value: &Value| {
        let keys = value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        keys.join(" ")
    };
    assert_eq!(document["version"], 1);
    assert_eq!(
        keys(&document),
        "commands cost digest direct duration_seconds hints latency objectives reached requests \
         requests_failed requests_total scenario seed service_level title users version"
    );
    let rows = [
        ("objectives", "at id mode problem state title"),
        ("commands", "at author command status stderr stdout"),
        ("requests", "code count flag meaning version"),
        ("latency", "count p50_ms p95_ms p99_ms version"),
        ("users", "answered errors name refused resets retries sent timeouts"),
        ("cost", "pod_seconds version"),
    ];
    assert_eq!(
        keys(&document["service_level"]),
        "availability budget_burnt delivery detected mitigated objective recovered told"
    );
    for (name, expected) in rows {
        assert_eq!(keys(&document[name][0]), expected, "{name}");
    }
    assert_eq!(document["duration_seconds"], 60.0);
    assert_eq!(document["objectives"][0]["state"], "reached");
    assert_eq!(document["cost"][0]["pod_seconds"], 120.0, "two pods, one minute");
    let counted: u64 = document["requests"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["count"].as_u64())
        .sum();
    assert_eq!(document["requests_total"], counted);
    // 20 arrivals a second for a minute; the standard deviation is 35.
    assert!((1025..1375).contains(&counted), "{counted}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_another_digest() {
    let folder = with_small_scenario("run-seed");
    let run = |seed| cutover(&folder, &["run", "small", "--seed", seed, "--json"]).stdout;
    assert_eq!(run("7"), run("7"));
    assert_ne!(json(&run("7"))["digest"], json(&run("8"))["digest"]);
}

#[test]
fn a_report_changes_nothing_and_asks_for_nothing() {
    let folder = with_small_scenario("run-report");
    let plain = cutover(&folder, &["run", "small", "--log", "naive/too-few", "--json"]);
    let arguments = ["run", "small", "--log", "naive/too-few", "--json", "--report", "report.html"];
    let reported = cutover(&folder, &arguments);
    assert_eq!(plain.stdout, reported.stdout);
    let html = fs::read_to_string(folder.join("report.html")).expect("a report");
    assert_eq!(html.matches("<svg ").count(), 4, "four charts");
    assert!(html.contains("cutover run small --seed 1 --log naive/too-few"));
    assert!(html.contains("kubectl scale deployment my-app-blue --replicas=1"));
    assert!(html.contains(json(&plain.stdout)["digest"].as_str().expect("a digest")));
    for outside in ["<script", "<link", "<img", "src=", "href=", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let addresses =
        html.matches("http").count() - html.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(addresses, 0, "no address but the name of SVG");
}

#[test]
fn the_trace_has_a_line_for_everything_with_its_cause() {
    let folder = with_small_scenario("run-trace");
    let called =
        cutover(&folder, &["run", "small", "--log", "naive/too-few", "--trace", "t.jsonl"]);
    assert_eq!(called.status, Some(1), "{}", called.stderr);
    let text = fs::read_to_string(folder.join("t.jsonl")).expect("a trace");
    let lines: Vec<Value> = text.lines().map(json).collect();
    let scaled = lines.iter().find(|line| {
        line["topic"] == "command"
            && line["text"].as_str().is_some_and(|text| text.contains("scale"))
            || line["subject"].as_str().is_some_and(|text| text.contains("scale"))
    });
    let command = scaled.expect("the command")["id"].as_u64().expect("an id");
    assert!(lines.iter().any(|line| line["cause"] == command), "something follows from it");
    let rules = |line: &Value| line["rules"].as_array().is_some_and(|rules| !rules.is_empty());
    assert!(lines.iter().any(rules));
}

#[test]
fn input_that_cannot_be_used_gives_status_2_and_says_what_to_do() {
    let folder = with_small_scenario("run-invalid");
    write(
        &folder,
        &[("bad.log", "00:10 ls\nnow ls\n"), ("late.log", "\n  05:00 ls\n"), ("file.txt", "")],
    );
    let table: [(&[&str], &str); 8] = [
        (&["run", "nowhere"], "nowhere: error: there is no such scenario; scenarios/ has small"),
        (&["run", "file.txt"], "file.txt: error: this is not a scenario folder"),
        (
            &["run", "small", "--log", "none"],
            "none: error: there is no such log; the scenario's own logs are nothing, naive/too-few",
        ),
        (&["run", "small", "--log", "bad.log"], "bad.log:2:1: error: \"now\" is no time"),
        (&["run", "small", "--log", "late.log"], "late.log:2:3: error: 05:00.000 is after the end"),
        (&["run", "small", "--seed", "x"], "invalid value 'x' for '--seed <N>'"),
        (
            &["run", "small", "--report", "no/where.html"],
            "no/where.html: error: cannot write this file",
        ),
        (&["run"], "required arguments were not provided"),
    ];
    for (arguments, expected) in table {
        let called = cutover(&folder, arguments);
        assert_eq!(called.status, Some(2), "{arguments:?}: {}", called.stderr);
        assert!(called.stderr.contains(expected), "{arguments:?}: {}", called.stderr);
        assert_eq!(called.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let folder = with_small_scenario("run-pipe");
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["run", "small", "--json"])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn help_names_both_kinds_of_logs_and_the_exit_status() {
    let folder = with_small_scenario("run-help");
    let help = cutover(&folder, &["run", "--help"]).stdout;
    for part in
        ["naive/switch-before-ready", "`reference`", "attempt.log", "Exit status:", "Examples:"]
    {
        assert!(help.contains(part), "{part}\n{help}");
    }
}
