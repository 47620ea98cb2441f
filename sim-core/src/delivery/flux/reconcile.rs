//! A Kustomization: applies a folder of a commit, again and again (CD-05, CD-06).

use std::collections::BTreeSet;

use crate::cluster::api::Kind;
use crate::console::kubectl::flag::DryRun;
use crate::console::kubectl::write;
use crate::delivery::compare::{applied, difference};
use crate::delivery::desired::{self, Target};
use crate::delivery::flux::ownership::label;
use crate::delivery::flux::spec::KustomizationSpec;
use crate::delivery::flux::{Artifact, FluxEvent, Ready, jittered, kustomization_spec};
use crate::delivery::health::{self, Health};
use crate::delivery::spec::ApplicationSpec;
use crate::delivery::{DeliveryEvent, task};
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::random::Random;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::{Scope, World};

/// When it looks again for a source or a dependency that is not ready.
const DEPENDENCY: SimDuration = SimDuration::from_secs(30);
/// How often health is looked at.
const LOOK: SimDuration = SimDuration::from_secs(5);

/// Health checks that go on.
#[derive(Clone, Debug)]
pub struct Checking {
    revision: String,
    objects: Vec<(Kind, String)>,
    since: SimTime,
    until: SimTime,
}

/// What Flux knows of a Kustomization.
#[derive(Clone, Debug)]
pub struct Kustomization {
    pub(super) number: u16,
    pub(super) chance: Random,
    turn: u16,
    /// The last event that changed it or asked for it.
    pub(super) asked_by: EventId,
    /// How it is.
    pub ready: Ready,
    /// The revision that was applied last, and all was well.
    pub applied: Option<String>,
    /// Whether its objects go when it is deleted: it prunes, and is not suspended.
    pub(super) collects: bool,
    /// What it has put on the cluster.
    pub inventory: BTreeSet<(Kind, String)>,
    /// The health checks that go on.
    pub checking: Option<Checking>,
    /// Whether it is wanted again as soon as they have ended.
    again: bool,
    /// Reconciliations that have ended.
    pub done: u32,
}

impl Kustomization {
    pub(super) fn new(number: u16, chance: Random, by: EventId) -> Self {
        Self {
            number,
            chance,
            turn: 0,
            asked_by: by,
            ready: Ready::default(),
            applied: None,
            collects: false,
            inventory: BTreeSet::new(),
            checking: None,
            again: false,
            done: 0,
        }
    }

    pub(super) fn is_due(&self, turn: u16) -> bool {
        self.turn == turn
    }

    fn reconcile_after(&mut self, delay: SimDuration, ctx: &mut Context<'_, Event>) {
        self.turn = self.turn.wrapping_add(1);
        let event = FluxEvent::Reconcile { kustomization: self.number, turn: self.turn };
        ctx.after(delay, DeliveryEvent::from(event).into());
    }

    /// Something new has come: it reconciles after a moment; or, while its health checks go on, after them.
    pub(super) fn reconcile_soon(&mut self, delay: SimDuration, ctx: &mut Context<'_, Event>) {
        if self.checking.is_some() {
            self.again = true;
        } else {
            self.reconcile_after(delay, ctx);
        }
    }
}

/// Why a reconciliation has not gone well.
struct Problem {
    reason: &'static str,
    message: String,
    retry: SimDuration,
}

impl World {
    /// `flux reconcile kustomization`: now, unless it is at work.
    pub(crate) fn reconcile_now(&mut self, name: &str, ctx: &mut Context<'_, Event>) {
        if let Some(one) = self.delivery.flux.kustomizations.get_mut(name) {
            one.asked_by = ctx.id;
            one.reconcile_soon(SimDuration::ZERO, ctx);
        }
    }

    /// It is time: apply, or look whether all is well.
    pub(super) fn reconcile(&mut self, name: &str, ctx: &mut Context<'_, Event>) {
        let Some(spec) = kustomization_spec(&self.api, name).cloned() else { return };
        let Some(one) = self.delivery.flux.kustomizations.get_mut(name) else { return };
        if let Some(checking) = one.checking.take() {
            return self.look_at_health(name, &spec, checking, ctx);
        }
        if spec.suspended {
            return;
        }
        let outcome = self.artifact_for(name, &spec).and_then(|artifact| {
            let mut targets = self.build(name, &spec, &artifact)?;
            let wanted = targets.iter().map(Target::key).collect();
            // What it leaves alone it does not look after either.
            targets.retain(|target| !self.leaves_alone(target));
            self.apply_all(name, &spec, &artifact, &targets, wanted, ctx)?;
            Ok((artifact, targets))
        });
        let (artifact, targets) = match outcome {
            Ok(applied) => applied,
            Err(problem) => return self.not_ready(name, problem, ctx),
        };
        let checks: Vec<(Kind, String)> = match spec.wait {
            true => targets.iter().map(Target::key).collect(),
            false => spec.checks.clone(),
        };
        let (now, revision) = (ctx.now, artifact.revision);
        if checks.is_empty() {
            return self.all_well(name, &spec, revision, ctx);
        }
        let Some(one) = self.delivery.flux.kustomizations.get_mut(name) else { return };
        let message = format!(
            "Running health checks for revision {revision} with a timeout of {}",
            spec.timeout
        );
        one.ready.set(now, None, "Progressing", message);
        let until = now + spec.timeout;
        one.checking = Some(Checking { revision, objects: checks, since: now, until });
        one.reconcile_after(LOOK, ctx);
    }

