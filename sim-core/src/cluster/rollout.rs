//! The arithmetic of rollouts: how many pods each ReplicaSet may have next (K8S-01..07, 16).

use crate::cluster::spec::{DeploymentSpec, IntOrPercent, Strategy};

/// How far a rollout may leave the wanted number of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    /// Pods above the wanted number.
    pub surge: u32,
    /// Unavailable pods below it.
    pub unavailable: u32,
}

/// The fenceposts of a Deployment; none for `Recreate` (K8S-01).
pub fn fenceposts(spec: &DeploymentSpec) -> Fenceposts {
    let Strategy::RollingUpdate { surge, unavailable } = spec.strategy else {
        return Fenceposts { surge: 0, unavailable: 0 };
    };
    let (surge, unavailable) = shares(spec.replicas, surge, unavailable);
    Fenceposts { surge, unavailable }
}

/// How many pods of `replicas` may be too many, and how many may be missing (K8S-01).
pub(crate) fn shares(replicas: u32, surge: IntOrPercent, unavailable: IntOrPercent) -> (u32, u32) {
    let share = |of: u32| u64::from(of) * u64::from(replicas);
    let narrow = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let surge = match surge {
        IntOrPercent::Int(count) => count,
        IntOrPercent::Percent(of) => narrow(share(of).div_ceil(100)),
    };
    let unavailable = match unavailable {
        IntOrPercent::Int(count) => count,
        IntOrPercent::Percent(of) => narrow(share(of) / 100),
    };
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    (surge, unavailable.min(replicas))
}

/// Wanted and available pods of one ReplicaSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// `spec.replicas`.
    pub(super) spec: u32,
    /// `status.availableReplicas`.
    pub(super) available: u32,
}

/// The next size of the new ReplicaSet, when it has `new` and all sets together have `all` (K8S-04).
pub(super) fn scale_up(replicas: u32, surge: u32, all: u32, new: u32) -> u32 {
    if replicas <= new {
        return replicas;
    }
    let room = replicas.saturating_add(surge).saturating_sub(all);
    new + room.min(replicas - new)
}

/// The next sizes of the old ReplicaSets, given oldest first (K8S-05..07).
pub(super) fn scale_down(replicas: u32, unavailable: u32, new: Size, old: &[Size]) -> Vec<u32> {
    let mut sizes: Vec<u32> = old.iter().map(|set| set.spec).collect();
    let signed = i64::from;
    let least = signed(replicas) - signed(unavailable);
    let all = sizes.iter().copied().map(signed).sum::<i64>() + signed(new.spec);
    let mut budget = all - least - (signed(new.spec) - signed(new.available));
    let status_lags = old.iter().any(|set| 0 < set.spec && set.spec < set.available);
    if budget <= 0 || status_lags {
        return sizes;
    }
    for (size, set) in sizes.iter_mut().zip(old).filter(|(size, _)| 0 < **size) {
        let unhealthy = budget.min(signed(set.spec) - signed(set.available));
        *size -= unhealthy as u32;
        budget -= unhealthy;
    }
    let available =
        old.iter().map(|set| signed(set.available)).sum::<i64>() + signed(new.available);
    let mut spare = (available - least).max(0);
    for size in &mut sizes {
        let healthy = spare.min(signed(*size));
        *size -= healthy as u32;
        spare -= healthy;
    }
    sizes
}

/// One active ReplicaSet that shares in a change of `replicas`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// `spec.replicas`.
    pub(super) spec: u32,
    /// Annotation `max-replicas`: `replicas + surge` when the set was last scaled.
    pub(super) max_replicas: u32,
}

