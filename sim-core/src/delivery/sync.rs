//! A sync at work: phase by phase, wave by wave (CD-04).
//!
//! As in Argo CD, a sync of objects without waves and hooks ends when they are applied, whatever becomes
//! of them; before a later wave or a hook, and so before `PostSync`, it waits until they are healthy.

use std::sync::Arc;

use crate::cluster::api::{Applied, Kind};
use crate::cluster::pod::{Owner, Pod};
use crate::console::kubectl::flag::DryRun;
use crate::console::kubectl::write::{self, Denied};
use crate::delivery::application::{Deployed, Finished, Operation, Phase};
use crate::delivery::compare::{applied, respect};
use crate::delivery::desired::{self, Desired};
use crate::delivery::health::{self, Health};
use crate::delivery::spec::ApplicationSpec;
use crate::delivery::spec_of;
use crate::delivery::task::{Hook, ResultCode, State, Task, plan};
use crate::delivery::words::{is_last_resort, reason_of_failure, waits_for};
use crate::engine::Context;
use crate::event::Event;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// How often a sync that waits looks whether it can go on.
const LOOK: SimDuration = SimDuration::from_secs(1);
/// Pause between two waves.
const WAVE_DELAY: SimDuration = SimDuration::from_secs(2);

/// What a sync does next.
enum Next {
    /// It waits, for this, and looks again after a while.
    Wait(String, SimDuration),
    /// It has ended like this.
    End(Phase, String),
}

/// Whether a task has begun and not ended.
fn is_busy(task: &Task) -> bool {
    matches!(task.state, State::Running | State::Deleting)
}

impl World {
    /// A sync goes on.
    pub(super) fn step(&mut self, name: &str, number: u16, ctx: &mut Context<'_, Event>) {
        let taken = self.with_application(name, |application| {
            application.operation.take_if(|operation| operation.number == number)
        });
        let Some(mut operation) = taken.flatten() else { return };
        let Some(spec) = spec_of(&self.api, name).cloned() else { return };
        let next = match self.prepare(name, &spec, &mut operation) {
            Ok(()) => self.advance(name, &spec, &mut operation, ctx),
            Err(problem) => Next::End(Phase::Failed, problem),
        };
        match next {
            Next::Wait(message, delay) => {
                operation.message = message;
                self.keep_syncing(name, operation, delay, ctx);
            }
            Next::End(phase, message) => self.end(name, operation, phase, message, ctx),
        }
    }

    fn keep_syncing(
        &mut self,
        name: &str,
        operation: Operation,
        delay: SimDuration,
        ctx: &mut Context<'_, Event>,
    ) {
        self.with_application(name, |application| {
            application.step_after(operation.number, delay, ctx);
            application.operation = Some(operation);
        });
    }

    /// Before the first step: what is to be done, and whether the API server would take it.
    fn prepare(
        &self,
        name: &str,
        spec: &ApplicationSpec,
        operation: &mut Operation,
    ) -> Result<(), String> {
        if operation.planned {
            return Ok(());
        }
        let desired = self.desired_at(name, operation)?;
        operation.tasks = plan(self, name, spec, &desired, operation);
        operation.planned = true;
        let mut all_taken = true;
        for task in operation.tasks.iter_mut().filter(|task| !task.prunes) {
            let object = task.target.object();
            let live = self.api.get(task.target.kind, &task.target.name);
            let live = live.map(|live| &live.manifest.document).filter(|_| task.hook.is_none());
            let document = applied(&task.target, live);
            let admitted = write::admit(self, &object, document);
            // What stands in the way of a hook goes before it is made.
            let makes_way = matches!(admitted, Err(Denied::Immutable { .. } | Denied::Sealed(_)));
            if let Err(denied) = admitted
                && !(makes_way && task.makes_room())
            {
                task.report(ResultCode::SyncFailed, denied.message(&object, ""));
                all_taken = false;
            }
        }
        match all_taken {
            true => Ok(()),
            false => Err("one or more objects failed to apply (dry run)".to_owned()),
        }
    }

    fn desired_at(&self, name: &str, operation: &Operation) -> Result<Arc<Desired>, String> {
        let known = self.delivery.application(name).and_then(|one| one.desired.as_ref());
        if let Some((id, source, desired)) = known
            && *id == operation.revision.id
            && *source == operation.source
        {
            return Ok(Arc::clone(desired));
        }
        let source = &operation.source;
        let pushed = self.delivery.remote.resolve(&source.repository, &operation.revision.id)?;
        desired::read(name, &pushed.commit, source, &self.delivery.addons).map(Arc::new)
    }

