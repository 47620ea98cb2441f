//! Compares a tree with the tables: unknown fields, wrong types, limits, missing fields.

use crate::diagnostic::Position;
use crate::manifest::amount;
use crate::manifest::findings::Findings;
use crate::manifest::read::whole;
use crate::manifest::schema::{Field, Object, Shape};
use crate::manifest::suggest;
use crate::manifest::yaml::{Key, Node, Value};

/// Whose words a problem is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// The API server about its own kinds.
    Builtin,
    /// The API server about kinds of Istio, whose types are checked by another part of it.
    Custom,
    /// Cutover about its own files.
    Scenario,
}

/// Checks a tree against an object's table. Findings name paths below `path`.
pub fn check(node: &Node, object: &Object, wording: Wording, findings: &mut Findings) {
    let mut checker = Checker { wording, findings, path: String::new(), quiet: false };
    checker.object(node, object);
}

struct Checker<'f> {
    wording: Wording,
    findings: &'f mut Findings,
    path: String,
    /// Inside something that has no effect: said once is enough.
    quiet: bool,
}

impl Checker<'_> {
    /// Visits something below the present place.
    fn below(&mut self, step: &str, visit: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if !self.path.is_empty() && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        visit(self);
        self.path.truncate(length);
    }

    fn object(&mut self, node: &Node, object: &Object) {
        let Value::Map(entries) = &node.value else {
            return self.wrong_type(node, &Shape::Any, object.name);
        };
        for (key, value) in entries {
            match object.fields.iter().find(|field| field.name == key.text) {
                Some(field) => self.below(field.name, |c| c.field(key, value, field, object.name)),
                None => self.unknown(key, object),
            }
        }
        for field in object.fields.iter().filter(|field| field.required) {
            let given = node.get(field.name).is_some_and(|value| value.value != Value::Null);
            if !given {
                self.below(field.name, |c| c.missing(node.position, field));
            }
        }
    }

    fn field(&mut self, key: &Key, value: &Node, field: &Field, owner: &str) {
        if value.value == Value::Null {
            return;
        }
        if field.essential {
            let message = format!("not modelled: {}", self.path);
            let help = "leave it out; it is refused because the rest would mean something else";
            return self.findings.fix(key.position, message, help);
        }
        if !field.modelled && !self.quiet {
            self.findings.note(key.position, format!("not modelled: {}", self.path));
        }
        let outside = self.quiet;
        self.quiet |= !field.modelled;
        self.shape(value, &field.shape, owner);
        self.quiet = outside;
    }

    fn shape(&mut self, node: &Node, shape: &Shape, owner: &str) {
        match (shape, &node.value) {
            (Shape::Any, _)
            | (Shape::String, Value::String(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Number, Value::Int(_) | Value::Float(_))
            | (Shape::IntOrString, Value::String(_))
            | (Shape::List(_) | Shape::Map(_), Value::Null) => {}
            (Shape::Int { name, least, most }, value) => match whole(value) {
                Some(number) => self.range(node, name, number, *least, *most),
                None => self.wrong_type(node, shape, owner),
            },
            (Shape::IntOrString, value) => match whole(value) {
                Some(number) => {
                    self.range(node, "int32", number, i64::from(i32::MIN), i64::from(i32::MAX))
                }
                None => self.wrong_type(node, shape, owner),
            },
            (Shape::Object(object), _) => self.object(node, object),
            (Shape::List(item), Value::Seq(items)) => {
                for (index, node) in items.iter().enumerate() {
                    self.below(&format!("[{index}]"), |c| c.shape(node, item, owner));
                }
            }
            (Shape::Map(value), Value::Map(entries)) => {
                for (key, node) in entries.iter().filter(|(_, node)| node.value != Value::Null) {
                    self.below(&key.text, |c| c.shape(node, value, owner));
                }
            }
            (Shape::Choice(choices), Value::String(text)) => self.choice(node, text, choices),
            (Shape::TextOr(_), Value::String(_)) => {}
            (Shape::TextOr(object), Value::Map(_)) => self.object(node, object),
            (Shape::Duration | Shape::DurationRange | Shape::Rate | Shape::Quantity, _) => {
                self.amount(node, shape);
            }
            (
                Shape::String
                | Shape::Bool
                | Shape::Number
                | Shape::List(_)
                | Shape::Map(_)
                | Shape::TextOr(_)
                | Shape::Choice(_),
                _,
            ) => self.wrong_type(node, shape, owner),
        }
    }

    fn unknown(&mut self, key: &Key, object: &Object) {
        let names = object.fields.iter().map(|field| field.name);
        let listed = || {
            let names: Vec<&str> = object.fields.iter().map(|field| field.name).collect();
            format!("it may hold {}", names.join(", "))
        };
        let help = suggest::did_you_mean(&key.text, names);
        let name = shorten(&key.text);
        let path =
            if self.path.is_empty() { name.clone() } else { format!("{}.{name}", self.path) };
        let (message, help) = match (self.wording, self.path.as_str()) {
            (Wording::Scenario, "") => {
                (format!("unknown key {name:?}"), help.or_else(|| Some(listed())))
            }
            (Wording::Scenario, path) => {
                (format!("unknown key {name:?} in {path}"), help.or_else(|| Some(listed())))
            }
            _ => (format!("strict decoding error: unknown field {path:?}"), help),
        };
        match help {
            Some(help) => self.findings.fix(key.position, message, help),
            None => self.findings.error(key.position, message),
        }
    }

    fn missing(&mut self, position: Position, field: &Field) {
        let path = &self.path;
        match (self.wording, self.path.as_str()) {
            (Wording::Scenario, _) => {
                let message = format!("{path} is missing");
                self.findings.fix(position, message, field.text);
            }
            // kubectl asks for these before it sends anything.
            (_, "kind" | "apiVersion") => self.findings.error(position, format!("{path} not set")),
            _ => self.findings.error(position, format!("{path}: Required value")),
        }
    }

    fn range(&mut self, node: &Node, name: &str, number: i64, least: i64, most: i64) {
        let path = &self.path;
        if name == "int32" && i32::try_from(number).is_err() && self.wording != Wording::Scenario {
            let message = format!(
                "{path}: json: cannot unmarshal number {number} into a field of type int32"
            );
            return self.findings.error(node.position, message);
        }
        if (least..=most).contains(&number) {
            return;
        }
        let limit = if most == i64::from(i32::MAX) || most == i64::MAX {
            format!("must be greater than or equal to {least}")
        } else {
            format!("must be between {least} and {most}, inclusive")
        };
        let message = match self.wording {
            Wording::Scenario => format!("{path}: {number} {limit}"),
            _ => format!("{path}: Invalid value: {number}: {limit}"),
        };
        self.findings.error(node.position, message);
    }

    fn choice(&mut self, node: &Node, text: &str, choices: &[&str]) {
        if choices.contains(&text) {
            return;
        }
        let (path, text) = (&self.path, shorten(text));
        let listed: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
        let listed = listed.join(", ");
        let message = match self.wording {
            Wording::Scenario => format!("{path}: {text:?} is none of {listed}"),
            _ => format!("{path}: Unsupported value: {text:?}: supported values: {listed}"),
        };
        match suggest::did_you_mean(&text, choices.iter().copied()) {
            Some(help) => self.findings.fix(node.position, message, help),
            None => self.findings.error(node.position, message),
        }
    }

    fn amount(&mut self, node: &Node, shape: &Shape) {
        let good = match (shape, &node.value) {
            (Shape::Quantity, Value::Int(_) | Value::Float(_)) => true,
            (Shape::Quantity, Value::String(text)) => amount::quantity_milli(text).is_some(),
            (Shape::Duration, Value::String(text)) => amount::duration(text).is_some(),
            (Shape::DurationRange, Value::String(text)) => amount::duration_range(text).is_some(),
            (Shape::Rate, Value::String(text)) => amount::rate(text).is_some(),
            _ => false,
        };
        if good {
            return;
        }
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
        self.findings.fix(node.position, message, help);
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape, owner: &str) {
        let found = kind_of(&node.value);
        let path = &self.path;
        let wanted = match shape {
            Shape::Any => "object".to_owned(),
            Shape::Int { .. } | Shape::IntOrString => "integer".to_owned(),
            Shape::List(_) => "array".to_owned(),
            Shape::Map(_) => "object".to_owned(),
            other => other.type_name(),
        };
        let message = match self.wording {
            _ if path.is_empty() => "the document is not a map of fields".to_owned(),
            Wording::Builtin => {
                let bare = without_indices(path);
                let go = go_type(shape, owner);
                let owner = if matches!(shape, Shape::Any) { "" } else { owner };
                let dot = if owner.is_empty() { "" } else { "." };
                format!(
                    "json: cannot unmarshal {found} into Go struct field {owner}{dot}{bare} of type {go}"
                )
            }
            Wording::Custom => {
                format!(
                    "{path}: Invalid value: {found:?}: {path} in body must be of type {wanted}: {found:?}"
                )
            }
            Wording::Scenario => {
                format!("{path}: write {}, not {}", article(&wanted), article(found))
            }
        };
        let help = match (shape, &node.value) {
            (
                Shape::String | Shape::Choice(_),
                Value::Bool(_) | Value::Int(_) | Value::Float(_),
            ) => Some("put the value in quotes: without them it is no text"),
            (Shape::Int { .. }, Value::String(text)) if text.parse::<i64>().is_ok() => {
                Some("leave out the quotes: with them it is text")
            }
            (Shape::List(_), Value::Map(_) | Value::String(_)) => Some("begin each item with `- `"),
            _ => None,
        };
        match help {
            Some(help) => self.findings.fix(node.position, message, help),
            None => self.findings.error(node.position, message),
        }
    }
}

/// What JSON calls the kind of a value.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Seq(_) => "array",
        Value::Map(_) => "object",
    }
}

/// What Go calls the type of a field.
fn go_type(shape: &Shape, owner: &str) -> String {
    match shape {
        Shape::Int { name, .. } => (*name).to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::IntOrString => "intstr.IntOrString".to_owned(),
        Shape::Object(object) => format!("v1.{}", object.name),
        Shape::List(item) => format!("[]{}", go_type(item, owner)),
        Shape::Map(value) => format!("map[string]{}", go_type(value, owner)),
        Shape::Any => format!("v1.{owner}"),
        Shape::String
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::DurationRange
        | Shape::Rate
        | Shape::TextOr(_) => "string".to_owned(),
        Shape::Number => "float64".to_owned(),
        Shape::Quantity => "resource.Quantity".to_owned(),
    }
}

fn article(noun: &str) -> String {
    match noun {
        "string" => "text".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a map".to_owned(),
        "boolean" | "bool" => "true or false".to_owned(),
        "integer" => "a whole number".to_owned(),
        "null" => "nothing".to_owned(),
        other => format!("a {other}"),
    }
}

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
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
