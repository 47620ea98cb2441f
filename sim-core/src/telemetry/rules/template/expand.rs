//! Calls at work on labels and a value.

use super::super::number;
use super::{Call, Function, Item, Operand};
use crate::telemetry::labels::Labels;

/// A part of a format.
#[derive(Debug)]
pub(super) enum Verb {
    Text(String),
    /// Digits, and the letter.
    Item(Option<usize>, char),
}

pub(super) fn verbs(format: &str) -> Result<Vec<Verb>, String> {
    let mut verbs = Vec::new();
    let mut parts = format.split('%');
    verbs.push(Verb::Text(parts.next().unwrap_or_default().to_owned()));
    while let Some(part) = parts.next() {
        if part.is_empty() {
            let after = parts.next().unwrap_or_default();
            verbs.push(Verb::Text(format!("%{after}")));
            continue;
        }
        let (digits, rest) = match part.strip_prefix('.') {
            Some(rest) => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let digits = rest[..end].parse().ok().filter(|digits| *digits < 30);
                (Some(digits.unwrap_or(0)), &rest[end..])
            }
            None => (None, part),
        };
        let letter = rest.chars().next().filter(|letter| "efgsvq".contains(*letter));
        let letter = letter.ok_or_else(|| {
            format!("printf: `%{part}` is not supported here; write %.2f, %e, %g, %s, %v or %q")
        })?;
        verbs.push(Verb::Item(digits, letter));
        verbs.push(Verb::Text(rest[1..].to_owned()));
    }
    Ok(verbs)
}

/// What a template is expanded with.
pub(super) struct Scope<'s> {
    pub(super) labels: &'s Labels,
    pub(super) value: f64,
}

impl Scope<'_> {
    pub(super) fn shown(&self, item: &Item) -> String {
        match item {
            Item::Number(value) => number::general(*value, None),
            Item::Text(text) => text.clone(),
            Item::Labels => {
                let pairs = self.labels.iter().map(|(name, value)| format!("{name}:{value}"));
                format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
            }
        }
    }

    pub(super) fn pipeline(&self, calls: &[Call]) -> Result<Item, String> {
        let mut piped: Option<Item> = None;
        for call in calls {
            let mut items = Vec::new();
            for operand in &call.operands {
                items.push(match operand {
                    Operand::Literal(item) => item.clone(),
                    Operand::Label(name) => Item::Text(self.labels.get(name).to_owned()),
                    Operand::Value => Item::Number(self.value),
                    Operand::Inner(calls) => self.pipeline(calls)?,
                });
            }
            items.extend(piped.take());
            piped = Some(match call.function {
                None => items.swap_remove(0),
                Some(function) => self.call(function, &items)?,
            });
        }
        piped.ok_or_else(|| "missing value for command".to_owned())
    }

    fn call(&self, function: Function, items: &[Item]) -> Result<Item, String> {
        let text = || items.first().map(|item| self.shown(item)).unwrap_or_default();
        let number = || match items.first() {
            Some(Item::Number(value)) => Ok(*value),
            _ => text()
                .parse()
                .map_err(|_| format!("strconv.ParseFloat: parsing {:?}: invalid syntax", text())),
        };
        Ok(Item::Text(match function {
            Function::Humanize => number::humanize(number()?),
            Function::Humanize1024 => number::humanize_1024(number()?),
            Function::HumanizeDuration => number::humanize_duration(number()?),
            Function::HumanizePercentage => number::humanize_percentage(number()?),
            Function::Printf => self.printf(&text(), &items[1..]),
            Function::Index => match items {
                [Item::Labels, Item::Text(name)] => self.labels.get(name).to_owned(),
                _ => return Err("error calling index: write index $labels \"NAME\"".to_owned()),
            },
            Function::Title => title(&text()),
            Function::ToLower => text().to_lowercase(),
            Function::ToUpper => text().to_uppercase(),
        }))
    }

    fn printf(&self, format: &str, items: &[Item]) -> String {
        let mut items = items.iter();
        let mut text = String::new();
        for verb in verbs(format).unwrap_or_default() {
            let (digits, letter) = match verb {
                Verb::Text(plain) => {
                    text.push_str(&plain);
                    continue;
                }
                Verb::Item(digits, letter) => (digits, letter),
            };
            let Some(item) = items.next() else { continue };
            text.push_str(&match (item, letter) {
                (Item::Number(value), 'f') => number::fixed(*value, digits.unwrap_or(6)),
                (Item::Number(value), 'e') => number::scientific(*value, digits.unwrap_or(6)),
                (Item::Number(value), 'g' | 'v') => number::general(*value, digits),
                (Item::Number(value), _) => {
                    format!("%!{letter}(float64={})", number::general(*value, None))
                }
                (item, 'q') => format!("{:?}", self.shown(item)),
                (item, 's' | 'v') => {
                    self.shown(item).chars().take(digits.unwrap_or(usize::MAX)).collect()
                }
                (item, _) => format!("%!{letter}(string={})", self.shown(item)),
            });
        }
        text
    }
}

/// The first letter of every word in upper case.
fn title(text: &str) -> String {
    let mut title = String::new();
    let mut is_first = true;
    for character in text.chars() {
        match is_first {
            true => title.extend(character.to_uppercase()),
            false => title.push(character),
        }
        is_first = !character.is_alphanumeric() && character != '_' && character != '\'';
    }
    title
}
