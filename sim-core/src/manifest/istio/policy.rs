//! `trafficPolicy` of `DestinationRules` (IST-25, B.4, B.5).

use super::positive;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::mesh::outlier::Outlier;
use crate::mesh::spec::{Limits, LoadBalancer, TrafficPolicy};

/// Reads `trafficPolicy` of a DestinationRule or a subset.
pub(super) fn read(owner: &Cursor<'_>, findings: &mut Findings) -> TrafficPolicy {
    let Some(policy) = owner.get("trafficPolicy") else { return TrafficPolicy::default() };
    let balancer = policy.get("loadBalancer");
    let simple = balancer.as_ref().and_then(|balancer| balancer.text("simple"));
    let load_balancer = match simple {
        Some("ROUND_ROBIN") => Some(LoadBalancer::RoundRobin),
        Some("RANDOM") => Some(LoadBalancer::Random),
        Some("LEAST_REQUEST" | "LEAST_CONN") => Some(LoadBalancer::LeastRequest),
        Some("PASSTHROUGH") => {
            let place = balancer.map_or(policy.position(), |balancer| balancer.position());
            let path = policy.path_to("loadBalancer.simple");
            findings
                .note(place, format!("not modelled: {path}: PASSTHROUGH; LEAST_REQUEST is used"));
            None
        }
        _ => None,
    };
    let tcp = policy.get("connectionPool").and_then(|pool| pool.get("tcp"));
    let connect_timeout = tcp.and_then(|tcp| {
        let cursor = tcp.get("connectTimeout")?;
        positive(&cursor, tcp.duration("connectTimeout"), findings);
        tcp.duration("connectTimeout")
    });
    let outlier = policy.get("outlierDetection").map(|outlier| read_outlier(&outlier, findings));
    let limits = policy.get("connectionPool").map(|pool| read_limits(&pool, findings));
    TrafficPolicy { load_balancer, outlier, limits: limits.flatten(), connect_timeout }
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
