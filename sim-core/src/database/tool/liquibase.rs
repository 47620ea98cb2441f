//! Liquibase at work (LQ-02..06).
//!
//! Simplified: "Rows affected" counts rows of the history and those that `INSERT` writes down.

use std::sync::Arc;

use schema::liquibase::{
    self, Back, ChangeSet, Entry, ExecType, Filter, History, Otherwise, State, print,
};
use schema::{SqlError, Statement};

use super::changelog::Changelog;
use super::condition::asked;
use super::{Next, Voice, steps};
use crate::console::epoch_millis;
use crate::database::history::installed_on;
use crate::database::session::SessionId;
use crate::engine::Context;
use crate::event::Event;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// `changelogLockPollRate` (LQ-04).
pub(crate) const POLL: SimDuration = SimDuration::from_secs(10);
/// `changelogLockWaitTimeInMinutes` (LQ-04).
pub(crate) const WAIT: SimDuration = SimDuration::from_secs(300);
/// How the server names itself to the driver.
const SERVER: &str = "PostgreSQL 15.18";

/// A command that needs the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `update`, `update-count`.
    Update,
    /// `rollback`, `rollback-count`, `rollback-to-date`.
    Rollback(Back),
    /// `tag`.
    Tag(String),
}

/// What Liquibase is to do.
#[derive(Clone, Debug)]
pub struct Job {
    /// The changelog; none is needed for a tag.
    pub changelog: Changelog,
    /// Which changesets the run is for.
    pub filter: Filter,
    /// What it does.
    pub command: Command,
    /// What was typed: `update-count`.
    pub verb: String,
    /// The database, as messages name it.
    pub address: String,
    /// How long it waits for the lock.
    pub wait: SimDuration,
    /// Between two looks at the lock.
    pub poll: SimDuration,
    /// Whether it says what it logs at level INFO.
    pub talks: bool,
}

/// What is being executed.
#[derive(Clone, Debug)]
enum InHand {
    Run(usize, ExecType),
    Back(usize),
}

/// A Liquibase at work.
#[derive(Clone, Debug)]
pub(super) struct Run {
    job: Arc<Job>,
    /// What becomes of each changeset; empty before it has the lock.
    states: Vec<State>,
    /// What the table held then.
    before: History,
    /// The first changeset that has not been looked at, or the first of those that are taken back.
    place: usize,
    /// Places of changesets that are taken back.
    back: Vec<usize>,
    in_hand: Option<InHand>,
    ran: usize,
    rows: u64,
    deployment: String,
}

impl Run {
    pub(super) fn new(job: &Arc<Job>) -> Self {
        Self {
            job: Arc::clone(job),
            states: Vec::new(),
            before: History::default(),
            place: 0,
            back: Vec::new(),
            in_hand: None,
            ran: 0,
            rows: 0,
            deployment: String::new(),
        }
    }

    /// Compares changelog and table first. If nothing is to be done it ends without the lock.
    pub(super) fn begin(&self, world: &mut World, voice: &mut Voice, now: SimTime) -> Option<u8> {
        let Job { changelog, filter, command, verb, .. } = &*self.job;
        voice.err(print::banner(&installed_on(now)[11..]));
        let instance = world.instance();
        instance.changelog_lock.get_or_insert_default();
        let history = instance.changelog.get_or_insert_default();
        let sets = &changelog.sets;
        if let Some(problem) = liquibase::validate(sets, history) {
            voice.err(print::refused("ValidationFailedException", &problem));
            return Some(1);
        }
        match command {
            Command::Rollback(back) => {
                let missing = liquibase::taken_back(sets, history, back).err()?;
                voice.err(print::refused("RollbackFailedException", &missing));
                Some(1)
            }
            Command::Tag(_) => None,
            Command::Update => {
                fill_in(history, sets);
                let states = liquibase::states(sets, history, filter);
                if states.iter().any(|state| matches!(state, State::Due(_))) {
                    return None;
                }
                voice.out(print::summary(sets, (&states[..], &*history), filter, 0));
                voice.err("Database is up to date, no changesets to execute\n");
                voice.err(print::succeeded(verb));
                Some(0)
            }
        }
    }

