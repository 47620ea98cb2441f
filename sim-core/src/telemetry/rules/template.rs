//! Templates of labels and annotations: the simple part of Go's, with Prometheus's functions.
//!
//! `{{ $labels.NAME }}`, `{{ $value }}`, literals, pipes, and the functions of [`Function`]. What else
//! Prometheus knows (`if`, `range`, `query`, ...) is refused when the rules are read.

use super::number;
use crate::telemetry::labels::Labels;

/// Longest text of a template, in bytes.
const TEXT_MAX: usize = 8_192;

/// Deepest nesting of parentheses.
const DEPTH_MAX: u32 = 16;

/// What may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Humanize,
    Humanize1024,
    HumanizeDuration,
    HumanizePercentage,
    Printf,
    Index,
    Title,
    ToLower,
    ToUpper,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "humanize" => Self::Humanize,
            "humanize1024" => Self::Humanize1024,
            "humanizeDuration" => Self::HumanizeDuration,
            "humanizePercentage" => Self::HumanizePercentage,
            "printf" => Self::Printf,
            "index" => Self::Index,
            "title" => Self::Title,
            "toLower" => Self::ToLower,
            "toUpper" => Self::ToUpper,
            _ => return None,
        })
    }
}

/// A value of a template.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Number(f64),
    Text(String),
    Labels,
}

/// What a call works on.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Literal(Item),
    Label(String),
    Value,
    Inner(Vec<Call>),
}

/// A function with operands, or an operand alone.
#[derive(Clone, Debug, PartialEq)]
struct Call {
    function: Option<Function>,
    operands: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    /// Calls joined by `|`.
    Action(Vec<Call>),
}

/// A text with places to fill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template(Vec<Part>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// If it is no template, or uses something that is not evaluated here.
    pub fn parse(text: &str) -> Result<Self, String> {
        if TEXT_MAX < text.len() {
            return Err(format!("the template is longer than {TEXT_MAX} bytes"));
        }
        let (mut parts, mut rest) = (Vec::new(), text);
        let mut trims = false;
        while let Some((before, after)) = rest.split_once("{{") {
            let mut before = if trims { before.trim_start() } else { before };
            let mut after = after;
            if let Some(trimmed) = after.strip_prefix("- ") {
                (before, after) = (before.trim_end(), trimmed);
            }
            parts.push(Part::Text(before.to_owned()));
            let end = end_of_action(after).ok_or("unclosed action")?;
            let mut inside = &after[..end];
            trims = inside.ends_with(" -");
            if trims {
                inside = &inside[..inside.len() - 2];
            }
            rest = &after[end + 2..];
            let is_comment = inside.trim().starts_with("/*");
            if !is_comment {
                parts.push(Part::Action(action(inside)?));
            }
        }
        let rest = if trims { rest.trim_start() } else { rest };
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text for these labels and this value.
    pub fn expand(&self, labels: &Labels, value: f64) -> String {
        let scope = Scope { labels, value };
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Action(calls) => match scope.pipeline(calls) {
                    Ok(item) => text.push_str(&scope.shown(&item)),
                    Err(problem) => return format!("<error expanding template: {problem}>"),
                },
            }
        }
        text
    }
}

/// Where `}}` stands outside of a string.
fn end_of_action(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match (quote, character) {
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), close) if open == close && !escaped => quote = None,
            (None, '"' | '`') => quote = Some(character),
            (None, '}') if text[index..].starts_with("}}") => return Some(index),
            _ => (),
        }
        escaped = false;
    }
    None
}

fn action(text: &str) -> Result<Vec<Call>, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, depth: 0 };
    let calls = reader.pipeline()?;
    match reader.tokens.first() {
        None => Ok(calls),
        Some(token) => Err(format!("unexpected {token:?} in command")),
    }
}

