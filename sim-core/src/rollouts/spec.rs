//! What a Rollout asks for (ROLL-01, 20, 21).

use serde_json::Value;

use crate::cluster::rollout::shares;
use crate::cluster::spec::{IntOrPercent, Labels, PodTemplate};
use crate::time::SimDuration;

/// `spec` of a Rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutSpec {
    /// Wanted pods; default 1.
    pub replicas: u32,
    /// `selector.matchLabels`.
    pub selector: Labels,
    /// The pods to make.
    pub template: PodTemplate,
    /// How old pods are exchanged for new ones.
    pub strategy: Strategy,
    /// Seconds a pod must be ready before it counts as available; default 0.
    pub min_ready_seconds: u32,
    /// Old ReplicaSets kept for rollback; default 10.
    pub revision_history_limit: u32,
    /// Seconds without progress before it is Degraded; default 600.
    pub progress_deadline_seconds: u32,
    /// Whether it is aborted when the deadline has passed; default false.
    pub progress_deadline_abort: bool,
    /// `rollbackWindow.revisions`: how far back no step is taken (ROLL-07).
    pub rollback_window: u32,
    /// Whether a person holds it.
    pub paused: bool,
}

/// `strategy`: one of the two.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// A second set of pods, and a switch of the Service (ROLL-01).
    BlueGreen(BlueGreen),
    /// Step by step (ROLL-21).
    Canary(Canary),
}

/// `strategy.blueGreen`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlueGreen {
    /// `activeService`.
    pub active: String,
    /// `previewService`.
    pub preview: Option<String>,
    /// `autoPromotionEnabled`; default true (ROLL-03).
    pub promotes: bool,
    /// `autoPromotionSeconds`; default 0 (ROLL-03).
    pub promotes_after: SimDuration,
    /// `previewReplicaCount`; all replicas if not given.
    pub preview_replicas: Option<u32>,
    /// `prePromotionAnalysis`.
    pub before: Option<AnalysisUse>,
    /// `postPromotionAnalysis`.
    pub after: Option<AnalysisUse>,
    /// When old pods go.
    pub delays: Delays,
}

/// How long pods stay that get no traffic any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// `scaleDownDelaySeconds`; default 30 (ROLL-04, 26).
    pub scale_down: SimDuration,
    /// `scaleDownDelayRevisionLimit`; default none.
    pub revisions: Option<u32>,
    /// `abortScaleDownDelaySeconds`; default 30, never if it is 0 (ROLL-05, 25).
    pub abort: Option<SimDuration>,
    /// Whether `abortScaleDownDelaySeconds` is written.
    pub abort_given: bool,
}

impl Default for Delays {
    fn default() -> Self {
        let half_a_minute = SimDuration::from_secs(30);
        Self {
            scale_down: half_a_minute,
            revisions: None,
            abort: Some(half_a_minute),
            abort_given: false,
        }
    }
}

/// `strategy.canary`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Canary {
    /// `canaryService`.
    pub canary: Option<String>,
    /// `stableService`.
    pub stable: Option<String>,
    /// The steps; they are skipped when the Rollout is new (ROLL-20).
    pub steps: Vec<Step>,
    /// `trafficRouting.istio`.
    pub istio: Option<Istio>,
    /// `maxSurge`; default 25 % (ROLL-20).
    pub surge: Option<IntOrPercent>,
    /// `maxUnavailable`; default 25 % (ROLL-20).
    pub unavailable: Option<IntOrPercent>,
    /// `analysis`: runs beside the steps.
    pub background: Option<AnalysisUse>,
    /// `analysis.startingStep`.
    pub background_from: u32,
    /// `dynamicStableScale`: the stable pods grow fewer as their weight does (ROLL-23).
    pub dynamic: bool,
    /// `minPodsPerReplicaSet`; 1 counts as none (ROLL-23).
    pub least_pods: u32,
    /// When old pods go.
    pub delays: Delays,
}

/// One step of a canary (ROLL-21).
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `setWeight`: per cent of the traffic.
    SetWeight(u32),
    /// `pause`, for a time or until a person promotes.
    Pause(Option<PauseTime>),
    /// `setCanaryScale`.
    SetCanaryScale(CanaryScale),
    /// `analysis`.
    Analysis(AnalysisUse),
    /// `setHeaderRoute` or `setMirrorRoute`.
    SetRoute(SetRoute),
}

/// `pause.duration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseTime {
    /// How long it is.
    pub time: SimDuration,
    /// As it is written: `10m`, or seconds.
    pub written: String,
}

