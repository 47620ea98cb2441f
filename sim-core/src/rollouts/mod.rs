//! Argo Rollouts: a controller that exchanges pods revision by revision, and judges each by what Prometheus
//! says and by Jobs (ROLL-01..46).
//!
//! It is that of version 1.8. A Rollout stands in place of a Deployment: the controller makes ReplicaSets
//! whose pods have the label `rollouts-pod-template-hash`, and moves the traffic by the selector of a Service
//! (blue-green) or by the weights of a VirtualService (canary).
//!
//! Simpler than the real thing: an analysis asks Prometheus or makes a Job, and no other provider (`web` is
//! refused, since the bodies of answers are not simulated); of the traffic routers there is Istio alone;
//! there are no experiments, no plugins, no `workloadRef`; metadata of canary and preview pods is not
//! changed; and a wrong condition is refused when it is applied, where the real controller finds out at the
//! first measurement. Where it is known to do otherwise than its documentation says, it does so if the
//! scenario asks for it (`delivery::Pitfall`).
//!
//! Reading order: `spec`, `status`; `controller` begins a pass, `blue_green` and `canary` hold what the two
//! strategies do in it, `services` and `traffic` write what leads the traffic, `analysis` measures.

mod analyses;
pub mod analysis;
mod blue_green;
mod canary;
mod command;
mod controller;
mod health;
mod managed_routes;
mod pods;
mod services;
pub mod spec;
pub mod status;
mod traffic;
mod weights;

pub(crate) use canary::set_weight;
pub(crate) use command::Wish;
pub(crate) use health::{health, run_health};

use std::collections::BTreeMap;

use crate::cluster::Cluster;
use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::state::ClusterState;
use crate::digest::Digest;
use crate::queue::EventId;
use crate::random::{Random, Seed, Stream};
use crate::rollouts::analysis::run::Run;
use crate::rollouts::spec::RolloutSpec;
use crate::rollouts::status::RolloutStatus;
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// Argo Rollouts does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RolloutEvent {
    /// It has seen a change, and looks at a Rollout.
    Reconcile {
        /// Number of the Rollout.
        rollout: u16,
    },
    /// Time has come to look at a Rollout again: a pause or a delay may be over.
    Due {
        /// Number of the Rollout.
        rollout: u16,
    },
    /// A measurement of a run may be due.
    Measure {
        /// Number of the run.
        run: u16,
    },
    /// Runs whose Rollout is gone are deleted, and Jobs whose run is.
    Collect,
}

/// What the controller knows of a Rollout.
#[derive(Clone, Debug)]
struct Known {
    number: u16,
    chance: Random,
    /// What it was last touched by.
    touched: EventId,
    /// Whether it will look anyway.
    waking: bool,
    /// How its ReplicaSets looked when it was last woken.
    seen: u64,
    /// The replicas that it was last woken for: an autoscaler writes them as well (ROLL-08).
    replicas: Option<u32>,
    /// When it looks again by itself.
    due: Option<SimTime>,
    status: RolloutStatus,
}

/// Argo Rollouts.
#[derive(Clone, Debug)]
pub struct Rollouts {
    known: BTreeMap<String, Known>,
    runs: BTreeMap<String, Run>,
    next: u16,
    next_run: u16,
    /// Version of the cluster at the last look.
    version: u64,
    watch: (SimDuration, SimDuration),
    seed: Seed,
}

impl Rollouts {
    /// No Rollout yet. `watch` is how long it takes until a change is seen.
    pub fn new(watch: (SimDuration, SimDuration), seed: Seed) -> Self {
        let (known, runs) = (BTreeMap::new(), BTreeMap::new());
        Self { known, runs, next: 0, next_run: 0, version: 0, watch, seed }
    }

    /// Status of the Rollout of this name.
    pub fn status(&self, name: &str) -> Option<&RolloutStatus> {
        self.known.get(name).map(|known| &known.status)
    }

    /// The analysis run of this name.
    pub fn run(&self, name: &str) -> Option<&Run> {
        self.runs.get(name)
    }

    /// All analysis runs, by name.
    pub fn runs(&self) -> impl Iterator<Item = (&str, &Run)> {
        self.runs.iter().map(|(name, run)| (name.as_str(), run))
    }

