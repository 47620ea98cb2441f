//! From the text of an action to calls.

use super::expand::{Verb, verbs};
use super::{Call, Function, Item, Operand};

/// Deepest nesting of parentheses.
const DEPTH_MAX: u32 = 16;

/// Where `}}` stands outside of a string.
pub(super) fn end_of_action(text: &str) -> Option<usize> {
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

pub(super) fn action(text: &str) -> Result<Vec<Call>, String> {
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
