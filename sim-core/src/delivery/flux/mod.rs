//! Flux: a GitRepository fetches, a Kustomization applies (CD-05, CD-06).
//!
//! It is version 2, as its controllers' source has it. Unlike Argo CD it does not watch what it applied:
//! at every interval it applies all again, and so undoes what was changed by hand.
//!
//! Simpler than the real thing: plain manifests only, and objects live in the namespace default; fetching
//! and building take no time; applying merges as `kubectl apply` does, not by field managers; a source that
//! cannot be fetched is tried again after its interval, without back-off; there are no notifications. A
//! Kustomization that is deleted is gone at once, where its finalizer would keep it until its objects are.

mod ownership;
mod reconcile;
mod source;
pub mod spec;

pub use reconcile::{Checking, Kustomization};
pub use source::{Artifact, Source};

use std::collections::BTreeMap;

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::delivery::DeliveryEvent;
use crate::delivery::flux::spec::{KustomizationSpec, SourceSpec};
use crate::random::{Random, Seed, Stream};
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// Part of an interval by which chance makes it shorter or longer.
const JITTER: u64 = 20;
/// Streams of chance from here on are Flux's, below they are Argo CD's.
const CHANCE: u32 = 1 << 16;

/// Flux does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FluxEvent {
    /// It looks at git.
    Fetch {
        /// Number of the GitRepository.
        source: u16,
        /// Which appointment this is; only the newest counts.
        turn: u16,
    },
    /// It applies, or looks at what it has applied.
    Reconcile {
        /// Number of the Kustomization.
        kustomization: u16,
        /// Which appointment this is; only the newest counts.
        turn: u16,
    },
    /// It deletes what a Kustomization that is gone has applied.
    Finalize {
        /// Number of the Kustomization.
        kustomization: u16,
    },
}

/// The condition `Ready`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whether it is; nobody knows while work goes on.
    pub status: Option<bool>,
    /// Why, in a word.
    pub reason: &'static str,
    /// Why, in words.
    pub message: String,
    /// Since when.
    pub since: SimTime,
}

impl Ready {
    /// `True`, `False` or `Unknown`.
    pub fn word(&self) -> &'static str {
        match self.status {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        }
    }

    fn set(&mut self, now: SimTime, status: Option<bool>, reason: &'static str, message: String) {
        if self.status != status {
            self.since = now;
        }
        (self.status, self.reason, self.message) = (status, reason, message);
    }
}

impl Default for Ready {
    fn default() -> Self {
        let message = "waiting to be reconciled".to_owned();
        Self { status: None, reason: "Unknown", message, since: SimTime::ZERO }
    }
}

/// What Flux knows.
#[derive(Clone, Debug, Default)]
pub struct Flux {
    sources: BTreeMap<String, Source>,
    kustomizations: BTreeMap<String, Kustomization>,
    /// Kustomizations that are gone, by number, and whose objects are to go: with their names.
    finalizing: BTreeMap<u16, (String, Kustomization)>,
    /// Number of the next object.
    next: u16,
}

impl Flux {
    /// All GitRepositories, by name.
    pub fn sources(&self) -> &BTreeMap<String, Source> {
        &self.sources
    }

    /// All Kustomizations, by name.
    pub fn kustomizations(&self) -> &BTreeMap<String, Kustomization> {
        &self.kustomizations
    }

    fn source_named(&self, number: u16) -> Option<String> {
        let mut all = self.sources.iter();
        all.find(|(_, source)| source.number == number).map(|(name, _)| name.clone())
    }

    fn kustomization_named(&self, number: u16) -> Option<String> {
        let mut all = self.kustomizations.iter();
        all.find(|(_, one)| one.number == number).map(|(name, _)| name.clone())
    }

    fn number(&mut self, seed: Seed) -> (u16, Random) {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        (number, seed.stream(Stream::GitOps, CHANCE + u32::from(number)))
    }

    /// A GitRepository or a Kustomization is new, says something else, or is gone. What a Kustomization that
    /// prunes has applied goes with it, unless it is suspended (CD-05).
    pub(in crate::delivery) fn object_changed(
        &mut self,
        (kind, name): (Kind, &str),
        api: &ApiServer,
        seed: Seed,
        (least, most): (SimDuration, SimDuration),
        scope: &mut Scope<'_, '_>,
    ) {
        let is_there = api.get(kind, name).is_some();
        match kind {
            Kind::GitRepository if is_there => {
                if !self.sources.contains_key(name) {
                    let (number, chance) = self.number(seed);
                    self.sources.insert(name.to_owned(), Source::new(number, chance, scope.id()));
                }
                if let Some(source) = self.sources.get_mut(name) {
                    source.asked_by = scope.id();
                    let delay = source.chance.between(least, most);
                    source.fetch_after(delay, scope.ctx);
                }
            }
            Kind::Kustomization if is_there => {
                if !self.kustomizations.contains_key(name) {
                    let (number, chance) = self.number(seed);
                    let one = Kustomization::new(number, chance, scope.id());
                    self.kustomizations.insert(name.to_owned(), one);
                }
                if let Some(one) = self.kustomizations.get_mut(name) {
                    one.collects = kustomization_spec(api, name)
                        .is_some_and(|spec| spec.prune && !spec.suspended);
                    one.asked_by = scope.id();
                    let delay = one.chance.between(least, most);
                    one.reconcile_soon(delay, scope.ctx);
                }
            }
            Kind::GitRepository => drop(self.sources.remove(name)),
            Kind::Kustomization => {
                if let Some(mut one) = self.kustomizations.remove(name).filter(|one| one.collects) {
                    one.asked_by = scope.id();
                    let event = FluxEvent::Finalize { kustomization: one.number };
                    // One of the same name that is made at once comes to apply after that.
                    scope.after(least, DeliveryEvent::from(event));
                    self.finalizing.insert(one.number, (name.to_owned(), one));
                }
            }
            _ => {}
        }
    }
}

/// An interval, up to a twentieth longer or shorter.
fn jittered(interval: SimDuration, chance: &mut Random) -> SimDuration {
    let part = SimDuration::from_micros(interval.as_micros() / JITTER);
    let least = SimDuration::from_micros(interval.as_micros() - part.as_micros());
    chance.between(least, interval + part)
}

impl From<FluxEvent> for DeliveryEvent {
    fn from(event: FluxEvent) -> Self {
        Self::Flux(event)
    }
}

/// What the GitRepository of this name asks for.
pub(crate) fn source_spec<'a>(api: &'a ApiServer, name: &str) -> Option<&'a SourceSpec> {
    match &api.get(Kind::GitRepository, name)?.manifest.spec {
        Spec::GitRepository(spec) => Some(spec),
        _ => None,
    }
}

/// What the Kustomization of this name asks for.
pub(crate) fn kustomization_spec<'a>(
    api: &'a ApiServer,
    name: &str,
) -> Option<&'a KustomizationSpec> {
    match &api.get(Kind::Kustomization, name)?.manifest.spec {
        Spec::Kustomization(spec) => Some(spec),
        _ => None,
    }
}
