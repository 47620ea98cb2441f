//! One look at one canary, top to bottom (FLG-04).

use serde_json::Value;

use crate::cluster::NAMESPACE;
use crate::cluster::api::Kind;
use crate::console::kubectl::flag::DryRun;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::write;
use crate::engine::Context;
use crate::event::Event;
use crate::flagger::canary_spec;
use crate::flagger::ready::Unready;
use crate::flagger::spec::{CanarySpec, TOTAL};
use crate::flagger::status::{Phase, Status};
use crate::time::SimTime;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// Why a look ends before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// Something stands in the way.
    Because(String),
    /// All is done and said.
    Over,
}

impl From<String> for Halt {
    fn from(problem: String) -> Self {
        Self::Because(problem)
    }
}

/// A step was taken, or why not.
pub(super) type Outcome = Result<(), Halt>;

/// Flagger before one canary.
pub(super) struct Look<'w, 'c, 'q> {
    pub(super) world: &'w mut World,
    pub(super) ctx: &'c mut Context<'q, Event>,
    pub(super) name: String,
    pub(super) spec: CanarySpec,
    /// The status as it was when the look began; what is decided reads this.
    pub(super) seen: Status,
}

/// Where the traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Routes {
    pub(super) primary: u32,
    pub(super) canary: u32,
    pub(super) mirrored: bool,
}

impl Routes {
    /// Everything to the primary.
    pub(super) const PRIMARY: Self = Self { primary: TOTAL, canary: 0, mirrored: false };
    /// Everything to the canary.
    pub(super) const CANARY: Self = Self { primary: 0, canary: TOTAL, mirrored: false };
}

impl<'w, 'c, 'q> Look<'w, 'c, 'q> {
    /// Before the canary of this name, if it is there.
    pub(super) fn at(
        world: &'w mut World,
        ctx: &'c mut Context<'q, Event>,
        name: &str,
    ) -> Option<Self> {
        let spec = canary_spec(&world.api, name)?.clone();
        let seen = world.flagger.status(name)?.clone();
        Some(Self { world, ctx, name: name.to_owned(), spec, seen })
    }

    /// Takes the next step, or says what it waits for.
    pub(super) fn advance(mut self) {
        if self.spec.suspend {
            return self.say("skipping canary run as object is suspended", &["FLG-04"]);
        }
        if let Err(Halt::Because(problem)) = self.step() {
            self.warn(problem, &["FLG-04"]);
        }
    }

    fn step(&mut self) -> Outcome {
        self.prepare()?;
        if self.spec.autoscaler.is_some() {
            self.reconcile_autoscaler(true)?;
        }
        let initializing = self.seen.phase == Phase::Initializing;
        self.reconcile_apex()?;
        if initializing {
            // The Services lead to the primary now.
            self.scale_target(0)?;
        }
        self.reconcile_routes()?;
        if initializing {
            self.end_initialization()?;
        }
        if !self.has_work()? {
            return Ok(());
        }
        if !self.spec.skip_analysis {
            let ready = self.primary_ready();
            self.or_roll_back(ready)?;
        }
        let routes = self.routes()?;
        if !self.is_under_way() {
            return self.begin();
        }
        let analysed = [Phase::Progressing, Phase::WaitingPromotion].contains(&self.seen.phase);
        if analysed && self.has_new_revision()? {
            return self.begin_again();
        }
        let ready = self.canary_ready();
        self.or_roll_back(ready)?;
        if self.spec.skip_analysis {
            return self.promote_unseen();
        }
        if self.told_to_roll_back() {
            let text = format!("Rolling back {} manual webhook invoked", self.full(&self.name));
            self.warn(text, &["FLG-04"]);
            return self.roll_back();
        }
        match self.seen.phase {
            Phase::Promoting => return self.shift_back(routes),
            Phase::Finalising => return self.finish(),
            _ => {}
        }
        if analysed && self.spec.analysis.threshold.max(1) <= self.seen.failed_checks {
            return self.roll_back();
        }
        if !self.analyse(routes) {
            self.status(|status, now| {
                status.failed_checks += 1;
                status.touch(now);
            });
            return Ok(());
        }
        self.go_on(routes)
    }

