//! How many pods a weight asks for (ROLL-22, 23).

/// Wanted, created and available pods of one ReplicaSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// `spec.replicas`.
    pub(super) wanted: u32,
    /// `status.replicas`.
    pub(super) created: u32,
    /// `status.availableReplicas`.
    pub(super) available: u32,
}

/// Pods of the canary and of the stable ReplicaSet.
pub(super) type Split = (u32, u32);

/// Without a router the share of the pods is the share of the traffic: of the counts next to the weight, out
/// of `replicas` pods or of one more if there may be more, the one that comes nearest to it (ROLL-22). Of
/// equal errors the first counts, and of two neighbours that are equally far the larger. A weight that is
/// not 0 gives a pod as soon as there are two; where that leaves no choice at all, there is no canary.
pub(super) fn nearest(replicas: u32, weight: u32, surge: u32) -> Split {
    let (of, weight) = (u64::from(replicas), u64::from(weight));
    let (up, down) = ((of * weight).div_ceil(100), of * weight / 100);
    let any = matches!(weight, 0 | 100) || (of == 1 && surge == 0);
    let tied = |total: u64| total * weight % 100 == 50;
    let low = |total: u64| (!tied(total) && (0 < down || any)).then_some((down, total));
    let more = of + 1;
    let options = [
        (up < of || any).then_some((up, of)),
        low(of),
        (0 < surge).then_some((up, more)),
        low(more).filter(|_| 0 < surge),
    ];
    // |canary / total - weight / 100|, compared without fractions.
    let error = |(canary, total): (u64, u64)| (100 * canary).abs_diff(total * weight);
    let nearer = |best: (u64, u64), next: (u64, u64)| {
        if error(next) * best.1 < error(best) * next.1 { next } else { best }
    };
    let best = options.into_iter().flatten().filter(|_| 0 < of).reduce(nearer);
    let (canary, total) = best.unwrap_or((0, of));
    (canary as u32, (total - canary) as u32)
}

/// With a router the canary has the pods for its weight, and the stable ReplicaSet stays whole (ROLL-23).
pub(super) fn routed(replicas: u32, weight: u32, least: u32) -> Split {
    let share = (u64::from(replicas) * u64::from(weight)).div_ceil(100) as u32;
    let canary = if weight == 0 { 0 } else { share.max(least.min(replicas)) };
    (canary, replicas)
}

/// The limits between which a basic canary moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Wanted pods of the Rollout.
    pub(super) replicas: u32,
    /// Pods beyond them.
    pub(super) surge: u32,
    /// Pods that may be missing.
    pub(super) unavailable: u32,
}

/// The next sizes of canary and stable ReplicaSet on the way to `goal`: up as far as the surge allows, the
/// stable one first, then down as far as enough pods stay available, the canary first; older ReplicaSets
/// go before both (ROLL-22).
pub(super) fn step_towards(
    goal: Split,
    canary: Size,
    stable: Option<Size>,
    older: u32,
    room: Room,
) -> Split {
    let held = stable.unwrap_or_default();
    let (mut new, mut old) = (canary.wanted, held.wanted);
    let most = room.replicas + room.surge;
    let mut up = most.saturating_sub(new + old + older);
    if stable.is_some() && old < goal.1 {
        let more = up.min(goal.1 - old);
        (old, up) = (old + more, up - more);
    }
    if new < goal.0 {
        new += up.min(goal.0 - new);
    }
    if 0 < older {
        return (new, old);
    }
    let rises = canary.wanted <= goal.0;
    // Of the ReplicaSet that is to shrink, pods that are not available may go at once.
    let counted = |size: Size, all: bool| match all {
        true => size.wanted,
        false => size.wanted.min(size.available),
    };
    let counted = counted(canary, !rises) + counted(held, rises);
    let mut down = counted.saturating_sub(room.replicas.saturating_sub(room.unavailable));
    if goal.0 < canary.wanted {
        let less = down.min(canary.wanted - goal.0);
        (new, down) = (canary.wanted - less, down - less);
    }
    if stable.is_some() && goal.1 < held.wanted {
        old = held.wanted - down.min(held.wanted - goal.1);
    }
    (new, old)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OD-17, ROLL-22.
    #[test]
    fn without_a_router_the_split_nearest_to_the_weight_is_taken() {
        let cases = [
            ((10, 10, 0), (1, 9)),
            ((10, 20, 0), (2, 8)),
            ((4, 25, 0), (1, 3)),
            ((5, 10, 1), (1, 5)),
            ((1, 50, 1), (1, 1)),
        ];
        for ((replicas, weight, surge), split) in cases {
            assert_eq!(nearest(replicas, weight, surge), split, "{replicas} {weight} {surge}");
        }
        assert_eq!([nearest(3, 0, 1), nearest(3, 100, 1)], [(0, 3), (3, 0)]);
        assert_eq!([nearest(0, 50, 0), nearest(1, 1, 0)], [(0, 0), (0, 1)]);
    }

    /// ROLL-22.
    #[test]
    fn a_small_weight_gives_a_pod_as_soon_as_there_are_two() {
        for replicas in 2..20 {
            for weight in 1..=50 {
                let (canary, stable) = nearest(replicas, weight, 0);
                assert!(0 < canary && 0 < stable, "{replicas} {weight}");
                assert_eq!(canary + stable, replicas);
            }
        }
        assert_eq!(nearest(3, 50, 0), (2, 1), "of two that are equally far the larger");
        assert_eq!(
            [nearest(5, 90, 0), nearest(5, 90, 1)],
            [(0, 5), (5, 1)],
            "as Argo Rollouts has it"
        );
    }

    /// OD-18, ROLL-23.
    #[test]
    fn with_a_router_the_stable_pods_all_stay() {
        assert_eq!(routed(4, 10, 1), (1, 4));
        assert_eq!(
            [routed(4, 0, 2), routed(4, 10, 2), routed(4, 100, 2)],
            [(0, 4), (2, 4), (4, 4)]
        );
    }

    /// ROLL-20, 22.
    #[test]
    fn a_basic_canary_grows_by_the_surge_and_shrinks_by_what_may_be_missing() {
        let size = |wanted, available| Size { wanted, created: wanted, available };
        let room = |surge, unavailable| Room { replicas: 10, surge, unavailable };
        let from = |goal, room| step_towards(goal, size(0, 0), Some(size(10, 10)), 0, room);
        assert_eq!(from((1, 9), room(1, 1)), (1, 9));
        assert_eq!(from((3, 7), room(3, 0)), (3, 10));
        assert_eq!(from((3, 7), room(0, 5)), (0, 7));
        let grown = step_towards((3, 7), size(3, 3), Some(size(10, 10)), 0, room(3, 0));
        assert_eq!(grown, (3, 7));
        let older = step_towards((3, 7), size(3, 3), Some(size(10, 10)), 2, room(3, 0));
        assert_eq!(older, (3, 10), "older sets go first");
    }
}
