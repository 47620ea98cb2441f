//! Manifests: YAML with positions, read into typed objects; every problem with its place.

use serde_json::Value;

use crate::cluster::api::Manifest;
use crate::diagnostic::{Diagnostic, Position};

/// One document of a manifest file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it begins.
    pub position: Position,
    /// The manifest, or what is wrong with it.
    pub manifest: Result<Manifest, Vec<Diagnostic>>,
    /// Fields that have no effect here: `not modelled: spec.template.spec.affinity`.
    pub notes: Vec<Diagnostic>,
}

/// Reads every document of a manifest file. `Err` if the text is not YAML at all; documents before
/// the fault are then lost, as in kubectl.
#[allow(unused_variables, clippy::todo, reason = "skeleton")]
pub fn parse(file: &str, text: &str) -> Result<Vec<Document>, Diagnostic> {
    todo!()
}

/// Reads one document that has no file: the result of `kubectl patch`, `scale`, `label`, `edit`.
#[allow(unused_variables, clippy::todo, reason = "skeleton")]
pub fn from_value(document: &Value) -> Result<Manifest, Vec<Diagnostic>> {
    todo!()
}

/// A document as `kubectl get -o yaml` prints it: keys sorted, two spaces, quotes where needed.
#[allow(unused_variables, clippy::todo, reason = "skeleton")]
pub fn to_yaml(document: &Value) -> String {
    todo!()
}
