//! Feedback for one particular mistake, as the kinds of question share it.

use crate::fields::Fields;
use crate::response::Feedback;

/// Longest misconception, in characters: it is a tag, not an essay.
const MISCONCEPTION_MAX: usize = 140;

/// Reads `says` and `misconception` of an entry.
pub(super) fn read_feedback(entry: &mut Fields<'_>) -> Option<Feedback> {
    let says = entry.text("says", "write what to tell a learner who answers this");
    let misconception = entry.optional_text("misconception");
    match &misconception {
        None => {
            let help = "add `misconception`: the false belief behind it, as a short sentence";
            entry.report.advice(&entry.at, "the feedback names no misconception", help);
        }
        Some(text) if MISCONCEPTION_MAX < text.value.chars().count() => {
            let message = format!("a misconception has at most {MISCONCEPTION_MAX} characters");
            entry.report.error(&text.at, message, "say it in one short sentence");
        }
        Some(_) => {}
    }
    let misconception = misconception.map(|text| text.value);
    Some(Feedback { says: says?.value, misconception })
}

/// Advises to describe at least one mistake.
pub(super) fn advise_mistakes(answer: &Fields<'_>, known: usize, help: &str) {
    if known == 0 {
        let message = "no likely wrong answer is described";
        answer.report.advice(&answer.at, message, help);
    }
}
