//! A chapter's text with its directives expanded.

use sim_core::diagnostic::{Diagnostic, Position};

use crate::directive::{Argument, Directive, find};
use crate::inputs::Inputs;
use crate::run::Runs;
use crate::{compare, database, figure, html, lab, map, quiz, rules, value};

/// Directives that mdBook expands itself.
const OF_MDBOOK: [&str; 5] = ["include", "rustdoc_include", "playground", "playpen", "title"];

/// What is wrong with a directive, and what to write instead.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// Expands all directives of a chapter, or reports all that are broken. `file` is how messages call
/// the chapter.
pub fn expand(
    file: &str,
    chapter: &str,
    inputs: &Inputs,
    runs: &mut Runs<'_>,
) -> Result<String, Vec<Diagnostic>> {
    let mut expanded = String::with_capacity(chapter.len());
    let mut problems = Vec::new();
    let mut copied = 0;
    for found in find(chapter) {
        let directive = match found {
            Ok(directive) if OF_MDBOOK.contains(&directive.name.as_str()) => continue,
            Ok(directive) => directive,
            Err(malformed) => {
                let position = position(chapter, malformed.at);
                problems.push(Diagnostic::error(file, position, malformed.message));
                continue;
            }
        };
        match one(&directive, inputs, runs) {
            Ok(text) => {
                expanded.push_str(&chapter[copied..directive.range.start]);
                expanded.push_str(&text);
                copied = directive.range.end;
            }
            Err(problem) => {
                let position = position(chapter, directive.range.start);
                let message = format!("`{{{{#{}}}}}`: {}", directive.name, problem.message);
                let diagnostic = Diagnostic::error(file, position, message);
                problems.push(diagnostic.with_help(problem.help));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    expanded.push_str(&chapter[copied..]);
    Ok(expanded)
}

fn one(directive: &Directive, inputs: &Inputs, runs: &mut Runs<'_>) -> Result<String, Problem> {
    let block = matches!(
        directive.name.as_str(),
        "lab" | "database-lab" | "figure" | "map" | "compare" | "quiz" | "rules"
    );
    if block && !directive.alone {
        return Err(Problem::new("it must stand alone", "put it on a line of its own"));
    }
    let text = match directive.name.as_str() {
        "lab" => lab::expand(directive, runs)?,
        "database-lab" => database::expand(directive, inputs)?,
        "figure" => figure::expand(directive, runs)?,
        "map" => map::expand(directive, runs)?,
        "compare" => compare::expand(directive, runs)?,
        "value" => value::expand(directive, runs)?,
        "quiz" => quiz::expand(directive, inputs)?,
        "rules" => rules::expand(directive, inputs)?,
        _ => {
            let help = "write `lab`, `database-lab`, `figure`, `map`, `compare`, `value`, `quiz` or `rules`, or \
                        a directive of mdBook";
            return Err(Problem::new("there is no such directive", help));
        }
    };
    Ok(if block { html::as_block(&text) } else { text })
}

/// Line and column of a byte offset.
fn position(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() as u32 + 1;
    Position { line, column }
}

/// The arguments of a directive, taken one by one; `finish` refuses what is left.
pub(crate) struct Arguments {
    rest: Vec<Argument>,
    asked: Vec<&'static str>,
}

impl Arguments {
    pub(crate) fn of(directive: &Directive) -> Self {
        Self { rest: directive.arguments.clone(), asked: Vec::new() }
    }

    /// The first argument: a name.
    pub(crate) fn name(&mut self, help: &str) -> Result<String, Problem> {
        let is_name = |argument: &Argument| argument.key.is_none() && !argument.is_query;
        match self.rest.first().is_some_and(is_name) {
            true => Ok(self.rest.remove(0).value),
            false => Err(Problem::new("a name is missing", help)),
        }
    }

    /// The value of `key=...`.
    pub(crate) fn option(&mut self, key: &'static str) -> Option<String> {
        self.asked.push(key);
        let is_it =
            |argument: &Argument| argument.key.as_deref() == Some(key) && !argument.is_query;
        let index = self.rest.iter().position(is_it)?;
        Some(self.rest.remove(index).value)
    }

    /// All queries, with the names before their `=`.
    pub(crate) fn queries(&mut self) -> Vec<(Option<String>, String)> {
        let queries = self.rest.extract_if(.., |argument| argument.is_query);
        queries.map(|argument| (argument.key, argument.value)).collect()
    }

    /// Refuses arguments that nobody asked for.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Some(argument) = self.rest.first() else { return Ok(()) };
        let text = match &argument.key {
            Some(key) => format!("{key}=..."),
            None => argument.value.clone(),
        };
        let help =
            format!("its options are `{}`; queries stand in backticks", self.asked.join("`, `"));
        Err(Problem::new(format!("`{text}` means nothing here"), help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(chapter: &str) -> Vec<String> {
        let inputs = Inputs::default();
        let mut runs = Runs::new(&inputs.scenarios);
        let found = expand("c.md", chapter, &inputs, &mut runs).err().unwrap_or_default();
        found.iter().map(Diagnostic::to_string).collect()
    }

    #[test]
    fn a_chapter_without_directives_is_left_alone() {
        let inputs = Inputs::default();
        let mut runs = Runs::new(&inputs.scenarios);
        let text = "# A\n\n`{{#lab x}}` \\{{#lab y}}\n\n```yaml\n{{#include a.yaml}}\n```\n{{#include b}}\n";
        assert_eq!(expand("c.md", text, &inputs, &mut runs).as_deref(), Ok(text));
    }

    #[test]
    fn all_broken_directives_are_reported_with_their_places() {
        let found = errors("{{#labb a}}\n\n  {{#quiz nowhere}}\n\nText {{#quiz a}}\n\n{{#lab");
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].starts_with("c.md:1:1: error: `{{#labb}}`: there is no such directive"));
        assert!(found[1].starts_with("c.md:3:3: error: `{{#quiz}}`: there is no quiz `nowhere`"));
        assert!(found[2].starts_with("c.md:5:6: error: `{{#quiz}}`: it must stand alone"));
        assert!(found[3].starts_with("c.md:7:1: error: the directive is not closed"));
    }

    #[test]
    fn an_unknown_scenario_and_option_are_errors() {
        assert!(errors("{{#lab nowhere}}")[0].contains("there is no scenario `nowhere`"));
        assert!(errors("{{#lab}}")[0].contains("a name is missing"));
        assert!(errors("{{#quiz a colour=red}}")[0].contains("`colour=...` means nothing here"));
    }
}
