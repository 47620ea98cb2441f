//! What the reader says about good and bad manifests.

use expect_test::Expect;
use serde_json::json;

use super::*;

mod autoscaler;
mod budget;
mod every_field;
mod input;
mod istio;
mod kubernetes;
mod print;
mod quota;

const BLUE: &str = include_str!("../../../scenarios/first-cutover/workspace/blue-deployment.yaml");
const SERVICE: &str = include_str!("../../../scenarios/first-cutover/workspace/service.yaml");
const GATEWAY: &str = include_str!("../../../scenarios/first-cutover/workspace/gateway.yaml");
const RULE: &str = include_str!("../../../scenarios/first-cutover/workspace/destination-rule.yaml");
const CANARY: &str =
    include_str!("../../../scenarios/first-cutover/workspace/virtual-service-canary.yaml");

/// Everything that is said about a file, one finding a line.
fn said(text: &str) -> String {
    let findings = match parse("a.yaml", text) {
        Err(fault) => vec![fault],
        Ok(documents) => {
            let errors = |document: &Document| document.manifest.clone().err().unwrap_or_default();
            documents.iter().flat_map(|d| errors(d).into_iter().chain(d.notes.clone())).collect()
        }
    };
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

#[track_caller]
fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&said(text));
}

/// A good manifest with one passage replaced.
#[track_caller]
fn with(manifest: &str, passage: &str, replacement: &str) -> String {
    assert!(manifest.contains(passage), "no {passage:?} in the manifest");
    manifest.replacen(passage, replacement, 1)
}

/// The only manifest of a file.
#[track_caller]
fn read(text: &str) -> Manifest {
    let documents = parse("a.yaml", text).unwrap();
    assert_eq!(documents.len(), 1);
    documents[0].manifest.clone().unwrap()
}

#[test]
fn the_shipped_manifests_are_read_without_findings() {
    for text in [BLUE, SERVICE, GATEWAY, RULE, CANARY] {
        assert_eq!(said(text), "");
        let manifest = read(text);
        assert_eq!(from_value(&manifest.document), Ok(manifest));
    }
}

#[test]
fn a_document_is_kept_as_written() {
    let document = read(SERVICE).document;
    let expected = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "my-app-service", "labels": {"app": "my-app"}},
        "spec": {
            "selector": {"app": "my-app"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        },
    });
    assert_eq!(document, expected);
}

#[test]
fn every_field_of_the_tables_has_a_unique_name_and_says_what_it_means() {
    fn visit(fields: &'static [schema::Field], path: &str) {
        for (index, field) in fields.iter().enumerate() {
            let path = format!("{path}.{}", field.name);
            assert!(field.text.ends_with('.'), "{path}: {:?}", field.text);
            assert!(fields[..index].iter().all(|other| other.name != field.name), "{path} twice");
            assert!(!(field.essential && field.modelled), "{path}");
            visit(field.shape.fields(), &path);
        }
    }
    for kind in Kind::ALL {
        visit(schema::object(*kind).fields, kind.name());
    }
    visit(crate::scenario::keys::SCENARIO.fields, "scenario");
}

#[test]
fn explain_finds_fields_through_lists() {
    let path = ["spec", "template", "spec", "containers", "readinessProbe", "periodSeconds"];
    let field = schema::explain(Kind::Deployment, &path).unwrap();
    assert_eq!(field.shape.type_name(), "integer");
    let strategy = schema::explain(Kind::Deployment, &["spec", "strategy"]).unwrap();
    assert_eq!(strategy.shape.type_name(), "DeploymentStrategy");
    assert_eq!(strategy.shape.fields().len(), 2);
    assert!(schema::explain(Kind::Deployment, &["spec", "strategi"]).is_none());
    assert!(schema::explain(Kind::Deployment, &[]).is_none());
}
