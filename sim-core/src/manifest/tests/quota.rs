//! Quotas: what is read, and the API server's answers to bad ones (K8S-104).

use expect_test::expect;

use super::*;
use crate::cluster::spec::{QuotaSpec, Resource};

fn quota(hard: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: compute}}\nspec:\n  hard: {hard}\n"
    )
}

#[test]
fn a_quota_counts_pods_thousandths_of_cores_and_bytes() {
    let hard = [
        (Resource::Cpu, 1_500),
        (Resource::LimitsMemory, 1 << 30),
        (Resource::Pods, 10),
        (Resource::RequestsCpu, 2_000),
    ];
    let text = quota("{pods: '10', cpu: 1500m, requests.cpu: 2, limits.memory: 1Gi}");
    let expected = QuotaSpec { hard: hard.into_iter().collect() };
    assert_eq!(read(&text).spec, Spec::ResourceQuota(expected));
}

#[test]
fn a_quota_with_a_bad_amount_or_scope_is_refused() {
    check(
        &quota("{pods: -1}"),
        &expect![[r#"
        a.yaml:5:16: error: spec.hard[pods]: Invalid value: -1: must be greater than or equal to 0
    "#]],
    );
    check(
        &quota("{pods: many}"),
        &expect![[r#"
        a.yaml:5:16: error: spec.hard.pods: Invalid value: "many": must be a quantity; write a number with a suffix: 250m, 512Mi, 1Gi
    "#]],
    );
    check(
        &quota("{pods: 1500m}"),
        &expect![[r#"
        a.yaml:5:16: error: spec.hard[pods]: Invalid value: "1500m": must be an integer
    "#]],
    );
    check(
        &quota("3"),
        &expect![[r#"
        a.yaml:5:9: error: json: cannot unmarshal number into Go struct field ResourceQuotaSpec.spec.hard of type map[string]resource.Quantity
    "#]],
    );
    check(
        &(quota("{pods: 3}") + "  scopes: [BestEffort]\n"),
        &expect![[r#"
        a.yaml:6:3: error: not modelled: spec.scopes; leave it out; it is refused because the rest would mean something else
    "#]],
    );
    check(
        &(quota("{pods: 3}") + "  hart: {pods: 3}\n"),
        &expect![[r#"
        a.yaml:6:3: error: strict decoding error: unknown field "spec.hart"; did you mean "hard"?
    "#]],
    );
}

#[test]
fn what_a_quota_limits_besides_pods_cpu_and_memory_is_noted() {
    check(
        &quota("{services: 3, count/jobs.batch: 1}"),
        &expect![[r#"
        a.yaml:5:10: note: not modelled: spec.hard[services]
        a.yaml:5:23: note: not modelled: spec.hard[count/jobs.batch]
    "#]],
    );
}
