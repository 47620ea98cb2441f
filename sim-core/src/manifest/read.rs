//! A cursor into a checked tree: reading a value never fails, since the shape was checked before.
//!
//! Where the shape is wrong the problem is known already, and reading goes on with defaults to find
//! the rest.

use crate::cluster::spec::Labels;
use crate::diagnostic::Position;
use crate::manifest::amount;
use crate::manifest::yaml::{Key, Node, Value};
use crate::time::SimDuration;

/// Most bytes of a path. A key can have any length, and every item below repeats it.
const PATH_MAX: usize = 500;

/// A node and the path to it from the root: `spec.http[0].route`.
#[derive(Clone, Debug)]
pub struct Cursor<'n> {
    /// The node.
    pub node: &'n Node,
    /// The path; empty at the root.
    pub path: String,
}

impl<'n> Cursor<'n> {
    /// The root of a document.
    pub fn root(node: &'n Node) -> Self {
        Self { node, path: String::new() }
    }

    /// Where the node begins.
    pub fn position(&self) -> Position {
        self.node.position
    }

    /// The path of something below.
    pub fn path_to(&self, name: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.step(&format!("{dot}{name}"))
    }

    fn step(&self, step: &str) -> String {
        let mut path = format!("{}{step}", self.path);
        if PATH_MAX < path.len() {
            path.truncate(path.floor_char_boundary(PATH_MAX));
            path.push('…');
        }
        path
    }

    /// What stands under a key; `None` if there is nothing or null, which mean the same.
    pub fn get(&self, name: &str) -> Option<Self> {
        let node = self.node.get(name).filter(|node| node.value != Value::Null)?;
        Some(Self { node, path: self.path_to(name) })
    }

    /// The items of a list, in order.
    pub fn items(&self) -> Vec<Self> {
        match &self.node.value {
            Value::Seq(items) => {
                let at = |(i, node)| Self { node, path: self.step(&format!("[{i}]")) };
                items.iter().enumerate().map(at).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether there is a list under a key, and nothing in it.
    pub fn is_empty_list(&self, name: &str) -> bool {
        self.node.get(name).is_some_and(|node| node.value == Value::Seq(Vec::new()))
    }

    /// The items of the list under a key.
    pub fn list(&self, name: &str) -> Vec<Self> {
        self.get(name).map(|list| list.items()).unwrap_or_default()
    }

    /// The entries of a map, in order.
    pub fn entries(&self) -> Vec<(&'n Key, Self)> {
        match &self.node.value {
            Value::Map(entries) => {
                let at = |(key, node): &'n (Key, Node)| {
                    (key, Self { node, path: self.path_to(&key.text) })
                };
                entries.iter().map(at).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The text under a key.
    pub fn text(&self, name: &str) -> Option<&'n str> {
        self.node.get(name).and_then(Node::as_str)
    }

    /// The whole number, if it is one.
    pub fn number(&self) -> Option<i64> {
        whole(&self.node.value)
    }

    /// The whole number under a key, brought into range.
    pub fn count(&self, name: &str) -> Option<u32> {
        let number = self.get(name)?.number()?;
        Some(number.clamp(0, i64::from(u32::MAX)) as u32)
    }

    /// The port number under a key.
    pub fn port(&self, name: &str) -> Option<u16> {
        self.get(name)?.number().and_then(|number| u16::try_from(number).ok())
    }

    /// Whether `true` stands under a key.
    pub fn flag(&self, name: &str) -> bool {
        self.node.get(name).is_some_and(|node| node.value == Value::Bool(true))
    }

    /// The length of time under a key.
    pub fn duration(&self, name: &str) -> Option<SimDuration> {
        self.text(name).and_then(amount::duration)
    }

    /// The texts of the list under a key.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(|item| item.node.as_str()).map(str::to_owned).collect()
    }

    /// The map from text to text under a key. What is not text counts as it is written.
    pub fn labels(&self, name: &str) -> Labels {
        let entries = self.get(name).map(|map| map.entries()).unwrap_or_default();
        let text = |cursor: &Self| match cursor.node.to_json() {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        entries.into_iter().map(|(key, cursor)| (key.text.clone(), text(&cursor))).collect()
    }
}

/// A whole number, also one written with a fraction of nothing: JSON does not tell 3 from 3.0.
pub fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Some(*number as i64)
        }
        _ => None,
    }
}
