//! Expands the book's directives: labs, figures, maps, comparisons, values, quizzes and rules.
//!
//! | Directive | Becomes |
//! |---|---|
//! | `{{#lab NAME [seed=1] [log=NAME]}}` | a live lab, and without JavaScript what it is about and a figure |
//! | `{{#database-lab CASE ...}}` | the Database lab with these cases, and without JavaScript a table |
//! | `` {{#figure NAME `QUERY` ... [log=NAME] [title="..."] [unit="..."] [from=0s] [to=90s]}} `` | a drawing of a real run |
//! | `{{#map NAME [seed=1] [log=NAME]}}` | the safety map of a scenario, with a run as its path |
//! | `{{#compare NAME [seed=1]}}` | the strategies side by side, with the users of a scenario |
//! | `` {{#value NAME `QUERY` [log=NAME] [at=90s] [format=percent]}} `` | a number out of a real run |
//! | `{{#quiz FILE}}` | questions and answers, and their data for the page |
//! | `{{#rules}}` | every rule of the model, and the tests that prove it |
//!
//! Queries are PromQL in backticks. A directive inside code, a comment or after a backslash is left
//! alone, and so are mdBook's own (`include`, ...). Anything else is an error with its place, and any
//! error fails the build. [`expand()`] is a pure function of a chapter's text and the [`Inputs`].

use anyhow::{Result, bail};
use mdbook_preprocessor::book::Book;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use sim_core::diagnostic::Diagnostic;

mod compare;
mod database;
mod directive;
mod expand;
mod figure;
mod html;
mod inputs;
mod lab;
mod map;
mod proof;
mod quiz;
mod rules;
mod run;
mod value;

pub use expand::expand;
pub use inputs::{Inputs, read_scenario};
pub use proof::{Proof, Proofs};
pub use run::Runs;

/// The preprocessor, for mdBook's driver. `book.toml` must put it before `links`, so that places of
/// errors are places in the files: `[preprocessor.cutover]` with `before = ["links"]`.
#[derive(Debug)]
pub struct Cutover {
    inputs: Inputs,
}

impl Cutover {
    /// A preprocessor that knows these scenarios and quizzes.
    pub fn new(inputs: Inputs) -> Self {
        Self { inputs }
    }
}

impl Preprocessor for Cutover {
    fn name(&self) -> &str {
        "cutover"
    }

    fn run(&self, ctx: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut runs = Runs::new(&self.inputs.scenarios);
        let mut problems: Vec<Diagnostic> = Vec::new();
        let folder = ctx.root.join(&ctx.config.book.src);
        book.for_each_chapter_mut(|chapter| {
            let path = chapter.source_path.clone().unwrap_or_default();
            let file = folder.join(path).display().to_string();
            match expand(&file, &chapter.content, &self.inputs, &mut runs) {
                Ok(text) => chapter.content = text,
                Err(found) => problems.extend(found),
            }
        });
        if problems.is_empty() {
            return Ok(book);
        }
        let lines: Vec<String> = problems.iter().map(Diagnostic::to_string).collect();
        bail!("the book has broken directives:\n{}", lines.join("\n"))
    }
}
