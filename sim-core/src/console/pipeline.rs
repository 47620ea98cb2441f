//! `pipeline`: what the pipeline does, and how it is driven.

use crate::console::files;
use crate::console::follow::{FollowStep, Watch};
use crate::console::session::Session;
use crate::console::table::{self, DESCRIBE};
use crate::delivery::Addon;
use crate::delivery::pipeline::{FILE, Run, StageRun, State, Trigger, Wish, plan};
use crate::diagnostic::Diagnostic;
use crate::time::SimTime;
use crate::world::World;

/// What can be asked for.
pub(super) const WORDS: [&str; 9] =
    ["approve", "cancel", "check", "list", "logs", "rerun", "run", "status", "watch"];

const USAGE: &str = "usage: pipeline list|check|run
       pipeline status|logs|watch|rerun [RUN]
       pipeline approve|cancel [RUN]
";

pub(super) fn pipeline(words: &[String], session: &mut Session<'_, '_>) {
    if !session.world.delivery.addons().has(Addon::Git) {
        return session.out.fail("pipeline: there is no repository that it could bring out");
    }
    let (name, rest) = match words {
        [] => ("status", words),
        [name, rest @ ..] => (name.as_str(), rest),
    };
    if matches!(name, "help" | "-h" | "--help") {
        return session.out.stdout.push_str(USAGE);
    }
    let number = match rest {
        [] => None,
        [word] if !matches!(name, "list" | "check" | "run") => match word.parse() {
            Ok(number) => Some(number),
            Err(_) => return misused(session, &format!("{word:?} is not the number of a run")),
        },
        [word, ..] => return misused(session, &format!("{word:?} is one word too many")),
    };
    match name {
        "list" => list(session),
        "check" => check(session),
        "run" => match session.world.pipeline_by_hand(session.ctx) {
            Ok(number) => session.out.print(format!("run {number} has been asked for")),
            Err(problems) => tell(session, &problems),
        },
        "status" | "logs" | "watch" | "rerun" | "approve" | "cancel" => {
            let Some(run) = session.world.delivery.pipeline.run(number) else {
                return session.out.fail(match number {
                    Some(number) => format!("pipeline: there is no run {number}"),
                    None => {
                        "pipeline: there has been no run; git push or `pipeline run` starts one"
                            .to_owned()
                    }
                });
            };
            match name {
                "status" => {
                    let text = status(run, session.ctx.now);
                    session.out.stdout.push_str(&text);
                }
                "logs" => {
                    let text = lines(run, 0);
                    session.out.stdout.push_str(&text);
                }
                "watch" => {
                    let watching = Watching { number: run.number, shown: 0 };
                    session.out.watch = Some(Watch::Pipeline(watching));
                }
                "rerun" => rerun(run.number, session),
                _ => drive(name, number, session),
            }
        }
        _ => misused(session, &format!("{name:?} is no command of it")),
    }
}

fn misused(session: &mut Session<'_, '_>, problem: &str) {
    session.out.warn(format!("pipeline: {problem}\n{}", USAGE.trim_end()));
    session.out.status = 2;
}

fn tell(session: &mut Session<'_, '_>, problems: &[Diagnostic]) {
    for problem in problems {
        session.out.fail(problem.to_string());
    }
}

/// `pipeline check`: the file as it is in the workspace.
fn check(session: &mut Session<'_, '_>) {
    let text = match files::read(session.workspace, FILE) {
        Ok(text) => text,
        Err(problem) => return session.out.fail(format!("pipeline: {FILE}: {problem}")),
    };
    match plan::read(FILE, text) {
        Ok(plan) => {
            let names: Vec<&str> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
            let start = if plan.on_push { "git push" } else { "pipeline run" };
            session.out.print(format!("{start} starts: {}", names.join(", ")));
        }
        Err(problems) => tell(session, &problems),
    }
}

