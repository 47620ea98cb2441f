//! A configuration as Envoy's own, in JSON: what `-o json` prints, and what `proxy-status` compares.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

use super::routes::{Table, tables};
use crate::mesh::config::{Cluster, Config};
use crate::mesh::outlier::Outlier;
use crate::mesh::proxy::Proxy;
use crate::mesh::spec::{Limits, LoadBalancer};
use crate::mesh::warm_up::WarmUp;
use crate::time::SimDuration;

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

/// A length of time as protobuf writes it in JSON: `0s`, `2.5s`.
pub(super) fn seconds(length: SimDuration) -> String {
    format!("{}s", length.as_secs_f64())
}

pub(super) fn name(cluster: &Cluster) -> String {
    cluster_name(&cluster.service, cluster.port, &cluster.subset)
}

/// The clusters in istioctl's order.
pub(super) fn sorted(config: &Config) -> Vec<&Cluster> {
    let mut clusters: Vec<&Cluster> = config.clusters.iter().collect();
    clusters.sort_by_key(|one| (&one.service, &one.subset, one.port));
    clusters
}

pub(super) fn istio_config(kind: &str, name: &str) -> Value {
    let path = format!("/apis/networking.istio.io/v1/namespaces/default/{kind}/{name}");
    json!({"filterMetadata": {"istio": {"config": path}}})
}

fn outlier_detection(outlier: &Outlier) -> Value {
    json!({
        "baseEjectionTime": seconds(outlier.base),
        "consecutive5xx": outlier.consecutive_5xx,
        "consecutiveGatewayFailure": outlier.consecutive_gateway,
        "enforcingConsecutive5xx": if outlier.consecutive_5xx == 0 { 0 } else { 100 },
        "enforcingConsecutiveGatewayFailure": if outlier.consecutive_gateway == 0 { 0 } else { 100 },
        "enforcingSuccessRate": 0,
        "interval": seconds(outlier.interval),
        "maxEjectionPercent": outlier.max_percent,
    })
}

fn slow_start(warm_up: &WarmUp) -> Value {
    json!({
        "aggression": {"defaultValue": warm_up.aggression},
        "minWeightPercent": {"value": warm_up.minimum_percent},
        "slowStartWindow": seconds(warm_up.duration),
    })
}

/// Limits that are not written are as good as none (IST-60).
fn thresholds(limits: Option<Limits>) -> Value {
    let most = u32::MAX;
    let limits = limits.unwrap_or(Limits {
        connections: most,
        pending: most,
        requests: most,
        retries: most,
    });
    json!([{
        "maxConnections": limits.connections,
        "maxPendingRequests": limits.pending,
        "maxRequests": limits.requests,
        "maxRetries": limits.retries,
        "trackRemaining": true,
    }])
}

fn cluster(cluster: &Cluster) -> Value {
    let (policy, own) = match cluster.balancer {
        LoadBalancer::LeastRequest => ("LEAST_REQUEST", Some("leastRequestLbConfig")),
        LoadBalancer::RoundRobin => ("ROUND_ROBIN", Some("roundRobinLbConfig")),
        LoadBalancer::Random => ("RANDOM", None),
        LoadBalancer::ConsistentHash => ("RING_HASH", None),
    };
    let mut fields = json!({
        "name": name(cluster),
        "type": "EDS",
        "edsClusterConfig": {
            "edsConfig": {"ads": {}, "resourceApiVersion": "V3"},
            "serviceName": name(cluster),
        },
        "circuitBreakers": {"thresholds": thresholds(cluster.limits)},
        "lbPolicy": policy,
    });
    if let (Some(warm_up), Some(own)) = (&cluster.warm_up, own) {
        fields[own] = json!({"slowStartConfig": slow_start(warm_up)});
    }
    if let Some(hash) = &cluster.hash {
        fields["ringHashLbConfig"] = json!({"minimumRingSize": hash.minimum.to_string()});
    }
    if let Some(outlier) = &cluster.outlier {
        fields["outlierDetection"] = outlier_detection(outlier);
        // Istio sets the threshold of panic as soon as there is a detector (IST-45).
        let share = json!({"value": outlier.min_health_percent});
        fields["commonLbConfig"] = json!({"healthyPanicThreshold": share});
    }
    if !cluster.destination_rule.is_empty() {
        fields["metadata"] = istio_config("destination-rule", &cluster.destination_rule);
    }
    fields
}

pub(in crate::console::istioctl) fn clusters(config: &Config) -> Vec<Value> {
    let own = OWN_CLUSTERS.iter().map(|(name, _)| json!({"name": name, "type": "STATIC"}));
    own.chain(sorted(config).into_iter().map(cluster)).collect()
}

fn socket(address: &str, port: u16) -> Value {
    json!({"socketAddress": {"address": address, "portValue": port}})
}

/// An endpoint that outlier detection leaves out stays in the list, with a mark (IST-54).
pub(super) fn endpoints(proxy: &Proxy) -> Vec<Value> {
    let host = |address: Value, ejected: bool| {
        let mut health = json!({"edsHealthStatus": "HEALTHY"});
        if ejected {
            health["failedOutlierCheck"] = true.into();
        }
        json!({"address": address, "healthStatus": health, "weight": 1})
    };
    let configured = sorted(&proxy.config).into_iter().map(|cluster| {
        let hosts = cluster.endpoints.iter().map(|to| {
            host(socket(&to.ip, to.port), proxy.is_ejected(cluster, to.pod))
        });
        json!({"name": name(cluster), "addedViaApi": true, "hostStatuses": hosts.collect::<Vec<_>>()})
    });
    let own = OWN_CLUSTERS.iter().filter_map(|(name, address)| {
        let address = match (*address)? {
            (path, 0) => json!({"pipe": {"path": path.trim_start_matches("unix://")}}),
            (ip, port) => socket(ip, port),
        };
        Some(json!({"name": name, "hostStatuses": [host(address, false)]}))
    });
    configured.chain(own).collect()
}

/// Ports at which requests come in that are routed, and the name of their route configuration. The
/// gateway's pod listens elsewhere than its Service.
pub(super) fn listening(config: &Config) -> Vec<(u16, String)> {
    let port = |table: &Table| if config.inside { table.port } else { POD_PORT };
    tables(config).into_iter().map(|table| (port(&table), table.name)).collect()
}

pub(in crate::console::istioctl) fn listeners(config: &Config) -> Vec<Value> {
    let listener = |port: u16, routes: (&str, Value)| {
        let manager = json!({"name": "envoy.filters.network.http_connection_manager",
            "typedConfig": {routes.0: routes.1}});
        json!({"name": format!("0.0.0.0_{port}"), "address": socket("0.0.0.0", port),
            "filterChains": [{"filters": [manager]}]})
    };
    let open = listening(config);
    let open = open
        .iter()
        .map(|(port, table)| listener(*port, ("rds", json!({"routeConfigName": table}))));
    let own = OWN_PORTS.iter().map(|(port, path)| {
        let host = json!({"name": "backend", "domains": ["*"],
            "routes": [{"match": {"prefix": path}}]});
        listener(*port, ("routeConfig", json!({"virtualHosts": [host]})))
    });
    open.chain(own).collect()
}
