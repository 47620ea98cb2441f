//! Events become trees: aliases expanded within a budget, duplicate keys refused, `<<` merged.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, ScalarStyle, Tag};

use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::yaml::{Key, MAX_DEPTH, MAX_NODES, MAX_TEXT, Node, Value, scalar};

/// Why the text cannot become a tree.
#[derive(Debug)]
pub(super) struct Fault {
    position: Position,
    message: String,
    help: Option<&'static str>,
}

impl Fault {
    fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, message: message.into(), help: None }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    pub(super) fn of(self, file: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(file, self.position, self.message);
        match self.help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        }
    }
}

/// What a node costs, with everything in it.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    nodes: usize,
    text: usize,
    depth: usize,
}

/// A list or map whose end has not come yet.
#[derive(Debug)]
struct Open {
    position: Position,
    anchor: usize,
    size: Size,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Seq(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        places: BTreeMap<String, Position>,
        key: Option<Key>,
        /// Whether `<<` is a key without quotes: in quotes it is a word like any other.
        merges: bool,
    },
}

/// Gathers events without recursion.
#[derive(Debug, Default)]
pub(super) struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, Size)>,
    spent: Size,
}

impl Builder {
    /// The documents that hold something.
    pub(super) fn documents(mut self) -> Vec<Node> {
        self.documents.retain(|node| node.value != Value::Null);
        self.documents
    }

