//! `flyway migrate` and `undo`: the migrations that are due, one after another in one session.

use std::sync::Arc;

use schema::flyway::{self, Entry, History, Kind, Migration, Name, Next, print};
use schema::{Statement, session};

use super::{Call, migrations};
use crate::console::follow::{FollowStep, Watch};
use crate::console::session::Session;
use crate::database::history::installed_on;
use crate::database::session::{Action, Reply, Script, SessionId, Step};
use crate::time::SimTime;
use crate::world::World;

/// A migration that is due, and its steps in the session.
#[derive(Clone, Debug)]
struct Due {
    migration: Migration,
    out_of_order: bool,
    transactional: bool,
    entry: Entry,
    /// Its first step and the one after its last.
    steps: std::ops::Range<usize>,
}

/// A `flyway` that runs migrations.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    session: SessionId,
    due: Vec<Due>,
    /// Migrations that have been announced.
    told: usize,
    began: SimTime,
    undoes: bool,
}

/// `flyway migrate`.
pub(super) fn migrate(call: Call, session: &mut Session<'_, '_>) {
    let (files, settings) = (&call.found.migrations, &call.options.settings);
    if settings.validate_on_migrate {
        let found = flyway::validate(files, &call.history, settings, true);
        let text = print::validated(files, &found, 12);
        if !found.is_empty() {
            return session.out.fail(text.trim_end());
        }
        session.out.stdout += &text;
    }
    let mut history = call.history.clone();
    let mut due = Vec::new();
    loop {
        match flyway::next(files, &history, settings) {
            Err(refusal) => return session.out.fail(format!("ERROR: {}", refusal.0)),
            Ok(None) => break,
            Ok(Some(Next { migration, out_of_order })) => {
                let migration = migration.clone();
                let entry = call.entry(&migration, &history);
                history.entries.push(entry.clone());
                due.push((migration, out_of_order, entry));
            }
        }
    }
    let infos = flyway::info(files, &call.history, settings);
    let now = flyway::current(&infos);
    let now = now.map_or_else(|| "<< Empty Schema >>".to_owned(), ToString::to_string);
    session.out.print(format!("Current version of schema \"public\": {now}"));
    if due.is_empty() {
        session.out.stdout += &print::migrated(0, None, 0);
        return;
    }
    begin(&call, due, false, session);
}

/// `flyway undo`: the newest version is taken back.
pub(super) fn undo(call: Call, session: &mut Session<'_, '_>) {
    let (files, settings) = (&call.found.migrations, &call.options.settings);
    match flyway::undo(files, &call.history, settings) {
        Err(refusal) => session.out.fail(format!("ERROR: {}", refusal.0)),
        Ok(None) => session.out.print("Schema \"public\" has no migration to undo."),
        Ok(Some(migration)) => {
            let entry = call.entry(migration, &call.history);
            let due = vec![(migration.clone(), false, entry)];
            begin(&call, due, true, session);
        }
    }
}

impl Call {
    /// The row that a migration will write.
    fn entry(&self, migration: &Migration, history: &History) -> Entry {
        let undoes = matches!(migration.name, Name::Undo(..));
        Entry {
            rank: history.next_rank(),
            version: migration.name.version().cloned(),
            description: migration.name.description().to_owned(),
            kind: if undoes { Kind::Undo } else { Kind::Sql },
            script: migration.script.rsplit('/').next().unwrap_or_default().to_owned(),
            checksum: Some(migration.checksum),
            installed_by: self.options.user.clone().unwrap_or_else(|| "postgres".to_owned()),
            installed_on: String::new(),
            millis: 0,
            success: true,
        }
    }
}

