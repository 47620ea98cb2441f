//! Runs a parsed line: pipelines, redirection, chaining.

use crate::console::commands;
use crate::console::files;
use crate::console::follow::Follow;
use crate::console::session::{OUTPUT_MAX, Output, Session};
use crate::console::shell::{Command, Input, Redirect, Step, When};
use crate::console::{Workspace, filters};
use crate::engine::Context;
use crate::event::Event;
use crate::simulation::Reply;
use crate::world::World;

/// Runs steps after one that ended with `status`.
pub(crate) fn run(
    steps: Vec<Step>,
    mut status: i32,
    workspace: &mut Workspace,
    world: &mut World,
    ctx: &mut Context<'_, Event>,
) -> (Reply, Option<Follow>) {
    let mut reply = Reply::default();
    let mut steps = steps.into_iter();
    while let Some(step) = steps.next() {
        let runs = match step.when {
            When::Always => true,
            When::AfterSuccess => status == 0,
            When::AfterFailure => status != 0,
        };
        if !runs {
            continue;
        }
        let out = Output::default();
        let mut session = Session::new(workspace, world, ctx, out);
        let ended = run_pipeline(step.pipeline, None, &mut session);
        add(&mut reply.stdout, &ended.stdout);
        add(&mut reply.stderr, &ended.stderr);
        status = ended.status;
        if let Some(mut follow) = ended.follow {
            let step = follow.poll(world, ctx);
            add(&mut reply.stdout, &step.stdout);
            add(&mut reply.stderr, &step.stderr);
            follow.rest = steps.collect();
            let Some(status) = step.done else { return (reply, Some(follow)) };
            let (after, follow) = resume(follow, status, workspace, world, ctx);
            add(&mut reply.stdout, &after.stdout);
            add(&mut reply.stderr, &after.stderr);
            reply.status = after.status;
            return (reply, follow);
        }
    }
    reply.status = Some(status);
    (reply, None)
}

/// Runs what waits behind a command that went on and has ended with `status`.
pub(crate) fn resume(
    follow: Follow,
    status: i32,
    workspace: &mut Workspace,
    world: &mut World,
    ctx: &mut Context<'_, Event>,
) -> (Reply, Option<Follow>) {
    let (filters, redirects, held, rest) = follow.into_rest();
    let out = Output { stdout: held, status, ..Output::default() };
    let mut session = Session::new(workspace, world, ctx, out);
    deliver(&redirects, &mut session);
    let mut out = std::mem::take(&mut session.out);
    if !filters.is_empty() {
        let ended = run_pipeline(filters, Some(std::mem::take(&mut out.stdout)), &mut session);
        out.stdout = ended.stdout;
        out.stderr.push_str(&ended.stderr);
        out.status = ended.status;
    }
    let (after, follow) = run(rest, out.status, workspace, world, ctx);
    let reply = Reply {
        stdout: out.stdout + &after.stdout,
        stderr: out.stderr + &after.stderr,
        status: after.status,
    };
    (reply, follow)
}

#[derive(Default)]
struct Ended {
    stdout: String,
    stderr: String,
    status: i32,
    follow: Option<Follow>,
}

fn run_pipeline(
    commands: Vec<Command>,
    mut piped: Option<String>,
    session: &mut Session<'_, '_>,
) -> Ended {
    let mut ended = Ended::default();
    let mut commands = commands.into_iter();
    while let Some(command) = commands.next() {
        session.out = Output::default();
        let last = commands.len() == 0;
        session.piped = !last;
        let redirects = run_command(command, piped.take(), session);
        if let Some(watch) = session.out.watch.take() {
            ended.stdout.push_str(&session.out.stdout);
            ended.stderr.push_str(&session.out.stderr);
            ended.follow = Some(Follow::new(watch, redirects, commands.collect()));
            return ended;
        }
        deliver(&redirects, session);
        let out = std::mem::take(&mut session.out);
        add(&mut ended.stderr, &out.stderr);
        ended.status = out.status;
        if last {
            add(&mut ended.stdout, &out.stdout);
        } else {
            piped = Some(out.stdout);
        }
    }
    ended
}

