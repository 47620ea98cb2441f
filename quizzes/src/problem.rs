//! What is wrong with a quiz file, where, and what to write instead.

use std::fmt;

use serde::Serialize;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but a learner is served worse than they should be: a wrong choice
    /// without feedback, a question without an id. The book's own files have none of these.
    Advice,
}

/// One finding about a quiz file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// `file:line:column: error: message; help`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Advice => "advice",
        };
        let Self { file, line, column, message, .. } = self;
        write!(f, "{file}:{line}:{column}: {severity}: {message}")?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Line and column, both from 1, of a byte offset; an offset past the end means the end.
pub(crate) fn position(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let column = before.chars().rev().take_while(|character| *character != '\n').count();
    (line as u32 + 1, column as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        assert_eq!(position("ab\ncd", 0), (1, 1));
        assert_eq!(position("ab\ncd", 4), (2, 2));
        assert_eq!(position("ä€x", 5), (1, 3));
        assert_eq!(position("ab", 99), (1, 3));
        assert_eq!(position("ä", 1), (1, 2), "an offset inside a character means the end");
    }

    #[test]
    fn a_problem_reads_like_a_compiler_message() {
        let problem = Problem {
            file: "q.toml".into(),
            line: 3,
            column: 1,
            severity: Severity::Error,
            message: "no `prompt`".into(),
            help: Some("add `prompt.prompt`".into()),
        };
        assert_eq!(problem.to_string(), "q.toml:3:1: error: no `prompt`; add `prompt.prompt`");
    }
}
