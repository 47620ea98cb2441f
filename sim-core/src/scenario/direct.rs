//! `via`, `connections` and `sidecar` of a population: callers that need no gateway.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::suggest;
use crate::manifest::yaml;
use crate::mesh::config::service_name;
use crate::scenario::read::duration;
use crate::scenario::{DirectCalls, SidecarCalls, Way};
use crate::time::SimDuration;

/// The way of users for whom nothing else is said.
const GATEWAY: &str = "gateway";

/// Port of a Service for which none is said.
const HTTP_PORT: u16 = 80;

/// Connections at most, if it is not said how many.
const COUNT: u32 = 20;

/// Idle time of a connection if it is not said: that of Go's HTTP client.
const IDLE: SimDuration = SimDuration::from_secs(90);

/// How the requests of a population reach the application.
pub(super) fn read(population: &Cursor<'_>, findings: &mut Findings) -> Way {
    let way = population.text("via").unwrap_or(GATEWAY);
    let (connections, sidecar) = (population.get("connections"), population.get("sidecar"));
    if way == GATEWAY {
        for one in connections.iter().chain(&sidecar) {
            let message = format!("{}: who comes through the gateway has none", one.path);
            let help = "leave it out, or write via: service/NAME for callers in the cluster";
            findings.fix(one.position(), message, help);
        }
        return Way::Gateway;
    }
    let Some((service, port)) = service_and_port(way) else {
        let via = population.get("via").unwrap_or_else(|| population.clone());
        let message = format!("{}: {:?} is no way to the application", via.path, shorten(way));
        let help = "write gateway, service/NAME or service/NAME:PORT";
        findings.fix(via.position(), message, help);
        return Way::Gateway;
    };
    if let Some(sidecar) = sidecar {
        if let Some(connections) = connections {
            let message = format!("{}: the sidecar opens and keeps them", connections.path);
            findings.fix(connections.position(), message, "leave out connections or sidecar");
        }
        return Way::Sidecar(by_sidecar(population, &sidecar, (service, port), findings));
    }
    let count = |name| connections.as_ref().and_then(|connections| connections.count(name));
    let mut length = |name: &str| {
        let connections = connections.as_ref().filter(|all| all.get(name).is_some())?;
        Some(duration(connections, name, IDLE, findings))
    };
    Way::Direct(DirectCalls {
        service: service.to_owned(),
        port,
        idle: length("idle").unwrap_or(IDLE),
        max_age: length("max-age"),
        count: u16::try_from(count("count").unwrap_or(COUNT).max(1)).unwrap_or(u16::MAX),
        max_requests: count("max-requests"),
    })
}

/// Callers whose pods have sidecars. They ask for the Service by one of its names.
fn by_sidecar(
    population: &Cursor<'_>,
    sidecar: &Cursor<'_>,
    (service, port): (&str, u16),
    findings: &mut Findings,
) -> SidecarCalls {
    if let (Some(cursor), Some(host)) = (population.get("host"), population.text("host"))
        && service_name(host) != service
    {
        let message =
            format!("{}: {:?} is not the Service that is called", cursor.path, shorten(host));
        findings.fix(cursor.position(), message, format!("leave it out, or write {service}"));
    }
    let workload = workload_name(population.text("name").unwrap_or_default());
    let mut labels = sidecar.labels("labels");
    if labels.is_empty() {
        labels.insert("app".to_owned(), workload.clone());
    }
    let pods = sidecar.count("pods").and_then(|pods| u8::try_from(pods).ok()).unwrap_or(1).max(1);
    SidecarCalls { service: service.to_owned(), port, workload, pods, labels }
}

/// A name for people as that of a Deployment: `Mobile app` is `mobile-app`.
fn workload_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    let name = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "callers".to_owned() } else { name.chars().take(40).collect() }
}

/// `service/NAME` or `service/NAME:PORT`.
fn service_and_port(way: &str) -> Option<(&str, u16)> {
    let service = way.strip_prefix("service/").or_else(|| way.strip_prefix("svc/"))?;
    let (name, port) = match service.split_once(':') {
        Some((name, port)) => (name, port.parse().ok().filter(|&port| port != 0)?),
        None => (service, HTTP_PORT),
    };
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!name.is_empty() && name.chars().all(inner)).then_some((name, port))
}

/// Checks that the Services that are called are among the learner's files.
pub(super) fn check_services(
    populations: &[Cursor<'_>],
    workspace: &BTreeMap<String, String>,
    findings: &mut Findings,
) {
    let known = services(workspace);
    for population in populations {
        let Some((via, text)) = population.get("via").zip(population.text("via")) else { continue };
        let Some((service, _)) = service_and_port(text) else { continue };
        if !known.contains(service) {
            let message =
                format!("{}: no file of workspace has a Service {:?}", via.path, shorten(service));
            let help = suggest::did_you_mean(service, known.iter().map(String::as_str))
                .unwrap_or_else(|| "add its manifest to the folder workspace".to_owned());
            findings.fix(via.position(), message, help);
        }
    }
}

/// Names of all Services in the learner's files.
fn services(workspace: &BTreeMap<String, String>) -> BTreeSet<String> {
    let files =
        workspace.iter().filter(|(path, _)| path.ends_with(".yaml") || path.ends_with(".yml"));
    let documents = files.filter_map(|(path, text)| yaml::parse(path, text).ok()).flatten();
    let name = |document: yaml::Node| {
        let root = Cursor::root(&document);
        let is_service = root.text("kind") == Some("Service");
        let metadata = root.get("metadata").filter(|_| is_service)?;
        metadata.text("name").map(str::to_owned)
    };
    documents.filter_map(name).collect()
}
