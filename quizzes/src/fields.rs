//! Reads a TOML table field by field and reports everything that is wrong with it, with its place.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::problem::{Problem, Severity, position};
use crate::suggest::nearest;

/// Longest text of one field, in bytes. A learner reads this on one screen.
pub(crate) const TEXT_MAX: usize = 8 * 1024;
/// Most entries of one list inside a question.
pub(crate) const LIST_MAX: usize = 20;

/// Gathers problems of one file.
pub(crate) struct Report<'s> {
    file: &'s str,
    source: &'s str,
    problems: RefCell<Vec<Problem>>,
}

impl<'s> Report<'s> {
    pub(crate) fn new(file: &'s str, source: &'s str) -> Self {
        Self { file, source, problems: RefCell::default() }
    }

    pub(crate) fn error(&self, at: &Range<usize>, message: impl Into<String>, help: &str) {
        self.add(Severity::Error, at, message.into(), help);
    }

    pub(crate) fn advice(&self, at: &Range<usize>, message: impl Into<String>, help: &str) {
        self.add(Severity::Advice, at, message.into(), help);
    }

    fn add(&self, severity: Severity, at: &Range<usize>, message: String, help: &str) {
        let (line, column) = position(self.source, at.start);
        let help = (!help.is_empty()).then(|| help.to_owned());
        let file = self.file.to_owned();
        self.problems.borrow_mut().push(Problem { file, line, column, severity, message, help });
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }
}

/// A text of the file and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) at: Range<usize>,
}

/// A table of the file: fields are taken out one by one; `finish` reports those nobody asked for.
pub(crate) struct Fields<'t> {
    table: &'t DeTable<'t>,
    asked: Vec<&'static str>,
    /// How the table is called in messages: `prompt`.
    name: &'static str,
    /// Where the table begins.
    pub(crate) at: Range<usize>,
    pub(crate) report: &'t Report<'t>,
}

impl<'t> Fields<'t> {
    pub(crate) fn new(
        name: &'static str,
        table: &'t DeTable<'t>,
        at: Range<usize>,
        report: &'t Report<'t>,
    ) -> Self {
        Self { table, asked: Vec::new(), name, at, report }
    }

    fn take(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn missing(&self, key: &str, help: &str) {
        self.report.error(&self.at, format!("`{}` has no `{key}`", self.name), help);
    }

    fn mistyped(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = value.get_ref().type_str();
        let message = format!("`{key}` is {found}, expected {expected}");
        self.report.error(&value.span(), message, "");
    }

    /// An optional text, not empty.
    pub(crate) fn optional_text(&mut self, key: &'static str) -> Option<Text> {
        let value = self.take(key)?;
        let text = text_of(value, self.report, key)?;
        if text.value.trim().is_empty() {
            self.report.error(&text.at, format!("`{key}` is empty"), "write it, or leave it out");
            return None;
        }
        Some(text)
    }

    /// An optional text that may be empty.
    pub(crate) fn raw_text(&mut self, key: &'static str) -> Option<Text> {
        text_of(self.take(key)?, self.report, key)
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, key: &'static str, help: &str) -> Option<Text> {
        if !self.table.contains_key(key) {
            self.asked.push(key);
            self.missing(key, help);
            return None;
        }
        self.optional_text(key)
    }

    /// An optional word out of `words`; anything else is an error.
    pub(crate) fn word(
        &mut self,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let text = self.optional_text(key)?;
        let found = words.iter().find(|word| **word == text.value);
        if found.is_none() {
            let expected = words.join("`, `");
            let message = format!("`{key}` is `{}`, expected one of `{expected}`", text.value);
            let meant = nearest(&text.value, words).map(|word| format!("did you mean `{word}`?"));
            self.report.error(&text.at, message, &meant.unwrap_or_default());
        }
        found.copied()
    }

    pub(crate) fn optional_bool(&mut self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.mistyped(key, value, "`true` or `false`");
        }
        found
    }

    /// An optional whole number of at least 0.
    pub(crate) fn optional_count(&mut self, key: &'static str) -> Option<u32> {
        let value = self.take(key)?;
        let found = number_of(value).filter(|number| number.fract() == 0.0 && *number >= 0.0);
        let found = found.filter(|number| *number <= f64::from(u32::MAX));
        if found.is_none() {
            self.mistyped(key, value, "a whole number of at least 0");
        }
        found.map(|number| number as u32)
    }

    /// An optional number.
    pub(crate) fn optional_number(&mut self, key: &'static str) -> Option<f64> {
        let value = self.take(key)?;
        let found = number_of(value);
        if found.is_none() {
            self.mistyped(key, value, "a number");
        }
        found
    }

