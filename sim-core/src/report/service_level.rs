//! What a run means for a service level, and for the four numbers of DORA (SLO-01..04).
//!
//! Everything is taken from what Prometheus has scraped of the gateway, so nothing is known more exactly than an
//! engineer would know it. Before the run the service is taken to have been well, at the same rate: a window of
//! an hour that reaches further back than the run is filled up with answers (SLO-03).

use serde::Serialize;

use crate::simulation::Simulation;
use crate::telemetry::labels::Labels;
use crate::telemetry::promql::{Query, QueryError};
use crate::telemetry::tsdb::Point;
use crate::time::{SimDuration, SimTime};

/// The objective: 99.9 % over 30 days (SLO-01).
pub const OBJECTIVE: f64 = 0.999;
/// Its days, in seconds.
const PERIOD: f64 = 30.0 * 86_400.0;
/// Long window, short window, factor, in seconds: those of an alert that wakes somebody (SLO-02).
const PAGES: [(f64, f64, f64); 2] = [(3_600.0, 300.0, 14.4), (21_600.0, 1_800.0, 6.0)];
/// Tries that nobody was given an answer to, or an error.
const FAILED: &str = "sum(istio_requests_total{reporter=\"source\",response_code=~\"0|5..\"})";
const ALL: &str = "sum(istio_requests_total{reporter=\"source\"})";
const BY_VERSION: &str = "sum by (destination_version) (istio_requests_total{reporter=\"source\"})";

/// A run by its service level.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceLevel {
    /// The objective, as a share of requests.
    pub objective: f64,
    /// Requests that were answered without an error, as a share.
    pub availability: f64,
    /// Of the errors that 30 days may have at this rate, the share that is used up.
    pub budget_burnt: f64,
    /// From the first error until a page, if there was one (SLO-02).
    pub detected: Option<SimDuration>,
    /// From the first error until Alertmanager told somebody, by the rules of the scenario (PROM-08).
    pub told: Option<Told>,
    /// From the first error until the rate of errors was within the objective again, for the first time.
    pub mitigated: Option<SimDuration>,
    /// From the first error to the last one, if it was within the objective at the end.
    pub recovered: Option<SimDuration>,
    /// How versions took over.
    pub delivery: Delivery,
}

/// How long it took until somebody was told, and what of it for what (PROM-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The whole time: the sum of the three that follow.
    pub after: SimDuration,
    /// Until the alert's expression held: scrapes, the filling of its window, the next evaluation.
    pub held: SimDuration,
    /// The `for` of the alert.
    pub pending: SimDuration,
    /// The time that Alertmanager waited for others of the group.
    pub grouped: SimDuration,
}

/// The numbers of DORA, over one run (SLO-04).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Delivery {
    /// Versions that took over most of the traffic.
    pub deployments: u32,
    /// How many of them were taken back.
    pub failed: u32,
    /// From the first command until the first of them had taken over.
    pub lead: Option<SimDuration>,
}

/// What a counter has risen by, scrape by scrape.
type Rises = Vec<(SimTime, f64)>;

/// What the gateway has counted between two scrapes.
#[derive(Clone, Copy, Debug)]
struct Slot {
    at: SimTime,
    all: f64,
    failed: f64,
}

impl ServiceLevel {
    /// That of a run as it stands; none before anything was scraped.
    pub fn of(simulation: &Simulation) -> Option<Self> {
        let slots = slots(simulation).ok()?;
        let (all, failed) = slots
            .iter()
            .fold((0.0, 0.0), |(all, failed), slot| (all + slot.all, failed + slot.failed));
        if all <= 0.0 {
            return None;
        }
        let lasted = simulation.now().since(SimTime::ZERO).as_secs_f64();
        let rate = all / lasted;
        let budget = 1.0 - OBJECTIVE;
        let first = slots.iter().position(|slot| 0.0 < slot.failed);
        let since = |at: SimTime| first.map(|first| at.since(slots[first].at));
        let within = |slot: &Slot| slot.failed <= budget * slot.all;
        let behind = first.map_or(&[][..], |first| &slots[first..]);
        let last = behind.iter().rposition(|slot| 0.0 < slot.failed);
        Some(Self {
            objective: OBJECTIVE,
            availability: 1.0 - failed / all,
            budget_burnt: failed / (budget * rate * PERIOD),
            detected: page(&slots, rate).and_then(since),
            told: first.and_then(|first| told(simulation, slots[first].at)),
            mitigated: behind.iter().find(|slot| within(slot)).and_then(|slot| since(slot.at)),
            recovered: last
                .filter(|_| behind.last().is_some_and(within))
                .and_then(|last| since(behind[last].at)),
            delivery: delivery(simulation).unwrap_or_default(),
        })
    }
}

