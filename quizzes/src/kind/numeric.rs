//! A number with a tolerance.

use serde::{Deserialize, Serialize};

use super::Form;
use super::mistake::{advise_mistakes, read_feedback};
use crate::fields::Fields;
use crate::response::{Feedback, Response, Verdict};

/// A number with a tolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numeric {
    /// Markdown.
    pub prompt: String,
    /// Unit shown behind the input: `seconds`, `%`; empty if there is none.
    pub unit: String,
    /// The right number.
    pub value: f64,
    /// How far off a right answer may be, in the same unit; 0 unless the file says otherwise.
    pub tolerance: f64,
    /// Likely wrong numbers.
    pub mistakes: Vec<WrongNumber>,
}

/// A likely wrong number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrongNumber {
    /// The number.
    pub value: f64,
    /// What to tell the learner.
    pub feedback: Feedback,
}

impl Numeric {
    /// Whether a number is as near to another as the tolerance asks; a hair is allowed for rounding.
    fn near(&self, number: f64, other: f64) -> bool {
        (number - other).abs() <= self.tolerance + 1e-9 * other.abs()
    }
}

impl Form for Numeric {
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self> {
        let text = prompt.text("prompt", "write the question");
        let unit = prompt.optional_text("unit").map(|text| text.value).unwrap_or_default();
        let value = answer.number("value", "write the right number");
        let tolerance = answer.optional_number("tolerance").unwrap_or(0.0);
        if tolerance < 0.0 {
            answer.report.error(&answer.at, "`tolerance` is negative", "write 0 or more");
        }
        let entries = answer.tables("mistakes");
        let help = "add `[[questions.answer.mistakes]]` with `value` and `says`";
        advise_mistakes(answer, entries.len(), help);
        let places: Vec<_> = entries.iter().map(|entry| entry.at.clone()).collect();
        let mistakes: Vec<_> = entries.into_iter().filter_map(read_mistake).collect();
        let numeric = Self { prompt: text?.value, unit, value: value?, tolerance, mistakes };
        for (mistake, at) in numeric.mistakes.iter().zip(places) {
            if numeric.near(mistake.value, numeric.value) {
                let message = format!("{} counts as right", mistake.value);
                answer.report.error(&at, message, "lessen `tolerance`, or take it out");
            }
        }
        Some(numeric)
    }

    fn prompt(&self) -> &str {
        &self.prompt
    }

    fn grade(&self, response: &Response) -> Verdict {
        let Response::Number(number) = *response else { return Verdict::misfit("a number") };
        if self.near(number, self.value) {
            return Verdict::right();
        }
        let known = self.mistakes.iter().filter(|mistake| self.near(number, mistake.value));
        let mut feedback: Vec<_> = known.map(|mistake| mistake.feedback.clone()).collect();
        if feedback.is_empty() && number.is_finite() {
            let says = if number < self.value { "It is more." } else { "It is less." };
            feedback.push(Feedback::plain(says));
        }
        Verdict::wrong(feedback)
    }

    fn right(&self) -> Response {
        Response::Number(self.value)
    }

    fn markdown(&mut self) -> Vec<&mut String> {
        let says = self.mistakes.iter_mut().map(|mistake| &mut mistake.feedback.says);
        std::iter::once(&mut self.prompt).chain(says).collect()
    }
}

fn read_mistake(mut entry: Fields<'_>) -> Option<WrongNumber> {
    let value = entry.number("value", "write the wrong number");
    let feedback = read_feedback(&mut entry);
    entry.finish();
    Some(WrongNumber { value: value?, feedback: feedback? })
}

#[cfg(test)]
mod tests {
    use super::super::check::{errors, read, told};
    use super::*;

    const BUDGET: &str = r#"
type = "Numeric"
prompt.prompt = "How many minutes?"
prompt.unit = "min"
answer.value = 43.2
answer.tolerance = 0.5
answer.mistakes = [{ value = 4.32, says = "That is 99.99 %.", misconception = "m" }]
"#;

    #[test]
    fn a_number_within_the_tolerance_is_right() {
        let kind = read(BUDGET);
        for (number, right) in [(43.2, true), (43.7, true), (42.7, true), (43.8, false)] {
            assert_eq!(kind.grade(&Response::Number(number)).correct, right, "{number}");
        }
        assert_eq!(told(&kind, Response::Number(4.0)), ["That is 99.99 %."]);
        assert_eq!(told(&kind, Response::Number(10.0)), ["It is more."]);
        assert_eq!(told(&kind, Response::Number(99.0)), ["It is less."]);
        assert_eq!(told(&kind, Response::Number(f64::NAN)), [""; 0]);
        assert_eq!(told(&kind, Response::Number(f64::INFINITY)), [""; 0]);
    }

    #[test]
    fn without_a_tolerance_the_number_must_be_exact() {
        let kind = read(&BUDGET.replace("answer.tolerance = 0.5", "").replace("43.2", "0.3"));
        assert!(kind.grade(&Response::Number(0.1 + 0.2)).correct, "but for rounding");
        assert!(!kind.grade(&Response::Number(0.300_001)).correct);
    }

    #[test]
    fn a_mistake_outside_reason_is_an_error() {
        assert_eq!(errors(&BUDGET.replace("value = 4.32", "value = 43")).len(), 1);
        assert_eq!(errors(&BUDGET.replace("= 0.5", "= -1")).len(), 1);
        assert_eq!(errors(&BUDGET.replace("= 43.2", "= nan")).len(), 1);
        assert_eq!(errors(&BUDGET.replace("= 43.2", "= \"43\"")).len(), 1);
    }
}