/// Runs one command; its output is in the session, its redirects are given back.
fn run_command(
    command: Command,
    piped: Option<String>,
    session: &mut Session<'_, '_>,
) -> Vec<Redirect> {
    // The shell empties the files of `>` before the command reads anything.
    for redirect in &command.redirects {
        if let Redirect::Stdout { path, append: false } | Redirect::Stderr { path, append: false } =
            redirect
            && let Err(problem) = files::write(session.workspace, path, String::new())
        {
            session.out.fail(format!("bash: {path}: {problem}"));
            return Vec::new();
        }
    }
    session.input = match command.input {
        None => piped,
        Some(Input::Text(text)) => Some(text),
        Some(Input::File(path)) => match files::read(session.workspace, &path) {
            Ok(text) => Some(text.to_owned()),
            Err(problem) => {
                session.out.fail(format!("bash: {path}: {problem}"));
                return Vec::new();
            }
        },
    };
    let leaves = |one: &Redirect| matches!(one, Redirect::Stdout { .. } | Redirect::StdoutToStderr);
    session.piped |= command.redirects.iter().any(leaves);
    session.settings = command.settings;
    let mut words = Vec::new();
    let mut length = 0;
    for word in command.words {
        let expanded = match word.pattern {
            true if !word.text.starts_with('-') => files::expand(session.workspace, &word.text),
            _ => Vec::new(),
        };
        length += expanded.iter().map(String::len).sum::<usize>();
        if files::TOTAL_MAX < length {
            session.out.fail("bash: Argument list too long");
            session.out.status = 126;
            return Vec::new();
        }
        if expanded.is_empty() {
            words.push(word.text);
        } else {
            words.extend(expanded);
        }
    }
    if !words.is_empty() {
        commands::run(&words, session);
    }
    cut(&mut session.out.stdout);
    command.redirects
}

#[derive(Clone, PartialEq, Eq)]
enum Target {
    Stdout,
    Stderr,
    File(String),
}

/// Sends what a command printed where its redirects say.
fn deliver(redirects: &[Redirect], session: &mut Session<'_, '_>) {
    let (mut stdout, mut stderr) = (Target::Stdout, Target::Stderr);
    for redirect in redirects {
        match redirect {
            Redirect::Stdout { path, .. } => stdout = Target::File(path.clone()),
            Redirect::Stderr { path, .. } => stderr = Target::File(path.clone()),
            Redirect::StderrToStdout => stderr = stdout.clone(),
            Redirect::StdoutToStderr => stdout = stderr.clone(),
        }
    }
    let printed = std::mem::take(&mut session.out.stdout);
    let complained = std::mem::take(&mut session.out.stderr);
    for (target, text) in [(stdout, printed), (stderr, complained)] {
        match target {
            Target::Stdout => session.out.stdout.push_str(&text),
            Target::Stderr => session.out.stderr.push_str(&text),
            Target::File(path) => {
                if let Err(problem) = files::append(session.workspace, &path, &text) {
                    session.out.fail(format!("bash: {path}: {problem}"));
                }
            }
        }
    }
}

fn add(to: &mut String, text: &str) {
    if to.len() <= OUTPUT_MAX {
        to.push_str(text);
        cut(to);
    }
}

fn cut(text: &mut String) {
    if OUTPUT_MAX < text.len() {
        text.truncate(text.floor_char_boundary(OUTPUT_MAX));
        text.push_str("\n... the output is longer than 1 MiB and was cut here\n");
    }
}

/// Whether output may pass a filter line by line while the command goes on.
pub(crate) fn streams(command: &Command) -> bool {
    let plain = command.redirects.is_empty() && command.input.is_none();
    plain && command.words.first().is_some_and(|word| word.text == "grep") && {
        let words: Vec<String> = command.words.iter().skip(1).map(|w| w.text.clone()).collect();
        filters::is_line_filter(&words)
    }
}
