//! What istiod would tell a real Envoy about a case (B.1 to B.6), as a static configuration.
//!
//! Endpoints are given at once: how they arrive is not what is judged here.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sim_core::cluster::api::Spec;
use sim_core::mesh::fault::Share;
use sim_core::mesh::matching::{HttpMatch, StringMatch};
use sim_core::mesh::ring::{ConsistentHash, HashKey};
use sim_core::mesh::spec::{
    DestinationRuleSpec, HttpRoute, LoadBalancer, Retries, RouteDestination, TrafficPolicy,
};
use sim_core::time::SimDuration;

use super::case::Case;
use super::pods::Pod;

/// A line of the access log, read again in `gateway.rs`.
const LOG_LINE: &str = "%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_REQUEST_ATTEMPT_COUNT% \
                        %DURATION% %UPSTREAM_HOST%\n";

/// What Envoy calls 2^32-1, Istio's limit where nobody has set one (IST-60).
const UNLIMITED: u32 = u32::MAX;

/// The whole configuration. Logs are written into the folder.
pub(super) fn bootstrap(case: &Case, pods: &[Arc<Pod>], folder: &Path) -> Value {
    let specs = case.specs();
    let rule = specs.iter().find_map(|(_, spec)| match spec {
        Spec::DestinationRule(rule) => Some(rule),
        _ => None,
    });
    let hash = rule.and_then(|rule| rule.policy.as_ref()?.hash.as_ref());
    let rules = specs.iter().filter_map(|(_, spec)| match spec {
        Spec::VirtualService(service) => Some(&service.http),
        _ => None,
    });
    let routes: Vec<_> = rules.flatten().flat_map(|rule| routes(rule, hash)).collect();
    let anywhere = json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } });
    json!({
        "admin": { "address": anywhere },
        "cluster_manager": {
            "outlier_detection": { "event_log_path": folder.join("outliers.log") },
        },
        "static_resources": {
            "listeners": [{
                "name": "gateway",
                "address": anywhere,
                "filter_chains": [{ "filters": [{
                    "name": "http",
                    "typed_config": connection_manager(&routes, folder),
                }] }],
            }],
            "clusters": rule.map(|rule| clusters(rule, pods)),
        },
    })
}

fn typed(name: &str, mut fields: Value) -> Value {
    fields["@type"] = format!("type.googleapis.com/envoy.{name}").into();
    fields
}

fn connection_manager(routes: &[Value], folder: &Path) -> Value {
    let fault = typed("extensions.filters.http.fault.v3.HTTPFault", json!({}));
    let router = typed("extensions.filters.http.router.v3.Router", json!({}));
    let log = json!({
        "path": folder.join("access.log"),
        "log_format": { "text_format_source": { "inline_string": LOG_LINE } },
    });
    let name = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    typed(
        name,
        json!({
            "stat_prefix": "gateway",
            "access_log": [{
                "name": "file",
                "typed_config": typed("extensions.access_loggers.file.v3.FileAccessLog", log),
            }],
            "http_filters": [
                { "name": FAULT, "typed_config": fault },
                { "name": "envoy.filters.http.router", "typed_config": router },
            ],
            "route_config": {
                // A route may name a cluster that does not exist (IST-21).
                "validate_clusters": false,
                "virtual_hosts": [{
                    "name": "all",
                    "domains": ["*"],
                    "include_request_attempt_count": true,
                    "routes": routes,
                }],
            },
        }),
    )
}

const FAULT: &str = "envoy.filters.http.fault";

/// One route for each alternative of a rule (IST-01).
fn routes(rule: &HttpRoute, hash: Option<&ConsistentHash>) -> Vec<Value> {
    let any = [HttpMatch::default()];
    let matches = if rule.matches.is_empty() { &any[..] } else { &rule.matches[..] };
    let route = |entry: &HttpMatch| {
        let mut route = json!({ "match": condition(entry), "route": action(rule, hash) });
        if let Some(fault) = rule.fault {
            let delay = fault.delay.map(|(fixed, share)| {
                json!({ "fixed_delay": duration(fixed), "percentage": fraction(share) })
            });
            let abort = fault.abort.map(
                |(status, share)| json!({ "http_status": status, "percentage": fraction(share) }),
            );
            let fields = json!({ "delay": delay, "abort": abort });
            let fault = typed("extensions.filters.http.fault.v3.HTTPFault", fields);
            route["typed_per_filter_config"] = json!({ FAULT: fault });
        }
        route
    };
    matches.iter().map(route).collect()
}

