//! The words for what a check finds: those of the API server for manifests, our own for scenarios.

use crate::diagnostic::Position;
use crate::manifest::check::{Checker, Wording};
use crate::manifest::schema::{Field, Object, Shape};
use crate::manifest::suggest;
use crate::manifest::yaml::{Key, Node, Value};

/// Most characters of an input that a message repeats.
const MAX_SHOWN: usize = 80;

impl Checker<'_> {
    fn complain(&mut self, position: Position, message: String, help: Option<String>) {
        match help {
            Some(help) => self.findings.fix(position, message, help),
            None => self.findings.error(position, message),
        }
    }

    pub(super) fn unknown(&mut self, key: &Key, object: &Object) {
        if self.findings.is_full() {
            return self.findings.count_lost();
        }
        let names: Vec<&str> = object.fields.iter().map(|field| field.name).collect();
        let help = suggest::did_you_mean(&key.text, names.iter().copied());
        let (path, name) = (&self.path, shorten(&key.text));
        let dot = if path.is_empty() { "" } else { "." };
        if self.wording == Wording::Scenario {
            let place = if path.is_empty() { String::new() } else { format!(" in {path}") };
            let help = help.unwrap_or_else(|| format!("it may hold {}", names.join(", ")));
            self.complain(key.position, format!("unknown key {name:?}{place}"), Some(help));
        } else {
            let field = format!("{path}{dot}{name}");
            let message = format!("strict decoding error: unknown field {field:?}");
            self.complain(key.position, message, help);
        }
    }

    pub(super) fn missing(&mut self, position: Position, field: &Field) {
        let path = &self.path;
        match (self.wording, path.as_str()) {
            (Wording::Scenario, _) => {
                self.complain(position, format!("{path} is missing"), Some(field.text.to_owned()));
            }
            // kubectl asks for these before it sends anything.
            (_, "kind" | "apiVersion") => self.complain(position, format!("{path} not set"), None),
            _ => self.complain(position, format!("{path}: Required value"), None),
        }
    }

    pub(super) fn out_of_range(&mut self, node: &Node, number: i64, least: i64, most: i64) {
        let unbounded = i64::from(i32::MAX) <= most;
        let limit = match (unbounded, number < least) {
            (true, true) => format!("must be greater than or equal to {least}"),
            (true, false) => format!("must be less than or equal to {most}"),
            (false, _) => format!("must be between {least} and {most}, inclusive"),
        };
        let path = &self.path;
        let message = match self.wording {
            Wording::Scenario => format!("{path}: {number} {limit}"),
            Wording::Builtin | Wording::Custom => {
                format!("{path}: Invalid value: {number}: {limit}")
            }
        };
        self.complain(node.position, message, None);
    }

    pub(super) fn choice(&mut self, node: &Node, text: &str, choices: &[&str]) {
        if choices.contains(&text) {
            return;
        }
        let (path, text) = (&self.path, shorten(text));
        let listed: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
        let listed = listed.join(", ");
        let message = match self.wording {
            Wording::Scenario => format!("{path}: {text:?} is none of {listed}"),
            Wording::Builtin | Wording::Custom => {
                format!("{path}: Unsupported value: {text:?}: supported values: {listed}")
            }
        };
        let help = suggest::did_you_mean(&text, choices.iter().copied());
        self.complain(node.position, message, help);
    }

    pub(super) fn no_amount(&mut self, node: &Node, shape: &Shape) {
        let (what, help) = match shape {
            Shape::Quantity => ("quantity", "write a number with a suffix: 250m, 512Mi, 1Gi"),
            Shape::DurationRange => {
                ("length of time", "write 6s, or the shortest and the longest: 4s..8s")
            }
            Shape::Rate => ("rate", "write how often in what time: 120/s, 90/min"),
            _ => ("length of time", "write a number with a unit: 250ms, 5s, 20m"),
        };
        let (path, value) = (&self.path, shown(node));
        let message = match (self.wording, shape) {
            (Wording::Custom, Shape::Duration) => {
                format!("{path}: Invalid value: {value}: must be a valid duration greater than 1ms")
            }
            (Wording::Scenario, _) => format!("{path}: {value} is no {what}"),
            _ => format!("{path}: Invalid value: {value}: must be a {what}"),
        };
        self.complain(node.position, message, Some(help.to_owned()));
    }

    /// `owner` is the type that the field belongs to.
    pub(super) fn wrong_type(&mut self, node: &Node, shape: &Shape, owner: &str) {
        let path = &self.path;
        let wanted = json_type(shape);
        let message = match self.wording {
            _ if path.is_empty() => "the document is not a map of fields".to_owned(),
            Wording::Builtin => {
                let (found, field, go) =
                    (found(&node.value), without_indices(path), go_type(shape));
                format!(
                    "json: cannot unmarshal {found} into Go struct field {owner}.{field} of type {go}"
                )
            }
            Wording::Custom => {
                let found = json_type_of(&node.value);
                format!(
                    "{path}: Invalid value: {found:?}: {path} in body must be of type {wanted}: {found:?}"
                )
            }
            Wording::Scenario => {
                let found = noun(json_type_of(&node.value));
                format!("{path}: write {}, not {found}", noun(wanted))
            }
        };
        let help = match (shape, &node.value) {
            (
                Shape::String | Shape::Choice(_),
                Value::Bool(_) | Value::Int(_) | Value::Float(_),
            ) => Some("put the value in quotes: without them it is not text"),
            (Shape::Int { .. }, Value::String(text)) if text.parse::<i64>().is_ok() => {
                Some("leave out the quotes: with them it is text")
            }
            (Shape::List(_), Value::Map(_) | Value::String(_)) => Some("begin each item with `- `"),
            _ => None,
        };
        self.complain(node.position, message, help.map(str::to_owned));
    }
}

