//! The index and the working tree: what is staged, and what is not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::delivery::git::{Repository, Tree};

/// Whether a path is `spec` or lies in that folder; the empty path is everything.
pub fn lies_in(path: &str, spec: &str) -> bool {
    spec.is_empty()
        || path.strip_prefix(spec).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Repository {
    /// The working tree, sharing the content that it has in common with the index.
    pub fn working(&self, files: &BTreeMap<String, String>) -> Tree {
        let shared = |(path, text): (&String, &String)| {
            let known = self.index.get(path).filter(|known| ***known == **text);
            (path.clone(), known.cloned().unwrap_or_else(|| Arc::from(text.as_str())))
        };
        files.iter().map(shared).collect()
    }

    /// Stages what a path names, deletions too. False if it names nothing.
    pub fn add(&mut self, spec: &str, files: &BTreeMap<String, String>) -> bool {
        let known = self.index.keys().chain(files.keys());
        let paths: BTreeSet<String> = known.filter(|path| lies_in(path, spec)).cloned().collect();
        self.stage(&paths, &self.working(files));
        !paths.is_empty() || spec.is_empty()
    }

    /// Stages every change of a file that the index knows.
    pub fn add_known(&mut self, files: &BTreeMap<String, String>) {
        self.stage(&self.index.keys().cloned().collect(), &self.working(files));
    }

    /// Stages files as a tree has them, deletions too.
    pub fn stage(&mut self, paths: &BTreeSet<String>, tree: &Tree) {
        for path in paths {
            match tree.get(path) {
                Some(text) => self.index.insert(path.clone(), Arc::clone(text)),
                None => self.index.remove(path),
            };
        }
    }

    /// The index becomes what it was before.
    pub fn set_index(&mut self, index: Tree) {
        self.index = index;
    }
}
