//! What `psql` is given, as the script of a session.

use std::ops::Range;
use std::sync::Arc;

use schema::session::Control;
use schema::{Problem, Statement};

use crate::console::files;
use crate::console::psql::options::{Options, Part};
use crate::console::session::Session;
use crate::console::typed::{Told, Typed, Written};
use crate::database::session::{Action, Script, Step};

/// A script and where its steps stand.
pub(super) struct Prepared {
    pub(super) script: Script,
    pub(super) written: Vec<Written>,
    /// Whether `psql` ends at the first error.
    pub(super) stops: bool,
    /// Whether the session does so only because the model does not know how it would go on.
    pub(super) cut: bool,
}

/// Reads files and commands.
pub(super) fn read(options: &Options, session: &mut Session<'_, '_>) -> Result<Prepared, String> {
    let is_single = matches!(options.parts[..], [Part::Command(_)]);
    let mut reader = Reader {
        typed: Typed::default(),
        stops: options.stops,
        is_single,
        is_whole: options.one_transaction && options.stops,
        is_open: options.one_transaction,
        is_late: false,
    };
    let added = options.one_transaction && !reader.is_whole;
    if added {
        reader.add_control("BEGIN");
    }
    reader.parts(&options.parts, session)?;
    if added {
        reader.add_control("COMMIT");
    }
    let application = options.application.as_deref().unwrap_or("psql");
    let mut script = Script::new(application, application, Vec::new());
    // After an error in the only message there is nothing left to do.
    let ends = is_single && 1 < reader.typed.steps.len();
    script.steps = reader.typed.steps.into();
    script.one_transaction = reader.is_whole;
    script.stops_on_error = reader.stops || ends || reader.is_late;
    script.superuser = options.user.as_deref().is_none_or(|user| user == "postgres");
    script.user = options.user.as_deref().unwrap_or("postgres").into();
    script.limits = options.limits;
    let (written, stops, cut) = (reader.typed.written, reader.stops, reader.is_late);
    Ok(Prepared { script, written, stops, cut })
}

struct Reader {
    typed: Typed,
    stops: bool,
    /// Whether there is one `-c` and nothing else.
    is_single: bool,
    /// Whether everything is one transaction that the first error ends.
    is_whole: bool,
    /// Whether a transaction is open that the user has asked for.
    is_open: bool,
    /// Whether a message begins or ends a transaction when it may have failed already.
    is_late: bool,
}

impl Reader {
    fn parts(&mut self, parts: &[Part], session: &mut Session<'_, '_>) -> Result<(), String> {
        for (number, part) in parts.iter().enumerate() {
            match part {
                Part::Command(text) => self.command(number, text)?,
                Part::File(path) if path == "-" => {
                    let text = session.input.take().unwrap_or_default();
                    self.text(Some("<stdin>"), &text)?;
                }
                Part::File(path) => {
                    let text = files::read(session.workspace, path);
                    let text = text.map_err(|problem| format!("psql: error: {path}: {problem}"))?;
                    self.text(Some(path), text)?;
                }
            }
        }
        if !parts.is_empty() {
            return Ok(());
        }
        let Some(text) = session.input.take() else {
            return Err(
                "psql: an interactive session is not modelled; write psql -c 'SQL', psql -f \
                        FILE, or psql <<EOF"
                    .to_owned(),
            );
        };
        self.text(None, &text)
    }

    /// The argument of `-c`: SQL, or one command of `psql` itself. Whatever it is, it is one message.
    fn command(&mut self, number: usize, text: &str) -> Result<(), String> {
        let first = self.typed.written.len();
        match text.trim_start().starts_with('\\') {
            true => self.meta(text.trim(), None)?,
            false => self.message(text)?,
        }
        for written in &mut self.typed.written[first..] {
            written.message = Some(number);
        }
        Ok(())
    }

