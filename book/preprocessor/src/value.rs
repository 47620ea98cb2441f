//! `{{#value}}`: a number out of a real run, so that prose cannot go stale.

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::figure::{bad_query, time};
use crate::html::escape;
use crate::run::{RunKey, Runs};

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    /// Three significant digits.
    Number,
    /// Rounded to a whole number.
    Whole,
    /// A share as percent.
    Percent,
}

pub(crate) fn expand(directive: &Directive, runs: &mut Runs<'_>) -> Result<String, Problem> {
    let mut arguments = Arguments::of(directive);
    let key = RunKey::read(&mut arguments)?;
    let queries = arguments.queries();
    let [(None, query)] = queries.as_slice() else {
        return Err(Problem::new("it needs one query", "write PromQL in backticks"));
    };
    let at = time(&mut arguments, "at")?;
    let format = match arguments.option("format").as_deref() {
        None => Format::Number,
        Some("whole") => Format::Whole,
        Some("percent") => Format::Percent,
        Some(other) => {
            let message = format!("there is no format `{other}`");
            return Err(Problem::new(message, "write `whole`, `percent` or nothing"));
        }
    };
    arguments.finish()?;
    let run = runs.finished(&key)?;
    let at = at.unwrap_or(run.end());
    let samples = run.query(query, at).map_err(|message| bad_query(query, &message))?;
    let [sample] = samples.as_slice() else {
        let message = format!("the query gives {} values at {at}, not one", samples.len());
        return Err(Problem::new(message, "aggregate it, as in `sum(...)`"));
    };
    if !sample.value.is_finite() {
        let message = format!("the query gives {} at {at}", sample.value);
        return Err(Problem::new(message, "make sure that there is traffic at that time"));
    }
    let title = escape(&format!("{query} at {at}: {}", key.describe()));
    let text = written(sample.value, format);
    Ok(format!("<span class=\"cutover-value\" title=\"{title}\">{text}</span>"))
}

/// A number as the book writes it.
fn written(value: f64, format: Format) -> String {
    match format {
        Format::Whole => grouped(&format!("{:.0}", value.round() + 0.0)),
        Format::Percent => format!("{} %", written(100.0 * value, Format::Number)),
        Format::Number => {
            let magnitude = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
            let decimals = (2.0 - magnitude).clamp(0.0, 6.0) as usize;
            let text = format!("{value:.decimals$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                grouped(&text)
            }
        }
    }
}

/// A whole number with a comma between thousands.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let rows = [
            (0.0, Format::Number, "0"),
            (0.012_345, Format::Number, "0.0123"),
            (1.0, Format::Number, "1"),
            (12.345, Format::Number, "12.3"),
            (123_456.7, Format::Number, "123,457"),
            (1_234.5, Format::Whole, "1,235"),
            (-0.2, Format::Whole, "0"),
            (0.0525, Format::Percent, "5.25 %"),
            (1.0, Format::Percent, "100 %"),
            (-1_000.0, Format::Whole, "-1,000"),
        ];
        for (value, format, expected) in rows {
            assert_eq!(written(value, format), expected, "{value} as {format:?}");
        }
    }
}
