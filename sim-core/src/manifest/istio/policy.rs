//! `trafficPolicy` of `DestinationRules` (IST-25, B.4, B.5).

use super::positive;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::Value;
use crate::mesh::outlier::Outlier;
use crate::mesh::ring::{ConsistentHash, HashKey, MINIMUM_DEFAULT, MINIMUM_MOST};
use crate::mesh::spec::{Limits, LoadBalancer, TrafficPolicy};
use crate::mesh::warm_up::WarmUp;

/// Reads `trafficPolicy` of a DestinationRule or a subset.
pub(in crate::manifest) fn read(owner: &Cursor<'_>, findings: &mut Findings) -> TrafficPolicy {
    let Some(policy) = owner.get("trafficPolicy") else { return TrafficPolicy::default() };
    let balancer = policy.get("loadBalancer");
    let simple = balancer.as_ref().and_then(|balancer| balancer.text("simple"));
    let load_balancer = match simple {
        Some("ROUND_ROBIN") => Some(LoadBalancer::RoundRobin),
        Some("RANDOM") => Some(LoadBalancer::Random),
        Some("LEAST_REQUEST" | "LEAST_CONN") => Some(LoadBalancer::LeastRequest),
        Some("PASSTHROUGH") => {
            let place = balancer.as_ref().map_or(policy.position(), Cursor::position);
            let path = policy.path_to("loadBalancer.simple");
            findings
                .note(place, format!("not modelled: {path}: PASSTHROUGH; LEAST_REQUEST is used"));
            None
        }
        _ => None,
    };
    let warm_up = balancer.as_ref().and_then(|balancer| read_warm_up(balancer, findings));
    let hash = balancer.as_ref().and_then(|balancer| read_hash(balancer, findings));
    let hashed = hash.as_ref().map(|_| LoadBalancer::ConsistentHash);
    let load_balancer = hashed.or(load_balancer).or(warm_up.map(|_| LoadBalancer::default()));
    let tcp = policy.get("connectionPool").and_then(|pool| pool.get("tcp"));
    let connect_timeout = tcp.and_then(|tcp| {
        let cursor = tcp.get("connectTimeout")?;
        positive(&cursor, tcp.duration("connectTimeout"), findings);
        tcp.duration("connectTimeout")
    });
    let outlier = policy.get("outlierDetection").map(|outlier| read_outlier(&outlier, findings));
    let limits = policy.get("connectionPool").map(|pool| read_limits(&pool, findings));
    let limits = limits.flatten();
    TrafficPolicy { load_balancer, hash, warm_up, outlier, limits, connect_timeout }
}

/// Reads `consistentHash` (IST-43). Without anything to hash there is no hash, and chance decides.
fn read_hash(balancer: &Cursor<'_>, findings: &mut Findings) -> Option<ConsistentHash> {
    let hash = balancer.get("consistentHash")?;
    if let Some(simple) = balancer.get("simple") {
        let message =
            format!("{}: only one of simple and consistentHash may be set", balancer.path);
        findings.error(simple.position(), message);
    }
    let keys = ["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"];
    if 1 < keys.iter().filter(|key| hash.get(key).is_some()).count() {
        let message = format!("{}: only one of {} may be set", hash.path, keys.join(", "));
        findings.error(hash.position(), message);
    }
    let text = |name: &str| hash.text(name).map(str::to_owned);
    let cookie = hash.get("httpCookie").and_then(|cookie| Some(cookie.text("name")?.to_owned()));
    let header = text("httpHeaderName").map(|name| HashKey::Header(name.to_lowercase()));
    let key = header
        .or(cookie.map(HashKey::Cookie))
        .or(text("httpQueryParameterName").map(HashKey::Query))
        .unwrap_or(HashKey::SourceIp);
    let minimum = hash.get("ringHash").and_then(|ring| ring.count("minimumRingSize"));
    let minimum = minimum.filter(|&size| size != 0).unwrap_or(MINIMUM_DEFAULT);
    if MINIMUM_MOST < minimum {
        let message = format!("{}: rings of more than {MINIMUM_MOST} are not modelled", hash.path);
        findings.note(hash.position(), message);
    }
    Some(ConsistentHash { key, minimum: minimum.min(MINIMUM_MOST) })
}

