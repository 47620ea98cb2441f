//! `git add` and `git commit`.

use crate::console::files;
use crate::console::git::patch::summary;
use crate::console::git::{FATAL, Outcome, error, fatal, named, signature, status};
use crate::console::kubectl::flag::Arguments;
use crate::console::session::Session;
use crate::delivery::git::changes;

/// `git add [-A | -u] FILE...`.
pub(super) fn add(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let workspace = &mut *session.workspace;
    if arguments.has("update") {
        workspace.repository.add_known(&workspace.files);
        return Ok(());
    }
    if arguments.words.is_empty() {
        if arguments.has("all") {
            workspace.repository.add("", &workspace.files);
        } else {
            session.out.warn(
                "Nothing specified, nothing added.\nhint: Maybe you wanted to say 'git add .'?\nhint: \
                 Disable this message with \"git config advice.addEmptyPathspec false\"",
            );
        }
        return Ok(());
    }
    let before = workspace.repository.index().clone();
    for word in &arguments.words {
        let known = files::normal(word)
            .is_some_and(|path| workspace.repository.add(&path, &workspace.files));
        if !known {
            workspace.repository.set_index(before);
            return Err(fatal(format!("pathspec '{word}' did not match any files")));
        }
    }
    Ok(())
}

/// `git commit [-a] -m MESSAGE [FILE...]`.
pub(super) fn commit(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    if arguments.has("all") && !arguments.words.is_empty() {
        let first = &arguments.words[0];
        return Err((format!("fatal: paths '{first} ...' with -a does not make sense"), FATAL));
    }
    let workspace = &mut *session.workspace;
    let (staged, head) =
        (workspace.repository.index().clone(), workspace.repository.head().clone());
    if arguments.has("all") {
        workspace.repository.add_known(&workspace.files);
    }
    let mut still_staged = None;
    if !arguments.words.is_empty() {
        // Files that are named are committed alone; what is staged besides stays staged.
        let paths = named(&arguments.words, &[&staged, &head.tree])?;
        let working = workspace.repository.working(&workspace.files);
        workspace.repository.stage(&paths, &working);
        still_staged = Some(workspace.repository.index().clone());
        workspace.repository.set_index(head.tree.clone());
        workspace.repository.stage(&paths, &working);
    }
    if changes(&head.tree, workspace.repository.index()).is_empty() && !arguments.has("allow-empty")
    {
        session.out.stdout.push_str(&status::long(workspace));
        workspace.repository.set_index(staged);
        return Err((String::new(), 1));
    }
    let message = arguments.all("message").map(str::trim_end).collect::<Vec<_>>().join("\n\n");
    if message.trim().is_empty() {
        session.workspace.repository.set_index(staged);
        return Err(match arguments.text("message") {
            Some(_) => ("Aborting commit due to empty commit message.".to_owned(), 1),
            None => error(
                "Terminal is dumb, but EDITOR unset\nPlease supply the message using either -m or -F option.",
            ),
        });
    }
    let by = signature(session);
    let repository = &mut session.workspace.repository;
    repository.commit(by, message.trim().to_owned());
    if let Some(index) = still_staged {
        repository.set_index(index);
    }
    if !arguments.has("quiet") {
        let text = summary(repository, repository.commits().len() - 1);
        session.out.stdout.push_str(&text);
    }
    Ok(())
}
