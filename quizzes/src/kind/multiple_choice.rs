//! Choices, one or several right.

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::DeValue;

use super::Form;
use super::mistake::read_feedback;
use crate::fields::{Fields, Report, Text, check_unique, text_of};
use crate::response::{Feedback, Response, Verdict};
use crate::shuffle::shuffled;

/// Choices, one or several right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultipleChoice {
    /// Markdown.
    pub prompt: String,
    /// The right choices in the file's order, then the wrong ones.
    pub choices: Vec<Choice>,
    /// Whether the learner may choose several (check boxes, not radio buttons).
    pub several: bool,
    /// How the choices are arranged.
    pub layout: Layout,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Markdown.
    pub text: String,
    /// Whether it is right.
    pub correct: bool,
    /// What to tell a learner who chooses it wrongly.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feedback: Option<Feedback>,
}

/// How choices are arranged on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Layout {
    /// In an order drawn from the seed.
    Shuffled,
    /// By text (`sortAnswers`).
    Sorted,
    /// The one right choice at this place from 0, the wrong ones around it in the file's order
    /// (`answerIndex`).
    AnswerAt(u32),
}

impl Form for MultipleChoice {
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self> {
        let report = prompt.report;
        let text = prompt.text("prompt", "write the question");
        let (right, several) = read_right(answer);
        let wrong = prompt.list("distractors");
        if wrong.is_empty() {
            let help = "write `prompt.distractors = [\"...\"]`";
            report.error(&prompt.at, "there is no wrong choice", help);
        }
        let wrong: Vec<_> = wrong.into_iter().filter_map(|w| read_wrong(w, report)).collect();
        let wrong_texts: Vec<Text> = wrong.iter().map(|(text, _)| text.clone()).collect();
        check_unique(&right, "the answer", report);
        check_unique(&wrong_texts, "the wrong choice", report);
        for text in wrong_texts.iter().filter(|w| right.iter().any(|r| r.value == w.value)) {
            let message = format!("`{}` is both right and wrong", text.value);
            report.error(&text.at, message, "take it out of `answer` or out of `distractors`");
        }
        let layout = read_layout(prompt, right.len(), wrong.len());
        let text = text?;
        if right.is_empty() {
            return None;
        }
        let right = right.into_iter();
        let right = right.map(|text| Choice { text: text.value, correct: true, feedback: None });
        let wrong = wrong.into_iter();
        let wrong =
            wrong.map(|(text, feedback)| Choice { text: text.value, correct: false, feedback });
        Some(Self { prompt: text.value, choices: right.chain(wrong).collect(), several, layout })
    }

    fn prompt(&self) -> &str {
        &self.prompt
    }

    fn grade(&self, response: &Response) -> Verdict {
        let Response::Choices(chosen) = response else {
            return Verdict::misfit("one or more of the choices");
        };
        let is_chosen = |index: usize| chosen.contains(&index);
        let known = chosen.iter().all(|index| *index < self.choices.len());
        let correct = known
            && self.choices.iter().enumerate().all(|(i, choice)| choice.correct == is_chosen(i));
        if correct {
            return Verdict::right();
        }
        let choices = self.choices.iter().enumerate();
        let wrongly = choices.clone().filter(|(i, choice)| !choice.correct && is_chosen(*i));
        let mut feedback: Vec<_> =
            wrongly.filter_map(|(_, choice)| choice.feedback.clone()).collect();
        let missed = choices.filter(|(i, choice)| choice.correct && !is_chosen(*i)).count();
        if self.several && 0 < missed {
            let found = self.choices.iter().filter(|choice| choice.correct).count() - missed;
            feedback
                .push(Feedback::plain(format!("Right choices found: {found}, missed: {missed}.")));
        }
        Verdict::wrong(feedback)
    }

    fn right(&self) -> Response {
        let right = self.choices.iter().enumerate().filter(|(_, choice)| choice.correct);
        Response::Choices(right.map(|(index, _)| index).collect())
    }

    fn markdown(&mut self) -> Vec<&mut String> {
        let choices = self.choices.iter_mut().flat_map(|choice| {
            let says = choice.feedback.as_mut().map(|feedback| &mut feedback.says);
            [Some(&mut choice.text), says].into_iter().flatten()
        });
        std::iter::once(&mut self.prompt).chain(choices).collect()
    }

    fn arrange(&self, seed: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.choices.len()).collect();
        match self.layout {
            Layout::Shuffled => shuffled(self.choices.len(), seed),
            Layout::Sorted => {
                order.sort_by(|a, b| self.choices[*a].text.cmp(&self.choices[*b].text));
                order
            }
            Layout::AnswerAt(place) => {
                order.rotate_left(1);
                order.pop();
                order.insert((place as usize).min(order.len()), 0);
                order
            }
        }
    }
}

/// `answer.answer`: a text, or a list of texts for several right choices.
fn read_right(answer: &mut Fields<'_>) -> (Vec<Text>, bool) {
    if !answer.has("answer") {
        let _ = answer.text("answer", "write the right choice, or a list of them");
        return (Vec::new(), false);
    }
    if !answer.is_list("answer") {
        return (answer.text("answer", "").into_iter().collect(), false);
    }
    let right = answer.texts("answer");
    if right.is_empty() {
        answer.report.error(&answer.at, "there is no right choice", "name at least one");
    }
    (right, true)
}

