//! Rules over made series, and over a run.

use super::{Group, Rulebook, parse, unit};
use crate::telemetry::promql::{Query, Value, metric};
use crate::telemetry::tsdb::Tsdb;
use crate::time::{SimDuration, SimTime};

const ALERT: &str = "
groups:
  - name: shop
    interval: 1m
    rules:
      - alert: Broken
        expr: broken > 0
        for: 5m
        keep_firing_for: 2m
        labels: {severity: page}
        annotations: {summary: '{{ $labels.job }} has {{ $value }}'}
";

fn groups(text: &str) -> Vec<Group> {
    parse("rules.yaml", text).unwrap_or_else(|problems| panic!("{problems:#?}")).0
}

/// `ALERTS` in the course of minutes in which the expression holds or does not: the state a minute.
fn states(holds: &str) -> Vec<String> {
    let mut rules = Rulebook::new(&groups(ALERT), SimDuration::from_secs(60));
    let mut tsdb = Tsdb::default();
    let broken = tsdb.series(metric("broken{job=\"a\"}").unwrap());
    let query = Query::parse("ALERTS").unwrap();
    let each = |(minute, sign): (i64, char)| {
        let at = SimTime::from_secs(60 * minute);
        tsdb.append(broken, at, f64::from(u8::from(sign == '+')));
        rules.evaluate_due(&mut tsdb, at);
        match query.evaluate(&tsdb, at).unwrap() {
            Value::Vector(vector) => vector.iter().map(|(l, _)| l.get("alertstate")).collect(),
            other => panic!("{other:?}"),
        }
    };
    (0..).zip(holds.chars()).map(each).collect()
}

#[test]
fn an_alert_is_pending_before_it_fires_and_begins_again_after_a_gap_prom_07() {
    // OD-10: for 5m at an interval of 1m, true from the beginning.
    let all = states("++++++");
    assert_eq!(all[..5], ["pending"; 5]);
    assert_eq!(all[5], "firing");
    // OD-10: one false at 3 minutes, and the time begins again.
    let all = states("+++-++++++");
    assert_eq!(all[2..5], ["pending", "", "pending"]);
    assert_eq!(all[8..], ["pending", "firing"]);
}

#[test]
fn a_firing_alert_is_kept_as_long_as_it_says_prom_07() {
    let all = states("++++++---+--------");
    // It stops at 6 minutes and is kept for 2 of them; at 9 it holds again.
    assert_eq!(all[5..9], ["firing", "firing", "firing", ""]);
    assert_eq!(all[9..], ["pending", "", "", "", "", "", "", "", ""]);
}

#[test]
fn what_a_rule_records_is_a_series_that_ends_with_its_result_prom_02() {
    let text = "
groups:
  - name: shop
    rules:
      - {record: 'job:up:sum', expr: sum by (job) (up), labels: {team: shop, zone: ''}}
      - {record: twice, expr: 'job:up:sum * 2'}
";
    let mut rules = Rulebook::new(&groups(text), SimDuration::from_secs(5));
    let mut tsdb = Tsdb::default();
    let up = tsdb.series(metric("up{job=\"a\", zone=\"x\"}").unwrap());
    tsdb.append(up, SimTime::ZERO, 3.0);
    rules.evaluate_due(&mut tsdb, SimTime::ZERO);
    let names = |tsdb: &Tsdb, secs| {
        let query = Query::parse("{__name__=~\"job:up:sum|twice\"}").unwrap();
        query.answer(tsdb, SimTime::from_secs(secs)).unwrap().to_lines(SimTime::ZERO)
    };
    assert_eq!(
        names(&tsdb, 0),
        "job:up:sum{job=\"a\", team=\"shop\"} => 3 @[0]\ntwice{job=\"a\", team=\"shop\"} => 6 @[0]\n"
    );
    tsdb.mark_stale(up, SimTime::from_secs(5));
    rules.evaluate_due(&mut tsdb, SimTime::from_secs(5));
    assert_eq!(names(&tsdb, 5), "\n");
}

