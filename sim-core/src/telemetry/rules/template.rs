//! Templates of labels and annotations: the simple part of Go's, with Prometheus's functions.
//!
//! `{{ $labels.NAME }}`, `{{ $value }}`, literals, pipes, and the functions of [`Function`]. What else
//! Prometheus knows (`if`, `range`, `query`, ...) is refused when the rules are read.

mod expand;
mod read;

use crate::telemetry::labels::Labels;
use expand::Scope;
use read::{action, end_of_action};

/// Longest text of a template, in bytes.
const TEXT_MAX: usize = 8_192;

/// What may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Humanize,
    Humanize1024,
    HumanizeDuration,
    HumanizePercentage,
    Printf,
    Index,
    Title,
    ToLower,
    ToUpper,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "humanize" => Self::Humanize,
            "humanize1024" => Self::Humanize1024,
            "humanizeDuration" => Self::HumanizeDuration,
            "humanizePercentage" => Self::HumanizePercentage,
            "printf" => Self::Printf,
            "index" => Self::Index,
            "title" => Self::Title,
            "toLower" => Self::ToLower,
            "toUpper" => Self::ToUpper,
            _ => return None,
        })
    }
}

/// A value of a template.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Number(f64),
    Text(String),
    Labels,
}

/// What a call works on.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Literal(Item),
    Label(String),
    Value,
    Inner(Vec<Call>),
}

/// A function with operands, or an operand alone.
#[derive(Clone, Debug, PartialEq)]
struct Call {
    function: Option<Function>,
    operands: Vec<Operand>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    /// Calls joined by `|`.
    Action(Vec<Call>),
}

/// A text with places to fill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template(Vec<Part>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// If it is no template, or uses something that is not evaluated here.
    pub fn parse(text: &str) -> Result<Self, String> {
        if TEXT_MAX < text.len() {
            return Err(format!("the template is longer than {TEXT_MAX} bytes"));
        }
        let (mut parts, mut rest) = (Vec::new(), text);
        let mut trims = false;
        while let Some((before, after)) = rest.split_once("{{") {
            let mut before = if trims { before.trim_start() } else { before };
            let mut after = after;
            if let Some(trimmed) = after.strip_prefix("- ") {
                (before, after) = (before.trim_end(), trimmed);
            }
            parts.push(Part::Text(before.to_owned()));
            let end = end_of_action(after).ok_or("unclosed action")?;
            let mut inside = &after[..end];
            trims = inside.ends_with(" -");
            if trims {
                inside = &inside[..inside.len() - 2];
            }
            rest = &after[end + 2..];
            let is_comment = inside.trim().starts_with("/*");
            if !is_comment {
                parts.push(Part::Action(action(inside)?));
            }
        }
        let rest = if trims { rest.trim_start() } else { rest };
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The text for these labels and this value.
    pub fn expand(&self, labels: &Labels, value: f64) -> String {
        let scope = Scope { labels, value };
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Action(calls) => match scope.pipeline(calls) {
                    Ok(item) => text.push_str(&scope.shown(&item)),
                    Err(problem) => return format!("<error expanding template: {problem}>"),
                },
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        let labels = Labels::new([("__name__", "v"), ("n", "aB")]);
        match Template::parse(text) {
            Ok(template) => template.expand(&labels, 1_234_567.891),
            Err(problem) => format!("error: {problem}"),
        }
    }

    /// Written down from promtool 2.42.
    #[test]
    fn templates_are_expanded_as_prometheus_expands_them() {
        for (template, text) in [
            ("plain } text", "plain } text"),
            ("{{ $value }}", "1.234567891e+06"),
            ("{{$value|humanize}}", "1.235M"),
            ("{{ humanize1024 $value }}", "1.177Mi"),
            ("{{ $value | humanizeDuration }}", "14d 6h 56m 7s"),
            ("{{ $value | humanizePercentage }}", "1.235e+08%"),
            (
                r#"{{ printf "%.2f" $value }}|{{ printf "%f %e %g %v" $value $value $value $value }}"#,
                "1234567.89|1234567.891000 1.234568e+06 1.234567891e+06 1.234567891e+06",
            ),
            (
                r#"{{ $labels.n }} {{ .Labels.n }} {{ $labels.absent }}|{{ index $labels "n" }}"#,
                "aB aB |aB",
            ),
            (
                "{{ $labels.n | toUpper }} {{ title $labels.n }} {{ $labels.n | toLower }}",
                "AB AB ab",
            ),
            ("a {{- $labels.n -}}  x", "aaBx"),
            (r#"{{ 5 }} {{ "q" }} {{ printf "%s-%q" $labels.n $labels.n }}"#, "5 q aB-\"aB\""),
            ("{{ $externalLabels.x }}|{{ $externalURL }}", "|"),
            (r#"{{ ($value | humanize) }} {{ printf "%.1f%%" $value }}"#, "1.235M 1234567.9%"),
            ("{{ $labels }}", "map[__name__:v n:aB]"),
            (r#"{{ $value | printf "%.3f" }}"#, "1234567.891"),
            ("{{/* nothing */}}", ""),
        ] {
            assert_eq!(expanded(template), text, "{template}");
        }
    }

    #[test]
    fn what_is_no_template_or_not_supported_is_refused() {
        for (template, problem) in [
            ("{{ $value", "unclosed action"),
            ("{{ }}", "missing value for command"),
            ("{{ if $value }}x{{ end }}", "`if` is not supported here"),
            ("{{ $nothing }}", "undefined variable \"$nothing\""),
            ("{{ humanize }}", "wrong number of args: want 1 got 0"),
            ("{{ printf \"%d\" $value }}", "printf: `%d` is not supported here"),
            ("{{ printf \"%s\" }}", "wrong number of args: want 2 got 1"),
            ("{{ ($value }}", "unclosed left paren"),
            ("{{ \"a }}", "unclosed action"),
        ] {
            let said = expanded(template);
            assert!(said.starts_with(&format!("error: {problem}")), "{template}: {said}");
        }
        assert!(expanded(&format!("{{{{ {} }}}}", "(".repeat(999))).contains("parentheses"));
        let said = expanded("{{ humanize $labels.n }}");
        assert!(said.starts_with("<error expanding template: "), "{said}");
    }
}