/// The sizes after spreading a change over all active ReplicaSets. They are given in the order in
/// which they take part; the first takes what rounding leaves over (K8S-16).
pub(super) fn proportional(replicas: u32, surge: u32, sets: &[Share]) -> Vec<u32> {
    let allowed = if replicas == 0 { 0 } else { i64::from(replicas) + i64::from(surge) };
    let mut left = allowed - sets.iter().map(|set| i64::from(set.spec)).sum::<i64>();
    let mut sizes: Vec<i64> = Vec::with_capacity(sets.len());
    for set in sets {
        let spec = i64::from(set.spec);
        let fraction = match i64::from(set.max_replicas) {
            _ if replicas == 0 => -spec,
            0 => 0,
            before => (2 * spec * allowed + before).div_euclid(2 * before) - spec,
        };
        let share = match left {
            0 => 0,
            1.. => fraction.min(left),
            _ => fraction.max(left),
        };
        sizes.push(spec + share);
        left -= share;
    }
    if let Some(first) = sizes.first_mut() {
        *first = (*first + left).max(0);
    }
    sizes.into_iter().map(|size| u32::try_from(size.max(0)).unwrap_or(u32::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(replicas: u32, surge: IntOrPercent, unavailable: IntOrPercent) -> DeploymentSpec {
        DeploymentSpec {
            replicas,
            selector: Default::default(),
            template: Default::default(),
            strategy: Strategy::RollingUpdate { surge, unavailable },
            min_ready_seconds: 0,
            revision_history_limit: 10,
            progress_deadline_seconds: 600,
            paused: false,
        }
    }

    /// K8S-01, OK8S-1, OK8S-2.
    #[test]
    fn surge_rounds_up_and_unavailable_rounds_down_but_not_both_to_nothing() {
        use IntOrPercent::{Int, Percent};
        for (replicas, surge, unavailable, want) in [
            (1, Percent(25), Percent(25), (1, 0)),
            (2, Percent(25), Percent(25), (1, 0)),
            (3, Percent(25), Percent(25), (1, 0)),
            (4, Percent(25), Percent(25), (1, 1)),
            (5, Percent(25), Percent(25), (2, 1)),
            (10, Percent(25), Percent(25), (3, 2)),
            (100, Percent(25), Percent(25), (25, 25)),
            (2, Percent(0), Percent(1), (0, 1)),
            (0, Percent(25), Percent(25), (0, 0)),
            (2, Int(0), Int(5), (0, 2)),
            (4, Percent(100), Int(0), (4, 0)),
        ] {
            let posts = fenceposts(&spec(replicas, surge, unavailable));
            assert_eq!(
                (posts.surge, posts.unavailable),
                want,
                "{replicas} {surge:?} {unavailable:?}"
            );
        }
    }

    /// K8S-03..07: both actions again and again, with no new pod ever available.
    fn stuck(replicas: u32, surge: u32, unavailable: u32, old_available: u32) -> Vec<(u32, u32)> {
        let (mut old, mut new) = (replicas, 0);
        let mut steps = vec![(old, new)];
        loop {
            let up = scale_up(replicas, surge, old + new, new);
            let sizes = [Size { spec: old, available: old_available.min(old) }];
            let down =
                scale_down(replicas, unavailable, Size { spec: new, available: 0 }, &sizes)[0];
            match () {
                () if up != new => new = up,
                () if down != old => old = down,
                () => return steps,
            }
            steps.push((old, new));
        }
    }

    /// OK8S-3, OK8S-5, OK8S-6.
    #[test]
    fn a_rollout_whose_pods_never_get_ready_stops_at_the_fenceposts() {
        assert_eq!(stuck(10, 3, 2, 10), [(10, 0), (10, 3), (8, 3), (8, 5)]);
        assert_eq!(stuck(4, 1, 1, 4), [(4, 0), (4, 1), (3, 1), (3, 2)]);
        assert_eq!(stuck(3, 1, 0, 3), [(3, 0), (3, 1)]);
    }

    /// OK8S-4.
    #[test]
    fn an_old_pod_that_gets_unready_in_a_stuck_rollout_changes_nothing() {
        let new = Size { spec: 5, available: 0 };
        assert_eq!(scale_down(10, 2, new, &[Size { spec: 8, available: 7 }]), [8]);
    }

    /// K8S-06.
    #[test]
    fn unhealthy_old_pods_go_first_even_below_the_minimum() {
        let new = Size { spec: 3, available: 2 };
        let old = [Size { spec: 2, available: 0 }, Size { spec: 3, available: 3 }];
        assert_eq!(scale_down(5, 1, new, &old), [0, 2]);
        let broken = [Size { spec: 4, available: 0 }];
        assert_eq!(scale_down(4, 1, Size { spec: 1, available: 0 }, &broken), [3]);
    }

    #[test]
    fn nothing_is_taken_from_a_set_whose_status_lags_behind() {
        let new = Size { spec: 3, available: 3 };
        assert_eq!(scale_down(4, 1, new, &[Size { spec: 1, available: 2 }]), [1]);
    }

    /// K8S-04.
    #[test]
    fn a_new_set_that_is_too_large_is_cut() {
        assert_eq!(scale_up(3, 1, 9, 5), 3);
    }

    /// K8S-16, OK8S-7.
    #[test]
    fn a_change_of_replicas_is_spread_over_the_active_sets() {
        let share = |spec, max_replicas| Share { spec, max_replicas };
        assert_eq!(proportional(15, 3, &[share(8, 13), share(5, 13)]), [11, 7]);
        assert_eq!(proportional(5, 1, &[share(8, 13), share(5, 13)]), [4, 2]);
        assert_eq!(proportional(0, 0, &[share(8, 13), share(5, 13)]), [0, 0]);
        assert_eq!(proportional(10, 3, &[share(8, 13), share(5, 13)]), [8, 5]);
    }

    proptest::proptest! {
        /// K8S-04, 05: whatever becomes available when, the fenceposts hold.
        #[test]
        fn sizes_never_leave_the_fenceposts(
            replicas in 1u32..30, surge in 0u32..6, unavailable in 0u32..6,
            becomes in proptest::collection::vec(0u32..4, 1..60),
        ) {
            let unavailable = if surge == 0 { unavailable.max(1) } else { unavailable }.min(replicas);
            let (mut old, mut new, mut ready) = (replicas, 0u32, 0u32);
            for more in becomes {
                ready = (ready + more).min(new);
                let up = scale_up(replicas, surge, old + new, new);
                let sizes = [Size { spec: old, available: old }];
                let down = scale_down(replicas, unavailable, Size { spec: new, available: ready }, &sizes)[0];
                if up != new { new = up } else { old = down }
                proptest::prop_assert!(old + new <= replicas + surge);
                proptest::prop_assert!(replicas - unavailable <= old + ready);
            }
        }
    }
}
