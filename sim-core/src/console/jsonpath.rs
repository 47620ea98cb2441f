//! `-o jsonpath=TEMPLATE`, as far as people use it: fields, `[*]`, indices, slices, `..`, filters,
//! `range` and `end`, quoted text.

use std::collections::BTreeMap;

use serde_json::Value;

/// A template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// As it was written.
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Path(Path),
    Range(Path, Vec<Part>),
}

/// A path into a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Field(String),
    Every,
    Index(i64),
    Slice(Option<i64>, Option<i64>),
    Deep,
    Filter(Path, Option<(Comparison, Value)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Deepest nesting of filters and ranges.
const DEPTH_MAX: usize = 8;
/// Most values that a path may lead to.
const FOUND_MAX: usize = 100_000;
/// Most bytes of the result.
const RESULT_MAX: usize = 1 << 20;

impl Template {
    /// Reads a template.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mut open: Vec<(Path, Vec<Part>)> = Vec::new();
        let mut parts = Vec::new();
        while let Some(at) = rest.find('{') {
            if 0 < at {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let end = closing(&rest[at..]).ok_or("unclosed action")?;
            let inner = rest[at + 1..at + end].trim();
            rest = &rest[at + end + 1..];
            if let Some(path) = inner.strip_prefix("range ") {
                if DEPTH_MAX <= open.len() {
                    return Err("too many nested ranges".to_owned());
                }
                open.push((Path::parse(path.trim())?, std::mem::take(&mut parts)));
            } else if inner == "end" {
                let (path, before) = open.pop().ok_or("not in range, nothing to end")?;
                let body = std::mem::replace(&mut parts, before);
                parts.push(Part::Range(path, body));
            } else if let Some(text) = quoted(inner) {
                parts.push(Part::Text(text));
            } else {
                parts.push(Part::Path(Path::parse(inner)?));
            }
        }
        if !open.is_empty() {
            return Err("unexpected end of range".to_owned());
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The text for a document. A missing field prints nothing; a missing index is an error, as it is
    /// to kubectl, which allows for missing keys only.
    pub(crate) fn render(&self, document: &Value) -> Result<String, String> {
        let mut out = String::new();
        render(&self.parts, document, &mut out)?;
        Ok(out)
    }

    /// What kubectl says of a document that [`Self::render`] has failed on.
    pub(crate) fn failure(&self, problem: &str, document: &Value) -> String {
        let Self { text, .. } = self;
        format!(
            "error executing jsonpath {text:?}: Error executing template: {problem}. Printing more \
             information for debugging the template:\n\ttemplate was:\n\t\t{text}\n\tobject given to \
             jsonpath engine was:\n\t\t{}\n",
            go_syntax(document)
        )
    }
}

fn render(parts: &[Part], here: &Value, out: &mut String) -> Result<(), String> {
    for part in parts {
        if RESULT_MAX < out.len() {
            return Ok(());
        }
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(path) => {
                let found = path.try_select(here)?;
                let texts: Vec<String> = found.into_iter().map(text).collect();
                out.push_str(&texts.join(" "));
            }
            Part::Range(path, body) => {
                for item in path.try_select(here)? {
                    render(body, item, out)?;
                }
            }
        }
    }
    Ok(())
}

/// A value as text: strings bare, the rest as JSON.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

/// Index of the brace that closes the one at the start, outside quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Option<String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .or_else(|| text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')))?;
    Some(inner.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\""))
}

impl Path {
    /// Reads `.spec.containers[*].image`, with or without `$`, `@` or a leading dot.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::parse_nested(text, 0)
    }

    fn parse_nested(text: &str, depth: usize) -> Result<Self, String> {
        if DEPTH_MAX <= depth {
            return Err("too many nested filters".to_owned());
        }
        let mut steps = Vec::new();
        let mut rest = text.trim().trim_start_matches(['$', '@']);
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("..") {
                steps.push(Step::Deep);
                rest = after;
                if !rest.starts_with('[') {
                    rest = field(rest, &mut steps)?;
                }
            } else if let Some(after) = rest.strip_prefix('.') {
                rest = if after.is_empty() || after.starts_with('[') {
                    after
                } else {
                    field(after, &mut steps)?
                };
            } else if rest.starts_with('[') {
                let end = bracket(rest).ok_or("unterminated array")?;
                steps.push(subscript(rest[1..end].trim(), depth)?);
                rest = &rest[end + 1..];
            } else {
                rest = field(rest, &mut steps)?;
            }
        }
        Ok(Self { steps })
    }

    /// Everything the path leads to.
    pub(crate) fn select<'v>(&self, document: &'v Value) -> Vec<&'v Value> {
        self.try_select(document).unwrap_or_default()
    }

    /// The same, but an index that is not there is an error, as in kubectl's templates.
    fn try_select<'v>(&self, document: &'v Value) -> Result<Vec<&'v Value>, String> {
        let mut here = vec![document];
        for step in &self.steps {
            let mut next = Vec::new();
            for value in here {
                step.take(value, &mut next)?;
            }
            if FOUND_MAX < next.len() {
                return Err("the path leads to too many values".to_owned());
            }
            here = next;
        }
        Ok(here)
    }
}

