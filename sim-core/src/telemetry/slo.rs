//! Alerts on the error budget of a service: rules on two windows each, made from an objective (SLO-01, SLO-02).

use std::fmt::Write as _;

use super::promql::print::number;

/// One way to burn the budget that somebody should know of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnRate {
    /// `page` wakes somebody, `ticket` waits for the morning.
    pub severity: &'static str,
    /// Share of the budget of thirty days that is burnt when the long window is full of it, in per cent.
    pub budget_percent: u32,
    /// How much must have burnt: PromQL's length of time.
    pub long: &'static str,
    /// That it still burns.
    pub short: &'static str,
    /// How many times faster than would use the budget up in thirty days.
    pub factor: f64,
}

const fn burn_rate(
    (severity, budget_percent): (&'static str, u32),
    (long, short): (&'static str, &'static str),
    factor: f64,
) -> BurnRate {
    BurnRate { severity, budget_percent, long, short, factor }
}

/// The four pairs of windows (SLO-02).
pub const BURN_RATES: [BurnRate; 4] = [
    burn_rate(("page", 2), ("1h", "5m"), 14.4),
    burn_rate(("page", 5), ("6h", "30m"), 6.0),
    burn_rate(("ticket", 10), ("1d", "2h"), 3.0),
    burn_rate(("ticket", 10), ("3d", "6h"), 1.0),
];

/// The windows that the rules need, shortest first.
const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// Tries that nobody was given an answer to, or an error; and all of them, as the gateway counts.
const FAILED: &str = "istio_requests_total{reporter=\"source\",response_code=~\"0|5..\"}";
const ALL: &str = "istio_requests_total{reporter=\"source\"}";

/// The share of requests that may fail, of an objective in per cent; none if that is no objective.
pub fn budget(objective_percent: f64) -> Option<f64> {
    let budget = libm::round((100.0 - objective_percent) * 1e7) / 1e9;
    (0.0 < budget && budget < 1.0).then_some(budget)
}

/// A rule file of Prometheus for a service with this budget: what share of the requests fails, by window, and an
/// alert for each pair of windows.
pub fn rule_file(service: &str, budget: f64) -> String {
    let objective = number(libm::round((1.0 - budget) * 1e9) / 1e7);
    let mut text = format!(
        "# The error budget of {service}: {objective} % of the requests in 30 days.\n\
         # Each alert looks at two windows: the long one says that enough has burnt to matter, the short\n\
         # one that it still burns.\n\
         groups:\n  - name: {service}-error-ratio\n    rules:\n"
    );
    for window in WINDOWS {
        let _ = write!(
            text,
            "      - record: {}\n        expr: |\n          sum(rate({FAILED}[{window}]))\n          \
             / sum(rate({ALL}[{window}]))\n",
            ratio(window)
        );
    }
    let _ = writeln!(text, "  - name: {service}-error-budget\n    rules:");
    let budget = number(budget);
    for BurnRate { severity, budget_percent, long, short, factor } in BURN_RATES {
        let factor = number(factor);
        let _ = write!(
            text,
            "      - alert: ErrorBudgetBurn\n        expr: |\n          {} > {factor} * {budget}\n          \
             and {} > {factor} * {budget}\n        labels:\n          severity: {severity}\n          \
             window: {long}\n        annotations:\n          summary: {budget_percent} % of the error \
             budget in {long}, {factor} times too fast\n",
            ratio(long),
            ratio(short),
        );
    }
    text
}

/// Name of the recorded share of failed requests over a window.
fn ratio(window: &str) -> String {
    format!("gateway:request_errors:ratio_rate{window}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::labels::Labels;
    use crate::telemetry::rules::{self, Rulebook};
    use crate::telemetry::tsdb::Tsdb;
    use crate::time::{SimDuration, SimTime};

    /// Seconds of a hundred requests each before anything fails.
    const CLEAN: i64 = 6 * 3_600 + 60;

    /// When the rules of a 99.9 % objective page somebody, in seconds after a share of the requests begins to
    /// fail.
    fn pages_after(share: f64) -> Option<i64> {
        let budget = budget(99.9).expect("an objective");
        let (groups, notes) = rules::parse("slo.yaml", &rule_file("shop", budget)).expect("rules");
        assert_eq!(notes, []);
        let interval = SimDuration::from_secs(1);
        let mut tsdb = Tsdb::default();
        let mut series = |code| {
            let name = ("__name__", "istio_requests_total");
            tsdb.series(Labels::new([name, ("reporter", "source"), ("response_code", code)]))
        };
        let (good, bad) = (series("200"), series("500"));
        let mut book = Rulebook::new(&groups, interval);
        // A sample every ten seconds is enough of the past.
        for second in (0..CLEAN).filter(|second| second % 10 == 0 || CLEAN - 10 < *second) {
            tsdb.append(good, SimTime::from_secs(second), 100.0 * second as f64);
            tsdb.append(bad, SimTime::from_secs(second), 0.0);
        }
        for after in 0..=1_200 {
            let at = SimTime::from_secs(CLEAN + after);
            let failed = 100.0 * share * after as f64;
            tsdb.append(good, at, 100.0 * (CLEAN + after) as f64 - failed);
            tsdb.append(bad, at, failed);
            let changes = book.evaluate_due(&mut tsdb, at);
            if changes.iter().any(|one| one.fires && one.labels.get("severity") == "page") {
                return Some(after);
            }
        }
        None
    }

    /// OD-11: the long window passes 1.44 % after 51.84 s, the short one long before.
    #[test]
    fn the_rules_page_at_the_first_evaluation_after_52_s_of_outage_slo_02_slo_03() {
        assert_eq!(pages_after(1.0), Some(52));
    }

    /// OD-12: 518.4 s.
    #[test]
    fn with_a_tenth_of_the_errors_the_page_comes_ten_times_later_slo_03() {
        assert_eq!(pages_after(0.1), Some(519));
    }

    #[test]
    fn what_the_objective_allows_wakes_nobody_slo_01() {
        assert_eq!(pages_after(0.001), None);
        assert_eq!(pages_after(0.0), None);
    }

    #[test]
    fn factors_are_what_burns_their_share_of_thirty_days_slo_02() {
        for BurnRate { budget_percent, long, factor, .. } in BURN_RATES {
            let long = crate::telemetry::promql::duration(long).expect("a length of time");
            let whole = f64::from(budget_percent) / 100.0 * 30.0 * 86_400.0 / long.as_secs_f64();
            assert!((whole - factor).abs() < 1e-9, "{factor}");
        }
    }

    #[test]
    fn an_objective_leaves_something_to_burn_slo_01() {
        assert_eq!(budget(99.9), Some(0.001));
        assert_eq!(budget(99.95), Some(0.0005));
        assert_eq!(budget(99.999), Some(0.00001));
        for nonsense in [100.0, 101.0, 0.0, -5.0, f64::NAN, f64::INFINITY] {
            assert_eq!(budget(nonsense), None, "{nonsense}");
        }
    }
}
