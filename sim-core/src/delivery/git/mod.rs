//! A git repository: one branch, `main`, of commits of whole trees, and what of it has been pushed.
//!
//! Objects have the names that a real git gives them. Simpler than git: there is no other branch and
//! nobody else pushes, so `main` is a line of commits of which `origin/main` is the beginning; a file
//! that was renamed counts as deleted and added; a revert that meets a conflict changes nothing.

mod change;
mod index;
pub mod object;
mod revert;
#[cfg(test)]
mod tests;

pub use change::{Change, changes};
pub use index::lies_in;
pub use revert::RevertProblem;

use std::collections::BTreeMap;
use std::sync::Arc;

/// Files by path, with their content.
pub type Tree = BTreeMap<String, Arc<str>>;

/// Where the repository is pushed to, and what an Application names as `repoURL`.
pub const REMOTE: &str = "https://git.example.com/shop/deploy.git";

/// Who made a commit, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Name for people.
    pub name: &'static str,
    /// Address.
    pub email: &'static str,
    /// Seconds since 1970.
    pub seconds: u64,
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its name: 40 hexadecimal digits.
    pub id: String,
    /// All files.
    pub tree: Tree,
    /// Who made it.
    pub by: Signature,
    /// What it is about; the first line is its subject.
    pub message: String,
}

impl Commit {
    fn new(tree: Tree, parent: Option<&Self>, by: Signature, message: String) -> Self {
        let parent = parent.map(|parent| parent.id.as_str());
        let id = object::commit(&tree, parent, &by, &message);
        Self { id, tree, by, message }
    }

    /// The name as messages show it.
    pub fn short(&self) -> &str {
        &self.id[..object::SHORT]
    }

    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// The repository behind a working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// `main`, oldest first; never empty.
    commits: Vec<Arc<Commit>>,
    /// How many of them `origin/main` has.
    pushed: usize,
    /// What the next commit will hold.
    index: Tree,
}

impl Repository {
    /// A repository whose only commit holds these files and has been pushed.
    pub fn begin(files: &BTreeMap<String, String>, by: Signature) -> Self {
        let tree: Tree =
            files.iter().map(|(path, text)| (path.clone(), Arc::from(text.as_str()))).collect();
        let first = Commit::new(tree.clone(), None, by, "Deploy the shop".to_owned());
        Self { commits: vec![Arc::new(first)], pushed: 1, index: tree }
    }

    /// The commits of `main`, oldest first.
    pub fn commits(&self) -> &[Arc<Commit>] {
        &self.commits
    }

    /// How many commits `origin/main` has.
    pub fn pushed(&self) -> usize {
        self.pushed
    }

    /// The newest commit.
    pub fn head(&self) -> &Arc<Commit> {
        self.commits.last().expect("a repository begins with a commit")
    }

    /// What is staged, with everything else as it was committed.
    pub fn index(&self) -> &Tree {
        &self.index
    }

    /// The commit that a revision names, and its place in `main`.
    pub fn find(&self, revision: &str) -> Option<usize> {
        let end = revision.find(['~', '^']).unwrap_or(revision.len());
        let (base, mut steps) = revision.split_at(end);
        let mut place = match base {
            "HEAD" | "@" | "main" => self.commits.len() - 1,
            "origin/main" | "origin" | "origin/HEAD" => self.pushed - 1,
            id => {
                let hex = (4..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit());
                let id = id.to_lowercase();
                let mut fitting =
                    self.commits.iter().enumerate().filter(|(_, c)| c.id.starts_with(&id));
                let first = fitting.next().filter(|_| hex)?;
                // A beginning that fits two names is none.
                fitting.next().is_none().then_some(first.0)?
            }
        };
        while !steps.is_empty() {
            let digits = steps[1..].bytes().take_while(u8::is_ascii_digit).count();
            let count = match (&steps[1..=digits], steps.starts_with('~')) {
                ("", _) | ("1", false) => 1,
                (number, true) => number.parse().ok()?,
                // There are no merges, so nobody has a second parent.
                (_, false) => return None,
            };
            place = usize::checked_sub(place, count)?;
            steps = &steps[1 + digits..];
            if !steps.is_empty() && !steps.starts_with(['~', '^']) {
                return None;
            }
        }
        Some(place)
    }

    /// The tree before the commit at a place of `main`.
    pub fn before(&self, place: usize) -> Tree {
        place.checked_sub(1).map(|parent| self.commits[parent].tree.clone()).unwrap_or_default()
    }

    /// Commits what is staged.
    pub fn commit(&mut self, by: Signature, message: String) -> &Commit {
        let commit = Commit::new(self.index.clone(), Some(self.head()), by, message);
        self.commits.push(Arc::new(commit));
        self.head()
    }

    /// Pushes `main`: the commits that `origin/main` did not have.
    pub fn push(&mut self) -> &[Arc<Commit>] {
        let from = std::mem::replace(&mut self.pushed, self.commits.len());
        &self.commits[from..]
    }
}
