//! `kubectl rollout`: status, history, undo, restart, pause, resume (K8S-17).

use serde_json::{Value, json};

use crate::cluster::api::{Kind, Spec};
use crate::cluster::rollout_status::{revisions, rollout_status, undo_target};
use crate::cluster::spec::DeploymentSpec;
use crate::console::age::timestamp;
use crate::console::follow::{FollowStep, Watch};
use crate::console::kubectl::flag::{Arguments, DryRun};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::select::Query;
use crate::console::kubectl::{Failure, Outcome, describe, document, input, write};
use crate::console::session::Session;
use crate::console::table;
use crate::time::SimTime;
use crate::world::World;

const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// The Deployments that a command names; `problem` says that another kind cannot do this.
fn deployments(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
    verb: &str,
    problem: impl Fn(&ObjectRef) -> String,
) -> Result<Vec<String>, Failure> {
    let mut query = Query::parse(arguments, verb, session.world)?;
    if arguments.text("filename").is_some() {
        let items = input::read(arguments, session)?.items;
        let kinds = items.into_iter().map(|i| (i.object.resource, Some(vec![i.object.name])));
        query.kinds = kinds.collect();
    }
    if query.kinds.is_empty() {
        return Err(Failure::error("required resource not specified"));
    }
    let found = query.find(session.world);
    for problem in &found.problems {
        session.out.fail(problem);
    }
    let mut names = Vec::new();
    for object in found.objects {
        match object.resource {
            Resource::Object(Kind::Deployment) => names.push(object.name),
            _ => return Err(Failure::error(problem(&object))),
        }
    }
    Ok(names)
}

/// `Rollout.argoproj.io`; the core group has no name.
fn group_kind(object: &ObjectRef) -> String {
    let info = object.resource.info();
    let dot = if info.group().is_empty() { "" } else { "." };
    format!("{}{dot}{}", info.kind, info.group())
}

/// What kubectl says of a kind that its visitors do not know.
fn unvisited(object: &ObjectRef) -> String {
    let info = object.resource.info();
    let (full, group, kind) = (group_kind(object), info.group(), info.kind);
    format!("{full:?}, no visitor method exists for {{{group} {kind}}}")
}

fn spec<'w>(world: &'w World, name: &str) -> Option<&'w DeploymentSpec> {
    match &world.api.get(Kind::Deployment, name)?.manifest.spec {
        Spec::Deployment(spec) => Some(spec),
        _ => None,
    }
}

fn object(name: &str) -> ObjectRef {
    ObjectRef::new(Resource::Object(Kind::Deployment), name)
}

/// `kubectl rollout status` at work.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// Deployments still to follow, the next one first.
    names: Vec<String>,
    printed: String,
    until: Option<SimTime>,
    watch: bool,
}

/// `kubectl rollout status`.
pub(crate) fn status(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let names = deployments(session, arguments, "rollout status", |object| {
        format!("no status viewer has been implemented for {}", group_kind(object))
    })?;
    if names.is_empty() {
        return Ok(());
    }
    let until = arguments.duration("timeout").map(|timeout| session.ctx.now + timeout);
    let watch = arguments.text("watch") != Some("false");
    session.out.watch =
        Some(Watch::Rollout(Progress { names, printed: String::new(), until, watch }));
    Ok(())
}

/// Where a rollout stands: a line, and whether it is over; or why it failed.
fn progress(world: &World, name: &str) -> Result<(String, bool), String> {
    let Some(status) = rollout_status(&world.cluster.state, &world.api, name) else {
        return Err("error: object has been deleted".to_owned());
    };
    match status.verdict() {
        Some(false) => Err(status.line(name)),
        verdict => Ok((status.line(name), verdict.is_some())),
    }
}

impl Progress {
    /// Prints where the rollout stands if that has changed (K8S-17).
    pub(crate) fn poll(&mut self, world: &World, now: SimTime) -> FollowStep {
        let mut step = FollowStep::default();
        while let Some(name) = self.names.first() {
            match progress(world, name) {
                Err(problem) => {
                    let failed = FollowStep::fail(problem);
                    return FollowStep { stdout: step.stdout, ..failed };
                }
                Ok((line, over)) => {
                    if line != self.printed {
                        step.stdout += &(line.clone() + "\n");
                        self.printed = line;
                    }
                    if !over && self.watch {
                        break;
                    }
                    self.names.remove(0);
                }
            }
        }
        if self.names.is_empty() {
            step.done = Some(0);
        } else if self.until.is_some_and(|until| until <= now) {
            step.stderr = "error: timed out waiting for the condition\n".to_owned();
            step.done = Some(1);
        }
        step
    }
}

