//! YAML as a tree that knows its places, built from the parser's events within fixed limits.
//!
//! The one way in for manifests and scenarios. Inputs come from strangers: size, depth and the
//! number of nodes after expanding aliases are bounded, and nothing here recurses on the text.

use saphyr_parser::{Parser, ScanError, Span, StrInput};
use serde_json::{Map, Number};

use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::yaml::tree::Builder;

mod scalar;
pub(in crate::manifest) use scalar::plain;
mod tree;

/// Longest text that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting of lists and maps.
pub const MAX_DEPTH: usize = 64;
/// Most values of a file, counted after expanding aliases.
pub const MAX_NODES: usize = 100_000;
/// Most text in the values of a file, in bytes, counted after expanding aliases.
pub const MAX_TEXT: usize = 4 * MAX_BYTES;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its first character; line 0 if it has no text.
    pub position: Position,
}

/// What a node holds, typed as kubectl types it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites, without quotes.
    Bool(bool),
    /// A whole number without quotes.
    Int(i64),
    /// Any other number without quotes.
    Float(f64),
    /// Everything else that is not a list or map.
    String(String),
    /// A list.
    Seq(Vec<Node>),
    /// A map in the order of the text; keys are unique.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key, whatever it looks like.
    pub text: String,
    /// Its first character.
    pub position: Position,
}

impl Node {
    /// The value under a key; `None` if this is no map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(k, _)| k.text == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The same value without places. A number JSON cannot hold becomes null, as in kubectl.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => {
                Number::from_f64(*value).map_or(serde_json::Value::Null, Into::into)
            }
            Value::String(text) => text.clone().into(),
            Value::Seq(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, node)| (key.text.clone(), node.to_json()));
                entries.collect::<Map<_, _>>().into()
            }
        }
    }

    /// A tree without places.
    pub fn from_json(json: &serde_json::Value) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(value) => Value::Int(value),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Value::String(text.clone()),
            serde_json::Value::Array(items) => {
                Value::Seq(items.iter().map(Self::from_json).collect())
            }
            serde_json::Value::Object(entries) => {
                let key = |text: &String| Key { text: text.clone(), position: Position::default() };
                Value::Map(entries.iter().map(|(k, v)| (key(k), Self::from_json(v))).collect())
            }
        };
        Self { value, position: Position::default() }
    }
}

/// Bytes of a file as text; the diagnostic names the first byte that is not UTF-8.
pub fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostic> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let byte = bytes[error.valid_up_to()];
        let message = format!("byte 0x{byte:02x} is not UTF-8 text");
        Diagnostic::error(file, end_of(&good), message).with_help("save the file as UTF-8")
    })
}

/// The place just behind a text.
fn end_of(text: &str) -> Position {
    let line = 1 + text.matches('\n').count() as u32;
    let last = text.rsplit('\n').next().unwrap_or_default();
    Position { line, column: 1 + last.chars().count() as u32 }
}

/// Reads every document of a text; documents that hold nothing are left out.
pub fn parse(file: &str, text: &str) -> Result<Vec<Node>, Diagnostic> {
    if MAX_BYTES < text.len() {
        let start = Position { line: 1, column: 1 };
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        return Err(Diagnostic::error(file, start, message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    if let Some((at, c)) = text.char_indices().find(|(_, c)| control(*c)) {
        let message = format!("control character U+{:04X} is not allowed in YAML", u32::from(c));
        return Err(Diagnostic::error(file, end_of(&text[..at]), message));
    }
    let mut builder = Builder::default();
    let mut parser = Parser::<StrInput<'_>>::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| invalid(file, text, &error))?;
        builder.take(event, position(span)).map_err(|fault| fault.of(file))?;
    }
    Ok(builder.documents())
}

fn position(span: Span) -> Position {
    let clamp = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Position { line: clamp(span.start.line()), column: clamp(span.start.col() + 1) }
}

/// The parser's complaint with the usual cause of it.
fn invalid(file: &str, text: &str, error: &ScanError) -> Diagnostic {
    let place = position(Span::empty(*error.marker()));
    let line = text.lines().nth((place.line as usize).saturating_sub(1)).unwrap_or_default();
    let indentation = &line[..line.len() - line.trim_start().len()];
    let tight = |line: &str| {
        let key = line.trim_start().trim_start_matches("- ");
        let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let rest = key.trim_start_matches(word);
        rest.len() < key.len() && rest.len() > 1 && rest.starts_with(':') && !rest.contains(": ")
    };
    let before = text.lines().take((place.line as usize).saturating_sub(1));
    let previous = before.filter(|line| !line.trim().is_empty()).last().unwrap_or_default();
    let help = if indentation.contains('\t') {
        "indent with spaces: YAML does not allow tabs"
    } else if tight(line) || tight(previous) {
        "write a space after the colon: `key: value`"
    } else if error.info().contains("mapping values") {
        "align this line with the keys beside it, or put a value that contains `: ` in quotes"
    } else if error.info().contains("quoted") {
        "close the quotes that were opened here or above"
    } else if error.info().contains("anchor") {
        "put text that begins with `*` in quotes; an alias needs an anchor `&name` above it"
    } else if error.info().contains("unexpected character") {
        "put text that begins with such a character in quotes"
    } else if ["flow", "illegal placement"].iter().any(|sign| error.info().contains(sign)) {
        "close the bracket or brace that was opened here or above, and part items with commas"
    } else {
        "check the indentation of this line and of the one before: two spaces a level, no tabs"
    };
    Diagnostic::error(file, place, format!("not valid YAML: {}", error.info())).with_help(help)
}