/// `pipeline rerun`: the same commit, by hand.
fn rerun(number: u32, session: &mut Session<'_, '_>) {
    let Some(run) = session.world.delivery.pipeline.run(Some(number)) else { return };
    let (commit, cause) = (run.commit.clone(), session.ctx.id);
    let wish = Wish { commit, cause, trigger: Trigger::Hand };
    match session.world.start_pipeline(wish, session.ctx) {
        Ok(number) => session.out.print(format!("run {number} has been asked for")),
        Err(problems) => tell(session, &problems),
    }
}

/// `pipeline approve` and `cancel`: about the run that is at work.
fn drive(name: &str, number: Option<u32>, session: &mut Session<'_, '_>) {
    let at_work = session.world.delivery.pipeline.at_work().map(|run| run.number);
    let is_it = number.is_none() || number == at_work;
    let done = match (is_it, name) {
        (false, _) => None,
        (true, "approve") => session.world.approve_pipeline(session.ctx),
        (true, _) => session.world.cancel_pipeline(session.ctx),
    };
    match (done, name) {
        (Some(number), "approve") => session.out.print(format!("run {number} is approved")),
        (Some(number), _) => session.out.print(format!("run {number} is cancelled")),
        (None, "approve") => session.out.fail("pipeline: no such run waits for approval"),
        (None, _) => session.out.fail("pipeline: no such run can be cancelled"),
    }
}

/// `pipeline list`.
fn list(session: &mut Session<'_, '_>) {
    let head = ["RUN", "COMMIT", "SUBJECT", "STARTED", "AT", "STATE"].map(str::to_owned).to_vec();
    let runs = session.world.delivery.pipeline.runs().iter().rev();
    let rows = runs.map(|run| {
        vec![
            run.number.to_string(),
            run.commit.short().to_owned(),
            run.commit.subject().to_owned(),
            run.trigger.name().to_owned(),
            clock(run.created),
            run.state.name().to_owned(),
        ]
    });
    let text = table::rows_in(DESCRIBE, std::iter::once(head).chain(rows));
    session.out.stdout.push_str(&text);
}

/// Minutes and seconds.
fn clock(time: SimTime) -> String {
    let shown = time.to_string();
    shown.split_once('.').map_or(shown.clone(), |(whole, _)| whole.to_owned())
}

fn status(run: &Run, now: SimTime) -> String {
    let mut text = format!(
        "run {} of {} ({}), started {} at {}: {}\n",
        run.number,
        run.commit.short(),
        run.commit.subject(),
        run.trigger.name(),
        clock(run.created),
        run.state.name()
    );
    let head = ["STAGE", "STATE", "AT", "TOOK", "WHY"].map(str::to_owned).to_vec();
    let row = |stage: &StageRun| {
        let took = stage.started.map(|started| {
            let secs = stage.ended.unwrap_or(now).since(started).as_micros() / 1_000_000;
            format!("{secs}s")
        });
        vec![
            stage.name.clone(),
            stage.state.name().to_owned(),
            stage.started.map(clock).unwrap_or_default(),
            took.unwrap_or_default(),
            stage.why.clone(),
        ]
    };
    text += &table::rows_in(DESCRIBE, std::iter::once(head).chain(run.stages.iter().map(row)));
    text
}

/// The lines of a run's log from one on.
fn lines(run: &Run, from: usize) -> String {
    let said = run.log.iter().skip(from);
    said.map(|said| format!("{} [{}] {}\n", clock(said.at), run.stage_of(said), said.text))
        .collect()
}

/// `pipeline watch`.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    number: u32,
    /// Lines that have been printed.
    shown: usize,
}

impl Watching {
    /// What is new; it ends when the run has ended.
    pub(super) fn poll(&mut self, world: &World) -> FollowStep {
        let Some(run) = world.delivery.pipeline.run(Some(self.number)) else {
            return FollowStep::fail(format!("pipeline: run {} is forgotten", self.number));
        };
        let mut step = FollowStep { stdout: lines(run, self.shown), ..FollowStep::default() };
        self.shown = run.log.len();
        if run.has_ended() {
            step.stdout += &format!("run {} has ended: {}\n", run.number, run.state.name());
            step.done = Some(i32::from(run.state != State::Succeeded));
        }
        step
    }
}
