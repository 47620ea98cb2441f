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