    /// What its source has, if that and all that it depends on are ready.
    fn artifact_for(&self, name: &str, spec: &KustomizationSpec) -> Result<Artifact, Problem> {
        let flux = &self.delivery.flux;
        let source = flux.sources.get(&spec.source);
        let artifact =
            source.and_then(|source| source.artifact.clone()).ok_or_else(|| Problem {
                reason: "ArtifactFailed",
                message: format!("Source artifact not found, retrying in {DEPENDENCY}"),
                retry: DEPENDENCY,
            })?;
        for dependency in &spec.depends_on {
            let same_source = kustomization_spec(&self.api, dependency)
                .is_some_and(|other| other.source == spec.source);
            let is_ready = flux.kustomizations.get(dependency).is_some_and(|one| {
                let is_current = one.applied.as_ref() == Some(&artifact.revision);
                one.ready.status == Some(true) && (is_current || !same_source)
            });
            if !is_ready || dependency == name {
                return Err(Problem {
                    reason: "DependencyNotReady",
                    message: format!("dependency 'default/{dependency}' is not ready"),
                    retry: DEPENDENCY,
                });
            }
        }
        Ok(artifact)
    }

    /// The manifests of its folder and of the folders below, labelled as its own.
    fn build(
        &self,
        name: &str,
        spec: &KustomizationSpec,
        artifact: &Artifact,
    ) -> Result<Vec<Target>, Problem> {
        let failed = |reason, message| Problem { reason, message, retry: spec.retry };
        let found = desired::manifests(&artifact.commit, &spec.path, true, self.delivery.addons())
            .ok_or_else(|| {
                let path = &spec.path;
                failed(
                    "ArtifactFailed",
                    format!("kustomization path not found: {path}: no such file or directory"),
                )
            })?
            .map_err(|problem| {
                failed("BuildFailed", format!("kustomize build failed: {problem}"))
            })?;
        let mut targets: Vec<Target> = Vec::new();
        for (kind, object, mut document) in found {
            if targets.iter().any(|one| (one.kind, &one.name) == (kind, &object)) {
                let message = format!(
                    "kustomize build failed: may not add resource with an already registered id: {}/{object}",
                    kind.name()
                );
                return Err(failed("BuildFailed", message));
            }
            label(&mut document, name);
            let (hooks, cleaning) = (Vec::new(), Vec::new());
            targets.push(Target { kind, name: object, document, hooks, cleaning, wave: 0 });
        }
        targets.sort_by_cached_key(|one| (task::order(one.kind), one.kind, one.name.clone()));
        Ok(targets)
    }

    /// Applies what differs, and deletes what is no longer `wanted`; nothing if one object would be refused.
    fn apply_all(
        &mut self,
        name: &str,
        spec: &KustomizationSpec,
        artifact: &Artifact,
        targets: &[Target],
        wanted: BTreeSet<(Kind, String)>,
        ctx: &mut Context<'_, Event>,
    ) -> Result<(), Problem> {
        let failed =
            |message| Problem { reason: "ReconciliationFailed", message, retry: spec.retry };
        let plain = ApplicationSpec::default();
        let live = |world: &Self, target: &Target| {
            let object = world.api.get(target.kind, &target.name);
            object.map(|object| object.manifest.document.clone())
        };
        for target in targets {
            let document = applied(target, live(self, target).as_ref());
            if let Err(denied) = write::admit(self, &target.object(), document) {
                let (kind, object) = (target.kind.name(), &target.name);
                let why = denied.message(&target.object(), "");
                return Err(failed(format!("{kind}/default/{object} dry-run failed: {why}")));
            }
        }
        let drifted: Vec<&Target> =
            targets.iter().filter(|one| difference(self, &plain, one).is_some()).collect();
        let before = self.delivery.flux.kustomizations.get(name);
        let before = before.map(|one| one.inventory.clone()).unwrap_or_default();
        let stale = before.difference(&wanted).filter(|_| spec.prune);
        let stale: Vec<(Kind, String)> =
            stale.filter(|(kind, object)| self.may_go(name, *kind, object)).cloned().collect();
        if !drifted.is_empty() || !stale.is_empty() {
            self.tell_of_apply(name, artifact, &drifted, ctx);
        }
        for target in drifted {
            let document = applied(target, live(self, target).as_ref());
            if let Err(denied) = write::store(self, ctx, &target.object(), document, DryRun::No) {
                return Err(failed(denied.message(&target.object(), "")));
            }
        }
        for (kind, object) in stale {
            write::take_away(self, ctx, kind, &object);
        }
        if let Some(one) = self.delivery.flux.kustomizations.get_mut(name) {
            one.inventory = wanted;
        }
        Ok(())
    }

