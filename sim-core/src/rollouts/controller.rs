//! One look of the controller at a Rollout: it compares what is with what should be, does what can be done
//! now, and writes the status. A change of the status makes it look again, until nothing changes (MOD-1).

use crate::cluster::api::Kind;
use crate::cluster::revision::Revision;
use crate::cluster::state::{ROLLOUT_HASH, ReplicaSet};
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::kubectl::write;
use crate::delivery::Addon;
use crate::engine::Context;
use crate::event::Event;
use crate::queue::EventId;
use crate::rollouts::spec::{RolloutSpec, Step, Strategy};
use crate::rollouts::status::{Counts, RolloutPhase, RolloutStatus, Runs};
use crate::rollouts::weights::Size;
use crate::rollouts::{RolloutEvent, fingerprint, spec_of};
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::{Scope, World};

/// One look at a Rollout.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) name: String,
    pub(super) spec: RolloutSpec,
    pub(super) status: RolloutStatus,
    /// What made the controller look.
    pub(super) cause: EventId,
    /// The ReplicaSet of the newest revision.
    pub(super) new: String,
    /// That of the stable revision, if there is one; it may be the newest.
    pub(super) stable: Option<String>,
    /// All others, the highest revision first.
    pub(super) others: Vec<String>,
    /// When it has to look again.
    pub(super) wake: Option<SimTime>,
}

impl Pass {
    pub(super) fn wake_at(&mut self, at: SimTime) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }

    /// The stable ReplicaSet, if it is another one than the newest.
    pub(super) fn other_stable(&self) -> Option<&String> {
        self.stable.as_ref().filter(|stable| **stable != self.new)
    }

    /// Whether it is a canary in the middle of an update.
    pub(super) fn is_midway(&self) -> bool {
        matches!(self.spec.strategy, Strategy::Canary(_)) && !self.status.is_promoted()
    }

    /// How an event or a line of the trace names it.
    pub(super) fn subject(&self) -> String {
        format!("rollout/{}", self.name)
    }
}

impl World {
    /// Argo Rollouts does something.
    pub(crate) fn rollout_event(&mut self, event: RolloutEvent, ctx: &mut Context<'_, Event>) {
        if !self.delivery.addons().has(Addon::ArgoRollouts) {
            return;
        }
        match event {
            RolloutEvent::Reconcile { rollout } => {
                let Some(name) = self.rollouts.named(rollout) else { return };
                let Some(known) = self.rollouts.known.get_mut(&name) else { return };
                known.waking = false;
                let cause = known.touched;
                self.reconcile_rollout(&name, cause, ctx);
            }
            RolloutEvent::Due { rollout } => {
                let Some(name) = self.rollouts.named(rollout) else { return };
                let Some(known) = self.rollouts.known.get_mut(&name) else { return };
                known.due = known.due.filter(|due| ctx.now < *due);
                self.reconcile_rollout(&name, ctx.cause, ctx);
            }
            RolloutEvent::Measure { run } => self.measure(run, ctx),
            RolloutEvent::Collect => self.collect_runs(ctx),
        }
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        self.rollouts.look(&self.api, &self.cluster.state, scope);
        self.follow(true, ctx);
    }

    /// Looks at a Rollout.
    fn reconcile_rollout(&mut self, name: &str, cause: EventId, ctx: &mut Context<'_, Event>) {
        let Some(object) = self.api.get(Kind::Rollout, name) else { return };
        let generation = object.generation;
        let Some(spec) = spec_of(&self.api, name).cloned() else { return };
        let Some(status) = self.rollouts.status(name).cloned() else { return };
        let before = status.clone();
        let mut pass = Pass {
            name: name.to_owned(),
            spec,
            status,
            cause,
            new: String::new(),
            stable: None,
            others: Vec::new(),
            wake: None,
        };
        pass.status.observed = generation;
        let problem = self.invalid(&pass);
        let invalid = |problem| format!("The Rollout {name:?} is invalid: {problem}");
        pass.status.invalid = problem.map(invalid).unwrap_or_default();
        if pass.status.invalid.is_empty() {
            self.find_revisions(&mut pass, ctx);
            self.forget_lost_runs(&mut pass);
            match pass.spec.strategy.clone() {
                Strategy::BlueGreen(strategy) => self.blue_green(&mut pass, &strategy, ctx),
                Strategy::Canary(canary) => self.canary(&mut pass, &canary, ctx),
            }
            self.count_pods(&mut pass);
        } else if before.invalid != pass.status.invalid {
            let text = format!("does nothing: {}", pass.status.invalid);
            self.note_rollout(&pass, text, &[], ctx);
        }
        self.judge_rollout(&mut pass, &before, ctx);
        self.save(pass, &before, ctx);
    }

