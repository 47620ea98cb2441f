//! `git log`, `git show`, `git diff` and `git rev-parse`.

use std::sync::Arc;

use crate::console::files;
use crate::console::git::patch::{entry, of_commit, patch};
use crate::console::git::{Outcome, ambiguous, commit_named, fatal};
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::delivery::git::{Change, Tree, changes};

/// Commits and paths among the words of a command: commits stand first.
fn sort_words(
    session: &Session<'_, '_>,
    words: &[String],
) -> Result<(Vec<usize>, Vec<String>), (String, i32)> {
    let (mut places, mut paths) = (Vec::new(), Vec::new());
    for word in words {
        let range = word.split_once("..").filter(|_| paths.is_empty());
        let ends =
            range.map(|(from, to)| [from, to].map(|end| if end.is_empty() { "HEAD" } else { end }));
        if let Some([from, to]) = ends
            && let (Some(from), Some(to)) = (commit_named(from, session), commit_named(to, session))
        {
            places.extend([from, to]);
        } else if let Some(place) = commit_named(word, session).filter(|_| paths.is_empty()) {
            places.push(place);
        } else {
            let path = files::normal(word).filter(|path| is_known(session, path));
            paths.push(path.ok_or_else(|| ambiguous(word))?);
        }
    }
    Ok((places, paths))
}

fn is_known(session: &Session<'_, '_>, path: &str) -> bool {
    let inside = |known: &String| crate::delivery::git::lies_in(known, path);
    let repository = &session.workspace.repository;
    session.workspace.files.keys().any(inside)
        || repository.commits().iter().any(|commit| commit.tree.keys().any(inside))
}

fn concerns(change: &Change<'_>, paths: &[String]) -> bool {
    paths.is_empty() || paths.iter().any(|path| crate::delivery::git::lies_in(change.path, path))
}

/// `git log [--oneline] [-n NUMBER] [COMMIT] [FILE...]`.
pub(super) fn log(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let most = match arguments.text("max-count") {
        Some(text) => text.parse().map_err(|_| fatal(format!("'{text}': not an integer")))?,
        None => usize::MAX,
    };
    let (places, paths) = sort_words(session, &arguments.words)?;
    let repository = &session.workspace.repository;
    let (after, newest) = match places[..] {
        [] => (None, repository.commits().len() - 1),
        [newest] => (None, newest),
        [after, newest, ..] => (Some(after), newest),
    };
    let touches = |place: &usize| {
        let before = repository.before(*place);
        paths.is_empty()
            || changes(&before, &repository.commits()[*place].tree)
                .iter()
                .any(|c| concerns(c, &paths))
    };
    let first = after.map_or(0, |after| after + 1);
    let listed = (first..=newest).rev().filter(touches).take(most);
    let entries: Vec<String> =
        listed.map(|place| entry(repository, place, arguments.has("oneline"))).collect();
    let gap = if arguments.has("oneline") { "" } else { "\n" };
    session.out.stdout.push_str(&entries.join(gap));
    Ok(())
}

/// `git show [COMMIT | COMMIT:FILE]...`.
pub(super) fn show(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let mut words = arguments.words.clone();
    if words.is_empty() {
        words.push("HEAD".to_owned());
    }
    let oneline = arguments.has("oneline");
    let mut shown = Vec::new();
    for word in &words {
        let (revision, path) = match word.split_once(':') {
            Some((revision, path)) => (revision, Some(path)),
            None => (word.as_str(), None),
        };
        let place = commit_named(revision, session).ok_or_else(|| ambiguous(word))?;
        let repository = &session.workspace.repository;
        shown.push(match path {
            Some(path) => {
                let text = files::normal(path)
                    .and_then(|path| repository.commits()[place].tree.get(&path))
                    .ok_or_else(|| {
                        fatal(format!("path '{path}' does not exist in '{revision}'"))
                    })?;
                text.to_string()
            }
            None => {
                let gap = if oneline { "" } else { "\n" };
                let changed = of_commit(repository, place, arguments.has("name-only"));
                let gap = if changed.is_empty() { "" } else { gap };
                format!("{}{gap}{changed}", entry(repository, place, oneline))
            }
        });
    }
    let gap = if oneline { "" } else { "\n" };
    session.out.stdout.push_str(&shown.join(gap));
    Ok(())
}

/// `git diff [--staged] [COMMIT [COMMIT]] [FILE...]`.
pub(super) fn diff(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let (places, paths) = sort_words(session, &arguments.words)?;
    let repository = &session.workspace.repository;
    let tree = |place: usize| repository.commits()[place].tree.clone();
    let staged = arguments.has("staged") || arguments.has("cached");
    let (old, new) = match (&places[..], staged) {
        ([], false) => (repository.index().clone(), known_files(session)),
        ([], true) => (repository.head().tree.clone(), repository.index().clone()),
        ([old], true) => (tree(*old), repository.index().clone()),
        ([old], false) => (tree(*old), known_files(session)),
        ([old, new, ..], _) => (tree(*old), tree(*new)),
    };
    let all = changes(&old, &new);
    let shown = all.iter().filter(|change| concerns(change, &paths));
    let text: String = match arguments.has("name-only") {
        true => shown.map(|change| format!("{}\n", change.path)).collect(),
        false => shown.map(patch).collect(),
    };
    session.out.stdout.push_str(&text);
    Ok(())
}

/// The working tree without files that git does not know.
fn known_files(session: &Session<'_, '_>) -> Tree {
    let repository = &session.workspace.repository;
    let mut working: Tree = repository.working(&session.workspace.files);
    working.retain(|path, _: &mut Arc<str>| repository.index().contains_key(path));
    working
}

/// `git rev-parse [--short] COMMIT...`.
pub(super) fn rev_parse(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    for word in &arguments.words {
        let Some(place) = commit_named(word, session) else {
            session.out.print(word);
            return Err(ambiguous(word));
        };
        let commit = &session.workspace.repository.commits()[place];
        let name = if arguments.has("short") { commit.short() } else { &commit.id };
        session.out.print(name);
    }
    Ok(())
}
