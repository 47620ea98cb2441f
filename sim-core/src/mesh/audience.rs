//! For whom istiod computes a configuration: which of the rules that users wrote are for whom.
//!
//! Simplified: sidecars know no hosts but those that some Service or VirtualService has (IST-12), and all
//! pods of one population of callers are alike.

use crate::cluster::api::{ApiServer, Kind, Object, Spec};
use crate::cluster::spec::{Labels, selects};
use crate::mesh::config::{
    Cluster, HTTP_PORT, Route, VirtualHost, host_matches, route, selects_all, service_name,
};
use crate::mesh::matching::HttpMatch;
use crate::mesh::spec::{GatewaySpec, HttpRoute, RouteDestination, VirtualServiceSpec};

/// What a VirtualService calls all sidecars (IST-05).
const MESH: &str = "mesh";

/// Proxies that get the same configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The replicas of the ingress gateway.
    Gateway,
    /// The sidecars of one workload.
    Sidecars {
        /// Its name.
        workload: String,
        /// Labels of its pods.
        labels: Labels,
    },
}

impl Audience {
    /// Host patterns whose requests they take.
    pub(super) fn listens(&self, api: &ApiServer) -> Vec<String> {
        match self {
            Self::Gateway => {
                let gateways = api.list(Kind::Gateway).filter_map(open_gateway);
                gateways.flat_map(|(_, hosts)| hosts).collect()
            }
            Self::Sidecars { .. } => vec!["*".to_owned()],
        }
    }

    /// The rules that are for them, the oldest VirtualService first.
    pub(super) fn virtual_hosts(&self, api: &ApiServer, clusters: &[Cluster]) -> Vec<VirtualHost> {
        let all = api.list(Kind::VirtualService);
        let mut all: Vec<_> = all.filter_map(|(_, o)| Some((o, virtual_service(o)?))).collect();
        all.sort_by_key(|(object, _)| object.created);
        let bound = |listener: &Listener<'_>| -> Vec<VirtualHost> {
            let hosts = all.iter().map(|(object, spec)| VirtualHost {
                name: object.manifest.name.clone(),
                hosts: spec.hosts.clone(),
                port: None,
                routes: routes(spec, listener, api, clusters),
            });
            hosts.filter(|virtual_host| !virtual_host.routes.is_empty()).collect()
        };
        match self {
            // On a gateway, rules of several VirtualServices are merged (IST-09), each for the hosts
            // that it and a Gateway which it names have in common.
            Self::Gateway => {
                let mut gateways: Vec<_> = api.list(Kind::Gateway).collect();
                gateways.sort_by_key(|(_, object)| object.created);
                let mut found: Vec<VirtualHost> = Vec::new();
                for (name, open) in gateways.into_iter().filter_map(open_gateway) {
                    let is_this = |written: &String| refers(written, name);
                    let labels = &gateway_labels();
                    let port = Some(HTTP_PORT);
                    for mut one in bound(&Listener { is_this: &is_this, labels, port }) {
                        one.hosts = common_hosts(&one.hosts, &open);
                        if !one.hosts.is_empty() && !found.contains(&one) {
                            found.push(one);
                        }
                    }
                }
                found
            }
            Self::Sidecars { labels, .. } => {
                let is_this = |written: &String| written == MESH;
                let mut hosts = alone(bound(&Listener { is_this: &is_this, labels, port: None }));
                let without = unruled(&hosts, api, clusters);
                hosts.extend(without);
                hosts
            }
        }
    }
}

/// What a VirtualService's rules are bound to.
struct Listener<'a> {
    /// Whether a name under `gateways` means it.
    is_this: &'a dyn Fn(&String) -> bool,
    /// Labels of the pods that have it.
    labels: &'a Labels,
    /// Its port; `None`: every one.
    port: Option<u16>,
}

/// What two lists of host patterns have in common: of two that overlap, the narrower one.
fn common_hosts(hosts: &[String], open: &[String]) -> Vec<String> {
    let mut common: Vec<String> = Vec::new();
    // What a Gateway opens for another namespace has kept its `NAMESPACE/`.
    let open = open.iter().filter(|open| !open.contains('/'));
    for (host, open) in hosts.iter().flat_map(|host| open.clone().map(move |open| (host, open))) {
        let inside = host_matches(open, host).then_some(host);
        let narrower = inside.or_else(|| host_matches(host, open).then_some(open));
        common.extend(narrower.filter(|one| !common.contains(one)).cloned());
    }
    common
}

