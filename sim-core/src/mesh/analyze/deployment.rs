//! IST0116 and IST0137: Services that disagree about the ports of the same pods.

use std::collections::{BTreeMap, BTreeSet};

use crate::mesh::analyze::injection::is_in_mesh;
use crate::mesh::analyze::message::list;
use crate::mesh::analyze::port_name::{ServicePort, service_ports};
use crate::mesh::analyze::resource::{Resource, Resources, holds};
use crate::mesh::analyze::{Code, Message, Report};

/// A Service and its ports.
type Found<'r> = (&'r Resource, Vec<ServicePort<'r>>);

pub(super) fn analyze(resources: &Resources, report: &mut Report) {
    for deployment in resources.of("Deployment") {
        let Some(template) = deployment.at(&["spec", "template"]) else { continue };
        if !is_in_mesh(&template, deployment.namespace(), resources) {
            continue;
        }
        let labels =
            template.get("metadata").map(|found| found.labels("labels")).unwrap_or_default();
        let services = resources.of("Service").filter(|service| {
            let selector = service.spec().map(|spec| spec.labels("selector")).unwrap_or_default();
            let same = service.namespace() == deployment.namespace();
            same && !selector.is_empty() && holds(&selector, &labels)
        });
        let services: Vec<Found<'_>> =
            services.map(|service| (service, service_ports(service))).collect();
        check_protocols(deployment, &services, report);
        check_target_ports(deployment, &services, report);
    }
}

fn add(code: Code, deployment: &Resource, text: String, report: &mut Report) {
    let place = deployment.at(&["metadata", "name"]).map(|name| name.position());
    report.add(Message::new(code, deployment, text).at(place));
}

/// One port of several Services with different protocols.
fn check_protocols(deployment: &Resource, services: &[Found<'_>], report: &mut Report) {
    let mut ports: BTreeMap<i64, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for (service, their) in services {
        for port in their {
            let names = ports.entry(port.port).or_default().entry(port.protocol).or_default();
            names.push(service.name.to_string());
        }
    }
    for (port, protocols) in ports.iter().filter(|(_, protocols)| 1 < protocols.len()) {
        let mut names: Vec<&String> = protocols.values().flatten().collect();
        names.sort();
        let text = format!(
            "This deployment {} is associated with multiple services using port {port} but \
             different protocols: {}",
            deployment.name.name,
            list(names)
        );
        add(Code::DeploymentAssociatedToMultipleServices, deployment, text, report);
    }
}

/// One target port behind different ports.
fn check_target_ports(deployment: &Resource, services: &[Found<'_>], report: &mut Report) {
    let mut targets: BTreeMap<String, BTreeMap<i64, String>> = BTreeMap::new();
    for (service, their) in services {
        for port in their {
            let target = match port.target.as_str() {
                "0" | "" => port.port.to_string(),
                written => written.to_owned(),
            };
            targets.entry(target).or_default().insert(port.port, service.name.to_string());
        }
    }
    for (target, ports) in targets.iter().filter(|(_, ports)| 1 < ports.len()) {
        let mut names: Vec<&String> = ports.values().collect();
        names.sort();
        let ports: BTreeSet<&i64> = ports.keys().collect();
        let text = format!(
            "This deployment {} is associated with multiple services {} using targetPort \
             {target:?} but different ports: {}.",
            deployment.name.name,
            list(names),
            list(ports)
        );
        add(Code::DeploymentConflictingPorts, deployment, text, report);
    }
}
