//! Subsets: IST0101 for routes that name an unknown one, IST0173, IST0174.

use std::collections::BTreeSet;

use crate::cluster::spec::Labels;
use crate::mesh::analyze::destination::not_found;
use crate::mesh::analyze::hosts::{ServiceHosts, service};
use crate::mesh::analyze::resource::{FullName, Resources, holds};
use crate::mesh::analyze::virtual_service::{destinations, export_to, mirrors};
use crate::mesh::analyze::{Code, Message, Report};

/// A subset must be defined by some DestinationRule that is seen; whether it has pods is another
/// question (IST-21).
pub(super) fn analyze_routes(resources: &Resources, report: &mut Report) {
    let mut defined: BTreeSet<(FullName, String)> = BTreeSet::new();
    for rule in resources.of("DestinationRule") {
        let Some(spec) = rule.spec() else { continue };
        let host = service(rule.namespace(), spec.text("host").unwrap_or_default());
        for subset in spec.list("subsets") {
            let name = subset.text("name").unwrap_or_default();
            defined.insert((host.clone(), name.to_owned()));
        }
    }
    for resource in resources.of("VirtualService") {
        let route = |to| ("host+subset in destinationrule", to);
        let mirror = |to| ("mirror+subset in destinationrule", to);
        let all = destinations(resource).into_iter().map(route);
        for (what, to) in all.chain(mirrors(resource).into_iter().map(mirror)) {
            let key = (service(resource.namespace(), to.host), to.subset.to_owned());
            if !to.subset.is_empty() && !defined.contains(&key) {
                let name = format!("{}+{}", to.host, to.subset);
                report.add(not_found(resource, what, &name).at(to.position));
            }
        }
    }
}

/// A host must be a service; every subset should select a pod, in whatever namespace (IST-22).
pub(super) fn analyze_pods(resources: &Resources, report: &mut Report) {
    let services = ServiceHosts::new(resources);
    // Many pods have the same labels.
    let pods: BTreeSet<&Labels> = resources.of("Pod").map(|pod| &pod.labels).collect();
    for rule in resources.of("DestinationRule") {
        let Some(spec) = rule.spec() else { continue };
        let host = spec.text("host").unwrap_or_default();
        let Some(known) = services.find(rule.namespace(), &export_to(rule), host) else {
            let text = format!(
                "The host {host} defined in the DestinationRule does not match any services in \
                 the mesh."
            );
            report.add(Message::new(Code::UnknownDestinationRuleHost, rule, text));
            continue;
        };
        for subset in spec.list("subsets") {
            let mut selector = known.workloads.clone();
            selector.extend(subset.labels("labels"));
            if pods.iter().any(|labels| holds(&selector, labels)) {
                continue;
            }
            let text = format!(
                "The Subset {} defined in the DestinationRule does not select any pods. Which may \
                 lead to 503 UH (NoHealthyUpstream).",
                subset.text("name").unwrap_or_default()
            );
            report.add(Message::new(Code::DestinationRuleSubsetNotSelectPods, rule, text));
        }
    }
}