    fn advance(
        &mut self,
        name: &str,
        spec: &ApplicationSpec,
        operation: &mut Operation,
        ctx: &mut Context<'_, Event>,
    ) -> Next {
        loop {
            self.look_at_tasks(operation);
            let failed = operation
                .tasks
                .iter()
                .any(|task| task.state == State::Failed && !is_last_resort(task));
            if let Some(message) = waits_for(operation.tasks.iter().filter(|task| is_busy(task))) {
                if operation.tasks.iter().any(|task| task.state == State::Deleting) {
                    self.make_room(operation, ctx, name);
                }
                return Next::Wait(message, LOOK);
            }
            let waiting =
                |task: &&Task| task.state == State::Waiting && is_last_resort(task) == failed;
            let Some(stage) = operation.tasks.iter().find(waiting).map(Task::stage) else {
                return match failed {
                    true => Next::End(Phase::Failed, reason_of_failure(&operation.tasks)),
                    false => Next::End(
                        Phase::Succeeded,
                        "successfully synced (all tasks run)".to_owned(),
                    ),
                };
            };
            if let Some((at, before)) = operation.applied
                && before != stage
            {
                let earliest = at + WAVE_DELAY;
                if ctx.now < earliest {
                    return Next::Wait(operation.message.clone(), earliest.since(ctx.now));
                }
            }
            self.begin_stage(name, spec, operation, stage, ctx);
        }
    }

    /// Looks how far the objects are that were applied.
    fn look_at_tasks(&self, operation: &mut Operation) {
        let only_stage =
            operation.tasks.iter().all(|task| task.state != State::Waiting || is_last_resort(task));
        let beside_hook = operation.tasks.iter().any(|task| task.hook.is_some() && is_busy(task));
        for task in operation.tasks.iter_mut().filter(|task| task.state == State::Running) {
            let seen = health::of(task.target.kind, &task.target.name, self);
            let is_hook = task.hook.is_some();
            let (health, message) = seen.unwrap_or((Health::Healthy, String::new()));
            task.state = match health {
                Health::Degraded if is_hook || beside_hook || !only_stage => State::Failed,
                Health::Missing if is_hook => State::Failed,
                Health::Healthy | Health::Missing => State::Done,
                // Nothing comes after it: whatever becomes of it, the sync is over.
                _ if !is_hook && only_stage => State::Done,
                _ => State::Running,
            };
            if is_hook && task.state != State::Running {
                task.report(ResultCode::Synced, message);
            }
        }
    }

    /// Applies all of one phase and wave.
    fn begin_stage(
        &mut self,
        name: &str,
        spec: &ApplicationSpec,
        operation: &mut Operation,
        stage: (Hook, i64),
        ctx: &mut Context<'_, Event>,
    ) {
        self.tell_of_stage(name, operation, stage, ctx);
        operation.applied = Some((ctx.now, stage));
        let mut tasks = std::mem::take(&mut operation.tasks);
        let due = |task: &&mut Task| task.state == State::Waiting && task.stage() == stage;
        for task in tasks.iter_mut().filter(due) {
            let (kind, object) = task.target.key();
            if task.prunes {
                write::take_away(self, ctx, kind, &object);
                task.state = State::Done;
                task.report(ResultCode::Pruned, "pruned");
            } else if self.stands_in_the_way(task) {
                write::take_away(self, ctx, kind, &object);
                task.state = State::Deleting;
                task.report(ResultCode::Synced, "");
            } else {
                self.apply_task(spec, task, ctx);
            }
        }
        operation.tasks = tasks;
    }

    /// Whether a hook has to wait until its predecessor is gone, or what one that is deleted has left.
    fn stands_in_the_way(&self, task: &Task) -> bool {
        let (kind, object) = task.target.key();
        let goes = task.makes_room() || self.api.get(kind, &object).is_none();
        task.hook.is_some() && goes && self.is_there(kind, &object)
    }

    /// Whether an object is there, or pods of a Job of this name are.
    fn is_there(&self, kind: Kind, name: &str) -> bool {
        let of_job = |pod: &Pod| {
            kind == Kind::Job && matches!(&pod.owner, Owner::Job { name: job, .. } if job == name)
        };
        self.api.get(kind, name).is_some() || self.cluster.state.pods.values().any(of_job)
    }

