//! What the tests of all kinds share: a question from the text below `[[questions]]`.

use super::Kind;
use crate::response::{Response, Verdict};
use crate::{Problem, Severity, parse};

/// The file that holds this one question.
fn file(question: &str) -> String {
    format!("[[questions]]\nid = \"under-test\"\ncontext = \"Because.\"\n{question}")
}

/// The question's kind; the text must be free of errors.
#[track_caller]
pub(super) fn read(question: &str) -> Kind {
    let (quiz, problems) = parse("test.toml", &file(question));
    let mut quiz = quiz.unwrap_or_else(|| panic!("{problems:#?}"));
    quiz.questions.remove(0).kind
}

/// The problems of a question, as `line: message`; line 4 is the first of the text.
pub(super) fn problems(question: &str) -> Vec<String> {
    let (_, problems) = parse("test.toml", &file(question));
    problems.iter().map(|p: &Problem| format!("{}: {}", p.line, p.message)).collect()
}

/// The errors of a question, without advice.
pub(super) fn errors(question: &str) -> Vec<String> {
    let (_, problems) = parse("test.toml", &file(question));
    let errors = problems.into_iter().filter(|p| p.severity == Severity::Error);
    errors.map(|p| format!("{}: {}", p.line, p.message)).collect()
}

/// What a wrong answer is told.
#[track_caller]
pub(super) fn told(kind: &Kind, response: Response) -> Vec<String> {
    let Verdict { correct, feedback } = kind.grade(&response);
    assert!(!correct, "{response:?} counts as right");
    feedback.into_iter().map(|feedback| feedback.says).collect()
}