/// Reads `warmup`, or its old form (IST-42).
fn read_warm_up(balancer: &Cursor<'_>, findings: &mut Findings) -> Option<WarmUp> {
    let (owner, name) = match balancer.get("warmup") {
        Some(warm_up) => (warm_up, "duration"),
        None => (balancer.clone(), "warmupDurationSecs"),
    };
    let (cursor, duration) = (owner.get(name)?, owner.duration(name)?);
    positive(&cursor, Some(duration), findings);
    let mut number = |name: &str, default: f64, (least, most): (f64, f64)| {
        let Some(cursor) = owner.get(name) else { return default };
        let number = match &cursor.node.value {
            Value::Float(number) => *number,
            _ => cursor.number().map_or(default, |number| number as f64),
        };
        if !(least..=most).contains(&number) {
            let message = format!("{}: {number} is not in range {least}..{most}", cursor.path);
            findings.error(cursor.position(), message);
        }
        number
    };
    let minimum_percent = number("minimumPercent", 10.0, (0.0, 100.0));
    let aggression = number("aggression", 1.0, (1.0, 1e6));
    Some(WarmUp { duration, minimum_percent, aggression })
}

/// Reads the limits of `connectionPool`; 0 is the same as nothing in Istio's type, no limit (IST-60).
fn read_limits(pool: &Cursor<'_>, findings: &mut Findings) -> Option<Limits> {
    let mut limit = |part: &str, name: &str| {
        let cursor = pool.get(part)?.get(name)?;
        let number = cursor.number()?;
        if number < 0 {
            let message = format!("{}: {number} must be non-negative", cursor.path);
            findings.error(cursor.position(), message);
        }
        u32::try_from(number).ok().filter(|&number| number != 0)
    };
    let connections = limit("tcp", "maxConnections");
    let [pending, requests, retries] =
        ["http1MaxPendingRequests", "http2MaxRequests", "maxRetries"].map(|n| limit("http", n));
    let any = connections.or(pending).or(requests).or(retries).is_some();
    let or_none = |limit: Option<u32>| limit.unwrap_or(u32::MAX);
    any.then(|| Limits {
        connections: or_none(connections),
        pending: or_none(pending),
        requests: or_none(requests),
        retries: or_none(retries),
    })
}

/// Reads `outlierDetection`; what is not written has Istio's defaults (B.5).
fn read_outlier(outlier: &Cursor<'_>, findings: &mut Findings) -> Outlier {
    for name in ["interval", "baseEjectionTime"] {
        if let Some(length) = outlier.get(name) {
            positive(&length, outlier.duration(name), findings);
        }
    }
    for name in ["maxEjectionPercent", "minHealthPercent"] {
        if let Some((cursor, percent)) =
            outlier.get(name).and_then(|c| Some((c.clone(), c.number()?)))
            && !(0..=100).contains(&percent)
        {
            let message = format!("{}: percentage {percent} is not in range 0..100", cursor.path);
            findings.error(cursor.position(), message);
        }
    }
    let default = Outlier::default();
    Outlier {
        consecutive_5xx: outlier.count("consecutive5xxErrors").unwrap_or(default.consecutive_5xx),
        consecutive_gateway: outlier.count("consecutiveGatewayErrors").unwrap_or(0),
        interval: outlier.duration("interval").unwrap_or(default.interval),
        base: outlier.duration("baseEjectionTime").unwrap_or(default.base),
        // In Istio's type 0 is the same as nothing: Envoy's default stays.
        max_percent: outlier
            .count("maxEjectionPercent")
            .filter(|&percent| percent != 0)
            .unwrap_or(default.max_percent),
        min_health_percent: outlier.count("minHealthPercent").unwrap_or(0),
    }
}
