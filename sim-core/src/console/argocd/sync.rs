//! `argocd app sync`, `rollback` and `wait`: what is printed until an application has got there.

use crate::console::age::timestamp;
use crate::console::argocd::print::{Row, Seen, operation, resources, rows, seen, summary};
use crate::console::argocd::{Failure, GENERIC, Outcome, known, log_line};
use crate::console::follow::{FollowStep, Watch};
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::console::table::{self, Layout};
use crate::delivery::{Health, Phase, ResultCode, SyncStatus};
use crate::engine::Context;
use crate::event::Event;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// Columns while it waits.
const WAITING: Layout = Layout { min_width: 5, padding: 2 };

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Goal {
    sync: bool,
    health: bool,
    operation: bool,
}

/// `argocd app wait`, and what follows a sync.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// The applications whose turn comes, the present one first.
    names: Vec<String>,
    goal: Goal,
    /// Whether the sync's end decides about the status.
    syncs: bool,
    prune: bool,
    since: SimTime,
    timeout: Option<SimDuration>,
    /// What has been printed of each object.
    shown: Vec<Row>,
    begun: bool,
}

/// `argocd app sync APPNAME...`.
pub(super) fn sync(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let names: Result<Vec<String>, Failure> =
        arguments.words.iter().map(|word| known(session, word)).collect();
    let (names, prune) = (names?, arguments.has("prune"));
    ask(session.world, &names[0], prune, session.ctx).map_err(precondition)?;
    if arguments.has("async") {
        for name in &names[1..] {
            ask(session.world, name, prune, session.ctx).map_err(precondition)?;
        }
        return Ok(());
    }
    let goal = Goal { sync: false, health: false, operation: true };
    wait_for(session, arguments, names, goal, true);
    Ok(())
}

fn ask(
    world: &mut World,
    name: &str,
    prune: bool,
    ctx: &mut Context<'_, Event>,
) -> Result<(), String> {
    world.sync_application(name, prune, ctx)
}

fn precondition(problem: String) -> Failure {
    Failure::rpc("FailedPrecondition", problem)
}

/// `argocd app rollback APPNAME [ID]`.
pub(super) fn rollback(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = known(session, &arguments.words[0])?;
    let Some(seen) = seen(session.world, &name) else { return Ok(()) };
    let history = &seen.application.history;
    let to = match arguments.words.get(1) {
        None if history.len() < 2 => {
            let text =
                format!("Application '{name}' should have at least two successful deployments");
            return Err(Failure::Fatal(text, GENERIC));
        }
        None => &history[history.len() - 2],
        Some(word) => {
            let id: i64 = word.parse().map_err(|_| {
                let text = format!("strconv.Atoi: parsing \"{word}\": invalid syntax");
                Failure::Fatal(text, GENERIC)
            })?;
            let found = history.iter().find(|entry| i64::try_from(entry.id) == Ok(id));
            found.ok_or_else(|| {
                let text =
                    format!("Application '{name}' does not have deployment id '{id}' in history\n");
                Failure::Fatal(text, GENERIC)
            })?
        }
    };
    // CD-03.
    if seen.spec.automated.is_some() {
        return Err(precondition(
            "rollback cannot be initiated when auto-sync is enabled".to_owned(),
        ));
    }
    if seen.application.operation.is_some() {
        return Err(precondition("another operation is already in progress".to_owned()));
    }
    let to = to.clone();
    session.world.roll_back_application(&name, &to, arguments.has("prune"), session.ctx);
    let goal = Goal { sync: false, health: false, operation: true };
    wait_for(session, arguments, vec![name], goal, false);
    Ok(())
}

/// `argocd app wait APPNAME`.
pub(super) fn wait(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let names: Result<Vec<String>, Failure> =
        arguments.words.iter().map(|word| known(session, word)).collect();
    let has = |flag| arguments.has(flag);
    let any = has("sync") || has("health") || has("operation");
    let goal = Goal {
        sync: has("sync") || !any,
        health: has("health") || !any,
        operation: has("operation") || !any,
    };
    wait_for(session, arguments, names?, goal, false);
    Ok(())
}

fn wait_for(
    session: &mut Session<'_, '_>,
    arguments: &Arguments,
    names: Vec<String>,
    goal: Goal,
    syncs: bool,
) {
    let seconds = arguments.number("timeout").filter(|seconds| 0 < *seconds);
    let timeout = seconds.map(|seconds| SimDuration::from_secs(u64::from(seconds.unsigned_abs())));
    let (since, prune) = (session.ctx.now, arguments.has("prune"));
    let shown = Vec::new();
    let waiting = Waiting { names, goal, syncs, prune, since, timeout, shown, begun: false };
    session.out.watch = Some(Watch::Application(Box::new(waiting)));
}

