//! From a text to a query.

use crate::telemetry::logql::{Count, Filter, Lines, LogQuery, Mistake, Test};
use crate::telemetry::promql::{self, Selection};
use crate::telemetry::re2;

/// Longest text of a query, in bytes.
const TEXT_MAX: usize = 4_096;
/// Most filters of a query.
const FILTERS_MAX: usize = 16;

/// The query that a text spells.
pub(super) fn query(text: &str) -> Result<LogQuery, Mistake> {
    if TEXT_MAX < text.len() {
        let message = format!("the query is longer than {TEXT_MAX} bytes");
        return Err(Mistake { column: 1, message });
    }
    let mut parser = Parser { text, at: 0 };
    let query = match parser.rest().starts_with('{') {
        true => LogQuery::Lines(parser.lines()?),
        false => LogQuery::Count(parser.count()?),
    };
    match parser.rest() {
        "" => Ok(query),
        rest if rest.starts_with('|') => {
            parser.error("not modelled: only |=, !=, |~ and !~ filter lines")
        }
        rest => parser.error(format!("syntax error: unexpected {:?}", word(rest))),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

/// The first word of a text, or its first sign.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let first = text.chars().next().map_or(0, char::len_utf8);
    &text[..end.max(first)]
}

impl<'t> Parser<'t> {
    /// What is left, without blanks at its beginning.
    fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, Mistake> {
        let column = self.text[..self.at].chars().count() as u32 + 1;
        Err(Mistake { column, message: message.into() })
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Mistake> {
        if self.accept(wanted) {
            return Ok(());
        }
        let found = match word(self.rest()) {
            "" => "end of input".to_owned(),
            found => format!("{found:?}"),
        };
        self.error(format!("syntax error: unexpected {found}, expecting {wanted:?}"))
    }

    /// `{...}`, then filters.
    fn lines(&mut self) -> Result<Lines, Mistake> {
        let streams = self.selection()?;
        let mut filters = Vec::new();
        loop {
            let signs = [
                ("|=", true, false),
                ("!=", false, false),
                ("|~", true, true),
                ("!~", false, true),
            ];
            let Some((_, wanted, is_pattern)) =
                signs.into_iter().find(|(sign, ..)| self.accept(sign))
            else {
                return Ok(Lines { streams, filters });
            };
            self.rest();
            if filters.len() == FILTERS_MAX {
                return self.error(format!("more than {FILTERS_MAX} filters"));
            }
            let text = self.string()?;
            let test =
                if is_pattern { Test::Matches(self.pattern(&text)?) } else { Test::Contains(text) };
            filters.push(Filter { test, wanted });
        }
    }

    /// The selector, which PromQL reads.
    fn selection(&mut self) -> Result<Selection, Mistake> {
        self.rest();
        let start = self.at;
        self.expect("{")?;
        while !self.accept("}") {
            match self.rest().chars().next() {
                None => {
                    return self.error("syntax error: unexpected end of input, expecting \"}\"");
                }
                Some('"' | '`' | '\'') => drop(self.string()?),
                Some(other) => self.at += other.len_utf8(),
            }
        }
        Selection::parse(&self.text[start..self.at]).map_err(|mistake| {
            let before = self.text[..start].chars().count() as u32;
            let message = match mistake.message.contains("at least one non-empty matcher") {
                true => {
                    "queries require at least one regexp or equality matcher that does not have an \
                         empty-compatible value"
                        .to_owned()
                }
                false => mistake.message,
            };
            Mistake { column: before + mistake.column, message }
        })
    }

    /// A text in quotes.
    fn string(&mut self) -> Result<String, Mistake> {
        let rest = self.rest();
        let Some(quote @ ('"' | '`' | '\'')) = rest.chars().next() else {
            return self.error("syntax error: a text in quotes is expected");
        };
        let (mut text, mut escaped) = (String::new(), false);
        for (place, character) in rest.char_indices().skip(1) {
            match character {
                'n' if escaped => text.push('\n'),
                't' if escaped => text.push('\t'),
                _ if escaped => text.push(character),
                '\\' if quote != '`' => {
                    escaped = true;
                    continue;
                }
                _ if character == quote => {
                    self.at += place + character.len_utf8();
                    return Ok(text);
                }
                _ => text.push(character),
            }
            escaped = false;
        }
        self.error("literal not terminated")
    }

    fn pattern(&self, text: &str) -> Result<regex::Regex, Mistake> {
        re2::search(text).or_else(|reason| self.error(format!("error parsing regexp: {reason}")))
    }

    /// `sum by (a) (count_over_time(... [5m]))`, or the function alone.
    fn count(&mut self) -> Result<Count, Mistake> {
        if word(self.rest()) != "sum" {
            return self.function(None);
        }
        self.accept("sum");
        let mut by = self.grouping()?;
        self.expect("(")?;
        let count = self.function(None)?;
        self.expect(")")?;
        by = by.or(self.grouping()?);
        Ok(Count { by: Some(by.unwrap_or_default()), ..count })
    }

    /// `by (a, b)`, if it is there.
    fn grouping(&mut self) -> Result<Option<Vec<String>>, Mistake> {
        if word(self.rest()) != "by" {
            return Ok(None);
        }
        self.accept("by");
        self.expect("(")?;
        let mut labels = Vec::new();
        while !self.accept(")") {
            let label = word(self.rest());
            if !promql::is_label_name(label) {
                return self.error("syntax error: the name of a label is expected");
            }
            self.at += label.len();
            labels.push(label.to_owned());
            if !self.rest().starts_with(')') {
                self.expect(",")?;
            }
        }
        Ok(Some(labels))
    }

    fn function(&mut self, by: Option<Vec<String>>) -> Result<Count, Mistake> {
        let name = word(self.rest());
        let per_second = match name {
            "count_over_time" => false,
            "rate" => true,
            "" => return self.error("syntax error: unexpected end of input"),
            _ => {
                let message = format!(
                    "not modelled: {name:?}; write a selector, count_over_time or rate, alone or in sum by (...)"
                );
                return self.error(message);
            }
        };
        self.accept(name);
        self.expect("(")?;
        let lines = self.lines()?;
        self.expect("[")?;
        let rest = self.rest();
        let text = &rest[..rest.find(']').unwrap_or(rest.len())];
        let Some(range) = promql::duration(text.trim()).filter(|range| 0 < range.as_micros())
        else {
            return self.error(format!("not a valid duration string: {text:?}"));
        };
        self.at += text.len();
        self.expect("]")?;
        self.expect(")")?;
        Ok(Count { lines, range, per_second, by })
    }
}
