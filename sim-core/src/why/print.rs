//! Answers for the terminal.

use std::fmt::Write;

use crate::trace::{Entry, Trace};
use crate::why::evidence::newest;
use crate::why::{Journey, chain};

fn rules(rules: &[&str]) -> String {
    if rules.is_empty() { String::new() } else { format!("  [{}]", rules.join(" ")) }
}

fn because<'a>(text: &mut String, chain: impl IntoIterator<Item = &'a Entry>) {
    for (depth, entry) in chain.into_iter().enumerate() {
        let word = if depth == 0 { "" } else { "because " };
        let _ = writeln!(
            text,
            "  {}  {word}{}: {}{}",
            entry.at,
            entry.subject,
            entry.text,
            rules(entry.rules)
        );
    }
}

/// The newest thing that happened to a subject such as `pod/NAME`, and the chain behind it.
///
/// # Errors
///
/// If nothing happened to it.
pub fn subject(trace: &Trace, subject: &str) -> Result<String, String> {
    let index = newest(trace, |entry| entry.subject == subject);
    let index = index.ok_or_else(|| format!("nothing has happened to {subject}"))?;
    let mut text = String::new();
    because(&mut text, chain(trace, index));
    Ok(text)
}

/// What a request went through, and what led to its end.
pub fn journey(journey: &Journey) -> String {
    let mut text = format!("request/{}  {}\n", journey.number, journey.what);
    for step in &journey.steps {
        let _ = writeln!(text, "  {}  {}{}", step.at, step.text, rules(step.rules));
    }
    if journey.outcome.is_none() {
        text.push_str("  it has not ended yet\n");
    }
    for (place, reason) in journey.because.iter().enumerate() {
        let word = if place == 0 { "because" } else { "and" };
        let _ = writeln!(text, "{word} {}", reason.fact);
        because(&mut text, &reason.chain);
    }
    text
}