    /// Makes hooks whose predecessors are gone.
    fn make_room(&mut self, operation: &mut Operation, ctx: &mut Context<'_, Event>, name: &str) {
        let Some(spec) = spec_of(&self.api, name).cloned() else { return };
        let gone = |world: &Self, task: &Task| {
            let (kind, object) = task.target.key();
            task.state == State::Deleting && !world.is_there(kind, &object)
        };
        let Some(stage) = operation.tasks.iter().find(|task| gone(self, task)).map(Task::stage)
        else {
            return;
        };
        self.tell_of_stage(name, operation, stage, ctx);
        let mut tasks = std::mem::take(&mut operation.tasks);
        for task in &mut tasks {
            if gone(self, task) {
                self.apply_task(&spec, task, ctx);
            }
        }
        operation.tasks = tasks;
    }

    /// Applies one object, as `kubectl apply` would.
    fn apply_task(
        &mut self,
        spec: &ApplicationSpec,
        task: &mut Task,
        ctx: &mut Context<'_, Event>,
    ) {
        let object = task.target.object();
        let live = self.api.get(task.target.kind, &task.target.name);
        let live = live.map(|live| live.manifest.document.clone());
        if let Some(live) = &live {
            respect(spec, &mut task.target, live);
        }
        let document = applied(&task.target, live.as_ref());
        match write::store(self, ctx, &object, document, DryRun::No) {
            Ok(done) => {
                task.state = State::Running;
                let done = match done {
                    Applied::Created => "created",
                    Applied::Configured => "configured",
                    Applied::Unchanged => "unchanged",
                };
                task.report(ResultCode::Synced, format!("{} {done}", object.display()));
            }
            Err(denied) => {
                task.state = State::Failed;
                task.report(ResultCode::SyncFailed, denied.message(&object, ""));
            }
        }
    }

    /// Deletes the hooks of a try that has ended so, as their policies say.
    fn clean_up(&mut self, operation: &Operation, phase: Phase, ctx: &mut Context<'_, Event>) {
        for task in operation.tasks.iter().filter(|task| task.cleans_up(phase)) {
            write::take_away(self, ctx, task.target.kind, &task.target.name);
        }
    }

    /// A sync has ended, or is tried again (CD-02).
    fn end(
        &mut self,
        name: &str,
        mut operation: Operation,
        phase: Phase,
        message: String,
        ctx: &mut Context<'_, Event>,
    ) {
        if phase == Phase::Failed && operation.retried < operation.retry.limit {
            operation.retried += 1;
            let wait = operation.retry.wait(operation.retried);
            let at = crate::console::kitchen_time(ctx.now + wait);
            operation.message =
                format!("{message}. Retrying attempt #{} at {at}.", operation.retried);
            (operation.planned, operation.applied) = (false, None);
            self.clean_up(&operation, phase, ctx);
            return self.keep_syncing(name, operation, wait, ctx);
        }
        let message = match operation.retried {
            0 => message,
            count => format!("{message} (retried {count} times)."),
        };
        let short = operation.revision.short();
        let text = match phase {
            Phase::Failed => format!("the sync of revision {short} has failed: {message}"),
            _ => format!("the sync of revision {short} has succeeded"),
        };
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let subject = format!("application/{name}");
        scope.note_because(operation.cause, Topic::Delivery, subject, text, &["CD-02"]);
        self.clean_up(&operation, phase, ctx);
        let (now, kept) = (ctx.now, spec_of(&self.api, name).map_or(10, |spec| spec.history));
        let (least, most) = self.delivery.watch;
        self.with_application(name, |application| {
            if phase == Phase::Succeeded && operation.only.is_none() {
                application.history.push(Deployed {
                    id: application.deployments,
                    revision: operation.revision.id.clone(),
                    source: operation.source.clone(),
                    at: now,
                });
                application.deployments += 1;
                let surplus = application.history.len().saturating_sub(kept as usize);
                application.history.drain(..surplus);
            }
            application.finished = Some(Finished {
                revision: operation.revision.id,
                source: operation.source,
                phase,
                message,
                started: operation.started,
                finished: now,
                results: operation.tasks.into_iter().filter_map(|task| task.result).collect(),
            });
            // It looks at git again, so that what was pushed meanwhile does not wait for the next poll.
            let delay = application.chance.between(least, most);
            application.refresh_after(delay, ctx);
        });
    }
}
