//! Host names as the analyzers compare them.
//!
//! Short names end in the namespace of the object that says them (IST-06). A name with a dot counts
//! as full, so `my-app.default` is no service: Istio's own tool says so too.

use std::collections::BTreeMap;

use crate::cluster::spec::Labels;
use crate::manifest::read::Cursor;
use crate::mesh::analyze::resource::{FullName, Resources};

/// End of the full names of services.
const DOMAIN: &str = ".svc.cluster.local";

/// Every namespace, in `exportTo`.
pub(super) const EVERYWHERE: &str = "*";
/// The object's own namespace, in `exportTo`.
const HERE: &str = ".";

/// The full name of a host.
pub(super) fn full(namespace: &str, host: &str) -> String {
    if host.starts_with('*') || host.contains('.') {
        host.to_owned()
    } else {
        format!("{host}.{namespace}{DOMAIN}")
    }
}

/// The service that a host names.
pub(super) fn service(namespace: &str, host: &str) -> FullName {
    let parts = host.strip_suffix(DOMAIN).and_then(|rest| rest.rsplit_once('.'));
    match parts {
        Some((name, namespace)) if !name.is_empty() && !namespace.is_empty() => {
            FullName::new(namespace, name)
        }
        _ => FullName::new(namespace, host),
    }
}

/// Whether two hosts, each perhaps a wildcard, have a name in common.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    match (one.strip_prefix('*'), other.strip_prefix('*')) {
        (Some(one), Some(other)) => one.ends_with(other) || other.ends_with(one),
        (Some(end), None) => other.ends_with(end),
        (None, Some(end)) => one.ends_with(end),
        (None, None) => one == other,
    }
}

/// The namespaces that an object is visible in: its `exportTo`, resolved.
pub(super) fn scopes<S: AsRef<str>>(namespace: &str, export_to: &[S]) -> Vec<String> {
    if export_to.is_empty() || export_to.iter().any(|scope| scope.as_ref() == EVERYWHERE) {
        return vec![EVERYWHERE.to_owned()];
    }
    let resolved = export_to.iter().map(|scope| match scope.as_ref() {
        HERE => namespace.to_owned(),
        other => other.to_owned(),
    });
    resolved.collect()
}

/// A service that a destination may name.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Its ports.
    pub(super) ports: Vec<i64>,
    /// `workloadSelector` of a `ServiceEntry`.
    pub(super) workloads: Labels,
}

/// Every service of the cluster and of `ServiceEntries`, by the namespace that sees it and its host.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceHosts {
    known: BTreeMap<(String, String), Known>,
}

fn numbers(ports: &[Cursor<'_>], name: &str) -> Vec<i64> {
    ports.iter().filter_map(|port| port.get(name)?.number()).collect()
}

impl ServiceHosts {
    pub(super) fn new(resources: &Resources) -> Self {
        let mut hosts = Self::default();
        for entry in resources.of("ServiceEntry") {
            let Some(spec) = entry.spec() else { continue };
            let selector = spec.get("workloadSelector");
            let workloads = selector.map(|selector| selector.labels("labels")).unwrap_or_default();
            let known = Known { ports: numbers(&spec.list("ports"), "number"), workloads };
            for host in spec.texts("hosts") {
                hosts.insert(entry.namespace(), &spec.texts("exportTo"), &host, &known);
            }
        }
        for service in resources.of("Service") {
            let ports = service.spec().map(|spec| spec.list("ports")).unwrap_or_default();
            let known = Known { ports: numbers(&ports, "port"), workloads: Labels::new() };
            let export_to = service.annotations.get("networking.istio.io/exportTo");
            let export_to: Vec<&str> =
                export_to.map(|text| text.split(',').collect()).unwrap_or_default();
            hosts.insert(service.namespace(), &export_to, &service.name.name, &known);
        }
        hosts
    }

    fn insert<S: AsRef<str>>(
        &mut self,
        namespace: &str,
        export_to: &[S],
        host: &str,
        known: &Known,
    ) {
        for scope in scopes(namespace, export_to) {
            self.known.insert((scope, full(namespace, host)), known.clone());
        }
    }

    /// What a host names for an object in a namespace that is itself visible in `export_to`.
    pub(super) fn find(&self, namespace: &str, export_to: &[String], host: &str) -> Option<&Known> {
        let name = full(namespace, host);
        let seen_in = |scope: &str| self.known.get(&(scope.to_owned(), name.clone()));
        if let Some(known) = seen_in(EVERYWHERE) {
            return Some(known);
        }
        let found = if export_to.is_empty() {
            seen_in(namespace)
        } else {
            export_to
                .iter()
                .find_map(|scope| seen_in(if scope == HERE { namespace } else { scope.as_str() }))
        };
        found.or_else(|| self.wildcard(namespace, host))
    }

    /// A `ServiceEntry` for `*.example.com` covers whatever ends like it.
    fn wildcard(&self, namespace: &str, host: &str) -> Option<&Known> {
        let host = host.strip_prefix('*').unwrap_or(host);
        let covers = |(scope, pattern): &(String, String)| {
            (scope == EVERYWHERE || scope == namespace)
                && pattern.strip_prefix('*').is_some_and(|end| host.ends_with(end))
        };
        self.known.iter().find(|(key, _)| covers(key)).map(|(_, known)| known)
    }
}
