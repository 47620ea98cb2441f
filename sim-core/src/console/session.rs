//! What a command works on, and what it has printed.

use crate::console::Workspace;
use crate::console::follow::Watch;
use crate::engine::Context;
use crate::event::Event;
use crate::world::World;

/// Most bytes that one command may print; the rest is cut with a note.
pub(crate) const OUTPUT_MAX: usize = 1024 * 1024;

/// A command at work.
#[derive(Debug)]
pub(crate) struct Session<'s, 'q> {
    /// The learner's files.
    pub(crate) workspace: &'s mut Workspace,
    /// The world.
    pub(crate) world: &'s mut World,
    /// Time, and the id of the command line.
    pub(crate) ctx: &'s mut Context<'q, Event>,
    /// Standard input, if it is not the terminal.
    pub(crate) input: Option<String>,
    /// Whether its output goes into a pipe or a file, and not to the terminal.
    pub(crate) piped: bool,
    /// `NAME=value` in front of the command.
    pub(crate) settings: Vec<(String, String)>,
    /// What the command has printed so far.
    pub(crate) out: Output,
}

impl<'s, 'q> Session<'s, 'q> {
    /// A command before a terminal.
    pub(crate) fn new(
        workspace: &'s mut Workspace,
        world: &'s mut World,
        ctx: &'s mut Context<'q, Event>,
        out: Output,
    ) -> Self {
        Self { workspace, world, ctx, input: None, piped: false, settings: Vec::new(), out }
    }
}

/// What a command printed, and how it ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// Exit status.
    pub(crate) status: i32,
    /// Set while the command goes on.
    pub(crate) watch: Option<Watch>,
}

impl Output {
    /// Text on standard output. What goes beyond the limit is not even gathered: a short line can ask
    /// for any amount of it.
    pub(crate) fn write(&mut self, text: &str) {
        if self.stdout.len() <= OUTPUT_MAX {
            self.stdout.push_str(text);
        }
    }

    /// A line on standard output.
    pub(crate) fn print(&mut self, line: impl AsRef<str>) {
        self.write(line.as_ref());
        self.write("\n");
    }

    /// A line on standard error.
    pub(crate) fn warn(&mut self, line: impl AsRef<str>) {
        self.stderr.push_str(line.as_ref());
        self.stderr.push('\n');
    }

    /// A line on standard error; the command will fail.
    pub(crate) fn fail(&mut self, line: impl AsRef<str>) {
        self.warn(line);
        self.status = 1;
    }
}