/// What kubectl says of an `apiVersion` or `kind` that is no text: it looks for them before it knows
/// any type.
pub(crate) fn no_type_name(field: &str, node: &Node) -> String {
    let found = found(&node.value);
    format!(
        "couldn't get version/kind; json parse error: json: cannot unmarshal {found} into Go struct \
         field .{field} of type string"
    )
}

/// What Go's JSON reader calls a value.
fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Int(number) if i32::try_from(*number).is_err() => format!("number {number}"),
        Value::Float(number) if number.fract() != 0.0 => format!("number {number}"),
        Value::Int(_) | Value::Float(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Seq(_) => "array".to_owned(),
        Value::Map(_) => "object".to_owned(),
    }
}

/// What JSON Schema calls the type of a value.
fn json_type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

/// What JSON Schema calls a type.
fn json_type(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => "boolean",
        Shape::Int { .. } | Shape::IntOrString => "integer",
        Shape::Number => "number",
        Shape::List(_) => "array",
        Shape::Object(_) | Shape::Map(_) | Shape::Any => "object",
        Shape::String
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::DurationRange
        | Shape::Rate
        | Shape::TextOr(_)
        | Shape::Quantity => "string",
    }
}

/// What Go calls a type.
fn go_type(shape: &Shape) -> String {
    match shape {
        Shape::Int { name, .. } => (*name).to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Number => "float64".to_owned(),
        Shape::IntOrString => "intstr.IntOrString".to_owned(),
        Shape::Quantity => "resource.Quantity".to_owned(),
        Shape::Object(object) => format!("v1.{}", object.name),
        Shape::List(item) => format!("[]{}", go_type(item)),
        Shape::Map(value) => format!("map[string]{}", go_type(value)),
        Shape::Any => "interface {}".to_owned(),
        Shape::String
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::DurationRange
        | Shape::Rate
        | Shape::TextOr(_) => "string".to_owned(),
    }
}

/// A type in plain words.
fn noun(name: &str) -> &str {
    match name {
        "string" => "text",
        "array" => "a list",
        "object" => "a map",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "null" => "nothing",
        other => other,
    }
}

/// `spec.ports[0].port` as Go names it: `spec.ports.port`.
fn without_indices(path: &str) -> String {
    let mut bare = String::new();
    let mut inside = false;
    for c in path.chars() {
        inside = (inside || c == '[') && c != ']';
        if !inside && c != ']' {
            bare.push(c);
        }
    }
    bare
}

/// A scalar as written, or what else it is.
pub(crate) fn shown(node: &Node) -> String {
    match &node.value {
        Value::String(text) => format!("{:?}", shorten(text)),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::Seq(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    }
}

/// Text short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
