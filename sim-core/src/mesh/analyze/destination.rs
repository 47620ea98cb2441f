//! IST0101 for hosts and ports, IST0112, IST0140.

use std::collections::{BTreeMap, BTreeSet};

use crate::mesh::analyze::hosts::{Known, ServiceHosts};
use crate::mesh::analyze::message::list;
use crate::mesh::analyze::resource::{FullName, Resource, Resources};
use crate::mesh::analyze::virtual_service::{
    Destination, destinations, export_to, hosts, http_destinations, mirrors,
};
use crate::mesh::analyze::{Code, Message, Report};

pub(super) fn analyze(resources: &Resources, report: &mut Report) {
    let services = ServiceHosts::new(resources);
    let with_subset = routes_with_subset(resources);
    for resource in resources.of("VirtualService") {
        let export_to = export_to(resource);
        let of_routes = destinations(resource).into_iter().map(|to| ("host", to));
        let of_mirrors = mirrors(resource).into_iter().map(|to| ("mirror host", to));
        for (what, to) in of_routes.chain(of_mirrors) {
            match services.find(resource.namespace(), &export_to, to.host) {
                Some(known) => check_port(resource, &to, known, report),
                None => report.add(not_found(resource, what, to.host).at(to.position)),
            }
        }
        without_effect_at_ingress(resource, &with_subset, report);
    }
}

/// IST0101.
pub(super) fn not_found(resource: &Resource, what: &str, name: &str) -> Message {
    let text = format!("Referenced {what} not found: {name:?}");
    Message::new(Code::ReferencedResourceNotFound, resource, text)
}

/// A port must be named if the service has several (IST-11), and must be one of its ports.
fn check_port(resource: &Resource, to: &Destination<'_>, known: &Known, report: &mut Report) {
    match to.port {
        None if 1 < known.ports.len() => {
            let text = format!(
                "This VirtualService routes to a service {:?} that exposes multiple ports {}. \
                 Specifying a port in the destination is required to disambiguate.",
                to.host,
                list(&known.ports)
            );
            let code = Code::VirtualServiceDestinationPortSelectorRequired;
            report.add(Message::new(code, resource, text).at(to.position));
        }
        Some(port) if !known.ports.contains(&port) => {
            let name = format!("{}:{port}", to.host);
            report.add(not_found(resource, "host:port", &name).at(to.position));
        }
        _ => {}
    }
}

type Routes = BTreeMap<String, BTreeSet<FullName>>;

/// `VirtualServices` for a service's own name that choose a subset of it, by that name.
fn routes_with_subset(resources: &Resources) -> Routes {
    let mut found = Routes::new();
    for resource in resources.of("VirtualService") {
        let hosts = hosts(resource);
        let rules = resource.spec().map(|spec| spec.list("http")).unwrap_or_default();
        for to in rules.iter().flat_map(http_destinations) {
            if !to.subset.is_empty() && hosts.iter().any(|host| host == to.host) {
                found.entry(to.host.to_owned()).or_default().insert(resource.name.clone());
            }
        }
    }
    found
}

/// IST0140: ingress traffic goes straight to the service and never meets the rules for its name
/// (IST-05). Hosts are compared as written.
fn without_effect_at_ingress(resource: &Resource, with_subset: &Routes, report: &mut Report) {
    let Some(spec) = resource.spec() else { return };
    if spec.list("gateways").is_empty() {
        return;
    }
    for to in spec.list("http").iter().flat_map(http_destinations) {
        if !to.subset.is_empty() {
            continue;
        }
        for other in with_subset.get(to.host).into_iter().flatten() {
            let text = format!(
                "Subset in virtual service {other} has no effect on ingress gateway {} requests",
                resource.name
            );
            report.add(Message::new(Code::IngressRouteRulesNotAffected, resource, text));
        }
    }
}
