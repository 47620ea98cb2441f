//! Autoscalers: what is read, and the API server's answers to bad ones (A.8).

use expect_test::expect;

use super::*;
use crate::cluster::spec::{IntOrPercent, SelectPolicy};
use crate::time::SimDuration;

fn autoscaler(rest: &str) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: app}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: app}}\n{rest}"
    )
}

fn behavior(rest: &str) -> String {
    autoscaler(&format!("  maxReplicas: 3\n  behavior: {{scaleUp: {{{rest}}}}}\n"))
}

fn metric(rest: &str) -> String {
    autoscaler(&format!("  maxReplicas: 3\n  metrics: [{{{rest}}}]\n"))
}

#[test]
fn an_autoscaler_has_the_defaults_of_the_api_server() {
    let Spec::HorizontalPodAutoscaler(spec) = read(&autoscaler("  maxReplicas: 3\n")).spec else {
        panic!("it is an autoscaler");
    };
    let target = spec.target.to_string();
    assert_eq!((target.as_str(), spec.min_replicas, spec.max_replicas), ("Deployment/app", 1, 3));
    assert_eq!((spec.utilizations, spec.behavior), (vec![80], None));
}

/// K8S-87.
#[test]
fn behavior_fills_in_what_it_leaves_out() {
    let text = behavior(
        "selectPolicy: Min, tolerance: 50m, policies: [{type: Percent, value: 50, periodSeconds: 60}]",
    );
    let Spec::HorizontalPodAutoscaler(spec) = read(&text).spec else {
        panic!("it is an autoscaler");
    };
    let behavior = spec.behavior.unwrap();
    assert_eq!((behavior.up.select, behavior.up.window), (SelectPolicy::Min, SimDuration::ZERO));
    assert_eq!((behavior.up.policies.len(), behavior.up.tolerance), (1, 0.05));
    assert_eq!(behavior.up.policies[0].step, IntOrPercent::Percent(50));
    assert_eq!((behavior.down.select, behavior.down.tolerance), (SelectPolicy::Max, 0.1));
    assert_eq!(behavior.down.window, SimDuration::from_secs(300));
    assert_eq!(behavior.down.policies[0].step, IntOrPercent::Percent(100));
}

#[test]
fn bad_autoscalers_are_refused() {
    for (text, expected) in [
        (
            autoscaler(""),
            expect![[r#"
            a.yaml:5:3: error: spec.maxReplicas: Invalid value: 0: must be greater than 0
        "#]],
        ),
        (
            autoscaler("  minReplicas: 0\n  maxReplicas: -1\n"),
            expect![[r#"
            a.yaml:6:16: error: spec.minReplicas: Invalid value: 0: must be greater than or equal to 1
            a.yaml:7:16: error: spec.maxReplicas: Invalid value: -1: must be greater than 0
        "#]],
        ),
        (
            autoscaler("  minReplicas: 5\n  maxReplicas: 4\n"),
            expect![[r#"
            a.yaml:7:16: error: spec.maxReplicas: Invalid value: 4: must be greater than or equal to `minReplicas`
        "#]],
        ),
        (
            autoscaler("  maxReplicas: 100000\n"),
            expect![[r#"
            a.yaml:6:16: error: spec.maxReplicas: 100000 pods are more than can be simulated; write at most 1000
        "#]],
        ),
        (
            autoscaler("  maxReplicas: many\n"),
            expect![[r#"
            a.yaml:6:16: error: json: cannot unmarshal string into Go struct field HorizontalPodAutoscalerSpec.spec.maxReplicas of type int32
        "#]],
        ),
        (
            autoscaler("  maxReplicas: 3\n").replace("Deployment", "StatefulSet"),
            expect![[r#"
            a.yaml:5:47: error: not modelled: spec.scaleTargetRef.kind: "StatefulSet"; scale a Deployment or a Rollout
        "#]],
        ),
        (
            autoscaler("  maxReplicas: 3\n").replace(", name: app}\n  max", "}\n  max"),
            expect![[r#"
                a.yaml:5:20: error: spec.scaleTargetRef.name: Required value
            "#]],
        ),
        (
            autoscaler("  maxReplicas: 3\n").replace("/v2", "/v1"),
            expect![[r#"
            a.yaml:1:13: error: no matches for kind "HorizontalPodAutoscaler" in version "autoscaling/v1"; write apiVersion: autoscaling/v2
        "#]],
        ),
        (
            metric("type: Resource"),
            expect![[r#"
            a.yaml:7:14: error: spec.metrics[0].resource: Required value: must populate information for the given metric source
        "#]],
        ),
        (
            metric("type: Gauge"),
            expect![[r#"
            a.yaml:7:20: error: spec.metrics[0].type: Unsupported value: "Gauge": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"
        "#]],
        ),
        (
            metric("type: Pods, pods: {}"),
            expect![[r#"
            a.yaml:7:20: error: not modelled: spec.metrics[0].type: "Pods"; write type: Resource
            a.yaml:7:26: error: not modelled: spec.metrics[0].pods; leave it out; it is refused because the rest would mean something else
        "#]],
        ),
        (
            metric(
                "type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 5}}",
            ),
            expect![[r#"
                a.yaml:7:47: error: not modelled: spec.metrics[0].resource.name: "memory"; scale by cpu
            "#]],
        ),
        (
            metric("type: Resource, resource: {name: cpu, target: {type: Utilization}}"),
            expect![[r#"
                a.yaml:7:61: error: spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization
            "#]],
        ),
        (
            metric(
                "type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}",
            ),
            expect![[r#"
                a.yaml:7:100: error: spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0
            "#]],
        ),
        (
            metric(
                "type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 100m}}",
            ),
            expect![[r#"
                a.yaml:7:67: error: not modelled: spec.metrics[0].resource.target.type: "AverageValue"; write type: Utilization
                a.yaml:7:81: error: not modelled: spec.metrics[0].resource.target.averageValue; leave it out; it is refused because the rest would mean something else
            "#]],
        ),
        (
            behavior("stabilizationWindowSeconds: 3601"),
            expect![[r#"
            a.yaml:7:52: error: spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600
        "#]],
        ),
        (
            behavior("stabilizationWindowSeconds: -1"),
            expect![[r#"
            a.yaml:7:52: error: spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero
        "#]],
        ),
        (
            behavior("selectPolicy: Most"),
            expect![[r#"
            a.yaml:7:38: error: spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": supported values: "Disabled", "Max", "Min"
        "#]],
        ),
        (
            behavior("tolerance: -0.1"),
            expect![[r#"
            a.yaml:7:35: error: spec.behavior.scaleUp.tolerance: Invalid value: -0.1: must be greater or equal to 0
        "#]],
        ),
        (
            behavior("policies: []"),
            expect![[r#"
            a.yaml:7:24: error: spec.behavior.scaleUp.policies: Required value: must specify at least one Policy
        "#]],
        ),
        (
            behavior("policies: [{type: Pods, value: 0, periodSeconds: 1801}]"),
            expect![[r#"
            a.yaml:7:55: error: spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero
            a.yaml:7:73: error: spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800
        "#]],
        ),
        (
            behavior("policies: [{type: Cores, value: 1, periodSeconds: 0}]"),
            expect![[r#"
            a.yaml:7:42: error: spec.behavior.scaleUp.policies[0].type: Unsupported value: "Cores": supported values: "Percent", "Pods"
            a.yaml:7:74: error: spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 0: must be greater than zero
        "#]],
        ),
    ] {
        check(&text, &expected);
    }
}
