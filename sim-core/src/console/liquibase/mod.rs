//! `liquibase`: a changelog of the workspace is compared with the table in the database, and run (LQ-01..06).
//!
//! Simplified: the big banner is left out, as with `--show-banner=false`; a text that is no SQL is refused
//! before anything is run; and a run whose terminal is needed for something else goes on.

mod options;

use std::sync::Arc;

use schema::Engine;
use schema::liquibase::{self, Back, Filter, State, print, update_sql};

use crate::console::complete::paths;
use crate::console::files;
use crate::console::follow::Watch;
use crate::console::liquibase::options::{COMMANDS, OPTIONS, Options};
use crate::console::session::Session;
use crate::console::tool::Running;
use crate::console::{Workspace, epoch_millis};
use crate::database::history::installed_on;
use crate::database::session::Script;
use crate::database::tool::changelog::Changelog;
use crate::database::tool::liquibase::{Command, Job};
use crate::database::tool::{DRIVER, Tool};
use crate::diagnostic::Diagnostic;

/// What one call works with.
struct Call {
    options: Options,
    changelog: Changelog,
    url: String,
    address: String,
}

/// `liquibase [--OPTION=VALUE]... COMMAND [ARGUMENT]`.
pub(crate) fn liquibase(words: &[String], session: &mut Session<'_, '_>) {
    let file = files::read(session.workspace, options::defaults_file(words)).ok();
    let options = match Options::parse(words, file, &session.settings) {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    if options.command.is_empty() {
        session.out.warn("Missing required subcommand");
        let names = COMMANDS.map(|(name, _)| name).join("|");
        session.out.warn(format!("Usage: liquibase [GLOBAL OPTIONS] {names} [COMMAND OPTIONS]"));
        session.out.status = 2;
        return;
    }
    let shape = &session.world.database.shape;
    let url = format!("jdbc:postgresql://database:5432/{}", shape.name);
    let wanted = options.url.clone().unwrap_or_else(|| url.clone());
    let name = wanted.split('?').next().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
    let refusal = match &session.world.database.instance {
        None => Some("not modelled: the scenario does not say what its database holds".to_owned()),
        Some(instance) if instance.dialect().engine != Engine::Postgresql => {
            Some("not modelled: Liquibase with MySQL; flyway is".to_owned())
        }
        Some(_) if name != shape.name => Some(format!("FATAL: database \"{name}\" does not exist")),
        Some(_) => None,
    };
    if let Some(reason) = refusal {
        let whole = format!(
            "Connection could not be created to {wanted} with driver org.postgresql.Driver.  {reason}"
        );
        return fail(&print::failed("PSQLException", &reason, liquibase::VERSION, &whole), session);
    }
    let address = format!("{}@{url}", options.user);
    let mut call = Call { options, changelog: Changelog::default(), url, address };
    let needs_changelog = !matches!(
        call.options.command.as_str(),
        "clear-checksums" | "history" | "list-locks" | "release-locks" | "tag"
    );
    if needs_changelog && !call.read(session) {
        return;
    }
    match call.command() {
        Ok(Some(command)) => call.work(command, session),
        Ok(None) => call.answer(session),
        Err(problem) => session.out.fail(problem),
    }
}

fn fail(text: &str, session: &mut Session<'_, '_>) {
    session.out.fail(text.trim_end());
}

impl Call {
    /// Reads the changelog; false if that is the end.
    fn read(&mut self, session: &mut Session<'_, '_>) -> bool {
        let Some(root) = &self.options.changelog else {
            session.out.fail(options::missing("changelog-file"));
            return false;
        };
        match Changelog::load(&session.workspace.files, root) {
            Ok(changelog) => {
                self.changelog = changelog;
                true
            }
            Err(problems) => {
                complain(root, &problems, session);
                false
            }
        }
    }

    /// What the command does with the lock; none if it needs none.
    fn command(&self) -> Result<Option<Command>, String> {
        let argument = &self.options.argument;
        let count = || {
            argument
                .parse::<usize>()
                .map_err(|_| format!("Invalid value '{argument}' for '--count'"))
        };
        Ok(Some(match self.options.command.as_str() {
            "update" => Command::Update,
            "update-count" => {
                count()?;
                Command::Update
            }
            "rollback" => Command::Rollback(Back::Tag(argument.clone())),
            "rollback-count" => Command::Rollback(Back::Count(count()?)),
            "rollback-to-date" => Command::Rollback(Back::Date(date(argument)?)),
            "tag" => Command::Tag(argument.clone()),
            _ => return Ok(None),
        }))
    }

    fn filter(&self) -> Filter {
        let counts = self.options.command == "update-count";
        Filter {
            contexts: self.options.contexts.clone(),
            labels: self.options.labels.clone(),
            count: counts.then(|| self.options.argument.parse().unwrap_or(0)),
        }
    }

    /// A session in which Liquibase works.
    fn work(self, command: Command, session: &mut Session<'_, '_>) {
        let filter = self.filter();
        let Options { command: verb, user, wait, poll, talks, .. } = self.options;
        let (changelog, address) = (self.changelog, self.address);
        let job = Job { changelog, filter, command, verb, address, wait, poll, talks };
        let script = Script::of_tool(DRIVER, Some(&user), Tool::Liquibase(Arc::new(job)));
        match session.world.open_session(script, session.ctx) {
            Ok(id) => session.out.watch = Some(Watch::Tool(Running::new(id))),
            Err(error) => {
                let reason = format!("FATAL: {}", error.message);
                let whole = format!(
                    "Connection could not be created to {} with driver org.postgresql.Driver.  {reason}",
                    self.url
                );
                fail(&print::failed("PSQLException", &reason, liquibase::VERSION, &whole), session);
            }
        }
    }

    /// A command that reads, or writes a row at once.
    fn answer(&self, session: &mut Session<'_, '_>) {
        let now = session.ctx.now;
        session.out.stderr += &print::banner(&installed_on(now)[11..]);
        let Some(instance) = &mut session.world.database.instance else { return };
        if self.options.command != "history" {
            instance.changelog_lock.get_or_insert_default();
            instance.changelog.get_or_insert_default();
        }
        let mut history = instance.changelog.clone().unwrap_or_default();
        let lock = instance.changelog_lock.clone();
        let sets = &self.changelog.sets;
        if let Some(problem) = liquibase::validate(sets, &history) {
            let text = print::refused("ValidationFailedException", &problem);
            return fail(&text, session);
        }
        let states: Vec<State> = liquibase::states(sets, &history, &self.filter());
        match self.options.command.as_str() {
            "status" => session.out.stdout += &print::status(sets, &states, &self.address),
            "history" => session.out.stdout += &print::history(&history, &self.url),
            "list-locks" => session.out.stdout += &print::locks(lock.as_ref(), &self.address),
            "validate" => session.out.warn("No validation errors found."),
            "release-locks" => {
                session.world.free_changelog_lock();
                session.out.warn(format!(
                    "Successfully released all database change log locks for '{}'",
                    self.address
                ));
            }
            "clear-checksums" => {
                history.entries.iter_mut().for_each(|entry| entry.checksum = None);
                if let Some(instance) = &mut session.world.database.instance {
                    instance.changelog = Some(history);
                }
            }
            _ => {
                let root = self.options.changelog.as_deref().unwrap_or_default();
                let deployment = format!("{:010}", epoch_millis(now) % 10_000_000_000);
                let names = (root, &*self.address, "workstation (192.0.2.10)");
                let when = (&*print::short(&installed_on(now)), &*deployment);
                session.out.stdout += &update_sql(sets, (&states[..], &history), names, when);
            }
        }
        session.out.stderr += &print::succeeded(&self.options.command);
    }
}

/// `2026-01-05`, with or without a time.
fn date(text: &str) -> Result<String, String> {
    let whole = match text.len() {
        10 => format!("{text} 00:00:00"),
        _ => text.replacen('T', " ", 1),
    };
    let pattern = "0000-00-00 00:00:00";
    let fits = whole.len() == pattern.len()
        && whole.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            wanted => byte == wanted,
        });
    match fits {
        true => Ok(whole),
        false => Err(format!("Invalid value '{text}' for '--date'; write 2026-01-05T09:30:00")),
    }
}

/// What is wrong with a changelog, in Liquibase's words, and where.
fn complain(root: &str, problems: &[Diagnostic], session: &mut Session<'_, '_>) {
    let Some(first) = problems.first() else { return };
    let whole = match first.position.line {
        0 => first.message.clone(),
        _ => format!("Error parsing {root} : {}", first.message),
    };
    let class = "ChangeLogParseException";
    fail(&print::failed(class, &first.message, liquibase::VERSION, &whole), session);
    for problem in problems.iter().filter(|problem| problem.position.line != 0) {
        let (file, place) = (&problem.file, problem.position);
        let message = problem.message.trim_start().lines().next().unwrap_or_default();
        session.out.warn(format!("note: {file}:{}:{}: {message}", place.line, place.column));
    }
}

/// Completions of an argument.
pub(crate) fn complete(last: &str, workspace: &Workspace) -> Vec<String> {
    if let Some(start) = last.strip_prefix("--changelog-file=") {
        let files = paths(start, workspace).into_iter();
        return files.map(|file| format!("--changelog-file={file}")).collect();
    }
    match last.starts_with('-') {
        true => OPTIONS.iter().map(|&word| word.to_owned()).collect(),
        false => COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect(),
    }
}