    /// Stores the status; whoever waits for it looks again.
    fn save(&mut self, pass: Pass, before: &RolloutStatus, ctx: &mut Context<'_, Event>) {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let changed = pass.status != *before;
        let (name, wake) = (pass.name, pass.wake);
        let selector = pass.status.selector.clone();
        self.cluster.state.rollout_selectors.insert(name.clone(), selector);
        if let Some(known) = self.rollouts.known.get_mut(&name) {
            known.status = pass.status;
        }
        if changed {
            self.cluster.state.version += 1;
            let by = scope.id();
            self.rollouts.wake(&name, by, scope);
        }
        if let Some(at) = wake {
            self.rollouts.wake_at(&name, at, scope);
        }
    }

    /// Finds the ReplicaSets; makes that of a new revision, and begins anew if the template or the steps
    /// have changed (ROLL-01, 07).
    fn find_revisions(&mut self, pass: &mut Pass, ctx: &mut Context<'_, Event>) {
        let sets = self.cluster.state.revisions_of(&pass.name);
        let highest = sets.last().map_or(0, |set| set.revision);
        let same = |set: &&&ReplicaSet| set.template == pass.spec.template;
        let found = sets.iter().find(same).map(|set| (set.name.clone(), set.revision));
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let (new, number, text) = match found {
            Some((name, number)) if number == highest => (name, number, None),
            Some((name, _)) => {
                self.cluster.renumber_revision(&name, highest + 1);
                let text =
                    format!("replica set {name} is taken up again as revision {}", highest + 1);
                (name, highest + 1, Some(text))
            }
            None => {
                let document = self.api.get(Kind::Rollout, &pass.name);
                let document = document.map(|object| &object.manifest.document["spec"]["template"]);
                let revision = Revision {
                    rollout: &pass.name,
                    selector: &pass.spec.selector,
                    template: &pass.spec.template,
                    document: document.unwrap_or(&serde_json::Value::Null),
                    min_ready_seconds: pass.spec.min_ready_seconds,
                    number: highest + 1,
                };
                let name = self.cluster.create_revision(&revision, scope);
                let text = format!("replica set {name} is created as revision {}", highest + 1);
                let message = format!("Created ReplicaSet {name} (revision {})", highest + 1);
                let object = pass.subject();
                self.cluster.record("Normal", "NewReplicaSetCreated", object, message, scope);
                (name, highest + 1, Some(text))
            }
        };
        self.cluster.set_min_ready_seconds(&new, pass.spec.min_ready_seconds, scope);
        if let Some(text) = text {
            self.note_rollout(pass, text, &["ROLL-01"], ctx);
        }
        let hash = self.hash_of(&new);
        if pass.status.current != hash || pass.status.steps != pass.spec.steps() {
            self.begin_revision(pass, &hash, ctx);
        }
        pass.status.revision = number;
        let sets = self.cluster.state.revisions_of(&pass.name);
        let stable = sets.iter().find(|set| set.hash == pass.status.stable);
        pass.stable = stable.map(|set| set.name.clone());
        let others = sets.iter().rev().map(|set| &set.name);
        let others = others.filter(|name| **name != new && Some(*name) != pass.stable.as_ref());
        pass.others = others.cloned().collect();
        pass.new = new;
    }