/// `kubectl rollout history`.
pub(crate) fn history(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let names = deployments(session, arguments, "rollout history", |object| {
        format!("error retrieving history for {}", unvisited(object))
    })?;
    let wanted = arguments.number("revision").unwrap_or(0);
    if wanted < 0 {
        return Err(Failure::error(format!("revision must be a positive integer: {wanted}")));
    }
    for name in names {
        let sets = revisions(&session.world.cluster.state, &name);
        let shown = object(&name).display();
        let text = if 0 < wanted {
            let set = sets.iter().find(|set| set.revision == u64::from(wanted.unsigned_abs()));
            let Some(set) = set else {
                return Err(Failure::error("unable to find the specified revision"));
            };
            let text = describe::template_text(&document::hashed_template(set));
            format!("{shown} with revision #{wanted}\n{text}")
        } else {
            let mut rows = "REVISION\tCHANGE-CAUSE\n".to_owned();
            for set in &sets {
                let cause = set.change_cause.as_deref().unwrap_or("<none>");
                rows += &format!("{}\t{}\n", set.revision, cause.replace(['\t', '\n'], " "));
            }
            format!("{shown} \n{}", table::align(&rows, table::DESCRIBE))
        };
        session.out.print(text);
    }
    Ok(())
}

/// `kubectl rollout undo`: puts an earlier template back; a new revision of an old ReplicaSet.
pub(crate) fn undo(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let dry_run = arguments.dry_run()?;
    let names = deployments(session, arguments, "rollout undo", |object| {
        format!("error retrieving rollbacker for {}", unvisited(object))
    })?;
    let wanted = arguments.number("to-revision").unwrap_or(0);
    for name in names {
        match undo_one(session, &name, wanted, dry_run) {
            Ok(done) => {
                let suffix = dry_run.suffix();
                session.out.print(format!("{} {done}{suffix}", object(&name).display()));
            }
            Err(problem) => session.out.fail(problem),
        }
    }
    Ok(())
}

fn undo_one(
    session: &mut Session<'_, '_>,
    name: &str,
    wanted: i32,
    dry_run: DryRun,
) -> Result<String, String> {
    let world = &*session.world;
    if spec(world, name).is_some_and(|spec| spec.paused) {
        return Err(format!(
            "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout \
             resume deployment/{name}' and try again"
        ));
    }
    let revision = u64::try_from(wanted).ok().filter(|revision| 0 < *revision);
    let set = undo_target(&world.cluster.state, name, revision).ok_or_else(|| match revision {
        None => format!("error: no rollout history found for deployment \"{name}\""),
        Some(_) => format!("error: unable to find specified revision {wanted} in history"),
    })?;
    if spec(world, name).is_some_and(|spec| spec.template == set.template) {
        return Ok(format!(
            "skipped rollback (current template already matches revision {})",
            set.revision
        ));
    }
    let template = set.document.clone();
    let cause = set.change_cause.clone();
    write::modify(session, &object(name), dry_run, |document| {
        document["spec"]["template"] = template;
        let annotations = &mut document["metadata"]["annotations"];
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.remove(CHANGE_CAUSE);
        }
        if let Some(cause) = cause {
            if !annotations.is_object() {
                *annotations = json!({});
            }
            annotations[CHANGE_CAUSE] = cause.into();
        }
    })?;
    Ok("rolled back".to_owned())
}

/// `kubectl rollout restart`: an annotation of the template, so that all pods are replaced.
pub(crate) fn restart(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let at = timestamp(session.ctx.now);
    let change = |spec: &DeploymentSpec, document: &mut Value| {
        if spec.paused {
            return Err("can't restart paused deployment (run rollout resume first)");
        }
        let annotations = &mut document["spec"]["template"]["metadata"]["annotations"];
        if !annotations.is_object() {
            *annotations = json!({});
        }
        annotations["kubectl.kubernetes.io/restartedAt"] = at.clone().into();
        Ok(())
    };
    each(session, arguments, "restart", "restarting", "restarted", change)
}

/// `kubectl rollout pause`.
pub(crate) fn pause(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    each(session, arguments, "pause", "pausing", "paused", |spec, document| {
        if spec.paused {
            return Err("is already paused");
        }
        document["spec"]["paused"] = true.into();
        Ok(())
    })
}

/// `kubectl rollout resume`.
pub(crate) fn resume(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    each(session, arguments, "resume", "resuming", "resumed", |spec, document| {
        if !spec.paused {
            return Err("is not paused");
        }
        if let Some(fields) = document["spec"].as_object_mut() {
            fields.remove("paused");
        }
        Ok(())
    })
}

fn each(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
    verb: &str,
    doing: &str,
    done: &str,
    change: impl Fn(&DeploymentSpec, &mut Value) -> Result<(), &'static str>,
) -> Outcome {
    let names = deployments(session, arguments, &format!("rollout {verb}"), |object| {
        let plural = object.resource.plural_qualified();
        format!("{plural} \"{}\" {doing} is not supported", object.name)
    })?;
    for name in names {
        let Some(before) = spec(session.world, &name).cloned() else { continue };
        let mut refused = None;
        let written = write::modify(session, &object(&name), DryRun::No, |document| {
            refused = change(&before, document).err();
        });
        match (refused, written) {
            (Some(why), _) => {
                session.out.fail(format!("error: deployments.apps \"{name}\" {why}"));
            }
            (None, Ok(_)) => session.out.print(format!("{} {done}", object(&name).display())),
            (None, Err(problem)) => session.out.fail(problem),
        }
    }
    Ok(())
}
