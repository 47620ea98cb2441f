//! Migration tools at work in a session: Flyway and Liquibase, started by hand, by a task's container, or by
//! an application before it listens (FW-09, LQ-04).
//!
//! Both go the same way: they compare their files with their table, wait for their lock, run one migration
//! after another, and give the lock back. What differs is the lock. Flyway's belongs to the session and goes
//! with it; Liquibase's is a row that has been committed, and stays when the process is killed.

pub mod changelog;
mod condition;
mod entry;
pub mod flyway;
pub mod liquibase;
mod lock;
mod start;
pub(crate) mod table;

use std::sync::Arc;

use schema::{SqlError, Statement};

use crate::database::run::ROUND_TRIP;
use crate::database::session::{Action, Doing, Script, SessionId, Step};
use crate::engine::Context;
use crate::event::Event;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

type Ctx<'a> = Context<'a, Event>;

/// `application_name` of Flyway.
pub(crate) const FLYWAY: &str = "Flyway by Redgate";
/// `application_name` of Liquibase: it says nothing itself, so it is the driver's.
pub(crate) const DRIVER: &str = "PostgreSQL JDBC Driver";

/// What a tool is to do.
#[derive(Clone, Debug)]
pub enum Tool {
    /// `flyway migrate`, or `undo`.
    Flyway(Arc<flyway::Job>),
    /// `liquibase update`, `rollback`, `tag`.
    Liquibase(Arc<liquibase::Job>),
}

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What a tool has said, in order.
#[derive(Clone, Debug, Default)]
pub struct Voice {
    /// When, where and what; each ends its lines.
    pub said: Vec<(SimTime, Stream, String)>,
    now: SimTime,
    /// How many of them the log of its container has.
    logged: usize,
}

impl Voice {
    fn out(&mut self, text: impl Into<String>) {
        self.said.push((self.now, Stream::Out, text.into()));
    }

    fn err(&mut self, text: impl Into<String>) {
        self.said.push((self.now, Stream::Err, text.into()));
    }
}

#[derive(Clone, Debug)]
enum Run {
    Flyway(Box<flyway::Run>),
    Liquibase(liquibase::Run),
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Begins,
    /// It has asked for the lock so many times, since then.
    Waits {
        since: SimTime,
        tries: u32,
    },
    Holds,
}

/// What comes next.
enum Next {
    /// These statements; then it is asked again.
    Steps(Vec<Step>),
    /// Nothing: this is its exit status.
    Over(u8),
}

/// A tool at work.
#[derive(Clone, Debug)]
pub struct AtWork {
    run: Run,
    phase: Phase,
    /// What it has said.
    pub voice: Voice,
    /// Its exit status, once it knows.
    pub status: Option<u8>,
}

impl AtWork {
    /// A tool that has just been started.
    pub(super) fn new(tool: &Tool, now: SimTime) -> Self {
        let run = match tool {
            Tool::Flyway(job) => Run::Flyway(Box::new(flyway::Run::new(job, now))),
            Tool::Liquibase(job) => Run::Liquibase(liquibase::Run::new(job)),
        };
        Self { run, phase: Phase::Begins, voice: Voice::default(), status: None }
    }
}

impl Script {
    /// A session in which a tool works.
    pub(crate) fn of_tool(application: &str, user: Option<&str>, tool: Tool) -> Self {
        let mut script = Self::new(application, application, Vec::new());
        script.steps =
            Arc::new([Step { from: Arc::clone(&script.application), action: Action::Tool }]);
        script.superuser = matches!(user, None | Some("postgres" | "root"));
        if let Some(user) = user {
            script.user = user.into();
        }
        script.tool = Some(tool);
        script
    }
}

/// Steps that execute statements of a file, as one transaction if they are wrapped.
fn steps(from: &str, statements: &[Arc<Statement>], wrapped: bool) -> Vec<Step> {
    let from: Arc<str> = from.into();
    let step = |statement: Arc<Statement>| Step {
        from: Arc::clone(&from),
        action: Action::Execute { statement, takes: None },
    };
    let control = |text: &str| {
        let parsed = schema::parse(text).unwrap_or_default().statements;
        parsed.into_iter().filter(|_| wrapped).map(Arc::new).collect::<Vec<_>>()
    };
    let all = control("BEGIN").into_iter().chain(statements.iter().cloned());
    all.chain(control("COMMIT")).map(step).collect()
}

