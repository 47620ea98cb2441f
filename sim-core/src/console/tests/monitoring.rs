//! `promql`, `amtool alert`, `promtool check rules`, and Prometheus reading its rules again.

use expect_test::expect;

use super::bench::Bench;
use crate::telemetry::rules;

/// Fires at once, for as long as blue has two replicas.
const RULES: &str = "\
groups:
  - name: shop
    rules:
      - alert: Small
        expr: kube_deployment_status_replicas{deployment=\"my-app-blue\"} < 3
        annotations:
          summary: only {{ $value }} pods
";

/// A run whose Prometheus has read a file, and a minute of it.
fn watched(text: &str) -> Bench {
    Bench::settled_in(|scenario| {
        let name = "alerts.yaml".to_owned();
        scenario.rules = rules::parse(&name, text).expect("rules").0;
        scenario.workspace.insert(name.clone(), text.to_owned());
        scenario.rule_files = vec![name];
    })
}

#[test]
fn an_expression_is_answered_as_a_table_with_a_column_a_label() {
    let mut bench = Bench::settled();
    bench.check(
        "promql 'kube_deployment_spec_replicas'",
        &expect![[r#"
            __NAME__                         DEPLOYMENT     NAMESPACE    VALUE    TIMESTAMP
            kube_deployment_spec_replicas    my-app-blue    default      2        2026-01-05T09:01:00Z
        "#]],
    );
    bench.check(
        "promql --no-headers 'vector(1) / 4'",
        &expect![[r#"
            0.25    2026-01-05T09:01:00Z
        "#]],
    );
    let wrong = bench.run("promql 'sum('");
    assert_eq!(wrong.status, Some(1));
    assert!(wrong.stderr.starts_with("error querying prometheus: "), "{}", wrong.stderr);
    assert_eq!(bench.run("promql").status, Some(1));
}

#[test]
fn every_target_says_whether_it_answers_prom_01() {
    let mut bench = Bench::settled();
    bench.check(
        "promql 'count by (job) (up == 1)'",
        &expect![[r#"
            JOB                   VALUE    TIMESTAMP
            envoy-stats           1        2026-01-05T09:01:00Z
            istiod                1        2026-01-05T09:01:00Z
            kube-state-metrics    1        2026-01-05T09:01:00Z
            kubernetes-pods       2        2026-01-05T09:01:00Z
        "#]],
    );
    bench.run("kubectl scale deployment my-app-blue --replicas=1");
    bench.wait(60);
    let pods = bench.run("promql --no-headers 'count(up{job=\"kubernetes-pods\"})'");
    assert!(pods.stdout.starts_with("1 "), "its series has ended: {}", pods.stdout);
}

#[test]
fn an_alert_that_fires_is_told_once_its_group_has_waited_prom_08() {
    let mut bench = watched(RULES);
    bench.check(
        "amtool alert",
        &expect![[r#"
            Alertname  Starts At                Summary      State   
            Small      2026-01-05 09:00:05 UTC  only 2 pods  active  
        "#]],
    );
    let told = bench.world().trace.iter().find(|entry| entry.subject == "receiver/on-call");
    let told = told.expect("it was told");
    assert_eq!(
        told.text,
        "told by webhook: Small fires: only 2 pods (pending 0 s, then 30 s in its group)"
    );
    assert_eq!(told.at.as_whole_secs(), 35);
    let counted = bench.run("promql --no-headers alertmanager_notifications_total");
    assert!(counted.stdout.contains("webhook    1 "), "{}", counted.stdout);
}

#[test]
fn rules_are_read_again_all_or_none() {
    let mut bench = watched(RULES);
    bench.run("sed -i 's/< 3/< 2/' alerts.yaml");
    bench.wait(10);
    assert!(bench.run("amtool alert").stdout.contains("Small"), "nobody has read it yet");
    bench.check("curl -X POST http://prometheus:9090/-/reload", &expect![""]);
    bench.wait(10);
    assert!(!bench.run("amtool alert").stdout.contains("Small"));
    bench.run("sed -i 's/expr:/exprs:/' alerts.yaml");
    let silent = bench.run("curl -f -X POST http://prometheus:9090/-/reload");
    assert_eq!((silent.status, silent.stdout.as_str()), (Some(22), ""), "-f swallows the answer");
    let refused = bench.run("curl -X POST http://prometheus:9090/-/reload");
    assert_eq!(refused.status, Some(0));
    assert!(refused.stdout.starts_with("failed to reload config"), "{}", refused.stdout);
    assert!(refused.stderr.contains("alerts.yaml:5:9"), "{}", refused.stderr);
    let groups: usize = bench.world().telemetry.rules.groups().count();
    assert_eq!(groups, 1, "the old rules stand");
}

#[test]
fn a_reload_keeps_alerts_and_resolves_those_whose_rule_is_gone_prom_07() {
    let mut bench = watched(RULES);
    bench.run("curl -X POST http://prometheus:9090/-/reload");
    bench.wait(10);
    assert!(bench.run("amtool alert").stdout.contains("09:00:05 UTC"), "it fires since it fired");
    bench.run("rm alerts.yaml");
    bench.run("curl -X POST http://prometheus:9090/-/reload");
    bench.wait(10);
    let resolved = bench
        .world()
        .trace
        .iter()
        .any(|entry| entry.subject == "alert/Small" && entry.text.starts_with("is resolved"));
    assert!(resolved);
    let series = bench.run("promql ALERTS");
    assert!(!series.stdout.contains("Small"), "its series has ended: {}", series.stdout);
}

#[test]
fn what_is_not_there_does_not_answer() {
    let mut bench = Bench::settled();
    bench.check(
        "curl http://prometheus:9090/-/reload",
        &expect![[r#"
            Only POST or PUT requests allowed
        "#]],
    );
    let rows = [("curl http://grafana:3000/", 6), ("curl", 2), ("curl --upload http://x", 2)];
    for (line, status) in rows {
        assert_eq!(bench.run(line).status, Some(status), "{line}");
    }
    assert_eq!(bench.run("amtool silence add x").status, Some(1));
}

#[test]
fn rule_files_are_checked_as_promtool_checks_them() {
    let mut bench = watched(RULES);
    bench.check(
        "promtool check rules alerts.yaml",
        &expect![[r#"
            Checking alerts.yaml
              SUCCESS: 1 rules found

        "#]],
    );
    let missing = bench.run("promtool check rules nothing.yaml");
    assert_eq!(missing.status, Some(1));
    assert_eq!(missing.stderr, "  FAILED:\nopen nothing.yaml: no such file or directory\n");
}
