//! The remote: what has been pushed, by whom, and when.

use std::sync::Arc;

use crate::delivery::git::{Commit, REMOTE};
use crate::queue::EventId;
use crate::time::SimTime;

/// A commit of the remote's `main`.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    pub(super) commit: Arc<Commit>,
    /// The command that pushed it; none for what was there at the beginning.
    pub(super) by: Option<EventId>,
    pub(super) at: SimTime,
}

/// The remote repository.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    /// Oldest first; never empty.
    main: Vec<Pushed>,
}

impl Remote {
    pub(super) fn new(commits: &[Arc<Commit>]) -> Self {
        let at = SimTime::from_secs(-86_400);
        let main = commits.iter().map(|commit| Pushed { commit: Arc::clone(commit), by: None, at });
        Self { main: main.collect() }
    }

    pub(super) fn receive(&mut self, commits: Vec<Arc<Commit>>, by: EventId, at: SimTime) {
        self.main.extend(commits.into_iter().map(|commit| Pushed { commit, by: Some(by), at }));
    }

    /// The newest commit.
    pub(super) fn newest(&self) -> Arc<Commit> {
        Arc::clone(&self.main.last().expect("a repository begins with a commit").commit)
    }

    /// What a revision of a repository names, or why it is not found.
    pub(super) fn resolve(&self, url: &str, revision: &str) -> Result<&Pushed, String> {
        let plain = |url: &str| {
            let url = url.trim_end_matches('/').to_lowercase();
            url.strip_suffix(".git").map(str::to_owned).unwrap_or(url)
        };
        if plain(url) != plain(REMOTE) {
            return Err("failed to list refs: repository not found".to_owned());
        }
        let found = match revision {
            "" | "HEAD" | "main" | "refs/heads/main" => self.main.last(),
            id => {
                let hex = (7..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit());
                self.main.iter().find(|pushed| hex && pushed.commit.id.starts_with(id))
            }
        };
        found.ok_or_else(|| format!("unable to resolve '{revision}' to a commit SHA"))
    }
}
