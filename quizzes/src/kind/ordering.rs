//! Items to put in order.

use serde::{Deserialize, Serialize};

use super::Form;
use super::mistake::{advise_mistakes, read_feedback};
use crate::fields::{Fields, Text, check_unique};
use crate::response::{Feedback, Response, Verdict};
use crate::shuffle::shuffled;

/// Items to put in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ordering {
    /// Markdown.
    pub prompt: String,
    /// The items in the right order; Markdown.
    pub items: Vec<String>,
    /// Likely wrong orders.
    pub mistakes: Vec<WrongOrder>,
}

/// Two items the wrong way round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrongOrder {
    /// The item that is put too early.
    pub early: usize,
    /// The item that must come before it.
    pub late: usize,
    /// What to tell the learner.
    pub feedback: Feedback,
}

impl Form for Ordering {
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self> {
        let text = prompt.text("prompt", "write the question");
        let items = answer.texts("order");
        check_unique(&items, "the item", answer.report);
        if items.len() < 3 {
            let help = "write `answer.order = [...]`, at least three items in the right order";
            answer.report.error(&answer.at, "there is too little to put in order", help);
        }
        let entries = answer.tables("mistakes");
        let help = "add `[[questions.answer.mistakes]]` with `puts`, `before`, `says`";
        advise_mistakes(answer, entries.len(), help);
        let mistakes = entries.into_iter().filter_map(|entry| read_mistake(entry, &items));
        let mistakes = mistakes.collect();
        let items: Vec<_> = items.iter().map(|item| item.value.clone()).collect();
        Some(Self { prompt: text?.value, items, mistakes })
    }

    fn prompt(&self) -> &str {
        &self.prompt
    }

    fn grade(&self, response: &Response) -> Verdict {
        let Response::Order(order) = response else {
            return Verdict::misfit("the items in an order");
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.items.len()) {
            return Verdict::misfit("every item once");
        }
        let Some(first_wrong) = order.iter().enumerate().position(|(place, item)| place != *item)
        else {
            return Verdict::right();
        };
        let place = |item: usize| order.iter().position(|other| *other == item);
        let shown = self.mistakes.iter().filter(|m| place(m.early) < place(m.late));
        let mut feedback: Vec<_> = shown.map(|mistake| mistake.feedback.clone()).collect();
        if feedback.is_empty() {
            let says =
                format!("The first {first_wrong} are right; place {} is not.", first_wrong + 1);
            feedback.push(Feedback::plain(says));
        }
        Verdict::wrong(feedback)
    }

    fn right(&self) -> Response {
        Response::Order((0..self.items.len()).collect())
    }

    fn markdown(&mut self) -> Vec<&mut String> {
        let says = self.mistakes.iter_mut().map(|mistake| &mut mistake.feedback.says);
        std::iter::once(&mut self.prompt).chain(&mut self.items).chain(says).collect()
    }

    /// Never the right order: a learner who changes nothing has not answered.
    fn arrange(&self, seed: u64) -> Vec<usize> {
        let mut order = shuffled(self.items.len(), seed);
        if order.is_sorted() && 1 < order.len() {
            order.rotate_left(1);
        }
        order
    }
}

fn read_mistake(mut entry: Fields<'_>, items: &[Text]) -> Option<WrongOrder> {
    let early = read_item(&mut entry, "puts", items);
    let late = read_item(&mut entry, "before", items);
    let feedback = read_feedback(&mut entry);
    let (report, at) = (entry.report, entry.at.clone());
    entry.finish();
    let (early, late) = (early?, late?);
    if early <= late {
        let help = "`puts` names the item that is too early, `before` the one it must follow";
        report.error(&at, "this is the right order, not a mistake", help);
        return None;
    }
    Some(WrongOrder { early, late, feedback: feedback? })
}

/// The number of the item that a field of a mistake names.
fn read_item(entry: &mut Fields<'_>, key: &'static str, items: &[Text]) -> Option<usize> {
    let named = entry.text(key, "copy one of the items of `answer.order`")?;
    let found = items.iter().position(|item| item.value == named.value);
    if found.is_none() {
        let message = format!("`{}` is none of the items", named.value);
        entry.report.error(&named.at, message, "copy one of the items of `answer.order`");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::check::{errors, problems, read, told};
    use super::*;

    const STEPS: &str = r#"
type = "Ordering"
prompt.prompt = "Order them."
answer.order = ["expand", "backfill", "contract"]
[[questions.answer.mistakes]]
puts = "contract"
before = "backfill"
says = "Old rows are not copied yet."
misconception = "new code needs no old data"
"#;

    #[test]
    fn only_the_exact_order_is_right() {
        let kind = read(STEPS);
        assert!(kind.grade(&Response::Order(vec![0, 1, 2])).correct);
        let told_of = |order: &[usize]| told(&kind, Response::Order(order.to_vec()));
        assert_eq!(told_of(&[0, 2, 1]), ["Old rows are not copied yet."]);
        assert_eq!(told_of(&[1, 0, 2]), ["The first 0 are right; place 1 is not."]);
        assert_eq!(told_of(&[0, 0, 1]), ["This question expects every item once."]);
    }

    #[test]
    fn the_learner_never_starts_from_the_right_order() {
        let kind = read(STEPS);
        for seed in 0..100 {
            assert_ne!(kind.arrange(seed), [0, 1, 2], "seed {seed}");
        }
    }

    #[test]
    fn a_mistake_must_name_two_items_in_the_wrong_order() {
        let right = STEPS.replace("puts = \"contract\"", "puts = \"expand\"");
        assert_eq!(errors(&right), ["8: this is the right order, not a mistake"]);
        let unknown = STEPS.replace("before = \"backfill\"", "before = \"backfil\"");
        assert_eq!(errors(&unknown), ["10: `backfil` is none of the items"]);
    }

    #[test]
    fn an_order_of_two_is_too_little_and_mistakes_are_advised() {
        let two = "type = \"Ordering\"\nprompt.prompt = \"?\"\nanswer.order = [\"a\", \"b\"]";
        assert_eq!(problems(two).len(), 2, "{:?}", problems(two));
    }
}
