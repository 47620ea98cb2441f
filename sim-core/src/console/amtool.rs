//! `amtool alert`: the alerts that Alertmanager has, in the columns of amtool 0.27.

use crate::console::session::Session;
use crate::console::table::{self, Layout};
use crate::console::timestamp;
use crate::telemetry::rules::{AlertState, RuleKind};

/// What can be asked, for completion.
pub(super) const WORDS: [&str; 2] = ["alert", "query"];

/// Space between amtool's columns.
const COLUMNS: Layout = Layout { min_width: 0, padding: 2 };

const USAGE: &str = "\
usage: amtool alert [query] [--alertmanager.url=URL] [ALERTNAME]
    View the alerts that fire; what is pending is known to Prometheus alone.
";

pub(super) fn amtool(words: &[String], session: &mut Session<'_, '_>) {
    let words = words.iter().map(String::as_str);
    let words: Vec<&str> = words.filter(|word| !word.starts_with("--alertmanager.url=")).collect();
    let name = match words[..] {
        [] | ["--help"] => return session.out.stdout.push_str(USAGE),
        ["alert" | "alerts"] | ["alert" | "alerts", "query"] => None,
        ["alert" | "alerts", "query", name] if !name.starts_with('-') => {
            Some(name.trim_start_matches("alertname=").trim_matches('"'))
        }
        _ => {
            let problem =
                format!("amtool: error: {:?} is not simulated, try --help", words.join(" "));
            return session.out.fail(problem);
        }
    };
    let mut alerts = Vec::new();
    for rule in session.world.telemetry.rules.groups().flat_map(|group| &group.rules) {
        let RuleKind::Alerting(alerting) = rule.kind() else { continue };
        if name.is_some_and(|name| name != alerting.name()) {
            continue;
        }
        for (_, alert) in alerting.alerts().filter(|(_, one)| one.state == AlertState::Firing) {
            let summary = alert.annotations.iter().find(|(name, _)| name == "summary");
            let summary = summary.map_or("", |(_, text)| text);
            let since = alert.fired_at.unwrap_or(alert.active_at);
            alerts.push((since, alerting.name().to_owned(), summary.to_owned()));
        }
    }
    alerts.sort();
    let head = ["Alertname", "Starts At", "Summary", "State", ""].map(str::to_owned);
    let rows = alerts.into_iter().map(|(since, name, summary)| {
        let since = timestamp(since).replace('T', " ").replace('Z', " UTC");
        [name, since, summary, "active".to_owned(), String::new()]
    });
    session.out.stdout.push_str(&table::rows_in(COLUMNS, std::iter::once(head).chain(rows)));
}