    /// Services and the primary are there; the first time, the primary is ready too.
    fn prepare(&mut self) -> Outcome {
        self.reconcile_services()?;
        let initializing = self.seen.phase == Phase::Initializing;
        if initializing && !self.spec.skip_analysis {
            match self.missing_template() {
                None => self.say("all the metrics providers are available!", &["FLG-08"]),
                Some(problem) => {
                    let text = format!("Error checking metric providers: {problem}");
                    self.warn(text, &["FLG-08"]);
                }
            }
        }
        self.make_primary()?;
        if initializing && !self.spec.skip_analysis {
            let ready = self.primary_ready();
            self.or_roll_back(ready)?;
        }
        Ok(())
    }

    fn end_initialization(&mut self) -> Outcome {
        let applied = self.target_hash()?;
        self.status(|status, now| status.sync(Phase::Initialized, applied, now));
        self.seen = self.stored().clone();
        let text = format!("Initialization done! {}", self.full(&self.name));
        self.say(text, &["FLG-02", "FLG-03"]);
        Ok(())
    }

    /// Whether something is being rolled out, or should be.
    fn has_work(&mut self) -> Result<bool, Halt> {
        match self.seen.phase {
            Phase::Progressing
            | Phase::Waiting
            | Phase::WaitingPromotion
            | Phase::Promoting
            | Phase::Finalising => return Ok(true),
            Phase::Failed => {
                let applied = self.target_hash()?;
                self.status(|status, now| status.sync(Phase::Failed, applied, now));
            }
            Phase::Initializing | Phase::Initialized | Phase::Succeeded => {}
        }
        Ok(self.has_new_revision()?)
    }

    fn is_under_way(&self) -> bool {
        match self.seen.phase {
            Phase::Progressing | Phase::WaitingPromotion | Phase::Promoting | Phase::Finalising => {
                true
            }
            Phase::Initializing
            | Phase::Initialized
            | Phase::Waiting
            | Phase::Succeeded
            | Phase::Failed => false,
        }
    }

    /// Whether the target's template is neither the one under test nor the primary's own: going back to
    /// what serves is no rollout.
    fn has_new_revision(&self) -> Result<bool, String> {
        let hash = self.target_hash()?;
        if self.seen.applied.is_empty() {
            return Ok(true);
        }
        Ok(hash != self.seen.promoted && hash != self.seen.applied)
    }

    /// A new version is there: it is scaled up once that is confirmed.
    fn begin(&mut self) -> Outcome {
        let applied = self.target_hash()?;
        self.because_of_target();
        let sync = applied.clone();
        self.status(|status, now| status.sync(Phase::Progressing, sync, now));
        if !self.rollout_is_confirmed() {
            return Ok(());
        }
        let target = self.full(&self.spec.target);
        self.say(format!("New revision detected! Scaling up {target}"), &["FLG-03", "FLG-04"]);
        self.scale_from_zero()?;
        self.status(|status, now| status.sync(Phase::Progressing, applied, now));
        Ok(())
    }

    /// The target has changed in the middle of the analysis.
    fn begin_again(&mut self) -> Outcome {
        let applied = self.target_hash()?;
        self.because_of_target();
        let target = self.full(&self.spec.target);
        let text = format!("New revision detected! Restarting analysis for {target}");
        self.say(text, &["FLG-09"]);
        self.set_routes(Routes::PRIMARY)?;
        self.status(|status, now| status.sync(Phase::Progressing, applied, now));
        Ok(())
    }

    /// Gives the new version up (FLG-04).
    pub(super) fn roll_back(&mut self) -> Outcome {
        if self.spec.analysis.threshold.max(1) <= self.seen.failed_checks {
            let (name, failed) = (self.full(&self.name), self.seen.failed_checks);
            let text = format!("Rolling back {name} failed checks threshold reached {failed}");
            self.warn(text, &["FLG-04", "FLG-09"]);
        }
        let text = format!("Canary failed! Scaling down {}", self.full(&self.name));
        self.warn(text, &["FLG-03", "FLG-04"]);
        self.set_routes(Routes::PRIMARY)?;
        self.scale_target(0)?;
        let applied = self.target_hash()?;
        self.status(|status, now| status.sync(Phase::Failed, applied, now));
        self.tell_the_end();
        Ok(())
    }

