//! Compares a tree with the tables: unknown fields, wrong types, limits, missing fields.

use crate::diagnostic::Diagnostic;
use crate::manifest::amount;
use crate::manifest::findings::Findings;
use crate::manifest::read::whole;
use crate::manifest::schema::{Field, Object, Shape};
use crate::manifest::yaml::{Key, Node, Value};

mod complaint;
pub(crate) use complaint::{no_type_name, shorten, shown};

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

/// Checks a tree against an object's table.
pub fn check(node: &Node, object: &'static Object, wording: Wording, findings: &mut Findings) {
    let mut checker = Checker { wording, findings, path: String::new(), quiet: false };
    checker.object(node, object, "");
}

/// How a finding about a field without effect begins.
const NOT_MODELLED: &str = "not modelled: ";

/// Whether a finding is about what is not modelled: a real cluster would take the field.
pub(crate) fn is_refusal(finding: &Diagnostic) -> bool {
    finding.message.starts_with(NOT_MODELLED)
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

    /// `owner` is the type that holds the object.
    fn object(&mut self, node: &Node, object: &'static Object, owner: &str) {
        let Value::Map(entries) = &node.value else {
            return self.wrong_type(node, &Shape::Object(object), owner);
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

    /// A field that is given. Null means the same as leaving it out.
    fn field(&mut self, key: &Key, value: &Node, field: &Field, owner: &str) {
        if value.value == Value::Null {
            return;
        }
        if field.essential {
            let message = format!("{NOT_MODELLED}{}", self.path);
            let help = "leave it out; it is refused because the rest would mean something else";
            return self.findings.fix(key.position, message, help);
        }
        if !field.modelled && !self.quiet {
            self.findings.note(key.position, format!("{NOT_MODELLED}{}", self.path));
        }
        let outside = self.quiet;
        self.quiet |= !field.modelled;
        self.shape(value, &field.shape, owner);
        self.quiet = outside;
    }

    fn shape(&mut self, node: &Node, shape: &Shape, owner: &str) {
        match (shape, &node.value) {
            (Shape::Any, _)
            | (Shape::String | Shape::TextOr(_) | Shape::IntOrString, Value::String(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Number, Value::Int(_) | Value::Float(_)) => {}
            (Shape::Int { .. } | Shape::IntOrString, value) => match whole(value) {
                Some(number) => self.range(node, shape, number, owner),
                None => self.wrong_type(node, shape, owner),
            },
            (Shape::Object(object), _) | (Shape::TextOr(object), Value::Map(_)) => {
                self.object(node, object, owner);
            }
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
            (Shape::Duration | Shape::DurationRange | Shape::Rate | Shape::Quantity, value) => {
                if !is_amount(shape, value) {
                    self.no_amount(node, shape);
                }
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

    fn range(&mut self, node: &Node, shape: &Shape, number: i64, owner: &str) {
        let (name, least, most) = match shape {
            Shape::Int { name, least, most } => (*name, *least, *most),
            _ => ("int32", i64::from(i32::MIN), i64::from(i32::MAX)),
        };
        let overflow = name == "int32" && i32::try_from(number).is_err();
        if overflow && self.wording == Wording::Builtin {
            self.wrong_type(node, shape, owner);
        } else if !(least..=most).contains(&number) {
            self.out_of_range(node, number, least, most);
        }
    }
}

fn is_amount(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Quantity, Value::Int(_) | Value::Float(_)) => true,
        (Shape::Quantity, Value::String(text)) => amount::quantity_milli(text).is_some(),
        (Shape::Duration, Value::String(text)) => amount::duration(text).is_some(),
        (Shape::DurationRange, Value::String(text)) => amount::duration_range(text).is_some(),
        (Shape::Rate, Value::String(text)) => amount::rate(text).is_some(),
        _ => false,
    }
}
