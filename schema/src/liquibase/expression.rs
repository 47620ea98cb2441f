//! Contexts and labels: which changesets a run is for (LQ-05).

use std::fmt;

/// Most words of an expression.
const MOST: usize = 200;

/// `prod and !eu, test`: names with `and`, `or`, `not`, `!`, parentheses; a comma is `or`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    text: String,
    words: Vec<String>,
}

impl Expression {
    /// Reads an expression; none if it says nothing.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut end = |word: &mut String| {
            if !word.is_empty() {
                words.push(std::mem::take(word).to_lowercase());
            }
        };
        let mut marks = Vec::new();
        for c in text.chars() {
            match c {
                '(' | ')' | '!' | ',' => marks.push(c),
                c if c.is_whitespace() => {}
                _ => {
                    word.push(c);
                    continue;
                }
            }
            end(&mut word);
            if let Some(mark) = marks.pop() {
                end(&mut mark.to_string());
            }
        }
        end(&mut word);
        if words.is_empty() {
            return Ok(None);
        }
        let read = Self { text: text.trim().to_owned(), words };
        let mut reader = Reader { words: &read.words, place: 0, names: &[] };
        if MOST < read.words.len() || reader.either().is_none() || reader.place < read.words.len() {
            return Err(format!(
                "{text:?} is no expression; write names with and, or, not, ( and )"
            ));
        }
        Ok(Some(read))
    }

    /// Whether it holds for something that has these names.
    pub fn holds_for(&self, names: &[String]) -> bool {
        Reader { words: &self.words, place: 0, names }.either().unwrap_or(false)
    }
}

impl fmt::Display for Expression {
    /// As the column CONTEXTS has it: what combines names stands in parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let combined = self.words.iter().any(|word| matches!(word.as_str(), "and" | "or" | ","));
        match combined && !self.text.starts_with('(') {
            true => write!(f, "({})", self.text),
            false => f.write_str(&self.text),
        }
    }
}

struct Reader<'a> {
    words: &'a [String],
    place: usize,
    names: &'a [String],
}

impl Reader<'_> {
    fn takes(&mut self, wanted: &[&str]) -> bool {
        let found = self.words.get(self.place).is_some_and(|word| wanted.contains(&word.as_str()));
        self.place += usize::from(found);
        found
    }

    fn either(&mut self) -> Option<bool> {
        let mut holds = self.both()?;
        while self.takes(&["or", ","]) {
            holds |= self.both()?;
        }
        Some(holds)
    }

    fn both(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.takes(&["and"]) {
            holds &= self.one()?;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        let mut holds = true;
        while self.takes(&["!", "not"]) {
            holds = !holds;
        }
        if self.takes(&["("]) {
            let inside = self.either()?;
            return self.takes(&[")"]).then_some(inside == holds);
        }
        let word = self.words.get(self.place)?;
        if matches!(word.as_str(), ")" | "," | "and" | "or") {
            return None;
        }
        self.place += 1;
        Some(self.names.iter().any(|name| name.eq_ignore_ascii_case(word)) == holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_say_which_changesets_a_run_is_for_lq_05() {
        let names = ["Prod", "eu"].map(str::to_owned);
        for (text, holds) in [
            ("prod", true),
            ("test", false),
            ("!test", true),
            ("not test and prod", true),
            ("prod and test", false),
            ("prod and test or eu", true),
            ("test, eu", true),
            ("!(prod and eu)", false),
            ("prod and (test or eu)", true),
        ] {
            let read = Expression::parse(text).unwrap().unwrap();
            assert_eq!(read.holds_for(&names), holds, "{text}");
        }
        assert_eq!(Expression::parse("  "), Ok(None));
        for wrong in ["and", "a b", "(a", "a)", "a or", "!", &"a,".repeat(300)] {
            assert!(Expression::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_history_shows_combined_names_in_parentheses_lq_02() {
        for (text, shown) in [("prod", "prod"), ("!z", "!z"), ("a or b", "(a or b)")] {
            assert_eq!(Expression::parse(text).unwrap().unwrap().to_string(), shown);
        }
    }
}
