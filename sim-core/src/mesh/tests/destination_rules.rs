//! Rule IST-26: several `DestinationRules` for one host.

use super::matching::computed_for;
use super::*;
use crate::mesh::audience::Audience;

fn rule(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: {name}}}\nspec: {{host: shop, {spec}}}\n"
    )
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
