//! OpenKruise Rollouts: releases a Deployment step by step without taking its place (KRU-01..10).
//!
//! It is the blue-green strategy of version 0.6, read in its source (github.com/openkruise/rollouts:
//! `pkg/controller/rollout`, `pkg/controller/batchrelease`, `pkg/trafficrouting`, `pkg/webhook`), with Istio as
//! its router. A Rollout names a Deployment. A webhook pauses that Deployment when its template changes; the
//! controller lets new pods come beside the old ones by `maxSurge`, and keeps the old ones by a
//! `minReadySeconds` that nobody outlives.
//!
//! Simpler than the real thing: of strategies there is blue-green alone, of workloads the Deployment, of
//! routers the VirtualService; a match is by headers. Its helper object, the `BatchRelease`, has no document
//! of its own. A Rollout that is deleted is gone at once, where a finalizer would keep it until its Deployment
//! is given back, which happens all the same. There is no rollback in batches, and no jump to another step.
//!
//! Reading order: `spec`, `status`; `webhook` finds the change; `controller` looks at a Rollout, `steps` takes
//! its steps, `batch` moves the pods, `routes` the traffic, `finalising` ends it.

mod autoscaler;
mod batch;
mod command;
mod controller;
mod finalising;
mod pass;
mod routes;
pub mod spec;
pub mod status;
mod steps;
#[cfg(test)]
mod tests;
mod virtual_service;
mod webhook;
mod workload;

pub(crate) use webhook::{hold, refusal};

use std::collections::BTreeMap;

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::state::ClusterState;
use crate::delivery::Addon;
use crate::digest::Digest;
use crate::engine::Context;
use crate::event::Event;
use crate::kruise::batch::Batch;
use crate::kruise::pass::{Pass, Waits};
use crate::kruise::spec::KruiseSpec;
use crate::kruise::status::Status;
use crate::queue::EventId;
use crate::random::{Random, Seed, Stream};
use crate::time::{SimDuration, SimTime};
use crate::world::{Scope, World};

/// OpenKruise Rollouts does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KruiseEvent {
    /// It has seen a change, and looks at a Rollout.
    Reconcile {
        /// Number of the Rollout.
        rollout: u16,
    },
    /// Time has come to look at a Rollout again.
    Due {
        /// Number of the Rollout.
        rollout: u16,
    },
    /// It looks at the `BatchRelease` of a Rollout.
    Batch {
        /// Number of the Rollout.
        rollout: u16,
    },
}

/// What the controllers know of a Rollout.
#[derive(Clone, Debug)]
struct Known {
    number: u16,
    chance: Random,
    /// What it was last touched by.
    touched: EventId,
    /// Whether it will look anyway.
    waking: bool,
    /// When it looks again by itself.
    due: Option<SimTime>,
    /// When the `BatchRelease` is looked at.
    batch_due: Option<SimTime>,
    /// How its Deployment looked when it was last woken.
    seen: u64,
    /// As it was last written: a deleted one still ends its release.
    spec: KruiseSpec,
    is_gone: bool,
    /// What was written under its name while it was ending.
    again: Option<KruiseSpec>,
    status: Status,
    batch: Option<Batch>,
    waits: Waits,
    /// What stands in its way.
    trouble: String,
}

/// OpenKruise Rollouts.
#[derive(Clone, Debug)]
pub struct Kruise {
    known: BTreeMap<String, Known>,
    next: u16,
    /// Version of the cluster at the last look.
    version: u64,
    watch: (SimDuration, SimDuration),
    seed: Seed,
}

impl Kruise {
    /// No Rollout yet. `watch` is how long it takes until a change is seen.
    pub fn new(watch: (SimDuration, SimDuration), seed: Seed) -> Self {
        Self { known: BTreeMap::new(), next: 0, version: 0, watch, seed }
    }

    /// How far the Rollout of this name is.
    pub fn status(&self, name: &str) -> Option<&Status> {
        self.known.get(name).map(|known| &known.status)
    }