    /// Another revision is wanted: what was decided about the last one counts no more.
    fn begin_revision(&mut self, pass: &mut Pass, hash: &str, ctx: &mut Context<'_, Event>) {
        self.end_runs(pass, ctx);
        let status = &mut pass.status;
        status.current = hash.to_owned();
        status.steps = pass.spec.steps().to_vec();
        status.step = 0;
        status.pauses.clear();
        status.controller_pause = false;
        (status.abort, status.aborted, status.abort_message) = (false, None, String::new());
        status.promote_full = false;
        status.checkpoint = false;
        status.runs = Runs::default();
        if status.is_promoted() && !status.steps.is_empty() {
            status.step = status.steps.len();
            self.note_rollout(
                pass,
                "back to the stable revision: the steps are skipped",
                &["ROLL-07"],
                ctx,
            );
        }
    }

    /// The newest revision is the stable one from now on.
    pub(super) fn promote_stable(
        &mut self,
        pass: &mut Pass,
        reason: &str,
        ctx: &mut Context<'_, Event>,
    ) {
        let status = &mut pass.status;
        status.stable = status.current.clone();
        status.step = status.steps.len();
        status.pauses.clear();
        status.controller_pause = false;
        status.promote_full = false;
        status.abort = false;
        status.checkpoint = false;
        let (number, hash) = (status.revision, status.current.clone());
        let message = format!("Rollout completed update to revision {number} ({hash}): {reason}");
        self.record_rollout(pass, "Normal", "RolloutCompleted", message, ctx);
        let text = format!("revision {number} is stable: {}", lower(reason));
        self.note_rollout(pass, text, &["ROLL-01"], ctx);
    }

    /// The update ends, and the traffic goes back (ROLL-05, 25).
    pub(super) fn abort_rollout(
        &mut self,
        pass: &mut Pass,
        message: &str,
        ctx: &mut Context<'_, Event>,
    ) {
        if pass.status.abort {
            return;
        }
        let status = &mut pass.status;
        status.abort = true;
        status.aborted = Some(ctx.now);
        status.abort_message = message.to_owned();
        status.pauses.clear();
        status.controller_pause = false;
        status.step = if status.is_promoted() { status.steps.len() } else { 0 };
        let mut told = format!("aborted update to revision {}", status.revision);
        if !message.is_empty() {
            told += &format!(": {message}");
        }
        self.record_rollout(pass, "Warning", "RolloutAborted", format!("Rollout {told}"), ctx);
        self.note_rollout(pass, told, &["ROLL-05", "ROLL-25"], ctx);
    }

    fn count_pods(&self, pass: &mut Pass) {
        let sets = self.cluster.state.revisions_of(&pass.name);
        let mut counts = Counts::default();
        for set in &sets {
            counts.replicas += set.status.replicas;
            counts.ready += set.status.ready;
            counts.available += set.status.available;
            if set.name == pass.new {
                counts.updated = set.status.replicas;
            }
        }
        counts.scaled = counts.replicas;
        let mut selector = pass.spec.selector.clone();
        // A blue-green Rollout reports of the pods that serve (ROLL-08).
        let active = sets.iter().find(|set| set.hash == pass.status.active);
        if let (Strategy::BlueGreen(_), Some(active)) = (&pass.spec.strategy, active) {
            (counts.ready, counts.available) = (active.status.ready, active.status.available);
            counts.scaled = active.status.replicas;
            selector.insert(ROLLOUT_HASH.to_owned(), active.hash.clone());
        }
        pass.status.counts = counts;
        pass.status.selector = selector;
    }

