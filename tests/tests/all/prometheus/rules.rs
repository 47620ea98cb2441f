//! Rule files and their tests: the same files pass and fail in promtool and in ours, in the same words.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use sim_core::telemetry::rules::{self, unit};

use super::server::Folder;

/// Rules of a shop.
const RULES: &str = r#"
groups:
  - name: record
    interval: 30s
    rules:
      - record: job:errors:rate5m
        expr: sum by (job) (rate(errors_total[5m]))
        labels: {team: shop, zone: ""}
      - record: job:requests:rate5m
        expr: sum by (job) (rate(requests_total[5m]))
      - record: job:errors:ratio
        expr: job:errors:rate5m / on (job) job:requests:rate5m
      - record: now
        expr: time()
  - name: alert
    rules:
      - alert: ManyErrors
        expr: job:errors:ratio > 0.05
        for: 3m
        labels: {severity: page, job: "{{ $labels.job | toUpper }}"}
        annotations:
          summary: "{{ $labels.job }} fails {{ $value | humanizePercentage }}"
          detail: 'about {{ printf "%.2f" $value }}'
      - alert: Down
        expr: up == 0
        keep_firing_for: 4m
        annotations: {summary: "{{ $labels.instance }} is down: {{ $value }}"}
      - alert: Missing
        expr: absent(up{job="cron"})
        for: 2m
      - alert: Numbers
        expr: numbers
        annotations:
          plain: "{{ $value }}"
          si: "{{ $value | humanize }}"
          binary: "{{ humanize1024 $value }}"
          duration: "{{ $value | humanizeDuration }}"
          percentage: "{{ $value | humanizePercentage }}"
          formats: '{{ printf "%f|%.1f|%e|%g|%v|%s" $value $value $value $value $value $labels.n }}'
          labels: '{{ $labels.n }}{{ $labels.absent }} {{ index $labels "n" }} {{ title $labels.n }}'
          inner: "{{ ($value | humanize) }}{{- $labels.n -}}  x"
"#;

/// Series that the tests are about.
const SERIES: &str = r#"
      - {series: 'errors_total{job="api"}', values: '0+6x10 60+60x20'}
      - {series: 'requests_total{job="api"}', values: '0+600x30'}
      - {series: 'errors_total{job="web"}', values: '0x30'}
      - {series: 'requests_total{job="web"}', values: '0+60x30'}
      - {series: 'up{job="api", instance="a"}', values: '1x5 0x3 1x10 _x3 0 stale'}
      - {series: 'up{job="cron"}', values: '1x4 stale _x20'}
      - {series: 'numbers{n="aB"}', values: '1234567.891 0.000123 -3.5 0 1e6 100000 99999.6 12 0.5 1e-9 123456789 1025'}
"#;

