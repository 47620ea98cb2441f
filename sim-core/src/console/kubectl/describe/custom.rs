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

/// `perTryTimeout` becomes `Per Try Timeout`, and `HPAReplicas` becomes `HPA Replicas`.
fn readable(key: &str) -> String {
    if !key.chars().all(|c| c.is_alphabetic() || c == '-') {
        return key.to_owned();
    }
    let chars: Vec<char> = key.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (place, c) in chars.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| chars[before]);
        let next = chars.get(place + 1);
        match words.last_mut() {
            Some(word) if !starts_word(before, *c, next.copied()) => word.push(*c),
            _ => words.push(c.to_string()),
        }
    }
    let title = |word: &String| {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID", "OSB", "GUID"].contains(&upper.as_str()) {
            return upper;
        }
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        first + chars.as_str()
    };
    words.iter().map(title).collect::<Vec<_>>().join(" ")
}

/// Whether a word begins with `c`: a run of capitals is one word, but for a last one before small
/// letters; a hyphen is a word of its own.
fn starts_word(before: Option<char>, c: char, next: Option<char>) -> bool {
    let Some(before) = before else { return true };
    match c {
        _ if before == '-' || c == '-' => before != c,
        _ if c.is_uppercase() => !before.is_uppercase() || next.is_some_and(char::is_lowercase),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn names_of_fields_are_split_as_kubectl_splits_them() {
        for (key, label) in [
            ("perTryTimeout", "Per Try Timeout"),
            ("HPAReplicas", "HPA Replicas"),
            ("stableRS", "Stable RS"),
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("podIPs", "Pod I Ps"),
            ("scale-down", "Scale - Down"),
            ("step2", "step2"),
        ] {
            assert_eq!(readable(key), label, "{key}");
        }
    }
}
