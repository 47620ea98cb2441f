//! Autoscalers.

use std::fmt;

use crate::cluster::api::Kind;
use crate::cluster::spec::IntOrPercent;
use crate::time::SimDuration;

/// `spec` of a `HorizontalPodAutoscaler` (A.8).
#[derive(Clone, Debug, PartialEq)]
pub struct AutoscalerSpec {
    /// `scaleTargetRef`: what it scales.
    pub target: ScaleTarget,
    /// `minReplicas`; default 1.
    pub min_replicas: u32,
    /// `maxReplicas`.
    pub max_replicas: u32,
    /// `averageUtilization` of each metric: CPU use in per cent of the requests; default 80.
    pub utilizations: Vec<u32>,
    /// `behavior`, if it is given.
    pub behavior: Option<ScalingBehavior>,
}

/// `scaleTargetRef` of an autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleTarget {
    /// `kind`: a Deployment or a Rollout.
    pub kind: Kind,
    /// `name`.
    pub name: String,
}

impl fmt::Display for ScaleTarget {
    /// As `kubectl get hpa` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// `behavior` of an autoscaler (K8S-87).
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingBehavior {
    /// `scaleUp`.
    pub up: ScalingRules,
    /// `scaleDown`.
    pub down: ScalingRules,
}

/// How an autoscaler may scale in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingRules {
    /// `stabilizationWindowSeconds`; default 0 up, 300 down (K8S-85).
    pub window: SimDuration,
    /// `tolerance`: how far from the target nothing is done; default 0.1 (K8S-81).
    pub tolerance: f64,
    /// `selectPolicy`.
    pub select: SelectPolicy,
    /// `policies`: the largest steps.
    pub policies: Vec<ScalingPolicy>,
}

/// Which of several policies counts (K8S-87).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectPolicy {
    /// The one that allows the biggest change; the default.
    Max,
    /// The one that allows the smallest change.
    Min,
    /// None: no scaling in this direction.
    Disabled,
}

/// The largest step in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingPolicy {
    /// `type` and `value`: so many pods, or per cent of them.
    pub step: IntOrPercent,
    /// `periodSeconds`.
    pub period: SimDuration,
}
