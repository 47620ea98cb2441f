//! The question bank's library: reads quiz files, checks them, grades answers.
//!
//! A quiz file is TOML and reads the format of mdbook-quiz unchanged; what this library adds
//! (feedback for every wrong choice, more kinds of question, versions) is optional in the file and
//! missed only with a [`Severity::Advice`]. Everything here is pure: text in, values out. It compiles
//! to `wasm32` and knows no other crate of the workspace.
//!
//! ```
//! let text = r#"
//! [[questions]]
//! id = "empty-subset"              # for good: answers are kept under it
//! type = "MultipleChoice"
//! prompt.prompt = "A subset has no ready pod. What does Envoy answer?"
//! answer.answer = "503, flag `UH`" # a list of texts makes check boxes
//! context = "IST-22."
//! [[questions.prompt.distractors]] # mdbook-quiz has a plain text here
//! choice = "The other subset answers"
//! says = "Envoy never leaves the cluster that the route chose."
//! misconception = "traffic falls back to another subset"
//! "#;
//! let (quiz, problems) = quizzes::parse("example.toml", text);
//! assert!(problems.is_empty());
//! let question = &quiz.expect("no problems, so a quiz").questions[0];
//! let verdict = quizzes::grade(question, &quizzes::Response::Choices(vec![1]));
//! assert_eq!(verdict.feedback[0].says, "Envoy never leaves the cluster that the route chose.");
//! ```
//!
//! Reading order: [`quiz`] is the data, [`kind`] has one file a kind of question, [`response`] is what
//! a learner answers and gets back, [`problem`] what an author gets back.

mod fields;
pub mod kind;
pub mod problem;
pub mod quiz;
pub mod response;
mod shuffle;
mod suggest;

pub use kind::Kind;
pub use problem::{Problem, Severity};
pub use quiz::{Level, Question, Quiz, parse, repeated_ids};
pub use response::{Feedback, Response, Verdict};

/// Grades an answer. Pure: the same question and answer give the same verdict.
pub fn grade(question: &Question, response: &Response) -> Verdict {
    question.kind.grade(response)
}