#[test]
fn a_group_is_evaluated_at_its_interval_and_not_more_often() {
    let text = "groups: [{name: slow, interval: 15s, rules: [{record: now, expr: time()}]}]";
    let mut rules = Rulebook::new(&groups(text), SimDuration::from_secs(5));
    let mut tsdb = Tsdb::default();
    for secs in (-5..=31).step_by(5) {
        rules.evaluate_due(&mut tsdb, SimTime::from_secs(secs));
    }
    let mut points = Vec::new();
    let now = tsdb.named("now")[0];
    tsdb.window(now, i64::MIN, i64::MAX, &mut points);
    let seconds: Vec<i64> = points.iter().map(|point| point.millis / 1_000).collect();
    assert_eq!(seconds, [-5, 0, 15, 30]);
}

#[test]
fn mistakes_in_a_rule_file_are_told_with_their_places() {
    let text = "groups:
  - name: a
    foo: 1
    rules:
      - alert: x
        expr: up{
      - record: a b
        expr: up
      - alert: z
        expr: up
        for: soon
        labels: {\"a b\": c}
        annotations: {s: \"{{ if }}\"}
      - {record: ok, alert: both, expr: up}
      - expr: up
      - {record: r, expr: up, for: 1m}
      - record: r
  - name: a
    rules: []
";
    let problems = parse("r.yaml", text).unwrap_err();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let rows = [
        "r.yaml:3:5: error: field foo not found in type rulefmt.RuleGroup",
        "r.yaml:6:15: error: group \"a\", rule 1, \"x\": could not parse expression: 1:4: parse error: \
         unexpected end of input inside braces",
        "r.yaml:7:17: error: group \"a\", rule 2, \"a b\": invalid recording rule name: a b",
        "r.yaml:11:14: error: not a valid duration string: \"soon\"; write a duration such as 5m or 1h30m",
        "r.yaml:12:18: error: group \"a\", rule 3, \"z\": invalid label name: a b",
        "r.yaml:13:26: error: group \"a\", rule 3, \"z\": annotation \"s\": template: `if` is not \
         supported here",
        "r.yaml:14:18: error: group \"a\", rule 4, \"both\": only one of 'record' and 'alert' must be set",
        "r.yaml:15:9: error: group \"a\", rule 5, \"\": one of 'record' or 'alert' must be set",
        "r.yaml:16:36: error: group \"a\", rule 6, \"r\": invalid field 'for' in recording rule",
        "r.yaml:17:9: error: group \"a\", rule 7, \"r\": field 'expr' must be set in rule",
        "r.yaml:18:5: error: groupname: \"a\" is repeated in the same file",
    ];
    assert_eq!(said, rows);
}

#[test]
fn a_failing_test_is_told_as_promtool_tells_it() {
    let test = "
rule_files: [rules.yaml]
tests:
  - interval: 1m
    name: first
    input_series: [{series: 'broken{job=\"a\"}', values: 2x10}]
    alert_rule_test:
      - eval_time: 5m
        alertname: Broken
        exp_alerts: [{exp_labels: {job: a}}]
    promql_expr_test:
      - {expr: broken, eval_time: 90s, exp_samples: [{labels: 'broken{job=\"a\"}', value: 1}]}
      - {expr: 'broken{', eval_time: 1m}
";
    let mut read = |_: &str| Ok(vec![("rules.yaml".to_owned(), ALERT.to_owned())]);
    let failures = unit::run("test.yaml", test, &mut read).unwrap_err();
    assert_eq!(
        failures.join("\n"),
        r#"    name: first,
    alertname: Broken, time: 5m, 
        exp:[
            0:
              Labels:{alertname="Broken", job="a"}
              Annotations:{}
            ], 
        got:[
            0:
              Labels:{alertname="Broken", job="a", severity="page"}
              Annotations:{summary="a has 2"}
            ]
    expr: "broken", time: 1m30s,
        exp: {__name__="broken", job="a"} 1E+00
        got: {__name__="broken", job="a"} 2E+00
    expr: "broken{", time: 1m, err: 1:8: parse error: unexpected end of input inside braces"#
    );
}

/// What a label holds may not grow with each evaluation.
#[test]
fn a_label_that_doubles_stops_at_its_limit() {
    let text = "
groups:
  - name: shop
    rules:
      - alert: Grow
        expr: ALERTS{alertname=\"Grow\"} or vector(1)
        labels: {a: 'x{{ $labels.a }}{{ $labels.a }}'}
";
    let mut rules = Rulebook::new(&groups(text), SimDuration::from_secs(60));
    let mut tsdb = Tsdb::default();
    let problems = (0..40).filter_map(|minute| {
        rules.evaluate_due(&mut tsdb, SimTime::from_secs(60 * minute));
        rules.groups().next().and_then(|group| group.rules[0].problem.clone())
    });
    let first = problems.collect::<Vec<_>>().first().cloned();
    assert_eq!(first.as_deref(), Some("label a would be longer than 4096 bytes"));
}

/// PROM-07: groups are known by their file, alerts by their name and labels.
#[test]
fn a_reload_mixes_up_neither_groups_nor_alerts_of_one_name_prom_07() {
    let burn = |window: &str| {
        format!("      - {{alert: Burn, expr: broken > 0, labels: {{window: {window}}}}}\n")
    };
    let group = |interval: &str, rules: &str| {
        format!("groups:\n  - name: alerts\n    interval: {interval}\n    rules:\n{rules}")
    };
    let files = |interval: &str, first: &str| -> Vec<Group> {
        let first = parse("first.yaml", &group(interval, first)).expect("rules").0;
        let second = "      - {alert: Second, expr: broken > 0}\n";
        let second = parse("second.yaml", &group("1m", second)).expect("rules").0;
        first.into_iter().chain(second).collect()
    };
    let mut rules = Rulebook::new(&files("1m", &burn("1h")), SimDuration::from_secs(60));
    let mut tsdb = Tsdb::default();
    let broken = tsdb.series(metric("broken").unwrap());
    tsdb.append(broken, SimTime::ZERO, 1.0);
    assert_eq!(rules.evaluate_due(&mut tsdb, SimTime::ZERO).len(), 2);
    let minute = SimDuration::from_secs(60);
    assert_eq!(rules.reload(&files("1m", &burn("1h")), minute), []);
    let two = burn("6h") + &burn("1h");
    assert_eq!(rules.reload(&files("1m", &two), minute), [], "the other one is new");
    let recorded = "      - {record: Burn, expr: broken}\n";
    let changes = rules.reload(&files("1m", recorded), minute);
    assert_eq!(changes.len(), 1, "an alert that becomes a metric is resolved: {changes:?}");
    assert!(!changes[0].fires);
}

/// A group whose interval is another one does not wait for the old one.
#[test]
fn a_shorter_interval_holds_at_once() {
    let text = |interval: &str| {
        format!(
            "groups: [{{name: a, interval: {interval}, rules: [{{record: r, expr: vector(1)}}]}}]"
        )
    };
    let mut rules = Rulebook::new(&groups(&text("6m")), SimDuration::from_secs(60));
    let mut tsdb = Tsdb::default();
    rules.evaluate_due(&mut tsdb, SimTime::ZERO);
    rules.reload(&groups(&text("15s")), SimDuration::from_secs(60));
    rules.evaluate_due(&mut tsdb, SimTime::from_secs(120));
    let at = SimTime::from_secs(120);
    let value = Query::parse("timestamp(r)").unwrap().evaluate(&tsdb, at).unwrap();
    assert!(matches!(value, Value::Vector(vector) if vector[0].1 == 120.0));
}

#[test]
fn a_test_whose_interval_is_nothing_ends() {
    let test = "evaluation_interval: 0s\ntests: [{promql_expr_test: [{expr: vector(1), eval_time: 0, exp_samples: \
                [{labels: '{}', value: 1}]}]}]\n";
    let mut read = |_: &str| Err("there is none".to_owned());
    assert!(unit::run("test.yaml", test, &mut read).is_ok());
}

#[test]
fn the_series_of_a_file_share_a_limit() {
    let series = "{series: x, values: '0x999998'}, ".repeat(3);
    let test = format!("tests: [{{input_series: [{series}]}}]\n");
    let mut read = |_: &str| Err("there is none".to_owned());
    let problems = unit::run("test.yaml", &test, &mut read).unwrap_err();
    assert!(format!("{problems:?}").contains("too many values in all"), "{problems:?}");
}