/// What was counted from scrape to scrape since time zero.
fn slots(simulation: &Simulation) -> Result<Vec<Slot>, QueryError> {
    let all = rises(simulation, ALL)?.into_iter().flat_map(|(_, rises)| rises);
    let failed = rises(simulation, FAILED)?.into_iter().flat_map(|(_, rises)| rises);
    let failed: Rises = failed.collect();
    let slot = |(at, all): (SimTime, f64)| {
        let failed = failed.iter().find(|(when, _)| *when == at).map_or(0.0, |(_, count)| *count);
        Slot { at, all, failed }
    };
    Ok(all.map(slot).collect())
}

/// What each series of a query over counters has risen by from scrape to scrape, by its version.
fn rises(simulation: &Simulation, query: &str) -> Result<Vec<(String, Rises)>, QueryError> {
    let step = simulation.scenario().timing.scrape;
    let tsdb = &simulation.world().telemetry.tsdb;
    let series =
        Query::parse(query)?.evaluate_range(tsdb, SimTime::ZERO, simulation.now(), step)?;
    let risen = |(labels, points): (Labels, Vec<Point>)| {
        let version = labels.get("destination_version").to_owned();
        // A series that begins later began at zero.
        let begins = points.first().is_some_and(|point| SimTime::ZERO < point.at());
        let mut before = if begins { Some(0.0) } else { None };
        let rises = points.iter().filter_map(|point| {
            let rise = before.map(|before: f64| (point.at(), (point.value - before).max(0.0)));
            before = Some(point.value);
            rise
        });
        (version, rises.collect())
    };
    Ok(series.into_iter().map(risen).collect())
}

/// When somebody is woken: both windows of a pair are above its factor (SLO-02).
fn page(slots: &[Slot], rate: f64) -> Option<SimTime> {
    let ratio = |now: SimTime, window: f64| {
        let inside =
            slots.iter().filter(|slot| slot.at <= now && now.since(slot.at).as_secs_f64() < window);
        let (all, failed) =
            inside.fold((0.0, 0.0), |sum, slot| (sum.0 + slot.all, sum.1 + slot.failed));
        let before = window - now.since(SimTime::ZERO).as_secs_f64();
        failed / (all + rate * before.max(0.0)).max(f64::MIN_POSITIVE)
    };
    let budget = 1.0 - OBJECTIVE;
    let pages = |now: SimTime| {
        PAGES.iter().any(|&(long, short, factor)| {
            factor * budget < ratio(now, long) && factor * budget < ratio(now, short)
        })
    };
    slots.iter().map(|slot| slot.at).find(|at| pages(*at))
}

/// When somebody was told of an alert whose expression has held since something failed.
fn told(simulation: &Simulation, first: SimTime) -> Option<Told> {
    let all = simulation.world().telemetry.alertmanager.notifications();
    let alerts = all.iter().filter_map(|one| Some((one.at, one.first()?)));
    let (at, alert) =
        alerts.filter(|(_, alert)| first <= alert.active_at).min_by_key(|one| one.0)?;
    Some(Told {
        after: at.since(first),
        held: alert.active_at.since(first),
        pending: alert.changed_at.since(alert.active_at),
        grouped: at.since(alert.changed_at),
    })
}

