//! The service level of a run in words, for terminal and report.

use sim_core::report::service_level::ServiceLevel;
use sim_core::time::SimDuration;

use crate::text::minutes;

/// Title of the part.
pub(crate) fn title(level: &ServiceLevel) -> String {
    format!("Service level ({} % over 30 days)", percent(level.objective))
}

/// What is told: name and value.
pub(crate) fn rows(level: &ServiceLevel) -> Vec<(&'static str, String)> {
    let time = |time: Option<SimDuration>, otherwise: &str| {
        time.map_or_else(|| otherwise.to_owned(), |time| minutes(time.as_secs_f64()))
    };
    let missed = if level.availability < 1.0 { "not within the run" } else { "nothing to see" };
    let delivery = &level.delivery;
    vec![
        ("availability", format!("{} %", percent(level.availability))),
        ("budget burnt", format!("{} %", percent(level.budget_burnt))),
        ("time to a page", time(level.detected, missed)),
        ("time to be told", told(level)),
        ("time to mitigate", time(level.mitigated, missed)),
        ("time to recover", time(level.recovered, missed)),
        (
            "deployments",
            format!("{}, of which {} taken back", delivery.deployments, delivery.failed),
        ),
        ("lead time", time(delivery.lead, "nothing was deployed")),
    ]
}

/// The sum of what delays a page (PROM-08).
fn told(level: &ServiceLevel) -> String {
    let Some(told) = level.told else { return "no alert of the scenario did".to_owned() };
    let time = |time: SimDuration| minutes(time.as_secs_f64());
    let (after, held) = (time(told.after), time(told.held));
    let (pending, grouped) = (time(told.pending), time(told.grouped));
    format!("{after} = {held} until it held + {pending} pending + {grouped} in its group")
}

/// A share in per cent, with as many digits as a service level has.
fn percent(share: f64) -> String {
    let text = format!("{:.3}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
