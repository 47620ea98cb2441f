//! Commands that go on: `rollout status`, `wait`, `get -w`, `delete`, `drain`, `pipeline watch`, `smoke`,
//! `flyway`, `liquibase`, `mysql`, `psql`, `sleep`.

use crate::console::kubectl::drain::Draining;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::watch::Watching;
use crate::console::mysql;
use crate::console::psql::Running;
use crate::console::run::streams;
use crate::console::shell::{Command, Redirect, Step};
use crate::console::tool;
use crate::console::{argocd, filters, flux, pipeline, rollouts, smoke};
use crate::engine::Context;
use crate::event::Event;
use crate::simulation::Reply;
use crate::time::SimTime;
use crate::world::World;

pub(crate) use crate::console::kubectl::rollout::Progress;
pub(crate) use crate::console::kubectl::wait::Waiting;

/// A command that goes on, and what of its line waits for its end.
#[derive(Clone, Debug)]
pub struct Follow {
    watch: Watch,
    redirects: Vec<Redirect>,
    /// What stands behind it in its pipe.
    filters: Vec<Command>,
    /// What follows its pipeline.
    pub(crate) rest: Vec<Step>,
    /// Output that cannot be shown before the end, since something behind the pipe wants all of it.
    held: String,
}

/// What a command that goes on has printed since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowStep {
    /// New standard output, each line ended.
    pub stdout: String,
    /// New standard error, each line ended.
    pub stderr: String,
    /// Exit status, once it has ended.
    pub done: Option<i32>,
}

impl FollowStep {
    /// A last line on standard error, and status 1.
    pub(crate) fn fail(message: impl AsRef<str>) -> Self {
        Self { stderr: format!("{}\n", message.as_ref()), done: Some(1), ..Self::default() }
    }
}

/// What a command waits for.
#[derive(Clone, Debug)]
pub(crate) enum Watch {
    /// `kubectl rollout status`.
    Rollout(Progress),
    /// `kubectl argo rollouts status`.
    Revision(rollouts::Watching),
    /// `kubectl argo rollouts get rollout -w`.
    RolloutTree(rollouts::Drawing),
    /// `kubectl wait`.
    Wait(Waiting),
    /// `argocd app wait`, `sync`, `rollback`.
    Application(Box<argocd::Waiting>),
    /// `flux reconcile`, `flux resume`.
    Kustomization(flux::Waiting),
    /// `pipeline watch`.
    Pipeline(pipeline::Watching),
    /// `smoke`: until its users have their answers.
    Smoke(smoke::Watching),
    /// `kubectl get -w`.
    Get(Box<Watching>),
    /// `kubectl drain`: until its nodes are empty.
    Drain(Box<Draining>),
    /// `kubectl delete pod`: until the objects are gone.
    Gone {
        /// Pods, by name and uid, so that a successor of the same name does not count.
        pods: Vec<(String, String)>,
        /// When it gives up.
        until: SimTime,
    },
    /// `flyway migrate`, `liquibase update`: until its session ends.
    Tool(tool::Running),
    /// `psql`: until its session ends.
    Query(Box<Running>),
    /// `mysql`: until its session ends.
    Mysql(Box<mysql::Running>),
    /// `sleep`.
    Sleep {
        /// When it ends.
        until: SimTime,
    },
}

impl Follow {
    pub(crate) fn new(watch: Watch, redirects: Vec<Redirect>, filters: Vec<Command>) -> Self {
        Self { watch, redirects, filters, rest: Vec::new(), held: String::new() }
    }

    /// Looks at the world, and acts on it if it drains a node: what is new, and whether the command
    /// has ended. Call it whenever
    /// `world.cluster.state.version` has changed and once a second; never after `done`.
    pub fn poll(&mut self, world: &mut World, ctx: &mut Context<'_, Event>) -> FollowStep {
        let now = ctx.now;
        let mut step = match &mut self.watch {
            Watch::Rollout(progress) => progress.poll(world, now),
            Watch::Revision(watching) => watching.poll(world, now),
            Watch::RolloutTree(drawing) => drawing.poll(world, now),
            Watch::Wait(waiting) => waiting.poll(world, now),
            Watch::Application(waiting) => waiting.poll(world, ctx),
            Watch::Kustomization(waiting) => waiting.poll(world, ctx),
            Watch::Pipeline(watching) => watching.poll(world),
            Watch::Smoke(watching) => watching.poll(world, now),
            Watch::Get(watching) => watching.poll(world, now),
            Watch::Drain(draining) => draining.poll(world, ctx),
            Watch::Tool(running) => running.poll(world),
            Watch::Query(running) => running.poll(world),
            Watch::Mysql(running) => running.poll(world),
            Watch::Gone { pods, until } => gone(pods, *until, world, now),
            Watch::Sleep { until } => {
                FollowStep { done: (*until <= now).then_some(0), ..FollowStep::default() }
            }
        };
        if self.redirects.is_empty() && self.filters.iter().all(streams) {
            for filter in &self.filters {
                let words: Vec<String> =
                    filter.words.iter().skip(1).map(|word| word.text.clone()).collect();
                step.stdout = filters::grep_lines(&words, &step.stdout);
            }
        } else {
            self.held += &std::mem::take(&mut step.stdout);
        }
        step
    }

    /// Ctrl-C: the command ends, and nothing that follows it on its line is run.
    pub fn cancel(self) -> Reply {
        Reply { stdout: String::new(), stderr: "^C\n".to_owned(), status: Some(130) }
    }

    /// What is to be run now that the command has ended: the rest of its pipe, its redirects, the
    /// output held back, and the rest of the line.
    pub(crate) fn into_rest(self) -> (Vec<Command>, Vec<Redirect>, String, Vec<Step>) {
        let streamed = self.redirects.is_empty() && self.filters.iter().all(streams);
        let filters = if streamed { Vec::new() } else { self.filters };
        (filters, self.redirects, self.held, self.rest)
    }
}

fn gone(pods: &[(String, String)], until: SimTime, world: &World, now: SimTime) -> FollowStep {
    let state = &world.cluster.state;
    let left = pods.iter().find(|(_, uid)| state.pods.values().any(|pod| pod.uid == *uid));
    match left {
        None => FollowStep { done: Some(0), ..FollowStep::default() },
        Some((name, _)) if until <= now => {
            let object = ObjectRef::new(Resource::Pod, name);
            let what = format!("{}/{}", object.resource.info().plural, object.name);
            FollowStep::fail(format!("error: timed out waiting for the condition on {what}"))
        }
        Some(_) => FollowStep::default(),
    }
}
