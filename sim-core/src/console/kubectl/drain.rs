//! `kubectl cordon`, `uncordon` and `drain` (K8S-91).

use crate::cluster::disruption::Refusal;
use crate::cluster::pod::{Owner, PodId};
use crate::console::follow::{FollowStep, Watch};
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome};
use crate::console::selector::Selector;
use crate::console::session::Session;
use crate::engine::Context;
use crate::event::Event;
use crate::time::{SimDuration, SimTime};
use crate::world::{Scope, World};

/// How long it waits before it asks again for a pod that a budget holds.
const RETRY: SimDuration = SimDuration::from_secs(5);

/// `kubectl cordon`: no new pods on a node.
pub(crate) fn cordon(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    for node in nodes(session, arguments, "cordon")? {
        set_unschedulable(session, &node, true, dry_run);
    }
    Ok(())
}

/// `kubectl uncordon`: pods may come again.
pub(crate) fn uncordon(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    for node in nodes(session, arguments, "uncordon")? {
        set_unschedulable(session, &node, false, dry_run);
    }
    Ok(())
}

/// `kubectl drain`: cordons nodes and evicts their pods.
pub(crate) fn drain(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let nodes = nodes(session, arguments, "drain")?;
    for node in &nodes {
        set_unschedulable(session, node, true, dry_run);
    }
    if dry_run != DryRun::No {
        for node in &nodes {
            for (_, name) in pods_on(node, session.world) {
                session.out.print(format!("evicting pod default/{name}{}", dry_run.suffix()));
            }
            session.out.print(format!("node/{node} drained{}", dry_run.suffix()));
        }
        return Ok(());
    }
    let seconds = |seconds: i32| SimDuration::from_secs(u64::from(seconds.unsigned_abs()));
    let timeout = arguments.duration("timeout");
    let mut nodes = nodes;
    nodes.reverse();
    session.out.watch = Some(Watch::Drain(Box::new(Draining {
        nodes,
        present: None,
        failed: Vec::new(),
        forces: arguments.has("force"),
        deletes: arguments.has("disable-eviction"),
        grace: arguments.number("grace-period").filter(|given| 0 <= *given).map(seconds),
        until: timeout.map(|timeout| (session.ctx.now + timeout, timeout)),
    })));
    Ok(())
}

/// The nodes that a command names.
fn nodes(
    session: &Session<'_, '_>,
    arguments: &Arguments,
    verb: &str,
) -> Result<Vec<String>, Failure> {
    if let Some(selector) = arguments.text("selector") {
        let selector = Selector::parse(selector).map_err(Failure::error)?;
        let found = Query::of_kind(Resource::Node, selector).find(session.world).objects;
        return Ok(found.into_iter().map(|object| object.name).collect());
    }
    if arguments.words.is_empty() {
        return Err(Failure::usage(format!("USAGE: {verb} NODE [flags]"), verb));
    }
    let mut names = Vec::new();
    for word in &arguments.words {
        let name = word.strip_prefix("node/").or_else(|| word.strip_prefix("nodes/"));
        let node = ObjectRef::new(Resource::Node, name.unwrap_or(word));
        if !node.exists(session.world) {
            return Err(Failure::plain(node.not_found()));
        }
        names.push(node.name);
    }
    Ok(names)
}

fn set_unschedulable(session: &mut Session<'_, '_>, node: &str, to: bool, dry_run: DryRun) {
    let state = &session.world.cluster.state;
    let is = state.nodes.iter().any(|known| known.name == *node && known.unschedulable);
    let already = if is == to { "already " } else { "" };
    let done = if to { "cordoned" } else { "uncordoned" };
    if dry_run == DryRun::No {
        let scope = &mut Scope { ctx: session.ctx, trace: &mut session.world.trace };
        session.world.cluster.cordon(node, to, scope);
    }
    session.out.print(format!("node/{node} {already}{done}{}", dry_run.suffix()));
}

/// The pods on a node that have not ended, by name.
fn pods_on(node: &str, world: &World) -> Vec<(PodId, String)> {
    let on_node = world.cluster.state.pods.values();
    let on_node = on_node.filter(|pod| pod.node.as_deref() == Some(node) && !pod.has_ended());
    let mut pods: Vec<_> = on_node.map(|pod| (pod.id, pod.name.clone())).collect();
    pods.sort_by(|a, b| a.1.cmp(&b.1));
    pods
}

/// `kubectl drain` at work: one node after the other, the pods of a node all at once.
#[derive(Clone, Debug)]
pub(crate) struct Draining {
    /// Nodes that are not empty yet, the next one last.
    nodes: Vec<String>,
    /// The pods of the present node; None before its turn.
    present: Option<Vec<Leaving>>,
    /// Nodes that could not be drained, and why.
    failed: Vec<(String, String)>,
    /// `--force`: pods that nobody will replace go too.
    forces: bool,
    /// `--disable-eviction`: pods are deleted, and no budget is asked.
    deletes: bool,
    grace: Option<SimDuration>,
    /// When it gives up, and the time it was given.
    until: Option<(SimTime, SimDuration)>,
}