/// Cases of a test; each is put to both, and may pass or fail.
const CASES: &[&str] = &[
    "promql_expr_test: [{expr: 'job:errors:ratio', eval_time: 5m, exp_samples: []}]",
    "promql_expr_test: [{expr: 'job:errors:ratio{job=\"web\"}', eval_time: 9m, exp_samples: \
     [{labels: 'job:errors:ratio{job=\"web\"}', value: 0}]}]",
    "promql_expr_test: [{expr: 'job:errors:rate5m', eval_time: 10m}]",
    "promql_expr_test: [{expr: 'now', eval_time: 10m, exp_samples: [{labels: now, value: 600}]}]",
    "promql_expr_test: [{expr: 'now', eval_time: 10m30s, exp_samples: [{labels: now, value: 600}]}]",
    "promql_expr_test: [{expr: 'up', eval_time: 5m, exp_samples: [{labels: 'up{instance=\"a\",job=\"api\"}', \
     value: 1}]}]",
    "promql_expr_test: [{expr: 'up', eval_time: 20m}]",
    "promql_expr_test: [{expr: 'count(up)', eval_time: 3m, exp_samples: [{labels: '{}', value: 2}]}]",
    "promql_expr_test: [{expr: '1 + 1', eval_time: 3m, exp_samples: [{labels: '{}', value: 2}]}]",
    "promql_expr_test: [{expr: 'up[5m]', eval_time: 3m}]",
    "promql_expr_test: [{expr: 'up{', eval_time: 3m}]",
    "promql_expr_test: [{expr: 'up', eval_time: 3m, exp_samples: [{labels: 'up{', value: 1}]}]",
    "promql_expr_test: [{expr: 'up + on () up', eval_time: 3m}]",
    "promql_expr_test: [{expr: 'ALERTS', eval_time: 8m}]",
    "promql_expr_test: [{expr: 'ALERTS_FOR_STATE', eval_time: 8m}]",
    "promql_expr_test: [{expr: 'ALERTS{alertname=\"ManyErrors\"}', eval_time: 22m}]",
    "promql_expr_test: [{expr: 'ALERTS{alertname=\"Missing\"}', eval_time: 6m}]",
    "promql_expr_test: [{expr: 'numbers * -1', eval_time: 10m}]",
    "alert_rule_test: [{eval_time: 6m, alertname: Down, exp_alerts: [{exp_labels: {job: api, instance: a}, \
     exp_annotations: {summary: 'a is down: 0'}}]}]",
    "alert_rule_test: [{eval_time: 6m, alertname: Down, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 11m, alertname: Down, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 13m, alertname: Down, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 13m30s, alertname: Down, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 6m, alertname: Missing, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 7m, alertname: Missing, exp_alerts: [{exp_labels: {job: cron}}]}]",
    "alert_rule_test: [{eval_time: 8m, alertname: Missing, exp_alerts: [{exp_labels: {job: cron}}]}]",
    "alert_rule_test: [{eval_time: 8m, alertname: Nobody, exp_alerts: [{exp_labels: {a: b}}, {exp_labels: {a: a}}]}]",
    "alert_rule_test: [{eval_time: 8m, alertname: Nobody, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 25m, alertname: ManyErrors, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 13m, alertname: ManyErrors, exp_alerts: []}]",
    "alert_rule_test: [{eval_time: 0m, alertname: Numbers}, {eval_time: 1m, alertname: Numbers}, \
     {eval_time: 2m, alertname: Numbers}, {eval_time: 3m, alertname: Numbers}, {eval_time: 4m, \
     alertname: Numbers}, {eval_time: 5m, alertname: Numbers}, {eval_time: 6m, alertname: Numbers}, \
     {eval_time: 7m, alertname: Numbers}, {eval_time: 8m, alertname: Numbers}, {eval_time: 9m, \
     alertname: Numbers}, {eval_time: 10m, alertname: Numbers}, {eval_time: 11m, alertname: Numbers}]",
    "alert_rule_test: [{eval_time: 5m, alertname: ''}]",
];

/// What promtool says of a file of tests: whether it passes, and what of its failures.
fn promtool(folder: &Path) -> Result<(bool, String)> {
    let mut command = Command::new("promtool");
    command.args(["test", "rules", "test.yaml"]).current_dir(folder);
    let output = command.output().context("cannot run promtool")?;
    let said = String::from_utf8(output.stderr)?;
    let said = said.trim_start_matches("  FAILED:\n").trim_end_matches('\n');
    Ok((output.status.success(), in_order(said)))
}

fn ours(folder: &Path) -> Result<(bool, String)> {
    let mut read = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).map_err(|error| error.to_string())?;
        Ok(vec![(name.to_owned(), text)])
    };
    let test = fs::read_to_string(folder.join("test.yaml"))?;
    Ok(match unit::run("test.yaml", &test, &mut read) {
        Ok(()) => (true, String::new()),
        Err(failures) => (false, in_order(&failures.join("\n"))),
    })
}

/// A complaint with the two duplicates of each match group in order: promtool keeps its series in a map of Go, so
/// which of them it meets first changes from run to run (`LazyLoader.appendTill`).
fn in_order(said: &str) -> String {
    let mut parts = said.split("of the operation: [{");
    let mut ordered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (pair, rest) = part.split_once("}];").unwrap_or((part, ""));
        let mut pair: Vec<&str> = pair.split("}, {").collect();
        pair.sort_unstable();
        ordered += &format!("of the operation: [{{{}}}];{rest}", pair.join("}, {"));
    }
    ordered
}

