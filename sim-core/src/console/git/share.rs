//! `git push`, and what else is about the remote and its branches.

use crate::console::git::{Outcome, error, fatal};
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::delivery::git::REMOTE;

/// `git push [origin [main]]`.
pub(super) fn push(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    match &arguments.words[..] {
        [] => {}
        [remote, ..] if remote != "origin" && remote != REMOTE => {
            return Err(fatal(format!(
                "'{remote}' does not appear to be a git repository\nfatal: Could not read from remote \
                 repository.\n\nPlease make sure you have the correct access rights\nand the repository \
                 exists."
            )));
        }
        [_, branch, ..] if !matches!(branch.as_str(), "main" | "HEAD" | "main:main") => {
            return Err(error(format!(
                "src refspec {branch} does not match any\nerror: failed to push some refs to '{REMOTE}'"
            )));
        }
        _ => {}
    }
    let repository = &mut session.workspace.repository;
    let old = repository.commits()[repository.pushed() - 1].short().to_owned();
    let sent = repository.push().to_vec();
    let Some(newest) = sent.last() else {
        if !arguments.has("quiet") {
            session.out.warn("Everything up-to-date");
        }
        return Ok(());
    };
    if !arguments.has("quiet") {
        session.out.warn(format!("To {REMOTE}\n   {old}..{}  main -> main", newest.short()));
    }
    session.world.delivery.pushed(sent, session.ctx.id, session.ctx.now);
    for line in session.world.pipeline_pushed(session.ctx) {
        session.out.warn(format!("remote: {line}"));
    }
    Ok(())
}

/// `git pull`: nobody else pushes.
pub(super) fn pull(session: &mut Session<'_, '_>, _: &Arguments) -> Outcome {
    session.out.print("Already up to date.");
    Ok(())
}

/// `git branch`.
pub(super) fn branch(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    match arguments.words.first() {
        None => session.out.print("* main"),
        Some(_) => return Err(error("another branch is not modelled here; everything is on main")),
    }
    Ok(())
}

/// `git remote [-v]`.
pub(super) fn remote(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    match arguments.has("verbose") {
        true => session.out.print(format!("origin\t{REMOTE} (fetch)\norigin\t{REMOTE} (push)")),
        false => session.out.print("origin"),
    }
    Ok(())
}