    pub(super) fn take(&mut self, event: Event<'_>, at: Position) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let size = Size { nodes: 1, text: text.len(), depth: 0 };
                self.spend(size, at)?;
                if let Some(Content::Map { places, key: key @ None, merges, .. }) = self.innermost()
                {
                    *merges |= style == ScalarStyle::Plain && text == "<<";
                    *key = Some(new_key(text.to_string(), at, places)?);
                    if anchor != 0 {
                        let value = Value::String(text.into_owned());
                        self.remember(anchor, &Node { value, position: at }, size)?;
                    }
                } else {
                    let value = typed(&text, style, tag.as_deref(), at)?;
                    self.add(Node { value, position: at }, size, anchor)?;
                }
            }
            Event::SequenceStart(anchor, _) => self.begin(Content::Seq(Vec::new()), anchor, at)?,
            Event::MappingStart(anchor, _) => {
                let (entries, places, key) = Default::default();
                self.begin(Content::Map { entries, places, key, merges: false }, anchor, at)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            Event::Alias(anchor) => {
                let Some(&(_, size)) = self.anchors.get(&anchor) else {
                    return Err(Fault::new(at, "this alias stands inside the anchor it names"));
                };
                self.spend(size, at)?;
                let node = self.anchors[&anchor].0.clone();
                self.add(node, size, 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn innermost(&mut self) -> Option<&mut Content> {
        self.open.last_mut().map(|open| &mut open.content)
    }

    /// Takes the cost of a node from the budget, before the node is made.
    fn spend(&mut self, size: Size, at: Position) -> Result<(), Fault> {
        self.spent.nodes += size.nodes;
        self.spent.text += size.text;
        if MAX_DEPTH < self.open.len() + size.depth {
            return Err(Fault::new(at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let too_much = if MAX_NODES < self.spent.nodes {
            format!("{MAX_NODES} values")
        } else if MAX_TEXT < self.spent.text {
            format!("{MAX_TEXT} bytes of text")
        } else {
            return Ok(());
        };
        let message = format!("the file holds more than {too_much} after expanding its aliases");
        Err(Fault::new(at, message).help("write less, and fewer aliases"))
    }

    fn begin(&mut self, content: Content, anchor: usize, at: Position) -> Result<(), Fault> {
        if let Some(Content::Map { key: None, .. }) = self.innermost() {
            let fault = Fault::new(at, "a key must be plain text, not a list or map");
            return Err(fault.help("put text that begins with `{` or `[` in quotes"));
        }
        let size = Size { nodes: 1, text: 0, depth: 1 };
        self.spend(size, at)?;
        self.open.push(Open { position: at, anchor, size, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(Open { position, anchor, size, content }) = self.open.pop() else { return Ok(()) };
        let node = match content {
            Content::Seq(items) => Node { value: Value::Seq(items), position },
            Content::Map { entries, places, merges, .. } => {
                let position = entries.first().map_or(position, |(key, _)| key.position);
                let entries = if merges { merged(entries, &places)? } else { entries };
                Node { value: Value::Map(entries), position }
            }
        };
        self.add(node, size, anchor)
    }

    /// Keeps a node for later aliases: a copy that costs memory like any other.
    fn remember(&mut self, anchor: usize, node: &Node, size: Size) -> Result<(), Fault> {
        self.spend(Size { depth: 0, ..size }, node.position)?;
        self.anchors.insert(anchor, (node.clone(), size));
        Ok(())
    }

    fn add(&mut self, node: Node, size: Size, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.remember(anchor, &node, size)?;
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.size.nodes += size.nodes;
        open.size.text += size.text;
        open.size.depth = open.size.depth.max(1 + size.depth);
        match &mut open.content {
            Content::Seq(items) => items.push(node),
            Content::Map { entries, places, key, .. } => match (key.take(), node.value) {
                (Some(key), value) => entries.push((key, Node { value, ..node })),
                (None, Value::String(text)) => *key = Some(new_key(text, node.position, places)?),
                (None, _) => {
                    return Err(Fault::new(node.position, "a key must be plain text"));
                }
            },
        }
        Ok(())
    }
}

/// A key that the map does not have yet.
fn new_key(
    text: String,
    position: Position,
    places: &mut BTreeMap<String, Position>,
) -> Result<Key, Fault> {
    match places.insert(text.clone(), position) {
        None => Ok(Key { text, position }),
        Some(first) => {
            let message = format!(
                "key {text:?} is already set in this map, at line {}, column {}",
                first.line, first.column
            );
            Err(Fault::new(position, message).help("keep one of the two"))
        }
    }
}

/// Entries with those of `<<` added where the map does not say otherwise, as in YAML 1.1.
fn merged(
    entries: Vec<(Key, Node)>,
    places: &BTreeMap<String, Position>,
) -> Result<Vec<(Key, Node)>, Fault> {
    let mut result: Vec<(Key, Node)> = Vec::new();
    let mut sources = Vec::new();
    for (key, node) in entries {
        match (key.text.as_str(), node.value) {
            ("<<", Value::Map(inner)) => sources.push(inner),
            ("<<", Value::Seq(items)) => {
                for item in items {
                    let Value::Map(inner) = item.value else {
                        return Err(Fault::new(item.position, "`<<` merges maps only"));
                    };
                    sources.push(inner);
                }
            }
            ("<<", _) => return Err(Fault::new(node.position, "`<<` merges maps only")),
            (_, value) => result.push((key, Node { value, ..node })),
        }
    }
    let mut taken: BTreeSet<String> = places.keys().cloned().collect();
    for (key, node) in sources.into_iter().flatten() {
        if taken.insert(key.text.clone()) {
            result.push((key, node));
        }
    }
    Ok(result)
}

/// The value of a scalar: quotes and tags decide before the looks of it.
fn typed(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Position) -> Result<Value, Fault> {
    let string = || Value::String(text.to_owned());
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { scalar::plain(text) } else { string() });
    };
    let value = scalar::plain(text);
    let fits = match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
        (true, "str") | (false, "") => return Ok(string()),
        (true, "int") => matches!(value, Value::Int(_)),
        (true, "float") => matches!(value, Value::Int(_) | Value::Float(_)),
        (true, "bool") => matches!(value, Value::Bool(_)),
        (true, "null") => value == Value::Null,
        _ => {
            return Err(
                Fault::new(at, format!("tag {tag} means nothing here")).help("leave it out")
            );
        }
    };
    if fits {
        Ok(value)
    } else {
        Err(Fault::new(at, format!("{text:?} is not a YAML {}", tag.suffix)))
    }
}
