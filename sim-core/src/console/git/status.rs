//! `git status`.

use std::collections::BTreeSet;

use crate::console::Workspace;
use crate::console::git::Outcome;
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::delivery::git::{Change, Repository, Tree, changes};

/// Files that differ from the last commit.
struct Seen {
    /// Letter and path of what is staged.
    staged: Vec<(char, String)>,
    /// Letter and path of what is not.
    unstaged: Vec<(char, String)>,
    /// Files that git does not know; folders of which it knows nothing end with a slash.
    untracked: Vec<String>,
}

/// `git status [--short]`.
pub(super) fn status(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let text = match arguments.has("short") {
        true => short(session.workspace),
        false => long(session.workspace),
    };
    session.out.stdout.push_str(&text);
    Ok(())
}

fn seen(workspace: &Workspace) -> Seen {
    let repository = &workspace.repository;
    let working = repository.working(&workspace.files);
    let listed = |changes: Vec<Change<'_>>| -> Vec<(char, String)> {
        changes.iter().map(|change| (change.letter(), change.path.to_owned())).collect()
    };
    let against_index = changes(repository.index(), &working);
    let (unknown, known): (Vec<_>, Vec<_>) =
        against_index.into_iter().partition(|change| change.old.is_none());
    let untracked: BTreeSet<String> =
        unknown.iter().map(|change| outermost(change.path, repository.index())).collect();
    Seen {
        staged: listed(changes(&repository.head().tree, repository.index())),
        unstaged: listed(known),
        untracked: untracked.into_iter().collect(),
    }
}

/// The outermost folder of a path that holds nothing that git knows, or the path.
fn outermost(path: &str, index: &Tree) -> String {
    let folders = path.match_indices('/').map(|(at, _)| &path[..=at]);
    let known = |folder: &&str| {
        index
            .range((*folder).to_owned()..)
            .next()
            .is_some_and(|(path, _)| path.starts_with(*folder))
    };
    folders.into_iter().find(|folder| !known(folder)).unwrap_or(path).to_owned()
}

fn short(workspace: &Workspace) -> String {
    let seen = seen(workspace);
    let letter = |list: &[(char, String)], path: &str| {
        list.iter().find(|(_, listed)| listed == path).map_or(' ', |(letter, _)| *letter)
    };
    let paths: BTreeSet<&String> =
        seen.staged.iter().chain(&seen.unstaged).map(|(_, p)| p).collect();
    let mut text = String::new();
    for path in paths {
        text += &format!("{}{} {path}\n", letter(&seen.staged, path), letter(&seen.unstaged, path));
    }
    text.extend(seen.untracked.iter().map(|path| format!("?? {path}\n")));
    text
}

/// How far `main` is before `origin/main`.
pub(super) fn tracking(repository: &Repository) -> String {
    match repository.commits().len() - repository.pushed() {
        0 => "Your branch is up to date with 'origin/main'.\n".to_owned(),
        ahead => format!(
            "Your branch is ahead of 'origin/main' by {ahead} commit{}.\n  (use \"git push\" to publish \
             your local commits)\n",
            if ahead == 1 { "" } else { "s" }
        ),
    }
}

/// The whole text, as `git commit` prints it too when there is nothing to commit.
pub(super) fn long(workspace: &Workspace) -> String {
    let seen = seen(workspace);
    let mut text = format!("On branch main\n{}\n", tracking(&workspace.repository));
    let list = |changes: &[(char, String)]| -> String {
        let word = |letter| match letter {
            'A' => "new file:   ",
            'D' => "deleted:    ",
            _ => "modified:   ",
        };
        changes.iter().map(|(letter, path)| format!("\t{}{path}\n", word(*letter))).collect()
    };
    if !seen.staged.is_empty() {
        text += "Changes to be committed:\n  (use \"git restore --staged <file>...\" to unstage)\n";
        text += &format!("{}\n", list(&seen.staged));
    }
    if !seen.unstaged.is_empty() {
        let add =
            if seen.unstaged.iter().any(|(letter, _)| *letter == 'D') { "add/rm" } else { "add" };
        text += &format!(
            "Changes not staged for commit:\n  (use \"git {add} <file>...\" to update what will be \
             committed)\n  (use \"git restore <file>...\" to discard changes in working directory)\n{}\n",
            list(&seen.unstaged)
        );
    }
    if !seen.untracked.is_empty() {
        text += "Untracked files:\n  (use \"git add <file>...\" to include in what will be committed)\n";
        text.extend(seen.untracked.iter().map(|path| format!("\t{path}\n")));
        text.push('\n');
    }
    text += match (seen.staged.is_empty(), seen.unstaged.is_empty(), seen.untracked.is_empty()) {
        (false, ..) => "",
        (true, false, _) => {
            "no changes added to commit (use \"git add\" and/or \"git commit -a\")\n"
        }
        (true, true, false) => {
            "nothing added to commit but untracked files present (use \"git add\" to track)\n"
        }
        (true, true, true) => "nothing to commit, working tree clean\n",
    };
    text
}
