//! A configuration as Envoy's own, in JSON: what `-o json` prints, and what `proxy-status` compares.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

use crate::mesh::config::{Cluster, Config, HTTP_PORT, Route, VirtualHost, Weighted, host_matches};
use crate::mesh::spec::{HttpMatch, LoadBalancer, StringMatch};

/// The port of the gateway's pod behind port 80 of its Service.
pub(super) const POD_PORT: u16 = 8080;
/// Ports that every proxy opens, with the path they serve: readiness and metrics.
pub(super) const OWN_PORTS: [(u16, &str); 2] =
    [(15021, "/healthz/ready"), (15090, "/stats/prometheus")];
/// Clusters that every proxy has, with the address of their endpoint.
pub(super) const OWN_CLUSTERS: [(&str, Option<(&str, u16)>); 5] = [
    ("BlackHoleCluster", None),
    ("agent", Some(("127.0.0.1", 15020))),
    ("prometheus_stats", Some(("127.0.0.1", 15000))),
    ("sds-grpc", Some(("unix://./var/run/secrets/workload-spiffe-uds/socket", 0))),
    ("xds-grpc", Some(("unix://./etc/istio/proxy/XDS", 0))),
];

/// Indented as istioctl indents it.
pub(super) fn indented(value: &Value) -> String {
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"    ");
    let mut out = Serializer::with_formatter(&mut bytes, formatter);
    value.serialize(&mut out).expect("plain data has a JSON form");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// A list, for comparison.
pub(in crate::console::istioctl) fn json(entries: &[Value]) -> String {
    indented(&entries.into()) + "\n"
}

/// The full name of a service.
pub(super) fn fqdn(service: &str) -> String {
    format!("{service}.default.svc.cluster.local")
}

/// `outbound|80|green|my-app-service.default.svc.cluster.local`.
pub(super) fn cluster_name(service: &str, port: u16, subset: &str) -> String {
    format!("outbound|{port}|{subset}|{}", fqdn(service))
}

fn name(cluster: &Cluster) -> String {
    cluster_name(&cluster.service, cluster.port, &cluster.subset)
}

/// The clusters in istioctl's order.
pub(super) fn sorted(config: &Config) -> Vec<&Cluster> {
    let mut clusters: Vec<&Cluster> = config.clusters.iter().collect();
    clusters.sort_by_key(|one| (&one.service, &one.subset, one.port));
    clusters
}

fn istio_config(kind: &str, name: &str) -> Value {
    let path = format!("/apis/networking.istio.io/v1/namespaces/default/{kind}/{name}");
    json!({"filterMetadata": {"istio": {"config": path}}})
}

pub(in crate::console::istioctl) fn clusters(config: &Config) -> Vec<Value> {
    let own = OWN_CLUSTERS.iter().map(|(name, _)| json!({"name": name, "type": "STATIC"}));
    let configured = sorted(config).into_iter().map(|cluster| {
        let policy = match cluster.balancer {
            LoadBalancer::LeastRequest => "LEAST_REQUEST",
            LoadBalancer::RoundRobin => "ROUND_ROBIN",
            LoadBalancer::Random => "RANDOM",
        };
        let mut fields = json!({
            "name": name(cluster),
            "type": "EDS",
            "edsClusterConfig": {
                "edsConfig": {"ads": {}, "resourceApiVersion": "V3"},
                "serviceName": name(cluster),
            },
            "lbPolicy": policy,
        });
        if !cluster.destination_rule.is_empty() {
            fields["metadata"] = istio_config("destination-rule", &cluster.destination_rule);
        }
        fields
    });
    own.chain(configured).collect()
}

fn socket(address: &str, port: u16) -> Value {
    json!({"socketAddress": {"address": address, "portValue": port}})
}

pub(super) fn endpoints(config: &Config) -> Vec<Value> {
    let host = |address: Value| json!({"address": address, "healthStatus": {"edsHealthStatus": "HEALTHY"}, "weight": 1});
    let configured = sorted(config).into_iter().map(|cluster| {
        let hosts = cluster.endpoints.iter().map(|to| host(socket(&to.ip, to.port)));
        json!({"name": name(cluster), "addedViaApi": true, "hostStatuses": hosts.collect::<Vec<_>>()})
    });
    let own = OWN_CLUSTERS.iter().filter_map(|(name, address)| {
        let address = match (*address)? {
            (path, 0) => json!({"pipe": {"path": path.trim_start_matches("unix://")}}),
            (ip, port) => socket(ip, port),
        };
        Some(json!({"name": name, "hostStatuses": [host(address)]}))
    });
    configured.chain(own).collect()
}

