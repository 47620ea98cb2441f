//! `flyway`: what lies in the workspace is compared with the history in the database, and run (FW-01..10).
//!
//! Simplified: a text that is no SQL is refused before anything is run, no lock keeps a second Flyway
//! away, and a run whose terminal is needed for something else goes on.

mod migrations;
mod options;
mod run;

use schema::flyway::{self, History, print};

use crate::console::flyway::migrations::Found;
use crate::console::flyway::options::{COMMANDS, Options, SETTINGS};
use crate::console::session::Session;
use crate::database::history::installed_on;

pub(crate) use run::Running;

/// File of settings.
const CONF: &str = "flyway.conf";

/// What one call works with.
struct Call {
    options: Options,
    found: Found,
    history: History,
}

/// `flyway [-SETTING=VALUE]... COMMAND...`.
pub(crate) fn flyway(words: &[String], session: &mut Session<'_, '_>) {
    let conf = session.workspace.files.get(CONF).map(String::as_str);
    let options = match Options::parse(words, conf) {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    if options.commands.is_empty() {
        session.out.print(format!("Usage: flyway [-SETTING=VALUE]... {}", COMMANDS.join("|")));
        return;
    }
    let shape = &session.world.database.shape;
    let Some(postgres) = &session.world.database.postgres else {
        return session.out.fail(
            "ERROR: Unable to obtain connection from database: not modelled: the scenario does not \
             say what its database holds",
        );
    };
    let address = format!("jdbc:postgresql://database:5432/{}", shape.name);
    let banner = print::banner(&address, "PostgreSQL 15.18");
    let history = postgres.history.clone();
    session.out.stdout += &banner;
    let found = match migrations::find(session.workspace, &options.locations) {
        Ok(found) => found,
        Err(problem) => return session.out.fail(problem),
    };
    for stranger in &found.strangers {
        session
            .out
            .warn(format!("note: {stranger} is no name of a migration, so Flyway ignores it"));
    }
    if history.is_none() {
        let table = "Schema history table \"public\".\"flyway_schema_history\" does not exist yet";
        session.out.print(table);
    }
    let commands = options.commands.clone();
    let call = Call { options, found, history: history.unwrap_or_default() };
    // Flyway does one after another; whatever runs migrations comes last here.
    for command in &commands {
        match command.as_str() {
            "info" => call.info(session),
            "validate" => call.validate(session),
            "repair" => call.repair(session),
            "undo" => return run::undo(call, session),
            _ => return run::migrate(call, session),
        }
        if session.out.status != 0 {
            return;
        }
    }
}

impl Call {
    fn info(&self, session: &mut Session<'_, '_>) {
        let infos = flyway::info(&self.found.migrations, &self.history, &self.options.settings);
        session.out.stdout += &print::info(&self.found.migrations, &infos);
    }

    fn validate(&self, session: &mut Session<'_, '_>) {
        let (files, settings) = (&self.found.migrations, &self.options.settings);
        let found = flyway::validate(files, &self.history, settings, false);
        let text = print::validated(files, &found, 12);
        match found.is_empty() {
            true => session.out.stdout += &text,
            false => session.out.fail(text.trim_end()),
        }
    }

    fn repair(&self, session: &mut Session<'_, '_>) {
        let mut history = self.history.clone();
        let by = self.options.user.as_deref().unwrap_or("postgres");
        let on = installed_on(session.ctx.now);
        let (files, settings) = (&self.found.migrations, &self.options.settings);
        let done = flyway::repair(files, &mut history, settings, (by, &on));
        if done.is_empty() {
            session.out.print("Repair of failed migration in Schema History table \"public\".\"flyway_schema_history\" not necessary.");
        }
        for action in done {
            session.out.print(action);
        }
        session.out.print(
            "Successfully repaired schema history table \"public\".\"flyway_schema_history\" \
             (execution time 00:00.015s).",
        );
        if let Some(postgres) = &mut session.world.database.postgres {
            postgres.history = Some(history);
        }
    }
}

/// Completions of an argument.
pub(crate) fn complete(last: &str) -> Vec<String> {
    let offered: &[&str] = if last.starts_with('-') { &SETTINGS } else { &COMMANDS };
    offered.iter().map(|&word| word.to_owned()).collect()
}