    /// An object was written or deleted through the API.
    pub fn object_changed(
        &mut self,
        (kind, name): (Kind, &str),
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        match kind {
            Kind::KruiseRollout => {
                match spec_of(api, name) {
                    Some(spec) => self.begin(name, spec.clone(), scope.id()),
                    None => {
                        let known = self.known.get_mut(name);
                        known.into_iter().for_each(|known| {
                            (known.is_gone, known.again) = (true, None);
                        });
                    }
                }
                self.wake(name, scope.id(), scope);
            }
            Kind::Deployment => {
                let names = self.known.iter().filter(|(_, known)| known.spec.deployment == name);
                let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
                for rollout in names {
                    self.wake(&rollout, scope.id(), scope);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, name: &str, spec: KruiseSpec, touched: EventId) {
        if let Some(known) = self.known.get_mut(name) {
            match known.is_gone {
                true => known.again = Some(spec),
                false => known.spec = spec,
            }
            return;
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let known = Known {
            number,
            chance: self.seed.stream(Stream::Kruise, u32::from(number)),
            touched,
            waking: false,
            due: None,
            batch_due: None,
            seen: 0,
            spec,
            is_gone: false,
            again: None,
            status: Status::default(),
            batch: None,
            waits: Waits::default(),
            trouble: String::new(),
        };
        self.known.insert(name.to_owned(), known);
    }

    /// A deleted Rollout has ended. One that was written meanwhile begins.
    fn end(&mut self, name: &str, scope: &mut Scope<'_, '_>) {
        let again = self.known.remove(name).and_then(|known| known.again);
        if let Some(spec) = again {
            self.begin(name, spec, scope.id());
            self.wake(name, scope.id(), scope);
        }
    }

    /// Notices whether Deployments of Rollouts have changed since the last look.
    pub fn look(&mut self, state: &ClusterState, scope: &mut Scope<'_, '_>) {
        if self.known.is_empty() || self.version == state.version {
            return;
        }
        self.version = state.version;
        let by = scope.id();
        let mut changed = Vec::new();
        for (name, known) in &mut self.known {
            let seen = fingerprint(state, &known.spec.deployment);
            if known.seen != seen {
                known.seen = seen;
                changed.push(name.clone());
            }
        }
        for name in changed {
            self.wake(&name, by, scope);
        }
    }

    /// The controller looks at a Rollout soon.
    fn wake(&mut self, name: &str, by: EventId, scope: &mut Scope<'_, '_>) {
        let (least, most) = self.watch;
        let Some(known) = self.known.get_mut(name) else { return };
        known.touched = by;
        if !known.waking {
            known.waking = true;
            let delay = known.chance.between(least, most);
            scope.after(delay, KruiseEvent::Reconcile { rollout: known.number });
        }
    }

    /// The controller looks at a Rollout at this time at the latest.
    fn wake_at(&mut self, name: &str, at: SimTime, scope: &mut Scope<'_, '_>) {
        let Some(known) = self.known.get_mut(name) else { return };
        let at = at.max(scope.now());
        if known.due.is_none_or(|due| at < due) {
            known.due = Some(at);
            scope.after(at.since(scope.now()), KruiseEvent::Due { rollout: known.number });
        }
    }

    /// The `BatchRelease` of a Rollout is looked at after this time at the latest.
    fn wake_batch(&mut self, name: &str, delay: SimDuration, scope: &mut Scope<'_, '_>) {
        let Some(known) = self.known.get_mut(name) else { return };
        let at = scope.now() + delay;
        if known.batch_due.is_none_or(|due| at < due) {
            known.batch_due = Some(at);
            scope.after(delay, KruiseEvent::Batch { rollout: known.number });
        }
    }

    fn numbered(&mut self, number: u16) -> Option<(String, &mut Known)> {
        let mut all = self.known.iter_mut();
        let (name, known) = all.find(|(_, known)| known.number == number)?;
        Some((name.clone(), known))
    }
}

/// What a Rollout watches of its Deployment.
fn fingerprint(state: &ClusterState, deployment: &str) -> u64 {
    let mut digest = Digest::default();
    if let Some(status) = state.deployments.get(deployment) {
        let counts = status.counts;
        for count in [counts.replicas, counts.ready, counts.available, status.updated] {
            digest.fold(u64::from(count));
        }
        digest.fold(status.observed_generation);
    }
    digest.value()
}

/// What the Rollout of this name asks for.
fn spec_of<'a>(api: &'a ApiServer, name: &str) -> Option<&'a KruiseSpec> {
    match &api.get(Kind::KruiseRollout, name)?.manifest.spec {
        Spec::KruiseRollout(spec) => Some(spec),
        _ => None,
    }
}

impl World {
    /// OpenKruise Rollouts does something.
    pub(crate) fn kruise_event(&mut self, event: KruiseEvent, ctx: &mut Context<'_, Event>) {
        if !self.delivery.addons().has(Addon::OpenKruise) {
            return;
        }
        let (KruiseEvent::Reconcile { rollout }
        | KruiseEvent::Due { rollout }
        | KruiseEvent::Batch { rollout }) = event;
        let Some((name, known)) = self.kruise.numbered(rollout) else { return };
        let cause = match event {
            KruiseEvent::Reconcile { .. } => {
                known.waking = false;
                known.touched
            }
            KruiseEvent::Due { .. } => {
                known.due = known.due.filter(|due| ctx.now < *due);
                ctx.cause
            }
            KruiseEvent::Batch { .. } => {
                known.batch_due = known.batch_due.filter(|due| ctx.now < *due);
                ctx.cause
            }
        };
        if let Some(mut pass) = Pass::begin(self, ctx, &name, cause) {
            match event {
                KruiseEvent::Reconcile { .. } | KruiseEvent::Due { .. } => pass.reconcile(),
                KruiseEvent::Batch { .. } => pass.run_batch(),
            }
            pass.save();
        }
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        self.kruise.look(&self.cluster.state, scope);
        self.follow(true, ctx);
    }
}
