//! The console: command lines as typed, and what the real tools would print.

use std::collections::BTreeMap;

use crate::engine::Context;
use crate::event::Event;
use crate::simulation::Reply;
use crate::world::World;

/// The learner's files, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workspace {
    /// Content by path.
    pub files: BTreeMap<String, String>,
}

/// Runs a command line. A failing command leaves world and workspace as they were, except where the
/// real tool would not.
#[allow(unused_variables, clippy::todo, reason = "skeleton")]
pub fn execute(
    line: &str,
    workspace: &mut Workspace,
    world: &mut World,
    ctx: &mut Context<'_, Event>,
) -> (Reply, Option<Follow>) {
    todo!()
}

/// Completions of the word at the end of `line`, each the whole word.
#[allow(unused_variables, clippy::todo, reason = "skeleton")]
pub fn complete(line: &str, workspace: &Workspace, world: &World) -> Vec<String> {
    todo!()
}

#[derive(Clone, Debug)]
pub struct Follow;
pub struct FollowStep {
    pub stdout: String,
    pub stderr: String,
    pub done: Option<i32>,
}
impl Follow {
    pub fn poll(&mut self, world: &mut World, now: crate::time::SimTime) -> FollowStep {
        todo!()
    }
}
pub fn resume(
    follow: Follow,
    status: i32,
    workspace: &mut Workspace,
    world: &mut World,
    ctx: &mut Context<'_, Event>,
) -> (Reply, Option<Follow>) {
    todo!()
}
