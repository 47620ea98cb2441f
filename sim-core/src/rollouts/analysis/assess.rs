//! What a measurement means, and what the measurements of a metric and of a run mean together (ROLL-41..45).

use crate::rollouts::analysis::condition::{Condition, Value};
use crate::rollouts::analysis::spec::Limits;
use crate::time::{SimDuration, SimTime};

/// Where a measurement, a metric or a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has been measured.
    #[default]
    Pending,
    /// It goes on.
    Running,
    /// All was well.
    Successful,
    /// Something was not.
    Failed,
    /// It could not be measured.
    Error,
    /// Neither good nor bad.
    Inconclusive,
}

impl Phase {
    /// As Argo Rollouts writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Inconclusive => "Inconclusive",
        }
    }

    /// Whether nothing more will be measured.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// The worse, the greater (ROLL-45).
    fn badness(self) -> u8 {
        match self {
            Self::Successful => 0,
            Self::Running => 1,
            Self::Pending => 2,
            Self::Inconclusive => 3,
            Self::Error => 4,
            Self::Failed => 5,
        }
    }
}

/// What was measured once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    /// What it means.
    pub phase: Phase,
    /// The value as Argo Rollouts writes it; empty if there is none.
    pub value: String,
    /// Why it is so, if there is something to say.
    pub message: String,
    /// When it began.
    pub started: SimTime,
    /// When it ended, or when it began while it goes on.
    pub at: SimTime,
    /// The Job that measures, if one does.
    pub job: Option<String>,
}

impl Measurement {
    /// A line about it.
    pub(super) fn told(&self, metric: &str) -> String {
        let mut text = format!("measures {metric}: {}", self.phase.name());
        if !self.value.is_empty() {
            text += &format!(", value {}", self.value);
        }
        if let Some(job) = &self.job {
            text += &format!(", job {job}");
        }
        if !self.message.is_empty() {
            text += &format!(" ({})", self.message);
        }
        text
    }
}

/// Measurements of one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricResult {
    /// Name of the metric.
    pub name: String,
    /// Where it stands.
    pub phase: Phase,
    /// Whether it never counts.
    pub dry_run: bool,
    /// Measurements that were no errors (ROLL-42).
    pub count: i64,
    /// Good ones.
    pub successful: i64,
    /// Bad ones.
    pub failed: i64,
    /// Neither.
    pub inconclusive: i64,
    /// Errors; they are not in `count` (ROLL-42).
    pub error: i64,
    /// Errors since the last measurement that was none.
    pub consecutive_error: i64,
    /// Good ones since the last that was not good.
    pub consecutive_success: i64,
    /// The last ten.
    pub measurements: Vec<Measurement>,
    /// Why it stands so.
    pub message: String,
}

/// Measurements that are kept of a metric.
const KEPT: usize = 10;
/// Shortest wait: Argo Rollouts keeps times in whole seconds, and to measure takes some of it.
const SHORTEST: SimDuration = SimDuration::from_secs(1);
/// Wait after an error (ROLL-40).
const AFTER_ERROR: SimDuration = SimDuration::from_secs(10);

/// What a value means (ROLL-41).
pub(super) fn judge(
    value: &Value,
    success: Option<&Condition>,
    failure: Option<&Condition>,
) -> Result<Phase, String> {
    let holds = |condition: Option<&Condition>| condition.map(|one| one.holds(value)).transpose();
    Ok(match (holds(success)?, holds(failure)?) {
        (_, Some(true)) | (Some(false), None) => Phase::Failed,
        (None | Some(true), None | Some(false)) => Phase::Successful,
        (Some(false), Some(false)) => Phase::Inconclusive,
    })
}

impl MetricResult {
    /// Takes a measurement in, and counts it if it has ended.
    pub(super) fn add(&mut self, measurement: Measurement) {
        self.count_as(measurement.phase);
        self.measurements.push(measurement);
        if KEPT < self.measurements.len() {
            self.measurements.remove(0);
        }
    }

    /// The Job of the measurement that goes on.
    pub(super) fn measuring(&self) -> Option<&str> {
        let last = self.measurements.last().filter(|last| !last.phase.is_over())?;
        last.job.as_deref()
    }

    /// The measurement that goes on has ended like this.
    pub(super) fn end(&mut self, phase: Phase, message: String, at: SimTime) {
        let Some(last) = self.measurements.last_mut() else { return };
        (last.phase, last.message, last.at) = (phase, message, at);
        self.count_as(phase);
    }

    /// Counts a measurement that has ended (ROLL-42).
    fn count_as(&mut self, phase: Phase) {
        match phase {
            Phase::Successful => self.successful += 1,
            Phase::Failed => self.failed += 1,
            Phase::Inconclusive => self.inconclusive += 1,
            Phase::Error => self.error += 1,
            Phase::Pending | Phase::Running => return,
        }
        if phase == Phase::Error {
            self.consecutive_error += 1;
        } else {
            self.count += 1;
            self.consecutive_error = 0;
        }
        let good = phase == Phase::Successful;
        self.consecutive_success = if good { self.consecutive_success + 1 } else { 0 };
    }

