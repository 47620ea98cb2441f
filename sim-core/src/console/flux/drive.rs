//! `flux reconcile`, `suspend` and `resume`.

use crate::console::flux::{Target, failure};
use crate::console::follow::{FollowStep, Watch};
use crate::console::kubectl::flag::DryRun;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::write;
use crate::console::session::Session;
use crate::delivery::flux::{kustomization_spec, source_spec};
use crate::engine::Context;
use crate::event::Event;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// How long a command waits.
const TIMEOUT: SimDuration = SimDuration::from_secs(300);

fn is_suspended(target: Target, name: &str, world: &World) -> bool {
    match target {
        Target::Source => source_spec(&world.api, name).is_some_and(|spec| spec.suspended),
        Target::Kustomization => {
            kustomization_spec(&world.api, name).is_some_and(|spec| spec.suspended)
        }
    }
}

/// `flux reconcile`.
pub(super) fn reconcile(
    target: Target,
    name: &str,
    with_source: bool,
    session: &mut Session<'_, '_>,
) {
    let source = kustomization_spec(&session.world.api, name).map(|spec| spec.source.clone());
    if target == Target::Kustomization
        && let Some(source) = source.filter(|_| with_source)
        && !fetch(&source, session)
    {
        return;
    }
    if target == Target::Source {
        fetch(name, session);
        return;
    }
    if is_suspended(target, name, session.world) {
        return failure(session, "resource is suspended");
    }
    session.out.warn(format!("► annotating Kustomization {name} in default namespace"));
    session.out.warn("✔ Kustomization annotated");
    session.out.warn("◎ waiting for Kustomization reconciliation");
    wait(name, session);
    session.world.reconcile_now(name, session.ctx);
}

/// Lets a source look at git now; whether it has found something.
fn fetch(name: &str, session: &mut Session<'_, '_>) -> bool {
    if is_suspended(Target::Source, name, session.world) {
        failure(session, "resource is suspended");
        return false;
    }
    session.out.warn(format!("► annotating GitRepository {name} in default namespace"));
    session.out.warn("✔ GitRepository annotated");
    session.out.warn("◎ waiting for GitRepository reconciliation");
    session.world.fetch(name, session.ctx);
    let source = session.world.delivery.flux.sources().get(name);
    let fetched = source.filter(|source| source.ready.status == Some(true));
    match fetched.and_then(|source| source.artifact.as_ref()) {
        Some(artifact) => {
            let text = format!("✔ fetched revision {}", artifact.revision);
            session.out.warn(text);
            true
        }
        None => {
            let why = source.map(|source| source.ready.message.clone()).unwrap_or_default();
            failure(session, format!("GitRepository reconciliation failed: '{why}'"));
            false
        }
    }
}

/// `flux suspend` and `flux resume`.
pub(super) fn suspend(target: Target, name: &str, on: bool, session: &mut Session<'_, '_>) {
    let (kind, inside) = target.words();
    let verb = if on { "suspending" } else { "resuming" };
    session.out.warn(format!("► {verb} {inside} {name} in default namespace"));
    let object = ObjectRef::new(Resource::Object(target.kind()), name);
    let Some(stored) = session.world.api.get(target.kind(), name) else { return };
    let mut document = stored.manifest.document.clone();
    document["spec"]["suspend"] = on.into();
    if let Err(denied) = write::put(session, &object, document, DryRun::No) {
        return failure(session, denied.message(&object, ""));
    }
    session.out.warn(format!("✔ {inside} {}", if on { "suspended" } else { "resumed" }));
    if on {
        return;
    }
    session.out.warn(format!("◎ waiting for {kind} reconciliation"));
    match target {
        // It is told of the change in a moment, which is the reconciliation that is waited for.
        Target::Kustomization => wait(name, session),
        Target::Source => {
            session.world.fetch(name, session.ctx);
            session.out.warn("✔ GitRepository reconciliation completed");
        }
    }
}

fn wait(name: &str, session: &mut Session<'_, '_>) {
    let done = session.world.delivery.flux.kustomizations().get(name).map_or(0, |one| one.done);
    let until = session.ctx.now + TIMEOUT;
    let waiting = Waiting { name: name.to_owned(), done, until };
    session.out.watch = Some(Watch::Kustomization(waiting));
}

/// Waits until a Kustomization has been reconciled once more.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    name: String,
    /// Reconciliations that had ended when it began to wait.
    done: u32,
    until: SimTime,
}

impl Waiting {
    /// How it has ended, if it has.
    pub(in crate::console) fn poll(&self, world: &World, ctx: &Context<'_, Event>) -> FollowStep {
        let Some(one) = world.delivery.flux.kustomizations().get(&self.name) else {
            return FollowStep::fail(format!("✗ Kustomization {} is gone", self.name));
        };
        if one.done == self.done || one.checking.is_some() {
            return match self.until <= ctx.now {
                true => FollowStep::fail("✗ timed out waiting for the condition"),
                false => FollowStep::default(),
            };
        }
        match (one.ready.status, &one.applied) {
            (Some(true), Some(applied)) => FollowStep {
                stderr: format!("✔ applied revision {applied}\n"),
                done: Some(0),
                ..FollowStep::default()
            },
            _ => FollowStep::fail(format!(
                "✗ Kustomization reconciliation failed: '{}'",
                one.ready.message
            )),
        }
    }
}