    /// Statements that are sent together. Outside of a transaction the server opens one for them, which
    /// ends with the message, or where they end it; a `BEGIN` among them goes on with it.
    fn message(&mut self, text: &str) -> Result<(), String> {
        let parsed = schema::parse(text).map_err(|problems| complaint(&problems, None, 0))?;
        let places = Places::new(text);
        let (whole, from) = (Arc::from(text), Arc::from("psql"));
        let several = 1 < parsed.statements.len();
        let mut controls = parsed.statements.iter().map(boundary);
        if self.is_single && several && !self.is_open && controls.all(|one| one.is_none()) {
            (self.is_whole, self.is_open) = (true, true);
        }
        let (mut is_added, mut has_worked) = (false, false);
        for statement in parsed.statements {
            let boundary = boundary(&statement);
            self.is_late |= has_worked && boundary.is_some() && !self.is_single;
            has_worked |= boundary.is_none();
            match boundary {
                Some(Boundary::End(control)) if is_added => {
                    self.add_control(control);
                    is_added = false;
                }
                None if several && !self.is_open && !is_added => {
                    self.add_control("BEGIN");
                    is_added = true;
                }
                _ => {}
            }
            let own = places.of(&statement);
            self.typed.add(statement, &from, None, 0);
            let Some(written) = self.typed.written.last_mut() else { continue };
            (written.text, written.own) = (Arc::clone(&whole), own);
            if let Some(boundary) = boundary {
                self.is_open = boundary == Boundary::Begin;
                if self.is_open && std::mem::take(&mut is_added) {
                    written.told = Told::NoWarning;
                }
            }
        }
        if is_added {
            self.add_control("COMMIT");
        }
        Ok(())
    }

    /// Begins or ends a transaction where nobody has written so.
    fn add_control(&mut self, text: &str) {
        let from = "psql".into();
        for statement in schema::parse(text).unwrap_or_default().statements {
            self.typed.add(statement, &from, None, 0);
            if let Some(written) = self.typed.written.last_mut() {
                written.told = Told::Errors;
            }
        }
    }

    /// A file: SQL, and between it lines that begin with a backslash.
    fn text(&mut self, name: Option<&str>, text: &str) -> Result<(), String> {
        let (mut sql, mut first) = (String::new(), 0);
        for (number, line) in (0..).zip(text.lines()) {
            if line.starts_with('\\') {
                self.sql(name, &sql, first)?;
                self.meta(line.trim_end(), name.map(|name| (name.into(), number + 1)))?;
                (sql, first) = (String::new(), number + 1);
            } else {
                sql.push_str(line);
                sql.push('\n');
            }
        }
        self.sql(name, &sql, first)
    }

    fn meta(&mut self, line: &str, place: Option<(Arc<str>, u64)>) -> Result<(), String> {
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
                let from = place.as_ref().map_or_else(|| "psql".into(), |(name, _)| name.clone());
                let action = Action::Describe(line.into());
                self.typed.steps.push(Step { from, action });
                self.typed.written.push(Written { place, ..Written::default() });
            }
            verb => {
                return Err(format!("invalid command {verb}; there are \\d, \\dt, \\di, \\echo"));
            }
        }
        Ok(())
    }

    /// Statements of a file, each sent by itself as it is written there, with its semicolon.
    fn sql(&mut self, file: Option<&str>, text: &str, first: u64) -> Result<(), String> {
        let parsed = schema::parse(text).map_err(|problems| complaint(&problems, file, first))?;
        let (name, from) = (file.map(Arc::from), file.unwrap_or("<stdin>").into());
        let places = Places::new(text);
        for statement in parsed.statements {
            if let Some(boundary) = boundary(&statement) {
                self.is_open = boundary == Boundary::Begin;
            }
            let sent = places.sent(&statement);
            self.typed.add(statement, &from, name.as_ref(), first);
            let Some(written) = self.typed.written.last_mut() else { continue };
            let lines = sent.matches('\n').count() as u64;
            written.place = name.clone().map(|name| (name, written.line + lines));
            written.text = sent;
        }
        Ok(())
    }
}

/// Where a transaction begins or ends, and with which word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Boundary {
    Begin,
    End(&'static str),
}

fn boundary(statement: &Statement) -> Option<Boundary> {
    match Control::of(&statement.ast)? {
        Control::Begin => Some(Boundary::Begin),
        Control::Commit => Some(Boundary::End("COMMIT")),
        Control::Rollback => Some(Boundary::End("ROLLBACK")),
        Control::Set { .. } | Control::Show(_) => None,
    }
}

/// Where the lines of a text begin, in bytes.
struct Places<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl<'t> Places<'t> {
    fn new(text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self { text, lines: std::iter::once(0).chain(ends).collect() }
    }

    /// Where a statement stands in the text.
    fn of(&self, statement: &Statement) -> Range<usize> {
        let line = self.lines.get(statement.line as usize - 1).copied().unwrap_or_default();
        let before = self.text[line..].chars().take(statement.column as usize - 1);
        let start = line + before.map(char::len_utf8).sum::<usize>();
        start..start + statement.text.len()
    }

    /// A statement with the semicolon behind it.
    fn sent(&self, statement: &Statement) -> Arc<str> {
        let own = self.of(statement);
        let rest = self.text.get(own.end..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        let more = if rest[blank..].starts_with(';') { blank + 1 } else { 0 };
        self.text.get(own.start..own.end + more).unwrap_or(&statement.text).into()
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
