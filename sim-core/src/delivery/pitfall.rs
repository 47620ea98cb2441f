//! Bugs of the real tools, each named by the issue that reports it.
//!
//! Without them a tool does what its documentation says. A scenario turns them on one by one, for a run in
//! which the tool does what it has been seen to do.

use crate::delivery::Addon;

/// A known bug of something installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pitfall {
    /// The subsets of a DestinationRule get the label of a revision whose pods are not there yet, so that
    /// the mesh finds none: 503 UH. Reported of version 1.2.2, when a Deployment becomes a Rollout; closed.
    LabelsBeforePods,
    /// When a pod of the new ReplicaSet is lost, the analysis around the switch is ended, which counts as
    /// its success (ROLL-45), and it is not begun again. Reported of version 1.7.0, and since with a drained
    /// node and an autoscaler as the reason (#3828); open.
    LostPodPassesAnalysis,
}

impl Pitfall {
    /// Every pitfall.
    pub const ALL: [Self; 2] = [Self::LabelsBeforePods, Self::LostPodPassesAnalysis];
    /// What scenarios call them, in the same order: repository and number of the issue.
    pub const NAMES: [&str; 2] = ["argo-rollouts#2507", "argo-rollouts#3724"];

    /// What scenarios call it.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// What has this bug.
    pub const fn addon(self) -> Addon {
        match self {
            Self::LabelsBeforePods | Self::LostPodPassesAnalysis => Addon::ArgoRollouts,
        }
    }
}
