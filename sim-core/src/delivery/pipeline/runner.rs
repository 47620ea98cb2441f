//! The runner: takes what is to be done, one thing after another.

use crate::console;
use crate::delivery::DeliveryEvent;
use crate::delivery::pipeline::plan::{Gate, Task};
use crate::delivery::pipeline::run::Doing;
use crate::delivery::pipeline::{FILE, Run, State, Trigger, Wish, plan};
use crate::diagnostic::{Diagnostic, Position};
use crate::engine::Context;
use crate::event::Event;
use crate::simulation::Reply;
use crate::time::SimDuration;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// How often a command that goes on is looked at.
const LOOK: SimDuration = SimDuration::from_secs(1);

impl World {
    /// `git push` has brought commits: what the server says of it.
    pub(crate) fn pipeline_pushed(&mut self, ctx: &mut Context<'_, Event>) -> Vec<String> {
        let commit = self.delivery.remote.newest();
        let Some(text) = commit.tree.get(FILE) else { return Vec::new() };
        // A file that cannot be read may have meant to be started.
        if plan::read(FILE, text).is_ok_and(|plan| !plan.on_push) {
            return Vec::new();
        }
        let wish = Wish { commit, cause: ctx.id, trigger: Trigger::Push };
        match self.start_pipeline(wish, ctx) {
            Ok(number) => vec![format!("pipeline run {number} has been asked for")],
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    /// `pipeline run`: of the newest commit that has been pushed.
    pub(crate) fn pipeline_by_hand(
        &mut self,
        ctx: &mut Context<'_, Event>,
    ) -> Result<u32, Vec<Diagnostic>> {
        let commit = self.delivery.remote.newest();
        self.start_pipeline(Wish { commit, cause: ctx.id, trigger: Trigger::Hand }, ctx)
    }

    /// Asks for a run; its number, or what is wrong with the file.
    pub(crate) fn start_pipeline(
        &mut self,
        wish: Wish,
        ctx: &mut Context<'_, Event>,
    ) -> Result<u32, Vec<Diagnostic>> {
        let Some(text) = wish.commit.tree.get(FILE) else {
            let message = format!("commit {} has no such file", wish.commit.short());
            let missing = Diagnostic::error(FILE, Position::default(), message);
            return Err(vec![missing.with_help("write it, commit it, and push")]);
        };
        let plan = plan::read(FILE, text)?;
        let number = self.delivery.pipeline.add(wish, plan, ctx.now);
        if self.delivery.pipeline.at_work().is_none() {
            self.look_at_pipeline(SimDuration::ZERO, ctx);
        }
        Ok(number)
    }

    /// `pipeline approve`: whether a run waited for it.
    pub(crate) fn approve_pipeline(&mut self, ctx: &mut Context<'_, Event>) -> Option<u32> {
        let run = self.delivery.pipeline.at_work_mut()?;
        if run.state != State::Approval {
            return None;
        }
        (run.state, run.doing, run.cause) = (State::Running, Doing::Nothing, ctx.id);
        if let Some(index) = run.stage {
            run.stages[index].state = State::Running;
        }
        run.say(ctx.now, "approved");
        let number = run.number;
        self.look_at_pipeline(SimDuration::ZERO, ctx);
        Some(number)
    }

    /// `pipeline cancel`: stops the run that is at work; what it did is taken back.
    pub(crate) fn cancel_pipeline(&mut self, ctx: &mut Context<'_, Event>) -> Option<u32> {
        let run = self.delivery.pipeline.at_work_mut()?;
        if run.state == State::RollingBack {
            return None;
        }
        let number = run.number;
        run.say(ctx.now, "cancelled");
        run.cause = ctx.id;
        run.turn_back(State::Cancelled, "cancelled", ctx.now);
        self.look_at_pipeline(SimDuration::ZERO, ctx);
        Some(number)
    }

    fn look_at_pipeline(&mut self, delay: SimDuration, ctx: &mut Context<'_, Event>) {
        let pipeline = &mut self.delivery.pipeline;
        pipeline.turn = pipeline.turn.wrapping_add(1);
        ctx.after(delay, DeliveryEvent::Pipeline { turn: pipeline.turn }.into());
    }

    /// The pipeline goes on.
    pub(in crate::delivery) fn pipeline_event(&mut self, turn: u16, ctx: &mut Context<'_, Event>) {
        let pipeline = &mut self.delivery.pipeline;
        if pipeline.turn != turn {
            return;
        }
        let at_work = pipeline.runs.iter().position(Run::is_at_work);
        let waiting = pipeline.runs.iter().position(|run| run.state == State::Waiting);
        let Some(place) = at_work.or(waiting) else { return };
        let mut run = pipeline.runs.remove(place);
        let delay = self.run_stages(&mut run, ctx);
        let ended = run.has_ended();
        self.delivery.pipeline.runs.insert(place, run);
        match delay {
            Some(delay) => self.look_at_pipeline(delay, ctx),
            // Another one may wait.
            None if ended => self.look_at_pipeline(SimDuration::ZERO, ctx),
            None => {}
        }
    }

    fn note_run(&mut self, run: &Run, text: String, ctx: &mut Context<'_, Event>) {
        let scope = &mut Scope { ctx, trace: &mut self.trace };
        let subject = format!("pipeline/{}", run.number);
        scope.note_because(run.cause, Topic::Delivery, subject, text, &[]);
    }

    /// Goes on with a run as far as it gets; when to look again.
    fn run_stages(&mut self, run: &mut Run, ctx: &mut Context<'_, Event>) -> Option<SimDuration> {
        let now = ctx.now;
        if run.state == State::Waiting {
            run.state = State::Running;
            let text = format!(
                "pipeline run {} of {} begins, started {}",
                run.number,
                run.commit.short(),
                run.trigger.name()
            );
            self.note_run(run, text, ctx);
        }
        match std::mem::take(&mut run.doing) {
            Doing::Nothing => return self.begin_next(run, ctx),
            Doing::Work(until) if until <= now => {}
            Doing::Approval(until) if until <= now => {
                self.stage_failed(run, "nobody approved it in time", ctx);
            }
            // Something else has let it look.
            early @ (Doing::Work(until) | Doing::Approval(until)) => {
                run.doing = early;
                return Some(until.since(now));
            }
            Doing::Command(mut follow) => {
                let step = follow.poll(self, ctx);
                let Some(status) = step.done else {
                    run.say(now, &step.stdout);
                    run.say(now, &step.stderr);
                    run.doing = Doing::Command(follow);
                    return Some(LOOK);
                };
                let (reply, follow) =
                    console::resume(*follow, status, &mut run.workspace, self, ctx);
                let reply = Reply {
                    stdout: step.stdout + &reply.stdout,
                    stderr: step.stderr + &reply.stderr,
                    status: reply.status,
                };
                self.take_reply(run, reply, follow, ctx);
            }
            Doing::Observe(gate, until) => {
                if let Err(why) = self.gate_holds(&gate, ctx) {
                    self.stage_failed(run, &why, ctx);
                } else if now < until {
                    let delay = gate.every.min(until.since(now));
                    run.doing = Doing::Observe(gate, until);
                    return Some(delay);
                } else {
                    run.say(now, "it has held all the time");
                }
            }
        }
        Some(if matches!(run.doing, Doing::Command(_)) { LOOK } else { SimDuration::ZERO })
    }

    /// Begins with what comes next. Each command is an event of its own, so that what it does has it as
    /// its cause.
    fn begin_next(&mut self, run: &mut Run, ctx: &mut Context<'_, Event>) -> Option<SimDuration> {
        let now = ctx.now;
        let Some((stage, task)) = run.todo.pop_front() else {
            self.end_run(run, ctx);
            return None;
        };
        if let Some(index) = stage.filter(|_| stage != run.stage) {
            run.close_stage(State::Succeeded, "", now);
            run.open_stage(index, now);
            let text = format!("stage {} begins", run.stages[index].name);
            self.note_run(run, text, ctx);
        }
        if let (Some(index), false) = (stage, matches!(task, Task::Approval(_))) {
            run.stages[index].acted = true;
            run.stages[index].state = State::Running;
        }
        match task {
            Task::Approval(limit) => {
                run.doing = Doing::Approval(now + limit);
                run.state = State::Approval;
                run.stages[stage.unwrap_or_default()].state = State::Approval;
                run.say(now, &format!("waits for `pipeline approve`, at most {limit}"));
                Some(limit)
            }
            Task::Work(length) => {
                run.say(now, &format!("works for {length}"));
                run.doing = Doing::Work(now + length);
                Some(length)
            }
            Task::Observe(gate) => {
                run.say(now, &format!("observes for {}: {}", gate.length, gate.text));
                let until = now + gate.length;
                let delay = gate.after.min(gate.length);
                run.doing = Doing::Observe(gate, until);
                Some(delay)
            }
            Task::Command(line) => {
                run.say(now, &format!("$ {line}"));
                let scope = &mut Scope { ctx, trace: &mut self.trace };
                scope.note_because(run.cause, Topic::Command, "pipeline", line.clone(), &[]);
                let (reply, follow) = console::execute(&line, &mut run.workspace, self, ctx);
                self.take_reply(run, reply, follow, ctx);
                Some(if matches!(run.doing, Doing::Command(_)) { LOOK } else { SimDuration::ZERO })
            }
        }
    }

    /// What a command has printed; and if it has ended, how.
    fn take_reply(
        &mut self,
        run: &mut Run,
        reply: Reply,
        follow: Option<console::Follow>,
        ctx: &mut Context<'_, Event>,
    ) {
        run.say(ctx.now, &reply.stdout);
        run.say(ctx.now, &reply.stderr);
        if let Some(follow) = follow {
            run.doing = Doing::Command(Box::new(follow));
            return;
        }
        match reply.status {
            None | Some(0) => {}
            // The way back is gone to its end, whatever happens on it.
            Some(status) if run.state == State::RollingBack => {
                run.say(ctx.now, &format!("exit status {status}"));
            }
            Some(status) => {
                let first = reply.stderr.lines().next().unwrap_or_default();
                let why = match first {
                    "" => format!("exit status {status}"),
                    first => format!("exit status {status}: {first}"),
                };
                self.stage_failed(run, &why, ctx);
            }
        }
    }

    /// Whether a gate's condition holds now; or why not.
    fn gate_holds(&self, gate: &Gate, ctx: &Context<'_, Event>) -> Result<(), String> {
        match gate.query.evaluate(&self.telemetry.tsdb, ctx.now) {
            Ok(value) if value.holds() => Ok(()),
            Ok(_) => Err("what it observes does not hold".to_owned()),
            Err(problem) => Err(format!("what it observes cannot be evaluated: {problem}")),
        }
    }

    /// A stage has failed: everything is taken back.
    fn stage_failed(&mut self, run: &mut Run, why: &str, ctx: &mut Context<'_, Event>) {
        run.say(ctx.now, why);
        let stage = run.stage.map_or("", |index| &run.stages[index].name);
        let text = format!("stage {stage} has failed: {why}");
        self.note_run(run, text, ctx);
        run.cause = ctx.id;
        run.turn_back(State::Failed, why, ctx.now);
    }

    fn end_run(&mut self, run: &mut Run, ctx: &mut Context<'_, Event>) {
        if run.state != State::RollingBack {
            run.close_stage(State::Succeeded, "", ctx.now);
        }
        (run.state, run.ended) = (run.outcome, Some(ctx.now));
        let text = format!("pipeline run {} has ended: {}", run.number, run.outcome.name());
        self.note_run(run, text, ctx);
    }
}
