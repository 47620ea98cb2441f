//! `{{#figure}}`: a drawing of a real run, made when the book is built.

use std::collections::BTreeMap;

use charts::{Area, Line, Mark, MarkKind, Panel, Points, Style};
use sim_core::simulation::{Author, RangeSeries, Simulation};
use sim_core::time::{SimDuration, SimTime};

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::html::escape;
use crate::run::{RunKey, Runs};

/// Points of a line: more than pixels need, fewer than a reader waits for.
const POINTS: u64 = 240;

/// Widths of a figure in pixels, of which the page shows one: for a column of text, and for a
/// telephone. A drawing that only shrank would have letters too small to read.
const WIDTHS: [(&str, u32); 2] = [("wide", 640), ("narrow", 340)];

/// What a figure shows.
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a RunKey,
    /// Names and queries; a query without a name takes its names from its labels.
    pub(crate) queries: &'a [(Option<String>, String)],
    pub(crate) title: String,
    pub(crate) unit: String,
    pub(crate) from: Option<SimTime>,
    pub(crate) to: Option<SimTime>,
    pub(crate) stacked: bool,
}

impl<'a> Wanted<'a> {
    /// Requests a second over the whole run.
    pub(crate) fn requests(key: &'a RunKey, queries: &'a [(Option<String>, String)]) -> Self {
        let (title, unit) = ("Requests by the version that answered".into(), "per second".into());
        Self { key, queries, title, unit, from: None, to: None, stacked: true }
    }
}

pub(crate) fn expand(directive: &Directive, runs: &mut Runs<'_>) -> Result<String, Problem> {
    let mut arguments = Arguments::of(directive);
    let key = RunKey::read(&mut arguments)?;
    let queries = arguments.queries();
    if queries.is_empty() {
        let help = "write PromQL in backticks, as in `` `sum(up)` ``";
        return Err(Problem::new("it has no query", help));
    }
    let title = arguments.option("title").unwrap_or_default();
    let unit = arguments.option("unit").unwrap_or_default();
    let from = time(&mut arguments, "from")?;
    let to = time(&mut arguments, "to")?;
    let stacked = match arguments.option("kind").as_deref() {
        None | Some("lines") => false,
        Some("areas") => true,
        Some(kind) => {
            return Err(Problem::new(
                format!("there is no kind `{kind}`"),
                "write `lines` or `areas`",
            ));
        }
    };
    arguments.finish()?;
    draw(&Wanted { key: &key, queries: &queries, title, unit, from, to, stacked }, runs)
}

/// Reads an option such as `from=90s` or `to=2m`.
pub(crate) fn time(
    arguments: &mut Arguments,
    key: &'static str,
) -> Result<Option<SimTime>, Problem> {
    let Some(text) = arguments.option(key) else { return Ok(None) };
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = text[..text.len() - unit.len()].parse::<i64>();
    let secs = match (count, unit) {
        (Ok(count), "s") => Some(count),
        (Ok(count), "m") => count.checked_mul(60),
        _ => None,
    };
    match secs.filter(|secs| *secs <= 1_000_000) {
        Some(secs) => Ok(Some(SimTime::from_secs(secs))),
        None => Err(Problem::new(format!("`{text}` is no time"), "write `90s` or `2m`")),
    }
}

