//! What a scenario has besides Kubernetes and Istio.

use std::collections::BTreeSet;

use crate::cluster::api::Kind;
use crate::delivery::Pitfall;

/// Whether this build has any addon. Where it has none, a scenario with one is refused, and what belongs to
/// them asks here first, so that the code behind is left out of the build.
pub(crate) const IN_THIS_BUILD: bool = cfg!(feature = "delivery");

/// What can be installed, on the cluster or at the learner's desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Addon {
    /// The controller of Applications, and its command line.
    ArgoCd,
    /// The controller of Rollouts, and kubectl's plugin for them.
    ArgoRollouts,
    /// The controller of Canaries, and its load tester.
    Flagger,
    /// The controllers of GitRepositories and Kustomizations, and its command line.
    Flux,
    /// A repository around the learner's files.
    Git,
    /// The controller of OpenKruise's Rollouts with its webhooks, and kubectl's plugin for them.
    OpenKruise,
}

impl Addon {
    /// Every addon.
    pub const ALL: [Self; 6] =
        [Self::ArgoCd, Self::ArgoRollouts, Self::Flagger, Self::Flux, Self::Git, Self::OpenKruise];
    /// What scenarios call them, in the same order.
    pub const NAMES: [&str; 6] =
        ["argo-cd", "argo-rollouts", "flagger", "flux", "git", "openkruise-rollouts"];

    /// What scenarios call it.
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// What brings a kind of objects; None for what every cluster here has.
    pub fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Application => Some(Self::ArgoCd),
            Kind::Rollout
            | Kind::AnalysisTemplate
            | Kind::ClusterAnalysisTemplate
            | Kind::AnalysisRun => Some(Self::ArgoRollouts),
            Kind::GitRepository | Kind::Kustomization => Some(Self::Flux),
            Kind::Canary | Kind::MetricTemplate => Some(Self::Flagger),
            Kind::KruiseRollout => Some(Self::OpenKruise),
            Kind::Deployment
            | Kind::Job
            | Kind::Service
            | Kind::ConfigMap
            | Kind::Secret
            | Kind::ResourceQuota
            | Kind::HorizontalPodAutoscaler
            | Kind::PodDisruptionBudget
            | Kind::Gateway
            | Kind::VirtualService
            | Kind::DestinationRule => None,
        }
    }
}

/// What a scenario has installed, and which known bugs it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addons {
    installed: BTreeSet<Addon>,
    pitfalls: BTreeSet<Pitfall>,
}

impl Addons {
    /// Whether it is there.
    #[inline]
    pub fn has(&self, addon: Addon) -> bool {
        IN_THIS_BUILD && self.installed.contains(&addon)
    }

    /// Whether the API server knows objects of this kind.
    #[inline]
    pub fn know(&self, kind: Kind) -> bool {
        Addon::of(kind).is_none_or(|addon| self.has(addon))
    }

    /// Whether nothing is installed.
    #[inline]
    pub fn is_empty(&self) -> bool {
        !IN_THIS_BUILD || self.installed.is_empty()
    }

    /// Whether something installed has this bug.
    #[inline]
    pub fn suffer(&self, pitfall: Pitfall) -> bool {
        self.has(pitfall.addon()) && self.pitfalls.contains(&pitfall)
    }

    /// The same with these bugs.
    pub fn with(self, pitfalls: impl IntoIterator<Item = Pitfall>) -> Self {
        Self { pitfalls: pitfalls.into_iter().collect(), ..self }
    }
}

impl FromIterator<Addon> for Addons {
    fn from_iter<T: IntoIterator<Item = Addon>>(addons: T) -> Self {
        Self { installed: addons.into_iter().collect(), ..Self::default() }
    }
}
