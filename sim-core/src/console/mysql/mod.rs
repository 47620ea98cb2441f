//! `mysql`: somebody executes SQL in a shared MySQL, and the terminal waits for it.
//!
//! Simplified: there is no interactive session, and a text that is no SQL is refused as a whole. A session
//! whose terminal is needed for something else goes on.

mod options;
mod print;

use std::sync::Arc;

use schema::{Engine, Problem};

use crate::console::Workspace;
use crate::console::complete::paths;
use crate::console::follow::{FollowStep, Watch};
use crate::console::mysql::options::{FLAGS, Options};
use crate::console::mysql::print::Style;
use crate::console::session::Session;
use crate::console::typed::{Typed, Written};
use crate::database::session::{Reply, Script, SessionId};
use crate::world::World;

/// Longest piece of SQL that the server repeats.
const NEAR: usize = 80;

/// A `mysql` whose session runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    session: SessionId,
    /// Answers that have been printed.
    shown: usize,
    /// How they are printed.
    style: Style,
    written: Vec<Written>,
}

/// `mysql [-e SQL] [-v] [-t|-B|-E] [-N] [-f] [-u USER] [DATABASE]`.
pub(crate) fn mysql(words: &[String], session: &mut Session<'_, '_>) {
    let mut options = match Options::parse(words, !session.piped) {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let shape = &session.world.database.shape;
    let refusal = match &session.world.database.instance {
        _ if shape.engine != Engine::Mysql => Some(
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'database:3306' (111)".to_owned(),
        ),
        None => Some(
            "mysql: not modelled: the scenario does not say what its database holds".to_owned(),
        ),
        Some(_) => options
            .database
            .as_ref()
            .filter(|name| **name != shape.name)
            .map(|name| format!("ERROR 1049 (42000): Unknown database '{name}'")),
    };
    if let Some(problem) = refusal {
        return session.out.fail(problem);
    }
    let Some(text) = options.execute.take().or_else(|| session.input.take()) else {
        return session.out.fail(
            "mysql: an interactive session is not modelled; write mysql -e 'SQL', mysql < FILE, or mysql \
             <<EOF",
        );
    };
    let typed = match read(&text) {
        Ok(typed) => typed,
        Err(problem) => return session.out.fail(problem),
    };
    let mut script = Script::new("mysql", "mysql", Vec::new());
    script.steps = typed.steps.into();
    script.stops_on_error = !options.force;
    script.superuser = options.user.as_deref().is_none_or(|user| user == "root");
    script.user = options.user.as_deref().unwrap_or_default().into();
    match session.world.open_session(script, session.ctx) {
        Ok(id) => {
            session.out.watch = Some(Watch::Mysql(Box::new(Running {
                session: id,
                shown: 0,
                style: options.style,
                written: typed.written,
            })));
        }
        // The server refuses before both sides have agreed how to tell the SQLSTATE.
        Err(error) => session.out.fail(match error.number {
            Some(number) => format!("ERROR {number} (HY000): {}", error.message),
            None => error.message,
        }),
    }
}

/// The statements of a text; `\G` ends one whose rows are wanted one below the other.
fn read(text: &str) -> Result<Typed, String> {
    let (mut typed, mut first) = (Typed::default(), 0);
    let from: Arc<str> = "mysql".into();
    let mut pieces = text.split("\\G").peekable();
    while let Some(piece) = pieces.next() {
        let parsed = Engine::Mysql.parse(piece).map_err(|all| complaint(piece, &all, first))?;
        for statement in parsed.statements {
            typed.add(statement, &from, None, first);
        }
        if let (true, Some(last)) = (pieces.peek().is_some(), typed.written.last_mut()) {
            last.vertical = true;
        }
        first += piece.matches('\n').count() as u64;
    }
    Ok(typed)
}

/// What is no SQL, as the server would say it; nothing has been executed then.
fn complaint(text: &str, problems: &[Problem], first: u64) -> String {
    let Some(problem) = problems.first() else { return String::new() };
    let line = usize::try_from(problem.line).unwrap_or(1).max(1) - 1;
    let column = usize::try_from(problem.column).unwrap_or(1).max(1) - 1;
    let rest: Vec<&str> = text.lines().skip(line).collect();
    let rest: String = rest.join("\n").chars().skip(column).take(NEAR).collect();
    format!(
        "ERROR 1064 (42000) at line {}: You have an error in your SQL syntax; check the manual that \
         corresponds to your MySQL server version for the right syntax to use near '{rest}' at line {}\n\
         note: {}; nothing has been executed, and a real mysql executes what comes before",
        problem.line + first,
        problem.line,
        problem.message,
    )
}

impl Running {
    /// What the session has been answered since the last look, and how `mysql` ends.
    pub(crate) fn poll(&mut self, world: &World) -> FollowStep {
        let mut step = FollowStep::default();
        let Some(instance) = &world.database.instance else { return step };
        let session = instance.session(self.session);
        for place in self.shown..session.answers.len() {
            let answer = &session.answers[place];
            let before = place.checked_sub(1).map_or(session.began, |one| session.answers[one].at);
            let took = answer.at.since(before).as_micros();
            print::answer(
                &answer.reply,
                self.written.get(answer.step),
                self.style,
                took,
                &mut step,
            );
        }
        self.shown = session.answers.len();
        let Some(end) = &session.end else { return step };
        let told = session.answers.last().map(|answer| &answer.reply);
        let lost = end.error.clone().filter(|error| told != Some(&Reply::Failed(error.clone())));
        let failed = lost.is_some() || session.has_failed() && session.script.stops_on_error;
        if let Some(error) = lost {
            let written = self.written.get(session.next);
            print::answer(&Reply::Failed(error), written, self.style, 0, &mut step);
        }
        if 1 < self.style.verbose {
            step.stdout += "Bye\n";
        }
        step.done = Some(i32::from(failed));
        step
    }
}

/// Completions of an argument.
pub(crate) fn complete(words: &[String], last: &str, workspace: &Workspace) -> Vec<String> {
    match words.last().map(String::as_str) {
        Some("-e" | "--execute") => Vec::new(),
        _ if last.starts_with('-') => FLAGS.iter().map(|flag| (*flag).to_owned()).collect(),
        _ => paths(last, workspace),
    }
}