/// Words, strings (with a quote before them), `|` and parentheses.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '|' | '(' | ')' => 1,
            '"' | '`' => {
                let (string, length) = string(rest, first)?;
                tokens.push(format!("\"{string}"));
                rest = rest[length..].trim_start();
                continue;
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || "|()\"`".contains(c);
                rest.find(ends).unwrap_or(rest.len())
            }
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A string without its quotes, and its length with them.
fn string(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut string = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            _ if character == quote => return Ok((string, index + 1)),
            '\\' if quote == '"' => match characters.next() {
                Some((_, 'n')) => string.push('\n'),
                Some((_, 't')) => string.push('\t'),
                Some((_, plain @ ('"' | '\\'))) => string.push(plain),
                _ => return Err("unknown escape sequence in a string".to_owned()),
            },
            _ => string.push(character),
        }
    }
    Err("unterminated quoted string".to_owned())
}

struct Reader<'t> {
    tokens: &'t [String],
    depth: u32,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<String> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.tokens.first().is_some_and(|token| token == word);
        if found {
            self.tokens = &self.tokens[1..];
        }
        found
    }

    fn pipeline(&mut self) -> Result<Vec<Call>, String> {
        let mut calls = vec![self.call(false)?];
        while self.accept("|") {
            calls.push(self.call(true)?);
        }
        Ok(calls)
    }

    /// `is_piped` if it gets one operand more.
    fn call(&mut self, is_piped: bool) -> Result<Call, String> {
        let first = self.tokens.first().ok_or("missing value for command")?;
        let function = Function::named(first);
        if function.is_some() {
            self.take();
        }
        let mut operands = Vec::new();
        while self.tokens.first().is_some_and(|token| token != "|" && token != ")") {
            operands.push(self.operand()?);
        }
        let count = operands.len() + usize::from(is_piped);
        let wanted = match function {
            None if operands.is_empty() => return Err("missing value for command".to_owned()),
            None if is_piped => return Err("non executable command in pipeline".to_owned()),
            None | Some(Function::Humanize | Function::Humanize1024) => 1,
            Some(Function::HumanizeDuration | Function::HumanizePercentage) => 1,
            Some(Function::Title | Function::ToLower | Function::ToUpper) => 1,
            Some(Function::Index) => 2,
            Some(Function::Printf) => {
                let Some(Operand::Literal(Item::Text(format))) = operands.first() else {
                    return Err("printf wants a string first, such as \"%.2f\"".to_owned());
                };
                1 + verbs(format)?.iter().filter(|verb| matches!(verb, Verb::Item(..))).count()
            }
        };
        match count == wanted {
            true => Ok(Call { function, operands }),
            false => Err(format!("wrong number of args: want {wanted} got {count}")),
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let token = self.take().unwrap_or_default();
        if token == "(" {
            self.depth += 1;
            if DEPTH_MAX < self.depth {
                return Err("too many parentheses".to_owned());
            }
            let inner = self.pipeline()?;
            self.depth -= 1;
            return match self.accept(")") {
                true => Ok(Operand::Inner(inner)),
                false => Err("unclosed left paren".to_owned()),
            };
        }
        if let Some(text) = token.strip_prefix('"') {
            return Ok(Operand::Literal(Item::Text(text.to_owned())));
        }
        if let Ok(number) = token.parse() {
            return Ok(Operand::Literal(Item::Number(number)));
        }
        for prefix in ["$labels.", ".Labels."] {
            if let Some(name) = token.strip_prefix(prefix) {
                return Ok(Operand::Label(name.to_owned()));
            }
        }
        match token.as_str() {
            "$value" | ".Value" => Ok(Operand::Value),
            "$labels" | ".Labels" => Ok(Operand::Literal(Item::Labels)),
            // A run has neither labels nor an address towards the outside.
            "$externalURL" | ".ExternalURL" => Ok(Operand::Literal(Item::Text(String::new()))),
            _ if token.starts_with("$externalLabels.") => {
                Ok(Operand::Literal(Item::Text(String::new())))
            }
            _ if token.starts_with('$') => Err(format!("undefined variable {token:?}")),
            _ => Err(format!("`{token}` is not supported here")),
        }
    }
}

