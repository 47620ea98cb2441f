//! What a learner answers, and what comes back.

use serde::{Deserialize, Serialize};

/// A learner's answer. Numbers refer to the lists of the question in the order of the file, never
/// to the shuffled order on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", content = "value", rename_all = "camelCase")]
pub enum Response {
    /// Typed text: `ShortAnswer`.
    Text(String),
    /// Chosen choices: `MultipleChoice`.
    Choices(Vec<usize>),
    /// All items, in the learner's order: `Ordering`.
    Order(Vec<usize>),
    /// For every left side, the right side chosen: `Matching`.
    Pairs(Vec<usize>),
    /// A number in the question's unit: `Numeric`.
    Number(f64),
    /// What a program does: `Tracing`.
    Trace {
        /// Whether it compiles.
        compiles: bool,
        /// What it prints, if it compiles.
        stdout: String,
    },
    /// For every point of the rubric, whether the spoken answer had it: `Open`.
    Points(Vec<bool>),
}

/// The judgement of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether the whole answer is right.
    pub correct: bool,
    /// What to tell the learner about what was wrong; empty for a right answer.
    pub feedback: Vec<Feedback>,
}

/// Why an answer is wrong. Markdown, or HTML once [`crate::Quiz::map_markdown`] has rendered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// What to tell the learner.
    pub says: String,
    /// The false belief that the answer shows, as a short plain-text sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub misconception: Option<String>,
}

impl Feedback {
    /// Feedback that shows no particular misconception.
    pub(crate) fn plain(says: impl Into<String>) -> Self {
        Self { says: says.into(), misconception: None }
    }
}

impl Verdict {
    /// A right answer.
    pub(crate) fn right() -> Self {
        Self { correct: true, feedback: Vec::new() }
    }

    /// A wrong answer.
    pub(crate) fn wrong(feedback: Vec<Feedback>) -> Self {
        Self { correct: false, feedback }
    }

    /// An answer that does not fit the kind of question.
    pub(crate) fn misfit(expected: &str) -> Self {
        Self::wrong(vec![Feedback::plain(format!("This question expects {expected}."))])
    }
}