#[test]
fn tests_of_rules_pass_and_fail_as_in_promtool_prom_07() -> Result<()> {
    let folder = Folder::new()?;
    fs::write(folder.0.join("rules.yaml"), RULES)?;
    let (mut pass, mut fail, mut differ) = (0, 0, Vec::new());
    for case in CASES {
        let test = format!(
            "rule_files: [rules.yaml]\nevaluation_interval: 1m\ngroup_eval_order: [record, alert]\ntests:\n  \
             - interval: 1m\n    name: shop\n    input_series:{SERIES}\n    {case}\n"
        );
        fs::write(folder.0.join("test.yaml"), test)?;
        let (ours, theirs) = (ours(&folder.0)?, promtool(&folder.0)?);
        // Where a name is missing ours is told with its place.
        let same = ours == theirs || (ours.0 == theirs.0 && ours.1.ends_with(&theirs.1));
        match (same, theirs.0) {
            (true, true) => pass += 1,
            (true, false) => fail += 1,
            (false, _) => differ.push(format!(
                "{case}\n  ours {}\n{}\n  theirs {}\n{}",
                ours.0, ours.1, theirs.0, theirs.1
            )),
        }
    }
    println!(
        "tests of rules: {pass} pass in both, {fail} fail alike in both, {} differ",
        differ.len()
    );
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    Ok(())
}

/// Rule files with mistakes, and the part of promtool's complaint that ours must have too.
const MISTAKES: &[&str] = &[
    "groups: [{name: a, rules: [{alert: x, expr: 'up{'}]}]",
    "groups: [{name: a, rules: [{record: a b, expr: up}]}]",
    "groups: [{name: a, rules: [{alert: z, expr: up, labels: {a b: c}}]}]",
    "groups: [{name: a, rules: [{alert: z, expr: up, annotations: {a b: c}}]}]",
    "groups: [{name: a, rules: [{alert: z, expr: up, annotations: {s: '{{ $value '}}]}]",
    "groups: [{name: a, rules: [{record: ok, alert: both, expr: up}]}]",
    "groups: [{name: a, rules: [{expr: up}]}]",
    "groups: [{name: a, rules: [{record: r, expr: up, for: 1m}]}]",
    "groups: [{name: a, rules: [{record: r, expr: up, keep_firing_for: 1m}]}]",
    "groups: [{name: a, rules: [{record: r, expr: up, annotations: {a: b}}]}]",
    "groups: [{name: a, rules: [{record: r}]}]",
    "groups: [{name: a}, {name: a}]",
    "groups: [{name: ''}]",
    "groups: [{name: a, foo: 1}]",
    "groups: [{name: a, rules: [{record: r, expr: up, foo: 1}]}]",
    "foo: 1",
    "groups: [{name: a, interval: soon}]",
    "groups: [{name: a, rules: [{alert: z, expr: up, for: 5x}]}]",
];

#[test]
fn mistakes_in_rule_files_are_refused_in_the_words_of_promtool() -> Result<()> {
    let folder = Folder::new()?;
    let mut differ = Vec::new();
    for text in MISTAKES {
        fs::write(folder.0.join("rules.yaml"), text)?;
        let mut command = Command::new("promtool");
        command.args(["check", "rules", "rules.yaml"]).current_dir(&folder.0);
        let output = command.output().context("cannot run promtool")?;
        let theirs = String::from_utf8(output.stderr)?;
        // Both name the place, each in its way; what follows is the same.
        let ours = match rules::parse("rules.yaml", text) {
            Ok(_) => "nothing".to_owned(),
            Err(problems) => problems[0].message.clone(),
        };
        let core = ours.split("template: ").next().unwrap_or_default();
        if output.status.success() || !theirs.contains(core) {
            differ.push(format!("{text}\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
    println!(
        "mistakes in rule files: {} agree, {} differ",
        MISTAKES.len() - differ.len(),
        differ.len()
    );
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    Ok(())
}