    /// Phase, message and the deadline for progress.
    fn judge_rollout(
        &mut self,
        pass: &mut Pass,
        before: &RolloutStatus,
        ctx: &mut Context<'_, Event>,
    ) {
        let status = &mut pass.status;
        let mut progress = crate::digest::Digest::default();
        progress.fold_text(&format!(
            "{}{}{}{:?}{:?}{:?}{:?}",
            status.current,
            status.stable,
            status.active,
            status.step,
            status.pauses,
            status.counts,
            status.runs
        ));
        progress.fold(fingerprint(&self.cluster.state, &pass.name));
        if status.progress.0 != progress.value() {
            status.progress = (progress.value(), ctx.now);
            status.timed_out.clear();
        }
        (status.phase, status.message) = status.judged(&pass.spec);
        let may_last = matches!(status.current_step(), Some(Step::Analysis(_) | Step::Pause(_)));
        if status.phase == RolloutPhase::Progressing && !may_last {
            let deadline = SimDuration::from_secs(u64::from(pass.spec.progress_deadline_seconds));
            let at = status.progress.1 + deadline;
            if ctx.now < at {
                pass.wake_at(at);
            } else {
                let text = format!("ReplicaSet \"{}\" has timed out progressing.", pass.new);
                if pass.spec.progress_deadline_abort {
                    self.abort_rollout(pass, &text, ctx);
                }
                pass.status.timed_out = text;
                (pass.status.phase, pass.status.message) = pass.status.judged(&pass.spec);
            }
        }
        let status = &pass.status;
        if (status.phase, &status.message) != (before.phase, &before.message) {
            let dash = if status.message.is_empty() { "" } else { " - " };
            let text = format!("{}{dash}{}", status.phase.name(), status.message);
            self.note_rollout(pass, text, &[], ctx);
        }
        if before.pauses.is_empty()
            && let Some(pause) = pass.status.pauses.first()
        {
            let message = format!("Rollout is paused ({})", pause.reason.name());
            self.record_rollout(pass, "Normal", "RolloutPaused", message, ctx);
        } else if !before.pauses.is_empty() && pass.status.pauses.is_empty() && !pass.status.abort {
            self.record_rollout(
                pass,
                "Normal",
                "RolloutResumed",
                "Rollout is resumed".to_owned(),
                ctx,
            );
        }
    }

    /// Label of the pods of a ReplicaSet.
    pub(super) fn hash_of(&self, set: &str) -> String {
        self.cluster.state.replica_sets.get(set).map(|set| set.hash.clone()).unwrap_or_default()
    }

    /// Wanted, created and available pods of a ReplicaSet.
    pub(super) fn size_of(&self, set: &str) -> Size {
        let set = self.cluster.state.replica_sets.get(set);
        set.map_or(Size::default(), |set| Size {
            wanted: set.replicas,
            created: set.status.replicas,
            available: set.status.available,
        })
    }

    /// Stores an object that the controller has changed.
    pub(super) fn rewrite(
        &mut self,
        kind: Kind,
        name: &str,
        document: serde_json::Value,
        ctx: &mut Context<'_, Event>,
    ) -> Result<(), String> {
        let object = ObjectRef::new(Resource::Object(kind), name);
        let no = crate::console::kubectl::flag::DryRun::No;
        let stored = write::store(self, ctx, &object, document, no);
        stored.map(|_| ()).map_err(|denied| denied.message(&object, ""))
    }

    /// A line of the trace.
    pub(super) fn note_rollout(
        &mut self,
        pass: &Pass,
        text: impl Into<String>,
        rules: &'static [&'static str],
        ctx: &mut Context<'_, Event>,
    ) {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        scope.note_because(pass.cause, Topic::Delivery, pass.subject(), text, rules);
    }

    /// An event of Kubernetes' own kind.
    pub(super) fn record_rollout(
        &mut self,
        pass: &Pass,
        level: &'static str,
        reason: &'static str,
        message: String,
        ctx: &mut Context<'_, Event>,
    ) {
        let scope = &Scope { ctx, trace: &mut self.trace };
        self.cluster.record(level, reason, pass.subject(), message, scope);
    }
}

/// A reason as the rest of a line.
fn lower(reason: &str) -> String {
    let mut chars = reason.chars();
    let first = chars.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}
