//! What a person would say has changed from one configuration to the next.

use crate::mesh::config::{Cluster, Config, Route, Weighted};
use crate::mesh::config_name;

/// What a person would say has changed from one configuration to the next.
pub(super) fn describe(old: &Config, new: &Config) -> String {
    let mut changes = Vec::new();
    if old.listens.is_empty() && !new.listens.is_empty() {
        changes.push("port 80 opens".to_owned());
    } else if !old.listens.is_empty() && new.listens.is_empty() {
        changes.push("port 80 closes".to_owned());
    }
    if old.virtual_hosts != new.virtual_hosts {
        changes.extend(new.virtual_hosts.iter().map(|one| {
            let rules: Vec<_> = one.routes.iter().map(describe_route).collect();
            format!("{} routes {}", one.name, rules.join("; then "))
        }));
        if new.virtual_hosts.is_empty() {
            changes.push("no routes".to_owned());
        }
    }
    for cluster in &new.clusters {
        let same = |other: &&Cluster| {
            (&other.service, other.port, &other.subset)
                == (&cluster.service, cluster.port, &cluster.subset)
        };
        let known = old.clusters.iter().find(same);
        if known.is_some_and(|known| !known.same_settings(cluster)) {
            let name = config_name(&cluster.service, &cluster.subset);
            changes.push(format!("{name} has another traffic policy"));
        }
        let before = known.map(|other| other.endpoints.len());
        let now = cluster.endpoints.len();
        if before != Some(now) && (!cluster.subset.is_empty() || before.unwrap_or(0) != now) {
            let name = config_name(&cluster.service, &cluster.subset);
            let before = before.map_or_else(|| "new".to_owned(), |count| count.to_string());
            changes.push(format!("{name} endpoints {before} → {now}"));
        }
    }
    if changes.is_empty() { "endpoints changed".to_owned() } else { changes.join(", ") }
}

fn describe_route(route: &Route) -> String {
    let total: u32 = route.destinations.iter().map(|to| to.weight).sum();
    let share = |to: &Weighted| {
        let percent = 100.0 * f64::from(to.weight) / f64::from(total.max(1));
        format!("{:.0} % to {}", percent, config_name(&to.host, &to.subset))
    };
    route.destinations.iter().map(share).collect::<Vec<_>>().join(", ")
}
