//! `flyway`: what lies in the workspace is compared with the history in the database, and run (FW-01..10).
//!
//! Simplified: a text that is no SQL is refused before anything is run, and a run whose terminal is needed for
//! something else goes on.

mod options;

use schema::Engine;
use schema::flyway::{self, Baseline, History, print};

use std::sync::Arc;

use crate::console::files;
use crate::console::flyway::options::{COMMANDS, Options, SETTINGS};
use crate::console::follow::Watch;
use crate::console::session::Session;
use crate::console::tool::Running;
use crate::database::dialect::Dialect;
use crate::database::history::installed_on;
use crate::database::session::Script;
use crate::database::tool::flyway::{Files, Job};
use crate::database::tool::{FLYWAY, Tool};

/// Where migrations are looked for if nothing is said: the program's own default, and Spring's.
const PLACES: [&str; 2] = ["sql", "db/migration"];

/// File of settings.
const CONF: &str = "flyway.conf";

/// What one call works with.
struct Call {
    options: Options,
    found: Files,
    /// None as long as there is no table.
    history: Option<History>,
    dialect: &'static Dialect,
}

/// `flyway [-SETTING=VALUE]... COMMAND...`.
pub(crate) fn flyway(words: &[String], session: &mut Session<'_, '_>) {
    let shape = &session.world.database.shape;
    let Some(instance) = &session.world.database.instance else {
        return session.out.fail(
            "ERROR: Unable to obtain connection from database: not modelled: the scenario does not \
             say what its database holds",
        );
    };
    let conf = session.workspace.files.get(CONF).map(String::as_str);
    let mut options = match Options::parse(words, conf) {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    if options.commands.is_empty() {
        session.out.print(format!("Usage: flyway [-SETTING=VALUE]... {}", COMMANDS.join("|")));
        return;
    }
    let dialect = instance.dialect();
    options.settings.schema = dialect.schema(&shape.name);
    let banner = print::banner(&dialect.url(&shape.name), dialect.server);
    let history = instance.history.clone();
    session.out.stdout += &banner;
    let mut folders: Vec<String> = options.locations.iter().map(|one| folder(one)).collect();
    if folders.is_empty() {
        let there = PLACES.into_iter().filter(|place| files::is_folder(session.workspace, place));
        folders.extend(there.map(str::to_owned));
    }
    let found = match Files::find(dialect.engine, &session.workspace.files, &folders) {
        Ok(found) => found,
        Err(problem) => return session.out.fail(problem),
    };
    for stranger in &found.strangers {
        let is_baseline = stranger.rsplit('/').next().is_some_and(|file| file.starts_with('B'));
        session.out.warn(match is_baseline {
            true => format!("note: {stranger}: not modelled: migrations that are baselines"),
            false => format!("note: {stranger} is no name of a migration, so Flyway ignores it"),
        });
    }
    if history.is_none() {
        let table = options.settings.table();
        session.out.print(format!("Schema history table {table} does not exist yet"));
    }
    let commands = options.commands.clone();
    let mut call = Call { options, found, history, dialect };
    // Flyway does one after another; whatever runs migrations comes last here.
    for command in &commands {
        match command.as_str() {
            "info" => call.info(session),
            "validate" => call.validate(session),
            "repair" => call.repair(session),
            // It drops everything, so it is off unless somebody turns it on.
            "clean" => session.out.fail(
                "ERROR: Unable to execute clean as it has been disabled with the \
                 'flyway.cleanDisabled' property.",
            ),
            "baseline" => call.baseline(session),
            _ => return call.run(command == "undo", session),
        }
        if session.out.status != 0 {
            return;
        }
    }
}

/// `filesystem:db/migration` is a folder of the workspace.
fn folder(written: &str) -> String {
    let path = written.split_once(':').map_or(written, |(_, path)| path);
    path.trim_start_matches("./").trim_matches('/').to_owned()
}

impl Call {
    /// `migrate` and `undo`: a session in which Flyway works.
    fn run(self, undoes: bool, session: &mut Session<'_, '_>) {
        if !self.found.faults.is_empty() {
            for (file, schema::Problem { line, column, message, .. }) in &self.found.faults {
                session.out.fail(format!("ERROR: {file}:{line}:{column}: syntax error: {message}"));
            }
            return;
        }
        let user = self.options.user;
        let job = Job {
            files: self.found,
            settings: self.options.settings,
            user: user.clone().unwrap_or_else(|| self.dialect.administrator.to_owned()),
            undoes,
            dialect: self.dialect,
        };
        let tool = Tool::Flyway(Arc::new(job));
        let script = Script::of_tool(FLYWAY, user.as_deref(), tool);
        match session.world.open_session(script, session.ctx) {
            Ok(id) => session.out.watch = Some(Watch::Tool(Running::new(id))),
            Err(error) => {
                let severity = if error.number.is_some() { "" } else { "FATAL: " };
                session.out.fail(format!(
                    "ERROR: Unable to obtain connection from database\nSQL State  : {}\nMessage    : \
                     {severity}{}",
                    error.code, error.message
                ));
            }
        }
    }

    fn applied(&self) -> History {
        self.history.clone().unwrap_or_default()
    }

    fn info(&self, session: &mut Session<'_, '_>) {
        let history = self.applied();
        let infos = flyway::info(&self.found.migrations, &history, &self.options.settings);
        session.out.stdout += &print::info(&self.found.migrations, &infos);
    }

    fn validate(&self, session: &mut Session<'_, '_>) {
        let (files, settings) = (&self.found.migrations, &self.options.settings);
        let found = flyway::validate(files, &self.applied(), settings, false);
        let text = print::validated(files, &found, 12);
        match found.is_empty() {
            true => session.out.stdout += &text,
            false => session.out.fail(text.trim_end()),
        }
    }

    /// Notes which version the schema has (FW-04).
    fn baseline(&mut self, session: &mut Session<'_, '_>) {
        let (by, on) = (self.user(), installed_on(session.ctx.now));
        match flyway::baseline(self.history.as_ref(), &self.options.settings, (by, &on)) {
            Err(refusal) => session.out.fail(format!("ERROR: {}", refusal.0)),
            Ok(Baseline::Stands(text)) => session.out.print(text),
            Ok(Baseline::Made(entry)) => {
                session.out.stdout +=
                    &print::creates(&self.options.settings.table(), entry.version.as_ref());
                self.history = Some(History { entries: vec![entry] });
                if let Some(instance) = &mut session.world.database.instance {
                    instance.history.clone_from(&self.history);
                }
            }
        }
    }

    fn user(&self) -> &str {
        self.options.user.as_deref().unwrap_or(self.dialect.administrator)
    }

    fn repair(&mut self, session: &mut Session<'_, '_>) {
        let mut history = self.applied();
        let by = self.user();
        let on = installed_on(session.ctx.now);
        let (files, settings) = (&self.found.migrations, &self.options.settings);
        let done = flyway::repair(files, &mut history, settings, (by, &on));
        let transactional = self.dialect.engine == Engine::Postgresql;
        let exists = self.history.is_some();
        session.out.stdout += &print::repaired(&done, &settings.table(), exists, transactional);
        // No table is made for that.
        self.history = exists.then_some(history);
        if let Some(instance) = &mut session.world.database.instance {
            instance.history.clone_from(&self.history);
        }
    }
}

/// Completions of an argument.
pub(crate) fn complete(last: &str) -> Vec<String> {
    let offered: &[&str] = if last.starts_with('-') { &SETTINGS } else { &COMMANDS };
    offered.iter().map(|&word| word.to_owned()).collect()
}
