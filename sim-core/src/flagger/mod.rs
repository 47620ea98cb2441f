//! Flagger: progressive delivery by canary analysis (FLG-01..10).
//!
//! Flagger is that of version 1.42, with Istio as its mesh and Prometheus as its metrics server. A Canary
//! names a Deployment. That Deployment becomes the version under test, at rest without pods; a copy, the
//! primary, serves. Every interval Flagger looks at each canary and does one step: [`look`] is that look, top
//! to bottom.
//!
//! Simpler than the real thing: everything lives in the namespace default; ConfigMaps and Secrets of the
//! target are not copied for the primary and not watched, as with `flagger.app/config-tracking: disabled`;
//! alerts are not sent; a query or a webhook takes no time; only the gates of Flagger's load tester answer
//! webhooks, and it is always there. Flagger runs its control loop, which notices new canaries, every ten
//! seconds from time zero.

mod analysis;
mod gate;
mod hooks;
mod look;
mod ready;
mod router;
pub mod spec;
mod status;
mod strategy;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use gate::Gate;
pub use status::{Phase, Status};

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::delivery::Addon;
use crate::engine::Context;
use crate::event::Event;
use crate::flagger::look::Look;
use crate::flagger::spec::{CanarySpec, MetricTemplateSpec};
use crate::queue::EventId;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// Time between two looks for new canaries: flag `-control-loop-interval`.
const CONTROL_LOOP: SimDuration = SimDuration::from_secs(10);
/// Shortest interval of a canary (FLG-01).
const SHORTEST: SimDuration = SimDuration::from_secs(10);

/// Flagger does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlaggerEvent {
    /// It starts and stops the jobs of canaries.
    ControlLoop,
    /// The job of a canary looks at it.
    Tick {
        /// Number of the canary.
        canary: u16,
        /// Which of its jobs; only the newest counts.
        job: u16,
    },
    /// Kubernetes deletes what belonged to canaries that are gone.
    Collect,
}

/// What looks at one canary, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Job {
    number: u16,
    interval: SimDuration,
}

/// What Flagger knows of one canary.
#[derive(Clone, Debug)]
struct Canary {
    number: u16,
    job: Option<Job>,
    jobs: u16,
    status: Status,
    /// Who wrote what is being rolled out.
    cause: EventId,
}

/// Flagger, and its load tester.
#[derive(Clone, Debug, Default)]
pub struct Flagger {
    canaries: BTreeMap<String, Canary>,
    /// Number of the next canary.
    next: u16,
    /// Whether the control loop runs: it does while there are canaries.
    looping: bool,
    /// Gates that are open.
    open: BTreeSet<Gate>,
}

impl Flagger {
    /// How far the canary of this name is.
    pub fn status(&self, canary: &str) -> Option<&Status> {
        self.canaries.get(canary).map(|canary| &canary.status)
    }

    /// An object was written or deleted through the API.
    pub fn object_changed(
        &mut self,
        kind: Kind,
        name: &str,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        if kind != Kind::Canary {
            return;
        }
        if canary_spec(api, name).is_none() {
            self.canaries.remove(name);
            scope.after(SimDuration::ZERO, FlaggerEvent::Collect);
            return;
        }
        if !self.canaries.contains_key(name) {
            let number = self.next;
            self.next = self.next.wrapping_add(1);
            let mut status = Status::default();
            status.touch(scope.now());
            let canary = Canary { number, job: None, jobs: 0, status, cause: scope.id() };
            self.canaries.insert(name.to_owned(), canary);
        }
        if !self.looping {
            self.looping = true;
            let period = CONTROL_LOOP.as_micros();
            let into = scope.now().as_micros().rem_euclid(period as i64).unsigned_abs();
            let rest = SimDuration::from_micros(period - into);
            scope.after(rest, FlaggerEvent::ControlLoop);
        }
    }

