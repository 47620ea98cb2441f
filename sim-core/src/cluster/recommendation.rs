//! How many pods a target for CPU use asks for (K8S-80..83).

use crate::cluster::pod::{Phase, Pod};
use crate::cluster::state::Utilization;
use crate::time::{SimDuration, SimTime};

/// How long after its start a pod's CPU use counts only if it is ready (K8S-82).
const INITIALIZATION: SimDuration = SimDuration::from_secs(300);
/// A pod that became unready within this time of its start never was ready (K8S-82).
const INITIAL_READINESS: SimDuration = SimDuration::from_secs(30);

/// How a pod counts (K8S-82).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is on its way out, or has failed.
    Leaving,
    /// It is pending, or its start is not over.
    Unready,
    /// There is no measure of it.
    Missing,
    /// It counts, with what it uses in thousandths of a core.
    Counted(u64),
}

/// A pod behind the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// How it counts.
    pub(super) standing: Standing,
    /// What it requests, in thousandths of a core.
    pub(super) request: u64,
}

/// How far the ratio of use and target may be from 1 before anything is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    /// Upwards.
    pub(super) up: f64,
    /// Downwards.
    pub(super) down: f64,
}

impl Tolerance {
    /// The default (A.8).
    pub(super) const DEFAULT: Self = Self { up: 0.1, down: 0.1 };