pub(in crate::console::istioctl) fn listeners(config: &Config) -> Vec<Value> {
    let listener = |port: u16, routes: (&str, Value)| {
        let manager = json!({"name": "envoy.filters.network.http_connection_manager",
            "typedConfig": {routes.0: routes.1}});
        json!({"name": format!("0.0.0.0_{port}"), "address": socket("0.0.0.0", port),
            "filterChains": [{"filters": [manager]}]})
    };
    let open = (!config.listens.is_empty())
        .then(|| listener(POD_PORT, ("rds", json!({"routeConfigName": route_name()}))));
    let own = OWN_PORTS.iter().map(|(port, path)| {
        let host = json!({"name": "backend", "domains": ["*"],
            "routes": [{"match": {"prefix": path}}]});
        listener(*port, ("routeConfig", json!({"virtualHosts": [host]})))
    });
    open.into_iter().chain(own).collect()
}

/// Name of the gateway's route configuration.
pub(super) fn route_name() -> String {
    format!("http.{POD_PORT}")
}

/// Hosts that some Gateway opens and some VirtualService has rules for: where one is a wildcard, the
/// narrower of the two.
pub(super) fn domains(config: &Config) -> BTreeSet<&str> {
    let ruled = config.virtual_hosts.iter().flat_map(|one| &one.hosts);
    let pairs = ruled.flat_map(|host| config.listens.iter().map(move |open| (host, open)));
    let narrower = pairs.filter_map(|(host, open)| {
        let inside = host_matches(open, host).then_some(host);
        inside.or_else(|| host_matches(host, open).then_some(open))
    });
    narrower.map(String::as_str).collect()
}

/// The rules for a domain as Envoy gets them: each match is a route of its own (IST-01).
pub(super) fn rules<'c>(
    config: &'c Config,
    domain: &str,
) -> Vec<(&'c VirtualHost, &'c Route, Option<&'c HttpMatch>)> {
    let each = config.routes_for(domain).into_iter().flat_map(|(owner, route)| {
        let matches: Vec<Option<&HttpMatch>> = match route.matches.is_empty() {
            true => vec![None],
            false => route.matches.iter().map(Some).collect(),
        };
        matches.into_iter().map(move |one| (owner, route, one))
    });
    each.collect()
}

pub(in crate::console::istioctl) fn routes(config: &Config) -> Vec<Value> {
    let mut found = Vec::new();
    if !config.listens.is_empty() {
        let hosts = domains(config).into_iter().map(|domain| {
            let routes = rules(config, domain).into_iter().map(|(owner, route, one)| {
                let to = action(config, route);
                let metadata = istio_config("virtual-service", &owner.name);
                json!({"match": condition(one), "route": to, "metadata": metadata})
            });
            let routes: Vec<Value> = routes.collect();
            json!({"name": format!("{domain}:{HTTP_PORT}"), "domains": [domain], "routes": routes})
        });
        let mut hosts: Vec<Value> = hosts.collect();
        if hosts.is_empty() {
            hosts.push(json!({"name": format!("blackhole:{HTTP_PORT}"), "domains": ["*"]}));
        }
        found.push(json!({"name": route_name(), "virtualHosts": hosts, "validateClusters": false}));
    }
    found.extend(OWN_PORTS.iter().rev().map(|(_, path)| {
        let route = json!({"match": {"prefix": path}});
        json!({"virtualHosts": [{"name": "backend", "domains": ["*"], "routes": [route]}]})
    }));
    found
}

fn condition(one: Option<&HttpMatch>) -> Value {
    let Some(one) = one else { return json!({"prefix": "/"}) };
    let text = |wanted: &StringMatch| match wanted {
        StringMatch::Exact(text) => json!({"exact": text}),
        StringMatch::Prefix(text) => json!({"prefix": text}),
    };
    let mut fields = match &one.uri {
        Some(StringMatch::Exact(path)) => json!({"path": path, "caseSensitive": true}),
        Some(StringMatch::Prefix(prefix)) => json!({"prefix": prefix, "caseSensitive": true}),
        None => json!({"prefix": "/"}),
    };
    let method = one.method.iter().map(|method| (":method", method));
    let headers = one.headers.iter().map(|(name, wanted)| (name.as_str(), wanted));
    let headers: Vec<Value> = method
        .chain(headers)
        .map(|(name, wanted)| json!({"name": name, "stringMatch": text(wanted)}))
        .collect();
    if !headers.is_empty() {
        fields["headers"] = headers.into();
    }
    fields
}

fn action(config: &Config, route: &Route) -> Value {
    // A destination that has no cluster is named all the same: that is what 503 NC is (IST-21).
    let name = |to: &Weighted| {
        let known = to.cluster.and_then(|index| config.clusters.get(usize::from(index)));
        known.map_or_else(|| cluster_name(&to.host, HTTP_PORT, &to.subset), name)
    };
    let timeout = route.timeout.map_or(0.0, crate::time::SimDuration::as_secs_f64);
    let mut fields = json!({"timeout": format!("{timeout}s")});
    match &route.destinations[..] {
        [only] => fields["cluster"] = name(only).into(),
        several => {
            let weighted = several.iter().map(|to| json!({"name": name(to), "weight": to.weight}));
            fields["weightedClusters"] = json!({"clusters": weighted.collect::<Vec<_>>()});
        }
    }
    if 0 < route.retries {
        fields["retryPolicy"] = json!({"numRetries": route.retries});
    }
    fields
}
