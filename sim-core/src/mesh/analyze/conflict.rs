//! IST0109: `VirtualServices` for the same host in the mesh (IST-09).

use std::collections::{BTreeMap, BTreeSet};

use crate::mesh::analyze::hosts::{EVERYWHERE, full, overlap, scopes};
use crate::mesh::analyze::resource::{Resource, Resources};
use crate::mesh::analyze::virtual_service::{MESH, export_to, hosts};
use crate::mesh::analyze::{Code, Message, Report};

/// Visible in which namespace, and host.
type ScopedHost = (String, String);

pub(super) fn analyze(resources: &Resources, report: &mut Report) {
    let mut by_host: BTreeMap<ScopedHost, Vec<&Resource>> = BTreeMap::new();
    for resource in resources.of("VirtualService").filter(|resource| is_bound_to_mesh(resource)) {
        for scope in scopes(resource.namespace(), &export_to(resource)) {
            for host in hosts(resource) {
                let key = (scope.clone(), full(resource.namespace(), &host));
                by_host.entry(key).or_default().push(resource);
            }
        }
    }
    let everywhere: Vec<(&str, &Vec<&Resource>)> = by_host
        .iter()
        .filter(|((scope, _), _)| scope == EVERYWHERE)
        .map(|((_, host), rules)| (host.as_str(), rules))
        .collect();
    let mut reported = BTreeSet::new();
    for ((scope, host), own) in &by_host {
        let mut rules = own.clone();
        if scope != EVERYWHERE {
            // What every namespace sees is seen here too.
            let others = everywhere.iter().filter(|(other, _)| overlap(host, other));
            rules.extend(others.flat_map(|(_, rules)| rules.iter().copied()));
        }
        if rules.len() < 2 {
            continue;
        }
        let names: Vec<String> = rules.iter().map(|resource| resource.name.to_string()).collect();
        let text = format!(
            "The VirtualServices {} associated with mesh gateway define the same host \
             {scope}/{host} which can lead to undefined behavior. This can be fixed by merging the \
             conflicting VirtualServices into a single resource.",
            names.join(",")
        );
        for resource in rules {
            if reported.insert(&resource.name) && !report.is_full() {
                let place = resource.at(&["metadata", "name"]).map(|name| name.position());
                let code = Code::ConflictingMeshGatewayVirtualServiceHosts;
                report.add(Message::new(code, resource, text.clone()).at(place));
            }
        }
    }
}

/// Whether sidecars follow it (IST-05).
fn is_bound_to_mesh(resource: &Resource) -> bool {
    let gateways = resource.spec().map(|spec| spec.texts("gateways")).unwrap_or_default();
    gateways.is_empty() || gateways.iter().any(|gateway| gateway == MESH)
}
