//! Rule IST-26: several `DestinationRules` for one host.

use super::matching::computed_for;
use super::*;
use crate::mesh::audience::Audience;

fn rule(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: {name}}}\nspec: {{host: shop, {spec}}}\n"
    )
}

/// IST-26.
#[test]
fn the_first_policy_counts_though_an_older_rule_has_none() {
    let only_subsets = rule("a", "subsets: [{name: blue}]");
    let random = rule("b", "trafficPolicy: {loadBalancer: {simple: RANDOM}}");
    let round_robin = rule("c", "trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}");
    let other = rule("d", "trafficPolicy: {connectionPool: {tcp: {connectTimeout: 1s}}}");
    for (rules, balancer) in [
        ([&only_subsets, &random, &round_robin], LoadBalancer::Random),
        ([&only_subsets, &other, &random], LoadBalancer::LeastRequest),
    ] {
        let config = computed_for(&Audience::Gateway, &rules.map(String::as_str).concat());
        assert_eq!(config.clusters.len(), 2);
        for cluster in &config.clusters {
            assert_eq!(cluster.destination_rule, "a");
            assert_eq!(cluster.balancer, balancer);
        }
    }
}

/// IST-43.
#[test]
fn many_rings_share_the_room_of_a_few() {
    let ring = "consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 65536}}";
    let policy = format!("trafficPolicy: {{loadBalancer: {{{ring}}}}}");
    let subsets = |of: &str| {
        let names: Vec<_> = (0..100).map(|number| format!("{{name: {of}{number}}}")).collect();
        format!("{policy}, subsets: [{}]", names.join(", "))
    };
    let text = format!("{}{}", rule("a", &subsets("a")), rule("b", &subsets("b")));
    let config = computed_for(&Audience::Gateway, &text);
    let rings: Vec<_> =
        config.clusters.iter().map(|one| one.hash.as_ref().unwrap().minimum).collect();
    assert_eq!((rings.len(), rings[0]), (129, (1 << 18) / 129));
    let config = computed_for(&Audience::Gateway, &rule("a", &policy));
    assert_eq!(config.clusters[0].hash.as_ref().unwrap().minimum, 65_536);
}
