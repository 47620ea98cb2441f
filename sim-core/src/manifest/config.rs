//! ConfigMap and Secret: from a checked tree to what they hold.

use serde_json::{Value, json};

use crate::cluster::spec::ConfigData;
use crate::manifest::base64;
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::names;
use crate::manifest::read::Cursor;

/// Most that one of them may hold, in bytes.
const MOST: usize = 1 << 20;

/// Reads a ConfigMap.
pub(super) fn config_map(root: &Cursor<'_>, findings: &mut Findings) -> ConfigData {
    let mut config = ConfigData { immutable: root.flag("immutable"), ..ConfigData::default() };
    plain(root, "data", &mut config, findings);
    let texts = config.sizes.clone();
    encoded(root, "binaryData", &mut config, findings);
    for (key, cursor) in entries(root, "binaryData") {
        if texts.contains_key(&key) {
            let message = format!(
                "data[{key}]: Invalid value: {key:?}: duplicate of key present in binaryData"
            );
            findings.error(cursor.position(), message);
        }
    }
    check_size(root, &config, "", findings);
    config
}

/// Reads a Secret.
pub(super) fn secret(root: &Cursor<'_>, findings: &mut Findings) -> ConfigData {
    let secret_type =
        root.text("type").filter(|text| !text.is_empty()).unwrap_or("Opaque").to_owned();
    let mut secret =
        ConfigData { secret_type, immutable: root.flag("immutable"), ..ConfigData::default() };
    encoded(root, "data", &mut secret, findings);
    plain(root, "stringData", &mut secret, findings);
    if secret.secret_type == "kubernetes.io/tls" {
        for key in ["tls.crt", "tls.key"].into_iter().filter(|key| !secret.sizes.contains_key(*key))
        {
            findings.error(root.position(), format!("data[{key}]: Required value"));
        }
    }
    check_size(root, &secret, "data", findings);
    secret
}

/// A Secret as it is stored: everything in `data`, in base64.
pub(super) fn stored_secret(document: &mut Value) {
    let Some(fields) = document.as_object_mut() else { return };
    if let Some(Value::Object(plain)) = fields.remove("stringData") {
        let data = fields.entry("data").or_insert_with(|| json!({}));
        // Anything else is an error that has been reported.
        if let Value::Object(data) = data {
            data.extend(plain.into_iter().map(|(key, value)| {
                let bytes = value.as_str().unwrap_or_default().as_bytes();
                (key, base64::encode(bytes).into())
            }));
        }
    }
    if fields.get("type").is_none_or(|text| text == "") {
        fields.insert("type".to_owned(), "Opaque".into());
    }
}

fn entries<'n>(root: &Cursor<'n>, field: &str) -> Vec<(String, Cursor<'n>)> {
    let entries = root.get(field).map(|map| map.entries()).unwrap_or_default();
    entries.into_iter().map(|(key, cursor)| (key.text.clone(), cursor)).collect()
}

fn plain(root: &Cursor<'_>, field: &str, into: &mut ConfigData, findings: &mut Findings) {
    for (key, cursor) in entries(root, field) {
        check_key(&cursor, field, &key, findings);
        into.sizes.insert(key, cursor.node.as_str().unwrap_or_default().len());
    }
}

fn encoded(root: &Cursor<'_>, field: &str, into: &mut ConfigData, findings: &mut Findings) {
    for (key, cursor) in entries(root, field) {
        check_key(&cursor, field, &key, findings);
        let size = match base64::decode(cursor.node.as_str().unwrap_or_default()) {
            Ok(bytes) => bytes.len(),
            Err(place) => {
                let message = format!("illegal base64 data at input byte {place}");
                let help = match field {
                    "data" => "write plain text under stringData instead",
                    _ => "write plain text under data instead",
                };
                findings.fix(cursor.position(), message, help);
                0
            }
        };
        into.sizes.insert(key, size);
    }
}

fn check_key(cursor: &Cursor<'_>, field: &str, key: &str, findings: &mut Findings) {
    let Some(problem) = names::config_key(key) else { return };
    let short = shorten(key);
    // What stands under stringData is checked once it has been moved.
    let field = if field == "stringData" { "data" } else { field };
    let message = format!("{field}[{short}]: Invalid value: {short:?}: {problem}");
    findings.error(cursor.position(), message);
}

fn check_size(root: &Cursor<'_>, config: &ConfigData, field: &str, findings: &mut Findings) {
    let size: usize = config.sizes.values().sum();
    if MOST < size {
        let path = if field.is_empty() { "[]" } else { field };
        let message = format!("{path}: Too long: may not be more than {MOST} bytes");
        findings.fix(root.position(), message, "split it");
    }
}
