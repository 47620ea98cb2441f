//! What follows an aggregator or an operator: which labels group, and which match.

use super::super::QueryError;
use super::super::aggregate::Grouping;
use super::super::binary::{Many, Matching};
use super::super::functions::is_label_name;
use super::super::lexer::TokenKind;
use super::{Parsed, Parser};

impl Parser {
    /// `by (a, b)` or `without (a, b)`, if it stands here.
    pub(super) fn grouping(&mut self) -> Parsed<Option<Grouping>> {
        let without = self.is_word("without");
        if !without && !self.is_word("by") {
            return Ok(None);
        }
        self.take();
        Ok(Some(Grouping { without, labels: self.label_list()? }))
    }

    /// `(a, b)`.
    fn label_list(&mut self) -> Parsed<Vec<String>> {
        self.expect("(", "in grouping opts, expected \"(\"")?;
        let mut labels = Vec::new();
        while !self.accept_symbol(")") {
            match self.peek() {
                TokenKind::Word(word) if is_label_name(word) => labels.push(word.clone()),
                _ => return self.unexpected("in grouping opts, expected label"),
            }
            self.take();
            if !self.is_symbol(")") {
                self.expect(",", "in grouping opts, expected \",\" or \")\"")?;
            }
        }
        Ok(labels)
    }

    /// `on`, `ignoring`, `group_left` and `group_right` after an operator at `column`.
    pub(super) fn matching(&mut self, column: u32) -> Parsed<Matching> {
        let mut matching =
            Matching { on: false, labels: Vec::new(), many: Many::Neither, include: Vec::new() };
        let on = self.is_word("on");
        if !on && !self.is_word("ignoring") {
            return Ok(matching);
        }
        self.take();
        matching.on = on;
        matching.labels = self.label_list()?;
        let is_left = self.is_word("group_left");
        if !is_left && !self.is_word("group_right") {
            return Ok(matching);
        }
        self.take();
        matching.many = if is_left { Many::Left } else { Many::Right };
        if self.is_symbol("(") {
            matching.include = self.label_list()?;
        }
        match matching.include.iter().find(|label| on && matching.labels.contains(label)) {
            Some(label) => Err(QueryError::new(
                column,
                format!("label {label:?} must not occur in ON and GROUP clause at once"),
            )),
            None => Ok(matching),
        }
    }
}
