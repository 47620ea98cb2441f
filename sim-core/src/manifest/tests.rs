//! What the reader says about good and bad manifests.

use super::*;

#[test]
fn the_shipped_manifests_are_read_without_findings() {
    for (name, text) in [
        ("blue", include_str!("../../../scenarios/first-cutover/workspace/blue-deployment.yaml")),
        ("green", include_str!("../../../scenarios/first-cutover/workspace/green-deployment.yaml")),
        ("service", include_str!("../../../scenarios/first-cutover/workspace/service.yaml")),
        ("gateway", include_str!("../../../scenarios/first-cutover/workspace/gateway.yaml")),
        ("rule", include_str!("../../../scenarios/first-cutover/workspace/destination-rule.yaml")),
        (
            "vs",
            include_str!("../../../scenarios/first-cutover/workspace/virtual-service-canary.yaml"),
        ),
    ] {
        let documents = parse(name, text).unwrap();
        assert_eq!(documents.len(), 1, "{name}");
        assert_eq!(documents[0].notes, [], "{name}");
        let manifest = documents[0].manifest.clone().unwrap();
        assert_eq!(from_value(&manifest.document), Ok(manifest), "{name}");
    }
}
