//! `git restore`, `git checkout` and `git revert`.

use std::collections::BTreeSet;

use crate::console::files;
use crate::console::git::patch::{counts, date};
use crate::console::git::status::tracking;
use crate::console::git::{FATAL, Outcome, USAGE, commit_named, error, fatal, named, signature};
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::delivery::git::{RevertProblem, Tree, changes, lies_in, object};

/// `git restore [--staged] [--worktree] [--source=COMMIT] FILE...`.
pub(super) fn restore(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    if arguments.words.is_empty() {
        return Err(fatal("you must specify path(s) to restore"));
    }
    let staged = arguments.has("staged");
    let repository = &session.workspace.repository;
    let source = match arguments.text("source") {
        Some(revision) => {
            let place = commit_named(revision, session);
            let place = place.ok_or_else(|| fatal(format!("could not resolve {revision}")))?;
            repository.commits()[place].tree.clone()
        }
        None if staged => repository.head().tree.clone(),
        None => repository.index().clone(),
    };
    let paths = named(&arguments.words, &[&source, repository.index()])?;
    if !staged || arguments.has("worktree") {
        write_back(session, &paths, &source)?;
    }
    if staged {
        session.workspace.repository.stage(&paths, &source);
    }
    Ok(())
}

/// `git checkout [COMMIT] [--] FILE...`, and `git checkout main`.
pub(super) fn checkout(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let Some((first, rest)) = arguments.words.split_first() else {
        session.out.stdout.push_str(&tracking(&session.workspace.repository));
        return Ok(());
    };
    let repository = &session.workspace.repository;
    let is_file = repository.index().keys().any(|path| lies_in(path, first));
    if let Some(place) = commit_named(first, session).filter(|_| !is_file) {
        if rest.is_empty() {
            if first != "main" {
                return Err(error(
                    "another branch or commit to stand on is not modelled here; name a file to take from it",
                ));
            }
            session.out.warn("Already on 'main'");
            session.out.stdout.push_str(&tracking(&session.workspace.repository));
            return Ok(());
        }
        let source = repository.commits()[place].tree.clone();
        // What the commit does not have stays as it is.
        let paths = named(rest, &[&source])?;
        let written = write_back(session, &paths, &source)?;
        session.workspace.repository.stage(&paths, &source);
        if arguments.dash.is_none() {
            let plural = if written == 1 { "" } else { "s" };
            // It is the tree that git names here, not the commit.
            let tree = &object::tree(&source)[..object::SHORT];
            session.out.warn(format!("Updated {written} path{plural} from {tree}"));
        }
        return Ok(());
    }
    if !is_file && !rest.is_empty() {
        return Err(fatal(format!("invalid reference: {first}")));
    }
    let source = repository.index().clone();
    let paths = named(&arguments.words, &[&source])?;
    let written = write_back(session, &paths, &source)?;
    if arguments.dash.is_none() {
        let plural = if written == 1 { "" } else { "s" };
        session.out.warn(format!("Updated {written} path{plural} from the index"));
    }
    Ok(())
}

/// Files become what they are in a tree, all or none; how many had to be changed.
fn write_back(
    session: &mut Session<'_, '_>,
    paths: &BTreeSet<String>,
    source: &Tree,
) -> Result<usize, (String, i32)> {
    let workspace = &mut *session.workspace;
    let before = workspace.files.clone();
    let differs = |path: &&String| {
        before.get(*path).map(String::as_str) != source.get(*path).map(|text| &**text)
    };
    // What goes makes room for what comes.
    let (come, go): (Vec<&String>, Vec<&String>) =
        paths.iter().filter(differs).partition(|path| source.contains_key(*path));
    for path in &go {
        files::remove(workspace, path);
    }
    for path in &come {
        if let Err(problem) = files::write(workspace, path, source[*path].to_string()) {
            workspace.files = before;
            return Err(error(format!("unable to create file {path}: {problem}")));
        }
    }
    Ok(come.len() + go.len())
}

/// `git revert [--no-edit] COMMIT...`.
pub(super) fn revert(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    if arguments.words.is_empty() {
        return Err(("usage: git revert [--[no-]edit] <commit>...".to_owned(), USAGE));
    }
    for word in &arguments.words {
        let place = commit_named(word, session);
        revert_one(session, place.ok_or_else(|| fatal(format!("bad revision '{word}'")))?)?;
    }
    Ok(())
}

fn revert_one(session: &mut Session<'_, '_>, place: usize) -> Outcome {
    let by = signature(session);
    let repository = &session.workspace.repository;
    let head = repository.head().clone();
    if *repository.index() != head.tree {
        return Err((
            "error: your local changes would be overwritten by revert.\nhint: commit your changes or \
             stash them to proceed.\nfatal: revert failed"
                .to_owned(),
            FATAL,
        ));
    }
    let mut after = repository.clone();
    match after.revert(place, by) {
        Ok(()) => {}
        Err(RevertProblem::Nothing) => {
            session.out.stdout.push_str(&super::status::long(session.workspace));
            return Err((String::new(), 1));
        }
        Err(RevertProblem::Conflict(path)) => {
            let undone = &repository.commits()[place];
            let (short, subject) = (undone.short(), undone.subject());
            session.out.print(format!(
                "Auto-merging {path}\nCONFLICT (content): Merge conflict in {path}"
            ));
            return Err(error(format!(
                "could not revert {short}... {subject}\nhint: nothing was changed: what came later changed \
                 the same lines; edit the file and commit"
            )));
        }
    }
    let changed = changes(&head.tree, &after.head().tree);
    let working = repository.working(&session.workspace.files);
    let is_dirty = |path: &str| working.get(path) != head.tree.get(path);
    let dirty: String =
        changed.iter().filter(|c| is_dirty(c.path)).map(|c| format!("\t{}\n", c.path)).collect();
    if !dirty.is_empty() {
        return Err((
            format!(
                "error: Your local changes to the following files would be overwritten by merge:\n{dirty}Please \
                 commit your changes or stash them before you merge.\nAborting\nfatal: revert failed"
            ),
            FATAL,
        ));
    }
    // What was changed again since is put together from three texts.
    let undone = &repository.commits()[place].tree;
    let again = |path: &&str| undone.get(*path) != head.tree.get(*path);
    for path in changed.iter().map(|change| change.path).filter(again) {
        session.out.print(format!("Auto-merging {path}"));
    }
    let paths = changed.iter().map(|change| change.path.to_owned()).collect();
    write_back(session, &paths, &after.head().tree)?;
    let commit = after.head();
    let text = format!(
        "[main {}] {}\n Date: {}\n{}",
        commit.short(),
        commit.subject(),
        date(commit),
        counts(&changed)
    );
    session.out.stdout.push_str(&text);
    session.workspace.repository = after;
    Ok(())
}