    /// A line of the trace before what the same event writes, so that each object leads back to it.
    fn tell_of_apply(
        &mut self,
        name: &str,
        artifact: &Artifact,
        drifted: &[&Target],
        ctx: &mut Context<'_, Event>,
    ) {
        let Some(one) = self.delivery.flux.kustomizations.get(name) else { return };
        let short = artifact.commit.short();
        let writers = drifted.iter().map(|one| self.api.get(one.kind, &one.name));
        let writer = writers.flatten().map(|object| object.written_by).max();
        let (cause, text, rules): (_, _, &[&str]) = match (&one.applied, writer) {
            (Some(applied), Some(writer)) if *applied == artifact.revision => {
                let names = drifted.iter().map(|one| format!("{}/{}", one.kind.name(), one.name));
                let names: Vec<String> = names.collect();
                let text = format!(
                    "Flux puts back what is not as revision {short} says: {}",
                    names.join(", ")
                );
                (writer, text, &["CD-06"])
            }
            _ => (artifact.cause, format!("Flux applies revision {short}"), &["CD-05"]),
        };
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note_because(cause, Topic::Delivery, format!("kustomization/{name}"), text, rules);
    }

    /// Looks whether what was applied is well.
    fn look_at_health(
        &mut self,
        name: &str,
        spec: &KustomizationSpec,
        checking: Checking,
        ctx: &mut Context<'_, Event>,
    ) {
        let now = ctx.now;
        let status = |(kind, object): &(Kind, String)| {
            let seen = health::of(*kind, object, self);
            seen.map_or(Health::Healthy, |(health, _)| health)
        };
        let named = |wanted: &dyn Fn(Health) -> bool, word: &str| -> Vec<String> {
            let all = checking.objects.iter().filter(|one| wanted(status(one)));
            all.map(|(kind, object)| format!("{}/default/{object} status: '{word}'", kind.name()))
                .collect()
        };
        let stalled = named(&|health| health == Health::Degraded, "Failed");
        let waiting =
            named(&|health| !matches!(health, Health::Healthy | Health::Degraded), "InProgress");
        let lasted = SimDuration::from_secs(now.since(checking.since).as_micros() / 1_000_000);
        let message = if !stalled.is_empty() {
            let list = stalled.join(", ");
            format!(
                "health check failed after {lasted}: failed early due to stalled resources: [{list}]"
            )
        } else if waiting.is_empty() {
            return self.all_well(name, spec, checking.revision, ctx);
        } else if checking.until <= now {
            let list = waiting.join(", ");
            format!("health check failed after {lasted}: timeout waiting for: [{list}]")
        } else {
            let delay = LOOK.min(checking.until.since(now));
            if let Some(one) = self.delivery.flux.kustomizations.get_mut(name) {
                one.checking = Some(checking);
                one.reconcile_after(delay, ctx);
            }
            return;
        };
        self.not_ready(
            name,
            Problem { reason: "HealthCheckFailed", message, retry: spec.retry },
            ctx,
        );
    }

    fn all_well(
        &mut self,
        name: &str,
        spec: &KustomizationSpec,
        revision: String,
        ctx: &mut Context<'_, Event>,
    ) {
        let Some(one) = self.delivery.flux.kustomizations.get_mut(name) else { return };
        let message = format!("Applied revision: {revision}");
        one.ready.set(ctx.now, Some(true), "ReconciliationSucceeded", message);
        one.applied = Some(revision);
        let delay = jittered(spec.interval, &mut one.chance);
        self.reconciled(name, delay, ctx);
    }

    fn not_ready(&mut self, name: &str, problem: Problem, ctx: &mut Context<'_, Event>) {
        let Some(one) = self.delivery.flux.kustomizations.get_mut(name) else { return };
        if one.ready.message != problem.message {
            let (cause, text) = (one.asked_by, format!("Flux is not done: {}", problem.message));
            let scope = &mut Scope { ctx, trace: &mut self.trace };
            let subject = format!("kustomization/{name}");
            scope.note_because(cause, Topic::Delivery, subject, text, &["CD-05"]);
        }
        one.ready.set(ctx.now, Some(false), problem.reason, problem.message);
        self.reconciled(name, problem.retry, ctx);
    }

    /// A reconciliation has ended; the next one comes after this time, or at once if it is wanted.
    fn reconciled(&mut self, name: &str, delay: SimDuration, ctx: &mut Context<'_, Event>) {
        let Some(one) = self.delivery.flux.kustomizations.get_mut(name) else { return };
        one.done += 1;
        let again = std::mem::take(&mut one.again);
        one.reconcile_after(if again { SimDuration::ZERO } else { delay }, ctx);
    }
}
