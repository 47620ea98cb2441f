//! `PodDisruptionBudget` and the Eviction API (K8S-90, 91).
//!
//! Only evictions ask a budget: rolling updates, `kubectl delete`, crashes and lost nodes take pods
//! away without, though what they take counts. Simpler than the real thing: the numbers are counted
//! from the pods at the moment of the question, so they are never out of date, and since an evicted
//! pod is marked at once, the list of pods that are about to be evicted is never needed.

use std::collections::BTreeMap;

use crate::cluster::Cluster;
use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::pod::{Phase, Pod, PodId};
use crate::cluster::spec::{BudgetSpec, IntOrPercent};
use crate::cluster::state::ClusterState;
use crate::time::SimDuration;
use crate::world::Scope;

/// `status` of a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetStatus {
    /// `expectedPods`.
    pub expected: u32,
    /// `currentHealthy`.
    pub healthy: u32,
    /// `desiredHealthy`.
    pub desired: u32,
    /// `disruptionsAllowed`.
    pub allowed: u32,
}

/// Why a pod is not evicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such pod.
    NotFound,
    /// Status 429: the budget does not allow it now.
    TooManyRequests,
    /// Status 500: several budgets cover the pod.
    SeveralBudgets,
}

impl Refusal {
    /// The API server's words.
    pub fn message(&self) -> &'static str {
        match self {
            Self::NotFound => "the pod is gone",
            Self::TooManyRequests => {
                "Cannot evict pod as it would violate the pod's disruption budget."
            }
            Self::SeveralBudgets => {
                "This pod has more than one PodDisruptionBudget, which the eviction subresource \
                 does not support."
            }
        }
    }
}

/// A limit as a number of pods; a share is rounded up.
fn rounded_up(limit: IntOrPercent, pods: u32) -> u32 {
    match limit {
        IntOrPercent::Int(count) => count,
        IntOrPercent::Percent(of) => {
            let share = u64::from(of) * u64::from(pods);
            u32::try_from(share.div_ceil(100)).unwrap_or(u32::MAX)
        }
    }
}

impl BudgetSpec {
    /// Whether it is about this pod. An empty selector is about all.
    fn covers(&self, pod: &Pod) -> bool {
        let fits = |(key, value): (&String, &String)| pod.labels.get(key) == Some(value);
        self.selector.as_ref().is_some_and(|selector| selector.iter().all(fits))
    }

    /// How many pods must be healthy, and of how many (K8S-90). `scale` is what the owners want.
    fn wanted(&self, pods: u32, scale: u32) -> (u32, u32) {
        match (self.max_unavailable, self.min_available) {
            (Some(most), _) => (scale.saturating_sub(rounded_up(most, scale)), scale),
            (None, Some(IntOrPercent::Int(least))) => (least, pods),
            (None, Some(least)) => (rounded_up(least, scale), scale),
            (None, None) => (0, 0),
        }
    }

    /// The numbers that follow from the pods.
    fn judge(&self, pods: u32, scale: u32, healthy: u32) -> BudgetStatus {
        let (desired, expected) = self.wanted(pods, scale);
        let allowed = if expected == 0 { 0 } else { healthy.saturating_sub(desired) };
        BudgetStatus { expected, healthy, desired, allowed }
    }
}

/// What a budget allows now.
pub fn status(budget: &BudgetSpec, state: &ClusterState, api: &ApiServer) -> BudgetStatus {
    let pods: Vec<&Pod> = state.pods.values().filter(|pod| budget.covers(pod)).collect();
    let healthy = pods.iter().filter(|pod| pod.is_ready() && !pod.is_terminating()).count();
    let owners: BTreeMap<&str, u32> = pods
        .iter()
        .filter_map(|pod| {
            let set = state.replica_sets.get(pod.replica_set())?;
            match &api.get(set.controller, &set.deployment)?.manifest.spec {
                Spec::Deployment(spec) => Some((set.deployment.as_str(), spec.replicas)),
                Spec::Rollout(spec) => Some((set.deployment.as_str(), spec.replicas)),
                _ => None,
            }
        })
        .collect();
    budget.judge(pods.len() as u32, owners.values().sum(), healthy as u32)
}