/// Draws a figure with its caption.
pub(crate) fn draw(wanted: &Wanted<'_>, runs: &mut Runs<'_>) -> Result<String, Problem> {
    let run = runs.finished(wanted.key)?;
    let from = wanted.from.unwrap_or(SimTime::ZERO);
    let to = wanted.to.unwrap_or(run.end()).min(run.end());
    if to <= from {
        return Err(Problem::new(
            "the figure ends before it begins",
            "make `to` later than `from`",
        ));
    }
    let step = SimDuration::from_micros(((to - from).as_micros() / POINTS).max(1_000_000));
    let mut panel = Panel {
        unit: wanted.unit.clone(),
        height: 220,
        from_secs: from.as_secs_f64(),
        to_secs: to.as_secs_f64(),
        marks: marks(run, from, to),
        ..Panel::default()
    };
    for (name, query) in wanted.queries {
        let series = run.query_range(query, from, to, step);
        let series = series.map_err(|message| bad_query(query, &message))?;
        for one in series {
            let label = label(name.as_deref(), &one.labels);
            let style = style(&label);
            let points = points(&one);
            match wanted.stacked {
                true => panel.areas.push(Area::new(label, style, points)),
                false => panel.lines.push(Line::new(label, style, points)),
            }
        }
    }
    let drawn = panel.lines.iter().map(|l| &l.points).chain(panel.areas.iter().map(|a| &a.points));
    if drawn.flatten().all(|(_, value)| value.is_none()) {
        let help = "check the names of metrics and labels, and the log";
        return Err(Problem::new("the queries give no value at any time", help));
    }
    let source = wanted.key.describe();
    let title = match wanted.title.as_str() {
        "" => String::new(),
        title => format!("<strong>{}.</strong> ", escape(title)),
    };
    let drawings = WIDTHS.map(|(class, width)| {
        format!(
            "<div class=\"{class}\">{}</div>",
            Panel { width, ..panel.clone() }.svg().trim_end()
        )
    });
    Ok(format!(
        "<figure class=\"cutover-figure\">\n{}\n<figcaption>{title}From a run made when this page was \
         built: {}.</figcaption>\n</figure>",
        drawings.join("\n"),
        escape(&source),
    ))
}

pub(crate) fn bad_query(query: &str, message: &str) -> Problem {
    Problem::new(format!("the query `{query}` does not work: {message}"), "write PromQL")
}

/// The learner's commands and the scenario's incidents as marks on the time axis.
fn marks(run: &Simulation, from: SimTime, to: SimTime) -> Vec<Mark> {
    let typed = run.transcript().iter().filter(|printed| from <= printed.at && printed.at <= to);
    let marks = typed.map(|printed| Mark {
        at_secs: printed.at.as_secs_f64(),
        label: printed.command.clone(),
        kind: match printed.author {
            Author::Learner => MarkKind::Command,
            Author::Script => MarkKind::Incident,
        },
    });
    marks.collect()
}

fn points(series: &RangeSeries) -> Points {
    let points = series.values.iter();
    points.map(|(at, value)| (at.as_secs_f64(), *value)).collect()
}

/// The name of a line: given by the author, or the values of its labels.
fn label(name: Option<&str>, labels: &BTreeMap<String, String>) -> String {
    let values: Vec<_> = labels.values().map(String::as_str).collect();
    match (name, values.as_slice()) {
        (Some(name), _) => name.to_owned(),
        (None, []) => "value".to_owned(),
        (None, values) => values.join(" "),
    }
}

/// The look that a name suggests, so that blue is drawn blue everywhere.
fn style(label: &str) -> Style {
    let has = |word: &str| label.to_lowercase().contains(word);
    if ["fail", "error", "5xx", "503", "504", "lost"].into_iter().any(has) {
        Style::Bad
    } else if has("blue") {
        Style::Blue
    } else if has("green") {
        Style::Green
    } else {
        Style::Neutral
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_styles_come_from_labels() {
        let labels = BTreeMap::from([("destination_version".to_owned(), "blue".to_owned())]);
        assert_eq!(label(None, &labels), "blue");
        assert_eq!(label(Some("p99"), &labels), "p99");
        assert_eq!(label(None, &BTreeMap::new()), "value");
        let expected = [
            ("blue", Style::Blue),
            ("green p99", Style::Green),
            ("failed on green", Style::Bad),
            ("503", Style::Bad),
            ("unknown", Style::Neutral),
        ];
        for (label, expected) in expected {
            assert_eq!(style(label), expected, "{label}");
        }
    }
}
