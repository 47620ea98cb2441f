//! What differs between two sets of files.

use crate::delivery::git::Tree;

/// A file that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'t> {
    /// Its path.
    pub path: &'t str,
    /// Its content before; None if it is new.
    pub old: Option<&'t str>,
    /// Its content after; None if it is deleted.
    pub new: Option<&'t str>,
}

impl Change<'_> {
    /// `A`, `M` or `D`.
    pub fn letter(&self) -> char {
        match (self.old, self.new) {
            (None, _) => 'A',
            (_, None) => 'D',
            _ => 'M',
        }
    }
}

/// What differs between two trees, by path.
pub fn changes<'t>(old: &'t Tree, new: &'t Tree) -> Vec<Change<'t>> {
    let gone = old.iter().filter(|(path, _)| !new.contains_key(*path));
    let gone = gone.map(|(path, text)| Change { path, old: Some(text), new: None });
    let differs = new.iter().filter_map(|(path, text)| {
        let old = old.get(path).map(|text| &**text);
        (old != Some(&**text)).then_some(Change { path, old, new: Some(text) })
    });
    let mut changes: Vec<Change<'_>> = gone.chain(differs).collect();
    changes.sort_by_key(|change| change.path);
    changes
}
