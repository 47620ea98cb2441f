//! Left sides to join with right sides.

use serde::{Deserialize, Serialize};

use super::Form;
use super::mistake::{advise_mistakes, read_feedback};
use crate::fields::{Fields, Text, check_unique};
use crate::response::{Feedback, Response, Verdict};
use crate::shuffle::shuffled;

/// Left sides to join with right sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matching {
    /// Markdown.
    pub prompt: String,
    /// Left sides; Markdown.
    pub lefts: Vec<String>,
    /// Right sides: the one at the same place belongs to a left side, the rest belongs to none.
    pub rights: Vec<String>,
    /// Likely wrong pairs.
    pub mistakes: Vec<Mismatch>,
}

/// A likely wrong pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Place of the left side.
    pub left: usize,
    /// Place of the right side.
    pub right: usize,
    /// What to tell the learner.
    pub feedback: Feedback,
}

impl Form for Matching {
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self> {
        let text = prompt.text("prompt", "write the question");
        let mut lefts = Vec::new();
        let mut rights = Vec::new();
        for mut pair in answer.tables("pairs") {
            lefts.extend(pair.text("left", "write the left side"));
            rights.extend(pair.text("right", "write the right side"));
            pair.finish();
        }
        if lefts.len() < 2 {
            let help = "write `answer.pairs = [{ left = \"...\", right = \"...\" }, ...]`";
            answer.report.error(&answer.at, "there are fewer than two pairs", help);
        }
        if lefts.len() != rights.len() {
            return None;
        }
        rights.extend(prompt.texts("extra"));
        check_unique(&lefts, "the left side", answer.report);
        check_unique(&rights, "the right side", answer.report);
        let entries = answer.tables("mistakes");
        let help = "add `[[questions.answer.mistakes]]` with `left`, `right`, `says`";
        advise_mistakes(answer, entries.len(), help);
        let mistakes = entries.into_iter().filter_map(|entry| read_mistake(entry, &lefts, &rights));
        let mistakes = mistakes.collect();
        let values = |texts: Vec<Text>| texts.into_iter().map(|text| text.value).collect();
        Some(Self { prompt: text?.value, lefts: values(lefts), rights: values(rights), mistakes })
    }

    fn prompt(&self) -> &str {
        &self.prompt
    }

    fn grade(&self, response: &Response) -> Verdict {
        let Response::Pairs(pairs) = response else {
            return Verdict::misfit("a right side for every left side");
        };
        if pairs.len() != self.lefts.len() {
            return Verdict::misfit("a right side for every left side");
        }
        let wrong = pairs.iter().enumerate().filter(|(left, right)| left != *right);
        let wrong: Vec<_> = wrong.collect();
        if wrong.is_empty() {
            return Verdict::right();
        }
        let known = |(left, right): &(usize, &usize)| {
            self.mistakes.iter().find(|m| m.left == *left && m.right == **right)
        };
        let mut feedback: Vec<_> =
            wrong.iter().filter_map(known).map(|mistake| mistake.feedback.clone()).collect();
        let rest = wrong.len() - feedback.len();
        if 0 < rest {
            feedback.push(Feedback::plain(format!("Other wrong pairs: {rest}.")));
        }
        Verdict::wrong(feedback)
    }

    fn right(&self) -> Response {
        Response::Pairs((0..self.lefts.len()).collect())
    }

    fn markdown(&mut self) -> Vec<&mut String> {
        let says = self.mistakes.iter_mut().map(|mistake| &mut mistake.feedback.says);
        let sides = self.lefts.iter_mut().chain(&mut self.rights);
        std::iter::once(&mut self.prompt).chain(sides).chain(says).collect()
    }

    /// The order of the right sides.
    fn arrange(&self, seed: u64) -> Vec<usize> {
        shuffled(self.rights.len(), seed)
    }
}

fn read_mistake(mut entry: Fields<'_>, lefts: &[Text], rights: &[Text]) -> Option<Mismatch> {
    let left = read_side(&mut entry, "left", lefts);
    let right = read_side(&mut entry, "right", rights);
    let feedback = read_feedback(&mut entry);
    let (report, at) = (entry.report, entry.at.clone());
    entry.finish();
    let (left, right) = (left?, right?);
    if left == right {
        report.error(&at, "this pair is right, not a mistake", "name a wrong right side");
        return None;
    }
    Some(Mismatch { left, right, feedback: feedback? })
}

fn read_side(entry: &mut Fields<'_>, key: &'static str, sides: &[Text]) -> Option<usize> {
    let named = entry.text(key, "copy it from `answer.pairs` or `prompt.extra`")?;
    let found = sides.iter().position(|side| side.value == named.value);
    if found.is_none() {
        let message = format!("`{}` is none of the {key} sides", named.value);
        entry.report.error(&named.at, message, "copy it from `answer.pairs` or `prompt.extra`");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::check::{errors, read, told};
    use super::*;

    const FLAGS: &str = r#"
type = "Matching"
prompt.prompt = "Join them."
prompt.extra = ["timeout"]
answer.pairs = [
  { left = "NR", right = "no route" },
  { left = "NC", right = "no cluster" },
  { left = "UH", right = "no endpoint" },
]
answer.mistakes = [{ left = "NC", right = "no route", says = "It has one.", misconception = "m" }]
"#;

    #[test]
    fn every_pair_must_be_right() {
        let kind = read(FLAGS);
        assert!(kind.grade(&Response::Pairs(vec![0, 1, 2])).correct);
        let told_of = |pairs: &[usize]| told(&kind, Response::Pairs(pairs.to_vec()));
        assert_eq!(told_of(&[1, 0, 2]), ["It has one.", "Other wrong pairs: 1."]);
        assert_eq!(told_of(&[3, 1, 2]), ["Other wrong pairs: 1."]);
        assert_eq!(told_of(&[0, 1]).len(), 1);
    }

    #[test]
    fn the_right_sides_are_shuffled_with_the_extra_ones() {
        let mut order = read(FLAGS).arrange(3);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3]);
    }

    #[test]
    fn a_side_occurs_once_and_a_mistake_is_a_wrong_pair() {
        assert_eq!(errors(&FLAGS.replace("no endpoint", "no route")).len(), 1);
        assert_eq!(errors(&FLAGS.replace("[{ left = \"NC\"", "[{ left = \"NR\"")).len(), 1);
        assert_eq!(errors(&FLAGS.replace("[{ left = \"NC\"", "[{ left = \"NX\"")).len(), 1);
    }
}