/// A pod that has to leave.
#[derive(Clone, Debug)]
struct Leaving {
    pod: PodId,
    name: String,
    progress: Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    /// It is evicted then.
    Due(SimTime),
    /// It ends.
    Granted,
    /// It has gone.
    Gone,
}

impl Draining {
    /// Goes on: asks for evictions that are due, and tells which pods have gone.
    pub(crate) fn poll(&mut self, world: &mut World, ctx: &mut Context<'_, Event>) -> FollowStep {
        let mut step = FollowStep::default();
        while let Some(node) = self.nodes.last().cloned() {
            match self.empty(&node, world, ctx, &mut step) {
                Ok(false) => return step,
                Ok(true) => step.stdout += &format!("node/{node} drained\n"),
                Err(problem) => {
                    step.stderr += &format!(
                        "error: unable to drain node {node:?} due to error: {problem}, continuing \
                         command...\n"
                    );
                    self.failed.push((node, problem));
                }
            }
            self.present = None;
            self.nodes.pop();
        }
        step.done = Some(i32::from(!self.failed.is_empty()));
        if !self.failed.is_empty() {
            step.stderr += "There are pending nodes to be drained:\n";
        }
        for (node, _) in &self.failed {
            step.stderr += &format!(" {node}\n");
        }
        for (_, problem) in &self.failed {
            step.stderr += &format!("error: {problem}\n");
        }
        step
    }

    /// Whether the present node is empty now, or why it cannot be drained.
    fn empty(
        &mut self,
        node: &str,
        world: &mut World,
        ctx: &mut Context<'_, Event>,
        step: &mut FollowStep,
    ) -> Result<bool, String> {
        let mut pods = match self.present.take() {
            Some(pods) => pods,
            None => self.begin(node, world, ctx.now, step)?,
        };
        for pod in &mut pods {
            self.advance(pod, world, ctx, step)?;
        }
        let Some(left) = pods.iter().find(|pod| pod.progress != Leave::Gone) else {
            return Ok(true);
        };
        if let Some((_, timeout)) = self.until.filter(|(until, _)| *until <= ctx.now) {
            return Err(format!(
                "error when waiting for pod \"{}\" in namespace \"default\" to terminate: global \
                 timeout reached: {timeout}",
                left.name
            ));
        }
        self.present = Some(pods);
        Ok(false)
    }

    /// The pods of a node, or why it cannot be drained.
    fn begin(
        &self,
        node: &str,
        world: &World,
        now: SimTime,
        step: &mut FollowStep,
    ) -> Result<Vec<Leaving>, String> {
        let pods = pods_on(node, world);
        let is_alone = |id: PodId| {
            world.cluster.state.pods.get(&id).is_some_and(|pod| pod.owner == Owner::Nobody)
        };
        let alone: Vec<String> = pods
            .iter()
            .filter(|(id, _)| is_alone(*id))
            .map(|(_, name)| format!("default/{name}"))
            .collect();
        if !alone.is_empty() {
            let list = alone.join(", ");
            if !self.forces {
                return Err(format!(
                    "cannot delete Pods that declare no controller (use --force to override): {list}"
                ));
            }
            step.stderr += &format!("Warning: deleting Pods that declare no controller: {list}\n");
        }
        let leaving = |(pod, name)| Leaving { pod, name, progress: Leave::Due(now) };
        Ok(pods.into_iter().map(leaving).collect())
    }

    fn advance(
        &self,
        leaving: &mut Leaving,
        world: &mut World,
        ctx: &mut Context<'_, Event>,
        step: &mut FollowStep,
    ) -> Result<(), String> {
        let name = &leaving.name;
        if matches!(leaving.progress, Leave::Due(at) if at <= ctx.now) {
            let (pod, now) = (leaving.pod, ctx.now);
            let scope = &mut Scope { ctx, trace: &mut world.trace };
            let answer = if self.deletes {
                world.cluster.delete_pod(pod, self.grace, scope);
                Ok(())
            } else {
                step.stdout += &format!("evicting pod default/{name}\n");
                world.cluster.evict(pod, self.grace, &world.api, scope)
            };
            leaving.progress = match answer {
                Ok(()) => Leave::Granted,
                Err(Refusal::NotFound) => Leave::Gone,
                Err(refusal @ Refusal::TooManyRequests) => {
                    step.stderr += &format!(
                        "error when evicting pods/{name:?} -n \"default\" (will retry after 5s): {}\n",
                        refusal.message()
                    );
                    Leave::Due(now + RETRY)
                }
                Err(refusal @ Refusal::SeveralBudgets) => {
                    let message = refusal.message();
                    return Err(format!(
                        "error when evicting pods/{name:?} -n \"default\": {message}"
                    ));
                }
            };
        }
        let is_gone = !world.cluster.state.pods.contains_key(&leaving.pod);
        if leaving.progress == Leave::Granted && is_gone {
            let done = if self.deletes { "deleted" } else { "evicted" };
            step.stdout += &format!("pod/{name} {done}\n");
            leaving.progress = Leave::Gone;
        }
        Ok(())
    }
}