/// A route of its own for some of the requests (ROLL-24).
#[derive(Clone, Debug, PartialEq)]
pub struct SetRoute {
    /// `name`, one of `managedRoutes`.
    pub name: String,
    /// `match`, as a VirtualService writes it; empty if the route is to be taken away.
    pub matches: Vec<Value>,
    /// What is done with these requests.
    pub kind: RouteKind,
}

/// What a route does with its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// They go to the canary.
    Header,
    /// So many per cent of them are copied to the canary.
    Mirror(u32),
}

impl RouteKind {
    /// As events name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "headerRoute",
            Self::Mirror(_) => "mirrorRoute",
        }
    }
}

/// How many canary pods a step asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryScale {
    /// `replicas`.
    Replicas(u32),
    /// `weight`: per cent of the replicas.
    Weight(u32),
    /// `matchTrafficWeight`: as many as the weight asks for again.
    MatchTrafficWeight,
}

impl Step {
    /// As Argo Rollouts names it in events.
    pub fn describe(&self) -> String {
        match self {
            Self::SetWeight(weight) => format!("setWeight: {weight}"),
            Self::Pause(None) => "pause".to_owned(),
            Self::Pause(Some(time)) => format!("pause: {}", time.written),
            Self::SetCanaryScale(CanaryScale::Replicas(count)) => {
                format!("setCanaryScale{{replicas: {count}}}")
            }
            Self::SetCanaryScale(CanaryScale::Weight(weight)) => {
                format!("setCanaryScale{{weight: {weight}}}")
            }
            Self::SetCanaryScale(CanaryScale::MatchTrafficWeight) => {
                "setCanaryScale{matchTrafficWeight: true}".to_owned()
            }
            Self::Analysis(_) => "analysis".to_owned(),
            // Argo Rollouts has no word for these.
            Self::SetRoute(_) => "invalid".to_owned(),
        }
    }

    /// As a line of the trace names it.
    pub fn told(&self) -> String {
        match self {
            Self::SetRoute(route) => format!("{} {}", route.kind.name(), route.name),
            step => step.describe(),
        }
    }
}

/// `trafficRouting.istio` (ROLL-24).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Istio {
    /// `virtualService`, or all of `virtualServices`.
    pub virtual_services: Vec<VirtualServiceUse>,
    /// `destinationRule`.
    pub destination_rule: Option<DestinationRuleUse>,
    /// `managedRoutes`: names of the routes that steps may add, the first in front.
    pub managed: Vec<String>,
}

/// A VirtualService whose weights are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtualServiceUse {
    /// `name`.
    pub name: String,
    /// `routes`: names of HTTP routes; none if there is only one.
    pub routes: Vec<String>,
}

/// A DestinationRule whose subsets are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestinationRuleUse {
    /// `name`.
    pub name: String,
    /// `canarySubsetName`.
    pub canary: String,
    /// `stableSubsetName`.
    pub stable: String,
}

/// Where a Rollout has an analysis made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnalysisUse {
    /// `templates`.
    pub templates: Vec<TemplateRef>,
    /// `args`.
    pub args: Vec<ArgumentUse>,
    /// `dryRun`: metrics that never count; `*` is all (ROLL-45).
    pub dry_run: Vec<String>,
}

/// One entry of `templates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRef {
    /// `templateName`.
    pub name: String,
    /// `clusterScope`: a `ClusterAnalysisTemplate`.
    pub cluster: bool,
}

/// One entry of `args` of a Rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentUse {
    /// `name`.
    pub name: String,
    /// What it is.
    pub value: ArgumentValue,
}

/// Where the value of an argument comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentValue {
    /// `value`.
    Literal(String),
    /// `valueFrom.podTemplateHashValue: Stable`.
    StableHash,
    /// `valueFrom.podTemplateHashValue: Latest`.
    LatestHash,
    /// `valueFrom.fieldRef.fieldPath`: a field of the Rollout.
    Field(String),
}

impl RolloutSpec {
    /// When old pods go.
    pub fn delays(&self) -> Delays {
        match &self.strategy {
            Strategy::BlueGreen(strategy) => strategy.delays,
            Strategy::Canary(canary) => canary.delays,
        }
    }

    /// The steps; a blue-green Rollout has none.
    pub fn steps(&self) -> &[Step] {
        match &self.strategy {
            Strategy::BlueGreen(_) => &[],
            Strategy::Canary(canary) => &canary.steps,
        }
    }

    /// Pods beyond the wanted number, and pods that may be missing (ROLL-20).
    pub fn limits(&self) -> (u32, u32) {
        let quarter = IntOrPercent::Percent(25);
        match &self.strategy {
            Strategy::BlueGreen(_) => (0, 0),
            Strategy::Canary(canary) => shares(
                self.replicas,
                canary.surge.unwrap_or(quarter),
                canary.unavailable.unwrap_or(quarter),
            ),
        }
    }
}
