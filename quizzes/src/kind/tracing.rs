//! Whether a Rust program compiles, and what it prints. Read for mdbook-quiz files; the book of this
//! repository has none.

use serde::{Deserialize, Serialize};

use super::Form;
use crate::fields::Fields;
use crate::response::{Feedback, Response, Verdict};

/// Whether a Rust program compiles, and what it prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracing {
    /// The program; shown as code, so it is not Markdown.
    pub program: String,
    /// Whether it compiles.
    pub compiles: bool,
    /// What it prints, if it compiles.
    pub stdout: String,
    /// The line that does not compile, if the file says so; shown, not asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
}

impl Form for Tracing {
    fn read(prompt: &mut Fields<'_>, answer: &mut Fields<'_>) -> Option<Self> {
        let program = prompt.text("program", "write the program");
        let compiles = answer.optional_bool("doesCompile");
        if compiles.is_none() && !answer.has("doesCompile") {
            let help = "write `answer.doesCompile = true` or `false`";
            answer.report.error(&answer.at, "`answer` has no `doesCompile`", help);
        }
        let stdout = answer.raw_text("stdout");
        let line = answer.optional_count("lineNumber");
        if compiles == Some(true) && stdout.is_none() {
            let help = "write `answer.stdout`, empty if it prints nothing";
            answer.report.error(&answer.at, "the output of the program is missing", help);
        }
        let stdout = stdout.map(|text| text.value).unwrap_or_default();
        Some(Self { program: program?.value, compiles: compiles?, stdout, line })
    }

    fn prompt(&self) -> &str {
        "Does this program compile? If it does, what does it print?"
    }

    fn grade(&self, response: &Response) -> Verdict {
        let Response::Trace { compiles, stdout } = response else {
            return Verdict::misfit("whether the program compiles, and what it prints");
        };
        match (self.compiles, *compiles) {
            (false, false) => Verdict::right(),
            (true, true) if stdout.trim() == self.stdout.trim() => Verdict::right(),
            (true, true) => Verdict::wrong(vec![Feedback::plain("It prints something else.")]),
            (true, false) => Verdict::wrong(vec![Feedback::plain("It does compile.")]),
            (false, true) => Verdict::wrong(vec![Feedback::plain("It does not compile.")]),
        }
    }

    fn right(&self) -> Response {
        Response::Trace { compiles: self.compiles, stdout: self.stdout.clone() }
    }

    fn markdown(&mut self) -> Vec<&mut String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{errors, read, told};
    use super::*;

    fn trace(compiles: bool, stdout: &str) -> Response {
        Response::Trace { compiles, stdout: stdout.into() }
    }

    #[test]
    fn output_is_compared_without_outer_spaces() {
        let kind = read(
            "type = \"Tracing\"\nprompt.program = \"fn main() {}\"\n\
             answer.doesCompile = true\nanswer.stdout = \"1\\n\"",
        );
        assert!(kind.grade(&trace(true, "1")).correct);
        assert_eq!(told(&kind, trace(true, "2")), ["It prints something else."]);
        assert_eq!(told(&kind, trace(false, "")), ["It does compile."]);
    }

    #[test]
    fn a_program_that_does_not_compile_needs_no_output() {
        let kind = read(
            "type = \"Tracing\"\nprompt.program = \"fn main() { x }\"\n\
             answer.doesCompile = false\nanswer.lineNumber = 1",
        );
        assert!(kind.grade(&trace(false, "whatever")).correct);
        assert_eq!(told(&kind, trace(true, "")), ["It does not compile."]);
    }

    #[test]
    fn a_program_that_compiles_needs_its_output() {
        let wrong = "type = \"Tracing\"\nprompt.program = \"x\"\nanswer.doesCompile = true";
        assert_eq!(errors(wrong).len(), 1);
        assert_eq!(
            errors("type = \"Tracing\"\nprompt.program = \"x\"\nanswer.stdout = \"\"").len(),
            1
        );
    }
}