impl Cluster {
    /// The Eviction API: deletes a pod if its budget allows it (K8S-91).
    pub fn evict(
        &mut self,
        id: PodId,
        grace: Option<SimDuration>,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) -> Result<(), Refusal> {
        let pod = self.state.pods.get(&id).ok_or(Refusal::NotFound)?;
        if !asks_no_budget(pod) {
            let mut budgets = api.list(Kind::PodDisruptionBudget).filter_map(|(_, object)| {
                match &object.manifest.spec {
                    Spec::PodDisruptionBudget(budget) => Some(budget).filter(|b| b.covers(pod)),
                    _ => None,
                }
            });
            if let Some(budget) = budgets.next() {
                if budgets.next().is_some() {
                    return Err(Refusal::SeveralBudgets);
                }
                self.allows(budget, pod, api)?;
            }
        }
        let cause = scope.ctx.cause;
        self.terminate_pod(id, grace, cause, "it is evicted (K8S-91)", scope);
        Ok(())
    }

    fn allows(&self, budget: &BudgetSpec, pod: &Pod, api: &ApiServer) -> Result<(), Refusal> {
        let status = status(budget, &self.state, api);
        // `IfHealthyBudget`: a pod that is not ready may go if enough others are.
        let spare = 0 < status.desired && status.desired <= status.healthy;
        if 0 < status.allowed || (!pod.is_ready() && (budget.always_allow || spare)) {
            return Ok(());
        }
        Err(Refusal::TooManyRequests)
    }
}

/// Pods that have ended, have not begun or are going already need no leave.
fn asks_no_budget(pod: &Pod) -> bool {
    pod.has_ended() || pod.phase == Phase::Pending || pod.is_terminating()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(max: Option<IntOrPercent>, min: Option<IntOrPercent>) -> BudgetSpec {
        BudgetSpec {
            max_unavailable: max,
            min_available: min,
            selector: Some(BTreeMap::new()),
            always_allow: false,
        }
    }

    fn most(limit: IntOrPercent, scale: u32, healthy: u32) -> (u32, u32) {
        let status = budget(Some(limit), None).judge(scale, scale, healthy);
        (status.desired, status.allowed)
    }

    fn least(limit: IntOrPercent, pods: u32, scale: u32, healthy: u32) -> (u32, u32, u32) {
        let status = budget(None, Some(limit)).judge(pods, scale, healthy);
        (status.desired, status.expected, status.allowed)
    }

    /// OK8S-13: K8S-90.
    #[test]
    fn a_share_of_unavailable_pods_is_rounded_up() {
        assert_eq!(most(IntOrPercent::Percent(25), 3, 3), (2, 1));
        assert_eq!(most(IntOrPercent::Percent(25), 3, 2), (2, 0));
        assert_eq!(most(IntOrPercent::Int(5), 3, 3), (0, 3));
    }

    /// OK8S-14: K8S-90.
    #[test]
    fn a_share_of_available_pods_is_rounded_up() {
        assert_eq!(least(IntOrPercent::Percent(50), 3, 3, 3), (2, 3, 1));
        assert_eq!(least(IntOrPercent::Percent(100), 3, 3, 3), (3, 3, 0));
    }

    /// K8S-90: a surge of 4 pods for 3 wanted.
    #[test]
    fn a_number_of_available_pods_is_of_all_pods_and_other_forms_of_those_wanted() {
        assert_eq!(least(IntOrPercent::Int(3), 4, 3, 4), (3, 4, 1));
        assert_eq!(least(IntOrPercent::Percent(100), 4, 3, 4), (3, 3, 1));
    }

    /// K8S-90.
    #[test]
    fn without_pods_or_limits_nothing_is_allowed() {
        assert_eq!(least(IntOrPercent::Int(0), 0, 0, 0), (0, 0, 0));
        assert_eq!(budget(None, None).judge(3, 3, 3).allowed, 0);
    }
}
