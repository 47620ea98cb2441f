//! A typed word or phrase.

use serde::{Deserialize, Serialize};

use super::Form;
use super::mistake::read_feedback;
use crate::fields::Fields;
use crate::response::{Feedback, Response, Verdict};

/// A typed word or phrase; compared without outer spaces and without regard to case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShortAnswer {
    /// Markdown.
    pub prompt: String,
    /// What the input looks like: `short`, `long` or `code`.
    pub field: String,
    /// The right answer; plain text.
    pub answer: String,
    /// Other right answers.
    pub alternatives: Vec<String>,
    /// Likely wrong answers.
    pub mistakes: Vec<WrongText>,
}

/// A likely wrong text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrongText {
    /// What is typed.
    pub answer: String,
    /// What to tell the learner.
    pub feedback: Feedback,
}

/// How texts are compared.
fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Form for ShortAnswer {
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self> {
        let text = prompt.text("prompt", "write the question");
        let field = prompt.word("response", &["short", "long", "code"]).unwrap_or("short");
        let right = answer.text("answer", "write the right answer");
        let alternatives = answer.texts("alternatives");
        let alternatives: Vec<_> = alternatives.into_iter().map(|text| text.value).collect();
        let entries = answer.tables("mistakes").into_iter();
        let mistakes: Vec<_> = entries.filter_map(read_mistake).collect();
        let (text, right) = (text?, right?);
        for mistake in &mistakes {
            let accepted = alternatives.iter().chain([&right.value]);
            if accepted.map(|text| plain(text)).any(|text| text == plain(&mistake.answer)) {
                let message = format!("`{}` is both right and wrong", mistake.answer);
                answer.report.error(&answer.at, message, "take it out of `mistakes`");
            }
        }
        let (prompt, answer, field) = (text.value, right.value, field.to_owned());
        Some(Self { prompt, field, answer, alternatives, mistakes })
    }

    fn prompt(&self) -> &str {
        &self.prompt
    }

    fn grade(&self, response: &Response) -> Verdict {
        let Response::Text(typed) = response else { return Verdict::misfit("a typed text") };
        let typed = plain(typed);
        let mut right = self.alternatives.iter().chain([&self.answer]);
        if right.any(|right| plain(right) == typed) {
            return Verdict::right();
        }
        let known = self.mistakes.iter().filter(|mistake| plain(&mistake.answer) == typed);
        Verdict::wrong(known.map(|mistake| mistake.feedback.clone()).collect())
    }

    fn right(&self) -> Response {
        Response::Text(self.answer.clone())
    }

    fn markdown(&mut self) -> Vec<&mut String> {
        let says = self.mistakes.iter_mut().map(|mistake| &mut mistake.feedback.says);
        std::iter::once(&mut self.prompt).chain(says).collect()
    }
}

fn read_mistake(mut entry: Fields<'_>) -> Option<WrongText> {
    let answer = entry.text("answer", "write what a learner types");
    let feedback = read_feedback(&mut entry);
    entry.finish();
    Some(WrongText { answer: answer?.value, feedback: feedback? })
}

#[cfg(test)]
mod tests {
    use super::super::check::{errors, read, told};
    use super::*;

    const FLAG: &str = r#"
type = "ShortAnswer"
prompt.prompt = "Which flag?"
answer.answer = "UH"
answer.alternatives = ["NoHealthyUpstream"]
answer.mistakes = [{ answer = "NR", says = "That is a missing route.", misconception = "m" }]
"#;

    #[test]
    fn case_and_outer_spaces_do_not_matter() {
        let kind = read(FLAG);
        for right in ["UH", " uh\n", "nohealthyupstream"] {
            assert!(kind.grade(&Response::Text(right.into())).correct, "{right}");
        }
        assert_eq!(told(&kind, Response::Text("nr".into())), ["That is a missing route."]);
        assert_eq!(told(&kind, Response::Text("U H".into())), [""; 0]);
    }

    #[test]
    fn a_mistake_cannot_be_an_accepted_answer() {
        let wrong = FLAG.replace("answer = \"NR\"", "answer = \"nohealthyUPSTREAM\"");
        assert_eq!(errors(&wrong).len(), 1, "{:?}", errors(&wrong));
    }

    #[test]
    fn an_unknown_input_field_is_an_error_with_a_suggestion() {
        let wrong = format!("{FLAG}prompt.response = \"shrt\"");
        assert!(errors(&wrong)[0].contains("expected one of `short`, `long`, `code`"));
    }
}
