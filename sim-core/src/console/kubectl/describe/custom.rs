//! Kinds that kubectl knows nothing of: every field, with its name made readable.

use serde_json::Value;

use super::{annotations, labels, names};

/// A custom resource.
pub(crate) fn custom(document: &Value) -> String {
    let mut out = names(document) + &labels(document) + &annotations(document);
    fields(document, 0, "", &mut out);
    out
}

const SKIPPED: [&str; 5] = [
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
    ".metadata.managedFields",
];

fn fields(value: &Value, level: usize, path: &str, out: &mut String) {
    let Value::Object(entries) = value else { return };
    let indent = "  ".repeat(level);
    let mut keys: Vec<&String> = entries.keys().collect();
    keys.sort();
    for key in keys {
        let here = format!("{path}.{key}");
        if SKIPPED.contains(&here.as_str()) {
            continue;
        }
        let label = readable(key);
        match &entries[key] {
            Value::Object(_) => {
                *out += &format!("{indent}{label}:\n");
                fields(&entries[key], level + 1, &here, out);
            }
            Value::Array(items) => {
                *out += &format!("{indent}{label}:\n");
                for item in items {
                    match item {
                        Value::Object(_) => fields(item, level + 1, &here, out),
                        item => *out += &format!("{indent}  {}\n", plain(item)),
                    }
                }
            }
            other => *out += &format!("{indent}{label}:\t{}\n", plain(other)),
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.replace(['\n', '\t'], " "))
}

/// `perTryTimeout` becomes `Per Try Timeout`.
fn readable(key: &str) -> String {
    if !key.chars().all(|c| c.is_alphabetic() || c == '-') {
        return key.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    for c in key.chars() {
        match words.last_mut() {
            Some(word) if !c.is_uppercase() => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    let title = |word: &String| {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID"].contains(&upper.as_str()) {
            return upper;
        }
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        first + chars.as_str()
    };
    words.iter().map(title).collect::<Vec<_>>().join(" ")
}
