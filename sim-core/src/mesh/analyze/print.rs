//! Messages as istioctl prints them: `--output log`, `json` and `yaml`.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::manifest;
use crate::mesh::analyze::Message;

/// A line each; the empty text if there are none.
pub fn log(messages: &[Message]) -> String {
    let lines: Vec<String> = messages.iter().map(Message::to_string).collect();
    lines.join("\n")
}

fn documents(messages: &[Message]) -> Value {
    messages.iter().map(Message::document).collect()
}

/// A list of objects, indented with tabs, with the characters escaped that Go escapes.
pub fn json(messages: &[Message]) -> String {
    let mut bytes = Vec::new();
    let mut out = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"\t"));
    documents(messages).serialize(&mut out).expect("plain data has a JSON form");
    let text = String::from_utf8(bytes).expect("JSON is UTF-8");
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// The same list as YAML.
pub fn yaml(messages: &[Message]) -> String {
    if messages.is_empty() { "[]\n".to_owned() } else { manifest::to_yaml(&documents(messages)) }
}
