//! Flyway at work (FW-04..10).
//!
//! Simplified: the lock is kept from the first migration to the last; the real program takes it for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::flyway::{
    self, Baseline, Entry, History, Kind, Migration, Name, Refusal, Settings, checksum, print,
};
use schema::{Engine, SqlError, Statement, session};

use super::{Next, Voice, steps};
use crate::database::dialect::Dialect;
use crate::database::history::installed_on;
use crate::database::session::{Action, Step};
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// Between two attempts to get the lock.
const RETRY: SimDuration = SimDuration::from_secs(1);
/// `lockRetryCount` (FW-04).
const RETRIES: u32 = 50;

/// Migrations with their statements, and names that are none.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The migrations, in the order in which they run.
    pub migrations: Vec<Migration>,
    /// Files of SQL that Flyway ignores.
    pub strangers: Vec<String>,
    /// Statements by file.
    statements: BTreeMap<String, Vec<Arc<Statement>>>,
    /// Files that are no SQL, with the first place where they are not.
    pub faults: Vec<(String, schema::Problem)>,
}

impl Files {
    /// Finds the migrations in folders and below them.
    pub fn find(
        engine: Engine,
        files: &BTreeMap<String, String>,
        folders: &[String],
    ) -> Result<Self, String> {
        let mut found = Self::default();
        for folder in folders {
            let below = |path: &str| {
                folder.is_empty()
                    || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            };
            let inside = files.iter().filter(|(path, _)| below(path) && path.ends_with(".sql"));
            for (path, text) in inside {
                found.add(engine, path, text);
            }
        }
        found.migrations.sort_by(|one, other| one.name.order(&other.name));
        for pair in found.migrations.windows(2) {
            if pair[0].name.order(&pair[1].name).is_eq() {
                return Err(twice(&pair[0], &pair[1]));
            }
        }
        Ok(found)
    }

    fn add(&mut self, engine: Engine, path: &str, text: &str) {
        let file = path.rsplit('/').next().unwrap_or(path);
        let Ok(name) = Name::parse(file) else { return self.strangers.push(path.to_owned()) };
        let script = path.to_owned();
        match engine.parse(text) {
            Ok(parsed) => {
                let statements = parsed.statements.into_iter().map(Arc::new).collect();
                self.statements.insert(script.clone(), statements);
            }
            Err(problems) => {
                self.faults.extend(problems.into_iter().map(|problem| (script.clone(), problem)));
            }
        }
        self.migrations.push(Migration { name, script, checksum: checksum(text) });
    }
}

fn twice(one: &Migration, other: &Migration) -> String {
    let which = match one.name.version() {
        Some(version) => format!("version {version}"),
        None => format!("description \"{}\"", one.name.description()),
    };
    format!(
        "ERROR: Found more than one migration with {which}\nOffenders:\n-> {} (SQL)\n-> {} (SQL)",
        one.script, other.script
    )
}

/// What Flyway is to do.
#[derive(Clone, Debug)]
pub struct Job {
    /// The migrations.
    pub files: Files,
    /// What decides about them.
    pub settings: Settings,
    /// The role, as the table has it.
    pub user: String,
    /// Whether the newest version is taken back.
    pub undoes: bool,
    /// The database.
    pub dialect: &'static Dialect,
}

/// A migration that is being run.
#[derive(Clone, Debug)]
struct InHand {
    migration: Migration,
    out_of_order: bool,
    transactional: bool,
    entry: Entry,
}

/// A `flyway migrate` at work.
#[derive(Clone, Debug)]
pub(super) struct Run {
    job: Arc<Job>,
    began: SimTime,
    in_hand: Option<InHand>,
    done: usize,
    announced: bool,
}

impl Run {
    pub(super) fn new(job: &Arc<Job>, now: SimTime) -> Self {
        Self { job: Arc::clone(job), began: now, in_hand: None, done: 0, announced: false }
    }

    /// Validates first; its exit status if that is the end.
    pub(super) fn begin(&self, world: &World, voice: &mut Voice) -> Option<u8> {
        let Job { files, settings, undoes, .. } = &*self.job;
        if *undoes || !settings.validate_on_migrate {
            return None;
        }
        let found = flyway::validate(&files.migrations, &history(world), settings, true);
        let text = print::validated(&files.migrations, &found, 12);
        if found.is_empty() {
            voice.out(text);
            return None;
        }
        voice.err(text);
        Some(1)
    }

    /// Somebody else has the lock: how long until the next attempt, if there is one.
    pub(super) fn waits(&self, tries: u32, voice: &mut Voice) -> Option<SimDuration> {
        if tries <= RETRIES {
            return Some(RETRY);
        }
        voice.err(format!(
            "ERROR: Number of retries exceeded while attempting to acquire {}. \
             Configure the number of retries with the 'lockRetryCount' configuration option: \
             https://rd.gt/3A57jfk\n",
            self.job.dialect.tool_lock
        ));
        None
    }

