//! An interview question, answered aloud and judged by its rubric.

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::DeValue;

use super::Form;
use crate::fields::{Fields, Report, text_of};
use crate::response::{Feedback, Response, Verdict};

/// Words of a model answer: 60 to 120 seconds of speech at 150 words a minute.
const SPOKEN_WORDS: std::ops::RangeInclusive<usize> = 150..=300;

/// An interview question, answered aloud and judged by its rubric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// Markdown.
    pub prompt: String,
    /// An answer as a good candidate would speak it, 60 to 120 seconds long; Markdown.
    pub model: String,
    /// What the answer is judged by.
    pub rubric: Vec<RubricPoint>,
    /// What an interviewer asks next.
    pub follow_ups: Vec<FollowUp>,
    /// What candidates often get wrong.
    pub mistakes: Vec<Mistake>,
}

/// One thing an answer should say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RubricPoint {
    /// Markdown.
    pub point: String,
    /// Whether a good answer may lack it.
    pub bonus: bool,
}

/// A question that an interviewer asks next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Markdown.
    pub asks: String,
    /// Markdown.
    pub answer: String,
}

/// What candidates often say wrongly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// What they say; Markdown.
    pub claim: String,
    /// Why it is wrong; Markdown.
    pub says: String,
}

impl Form for Open {
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self> {
        let report = answer.report;
        let text = prompt.text("prompt", "write the question");
        let model = answer.text("model", "write an answer as it would be spoken");
        if let Some(model) = &model {
            let words = model.value.split_whitespace().count();
            if !SPOKEN_WORDS.contains(&words) {
                let message = format!("the model answer has {words} words");
                let help = "write 150 to 300 words, one to two minutes of speech";
                report.advice(&model.at, message, help);
            }
        }
        let rubric = answer.list("rubric").into_iter();
        let rubric: Vec<_> = rubric.filter_map(|entry| read_point(entry, report)).collect();
        if rubric.iter().all(|point| point.bonus) {
            let help = "write `answer.rubric = [\"...\"]`, what a good answer must say";
            report.error(&answer.at, "the rubric asks for nothing", help);
        }
        let follow_ups = answer.tables("followUps").into_iter().filter_map(read_follow_up);
        let follow_ups: Vec<_> = follow_ups.collect();
        let mistakes = answer.tables("mistakes").into_iter().filter_map(read_mistake);
        let mistakes: Vec<_> = mistakes.collect();
        if follow_ups.is_empty() || mistakes.is_empty() {
            let help = "add `[[questions.answer.followUps]]` and `[[questions.answer.mistakes]]`";
            report.advice(&answer.at, "follow-ups or common mistakes are missing", help);
        }
        Some(Self { prompt: text?.value, model: model?.value, rubric, follow_ups, mistakes })
    }

    fn prompt(&self) -> &str {
        &self.prompt
    }

    fn grade(&self, response: &Response) -> Verdict {
        let Response::Points(said) = response else {
            return Verdict::misfit("a judgement of every rubric point");
        };
        if said.len() != self.rubric.len() {
            return Verdict::misfit("a judgement of every rubric point");
        }
        let missed = self.rubric.iter().zip(said).filter(|(point, said)| !point.bonus && !**said);
        let feedback: Vec<_> = missed.map(|(point, _)| Feedback::plain(&point.point)).collect();
        Verdict { correct: feedback.is_empty(), feedback }
    }

    fn right(&self) -> Response {
        Response::Points(vec![true; self.rubric.len()])
    }

    fn markdown(&mut self) -> Vec<&mut String> {
        let mut texts = vec![&mut self.prompt, &mut self.model];
        texts.extend(self.rubric.iter_mut().map(|point| &mut point.point));
        texts.extend(self.follow_ups.iter_mut().flat_map(|f| [&mut f.asks, &mut f.answer]));
        texts.extend(self.mistakes.iter_mut().flat_map(|m| [&mut m.claim, &mut m.says]));
        texts
    }
}

/// A rubric point: its text, or a table that marks it as a bonus.
fn read_point(value: &Spanned<DeValue<'_>>, report: &Report<'_>) -> Option<RubricPoint> {
    let Some(table) = value.get_ref().as_table() else {
        let point = text_of(value, report, "rubric")?.value;
        return Some(RubricPoint { point, bonus: false });
    };
    let mut entry = Fields::new("a rubric point", table, value.span(), report);
    let point = entry.text("point", "write what the answer should say");
    let bonus = entry.optional_bool("bonus").unwrap_or(false);
    entry.finish();
    Some(RubricPoint { point: point?.value, bonus })
}

fn read_follow_up(mut entry: Fields<'_>) -> Option<FollowUp> {
    let asks = entry.text("asks", "write the question");
    let answer = entry.text("answer", "write a short answer");
    entry.finish();
    Some(FollowUp { asks: asks?.value, answer: answer?.value })
}

fn read_mistake(mut entry: Fields<'_>) -> Option<Mistake> {
    let claim = entry.text("claim", "write what candidates say");
    let says = entry.text("says", "write why it is wrong");
    entry.finish();
    Some(Mistake { claim: claim?.value, says: says?.value })
}

#[cfg(test)]
mod tests {
    use super::super::check::{errors, problems, read, told};
    use super::*;

    fn open(words: usize) -> String {
        let model = vec!["word"; words].join(" ");
        format!(
            "type = \"Open\"\nlevel = \"mid\"\nprompt.prompt = \"Why?\"\nanswer.model = \"{model}\"\n\
             answer.rubric = [\"says why\", {{ point = \"says when\", bonus = true }}]\n\
             answer.followUps = [{{ asks = \"And?\", answer = \"So.\" }}]\n\
             answer.mistakes = [{{ claim = \"It is free.\", says = \"It is not.\" }}]"
        )
    }

    #[test]
    fn a_bonus_point_may_be_missed() {
        let kind = read(&open(200));
        assert!(kind.grade(&Response::Points(vec![true, false])).correct);
        assert_eq!(told(&kind, Response::Points(vec![false, true])), ["says why"]);
        assert_eq!(told(&kind, Response::Points(vec![true])).len(), 1);
    }

    #[test]
    fn a_model_answer_takes_one_to_two_minutes() {
        for (words, fits) in [(149, false), (150, true), (300, true), (301, false)] {
            assert_eq!(problems(&open(words)).is_empty(), fits, "{words} words");
        }
    }

    #[test]
    fn a_rubric_must_ask_for_something_and_a_level_is_advised() {
        let bonus_only = open(200).replace("\"says why\", ", "");
        assert_eq!(errors(&bonus_only).len(), 1);
        let no_level = open(200).replace("level = \"mid\"\n", "");
        assert_eq!(problems(&no_level).len(), 1);
    }
}