/// In sidecars the oldest VirtualService of a host has it alone (IST-09).
fn alone(virtual_hosts: Vec<VirtualHost>) -> Vec<VirtualHost> {
    let mut taken: Vec<String> = Vec::new();
    let mut kept = Vec::new();
    for mut one in virtual_hosts {
        let mut hosts: Vec<_> =
            one.hosts.iter().map(|host| service_name(host).to_owned()).collect();
        hosts.retain(|host| {
            let is_new = !taken.contains(host);
            taken.extend(is_new.then(|| host.clone()));
            is_new
        });
        if !hosts.is_empty() {
            one.hosts = hosts;
            kept.push(one);
        }
    }
    kept
}

/// Services for which no VirtualService speaks: all of their endpoints, with Istio's own retries
/// (IST-03, 30).
fn unruled(ruled: &[VirtualHost], api: &ApiServer, clusters: &[Cluster]) -> Vec<VirtualHost> {
    let patterns: Vec<&String> = ruled.iter().flat_map(|one| &one.hosts).collect();
    let speaks_for = |pattern: &str, service: &str| {
        let full = format!("{service}.default.svc.cluster.local");
        host_matches(pattern, service) || host_matches(pattern, &full)
    };
    let whole = clusters.iter().filter(|cluster| cluster.subset.is_empty());
    let free = whole.filter(|one| !patterns.iter().any(|host| speaks_for(host, &one.service)));
    free.map(|cluster| {
        let to = RouteDestination {
            host: cluster.service.clone(),
            subset: None,
            port: Some(cluster.port),
            weight: None,
        };
        let rule = HttpRoute { destinations: vec![to], ..HttpRoute::default() };
        VirtualHost {
            name: String::new(),
            hosts: vec![cluster.service.clone()],
            port: Some(cluster.port),
            routes: vec![route(&rule, api, clusters)],
        }
    })
    .collect()
}

/// The host patterns of a Gateway that selects Istio's ingress gateway and opens its HTTP port. What it
/// opens for another namespace opens the port, and no more.
fn open_gateway<'a>((name, object): (&'a str, &Object)) -> Option<(&'a str, Vec<String>)> {
    let Spec::Gateway(GatewaySpec { selector, servers }) = &object.manifest.spec else {
        return None;
    };
    let labels = gateway_labels();
    let http = |protocol: &str| protocol == "HTTP" || protocol == "HTTP2";
    let open = servers.iter().filter(|server| server.port == HTTP_PORT && http(&server.protocol));
    let ours = |host: &String| match host.split_once('/') {
        Some(("." | "*" | "default", name)) => name.to_owned(),
        _ => host.clone(),
    };
    let hosts: Vec<_> = open.flat_map(|server| server.hosts.iter().map(ours)).collect();
    (selects(selector, &labels) && !hosts.is_empty()).then_some((name, hosts))
}

/// Labels of the ingress gateway's pods.
fn gateway_labels() -> Labels {
    [("app", "istio-ingressgateway"), ("istio", "ingressgateway")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

fn virtual_service(object: &Object) -> Option<&VirtualServiceSpec> {
    match &object.manifest.spec {
        Spec::VirtualService(spec) => Some(spec),
        _ => None,
    }
}

/// Whether `my-gateway` or `default/my-gateway` names the gateway.
fn refers(written: &str, name: &str) -> bool {
    written == name || written.strip_prefix("default/") == Some(name)
}

/// What of a VirtualService's rules is for a listener: those bound to it, by the top level or by an
/// entry of their own (IST-02, 05), up to the first that matches everything (IST-01).
fn routes(
    spec: &VirtualServiceSpec,
    Listener { is_this, labels, port }: &Listener<'_>,
    api: &ApiServer,
    clusters: &[Cluster],
) -> Vec<Route> {
    let bound = spec.gateways.iter().any(is_this);
    let applies = |entry: &&HttpMatch| {
        let own = &entry.gateways;
        let here = if own.is_empty() { bound } else { own.iter().any(is_this) };
        let asked = entry.port.zip(*port).is_none_or(|(asked, port)| asked == port);
        here && asked && selects_all(&entry.source_labels, labels)
    };
    // Where there is one port, nobody need ask for it.
    let settled = |entry: &HttpMatch| {
        let port = entry.port.filter(|_| port.is_none());
        HttpMatch { port, ..entry.clone() }
    };
    let mut routes = Vec::new();
    for rule in &spec.http {
        let matches: Vec<_> = rule.matches.iter().filter(applies).map(settled).collect();
        if matches.is_empty() && !(rule.matches.is_empty() && bound) {
            continue;
        }
        let route = Route { matches, ..route(rule, api, clusters) };
        let last = route.is_catch_all();
        routes.push(route);
        if last {
            break;
        }
    }
    routes
}
