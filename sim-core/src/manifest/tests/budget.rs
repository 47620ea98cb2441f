//! Budgets: what is read, and the API server's answers to bad ones (K8S-90).

use expect_test::expect;

use super::*;
use crate::cluster::spec::{BudgetSpec, IntOrPercent};

fn budget(rest: &str) -> String {
    format!(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: app}}\nspec:\n{rest}"
    )
}

#[test]
fn a_budget_has_a_limit_and_a_selector() {
    let text = budget("  maxUnavailable: 25%\n  unhealthyPodEvictionPolicy: AlwaysAllow\n");
    let spec = BudgetSpec {
        min_available: None,
        max_unavailable: Some(IntOrPercent::Percent(25)),
        selector: None,
        always_allow: true,
    };
    assert_eq!(read(&text).spec, Spec::PodDisruptionBudget(spec));
    let text = budget("  minAvailable: 2\n  selector: {matchLabels: {app: my-app}}\n");
    let Spec::PodDisruptionBudget(spec) = read(&text).spec else { panic!("it is a budget") };
    assert_eq!(spec.min_available, Some(IntOrPercent::Int(2)));
    assert_eq!(spec.selector.unwrap()["app"], "my-app");
}

#[test]
fn bad_budgets_are_refused() {
    for (text, expected) in [
        (
            budget("  minAvailable: 1\n  maxUnavailable: 1\n"),
            expect![[r#"
            a.yaml:5:3: error: spec: Invalid value: {"maxUnavailable":1,"minAvailable":1}: minAvailable and maxUnavailable cannot be both set
        "#]],
        ),
        (
            budget("  minAvailable: -1\n"),
            expect![[r#"
            a.yaml:5:17: error: spec.minAvailable: Invalid value: -1: must be greater than or equal to 0
        "#]],
        ),
        (
            budget("  minAvailable: 101%\n"),
            expect![[r#"
            a.yaml:5:17: error: spec.minAvailable: Invalid value: "101%": must not be greater than 100%
        "#]],
        ),
        (
            budget("  maxUnavailable: half\n"),
            expect![[r#"
            a.yaml:5:19: error: spec.maxUnavailable: Invalid value: "half": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
        "#]],
        ),
        (
            budget("  maxUnavailable: [1]\n"),
            expect![[r#"
            a.yaml:5:19: error: json: cannot unmarshal array into Go struct field PodDisruptionBudgetSpec.spec.maxUnavailable of type intstr.IntOrString
            a.yaml:5:19: error: spec.maxUnavailable: Invalid value: a list: a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
        "#]],
        ),
        (
            budget("  selector: {app: my-app}\n"),
            expect![[r#"
            a.yaml:5:14: error: strict decoding error: unknown field "spec.selector.app"
        "#]],
        ),
        (
            budget("  selector: {matchLabels: {app: my app}}\n"),
            expect![[r#"
            a.yaml:5:33: error: spec.selector.matchLabels: Invalid value: "my app": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
        "#]],
        ),
        (
            budget("  unhealthyPodEvictionPolicy: Never\n"),
            expect![[r#"
            a.yaml:5:31: error: spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"
        "#]],
        ),
        (
            budget("  minAvailable: 1\n").replace("/v1", "/v1beta1"),
            expect![[r#"
            a.yaml:1:13: error: no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"; write apiVersion: policy/v1
        "#]],
        ),
    ] {
        check(&text, &expected);
    }
}
