//! What is kept of a learner's answers, by question and version.

use std::collections::BTreeMap;

use quizzes::Response;
use serde::{Deserialize, Serialize};

/// Where the record is kept.
pub const NAME: &str = "answers";

/// What is kept of one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The last answer.
    pub response: Response,
    /// Whether it was right.
    pub correct: bool,
    /// Number of answers given.
    pub tries: u32,
}

/// All answers, by [`quizzes::Question::key`]: a question that changed its version starts anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record(BTreeMap<String, Kept>);

impl Record {
    /// What is kept of a question.
    pub fn get(&self, key: &str) -> Option<&Kept> {
        self.0.get(key)
    }

    /// Keeps an answer.
    pub fn keep(&mut self, key: &str, response: Response, correct: bool) {
        let tries = self.0.get(key).map_or(0, |kept| kept.tries) + 1;
        self.0.insert(key.to_owned(), Kept { response, correct, tries });
    }

    /// Forgets the answers to these questions.
    pub fn forget<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>) {
        for key in keys {
            self.0.remove(key);
        }
    }

    /// How many of these questions are answered, and how many rightly.
    pub fn count<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> (usize, usize) {
        let kept = keys.into_iter().filter_map(|key| self.0.get(key));
        kept.fold((0, 0), |(all, right), kept| (all + 1, right + usize::from(kept.correct)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Response {
        Response::Text(text.into())
    }

    #[test]
    fn the_last_answer_counts_and_tries_are_counted() {
        let mut record = Record::default();
        record.keep("a-b@1", text("x"), false);
        record.keep("a-b@1", text("y"), true);
        record.keep("c-d@1", text("z"), false);
        let kept = record.get("a-b@1").expect("it was kept");
        assert_eq!((kept.tries, kept.correct, &kept.response), (2, true, &text("y")));
        assert_eq!(record.count(["a-b@1", "c-d@1", "e-f@1"]), (2, 1));
    }

    #[test]
    fn a_new_version_of_a_question_starts_anew() {
        let mut record = Record::default();
        record.keep("a-b@1", text("x"), true);
        assert_eq!(record.get("a-b@2"), None);
    }

    #[test]
    fn the_record_survives_the_store() {
        let mut record = Record::default();
        record.keep("a-b@1", Response::Number(2.5), true);
        record.forget(["x"]);
        let json = serde_json::to_string(&record).expect("plain data");
        assert_eq!(serde_json::from_str::<Record>(&json).expect("own JSON"), record);
        record.forget(["a-b@1"]);
        assert_eq!(record, Record::default());
    }
}