    /// Where the metric stands, and why if a limit is passed (ROLL-43, 44). `stops` says that the run takes
    /// no more measurements.
    pub(super) fn assess(&self, limits: &Limits, stops: bool) -> (Phase, String) {
        if self.phase.is_over() {
            return (self.phase, self.message.clone());
        }
        let none = String::new();
        let Some(last) = self.measurements.last() else {
            return (if stops { Phase::Successful } else { Phase::Pending }, none);
        };
        if !last.phase.is_over() {
            return (Phase::Running, none);
        }
        // Argo Rollouts looks at all three and lets the last one win.
        if limits.consecutive_error < self.consecutive_error {
            let (errors, limit) = (self.consecutive_error, limits.consecutive_error);
            let text = format!("consecutiveErrors ({errors}) > consecutiveErrorLimit ({limit})");
            return (Phase::Error, text);
        }
        if limits.inconclusive < self.inconclusive {
            let (count, limit) = (self.inconclusive, limits.inconclusive);
            return (
                Phase::Inconclusive,
                format!("inconclusive ({count}) > inconclusiveLimit ({limit})"),
            );
        }
        if 0 <= limits.failure && limits.failure < self.failed {
            let (count, limit) = (self.failed, limits.failure);
            return (Phase::Failed, format!("failed ({count}) > failureLimit ({limit})"));
        }
        let enough = limits.consecutive_success;
        if 0 < enough && enough <= self.consecutive_success {
            return (Phase::Successful, none);
        }
        if limits.count.is_some_and(|count| count <= self.count) {
            return match (enough, limits.failure_given) {
                (..=0, _) => (Phase::Successful, none),
                (_, true) => {
                    (Phase::Inconclusive, "consecutiveSuccessLimit was not reached".into())
                }
                (_, false) => (Phase::Failed, "consecutiveSuccessLimit was not reached".into()),
            };
        }
        (if stops { Phase::Successful } else { Phase::Running }, none)
    }

    /// When the metric is measured next; `None` if never (ROLL-40).
    pub(super) fn due(&self, limits: &Limits, started: SimTime) -> Option<SimTime> {
        if self.phase.is_over() {
            return None;
        }
        let Some(last) = self.measurements.last() else {
            return Some(started + limits.initial_delay);
        };
        let wait = match (last.phase, limits.interval) {
            (Phase::Pending | Phase::Running, _) => return None,
            (Phase::Error, _) => AFTER_ERROR,
            (_, interval) => interval?,
        };
        Some(last.at + wait.max(SHORTEST))
    }
}