/// A wrong choice: its text alone (mdbook-quiz), or a table that also has feedback.
fn read_wrong(
    value: &Spanned<DeValue<'_>>,
    report: &Report<'_>,
) -> Option<(Text, Option<Feedback>)> {
    let at = value.span();
    let Some(table) = value.get_ref().as_table() else {
        let text = text_of(value, report, "distractors")?;
        let help = "write `{ choice = \"...\", says = \"...\", misconception = \"...\" }`";
        report.advice(&at, format!("the wrong choice `{}` has no feedback", text.value), help);
        return Some((text, None));
    };
    let mut entry = Fields::new("a wrong choice", table, at, report);
    let text = entry.text("choice", "write the choice itself");
    let feedback = read_feedback(&mut entry);
    entry.finish();
    Some((text?, feedback))
}

fn read_layout(prompt: &mut Fields<'_>, right: usize, wrong: usize) -> Layout {
    let sorted = prompt.optional_bool("sortAnswers").unwrap_or(false);
    let place = prompt.optional_count("answerIndex");
    let error = |message: &str, help| prompt.report.error(&prompt.at, message, help);
    match place {
        None if sorted => Layout::Sorted,
        None => Layout::Shuffled,
        Some(place) => {
            if sorted {
                error("`answerIndex` and `sortAnswers` exclude each other", "keep one of them");
            }
            if 1 < right {
                error("`answerIndex` works with one right choice only", "leave it out");
            }
            if wrong < place as usize {
                error("`answerIndex` is past the last place", "places count from 0");
            }
            Layout::AnswerAt(place)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{errors, problems, read, told};
    use super::*;

    const FLAG: &str = r#"
type = "MultipleChoice"
prompt.prompt = "Which flag?"
answer.answer = "NC"
[[questions.prompt.distractors]]
choice = "NR"
says = "There is a route."
misconception = "a missing subset is a missing route"
[[questions.prompt.distractors]]
choice = "UH"
says = "There is no cluster at all."
misconception = "a missing subset is an empty one"
"#;

    #[test]
    fn a_wrong_choice_gets_its_own_feedback() {
        let kind = read(FLAG);
        assert!(kind.grade(&Response::Choices(vec![0])).correct);
        assert_eq!(told(&kind, Response::Choices(vec![2])), ["There is no cluster at all."]);
        assert_eq!(told(&kind, Response::Choices(vec![])), [""; 0]);
        assert_eq!(told(&kind, Response::Choices(vec![9])), [""; 0], "a choice that is not there");
        assert_eq!(told(&kind, Response::Number(1.0)).len(), 1);
    }

    #[test]
    fn several_right_choices_must_all_be_found() {
        let several = "type = \"MultipleChoice\"\nprompt.prompt = \"?\"\nprompt.distractors = [\"c\"]\n\
                       answer.answer = [\"a\", \"b\"]";
        let kind = read(several);
        assert!(kind.grade(&Response::Choices(vec![1, 0])).correct);
        assert_eq!(told(&kind, Response::Choices(vec![0])), ["Right choices found: 1, missed: 1."]);
        assert!(!kind.grade(&Response::Choices(vec![0, 1, 2])).correct);
    }

    #[test]
    fn a_plain_mdbook_quiz_question_is_valid_and_only_lacks_feedback() {
        let plain = "type = \"MultipleChoice\"\nprompt.prompt = \"?\"\nprompt.distractors = [\"b\"]\n\
                     answer.answer = \"a\"";
        assert_eq!(problems(plain), ["6: the wrong choice `b` has no feedback"]);
    }

    #[test]
    fn contradictions_are_reported_all_at_once() {
        let wrong = "type = \"MultipleChoice\"\nprompt.prompt = \"?\"\n\
                     prompt.distractors = [\"a\", \"b\", \"b\"]\nprompt.answerIndex = 7\n\
                     prompt.sortAnswers = true\nprompt.distractor = 1\nanswer.answer = \"a\"";
        let expected = [
            "`answerIndex` and `sortAnswers` exclude each other",
            "`answerIndex` is past the last place",
            "`a` is both right and wrong",
            "the wrong choice `b` occurs twice",
            "`prompt` has no field `distractor`",
        ];
        let found = errors(wrong);
        for message in expected {
            assert!(found.iter().any(|f| f.ends_with(message)), "{message} is not in {found:#?}");
        }
        assert_eq!(found.len(), expected.len(), "{found:#?}");
    }

    #[test]
    fn the_layout_puts_choices_where_the_file_says() {
        let layout = |line: &str| {
            let plain = "type = \"MultipleChoice\"\nprompt.prompt = \"?\"\n\
                         prompt.distractors = [\"c\", \"a\"]\nanswer.answer = \"b\"\n";
            read(&format!("{plain}{line}")).arrange(7)
        };
        assert_eq!(layout("prompt.sortAnswers = true"), [2, 0, 1]);
        assert_eq!(layout("prompt.answerIndex = 0"), [0, 1, 2]);
        assert_eq!(layout("prompt.answerIndex = 2"), [1, 2, 0]);
        assert_eq!(layout(""), shuffled(3, 7));
    }
}