/// A part of a format.
#[derive(Debug)]
enum Verb {
    Text(String),
    /// Digits, and the letter.
    Item(Option<usize>, char),
}

fn verbs(format: &str) -> Result<Vec<Verb>, String> {
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
struct Scope<'s> {
    labels: &'s Labels,
    value: f64,
}

impl Scope<'_> {
    fn shown(&self, item: &Item) -> String {
        match item {
            Item::Number(value) => number::general(*value, None),
            Item::Text(text) => text.clone(),
            Item::Labels => {
                let pairs = self.labels.iter().map(|(name, value)| format!("{name}:{value}"));
                format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
            }
        }
    }

    fn pipeline(&self, calls: &[Call]) -> Result<Item, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        let labels = Labels::new([("__name__", "v"), ("n", "aB")]);
        match Template::parse(text) {
            Ok(template) => template.expand(&labels, 1_234_567.891),
            Err(problem) => format!("error: {problem}"),
        }
    }

    /// Written down from promtool 2.42.
    #[test]
    fn templates_are_expanded_as_prometheus_expands_them() {
        for (template, text) in [
            ("plain } text", "plain } text"),
            ("{{ $value }}", "1.234567891e+06"),
            ("{{$value|humanize}}", "1.235M"),
            ("{{ humanize1024 $value }}", "1.177Mi"),
            ("{{ $value | humanizeDuration }}", "14d 6h 56m 7s"),
            ("{{ $value | humanizePercentage }}", "1.235e+08%"),
            (
                r#"{{ printf "%.2f" $value }}|{{ printf "%f %e %g %v" $value $value $value $value }}"#,
                "1234567.89|1234567.891000 1.234568e+06 1.234567891e+06 1.234567891e+06",
            ),
            (
                r#"{{ $labels.n }} {{ .Labels.n }} {{ $labels.absent }}|{{ index $labels "n" }}"#,
                "aB aB |aB",
            ),
            (
                "{{ $labels.n | toUpper }} {{ title $labels.n }} {{ $labels.n | toLower }}",
                "AB AB ab",
            ),
            ("a {{- $labels.n -}}  x", "aaBx"),
            (r#"{{ 5 }} {{ "q" }} {{ printf "%s-%q" $labels.n $labels.n }}"#, "5 q aB-\"aB\""),
            ("{{ $externalLabels.x }}|{{ $externalURL }}", "|"),
            (r#"{{ ($value | humanize) }} {{ printf "%.1f%%" $value }}"#, "1.235M 1234567.9%"),
            ("{{ $labels }}", "map[__name__:v n:aB]"),
            (r#"{{ $value | printf "%.3f" }}"#, "1234567.891"),
            ("{{/* nothing */}}", ""),
        ] {
            assert_eq!(expanded(template), text, "{template}");
        }
    }

    #[test]
    fn what_is_no_template_or_not_supported_is_refused() {
        for (template, problem) in [
            ("{{ $value", "unclosed action"),
            ("{{ }}", "missing value for command"),
            ("{{ if $value }}x{{ end }}", "`if` is not supported here"),
            ("{{ $nothing }}", "undefined variable \"$nothing\""),
            ("{{ humanize }}", "wrong number of args: want 1 got 0"),
            ("{{ printf \"%d\" $value }}", "printf: `%d` is not supported here"),
            ("{{ printf \"%s\" }}", "wrong number of args: want 2 got 1"),
            ("{{ ($value }}", "unclosed left paren"),
            ("{{ \"a }}", "unclosed action"),
        ] {
            let said = expanded(template);
            assert!(said.starts_with(&format!("error: {problem}")), "{template}: {said}");
        }
        assert!(expanded(&format!("{{{{ {} }}}}", "(".repeat(999))).contains("parentheses"));
        let said = expanded("{{ humanize $labels.n }}");
        assert!(said.starts_with("<error expanding template: "), "{said}");
    }
}