    fn covers(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// How a pod counts now.
pub(super) fn standing(pod: &Pod, now: SimTime) -> Standing {
    if pod.is_terminating() || pod.phase == Phase::Failed {
        return Standing::Leaving;
    }
    if pod.phase == Phase::Pending {
        return Standing::Unready;
    }
    let Some(usage) = pod.usage else { return Standing::Missing };
    let unready = match pod.started {
        None => true,
        Some(started) if now < started + INITIALIZATION => {
            !pod.is_ready() || usage.at < pod.ready_changed + usage.window
        }
        Some(started) => !pod.is_ready() && pod.ready_changed < started + INITIAL_READINESS,
    };
    if unready { Standing::Unready } else { Standing::Counted(usage.cpu_milli) }
}

/// Use in per cent of the requests, cut to a whole number (K8S-80).
fn utilization(counted: &[(u64, u64)]) -> Option<u32> {
    let used: u128 = counted.iter().map(|(used, _)| u128::from(*used)).sum();
    let requested: u128 = counted.iter().map(|(_, request)| u128::from(*request)).sum();
    Some(u32::try_from((used * 100).checked_div(requested)?).unwrap_or(u32::MAX))
}

/// The number of pods that brings CPU use to `target` per cent, and what the use is now. None if no
/// pod can be counted.
pub(super) fn recommend(
    current: u32,
    target: u32,
    tolerance: Tolerance,
    members: &[Member],
) -> Option<(u32, Utilization)> {
    let with = |wanted: Standing| members.iter().filter(move |m| m.standing == wanted);
    let mut counted: Vec<(u64, u64)> = members
        .iter()
        .filter_map(|member| match member.standing {
            Standing::Counted(used) => Some((used, member.request)),
            Standing::Leaving | Standing::Unready | Standing::Missing => None,
        })
        .collect();
    let percent = utilization(&counted)?;
    let mean_milli = counted.iter().map(|(used, _)| used).sum::<u64>() / counted.len() as u64;
    let usage = Utilization { percent, mean_milli };
    let ratio = f64::from(percent) / f64::from(target);
    let grows_with_unready = 1.0 < ratio && with(Standing::Unready).next().is_some();
    if !grows_with_unready && with(Standing::Missing).next().is_none() {
        // K8S-81.
        let wanted = if tolerance.covers(ratio) { current } else { scaled(ratio, counted.len()) };
        return Some((wanted, usage));
    }
    // K8S-83: whoever is not counted is taken to speak against the change.
    let full = u64::from(target.max(100));
    for member in with(Standing::Missing) {
        if ratio < 1.0 {
            counted.push((member.request.saturating_mul(full) / 100, member.request));
        } else if 1.0 < ratio {
            counted.push((0, member.request));
        }
    }
    if grows_with_unready {
        counted.extend(with(Standing::Unready).map(|member| (0, member.request)));
    }
    let new_ratio = f64::from(utilization(&counted)?) / f64::from(target);
    let turns = (ratio < 1.0 && 1.0 < new_ratio) || (1.0 < ratio && new_ratio < 1.0);
    if tolerance.covers(new_ratio) || turns {
        return Some((current, usage));
    }
    let wanted = scaled(new_ratio, counted.len());
    let against = (new_ratio < 1.0 && current < wanted) || (1.0 < new_ratio && wanted < current);
    Some((if against { current } else { wanted }, usage))
}

/// `ceil(ratio * pods)`, in floating point as the real controller computes it.
fn scaled(ratio: f64, pods: usize) -> u32 {
    libm::ceil(ratio * pods as f64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(standing: Standing) -> Member {
        Member { standing, request: 400 }
    }

    fn advice(current: u32, target: u32, members: &[Member]) -> (u32, u32) {
        let (wanted, usage) = recommend(current, target, Tolerance::DEFAULT, members).unwrap();
        (wanted, usage.percent)
    }

    /// OK8S-10: K8S-81.
    #[test]
    fn four_pods_at_ninety_of_sixty_per_cent_become_six() {
        assert_eq!(advice(4, 60, &[member(Standing::Counted(360)); 4]), (6, 90));
    }

    /// OK8S-11: K8S-81.
    #[test]
    fn a_ratio_within_the_tolerance_changes_nothing() {
        assert_eq!(advice(4, 60, &[member(Standing::Counted(260)); 4]), (4, 65));
        let tight = Tolerance { up: 0.05, down: 0.1 };
        let members = [member(Standing::Counted(260)); 4];
        assert_eq!(recommend(4, 60, tight, &members).unwrap().0, 5);
    }

    /// OK8S-12: K8S-80.
    #[test]
    fn utilization_is_cut_to_a_whole_number() {
        let used = |used| Member { standing: Standing::Counted(used), request: 100 };
        assert_eq!(advice(3, 50, &[used(30), used(30), used(40)]), (2, 33));
    }

    /// K8S-80: 66.7 % cut to 66 is just within the tolerance of 60 %; rounded it would not be.
    #[test]
    fn the_cut_decides_at_the_edge_of_the_tolerance() {
        let used = |used| Member { standing: Standing::Counted(used), request: 300 };
        assert_eq!(advice(10, 60, &[used(200); 10]), (10, 66));
    }

    /// K8S-82.
    #[test]
    fn pods_on_their_way_out_count_for_nothing() {
        let mut members = vec![member(Standing::Counted(360)); 4];
        members.push(member(Standing::Leaving));
        assert_eq!(advice(5, 60, &members), (6, 90));
    }

    /// K8S-83: (4 * 360 + 2 * 0) / (6 * 400) is 60 %, so the new pods are waited for.
    #[test]
    fn unready_pods_use_nothing_when_there_seem_to_be_too_few() {
        let mut members = vec![member(Standing::Counted(360)); 4];
        members.extend([member(Standing::Unready); 2]);
        assert_eq!(advice(6, 60, &members), (6, 90));
    }

    /// K8S-83: unready pods do not hold back scaling down; 4 pods at 30 % need 2.
    #[test]
    fn unready_pods_are_left_out_when_there_seem_to_be_too_many() {
        let mut members = vec![member(Standing::Counted(120)); 4];
        members.extend([member(Standing::Unready); 2]);
        assert_eq!(advice(6, 60, &members), (2, 30));
    }

    /// K8S-83: (3 * 120 + 400) / 1600 is 47 %, so 4 pods become ceil(0.78 * 4) = 4.
    #[test]
    fn missing_pods_are_busy_when_there_seem_to_be_too_many() {
        let mut members = vec![member(Standing::Counted(120)); 3];
        members.push(member(Standing::Missing));
        assert_eq!(advice(4, 60, &members), (4, 30));
    }

    /// K8S-83: a target above 100 % is taken for the missing pods' use.
    #[test]
    fn missing_pods_use_a_target_above_their_request() {
        let mut members = vec![member(Standing::Counted(760))];
        members.extend([member(Standing::Missing); 3]);
        // All at 200 % is right; with 100 % for the missing pods it would be 122 %, and 3 pods.
        assert_eq!(advice(4, 200, &members), (4, 190));
    }

    /// K8S-83: with nothing for the missing pod the use is 45 %, which would turn the direction.
    #[test]
    fn missing_pods_never_turn_the_direction() {
        let members = [member(Standing::Counted(360)), member(Standing::Missing)];
        assert_eq!(advice(2, 60, &members), (2, 90));
    }

    /// K8S-82.
    #[test]
    fn without_a_counted_pod_there_is_no_recommendation() {
        let members = [member(Standing::Unready), member(Standing::Missing)];
        assert!(recommend(2, 60, Tolerance::DEFAULT, &members).is_none());
    }
}