    /// A number that must be there.
    pub(crate) fn number(&mut self, key: &'static str, help: &str) -> Option<f64> {
        if !self.table.contains_key(key) {
            self.asked.push(key);
            self.missing(key, help);
            return None;
        }
        self.optional_number(key)
    }

    /// A table that must be there.
    pub(crate) fn table(&mut self, key: &'static str, help: &str) -> Option<Fields<'t>> {
        let Some(value) = self.take(key) else {
            self.missing(key, help);
            return None;
        };
        let Some(table) = value.get_ref().as_table() else {
            self.mistyped(key, value, "a table");
            return None;
        };
        let at = if value.span().is_empty() { self.at.clone() } else { value.span() };
        Some(Fields::new(key, table, at, self.report))
    }

    /// A list; a missing one is empty.
    pub(crate) fn list(&mut self, key: &'static str) -> Vec<&'t Spanned<DeValue<'t>>> {
        self.list_up_to(key, LIST_MAX)
    }

    fn list_up_to(&mut self, key: &'static str, most: usize) -> Vec<&'t Spanned<DeValue<'t>>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.mistyped(key, value, "a list");
            return Vec::new();
        };
        if most < list.len() {
            let message = format!("`{key}` has {} entries, at most {most} fit", list.len());
            self.report.error(&list[most].span(), message, "");
        }
        list.iter().take(most).collect()
    }

    /// A list of tables; a missing one is empty.
    pub(crate) fn tables(&mut self, key: &'static str) -> Vec<Fields<'t>> {
        self.tables_up_to(key, LIST_MAX)
    }

    /// A list of at most `most` tables.
    pub(crate) fn tables_up_to(&mut self, key: &'static str, most: usize) -> Vec<Fields<'t>> {
        let entries = self.list_up_to(key, most).into_iter().filter_map(|entry| {
            let table = entry.get_ref().as_table();
            if table.is_none() {
                self.mistyped(key, entry, "a list of tables");
            }
            Some(Fields::new(key, table?, entry.span(), self.report))
        });
        entries.collect()
    }

    /// A list of texts; a missing one is empty.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let list = self.list(key);
        list.into_iter().filter_map(|entry| text_of(entry, self.report, key)).collect()
    }

    /// Lets the file have the field without reading it.
    pub(crate) fn allow(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// Whether the file has the field.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether the field is a list.
    pub(crate) fn is_list(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_array())
    }

    /// Every field and its text, for tables whose keys the author chooses.
    pub(crate) fn all_texts(self) -> Vec<(String, Text)> {
        let entries = self.table.iter();
        let texts = entries.filter_map(|(key, value)| {
            Some((key.get_ref().to_string(), text_of(value, self.report, self.name)?))
        });
        texts.collect()
    }

    /// Reports the fields that nobody asked for.
    pub(crate) fn finish(self) {
        for (key, _) in self.table {
            let name: &DeString<'_> = key.get_ref();
            if self.asked.contains(&name.as_ref()) {
                continue;
            }
            let message = format!("`{}` has no field `{name}`", self.name);
            let help = match nearest(name, &self.asked) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("it has `{}`", self.asked.join("`, `")),
            };
            self.report.error(&key.span(), message, &help);
        }
    }
}

/// The text of a value, within the size limit.
pub(crate) fn text_of(
    value: &Spanned<DeValue<'_>>,
    report: &Report<'_>,
    key: &str,
) -> Option<Text> {
    let at = value.span();
    let Some(text) = value.get_ref().as_str() else {
        let found = value.get_ref().type_str();
        report.error(&at, format!("`{key}` is {found}, expected text"), "put it in quotes");
        return None;
    };
    if TEXT_MAX < text.len() {
        let message = format!("`{key}` has {} bytes, at most {TEXT_MAX} fit", text.len());
        report.error(&at, message, "split the question");
        return None;
    }
    Some(Text { value: text.trim_end().to_owned(), at })
}

/// The number of a value, whole or not; None for text, infinity and NaN.
fn number_of(value: &Spanned<DeValue<'_>>) -> Option<f64> {
    let value = value.get_ref();
    let number = match (value.as_integer(), value.as_float()) {
        (Some(whole), _) => i64::from_str_radix(whole.as_str(), whole.radix()).ok()? as f64,
        (None, Some(float)) => float.as_str().parse().ok()?,
        (None, None) => return None,
    };
    number.is_finite().then_some(number)
}

/// Reports texts that occur twice.
pub(crate) fn check_unique(texts: &[Text], what: &str, report: &Report<'_>) {
    for (index, text) in texts.iter().enumerate() {
        if texts[..index].iter().any(|earlier| earlier.value == text.value) {
            let message = format!("{what} `{}` occurs twice", text.value);
            report.error(&text.at, message, "keep one of them");
        }
    }
}