/// All conditions of one alternative (IST-02).
fn condition(entry: &HttpMatch) -> Value {
    let mut condition = match &entry.uri {
        None => json!({ "prefix": "/" }),
        Some(uri) => path(uri),
    };
    let pseudo = [(":method", &entry.method), (":authority", &entry.authority)];
    let pseudo = pseudo.into_iter().filter_map(|(name, wanted)| Some((name, wanted.as_ref()?)));
    let named = entry.headers.iter().map(|(name, wanted)| (name.as_str(), wanted));
    let mut headers: Vec<_> = pseudo.chain(named).map(|(name, w)| named_value(name, w)).collect();
    for (name, unwanted) in &entry.without_headers {
        let mut header = named_value(name, unwanted);
        header["invert_match"] = true.into();
        header["treat_missing_header_as_empty"] = (*unwanted != StringMatch::Present).into();
        headers.push(header);
    }
    let query = entry.query.iter().map(|(name, wanted)| named_value(name, wanted));
    condition["headers"] = headers.into();
    condition["query_parameters"] = query.collect();
    condition
}

fn path(uri: &StringMatch) -> Value {
    match uri {
        StringMatch::Exact(text) => json!({ "path": text }),
        StringMatch::Prefix(text) => json!({ "prefix": text }),
        StringMatch::Regex(pattern) => json!({ "safe_regex": { "regex": pattern.as_str() } }),
        StringMatch::AnyCase(inner) => {
            let mut path = path(inner);
            path["case_sensitive"] = false.into();
            path
        }
        StringMatch::Present => json!({ "prefix": "/" }),
    }
}

fn named_value(name: &str, wanted: &StringMatch) -> Value {
    let text = match wanted {
        StringMatch::Exact(text) => json!({ "exact": text }),
        StringMatch::Prefix(text) => json!({ "prefix": text }),
        StringMatch::Regex(pattern) => json!({ "safe_regex": { "regex": pattern.as_str() } }),
        StringMatch::Present | StringMatch::AnyCase(_) => {
            return json!({ "name": name, "present_match": true });
        }
    };
    json!({ "name": name, "string_match": text })
}

/// Where a rule sends requests and how (IST-07, 30, 35, 38, 43).
fn action(rule: &HttpRoute, hash: Option<&ConsistentHash>) -> Value {
    let used: Vec<_> = match &rule.destinations[..] {
        [only] => vec![only],
        several => several.iter().filter(|to| 0 < to.weight.unwrap_or(0)).collect(),
    };
    let mirrors = rule.mirrors.iter().map(|mirror| {
        json!({
            "cluster": cluster_name(&mirror.to),
            "runtime_fraction": { "default_value": fraction(mirror.share) },
            "disable_shadow_host_suffix_append": true,
        })
    });
    let mut action = json!({
        "timeout": duration(rule.timeout.unwrap_or(SimDuration::ZERO)),
        "request_mirror_policies": mirrors.collect::<Value>(),
    });
    match &used[..] {
        [only] => action["cluster"] = cluster_name(only).into(),
        several => {
            let weighted =
                several.iter().map(|to| json!({ "name": cluster_name(to), "weight": to.weight }));
            action["weighted_clusters"] = json!({ "clusters": weighted.collect::<Value>() });
        }
    }
    match &rule.retries {
        None => action["retry_policy"] = default_retries(),
        Some(retries) if retries.attempts == 0 => {}
        Some(retries) => action["retry_policy"] = retry_policy(retries),
    }
    if let Some(hash) = hash {
        action["hash_policy"] = json!([hash_policy(&hash.key)]);
        // The hash leads a retry to the same endpoint, so there is no avoiding it (IST-31).
        if let Some(retries) = action.get_mut("retry_policy") {
            retries["retry_host_predicate"] = json!([]);
        }
    }
    action
}

/// What of a request is hashed (IST-43).
fn hash_policy(key: &HashKey) -> Value {
    match key {
        HashKey::Header(name) => json!({ "header": { "header_name": name } }),
        HashKey::Cookie(name) => json!({ "cookie": { "name": name } }),
        HashKey::Query(name) => json!({ "query_parameter": { "name": name } }),
        HashKey::SourceIp => json!({ "connection_properties": { "source_ip": true } }),
    }
}

fn cluster_name(to: &RouteDestination) -> String {
    name_of(to.subset.as_deref().unwrap_or_default())
}

/// The name of a cluster (IST-20).
pub(super) fn name_of(subset: &str) -> String {
    format!("outbound|80|{subset}|my-app.default.svc.cluster.local")
}

/// What istiod gives every route that says nothing (IST-30, 31).
fn default_retries() -> Value {
    json!({
        "num_retries": 2,
        "retry_on":
            "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
        "retry_host_predicate": previous_hosts(),
        "host_selection_retry_max_attempts": 5,
    })
}

