//! How fast an autoscaler may follow its recommendations (K8S-85..87).

use crate::cluster::spec::{
    AutoscalerSpec, IntOrPercent, ScalingBehavior, ScalingPolicy, ScalingRules, SelectPolicy,
};
use crate::time::{SimDuration, SimTime};

/// Window of recommendations for scaling down without `behavior` (A.8).
pub(crate) const DOWNSCALE_WINDOW: SimDuration = SimDuration::from_secs(300);
/// Longest window and period that the API server accepts: nothing older matters.
const MEMORY: SimDuration = SimDuration::from_secs(3_600);

/// What an autoscaler remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// What it recommended, before any limit.
    recommendations: Vec<(SimTime, u32)>,
    /// Pods that it added.
    added: Vec<(SimTime, u32)>,
    /// Pods that it removed.
    removed: Vec<(SimTime, u32)>,
}

impl History {
    /// The size that an autoscaler finds counts as its first recommendation (K8S-85).
    pub(super) fn begin(&mut self, current: u32, now: SimTime) {
        if self.recommendations.is_empty() {
            self.recommendations.push((now, current));
        }
    }

    /// The target was scaled.
    pub(super) fn scaled(&mut self, from: u32, to: u32, now: SimTime) {
        if from < to {
            self.added.push((now, to - from));
        } else {
            self.removed.push((now, from - to));
        }
    }

    fn recommended(&mut self, wanted: u32, now: SimTime) {
        self.recommendations.push((now, wanted));
        for list in [&mut self.recommendations, &mut self.added, &mut self.removed] {
            list.retain(|(at, _)| now.since(*at) <= MEMORY);
        }
    }

    /// How many pods there were when the period began.
    fn at_start(&self, current: u32, period: SimDuration, now: SimTime) -> u32 {
        let sum = |list: &[(SimTime, u32)]| -> u32 {
            list.iter().filter(|(at, _)| now.since(*at) < period).map(|(_, count)| count).sum()
        };
        (current + sum(&self.removed)).saturating_sub(sum(&self.added))
    }
}

/// Why a recommendation is followed or not: reason and message of a condition.
pub(super) type Why = (&'static str, &'static str);

/// What becomes of a recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// The size to have.
    pub(super) replicas: u32,
    /// Condition `AbleToScale`.
    pub(super) able: Why,
    /// Condition `ScalingLimited`, if a limit was met.
    pub(super) limit: Option<Why>,
}

const SIZE_FITS: Why = ("ReadyForNewScale", "recommended size matches current size");
const WAS_HIGHER: Why = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);
const WAS_LOWER: Why = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const UP_LIMIT: Why =
    ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
const DOWN_LIMIT: Why = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
);
const TOO_MANY: Why =
    ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
const TOO_FEW: Why =
    ("TooFewReplicas", "the desired replica count is less than the minimum replica count");

/// Decides which size follows from a recommendation.
pub(super) fn decide(
    history: &mut History,
    spec: &AutoscalerSpec,
    current: u32,
    wanted: u32,
    now: SimTime,
) -> Decision {
    let decision = match &spec.behavior {
        None => decide_by_default(history, spec, current, wanted, now),
        Some(behavior) => decide_by_behavior(history, spec, behavior, (current, wanted), now),
    };
    history.recommended(wanted, now);
    decision
}

/// Without `behavior` (K8S-85, 86).
fn decide_by_default(
    history: &History,
    spec: &AutoscalerSpec,
    current: u32,
    wanted: u32,
    now: SimTime,
) -> Decision {
    let recent =
        history.recommendations.iter().filter(|(at, _)| now.since(*at) <= DOWNSCALE_WINDOW);
    let stable = recent.map(|(_, count)| *count).fold(wanted, u32::max);
    let able = if stable == wanted { SIZE_FITS } else { WAS_HIGHER };
    let fastest = (2 * current).max(4);
    let (most, why) = if fastest < spec.max_replicas {
        (fastest, UP_LIMIT)
    } else {
        (spec.max_replicas, TOO_MANY)
    };
    let (replicas, limit) = if stable < spec.min_replicas {
        (spec.min_replicas, Some(TOO_FEW))
    } else if most < stable {
        (most, Some(why))
    } else {
        (stable, None)
    };
    Decision { replicas, able, limit }
}