    /// Starts jobs for new canaries, and new ones for those whose interval has changed; each looks at once.
    fn start_jobs(&mut self, api: &ApiServer, ctx: &mut Context<'_, Event>) {
        for (name, canary) in &mut self.canaries {
            let Some(spec) = canary_spec(api, name) else { continue };
            let interval = spec.analysis.interval.max(SHORTEST);
            if canary.job.is_none_or(|job| job.interval != interval) {
                canary.jobs = canary.jobs.wrapping_add(1);
                canary.job = Some(Job { number: canary.jobs, interval });
                let event = FlaggerEvent::Tick { canary: canary.number, job: canary.jobs };
                ctx.after(SimDuration::ZERO, event.into());
            }
        }
    }

    /// The canary that a job looks at, and its interval; none if the job has been stopped.
    fn due(&self, number: u16, job: u16) -> Option<(String, SimDuration)> {
        let (name, canary) = self.canaries.iter().find(|(_, one)| one.number == number)?;
        let current = canary.job.filter(|current| current.number == job)?;
        Some((name.clone(), current.interval))
    }
}

/// What the Canary of this name asks for.
pub(crate) fn canary_spec<'a>(api: &'a ApiServer, name: &str) -> Option<&'a CanarySpec> {
    match &api.get(Kind::Canary, name)?.manifest.spec {
        Spec::Canary(spec) => Some(spec),
        _ => None,
    }
}

/// The query of the `MetricTemplate` of this name.
fn template_spec<'a>(api: &'a ApiServer, name: &str) -> Option<&'a MetricTemplateSpec> {
    match &api.get(Kind::MetricTemplate, name)?.manifest.spec {
        Spec::MetricTemplate(spec) => Some(spec),
        _ => None,
    }
}

impl World {
    /// Flagger does something.
    pub(crate) fn flagger_event(&mut self, event: FlaggerEvent, ctx: &mut Context<'_, Event>) {
        if !self.delivery.addons().has(Addon::Flagger) {
            return;
        }
        match event {
            FlaggerEvent::ControlLoop => {
                self.flagger.looping = !self.flagger.canaries.is_empty();
                self.flagger.start_jobs(&self.api, ctx);
                if self.flagger.looping {
                    ctx.after(CONTROL_LOOP, event.into());
                }
            }
            FlaggerEvent::Tick { canary, job } => {
                let Some((name, interval)) = self.flagger.due(canary, job) else { return };
                ctx.after(interval, event.into());
                if let Some(look) = Look::at(self, ctx, &name) {
                    look.advance();
                }
            }
            FlaggerEvent::Collect => self.collect(ctx),
        }
        self.follow(true, ctx);
    }

    /// Deletes what has an owner of which nothing is left, as Kubernetes' garbage collector does. The
    /// canary's Deployment stays as it is, without pods.
    fn collect(&mut self, ctx: &mut Context<'_, Event>) {
        let mut orphans = Vec::new();
        for kind in Kind::ALL {
            for (name, object) in self.api.list(*kind) {
                let owner = &object.manifest.document["metadata"]["ownerReferences"][0];
                let is_left = |canary: &str| {
                    let found = self.api.get(Kind::Canary, canary);
                    found.is_some_and(|found| owner["uid"] == found.uid.as_str())
                };
                let of_canary = owner["kind"] == Kind::Canary.name();
                let owner = owner["name"].as_str().filter(|_| of_canary);
                if let Some(owner) = owner.filter(|owner| !is_left(owner)) {
                    orphans.push((*kind, name.to_owned(), owner.to_owned()));
                }
            }
        }
        for (kind, name, owner) in orphans {
            let scope = &mut Scope { ctx, trace: &mut self.trace };
            let text = format!("garbage collection deletes {kind} {name}: its canary is gone");
            scope.note(Topic::Delivery, format!("canary/{owner}"), text, &["FLG-02"]);
            crate::console::kubectl::write::take_away(self, ctx, kind, &name);
        }
    }
}
