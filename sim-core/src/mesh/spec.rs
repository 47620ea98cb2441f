//! What a manifest of the Istio kinds says.

use crate::cluster::spec::Labels;
use crate::mesh::fault::{Fault, Share};
use crate::mesh::matching::HttpMatch;
use crate::mesh::outlier::Outlier;
use crate::mesh::ring::ConsistentHash;
use crate::mesh::warm_up::WarmUp;
use crate::time::SimDuration;

/// `spec` of a Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySpec {
    /// Labels of the gateway's proxies.
    pub selector: Labels,
    /// What it listens for.
    pub servers: Vec<GatewayServer>,
}

/// One server of a Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayServer {
    /// Port number.
    pub port: u16,
    /// Port name.
    pub port_name: String,
    /// `HTTP`, `HTTPS`, ...
    pub protocol: String,
    /// Host names; `*` stands for all.
    pub hosts: Vec<String>,
}

/// `spec` of a VirtualService.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualServiceSpec {
    /// Host names it speaks for; `*` stands for all.
    pub hosts: Vec<String>,
    /// Gateways it applies to; default `[mesh]` (IST-05).
    pub gateways: Vec<String>,
    /// Rules, first match wins (IST-01).
    pub http: Vec<HttpRoute>,
}

/// One rule of a VirtualService.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpRoute {
    /// Name; empty if none.
    pub name: String,
    /// Alternatives; none at all matches everything.
    pub matches: Vec<HttpMatch>,
    /// Where matching requests go.
    pub destinations: Vec<RouteDestination>,
    /// `timeout`; none by default (IST-35).
    pub timeout: Option<SimDuration>,
    /// `retries`; none means Istio's default (IST-30).
    pub retries: Option<Retries>,
    /// `fault` (IST-37).
    pub fault: Option<Fault>,
    /// `mirror` or `mirrors` (IST-38).
    pub mirrors: Vec<Mirror>,
}

/// One weighted destination of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteDestination {
    /// Host as written; short names are resolved in the VirtualService's namespace (IST-06).
    pub host: String,
    /// Subset; none means all endpoints of the host.
    pub subset: Option<String>,
    /// Port; none if the service has exactly one (IST-11).
    pub port: Option<u16>,
    /// Weight; none counts as 0 beside others, as 100 % alone (IST-07).
    pub weight: Option<u32>,
}

/// Where copies of requests go (IST-38).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The destination; its weight means nothing.
    pub to: RouteDestination,
    /// How many requests are copied.
    pub share: Share,
}

/// `retries` of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Tries after the first.
    pub attempts: u32,
    /// Limit of one try.
    pub per_try_timeout: Option<SimDuration>,
    /// `retryOn` as written; none means Istio's default conditions.
    pub retry_on: Option<String>,
    /// `backoff`: the unit of the pauses; 25 ms if not given (IST-33).
    pub back_off: Option<SimDuration>,
    /// `retryIgnorePreviousHosts`; true if not given (IST-31).
    pub avoid_hosts: bool,
}

/// Most subsets of a host that can be simulated.
pub const SUBSETS_MAX: usize = 128;

/// `spec` of a DestinationRule.
#[derive(Clone, Debug, PartialEq)]
pub struct DestinationRuleSpec {
    /// Host as written.
    pub host: String,
    /// Named parts of the host's endpoints.
    pub subsets: Vec<Subset>,
    /// Policy of the host, if there is one.
    pub policy: Option<TrafficPolicy>,
}

/// One subset of a DestinationRule.
#[derive(Clone, Debug, PartialEq)]
pub struct Subset {
    /// Name that routes use.
    pub name: String,
    /// Labels of its endpoints.
    pub labels: Labels,
    /// What the subset says itself; it overrides the host's policy field by field (IST-25).
    pub policy: TrafficPolicy,
}

/// `trafficPolicy`, as far as it is modelled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficPolicy {
    /// `loadBalancer.simple`.
    pub load_balancer: Option<LoadBalancer>,
    /// `loadBalancer.consistentHash` (IST-43).
    pub hash: Option<ConsistentHash>,
    /// `loadBalancer.warmup` (IST-42).
    pub warm_up: Option<WarmUp>,
    /// `outlierDetection`; off if not given (IST-50).
    pub outlier: Option<Outlier>,
    /// Limits of `connectionPool`; none if not given (IST-60).
    pub limits: Option<Limits>,
    /// `connectionPool.tcp.connectTimeout`; default 10 s (IST-36).
    pub connect_timeout: Option<SimDuration>,
}

/// Limits of a cluster, for each proxy (IST-60..62).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `tcp.maxConnections`.
    pub connections: u32,
    /// `http.http1MaxPendingRequests`: most requests that wait for a connection.
    pub pending: u32,
    /// `http.http2MaxRequests`: most requests at once, with HTTP/1.1 too.
    pub requests: u32,
    /// `http.maxRetries`: most retries at once.
    pub retries: u32,
}

/// How an endpoint is chosen (IST-40).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadBalancer {
    /// The less busy of two random endpoints; Istio's default.
    #[default]
    LeastRequest,
    /// One after the other.
    RoundRobin,
    /// Any.
    Random,
    /// The one to which a part of the request leads (IST-43).
    ConsistentHash,
}