/// With `behavior` (K8S-85, 87).
fn decide_by_behavior(
    history: &History,
    spec: &AutoscalerSpec,
    behavior: &ScalingBehavior,
    (current, wanted): (u32, u32),
    now: SimTime,
) -> Decision {
    let recent = |window: SimDuration| {
        let recent = history.recommendations.iter().filter(move |(at, _)| now.since(*at) < window);
        recent.map(|(_, count)| *count)
    };
    let lowest = recent(behavior.up.window).fold(wanted, u32::min);
    let highest = recent(behavior.down.window).fold(wanted, u32::max);
    let stable = current.max(lowest).min(highest);
    let able = match stable == wanted {
        true => SIZE_FITS,
        false if current <= wanted => WAS_LOWER,
        false => WAS_HIGHER,
    };
    let limit_of = |rules, direction| rate_limit(history, rules, direction, current, now);
    let (replicas, limit) = if current < stable {
        let fastest = limit_of(&behavior.up, Direction::Up).max(current);
        let (most, why) = if fastest < spec.max_replicas {
            (fastest, UP_LIMIT)
        } else {
            (spec.max_replicas, TOO_MANY)
        };
        if most < stable { (most, Some(why)) } else { (stable, None) }
    } else if stable < current {
        let fastest = limit_of(&behavior.down, Direction::Down).min(current);
        let (least, why) = if spec.min_replicas < fastest {
            (fastest, DOWN_LIMIT)
        } else {
            (spec.min_replicas, TOO_FEW)
        };
        if stable < least { (least, Some(why)) } else { (stable, None) }
    } else {
        (stable, None)
    };
    Decision { replicas, able, limit }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

/// The size that the policies allow at most, or at least (K8S-87).
fn rate_limit(
    history: &History,
    rules: &ScalingRules,
    direction: Direction,
    current: u32,
    now: SimTime,
) -> u32 {
    let proposals = rules.policies.iter().map(|policy| {
        let start = history.at_start(current, policy.period, now);
        step(policy, direction, start)
    });
    let chosen = match (rules.select, direction) {
        (SelectPolicy::Disabled, _) => None,
        (SelectPolicy::Max, Direction::Up) | (SelectPolicy::Min, Direction::Down) => {
            proposals.max()
        }
        (SelectPolicy::Min, Direction::Up) | (SelectPolicy::Max, Direction::Down) => {
            proposals.min()
        }
    };
    chosen.unwrap_or(current)
}

/// Where one policy allows to go from `start`: up is rounded up, so that one pod can become two; down
/// is cut.
fn step(policy: &ScalingPolicy, direction: Direction, start: u32) -> u32 {
    let share = |percent: u32| f64::from(percent) / 100.0;
    match (policy.step, direction) {
        (IntOrPercent::Int(pods), Direction::Up) => start.saturating_add(pods),
        (IntOrPercent::Int(pods), Direction::Down) => start.saturating_sub(pods),
        (IntOrPercent::Percent(percent), Direction::Up) => {
            libm::ceil(f64::from(start) * (1.0 + share(percent))) as u32
        }
        (IntOrPercent::Percent(percent), Direction::Down) => {
            (f64::from(start) * (1.0 - share(percent))) as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::api::Kind;
    use crate::cluster::spec::ScaleTarget;

    fn at(secs: i64) -> SimTime {
        SimTime::from_secs(secs)
    }

    fn spec(behavior: Option<ScalingBehavior>) -> AutoscalerSpec {
        let target = ScaleTarget { kind: Kind::Deployment, name: "app".to_owned() };
        AutoscalerSpec {
            target,
            min_replicas: 2,
            max_replicas: 30,
            utilizations: vec![60],
            behavior,
        }
    }

    fn rules(select: SelectPolicy, window: u64, steps: &[(IntOrPercent, u64)]) -> ScalingRules {
        let secs = SimDuration::from_secs;
        let policies =
            steps.iter().map(|(step, period)| ScalingPolicy { step: *step, period: secs(*period) });
        ScalingRules { window: secs(window), tolerance: 0.1, select, policies: policies.collect() }
    }

    const FREE: (IntOrPercent, u64) = (IntOrPercent::Percent(1_000), 15);

    fn behavior(up: ScalingRules, down: ScalingRules) -> AutoscalerSpec {
        spec(Some(ScalingBehavior { up, down }))
    }

    fn size(
        history: &mut History,
        spec: &AutoscalerSpec,
        current: u32,
        wanted: u32,
        secs: i64,
    ) -> u32 {
        decide(history, spec, current, wanted, at(secs)).replicas
    }

    /// K8S-85.
    #[test]
    fn a_drop_acts_five_minutes_late_and_a_rise_at_once() {
        let (spec, mut history) = (spec(None), History::default());
        assert_eq!(size(&mut history, &spec, 4, 8, 0), 8);
        let decision = decide(&mut history, &spec, 8, 3, at(15));
        assert_eq!((decision.replicas, decision.able.0), (8, "ScaleDownStabilized"));
        assert_eq!(size(&mut history, &spec, 8, 3, 300), 8, "the window includes its begin");
        assert_eq!(size(&mut history, &spec, 8, 3, 301), 3);
    }

    /// K8S-85.
    #[test]
    fn a_new_autoscaler_keeps_what_it_finds_for_five_minutes() {
        let (spec, mut history) = (spec(None), History::default());
        history.begin(9, at(0));
        assert_eq!(size(&mut history, &spec, 9, 2, 0), 9);
        assert_eq!(size(&mut history, &spec, 9, 2, 315), 2);
    }

    /// K8S-86.
    #[test]
    fn without_behavior_the_size_doubles_or_becomes_four() {
        let (spec, mut history) = (spec(None), History::default());
        let decision = decide(&mut history, &spec, 1, 20, at(0));
        assert_eq!((decision.replicas, decision.limit), (4, Some(UP_LIMIT)));
        assert_eq!(size(&mut history, &spec, 4, 20, 15), 8);
        let decision = decide(&mut history, &spec, 20, 50, at(30));
        assert_eq!((decision.replicas, decision.limit), (30, Some(TOO_MANY)));
        let decision = decide(&mut History::default(), &spec, 3, 1, at(0));
        assert_eq!((decision.replicas, decision.limit), (2, Some(TOO_FEW)));
    }

    /// K8S-85.
    #[test]
    fn scaling_up_waits_for_the_lowest_recommendation_of_its_window() {
        let free = rules(SelectPolicy::Max, 0, &[FREE]);
        let spec = behavior(rules(SelectPolicy::Max, 60, &[FREE]), free);
        let mut history = History::default();
        history.begin(4, at(0));
        let decision = decide(&mut history, &spec, 4, 10, at(15));
        assert_eq!((decision.replicas, decision.able.0), (4, "ScaleUpStabilized"));
        assert_eq!(size(&mut history, &spec, 4, 12, 60), 10, "4 was recommended 60 s ago");
    }

    /// K8S-87.
    #[test]
    fn policies_count_what_was_changed_in_their_period() {
        let up = rules(SelectPolicy::Max, 0, &[(IntOrPercent::Int(4), 60)]);
        let spec = behavior(up, rules(SelectPolicy::Max, 0, &[FREE]));
        let mut history = History::default();
        assert_eq!(size(&mut history, &spec, 4, 20, 0), 8);
        history.scaled(4, 8, at(0));
        let decision = decide(&mut history, &spec, 8, 20, at(15));
        assert_eq!((decision.replicas, decision.limit), (8, Some(UP_LIMIT)));
        assert_eq!(size(&mut history, &spec, 8, 20, 60), 12);
    }

    /// K8S-87: pods removed in the period count as there at its start.
    #[test]
    fn a_drop_in_the_period_raises_what_may_be_added() {
        let up = rules(SelectPolicy::Max, 0, &[(IntOrPercent::Int(4), 60)]);
        let spec = behavior(up, rules(SelectPolicy::Max, 0, &[FREE]));
        let mut history = History::default();
        history.scaled(10, 5, at(0));
        assert_eq!(size(&mut history, &spec, 5, 20, 15), 14);
    }

    /// K8S-87.
    #[test]
    fn the_policy_with_the_biggest_change_counts_unless_the_smallest_is_asked_for() {
        let steps = [(IntOrPercent::Int(4), 15), (IntOrPercent::Percent(50), 15)];
        let with = |select| behavior(rules(select, 0, &steps), rules(select, 0, &steps));
        let both = |select, from, to| size(&mut History::default(), &with(select), from, to, 0);
        assert_eq!((both(SelectPolicy::Max, 5, 30), both(SelectPolicy::Min, 5, 30)), (9, 8));
        assert_eq!((both(SelectPolicy::Max, 13, 2), both(SelectPolicy::Min, 13, 2)), (6, 9));
        assert_eq!(both(SelectPolicy::Disabled, 5, 30), 5);
        assert_eq!(both(SelectPolicy::Disabled, 13, 2), 13);
    }
}
