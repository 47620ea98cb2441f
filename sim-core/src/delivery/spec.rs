//! What an Application of Argo CD asks for.

use crate::time::SimDuration;

/// `spec` of an Application.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApplicationSpec {
    /// `project`.
    pub project: String,
    /// `source`.
    pub source: Source,
    /// `destination`.
    pub destination: Destination,
    /// `syncPolicy.automated`, unless it is turned off.
    pub automated: Option<Automated>,
    /// `syncPolicy.retry`.
    pub retry: Option<Retry>,
    /// `ignoreDifferences`.
    pub ignored: Vec<Ignored>,
    /// Option `ApplyOutOfSyncOnly`.
    pub only_out_of_sync: bool,
    /// Option `PruneLast`: what is no longer wanted goes after everything else.
    pub prune_last: bool,
    /// Option `Prune=false`: nothing is ever pruned.
    pub never_prune: bool,
    /// Option `RespectIgnoreDifferences`: a sync leaves ignored fields as they are.
    pub respect_ignored: bool,
    /// `revisionHistoryLimit`.
    pub history: u32,
}

/// What should be on the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `repoURL`.
    pub repository: String,
    /// `path`, without slashes at its ends; `.` is the root.
    pub path: String,
    /// `targetRevision`; empty is HEAD.
    pub revision: String,
    /// `directory.recurse`.
    pub recurse: bool,
}

/// Where it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// `server`, or else `name`.
    pub cluster: String,
    /// `namespace`.
    pub namespace: String,
}

/// Sync without being asked (CD-02).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automated {
    /// Whether what is no longer in git is deleted.
    pub prune: bool,
    /// Whether what was changed by hand is put back (CD-03).
    pub self_heal: bool,
    /// Whether it prunes even if nothing would be left.
    pub allow_empty: bool,
}

/// What happens when a sync fails (CD-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often it is tried again.
    pub limit: u32,
    /// The first wait.
    pub first: SimDuration,
    /// By what each wait grows.
    pub factor: u32,
    /// The longest wait; zero is no bound.
    pub longest: SimDuration,
}

/// However short the waits are to be, time passes: a clock that stood still would stand for ever.
const SHORTEST: SimDuration = SimDuration::from_secs(1);
/// Longer than a run, for waits without a bound.
const UNBOUNDED: SimDuration = SimDuration::from_secs(86_400);

impl Retry {
    /// What an automated sync does if the Application says nothing.
    pub const AUTOMATED: Self = Self {
        limit: 5,
        first: SimDuration::from_secs(5),
        factor: 2,
        longest: SimDuration::from_secs(180),
    };
    /// What a sync that somebody asks for does.
    pub const NEVER: Self = Self { limit: 0, ..Self::AUTOMATED };

    /// The wait before the try of this number, from 1.
    pub fn wait(&self, number: u32) -> SimDuration {
        let longest = if self.longest == SimDuration::ZERO { UNBOUNDED } else { self.longest };
        let mut wait = self.first;
        for _ in 1..number {
            let next = wait.times(u64::from(self.factor));
            if next == wait || longest <= wait {
                break;
            }
            wait = next;
        }
        wait.min(longest).max(SHORTEST)
    }
}

/// Fields that may differ (CD-03).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Group of the kind.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The object's name; any if there is none.
    pub name: Option<String>,
    /// The fields, as JSON pointers.
    pub pointers: Vec<String>,
}
