//! The console: command lines as typed, and what the real tools would print.
//!
//! A line is parsed by [`shell`], run by [`run`] and answered by a command of [`commands`] or a verb
//! of [`kubectl`]. Most commands end at once. One that goes on (`kubectl rollout status`) leaves a
//! [`Follow`]: the caller polls it while the world changes and then calls [`resume`].

mod age;
mod amtool;
mod argocd;
mod commands;
mod complete;
mod curl;
pub(crate) mod diff;
mod fault;
mod files;
mod filters;
mod flux;
mod flyway;
mod follow;
mod git;
mod help;
mod istioctl;
mod jsonpath;
mod kruise;
pub(crate) mod kubectl;
mod liquibase;
mod logcli;
mod merge;
mod mysql;
mod pipeline;
mod promql;
mod promtool;
mod psql;
mod rollouts;
mod run;
mod sed;
mod selector;
mod session;
mod shell;
mod smoke;
mod table;
#[cfg(test)]
mod tests;
mod tool;
mod typed;
mod why;

use std::collections::BTreeMap;

use crate::delivery::git::{Repository, Signature};
use crate::engine::Context;
use crate::event::Event;
use crate::simulation::Reply;
use crate::world::World;

pub(crate) use age::{epoch_millis, kitchen_time, timestamp};
pub use follow::{Follow, FollowStep};
pub(crate) use selector::Selector;

/// The learner's files, by path: the working tree of a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Content by path.
    pub files: BTreeMap<String, String>,
    /// What has been committed, staged and pushed.
    pub repository: Repository,
}

impl Workspace {
    /// A working tree of which everything has been committed and pushed, a day before time zero.
    pub fn new(files: BTreeMap<String, String>) -> Self {
        let seconds = (age::EPOCH_SECS - 86_400).unsigned_abs();
        let by = Signature { name: "Platform", email: "platform@example.com", seconds };
        let repository = Repository::begin(&files, by);
        Self { files, repository }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

/// Most bytes of a command line; a here-document that writes a file is part of its line.
pub const LINE_MAX: usize = 256 * 1024;

/// Runs a command line. A failing command leaves world and workspace as they were, except where the
/// real tool would not.
///
/// With a [`Follow`] the command goes on and `Reply::status` is None. Poll it whenever
/// `world.cluster.state.version` has changed, and once a second, until [`FollowStep::done`] is set;
/// then call [`resume`]. Ctrl-C is [`Follow::cancel`].
pub fn execute(
    line: &str,
    workspace: &mut Workspace,
    world: &mut World,
    ctx: &mut Context<'_, Event>,
) -> (Reply, Option<Follow>) {
    let refuse = |stderr: String| (Reply { stdout: String::new(), stderr, status: Some(2) }, None);
    if LINE_MAX < line.len() {
        return refuse(format!("bash: the line is longer than {LINE_MAX} bytes\n"));
    }
    match shell::parse(line) {
        Ok(parsed) => run::run(parsed.steps, 0, workspace, world, ctx),
        Err(problem) => refuse(problem + "\n"),
    }
}

/// Whether a pipeline may run a line; or why not. It has a checkout and pushes nothing.
pub(crate) fn check_line(line: &str) -> Result<(), String> {
    let parsed = shell::parse(line)?;
    let commands = parsed.steps.iter().flat_map(|step| &step.pipeline);
    for name in commands.filter_map(|command| command.words.first()) {
        if matches!(name.text.as_str(), "git" | "pipeline" | "fault") {
            return Err(format!("`{}` is for people, not for a pipeline", name.text));
        }
        // What it stands for depends on the files of each commit.
        if name.pattern {
            return Err(format!(
                "`{}`: a command's name is no pattern here; write it out",
                name.text
            ));
        }
    }
    Ok(())
}

/// Runs what is left of a line after the command that went on has ended with `status`: the rest of
/// its pipe, then what follows `&&`, `||` or `;`. The reply is what that printed.
pub fn resume(
    follow: Follow,
    status: i32,
    workspace: &mut Workspace,
    world: &mut World,
    ctx: &mut Context<'_, Event>,
) -> (Reply, Option<Follow>) {
    run::resume(follow, status, workspace, world, ctx)
}

/// Completions of the word at the end of `line`, each the whole word.
pub fn complete(line: &str, workspace: &Workspace, world: &World) -> Vec<String> {
    complete::complete(line, workspace, world)
}