/// Which version had most of the traffic, one after another.
fn delivery(simulation: &Simulation) -> Result<Delivery, QueryError> {
    let versions = rises(simulation, BY_VERSION)?;
    let mut times: Vec<SimTime> =
        versions.iter().flat_map(|(_, rises)| rises).map(|rise| rise.0).collect();
    times.sort_unstable();
    times.dedup();
    let mut delivery = Delivery::default();
    let mut held: Vec<&str> = Vec::new();
    for at in times {
        let count = |rises: &[(SimTime, f64)]| {
            rises.iter().find(|(when, _)| *when == at).map_or(0.0, |(_, count)| *count)
        };
        let all: f64 = versions.iter().map(|(_, rises)| count(rises)).sum();
        let most = versions.iter().find(|(_, rises)| all / 2.0 < count(rises));
        let Some((version, _)) = most.filter(|(version, _)| version != "unknown") else { continue };
        match held.iter().rposition(|one| one == version) {
            Some(place) if place + 1 == held.len() => {}
            // The older one is back: what came after it was taken away.
            Some(place) => {
                delivery.failed += u32::try_from(held.len() - place - 1).unwrap_or(u32::MAX);
                held.truncate(place + 1);
            }
            None => {
                if !held.is_empty() {
                    delivery.deployments += 1;
                    let first = simulation.log().first().filter(|_| delivery.lead.is_none());
                    delivery.lead =
                        delivery.lead.or(first.map(|entry| at.max(entry.at).since(entry.at)));
                }
                held.push(version);
            }
        }
    }
    Ok(delivery)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::random::Seed;
    use crate::scenario::Scenario;
    use crate::scenario::tests::shipped;

    /// A hundred requests a second, of which a share fails from time zero on.
    fn failing(share: f64) -> Vec<Slot> {
        let slot =
            |second| Slot { at: SimTime::from_secs(second), all: 100.0, failed: 100.0 * share };
        (1..=3_600).map(slot).collect()
    }

    /// OD-11, OD-12: 51.84 s and 518.4 s, at the next look.
    #[test]
    fn an_outage_pages_when_both_windows_have_passed_their_factor_slo_02_slo_03() {
        assert_eq!(page(&failing(1.0), 100.0), Some(SimTime::from_secs(52)));
        assert_eq!(page(&failing(0.1), 100.0), Some(SimTime::from_secs(519)));
        assert_eq!(page(&failing(0.001), 100.0), None);
        assert_eq!(page(&[], 100.0), None);
    }

    fn level(log: &str) -> ServiceLevel {
        let scenario = Scenario::load(&shipped("first-cutover")).expect("a shipped scenario").0;
        let naive = scenario.naive.get(log).map(|naive| &naive.log);
        let log = scenario.solutions.get(log).or(naive).expect("a log").clone();
        let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
        simulation.replay(&log);
        simulation.run_until(simulation.end());
        ServiceLevel::of(&simulation).expect("users came")
    }

    #[test]
    fn a_run_without_errors_burns_nothing_and_counts_its_deployments_slo_01_slo_04() {
        let level = level("reference");
        assert_eq!((level.availability, level.budget_burnt), (1.0, 0.0));
        assert_eq!((level.detected, level.mitigated, level.recovered), (None, None, None));
        // It practises the way back and then goes forward again.
        assert_eq!((level.delivery.deployments, level.delivery.failed), (2, 1));
        assert!(level.delivery.lead.is_some());
    }

    #[test]
    fn errors_burn_the_budget_of_thirty_days_slo_01() {
        let level = level("switch-before-ready");
        assert!(level.availability < 1.0);
        let share = (1.0 - level.availability) * 1_200.0 / (0.001 * PERIOD);
        assert!((level.budget_burnt - share).abs() < 1e-9, "{} {share}", level.budget_burnt);
        assert!(level.mitigated.is_some() && level.recovered.is_some());
        assert!(level.mitigated <= level.recovered.map(|time| time + SimDuration::from_secs(60)));
    }
}
