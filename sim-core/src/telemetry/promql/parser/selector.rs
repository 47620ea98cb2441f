//! Selectors: names, matchers, `offset` and `@`.

use std::sync::Arc;

use regex::Regex;

use super::super::functions::is_label_name;
use super::super::lexer::{DURATION_MAX, TokenKind};
use super::super::selector::{Anchor, At, Matcher, Selector, Test};
use super::super::{Expr, QueryError};
use super::{Parsed, Parser};
use crate::telemetry::labels::METRIC_NAME;
use crate::telemetry::re2;

/// A regular expression that must match the whole text.
pub(super) fn regex(pattern: &str, column: u32) -> Parsed<Regex> {
    re2::whole(pattern).map_err(|reason| {
        QueryError::new(column, format!("invalid regular expression {pattern:?}: {reason}"))
    })
}

impl Parser {
    /// `{...}`, or what may follow a metric's name.
    pub(super) fn selector(&mut self, name: Option<(&str, u32)>) -> Parsed<Selector> {
        let column = name.map_or(self.column(), |(_, column)| column);
        let mut selector = Selector {
            column,
            index: self.remember(),
            name: name.map(|(name, _)| Arc::from(name)),
            matchers: Vec::new(),
            anchor: Anchor::default(),
        };
        self.count_part()?;
        if self.accept_symbol("{") {
            while !self.accept_symbol("}") {
                let matcher = self.matcher()?;
                self.add_matcher(&mut selector, matcher)?;
                if !self.is_symbol("}") {
                    self.expect(",", "in label matching, expected \",\" or \"}\"")?;
                }
            }
        }
        if selector.name.is_none() && selector.matchers.iter().all(|matcher| matcher.admits("")) {
            let message = "vector selector must contain at least one non-empty matcher";
            return Err(QueryError::new(column, message));
        }
        Ok(selector)
    }

    /// The name has a place of its own, because series are found by it.
    fn add_matcher(&self, selector: &mut Selector, matcher: Matcher) -> Parsed<()> {
        if matcher.label == METRIC_NAME {
            let is_first = selector.matchers.iter().all(|own| own.label != METRIC_NAME);
            match (&matcher.test, selector.name.is_some()) {
                (_, true) if is_first => {
                    let first = selector.name.as_deref().unwrap_or_default();
                    let second = match &matcher.test {
                        Test::Equal(text) | Test::NotEqual(text) => text.as_str(),
                        Test::Match(pattern) | Test::NotMatch(pattern) => pattern.as_str(),
                    };
                    let message =
                        format!("metric name must not be set twice: {first:?} or {second:?}");
                    return Err(QueryError::new(selector.column, message));
                }
                (Test::Equal(name), false) if !name.is_empty() => {
                    selector.name = Some(Arc::from(name.as_str()));
                }
                _ => (),
            }
        }
        selector.matchers.push(matcher);
        Ok(())
    }

    fn matcher(&mut self) -> Parsed<Matcher> {
        self.count_part()?;
        let label = match self.peek().clone() {
            TokenKind::Word(word) if is_label_name(&word) => word,
            TokenKind::Text(name) => {
                self.take();
                // In quotes the metric's name may stand alone.
                if self.is_symbol(",") || self.is_symbol("}") {
                    let label = METRIC_NAME.to_owned();
                    return Ok(Matcher { label, test: Test::Equal(name) });
                }
                return self.test_of(name);
            }
            _ => return self.unexpected("in label matching, expected identifier or \"}\""),
        };
        self.take();
        self.test_of(label)
    }

    /// What is asked of a label.
    fn test_of(&mut self, label: String) -> Parsed<Matcher> {
        let operator = match self.peek() {
            TokenKind::Symbol(symbol @ ("=" | "!=" | "=~" | "!~")) => *symbol,
            _ => return self.unexpected("in label matching, expected label matching operator"),
        };
        self.take();
        let column = self.column();
        let TokenKind::Text(value) = self.peek().clone() else {
            return self.unexpected("in label matching, expected string");
        };
        self.take();
        let test = match operator {
            "=" => Test::Equal(value),
            "!=" => Test::NotEqual(value),
            "=~" => Test::Match(regex(&value, column)?),
            _ => Test::NotMatch(regex(&value, column)?),
        };
        Ok(Matcher { label, test })
    }

    /// `[...]`, `offset` and `@` after an expression that begins at `start`; `is_bare` if it has no
    /// parentheses.
    pub(super) fn modified(
        &mut self,
        mut expr: Expr,
        mut is_bare: bool,
        start: u32,
    ) -> Parsed<Expr> {
        loop {
            if self.is_symbol("[") {
                expr = self.bracket(expr, is_bare)?;
                is_bare = true;
            } else if self.is_word("offset") {
                let modifier = "offset modifier";
                self.anchor(&mut expr, is_bare, modifier, start)?;
                self.take();
                let sign = if self.accept_symbol("-") { -1 } else { 1 };
                if sign == 1 {
                    self.accept_symbol("+");
                }
                let offset = Some(sign * self.duration("in offset, expected duration")?);
                self.anchor(&mut expr, is_bare, modifier, start)?.offset = offset;
            } else if self.is_symbol("@") {
                let modifier = "@ modifier";
                self.anchor(&mut expr, is_bare, modifier, start)?;
                self.take();
                let at = Some(self.moment()?);
                self.anchor(&mut expr, is_bare, modifier, start)?.at = at;
            } else {
                return Ok(expr);
            }
        }
    }

    /// Where a modifier goes, if the expression takes it and has none yet.
    fn anchor<'e>(
        &self,
        expr: &'e mut Expr,
        is_bare: bool,
        modifier: &str,
        start: u32,
    ) -> Parsed<&'e mut Anchor> {
        let anchor = match expr {
            Expr::Instant(selector) | Expr::Range(selector, _) if is_bare => &mut selector.anchor,
            Expr::Subquery(subquery) if is_bare => &mut subquery.anchor,
            _ => {
                let message = format!(
                    "{modifier} must be preceded by an instant vector selector or range vector \
                     selector or a subquery"
                );
                return Err(QueryError::new(start, message));
            }
        };
        let is_set =
            if modifier.starts_with('@') { anchor.at.is_some() } else { anchor.offset.is_some() };
        if is_set {
            let modifier = if modifier.starts_with('@') { "@ <timestamp>" } else { "offset" };
            let message = format!("{modifier} may not be set multiple times");
            return Err(QueryError::new(start, message));
        }
        Ok(anchor)
    }

    /// What `@` may name: seconds, `start()` or `end()`.
    fn moment(&mut self) -> Parsed<At> {
        for (word, at) in [("start", At::Start), ("end", At::End)] {
            if self.accept_word(word) {
                self.expect("(", "in @, expected timestamp")?;
                self.expect(")", "in @, expected timestamp")?;
                return Ok(at);
            }
        }
        let is_negative = self.accept_symbol("-");
        if !is_negative {
            self.accept_symbol("+");
        }
        let secs = match self.peek() {
            TokenKind::Number(secs) => *secs,
            TokenKind::Duration(millis) => *millis as f64 / 1000.0,
            _ => return self.unexpected("in @, expected timestamp"),
        };
        let millis = libm::round(secs * 1000.0);
        if DURATION_MAX as f64 <= millis {
            return self.error(format!("timestamp out of bounds for @ modifier: {secs}"));
        }
        self.take();
        Ok(At::Millis(if is_negative { -(millis as i64) } else { millis as i64 }))
    }
}
