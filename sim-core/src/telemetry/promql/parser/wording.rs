//! What stands where it does not belong, in the words of Prometheus (2.42).

use super::super::QueryError;
use super::super::aggregate::Aggregator;
use super::super::binary::Operator;
use super::super::lexer::{Token, TokenKind};
use super::{Parsed, Parser};

/// Words with a place of their own in the grammar.
const KEYWORDS: [&str; 10] = [
    "offset",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "start",
    "end",
];

/// Most characters that are shown of a text.
const SHOWN: usize = 10;

impl Parser {
    /// What stands here does not belong here; `place` may say where that is, and what would.
    pub(super) fn unexpected<T>(&self, place: &str) -> Parsed<T> {
        let token = &self.tokens[self.position];
        let error = |column: u32, message: String| Err(QueryError::new(column, message));
        let space = if place.is_empty() { "" } else { " " };
        match token.kind {
            TokenKind::End if self.is_open("{", "}") => {
                error(token.column, "unexpected end of input inside braces".to_owned())
            }
            TokenKind::End if self.is_open("(", ")") => {
                error(token.column, "unclosed left parenthesis".to_owned())
            }
            TokenKind::End if self.is_open("[", "]") => {
                error(token.column, "unclosed left bracket".to_owned())
            }
            TokenKind::Symbol(")") if !self.is_open("(", ")") => {
                error(token.column + 1, "unexpected right parenthesis ')'".to_owned())
            }
            TokenKind::Symbol("]") if !self.is_open("[", "]") => {
                error(token.column, "unexpected right bracket ']'".to_owned())
            }
            TokenKind::Symbol("}") if !self.is_open("{", "}") => {
                error(token.column, "unexpected character: '}'".to_owned())
            }
            _ => {
                let found = described(token, self.is_open("{", "}"));
                error(token.column, format!("unexpected {found}{space}{place}"))
            }
        }
    }

    /// Whether a bracket before this place has not been closed.
    fn is_open(&self, opening: &'static str, closing: &'static str) -> bool {
        let before = &self.tokens[..self.position];
        let count = |symbol| before.iter().filter(|t| t.kind == TokenKind::Symbol(symbol)).count();
        count(closing) < count(opening)
    }
}

/// In braces every word is a label.
fn described(token: &Token, in_braces: bool) -> String {
    let raw = token.raw.as_str();
    let cut = || match raw.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}...", &raw[..end]),
        None => format!("{raw:?}"),
    };
    match &token.kind {
        TokenKind::End => "end of input".to_owned(),
        TokenKind::Number(_) => format!("number {}", cut()),
        TokenKind::Duration(_) => format!("duration {}", cut()),
        TokenKind::Text(_) => format!("string {}", cut()),
        TokenKind::Symbol(symbol) if Operator::spelled(symbol).is_some() => {
            format!("<op:{symbol}>")
        }
        TokenKind::Symbol(symbol) => format!("{symbol:?}"),
        TokenKind::Word(word) => {
            let lower = word.to_ascii_lowercase();
            match () {
                () if in_braces => format!("identifier {word:?}"),
                () if Operator::spelled(word).is_some() => format!("<op:{lower}>"),
                () if Aggregator::named(word).is_some() => format!("<aggr:{lower}>"),
                () if KEYWORDS.contains(&lower.as_str()) => format!("<{lower}>"),
                () if word.contains(':') => format!("metric identifier {word:?}"),
                () => format!("identifier {word:?}"),
            }
        }
    }
}