    /// The next migration that is due.
    pub(super) fn next(&mut self, world: &mut World, voice: &mut Voice, now: SimTime) -> Next {
        let job = Arc::clone(&self.job);
        let (files, settings) = (&job.files.migrations, &job.settings);
        if !std::mem::replace(&mut self.announced, true) && !job.undoes {
            if world.instance().history.is_none()
                && let Err(refusal) = create(world, &job, voice)
            {
                voice.err(format!("ERROR: {}\n", refusal.0));
                return Next::Over(1);
            }
            let current = current(&job, &history(world));
            let current = current.unwrap_or_else(|| "<< Empty Schema >>".to_owned());
            voice.out(format!("Current version of schema {}: {current}\n", settings.schema));
        }
        if self.in_hand.take().is_some() {
            self.done += 1;
            if job.undoes {
                let millis = now.since(self.began).as_micros() / 1_000;
                let version = current(&job, &history(world));
                voice.out(print::undone(&settings.schema, version, millis));
                return Next::Over(0);
            }
        }
        let history = history(world);
        let due = match job.undoes {
            true => flyway::undo(files, &history, settings).map(|due| due.map(|due| (due, false))),
            false => flyway::next(files, &history, settings)
                .map(|due| due.map(|due| (due.migration, due.out_of_order))),
        };
        match due {
            Err(refusal) => {
                voice.err(format!("ERROR: {}\n", refusal.0));
                Next::Over(1)
            }
            Ok(None) if job.undoes => {
                voice.out(format!("Schema {} has no migration to undo.\n", settings.schema));
                Next::Over(0)
            }
            Ok(None) => {
                let millis = now.since(self.began).as_micros() / 1_000;
                let version = current(&job, &history);
                voice.out(print::migrated(self.done, &settings.schema, version, millis));
                Next::Over(0)
            }
            Ok(Some((migration, out_of_order))) => {
                self.run(migration.clone(), out_of_order, &history, voice)
            }
        }
    }

    fn run(
        &mut self,
        migration: Migration,
        out_of_order: bool,
        history: &History,
        voice: &mut Voice,
    ) -> Next {
        let statements = self.job.files.statements.get(&migration.script);
        let statements = statements.map(Vec::as_slice).unwrap_or_default();
        let outside = statements.iter().filter(|one| session::is_concurrent(&one.ast)).count();
        if 0 < outside && outside < statements.len() && !self.job.settings.mixed {
            voice.err(format!(
                "ERROR: Detected both transactional and non-transactional statements within the same \
                 migration (even though mixed is false). Offending migration: {}\n",
                migration.script
            ));
            return Next::Over(1);
        }
        let transactional = outside == 0;
        let entry = self.entry(&migration, history);
        let mut steps = steps(&migration.script, statements, transactional);
        let record = Step {
            from: migration.script.as_str().into(),
            action: Action::Record(Arc::new(entry.clone())),
        };
        // The row is written in the transaction of its migration (FW-08).
        steps.insert(steps.len() - usize::from(transactional), record);
        let verb = if self.job.undoes { "Undoing migration of" } else { "Migrating" };
        let next = flyway::Next { migration: &migration, out_of_order };
        let named = print::named(&next, &self.job.settings.schema, transactional);
        voice.out(format!("{verb} {named}\n"));
        self.in_hand = Some(InHand { migration, out_of_order, transactional, entry });
        Next::Steps(steps)
    }

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
            installed_by: self.job.user.clone(),
            installed_on: String::new(),
            millis: 0,
            success: true,
        }
    }

    /// A statement has failed. Without a transaction the failure itself is recorded (FW-08).
    pub(super) fn failed(
        &mut self,
        world: &mut World,
        (error, statement): (&SqlError, Option<Arc<Statement>>),
        voice: &mut Voice,
    ) -> bool {
        let Some(InHand { migration, out_of_order, transactional, entry }) = self.in_hand.take()
        else {
            return false;
        };
        let next = flyway::Next { migration: &migration, out_of_order };
        let named = print::named(&next, &self.job.settings.schema, transactional);
        // MySQL has committed what it has changed (MY-05).
        let undone = transactional && self.job.dialect.engine == Engine::Postgresql;
        voice.err(print::failed((&migration.script, &named), error, statement.as_deref(), undone));
        if !undone {
            let installed_on = installed_on(voice.now);
            world.instance().recorded(vec![Entry { success: false, installed_on, ..entry }]);
        }
        false
    }
}

/// The version of the schema.
fn current(job: &Job, history: &History) -> Option<String> {
    let infos = flyway::info(&job.files.migrations, history, &job.settings);
    flyway::current(&infos).map(ToString::to_string)
}

fn history(world: &World) -> History {
    let instance = world.database.instance.as_ref();
    instance.and_then(|instance| instance.history.clone()).unwrap_or_default()
}

/// Makes the table. A schema that holds something needs a baseline first (FW-04).
fn create(world: &mut World, job: &Job, voice: &mut Voice) -> Result<(), Refusal> {
    let instance = world.instance();
    let is_empty = instance.schema.tables.is_empty() && instance.changelog.is_none();
    let first = match is_empty {
        true => None,
        false if !job.settings.baseline_on_migrate => {
            return Err(Refusal(format!(
                "Found non-empty schema(s) {} but no schema history table. Use baseline() or set \
                 baselineOnMigrate to true to initialize the schema history table.",
                job.settings.schema
            )));
        }
        false => {
            let on = installed_on(voice.now);
            match flyway::baseline(None, &job.settings, (&job.user, &on))? {
                Baseline::Made(entry) => Some(entry),
                Baseline::Stands(_) => None,
            }
        }
    };
    let baseline = first.as_ref().and_then(|entry| entry.version.as_ref());
    voice.out(print::creates(&job.settings.table(), baseline));
    instance.history = Some(History { entries: first.into_iter().collect() });
    Ok(())
}