    /// Something that is not ready is waited for; what will not become so is rolled back.
    fn or_roll_back(&mut self, ready: Result<(), Unready>) -> Outcome {
        let Err(Unready { problem, is_stuck }) = ready else { return Ok(()) };
        if is_stuck {
            self.warn(problem, &["FLG-04"]);
            self.roll_back()?;
            return Err(Halt::Over);
        }
        Err(Halt::Because(problem))
    }

    /// The cause of what follows is who wrote the target.
    fn because_of_target(&mut self) {
        let target = self.world.api.get(Kind::Deployment, &self.spec.target);
        let Some(cause) = target.map(|target| target.written_by) else { return };
        if let Some(canary) = self.world.flagger.canaries.get_mut(&self.name) {
            canary.cause = cause;
        }
    }

    fn stored(&self) -> &Status {
        &self.world.flagger.canaries[&self.name].status
    }

    /// Changes the status.
    pub(super) fn status(&mut self, change: impl FnOnce(&mut Status, SimTime)) {
        if let Some(canary) = self.world.flagger.canaries.get_mut(&self.name) {
            change(&mut canary.status, self.ctx.now);
        }
    }

    /// Sets the phase.
    pub(super) fn set_phase(&mut self, phase: Phase) {
        let iterations = self.spec.analysis.iterations;
        self.status(|status, now| status.set_phase(phase, iterations, now));
    }

    /// `NAME.NAMESPACE`, as Flagger names everything.
    pub(super) fn full(&self, name: &str) -> String {
        format!("{name}.{NAMESPACE}")
    }

    /// An event about the canary, and a line of the trace.
    pub(super) fn say(&mut self, text: impl Into<String>, rules: &'static [&'static str]) {
        self.record("Normal", text.into(), rules);
    }

    /// The same of something unwanted.
    pub(super) fn warn(&mut self, text: impl Into<String>, rules: &'static [&'static str]) {
        self.record("Warning", text.into(), rules);
    }

    fn record(&mut self, level: &'static str, text: String, rules: &'static [&'static str]) {
        let subject = format!("canary/{}", self.name);
        self.trace(format!("Flagger: {text}"), rules);
        let scope = &Scope { ctx: self.ctx, trace: &mut self.world.trace };
        self.world.cluster.record(level, "Synced", subject, text, scope);
    }

    /// A line of the trace alone: Flagger writes it into its log.
    pub(super) fn trace(&mut self, text: String, rules: &'static [&'static str]) {
        let cause = self.world.flagger.canaries.get(&self.name).map(|canary| canary.cause);
        let scope = &mut Scope { ctx: self.ctx, trace: &mut self.world.trace };
        let cause = cause.unwrap_or(scope.ctx.cause);
        scope.note_because(cause, Topic::Delivery, format!("canary/{}", self.name), text, rules);
    }

    /// The document of an object.
    pub(super) fn document(&self, kind: Kind, name: &str) -> Option<&Value> {
        self.world.api.get(kind, name).map(|object| &object.manifest.document)
    }

    /// Writes an object, after a line in the trace that says what is done with it.
    pub(super) fn store(
        &mut self,
        (kind, name): (Kind, &str),
        document: Value,
        done: &str,
    ) -> Outcome {
        let object = ObjectRef::new(Resource::Object(kind), name);
        let doing = if self.document(kind, name).is_none() { "create" } else { "update" };
        self.trace(format!("Flagger: {kind} {} {done}", self.full(name)), &["FLG-02"]);
        match write::store(self.world, self.ctx, &object, document, DryRun::No) {
            Ok(_) => Ok(()),
            Err(denied) => {
                let why = denied.message(&object, "");
                let problem = format!("{kind} {} {doing} error: {why}", self.full(name));
                Err(Halt::Because(problem))
            }
        }
    }

    /// `metadata.ownerReferences` of what Flagger makes: it goes with the canary.
    pub(super) fn owner(&self) -> Value {
        let uid = self.world.api.get(Kind::Canary, &self.name).map(|canary| canary.uid.clone());
        serde_json::json!([{
            "apiVersion": Kind::Canary.versions()[0],
            "kind": Kind::Canary.name(),
            "name": self.name,
            "uid": uid.unwrap_or_default(),
            "controller": true,
            "blockOwnerDeletion": true,
        }])
    }
}
