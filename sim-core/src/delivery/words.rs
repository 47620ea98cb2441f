//! What is said of a sync: in its message, and in the trace.

use crate::delivery::application::{Operation, Reason};
use crate::delivery::task::{Hook, ResultCode, State, Task};
use crate::engine::Context;
use crate::event::Event;
use crate::time::SimTime;
use crate::trace::Topic;
use crate::world::{Scope, World};

impl World {
    /// A line of the trace before what the same event writes, so that each object leads back to it.
    pub(super) fn tell_of_stage(
        &mut self,
        name: &str,
        operation: &Operation,
        (phase, wave): (Hook, i64),
        ctx: &mut Context<'_, Event>,
    ) {
        let revision = &operation.revision;
        let short = revision.short();
        let (what, rules): (String, &[&str]) = match operation.reason {
            _ if operation.applied.is_some() || phase != Hook::Sync => (
                format!("Argo CD comes to phase {} wave {wave} of revision {short}", phase.name()),
                &["CD-04"],
            ),
            Reason::Automated => {
                let pushed = match revision.pushed {
                    at if at < SimTime::ZERO => "which was there before the run began".to_owned(),
                    at => format!("pushed at {at}"),
                };
                (format!("Argo CD syncs revision {short}, {pushed}"), &["CD-02"])
            }
            Reason::Healing => {
                let names = operation
                    .tasks
                    .iter()
                    .map(|task| format!("{}/{}", task.target.kind.name(), task.target.name));
                let names: Vec<String> = names.collect();
                (
                    format!(
                        "Argo CD puts back what is not as revision {short} says: {}",
                        names.join(", ")
                    ),
                    &["CD-02", "CD-03"],
                )
            }
            Reason::Asked => {
                (format!("Argo CD syncs revision {short}, as it was told"), &["CD-02"])
            }
            Reason::RolledBack => {
                (format!("Argo CD goes back to revision {short}, as it was told"), &["CD-03"])
            }
        };
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let subject = format!("application/{name}");
        scope.note_because(operation.cause, Topic::Delivery, subject, what, rules);
    }
}

/// Whether a task runs only when the others have failed.
pub(super) fn is_last_resort(task: &Task) -> bool {
    task.phase == Hook::SyncFail
}

/// What a sync waits for, in Argo CD's words.
pub(super) fn waits_for<'t>(tasks: impl Iterator<Item = &'t Task>) -> Option<String> {
    let tasks: Vec<&Task> = tasks.collect();
    let of = |state| tasks.iter().copied().filter(move |task| task.state == state);
    let deleting: Vec<&Task> = of(State::Deleting).collect();
    let hooks: Vec<&Task> = of(State::Running).filter(|task| task.hook.is_some()).collect();
    let objects: Vec<&Task> = of(State::Running).filter(|task| task.hook.is_none()).collect();
    let groups = [
        ("deletion of", deleting, "hooks"),
        ("healthy state of", objects, "resources"),
        ("completion of hook", hooks, "hooks"),
    ];
    groups.into_iter().find_map(|(what, tasks, more)| {
        let (first, rest) = tasks.split_first()?;
        let more = match rest.len() {
            0 => String::new(),
            count => format!(" and {count} more {more}"),
        };
        Some(format!("waiting for {what} {}{more}", first.label()))
    })
}

/// Why a sync has failed, in Argo CD's words.
pub(super) fn reason_of_failure(tasks: &[Task]) -> String {
    let applies = |task: &&Task| {
        task.result.as_ref().is_some_and(|result| result.code == ResultCode::SyncFailed)
    };
    if tasks.iter().any(|task| applies(&task)) {
        return "one or more objects failed to apply".to_owned();
    }
    let failed = tasks.iter().find(|task| task.state == State::Failed);
    let why = failed.and_then(|task| task.result.as_ref()).map(|result| result.message.as_str());
    match why.filter(|why| !why.is_empty()) {
        Some(why) => {
            format!("one or more synchronization tasks completed unsuccessfully, reason: {why}")
        }
        None => "one or more synchronization tasks completed unsuccessfully".to_owned(),
    }
}
