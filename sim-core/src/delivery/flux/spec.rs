//! What a GitRepository and a Kustomization ask for.

use crate::cluster::api::Kind;
use crate::time::SimDuration;

/// `spec` of a GitRepository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceSpec {
    /// `url`.
    pub url: String,
    /// `ref.branch` or `ref.commit`.
    pub revision: String,
    /// `interval`: time between two looks.
    pub interval: SimDuration,
    /// `suspend`.
    pub suspended: bool,
}

/// `spec` of a Kustomization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KustomizationSpec {
    /// `sourceRef.name`: a GitRepository.
    pub source: String,
    /// `path`, without slashes at its ends; `.` is the root.
    pub path: String,
    /// `interval`: time between two reconciliations that go well.
    pub interval: SimDuration,
    /// `retryInterval`; the interval if not given.
    pub retry: SimDuration,
    /// `timeout` of the health checks; the interval less 30 s if not given, at least 30 s.
    pub timeout: SimDuration,
    /// `prune`.
    pub prune: bool,
    /// `suspend`.
    pub suspended: bool,
    /// `wait`: everything that is applied must become healthy.
    pub wait: bool,
    /// `healthChecks`, which count without `wait`.
    pub checks: Vec<(Kind, String)>,
    /// `dependsOn`: Kustomizations that must be ready first.
    pub depends_on: Vec<String>,
}
