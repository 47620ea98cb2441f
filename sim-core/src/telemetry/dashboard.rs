//! The dashboard of a rollout: what the page draws, and what Grafana draws from the same queries.
//!
//! Everything that concerns a colour is split by its version; errors by Envoy's flag, because 503 alone says
//! little; and requests are counted by the gateway, which also knows those that reached no pod (IST-93).

use crate::scenario::Scenario;

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A line for each series.
    Lines,
    /// Areas that stand on each other.
    Stacked,
    /// Buckets of a histogram over time.
    HeatMap,
}

/// One drawing of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardPanel {
    /// For people.
    pub title: &'static str,
    /// PromQL.
    pub query: &'static str,
    /// The label that tells series apart; empty if there is one series.
    pub by: &'static str,
    /// Grafana's name of the unit.
    pub unit: &'static str,
    /// How it is drawn.
    pub look: Look,
}

const fn panel(
    title: &'static str,
    (unit, by): (&'static str, &'static str),
    look: Look,
    query: &'static str,
) -> DashboardPanel {
    DashboardPanel { title, query, by, unit, look }
}

/// The drawings, in reading order: what users get, then what it rests on.
pub const PANELS: [DashboardPanel; 15] = [
    panel(
        "Requests by version",
        ("reqps", "destination_version"),
        Look::Stacked,
        "sum by (destination_version) (rate(istio_requests_total{reporter=\"source\"}[1m]))",
    ),
    panel(
        "Errors by response flag",
        ("reqps", "response_flags"),
        Look::Stacked,
        "sum by (response_flags) (rate(istio_requests_total{reporter=\"source\",response_code=~\"5..|0\"}[1m]))",
    ),
    panel(
        "Share of errors by version",
        ("percentunit", "destination_version"),
        Look::Lines,
        "sum by (destination_version) (rate(istio_requests_total{reporter=\"source\",response_code=~\"5..|0\"}[1m])) \
         / sum by (destination_version) (rate(istio_requests_total{reporter=\"source\"}[1m]))",
    ),
    panel(
        "Share of the traffic",
        ("percentunit", "destination_version"),
        Look::Lines,
        "sum by (destination_version) (rate(istio_requests_total{reporter=\"source\"}[1m])) \
         / ignoring (destination_version) group_left sum(rate(istio_requests_total{reporter=\"source\"}[1m]))",
    ),
    panel(
        "Latency, half of the requests",
        ("ms", "destination_version"),
        Look::Lines,
        "histogram_quantile(0.5, sum by (destination_version, le) \
         (rate(istio_request_duration_milliseconds_bucket{reporter=\"source\"}[1m])))",
    ),
    panel(
        "Latency, 99 of 100 requests",
        ("ms", "destination_version"),
        Look::Lines,
        "histogram_quantile(0.99, sum by (destination_version, le) \
         (rate(istio_request_duration_milliseconds_bucket{reporter=\"source\"}[1m])))",
    ),
    panel(
        "Latency, all requests",
        ("ms", "le"),
        Look::HeatMap,
        "sum by (le) (increase(istio_request_duration_milliseconds_bucket{reporter=\"source\"}[1m]))",
    ),
    panel(
        "Weights in the VirtualService",
        ("short", "subset"),
        Look::Stacked,
        "sum by (subset) (kube_customresource_virtualservice_route_weight)",
    ),
    panel(
        "Configuration by proxy",
        ("short", "pod"),
        Look::Lines,
        "max by (pod) (cutover_proxy_config_version) \
         or label_replace(max(cutover_istiod_config_version), \"pod\", \"istiod\", \"\", \"\")",
    ),
    panel(
        "Available pods",
        ("short", "deployment"),
        Look::Lines,
        "sum by (deployment) (kube_deployment_status_replicas_available)",
    ),
    panel(
        "CPU by pod, in cores",
        ("short", "pod"),
        Look::Lines,
        "sum by (pod) (rate(container_cpu_usage_seconds_total[1m]))",
    ),
    panel(
        "Share of periods in which a pod was throttled",
        ("percentunit", "pod"),
        Look::Lines,
        "sum by (pod) (rate(container_cpu_cfs_throttled_periods_total[1m])) \
         / sum by (pod) (rate(container_cpu_cfs_periods_total[1m]))",
    ),
    panel(
        "Memory by pod",
        ("bytes", "pod"),
        Look::Lines,
        "sum by (pod) (container_memory_working_set_bytes)",
    ),
    panel(
        "Connections to the database",
        ("short", "state"),
        Look::Stacked,
        "sum by (state) (pg_stat_activity_count)",
    ),
    panel(
        "Changes of the schema",
        ("short", "newest"),
        Look::Lines,
        "max by (newest) (cutover_schema_changes)",
    ),
];

/// The panels for which a scenario has something to show: without a schema, the database has
/// neither sessions nor changes.
pub fn panels(scenario: &Scenario) -> impl Iterator<Item = &'static DashboardPanel> {
    let schema = scenario.database.schema.is_some();
    let of_database = ["pg_stat_activity", "cutover_schema"];
    PANELS.iter().filter(move |panel| {
        schema || !of_database.iter().any(|metric| panel.query.contains(metric))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::random::Seed;
    use crate::scenario::tests::shipped;
    use crate::simulation::Simulation;
    use crate::telemetry::promql::{Query, Value};
    use crate::time::SimTime;

    fn run(name: &str) -> Simulation {
        let scenario = Scenario::load(&shipped(name)).expect("a shipped scenario").0;
        let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
        simulation.run_until(SimTime::from_secs(180));
        simulation
    }

    #[test]
    fn every_panel_shows_something_of_some_run_split_by_its_label() {
        let runs = [run("pools-and-limits"), run("first-cutover")];
        for DashboardPanel { title, query, by, .. } in &PANELS {
            let query =
                Query::parse(query).unwrap_or_else(|problem| panic!("{title}: {problem:?}"));
            let mut shown = 0;
            for simulation in &runs {
                let tsdb = &simulation.world().telemetry.tsdb;
                let value = query.evaluate(tsdb, simulation.now()).expect("it can be evaluated");
                let Value::Vector(series) = value else { panic!("{title}: no vector") };
                assert!(series.iter().all(|(labels, _)| !labels.get(by).is_empty()), "{title}");
                shown += series.len();
            }
            // Nothing fails in either.
            assert!(title.contains("rrors") || 0 < shown, "{title}");
        }
    }
}
