//! Documents as kubectl prints them: keys sorted, lists not indented below their key, quotes only
//! where the text would be read as something else.

use std::fmt::Write as _;

use serde_json::Value;

use crate::manifest::yaml;

/// A document as `kubectl get -o yaml` prints it.
pub(super) fn to_yaml(document: &Value) -> String {
    let mut out = String::new();
    match document {
        Value::Object(map) if !map.is_empty() => block(&mut out, document, 0, false),
        Value::Array(items) if !items.is_empty() => block(&mut out, document, 0, false),
        scalar => out.push_str(&inline(scalar, 2)),
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Writes a map or list that is not empty. `begun`: the first line has its indentation already.
fn block(out: &mut String, value: &Value, indent: usize, begun: bool) {
    let mut first = begun;
    let mut margin = |out: &mut String| {
        if !std::mem::take(&mut first) {
            let _ = write!(out, "{:indent$}", "");
        }
    };
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            for key in keys {
                margin(out);
                out.push_str(&flow(key));
                out.push(':');
                let value = &map[key];
                if is_block(value) {
                    out.push('\n');
                    let deeper = if value.is_array() { indent } else { indent + 2 };
                    block(out, value, deeper, false);
                } else {
                    let _ = writeln!(out, " {}", inline(value, indent + 2));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                margin(out);
                out.push_str("- ");
                if is_block(item) {
                    block(out, item, indent + 2, true);
                } else {
                    let _ = writeln!(out, "{}", inline(item, indent + 2));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn inline(value: &Value, indent: usize) -> String {
    match value {
        Value::String(string) => text(string, indent),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// A text; several lines as a block, with the depth where it begins with white space, and with `+`
/// where more than one line break ends it, as go-yaml's emitter writes it.
fn text(string: &str, indent: usize) -> String {
    let tame =
        string.split('\n').all(|line| !line.ends_with(' ') && line.chars().all(is_printable));
    if !string.contains('\n') || !tame {
        return flow(string);
    }
    let (lines, ending) = match string.strip_suffix('\n') {
        None => (string, "-"),
        Some(lines) if lines.is_empty() || lines.ends_with('\n') => (lines, "+"),
        Some(lines) => (lines, ""),
    };
    let depth = if string.starts_with([' ', '\n']) { "2" } else { "" };
    let mut out = format!("|{depth}{ending}");
    for line in lines.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            let _ = write!(out, "{:indent$}{line}", "");
        }
    }
    out
}

/// A text on one line: plain where that is safe, in double quotes where it would be read as another
/// type, in single quotes where it would break the syntax, escaped where it cannot be shown.
fn flow(string: &str) -> String {
    let is_text = matches!(yaml::plain(string), yaml::Value::String(_)) && !is_timestamp(string);
    if !string.chars().all(is_printable) {
        escaped(string)
    } else if !is_text {
        format!("\"{string}\"")
    } else if is_plain(string) {
        string.to_owned()
    } else {
        format!("'{}'", string.replace('\'', "''"))
    }
}

fn escaped(string: &str) -> String {
    let mut out = "\"".to_owned();
    for c in string.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether text is read back as the same text without quotes.
fn is_plain(string: &str) -> bool {
    const INDICATORS: &[char] = &[
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@',
        '`', ' ', '=', '<',
    ];
    let lone_dash =
        |c: char, next: Option<char>| c == '-' && next.is_some_and(|n| n != ' ' && n != '-');
    let mut chars = string.chars();
    let (first, second) = (chars.next(), chars.next());
    let begins_well = first.is_some_and(|c| !INDICATORS.contains(&c) || lone_dash(c, second));
    begins_well && !string.ends_with([' ', ':']) && !string.contains(": ") && !string.contains(" #")
}

/// What YAML 1.1 takes for a date.
fn is_timestamp(string: &str) -> bool {
    let bytes = string.as_bytes();
    4 < bytes.len() && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
}
