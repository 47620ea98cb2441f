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
    /// The command in the foreground that has not ended, with what it has printed.
    running: Option<(Printed, Follow, u64)>,
    scripts: Vec<String>,
    /// What the run can be made again from, to answer questions about it.
    pub origin: Option<Origin>,
}

impl Session {
    /// A session that begins with the scenario's files.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            workspace: Workspace { files: scenario.workspace.clone() },
            transcript: Chunked::default(),
            running: None,
            scripts: scenario.events.iter().map(|scripted| scripted.run.clone()).collect(),
            origin: None,
        }
    }

    /// The command that still runs.
    pub fn running(&self) -> Option<&Printed> {
        self.running.as_ref().map(|(printed, ..)| printed)
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
            // A script's command has nobody who watches it go on.
            Some(follow) if author == Author::Learner => {
                let version = self.cluster.state.version;
                self.session.running = Some((printed, follow, version));
            }
            _ => self.session.transcript.push(printed),
        }
        reply
    }

    /// Ctrl-C: ends the command in the foreground.
    pub fn interrupt(&mut self) {
        if let Some((mut printed, _, _)) = self.session.running.take() {
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

    /// Lets the command in the foreground look at the world again, if it has changed or `anyway`.
    pub fn follow(&mut self, anyway: bool, ctx: &mut Context<'_, Event>) {
        let Some((mut printed, mut follow, seen)) = self.session.running.take() else { return };
        let version = self.cluster.state.version;
        if seen == version && !anyway {
            self.session.running = Some((printed, follow, seen));
            return;
        }
        let step = follow.poll(self, ctx);
        printed.reply.stdout.push_str(&step.stdout);
        printed.reply.stderr.push_str(&step.stderr);
        let Some(status) = step.done else {
            self.session.running = Some((printed, follow, version));
            return;
        };
        let mut workspace = std::mem::take(&mut self.session.workspace);
        let (rest, next) = console::resume(follow, status, &mut workspace, self, ctx);
        self.session.workspace = workspace;
        printed.reply.stdout.push_str(&rest.stdout);
        printed.reply.stderr.push_str(&rest.stderr);
        printed.reply.status = rest.status;
        match next {
            Some(next) => {
                self.session.running = Some((printed, next, self.cluster.state.version));
            }
            None => self.session.transcript.push(printed),
        }
    }
}
