//! Gateways: IST0101 for missing ones and for selectors, IST0132, IST0145.

use std::collections::BTreeMap;

use crate::cluster::spec::Labels;
use crate::manifest::read::Cursor;
use crate::mesh::analyze::destination::not_found;
use crate::mesh::analyze::hosts::overlap;
use crate::mesh::analyze::message::list;
use crate::mesh::analyze::resource::{FullName, Resource, Resources, holds, selector_text};
use crate::mesh::analyze::virtual_service::{MESH, hosts};
use crate::mesh::analyze::{Code, Message, Report};

/// The Gateways that a VirtualService names must exist and open one of its hosts. One that does not
/// exist opens none: istioctl then prints both messages.
pub(super) fn analyze_references(resources: &Resources, report: &mut Report) {
    for resource in resources.of("VirtualService") {
        let Some(spec) = resource.spec() else { continue };
        let hosts = hosts(resource);
        for cursor in spec.list("gateways") {
            let Some(written) = cursor.node.as_str().filter(|name| *name != MESH) else { continue };
            let name = match written.split_once('/') {
                Some((namespace, name)) => FullName::new(namespace, name),
                None => FullName::new(resource.namespace(), written),
            };
            let gateway = resources.get("Gateway", &name);
            if gateway.is_none() {
                report.add(not_found(resource, "gateway", written).at(Some(cursor.position())));
            }
            let open = gateway.map(|gateway| open_hosts(gateway, resource.namespace()));
            let open = open.unwrap_or_default();
            if !open.iter().any(|open| hosts.iter().any(|host| overlap(open, host))) {
                let text = format!(
                    "one or more host {} defined in VirtualService {} not found in Gateway {name}.",
                    list(&hosts),
                    resource.name
                );
                let message =
                    Message::new(Code::VirtualServiceHostNotFoundInGateway, resource, text);
                report.add(message.at(Some(cursor.position())));
            }
        }
    }
}

/// The hosts that a Gateway opens for `VirtualServices` of a namespace: `NAMESPACE/HOST` opens a host
/// for one namespace, `./HOST` for the Gateway's, `*/HOST` and `HOST` for all.
fn open_hosts(gateway: &Resource, namespace: &str) -> Vec<String> {
    let servers = gateway.spec().map(|spec| spec.list("servers")).unwrap_or_default();
    let written = servers.iter().flat_map(|server| server.texts("hosts"));
    let open = written.filter_map(|host| match host.split_once('/') {
        None => Some(host),
        Some((".", name)) => (gateway.namespace() == namespace).then(|| name.to_owned()),
        Some((scope, name)) => (scope == "*" || scope == namespace).then(|| name.to_owned()),
    });
    open.collect()
}

fn selector(gateway: &Resource) -> Labels {
    gateway.spec().map(|spec| spec.labels("selector")).unwrap_or_default()
}

/// Some pod must have the labels; in Istio that is a pod of any namespace.
pub(super) fn analyze_selectors(resources: &Resources, report: &mut Report) {
    for gateway in resources.of("Gateway") {
        let selector = selector(gateway);
        if resources.of("Pod").any(|pod| holds(&selector, &pod.labels)) {
            continue;
        }
        let first = selector.keys().next().map_or("", String::as_str);
        let place = gateway.at(&["spec", "selector", first]).map(|label| label.position());
        report.add(not_found(gateway, "selector", &selector_text(&selector)).at(place));
    }
}

fn port_of(server: &Cursor<'_>) -> i64 {
    server.get("port").and_then(|port| port.get("number")?.number()).unwrap_or(0)
}

/// Two Gateways for the same proxies, port and hosts.
pub(super) fn analyze_conflicts(resources: &Resources, report: &mut Report) {
    // As Istio does it: of several servers of a Gateway on one port, the last counts for the others.
    let mut open: BTreeMap<(String, i64), BTreeMap<&FullName, Vec<String>>> = BTreeMap::new();
    for gateway in resources.of("Gateway") {
        let selector = selector_text(&selector(gateway));
        for server in gateway.spec().map(|spec| spec.list("servers")).unwrap_or_default() {
            let key = (selector.clone(), port_of(&server));
            open.entry(key).or_default().insert(&gateway.name, server.texts("hosts"));
        }
    }
    for gateway in resources.of("Gateway") {
        let selector = selector_text(&selector(gateway));
        for server in gateway.spec().map(|spec| spec.list("servers")).unwrap_or_default() {
            let (hosts, port) = (server.texts("hosts"), port_of(&server));
            let others = open.get(&(selector.clone(), port)).into_iter().flatten();
            let mut rivals = Vec::new();
            for (name, theirs) in others.filter(|(name, _)| **name != &gateway.name) {
                let meets = |host: &&String| theirs.iter().any(|other| overlap(host, other));
                // Once for every host that meets one of theirs.
                rivals.extend(hosts.iter().filter(meets).map(|_| name.to_string()));
            }
            if !rivals.is_empty() && !report.is_full() {
                let text = format!(
                    "Conflict with gateways {} (workload selector {selector}, port {port}, hosts \
                     {}).",
                    rivals.join(","),
                    hosts.join(",")
                );
                report.add(Message::new(Code::ConflictingGateways, gateway, text));
            }
        }
    }
}