/// Opens the session in which everything that is due is run.
fn begin(
    call: &Call,
    planned: Vec<(Migration, bool, Entry)>,
    undoes: bool,
    session: &mut Session<'_, '_>,
) {
    let (mut steps, mut due) = (Vec::new(), Vec::new());
    for (migration, out_of_order, entry) in planned {
        let statements = match migrations::statements(session.workspace, &migration) {
            Ok(statements) => statements,
            Err(problem) => return session.out.fail(problem),
        };
        let outside = statements.iter().filter(|one| session::is_concurrent(&one.ast)).count();
        if 0 < outside && outside < statements.len() && !call.options.settings.mixed {
            return session.out.fail(format!(
                "ERROR: Detected both transactional and non-transactional statements within the same \
                 migration (even though mixed is false). Offending migration: {}",
                migration.script
            ));
        }
        let transactional = outside == 0;
        let first = steps.len();
        steps.extend(of_migration(&migration.script, statements, transactional, &entry));
        let steps = first..steps.len();
        due.push(Due { migration, out_of_order, transactional, entry, steps });
    }
    let mut script = Script::new("Flyway by Redgate", "flyway", Vec::new());
    script.steps = steps.into();
    script.stops_on_error = true;
    script.superuser = call.options.user.as_deref().is_none_or(|user| user == "postgres");
    if let Some(user) = &call.options.user {
        script.user = user.as_str().into();
    }
    let began = session.ctx.now;
    match session.world.open_session(script, session.ctx) {
        Ok(id) => {
            if let Some(postgres) = &mut session.world.database.postgres
                && postgres.history.is_none()
            {
                postgres.history = Some(History::default());
                session.out.print(
                    "Creating Schema History table \"public\".\"flyway_schema_history\" ...",
                );
            }
            let running = Running { session: id, due, told: 0, began, undoes };
            session.out.watch = Some(Watch::Flyway(Box::new(running)));
        }
        Err(error) => session.out.fail(format!(
            "ERROR: Unable to obtain connection from database\nSQL State  : {}\nMessage    : FATAL: {}",
            error.code, error.message
        )),
    }
}

/// The steps of one migration: its statements, and the row that tells of it, in a transaction if that can
/// be (FW-08..10).
fn of_migration(
    script: &str,
    statements: Vec<Statement>,
    transactional: bool,
    entry: &Entry,
) -> Vec<Step> {
    let from: Arc<str> = script.into();
    let step = |action| Step { from: Arc::clone(&from), action };
    let execute = |statement: Statement| {
        step(Action::Execute { statement: Arc::new(statement), takes: None })
    };
    let control = |text: &str| {
        let parsed = schema::parse(text).unwrap_or_default().statements;
        parsed.into_iter().filter(|_| transactional).map(execute).collect::<Vec<_>>()
    };
    let mut steps = control("BEGIN");
    steps.extend(statements.into_iter().map(execute));
    steps.push(step(Action::Record(Arc::new(entry.clone()))));
    steps.extend(control("COMMIT"));
    steps
}

impl Running {
    /// Which migrations have begun since the last look, and how it ends.
    pub(crate) fn poll(&mut self, world: &mut World, now: SimTime) -> FollowStep {
        let mut step = FollowStep::default();
        let Some(postgres) = &mut world.database.postgres else { return step };
        let session = postgres.session(self.session);
        while let Some(due) = self.due.get(self.told).filter(|due| due.steps.start <= session.next)
        {
            let verb = if self.undoes { "Undoing migration of" } else { "Migrating" };
            let named = print::named(&due.migration, due.transactional, due.out_of_order);
            step.stdout += &format!("{verb} {named}\n");
            self.told += 1;
        }
        let Some(end) = &session.end else { return step };
        let failed = session.answers.iter().find_map(|answer| match &answer.reply {
            Reply::Failed(error) => Some((answer.step, error.clone())),
            _ => None,
        });
        let failed = failed.or_else(|| Some((session.next, end.error.clone()?)));
        let millis = end.at.since(self.began).as_micros() / 1_000;
        let Some((place, error)) = failed else {
            step.stdout += &self.success(millis);
            step.done = Some(0);
            return step;
        };
        step.done = Some(1);
        let (line, text) = match session.script.steps.get(place).map(|step| &step.action) {
            Some(Action::Execute { statement, .. }) => (statement.line, statement.text.clone()),
            _ => (1, String::new()),
        };
        let Some(due) = self.due.iter().find(|due| due.steps.contains(&place)) else { return step };
        let next = Next { migration: &due.migration, out_of_order: due.out_of_order };
        step.stderr += &print::failed(&next, &error, (line, &text), due.transactional);
        if !due.transactional {
            // Without a transaction the failure itself is recorded (FW-08).
            let installed_on = installed_on(now);
            let entry = Entry { success: false, installed_on, ..due.entry.clone() };
            postgres.recorded(vec![entry]);
        }
        step
    }

    fn success(&self, millis: u64) -> String {
        let version = self.due.iter().rev().find_map(|due| due.migration.name.version());
        let version = version.map(ToString::to_string);
        if self.undoes {
            let time = print::clock(millis);
            return format!(
                "Successfully undid 1 migration to schema \"public\" (execution time {time})\n"
            );
        }
        print::migrated(self.due.len(), version, millis)
    }
}