impl World {
    /// The tool of a session does its next step.
    pub(super) fn tool_step(&mut self, id: SessionId, ctx: &mut Ctx<'_>) {
        let Some(mut work) = self.session(id).tool.take() else {
            return self.close_session(id, None, ctx);
        };
        work.voice.now = ctx.now;
        let next = self.next_of(&mut work, id, ctx);
        self.session(id).tool = Some(work);
        self.log_tool(id);
        if !self.session(id).is_open() {
            return;
        }
        match next {
            Ok(Next::Steps(more)) => {
                let session = self.session(id);
                let tool = session.script.steps[session.next].clone();
                let kept = session.script.steps.iter().cloned();
                session.script.steps = kept.chain(more).chain([tool]).collect();
                session.next += 1;
                self.go_on(id, Doing::Idle, ROUND_TRIP, ctx);
            }
            Ok(Next::Over(status)) => {
                if let Some(work) = &mut self.session(id).tool {
                    work.status = Some(status);
                }
                self.close_session(id, None, ctx);
            }
            Err(poll) => self.go_on(id, Doing::Idle, poll, ctx),
        }
    }

    /// What comes next, or how long until it asks for its lock again.
    fn next_of(
        &mut self,
        work: &mut AtWork,
        id: SessionId,
        ctx: &mut Ctx<'_>,
    ) -> Result<Next, SimDuration> {
        if let Phase::Begins = work.phase {
            let over = match &mut work.run {
                Run::Flyway(run) => run.begin(self, &mut work.voice),
                Run::Liquibase(run) => run.begin(self, &mut work.voice, ctx.now),
            };
            if let Some(status) = over {
                return Ok(Next::Over(status));
            }
            work.phase = Phase::Waits { since: ctx.now, tries: 0 };
        }
        if let Phase::Waits { since, tries } = work.phase {
            let taken = match &work.run {
                Run::Flyway(_) => self.take_flyway_lock(id, tries, ctx),
                Run::Liquibase(_) => self.take_changelog_lock(id, tries, ctx),
            };
            if !taken {
                work.phase = Phase::Waits { since, tries: tries + 1 };
                let waits = match &work.run {
                    Run::Flyway(run) => run.waits(tries, &mut work.voice),
                    Run::Liquibase(run) => run.waits(self, (tries, since), &mut work.voice),
                };
                return waits.map_or(Ok(Next::Over(1)), Err);
            }
            work.phase = Phase::Holds;
        }
        Ok(match &mut work.run {
            Run::Flyway(run) => run.next(self, &mut work.voice, ctx.now),
            Run::Liquibase(run) => run.next(self, id, &mut work.voice, ctx),
        })
    }

    /// A statement of a tool has failed: it says so and ends, or goes on with the next migration.
    pub(super) fn tool_failed(
        &mut self,
        id: SessionId,
        place: usize,
        error: &SqlError,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(mut work) = self.session(id).tool.take() else { return };
        work.voice.now = ctx.now;
        let statement = match self.session(id).script.steps.get(place).map(|step| &step.action) {
            Some(Action::Execute { statement, .. }) => Some(Arc::clone(statement)),
            _ => None,
        };
        let goes_on = match &mut work.run {
            Run::Flyway(run) => run.failed(self, (error, statement), &mut work.voice),
            Run::Liquibase(run) => run.failed((error, statement), &mut work.voice),
        };
        if !goes_on {
            work.status = Some(1);
        }
        self.session(id).tool = Some(work);
        self.roll_back(id, ctx);
        if goes_on {
            let session = self.session(id);
            session.next = session.script.steps.len() - 1;
            return self.go_on(id, Doing::Idle, ROUND_TRIP, ctx);
        }
        self.close_session(id, Some(error.clone()), ctx);
    }

    /// The session of a tool ends. One that has come to its own end gives its lock back; one whose
    /// connection is lost cannot.
    pub(super) fn tool_over(&mut self, id: SessionId, error: Option<&SqlError>, ctx: &mut Ctx<'_>) {
        let Some(mut work) = self.session(id).tool.take() else { return };
        work.voice.now = ctx.now;
        let lost = work.status.is_none();
        if let Some(error) = error.filter(|_| lost) {
            work.status = Some(1);
            match &work.run {
                Run::Flyway(_) => {
                    let severity = if error.number.is_some() { "" } else { "FATAL: " };
                    work.voice.err(format!("ERROR: {severity}{}\n", error.message));
                }
                Run::Liquibase(run) => run.lost(error, &mut work.voice),
            }
        }
        match (&work.run, work.phase) {
            (Run::Flyway(_), _) => self.free_flyway_lock(id),
            (Run::Liquibase(_), Phase::Holds) if lost => self.note_lock_left(id, ctx),
            (Run::Liquibase(_), Phase::Holds) => self.free_changelog_lock(),
            (Run::Liquibase(_), _) => {}
        }
        self.session(id).tool = Some(work);
        self.log_tool(id);
    }

    /// What a tool in a container has said is in the log of that.
    fn log_tool(&mut self, id: SessionId) {
        let session = self.session(id);
        let (Some(client), Some(work)) = (session.client, &mut session.tool) else { return };
        let new = work.voice.said[work.voice.logged..].to_vec();
        work.voice.logged = work.voice.said.len();
        for (at, _, text) in new {
            for line in text.lines().filter(|line| !line.is_empty()) {
                self.application.write(client, at, line.to_owned());
            }
        }
    }
}
