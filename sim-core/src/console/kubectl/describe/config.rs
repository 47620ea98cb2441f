//! ConfigMaps with what they hold, Secrets without.

use serde_json::Value;

use super::{annotations, field, labels, names};
use crate::manifest::base64;

/// A ConfigMap.
pub(super) fn config_map(document: &Value) -> String {
    let mut out = names(document) + &labels(document) + &annotations(document);
    out += "\nData\n====\n";
    for (key, value) in document["data"].as_object().into_iter().flatten() {
        out += &format!("{key}:\n----\n{}\n\n", value.as_str().unwrap_or_default());
    }
    out += "\nBinaryData\n====\n";
    for (key, value) in document["binaryData"].as_object().into_iter().flatten() {
        out += &format!("{key}: {} bytes\n", size(value));
    }
    out + "\n"
}

/// A Secret: how much of what, and nothing of it.
pub(super) fn secret(document: &Value) -> String {
    let mut out = names(document) + &labels(document) + &annotations(document);
    out += &format!("\nType:\t{}\n\nData\n====\n", field(document, "/type"));
    for (key, value) in document["data"].as_object().into_iter().flatten() {
        out += &format!("{key}:\t{} bytes\n", size(value));
    }
    out
}

fn size(value: &Value) -> usize {
    base64::decode(value.as_str().unwrap_or_default()).map_or(0, |bytes| bytes.len())
}
