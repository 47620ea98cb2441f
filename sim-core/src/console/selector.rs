//! Label selectors (`-l`): equality and set-based, and field selectors.

use crate::cluster::spec::Labels;

/// A selector: all its requirements must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

impl Selector {
    /// Reads `a=b,c!=d,e in (f,g),!h`; the error is kubectl's sentence without `error: `.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let requirements = split_terms(text)
            .into_iter()
            .filter(|term| !term.trim().is_empty())
            .map(|term| {
                requirement(term.trim())
                    .ok_or_else(|| format!("unable to parse requirement: \"{}\"", term.trim()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { requirements })
    }

    /// Whether these labels are selected.
    pub(crate) fn selects(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => labels.get(key).is_some_and(|v| values.contains(v)),
            // A missing label is "not in" any set.
            Requirement::NotIn(key, values) => !labels.get(key).is_some_and(|v| values.contains(v)),
            Requirement::Exists(key) => labels.contains_key(key),
            Requirement::Absent(key) => !labels.contains_key(key),
        })
    }
}

/// Splits at commas outside brackets.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut terms) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn requirement(term: &str) -> Option<Requirement> {
    let key = |text: &str| is_label_key(text.trim()).then(|| text.trim().to_owned());
    let value = |text: &str| is_label_value(text.trim()).then(|| text.trim().to_owned());
    if let Some((left, right)) = term.split_once("!=") {
        return Some(Requirement::NotIn(key(left)?, vec![value(right)?]));
    }
    if let Some((left, right)) = term.split_once('=') {
        let right = right.strip_prefix('=').unwrap_or(right);
        return Some(Requirement::In(key(left)?, vec![value(right)?]));
    }
    if let Some(rest) = term.strip_prefix('!') {
        return Some(Requirement::Absent(key(rest)?));
    }
    if let Some((left, set)) = term.split_once('(') {
        let set = set.trim_end().strip_suffix(')')?;
        let values = set.split(',').map(value).collect::<Option<Vec<_>>>()?;
        let mut words = left.split_whitespace();
        let name = key(words.next()?)?;
        return match (words.next(), words.next()) {
            (Some("in"), None) => Some(Requirement::In(name, values)),
            (Some("notin"), None) => Some(Requirement::NotIn(name, values)),
            _ => None,
        };
    }
    Some(Requirement::Exists(key(term)?))
}

/// Whether the text may be a label's or an annotation's key: `[PREFIX/]NAME`.
pub(crate) fn is_label_key(text: &str) -> bool {
    let name = match text.split_once('/') {
        Some((prefix, name)) => {
            let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
            if prefix.is_empty() || 253 < prefix.len() || !prefix.chars().all(valid) {
                return false;
            }
            name
        }
        None => text,
    };
    !name.is_empty() && is_label_value(name)
}

/// Whether the text may be a label's value: empty, or at most 63 letters, digits, `-`, `_`, `.` that
/// begin and end with a letter or digit.
pub(crate) fn is_label_value(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(inner)
        && edge(text.chars().next())
        && edge(text.chars().next_back())
}