/// Endpoints that were tried are avoided (IST-31).
fn previous_hosts() -> Value {
    let name = "extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";
    json!([{ "name": "previous-hosts", "typed_config": typed(name, json!({})) }])
}

fn retry_policy(retries: &Retries) -> Value {
    let mut policy = default_retries();
    policy["num_retries"] = retries.attempts.into();
    if let Some(written) = &retries.retry_on {
        // Numbers are status codes (IST-32).
        let words = || written.split(',').map(str::trim);
        let codes: Vec<u16> = words().filter_map(|word| word.parse().ok()).collect();
        let mut kept: Vec<_> = words().filter(|word| word.parse::<u16>().is_err()).collect();
        if !codes.is_empty() {
            kept.push("retriable-status-codes");
        }
        policy["retry_on"] = kept.join(",").into();
        policy["retriable_status_codes"] = codes.into();
    }
    if let Some(limit) = retries.per_try_timeout {
        policy["per_try_timeout"] = duration(limit);
    }
    if let Some(base) = retries.back_off {
        policy["retry_back_off"] = json!({ "base_interval": duration(base) });
    }
    if !retries.avoid_hosts {
        policy["retry_host_predicate"] = json!([]);
    }
    policy
}

/// The Service's own cluster and one a subset, each with its policy (IST-20, 25).
fn clusters(rule: &DestinationRuleSpec, pods: &[Arc<Pod>]) -> Value {
    let policy = rule.policy.clone().unwrap_or_default();
    let whole = cluster("", &policy, &policy, pods.iter());
    let subsets = rule.subsets.iter().map(|subset| {
        let own = pods
            .iter()
            .filter(|pod| subset.labels.get("version").is_some_and(|v| v == pod.version));
        cluster(&subset.name, &subset.policy, &policy, own)
    });
    std::iter::once(whole).chain(subsets).collect()
}

fn cluster<'p>(
    subset: &str,
    own: &TrafficPolicy,
    policy: &TrafficPolicy,
    pods: impl Iterator<Item = &'p Arc<Pod>>,
) -> Value {
    let endpoints = pods.map(|pod| {
        let address = json!({ "address": "127.0.0.1", "port_value": pod.port });
        json!({ "endpoint": { "address": { "socket_address": address } } })
    });
    let limits = own.limits.or(policy.limits);
    let balancer = match own.load_balancer.or(policy.load_balancer).unwrap_or_default() {
        LoadBalancer::LeastRequest => "LEAST_REQUEST",
        LoadBalancer::RoundRobin => "ROUND_ROBIN",
        LoadBalancer::Random => "RANDOM",
        LoadBalancer::ConsistentHash => "RING_HASH",
    };
    let mut cluster = json!({
        "name": name_of(subset),
        "type": "STATIC",
        "connect_timeout": "10s",
        "lb_policy": balancer,
        "circuit_breakers": { "thresholds": [{
            "max_connections": limits.map_or(UNLIMITED, |it| it.connections),
            "max_pending_requests": limits.map_or(UNLIMITED, |it| it.pending),
            "max_requests": limits.map_or(UNLIMITED, |it| it.requests),
            "max_retries": limits.map_or(UNLIMITED, |it| it.retries),
            "track_remaining": true,
        }] },
        "load_assignment": {
            "cluster_name": name_of(subset),
            "endpoints": [{ "lb_endpoints": endpoints.collect::<Value>() }],
        },
    });
    if let Some(hash) = own.hash.as_ref().or(policy.hash.as_ref()) {
        cluster["ring_hash_lb_config"] = json!({ "minimum_ring_size": hash.minimum });
    }
    if let Some(outlier) = own.outlier.or(policy.outlier) {
        let enforced = |threshold: u32| if threshold == 0 { 0 } else { 100 };
        cluster["outlier_detection"] = json!({
            "consecutive_5xx": outlier.consecutive_5xx,
            "enforcing_consecutive_5xx": enforced(outlier.consecutive_5xx),
            "consecutive_gateway_failure": outlier.consecutive_gateway,
            "enforcing_consecutive_gateway_failure": enforced(outlier.consecutive_gateway),
            "enforcing_success_rate": 0,
            "interval": duration(outlier.interval),
            "base_ejection_time": duration(outlier.base),
            "max_ejection_percent": outlier.max_percent,
        });
        // IST-45.
        cluster["common_lb_config"] =
            json!({ "healthy_panic_threshold": { "value": outlier.min_health_percent } });
    }
    cluster
}

fn duration(length: SimDuration) -> Value {
    format!("{:.6}s", length.as_secs_f64()).into()
}

fn fraction(share: Share) -> Value {
    json!({ "numerator": share.millionths(), "denominator": "MILLION" })
}