    /// Somebody else has the lock: how long until the next look, if there is one.
    pub(super) fn waits(
        &self,
        world: &World,
        (tries, since): (u32, SimTime),
        voice: &mut Voice,
    ) -> Option<SimDuration> {
        if tries == 0 || voice.now < since + self.job.wait {
            self.info(voice, "Waiting for changelog lock....");
            return Some(self.job.poll);
        }
        let instance = world.database.instance.as_ref();
        let row = instance.and_then(|instance| instance.changelog_lock.as_ref());
        let (by, at) = row.and_then(|row| row.held.clone()).unwrap_or_default();
        let at = print::short(&at);
        let text =
            format!("Could not acquire change log lock.  Currently locked by {by} since {at}");
        voice.err(print::refused("LockException", &text));
        None
    }

    fn info(&self, voice: &mut Voice, text: &str) {
        if self.job.talks {
            let at = installed_on(voice.now);
            voice.err(format!("[{at}] INFO [liquibase.lockservice] {text}\n"));
        }
    }

    /// What comes next, with the lock.
    pub(super) fn next(
        &mut self,
        world: &mut World,
        id: SessionId,
        voice: &mut Voice,
        ctx: &mut Context<'_, Event>,
    ) -> Next {
        let job = Arc::clone(&self.job);
        if self.deployment.is_empty() {
            self.info(voice, "Successfully acquired change log lock");
            self.first(world, ctx.now);
        }
        self.note_done(world, ctx.now);
        match &job.command {
            Command::Update => self.update(world, id, voice, ctx),
            Command::Rollback(_) => self.roll_back(voice),
            Command::Tag(tag) => {
                set_tag(world, tag, &self.deployment, ctx.now);
                voice.err(format!("Successfully tagged '{}'\n", job.address));
                voice.err(print::succeeded(&job.verb));
                Next::Over(0)
            }
        }
    }

    /// It has got the lock, and reads the table anew.
    fn first(&mut self, world: &mut World, now: SimTime) {
        let Job { changelog, filter, command, .. } = &*self.job;
        let millis = epoch_millis(now) % 10_000_000_000;
        self.deployment = format!("{millis:010}");
        let sets = &changelog.sets;
        let history = world.instance().changelog.get_or_insert_default();
        fill_in(history, sets);
        self.before = history.clone();
        self.states = liquibase::states(sets, history, filter);
        if let Command::Rollback(back) = command {
            let found = liquibase::taken_back(sets, history, back).unwrap_or_default();
            let place = |set: &&ChangeSet| sets.iter().position(|other| other.name() == set.name());
            self.back = found.iter().filter_map(place).collect();
        }
    }

    /// What was in hand is done: its row is written, or removed, in a transaction of its own (LQ-02).
    fn note_done(&mut self, world: &mut World, now: SimTime) {
        let Some(in_hand) = self.in_hand.take() else { return };
        let sets = &self.job.changelog.sets;
        let history = world.instance().changelog.get_or_insert_default();
        match in_hand {
            InHand::Run(place, kind) => {
                let entry = Entry::of(&sets[place], kind, &self.deployment);
                let order = history.next_order();
                history.write(Entry { order, date: installed_on(now), ..entry });
                self.rows += 1;
            }
            InHand::Back(place) => history.entries.retain(|entry| !entry.is_of(&sets[place])),
        }
    }

    fn update(
        &mut self,
        world: &mut World,
        id: SessionId,
        voice: &mut Voice,
        ctx: &mut Context<'_, Event>,
    ) -> Next {
        let job = Arc::clone(&self.job);
        while let Some(set) = job.changelog.sets.get(self.place) {
            let place = self.place;
            self.place += 1;
            let State::Due(kind) = self.states[place] else { continue };
            voice.err(format!("Running Changeset: {}\n", set.name()));
            let kind = match asked(world, id, set, voice, ctx) {
                Ok(None) => kind,
                Ok(Some(Otherwise::MarkRan)) => {
                    self.ran += 1;
                    self.in_hand = Some(InHand::Run(place, ExecType::MarkRan));
                    return Next::Steps(Vec::new());
                }
                Ok(Some(_)) => {
                    self.ran += 1;
                    continue;
                }
                Err(reason) => {
                    self.summary(voice);
                    let name = set.name();
                    let whole = format!(
                        "Migration failed for changeset {name}:\n     Reason: \n          {reason}\n  - \
                         Caused by: Preconditions Failed"
                    );
                    let class = "PreconditionFailedException";
                    voice.err(print::failed(class, "Preconditions Failed", SERVER, &whole));
                    return Next::Over(1);
                }
            };
            self.in_hand = Some(InHand::Run(place, kind));
            self.ran += 1;
            let statements = &job.changelog.statements[place];
            let added = statements.iter().map(|one| schema::session::rows_added(&one.ast));
            self.rows += added.sum::<u64>();
            return Next::Steps(steps(&set.file, statements, set.in_transaction));
        }
        self.summary(voice);
        let verb = job.verb[..1].to_uppercase() + &job.verb[1..];
        voice.err(format!("Liquibase: {verb} has been successful. Rows affected: {}\n", self.rows));
        voice.err(print::succeeded(&job.verb));
        self.info(voice, "Successfully released change log lock");
        Next::Over(0)
    }

