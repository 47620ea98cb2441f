//! The kinds of question, one file each: its data, how it is read and checked, how it is graded.
//!
//! A new kind is a file with a type that implements [`Form`], and one line in the list below.

use serde::{Deserialize, Serialize};

use crate::fields::Fields;
use crate::response::{Response, Verdict};
use crate::suggest::nearest;

#[cfg(test)]
mod check;
mod matching;
mod mistake;
mod multiple_choice;
mod numeric;
mod open;
mod ordering;
mod short_answer;
mod tracing;

pub use matching::{Matching, Mismatch};
pub use multiple_choice::{Choice, Layout, MultipleChoice};
pub use numeric::{Numeric, WrongNumber};
pub use open::{FollowUp, Mistake, Open, RubricPoint};
pub use ordering::{Ordering, WrongOrder};
pub use short_answer::{ShortAnswer, WrongText};
pub use tracing::Tracing;

/// What every kind of question can do.
pub(crate) trait Form: Sized {
    /// Reads the tables `prompt` and `answer`; None if an error was reported that leaves no question.
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self>;
    /// The question itself, in Markdown.
    fn prompt(&self) -> &str;
    /// Judges an answer.
    fn grade(&self, response: &Response) -> Verdict;
    /// The right answer.
    fn right(&self) -> Response;
    /// All Markdown texts.
    fn markdown(&mut self) -> Vec<&mut String>;
    /// The order in which the movable parts are shown; empty if the kind has none.
    fn arrange(&self, _seed: u64) -> Vec<usize> {
        Vec::new()
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// A question's prompt and answer.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        pub enum Kind {
            $($(#[$doc])* $name($name),)+
        }

        /// Values of the field `type`.
        const NAMES: &[&str] = &[$(stringify!($name)),+];

        fn read_as(name: &str, prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Kind> {
            match name {
                $(stringify!($name) => $name::read(prompt, answer).map(Kind::$name),)+
                _ => None,
            }
        }

        impl Kind {
            /// The question itself, in Markdown.
            pub fn prompt(&self) -> &str {
                match self { $(Self::$name(form) => form.prompt(),)+ }
            }

            /// Judges an answer.
            pub fn grade(&self, response: &Response) -> Verdict {
                match self { $(Self::$name(form) => form.grade(response),)+ }
            }

            /// The right answer.
            pub fn right(&self) -> Response {
                match self { $(Self::$name(form) => form.right(),)+ }
            }

            /// The order in which the page shows choices, items or right sides, drawn from `seed`;
            /// empty for kinds without them. Responses use the numbers in this list.
            pub fn arrange(&self, seed: u64) -> Vec<usize> {
                match self { $(Self::$name(form) => form.arrange(seed),)+ }
            }

            /// All Markdown texts.
            pub(crate) fn markdown(&mut self) -> Vec<&mut String> {
                match self { $(Self::$name(form) => form.markdown(),)+ }
            }
        }
    };
}

kinds! {
    /// A typed word or phrase.
    ShortAnswer,
    /// Whether a Rust program compiles, and what it prints.
    Tracing,
    /// Choices, one or several right.
    MultipleChoice,
    /// Items to put in order.
    Ordering,
    /// Left sides to join with right sides.
    Matching,
    /// A number with a tolerance.
    Numeric,
    /// An interview question, answered aloud and judged by its rubric.
    Open,
}

/// Reads `type`, `prompt` and `answer` of a question.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Kind> {
    let report = fields.report;
    let name = fields.text("type", &format!("write one of `{}`", NAMES.join("`, `")));
    let prompt = fields.table("prompt", "write `prompt.prompt = \"...\"`");
    let answer = fields.table("answer", "write `answer.answer = \"...\"`");
    let name = name?;
    if !NAMES.contains(&name.value.as_str()) {
        let message = format!("there is no question type `{}`", name.value);
        let help = match nearest(&name.value, NAMES) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the types are `{}`", NAMES.join("`, `")),
        };
        report.error(&name.at, message, &help);
        return None;
    }
    let (mut prompt, mut answer) = (prompt?, answer?);
    let kind = read_as(&name.value, &mut prompt, &mut answer);
    prompt.finish();
    answer.finish();
    kind
}