/// Where a run stands: over when every metric is, and as bad as the worst that counts (ROLL-45).
pub(super) fn overall(results: &[MetricResult]) -> (Phase, String) {
    if results.iter().any(|result| !result.phase.is_over()) {
        return (Phase::Running, String::new());
    }
    let counted = results.iter().filter(|result| !result.dry_run);
    let worst = counted.max_by_key(|result| result.phase.badness());
    let Some(worst) = worst else { return (Phase::Successful, String::new()) };
    let text = match (worst.phase, worst.message.is_empty()) {
        (Phase::Successful, _) | (_, true) => String::new(),
        (phase, false) => {
            format!("Metric {:?} assessed {} due to {}", worst.name, phase.name(), worst.message)
        }
    };
    (worst.phase, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        Condition::parse(text).expect("it is a condition")
    }

    fn measured(phases: &[Phase]) -> MetricResult {
        let mut result = MetricResult { name: "rate".into(), ..MetricResult::default() };
        for phase in phases {
            result.add(Measurement { phase: *phase, ..Measurement::default() });
        }
        result
    }

    const S: Phase = Phase::Successful;
    const F: Phase = Phase::Failed;
    const I: Phase = Phase::Inconclusive;
    const E: Phase = Phase::Error;

    /// ROLL-41.
    #[test]
    fn a_measurement_is_judged_by_the_conditions_that_are_given() {
        let value = Value::List(vec![Value::Number(0.9)]);
        let of = |success: Option<&str>, failure: Option<&str>| {
            let (success, failure) = (success.map(condition), failure.map(condition));
            judge(&value, success.as_ref(), failure.as_ref()).expect("both can be judged")
        };
        let (holds, fails) = ("result[0] > 0.5", "result[0] > 0.95");
        assert_eq!(of(None, None), S);
        assert_eq!([of(Some(holds), None), of(Some(fails), None)], [S, F]);
        assert_eq!([of(None, Some(holds)), of(None, Some(fails))], [F, S]);
        assert_eq!(of(Some(holds), Some(holds)), F, "failure goes before success");
        assert_eq!([of(Some(holds), Some(fails)), of(Some(fails), Some(fails))], [S, I]);
    }

    /// ROLL-46.
    #[test]
    fn no_traffic_is_not_a_number_and_fails_a_condition_of_success_alone() {
        let nan = Value::List(vec![Value::Number(f64::NAN)]);
        let plain = condition("result[0] >= 0.95");
        assert_eq!(judge(&nan, Some(&plain), None), Ok(F));
        let guarded = condition("isNaN(result[0]) || result[0] >= 0.95");
        assert_eq!(judge(&nan, Some(&guarded), None), Ok(S));
        let (good, bad) = (condition("result[0] >= 0.95"), condition("result[0] < 0.95"));
        assert_eq!(judge(&nan, Some(&good), Some(&bad)), Ok(I));
        let empty = Value::List(Vec::new());
        assert!(judge(&empty, Some(&plain), None).is_err(), "an empty answer has no first value");
    }

    /// OD-15, ROLL-43.
    #[test]
    fn a_metric_fails_with_the_measurement_that_passes_the_limit() {
        let limits = Limits { count: Some(5), failure: 1, ..Limits::default() };
        let phases = [S, F, S, F];
        for taken in 1..4 {
            assert_eq!(measured(&phases[..taken]).assess(&limits, false).0, Phase::Running);
        }
        let (phase, why) = measured(&phases).assess(&limits, false);
        assert_eq!((phase, why.as_str()), (F, "failed (2) > failureLimit (1)"));
        let never = Limits { failure: -1, ..limits };
        assert_eq!(measured(&phases).assess(&never, false).0, Phase::Running);
    }

    /// OD-16, ROLL-40, ROLL-42, ROLL-43.
    #[test]
    fn the_fifth_error_in_a_row_ends_a_metric_and_errors_do_not_count() {
        let limits = Limits { count: Some(3), ..Limits::default() };
        let result = measured(&[E, E, E, E]);
        assert_eq!((result.count, result.assess(&limits, false).0), (0, Phase::Running));
        assert_eq!(result.due(&limits, SimTime::ZERO), Some(SimTime::from_secs(10)));
        let result = measured(&[E, E, E, E, E]);
        assert_eq!(result.assess(&limits, false).0, E);
        let mended = measured(&[E, E, E, E, S, E, E]);
        assert_eq!(
            (mended.consecutive_error, mended.assess(&limits, false).0),
            (2, Phase::Running)
        );
    }

    /// ROLL-43.
    #[test]
    fn of_several_limits_that_are_passed_error_goes_before_inconclusive_and_failed() {
        let limits = Limits { count: None, consecutive_error: 0, ..Limits::default() };
        assert_eq!(measured(&[F, I]).assess(&limits, false).0, I);
        assert_eq!(measured(&[F, I, E]).assess(&limits, false).0, E);
    }

    /// ROLL-40, ROLL-44.
    #[test]
    fn a_metric_is_over_when_its_count_is_reached_and_never_without_one() {
        let once = Limits::default();
        assert_eq!(measured(&[S]).assess(&once, false).0, S);
        let minute = Some(SimDuration::from_secs(60));
        let endless = Limits { interval: minute, count: None, ..Limits::default() };
        let result = measured(&[S, S, S]);
        assert_eq!(result.assess(&endless, false).0, Phase::Running);
        assert_eq!(result.due(&endless, SimTime::ZERO), Some(SimTime::from_secs(60)));
        assert_eq!(result.assess(&endless, true).0, S, "it ends when it is told to");
        let delayed = Limits { initial_delay: SimDuration::from_secs(30), ..endless };
        assert_eq!(
            measured(&[]).due(&delayed, SimTime::from_secs(5)),
            Some(SimTime::from_secs(35))
        );
    }

    /// ROLL-44.
    #[test]
    fn enough_successes_in_a_row_end_a_metric_early() {
        let limits =
            Limits { count: Some(4), failure: -1, consecutive_success: 2, ..Limits::default() };
        assert_eq!(measured(&[F, S]).assess(&limits, false).0, Phase::Running);
        assert_eq!(measured(&[F, S, S]).assess(&limits, false).0, S);
        assert_eq!(measured(&[F, S, F, S]).assess(&limits, false).0, F);
        let both = Limits { failure: 3, failure_given: true, ..limits };
        assert_eq!(measured(&[F, S, F, S]).assess(&both, false).0, I);
    }

    /// ROLL-45.
    #[test]
    fn a_run_is_as_bad_as_its_worst_metric_that_counts() {
        let with = |phase, dry_run| MetricResult { phase, dry_run, ..MetricResult::default() };
        let of = |results: &[MetricResult]| overall(results).0;
        assert_eq!(of(&[with(S, false), with(Phase::Running, false)]), Phase::Running);
        assert_eq!(of(&[with(S, false), with(I, false)]), I);
        assert_eq!(of(&[with(E, false), with(F, false)]), F);
        assert_eq!(of(&[with(S, false), with(F, true)]), S, "a dry run never counts");
        assert_eq!(
            measured(&[]).assess(&Limits::default(), true).0,
            S,
            "ended before it was measured"
        );
    }
}