    fn summary(&self, voice: &mut Voice) {
        let Job { changelog, filter, .. } = &*self.job;
        let known = (&self.states[..], &self.before);
        voice.out(print::summary(&changelog.sets, known, filter, self.ran));
    }

    fn roll_back(&mut self, voice: &mut Voice) -> Next {
        let job = Arc::clone(&self.job);
        let Some(&place) = self.back.get(self.place) else {
            if self.back.is_empty() {
                voice.err("INFO: 0 changesets rolled back.\n");
            }
            voice.err(print::succeeded(&job.verb));
            return Next::Over(0);
        };
        self.place += 1;
        let set = &job.changelog.sets[place];
        voice.err(format!("Rolling Back Changeset: {}\n", set.name()));
        if let Err(reason) = set.taken_back_by() {
            voice.err(print::refused("RollbackFailedException", &reason));
            return Next::Over(1);
        }
        self.in_hand = Some(InHand::Back(place));
        Next::Steps(steps(&set.file, &job.changelog.back[place], set.in_transaction))
    }

    /// A statement has failed; whether the run goes on all the same: `failOnError:false`.
    pub(super) fn failed(
        &mut self,
        (error, statement): (&SqlError, Option<Arc<Statement>>),
        voice: &mut Voice,
    ) -> bool {
        let Some(in_hand) = self.in_hand.take() else { return false };
        let job = Arc::clone(&self.job);
        let (what, place) = match in_hand {
            InHand::Run(place, _) => ("Migration failed for changeset", place),
            InHand::Back(place) => ("Rollback failed for changeset", place),
        };
        let set = &job.changelog.sets[place];
        if !set.fails_on_error && matches!(in_hand, InHand::Run(..)) {
            return true;
        }
        if matches!(in_hand, InHand::Run(..)) {
            self.ran -= 1;
            self.summary(voice);
        }
        let message = schema::session::driver_message(error, statement.as_deref());
        let sql = statement.map_or_else(String::new, |statement| statement.text.clone());
        let whole = format!(
            "{what} {}:\n     Reason: liquibase.exception.DatabaseException: {message} [Failed SQL: (0) {sql}]",
            set.name()
        );
        voice.err(print::failed("PSQLException", &message, SERVER, &whole));
        false
    }

    /// The connection is lost: the lock cannot be given back.
    pub(super) fn lost(&self, error: &SqlError, voice: &mut Voice) {
        let message = format!("FATAL: {}", error.message);
        voice.err(print::failed("PSQLException", &message, SERVER, &message));
        voice.err("Could not release lock\n");
    }
}

/// Checksums that somebody has cleared are written again (LQ-03).
fn fill_in(history: &mut History, sets: &[ChangeSet]) {
    for entry in history.entries.iter_mut().filter(|entry| entry.checksum.is_none()) {
        entry.checksum = sets.iter().find(|set| entry.is_of(set)).map(ChangeSet::checksum);
    }
}

/// The newest row gets a tag; without any row one is made for it.
fn set_tag(world: &mut World, tag: &str, deployment: &str, now: SimTime) {
    let history = world.instance().changelog.get_or_insert_default();
    match history.entries.iter_mut().max_by_key(|entry| entry.order) {
        Some(newest) => newest.tag = Some(tag.to_owned()),
        None => {
            let set = ChangeSet::new("liquibase", deployment, "liquibase-internal");
            let entry = Entry::of(&set, ExecType::Executed, deployment);
            let tag = Some(tag.to_owned());
            history.write(Entry { order: 1, date: installed_on(now), tag, ..entry });
        }
    }
}
