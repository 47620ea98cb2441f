//! `psql`: somebody executes SQL in the shared database, and the terminal waits for it.
//!
//! Simplified: there is no interactive session, and a text that is no SQL is refused as a whole. Where one
//! of several `-c` begins or ends a transaction after its first statement, the first error is the end. A
//! session whose terminal is needed for something else goes on.

mod options;
mod print;
mod script;

use schema::Engine;

use crate::console::Workspace;
use crate::console::complete::paths;
use crate::console::follow::{FollowStep, Watch};
use crate::console::psql::options::{FLAGS, Options};
use crate::console::psql::print::Style;
use crate::console::session::Session;
use crate::console::typed::{Told, Written};
use crate::database::session::{Answer, Reply, SessionId};
use crate::world::World;

/// Exit status if there is no connection.
const NO_CONNECTION: i32 = 2;
/// Exit status if a script has ended at an error.
const STOPPED: i32 = 3;

/// What is said if the model cannot go on after an error.
const CUT: &str = "note: nothing after the error has been executed; how psql goes on after an error \
                   is not modelled where a -c with several statements ends or begins a transaction\n";

/// A `psql` whose session runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    session: SessionId,
    /// Answers that have been printed.
    shown: usize,
    /// How they are printed.
    style: Style,
    /// Where the steps of the session stand in what was typed.
    written: Vec<Written>,
    /// `ON_ERROR_STOP`: the first error is the end, and not only of a statement.
    stops: bool,
    /// The step that was answered last, if it has failed.
    failed: Option<usize>,
    /// Whether an error ends it only because the model does not know how it would go on.
    cut: bool,
}

/// `psql [-c SQL]... [-f FILE]... [-1] [-v NAME=VALUE] [DATABASE]`.
pub(crate) fn psql(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse(words, &session.settings) {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let shape = &session.world.database.shape;
    if shape.engine != Engine::Postgresql || session.world.database.instance.is_none() {
        session.out.warn(match shape.engine {
            Engine::Postgresql => {
                "psql: not modelled: the scenario does not say what its database holds"
            }
            Engine::Mysql => {
                "psql: error: connection to server at \"database\", port 5432 failed: Connection refused\n\
                 \tIs the server running on that host and accepting TCP/IP connections?"
            }
        });
        session.out.status = NO_CONNECTION;
        return;
    }
    if let Some(name) = options.database.as_ref().filter(|name| **name != shape.name) {
        let problem = format!("database \"{name}\" does not exist");
        return refused(&problem, session);
    }
    let script = match script::read(&options, session) {
        Ok(script) => script,
        Err(problem) => return session.out.fail(problem),
    };
    let opened = session.world.open_session(script.script, session.ctx);
    match opened {
        Ok(id) => {
            session.out.watch = Some(Watch::Query(Box::new(Running {
                session: id,
                shown: 0,
                style: options.style,
                written: script.written,
                stops: script.stops,
                failed: None,
                cut: script.cut,
            })));
        }
        Err(error) => refused(&error.message, session),
    }
}

fn refused(problem: &str, session: &mut Session<'_, '_>) {
    session.out.warn(format!(
        "psql: error: connection to server at \"database\", port 5432 failed: FATAL:  {problem}"
    ));
    session.out.status = NO_CONNECTION;
}

impl Running {
    /// What the session has been answered since the last look, and how `psql` ends.
    pub(crate) fn poll(&mut self, world: &World) -> FollowStep {
        let mut step = FollowStep::default();
        let Some(instance) = &world.database.instance else { return step };
        let session = instance.session(self.session);
        for answer in &session.answers[self.shown..] {
            self.answer(answer, &mut step);
        }
        self.shown = session.answers.len();
        let Some(end) = &session.end else { return step };
        if let Some(error) = &end.error
            && matches!(error.code, "57P01" | "25P03")
        {
            let written = self.written.get(session.next).cloned().unwrap_or_default();
            print::lost(&error.message, &written, &mut step);
            step.done = Some(NO_CONNECTION);
            return step;
        }
        let failed = self.failed.and_then(|at| self.written.get(at));
        if self.cut && !self.stops && failed.is_some_and(|failed| !self.is_last(failed)) {
            step.stderr += CUT;
        }
        step.done = Some(match failed {
            Some(Written { message: Some(_), .. }) => 1,
            Some(_) if self.stops => STOPPED,
            _ => 0,
        });
        step
    }

    /// Prints an answer, unless a real server would not have given it: after an error it does not look at
    /// the rest of the message.
    fn answer(&mut self, answer: &Answer, step: &mut FollowStep) {
        let Some(written) = self.written.get(answer.step) else { return };
        let failed = self.failed.and_then(|at| self.written[at].message);
        let is_rest = failed.is_some() && failed == written.message;
        let is_told = match (written.told, &answer.reply) {
            (Told::All, _) | (_, Reply::Failed(_)) => true,
            (Told::NoWarning, reply) => !matches!(reply, Reply::Warning(_) | Reply::Notice(_)),
            (Told::Errors, _) => false,
        };
        if is_rest || !is_told {
            return;
        }
        print::answer(&answer.reply, written, self.style, step);
        if !matches!(answer.reply, Reply::Warning(_) | Reply::Notice(_)) {
            let fails =
                matches!(answer.reply, Reply::Failed(_) | Reply::Nothing { fails: true, .. });
            self.failed = fails.then_some(answer.step);
        }
    }

    /// Whether nothing comes after the message of a step.
    fn is_last(&self, written: &Written) -> bool {
        let last = self.written.iter().rfind(|one| one.told != Told::Errors);
        last.is_some_and(|last| last.message.is_some() && last.message == written.message)
    }
}

/// Completions of an argument.
pub(crate) fn complete(words: &[String], last: &str, workspace: &Workspace) -> Vec<String> {
    match words.last().map(String::as_str) {
        Some("-f" | "--file") => paths(last, workspace),
        Some("-v" | "--set" | "--variable") => vec!["ON_ERROR_STOP=1".to_owned()],
        Some("-c" | "--command") => Vec::new(),
        _ if last.starts_with('-') => FLAGS.iter().map(|flag| (*flag).to_owned()).collect(),
        _ => paths(last, workspace),
    }
}
