//! `cutover test-rules`.

use crate::{cutover, empty_folder, write};

const RULES: &str = "groups: [{name: a, rules: [{record: twice, expr: up * 2}]}]\n";

fn test(value: u32) -> String {
    format!(
        "rule_files: [rules*.yaml]\ntests:\n  - input_series: [{{series: up, values: 1x3}}]\n    \
         promql_expr_test: [{{expr: twice, eval_time: 1m, exp_samples: [{{labels: twice, value: {value}}}]}}]\n"
    )
}

#[test]
fn tests_of_rules_print_and_end_as_those_of_promtool() {
    let folder = empty_folder("test-rules");
    let (good, bad) = (test(2), test(3));
    write(&folder, &[("rules-a.yaml", RULES), ("good.yaml", &good), ("bad.yaml", &bad)]);
    let called = cutover(&folder, &["test-rules", "good.yaml"]);
    assert_eq!(called.status, Some(0), "{}", called.stderr);
    assert_eq!(called.stdout, "Unit Testing:  good.yaml\n  SUCCESS\n\n");
    let called = cutover(&folder, &["test-rules", "bad.yaml", "good.yaml"]);
    assert_eq!(called.status, Some(1));
    assert_eq!(
        called.stdout,
        "Unit Testing:  bad.yaml\n\n\nUnit Testing:  good.yaml\n  SUCCESS\n\n"
    );
    assert_eq!(
        called.stderr,
        "  FAILED:\n    expr: \"twice\", time: 1m,\n        exp: {__name__=\"twice\"} 3E+00\n        \
         got: {__name__=\"twice\"} 2E+00\n"
    );
}

#[test]
fn a_file_that_is_not_there_gives_status_2() {
    let folder = empty_folder("test-rules-missing");
    let called = cutover(&folder, &["test-rules", "nothing.yaml"]);
    assert_eq!((called.status, called.stdout.as_str()), (Some(2), ""));
    assert!(called.stderr.starts_with("nothing.yaml: error: "), "{}", called.stderr);
}
