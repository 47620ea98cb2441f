//! `git revert`: the opposite of a commit, on top of all that came later.

use std::sync::Arc;

use crate::console::diff;
use crate::delivery::git::{Change, Repository, Signature, Tree, changes};

/// Why a commit cannot be reverted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevertProblem {
    /// What came later has changed the same lines, in this file.
    Conflict(String),
    /// There is nothing to undo: it is undone already.
    Nothing,
}

impl Repository {
    /// Commits the opposite of the commit at a place of `main`.
    ///
    /// # Errors
    ///
    /// If later commits changed the same lines, or have undone it already; nothing changes then.
    pub fn revert(&mut self, place: usize, by: Signature) -> Result<(), RevertProblem> {
        let undone = self.commits()[place].clone();
        let before = self.before(place);
        let mut tree = self.head().tree.clone();
        for change in changes(&undone.tree, &before) {
            undo(&mut tree, &change)
                .ok_or_else(|| RevertProblem::Conflict(change.path.to_owned()))?;
        }
        if tree == self.head().tree {
            return Err(RevertProblem::Nothing);
        }
        self.set_index(tree);
        // A revert of a revert is told as what it is; one of that, in full.
        let reverted = undone.subject().strip_prefix("Revert \"");
        let subject = match reverted.filter(|subject| !subject.starts_with("Revert \"")) {
            Some(subject) => format!("Reapply \"{subject}"),
            None => format!("Revert \"{}\"", undone.subject()),
        };
        self.commit(by, format!("{subject}\n\nThis reverts commit {}.", undone.id));
        Ok(())
    }
}

/// Changes one file back; None if it has changed otherwise meanwhile.
fn undo(tree: &mut Tree, change: &Change<'_>) -> Option<()> {
    let present = tree.get(change.path).map(|text| &**text);
    if present == change.new {
        return Some(());
    }
    if present == change.old {
        match change.new {
            Some(text) => tree.insert(change.path.to_owned(), Arc::from(text)),
            None => tree.remove(change.path),
        };
        return Some(());
    }
    let merged = diff::merge(change.old?, present?, change.new?)?;
    tree.insert(change.path.to_owned(), Arc::from(merged.as_str()));
    Some(())
}
