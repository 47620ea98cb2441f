//! What `psql` is given, as the script of a session.

use std::sync::Arc;

use schema::Problem;

use crate::console::files;
use crate::console::psql::options::{Options, Part};
use crate::console::session::Session;
use crate::console::typed::{Typed, Written};
use crate::database::session::{Action, Script, Step};

/// A script and where its steps stand.
pub(super) struct Prepared {
    pub(super) script: Script,
    pub(super) written: Vec<Written>,
}

/// Reads files and commands.
pub(super) fn read(options: &Options, session: &mut Session<'_, '_>) -> Result<Prepared, String> {
    let mut reader = Reader { typed: Typed::default(), stops: options.stops };
    for part in &options.parts {
        match part {
            Part::Command(text) => reader.command(text)?,
            Part::File(path) if path == "-" => {
                let text = session.input.take().unwrap_or_default();
                reader.text("<stdin>", &text)?;
            }
            Part::File(path) => {
                let text = files::read(session.workspace, path);
                let text = text.map_err(|problem| format!("psql: error: {path}: {problem}"))?;
                reader.text(path, text)?;
            }
        }
    }
    if options.parts.is_empty() {
        let Some(text) = session.input.take() else {
            return Err(
                "psql: an interactive session is not modelled; write psql -c 'SQL', psql -f \
                        FILE, or psql <<EOF"
                    .to_owned(),
            );
        };
        reader.text("<stdin>", &text)?;
    }
    let application = options.application.as_deref().unwrap_or("psql");
    let mut script = Script::new(application, application, Vec::new());
    script.steps = reader.typed.steps.into();
    // One -c with several statements is one message, and so one transaction.
    let several = matches!(&options.parts[..], [Part::Command(_)]) && 1 < script.steps.len();
    script.one_transaction = options.one_transaction || several && !controls(&script.steps);
    script.stops_on_error = reader.stops;
    script.superuser = options.user.as_deref().is_none_or(|user| user == "postgres");
    script.user = options.user.as_deref().unwrap_or("postgres").into();
    script.limits = options.limits;
    Ok(Prepared { script, written: reader.typed.written })
}

/// Whether the steps begin or end transactions themselves.
fn controls(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Execute { statement, .. } => schema::session::Control::of(&statement.ast)
            .is_some_and(|control| !matches!(control, schema::session::Control::Show(_))),
        Action::Describe(_) | Action::Pause(_) | Action::Record(_) | Action::Tool => false,
    })
}

struct Reader {
    typed: Typed,
    stops: bool,
}

impl Reader {
    /// The argument of `-c`: SQL, or one command of `psql` itself.
    fn command(&mut self, text: &str) -> Result<(), String> {
        match text.trim_start().starts_with('\\') {
            true => self.meta(text.trim(), "psql"),
            false => self.sql(None, "psql", text, 0),
        }
    }

    /// A file: SQL, and between it lines that begin with a backslash.
    fn text(&mut self, name: &str, text: &str) -> Result<(), String> {
        let (mut sql, mut first) = (String::new(), 0);
        for (number, line) in (0..).zip(text.lines()) {
            if line.starts_with('\\') {
                self.sql(Some(name), name, &sql, first)?;
                self.meta(line.trim_end(), name)?;
                (sql, first) = (String::new(), number + 1);
            } else {
                sql.push_str(line);
                sql.push('\n');
            }
        }
        self.sql(Some(name), name, &sql, first)
    }

    fn meta(&mut self, line: &str, from: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        match words.next().unwrap_or_default() {
            "\\set" => {
                if words.next() == Some("ON_ERROR_STOP") {
                    self.stops = !matches!(words.next(), Some("0" | "off" | "false"));
                }
            }
            "\\timing" | "\\pset" | "\\x" | "\\connect" | "\\c" | "\\restrict" | "\\unrestrict" => {
            }
            verb if verb.starts_with("\\d") || verb == "\\echo" => {
                let action = Action::Describe(line.into());
                self.typed.steps.push(Step { from: from.into(), action });
                self.typed.written.push(Written { text: line.to_owned(), ..Written::default() });
            }
            verb => {
                return Err(format!("invalid command {verb}; there are \\d, \\dt, \\di, \\echo"));
            }
        }
        Ok(())
    }

    fn sql(
        &mut self,
        file: Option<&str>,
        from: &str,
        text: &str,
        first: u64,
    ) -> Result<(), String> {
        let parsed = schema::parse(text).map_err(|problems| complaint(&problems, file, first))?;
        let (name, from) = (file.map(Arc::from), from.into());
        for statement in parsed.statements {
            self.typed.add(statement, &from, name.as_ref(), first);
        }
        Ok(())
    }
}

/// What is no SQL, as `psql` would say it; nothing has been executed then.
fn complaint(problems: &[Problem], file: Option<&str>, first: u64) -> String {
    let line = |problem: &Problem| {
        let place =
            file.map_or_else(String::new, |file| format!("psql:{file}:{}: ", problem.line + first));
        format!("{place}ERROR:  syntax error: {}", problem.message)
    };
    let mut lines: Vec<String> = problems.iter().map(line).collect();
    lines
        .push("note: nothing has been executed; a real psql executes what comes before".to_owned());
    lines.join("\n")
}
