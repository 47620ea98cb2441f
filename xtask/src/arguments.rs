//! The command line, word by word.

use std::collections::VecDeque;

use anyhow::{Context, Result, bail};

/// Words that have not been understood yet.
#[derive(Debug)]
pub(crate) struct Arguments {
    words: VecDeque<String>,
}

impl Arguments {
    /// The given words.
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        Self { words: words.collect() }
    }

    /// Takes the next word.
    pub(crate) fn next(&mut self) -> Option<String> {
        self.words.pop_front()
    }

    /// Takes the option `name`, wherever it stands; whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let place = self.words.iter().position(|word| word == name);
        place.is_some_and(|place| self.words.remove(place).is_some())
    }

    /// Takes the option `name` with its value: `name VALUE` or `name=VALUE`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let assigned = |word: &str| {
            word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map(str::to_owned)
        };
        for place in 0..self.words.len() {
            if let Some(value) = assigned(&self.words[place]) {
                self.words.remove(place);
                return Ok(Some(value));
            }
            if self.words[place] == name {
                self.words.remove(place);
                let value = self.words.remove(place);
                return value.with_context(|| format!("{name} needs a value")).map(Some);
            }
        }
        Ok(None)
    }

    /// Fails if a word is left over.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.words.front() {
            Some(word) => bail!("unexpected argument `{word}`; see `cargo xtask help`"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_found_wherever_they_stand() {
        for line in ["--watch --port 80 rest", "rest --port=80 --watch", "--port 80 rest --watch"] {
            let mut arguments = arguments(line);
            assert!(arguments.flag("--watch"), "{line}");
            assert_eq!(arguments.value("--port").unwrap().as_deref(), Some("80"), "{line}");
            assert_eq!(arguments.next().as_deref(), Some("rest"), "{line}");
            arguments.finish().unwrap();
        }
    }

    #[test]
    fn an_option_that_lacks_its_value_is_named() {
        let error = arguments("--port").value("--port").unwrap_err();
        assert_eq!(error.to_string(), "--port needs a value");
    }

    #[test]
    fn a_word_that_nothing_took_is_named() {
        let error = arguments("--wacht").finish().unwrap_err();
        assert!(error.to_string().contains("`--wacht`"));
    }
}