    /// An object was written or deleted through the API.
    pub fn object_changed(
        &mut self,
        (kind, name): (Kind, &str),
        api: &ApiServer,
        cluster: &mut Cluster,
        scope: &mut Scope<'_, '_>,
    ) {
        match kind {
            Kind::Rollout if api.get(kind, name).is_none() => {
                self.known.remove(name);
                cluster.state.rollout_selectors.remove(name);
                let sets = cluster.state.revisions_of(name);
                let sets: Vec<String> = sets.into_iter().map(|set| set.name.clone()).collect();
                for set in sets {
                    cluster.delete_revision(&set, scope.id(), scope);
                }
                scope.after(SimDuration::ZERO, RolloutEvent::Collect);
            }
            Kind::Rollout => {
                let replicas = spec_of(api, name).map(|spec| spec.replicas);
                self.begin(name, scope.id()).replicas = replicas;
                self.wake(name, scope.id(), scope);
            }
            Kind::AnalysisRun => self.run_changed(name, api, scope),
            // The Services, routes and templates that a Rollout names.
            Kind::Service
            | Kind::VirtualService
            | Kind::DestinationRule
            | Kind::AnalysisTemplate
            | Kind::ClusterAnalysisTemplate => {
                let all: Vec<String> = self.known.keys().cloned().collect();
                for rollout in all {
                    self.wake(&rollout, scope.id(), scope);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, name: &str, touched: EventId) -> &mut Known {
        let number = self.next;
        let is_new = !self.known.contains_key(name);
        self.next = self.next.wrapping_add(u16::from(is_new));
        self.known.entry(name.to_owned()).or_insert_with(|| Known {
            number,
            chance: self.seed.stream(Stream::Rollouts, u32::from(number)),
            touched,
            waking: false,
            seen: 0,
            replicas: None,
            due: None,
            status: RolloutStatus::default(),
        })
    }

    /// Notices whether Rollouts were scaled or their ReplicaSets have changed since the last look.
    pub fn look(&mut self, api: &ApiServer, state: &ClusterState, scope: &mut Scope<'_, '_>) {
        let idle = self.known.is_empty() && self.runs.is_empty();
        if idle || self.version == state.version {
            return;
        }
        self.version = state.version;
        self.look_at_jobs(api, state, scope);
        // An event that wrote no line is spoken for by its cause.
        let wrote = scope.trace.iter().next_back().is_some_and(|entry| entry.id == scope.id());
        let by = if wrote { scope.id() } else { scope.ctx.cause };
        let mut changed = Vec::new();
        for (name, known) in &mut self.known {
            let Some(spec) = spec_of(api, name) else { continue };
            let (seen, replicas) = (fingerprint(state, name), Some(spec.replicas));
            if (known.seen, known.replicas) != (seen, replicas) {
                (known.seen, known.replicas) = (seen, replicas);
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
            scope.after(delay, RolloutEvent::Reconcile { rollout: known.number });
        }
    }

    /// The controller looks at a Rollout at this time at the latest.
    fn wake_at(&mut self, name: &str, at: SimTime, scope: &mut Scope<'_, '_>) {
        let Some(known) = self.known.get_mut(name) else { return };
        let at = at.max(scope.now());
        if known.due.is_none_or(|due| at < due) {
            known.due = Some(at);
            let event = RolloutEvent::Due { rollout: known.number };
            scope.after(at.since(scope.now()), event);
        }
    }

    fn named(&self, number: u16) -> Option<String> {
        let found = self.known.iter().find(|(_, known)| known.number == number);
        found.map(|(name, _)| name.clone())
    }
}

/// What a Rollout watches of its ReplicaSets.
fn fingerprint(state: &ClusterState, rollout: &str) -> u64 {
    let mut digest = Digest::default();
    let owned = |set: &&crate::cluster::state::ReplicaSet| set.is_owned_by(Kind::Rollout, rollout);
    for set in state.replica_sets.values().filter(owned) {
        digest.fold_text(&set.name);
        let counts = set.status;
        for count in [set.replicas, counts.replicas, counts.ready, counts.available] {
            digest.fold(u64::from(count));
        }
    }
    digest.value()
}

/// What the Rollout of this name asks for.
pub(crate) fn spec_of<'a>(api: &'a ApiServer, name: &str) -> Option<&'a RolloutSpec> {
    match &api.get(Kind::Rollout, name)?.manifest.spec {
        Spec::Rollout(spec) => Some(spec),
        _ => None,
    }
}