impl Waiting {
    /// What is new of the application, and whether it has got there.
    pub(crate) fn poll(&mut self, world: &mut World, ctx: &mut Context<'_, Event>) -> FollowStep {
        let mut step = FollowStep::default();
        let now = ctx.now;
        let name = self.names[0].clone();
        let Some(seen) = seen(world, &name) else {
            let problem = log_line(
                "fatal",
                "rpc error: code = PermissionDenied desc = permission denied",
                now,
            );
            return FollowStep { done: Some(GENERIC), ..FollowStep::fail(problem) };
        };
        let at_work = seen.application.operation.is_some();
        // After a sync the controller has to look again.
        let finished = seen.application.finished.as_ref();
        let stale = finished.is_some_and(|last| seen.application.reconciled < Some(last.finished));
        let is = &seen.overview;
        let there = (!self.goal.sync || is.sync == SyncStatus::Synced)
            && (!self.goal.health || is.health == Health::Healthy)
            && (!self.goal.operation || !(at_work || stale));
        let rows = rows(&seen);
        let sank = self.goal.health.then(|| self.sinking(&rows)).flatten();
        let over = self.timeout.is_some_and(|timeout| self.since + timeout <= now);
        if !there {
            step.stdout += &self.news(&rows, now);
        } else if !self.begun {
            step.stdout += &self.news(&[], now);
        }
        if !there && sank.is_none() && !over {
            return step;
        }
        step.stdout += &self.last_words(&name, &seen, there, over, now);
        let outcome = match (there, sank) {
            (true, _) => self.verdict(&seen),
            (false, Some(problem)) => {
                Some(format!("application '{name}' health state has transitioned {problem}"))
            }
            (false, None) => {
                let seconds = self.timeout.map_or(0, |timeout| timeout.as_micros() / 1_000_000);
                Some(format!(
                    "timed out ({seconds}s) waiting for app \"{name}\" match desired state"
                ))
            }
        };
        if let Some(problem) = outcome {
            step.stderr += &format!("{}\n", log_line("fatal", &problem, now));
            step.done = Some(if there { 1 } else { GENERIC });
            return step;
        }
        self.names.remove(0);
        let Some(next) = self.names.first() else {
            step.done = Some(0);
            return step;
        };
        (self.shown, self.begun) = (Vec::new(), false);
        if self.syncs
            && let Err(problem) = ask(world, next, self.prune, ctx)
        {
            let text = format!("rpc error: code = FailedPrecondition desc = {problem}");
            step.stderr += &format!("{}\n", log_line("fatal", &text, now));
            step.done = Some(GENERIC);
        }
        step
    }

    /// Everything about the application, at the end.
    fn last_words(
        &self,
        name: &str,
        seen: &Seen<'_>,
        there: bool,
        over: bool,
        now: SimTime,
    ) -> String {
        let mut text = String::new();
        if over && !there {
            text += "\nThis is the state of the app after `wait` timed out:\n";
        }
        text += &format!("\n{}\n", summary(name, seen));
        if self.goal.operation {
            text += &operation(seen.application, now);
        }
        if !seen.overview.resources.is_empty() {
            text += &format!("\n{}", resources(seen));
        }
        if over && !there {
            text += "\nThe command timed out waiting for the conditions to be met.\n";
        }
        text
    }

    /// What is wrong although the sync has ended.
    fn verdict(&self, seen: &Seen<'_>) -> Option<String> {
        let finished = seen.application.finished.as_ref().filter(|_| self.syncs)?;
        if finished.phase != Phase::Succeeded {
            return Some(format!("Operation has completed with phase: {}", finished.phase.name()));
        }
        let pruning =
            finished.results.iter().filter(|result| result.code == ResultCode::PruneSkipped);
        let count = pruning.count();
        (seen.overview.sync != SyncStatus::Synced && 0 < count)
            .then(|| format!("{count} resources require pruning"))
    }

    /// An object that has become degraded since the last look.
    fn sinking(&self, rows: &[Row]) -> Option<String> {
        rows.iter().find_map(|row| {
            let before = self.shown.iter().find(|shown| same(shown, row))?;
            let sinks = row.health == "Degraded"
                && !matches!(before.health.as_str(), "Degraded" | "Unknown");
            sinks.then(|| format!("from {} to Degraded", before.health))
        })
    }

    /// Lines of objects that are new or different.
    fn news(&mut self, rows: &[Row], now: SimTime) -> String {
        let mut lines = Vec::new();
        let pad = |cells: [&str; 9]| -> Vec<String> {
            const WIDTHS: [usize; 9] = [0, 5, 10, 10, 20, 8, 7, 10, 0];
            cells.iter().zip(WIDTHS).map(|(cell, width)| format!("{cell:>width$}")).collect()
        };
        if !std::mem::replace(&mut self.begun, true) {
            lines.push(pad([
                "TIMESTAMP",
                "GROUP",
                "KIND",
                "NAMESPACE",
                "NAME",
                "STATUS",
                "HEALTH",
                "HOOK",
                "MESSAGE",
            ]));
        }
        for row in rows {
            match self.shown.iter_mut().find(|shown| same(shown, row)) {
                Some(shown) if shown == row => continue,
                Some(shown) => *shown = row.clone(),
                None => self.shown.push(row.clone()),
            }
            let at = timestamp(now).replace('Z', "+00:00");
            let cells = row.cells();
            let mut all = vec![at.as_str()];
            all.extend(cells.iter().map(String::as_str));
            if let Ok(cells) = <[&str; 9]>::try_from(all) {
                lines.push(pad(cells));
            }
        }
        table::rows_in(WAITING, lines)
    }
}

fn same(one: &Row, other: &Row) -> bool {
    (one.group, one.kind, &one.name) == (other.group, other.kind, &other.name)
}
