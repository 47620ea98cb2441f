//! The terminal session of a run: who types which command, what it prints, what still runs.

use crate::chunked::Chunked;
use crate::console::{self, Follow, Workspace};
use crate::engine::Context;
use crate::event::Event;
use crate::scenario::{LogEntry, Scenario, Trigger};
use crate::simulation::{Author, Printed, Reply};
use crate::time::SimTime;
use crate::trace::Topic;
use crate::why::Origin;
use crate::world::{Scope, World};

/// The learner's terminal and files.
#[derive(Clone, Debug)]
pub struct Session {
    /// The learner's files.
    pub workspace: Workspace,
    /// Everything printed so far by commands that have ended, and by those that run.
    pub transcript: Chunked<Printed>,
    /// The command in the foreground that has not ended.
    running: Option<Going>,
    /// Scripted commands that have not ended.
    scripted: Vec<Going>,
    scripts: Vec<String>,
    /// What the run can be made again from, to answer questions about it.
    pub origin: Option<Origin>,
}

/// A command that goes on, with what it has printed.
#[derive(Clone, Debug)]
struct Going {
    printed: Printed,
    follow: Follow,
    /// The state of the cluster that it has seen.
    seen: u64,
}

impl Session {
    /// A session that begins with the scenario's files.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            workspace: Workspace::new(scenario.workspace.clone()),
            transcript: Chunked::default(),
            running: None,
            scripted: Vec::new(),
            scripts: scenario.events.iter().map(|scripted| scripted.run.clone()).collect(),
            origin: None,
        }
    }

    /// The command that still runs.
    pub fn running(&self) -> Option<&Printed> {
        self.running.as_ref().map(|going| &going.printed)
    }

    /// All commands that still run: the one in the foreground, and scripted ones.
    pub fn going(&self) -> impl Iterator<Item = &Printed> {
        self.running.iter().chain(&self.scripted).map(|going| &going.printed)
    }

    /// The learner's commands so far, without the one that is being run.
    pub fn log(&self) -> Vec<LogEntry> {
        let typed = self.transcript.iter().chain(self.running());
        let typed = typed.filter(|printed| printed.author == Author::Learner);
        typed.map(|printed| LogEntry { at: printed.at, command: printed.command.clone() }).collect()
    }

    /// Scripted events that have a fixed time: number and time.
    pub fn timed(scenario: &Scenario) -> impl Iterator<Item = (u16, SimTime)> {
        (0..).zip(&scenario.events).filter_map(|(index, scripted)| match scripted.trigger {
            Trigger::At(time) => Some((index, time)),
            Trigger::When(_) => None,
        })
    }
}

impl World {
    /// Runs a command line now. A command in the foreground is interrupted first, as a learner would
    /// have to do.
    pub fn run_line(&mut self, author: Author, line: &str, ctx: &mut Context<'_, Event>) -> Reply {
        let subject = match author {
            Author::Learner => "learner",
            Author::Script => "colleague",
        };
        let id = ctx.id;
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note_because(id, Topic::Command, subject, line, &[]);
        if author == Author::Learner {
            self.interrupt();
        }
        let mut workspace = std::mem::take(&mut self.session.workspace);
        let (reply, follow) = console::execute(line, &mut workspace, self, ctx);
        self.session.workspace = workspace;
        let printed =
            Printed { at: ctx.now, author, command: line.to_owned(), reply: reply.clone() };
        match follow {
            Some(follow) => {
                let seen = self.cluster.state.version;
                self.keep_going(Going { printed, follow, seen });
            }
            None => self.session.transcript.push(printed),
        }
        reply
    }

    /// Ctrl-C: ends the command in the foreground.
    pub fn interrupt(&mut self) {
        if let Some(Going { mut printed, .. }) = self.session.running.take() {
            printed.reply.stdout.push_str("^C\n");
            printed.reply.status = Some(130);
            self.session.transcript.push(printed);
        }
    }

    /// Runs a scripted command.
    pub fn run_script(&mut self, index: u16, ctx: &mut Context<'_, Event>) {
        let line = self.session.scripts[usize::from(index)].clone();
        self.run_line(Author::Script, &line, ctx);
    }

    /// Lets the commands that go on look at the world again, if it has changed or `anyway`.
    #[inline]
    pub fn follow(&mut self, anyway: bool, ctx: &mut Context<'_, Event>) {
        if self.session.running.is_none() && self.session.scripted.is_empty() {
            return;
        }
        let scripted = std::mem::take(&mut self.session.scripted);
        for going in self.session.running.take().into_iter().chain(scripted) {
            if going.seen == self.cluster.state.version && !anyway {
                self.keep_going(going);
            } else {
                self.look(going, ctx);
            }
        }
    }

    /// Lets one command look at the world; when it has ended, what follows it on its line is run.
    fn look(&mut self, mut going: Going, ctx: &mut Context<'_, Event>) {
        let seen = self.cluster.state.version;
        let step = going.follow.poll(self, ctx);
        let Going { mut printed, follow, .. } = going;
        printed.reply.stdout.push_str(&step.stdout);
        printed.reply.stderr.push_str(&step.stderr);
        let Some(status) = step.done else {
            return self.keep_going(Going { printed, follow, seen });
        };
        let mut workspace = std::mem::take(&mut self.session.workspace);
        let (rest, next) = console::resume(follow, status, &mut workspace, self, ctx);
        self.session.workspace = workspace;
        printed.reply.stdout.push_str(&rest.stdout);
        printed.reply.stderr.push_str(&rest.stderr);
        printed.reply.status = rest.status;
        match next {
            Some(follow) => {
                let seen = self.cluster.state.version;
                self.keep_going(Going { printed, follow, seen });
            }
            None => self.session.transcript.push(printed),
        }
    }

    fn keep_going(&mut self, going: Going) {
        match going.printed.author {
            Author::Learner => self.session.running = Some(going),
            Author::Script => self.session.scripted.push(going),
        }
    }
}
