//! LogQL, as much of it as splits lines by version: a stream selector, filters of lines, and how many lines
//! there were.
//!
//! ```text
//! {app="shop",version="green"} |= "ERROR" !~ "timeout|refused"
//! sum by (version) (count_over_time({app="shop"} |= "ERROR" [5m]))
//! ```
//!
//! Selectors are those of PromQL. Parsers (`| json`), formats and the other functions of Loki are refused as not
//! modelled; so is `sum` without a function of a range.

mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use regex::Regex;

use crate::telemetry::labels::Labels;
use crate::telemetry::promql::Selection;
use crate::time::{SimDuration, SimTime};

/// What one source has written, oldest first.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its labels.
    pub labels: Labels,
    /// Its lines.
    pub lines: Vec<(SimTime, String)>,
}

/// A line, and whose it is.
pub type Found<'s> = (SimTime, &'s Labels, &'s str);

/// A query.
#[derive(Clone, Debug)]
pub enum LogQuery {
    /// Lines.
    Lines(Lines),
    /// How many lines.
    Count(Count),
}

impl LogQuery {
    /// Parses LogQL; the mistake with its place, counted in characters from 1.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        parse::query(text)
    }
}

/// Why a text is no query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Place, in characters from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// Lines of some streams.
#[derive(Clone, Debug)]
pub struct Lines {
    streams: Selection,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug)]
struct Filter {
    test: Test,
    wanted: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Contains(String),
    Matches(Regex),
}

impl Filter {
    fn lets_pass(&self, line: &str) -> bool {
        let fits = match &self.test {
            Test::Contains(text) => line.contains(text),
            Test::Matches(pattern) => pattern.is_match(line),
        };
        fits == self.wanted
    }
}

impl Lines {
    /// The lines that were written after `from` and until `to`, oldest first.
    pub fn between<'s>(&self, streams: &'s [Stream], from: SimTime, to: SimTime) -> Vec<Found<'s>> {
        let chosen = streams.iter().filter(|stream| self.streams.admits(&stream.labels));
        let all = chosen.flat_map(|stream| {
            stream.lines.iter().map(|(at, line)| (*at, &stream.labels, line.as_str()))
        });
        let mut found: Vec<Found<'s>> = all
            .filter(|(at, ..)| from < *at && *at <= to)
            .filter(|(.., line)| self.filters.iter().all(|filter| filter.lets_pass(line)))
            .collect();
        found.sort_by_key(|(at, ..)| *at);
        found
    }
}

/// How many lines there were in a range of time.
#[derive(Clone, Debug)]
pub struct Count {
    lines: Lines,
    range: SimDuration,
    /// `rate`: so many a second.
    per_second: bool,
    /// `sum by (...)`: the labels that are kept; none if nothing is added up.
    by: Option<Vec<String>>,
}

impl Count {
    /// The count of each stream, or of each group, that has any.
    pub fn at(&self, streams: &[Stream], now: SimTime) -> BTreeMap<Labels, f64> {
        let from =
            SimTime::from_micros(now.as_micros().saturating_sub_unsigned(self.range.as_micros()));
        let mut counts = BTreeMap::new();
        for (_, labels, _) in self.lines.between(streams, from, now) {
            let labels = match &self.by {
                Some(by) => labels.filtered(|name| by.iter().any(|kept| kept == name)),
                None => labels.clone(),
            };
            *counts.entry(labels).or_insert(0.0) += 1.0;
        }
        if self.per_second {
            counts.values_mut().for_each(|count| *count /= self.range.as_secs_f64());
        }
        counts
    }
}