impl Step {
    fn take<'v>(&self, value: &'v Value, next: &mut Vec<&'v Value>) -> Result<(), String> {
        match (self, value) {
            (Self::Field(name), Value::Object(fields)) => next.extend(fields.get(name)),
            (Self::Every, Value::Object(fields)) => next.extend(fields.values()),
            (Self::Every, Value::Array(items)) => next.extend(items),
            (Self::Index(at), Value::Array(items)) => {
                let from = from_start(*at, items.len());
                next.extend(part(items, from, from + 1)?);
            }
            (Self::Slice(from, to), Value::Array(items)) => {
                let (from, to) = (from.unwrap_or(0), to.unwrap_or(items.len() as i64));
                let end = |at| from_start(at, items.len());
                next.extend(part(items, end(from), end(to))?);
            }
            (Self::Index(_) | Self::Slice(..), Value::Null) => {}
            (Self::Index(_) | Self::Slice(..), value) => {
                return Err(format!("{} is not array or slice", go_type(value)));
            }
            (Self::Deep, value) => deep(value, next),
            (Self::Filter(path, test), Value::Array(items)) => {
                next.extend(items.iter().filter(|item| passes(path, test.as_ref(), item)));
            }
            _ => {}
        }
        Ok(())
    }
}

/// An index from the start; negative ones count from the end.
fn from_start(at: i64, length: usize) -> i64 {
    if at < 0 { at + length as i64 } else { at }
}

/// Items from one index up to another one.
fn part(items: &[Value], from: i64, to: i64) -> Result<&[Value], String> {
    let length = items.len();
    let missing = |at| format!("array index out of bounds: index {at}, length {length}");
    let within = |at: i64| usize::try_from(at).ok().filter(|at| *at <= length);
    if from == to {
        return Ok(&[]);
    }
    let start = within(from).filter(|start| *start < length).ok_or_else(|| missing(from))?;
    let end = within(to).ok_or_else(|| missing(to - 1))?;
    let out_of_order = || format!("starting index {from} is greater than ending index {to}");
    items.get(start..end).ok_or_else(out_of_order)
}

/// The type that Go's JSON reader makes of a value.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value as Go's `%#v` prints it.
fn go_syntax(value: &Value) -> String {
    let inner = match value {
        Value::Null => return "interface {}(nil)".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => return value.to_string(),
        Value::Array(items) => items.iter().map(go_syntax).collect::<Vec<_>>(),
        Value::Object(fields) => {
            // Go prints maps in the order of their keys.
            let fields: BTreeMap<_, _> = fields.iter().collect();
            fields.iter().map(|(key, value)| format!("{key:?}:{}", go_syntax(value))).collect()
        }
    };
    format!("{}{{{}}}", go_type(value), inner.join(", "))
}

fn deep<'v>(value: &'v Value, next: &mut Vec<&'v Value>) {
    next.push(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|value| deep(value, next)),
        Value::Array(items) => items.iter().for_each(|value| deep(value, next)),
        _ => {}
    }
}

fn passes(path: &Path, test: Option<&(Comparison, Value)>, item: &Value) -> bool {
    let found = path.select(item);
    let Some((comparison, wanted)) = test else { return !found.is_empty() };
    found.iter().any(|value| {
        let order = match (value.as_f64(), wanted.as_f64()) {
            (Some(value), Some(wanted)) => value.partial_cmp(&wanted),
            _ => Some(text(value).cmp(&text(wanted))),
        };
        order.is_some_and(|order| match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    })
}

/// Reads a field's name; `\.` is a dot inside it.
fn field<'t>(text: &'t str, steps: &mut Vec<Step>) -> Result<&'t str, String> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '.' | '[' => {
                end = at;
                break;
            }
            c if c.is_whitespace() || "{}()|,".contains(c) => {
                return Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32));
            }
            c => name.push(c),
        }
    }
    if name.is_empty() {
        return Err("a field's name is missing".to_owned());
    }
    steps.push(if name == "*" { Step::Every } else { Step::Field(name) });
    Ok(&text[end..])
}

/// Index of the bracket that closes the one at the start.
fn bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn subscript(text: &str, depth: usize) -> Result<Step, String> {
    if text == "*" {
        return Ok(Step::Every);
    }
    if let Some(name) = quoted(text) {
        return Ok(Step::Field(name));
    }
    if let Some(inner) = text.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        return filter(inner, depth);
    }
    let number = |text: &str| {
        let number = text.trim().parse::<i32>();
        number.map(i64::from).map_err(|_| format!("invalid array index {text}"))
    };
    let Some((from, to)) = text.split_once(':') else { return Ok(Step::Index(number(text)?)) };
    let end = |text: &str| if text.trim().is_empty() { Ok(None) } else { number(text).map(Some) };
    Ok(Step::Slice(end(from)?, end(to)?))
}

fn filter(text: &str, depth: usize) -> Result<Step, String> {
    // Two-letter operators first: `<=` is not `<` and `=`.
    const OPERATORS: [(&str, Comparison); 6] = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    let operator = OPERATORS.iter().find(|(operator, _)| text.contains(operator));
    let Some((operator, comparison)) = operator else {
        return Ok(Step::Filter(Path::parse_nested(text, depth + 1)?, None));
    };
    let (path, value) = text.split_once(operator).unwrap_or((text, ""));
    let value = value.trim();
    let value = match quoted(value) {
        Some(text) => Value::String(text),
        None => serde_json::from_str(value)
            .map_err(|_| format!("unrecognized value in filter: {value}"))?,
    };
    Ok(Step::Filter(Path::parse_nested(path, depth + 1)?, Some((*comparison, value))))
}
