//! Jobs.

use crate::cluster::spec::PodTemplate;
use crate::time::SimDuration;

/// `spec` of a Job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// `completions`: pods that must succeed; None: one is enough, and then no more are made.
    pub completions: Option<u32>,
    /// `parallelism`: pods at once; default 1.
    pub parallelism: u32,
    /// `backoffLimit`: failures after which it gives up; default 6.
    pub backoff_limit: u32,
    /// `activeDeadlineSeconds`.
    pub active_deadline: Option<SimDuration>,
    /// `ttlSecondsAfterFinished`: how long it stays once it has finished; None: for good.
    pub ttl: Option<SimDuration>,
    /// `suspend`: whether it has no pods for now.
    pub suspend: bool,
    /// The pods to make.
    pub template: PodTemplate,
}
