//! What `kubectl rollout status|history|undo` reads of a Deployment (K8S-02, 17).

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::state::{ClusterState, ReplicaSet};
use crate::cluster::status::DEADLINE_EXCEEDED;

/// How far a rollout is (K8S-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutStatus {
    /// The controller has not seen the newest generation.
    Unobserved,
    /// Condition Progressing is False: no progress for `progressDeadlineSeconds`.
    DeadlineExceeded,
    /// Not all new pods have been made.
    Updating {
        /// Pods of the newest revision.
        updated: u32,
        /// Wanted pods.
        wanted: u32,
    },
    /// Old pods still count.
    OldPending {
        /// How many.
        old: u32,
    },
    /// Not all new pods are available.
    Waiting {
        /// Available pods.
        available: u32,
        /// Pods of the newest revision.
        updated: u32,
    },
    /// Done.
    Complete,
}

impl RolloutStatus {
    /// Whether `kubectl rollout status` ends here, and how: Some(true) is success.
    pub fn verdict(self) -> Option<bool> {
        match self {
            Self::Complete => Some(true),
            Self::DeadlineExceeded => Some(false),
            Self::Unobserved
            | Self::Updating { .. }
            | Self::OldPending { .. }
            | Self::Waiting { .. } => None,
        }
    }

    /// The line that `kubectl rollout status` prints about the Deployment of this name.
    pub fn line(self, name: &str) -> String {
        let waiting = |what: String| {
            format!("Waiting for deployment \"{name}\" rollout to finish: {what}...")
        };
        match self {
            Self::Unobserved => "Waiting for deployment spec update to be observed...".to_owned(),
            Self::DeadlineExceeded => {
                format!("error: deployment \"{name}\" exceeded its progress deadline")
            }
            Self::Updating { updated, wanted } => {
                waiting(format!("{updated} out of {wanted} new replicas have been updated"))
            }
            Self::OldPending { old } => {
                waiting(format!("{old} old replicas are pending termination"))
            }
            Self::Waiting { available, updated } => {
                waiting(format!("{available} of {updated} updated replicas are available"))
            }
            Self::Complete => format!("deployment \"{name}\" successfully rolled out"),
        }
    }
}

/// How far the rollout of a Deployment is; None if there is no such Deployment (K8S-17).
pub fn rollout_status(state: &ClusterState, api: &ApiServer, name: &str) -> Option<RolloutStatus> {
    let object = api.get(Kind::Deployment, name)?;
    let Spec::Deployment(spec) = &object.manifest.spec else { return None };
    let Some(status) = state.deployments.get(name) else { return Some(RolloutStatus::Unobserved) };
    Some(if status.observed_generation < object.generation {
        RolloutStatus::Unobserved
    } else if status.progressing.reason == DEADLINE_EXCEEDED {
        RolloutStatus::DeadlineExceeded
    } else if status.updated < spec.replicas {
        RolloutStatus::Updating { updated: status.updated, wanted: spec.replicas }
    } else if status.updated < status.counts.replicas {
        RolloutStatus::OldPending { old: status.counts.replicas - status.updated }
    } else if status.counts.available < status.updated {
        RolloutStatus::Waiting { available: status.counts.available, updated: status.updated }
    } else {
        RolloutStatus::Complete
    })
}

/// The revisions of a Deployment that can be rolled back to, lowest first.
pub fn revisions<'a>(state: &'a ClusterState, deployment: &'a str) -> Vec<&'a ReplicaSet> {
    let mut sets: Vec<_> = state.replica_sets_of(deployment).collect();
    sets.sort_by_key(|set| set.revision);
    sets
}

/// What `kubectl rollout undo` goes back to: the given revision, or without one the newest before
/// the present.
pub fn undo_target<'a>(
    state: &'a ClusterState,
    deployment: &'a str,
    revision: Option<u64>,
) -> Option<&'a ReplicaSet> {
    let sets = revisions(state, deployment);
    match revision {
        Some(revision) => sets.into_iter().find(|set| set.revision == revision),
        None => sets.into_iter().rev().nth(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K8S-17.
    #[test]
    fn every_status_prints_one_line_and_two_of_them_end_the_command() {
        use RolloutStatus::*;
        for (status, verdict, line) in [
            (Unobserved, None, "Waiting for deployment spec update to be observed..."),
            (
                DeadlineExceeded,
                Some(false),
                "error: deployment \"app\" exceeded its progress deadline",
            ),
            (
                Updating { updated: 1, wanted: 3 },
                None,
                "Waiting for deployment \"app\" rollout to finish: 1 out of 3 new replicas have been updated...",
            ),
            (
                OldPending { old: 2 },
                None,
                "Waiting for deployment \"app\" rollout to finish: 2 old replicas are pending termination...",
            ),
            (
                Waiting { available: 2, updated: 3 },
                None,
                "Waiting for deployment \"app\" rollout to finish: 2 of 3 updated replicas are available...",
            ),
            (Complete, Some(true), "deployment \"app\" successfully rolled out"),
        ] {
            assert_eq!((status.verdict(), &*status.line("app")), (verdict, line));
        }
    }
}
