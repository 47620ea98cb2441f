//! The question bank's library: reads quiz files, checks them, grades answers.
//!
//! A quiz file is TOML and reads the format of mdbook-quiz unchanged; what this library adds
//! (feedback for every wrong choice, more kinds of question, versions) is optional in the file and
//! missed only with a [`Severity::Advice`]. Everything here is pure: text in, values out. It compiles
//! to `wasm32` and knows no other crate of the workspace.
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
