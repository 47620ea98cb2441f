//! What the analyzers read in a VirtualService.

use crate::diagnostic::Position;
use crate::manifest::read::Cursor;
use crate::mesh::analyze::resource::Resource;

/// The name by which `gateways` means all sidecars (IST-05).
pub(super) const MESH: &str = "mesh";

/// Where a rule sends requests, or copies of them.
#[derive(Clone, Debug)]
pub(super) struct Destination<'r> {
    /// `host`, as written.
    pub(super) host: &'r str,
    /// `subset`; empty if none.
    pub(super) subset: &'r str,
    /// `port.number`.
    pub(super) port: Option<i64>,
    /// Where messages about it point to.
    pub(super) position: Option<Position>,
}

impl<'r> Destination<'r> {
    fn read(cursor: &Cursor<'r>) -> Self {
        Self {
            host: cursor.text("host").unwrap_or_default(),
            subset: cursor.text("subset").unwrap_or_default(),
            port: cursor.get("port").and_then(|port| port.get("number")?.number()),
            position: cursor.get("host").map(|host| host.position()),
        }
    }
}

/// Destinations of all rules: TCP, TLS, HTTP.
pub(super) fn destinations(resource: &Resource) -> Vec<Destination<'_>> {
    let Some(spec) = resource.spec() else { return Vec::new() };
    let rules = ["tcp", "tls", "http"].into_iter().flat_map(|protocol| spec.list(protocol));
    let routes = rules.flat_map(|rule| rule.list("route"));
    routes.map(|route| destination_of(&route)).collect()
}

/// A route without a destination counts as one to nowhere.
fn destination_of<'r>(route: &Cursor<'r>) -> Destination<'r> {
    match route.get("destination") {
        Some(destination) => Destination::read(&destination),
        None => Destination { host: "", subset: "", port: None, position: None },
    }
}

/// Destinations of one HTTP rule.
pub(super) fn http_destinations<'r>(rule: &Cursor<'r>) -> Vec<Destination<'r>> {
    rule.list("route").iter().map(destination_of).collect()
}

/// Where HTTP rules send copies. Istio places a message about one of the list `mirrors` as if it were
/// about `mirror`.
pub(super) fn mirrors(resource: &Resource) -> Vec<Destination<'_>> {
    let mut found = Vec::new();
    for rule in resource.spec().map(|spec| spec.list("http")).unwrap_or_default() {
        let mirror = rule.get("mirror").map(|mirror| Destination::read(&mirror));
        let position = mirror.as_ref().and_then(|mirror| mirror.position);
        found.extend(mirror);
        let list = rule.list("mirrors");
        found.extend(list.iter().map(|entry| Destination { position, ..destination_of(entry) }));
    }
    found
}

/// `exportTo`.
pub(super) fn export_to(resource: &Resource) -> Vec<String> {
    resource.spec().map(|spec| spec.texts("exportTo")).unwrap_or_default()
}

/// `hosts`.
pub(super) fn hosts(resource: &Resource) -> Vec<String> {
    resource.spec().map(|spec| spec.texts("hosts")).unwrap_or_default()
}
